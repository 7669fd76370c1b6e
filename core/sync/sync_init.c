/* Init's side. Each function is one move of the state machine; what labrun does lies between them. */
#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#include "core/base/limits.h"
#include "core/sync/sync_events.h"
#include "core/sync/sync_io.h"
#include "core/sys.h"

void sync_init_begin(struct sync_init *init, const struct sys *sys, int socket)
{
        *init = (struct sync_init){.sys = sys, .socket = socket, .exec_fifo = -1, .error_fifo = -1};
        sync_fsm_begin(&init->fsm, SYNC_INIT);
}

static struct sync_channel socket_channel(const struct sync_init *init)
{
        return (struct sync_channel){.fd = init->socket, .pidfd = -1};
}

static struct sync_channel fifo_channel(int fd)
{
        return (struct sync_channel){.fd = fd, .fifo = true, .pidfd = -1};
}

/* Sends the failure to whom the state machine says. It must arrive: one that has no encoding is replaced. */
static int report(struct sync_init *init, enum sync_action action, const struct err *failure,
                  const struct timespec *deadline, struct err *err)
{
        struct sync_msg msg = {.type = SYNC_ERROR, .error = *failure};
        struct sync_channel ch;
        size_t size;

        if (action == SYNC_DO_REPORT_PARENT && init->broken == 0)
                ch = socket_channel(init);
        else if (action == SYNC_DO_REPORT_STARTER)
                ch = fifo_channel(init->error_fifo);
        else
                return 0;
        if (sync_encoded_size(&msg, &size, NULL) < 0)
                err_set(&msg.error, EIO, "init", "", "failed with an error that can't be sent");
        return sync_send(init->sys, &ch, &msg, NULL, 0, deadline, err);
}

/* The end of a failed move. The failure itself matters more than whether its report went out. */
static int failed(struct sync_init *init, enum sync_action action, const struct err *failure, struct err *err)
{
        struct timespec deadline;

        if (sync_deadline_in(init->sys, LIMIT_SYNC_LOG_MS, &deadline, NULL) == 0)
                (void)report(init, action, failure, &deadline, NULL);
        if (err)
                *err = *failure;
        return -failure->errnum;
}

/* Moves out of order are the caller's bug, except after a failure, which stays. */
static int expect(const struct sync_init *init, enum sync_state state, struct err *err)
{
        if (init->fsm.state == SYNC_FAILED)
                return err_set(err, EPIPE, "sync", "parent", "the channel has failed before");
        assert(init->fsm.state == state);
        return 0;
}

int sync_init_receive_config(struct sync_init *init, const struct timespec *deadline,
                             struct sync_received *ret, struct err *err)
{
        struct sync_channel ch = socket_channel(init);
        struct sync_received got = SYNC_RECEIVED_INIT;
        struct err failure = ERR_INIT;
        enum sync_action action;
        int r = expect(init, SYNC_I_HELLO, err);

        if (r < 0)
                return r;
        r = sync_recv(init->sys, &ch, deadline, &got, &failure);
        action = sync_fsm_step(&init->fsm, sync_event_of_recv(r, &got), &failure);
        if (action != SYNC_DO_STEP) {
                sync_received_free(init->sys, &got);
                return failed(init, action, &failure, err);
        }
        init->exec_fifo = got.fds[SYNC_FD_EXEC];
        init->error_fifo = got.fds[SYNC_FD_ERROR];
        got.fds[SYNC_FD_EXEC] = got.fds[SYNC_FD_ERROR] = -1;
        init->debug = got.msg.config.flags & SYNC_FLAG_DEBUG;
        *ret = got;
        return 0;
}

void sync_init_log(struct sync_init *init, enum sync_log_level level, const char *fmt, ...)
{
        char text[SYNC_LOG_TEXT_MAX + 1];
        struct sync_msg msg = {.type = SYNC_LOG, .log = {level, text}};
        struct sync_channel ch = socket_channel(init);
        struct timespec deadline;
        va_list ap;

        if (!init->debug || init->broken < 0 || init->fsm.state != SYNC_I_PREPARE)
                return;
        va_start(ap, fmt);
        if (vsnprintf(text, sizeof(text), fmt, ap) < 0)
                text[0] = '\0';
        va_end(ap);
        for (char *s = text; *s; s++)
                if ((unsigned char)*s < 0x20 || *s == 0x7f)
                        *s = '?';
        init->broken = sync_deadline_in(init->sys, LIMIT_SYNC_LOG_MS, &deadline, NULL);
        if (init->broken == 0)
                init->broken = sync_send(init->sys, &ch, &msg, NULL, 0, &deadline, NULL);
}

/* Nothing may follow half a LOG. */
static int send_next(struct sync_init *init, const struct sync_msg *msg, const int *fds, size_t nfds,
                     const struct timespec *deadline, struct err *err)
{
        struct sync_channel ch = socket_channel(init);

        if (init->broken < 0)
                return err_sys(err, init->broken, "sync", "parent", "a log message could not be sent");
        return sync_send(init->sys, &ch, msg, fds, nfds, deadline, err);
}

int sync_init_ask(struct sync_init *init, const struct sync_ask *ask, int fd, const struct timespec *deadline,
                  struct err *err)
{
        struct sync_channel ch = socket_channel(init);
        struct sync_msg msg = {.type = SYNC_ASK, .ask = *ask};
        struct sync_received got = SYNC_RECEIVED_INIT;
        struct err failure = ERR_INIT;
        enum sync_action action;
        int r = expect(init, SYNC_I_PREPARE, err);

        if (r < 0)
                return r;
        assert((unsigned)ask->kind < SYNC_ASK__COUNT && ask->sends_fd == (fd >= 0));
        action = sync_fsm_step(&init->fsm, sync_fsm_event(&msg), &failure);
        if (action == SYNC_DO_SEND) {
                r = send_next(init, &msg, &fd, fd >= 0, deadline, &failure);
                action = sync_fsm_step(&init->fsm, sync_event_of_send(r), &failure);
        }
        if (action == SYNC_DO_RECEIVE) {
                r = sync_recv(init->sys, &ch, deadline, &got, &failure);
                action = sync_fsm_step(&init->fsm, sync_event_of_recv(r, &got), &failure);
                sync_received_free(init->sys, &got);
        }
        return init->fsm.state == SYNC_I_PREPARE ? 0 : failed(init, action, &failure, err);
}

int sync_init_report_ready(struct sync_init *init, const struct timespec *deadline, struct err *err)
{
        struct sync_msg msg = {.type = SYNC_READY};
        struct err failure = ERR_INIT;
        enum sync_action action;
        int r = expect(init, SYNC_I_PREPARE, err);

        if (r < 0)
                return r;
        (void)sync_fsm_step(&init->fsm, SYNC_EV_DONE, NULL); /* prepared */
        r = send_next(init, &msg, NULL, 0, deadline, &failure);
        action = sync_fsm_step(&init->fsm, sync_event_of_send(r), &failure);
        (void)init->sys->op->close(init->sys, init->socket);
        init->socket = -1;
        return init->fsm.state == SYNC_I_IDLE ? 0 : failed(init, action, &failure, err);
}

int sync_init_wait_start(struct sync_init *init, struct err *err)
{
        struct sync_channel ch = fifo_channel(init->exec_fifo);
        struct err failure = ERR_INIT;
        int r = expect(init, SYNC_I_IDLE, err);

        if (r < 0)
                return r;
        r = sync_find_start(init->sys, &ch, &failure);
        if (r == 1)
                (void)sync_fsm_step(&init->fsm, SYNC_EV_START, NULL);
        else
                (void)sync_fsm_step(&init->fsm, r == 0 ? SYNC_EV_EOF : SYNC_EV_IO, &failure);
        return init->fsm.state == SYNC_I_CLOSE ? 0 : failed(init, SYNC_DO_FAIL, &failure, err);
}

int sync_init_report_executing(struct sync_init *init, const struct timespec *deadline, struct err *err)
{
        struct sync_channel ch = fifo_channel(init->error_fifo);
        struct sync_msg msg = {.type = SYNC_EXECUTING};
        struct err failure = ERR_INIT;
        enum sync_action action;
        int r = expect(init, SYNC_I_CLOSE, err);

        if (r < 0)
                return r;
        (void)sync_fsm_step(&init->fsm, SYNC_EV_DONE, NULL); /* closed */
        r = sync_send(init->sys, &ch, &msg, NULL, 0, deadline, &failure);
        action = sync_fsm_step(&init->fsm, sync_event_of_send(r), &failure);
        return init->fsm.state == SYNC_I_EXEC ? 0 : failed(init, action, &failure, err);
}

int sync_init_report_error(struct sync_init *init, const struct err *failure,
                           const struct timespec *deadline, struct err *err)
{
        struct err cause = *failure;

        return report(init, sync_fsm_step(&init->fsm, SYNC_EV_FAIL, &cause), failure, deadline, err);
}
