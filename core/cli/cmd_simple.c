/* labrun start, kill, pause, resume, delete: one word to one container. */
#include <errno.h>
#include <signal.h>
#include <string.h>

#include "core/base/err.h"
#include "core/base/scope.h"
#include "core/cli/cli.h"
#include "core/container/destroy.h"
#include "core/container/exec_path.h"
#include "core/container/notify.h"
#include "core/container/start.h"
#include "core/container/state.h"
#include "core/sys.h"

int cli_open_container(struct cli *cli, bool lock, struct state_dir *dir, struct state *ret_state,
                          struct err *err)
{
        int r = state_check_id(cli->operands[0], err);

        if (r == 0)
                r = state_dir_open(cli->sys, cli->root, cli->operands[0], lock, dir, err);
        return r < 0 ? r : state_load(dir, ret_state, err);
}

int cli_notify_connect(struct cli *cli, struct notify *n, struct err *err)
{
        n->log = cli_log;
        n->log_ctx = cli;
        return notify_connect(n, cli->sys, exec_path_getenv(cli->envp, NOTIFY_VARIABLE), err);
}

enum { O_START_HELP, O_START_N };
static const struct opt_spec start_options[] = {[O_START_HELP] = {"help", 'h', NULL, "print this"}};

static int run_start(struct cli *cli, struct err *err)
{
        SCOPED_STATE_DIR dir = STATE_DIR_INIT;
        NOTIFY_SCOPED notify = NOTIFY_NONE;
        struct state state;
        int r = cli_notify_connect(cli, &notify, err);

        if (r == 0)
                r = cli_open_container(cli, true, &dir, &state, err);
        if (r < 0)
                return r;
        r = container_start(&dir, &state, &notify, err);
        state_dir_close(&dir); /* the payload may take its time to be ready */
        if (r == 0)
                notify_wait(&notify, state.pid, state.start);
        state_free(cli->sys, &state);
        return r;
}

enum { O_KILL_ALL, O_KILL_HELP, O_KILL_N };
static const struct opt_spec kill_options[] = {
        [O_KILL_ALL] = {"all", 'a', NULL, "signal every process of the container"},
        [O_KILL_HELP] = {"help", 'h', NULL, "print this"},
};

static int run_kill(struct cli *cli, struct err *err)
{
        SCOPED_STATE_DIR dir = STATE_DIR_INIT;
        struct state state;
        int sig, r = signal_number(cli->n_operands > 1 ? cli->operands[1] : "TERM", &sig, err);

        /* no lock: a hanging start is to be killed, too; pidfd and start time keep it to the right process */
        if (r == 0)
                r = cli_open_container(cli, false, &dir, &state, err);
        if (r < 0)
                return r;
        r = container_kill(cli->sys, &state, sig, cli->value[O_KILL_ALL] != NULL, err);
        state_free(cli->sys, &state);
        return r;
}

enum { O_PAUSE_HELP, O_PAUSE_N };
static const struct opt_spec pause_options[] = {[O_PAUSE_HELP] = {"help", 'h', NULL, "print this"}};

static int pause_or_resume(struct cli *cli, bool pause, struct err *err)
{
        SCOPED_STATE_DIR dir = STATE_DIR_INIT;
        struct state state;
        int r = cli_open_container(cli, true, &dir, &state, err);

        if (r < 0)
                return r;
        r = container_pause(cli->sys, &state, pause, err);
        state_free(cli->sys, &state);
        return r;
}

static int run_pause(struct cli *cli, struct err *err)
{
        return pause_or_resume(cli, true, err);
}

static int run_resume(struct cli *cli, struct err *err)
{
        return pause_or_resume(cli, false, err);
}

enum { O_DELETE_FORCE, O_DELETE_HELP, O_DELETE_N };
static const struct opt_spec delete_options[] = {
        [O_DELETE_FORCE] = {"force", 'f', NULL, "kill it if it runs; no error if it doesn't exist"},
        [O_DELETE_HELP] = {"help", 'h', NULL, "print this"},
};

static int run_delete(struct cli *cli, struct err *err)
{
        SCOPED_STATE_DIR dir = STATE_DIR_INIT;
        bool force = cli->value[O_DELETE_FORCE] != NULL;
        struct err first = ERR_INIT;
        struct state state;
        int r = state_check_id(cli->operands[0], &first);

        if (r == 0)
                r = force ? state_dir_seize(cli->sys, cli->root, cli->operands[0], &dir, &first)
                          : state_dir_open(cli->sys, cli->root, cli->operands[0], true, &dir, &first);
        if (r == 0)
                r = state_load(&dir, &state, &first);

        if (r == 0) {
                r = container_delete(&dir, &state, force, cli_log, cli, err);
                state_free(cli->sys, &state);
                return r;
        }
        if (force && r == -ENOENT && dir.lock < 0)
                return 0;
        /* A create or delete that was killed leaves a directory without state.json, and then nothing else. */
        if (force && r == -ENOENT)
                return state_dir_remove(&dir, err);
        *err = first;
        return r;
}

const struct cli_command cli_start = {.name = "start",
                                      .operands = "ID",
                                      .summary = "Start a created container",
                                      .options = start_options,
                                      .n_options = O_START_N,
                                      .min_operands = 1,
                                      .max_operands = 1,
                                      .seals = true, /* poststart hooks see it, while the container lives */
                                      .run = run_start};
const struct cli_command cli_kill = {.name = "kill",
                                     .operands = "ID [SIGNAL]",
                                     .summary = "Send a signal (default TERM) to a container's init",
                                     .options = kill_options,
                                     .n_options = O_KILL_N,
                                     .min_operands = 1,
                                     .max_operands = 2,
                                     .run = run_kill};
const struct cli_command cli_delete = {.name = "delete",
                                       .operands = "ID",
                                       .summary = "Remove a container that does not run",
                                       .options = delete_options,
                                       .n_options = O_DELETE_N,
                                       .min_operands = 1,
                                       .max_operands = 1,
                                       .run = run_delete};
const struct cli_command cli_pause = {.name = "pause",
                                      .operands = "ID",
                                      .summary = "Stop every process of a container until it is resumed",
                                      .options = pause_options,
                                      .n_options = O_PAUSE_N,
                                      .min_operands = 1,
                                      .max_operands = 1,
                                      .run = run_pause};
const struct cli_command cli_resume = {.name = "resume",
                                       .operands = "ID",
                                       .summary = "Let a paused container go on",
                                       .options = pause_options,
                                       .n_options = O_PAUSE_N,
                                       .min_operands = 1,
                                       .max_operands = 1,
                                       .run = run_resume};
