/*
 * The open files that a runtime finds at its entry, and the far ends of them: what is written to its stdin, what is read from
 * its stdout and stderr, by whom and how fast. Lives in the supervisor.
 *
 * Each open file is marked by F_SETSIG (a number of its own, a property of the open file description that every
 * duplicate shares and no reopened one has), so that the payload can prove which open file it got.
 */
#pragma once

#include <poll.h>
#include <termios.h>

#include "sandbox/observation.h"
#include "sandbox/scenario.h"

#define WORLD_STREAM_MAX (SCENARIO_BYTES_MAX + (1u << 20)) /* more is not kept: the difference has been seen */

struct world_reader {
        int fd; /* -1: none, or at EOF */
        bool attached, eof;
        unsigned char *buf; /* by malloc */
        size_t n, size;
        int64_t eof_ms, next_ms; /* next_ms: a slow reader's next turn */
};

struct world {
        const struct scenario *s;
        bool hungry;            /* what goes to stdin may go: at once, or (terminal) when the payload says that it is raw */
        int tty;               /* the payload's terminal, as long as the world lives; -1: none */
        struct termios cooked; /* its settings, if it is ours and the runtime relays */
        int near[SCENARIO_FD_MAX]; /* the runtime's ends, numbers >= 100; -1: closed */
        int far[SCENARIO_FD_MAX];  /* ours; -1: none */
        int watch[SCENARIO_FD_MAX]; /* O_PATH to the near ends, which keeps none of them open; -1: none */
        size_t in_done;            /* bytes written to stdin */
        struct world_reader reader[3]; /* [0]: of the terminal that exec made */
};

/* Makes all; files lie in dir. Fills made[]. 0 or -errno. */
int world_make(const struct scenario *s, const char *dir, struct world *w, struct obs_fd made[SCENARIO_FD_MAX]);

/* In the child: puts the near ends at their numbers, closes the rest of 0..63; the others are CLOEXEC. 0 or -errno. */
int world_enter(const struct world *w);

/* Owner and mode of each open file into owner[..].uid[when] and so on. */
void world_owners(const struct world *w, struct obs_owner owner[SCENARIO_FD_MAX], int when);

/* Closes the near ends: from now on only the runtime and what it starts has them. */
void world_close_near(struct world *w);

/* A terminal that the runtime relays: the runtime gets the slave. In the child, it becomes the controlling one. 0 or -errno. */
int world_pty_make(struct world *w);
int world_pty_control(void);

/* A terminal's master that came from the runtime: number 1 is the payload's, 0 what exec made. fd is the world's from now on. */
void world_pty_take(struct world *w, int number, int fd);

/* Has the relayed terminal other settings than when it was made? */
bool world_pty_changed(const struct world *w);

/* Does the relayed terminal still echo what is typed? */
bool world_pty_echoes(const struct world *w);

/* Gives the payload's terminal its later size. */
void world_pty_resize(struct world *w);

/*
 * Takes away the CRs before an LF: one that the line discipline of the container's terminal adds, and one of ours, as long as a
 * runtime that relays has not made it raw. Returns the number left. Pure.
 */
size_t world_pty_narrow(unsigned char *buf, size_t n);

/* Starts number's reader on far[number]. */
void world_start_reader(struct world *w, int number);

/* Adds what the world waits for to p (room for 5). Returns the number added; *timeout (ms) is lowered for slow readers. */
size_t world_poll(const struct world *w, struct pollfd *p, int *timeout, int64_t now_ms);

/* Moves bytes where that is possible without blocking. True if any moved or an EOF came. */
bool world_pump(struct world *w, int64_t now_ms);

void world_attach(struct world *w, enum scenario_attach when);

/* True if every pipe and socket has seen its EOF. */
bool world_at_eof(const struct world *w);

/* Reads the files, and compares each stream with what was to come. 0 or -errno. */
int world_judge_streams(struct world *w, const char *dir, struct obs_stream stream[3]);
