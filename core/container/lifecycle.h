/*
 * The life of a container: which status follows from what the kernel shows of its init, and which operation is allowed in
 * which. Pure: one table, and nobody else who decides. Source: runtime-spec 1.2 runtime.md "State", "Lifecycle",
 * "Operations"; paused is runc's.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct err;
struct process_stat;

enum state_status { STATE_CREATING, STATE_CREATED, STATE_RUNNING, STATE_PAUSED, STATE_STOPPED, STATE__COUNT };
const char *state_status_name(enum state_status status);

enum lifecycle_operation {
        LIFECYCLE_START,
        LIFECYCLE_EXEC,
        LIFECYCLE_EXEC_PAUSED, /* with --ignore-paused */
        LIFECYCLE_KILL,        /* of init; kill --all has no need of one */
        LIFECYCLE_PAUSE,
        LIFECYCLE_RESUME,
        LIFECYCLE_DELETE,
        LIFECYCLE_DELETE_FORCE,
        LIFECYCLE__COUNT
};

/*
 * init is the process that now has the recorded pid (NULL: there is none), start when the recorded one was made: another
 * than it, a zombie and a dead one are no init. creating: create has not come to its end.
 */
enum state_status lifecycle_status(bool creating, const struct process_stat *init, uint64_t start, bool frozen);

/* 0, or why the container id can't do this now: -EBUSY (not yet, or not any more without another operation), -ESRCH. */
int lifecycle_check(enum lifecycle_operation operation, enum state_status status, const char *id, struct err *err);
