/*
 * The sync protocol over real channels, under absolute deadlines.
 *
 * A channel is a stream socket (between parent and init; carries fds) or a fifo (between init and start; no
 * fds; each frame <= PIPE_BUF, so that one write is atomic). Nothing here blocks beyond its deadline, whether the fd
 * is O_NONBLOCK or not (a fifo that others write too: only if O_NONBLOCK). EINTR, short reads and writes are dealt with.
 * SIGPIPE: never raised by a socket here; who writes to a fifo has SIGPIPE ignored.
 * Deadlines are CLOCK_MONOTONIC; NULL is none.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <time.h>

#include "core/base/err.h"
#include "core/sync/sync_codec.h"
#include "core/sync/sync_fsm.h"

struct sys;

struct sync_channel {
        int fd; /* borrowed */
        bool fifo;
        int pidfd; /* of the peer, borrowed; -1: none. When it becomes readable, waiting ends */
        bool died; /* it did; set by sync_send and sync_recv */
};

/* now + ms. Errors: clock_gettime's. */
int sync_deadline_in(const struct sys *sys, long ms, struct timespec *ret_deadline, struct err *err);

/* How long until the deadline; -ETIMEDOUT when it has passed, or another error of clock_gettime(2). */
int sync_time_left(const struct sys *sys, const struct timespec *deadline, struct timespec *ret_left, struct err *err);

/*
 * Sends one message with nfds (= sync_msg_fds) fds, which stay the caller's. 0, or: -EINVAL, -EMSGSIZE (see sync_encode;
 * a fifo takes no more than PIPE_BUF and no fds), -ENOMEM (CONFIG only: the others need no memory), -ETIMEDOUT, -EPIPE or
 * -ECONNRESET (nobody listens), other errors of sendmsg(2), write(2).
 */
int sync_send(const struct sys *sys, struct sync_channel *ch, const struct sync_msg *msg, const int *fds,
              size_t nfds, const struct timespec *deadline, struct err *err);

/* A message and what it owns. */
struct sync_received {
        struct sync_msg msg; /* borrows from payload */
        void *payload;       /* sys->op->free; may be NULL */
        int fds[LIMIT_SYNC_FDS]; /* CLOEXEC; -1 past nfds and where stolen */
        size_t nfds;
};
#define SYNC_RECEIVED_INIT ((struct sync_received){.nfds = 0})

/* Frees the memory, closes the fds that are still there (>= 0). NULL-safe, may be repeated. */
void sync_received_free(const struct sys *sys, struct sync_received *r);

/*
 * Receives one message. 1: *ret is the caller's (sync_received_free). 0: EOF between two frames, or the peer died
 * and nothing more of it is there. Errors: -ETIMEDOUT, those of sync_decoder_feed and sync_decoder_message, -EPROTO
 * (EOF inside a frame; more or fewer fds than the type has, or not with its first byte: none of them stays open),
 * -ENOMEM, -EINVAL..., of recvmsg(2), read(2). After an error the channel is of no more use.
 */
int sync_recv(const struct sys *sys, struct sync_channel *ch, const struct timespec *deadline,
              struct sync_received *ret, struct err *err);

/* ------------------------------------------------- the parent ------------------------------------------------- */

typedef void sync_log_fn(void *ctx, enum sync_log_level level, const char *text);

/*
 * Does what init asks for. *fd is the fd that came (-1: none), closed afterwards unless it is taken out (set to -1). It may
 * take its time: the handshake's deadline moves by as much. After an error, which *err tells, the handshake has failed.
 */
typedef int sync_ask_fn(void *ctx, const struct sync_ask *ask, int *fd, struct err *err);

struct sync_parent {
        int socket;                 /* borrowed. The caller has closed its copy of init's end: else EOF never comes */
        int pidfd;                  /* of init; -1: only EOF and the deadline end the wait */
        const struct sync_config *config;
        int exec_fifo, error_fifo;  /* borrowed; opened O_RDWR */
        sync_log_fn *log;           /* may be NULL */
        void *log_ctx;
        sync_ask_fn *ask;           /* NULL: an ASK is an error */
        void *ask_ctx;
        void (*meanwhile)(void *ctx); /* called once CONFIG is out, while init works: for what must not keep it waiting
                                         later. May be NULL */
        void *meanwhile_ctx;
};

/*
 * Once init is spawned and in its cgroups: sends CONFIG, passes LOG on, does each ASK, waits for READY. 0: init waits to be
 * started.
 * On failure *err is init's own, word for word, if it sent one (also if it left one behind and died), else says what went wrong:
 * -ECONNRESET when init ended without a word, -ETIMEDOUT, -EPROTO ... The caller then kills and reaps init.
 */
int sync_parent_handshake(const struct sys *sys, const struct sync_parent *parent,
                          const struct timespec *deadline, struct err *err);

/* ---------------------------------------------------- init ---------------------------------------------------- */

/* Init's side, from its first to its last instruction. The state machine holds callers to the order. */
struct sync_init {
        const struct sys *sys;
        int socket;                /* closed by sync_init_report_ready; then -1 */
        int exec_fifo, error_fifo; /* numbers; -1 until CONFIG came. fds_close_for_exec closes the first */
        bool debug;                /* CONFIG's flag: sync_init_log sends */
        int broken;                /* -errno of a LOG that went out in part or not at all: nothing may follow it */
        struct sync_fsm fsm;
};

/* Takes the socket over. */
void sync_init_begin(struct sync_init *init, const struct sys *sys, int socket);

/*
 * Waits for CONFIG. On success *ret is the caller's; the fifos are taken out of it, into *init. On failure the
 * parent has been told, if it is still there: exit.
 */
int sync_init_receive_config(struct sync_init *init, const struct timespec *deadline,
                             struct sync_received *ret, struct err *err);

/*
 * Before READY: a LOG frame, if CONFIG asked for them; cut to SYNC_LOG_TEXT_MAX, control characters replaced. Waits at most
 * LIMIT_SYNC_LOG_MS for a parent that doesn't read. An error is kept in *init and told by the next call that can fail.
 */
void sync_init_log(struct sync_init *init, enum sync_log_level level, const char *fmt, ...)
        __attribute__((format(printf, 3, 4)));

/*
 * Before READY: has the parent do something (sync_codec.h says what, and in which order), and waits until it has. fd: -1, or
 * what goes with the ASK; it stays the caller's. On failure the parent has been told, if it is still there: exit.
 */
int sync_init_ask(struct sync_init *init, const struct sync_ask *ask, int fd, const struct timespec *deadline,
                  struct err *err);

/* All steps are done: sends READY, closes the socket, in any case. After an error: exit, without execve. */
int sync_init_report_ready(struct sync_init *init, const struct timespec *deadline, struct err *err);

/*
 * Waits, without a bound, for a whole START frame in exec.fifo. Whatever else is written there is skipped; whoever
 * opens and closes it neither starts, spins nor kills init. Errors: those of read(2), ppoll(2).
 */
int sync_init_wait_start(struct sync_init *init, struct err *err);

/* Every fd but error.fifo is closed: says EXECUTING. The next thing is execve. On failure the starter has been told. */
int sync_init_report_executing(struct sync_init *init, const struct timespec *deadline, struct err *err);

/*
 * Something failed: sends *failure to the parent (before READY) or into error.fifo (after START, so also when execve
 * answered); to nobody in between, where nobody waits, and never a second time, so it may be called after any failure above.
 * Needs no memory. A failure that has no encoding goes as one that says so. 0 also when there was nobody to tell. Then: exit.
 */
int sync_init_report_error(struct sync_init *init, const struct err *failure,
                           const struct timespec *deadline, struct err *err);

/* --------------------------------------------------- start ---------------------------------------------------- */

struct sync_starter {
        int exec_fifo;  /* borrowed; O_WRONLY | O_NONBLOCK, opened after error_fifo (ENXIO: no init waits) */
        int error_fifo; /* borrowed; O_RDONLY | O_NONBLOCK */
        int pidfd;      /* of init, opened before START; required: a fifo without a writer is no EOF */
};

/*
 * Writes START and waits for the outcome. 0: EXECUTING came, then EOF, so init executed the payload *or was killed*:
 * the caller looks at PF_FORKNOEXEC. On failure *err is init's own if it sent one (execve's error, above all);
 * else -ECONNRESET (init ended before EXECUTING), -EPIPE (nobody waited for START), -ETIMEDOUT, -EPROTO.
 * Only one starter at a time may read error.fifo: hold the container's lock. SIGPIPE must be ignored.
 */
int sync_start(const struct sys *sys, const struct sync_starter *starter, const struct timespec *deadline,
               struct err *err);
