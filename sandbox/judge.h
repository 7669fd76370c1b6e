/*
 * The verdicts on one run. Pure: a scenario and what was seen go in, verdicts come out; no clock, no file, no kernel.
 *
 * Only rules whose basis is the specification or a man page accuse a runtime that is not ours; where a rule of ours
 * is broken by another runtime the verdict is VERDICT_DIFFERS, no violation. A clean refusal (one error, non-zero
 * exit, nothing left) is no violation either, except by ours in a scenario that does not allow it.
 */
#pragma once

#include <stdbool.h>

#include "sandbox/invariants.h"
#include "sandbox/observation.h"
#include "sandbox/scenario.h"

enum verdict_kind {
        VERDICT_UNSEEN,  /* not observable in this run */
        VERDICT_OK,
        VERDICT_DIFFERS, /* from our rule; no violation */
        VERDICT_REFUSED, /* the runtime refused cleanly */
        VERDICT_KNOWN,   /* a violation listed in known.json; the judge never says it */
        VERDICT_FAIL,
};

struct verdict {
        enum verdict_kind kind;
        char evidence[512]; /* "" for OK and most UNSEEN */
};

/* ours: the runtime is labrun. report: of obs_report_parse. Fills out[0..INV__COUNT-1]. */
void judge_run(const struct scenario *s, const struct observation *o, const struct obs_report *report, bool ours,
               struct verdict out[INV__COUNT]);

/* The number of errors in a runtime's stderr or log: lines that are not empty and not of level warning, info, debug. */
unsigned judge_count_errors(const char *text);
