/*
 * A simulated kernel's fd table: one process, as an implementation of `struct sys`.
 *
 * It answers what Linux answers (tests/props/test_sim_fdtable.c runs the same programs on both) for: openat,
 * openat2 (of /dev/null, /proc, /proc/self/fd), close, close_range, dup3, fcntl (F_GETFD, F_SETFD, F_DUPFD,
 * F_DUPFD_CLOEXEC, F_GETFL), fstat, fstatfs, lseek, getdents64, pipe2, socketpair, socket, prlimit64
 * (RLIMIT_NOFILE), alloc, realloc, free; every other operation answers -ENOSYS. What it can be told to do
 * wrong is in struct sim_fd_options and sim_fdtable_fault, all of it explicit: the same calls give the same
 * answers.
 *
 * Numbers below SIM_FD_MAX; the table is sparse, so that one fd near a million costs a few KiB.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>

#define SIM_FD_MAX (1u << 20) /* fs.nr_open of the simulated kernel: its default */

struct sys;
struct sim_fdtable;

/* What stands at /proc. All but the first must be found out by whoever wants to trust it. */
enum sim_procfs {
        SIM_PROCFS,         /* our own */
        SIM_PROCFS_NONE,    /* nothing: ENOENT */
        SIM_PROCFS_FAKE,    /* another file system, with a self/fd that lists 0, 1, 2 and the asker's own */
        SIM_PROCFS_PART,    /* procfs, but not its root: a directory of it was bound there */
        SIM_PROCFS_NO_SELF, /* of a pid namespace that we are not in */
        SIM_PROCFS_COVERED, /* ours, another file system mounted over self/fd: RESOLVE_NO_XDEV sees it */
        SIM_PROCFS_FOREIGN, /* ours, another process's fd directory mounted over self/fd; lists 0, 1, 2 */
        SIM_PROCFS_RUBBISH, /* the same, with names that are no numbers */
        SIM_PROCFS_COUNT
};

enum sim_fd_op {
        SIM_OP_OPENAT,
        SIM_OP_OPENAT2,
        SIM_OP_CLOSE,
        SIM_OP_CLOSE_RANGE,
        SIM_OP_DUP3,
        SIM_OP_FCNTL,
        SIM_OP_FSTAT,
        SIM_OP_FSTATFS,
        SIM_OP_LSEEK,
        SIM_OP_GETDENTS64,
        SIM_OP_PIPE2,
        SIM_OP_SOCKETPAIR,
        SIM_OP_SOCKET,
        SIM_OP_PRLIMIT64,
        SIM_OP_COUNT
};

struct sim_fd_options {
        rlim_t soft, hard; /* RLIMIT_NOFILE; 0: 1024 and 4096 */
        enum sim_procfs procfs;
        unsigned entries_per_call; /* of getdents64; 0: as many as fit the buffer, as Linux */
        bool skipping; /* reading /proc/self/fd counts entries, so that closing while reading hides some;
                          Linux counts numbers */
};

/* One planted failure: the first-th call (from 0) of op, and times - 1 more of them, answer -errnum. */
struct sim_fd_fault {
        enum sim_fd_op op;
        int fd; /* only calls for this fd (the first argument); -1: any */
        unsigned first, times;
        int errnum;
        bool done; /* close only: it does its work and then answers the error, as EIO and EINTR of close(2) */
        unsigned seen, fired; /* counted by the simulator */
};
#define SIM_FAULTS_MAX 8

/* An empty table; NULL options: the defaults. NULL when out of memory. free(NULL) is fine. */
struct sim_fdtable *sim_fdtable_new(const struct sim_fd_options *options);
void sim_fdtable_free(struct sim_fdtable *t);

/* The simulated kernel's calls; valid as long as t. */
const struct sys *sim_fdtable_sys(struct sim_fdtable *t);

/* --- what the test's author does behind the process's back --- */

/* Opens a new file at a number that must be free, whatever the limits: inherited from before they were
 * lowered. */
void sim_fdtable_install(struct sim_fdtable *t, int fd, bool cloexec);
/* Plants a failure; at most SIM_FAULTS_MAX. The pointer stays valid as long as t, for its counters. */
const struct sim_fd_fault *sim_fdtable_fault(struct sim_fdtable *t, struct sim_fd_fault fault);
void sim_fdtable_clear_faults(struct sim_fdtable *t);
void sim_fdtable_set_procfs(struct sim_fdtable *t, enum sim_procfs procfs);
void sim_fdtable_set_limit(struct sim_fdtable *t, rlim_t soft, rlim_t hard);
/* What execve does to the table: closes every CLOEXEC fd. */
void sim_fdtable_exec(struct sim_fdtable *t);

/* --- what it looks at --- */

/* The lowest open fd >= from, or -1. */
int sim_fdtable_next(const struct sim_fdtable *t, int from);
/* The open file description (never reused, > 0), 0 when fd is closed. Two fds with the same one share it. */
uint32_t sim_fdtable_object(const struct sim_fdtable *t, int fd);
bool sim_fdtable_cloexec(const struct sim_fdtable *t, int fd);
/* How often op was called. */
unsigned sim_fdtable_calls(const struct sim_fdtable *t, enum sim_fd_op op);
/* How many of /proc's directories were opened without O_CLOEXEC: another thread's execve would have handed them on. */
unsigned sim_fdtable_inheritable(const struct sim_fdtable *t);
/* Hash of everything about the open file description but its number of references: has it been touched? */
uint64_t sim_fdtable_object_state(const struct sim_fdtable *t, uint32_t object);
