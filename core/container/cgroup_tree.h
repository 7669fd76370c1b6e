/*
 * Trees of cgroup directories that a payload may have made, as deep as it liked: nothing here recurses, holds
 * an fd per level, or goes on after a deadline.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sys;

/* Called for the directory itself and all below it. A negative answer ends the walk with it. */
typedef int cgroup_visit(const struct sys *sys, int dir_fd, void *arg);

/* Milliseconds of CLOCK_MONOTONIC. */
int64_t cgroup_now(const struct sys *sys);
void cgroup_sleep(const struct sys *sys, unsigned ms);

/* 0 or -errno. -ENOENT: no such directory. -ETIMEDOUT. Directories that vanish meanwhile are no error. */
int cgroup_tree_walk(const struct sys *sys, const char *path, int64_t deadline, cgroup_visit *visit,
                     void *arg);

/* Removes everything below path (not path). -EBUSY: a process was still there at the deadline. */
int cgroup_tree_clear(const struct sys *sys, const char *path, int64_t deadline);

/* rmdir(2), again while it is busy, up to the deadline: the kernel lets go of a dead process a little later.
 */
int cgroup_rmdir(const struct sys *sys, const char *path, int64_t deadline);

/* A directory on a cgroup file system. What is none is gone, or a stale path of a state file: not ours. */
bool cgroup_is_there(const struct sys *sys, const char *path);
