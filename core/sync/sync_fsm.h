/*
 * The sync protocol's state machines, one for each side: pure tables of state x event -> state, action, error.
 *
 * Whoever drives one tells it what happened and does what it answers. An event that the table doesn't expect
 * in a state ends in FAILED with an error. CREATED, EXECUTED and FAILED are terminal: nothing leaves them.
 *
 *      parent:   SPAWN -> JOIN -> CONFIG -> WAIT -> CREATED      init died: DRAIN what it said, then FAILED
 *                      WAIT -> ANSWER -> TELL -> WAIT            for each ASK
 *      init:     HELLO -> PREPARE -> READY -> IDLE -> CLOSE -> SAY -> EXEC -> EXECUTED
 *                      PREPARE -> ASK -> HOLD -> PREPARE         for each ASK
 *      starter:  OPEN -> SEND -> AWAIT -> RUNNING -> EXECUTED    init ended: DRAIN, or LAST once EXECUTING came
 */
#pragma once

#include <stdbool.h>

#include "core/base/err.h"
#include "core/sync/sync_codec.h"

enum sync_side { SYNC_PARENT, SYNC_INIT, SYNC_STARTER, SYNC_SIDE__COUNT };

enum sync_state {
        /* parent */
        SYNC_P_SPAWN,  /* initial: init is not there yet */
        SYNC_P_JOIN,   /* init blocks in its first read; cgroups, id maps */
        SYNC_P_CONFIG, /* CONFIG is being sent */
        SYNC_P_WAIT,   /* for READY or ERROR */
        SYNC_P_ANSWER, /* does what an ASK asked for, while init waits */
        SYNC_P_TELL,   /* DONE is being sent */
        SYNC_P_DRAIN,  /* init is dead or doesn't listen: only an ERROR that it left can explain that */
        /* init */
        SYNC_I_HELLO,   /* initial: waits for CONFIG */
        SYNC_I_PREPARE, /* does its steps, may send LOG; an error goes to the parent */
        SYNC_I_ASK,     /* ASK is being sent */
        SYNC_I_HOLD,    /* waits for DONE */
        SYNC_I_READY,   /* READY is being sent */
        SYNC_I_IDLE,    /* the socket is closed; waits on exec.fifo */
        SYNC_I_CLOSE,   /* START came: closes fds; an error goes to the starter from here on */
        SYNC_I_SAY,     /* EXECUTING is being sent */
        SYNC_I_EXEC,    /* only execve is left */
        /* starter */
        SYNC_S_OPEN,    /* initial: opens the fifos */
        SYNC_S_SEND,    /* START is being written */
        SYNC_S_AWAIT,   /* for EXECUTING or ERROR */
        SYNC_S_DRAIN,   /* init ended before EXECUTING was read: it may still be in the fifo */
        SYNC_S_RUNNING, /* EXECUTING came: EOF or ERROR decides */
        SYNC_S_LAST,    /* init ended after EXECUTING was read: an ERROR may still be in the fifo */
        /* terminal */
        SYNC_CREATED,  /* parent: an init waits to be started */
        SYNC_EXECUTED, /* init: execve replaced it. starter: executed, *or killed*: check PF_FORKNOEXEC */
        SYNC_FAILED,
        SYNC_STATE__COUNT
};

enum sync_event {
        /* a message arrived */
        SYNC_EV_CONFIG,
        SYNC_EV_LOG,
        SYNC_EV_READY,
        SYNC_EV_ERROR,
        SYNC_EV_START,
        SYNC_EV_EXECUTING,
        /* an ASK arrived at the parent, or is what init wants to do next; and DONE arrived: by kind */
        SYNC_EV_ASK,
        SYNC_EV_ASK_LAST = SYNC_EV_ASK + SYNC_ASK__COUNT - 1,
        SYNC_EV_DONE_ASK,
        SYNC_EV_DONE_ASK_LAST = SYNC_EV_DONE_ASK + SYNC_ASK__COUNT - 1,
        /* the channel */
        SYNC_EV_EOF,      /* the peer closed, between two frames */
        SYNC_EV_DIED,     /* the peer's pidfd says that it ended; its last words may be unread */
        SYNC_EV_DEADLINE, /* the time is up */
        SYNC_EV_BAD,      /* a bad frame: wrong bytes, fds, EOF inside it */
        SYNC_EV_IO,       /* the kernel answered an error */
        SYNC_EV_BROKEN,   /* a send failed because nobody listens any more (EPIPE, ECONNRESET) */
        /* this side's own steps */
        SYNC_EV_DONE, /* what the last action asked for is done: spawned, joined, sent, opened, closed */
        SYNC_EV_FAIL, /* it failed */
        SYNC_EV__COUNT
};

enum sync_action {
        SYNC_DO_NOTHING = 0,    /* in a terminal state */
        SYNC_DO_STEP,           /* the side's own step of this state; then DONE or FAIL */
        SYNC_DO_SEND,           /* the state's message: CONFIG, DONE, ASK, READY, START, EXECUTING; then DONE, BROKEN, IO ... */
        SYNC_DO_RECEIVE,        /* wait for a message */
        SYNC_DO_LOG,            /* hand the LOG on, then go on receiving or draining as before */
        SYNC_DO_DRAIN,          /* read what is there without waiting; nothing there is EOF */
        SYNC_DO_SUCCEED,        /* the side is done */
        SYNC_DO_FAIL,           /* the side failed: err says why */
        SYNC_DO_TAKE_ERROR,     /* the side failed: the received ERROR says why */
        SYNC_DO_REPORT_PARENT,  /* init failed: send err over the socket */
        SYNC_DO_REPORT_STARTER, /* init failed: send err through error.fifo */
};

struct sync_fsm {
        enum sync_side side;
        enum sync_state state;
        unsigned asked; /* the kinds below it are past */
};

void sync_fsm_begin(struct sync_fsm *f, enum sync_side side);

/* The event of an arrived message. */
enum sync_event sync_fsm_event(const struct sync_msg *msg);

/*
 * Takes the event; returns what is to be done. A step that enters FAILED (FAIL, TAKE_ERROR, REPORT_*) sets *err, except
 * where the driver knows the cause better and has put it there (err->errnum > 0): after BAD, IO, BROKEN, FAIL.
 */
enum sync_action sync_fsm_step(struct sync_fsm *f, enum sync_event event, struct err *err);

bool sync_fsm_ended(const struct sync_fsm *f);     /* in a terminal state */
bool sync_fsm_succeeded(const struct sync_fsm *f); /* CREATED or EXECUTED */

const char *sync_side_name(enum sync_side side);
const char *sync_state_name(enum sync_state state);
const char *sync_event_name(enum sync_event event);
