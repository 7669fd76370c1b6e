/*
 * What the commands of labrun share: the global options, output, the parsed command line.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "core/cli/opt.h"
#include "core/fds/fds.h"
#include "core/seal/seal.h"
#include "core/sync/sync.h"

struct err;
struct sys;

#define CLI_PATH_MAX 4096
#define CLI_OPTIONS_MAX 24

enum cli_rootless { CLI_ROOTLESS_AUTO, CLI_ROOTLESS_TRUE, CLI_ROOTLESS_FALSE }; /* rootless.h */

struct cli {
        const struct sys *sys;
        char **envp;
        char root[CLI_PATH_MAX]; /* absolute; "": not given, and the command needs none */
        enum cli_rootless rootless;
        const char *log_path;    /* NULL: none */
        int log_fd;              /* -1: none */
        bool log_json, debug;
        enum seal_way seal;
        struct fds_inventory inventory;
        unsigned listen;                    /* of inventory.preserve, those of LISTEN_FDS */
        const char *value[CLI_OPTIONS_MAX]; /* of the command's options, by index; "" for a flag; NULL: not
                                               given */
        struct opt_iter options; /* the command's, for those that may be given more than once */
        int failure;             /* the exit status of an error */
        int n_operands;
        char *const *operands;
};

struct cli_command {
        const char *name, *operands, *summary; /* "ID [SIGNAL]" */
        const struct opt_spec *options;
        size_t n_options;
        int min_operands, max_operands;
        bool seals; /* starts processes in a container, or hooks beside a living one: runs from a sealed
                       executable. Of the others a container sees nothing but what it could trace as well */
        int failure; /* the exit status of an error but for bad usage; 0: 1 */
        /* The exit status; or a negative errno, and err filled: cli_fail reports it. */
        int (*run)(struct cli *cli, struct err *err);
};

extern const struct cli_command cli_create, cli_delete, cli_exec, cli_features, cli_kill, cli_list, cli_pause, cli_ps,
        cli_resume, cli_run, cli_spec, cli_start, cli_state;

/* The container named by the first operand, locked unless it is only looked at. *ret_state is the caller's. */
struct state;
struct state_dir;
int cli_open_container(struct cli *cli, bool lock, struct state_dir *dir, struct state *ret_state, struct err *err);

/* notify_connect to the manager that labrun's NOTIFY_SOCKET names; its warnings are logged. */
struct notify;
int cli_notify_connect(struct cli *cli, struct notify *n, struct err *err);

/* The tables that labrun_main parses with: the commands, and the options in front of them. */
const struct cli_command *const *cli_commands(size_t *ret_n);
const struct opt_spec *cli_global_options(size_t *ret_n);

/* Formats (any length) and writes to fd. 0 or -errno. */
int cli_printf(const struct sys *sys, int fd, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* The one line of an error: to fd 2, and to --log. Returns cli->failure. */
int cli_fail(const struct cli *cli, const struct err *err);

/* A sync_log_fn with a struct cli as ctx. To --log, without it to fd 2. Debug only with --debug. */
void cli_log(void *ctx, enum sync_log_level level, const char *text);

/* Opens --log. To be called once the inventory is taken. */
int cli_log_open(struct cli *cli, struct err *err);

/* path, an option's value, made absolute by the working directory, without "." and trailing "/"; the file need not exist. */
int cli_absolute(const struct sys *sys, const char *path, const char *option, char ret_path[CLI_PATH_MAX], struct err *err);

/* A decimal number of 0..max; place names it in err. */
int cli_number(const char *text, unsigned max, const char *place, unsigned *ret, struct err *err);
