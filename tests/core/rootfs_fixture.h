/*
 * A root file system in a temporary directory, a "host" mount namespace with shared propagation, and a
 * process that builds a container's root in a namespace below that. The host's mounts and files are compared
 * before and after.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "core/base/err.h"
#include "core/config/config.h"

struct fixture {
        char bundle[64];
        char rootfs[80];
        char outside[80];  /* a directory that nothing may change; holds the file "canary" */
        bool unified_only; /* the host has nothing but cgroup2 */
        bool no_mknod;     /* the builder lacks CAP_MKNOD */
        bool exchange;     /* once the mounts are made, the bundle's name leads to another directory */
        int fail_at;       /* the n-th system call of the builder fails (failing_sys.h) ... */
        int fail_errno;    /* ... with this; 0: none does */
};

/* Runs inside the finished container; what it returns is the exit status, 0 = as expected. */
typedef int inside_fn(void *arg);

int fixture_setup(void **state); /* cmocka; needs root */
int fixture_teardown(void **state);

/* Makes rootfs/path from the text: "d" a directory, "l:TARGET" a symlink, "f:TEXT" a file; parents as well.
 */
void fixture_make(const struct fixture *f, const char *path, const char *what);

/* A config like that of `labrun spec`, without strings that need freeing; the caller may change it. */
struct fixture_config {
        struct config c;
        struct config_mount mounts[16];
        const char *options[16][8];
        const char *masked[8], *readonly[8];
        struct config_device devices[8];
        struct config_kv sysctl[4];
};
void fixture_config(struct fixture_config *fc);
/* Adds an entry of /mounts; the options end with NULL. Returns its index. */
size_t fixture_mount(struct fixture_config *fc, const char *destination, const char *type, const char *source,
                     ...) __attribute__((sentinel));

enum fixture_end {
        FIXTURE_OK,           /* built, inside() answered 0, the host is as it was */
        FIXTURE_REFUSED,      /* a step failed; *ret_err tells; the host is as it was */
        FIXTURE_INSIDE,       /* inside() answered *ret_line */
        FIXTURE_HOST_CHANGED, /* whatever else happened */
        FIXTURE_BROKEN,       /* the test itself could not run */
        FIXTURE_SWALLOWED,    /* a failure without an error that names its place, or with fds left open */
        FIXTURE_NOT_REACHED,  /* as FIXTURE_OK, and there were less than fail_at system calls */
};
enum fixture_end fixture_run(const struct fixture *f, const struct config *c, inside_fn *inside, void *arg,
                             struct err *ret_err, int *ret_line);
const char *fixture_end_name(enum fixture_end end);

/* For inside functions: the line number where an expectation failed. */
#define EXPECT(cond)                     \
        do {                             \
                if (!(cond))             \
                        return __LINE__; \
        } while (0)
