/*
 * The cgroups of executors: one folder initlab-PID-STARTTIME in the root of version 2, named so that a dead executor's can
 * be told from a living one's. Works on a private mount of cgroup2 that is attached nowhere.
 */
#pragma once

#include <stddef.h>
#include <stdbool.h>

struct err;

/* An O_PATH fd of the root of cgroup version 2, or -errno. fsmount(2): Linux 5.2. */
int sweep_open_root(struct err *err);

/* The name for the calling process. */
void sweep_own_name(char *buf, size_t size);

/* Is this the name of an executor that is dead? Its pid is gone, or is another process's by now. */
bool sweep_is_dead(const char *name);

/* Removes what dead executors left; a folder whose lock (flock(2)) is held is a living one's of another pid namespace. */
void sweep_dead(int root);

/* Removes root/name with all below it, waiting at most a second for processes that are just ending. */
int sweep_remove(int root, const char *name);
