/*
 * Cases of one property in a child that serves many, started again when it dies. What it does lies in shared
 * memory at every moment: a SIGSEGV, a sanitizer's abort or a hang has a trace like any failed case.
 *
 * A case that takes more than timeout_ms of processor time hangs, or one that sleeps four times as long; that
 * others keep the processor busy is not held against it. Cases of a PT_FORK_EACH property get a process each.
 */
#pragma once

#include "props/runner/outcome.h"
#include "props/tool/tool.h"

struct server;

/* NULL: no memory. counts: pt_point_count() counters of points that held, or NULL. */
struct server *server_new(const pt_prop *prop, unsigned timeout_ms, uint32_t *counts);
void server_free(struct server *server);

/* Random cases, numbered, and files in byte form before them. */
struct server_job {
        const struct tool_names *files; /* paths: cases 0..files->n-1 */
        uint64_t seed;
        const struct tool_data *texts; /* from which random documents are made */
        size_t ntexts;
        /* added to: */
        uint64_t at; /* cases done; of one that failed: its number */
        uint64_t discards;
        uint64_t used_up; /* cases that wanted more choices than the property allows */
        uint64_t hashes;  /* sum of the hashes of all cases */
};

/* Runs cases job->at..to-1 up to the first that fails. One in 64 random ones runs twice. */
void server_run(struct server *server, struct server_job *job, uint64_t to, struct outcome *ret_outcome);

/* Runs one case of given choices. */
void server_steps(struct server *server, const struct pt_step *steps, size_t n, const uint8_t *text,
                  size_t text_len, struct outcome *ret_outcome);

/* From here on cases of given choices are looked at for leaks too, which takes some milliseconds each. */
void server_look_for_leaks(struct server *server, bool on);

/* Runs one case of any source, in a child of its own: the source's state here does not change. */
void server_source(struct server *server, struct pt_source *source, struct outcome *ret_outcome);

/* Memory of this size, at most SERVER_SHARE, for a source whose state is wanted after its case, whatever
 * becomes of it. */
#define SERVER_SHARE 1024u
void *server_share(struct server *server, size_t size);

/* From here on a case of a source in shared memory runs twice, and has to do the same. */
void server_twice(struct server *server, bool on);

/*
 * Runs the cases of small choices, each draw one of 0..scope-1 or its largest, the first `depth` draws of a
 * case anything, later ones 0; at most `limit` cases. *ret_whole: these were all. Stops at the first that
 * fails; *ret_cases counts.
 */
void server_exhaust(struct server *server, uint32_t scope, uint32_t depth, uint64_t limit,
                    struct outcome *ret_outcome, uint64_t *ret_cases, bool *ret_whole);

/* What the child that died last said on standard error; "" if nothing. Valid until the next case. */
const char *server_report(const struct server *server);

/* A random document for PT_TEXT properties: one of the job's with some changes, or built of tokens. By
 * malloc. */
void server_document(const struct server_job *job, struct pt_source_prng *prng, struct tool_data *ret_text);
