/* `start`: the word to a created container's init, and what became of it. */
#pragma once

struct err;
struct state;
struct state_dir;

/*
 * Starts a created container; the caller holds its lock. 0: the payload's execve succeeded.
 * Waits for startContainer's hooks as long as they take, and runs poststart's: one that fails stops the container.
 * On failure *err is init's own where it has told; a container that was created is stopped then. One in
 * another state is refused (-EBUSY, -ESRCH) and left alone.
 */
int container_start(const struct state_dir *dir, const struct state *state, struct err *err);
