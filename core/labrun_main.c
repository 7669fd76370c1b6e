#include "core/labrun_main.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "core/base/err.h"
#include "core/base/limits.h"
#include "core/base/nearest.h"
#include "core/cli/cli.h"
#include "core/cli/rootless.h"
#include "core/container/exec_path.h"
#include "core/container/state.h"
#include "core/sys.h"

#define EXIT_UNKNOWN_COMMAND 3 /* runc's */

enum { G_ROOT, G_LOG, G_LOG_FORMAT, G_DEBUG, G_SYSTEMD, G_ROOTLESS, G_EXESEAL, G_VERSION, G_HELP, G__COUNT };
static const struct opt_spec global[] = {
        [G_ROOT] = {"root", 0, "DIR", "where containers' states are kept (default: /run/labrun, $XDG_RUNTIME_DIR/labrun)"},
        [G_LOG] = {"log", 0, "FILE", "also write messages there"},
        [G_LOG_FORMAT] = {"log-format", 0, "FORMAT", "text (default) or json"},
        [G_DEBUG] = {"debug", 0, NULL, "tell what is being done"},
        [G_SYSTEMD] = {"systemd-cgroup", 0, NULL, "refused: labrun makes its cgroups itself"},
        [G_ROOTLESS] = {"rootless", 0, "BOOL", "do without cgroups that may not be made: true, false, auto"},
        [G_EXESEAL] = {"exeseal", 0, "WAY",
                       "how labrun seals its executable: auto (default), bind, overlay or memfd"},
        [G_VERSION] = {"version", 'v', NULL, "print the version"},
        [G_HELP] = {"help", 'h', NULL, "print this"},
};

static const struct cli_command *const commands[] = {
        &cli_create, &cli_delete, &cli_exec,   &cli_features, &cli_kill,  &cli_list,  &cli_pause,
        &cli_ps,     &cli_resume, &cli_run,    &cli_spec,     &cli_start, &cli_state};
#define N_COMMANDS (sizeof(commands) / sizeof(commands[0]))

const struct cli_command *const *cli_commands(size_t *ret_n)
{
        *ret_n = N_COMMANDS;
        return commands;
}

const struct opt_spec *cli_global_options(size_t *ret_n)
{
        *ret_n = G__COUNT;
        return global;
}

static int print_version(const struct cli *cli)
{
        return cli_printf(cli->sys, 1, "labrun version " INITLAB_VERSION "\nspec: " STATE_OCI_VERSION "\n") <
               0;
}

static int print_help(const struct cli *cli)
{
        char options[4096];
        int r = cli_printf(cli->sys, 1,
                           "usage: labrun [GLOBAL OPTIONS] COMMAND [OPTIONS] [OPERANDS]\n\n"
                           "A small OCI runtime. COMMAND --help tells about a command.\n\nCommands:\n");

        for (size_t i = 0; r == 0 && i < N_COMMANDS; i++)
                r = cli_printf(cli->sys, 1, "  %-8s %s\n", commands[i]->name, commands[i]->summary);
        opt_help(global, G__COUNT, options, sizeof(options));
        if (r == 0)
                r = cli_printf(cli->sys, 1, "\nGlobal options:\n%s", options);
        return r < 0;
}

static int print_command_help(const struct cli *cli, const struct cli_command *c)
{
        char options[4096];

        opt_help(c->options, c->n_options, options, sizeof(options));
        return cli_printf(cli->sys, 1, "usage: labrun %s [OPTIONS]%s%s\n\n%s.\n\nOptions:\n%s", c->name,
                          c->operands[0] ? " " : "", c->operands, c->summary, options) < 0;
}

static int take_global(struct cli *cli, int opt, const char *value, bool *help, bool *version,
                       struct err *err)
{
        switch (opt) {
        case G_ROOT:
                return cli_absolute(cli->sys, value, "--root", cli->root, err);
        case G_LOG:
                cli->log_path = value;
                return 0;
        case G_LOG_FORMAT:
                cli->log_json = strcmp(value, "json") == 0;
                if (!cli->log_json && strcmp(value, "text") != 0)
                        return err_set(err, EINVAL, "options", "--log-format",
                                       "\"%.64s\" is neither text nor json", value);
                return 0;
        case G_DEBUG:
                cli->debug = true;
                return 0;
        case G_SYSTEMD:
                return err_set(err, ENOTSUP, "options", "--systemd-cgroup",
                               "labrun makes its cgroups itself");
        case G_ROOTLESS:
                return rootless_parse(value, &cli->rootless, err);
        case G_EXESEAL:
                if (seal_way_parse(value, &cli->seal, err) < 0)
                        return err_prefix(err, "--exeseal");
                return 0;
        case G_VERSION:
                *version = true;
                return 0;
        default:
                *help = true;
                return 0;
        }
}

static int parse_globals(struct cli *cli, struct opt_iter *it, bool *help, bool *version, struct err *err)
{
        const char *value;
        int opt, r = 0;

        while (r == 0 && (opt = opt_next(it, global, G__COUNT, &value, err)) != OPT_END)
                r = opt < 0 ? opt : take_global(cli, opt, value, help, version, err);
        return r;
}

static int unknown_command(struct cli *cli, const char *word)
{
        const char *names[N_COMMANDS], *near;

        for (size_t i = 0; i < N_COMMANDS; i++)
                names[i] = commands[i]->name;
        near = nearest_word(word, names, N_COMMANDS);
        struct err err = ERR_INIT;
        if (near)
                err_set(&err, EINVAL, "command", word, "unknown; did you mean %s?", near);
        else
                err_set(&err, EINVAL, "command", word, "unknown; labrun --help lists them");
        (void)cli_log_open(cli, NULL);
        (void)cli_fail(cli, &err);
        return EXIT_UNKNOWN_COMMAND;
}

static int parse_command(struct cli *cli, const struct cli_command *c, struct opt_iter *it, struct err *err)
{
        const char *value;
        int opt;

        cli->options = *it;
        while ((opt = opt_next(it, c->options, c->n_options, &value, err)) != OPT_END) {
                if (opt < 0)
                        return opt;
                cli->value[opt] = value ? value : "";
        }
        cli->operands = it->argv + it->at;
        cli->n_operands = it->argc - it->at;
        return 0;
}

static int check_operands(const struct cli *cli, const struct cli_command *c, struct err *err)
{
        if (cli->n_operands < c->min_operands)
                return err_set(err, EINVAL, "options", c->name, "needs %s; see labrun %s --help", c->operands,
                               c->name);
        if (cli->n_operands > c->max_operands)
                return err_set(err, EINVAL, "options", cli->operands[c->max_operands],
                               "one operand too many; options come before operands");
        return 0;
}

/*
 * Before anything else opens an fd: what the caller passed is recorded, and the holes below 3+N are plugged,
 * so that no internal fd ever lands on a number that the payload gets.
 */
static int take_inventory(struct cli *cli, const struct cli_command *c, struct err *err)
{
        unsigned preserve = 0;
        int r, listen = 0;

        for (size_t i = 0; i < c->n_options; i++) {
                if (strcmp(c->options[i].name, "preserve-fds") != 0)
                        continue;
                listen = fds_listen_count(exec_path_getenv(cli->envp, "LISTEN_FDS"),
                                          exec_path_getenv(cli->envp, "LISTEN_PID"),
                                          cli->sys->op->getpid(cli->sys), err);
                if (listen < 0)
                        return listen;
                struct opt_iter it = cli->options;
                const char *value;
                while (opt_next_value(&it, c->options, c->n_options, i, &value)) { /* the last one counts, all must be good */
                        r = cli_number(value, LIMIT_PRESERVE_FDS, "--preserve-fds", &preserve, err);
                        if (r < 0)
                                return r;
                }
        }
        cli->listen = (unsigned)listen;
        return fds_inventory_take(cli->sys, preserve + (unsigned)listen, &cli->inventory, err);
}

/*
 * Dispositions that the caller may have left behind: an ignored SIGCHLD would make wait(2) fail, a SIGPIPE
 * would kill us half-way. Modes of what we make are exact, so the umask must not cut them; init sets the
 * payload's own.
 */
static int settle(const struct sys *sys, struct err *err)
{
        struct sigaction ignore = {.sa_handler = SIG_IGN}, dfl = {.sa_handler = SIG_DFL};
        int r = sys->op->rt_sigaction(sys, SIGPIPE, &ignore, NULL);

        if (r == 0)
                r = sys->op->rt_sigaction(sys, SIGCHLD, &dfl, NULL);
        (void)sys->op->umask(sys, 0);
        return r < 0 ? err_sys(err, r, "signals", NULL, "%s", "") : 0;
}

/*
 * Before the inventory: the sealed labrun has to find the caller's fds as they were. Should it fail, the holes are
 * plugged all the same, or the log might be opened as fd 2.
 */
static int run_sealed(struct cli *cli, const struct cli_command *c, char **argv, struct err *err)
{
        int r = c->seals ? seal_self(cli->sys, cli->seal, argv, cli->envp, err) : 0;

        if (r < 0)
                (void)take_inventory(cli, c, NULL);
        return r;
}

static int run_command(struct cli *cli, const struct cli_command *c, char **argv, struct err *err)
{
        int r = run_sealed(cli, c, argv, err);

        if (r == 0)
                r = take_inventory(cli, c, err);
        if (r == 0)
                r = settle(cli->sys, err);
        if (r == 0)
                r = cli_log_open(cli, err);
        if (r == 0 && !cli->root[0] && c != &cli_spec && c != &cli_features)
                r = rootless_default_root(cli, err);
        if (r < 0)
                return r;
        if (c->failure) /* up to here it was bad usage, 1 with runc whatever the command */
                cli->failure = c->failure;
        return c->run(cli, err);
}

static int dispatch(struct cli *cli, struct opt_iter *it, char **argv, struct err *err)
{
        const struct cli_command *c = NULL;
        const char *word = it->argv[it->at];

        for (size_t i = 0; i < N_COMMANDS; i++)
                if (strcmp(commands[i]->name, word) == 0)
                        c = commands[i];
        if (!c)
                return unknown_command(cli, word);
        it->at++;
        int r = parse_command(cli, c, it, err);
        if (r < 0)
                return r;
        if (cli->value[c->n_options - 1]) /* --help is each table's last */
                return print_command_help(cli, c);
        r = check_operands(cli, c, err);
        return r < 0 ? r : run_command(cli, c, argv, err);
}

int labrun_main(const struct sys *sys, int argc, char **argv, char **envp)
{
        struct cli cli = {.sys = sys, .envp = envp, .log_fd = -1, .failure = 1};
        struct opt_iter it = {.argc = argc, .argv = argv, .at = 1};
        struct err err = ERR_INIT;
        bool help = false, version = false;
        int r = parse_globals(&cli, &it, &help, &version, &err);

        if (r == 0 && version)
                r = print_version(&cli);
        else if (r == 0 && (help || it.at >= argc))
                r = print_help(&cli);
        else if (r == 0)
                r = dispatch(&cli, &it, argv, &err);
        if (r < 0) {
                if (cli.log_fd < 0) /* a mistake in the options that came after --log */
                        (void)cli_log_open(&cli, NULL);
                r = cli_fail(&cli, &err);
        }
        if (cli.log_fd >= 0)
                (void)sys->op->close(sys, cli.log_fd);
        return r;
}
