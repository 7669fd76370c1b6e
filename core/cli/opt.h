/*
 * Command lines from tables: the same table parses, prints help, and (later) makes man page and completion.
 * GNU conventions: --name VALUE, --name=VALUE, -n VALUE, -nVALUE; "--" ends the options; parsing stops at the first
 * operand (global options, then the command, then its own). Pure: no output, no exit, no getopt.
 */
#pragma once

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

/* The word nearest to `word` (Damerau-Levenshtein, at most a third of its length + 1 away), NULL if none is near. */
const char *opt_nearest(const char *word, const char *const *words, size_t n);

/* One aligned line per option. Returns the length needed without the NUL, as snprintf does. */
size_t opt_help(const struct opt_spec *specs, size_t n, char *buf, size_t size);
