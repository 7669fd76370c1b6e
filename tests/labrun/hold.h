/*
 * A real init, held before the system calls that a test names: by ptrace(2), without a hook in labrun. Only
 * for root: init is not dumpable, so that nobody else could look at it.
 */
#pragma once

#include "tests/labrun/fixture.h"

struct hold {
        pid_t labrun; /* `labrun run`, `create` or `exec` */
        pid_t pid;    /* init's, as this process counts; -1: none, or gone */
        bool entered; /* it is stopped at the entry of a system call */
        bool execed;  /* its execve has succeeded */
};

/* Whether this machine's registers are known; else a test says "skip". */
bool hold_can(void);

/* A lab_before_exec function's last act: stops. */
void hold_wait(void);

/* Until labrun, of lab_spawn with a before_exec that ends in hold_wait, is there. */
void hold_stopped(pid_t labrun);

/*
 * Lets it go on from there. Traces it, behind the helpers that it makes first, up to the nth process (from 1)
 * that it and its children make, which is left held at its birth; the others are let go.
 */
void hold_begin(struct hold *h, pid_t labrun, int helpers, int nth);

/*
 * Until the entry of the next such system call. execve twice: until the first one after it. False: it never
 * came, before the end or the execve.
 */
bool hold_until(struct hold *h, long number);

/* What the held process gets for a system call of ours, in place of its own, which it makes afterwards.
 * -errno. */
long hold_call(struct hold *h, long number, long a, long b, long c);
/* prctl(2) with the address of an int that the call writes: that int, or -errno. */
long hold_call_int(struct hold *h, long number, long a);

/* Lets it go on, untraced. */
void hold_end(struct hold *h);
