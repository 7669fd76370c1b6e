/*
 * File descriptors from the runtime's entry to the payload: which were open, which numbers the payload
 * gets, and the closing of everything else before execve.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "core/base/limits.h"

struct err;
struct sys;

/* What was open at the runtime's entry. The payload gets 0..2 and 3..3+preserve-1, holes stay holes. */
struct fds_inventory {
        unsigned preserve;                            /* N: --preserve-fds plus LISTEN_FDS */
        bool open_at_entry[3 + LIMIT_PRESERVE_FDS];   /* index = fd number; meaningful up to 3+N-1 */
};

/*
 * Records which of 0..2+preserve are open and plugs the holes, so that every fd opened afterwards is
 * >= 3+preserve. A plug is an anonymous object (never a host file or directory). To be called before anything
 * else opens an fd. Errors: -E2BIG (preserve > LIMIT_PRESERVE_FDS), -EMFILE, ...; on error plugs are undone.
 */
int fds_inventory_take(const struct sys *sys, unsigned preserve, struct fds_inventory *ret_inventory,
                       struct err *err);

/*
 * Really closes (never CLOEXEC) the plugs and every fd >= 3+preserve except error_fd (-1: none), and clears
 * FD_CLOEXEC on the preserved ones. error_fd must be >= 3+preserve and CLOEXEC.
 * Uses close_range(2) (Linux 5.9); on ENOSYS, EPERM, EINVAL walks /proc/self/fd (checked to be procfs);
 * without that too, closes by number up to the highest possible fd.
 */
int fds_close_for_exec(const struct sys *sys, const struct fds_inventory *inventory, int error_fd,
                       struct err *err);

/*
 * The number of fds that socket activation passes: LISTEN_FDS when LISTEN_PID is pid; 0 when absent or for
 * another process. listen_fds and listen_pid are the environment's values, NULL when absent. Errors: -EINVAL for a
 * value that is no number, -E2BIG.
 */
int fds_listen_count(const char *listen_fds, const char *listen_pid, long pid, struct err *err);
