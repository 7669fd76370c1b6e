/* config_refuse_unsupported: what the spec allows and labrun can't do. */
#include <errno.h>
#include <stdio.h>

#include "core/base/err.h"
#include "core/config/config.h"

struct ask {
        bool asked;
        const char *place;
        const char *what;
};

static int refuse(struct err *err, const char *place, const char *what)
{
        return err_set(err, ENOTSUP, "validate", place, "labrun does not support %s", what);
}

static int refuse_first(const struct ask *asks, size_t n, struct err *err)
{
        for (size_t i = 0; i < n; i++)
                if (asks[i].asked)
                        return refuse(err, asks[i].place, asks[i].what);
        return 0;
}
#define REFUSE_FIRST(asks, err) refuse_first(asks, sizeof(asks) / sizeof((asks)[0]), err)

/* An empty string asks for nothing: so generators write what they leave alone. */
static bool given(const char *s)
{
        return s && *s;
}

static int refuse_process(const struct config_process *p, struct err *err)
{
        const struct ask asks[] = {
                {given(p->apparmor_profile), "/process/apparmorProfile", "AppArmor"},
                {given(p->selinux_label), "/process/selinuxLabel", "SELinux"},
                {p->scheduler.set, "/process/scheduler", "scheduling policies"},
                {p->io_priority.set, "/process/ioPriority", "I/O priorities"},
                {given(p->exec_cpu_affinity.initial), "/process/execCPUAffinity/initial", "CPU affinities"},
                {given(p->exec_cpu_affinity.final), "/process/execCPUAffinity/final", "CPU affinities"},
        };

        return REFUSE_FIRST(asks, err);
}

static bool asks_memory(const struct config_resources *r)
{
        return r->memory.limit.set || r->memory.reservation.set || r->memory.swap.set ||
               r->memory.kernel.set || r->memory.kernel_tcp.set || r->memory.swappiness.set ||
               r->memory.disable_oom_killer.v || r->memory.use_hierarchy.v || r->memory.check_before_update.v;
}

static bool asks_cpu(const struct config_resources *r)
{
        return r->cpu.shares.set || r->cpu.quota.set || r->cpu.burst.set || r->cpu.period.set ||
               r->cpu.realtime_runtime.set || r->cpu.realtime_period.set || r->cpu.idle.set ||
               given(r->cpu.cpus) || given(r->cpu.mems);
}

static bool asks_block_io(const struct config_resources *r)
{
        return r->block_io.weight.set || r->block_io.leaf_weight.set || r->block_io.weight_device.n > 0 ||
               r->block_io.throttle_read_bps.n > 0 || r->block_io.throttle_write_bps.n > 0 ||
               r->block_io.throttle_read_iops.n > 0 || r->block_io.throttle_write_iops.n > 0;
}

/* The device rules are the exception: they are done. */
static int refuse_resources(const struct config_resources *r, struct err *err)
{
        const struct ask asks[] = {
                {asks_memory(r), "/linux/resources/memory", "memory limits"},
                {asks_cpu(r), "/linux/resources/cpu", "CPU limits"},
                {r->pids.set, "/linux/resources/pids", "pids limits"},
                {asks_block_io(r), "/linux/resources/blockIO", "block I/O limits"},
                {r->hugepage.n > 0, "/linux/resources/hugepageLimits", "hugepage limits"},
                {r->network.class_id.set, "/linux/resources/network/classID", "network classes"},
                {r->network.priorities.n > 0, "/linux/resources/network/priorities", "network priorities"},
                {r->rdma.n > 0, "/linux/resources/rdma", "RDMA limits"},
                {r->unified.n > 0, "/linux/resources/unified", "cgroup v2 settings"},
        };

        return REFUSE_FIRST(asks, err);
}

static int refuse_linux(const struct config_linux *l, struct err *err)
{
        const struct ask asks[] = {
                {l->intel_rdt.set, "/linux/intelRdt", "Intel RDT"},
                {given(l->mount_label), "/linux/mountLabel", "SELinux"},
                /* pivot_root(2) in the caller's mount namespace would take the host's root away. */
                {!l->ns[CONFIG_NS_MOUNT].set, l->set ? "/linux/namespaces" : "/linux",
                 "containers without a mount namespace"},
        };

        return REFUSE_FIRST(asks, err);
}

int config_refuse_unsupported(const struct config *c, struct err *err)
{
        int r = refuse_process(&c->process, err);

        if (r == 0)
                r = refuse_linux(&c->linux_, err);
        if (r == 0)
                r = refuse_resources(&c->linux_.resources, err);
        return r;
}
