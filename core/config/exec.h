/*
 * The config of an `exec`: the container's, with another process in it. It is a config.json again, so that
 * init gets what it always gets, and the parser and the validator judge it.
 *
 * As runc 1.1.5 does it (measured): by options the container's process is taken over, env, cwd, user, groups,
 * capabilities, rlimits, noNewPrivileges and all, and changed; --env replaces or appends, --additional-gids
 * and --cap append (bounding, effective, permitted), a --user without a group keeps the container's. With a
 * process.json that alone counts, but for capabilities, which are the container's when it has none.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct err;
struct sys;

struct config_exec_list {
        const char **item;
        size_t n;
};

struct config_exec {
        const char *process; /* the text of a process.json; NULL: the options below */
        size_t process_len;
        const char *process_name; /* of that file, for errors */
        char *const *args;
        size_t n_args;
        struct config_exec_list env, caps;
        struct {
                uint32_t *item;
                size_t n;
        } gids;
        const char *cwd; /* NULL: the container's */
        bool has_uid, has_gid, no_new_privs, terminal;
        uint32_t uid, gid;
};

/*
 * *ret_text is the caller's (sys->op->free). Errors: of the container's text as config_parse's syntax errors;
 * place "FILE: line L column C" for process.json; -EINVAL for an option that is no UTF-8; -ENOMEM.
 */
int config_exec_text(const struct sys *sys, const char *text, size_t len, const struct config_exec *exec,
                     char **ret_text, size_t *ret_len, struct err *err);

/* An error of the parser or the validator about "/process/..." of that text becomes one about process.json:
 * "FILE#/...". Others stay. */
void config_exec_place(const struct config_exec *exec, struct err *err);
