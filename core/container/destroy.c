#include "core/container/destroy.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "core/base/err.h"
#include "core/base/io.h"
#include "core/base/limits.h"
#include "core/base/scope.h"
#include "core/container/cgroup.h"
#include "core/container/process.h"
#include "core/container/state.h"
#include "core/sys.h"

int container_destroy(const struct state_dir *dir, const struct state *state, struct err *err)
{
        /* Without a pid namespace of its own the payload's children outlive it; with a shared one just as
         * well. */
        int r = cgroup_kill(dir->sys, &state->cgroup, err);

        if (r == 0)
                r = cgroup_remove(dir->sys, &state->cgroup, err);
        return r < 0 ? r : state_dir_remove(dir, err); /* last: as long as anything is left, it is known */
}

/* Sends to each pid in a cgroup.procs. A pid may be gone by now (or another's: it is how every runtime does
 * it). */
static int signal_procs(const struct sys *sys, const char *text, int signal, struct err *err)
{
        for (const char *s = text; *s;) {
                pid_t pid = 0;
                for (; *s >= '0' && *s <= '9'; s++)
                        pid = pid * 10 + (*s - '0');
                s = strchrnul(s, '\n');
                s += *s == '\n';
                if (pid <= 0)
                        continue;
                int r = sys->op->kill(sys, pid, signal);
                if (r < 0 && r != -ESRCH)
                        return err_sys(err, r, "kill", NULL, "process %d", (int)pid);
        }
        return 0;
}

static int kill_all(const struct sys *sys, const struct state *state, int signal, struct err *err)
{
        char path[STATE_PATH_MAX + 16], *text;
        size_t len;
        int r;

        if (signal == SIGKILL) /* nested cgroups too, and until nothing is left */
                return cgroup_kill(sys, &state->cgroup, err);
        if (state->cgroup.n == 0)
                return err_set(err, ENOTSUP, "kill", "--all", "the container has no cgroup");
        snprintf(path, sizeof(path), "%s/cgroup.procs", state->cgroup.dir[0].path);
        r = io_read_file(sys, AT_FDCWD, path, LIMIT_CONFIG_BYTES, &text, &len, err);
        if (r < 0)
                return r;
        r = signal_procs(sys, text, signal, err);
        sys->op->free(sys, text);
        return r;
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
        if (!force && (status == STATE_RUNNING || status == STATE_CREATING))
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
