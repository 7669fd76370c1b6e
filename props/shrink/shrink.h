/*
 * The smallest case that fails in the same way. Cases are ordered by shortlex on the choices that they
 * consume: fewer first, then the smaller one where they first differ; of PT_TEXT properties the shorter
 * document goes before all.
 *
 * Works on what a run really drew, never on what was asked for: a candidate may be nonsense, the trace of its
 * run is not. The signature of the failure has to stay; candidates that fail with another are told of, they
 * are findings of their own. Deterministic: the same trace and answers give the same result.
 */
#pragma once

#include "props/trace.h"

struct shrink_answer {
        uint64_t signature;           /* 0: it does not fail */
        const struct pt_trace *trace; /* of the run; valid until the next one */
};

struct shrink {
        /* Runs a case. False: no more can be run, shrinking ends with what there is. */
        bool (*run)(void *ctx, const struct pt_step *steps, size_t n, const uint8_t *text, size_t text_len,
                    struct shrink_answer *ret_answer);
        /* Told of each run that failed with another signature; NULL: not wanted. */
        void (*met)(void *ctx, const struct shrink_answer *answer);
        void *ctx;
        uint64_t signature;
        size_t max_runs; /* 0: SHRINK_RUNS */
        bool trimmed; /* zeros at the end do not count: what is drawn past the end of an input is 0 anyway */
        /* out */
        struct pt_trace *best; /* smallest so far; the caller frees it by free() */
        size_t runs;           /* made */
        size_t cached;         /* not made: tried before */
        bool whole;            /* ended because nothing smaller was found, not for want of runs */
};

#define SHRINK_RUNS 16384u

/* From a trace that fails, which isn't run again. 0 or -ENOMEM. */
int shrink(struct shrink *s, const struct pt_trace *from);

/* Is a before b in the order (of struct shrink's trimmed)? */
bool shrink_less(const struct pt_trace *a, const struct pt_trace *b, bool trimmed);

/* Copies what is used of a trace. */
void pt_trace_copy(struct pt_trace *to, const struct pt_trace *from);
