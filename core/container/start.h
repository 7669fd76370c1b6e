/* `start`: the word to a created container's init, and what became of it. */
#pragma once

#include <stdint.h>
#include <sys/types.h>

struct config;
struct err;
struct notify;
struct state;
struct state_dir;
struct sys;

/*
 * Starts a created container; the caller holds its lock. 0: the payload's execve succeeded.
 * Waits for startContainer's hooks as long as they take, and runs poststart's: one that fails stops the container.
 * notify, connected (or to nobody), listens when init is told; whether the payload is ready is not waited for.
 * On failure *err is init's own where it has told; a container that was created is stopped then. One in
 * another state is refused (-EBUSY, -ESRCH) and left alone.
 */
int container_start(const struct state_dir *dir, const struct state *state, struct notify *notify, struct err *err);

/*
 * The same for who has just created it and never gave the lock back: then it is created, config is what the copy
 * says, and pidfd (borrowed, opened before init was let go) is init's.
 */
int container_start_created(const struct state_dir *dir, const struct state *state, const struct config *config, int pidfd,
                            struct notify *notify, struct err *err);

/*
 * After sync_start: EOF alone doesn't tell whether the process executed its payload or was killed. pidfd was opened before
 * START; start is its start time. -ECHILD: it did not, or nobody can know. id is for the error.
 */
int container_verify_execve(const struct sys *sys, const char *id, pid_t pid, uint64_t start, int pidfd,
                            struct err *err);
