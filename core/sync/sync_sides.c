/* The two sides that run in a process of their own time: parent and starter. Init's is in sync_init.c. */
#include <assert.h>
#include <errno.h>

#include "core/sync/sync_events.h"
#include "core/sync/sync_io.h"
#include "core/sys.h"

/* ------------------------------ what the IO answered, as an event ------------------------------ */

enum sync_event sync_event_of_send(int rc)
{
        switch (rc) {
        case 0:
                return SYNC_EV_DONE;
        case -ETIMEDOUT:
                return SYNC_EV_DEADLINE;
        case -EPIPE:
        case -ECONNRESET:
                return SYNC_EV_BROKEN;
        case -EINVAL: /* the message was wrong, not the channel */
        case -EMSGSIZE:
        case -ENOMEM:
                return SYNC_EV_FAIL;
        default:
                return SYNC_EV_IO;
        }
}

enum sync_event sync_event_of_recv(int rc, const struct sync_received *got)
{
        switch (rc) {
        case 1:
                return sync_fsm_event(&got->msg);
        case 0:
                return SYNC_EV_EOF;
        case -ETIMEDOUT:
                return SYNC_EV_DEADLINE;
        case -EPROTO:
        case -EPROTONOSUPPORT:
        case -EMSGSIZE:
                return SYNC_EV_BAD;
        default:
                return SYNC_EV_IO;
        }
}

/* ------------------------------ the driver of both sides ------------------------------ */

struct drive {
        const struct sys *sys;
        struct sync_fsm fsm;
        struct sync_channel *out, *in; /* the same socket, or two fifos */
        const struct sync_msg *msg;    /* the one that this side sends next */
        struct sync_msg done;          /* DONE, once something was asked for */
        const int *fds;
        size_t nfds;
        const struct timespec *deadline;
        sync_log_fn *log;
        void *log_ctx;
        sync_ask_fn *ask;
        void *ask_ctx;
        void (*meanwhile)(void *ctx); /* NULL once called */
        void *meanwhile_ctx;
        struct sync_received asked; /* the ASK that is being done */
        struct timespec moved;      /* the deadline, once answering has moved it */
        bool told_died;
};

/* A message that was read after its sender's death is taken as that: the machine learns of the death first. */
static enum sync_action tell_died(struct drive *d, enum sync_action action, struct err *err)
{
        if (!d->in->died || d->told_died)
                return action;
        d->told_died = true;
        return sync_fsm_step(&d->fsm, SYNC_EV_DIED, err);
}

static enum sync_action drive_receive(struct drive *d, enum sync_action action, struct err *err)
{
        struct sync_received got = SYNC_RECEIVED_INIT;
        enum sync_event event;

        if (action == SYNC_DO_DRAIN)
                d->in->died = d->told_died = true; /* nothing more will come: don't wait for it */
        event = sync_event_of_recv(sync_recv(d->sys, d->in, d->deadline, &got, err), &got);
        action = tell_died(d, action, err);
        action = sync_fsm_step(&d->fsm, event, err);
        if (action == SYNC_DO_TAKE_ERROR && err)
                *err = got.msg.error;
        if (action == SYNC_DO_LOG && d->log)
                d->log(d->log_ctx, got.msg.log.level, got.msg.log.text);
        if (action == SYNC_DO_STEP) {
                d->asked = got;
                return action;
        }
        sync_received_free(d->sys, &got);
        return action;
}

/* The time that it takes is not init's: a hook may run long. */
static int move_deadline(struct drive *d, const struct timespec *begun, struct err *err)
{
        struct timespec t = *d->deadline, now;
        int r = d->sys->op->clock_gettime(d->sys, CLOCK_MONOTONIC, &now);

        if (r < 0)
                return err_sys(err, r, "sync", "clock", "%s", "");
        t.tv_sec += now.tv_sec - begun->tv_sec;
        t.tv_nsec += now.tv_nsec - begun->tv_nsec;
        if (t.tv_nsec < 0) {
                t.tv_nsec += 1000000000L;
                t.tv_sec--;
        } else if (t.tv_nsec >= 1000000000L) {
                t.tv_nsec -= 1000000000L;
                t.tv_sec++;
        }
        d->moved = t;
        d->deadline = &d->moved;
        return 0;
}

/* The parent's answer to an ASK, short of DONE. */
static enum sync_action drive_answer(struct drive *d, struct err *err)
{
        struct sync_ask *ask = &d->asked.msg.ask;
        struct timespec begun = {0};
        int r = 0;

        if (!d->ask)
                r = err_set(err, ENOSYS, "sync", "init", "asks for %s, which nobody does", sync_ask_name(ask->kind));
        else if (d->deadline)
                r = sync_deadline_in(d->sys, 0, &begun, err);
        if (r == 0)
                r = d->ask(d->ask_ctx, ask, &d->asked.fds[0], err);
        if (r == 0 && d->deadline)
                r = move_deadline(d, &begun, err);
        sync_received_free(d->sys, &d->asked);
        d->done = (struct sync_msg){.type = SYNC_DONE, .done = ask->kind};
        d->msg = &d->done;
        d->nfds = 0;
        return sync_fsm_step(&d->fsm, r < 0 ? SYNC_EV_FAIL : SYNC_EV_DONE, err);
}

/* The first message is out, and whoever got it has something to do. */
static void drive_meanwhile(struct drive *d)
{
        if (d->meanwhile)
                d->meanwhile(d->meanwhile_ctx);
        d->meanwhile = NULL;
}

static int drive(struct drive *d, enum sync_action action, struct err *ret_err)
{
        struct err err = ERR_INIT;

        while (!sync_fsm_ended(&d->fsm)) {
                if (action == SYNC_DO_SEND) {
                        int r = sync_send(d->sys, d->out, d->msg, d->fds, d->nfds, d->deadline, &err);
                        action = sync_fsm_step(&d->fsm, sync_event_of_send(r), &err);
                        if (r == 0)
                                drive_meanwhile(d);
                } else if (action == SYNC_DO_STEP) {
                        action = drive_answer(d, &err);
                } else {
                        action = drive_receive(d, action, &err);
                }
        }
        if (sync_fsm_succeeded(&d->fsm))
                return 0;
        assert(err.errnum > 0);
        if (ret_err)
                *ret_err = err;
        return -err.errnum;
}

int sync_parent_handshake(const struct sys *sys, const struct sync_parent *parent,
                          const struct timespec *deadline, struct err *err)
{
        struct sync_channel ch = {.fd = parent->socket, .pidfd = parent->pidfd};
        struct sync_msg msg = {.type = SYNC_CONFIG, .config = *parent->config};
        int fds[SYNC_CONFIG_FDS] = {[SYNC_FD_EXEC] = parent->exec_fifo, [SYNC_FD_ERROR] = parent->error_fifo};
        struct drive d = {.sys = sys,
                          .out = &ch,
                          .in = &ch,
                          .msg = &msg,
                          .fds = fds,
                          .nfds = SYNC_CONFIG_FDS,
                          .deadline = deadline,
                          .log = parent->log,
                          .log_ctx = parent->log_ctx,
                          .ask = parent->ask,
                          .ask_ctx = parent->ask_ctx,
                          .meanwhile = parent->meanwhile,
                          .meanwhile_ctx = parent->meanwhile_ctx,
                          .asked = SYNC_RECEIVED_INIT};

        sync_fsm_begin(&d.fsm, SYNC_PARENT);
        (void)sync_fsm_step(&d.fsm, SYNC_EV_DONE, NULL);                     /* spawned */
        return drive(&d, sync_fsm_step(&d.fsm, SYNC_EV_DONE, NULL), err); /* in its cgroups */
}

int sync_start(const struct sys *sys, const struct sync_starter *starter, const struct timespec *deadline,
               struct err *err)
{
        struct sync_channel out = {.fd = starter->exec_fifo, .fifo = true, .pidfd = starter->pidfd};
        struct sync_channel in = {.fd = starter->error_fifo, .fifo = true, .pidfd = starter->pidfd};
        struct sync_msg msg = {.type = SYNC_START};
        struct drive d = {.sys = sys, .out = &out, .in = &in, .msg = &msg, .deadline = deadline};

        sync_fsm_begin(&d.fsm, SYNC_STARTER);
        return drive(&d, sync_fsm_step(&d.fsm, SYNC_EV_DONE, NULL), err); /* the fifos are open */
}
