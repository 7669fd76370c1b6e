/*
 * Runs scenarios with runtimes, several at a time, each under its own supervisor in fresh mount, pid and cgroup namespaces.
 *
 * Nothing outlives the executor: a supervisor dies with it (PDEATHSIG, and a pipe that closes), and with pid 1 everything
 * in its pid namespace; mounts and files were only in the namespace. Cgroups can't go by themselves: they are in
 * one cgroup /initlab-PID-STARTTIME of version 2, and the next executor removes what a dead one left.
 */
#pragma once

#include <stdbool.h>

#include "sandbox/supervisor.h"

struct err;

struct executor {
        int cgroup_root; /* the root of version 2, mounted nowhere */
        int cgroup;      /* our own in it */
        char cgroup_name[64];
        void *observer; /* by malloc */
        size_t observer_len;
        int alive[2]; /* the write end is ours alone */
};

struct executor_run {
        const struct scenario *s;
        const struct runtime *runtime;
        int keep_fd; /* -1: keep nothing */
};

/* Called with each finished run in order of finishing; o is valid during the call only. False: enough, run no more. */
typedef bool executor_done_fn(size_t index, const struct observation *o, void *arg);

/*
 * observer: the path of its program. Sweeps first. Errors: -EPERM (not root), -ENOSYS (no cgroup version 2 or no
 * fsmount(2): Linux 5.2), -errno.
 */
int executor_open(const char *observer, struct executor *ret, struct err *err);

/*
 * Runs all, `jobs` at a time, each within timeout_ms. Ends early, killing what runs, when done says enough, or with
 * -EINTR when *interrupted becomes true. A supervisor that is itself lost is told as trouble in its observation.
 */
int executor_run(struct executor *e, const struct executor_run *runs, size_t n, unsigned jobs, unsigned timeout_ms,
                 const volatile int *interrupted, executor_done_fn *done, void *arg, struct err *err);

/* Removes the cgroup. NULL-safe, idempotent. */
void executor_close(struct executor *e);
