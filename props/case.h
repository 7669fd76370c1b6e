/* Inside of the property engine: one case while it runs. */
#pragma once

#include <setjmp.h>

#include "props/pt_run.h"

#define PT_DEPTH_MAX 64u /* nested spans */

struct pt_block; /* one pt_alloc */
struct pt_deferred;

struct pt {
        const struct pt_exec *exec;
        struct pt_result *result;
        jmp_buf verdict;
        bool judged; /* cleanups run: a verdict now is a mistake of the property */
        struct pt_block *blocks;
        struct pt_deferred *deferred;
        uint64_t draws;
        unsigned depth;
        const char *label[PT_DEPTH_MAX];
        uint8_t *held; /* points that held in this case; NULL without counters */
};

/* Appends a draw in the byte form of prop. */
void pt_record_draw(struct pt_record *record, const pt_prop *prop, uint64_t v, uint64_t max);
void pt_record_text(struct pt_record *record, const uint8_t *text, size_t len);
/* A document with a NUL in it needs an end that says so. */
void pt_record_end(struct pt_record *record, const pt_prop *prop, size_t text_len);

/* For exec->say only. */
void pt_say(pt *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void pt_say_bytes(pt *t, const uint8_t *p, size_t n);
