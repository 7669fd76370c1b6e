#include "core/container/exec.h"

#include <errno.h>
#include <stdio.h>

#include "core/base/err.h"
#include "core/base/io.h"
#include "core/base/limits.h"
#include "core/base/scope.h"
#include "core/config/config.h"
#include "core/container/caps.h"
#include "core/container/cgroup.h"
#include "core/container/console_taker.h"
#include "core/container/destroy.h"
#include "core/container/exec_join.h"
#include "core/container/handover.h"
#include "core/container/init.h"
#include "core/container/process.h"
#include "core/container/rlimits.h"
#include "core/container/seccomp.h"
#include "core/container/stage.h"
#include "core/container/start.h"
#include "core/container/state.h"
#include "core/container/userns.h"
#include "core/sys.h"

#define PIDFD_SOCKET "--pidfd-socket"

/* A process in the making. */
struct execution {
        const struct sys *sys;
        const struct exec_args *args;
        struct state_dir dir;
        struct state state;
        enum state_status status; /* of the container, when exec began */
        char *text; /* the config with the new process in it */
        size_t text_len;
        struct config *config;
        int socket;           /* our end */
        int go[2], answer[2]; /* the pipes in place of exec.fifo and error.fifo: [0] is read */
        pid_t pid;
        uint64_t start;
        int pidfd, pidfd_socket;
        struct console_taker console;
        bool pid_file; /* written */
};

static int check_status(struct execution *x, struct err *err)
{
        int r = state_status(x->sys, &x->state, &x->status, err);

        return r < 0 ? r
                     : lifecycle_check(x->args->ignore_paused ? LIFECYCLE_EXEC_PAUSED : LIFECYCLE_EXEC, x->status,
                                       x->state.id, err);
}

static int check_config(const struct execution *x, struct err *err)
{
        int r = config_validate(x->config, err);

        if (r == 0)
                r = config_refuse_unsupported(x->config, err);
        if (r == 0)
                r = seccomp_check(&x->config->linux_.seccomp, err);
        return r == 0 ? userns_check(x->sys, x->config, err) : r;
}

/* create's copy of config.json, not the bundle's, which may be another by now. */
static int make_config(struct execution *x, struct err *err)
{
        const struct sys *sys = x->sys;
        SCOPED_MEM mem = {sys, NULL};
        char *text;
        size_t len;
        int r = io_read_file(sys, x->dir.fd, STATE_CONFIG_FILE, LIMIT_CONFIG_BYTES, &text, &len, err);

        if (r < 0)
                return r;
        mem.ptr = text;
        r = config_exec_text(sys, text, len, x->args->process, &x->text, &x->text_len, err);
        if (r < 0)
                return r;
        r = config_parse(sys, x->text, x->text_len, &x->config, err);
        if (r == 0)
                r = check_config(x, err);
        if (r < 0)
                config_exec_place(x->args->process, err);
        else if (x->args->log)
                r = caps_warn(sys, x->config, x->args->log, x->args->log_ctx, err);
        return r;
}

static void close_fd(const struct sys *sys, int *fd)
{
        if (*fd >= 0)
                (void)sys->op->close(sys, *fd);
        *fd = -1;
}

static int make_channels(struct execution *x, int *ret_socket, struct err *err)
{
        const struct sys *sys = x->sys;
        int sv[2], r = sys->op->pipe2(sys, x->go, O_CLOEXEC | O_NONBLOCK);

        if (r == 0)
                r = sys->op->pipe2(sys, x->answer, O_CLOEXEC | O_NONBLOCK);
        if (r == 0)
                r = sys->op->socketpair(sys, AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sv);
        if (r < 0)
                return err_sys(err, r, "exec", NULL, "making the channels");
        x->socket = sv[0];
        *ret_socket = sv[1];
        return 0;
}

static bool init_gone(const struct execution *x)
{
        struct process_stat stat;

        return process_stat_read(x->sys, x->state.pid, &stat, NULL) < 0 || stat.start != x->state.start ||
               stat.state == 'Z' || stat.state == 'X';
}

/*
 * A waiting init is not dumpable: what it has in memory came from labrun's caller. Root may look at it all the same; an
 * ordinary user has no other way to its namespaces.
 */
static int explain_join(const struct execution *x, int r, struct err *err)
{
        if ((r != -EACCES && r != -EPERM) || x->status != STATE_CREATED || x->sys->op->geteuid(x->sys) == 0)
                return r;
        return err_set(err, EACCES, "exec", x->state.id,
                       "an ordinary user's container can't be joined before it is started: until then its init is root's "
                       "to look at");
}

static int spawn(struct execution *x, struct err *err)
{
        const struct sys *sys = x->sys;
        struct init_plain plain = {.preserve = x->args->inventory.preserve,
                                   .entry_end = x->args->inventory.entry_end,
                                   .keep_keyring = x->state.keep_keyring,
                                   .exec = 1};
        int ns[CONFIG_NS__COUNT], socket = -1, r = make_channels(x, &socket, err);
        struct process_stat stat;

        if (r < 0)
                return r;
        r = explain_join(x, exec_join_open(sys, x->state.pid, x->state.start, ns, err), err);
        if (r == 0) {
                r = stage_spawn_in(sys, NULL, ns, 0, &plain, &x->config->process.oom_score_adj, socket, &x->pid,
                                   &x->pidfd, err);
                exec_join_close(sys, ns);
                if (r == -ENOMEM && init_gone(x)) /* what clone3 answers for a pid namespace without an init */
                        r = err_set(err, ESRCH, "exec", x->state.id, "the container's init has just ended");
        }
        close_fd(sys, &socket); /* the last copy but the child's: its death is our EOF */
        if (r == 0)
                r = process_stat_read(sys, x->pid, &stat, err);
        if (r == 0)
                x->start = stat.start;
        return r;
}

/* Still under the lock: nobody removes the cgroups while we put somebody into them. */
static int settle(struct execution *x, struct err *err)
{
        int r = exec_join_cgroup(x->sys, &x->state.cgroup, x->state.pid, x->pid, err);

        if (r == 0) /* what init, in its user namespace, could not do itself */
                rlimits_raise(x->sys, x->config, x->pid);
        return r;
}

/* Before there is a process. */
static int connect_sockets(struct execution *x, struct err *err)
{
        int r = console_taker_begin(x->sys, &x->console, x->config->process.terminal, err);

        if (r == 0 && x->args->pidfd_socket)
                r = handover_connect(x->sys, x->args->pidfd_socket, PIDFD_SOCKET, &x->pidfd_socket, err);
        return r;
}

static int under_lock(struct execution *x, struct err *err)
{
        int r = state_check_id(x->args->id, err);

        if (r == 0)
                r = state_dir_open(x->sys, x->args->root, x->args->id, true, &x->dir, err);
        if (r == 0)
                r = state_load(&x->dir, &x->state, err);
        if (r == 0)
                r = check_status(x, err);
        if (r == 0)
                r = make_config(x, err);
        if (r == 0)
                r = connect_sockets(x, err);
        if (r == 0)
                r = spawn(x, err);
        if (r == 0)
                r = settle(x, err);
        state_dir_unlock(&x->dir);
        return r;
}

static int answer(void *ctx, const struct sync_ask *ask, int *fd, struct err *err)
{
        struct execution *x = ctx;

        if (ask->kind == SYNC_ASK_CONSOLE)
                return console_taker_take(x->sys, &x->console, x->config->process.terminal, fd, err);
        if (ask->kind == SYNC_ASK_LISTENER && seccomp_notifies(&x->config->linux_.seccomp)) {
                struct seccomp_handover h = {.seccomp = &x->config->linux_.seccomp,
                                             .state = &x->state,
                                             .status = x->status,
                                             .pid = x->pid,
                                             .pidfd = x->pidfd};
                return seccomp_hand_over(x->sys, &h, ask, *fd, err);
        }
        return err_set(err, EPROTO, "sync", "init", "asks for %s, which it can't need", sync_ask_name(ask->kind));
}

static int handshake(struct execution *x, struct err *err)
{
        struct sync_config config = {.flags = x->args->debug ? SYNC_FLAG_DEBUG : 0,
                                     .bundle = x->state.bundle,
                                     .id = x->args->id,
                                     .config = x->text,
                                     .config_len = x->text_len,
                                     .inventory = x->args->inventory,
                                     .listen = x->args->listen};
        struct sync_parent parent = {.socket = x->socket,
                                     .pidfd = x->pidfd,
                                     .config = &config,
                                     .exec_fifo = x->go[0],
                                     .error_fifo = x->answer[1],
                                     .log = x->args->log,
                                     .log_ctx = x->args->log_ctx,
                                     .ask = answer,
                                     .ask_ctx = x};
        struct timespec deadline;
        int r = sync_deadline_in(x->sys, LIMIT_SYNC_CREATE_MS, &deadline, err);

        if (r == 0)
                r = sync_parent_handshake(x->sys, &parent, &deadline, err);
        /* nobody but the child may hold these: it is told of our death, and we of its execve, by EOF */
        close_fd(x->sys, &x->go[0]);
        close_fd(x->sys, &x->answer[1]);
        return r;
}

static int write_pid_file(struct execution *x, struct err *err)
{
        char text[32];
        int r, n = snprintf(text, sizeof(text), "%d", (int)x->pid);

        if (!x->args->pid_file)
                return 0;
        r = io_replace_file(x->sys, AT_FDCWD, x->args->pid_file, text, (size_t)n, 0644, err);
        if (r < 0)
                (void)err_prefix(err, *x->args->pid_file ? "--pid-file: " : "--pid-file");
        x->pid_file = r == 0;
        return r;
}

static int start(struct execution *x, struct err *err)
{
        struct sync_starter starter = {.exec_fifo = x->go[1], .error_fifo = x->answer[0], .pidfd = x->pidfd};
        struct timespec deadline;
        int r = sync_deadline_in(x->sys, LIMIT_SYNC_START_MS, &deadline, err);

        if (r == 0)
                r = sync_start(x->sys, &starter, &deadline, err);
        return r == 0 ? container_verify_execve(x->sys, x->args->id, x->pid, x->start, x->pidfd, err) : r;
}

static void undo(struct execution *x)
{
        siginfo_t info;

        if (x->pid_file)
                (void)x->sys->op->unlinkat(x->sys, AT_FDCWD, x->args->pid_file, 0);
        if (x->pidfd < 0 || process_kill(x->sys, x->pidfd, DESTROY_WAIT_MS, NULL) < 0)
                return;
        while (x->sys->op->waitid(x->sys, P_PIDFD, (id_t)x->pidfd, &info, WEXITED) == -EINTR)
                continue;
}

static void release(struct execution *x)
{
        for (int i = 0; i < 2; i++) {
                close_fd(x->sys, &x->go[i]);
                close_fd(x->sys, &x->answer[i]);
        }
        close_fd(x->sys, &x->socket);
        close_fd(x->sys, &x->pidfd);
        close_fd(x->sys, &x->pidfd_socket);
        console_taker_close(x->sys, &x->console);
        state_free(x->sys, &x->state);
        state_dir_close(&x->dir);
        config_free(x->sys, x->config);
        x->sys->op->free(x->sys, x->text);
}

int container_exec(const struct sys *sys, const struct exec_args *args, int *ret_pidfd, struct err *err)
{
        struct execution x = {.sys = sys,
                              .args = args,
                              .dir = STATE_DIR_INIT,
                              .socket = -1,
                              .go = {-1, -1},
                              .answer = {-1, -1},
                              .pidfd = -1,
                              .pidfd_socket = -1,
                              .console = CONSOLE_TAKER(args->console_socket, args->ret_console != NULL, &args->inventory)};
        int r;

        x.dir.sys = sys;
        r = under_lock(&x, err);
        if (r == 0)
                r = handshake(&x, err);
        if (r == 0)
                r = write_pid_file(&x, err);
        if (r == 0 && x.pidfd_socket >= 0) /* "setns" is runc's name for a process of exec */
                r = handover_send(sys, x.pidfd_socket, "setns", x.pidfd, PIDFD_SOCKET, err);
        if (r == 0)
                r = start(&x, err);
        if (r < 0)
                undo(&x);
        else {
                *ret_pidfd = x.pidfd;
                x.pidfd = -1;
                if (args->ret_console)
                        *args->ret_console = x.console.master;
                x.console.master = -1;
        }
        release(&x);
        return r;
}
