/*
 * What `initlab check` says: a table (invariants down, runtimes across), a line for each violation, the skips; and the
 * same as JSON:
 *
 * { "version": 1, "program": "initlab check", "program_version": "0.1.0",
 *   "runtimes": [{"name": "runc", "version": "1.1.5+ds1", "path": "/usr/bin/runc", "present": true, "skip": null}],
 *   "table": {"OUT-EXACT": {"runc": "ok"}},      the cells as printed; runtimes by label (below)
 *   "runs": [{"scenario": "stdio-pipe-run", "runtime": "runc", "ms": 60, "trouble": null,
 *             "verdicts": {"OUT-EXACT": {"verdict": "ok", "evidence": null}}}],
 *   "skips": [{"what": "labrun", "reason": "not installed"}],
 *   "exit": 0 }
 *
 * verdict: unseen, ok, differs, refused, known, fail. A label is the name, with #2, #3 ... for a second one of that name.
 * Readers must ignore unknown keys; a change of meaning raises the version.
 */
#pragma once

#include <stdio.h>

#include "sandbox/judge.h"
#include "sandbox/known.h"
#include "sandbox/runtime.h"

struct err;

#define REPORT_VERSION 1
#define REPORT_RUNTIMES 8
#define REPORT_SKIPS 64

struct report_runtime {
        struct runtime rt;
        char label[40];
        char skip[256]; /* why it is absent, "" if it is there */
};

struct report_run {
        const struct scenario *s;
        size_t runtime;      /* index */
        char scenario[512];  /* as it was named: for the command that repeats it */
        bool done;
        uint32_t ms;
        char trouble[512];
        struct verdict verdict[INV__COUNT];
};

struct report {
        struct report_runtime runtime[REPORT_RUNTIMES];
        size_t n_runtimes;
        struct report_run *run; /* owned by the caller */
        size_t n_runs;
        struct {
                char what[128], reason[256];
        } skip[REPORT_SKIPS];
        size_t n_skips;
        bool strict;
        const char *initlab; /* the words that run it, for the command that repeats a run; NULL: "initlab" */
};

/* One cell of the table: "ok", "FAIL 2", "known 1", "differs 3", "refused 1", "-", "skip". */
void report_cell(const struct report *r, size_t runtime, enum invariant_id id, char *buf, size_t size);

/* Is it to be counted as found? A known one only with strict. */
bool report_violates(const struct report *r, const struct verdict *v);

/* 0: nothing; 1: a violation (with strict: a known one, too); 2: a run had trouble. */
int report_status(const struct report *r);

void report_print(const struct report *r, FILE *out);

/* Replaces the file. 0 or -errno with err. */
int report_write_json(const struct report *r, int status, const char *path, struct err *err);
