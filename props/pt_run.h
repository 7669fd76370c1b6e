/*
 * The runners' side of the property engine: the registry, sources of choices, and the execution of one case.
 *
 * A source answers draws. There are bytes (fuzzers, replay), a PRNG, and sequences of choices (props/trace.h); others
 * need only a function. Whatever the source, a trace holds what was drawn, ready to be saved, shrunk and replayed.
 */
#pragma once

#include "props/pt.h"

/* What a number is for: a source may prefer some values. The byte form is the same for all. */
enum pt_kind {
        PT_KIND_UNIFORM, /* a coin, a weight, a content byte */
        PT_KIND_VALUE,   /* edges are interesting */
        PT_KIND_COUNT,   /* small ones are cheap, large ones interesting */
};

struct pt_choice;
struct pt_trace;

struct pt_source {
        /* Byte form: a number 0..max; a list is asked for its count. */
        uint64_t (*draw)(struct pt_source *source, uint64_t max, enum pt_kind kind);
        /*
         * Choice form, in place of draw if it is there: the value of a choice whose other fields are set; a list is
         * asked before each item whether there is one. What is larger than max counts as max.
         */
        uint64_t (*choose)(struct pt_source *source, const struct pt_choice *asked);
        /* Told of spans as they begin (by label; lists are "list", "item", "string") and end (NULL); NULL: not wanted. */
        void (*span)(struct pt_source *source, const char *label);
        const char *asked; /* while choose is called: the draw's name, or NULL */
        const uint8_t *text; /* the document for a PT_TEXT property; borrowed */
        size_t text_len;
};

struct pt_source_bytes {
        struct pt_source source;
        const uint8_t *at, *end;
        size_t choices; /* draws that took bytes; later ones, and those from 0..0, take none */
};

struct pt_source_prng {
        struct pt_source source;
        uint64_t state[4];
        uint32_t left; /* draws that are still random */
};

/* data is borrowed for as long as the source is used. */
void pt_source_bytes_init(struct pt_source_bytes *s, const pt_prop *prop, const uint8_t *data, size_t len);

/* Deterministic in (seed, prop->name, number). The caller sets s->source.text for a PT_TEXT property. */
void pt_source_prng_init(struct pt_source_prng *s, const pt_prop *prop, uint64_t seed, uint64_t number);
uint64_t pt_prng_next(struct pt_source_prng *s);

enum pt_verdict { PT_VERDICT_PASS, PT_VERDICT_DISCARD, PT_VERDICT_FAIL };

struct pt_result {
        enum pt_verdict verdict;
        const char *file; /* of the assertion; NULL unless it failed */
        int line;
        char msg[1024]; /* one line: why it failed or was discarded */
        uint64_t draws;
        bool hung; /* it failed by drawing more than PT_STEPS_MAX times */
};

struct pt_exec {
        const pt_prop *prop;
        struct pt_source *source;
        struct pt_trace *trace;   /* NULL: none */
        uint32_t *counts;         /* pt_point_count() counters of cases in which a point held; NULL: none */
        /* Told every named draw and note as it comes, for replay; NULL: nothing is formatted. */
        void (*say)(void *ctx, unsigned depth, const char *line);
        void *say_ctx;
};

/* Once per process before any case: makes jansson's hashing, and with it every path, the same in each run. */
void pt_setup(void);

enum pt_verdict pt_execute(const struct pt_exec *exec, struct pt_result *ret_result);

/*
 * For fuzz engines: runs one input; a failed property prints "initlab: property NAME failed at FILE:LINE:
 * MESSAGE" on stderr and aborts, which is what engines see. Returns 0, or 1 for a discarded case.
 */
int pt_one_input(const pt_prop *prop, const uint8_t *data, size_t len);

/* From here on it prints "hash N" for each input on stderr: of all that the case drew and did, the same in each build. */
void pt_print_hashes(void);

/* --- registry: everything that PT_PROPERTY and the points put into the program --- */
size_t pt_prop_count(void);
const pt_prop *pt_prop_at(size_t i);           /* sorted by name */
const pt_prop *pt_prop_find(const char *name); /* NULL: none */
size_t pt_point_count(void);
const pt_point *pt_point_at(size_t i);
/* The property to which a point belongs; NULL: to all. */
const pt_prop *pt_point_owner(const pt_point *point);
