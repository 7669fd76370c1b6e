/* What the observer knows of, and does to, the terminal on its fds 0 to 2. */
#pragma once

#include <stdint.h>

#include "sandbox/observation.h"

/* See enum obs_tty. Opens nothing. */
void tty_look(int ret[OBS_TTY__COUNT]);

/* As cfmakeraw(3) has it. 0 or -errno. */
int64_t tty_raw(void);

/* Waits until the size is another than tty_look saw: rows << 16 | columns, or -ETIMEDOUT. */
int64_t tty_resized(void);

/* Writes to 1 until nothing has fitted for a while: the bytes, or -errno. */
int64_t tty_flood(void);
