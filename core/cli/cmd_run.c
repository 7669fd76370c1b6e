/* labrun create, run: from a bundle to a container. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "core/base/err.h"
#include "core/base/scope.h"
#include "core/cli/cli.h"
#include "core/cli/foreground.h"
#include "core/cli/relay.h"
#include "core/cli/rootless.h"
#include "core/container/create.h"
#include "core/container/destroy.h"
#include "core/container/exec_path.h"
#include "core/container/notify.h"
#include "core/container/process.h"
#include "core/container/start.h"
#include "core/container/state.h"
#include "core/sys.h"

enum { O_BUNDLE, O_PID_FILE, O_PRESERVE, O_NO_PIVOT, O_KEYRING, O_CONSOLE, O_PIDFD, O_CREATE__COUNT };
#define CREATE_OPTIONS                                                                                \
        [O_BUNDLE] = {"bundle", 'b', "DIR", "the bundle (default: the working directory)"},           \
        [O_PID_FILE] = {"pid-file", 0, "FILE", "write init's pid there"},                             \
        [O_PRESERVE] = {"preserve-fds", 0, "N", "pass fds 3 to 2+N on (after those of LISTEN_FDS)"},  \
        [O_NO_PIVOT] = {"no-pivot", 0, NULL, "refused: pivot_root is what keeps the payload inside"}, \
        [O_KEYRING] = {"no-new-keyring", 0, NULL, "leave the payload, and exec's, the caller's session keyring"},  \
        [O_CONSOLE] = {"console-socket", 0, "SOCKET",                                                 \
                       "send the terminal's master to whoever listens there"},                        \
        [O_PIDFD] = {"pidfd-socket", 0, "SOCKET", "send init's pidfd to whoever listens there"}

enum { O_CREATE_HELP = O_CREATE__COUNT, O_CREATE_N };
static const struct opt_spec create_options[] = {
        CREATE_OPTIONS,
        [O_CREATE_HELP] = {"help", 'h', NULL, "print this"},
};

enum { O_DETACH = O_CREATE__COUNT, O_KEEP, O_NO_SUBREAPER, O_RUN_HELP, O_RUN_N };
static const struct opt_spec run_options[] = {
        CREATE_OPTIONS,
        [O_DETACH] = {"detach", 'd', NULL, "return once the payload runs"},
        [O_KEEP] = {"keep", 0, NULL, "don't delete the container when the payload ends"},
        [O_NO_SUBREAPER] = {"no-subreaper", 0, NULL, "accepted: labrun is none"},
        [O_RUN_HELP] = {"help", 'h', NULL, "print this"},
};

/* What `run` does to a container that was just created: its terminal, if somebody stays to relay it, then the start. */
struct start {
        struct cli *cli;
        struct relay *relay; /* NULL: nobody does */
        int console;
        struct notify notify;
        pid_t pid; /* init's, and its start time: process.h */
        uint64_t begun;
};
#define START(cli_, relay_) {.cli = (cli_), .relay = (relay_), .console = -1, .notify = NOTIFY_NONE}

static void start_end(struct start *s)
{
        notify_close(&s->notify);
}

#define START_SCOPED __attribute__((cleanup(start_end))) struct start

/* raw from just before the payload runs, until it ended */
static int start(void *ctx, const struct create_made *made, struct err *err)
{
        struct start *s = ctx;
        int r = s->console < 0 ? 0 : relay_begin(s->relay, s->cli->sys, &s->cli->inventory, s->console, err);

        s->pid = made->state->pid;
        s->begun = made->state->start;
        return r < 0 ? r
                     : container_start_created(made->dir, made->state, made->config, made->pidfd, &s->notify, err);
}

/* s: NULL for `create`, which starts nothing. */
static int create(struct cli *cli, struct start *s, int *ret_pidfd, struct err *err)
{
        const char *service = exec_path_getenv(cli->envp, NOTIFY_VARIABLE);
        char bundle[CLI_PATH_MAX];
        struct create_args args = {.root = cli->root,
                                   .id = cli->operands[0],
                                   .bundle = bundle,
                                   .pid_file = cli->value[O_PID_FILE],
                                   .console_socket = cli->value[O_CONSOLE],
                                   .ret_console = s && s->relay ? &s->console : NULL,
                                   .pidfd_socket = cli->value[O_PIDFD],
                                   .keep_keyring = cli->value[O_KEYRING] != NULL,
                                   .notify = service && *service,
                                   .inventory = cli->inventory,
                                   .listen = cli->listen,
                                   .debug = cli->debug,
                                   .rootless = rootless_bears(cli->sys, cli->rootless),
                                   .path = exec_path_getenv(cli->envp, "PATH"),
                                   .log = cli_log,
                                   .log_ctx = cli,
                                   .then = s ? start : NULL,
                                   .then_ctx = s};
        int r;

        if (cli->value[O_NO_PIVOT])
                return err_set(err, ENOTSUP, "options", "--no-pivot",
                               "pivot_root is what keeps the payload inside");
        r = args.notify ? notify_check(service, err) : 0;
        if (r == 0)
                r = cli_absolute(cli->sys, cli->value[O_BUNDLE] ? cli->value[O_BUNDLE] : ".", "--bundle", bundle, err);
        return r < 0 ? r : container_create(cli->sys, &args, ret_pidfd, err);
}

static int run_create(struct cli *cli, struct err *err)
{
        SCOPED_FD pidfd = {cli->sys, -1};

        return create(cli, NULL, &pidfd.fd, err);
}

static int delete_by_force(struct cli *cli, struct err *err)
{
        SCOPED_STATE_DIR dir = STATE_DIR_INIT;
        struct state state;
        int r = state_dir_open(cli->sys, cli->root, cli->operands[0], true, &dir, err);

        if (r == 0)
                r = state_load(&dir, &state, err);
        if (r < 0)
                return r;
        r = container_delete(&dir, &state, true, cli_log, cli, err);
        state_free(cli->sys, &state);
        return r;
}

/* A zombie of ours would keep the cgroup busy. */
static void reap(const struct sys *sys, int pidfd)
{
        siginfo_t info;

        while (sys->op->waitid(sys, P_PIDFD, (id_t)pidfd, &info, WEXITED) == -EINTR)
                continue;
}

/* What began must come to an end; r is the error that counts, and *err tells it. */
static int abandon(struct cli *cli, int pidfd, int r, struct err *err)
{
        struct err first = *err;

        if (process_kill(cli->sys, pidfd, DESTROY_WAIT_MS, NULL) == 0)
                reap(cli->sys, pidfd);
        (void)delete_by_force(cli, NULL);
        *err = first;
        return r;
}

static int run_foreground(struct cli *cli, int *ret_status, struct err *err)
{
        const struct sys *sys = cli->sys;
        SCOPED_FD pidfd = {sys, -1}, signals = {sys, -1};
        RELAY_SCOPED relay = {0};
        START_SCOPED s = START(cli, &relay);
        int r = cli_notify_connect(cli, &s.notify, err);

        s.notify.main_pid = sys->op->getpid(sys); /* what ends last, and hands signals on */
        /* before init is there, so that none is lost; init resets what it inherits */
        if (r == 0)
                r = foreground_begin(sys, &signals.fd, err);
        if (r == 0)
                r = create(cli, &s, &pidfd.fd, err);
        if (r < 0)
                return r;
        r = foreground_wait(sys, signals.fd, pidfd.fd, s.console >= 0 ? &relay : NULL, &s.notify, ret_status, err);
        if (r < 0)
                return abandon(cli, pidfd.fd, r, err);
        relay_end(&relay);
        if (cli->value[O_KEEP])
                return 0;
        r = delete_by_force(cli, err);
        return r == -ENOENT ? 0 : r; /* somebody else deleted it: what we wanted */
}

static int run_detached(struct cli *cli, struct err *err)
{
        SCOPED_FD pidfd = {cli->sys, -1};
        START_SCOPED s = START(cli, NULL);
        int r = cli_notify_connect(cli, &s.notify, err);

        if (r == 0)
                r = create(cli, &s, &pidfd.fd, err);
        if (r == 0)
                notify_wait(&s.notify, s.pid, s.begun);
        return r;
}

static int run_run(struct cli *cli, struct err *err)
{
        int r, status = 0;

        if (cli->value[O_DETACH])
                return run_detached(cli, err);
        r = run_foreground(cli, &status, err);
        if (r < 0)
                return r;
        return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

const struct cli_command cli_create = {
        .name = "create",
        .operands = "ID",
        .summary = "Make a container, up to the point where it waits to be started",
        .options = create_options,
        .n_options = O_CREATE_N,
        .min_operands = 1,
        .max_operands = 1,
        .seals = true,
        .run = run_create};
const struct cli_command cli_run = {.name = "run",
                                    .operands = "ID",
                                    .summary = "Make a container and start it",
                                    .options = run_options,
                                    .n_options = O_RUN_N,
                                    .min_operands = 1,
                                    .max_operands = 1,
                                    .seals = true,
                                    .run = run_run};
