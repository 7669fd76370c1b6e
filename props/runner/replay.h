/* One saved input: decoded for people, run in a child, judged. */
#pragma once

#include "props/pt_run.h"

enum replay_verdict { REPLAY_PASS, REPLAY_DISCARD, REPLAY_FAIL, REPLAY_CRASH, REPLAY_HANG, REPLAY_UNABLE };

/*
 * Prints the input's draws and notes, how many choices it makes (what is drawn beyond its end is 0) and, last,
 * a line with the verdict. The child's death is a verdict, not the caller's. timeout_ms 0: none.
 */
enum replay_verdict replay_input(const pt_prop *prop, const uint8_t *data, size_t len, unsigned timeout_ms);
