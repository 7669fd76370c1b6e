/* One input tried on a property, for the search of the smallest that fails. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "props/pt_run.h"

/*
 * The choices of a case: draws from 0..max with max > 0 (a draw from 0..0 chooses nothing), and for a PT_TEXT property
 * the document before them. What is drawn beyond the end is 0, so that zeros at the end are no part of it.
 */
#define TRIAL_CHOICES_MAX 16384u
#define TRIAL_TEXT_MAX (1u << 16)

struct trial_input {
        uint64_t value[TRIAL_CHOICES_MAX];
        size_t n;
        uint8_t text[TRIAL_TEXT_MAX];
        size_t text_len;
};

/* What a run drew. */
struct trial_draws {
        uint64_t value[TRIAL_CHOICES_MAX], max[TRIAL_CHOICES_MAX];
        /* The index that a weighted draw came to: two values that give the same one are the same choice. 0: not weighted */
        uint32_t class[TRIAL_CHOICES_MAX];
        size_t n;
};

/* Signals that a faulty program may end a case with are caught from here on. */
void trial_begin(const pt_prop *prop);

/* True: it fails, by an assertion, by a crash or by not ending. ret_draws may be NULL. */
bool trial_fails(const struct trial_input *input, struct trial_draws *ret_draws);

/* The same for a random case. */
bool trial_random_fails(uint64_t number, struct trial_draws *ret_draws);

/* The same for an input in its byte form, at most TRIAL_TEXT_MAX bytes; ret_input: what was drawn from it. */
bool trial_bytes_fail(const uint8_t *data, size_t len, struct trial_input *ret_input);

/* How many cases have run. */
extern uint64_t trial_count;
