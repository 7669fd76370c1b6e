/* initlab prop: the properties, with random cases. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "props/runner/replay.h"
#include "props/runner/worker.h"

enum { OPT_PROPERTY, OPT_CASES, OPT_SEED, OPT_CORPUS };

static const struct opt_spec specs[] = {
        {"property", 'p', "NAME", "only this one (more than once: these)"},
        {"cases", 'n', "N", "random cases for each property (default: the property's own, mostly 1000)"},
        {"seed", 's', "S", "of the random cases (default 1)"},
        {"corpus", 0, "DIR", "folder with seeds/ and regressions/"},
        TOOL_OPTIONS,
};

static const struct tool tool = {"prop", "[OPTION...] list | run [NAME...] | replay --property NAME FILE|-",
                                 "list    prints name, invariant and purpose of each property\n"
                                 "run     replays the corpora of each property, then runs random cases; a "
                                 "case that fails is saved as\n"
                                 "        .initlab/findings/PROPERTY/NAME (INITLAB_DIR moves .initlab)\n"
                                 "replay  decodes one saved input and runs it\n",
                                 specs, sizeof(specs) / sizeof(*specs)};

struct run {
        struct tool_names chosen; /* empty: all */
        const char *cases;        /* NULL: the property's own number */
        uint64_t seed;
        char corpus[PATH_MAX]; /* "": none */
        uint32_t *counts;      /* of this property */
        uint32_t *total;       /* of all */
        uint64_t total_cases;
        int status;
};

static const pt_prop *find(const char *name)
{
        const pt_prop *prop = pt_prop_find(name);

        if (!prop) {
                const char *words[256];
                for (size_t i = 0; i < pt_prop_count(); i++)
                        words[i] = pt_prop_at(i)->name;
                tool_unknown(&tool, "property", name, words, pt_prop_count());
        }
        return prop;
}

/* Named twice is named. */
static void choose(struct run *run, const char *name)
{
        const char *found = find(name)->name;

        for (size_t i = 0; i < run->chosen.n; i++)
                if (strcmp(run->chosen.item[i], found) == 0)
                        return;
        tool_names_add(&run->chosen, found);
}

static int list(void)
{
        for (size_t i = 0; i < pt_prop_count(); i++) {
                const pt_prop *p = pt_prop_at(i);
                printf("%-24s %-16s %s\n", p->name, p->invariant ? p->invariant : "-",
                       p->about ? p->about : "");
        }
        return TOOL_CLEAN;
}

static void add_files(struct tool_names *files, const char *corpus, const char *kind, const char *name)
{
        char dir[PATH_MAX], path[PATH_MAX];
        struct tool_names names;

        int rc = tool_list(tool_path(dir, "%s/%s/%s", corpus, kind, name), &names);
        if (rc < 0) /* what is not looked at must not pass */
                tool_die(&tool, "%s: %s", dir, strerror(-rc));
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

static const char *word_for(const struct worker_report *r)
{
        switch (r->end) {
        case WORKER_FAILED:
                return "failure";
        case WORKER_HUNG:
                return "hang";
        case WORKER_LEAKED:
                return "leak";
        default:
                return "crash";
        }
}

/* First of all the input is safe; then it is told. */
static void save_and_tell(struct run *run, const struct worker_job *job, const struct worker_report *r)
{
        char path[PATH_MAX] = "", digest[33], initlab[PATH_MAX];
        int rc = 0;

        if (r->end != WORKER_LEAKED && r->input) {
                tool_digest(r->input, r->input_len, digest);
                tool_path(path, "%s/findings/%s/%s-%.16s", tool_home(), job->prop->name, word_for(r), digest);
                rc = tool_write(path, r->input, r->input_len);
        }
        run->status = TOOL_FOUND;
        if (r->end == WORKER_FAILED)
                printf("  failed at %s:%d: %s\n", r->result.file, r->result.line, r->result.msg);
        else if (r->end == WORKER_HUNG)
                printf("  failed: one case takes longer than %u ms\n", 4 * job->timeout_ms);
        else if (r->end == WORKER_LEAKED)
                printf("  failed: memory leaked in some case (report above)\n");
        else if (r->signal)
                printf("  failed: signal %d (%s)\n", r->signal, strsignal(r->signal));
        else
                printf("  failed: the process ended with status %d in the middle of a case\n", r->status);
        if (r->at < job->files->n)
                printf("  input:  %s\n", job->files->item[r->at]);
        else if (r->end != WORKER_LEAKED)
                printf("  case:   %llu of seed %llu\n", (unsigned long long)(r->at - job->files->n),
                       (unsigned long long)job->seed);
        if (rc < 0)
                printf("  not saved: %s: %s\n", path, strerror(-rc));
        else if (path[0])
                printf("  replay: %s prop replay --property %s %s\n", tool_initlab(initlab), job->prop->name, path);
}

/* True if the point says that the property looks where it should. Prints what it has to say. */
static bool judge_point(const pt_point *p, uint32_t held, uint64_t cases)
{
        double pct = cases ? 100.0 * held / (double)cases : 0;

        if (p->min_pct < 0) {
                printf("  label   %5.1f %% %s\n", pct, p->id);
                return true;
        }
        if (held == 0)
                printf("  never reached: %s (%s:%d)\n", p->id, p->file, p->line);
        else if (pct < (double)p->min_pct)
                printf("  reached by %.1f %% of the cases instead of %.1f %%: %s (%s:%d)\n", pct,
                       (double)p->min_pct, p->id, p->file, p->line);
        return held > 0 && pct >= (double)p->min_pct;
}

static bool judge_points(const pt_prop *owner, const uint32_t *counts, uint64_t cases)
{
        bool good = true;

        for (size_t i = 0; i < pt_point_count(); i++)
                if (pt_point_owner(pt_point_at(i)) == owner && !judge_point(pt_point_at(i), counts[i], cases))
                        good = false;
        return good;
}

static void run_property(struct run *run, const pt_prop *prop)
{
        uint64_t own = prop->cases ? prop->cases : PT_CASES;
        struct tool_names files = {0};
        struct worker_report r;

        if (run->corpus[0]) {
                add_files(&files, run->corpus, "seeds", prop->name);
                add_files(&files, run->corpus, "regressions", prop->name);
        }
        struct worker_job job = {
                .prop = prop,
                .files = &files,
                .seed = run->seed,
                .cases = run->cases ? tool_number(&tool, "cases", run->cases, 0, 1000000000000) : own,
                .timeout_ms = prop->timeout_ms ? prop->timeout_ms : PT_TIMEOUT_MS,
        };
        job.texts = load_texts(prop, &files, &job.ntexts);
        memset(run->counts, 0, pt_point_count() * sizeof(*run->counts));
        worker_run(&job, run->counts, &r);
        for (size_t i = 0; i < pt_point_count(); i++)
                run->total[i] += run->counts[i];
        run->total_cases += r.at - r.discards;

        bool vacuous = r.end == WORKER_DONE && r.at > 0 && r.discards == r.at;
        printf("%-24s %8llu cases %8llu discarded  %s\n", prop->name, (unsigned long long)r.at,
               (unsigned long long)r.discards,
               r.end == WORKER_DONE          ? (vacuous     ? "FAILED: every case was discarded"
                                                : r.at == 0 ? "nothing to run"
                                                            : "ok")
               : r.end == WORKER_INTERRUPTED ? "interrupted"
               : r.end == WORKER_UNABLE      ? "could not run"
                                             : "FAILED");
        if (r.end == WORKER_UNABLE) {
                printf("  %s\n", r.result.msg);
                if (run->status == TOOL_CLEAN)
                        run->status = TOOL_UNABLE;
        } else if (r.end == WORKER_INTERRUPTED) {
                run->status = TOOL_INTERRUPTED;
        } else if (r.end != WORKER_DONE) {
                save_and_tell(run, &job, &r);
        } else if ((!judge_points(prop, run->counts, r.at - r.discards) && job.cases >= own) || vacuous) {
                /* A few cases prove nothing about what many would reach. */
                printf("  failed: it does not look where it should\n");
                run->status = TOOL_FOUND;
        }
        for (size_t i = 0; i < job.ntexts; i++)
                free(job.texts[i].p);
        free((void *)job.texts);
        free(r.input);
        tool_names_free(&files);
}

static int run_all(struct run *run)
{
        run->counts = calloc(pt_point_count() + 1, sizeof(*run->counts));
        run->total = calloc(pt_point_count() + 1, sizeof(*run->total));
        if (!run->counts || !run->total)
                tool_die(&tool, "out of memory");
        tool_catch_interrupts();
        for (size_t i = 0; i < run->chosen.n && !tool_interrupted; i++)
                run_property(run, find(run->chosen.item[i]));
        for (size_t i = 0; run->chosen.n == 0 && i < pt_prop_count() && !tool_interrupted; i++)
                run_property(run, pt_prop_at(i));
        if (run->chosen.n == 0 && !run->cases && run->status == TOOL_CLEAN &&
            !judge_points(NULL, run->total, run->total_cases)) {
                printf("failed: helpers have points that no property reaches\n");
                run->status = TOOL_FOUND;
        }
        free(run->counts);
        free(run->total);
        return tool_interrupted ? TOOL_INTERRUPTED : run->status;
}

static int replay(const struct run *run, const char *file)
{
        struct tool_data data;

        if (run->chosen.n != 1)
                tool_die(&tool, "replay: wants --property NAME");
        const pt_prop *prop = find(run->chosen.item[0]);
        int rc = tool_read(file, 64u << 20, &data);
        if (rc < 0)
                tool_die(&tool, "%s: %s", file, strerror(-rc));
        enum replay_verdict v = replay_input(prop, data.p, data.len, 30000);
        free(data.p);
        return v == REPLAY_UNABLE                        ? TOOL_UNABLE
               : v == REPLAY_PASS || v == REPLAY_DISCARD ? TOOL_CLEAN
                                                         : TOOL_FOUND;
}

static const char *const words[] = {"list", "run", "replay"};

/* Options may stand before and after the words. */
static void parse(int argc, char **argv, struct run *run, struct tool_names *ret_words,
                  const char **ret_corpus)
{
        struct opt_iter it = {argc, argv, 1};
        const char *value;

        while (it.at < argc) {
                switch (tool_option(&tool, &it, &value)) {
                case OPT_END:
                        if (it.at < argc)
                                tool_names_add(ret_words, argv[it.at++]);
                        break;
                case OPT_PROPERTY:
                        choose(run, value);
                        break;
                case OPT_CASES:
                        tool_number(&tool, "cases", value, 0, 1000000000000);
                        run->cases = value;
                        break;
                case OPT_SEED:
                        run->seed = tool_number(&tool, "seed", value, 0, UINT64_MAX);
                        break;
                default:
                        *ret_corpus = value;
                        break;
                }
        }
}

int main(int argc, char **argv)
{
        struct run run = {.seed = 1};
        struct tool_names names = {0};
        const char *corpus = NULL;
        int status;

        pt_setup();
        setvbuf(stdout, NULL, _IOLBF, 0);
        parse(argc, argv, &run, &names, &corpus);
        if (names.n == 0)
                tool_die(&tool, "wants list, run or replay; --help says more");
        bool found = tool_corpus(corpus, run.corpus);
        if (corpus && !found)
                tool_die(&tool, "--corpus %s: no such folder", corpus);
        if (!found)
                run.corpus[0] = '\0';
        if (strcmp(names.item[0], "list") == 0 && names.n == 1) {
                status = list();
        } else if (strcmp(names.item[0], "run") == 0) {
                for (size_t i = 1; i < names.n; i++)
                        choose(&run, names.item[i]);
                status = run_all(&run);
        } else if (strcmp(names.item[0], "replay") == 0 && names.n == 2) {
                status = replay(&run, names.item[1]);
        } else if (strcmp(names.item[0], "replay") == 0 || strcmp(names.item[0], "list") == 0) {
                tool_die(&tool, "%s: wants %s", names.item[0],
                         names.item[0][0] == 'l' ? "no operand" : "one FILE, or -");
        } else {
                tool_unknown(&tool, "word", names.item[0], words, 3);
        }
        tool_names_free(&names);
        tool_names_free(&run.chosen);
        return status;
}
