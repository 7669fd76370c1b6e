/*
 * Inside of the shrinker. A pass goes over the best case, makes candidates and offers them; it looks at the
 * best case again after each that was taken. True: something was.
 */
#pragma once

#include "props/shrink/shrink.h"

struct work {
        struct shrink *shrink;
        const struct pt_trace *best; /* = shrink->best */
        struct pt_step *steps;       /* the candidate: PT_TRACE_CHOICES */
        size_t n;
        uint8_t *text;
        size_t text_len;
        int64_t above; /* work_append lowers numbers above it by one; INT64_MAX: none */
        size_t drew;   /* choices that the last run of a candidate consumed */
        bool stop;
        struct cache *cache;
};

/* The candidate becomes the best case. */
void work_begin(struct work *w);
/* ...without choices from..to-1. */
void work_without(struct work *w, size_t from, size_t to);
void work_append(struct work *w, size_t from, size_t to); /* choices of the best case */
/* Numbers of a choice: false if it is none. */
bool work_number(const struct pt_choice *c, int64_t *ret);
/* Runs the candidate; true: it is the best now. */
bool work_try(struct work *w);

bool pass_items(struct work *w);      /* takes items out of lists */
bool pass_spans(struct work *w);      /* takes whole spans out */
bool pass_hoist(struct work *w);      /* a span in place of one around it with its label */
bool pass_references(struct work *w); /* takes an item out, and what refers to later ones by number follows */
bool pass_both(struct work *w);       /* takes an item out of each of two lists */
bool pass_chunks(struct work *w);     /* takes choices out, wherever they stand */
bool pass_sizes(struct work *w);      /* lowers a number and takes out what it may count */
bool pass_zero(struct work *w);       /* spans and ranges of zeros */
bool pass_lower(struct work *w);      /* each choice as low as it goes */
bool pass_duplicates(struct work *w); /* equal ones together */
bool pass_together(struct work *w);   /* two numbers by the same amount */
bool pass_redistribute(struct work *w); /* from one number to a later one */
bool pass_order(struct work *w);        /* sorts and swaps siblings */
bool pass_pairs(struct work *w);        /* one lower, another anything */
bool pass_raise(struct work *w);      /* one larger, and less after it */
bool pass_earlier(struct work *w);    /* an earlier one in place of the last */
bool pass_small(struct work *w);        /* all cases of few and small choices */
bool pass_sparse(struct work *w);       /* all cases of which nearly all choices are 0 */
bool pass_text(struct work *w);         /* the document */
