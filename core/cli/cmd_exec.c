/* labrun exec: another process in a container. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "core/base/err.h"
#include "core/base/io.h"
#include "core/base/limits.h"
#include "core/base/scope.h"
#include "core/cli/cli.h"
#include "core/cli/foreground.h"
#include "core/cli/relay.h"
#include "core/config/config.h"
#include "core/container/destroy.h"
#include "core/container/exec.h"
#include "core/container/process.h"
#include "core/sys.h"

#define EXIT_FAILURE_OF_EXEC 255 /* runc's: no payload's, as far as that goes */

enum {
        O_PROCESS,
        O_DETACH,
        O_TTY,
        O_CONSOLE,
        O_PIDFD,
        O_PID_FILE,
        O_USER,
        O_GIDS,
        O_CWD,
        O_ENV,
        O_CAP,
        O_PRESERVE,
        O_NO_PRIVS,
        O_IGNORE_PAUSED,
        O_CGROUP,
        O_APPARMOR,
        O_LABEL,
        O_HELP,
        O_N
};
static const struct opt_spec options[] = {
        [O_PROCESS] = {"process", 'p', "FILE", "a process.json, which says everything about the process"},
        [O_DETACH] = {"detach", 'd', NULL, "return once the process runs"},
        [O_TTY] = {"tty", 't', NULL, "give it a terminal"},
        [O_CONSOLE] = {"console-socket", 0, "SOCKET", "send the terminal's master to whoever listens there"},
        [O_PIDFD] = {"pidfd-socket", 0, "SOCKET", "send its pidfd to whoever listens there"},
        [O_PID_FILE] = {"pid-file", 0, "FILE", "write its pid there"},
        [O_USER] = {"user", 'u', "UID[:GID]", "its user, by numbers (default: the container's)"},
        [O_GIDS] = {"additional-gids", 'g', "GID", "a group more (may be repeated)"},
        [O_CWD] = {"cwd", 0, "DIR", "its working directory in the container"},
        [O_ENV] = {"env", 'e', "NAME=VALUE", "set an environment variable (may be repeated)"},
        [O_CAP] = {"cap", 'c', "CAP", "a capability more, CAP_... (may be repeated)"},
        [O_PRESERVE] = {"preserve-fds", 0, "N", "pass fds 3 to 2+N on (after those of LISTEN_FDS)"},
        [O_NO_PRIVS] = {"no-new-privs", 0, NULL, "set no_new_privs"},
        [O_IGNORE_PAUSED] = {"ignore-paused", 0, NULL, "in a paused container wait for its resume"},
        [O_CGROUP] = {"cgroup", 0, "PATH", "refused: the process is where the container's are"},
        [O_APPARMOR] = {"apparmor", 0, "PROFILE", "refused: labrun has no AppArmor"},
        [O_LABEL] = {"process-label", 0, "LABEL", "refused: labrun has no SELinux"},
        [O_HELP] = {"help", 'h', NULL, "print this"},
};

static int refuse_one(int option, int errnum, const char *why, struct err *err)
{
        char place[64];

        snprintf(place, sizeof(place), "--%s", options[option].name);
        return err_set(err, errnum, "options", place, "%s", why);
}

static int refuse(const struct cli *cli, struct err *err)
{
        static const struct {
                int option;
                const char *why;
        } never[] = {
                {O_CGROUP, "the process is where the container's are"},
                {O_APPARMOR, "labrun does not support AppArmor"},
                {O_LABEL, "labrun does not support SELinux"},
        };
        static const int in_process[] = {O_USER, O_GIDS, O_CWD, O_ENV, O_CAP, O_NO_PRIVS};

        for (size_t i = 0; i < sizeof(never) / sizeof(never[0]); i++)
                if (cli->value[never[i].option])
                        return refuse_one(never[i].option, ENOTSUP, never[i].why, err);
        if (!cli->value[O_PROCESS])
                return 0;
        /* runc takes them and ignores them: whoever gave them would not get what they ask for */
        for (size_t i = 0; i < sizeof(in_process) / sizeof(in_process[0]); i++)
                if (cli->value[in_process[i]])
                        return refuse_one(in_process[i], EINVAL, "with --process that file alone counts",
                                          err);
        if (cli->n_operands > 1)
                return err_set(err, EINVAL, "options", cli->operands[1],
                               "with --process that file alone counts, its args too");
        return 0;
}

/* All values of an option that may be repeated; *ret_item is the caller's (sys->op->free). */
static int collect(const struct cli *cli, size_t option, const char ***ret_item, size_t *ret_n,
                   struct err *err)
{
        struct opt_iter it = cli->options;
        const char *value, **item;
        size_t n = 0;

        while (opt_next_value(&it, options, O_N, option, &value))
                n++;
        item = cli->sys->op->alloc(cli->sys, (n + 1) * sizeof(*item));
        if (!item)
                return err_set(err, ENOMEM, "options", options[option].name, "%s", "");
        it = cli->options;
        for (n = 0; opt_next_value(&it, options, O_N, option, &value);)
                item[n++] = value;
        *ret_item = item;
        *ret_n = n;
        return 0;
}

/* "UID" or "UID:GID". 2^32-1 is no id. */
static int parse_user(const struct cli *cli, struct config_exec *e, struct err *err)
{
        const char *text = cli->value[O_USER], *colon;
        char uid[16];
        int r;

        if (!text)
                return 0;
        colon = strchrnul(text, ':');
        if ((size_t)(colon - text) >= sizeof(uid))
                return err_set(err, EINVAL, "options", "--user", "\"%.64s\" is not UID or UID:GID", text);
        memcpy(uid, text, (size_t)(colon - text));
        uid[colon - text] = '\0';
        r = cli_number(uid, UINT_MAX - 1, "--user", &e->uid, err);
        e->has_uid = r == 0;
        if (r == 0 && *colon) {
                r = cli_number(colon + 1, UINT_MAX - 1, "--user", &e->gid, err);
                e->has_gid = r == 0;
        }
        return r;
}

static int check_values(const struct config_exec *e, struct err *err)
{
        for (size_t i = 0; i < e->env.n; i++) {
                const char *eq = strchr(e->env.item[i], '=');
                if (!eq || eq == e->env.item[i])
                        return err_set(err, EINVAL, "options", "--env",
                                       "invalid environment variable: \"%.64s\"", e->env.item[i]);
        }
        for (size_t i = 0; i < e->caps.n; i++)
                if (!config_is_cap_name(e->caps.item[i]))
                        return err_set(err, EINVAL, "options", "--cap",
                                       "\"%.64s\" is no capability's name (CAP_...)", e->caps.item[i]);
        if (e->cwd && e->cwd[0] != '/')
                return err_set(err, EINVAL, "options", "--cwd", "\"%.64s\" is no absolute path", e->cwd);
        return 0;
}

/* What lies in memory for the time of the call. */
struct storage {
        const struct sys *sys;
        const char **env, **caps, **gids;
        uint32_t *gid;
        char *process;
};

static void storage_free(struct storage *s)
{
        s->sys->op->free(s->sys, s->env);
        s->sys->op->free(s->sys, s->caps);
        s->sys->op->free(s->sys, s->gids);
        s->sys->op->free(s->sys, s->gid);
        s->sys->op->free(s->sys, s->process);
}

static int parse_gids(const struct cli *cli, struct storage *s, struct config_exec *e, struct err *err)
{
        int r = collect(cli, O_GIDS, &s->gids, &e->gids.n, err);

        if (r < 0)
                return r;
        e->gids.item = s->gid = cli->sys->op->alloc(cli->sys, (e->gids.n + 1) * sizeof(*s->gid));
        if (!s->gid)
                return err_set(err, ENOMEM, "options", "--additional-gids", "%s", "");
        for (size_t i = 0; r == 0 && i < e->gids.n; i++)
                r = cli_number(s->gids[i], UINT_MAX - 1, "--additional-gids", &s->gid[i], err);
        return r;
}

static int parse(const struct cli *cli, struct storage *s, struct config_exec *e, struct err *err)
{
        int skip = cli->n_operands > 1 && strcmp(cli->operands[1], "--") == 0, r;

        if (cli->value[O_PROCESS]) {
                e->process_name = cli->value[O_PROCESS];
                r = io_read_given(cli->sys, e->process_name, true, LIMIT_CONFIG_BYTES, &s->process, &e->process_len,
                                  err);
                if (r < 0)
                        (void)err_prefix(err, *e->process_name ? "--process: " : "--process");
                e->process = s->process;
                return r;
        }
        e->args = cli->operands + 1 + skip;
        e->n_args = (size_t)(cli->n_operands - 1 - skip);
        if (e->n_args == 0)
                return err_set(err, EINVAL, "options", "exec", "process args cannot be empty");
        e->cwd = cli->value[O_CWD];
        e->no_new_privs = cli->value[O_NO_PRIVS] != NULL;
        e->terminal = cli->value[O_TTY] != NULL;
        r = parse_user(cli, e, err);
        if (r == 0)
                r = collect(cli, O_ENV, &s->env, &e->env.n, err);
        if (r == 0)
                r = collect(cli, O_CAP, &s->caps, &e->caps.n, err);
        if (r == 0)
                r = parse_gids(cli, s, e, err);
        e->env.item = s->env;
        e->caps.item = s->caps;
        return r == 0 ? check_values(e, err) : r;
}

/* Nobody attends to it any more: it must not go on. */
static void abandon(const struct sys *sys, int pidfd)
{
        siginfo_t info;

        if (process_kill(sys, pidfd, DESTROY_WAIT_MS, NULL) < 0)
                return;
        while (sys->op->waitid(sys, P_PIDFD, (id_t)pidfd, &info, WEXITED) == -EINTR)
                continue;
}

static int run_exec(struct cli *cli, struct err *err)
{
        const struct sys *sys = cli->sys;
        __attribute__((cleanup(storage_free))) struct storage storage = {.sys = sys};
        SCOPED_FD pidfd = {sys, -1}, signals = {sys, -1};
        RELAY_SCOPED relay = {0};
        struct config_exec process = {0};
        int console = -1;
        struct exec_args args = {.root = cli->root,
                                 .id = cli->operands[0],
                                 .process = &process,
                                 .pid_file = cli->value[O_PID_FILE],
                                 .console_socket = cli->value[O_CONSOLE],
                                 .pidfd_socket = cli->value[O_PIDFD],
                                 .ret_console = cli->value[O_DETACH] ? NULL : &console,
                                 .inventory = cli->inventory,
                                 .listen = cli->listen,
                                 .ignore_paused = cli->value[O_IGNORE_PAUSED] != NULL,
                                 .debug = cli->debug,
                                 .log = cli_log,
                                 .log_ctx = cli};
        int status = 0, r = refuse(cli, err);

        if (r == 0)
                r = parse(cli, &storage, &process, err);
        if (r == 0 && !cli->value[O_DETACH]) /* before the process is there, so that none is lost */
                r = foreground_begin(sys, &signals.fd, err);
        if (r == 0)
                r = container_exec(sys, &args, &pidfd.fd, err);
        if (r < 0 || cli->value[O_DETACH])
                return r;
        if (console >= 0)
                r = relay_begin(&relay, sys, &cli->inventory, console, err);
        if (r == 0)
                r = foreground_wait(sys, signals.fd, pidfd.fd, console >= 0 ? &relay : NULL, NULL, &status,
                                    err);
        relay_end(&relay);
        if (r < 0) {
                abandon(sys, pidfd.fd);
                return r;
        }
        return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

const struct cli_command cli_exec = {.name = "exec",
                                     .operands = "ID [ARGUMENT...]",
                                     .summary = "Run another process in a container",
                                     .options = options,
                                     .n_options = O_N,
                                     .min_operands = 1,
                                     .max_operands = INT_MAX,
                                     .seals = true,
                                     .failure = EXIT_FAILURE_OF_EXEC,
                                     .run = run_exec};
