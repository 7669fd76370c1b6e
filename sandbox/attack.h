/*
 * The steps of the observer that attack a runtime's binary: who is attacked, and when; exe_attack.h has the ways. Each
 * takes hold of /proc/PID/exe by an O_PATH fd, attacks while the process runs (which is when a file can't be opened for
 * writing: ETXTBSY), and again through the same fd when it runs no more, as CVE-2019-5736 did. Results: the bits of the
 * ways that succeeded, -errno if nothing could be attacked.
 */
#pragma once

#include <stdint.h>

/*
 * WHOM of "attack:WHOM":
 * parent   the process that started us, in whatever procfs is mounted; then it is killed. If we are no payload but what
 *          exec runs, the result goes to BUNDLE_ATTACKS.
 * exec     every other program that shows up in our pid namespace; at most ATTACK_BOUND_MS are waited for the first
 * create   every other program that is there when BUNDLE_HELD is
 * behind:NAME:FILE   of a hook: its parent, whose end a process that is left behind waits for. Two lines for FILE:
 *          "NAME now RESULT" and "NAME later RESULT"
 */
int64_t attack_step(const char *whom);

/* Until that file is there (mark makes it) or BUNDLE_ATTACKS has so many lines: 0, -ETIMEDOUT after ATTACK_BOUND_MS. */
int64_t attack_until(const char *path);
int64_t attack_mark(const char *path);
int64_t attack_await(int lines);

/* Are results told in BUNDLE_ATTACKS, not in a payload's report? */
void attack_tell(void);

#define ATTACK_BOUND_MS 5000
