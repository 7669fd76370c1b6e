/*
 * The ways to make a sealed copy or view of an executable, in order of cost: a read-only mount 1.1 times an
 * exec without, an overlay 1.3, a memfd 3.4 times at 1.7 MB and 21 at 12 MB (tests/bench measures it).
 *
 * All set *ret_fd: an O_PATH, CLOEXEC fd of the sealed executable, the caller's. Once they return, nobody
 * holds anything by which the seal could be undone. Errors: -errno, err says what was refused.
 */
#pragma once

struct err;
struct sys;

struct seal_source {
        const struct sys *sys;
        int proc_fd;      /* the root of a procfs */
        int exe_fd;       /* O_PATH */
        const char *link; /* the executable's path, as /proc/self/exe reads */
};

/*
 * A read-only mount of the file alone that is in no mount namespace. open_tree(2) makes it in a namespace of
 * its own, which lives as long as the fd that open_tree returned; while it does, mount_setattr(2) takes the
 * flag off again. With that fd closed the mount dissolves: it stays usable through the O_PATH fd and
 * /proc/PID/exe, and nobody can change it. Linux 5.12, CAP_SYS_ADMIN.
 */
int seal_by_bind(const struct seal_source *src, int *ret_fd, struct err *err);

/* The same file through an overlay without an upper layer, which has no way to be writable. Linux 5.2,
 * CAP_SYS_ADMIN. */
int seal_by_overlay(const struct seal_source *src, int *ret_fd, struct err *err);

/* A copy in memory with all seals. Linux 3.17; needs permission to read the executable. */
int seal_by_memfd(const struct seal_source *src, int *ret_fd, struct err *err);

/* Opens what fd is once more, as O_PATH (CLOEXEC): a file of its own, without fd's rights. The fd or -errno.
 */
int seal_reopen(const struct sys *sys, int proc_fd, int fd);
