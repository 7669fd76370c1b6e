/*
 * The foreground's terminal: bytes between the caller's standard streams and the pty's master.
 *
 * The caller's terminal becomes raw, wholly (no output processing either), and the pty keeps its line
 * discipline: so each byte is processed once, by the pty, as the payload sets it. What the payload reads and
 * writes is what it would on the caller's terminal; a pipe on standard output gets "\r\n" where the pty says
 * so. (runc moves the output processing to the caller's terminal, and refuses to run without one.)
 *
 * Standard input that is no terminal, at its end: the pty gets its VEOF character, and again from time to
 * time, for whoever reads a pipe or file sees its end each time; not while the pty would echo it as text.
 * (runc sends none, and waits for ever.)
 *
 * Nothing blocks: streams that are terminals or pipes are opened again, non-blocking, for the caller's own
 * description is shared with others. Where that is forbidden (a terminal of another user) a stopped terminal
 * blocks us.
 */
#pragma once

#include <asm/termios.h>
#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct err;
struct fds_inventory;
struct sys;

#define RELAY_BUFFER 16384u
#define RELAY_POLLFDS 3

/* Bytes on their way: data[from..to). */
struct relay_buffer {
        size_t from, to;
        char data[RELAY_BUFFER];
};

struct relay_stream {
        int fd;      /* ours; -1: none, or at its end */
        bool socket; /* recvmsg, sendmsg: MSG_DONTWAIT is the only way not to block */
};

struct relay {
        const struct sys *sys;
        int master; /* ours, non-blocking; -1: hung up */
        struct relay_stream in, out;
        int raw_fd;   /* 0 if that is a terminal; -1 */
        int size_fd;  /* whichever of 0, 1, 2 is a terminal; -1 */
        bool saved;   /* termios must be restored */
        bool resting; /* nobody has the slave open: look again later */
        bool ended;   /* the payload ended: only what it wrote is still to be delivered */
        bool drained; /* and the master has no more of it */
        bool eof; /* of the input: VEOF is sent at eof_at (CLOCK_MONOTONIC, ms), then eof_gap ms later, and so
                     on */
        int eof_gap;
        int64_t eof_at;
        char last_in; /* the last byte that went to the payload */
        struct termios termios;
        struct relay_buffer to_master, to_out;
};

#define RELAY_SCOPED __attribute__((cleanup(relay_end))) struct relay

/*
 * Takes the master over (also on failure), copies the caller's window size to it, and makes the caller's
 * terminal raw. inventory tells which of 0, 1, 2 the caller has; without 0 there is no input, without 1
 * output is thrown away.
 */
int relay_begin(struct relay *r, const struct sys *sys, const struct fds_inventory *inventory, int master,
                struct err *err);

/* SIGWINCH came. */
void relay_resize(struct relay *r);

/* What to wait for. Returns for how many ms at most; -1: for ever. */
int relay_wants(const struct relay *r, struct pollfd p[RELAY_POLLFDS]);

/* Moves what can be moved without waiting. A stream that fails is at its end: one that nobody reads hangs the
 * pty up. */
void relay_move(struct relay *r, const struct pollfd p[RELAY_POLLFDS]);

/* The payload ended. From now on only relay_done counts: relay_move until it is true. */
void relay_payload_ended(struct relay *r);
bool relay_done(const struct relay *r);

/* Restores the caller's terminal, hangs the pty up. NULL-safe, of a zeroed struct too; may be repeated. */
void relay_end(struct relay *r);
