#include "props/models/lifecycle.h"

#include <stddef.h>

const char *life_op_name(enum life_op op)
{
        static const char *const name[LIFE_OP__COUNT] = {"create", "start", "state", "kill",   "pause",
                                                         "resume", "exec",  "exec",  "delete", "delete"};

        return name[op];
}

const char *life_status(const struct life *life)
{
        switch (life->phase) {
        case LIFE_CREATING:
                return "creating";
        case LIFE_WAITING:
                return life->frozen ? "paused" : "created";
        case LIFE_PAYLOAD:
                return life->frozen ? "paused" : "running";
        case LIFE_ENDED:
                return "stopped";
        default:
                return NULL;
        }
}

static enum life_basis by_spec(bool allowed)
{
        return allowed ? LIFE_ALLOWED : LIFE_REFUSED_BY_SPEC;
}

static enum life_basis by_runc(bool allowed)
{
        return allowed ? LIFE_ALLOWED : LIFE_REFUSED_BY_RUNC;
}

enum life_basis life_may(const struct life *life, enum life_op op)
{
        bool lives = life->phase == LIFE_WAITING || life->phase == LIFE_PAYLOAD;

        if (op == LIFE_OP_CREATE) /* "If the ID is not unique ... the implementation MUST generate an error" */
                return by_spec(life->phase == LIFE_NONE);
        if (life->phase == LIFE_NONE) /* --force is no error of what is gone already */
                return op == LIFE_OP_DELETE_FORCE ? LIFE_ALLOWED : LIFE_REFUSED_BY_SPEC;
        switch (op) {
        case LIFE_OP_START: /* "a container that is not created"; a paused one is, and nobody would wake it */
                return life->phase == LIFE_WAITING && life->frozen ? LIFE_REFUSED_BY_RUNC
                                                                   : by_spec(life->phase == LIFE_WAITING);
        case LIFE_OP_KILL: /* "neither created nor running" */
                return by_spec(lives);
        case LIFE_OP_DELETE: /* "a container that is not stopped" */
                return by_spec(life->phase == LIFE_ENDED);
        case LIFE_OP_PAUSE:
                return by_runc(lives && !life->frozen);
        case LIFE_OP_RESUME:
                return by_runc(lives && life->frozen);
        case LIFE_OP_EXEC:
                return by_runc(lives && !life->frozen);
        case LIFE_OP_EXEC_PAUSED:
                return by_runc(lives);
        default: /* state, and what has to help always */
                return LIFE_ALLOWED;
        }
}

void life_done(struct life *life, enum life_op op)
{
        switch (op) {
        case LIFE_OP_CREATE:
                *life = (struct life){.phase = LIFE_CREATING};
                break;
        case LIFE_OP_START:
                life->phase = LIFE_PAYLOAD;
                break;
        case LIFE_OP_KILL:
                life_ended(life);
                break;
        case LIFE_OP_PAUSE:
        case LIFE_OP_RESUME:
                life->frozen = op == LIFE_OP_PAUSE;
                break;
        case LIFE_OP_DELETE:
        case LIFE_OP_DELETE_FORCE:
                *life = (struct life){0};
                break;
        default:
                break;
        }
}

void life_created(struct life *life)
{
        life->phase = LIFE_WAITING;
}

void life_ended(struct life *life)
{
        *life = (struct life){.phase = LIFE_ENDED};
}
