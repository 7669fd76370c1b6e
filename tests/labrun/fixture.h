/*
 * What the tests of the labrun program share: a bundle with a busybox root file system in a directory of
 * their own, running a runtime with a bound on time, and the check that nothing is left behind.
 */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <unistd.h>

#include <cmocka.h>

struct lab {
        char dir[64];  /* everything below is in it */
        char root[96]; /* state root of labrun */
        char runc_root[96];
        char bundle[96];
        char rootfs[128];
        char id[64]; /* unused by anybody else */
        int count;
};

/* cmocka fixtures. setup skips nothing: a test that needs root begins with lab_need_root. */
int lab_setup(void **state);
int lab_teardown(void **state);

#define lab_need_root()                                      \
        do {                                                 \
                if (geteuid() != 0) {                        \
                        print_message("skip: needs root\n"); \
                        skip();                              \
                }                                            \
        } while (0)

bool lab_have_runc(void);

/* The bundle's config.json becomes that of `labrun spec` with this JSON text merged in (objects deeply). */
void lab_config(struct lab *lab, const char *merge);
/* The same with only process.args: a shell script. */
void lab_script(struct lab *lab, const char *script);
/* A file in the root file system. */
void lab_file(struct lab *lab, const char *path, const char *text, mode_t mode);

struct result {
        int code; /* exit code, 128 + signal, or LAB_TIMEOUT */
        char out[32768];
        char err[8192];
};
#define LAB_TIMEOUT 1000
#define LAB_BOUND_MS 30000

/* The labrun that these run; NULL: the one that was built. */
extern const char *lab_program;

/* Runs labrun with its state root; the arguments end with NULL. The result is valid until the next call. */
struct result *lab_run(struct lab *lab, ...) __attribute__((sentinel));
/* The same with a list of arguments, by labrun or runc. */
struct result *lab_run_list(struct lab *lab, bool runc, const char *const *args);
/* Runs runc likewise. */
struct result *lab_runc(struct lab *lab, ...) __attribute__((sentinel));

/* Starts labrun and comes back at once; its output is lost. lab_wait ends it, as result.code. */
pid_t lab_spawn(struct lab *lab, ...) __attribute__((sentinel));
int lab_wait(pid_t pid);

/* What a child does between fork and execve: once, for the next run. */
void lab_before_exec(void (*fn)(void *), void *arg);

/* A string or number of `labrun state`; "" when there is none. */
const char *lab_state(struct lab *lab, const char *field);
/* Until `labrun state` tells this status, or LAB_BOUND_MS are over. */
bool lab_wait_status(struct lab *lab, const char *status);

/* No state, cgroup, mount or process of this lab. Prints what there is. */
bool lab_clean(struct lab *lab);
/* A file's text, "" when it can't be read. Valid until the next call. */
const char *lab_read(const char *path);
