#include "core/container/start.h"

#include <errno.h>

#include "core/base/err.h"
#include "core/base/limits.h"
#include "core/base/scope.h"
#include "core/container/destroy.h"
#include "core/container/hooks.h"
#include "core/container/notify.h"
#include "core/container/process.h"
#include "core/container/state.h"
#include "core/sync/sync.h"
#include "core/sys.h"

static int check_status(const struct sys *sys, const struct state *state, struct err *err)
{
        enum state_status status;
        int r = state_status(sys, state, &status, err);

        return r < 0 ? r : lifecycle_check(LIFECYCLE_START, status, state->id, err);
}

/* In this order: error.fifo is being read before init can have anything to say. */
static int talk(const struct state_dir *dir, const struct config *config, int pidfd, struct err *err)
{
        const struct sys *sys = dir->sys;
        struct timespec deadline;
        SCOPED_FD error = {sys, sys->op->openat(sys, dir->fd, STATE_ERROR_FIFO,
                                                O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC, 0)};
        if (error.fd < 0)
                return err_sys(err, error.fd, "start", STATE_ERROR_FIFO, "%s", "");
        SCOPED_FD exec = {sys, sys->op->openat(sys, dir->fd, STATE_EXEC_FIFO,
                                               O_WRONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC, 0)};
        if (exec.fd == -ENXIO)
                return err_set(err, ENXIO, "start", STATE_EXEC_FIFO, "no init waits for it");
        if (exec.fd < 0)
                return err_sys(err, exec.fd, "start", STATE_EXEC_FIFO, "%s", "");
        struct sync_starter starter = {.exec_fifo = exec.fd, .error_fifo = error.fd, .pidfd = pidfd};
        /* A hook without a timeout may take for ever; pidfd and EOF tell of an init that is no more all the same. */
        long hooks = hooks_bound(config, HOOKS_START_CONTAINER);
        int r = hooks < 0 ? 0 : sync_deadline_in(sys, LIMIT_SYNC_START_MS + hooks, &deadline, err);

        return r < 0 ? r : sync_start(sys, &starter, hooks < 0 ? NULL : &deadline, err);
}

/*
 * EOF after EXECUTING: the channel was closed by execve, or by init's death before or in it. The flag that
 * execve clears tells; a zombie still has it. When init is reaped already, its exit status must do: an init
 * that failed in execve has said so, so one that exited was the payload; one that was killed may have been
 * either.
 */
int container_verify_execve(const struct sys *sys, const char *id, pid_t pid, uint64_t start, int pidfd,
                            struct err *err)
{
        struct process_stat stat;
        struct err look = ERR_INIT; /* a reaped process is no failure */
        int status, r = process_stat_read(sys, pid, &stat, &look);

        if (r < 0 && r != -ESRCH) {
                if (err)
                        *err = look;
                return r;
        }
        if (r == 0 && stat.start == start) {
                if (!stat.forknoexec)
                        return 0;
                return err_set(err, ECHILD, "start", id,
                               "init was killed before it could execute the payload");
        }
        if (process_exit_status(sys, pidfd, &status) == 0 && WIFSIGNALED(status))
                return err_set(err, ECHILD, "start", id,
                               "init was killed by signal %d; whether the payload ran is unknown",
                               WTERMSIG(status));
        return 0;
}

int container_start_created(const struct state_dir *dir, const struct state *state, const struct config *config, int pidfd,
                            struct notify *notify, struct err *err)
{
        const struct sys *sys = dir->sys;
        struct hooks_subject subject = {.id = state->id, .bundle = state->bundle, .pid = state->pid, .dir = -1, .record = dir};
        int r;

        if (notify->main_pid == 0)
                notify->main_pid = state->pid;
        r = notify_listen(notify, dir, err);
        if (r < 0)
                return r;
        r = talk(dir, config, pidfd, err);
        if (r == 0)
                r = container_verify_execve(sys, state->id, state->pid, state->start, pidfd, err);
        if (r == 0)
                r = hooks_run(sys, config, HOOKS_POSTSTART, &subject, err);
        if (r < 0) /* init exits by itself after an error; after a timeout it may not */
                (void)process_kill(sys, pidfd, DESTROY_WAIT_MS, NULL);
        return r;
}

int container_start(const struct state_dir *dir, const struct state *state, struct notify *notify, struct err *err)
{
        const struct sys *sys = dir->sys;
        SCOPED_FD pidfd = {sys, -1};
        struct config *config = NULL;
        int r = check_status(sys, state, err);

        if (r == 0)
                r = process_open(sys, state->pid, state->start, &pidfd.fd, err);
        if (r == 0)
                r = state_config_load(dir, &config, err);
        if (r < 0)
                return r;
        r = container_start_created(dir, state, config, pidfd.fd, notify, err);
        config_free(sys, config);
        return r;
}
