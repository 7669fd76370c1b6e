/*
 * What the programs behind `initlab SUBCOMMAND` share: options, exit statuses, where things lie, and files
 * that are whole after a kill -9. For mains only: these functions print and, where said so, exit.
 */
#pragma once

#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/cli/opt.h"

enum { TOOL_CLEAN = 0, TOOL_FOUND = 1, TOOL_UNABLE = 2, TOOL_INTERRUPTED = 130 };

struct tool {
        const char *name;  /* "fuzz": messages begin "initlab fuzz: " */
        const char *usage; /* "[OPTION...] FILE" */
        const char *about; /* a line or more for --help, ends in a newline */
        const struct opt_spec *specs;
        size_t n;
};

/* The last two of every table. */
#define TOOL_OPTIONS                                  \
        {"help", 'h', NULL, "say this"},              \
        {                                             \
                "version", 0, NULL, "say the version" \
        }

/* The next option's index or OPT_END; --help, --version and mistakes end the program. */
int tool_option(const struct tool *tool, struct opt_iter *it, const char **ret_value);

/*
 * Prints option tables in the form that core/cli/doc.awk makes man page and completion of. Every program does that with its
 * own when TOOL_TABLES is its only argument: for the build, and in no table itself.
 */
#define TOOL_TABLES "--tables"
void tool_print_tables(const char *command, const char *operands, const char *summary, const struct opt_spec *specs,
                       size_t n);

/* A number from min to max, in full; anything else ends the program with TOOL_UNABLE. */
uint64_t tool_number(const struct tool *tool, const char *option, const char *text, uint64_t min,
                     uint64_t max);

/* Says why and exits with TOOL_UNABLE. */
_Noreturn void tool_die(const struct tool *tool, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Says that `word` is no `what`, the nearest one if any is near, and all that there are; exits with
 * TOOL_UNABLE. */
_Noreturn void tool_unknown(const struct tool *tool, const char *what, const char *word,
                            const char *const *words, size_t n);

/* SIGINT, SIGTERM and SIGHUP set tool_interrupted instead of ending the program; system calls are
 * interrupted. */
extern volatile sig_atomic_t tool_interrupted;
void tool_catch_interrupts(void);

int64_t tool_now_ms(void); /* monotonic */

/* --- places --- */

/* Formats a path; one that is too long ends the program. Returns buf. */
char *tool_path(char buf[PATH_MAX], const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* The folder of the running program, by /proc/self/exe. */
void tool_exe_dir(char buf[PATH_MAX]);

/*
 * The words that run `initlab` from where we are, for commands that are printed to be typed: "initlab" if PATH finds
 * the one that belongs to this program (or there is none), else its path, from the working directory if it is below.
 */
const char *tool_initlab(char buf[PATH_MAX]);

/* Where what is found lies: $INITLAB_DIR, else .initlab in the working directory. */
const char *tool_home(void);

/*
 * The folder with seeds/ and regressions/: `given` (NULL: none), else share/initlab/corpus of the prefix that
 * the program is installed under, else corpus/ in a folder above the program (a build in the source tree).
 * False: none.
 */
bool tool_corpus(const char *given, char buf[PATH_MAX]);

/* --- files --- */

struct tool_data {
        uint8_t *p; /* by malloc */
        size_t len;
};

/* Reads a whole file of at most limit bytes, "-" is standard input. 0 or -errno. */
int tool_read(const char *path, size_t limit, struct tool_data *ret_data);

/* Makes a folder and those above it. 0 or -errno. */
int tool_mkdirs(const char *path);

/* Temporary file, fsync, rename, fsync of the folder, which is made if absent. 0 or -errno. */
int tool_write(const char *path, const void *p, size_t len);

/* Removes a folder with all in it, staying on its file system; absent is fine. */
void tool_remove_tree(const char *path);

struct tool_names {
        char **item; /* by malloc, as each name */
        size_t n;
};

/*
 * Names of the regular files in a folder, those with a leading dot left out, sorted. 0 or -errno, with no
 * names; an absent folder has none and is no error.
 */
int tool_list(const char *dir, struct tool_names *ret_names);
void tool_names_add(struct tool_names *names, const char *name);
void tool_names_sort(struct tool_names *names);
void tool_names_free(struct tool_names *names);

/* 32 hexadecimal digits that name content. Not for security. */
void tool_digest(const void *p, size_t len, char ret_name[33]);
