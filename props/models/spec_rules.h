/*
 * The runtime-spec 1.2 written down a second time, as a list of pointers with their types. Shares no table with
 * core/config: what that parses, and what a document has to be, are told by two independent lists.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum spec_kind {
        SPEC_STR,
        SPEC_BOOLEAN,
        SPEC_I32,
        SPEC_I64,
        SPEC_U16,
        SPEC_U32,
        SPEC_U64,
        SPEC_ARR,
        SPEC_OBJ,
        SPEC_NS_TYPE,     /* a string, one of the eight namespaces */
        SPEC_DEVICE_TYPE, /* a string: c, b, u, p */
        SPEC_RULE_TYPE    /* a string: a, c, b, or empty */
};

struct spec_rule {
        const char *pattern; /* a pointer; "*": every item or member */
        enum spec_kind kind;
        bool required; /* where the object that it belongs to is there */
};

/* An object's or array's rule comes before those of what is in it. */
const struct spec_rule *spec_rules(size_t *ret_n);
