/* The struct against the document, field by field, by hand. See spec_ref.h. */
#include <errno.h>
#include <string.h>

#include "props/models/spec_ref.h"

/* An object of the document (NULL: absent) and who asks. */
struct view {
        pt *t;
        const struct spec_ref *ref;
        const json_t *object;
};

static const json_t *member(const struct view *v, const char *key)
{
        const json_t *m = json_object_get(v->object, key);

        return json_is_null(m) ? NULL : m;
}

static struct view object(const struct view *v, const char *key, bool set)
{
        const json_t *m = member(v, key);

        if (set != (m != NULL))
                PT_FAIL(v->t, "%s: set is %d", key, set);
        return (struct view){v->t, v->ref, m};
}

static void is_text(pt *t, const char *key, const json_t *m, const char *got)
{
        const char *want = json_string_value(m);

        if ((want == NULL) != (got == NULL) || (want && strcmp(want, got) != 0))
                PT_FAIL(t, "%s: \"%s\" for \"%s\"", key, got ? got : "(none)", want ? want : "(none)");
}

static void text(const struct view *v, const char *key, const char *got)
{
        is_text(v->t, key, member(v, key), got);
}

static void flag(const struct view *v, const char *key, bool got)
{
        if (got != json_is_true(member(v, key)))
                PT_FAIL(v->t, "%s: %d", key, got);
}

/* got as it is in memory, widened to 64 bits with its sign. */
static void is_number(const struct view *v, const char *key, const json_t *m, uint64_t got)
{
        uint64_t magnitude = 0;
        bool negative = false;

        if (m && spec_ref_integer(v->ref, m, &negative, &magnitude) != 0)
                PT_FAIL(v->t, "%s: accepted, but no integer", key);
        if (got != (negative ? -magnitude : magnitude))
                PT_FAIL(v->t, "%s: %llu for %s%llu", key, (unsigned long long)got, negative ? "-" : "",
                        (unsigned long long)magnitude);
}

static void number(const struct view *v, const char *key, uint64_t got)
{
        is_number(v, key, member(v, key), got);
}

static void optional(const struct view *v, const char *key, bool set, uint64_t got)
{
        if (set != (member(v, key) != NULL))
                PT_FAIL(v->t, "%s: set is %d", key, set);
        number(v, key, got);
}
#define OPTIONAL(view, key, o) optional(view, key, (o).set, (uint64_t)(o).v)

static const json_t *list(const struct view *v, const char *key, size_t got)
{
        const json_t *m = member(v, key);

        if (got != json_array_size(m))
                PT_FAIL(v->t, "%s: %zu items for %zu", key, got, json_array_size(m));
        return m;
}
/* For each item of a list of structs: `it` is its view, `x` the struct. */
#define EACH(v, key, l)                                                                              \
        const json_t *list_ = list(v, key, (l).n);                                                   \
        for (size_t i = 0; i < (l).n; i++)                                                           \
                for (struct view it_ = {(v)->t, (v)->ref, json_array_get(list_, i)}, *it = &it_; it; \
                     it = NULL)

static void texts(const struct view *v, const char *key, const struct config_str_list *got)
{
        const json_t *m = list(v, key, got->n);

        for (size_t i = 0; i < got->n; i++)
                is_text(v->t, key, json_array_get(m, i), got->item[i]);
}

static size_t members(const json_t *map)
{
        size_t n = 0;
        const char *key;
        json_t *m;

        json_object_foreach((json_t *)map, key, m) n += !json_is_null(m);
        return n;
}

static void pairs(const struct view *v, const char *key, const struct config_kv_list *got)
{
        const json_t *map = member(v, key);

        if (got->n != members(map))
                PT_FAIL(v->t, "%s: %zu members for %zu", key, got->n, members(map));
        for (size_t i = 0; i < got->n; i++)
                is_text(v->t, got->item[i].key, json_object_get(map, got->item[i].key), got->item[i].value);
}

static void idmaps(const struct view *v, const char *key, const struct config_idmap_list *got)
{
        EACH(v, key, *got)
        {
                number(it, "containerID", got->item[i].container_id);
                number(it, "hostID", got->item[i].host_id);
                number(it, "size", got->item[i].size);
        }
}

static void compare_mounts(const struct view *v, const struct config *c)
{
        EACH(v, "mounts", c->mounts)
        {
                text(it, "destination", c->mounts.item[i].destination);
                text(it, "type", c->mounts.item[i].type);
                text(it, "source", c->mounts.item[i].source);
                texts(it, "options", &c->mounts.item[i].options);
                idmaps(it, "uidMappings", &c->mounts.item[i].uid_mappings);
                idmaps(it, "gidMappings", &c->mounts.item[i].gid_mappings);
        }
}

static void compare_hooks(const struct view *v, const char *key, const struct config_hook_list *l)
{
        EACH(v, key, *l)
        {
                text(it, "path", l->item[i].path);
                texts(it, "args", &l->item[i].args);
                texts(it, "env", &l->item[i].env);
                OPTIONAL(it, "timeout", l->item[i].timeout);
        }
}

static void compare_scheduling(const struct view *v, const struct config_process *p)
{
        struct view s = object(v, "scheduler", p->scheduler.set);

        text(&s, "policy", p->scheduler.policy);
        OPTIONAL(&s, "nice", p->scheduler.nice);
        OPTIONAL(&s, "priority", p->scheduler.priority);
        texts(&s, "flags", &p->scheduler.flags);
        OPTIONAL(&s, "runtime", p->scheduler.runtime);
        OPTIONAL(&s, "deadline", p->scheduler.deadline);
        OPTIONAL(&s, "period", p->scheduler.period);
        s = object(v, "ioPriority", p->io_priority.set);
        text(&s, "class", p->io_priority.class_);
        number(&s, "priority", (uint64_t)p->io_priority.priority);
        s = object(v, "execCPUAffinity", p->exec_cpu_affinity.set);
        text(&s, "initial", p->exec_cpu_affinity.initial);
        text(&s, "final", p->exec_cpu_affinity.final);
}

static void compare_user(const struct view *v, const struct config_process *p)
{
        struct view u = {v->t, v->ref, member(v, "user")};
        const json_t *gids = list(&u, "additionalGids", p->user.additional_gids.n);

        number(&u, "uid", p->user.uid);
        number(&u, "gid", p->user.gid);
        OPTIONAL(&u, "umask", p->user.umask);
        for (size_t i = 0; i < p->user.additional_gids.n; i++)
                is_number(&u, "additionalGids", json_array_get(gids, i), p->user.additional_gids.item[i]);
}

static void compare_process(const struct view *root, const struct config_process *p)
{
        struct view v = object(root, "process", p->set), s;

        flag(&v, "terminal", p->terminal);
        s = object(&v, "consoleSize", p->console_size.set);
        number(&s, "height", p->console_size.height);
        number(&s, "width", p->console_size.width);
        compare_user(&v, p);
        texts(&v, "args", &p->args);
        texts(&v, "env", &p->env);
        text(&v, "cwd", p->cwd);
        s = object(&v, "capabilities", p->capabilities.set);
        texts(&s, "bounding", &p->capabilities.bounding);
        texts(&s, "effective", &p->capabilities.effective);
        texts(&s, "inheritable", &p->capabilities.inheritable);
        texts(&s, "permitted", &p->capabilities.permitted);
        texts(&s, "ambient", &p->capabilities.ambient);
        EACH(&v, "rlimits", p->rlimits)
        {
                text(it, "type", p->rlimits.item[i].type);
                number(it, "soft", p->rlimits.item[i].soft);
                number(it, "hard", p->rlimits.item[i].hard);
        }
        flag(&v, "noNewPrivileges", p->no_new_privileges);
        text(&v, "apparmorProfile", p->apparmor_profile);
        text(&v, "selinuxLabel", p->selinux_label);
        OPTIONAL(&v, "oomScoreAdj", p->oom_score_adj);
        compare_scheduling(&v, p);
}

static void compare_namespaces(const struct view *v, const struct config_linux *l)
{
        const json_t *namespaces = member(v, "namespaces");
        size_t n = 0;

        for (enum config_ns k = 0; k < CONFIG_NS__COUNT; k++) {
                if (!l->ns[k].set)
                        continue;
                struct view it = {v->t, v->ref, json_array_get(namespaces, l->ns[k].index)};
                const char *path = json_string_value(member(&it, "path"));
                text(&it, "type", config_ns_name(k));
                PT_ASSERT(v->t, __builtin_popcountll(config_ns_flag(k)) == 1);
                if (path && *path)
                        text(&it, "path", l->ns[k].path);
                else
                        PT_ASSERT(v->t, !l->ns[k].path);
                n++;
        }
        PT_ASSERT(v->t, n == json_array_size(namespaces));
}

static void compare_clock(const struct view *v, const char *key, const struct config_time_offset *o)
{
        struct view it = object(v, key, o->set);

        number(&it, "secs", (uint64_t)o->secs);
        number(&it, "nanosecs", o->nanosecs);
}

static void compare_devices(const struct view *v, const struct config_linux *l)
{
        EACH(v, "devices", l->devices)
        {
                const struct config_device *d = &l->devices.item[i];
                text(it, "type", (char[2]){d->type});
                text(it, "path", d->path);
                number(it, "major", (uint64_t)d->major);
                number(it, "minor", (uint64_t)d->minor);
                OPTIONAL(it, "fileMode", d->file_mode);
                OPTIONAL(it, "uid", d->uid);
                OPTIONAL(it, "gid", d->gid);
        }
}

static void compare_rules(const struct view *v, const struct config_resources *r)
{
        EACH(v, "devices", r->devices)
        {
                const struct config_device_rule *d = &r->devices.item[i];
                const char *type = json_string_value(member(it, "type"));
                const char *access = json_string_value(member(it, "access"));
                flag(it, "allow", d->allow);
                PT_ASSERT(v->t, d->type == (type && *type ? *type : 'a'));
                PT_ASSERT(v->t, (access && *access) == (d->access != NULL));
                PT_ASSERT(v->t, !d->access || strcmp(access, d->access) == 0);
                OPTIONAL(it, "major", d->major);
                OPTIONAL(it, "minor", d->minor);
        }
}

static void compare_memory_cpu(const struct view *v, const struct config_resources *r)
{
        struct view s = object(v, "memory", r->memory.set);

        OPTIONAL(&s, "limit", r->memory.limit);
        OPTIONAL(&s, "reservation", r->memory.reservation);
        OPTIONAL(&s, "swap", r->memory.swap);
        OPTIONAL(&s, "kernel", r->memory.kernel);
        OPTIONAL(&s, "kernelTCP", r->memory.kernel_tcp);
        OPTIONAL(&s, "swappiness", r->memory.swappiness);
        flag(&s, "disableOOMKiller", r->memory.disable_oom_killer.v);
        flag(&s, "useHierarchy", r->memory.use_hierarchy.v);
        flag(&s, "checkBeforeUpdate", r->memory.check_before_update.v);
        PT_ASSERT(v->t, r->memory.use_hierarchy.set == (member(&s, "useHierarchy") != NULL));
        s = object(v, "cpu", r->cpu.set);
        OPTIONAL(&s, "shares", r->cpu.shares);
        OPTIONAL(&s, "quota", r->cpu.quota);
        OPTIONAL(&s, "burst", r->cpu.burst);
        OPTIONAL(&s, "period", r->cpu.period);
        OPTIONAL(&s, "realtimeRuntime", r->cpu.realtime_runtime);
        OPTIONAL(&s, "realtimePeriod", r->cpu.realtime_period);
        OPTIONAL(&s, "idle", r->cpu.idle);
        text(&s, "cpus", r->cpu.cpus);
        text(&s, "mems", r->cpu.mems);
        s = object(v, "pids", r->pids.set);
        number(&s, "limit", (uint64_t)r->pids.limit);
}

static void compare_throttle(const struct view *v, const char *key, const struct config_throttle_list *l)
{
        EACH(v, key, *l)
        {
                number(it, "major", (uint64_t)l->item[i].major);
                number(it, "minor", (uint64_t)l->item[i].minor);
                number(it, "rate", l->item[i].rate);
        }
}

static void compare_block_io(const struct view *resources, const struct config_resources *r)
{
        struct view v = object(resources, "blockIO", r->block_io.set);

        OPTIONAL(&v, "weight", r->block_io.weight);
        OPTIONAL(&v, "leafWeight", r->block_io.leaf_weight);
        EACH(&v, "weightDevice", r->block_io.weight_device)
        {
                const struct config_weight_device *d = &r->block_io.weight_device.item[i];
                number(it, "major", (uint64_t)d->major);
                number(it, "minor", (uint64_t)d->minor);
                OPTIONAL(it, "weight", d->weight);
                OPTIONAL(it, "leafWeight", d->leaf_weight);
        }
        compare_throttle(&v, "throttleReadBpsDevice", &r->block_io.throttle_read_bps);
        compare_throttle(&v, "throttleWriteBpsDevice", &r->block_io.throttle_write_bps);
        compare_throttle(&v, "throttleReadIOPSDevice", &r->block_io.throttle_read_iops);
        compare_throttle(&v, "throttleWriteIOPSDevice", &r->block_io.throttle_write_iops);
}

static void compare_network(const struct view *resources, const struct config_resources *r)
{
        struct view v = object(resources, "network", r->network.set);

        OPTIONAL(&v, "classID", r->network.class_id);
        EACH(&v, "priorities", r->network.priorities)
        {
                text(it, "name", r->network.priorities.item[i].name);
                number(it, "priority", r->network.priorities.item[i].priority);
        }
}

static void compare_resources(const struct view *lin, const struct config_resources *r)
{
        struct view v = object(lin, "resources", r->set);
        const json_t *rdma = member(&v, "rdma");

        compare_rules(&v, r);
        compare_memory_cpu(&v, r);
        compare_block_io(&v, r);
        compare_network(&v, r);
        EACH(&v, "hugepageLimits", r->hugepage)
        {
                text(it, "pageSize", r->hugepage.item[i].page_size);
                number(it, "limit", r->hugepage.item[i].limit);
        }
        PT_ASSERT(v.t, r->rdma.n == members(rdma));
        for (size_t i = 0; i < r->rdma.n; i++) {
                struct view it = {v.t, v.ref, json_object_get(rdma, r->rdma.item[i].device)};
                OPTIONAL(&it, "hcaHandles", r->rdma.item[i].hca_handles);
                OPTIONAL(&it, "hcaObjects", r->rdma.item[i].hca_objects);
        }
        pairs(&v, "unified", &r->unified);
}

static void compare_seccomp_rule(const struct view *v, const struct config_seccomp_rule *r)
{
        texts(v, "names", &r->names);
        text(v, "action", r->action);
        OPTIONAL(v, "errnoRet", r->errno_ret);
        EACH(v, "args", r->args)
        {
                number(it, "index", r->args.item[i].index);
                number(it, "value", r->args.item[i].value);
                number(it, "valueTwo", r->args.item[i].value_two);
                text(it, "op", r->args.item[i].op);
        }
}

static void compare_seccomp(const struct view *lin, const struct config_seccomp *s)
{
        struct view v = object(lin, "seccomp", s->set);

        text(&v, "defaultAction", s->default_action);
        OPTIONAL(&v, "defaultErrnoRet", s->default_errno_ret);
        texts(&v, "architectures", &s->architectures);
        texts(&v, "flags", &s->flags);
        text(&v, "listenerPath", s->listener_path);
        text(&v, "listenerMetadata", s->listener_metadata);
        EACH(&v, "syscalls", s->syscalls)
        {
                compare_seccomp_rule(it, &s->syscalls.item[i]);
        }
}

static void compare_linux(const struct view *root, const struct config_linux *l)
{
        struct view v = object(root, "linux", l->set), s;

        compare_namespaces(&v, l);
        idmaps(&v, "uidMappings", &l->uid_mappings);
        idmaps(&v, "gidMappings", &l->gid_mappings);
        s = (struct view){v.t, v.ref, member(&v, "timeOffsets")};
        compare_clock(&s, "monotonic", &l->time_monotonic);
        compare_clock(&s, "boottime", &l->time_boottime);
        compare_devices(&v, l);
        text(&v, "cgroupsPath", l->cgroups_path);
        compare_resources(&v, &l->resources);
        s = object(&v, "intelRdt", l->intel_rdt.set);
        text(&s, "closID", l->intel_rdt.clos_id);
        text(&s, "l3CacheSchema", l->intel_rdt.l3_cache_schema);
        text(&s, "memBwSchema", l->intel_rdt.mem_bw_schema);
        flag(&s, "enableCMT", l->intel_rdt.enable_cmt);
        flag(&s, "enableMBM", l->intel_rdt.enable_mbm);
        pairs(&v, "sysctl", &l->sysctl);
        compare_seccomp(&v, &l->seccomp);
        text(&v, "rootfsPropagation", l->rootfs_propagation);
        text(&v, "mountLabel", l->mount_label);
        texts(&v, "maskedPaths", &l->masked_paths);
        texts(&v, "readonlyPaths", &l->readonly_paths);
        s = object(&v, "personality", l->personality.set);
        text(&s, "domain", l->personality.domain);
        texts(&s, "flags", &l->personality.flags);
}

void spec_compare(pt *t, const struct spec_ref *ref, const struct config *c)
{
        struct view v = {t, ref, ref->root}, s;

        text(&v, "ociVersion", c->oci_version);
        s = object(&v, "root", c->root.set);
        text(&s, "path", c->root.path);
        flag(&s, "readonly", c->root.readonly);
        text(&v, "hostname", c->hostname);
        text(&v, "domainname", c->domainname);
        pairs(&v, "annotations", &c->annotations);
        compare_mounts(&v, c);
        s = (struct view){t, ref, member(&v, "hooks")};
        compare_hooks(&s, "prestart", &c->hooks.prestart);
        compare_hooks(&s, "createRuntime", &c->hooks.create_runtime);
        compare_hooks(&s, "createContainer", &c->hooks.create_container);
        compare_hooks(&s, "startContainer", &c->hooks.start_container);
        compare_hooks(&s, "poststart", &c->hooks.poststart);
        compare_hooks(&s, "poststop", &c->hooks.poststop);
        compare_process(&v, &c->process);
        compare_linux(&v, &c->linux_);
}
