/* `kill`, `pause`, `resume` and `delete`: signals to a container's processes, and the removal of all that is left of it. */
#pragma once

#include <stdbool.h>

#include "core/sync/sync_io.h"

struct err;
struct state;
struct state_dir;
struct sys;

#define DESTROY_WAIT_MS 10000 /* for a killed init to be gone; only a hung device or NFS takes longer */

/* "TERM", "SIGTERM", "sigterm", "15", "RTMIN+1" -> 15. -EINVAL. */
int signal_number(const char *name, int *ret_signal, struct err *err);

/*
 * Sends the signal to init, or with all to every process in its cgroup. Only a created, running or paused container
 * takes one (-ESRCH "container not running"); with all, what is left of a stopped one too. A paused one gets it once it
 * is resumed, which SIGKILL does at once.
 */
int container_kill(const struct sys *sys, const struct state *state, int signal, bool all, struct err *err);

/*
 * Pauses a created or running container, or resumes a paused one; the caller holds its lock. -ESRCH: it is in no such
 * state, and was left alone (also a second pause: runc answers the same). Others: cgroup_freeze's.
 */
int container_pause(const struct sys *sys, const struct state *state, bool pause, struct err *err);

/*
 * Removes a container, the caller holds its lock. A stopped one (runtime-spec, Delete: "a container
 * that is not stopped MUST have no effect"; runc and crun delete a created one too), with force any: its
 * processes are killed first. -EBUSY otherwise.
 */
int container_delete(const struct state_dir *dir, const struct state *state, bool force, sync_log_fn *log, void *log_ctx,
                     struct err *err);

/*
 * The end of both ways: processes left in the cgroup, the cgroups, the state directory; then poststop's hooks, if there ever was
 * an init. Init is gone already. log, for warnings of those, may be NULL.
 */
int container_destroy(const struct state_dir *dir, const struct state *state, sync_log_fn *log, void *log_ctx,
                      struct err *err);
