/*
 * Many cases of one property in one forked child. What the child does lies in shared memory at every moment,
 * so that the parent knows the case in which it crashed or hung, in byte form.
 */
#pragma once

#include "props/pt_run.h"
#include "props/tool/tool.h"

struct worker_job {
        const pt_prop *prop;
        const struct tool_names *files; /* paths, run first: cases 0..files->n-1 */
        uint64_t cases;                 /* random ones after them */
        uint64_t seed;
        unsigned timeout_ms;           /* of one case */
        const struct tool_data *texts; /* from which random documents are made */
        size_t ntexts;
};

enum worker_end {
        WORKER_DONE,
        WORKER_FAILED,      /* the property's verdict: report.result */
        WORKER_CRASHED,     /* report.signal or report.status */
        WORKER_HUNG,        /* longer than timeout_ms, and than 4 times that when tried again alone */
        WORKER_LEAKED,      /* by LeakSanitizer, in some case */
        WORKER_INTERRUPTED, /* tool_interrupted */
        WORKER_UNABLE,      /* report.result.msg says why */
};

struct worker_report {
        enum worker_end end;
        uint64_t at; /* the case that ended it; cases done if WORKER_DONE */
        uint64_t discards;
        struct pt_result result;
        int signal, status;
        uint8_t *input; /* its byte form, by malloc; NULL if WORKER_DONE */
        size_t input_len;
};

/* counts has pt_point_count() counters, to which the run's are added. The caller frees ret_report->input. */
void worker_run(const struct worker_job *job, uint32_t *counts, struct worker_report *ret_report);

/* A random document: one of the job's with some changes, or built of tokens if there is none. By malloc. */
void worker_document(const struct worker_job *job, struct pt_source_prng *prng, struct tool_data *ret_text);
