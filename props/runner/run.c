#include "props/runner/run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "props/runner/commands.h"
#include "props/runner/hunt.h"
#include "props/runner/server.h"

#define DISCARDS_PCT 90u /* health: more of them, and what is left says little */
#define USED_UP_PCT 50u
#define HEALTH_CASES 200u

const pt_prop *run_find(const struct tool *tool, const char *name)
{
        const pt_prop *prop = pt_prop_find(name);

        if (!prop) {
                const char *words[256];
                for (size_t i = 0; i < pt_prop_count(); i++)
                        words[i] = pt_prop_at(i)->name;
                tool_unknown(tool, "property", name, words, pt_prop_count());
        }
        return prop;
}

unsigned run_timeout(const pt_prop *prop)
{
        return prop->timeout_ms ? prop->timeout_ms : PT_TIMEOUT_MS;
}

/* --- the corpora --- */

static void add_files(const struct run *run, struct tool_names *files, const char *kind, const char *name)
{
        char dir[PATH_MAX], path[PATH_MAX];
        struct tool_names names;

        int rc = tool_list(tool_path(dir, "%s/%s/%s", run->corpus, kind, name), &names);
        if (rc < 0) /* what is not looked at must not pass */
                tool_die(run->tool, "%s: %s", dir, strerror(-rc));
        for (size_t i = 0; i < names.n; i++)
                tool_names_add(files, tool_path(path, "%s/%s", dir, names.item[i]));
        tool_names_free(&names);
}

/* The documents of the corpora, without knobs. */
static struct tool_data *load_texts(const pt_prop *prop, const struct tool_names *files, size_t *ret_n)
{
        struct tool_data *texts = calloc(files->n + 1, sizeof(*texts));

        *ret_n = 0;
        for (size_t i = 0; texts && (prop->flags & PT_TEXT) && i < files->n; i++) {
                struct pt_source_bytes bytes;
                if (tool_read(files->item[i], 65536, &texts[*ret_n]) < 0)
                        continue;
                pt_source_bytes_init(&bytes, prop, texts[*ret_n].p, texts[*ret_n].len);
                texts[(*ret_n)++].len = bytes.source.text_len;
        }
        return texts;
}

/* --- points --- */

/* True if the point says that the property looks where it should. Prints what it has to say. */
static bool judge_point(FILE *to, const pt_point *p, uint32_t held, uint64_t cases)
{
        double pct = cases ? 100.0 * held / (double)cases : 0;

        if (p->min_pct < 0) {
                fprintf(to, "  label   %5.1f %% %s\n", pct, p->id);
                return true;
        }
        if (held == 0)
                fprintf(to, "  never reached: %s (%s:%d)\n", p->id, p->file, p->line);
        else if (pct < (double)p->min_pct)
                fprintf(to, "  reached by %.1f %% of the cases instead of %.1f %%: %s (%s:%d)\n", pct,
                        (double)p->min_pct, p->id, p->file, p->line);
        return held > 0 && pct >= (double)p->min_pct;
}

static bool judge_points(FILE *to, const pt_prop *owner, const uint32_t *counts, uint64_t cases)
{
        bool good = true;

        for (size_t i = 0; i < pt_point_count(); i++)
                if (pt_point_owner(pt_point_at(i)) == owner &&
                    !judge_point(to, pt_point_at(i), counts[i], cases))
                        good = false;
        return good;
}

/* By count, never by clock. A few cases prove nothing about what many would do. */
static bool judge_health(FILE *to, const struct server_job *job, uint64_t cases)
{
        if (cases > 0 && job->discards == cases) {
                fprintf(to, "  failed: every case was discarded\n");
                return false;
        }
        if (cases < HEALTH_CASES)
                return true;
        if (100 * job->discards > DISCARDS_PCT * cases) {
                fprintf(to,
                        "  failed: %llu of %llu cases were discarded: draw what fits, in place of refusing "
                        "what "
                        "doesn't\n",
                        (unsigned long long)job->discards, (unsigned long long)cases);
                return false;
        }
        if (100 * job->used_up > USED_UP_PCT * cases) {
                fprintf(to,
                        "  failed: %llu of %llu cases wanted more choices than .max_choices: their ends were "
                        "all 0\n",
                        (unsigned long long)job->used_up, (unsigned long long)cases);
                return false;
        }
        return true;
}

/* --- one property --- */

static const char *word_for(const struct outcome *o, const struct server_job *job, bool good)
{
        if (o->end == OUTCOME_INTERRUPTED)
                return "interrupted";
        if (o->end == OUTCOME_UNABLE)
                return "could not run";
        if (outcome_fails(o))
                return "FAILED";
        return !good ? "FAILED" : job->at == 0 ? "nothing to run" : "ok";
}

static void found(struct run *run, const pt_prop *prop, struct server *server, const struct server_job *job,
                  const struct outcome *o)
{
        char from[PATH_MAX + 32];
        struct tool_data data = {0};
        struct hunt h = {.run = run, .prop = prop, .server = server, .from = from};

        if (job->at < job->files->n) {
                snprintf(from, sizeof(from), "input:  %s", job->files->item[job->at]);
                if (tool_read(job->files->item[job->at], 64u << 20, &data) == 0) {
                        h.bytes = data.p;
                        h.len = data.len;
                }
        } else {
                snprintf(from, sizeof(from), "case:   %llu of seed %llu",
                         (unsigned long long)(job->at - job->files->n), (unsigned long long)job->seed);
        }
        hunt(&h, o);
        free(data.p);
}

static void judge(struct run *run, const pt_prop *prop, struct server *server, const struct server_job *job,
                  const struct outcome *o, bool all)
{
        uint64_t cases = job->at;
        char *said = NULL;
        size_t len = 0;
        FILE *to = open_memstream(&said, &len);
        bool good = true;

        if (!to)
                tool_die(run->tool, "out of memory");
        for (size_t i = 0; i < pt_point_count(); i++)
                run->total[i] += run->counts[i];
        run->total_cases += cases - job->discards;
        if (o->end == OUTCOME_PASS || o->end == OUTCOME_DISCARD) {
                good = judge_health(to, job, cases);
                if (good && !judge_points(to, prop, run->counts, cases - job->discards) && all) {
                        fprintf(to, "  failed: it does not look where it should\n");
                        good = false;
                }
        }
        fclose(to);
        printf("%-24s %8llu cases %8llu discarded  %s\n%s", prop->name, (unsigned long long)cases,
               (unsigned long long)job->discards, word_for(o, job, good), said);
        free(said);
        if (getenv("INITLAB_HASHES"))
                printf("  hash %016llx\n", (unsigned long long)job->hashes);
        if (!good)
                run->status = TOOL_FOUND;
        if (o->end == OUTCOME_UNABLE) {
                printf("  %s\n", o->result.msg);
                if (run->status == TOOL_CLEAN)
                        run->status = TOOL_UNABLE;
        } else if (o->end == OUTCOME_INTERRUPTED) {
                run->status = TOOL_INTERRUPTED;
        } else if (outcome_fails(o)) {
                found(run, prop, server, job, o);
        }
}

/* What is saved goes first. While it fails, what else may fail would only be the same again. */
static bool saved_fails(struct run *run, const pt_prop *prop, struct server *server)
{
        char *said = NULL;
        size_t len = 0;
        FILE *to = open_memstream(&said, &len);

        if (!to)
                tool_die(run->tool, "out of memory");
        bool fails = saved_replay(to, run, prop, server);
        fclose(to);
        if (fails)
                printf("%-24s a saved finding  FAILED\n", prop->name);
        fputs(said, stdout);
        free(said);
        memset(run->counts, 0, pt_point_count() * sizeof(*run->counts));
        return fails;
}

static void run_property(struct run *run, const pt_prop *prop)
{
        uint64_t own = prop->cases ? prop->cases : PT_CASES;
        uint64_t cases = run->cases ? tool_number(run->tool, "cases", run->cases, 0, 1000000000000) : own;
        struct tool_names files = {0};
        struct outcome o;

        if (run->corpus[0]) {
                add_files(run, &files, "regressions", prop->name);
                add_files(run, &files, "seeds", prop->name);
        }
        struct server_job job = {.files = &files, .seed = run->seed};
        job.texts = load_texts(prop, &files, &job.ntexts);
        memset(run->counts, 0, pt_point_count() * sizeof(*run->counts));
        struct server *server = server_new(prop, run_timeout(prop), run->counts);
        if (!server)
                tool_die(run->tool, "out of memory");
        if (!saved_fails(run, prop, server)) {
                server_run(server, &job, files.n + cases, &o);
                judge(run, prop, server, &job, &o, cases >= own);
        }
        server_free(server);
        for (size_t i = 0; i < job.ntexts; i++)
                free(job.texts[i].p);
        free((void *)job.texts);
        tool_names_free(&files);
}

int run_all(struct run *run)
{
        run->counts = calloc(pt_point_count() + 1, sizeof(*run->counts));
        run->total = calloc(pt_point_count() + 1, sizeof(*run->total));
        if (!run->counts || !run->total)
                tool_die(run->tool, "out of memory");
        tool_catch_interrupts();
        for (size_t i = 0; i < run->chosen.n && !tool_interrupted; i++)
                run_property(run, run_find(run->tool, run->chosen.item[i]));
        for (size_t i = 0; run->chosen.n == 0 && i < pt_prop_count() && !tool_interrupted; i++)
                run_property(run, pt_prop_at(i));
        if (run->chosen.n == 0 && !run->cases && run->status == TOOL_CLEAN &&
            !judge_points(stdout, NULL, run->total, run->total_cases)) {
                printf("failed: helpers have points that no property reaches\n");
                run->status = TOOL_FOUND;
        }
        free(run->counts);
        free(run->total);
        return tool_interrupted ? TOOL_INTERRUPTED : run->status;
}
