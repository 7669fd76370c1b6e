/*
 * File descriptors from the runtime's entry to the payload: which were open, which numbers the payload
 * gets, and the closing of everything else before execve.
 *
 * The payload gets 0, 1, 2 and the preserved fds (3..3+N-1), each the same open file as at the runtime's
 * entry. A number that was closed at entry is closed for the payload. So that no internal fd of the runtime
 * ever takes such a number (CVE-2024-21626 was an internal fd among them), the holes are plugged at entry.
 *
 * Thread safety: none of this works while another thread opens or closes fds; the runtime has one thread.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "core/base/limits.h"

struct err;
struct sys;

/* The runtime never holds as many fds of its own at once: bounds how far above the caller's a new one can be.
 */
#define FDS_INTERNAL_MAX 1024u

/*
 * What was open at the runtime's entry. Plain data without pointers: it may travel to init by value. Whoever
 * puts a file of their own onto 0, 1 or 2 later (a terminal, by dup3) sets open_at_entry there, or it will be
 * closed.
 */
struct fds_inventory {
        unsigned preserve;                          /* N: --preserve-fds plus LISTEN_FDS */
        unsigned entry_end;                         /* no number >= entry_end was open at entry */
        bool open_at_entry[3 + LIMIT_PRESERVE_FDS]; /* index = fd number; meaningful up to 3+N-1 */
};

/*
 * Records which of 0..2+preserve are open and plugs the holes, so that every fd opened afterwards is
 * >= 3+preserve. A plug is an anonymous CLOEXEC object on which reading and writing fail at once (an
 * unconnected socket): never a host file or directory. To be called before anything else opens an fd. Errors:
 * -E2BIG (preserve > LIMIT_PRESERVE_FDS), -EMFILE (3+preserve fds don't fit RLIMIT_NOFILE), -ENFILE, ...; on
 * error the plugs are undone.
 * Source: DESIGN "init path", step 1; runc's --preserve-fds; sd_listen_fds(3).
 */
int fds_inventory_take(const struct sys *sys, unsigned preserve, struct fds_inventory *ret_inventory,
                       struct err *err);

/*
 * Really closes the plugs and every fd >= 3+preserve except error_fd (-1: none), and clears FD_CLOEXEC on
 * those of 0..2+preserve that were open at entry. error_fd must be open and >= 3+preserve; it is CLOEXEC
 * afterwards.
 *
 * Marking CLOEXEC is not enough: execve resolves its path, which may be /proc/self/fd/7/..., before it
 * closes.
 *
 * Ways, each when the one before is refused: close_range(2) (Linux 5.9), at most two calls; a walk over
 * /proc/self/fd, if that is procfs and ours; closing by number below entry_end + FDS_INTERNAL_MAX.
 * RLIMIT_NOFILE is no bound at all: it may have been lowered after an fd was opened (init does that itself).
 * entry_end is one, because new numbers are always the lowest free ones.
 *
 * Errors: -EINVAL (error_fd among the payload's numbers), -EBADF (error_fd or a preserved fd is not open;
 * nothing was closed then), or what close(2) answered when an fd is still open afterwards, as when a seccomp
 * filter refuses it. Everything else has been closed then; there is nothing left to do but to report and
 * exit. A close that fails with EIO or EINTR did close (man 2 close) and is no error.
 */
int fds_close_for_exec(const struct sys *sys, const struct fds_inventory *inventory, int error_fd,
                       struct err *err);

/*
 * The number of fds that socket activation passes: LISTEN_FDS when LISTEN_PID is pid; 0 when one is absent
 * (NULL) or LISTEN_PID is another process (LISTEN_FDS is not looked at then: it is not for us). listen_fds
 * and listen_pid are the environment's values. Errors: -EINVAL for a value that is no plain decimal number
 * (no sign, space, or leading zero, which systemd reads as octal and Go as decimal) or a pid of 0; -E2BIG for
 * more than LIMIT_PRESERVE_FDS. Source: sd_listen_fds(3).
 */
int fds_listen_count(const char *listen_fds, const char *listen_pid, long pid, struct err *err);
