/* A terminal as a login has it: a pty whose slave is the controlling terminal of the runtime that runs on it.
 */
#pragma once

#include <termios.h>

#include "tests/labrun/fixture.h"

struct term {
        int master, slave; /* slave: to look at, it is nobody's controlling terminal here */
        char name[64];
        struct termios before;
        char out[65536]; /* what came, NUL-terminated; the end of it if it is more */
        size_t n;
};

void term_open(struct term *t, unsigned short rows, unsigned short cols);
void term_close(struct term *t);

/* A lab_before_exec function: the pty is 0, 1, 2 and the controlling terminal of a new session. */
void term_login(void *term);

void term_type(struct term *t, const char *text);
void term_resize(struct term *t, unsigned short rows, unsigned short cols);

/* Reads until the text came; false after LAB_BOUND_MS. */
bool term_until(struct term *t, const char *text);

/* Reads until the process ended, then what is left. Its exit code as lab_wait's. */
int term_wait(struct term *t, pid_t pid);

bool term_is_raw(const struct term *t);
/* As it was before. */
bool term_is_restored(const struct term *t);

/* --- an engine that listens at --console-socket --- */

#define TERM_SOCKET 108 /* sun_path */

/* A socket in the lab's folder that anybody may connect to. */
int term_listen(const struct lab *lab, char path[TERM_SOCKET]);
/* The fd that comes next, the caller's; name is what has to come with it, and nothing else. */
int term_take(int listener, const char *name);
/* Everything to the end, which on a pty is EIO. Valid until the next call. */
const char *term_read_all(int master);
