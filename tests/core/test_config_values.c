/* core/config: every value of a full config as it was written; failing allocations. */
#include <errno.h>
#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/base/err.h"
#include "core/config/config.h"
#include "core/sys.h"
#include "tests/core/config_full.h"

/* --- every value of CONFIG_FULL --- */

static void check_list(const struct config_str_list *l, const char *joined)
{
        char buf[256] = "";

        for (size_t i = 0; i < l->n; i++)
                snprintf(buf + strlen(buf), sizeof(buf) - strlen(buf), "%s;", l->item[i]);
        assert_string_equal(buf, joined);
}

#define OPT_IS(o, x)                       \
        do {                               \
                assert_true((o).set);      \
                assert_true((o).v == (x)); \
        } while (0)

static void check_process(const struct config_process *p)
{
        assert_true(p->set && p->terminal && p->no_new_privileges && p->console_size.set);
        assert_int_equal(p->console_size.height, 25);
        assert_int_equal(p->console_size.width, 80);
        assert_int_equal(p->user.uid, 1);
        assert_int_equal(p->user.gid, 2);
        OPT_IS(p->user.umask, 18);
        assert_int_equal(p->user.additional_gids.n, 3);
        assert_int_equal(p->user.additional_gids.item[0], 5);
        assert_int_equal(p->user.additional_gids.item[2], 7);
        check_list(&p->args, "/bin/sh;-c;;");
        check_list(&p->env, "A=1;B=;");
        assert_string_equal(p->cwd, "/work");
        assert_true(p->capabilities.set);
        check_list(&p->capabilities.bounding, "CAP_KILL;CAP_CHOWN;");
        check_list(&p->capabilities.effective, "CAP_KILL;");
        check_list(&p->capabilities.inheritable, "CAP_FOWNER;");
        check_list(&p->capabilities.permitted, "CAP_KILL;CAP_FSETID;");
        check_list(&p->capabilities.ambient, "CAP_SETUID;");
        assert_int_equal(p->rlimits.n, 1);
        assert_string_equal(p->rlimits.item[0].type, "RLIMIT_NOFILE");
        assert_true(p->rlimits.item[0].soft == 1024 && p->rlimits.item[0].hard == UINT64_MAX);
        assert_string_equal(p->apparmor_profile, "aa");
        assert_string_equal(p->selinux_label, "se");
        OPT_IS(p->oom_score_adj, -500);
        assert_string_equal(p->scheduler.policy, "SCHED_DEADLINE");
        OPT_IS(p->scheduler.nice, -3);
        OPT_IS(p->scheduler.priority, 0);
        check_list(&p->scheduler.flags, "SCHED_FLAG_RECLAIM;");
        OPT_IS(p->scheduler.runtime, 10);
        OPT_IS(p->scheduler.deadline, 20);
        OPT_IS(p->scheduler.period, 30);
        assert_string_equal(p->io_priority.class_, "IOPRIO_CLASS_BE");
        assert_int_equal(p->io_priority.priority, 4);
        assert_string_equal(p->exec_cpu_affinity.initial, "0-1");
        assert_string_equal(p->exec_cpu_affinity.final, "2");
}

static void check_mounts_and_hooks(const struct config *c)
{
        const struct config_mount *m = c->mounts.item;

        assert_int_equal(c->mounts.n, 2);
        assert_string_equal(m[0].destination, "/proc");
        assert_string_equal(m[0].type, "proc");
        assert_string_equal(m[1].source, "/srv");
        assert_int_equal(m[0].options.n, 0);
        check_list(&m[1].options, "rbind;idmap;");
        assert_int_equal(m[1].uid_mappings.item[0].host_id, 1000);
        assert_int_equal(m[1].uid_mappings.item[0].size, 10);
        assert_int_equal(m[1].gid_mappings.item[0].container_id, 1);
        assert_int_equal(m[1].gid_mappings.item[0].host_id, 2000);
        assert_string_equal(c->hooks.prestart.item[0].path, "/h1");
        check_list(&c->hooks.prestart.item[0].args, "a;");
        check_list(&c->hooks.prestart.item[0].env, "K=V;");
        OPT_IS(c->hooks.prestart.item[0].timeout, 1);
        assert_string_equal(c->hooks.create_runtime.item[0].path, "/h2");
        assert_false(c->hooks.create_runtime.item[0].timeout.set);
        assert_string_equal(c->hooks.create_container.item[0].path, "/h3");
        assert_string_equal(c->hooks.start_container.item[0].path, "/h4");
        assert_string_equal(c->hooks.poststart.item[0].path, "/h5");
        assert_string_equal(c->hooks.poststop.item[0].path, "/h6");
}

static void check_resources(const struct config_resources *r)
{
        assert_int_equal(r->devices.n, 2);
        assert_false(r->devices.item[0].allow);
        assert_int_equal(r->devices.item[0].type, 'a');
        assert_false(r->devices.item[0].major.set);
        assert_string_equal(r->devices.item[0].access, "rwm");
        assert_true(r->devices.item[1].allow);
        assert_int_equal(r->devices.item[1].type, 'b');
        OPT_IS(r->devices.item[1].major, 8);
        OPT_IS(r->devices.item[1].minor, -1);
        assert_null(r->devices.item[1].access);
        OPT_IS(r->memory.limit, 101);
        OPT_IS(r->memory.reservation, 102);
        OPT_IS(r->memory.swap, 103);
        OPT_IS(r->memory.kernel, -1);
        OPT_IS(r->memory.kernel_tcp, 105);
        OPT_IS(r->memory.swappiness, 60);
        OPT_IS(r->memory.disable_oom_killer, true);
        OPT_IS(r->memory.use_hierarchy, false);
        OPT_IS(r->memory.check_before_update, true);
        OPT_IS(r->cpu.shares, 201);
        OPT_IS(r->cpu.quota, 202);
        OPT_IS(r->cpu.burst, 200);
        OPT_IS(r->cpu.period, 204);
        OPT_IS(r->cpu.realtime_runtime, 205);
        OPT_IS(r->cpu.realtime_period, 206);
        OPT_IS(r->cpu.idle, 1);
        assert_string_equal(r->cpu.cpus, "0-3");
        assert_string_equal(r->cpu.mems, "0");
        assert_true(r->pids.set && r->pids.limit == -1);
        OPT_IS(r->block_io.weight, 65535);
        OPT_IS(r->block_io.leaf_weight, 301);
        OPT_IS(r->block_io.weight_device.item[0].weight, 302);
        OPT_IS(r->block_io.weight_device.item[0].leaf_weight, 303);
        assert_true(r->block_io.throttle_read_bps.item[0].rate == UINT64_MAX - 1);
        assert_true(r->block_io.throttle_write_bps.item[0].rate == 402);
        assert_true(r->block_io.throttle_read_iops.item[0].rate == 403);
        assert_true(r->block_io.throttle_write_iops.item[0].rate == 404);
        assert_true(r->block_io.throttle_write_iops.item[0].minor == 4);
        assert_true(r->hugepage.item[0].limit == UINT64_C(9223372036854775808));
        OPT_IS(r->network.class_id, 1048577);
        assert_string_equal(r->network.priorities.item[0].name, "eth0");
        assert_int_equal(r->network.priorities.item[0].priority, 500);
        assert_string_equal(r->rdma.item[0].device, "mlx5_1");
        OPT_IS(r->rdma.item[0].hca_handles, 3);
        OPT_IS(r->rdma.item[0].hca_objects, 10000);
        assert_string_equal(r->rdma.item[1].device, "m/2");
        assert_string_equal(r->unified.item[0].key, "memory.high");
        assert_string_equal(r->unified.item[0].value, "9");
}

static void check_seccomp(const struct config_seccomp *s)
{
        assert_string_equal(s->default_action, "SCMP_ACT_ERRNO");
        OPT_IS(s->default_errno_ret, 38);
        check_list(&s->architectures, "SCMP_ARCH_X86_64;");
        check_list(&s->flags, "SECCOMP_FILTER_FLAG_LOG;");
        assert_string_equal(s->listener_path, "/run/l");
        assert_string_equal(s->listener_metadata, "m");
        check_list(&s->syscalls.item[0].names, "read;write;");
        assert_string_equal(s->syscalls.item[0].action, "SCMP_ACT_ERRNO");
        OPT_IS(s->syscalls.item[0].errno_ret, 1);
        assert_int_equal(s->syscalls.item[0].args.item[0].index, 5);
        assert_true(s->syscalls.item[0].args.item[0].value == UINT64_MAX);
        assert_true(s->syscalls.item[0].args.item[0].value_two == INT64_MAX);
        assert_string_equal(s->syscalls.item[0].args.item[0].op, "SCMP_CMP_MASKED_EQ");
}

static void check_linux(const struct config_linux *l)
{
        assert_true(l->set);
        for (size_t i = 0; i < CONFIG_NS__COUNT; i++) {
                assert_true(l->ns[i].set);
                assert_int_equal(l->ns[i].index, i);
        }
        assert_string_equal(l->ns[CONFIG_NS_NETWORK].path, "/run/netns/a");
        assert_null(l->ns[CONFIG_NS_TIME].path);
        assert_int_equal(l->uid_mappings.item[0].size, 65536);
        assert_int_equal(l->gid_mappings.item[0].host_id, 3);
        assert_true(l->time_monotonic.secs == -5 && l->time_monotonic.nanosecs == 999999999);
        assert_true(l->time_boottime.set && l->time_boottime.secs == 7);
        assert_int_equal(l->devices.n, 2);
        assert_int_equal(l->devices.item[0].type, 'c');
        assert_string_equal(l->devices.item[0].path, "/dev/fuse");
        assert_true(l->devices.item[0].major == 10 && l->devices.item[0].minor == 229);
        OPT_IS(l->devices.item[0].file_mode, 0666);
        OPT_IS(l->devices.item[0].uid, 11);
        OPT_IS(l->devices.item[0].gid, 12);
        assert_int_equal(l->devices.item[1].type, 'p');
        assert_string_equal(l->cgroups_path, "/a/b");
        assert_string_equal(l->sysctl.item[0].key, "net.ipv4.ip_forward");
        assert_string_equal(l->sysctl.item[0].value, "1");
        assert_string_equal(l->intel_rdt.clos_id, "c");
        assert_string_equal(l->intel_rdt.l3_cache_schema, "L3:0=f");
        assert_string_equal(l->intel_rdt.mem_bw_schema, "MB:0=20");
        assert_true(l->intel_rdt.enable_cmt && l->intel_rdt.enable_mbm);
        assert_string_equal(l->rootfs_propagation, "slave");
        assert_string_equal(l->mount_label, "ml");
        check_list(&l->masked_paths, "/proc/kcore;");
        check_list(&l->readonly_paths, "/proc/sys;/proc/bus;");
        assert_string_equal(l->personality.domain, "LINUX32");
        check_list(&l->personality.flags, "F;");
}

static void config_parse__full__every_value_as_written(void **state)
{
        struct config *c = NULL;
        struct err e = ERR_INIT;

        (void)state;
        if (config_parse(sys_linux(), CONFIG_FULL, strlen(CONFIG_FULL), &c, &e) != 0)
                fail_msg("%s: %s", e.place, e.msg);
        assert_string_equal(c->oci_version, "1.2.0");
        assert_true(c->root.set && c->root.readonly);
        assert_string_equal(c->root.path, "rootfs");
        assert_string_equal(c->hostname, "host");
        assert_string_equal(c->domainname, "dom");
        assert_int_equal(c->annotations.n, 2);
        assert_string_equal(c->annotations.item[0].key, "com.example.a/b~c");
        assert_string_equal(c->annotations.item[0].value, "one");
        assert_string_equal(c->annotations.item[1].value, "");
        check_process(&c->process);
        check_mounts_and_hooks(c);
        check_linux(&c->linux_);
        check_resources(&c->linux_.resources);
        check_seccomp(&c->linux_.seccomp);
        config_free(sys_linux(), c);
}

static void config_parse__empty_object__everything_absent(void **state)
{
        struct config *c = NULL;
        struct config zero;

        (void)state;
        assert_int_equal(config_parse(sys_linux(), "{}", 2, &c, NULL), 0);
        memset(&zero, 0, sizeof(zero));
        zero.store = c->store;
        assert_memory_equal(c, &zero, sizeof(zero));
        config_free(sys_linux(), c);
        config_free(sys_linux(), NULL);
}

/* --- failing allocations --- */

struct failing {
        unsigned long calls, fail_at; /* the fail_at-th call fails (from 1), alone or with all later ones */
        bool for_good;
        long live;
};
static struct failing fault; /* jansson's hooks have no context */

static bool fault_fires(void)
{
        fault.calls++;
        return fault.fail_at &&
               (fault.calls == fault.fail_at || (fault.for_good && fault.calls > fault.fail_at));
}

static void *fault_malloc(size_t n)
{
        void *p = fault_fires() ? NULL : malloc(n);

        fault.live += p != NULL;
        return p;
}

static void fault_free(void *p)
{
        fault.live -= p != NULL;
        free(p);
}

static void *fault_sys_alloc(const struct sys *sys, size_t n)
{
        (void)sys;
        return fault_malloc(n);
}

static void fault_sys_free(const struct sys *sys, void *p)
{
        (void)sys;
        fault_free(p);
}

static void config_parse__nth_allocation_fails__enomem_and_no_leak(void **state)
{
        struct sys_ops ops = *sys_linux()->op;
        struct sys sys = {.op = &ops};
        json_malloc_t old_malloc;
        json_free_t old_free;

        (void)state;
        ops.alloc = fault_sys_alloc;
        ops.free = fault_sys_free;
        json_get_alloc_funcs(&old_malloc, &old_free);
        json_set_alloc_funcs(fault_malloc, fault_free);
        for (int for_good = 0; for_good < 2; for_good++) {
                int r = -ENOMEM;
                for (unsigned long n = 1; r != 0; n++) {
                        static const char text[] = CONFIG_FULL "\n";
                        struct config *c = NULL;
                        struct err e = ERR_INIT;
                        fault = (struct failing){.fail_at = n, .for_good = for_good};
                        r = config_parse(&sys, text, sizeof(text) - 1, &c, &e);
                        if (r == 0) {
                                assert_true(n > 500); /* the faults were really there */
                                check_process(&c->process);
                                config_free(&sys, c);
                        } else {
                                assert_int_equal(r, -ENOMEM);
                                assert_int_equal(e.errnum, ENOMEM);
                                assert_true(e.place[0]);
                                assert_null(c);
                        }
                        assert_int_equal(fault.live, 0);
                }
        }
        json_set_alloc_funcs(old_malloc, old_free);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(config_parse__full__every_value_as_written),
                cmocka_unit_test(config_parse__empty_object__everything_absent),
                cmocka_unit_test(config_parse__nth_allocation_fails__enomem_and_no_leak),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
