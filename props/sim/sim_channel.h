/*
 * One process's end of a sync channel, as an implementation of `struct sys`: what it reads was written before the
 * run (struct sim_stream), what it writes is kept. Time passes only here; fds that travel are numbers
 * whose opening and closing is counted. Which call is interrupted, shortened or failed is drawn from the case.
 *
 * Known: alloc, free, clock_gettime, ppoll, read, write, recvmsg, sendmsg, close; all else answers -ENOSYS.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/sys.h"
#include "props/pt.h"

#define SIM_STREAM_BYTES 16384u
#define SIM_STREAM_MARKS 16u
#define SIM_STREAM_FRAMES 24u
#define SIM_TOKENS 256u

/* Bytes in flight, and how many fds are attached to the byte at an offset. */
struct sim_stream {
        uint8_t byte[SIM_STREAM_BYTES];
        size_t len;
        struct sim_mark {
                size_t at;
                unsigned fds; /* what the writer attached; may be more than a reader has room for */
        } mark[SIM_STREAM_MARKS];
        size_t marks;
        size_t frame[SIM_STREAM_FRAMES + 1]; /* where each frame begins, and the end */
        size_t frames;
};

/* Appends; false (and nothing is done) when full. */
bool sim_stream_put(struct sim_stream *s, const void *bytes, size_t n);
bool sim_stream_mark(struct sim_stream *s, size_t at, unsigned fds);
unsigned sim_stream_fds_at(const struct sim_stream *s, size_t at); /* attached to that byte */

enum sim_end {
        SIM_END_EOF,     /* the writer closed */
        SIM_END_SILENCE, /* nothing more comes, and no end */
        SIM_END_RESET,   /* a socket whose writer left unread bytes: ECONNRESET once, then EOF */
        SIM_END_DEATH,   /* as silence, but the writer's pidfd becomes readable */
        SIM_END_COUNT
};

struct sim_channel {
        struct sys sys;
        struct sys_ops ops;
        pt *t;
        const struct sim_stream *in;
        size_t at; /* read so far */
        struct sim_stream *out;
        enum sim_end end;
        bool dead;          /* the pidfd is readable from the beginning */
        bool reset_told;
        bool noisy;         /* calls may be interrupted and shortened */
        unsigned noise;     /* how often yet */
        unsigned calls;
        unsigned fail_call; /* this call fails (from 1), whatever it is; 0: none */
        bool late;          /* instead, time jumps beyond every deadline */
        bool fired;
        struct timespec now;
        bool open[SIM_TOKENS]; /* fds that came to this process */
        unsigned tokens, live; /* handed out; still open */
        unsigned blocks;
        const char *violation; /* the first thing that no program may do; NULL */
};

#define SIM_CHANNEL_FD 5    /* the socket or fifo */
#define SIM_CHANNEL_PIDFD 6
#define SIM_CHANNEL_TOKEN 1000 /* the first fd that arrives */
#define SIM_CHANNEL_DEADLINE ((struct timespec){.tv_sec = 1000})

void sim_channel_init(struct sim_channel *c, pt *t, const struct sim_stream *in, struct sim_stream *out);
