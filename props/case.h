/* Inside of the property engine: one case while it runs. */
#pragma once

#include <setjmp.h>

#include "props/pt_run.h"

#define PT_DEPTH_MAX 192u /* nested spans; deeper ones are not told apart */

struct pt_block; /* one pt_alloc */
struct pt_deferred;

struct pt {
        const struct pt_exec *exec;
        struct pt_result *result;
        struct pt_trace *trace; /* NULL: none is kept */
        jmp_buf verdict;
        bool judged; /* cleanups run: a verdict now is a mistake of the property */
        struct pt_block *blocks;
        struct pt_deferred *deferred;
        uint64_t draws;
        uint64_t observed;
        const char *name; /* of the next draw */
        unsigned depth;   /* pt_begin's that are open */
        unsigned open;    /* spans that are, and what they are: indices into the trace */
        uint32_t span[PT_DEPTH_MAX];
        uint8_t *held; /* points that held in this case; NULL: none yet */
};

/*
 * Spans as they are open: each is known by its depth. Only to be called if there is a trace, or a source that
 * wants to know. Opens one of a kind of props/trace.h, of min..max items if it is a list, and returns its
 * depth.
 */
uint32_t pt_span_open(pt *t, unsigned kind, const char *label, uint64_t min, uint64_t max);
void pt_span_begins(pt *t, uint32_t depth, uint32_t begin); /* it began before it was opened */
void pt_span_count(pt *t, uint32_t depth, uint32_t count);
void pt_span_close(pt *t, uint32_t depth);    /* and all that is open in it */
void pt_span_close_in(pt *t, uint32_t depth); /* only that */

/* A value of lo..hi from a choice, the nearest to 0 first. */
int64_t pt_unfold(uint64_t v, int64_t lo, int64_t hi);

/* The bytes of a choice in the byte form, at most 9. */
size_t pt_digits(uint8_t *buf, uint64_t v, uint64_t max, bool knobs);

/* For exec->say only. */
void pt_say(pt *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void pt_say_bytes(pt *t, const uint8_t *p, size_t n);
