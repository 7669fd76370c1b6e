/*
 * The real kernel, but the n-th call of the operations that building a root file system, or sealing, is made of fails.
 * Count up n until nothing fails any more, and every single failure has been seen.
 */
#pragma once

#include "core/sys.h"

struct failing_sys {
        struct sys sys; /* hand this over */
        struct sys_ops ops;
        int at;         /* 1 = the first call; 0 = none */
        int errnum;     /* positive */
        int calls;      /* so far; >= at: it has fired */
        const char *op; /* the operation that failed, for messages */
};

void failing_sys_init(struct failing_sys *f, int at, int errnum);
