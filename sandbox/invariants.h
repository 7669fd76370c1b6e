/*
 * The catalogue of what must hold on the init path. `initlab invariants` prints it; scenarios, known findings and
 * reports use its ids. Data only.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum invariant_id {
        INV_SYNC_ROUNDTRIP,
        INV_SYNC_ORDER,
        INV_SYNC_BOUNDED,
        INV_ERR_ONE,
        INV_ERR_STATE,
        INV_FD_EXACT,
        INV_FD_HOST,
        INV_OUT_EXACT,
        INV_STDIO_ALIVE,
        INV_ENV_EXACT,
        INV_CWD_INSIDE,
        INV_EXE_SEALED,
        INV_HOST_UNCHANGED,
        INV_LIFE_MODEL,
        INV_CLEAN,
        INV_TIME_BOUND,
        INV_EXIT_CODE,
        INV_NO_CRASH,
        INV_TIMING,
        INV__COUNT
};

/* What a rule rests on. Only the first two accuse a runtime that is not ours. */
enum invariant_basis { BASIS_SPEC, BASIS_MAN, BASIS_RUNC, BASIS_OURS };

struct invariant {
        enum invariant_id number;
        const char *id;
        const char *text;
        const char *oracle;  /* what is compared with what */
        const char *tiers;   /* "1", "2 3" ...: the tiers that can see it */
        bool executor;       /* judged by `initlab check` */
        enum invariant_basis basis;
        const char *source;  /* the basis, cited */
        const char *history; /* what it mirrors; "" if nothing is known */
};

const struct invariant *invariant_get(enum invariant_id number);

/* NULL if there is none of that id. */
const struct invariant *invariant_find(const char *id);

const char *invariant_basis_word(enum invariant_basis basis);
