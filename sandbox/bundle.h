/*
 * The bundle of a scenario: config.json, and a root file system with the observer (or the bad executable) in it.
 */
#pragma once

#include <stddef.h>

#include "sandbox/scenario.h"

struct err;

#define BUNDLE_OBSERVER "/observer"
#define BUNDLE_REPORT "/observation/report" /* in the root file system: what the observer writes */
#define BUNDLE_ATTACKS "/observation/attacks" /* what hooks and executed processes tell of their attacks, a line each */
#define BUNDLE_HELD "/observation/held"     /* is there when a second container's create waits to be attacked ... */
#define BUNDLE_GO "/observation/go"         /* ... and goes on when this is there; or nobody will come any more */
#define BUNDLE_HOOKS "/observation/hooks"   /* what hooks report of themselves ("report:KIND:FILE"), a line each */
#define BUNDLE_HOOK "hook"                  /* the observer's first argument, if it is no payload */
#define BUNDLE_NO_PROC (-10000)             /* the observer's oom_score_adj without /proc */

/* process.args of the scenario. */
struct bundle_argv {
        char item[SCENARIO_LIST * 4][SCENARIO_TEXT];
        size_t n;
};

/* Pure. */
void bundle_argv(const struct scenario *s, struct bundle_argv *ret);

/*
 * config.json as text; *ret_text is owned by the caller (free). Pure. cgroup: linux.cgroupsPath.
 * Errors: -EINVAL for an unknown capability or limit name (place: the scenario's pointer), -ENOMEM.
 */
int bundle_config(const struct scenario *s, const char *cgroup, char **ret_text, struct err *err);

/* Makes dir (which must not exist) with config.json and rootfs; the observer's program is observer[0..n-1]. */
int bundle_make(const struct scenario *s, const char *dir, const char *cgroup, const void *observer, size_t n,
                struct err *err);
