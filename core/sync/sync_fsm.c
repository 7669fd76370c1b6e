#include "core/sync/sync_fsm.h"

#include <assert.h>
#include <errno.h>

struct step {
        enum sync_state next;
        enum sync_action action; /* SYNC_DO_NOTHING: the table doesn't expect this event here */
        int errnum;              /* of a step into FAILED */
        const char *text;
};

#define GO(state, action) {SYNC_##state, SYNC_DO_##action, 0, 0}
#define STOP(action, errnum, text) {SYNC_FAILED, SYNC_DO_##action, errnum, text}

/* The whole protocol. What is not here is handled by the two tables below it. */
static const struct step table[SYNC_STATE__COUNT][SYNC_EV__COUNT] = {
        [SYNC_P_SPAWN] = {[SYNC_EV_DONE] = GO(P_JOIN, STEP)},
        [SYNC_P_JOIN] = {[SYNC_EV_DONE] = GO(P_CONFIG, SEND), [SYNC_EV_DIED] = GO(P_DRAIN, DRAIN)},
        /* A broken send says less than the ERROR that init may have left before it went away. */
        [SYNC_P_CONFIG] = {[SYNC_EV_DONE] = GO(P_WAIT, RECEIVE),
                           [SYNC_EV_BROKEN] = GO(P_DRAIN, DRAIN),
                           [SYNC_EV_DIED] = GO(P_DRAIN, DRAIN),
                           [SYNC_EV_DEADLINE] = STOP(FAIL, ETIMEDOUT, "did not take its configuration in time")},
        [SYNC_P_WAIT] = {[SYNC_EV_LOG] = GO(P_WAIT, LOG),
                         [SYNC_EV_READY] = GO(CREATED, SUCCEED),
                         [SYNC_EV_ERROR] = STOP(TAKE_ERROR, EPROTO, "reported an error"),
                         [SYNC_EV_ASK ... SYNC_EV_ASK_LAST] = GO(P_ANSWER, STEP),
                         [SYNC_EV_EOF] = STOP(FAIL, ECONNRESET, "ended before it was ready"),
                         [SYNC_EV_DIED] = GO(P_DRAIN, DRAIN),
                         [SYNC_EV_DEADLINE] = STOP(FAIL, ETIMEDOUT, "was not ready in time")},
        [SYNC_P_ANSWER] = {[SYNC_EV_DONE] = GO(P_TELL, SEND)},
        [SYNC_P_TELL] = {[SYNC_EV_DONE] = GO(P_WAIT, RECEIVE),
                         [SYNC_EV_BROKEN] = GO(P_DRAIN, DRAIN),
                         [SYNC_EV_DIED] = GO(P_DRAIN, DRAIN),
                         [SYNC_EV_DEADLINE] = STOP(FAIL, ETIMEDOUT, "did not take an answer in time")},
        /* READY from the dead is no success: create promises an init that waits. */
        [SYNC_P_DRAIN] = {[SYNC_EV_LOG] = GO(P_DRAIN, LOG),
                          [SYNC_EV_READY] = STOP(FAIL, ECONNRESET, "ended after it said that it was ready"),
                          [SYNC_EV_ERROR] = STOP(TAKE_ERROR, EPROTO, "reported an error"),
                          [SYNC_EV_ASK ... SYNC_EV_ASK_LAST] = STOP(FAIL, ECONNRESET, "ended while it asked"),
                          [SYNC_EV_EOF] = STOP(FAIL, ECONNRESET, "ended before it was ready"),
                          [SYNC_EV_DIED] = GO(P_DRAIN, DRAIN)},

        [SYNC_I_HELLO] = {[SYNC_EV_CONFIG] = GO(I_PREPARE, STEP),
                          [SYNC_EV_EOF] = STOP(FAIL, ECONNRESET, "ended before it sent the configuration")},
        [SYNC_I_PREPARE] = {[SYNC_EV_DONE] = GO(I_READY, SEND),
                            [SYNC_EV_ASK ... SYNC_EV_ASK_LAST] = GO(I_ASK, SEND)},
        [SYNC_I_ASK] = {[SYNC_EV_DONE] = GO(I_HOLD, RECEIVE)},
        [SYNC_I_HOLD] = {[SYNC_EV_DONE_ASK ... SYNC_EV_DONE_ASK_LAST] = GO(I_PREPARE, STEP),
                         [SYNC_EV_EOF] = STOP(FAIL, ECONNRESET, "ended before it did what it was asked")},
        [SYNC_I_READY] = {[SYNC_EV_DONE] = GO(I_IDLE, RECEIVE)},
        [SYNC_I_IDLE] = {[SYNC_EV_START] = GO(I_CLOSE, STEP),
                         [SYNC_EV_EOF] = STOP(FAIL, EPROTO, "exec.fifo has no writer: not opened O_RDWR")},
        [SYNC_I_CLOSE] = {[SYNC_EV_DONE] = GO(I_SAY, SEND)},
        [SYNC_I_SAY] = {[SYNC_EV_DONE] = GO(I_EXEC, STEP)},
        [SYNC_I_EXEC] = {[SYNC_EV_DONE] = GO(EXECUTED, SUCCEED)},

        [SYNC_S_OPEN] = {[SYNC_EV_DONE] = GO(S_SEND, SEND)},
        [SYNC_S_SEND] = {[SYNC_EV_DONE] = GO(S_AWAIT, RECEIVE),
                         [SYNC_EV_BROKEN] = STOP(FAIL, EPIPE, "does not wait to be started"),
                         [SYNC_EV_DIED] = STOP(FAIL, ECONNRESET, "ended before it was started"),
                         [SYNC_EV_DEADLINE] = STOP(FAIL, ETIMEDOUT, "did not take the word to start in time")},
        [SYNC_S_AWAIT] = {[SYNC_EV_EXECUTING] = GO(S_RUNNING, RECEIVE),
                          [SYNC_EV_ERROR] = STOP(TAKE_ERROR, EPROTO, "reported an error"),
                          [SYNC_EV_EOF] = STOP(FAIL, ECONNRESET, "ended before it executed the payload"),
                          [SYNC_EV_DIED] = GO(S_DRAIN, DRAIN),
                          [SYNC_EV_DEADLINE] = STOP(FAIL, ETIMEDOUT, "did not start in time")},
        [SYNC_S_DRAIN] = {[SYNC_EV_EXECUTING] = GO(S_LAST, DRAIN),
                          [SYNC_EV_ERROR] = STOP(TAKE_ERROR, EPROTO, "reported an error"),
                          [SYNC_EV_EOF] = STOP(FAIL, ECONNRESET, "ended before it executed the payload"),
                          [SYNC_EV_DIED] = GO(S_DRAIN, DRAIN)},
        [SYNC_S_RUNNING] = {[SYNC_EV_ERROR] = STOP(TAKE_ERROR, EPROTO, "reported an error"),
                            [SYNC_EV_EOF] = GO(EXECUTED, SUCCEED),
                            [SYNC_EV_DIED] = GO(S_LAST, DRAIN),
                            [SYNC_EV_DEADLINE] = STOP(FAIL, ETIMEDOUT, "did not finish execve in time")},
        [SYNC_S_LAST] = {[SYNC_EV_ERROR] = STOP(TAKE_ERROR, EPROTO, "reported an error"),
                         [SYNC_EV_EOF] = GO(EXECUTED, SUCCEED),
                         [SYNC_EV_DIED] = GO(S_LAST, DRAIN)},
};

/* The events that end every state that has no row of its own for them. Messages are not here: "unexpected". */
static const struct {
        int errnum;
        const char *text;
} endings[SYNC_EV__COUNT] = {
        [SYNC_EV_EOF] = {ECONNRESET, "closed the channel"},
        [SYNC_EV_DIED] = {ECONNRESET, "ended"},
        [SYNC_EV_DEADLINE] = {ETIMEDOUT, "the time is up"},
        [SYNC_EV_BAD] = {EPROTO, "sent what is not a message"},
        [SYNC_EV_IO] = {EIO, "the channel failed"},
        [SYNC_EV_BROKEN] = {EPIPE, "does not listen"},
        [SYNC_EV_FAIL] = {EIO, "a step failed"},
};

static const struct {
        const char *name;
        bool to_parent, to_starter; /* who waits for init's word when it fails in this state */
} states[SYNC_STATE__COUNT] = {
        [SYNC_P_SPAWN] = {"SPAWN"},
        [SYNC_P_JOIN] = {"JOIN"},
        [SYNC_P_CONFIG] = {"CONFIG"},
        [SYNC_P_WAIT] = {"WAIT"},
        [SYNC_P_ANSWER] = {"ANSWER"},
        [SYNC_P_TELL] = {"TELL"},
        [SYNC_P_DRAIN] = {"DRAIN"},
        [SYNC_I_HELLO] = {"HELLO", .to_parent = true},
        [SYNC_I_PREPARE] = {"PREPARE", .to_parent = true},
        [SYNC_I_ASK] = {"ASK"},     /* half of it may be out: an ERROR behind it would not be understood */
        [SYNC_I_HOLD] = {"HOLD", .to_parent = true},
        [SYNC_I_READY] = {"READY"}, /* as ASK */
        [SYNC_I_IDLE] = {"IDLE"},
        [SYNC_I_CLOSE] = {"CLOSE", .to_starter = true},
        [SYNC_I_SAY] = {"SAY", .to_starter = true},
        [SYNC_I_EXEC] = {"EXEC", .to_starter = true},
        [SYNC_S_OPEN] = {"OPEN"},
        [SYNC_S_SEND] = {"SEND"},
        [SYNC_S_AWAIT] = {"AWAIT"},
        [SYNC_S_DRAIN] = {"DRAIN"},
        [SYNC_S_RUNNING] = {"RUNNING"},
        [SYNC_S_LAST] = {"LAST"},
        [SYNC_CREATED] = {"CREATED"},
        [SYNC_EXECUTED] = {"EXECUTED"},
        [SYNC_FAILED] = {"FAILED"},
};

static const struct {
        const char *name, *peer;
        enum sync_state first;
} sides[SYNC_SIDE__COUNT] = {
        [SYNC_PARENT] = {"parent", "init", SYNC_P_SPAWN},
        [SYNC_INIT] = {"init", "parent", SYNC_I_HELLO},
        [SYNC_STARTER] = {"start", "init", SYNC_S_OPEN},
};

static const char *const event_names[SYNC_EV__COUNT] = {
        [SYNC_EV_CONFIG] = "CONFIG",       [SYNC_EV_LOG] = "LOG",     [SYNC_EV_READY] = "READY",
        [SYNC_EV_ERROR] = "ERROR",         [SYNC_EV_START] = "START", [SYNC_EV_EXECUTING] = "EXECUTING",
        [SYNC_EV_ASK + SYNC_ASK_MAP_IDS] = "ASK MAP_IDS",
        [SYNC_EV_ASK + SYNC_ASK_HOOKS] = "ASK HOOKS",
        [SYNC_EV_ASK + SYNC_ASK_CONSOLE] = "ASK CONSOLE",
        [SYNC_EV_ASK + SYNC_ASK_LISTENER] = "ASK LISTENER",
        [SYNC_EV_DONE_ASK + SYNC_ASK_MAP_IDS] = "DONE MAP_IDS",
        [SYNC_EV_DONE_ASK + SYNC_ASK_HOOKS] = "DONE HOOKS",
        [SYNC_EV_DONE_ASK + SYNC_ASK_CONSOLE] = "DONE CONSOLE",
        [SYNC_EV_DONE_ASK + SYNC_ASK_LISTENER] = "DONE LISTENER",
        [SYNC_EV_EOF] = "end of file",     [SYNC_EV_DIED] = "died",   [SYNC_EV_DEADLINE] = "deadline",
        [SYNC_EV_BAD] = "bad frame",       [SYNC_EV_IO] = "io error", [SYNC_EV_BROKEN] = "broken pipe",
        [SYNC_EV_DONE] = "step done",      [SYNC_EV_FAIL] = "step failed",
};

const char *sync_side_name(enum sync_side side)
{
        return (unsigned)side < SYNC_SIDE__COUNT ? sides[side].name : "?";
}

const char *sync_state_name(enum sync_state state)
{
        return (unsigned)state < SYNC_STATE__COUNT ? states[state].name : "?";
}

const char *sync_event_name(enum sync_event event)
{
        return (unsigned)event < SYNC_EV__COUNT ? event_names[event] : "?";
}

void sync_fsm_begin(struct sync_fsm *f, enum sync_side side)
{
        *f = (struct sync_fsm){side, sides[side].first, 0};
}

bool sync_fsm_ended(const struct sync_fsm *f)
{
        return f->state == SYNC_CREATED || f->state == SYNC_EXECUTED || f->state == SYNC_FAILED;
}

bool sync_fsm_succeeded(const struct sync_fsm *f)
{
        return f->state == SYNC_CREATED || f->state == SYNC_EXECUTED;
}

enum sync_event sync_fsm_event(const struct sync_msg *msg)
{
        if (msg->type == SYNC_ASK)
                return SYNC_EV_ASK + (enum sync_event)msg->ask.kind;
        if (msg->type == SYNC_DONE)
                return SYNC_EV_DONE_ASK + (enum sync_event)msg->done;
        assert(msg->type >= SYNC_CONFIG && msg->type <= SYNC_EXECUTING);
        return SYNC_EV_CONFIG + (enum sync_event)(msg->type - SYNC_CONFIG);
}

/* An ASK of a kind that is past, a DONE of another than was asked: what the table, which knows no numbers, lets through. */
static bool in_order(struct sync_fsm *f, enum sync_event event)
{
        if (event >= SYNC_EV_ASK && event <= SYNC_EV_ASK_LAST) {
                if (event - SYNC_EV_ASK < f->asked)
                        return false;
                f->asked = event - SYNC_EV_ASK + 1;
        } else if (event >= SYNC_EV_DONE_ASK && event <= SYNC_EV_DONE_ASK_LAST) {
                return event - SYNC_EV_DONE_ASK + 1 == f->asked;
        }
        return true;
}

static bool driver_knows_better(enum sync_event event, const struct err *err)
{
        if (!err || err->errnum <= 0)
                return false;
        return event == SYNC_EV_BAD || event == SYNC_EV_IO || event == SYNC_EV_BROKEN || event == SYNC_EV_FAIL;
}

/* Whether the peer could still receive an ERROR after this event. */
static bool peer_listens(enum sync_event event)
{
        return event != SYNC_EV_EOF && event != SYNC_EV_DIED && event != SYNC_EV_BROKEN;
}

/* The step for an event that has no row: always into FAILED. */
static struct step ending(enum sync_state state, enum sync_event event)
{
        struct step s = {SYNC_FAILED, SYNC_DO_FAIL, endings[event].errnum, endings[event].text};

        if (states[state].to_parent && peer_listens(event))
                s.action = SYNC_DO_REPORT_PARENT;
        if (states[state].to_starter && peer_listens(event))
                s.action = SYNC_DO_REPORT_STARTER;
        return s;
}

enum sync_action sync_fsm_step(struct sync_fsm *f, enum sync_event event, struct err *err)
{
        enum sync_state from = f->state;
        struct step s;

        assert((unsigned)event < SYNC_EV__COUNT);
        if (sync_fsm_ended(f))
                return SYNC_DO_NOTHING;
        s = table[from][event];
        if (s.action == SYNC_DO_NOTHING || !in_order(f, event))
                s = ending(from, event);
        f->state = s.next;
        if (s.next != SYNC_FAILED || driver_knows_better(event, err))
                return s.action;
        if (s.text)
                err_set(err, s.errnum, "sync", sides[f->side].peer, "%s", s.text);
        else
                err_set(err, EPROTO, "sync", sides[f->side].peer, "%s is unexpected in state %s",
                        sync_event_name(event), sync_state_name(from));
        return s.action;
}
