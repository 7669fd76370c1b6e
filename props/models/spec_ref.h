/*
 * A second opinion on config.json: what jansson's own reader makes of it, and the types of the
 * runtime-spec 1.2 written down a second time as a list of pointers. Shares no code and no table with
 * core/config.
 */
#pragma once

#include <jansson.h>

#include "core/config/config.h"
#include "props/pt.h"

struct spec_ref {
        json_t *root; /* NULL: no JSON object. Freed at the end of the case. */
        /* Integers beyond int64, which jansson can't hold: reals 1000.25, 1001.25 ... in the tree stand for
         * them. */
        struct spec_token {
                const char *p;
                size_t n;
        } * big;
        size_t nbig;
        /* Upper bounds, from brackets, commas and quotes alone. */
        size_t depth, commas, longest_string;
};

/* text must live until the end of the case. */
const struct spec_ref *spec_ref_read(pt *t, const char *text, size_t len);

/* 0, EINVAL (no integer) or ERANGE (beyond uint64 and int64). */
int spec_ref_integer(const struct spec_ref *ref, const json_t *value, bool *ret_negative,
                     uint64_t *ret_magnitude);

/* Fails the case unless the parser's verdict (place and errnum of its error; NULL: accepted) is right. */
void spec_schema_judge(pt *t, const struct spec_ref *ref, const char *place, int errnum);

/* Whether the pointer names a value or a missing member of one. Pointers that err_set changed count as good.
 */
bool spec_ref_resolves(const struct spec_ref *ref, const char *pointer);

/* Fails the case unless the config has what the document has. */
void spec_compare(pt *t, const struct spec_ref *ref, const struct config *config);
