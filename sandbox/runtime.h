/*
 * A runtime to be run as a black box: where it is, what it calls itself, and how it is called. All of them speak runc's
 * command line, so that one adapter does; what differs is told by the name in the first line of --version.
 */
#pragma once

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

struct err;

struct runtime {
        char path[PATH_MAX];
        char name[32];    /* "runc": first word of --version, or the word it was asked for by if absent */
        char version[64]; /* "1.1.5+ds1" */
        bool present;
        bool ours; /* labrun: our own rules accuse it, too */
};

/*
 * word: a path (with a slash) or a name, looked for beside the tools (bin_dir; NULL: not), in PATH and the sbin folders.
 * Asks for the version (at most 5 s). Absent: -ENOENT, with *ret's name set and present false. Errors: -ENOEXEC,
 * -EINVAL if it does not answer --version with a name and a version.
 */
int runtime_find(const char *word, const char *bin_dir, struct runtime *ret, struct err *err);

/* Takes "NAME [version] VERSION" apart. -EINVAL if it is none. Pure. */
int runtime_parse_version(const char *line, struct runtime *ret);
