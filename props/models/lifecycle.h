/*
 * The life of a container as the runtime-spec 1.2 tells it (runtime.md "Lifecycle", "Operations"), and runc's pause,
 * resume and exec, which it leaves out. Whoever judges LIFE-MODEL asks here: what may be done now, what becomes of the
 * container then, and what `state` has to say. Shares nothing with core/container/lifecycle.h.
 */
#pragma once

#include <stdbool.h>

enum life_phase {
        LIFE_NONE,     /* no such container: never made, deleted, or its create failed */
        LIFE_CREATING, /* create runs; or was killed, and nobody has cleaned up */
        LIFE_WAITING,  /* its init waits for start */
        LIFE_PAYLOAD,
        LIFE_ENDED
};

/* All zero: no such container. */
struct life {
        enum life_phase phase;
        bool frozen; /* paused, in WAITING or PAYLOAD */
};

enum life_op {
        LIFE_OP_CREATE,
        LIFE_OP_START,
        LIFE_OP_STATE,
        LIFE_OP_KILL, /* a signal that ends init */
        LIFE_OP_PAUSE,
        LIFE_OP_RESUME,
        LIFE_OP_EXEC,
        LIFE_OP_EXEC_PAUSED, /* asked for in spite of a pause */
        LIFE_OP_DELETE,
        LIFE_OP_DELETE_FORCE,
        LIFE_OP__COUNT
};

/* Whose word it is that an operation fails: the spec's accuses every runtime, runc's is what engines know. */
enum life_basis { LIFE_ALLOWED, LIFE_REFUSED_BY_SPEC, LIFE_REFUSED_BY_RUNC };

const char *life_op_name(enum life_op op); /* the command's */
enum life_basis life_may(const struct life *life, enum life_op op);

/* What an allowed operation that succeeded makes of it; a refused one changes nothing. */
void life_done(struct life *life, enum life_op op);
void life_created(struct life *life); /* create comes to its end */
void life_ended(struct life *life);   /* init dies of itself */

/* What `state` says; NULL: it fails. */
const char *life_status(const struct life *life);
