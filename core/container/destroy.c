#include "core/container/destroy.h"

#include <errno.h>
#include <signal.h>

#include "core/base/err.h"
#include "core/base/scope.h"
#include "core/container/cgroup.h"
#include "core/container/hook_record.h"
#include "core/container/hooks.h"
#include "core/container/process.h"
#include "core/container/state.h"
#include "core/sys.h"

#define INIT_END_MS 1000

/* Of a create that was killed there may be half of it, and of an older labrun none. It must go all the same. */
static struct config *load_hooks(const struct state_dir *dir, sync_log_fn *log, void *log_ctx)
{
        char line[SYNC_LOG_TEXT_MAX + 1];
        struct config *config = NULL;
        struct err err = ERR_INIT;

        if (state_config_load(dir, &config, &err) < 0 && log)
                log(log_ctx, SYNC_LOG_WARNING, err_format(&err, line, sizeof(line)));
        return config;
}

/* Nothing is left, and the state directory is gone: what is told here is told once. */
static int remove_and_tell(const struct state_dir *dir, const struct state *state, sync_log_fn *log, void *log_ctx,
                           struct err *err)
{
        struct hooks_subject subject = {.id = state->id, .bundle = state->bundle, .dir = -1};
        struct config *config = state->poststop ? load_hooks(dir, log, log_ctx) : NULL;
        int r = state_dir_remove(dir, err);

        if (r == 0 && config)
                hooks_run_all(dir->sys, config, HOOKS_POSTSTOP, &subject, log, log_ctx);
        config_free(dir->sys, config);
        return r;
}

int container_destroy(const struct state_dir *dir, const struct state *state, sync_log_fn *log, void *log_ctx,
                      struct err *err)
{
        int r;

        if (state->pid == 0) { /* nobody was ever put in there: no reason to kill whom we would find. An init that was
                                  born in it ends by itself when create was killed before it knew it */
                cgroup_unmake(dir->sys, &state->cgroup, INIT_END_MS);
                return state_dir_remove(dir, err);
        }
        /* Without a pid namespace of its own the payload's children outlive it; with a shared one just as
         * well. */
        r = cgroup_end(dir->sys, &state->cgroup, err);
        return r < 0 ? r : remove_and_tell(dir, state, log, log_ctx, err); /* last: as long as anything is left, it is known */
}

static int kill_all(const struct sys *sys, const struct state *state, int signal, struct err *err)
{
        if (state->pid == 0) /* it never had a process; whoever is in a directory of that name is another's */
                return err_set(err, ESRCH, "kill", state->id, "container not running");
        if (state->cgroup.n == 0)
                return err_set(err, ENOTSUP, "kill", "--all",
                               "a rootless container has no cgroup to find all by, only SIGKILL meets all");
        if (signal == SIGKILL) /* until nothing is left */
                return cgroup_kill(sys, &state->cgroup, err);
        return cgroup_signal(sys, &state->cgroup, signal, err);
}

int container_kill(const struct sys *sys, const struct state *state, int signal, bool all, struct err *err)
{
        SCOPED_FD pidfd = {sys, -1};
        enum state_status status;
        int r;

        /* without a cgroup it has a pid namespace, whose processes the kernel kills with init */
        if (all && !(state->cgroup.n == 0 && state->pid_namespace && signal == SIGKILL))
                return kill_all(sys, state, signal, err);
        r = state_status(sys, state, &status, err);
        if (r == 0)
                r = lifecycle_check(LIFECYCLE_KILL, status, state->id, err);
        if (r == 0)
                r = process_open(sys, state->pid, state->start, &pidfd.fd, err);
        if (r < 0)
                return r;
        r = sys->op->pidfd_send_signal(sys, pidfd.fd, signal, 0);
        if (r < 0)
                return err_sys(err, r, "kill", state->id, "signal %d", signal);
        /* as runc: SIGKILL ends a paused container too. Version 1 would keep it until it is resumed. */
        return status == STATE_PAUSED && signal == SIGKILL ? cgroup_freeze(sys, &state->cgroup, false, err) : 0;
}

int container_pause(const struct sys *sys, const struct state *state, bool pause, struct err *err)
{
        enum state_status status;
        int r = state_status(sys, state, &status, err);

        if (r == 0)
                r = lifecycle_check(pause ? LIFECYCLE_PAUSE : LIFECYCLE_RESUME, status, state->id, err);
        return r < 0 ? r : cgroup_freeze(sys, &state->cgroup, pause, err);
}

int container_delete(const struct state_dir *dir, const struct state *state, bool force, sync_log_fn *log, void *log_ctx,
                     struct err *err)
{
        const struct sys *sys = dir->sys;
        SCOPED_FD pidfd = {sys, -1};
        enum state_status status;
        int r = state_status(sys, state, &status, err);

        if (r == 0)
                r = lifecycle_check(force ? LIFECYCLE_DELETE_FORCE : LIFECYCLE_DELETE, status, state->id, err);
        if (r < 0)
                return r;
        if (status == STATE_PAUSED) /* a frozen process of version 1 doesn't die */
                (void)cgroup_freeze(sys, &state->cgroup, false, NULL);
        struct err gone = ERR_INIT; /* already: no failure */
        r = process_open(sys, state->pid, state->start, &pidfd.fd, &gone);
        if (r < 0 && r != -ESRCH) {
                if (err)
                        *err = gone;
                return r;
        }
        r = r == -ESRCH ? 0 : process_kill(sys, pidfd.fd, DESTROY_WAIT_MS, err);
        if (r == 0) /* of a create or start that was killed: here in the host, where no cgroup has it */
                r = hook_record_kill(dir, err);
        return r < 0 ? r : container_destroy(dir, state, log, log_ctx, err);
}
