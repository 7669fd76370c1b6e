/*
 * What became of a case, and the signature of its failure: two failures with the same one are taken for the
 * same bug.
 */
#pragma once

#include "props/pt_run.h"
#include "props/trace.h"

enum outcome_end {
        OUTCOME_PASS,
        OUTCOME_DISCARD,
        OUTCOME_FAIL,     /* the property's verdict: outcome.result */
        OUTCOME_CRASH,    /* outcome.signal or outcome.status */
        OUTCOME_HANG,     /* more draws than PT_STEPS_MAX, more processor time than the bound, or asleep four
                             times that */
        OUTCOME_LEAK,     /* by LeakSanitizer */
        OUTCOME_UNSTABLE, /* run twice, it did two things */
        OUTCOME_INTERRUPTED, /* tool_interrupted */
        OUTCOME_UNABLE,      /* outcome.result.msg says why */
};

#define SIGNATURE_MAX 160u

struct signature {
        char kind[40];            /* "failed", "hang", "assert", "heap-buffer-overflow", "signal-11", ... */
        char site[96];            /* FILE:LINE, or a place in the program; "" if there is none */
        char name[SIGNATURE_MAX]; /* both, as the name of a folder */
};

struct outcome {
        enum outcome_end end;
        struct pt_result result;
        const struct pt_trace *trace; /* of the case; valid until the next one */
        int signal, status;           /* of a child that died */
        uint64_t hash;                /* of all that it did; of a case that came to its end */
        struct signature signature;   /* if outcome_fails */
};

bool outcome_fails(const struct outcome *o);

/* From the verdict, the wait status and what the child said on standard error; crash: FILE+OFFSET of a
 * signal, or "". */
void signature_make(struct outcome *o, const char *report, const char *crash);

/* One line for people. */
void outcome_describe(const struct outcome *o, char *buf, size_t size);
