/*
 * Capabilities of the payload, capabilities(7). Two halves, because the identity changes between them.
 *
 * What is configured is what the payload gets, each of the five sets exactly: inheritable too, which runtimes
 * used to fill on their own, so that files with inheritable capabilities gave them to everybody
 * (CVE-2022-29162, CVE-2022-27650).
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "core/sync/sync.h"

struct config;
struct err;
struct sys;

/*
 * Tells, one warning for a set, which names will be left out because libcap, the kernel or labrun itself lacks
 * them. config.md: "MUST be logged as a warning", and no reason to fail. In the parent, which has the log.
 */
int caps_warn(const struct sys *sys, const struct config *config, sync_log_fn *log, void *ctx,
              struct err *err);

/* Before the identity changes: drops from the bounding set what is not configured, and keeps permitted over
 * setresuid(2), which empties effective. Errors: -EPERM (something is to be dropped, CAP_SETPCAP lacks). */
int caps_bound(const struct sys *sys, const struct config *config, struct err *err);

/* Whether the caller has this one now, in its user namespace. cap: 0..63. */
bool caps_effective(const struct sys *sys, int cap);

/* After it, for seccomp(2): all that is permitted becomes effective again. Errors: capget's, capset's. */
int caps_raise(const struct sys *sys, struct err *err);

/*
 * After it: effective, permitted, inheritable, then ambient (Linux 4.3; needs both of the latter). What can't be had is left
 * out, caps_warn has told. The three are read back: a seccomp filter may refuse capset(2) and call it success.
 * Errors: -EPERM with the pointer of an ambient one that the config itself does not permit or inherit.
 */
int caps_apply(const struct sys *sys, const struct config *config, struct err *err);
