#include "sandbox/life.h"

#include <stdio.h>
#include <string.h>

/* What an operation answers: an error, success, either. */
enum answer { NO, YES, MAY };

struct rule {
        enum answer answer[LIFE__COUNT];
        life_set next; /* after success, from whatever state; 0: as it was */
        bool spec;     /* what it answers in the wrong state is the spec's rule */
};

static const struct rule rules[OPERATION__COUNT] = {
        [OPERATION_CREATE] = { { YES, NO, NO, NO, NO }, LIFE(LIFE_CREATED), true },
        [OPERATION_START] = { { NO, YES, NO, NO, NO }, LIFE(LIFE_RUNNING), true },
        [OPERATION_KILL] = { { NO, YES, YES, MAY, NO }, 0, true },
        [OPERATION_WAIT] = { { NO, YES, YES, YES, YES }, LIFE(LIFE_STOPPED), true },
        [OPERATION_PAUSE] = { { NO, MAY, YES, NO, NO }, LIFE(LIFE_PAUSED), false },
        /* a created container that was paused is created again */
        [OPERATION_RESUME] = { { NO, NO, NO, YES, NO }, LIFE(LIFE_RUNNING) | LIFE(LIFE_CREATED), false },
        [OPERATION_EXEC] = { { NO, MAY, YES, NO, NO }, 0, false },
        [OPERATION_EXEC_TTY] = { { NO, MAY, YES, NO, NO }, 0, false },
        /* attacks: what they do to the runtime is no part of the container's life */
        [OPERATION_EXEC_PARENT] = { { MAY, MAY, MAY, MAY, MAY }, 0, false },
        [OPERATION_EXEC_SELF] = { { MAY, MAY, MAY, MAY, MAY }, 0, false },
        [OPERATION_SECOND] = { { MAY, MAY, MAY, MAY, MAY }, 0, false },
        [OPERATION_DELETE] = { { NO, NO, NO, NO, YES }, LIFE(LIFE_NONE), true },
        [OPERATION_DELETE_FORCE] = { { MAY, YES, YES, YES, YES }, LIFE(LIFE_NONE), false },
};

static life_set after_one(enum life from, enum scenario_operation_kind op, bool succeeded, bool payload_ends)
{
        const struct rule *rule = &rules[op];
        enum answer answer = rule->answer[from];
        life_set next;

        if (!succeeded)
                return answer == YES ? 0 : LIFE(from);
        if (answer == NO)
                return 0;
        next = rule->next ? rule->next : LIFE(from);
        if (op == OPERATION_KILL) /* the signal may end it, now or soon, or be ignored */
                next |= LIFE(LIFE_STOPPED);
        return next | (payload_ends && (next & LIFE(LIFE_RUNNING)) ? LIFE(LIFE_STOPPED) : 0);
}

life_set life_after(life_set from, enum scenario_operation_kind op, bool succeeded, bool payload_ends)
{
        life_set next = 0;

        for (int state = 0; state < LIFE__COUNT; state++)
                if (from & LIFE(state))
                        next |= after_one((enum life)state, op, succeeded, payload_ends);
        return next;
}

bool life_rule_is_spec(enum scenario_operation_kind op, bool succeeded)
{
        return rules[op].spec && (succeeded || op == OPERATION_KILL || op == OPERATION_DELETE);
}

static const char *const words[LIFE__COUNT] = { "not there", "created", "running", "paused", "stopped" };

int life_of_status(const char *word)
{
        for (int state = LIFE_CREATED; state < LIFE__COUNT; state++)
                if (strcmp(word, words[state]) == 0)
                        return state;
        return -1;
}

const char *life_words(life_set set, char *buf, size_t size)
{
        size_t n = 0;

        buf[0] = '\0';
        for (int state = 0; state < LIFE__COUNT; state++)
                if ((set & LIFE(state)) && n < size)
                        n += (size_t)snprintf(buf + n, size - n, "%s%s", n ? " or " : "", words[state]);
        return buf;
}
