/* Mechanical mutants of a C file: small changes of the kinds that people make by mistake. */
#pragma once

#include <stddef.h>

#include "tests/mutants/tokens.h"

enum mutation {
        MUTATION_CALL,   /* a call whose result nobody uses is deleted; not of assert, which says what can't be */
        MUTATION_NEGATE, /* a condition of if, while or ?: is negated */
        MUTATION_STEP,   /* a number +1 or -1, < for <=, > for >= and back */
        MUTATION_FLAG,   /* one of flags that are or'ed is dropped */
        MUTATION_ERROR,  /* 0 is returned for an error */
        MUTATION_SWAP,   /* neighbours, statements or arguments, change places */
        MUTATION__COUNT
};
extern const char *const mutation_names[MUTATION__COUNT];

/* text[at..at+len) is replaced. As many lines are in the replacement as were there, so that __LINE__ stays. */
struct mutant {
        enum mutation kind;
        size_t at, len, function; /* function: index of a token, or TOKEN_NONE */
        char *with;               /* by malloc */
};

struct mutants {
        struct mutant *item; /* by malloc: mutants_free */
        size_t n;
};

void mutants_of(const struct tokens *t, struct mutants *ret);
void mutants_free(struct mutants *m);
