/*
 * A system that has memory and nothing else, counted, in which allocations fail as one likes: core's by the seam,
 * jansson's by its process-wide hooks.
 */
#pragma once

#include <jansson.h>

#include "core/sys.h"
#include "props/pt.h"

/* Zero-initialise, then set fail_at and for_good. */
struct sim_memory {
        uint64_t calls, fail_at; /* the fail_at-th allocation fails, from 1; 0: none */
        bool for_good;           /* and all later ones */
        long live;               /* allocations that were not freed */
        json_malloc_t old_malloc;
        json_free_t old_free;
};

/* Lives until the end of the case. Its memory is that of sim_memory_use. */
const struct sys *sim_memory_sys(pt *t);

/* jansson allocates here until the end of the case; m holds the hooks that it had before. */
void sim_memory_begin(pt *t, struct sim_memory *m);

/* Whose calls are counted and failed from here on; NULL: nobody's, allocation is malloc(3)'s. */
void sim_memory_use(struct sim_memory *m);
