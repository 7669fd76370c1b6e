/* The lock of a state directory: for state_dir.c. What it means is told in state.h. */
#pragma once

#include <stdbool.h>

struct err;
struct state_dir;

#define STATE_LOCK_FILE "lock"

/*
 * Takes it: dir->lock. Who holds it writes down in the file which process it is, and takes that out again when it gives the
 * lock back. seize: see state_dir_seize. -ENOENT: whoever had it has removed the container, or is about to be done with it;
 * -ETIMEDOUT.
 */
int state_lock_take(struct state_dir *dir, const char *id, bool seize, struct err *err);

/* "container does not exist". */
int state_not_there(struct err *err, const char *id);
