#include "core/container/destroy.h"

#include <errno.h>
#include <signal.h>

#include "core/base/err.h"
#include "core/base/scope.h"
#include "core/container/cgroup.h"
#include "core/container/process.h"
#include "core/container/state.h"
#include "core/sys.h"

int container_destroy(const struct state_dir *dir, const struct state *state, struct err *err)
{
        int r;

        if (state->pid == 0) { /* nobody was ever put in there: no reason to kill whom we would find */
                cgroup_unmake(dir->sys, &state->cgroup);
                return state_dir_remove(dir, err);
        }
        /* Without a pid namespace of its own the payload's children outlive it; with a shared one just as
         * well. */
        r = cgroup_kill(dir->sys, &state->cgroup, err);

        if (r == 0)
                r = cgroup_remove(dir->sys, &state->cgroup, err);
        return r < 0 ? r : state_dir_remove(dir, err); /* last: as long as anything is left, it is known */
}

static int kill_all(const struct sys *sys, const struct state *state, int signal, struct err *err)
{
        if (state->pid == 0) /* it never had a process; whoever is in a directory of that name is another's */
                return err_set(err, ESRCH, "kill", state->id, "container not running");
        if (state->cgroup.n == 0)
                return err_set(err, ENOTSUP, "kill", "--all", "the container has no cgroup");
        if (signal == SIGKILL) /* until nothing is left */
                return cgroup_kill(sys, &state->cgroup, err);
        return cgroup_signal(sys, &state->cgroup, signal, err);
}

int container_kill(const struct sys *sys, const struct state *state, int signal, bool all, struct err *err)
{
        SCOPED_FD pidfd = {sys, -1};
        enum state_status status;
        int r;

        if (all)
                return kill_all(sys, state, signal, err);
        r = state_status(sys, state, &status, err);
        if (r == 0 && status != STATE_CREATED && status != STATE_RUNNING)
                r = err_set(err, ESRCH, "kill", state->id, "container not running");
        if (r == 0)
                r = process_open(sys, state->pid, state->start, &pidfd.fd, err);
        if (r < 0)
                return r;
        r = sys->op->pidfd_send_signal(sys, pidfd.fd, signal, 0);
        return r < 0 ? err_sys(err, r, "kill", state->id, "signal %d", signal) : 0;
}

int container_delete(const struct state_dir *dir, const struct state *state, bool force, struct err *err)
{
        const struct sys *sys = dir->sys;
        SCOPED_FD pidfd = {sys, -1};
        enum state_status status;
        int r = state_status(sys, state, &status, err);

        if (r < 0)
                return r;
        if (!force && status != STATE_STOPPED)
                return err_set(err, EBUSY, "delete", state->id,
                               "cannot delete a container that is not stopped: %s",
                               state_status_name(status));
        struct err gone = ERR_INIT; /* already: no failure */
        r = process_open(sys, state->pid, state->start, &pidfd.fd, &gone);
        if (r < 0 && r != -ESRCH) {
                if (err)
                        *err = gone;
                return r;
        }
        r = r == -ESRCH ? 0 : process_kill(sys, pidfd.fd, DESTROY_WAIT_MS, err);
        return r < 0 ? r : container_destroy(dir, state, err);
}
