/* From a clone to an init that is in its cgroups and waits for CONFIG: creation_spawn, creation_join of creation.h. */
#include <errno.h>
#include <linux/sched.h>
#include <stdio.h>
#include <string.h>

#include "core/base/err.h"
#include "core/base/scope.h"
#include "core/config/config.h"
#include "core/container/cgroup.h"
#include "core/container/creation.h"
#include "core/container/idmapped.h"
#include "core/container/init.h"
#include "core/container/namespaces.h"
#include "core/container/notify.h"
#include "core/container/process.h"
#include "core/container/stage.h"
#include "core/container/userns.h"
#include "core/sys.h"

/*
 * Where a cgroup can be a birthplace. Who refuses (an older kernel, a filter, the cgroup's own state) is not asked why: then
 * init is made outside and moved, and what is wrong is told by that.
 */
static pid_t spawn_in_cgroup(struct creation *c, struct sys_spawn args)
{
        SCOPED_FD dir = {c->sys, cgroup_open_only(c->sys, &c->state.cgroup)};
        pid_t pid;

        if (dir.fd < 0)
                return -ENOENT;
        args.flags |= CLONE_INTO_CGROUP;
        args.cgroup = dir.fd;
        pid = c->sys->op->spawn(c->sys, &args, &c->pidfd);
        c->in_cgroup = pid > 0;
        return pid;
}

static int clone_init(struct creation *c, int socket, const struct init_plain *plain, pid_t *ret_pid,
                      struct err *err)
{
        struct sys_spawn args = {.flags = namespaces_clone_flags(c->config),
                                 .fn = init_main,
                                 .fds = &socket,
                                 .nfds = 1,
                                 .data = plain,
                                 .len = sizeof(*plain)};
        pid_t pid;

        if (stage_needed(c->config))
                return stage_spawn(c->sys, c->config, plain, socket, ret_pid, &c->pidfd, err);
        pid = spawn_in_cgroup(c, args);
        if (pid < 0)
                pid = c->sys->op->spawn(c->sys, &args, &c->pidfd);
        if (pid < 0)
                return err_sys(err, pid, "clone3", "/linux/namespaces", "making init%s",
                               namespaces_clone_hint(c->config, pid));
        *ret_pid = pid;
        return 0;
}

static void name_only_cgroup(const struct creation *c, struct init_plain *plain)
{
        const struct cgroup *cgroup = &c->state.cgroup;

        if (cgroup->n == 1 && cgroup->dir[0].v2 && strlen(cgroup->dir[0].path) < sizeof(plain->cgroup))
                strcpy(plain->cgroup, cgroup->dir[0].path);
}

static int make_init(struct creation *c, int socket, pid_t *ret_pid, struct err *err)
{
        size_t n;
        SCOPED_FD notify = {c->sys, -1};
        struct init_plain plain = {.preserve = c->args->inventory.preserve,
                                   .entry_end = c->args->inventory.entry_end,
                                   .unmapped = userns_is_new(c->config) && c->sys->op->geteuid(c->sys) != 0,
                                   .keep_keyring = c->args->keep_keyring,
                                   .net = c->net.socket >= 0 ? (unsigned)c->net.socket : 0};
        int r = idmapped_open(c->sys, c->config, c->args->bundle, plain.mount, &n, err);

        if (r < 0)
                return r;
        plain.n_mounts = (unsigned)n;
        name_only_cgroup(c, &plain);
        if (c->args->notify)
                r = notify_make(&c->dir, &notify.fd, err);
        plain.notify = notify.fd >= 0 ? (unsigned)notify.fd : 0;
        if (r == 0)
                r = clone_init(c, socket, &plain, ret_pid, err);
        idmapped_close(c->sys, plain.mount, n); /* init has its own */
        netns_close_socket(&c->net);
        return r;
}

int creation_spawn(struct creation *c, struct err *err)
{
        const struct sys *sys = c->sys;
        struct process_stat stat;
        pid_t pid = 0;
        int sv[2], r = sys->op->socketpair(sys, AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sv);

        if (r < 0)
                return err_sys(err, r, "socketpair", NULL, "%s", "");
        r = make_init(c, sv[1], &pid, err);
        creation_close(sys, &sv[1]); /* the last copy but init's: its death is our EOF */
        c->socket = sv[0];
        if (r == 0)
                r = process_stat_read(sys, pid, &stat, err);
        if (r < 0)
                return r;
        c->state.pid = pid;
        c->state.start = stat.start;
        /* Before CONFIG: until then init exits by itself when we die, from then on delete must know it. */
        return state_save(&c->dir, &c->state, err);
}

int creation_join(struct creation *c, struct err *err)
{
        bool applied = true;
        int r = c->in_cgroup ? 0 : cgroup_add(c->sys, &c->state.cgroup, c->state.pid, err);

        if (r == 0 && userns_is_set(c->config))
                r = userns_privilege(c->sys, c->config, c->state.pid, err);
        if (r == 0)
                r = cgroup_apply_devices(c->sys, &c->state.cgroup, c->config, &applied, err);
        if (r == 0 && !applied && c->args->log)
                c->args->log(c->args->log_ctx, SYNC_LOG_WARNING,
                             "/linux/resources/devices is not applied: no devices hierarchy here");
        return r;
}
