/* One saved input: decoded for people, run in a child, judged. */
#pragma once

#include "props/runner/finding_text.h"

enum replay_verdict { REPLAY_PASS, REPLAY_DISCARD, REPLAY_FAIL, REPLAY_CRASH, REPLAY_HANG, REPLAY_UNABLE };

/*
 * Prints the input's draws and notes, how many choices it makes (what is drawn beyond its end is 0) and,
 * last, a line with the verdict. The child's death is a verdict, not the caller's. timeout_ms 0: none.
 */
enum replay_verdict replay_input(const pt_prop *prop, const uint8_t *data, size_t len, unsigned timeout_ms);

/* The same for a finding's text; draws that the property no longer makes, or makes in addition, are told of.
 */
enum replay_verdict replay_saved(const pt_prop *prop, const struct saved *saved, unsigned timeout_ms);
