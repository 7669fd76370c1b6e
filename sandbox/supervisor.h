/*
 * The supervisor of one run: pid 1 of its pid namespace, in private surroundings, it makes bundle and world, calls the
 * runtime, reads what comes and writes down what it sees. It never judges. Whatever it leaves dies with its namespaces.
 */
#pragma once

#include "sandbox/observation.h"
#include "sandbox/runtime.h"
#include "sandbox/scenario.h"

struct supervisor_job {
        const struct scenario *s;
        const struct runtime *runtime;
        const void *observer; /* the program's bytes */
        size_t observer_len;
        unsigned timeout_ms; /* of the whole run */
        int keep_fd;         /* -1, or a folder to which config.json and the observer's report are copied */
};

/* Runs it; o lies in memory shared with the executor. Never fails: trouble is written down. */
void supervisor_run(const struct supervisor_job *job, struct observation *o);
