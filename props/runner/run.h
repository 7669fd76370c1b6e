/* `initlab prop run`: what is saved, then the corpora, then random cases of each property. */
#pragma once

#include "props/runner/outcome.h"
#include "props/tool/tool.h"

struct run {
        const struct tool *tool;
        struct tool_names chosen; /* empty: all */
        const char *cases;        /* NULL: the property's own number */
        uint64_t seed;
        uint64_t shrinks;      /* runs that the shrinker may make; 0: it doesn't shrink */
        char corpus[PATH_MAX]; /* "": none */
        uint32_t *counts;      /* of this property */
        uint32_t *total;       /* of all */
        uint64_t total_cases;
        int status;
};

/* Runs those that are chosen; the exit status. */
int run_all(struct run *run);

/* The property of that name; ends the program if there is none. */
const pt_prop *run_find(const struct tool *tool, const char *name);

unsigned run_timeout(const pt_prop *prop);
