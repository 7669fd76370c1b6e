/*
 * A seccomp agent for the tests of SCMP_ACT_NOTIFY: a child of the test that takes a listener at a socket of
 * the lab, keeps the container process state that came with it, and answers. getppid(2) gets AGENT_ANSWER,
 * mkdir(2) and mkdirat(2) fail with ENOTUNIQ, everything else is let through.
 */
#pragma once

#include <jansson.h>

#include "tests/labrun/fixture.h"

#define AGENT_ANSWER 4242

enum agent_kind {
        AGENT_SERVES,
        AGENT_WAITS,  /* the same, but takes no connection before agent_go */
        AGENT_LEAVES, /* closes the connection at once and ends, whatever is in it */
};

struct agent {
        char socket[160], state[160];
        pid_t pid;
        int go; /* AGENT_WAITS: a pipe */
};

/* become: what the child does first, to be another user; may be NULL. The socket takes everybody's
 * connections. */
void agent_start(struct lab *lab, struct agent *agent, enum agent_kind kind, void (*become)(void *));
void agent_go(struct agent *agent);

/* The agent came to its end because the processes that it listened to did. */
void agent_end(struct agent *agent);
void agent_kill(struct agent *agent);

/*
 * What came with the listener, after agent_end: a container process state (config-linux.md) of this
 * container, the container in this status. To be json_decref(3)ed.
 */
json_t *agent_state(struct lab *lab, struct agent *agent, const char *status);
