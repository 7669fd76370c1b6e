/*
 * Documents made from the rules of props/models/spec_rules.h: a field that is added there is in them without
 * anybody's doing.
 */
#pragma once

#include <stddef.h>

#include "props/models/spec_rules.h"

struct made {
        char *text;         /* by malloc */
        char pointer[128];  /* JSON pointer of the field in it: the rule's pattern with "0" and a key for each "*" */
        bool item;          /* it is one of a list */
        size_t value_at;    /* where its value begins in text, in bytes */
};

/*
 * The smallest object that has the rule's field, with all that is required beside it and on the way to it, on one
 * line. The field's value is raw, any text; NULL: the field is not there (its object is).
 */
struct made made_config(const struct spec_rule *rule, const char *raw);

/* A value that the parser takes for the field, made as above of what is required in it. By malloc. */
char *made_value(const struct spec_rule *rule);
