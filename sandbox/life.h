/*
 * A model of a container's life: in which states it may be, and what each operation may answer in each of them.
 * From runtime.md (Lifecycle, Operations) of the runtime-spec, and for pause, resume and delete --force from runc(8). Pure.
 */
#pragma once

#include <stdbool.h>

#include "sandbox/scenario.h"

enum life { LIFE_NONE, LIFE_CREATED, LIFE_RUNNING, LIFE_PAUSED, LIFE_STOPPED, LIFE__COUNT };

/* A set of states: bit = enum life. The outside can't always tell in which of them the container is. */
typedef unsigned life_set;

#define LIFE(state) (1u << (state))
#define LIFE_ALL ((1u << LIFE__COUNT) - 1)

/*
 * The states that are possible after op was answered with success or an error, if `from` were before; 0: that answer is
 * wrong in all of them. payload_ends: the payload may have ended by itself at any time after start.
 */
life_set life_after(life_set from, enum scenario_operation_kind op, bool succeeded, bool payload_ends);

/* Does the rule come from the runtime-spec? */
bool life_rule_is_spec(enum scenario_operation_kind op, bool succeeded);

/* "created": the status of the state command; -1 for an unknown word. LIFE_NONE has none. */
int life_of_status(const char *word);

/* "created or running", for people. Valid until the next call but one. */
const char *life_words(life_set set, char *buf, size_t size);
