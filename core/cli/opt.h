/*
 * Command lines from tables: the same table parses, prints help, and makes man page and completion (doc.awk).
 * GNU conventions: --name VALUE, --name=VALUE, -n VALUE, -nVALUE; "--" ends the options; parsing stops at the first
 * operand (global options, then the command, then its own). Pure: no output, no exit, no getopt.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct err;

struct opt_spec {
        const char *name; /* without "--" */
        char letter;      /* 0: none */
        const char *arg;  /* the value's name in the help ("FILE"); NULL: a flag */
        const char *help; /* one line */
};

struct opt_iter {
        int argc;
        char *const *argv;
        int at; /* next argument; first operand once opt_next returned OPT_END */
};

#define OPT_END (-1000)

/*
 * Returns the index of the next option in specs and sets *ret_value (NULL for a flag), OPT_END at the first operand, or
 * -EINVAL with err.place the option as typed, and the nearest known option in the message.
 */
int opt_next(struct opt_iter *it, const struct opt_spec *specs, size_t n, const char **ret_value,
             struct err *err);

/*
 * For an option that may be given more than once: its next value from it on, as opt_next finds it. False at the first operand;
 * *ret_value is untouched then. The command line has been parsed before: here every option is known.
 */
bool opt_next_value(struct opt_iter *it, const struct opt_spec *specs, size_t n, size_t which, const char **ret_value);

/* One aligned line per option. Returns the length needed without the NUL, as snprintf does. */
size_t opt_help(const struct opt_spec *specs, size_t n, char *buf, size_t size);
