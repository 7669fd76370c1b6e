/* From a case that failed to what is kept of it: saved as it is, made smaller, saved again, told. */
#pragma once

#include "props/runner/run.h"
#include "props/runner/server.h"

struct hunt {
        struct run *run;
        const pt_prop *prop;
        struct server *server;
        const char *from;     /* a line: where the case comes from */
        const uint8_t *bytes; /* the input in byte form, if it was read from a file; else NULL */
        size_t len;
};

/* Saves the failure first, then looks for a smaller one, then prints. Findings met on the way are saved too.
 */
void hunt(struct hunt *hunt, const struct outcome *found);
