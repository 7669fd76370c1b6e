/*
 * Where a container's init is: its namespaces and cgroups, for another process to follow it there. What
 * counts is the process, not the config: its payload may have moved on.
 */
#pragma once

#include <stdint.h>
#include <sys/types.h>

#include "core/config/config.h"

struct cgroup;
struct err;
struct sys;

/*
 * Opens those of init's namespaces in /proc that are not the caller's own too, and of a waiting init the time namespace that
 * its execve will enter; -1 for the others. The fds are
 * init's and nobody else's, or the answer is -ESRCH: start is its start time. They are the caller's
 * (exec_join_close).
 */
int exec_join_open(const struct sys *sys, pid_t init, uint64_t start, int ret_ns[CONFIG_NS__COUNT],
                   struct err *err);
void exec_join_close(const struct sys *sys, int ns[CONFIG_NS__COUNT]);

/*
 * Puts pid into the container's cgroups. On version 2 a container that has made controllers available to
 * children of its cgroup takes no process itself (-EBUSY, cgroups(7) "no internal processes"): then into
 * init's own, below it.
 */
int exec_join_cgroup(const struct sys *sys, const struct cgroup *cgroup, pid_t init, pid_t pid,
                     struct err *err);
