/* initlab fuzz: replays the corpora, fuzzes every target with every engine, keeps what is found. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fuzz/campaign/campaign.h"

enum { OPT_TARGET, OPT_ENGINE, OPT_TIME, OPT_JOBS, OPT_CORPUS, OPT_ENGINES };

static const struct opt_spec specs[] = {
        {"target", 't', "NAME", "only this one (more than once: these; default: all)"},
        {"engine", 'e', "ENGINE", "libfuzzer, afl or both (default)"},
        {"time", 0, "SECONDS", "to fuzz in all, after the corpora are replayed (default 60, at least 10)"},
        {"jobs", 'j', "N", "slices at once (default: one for each processor)"},
        {"corpus", 0, "DIR", "folder with seeds/ and regressions/"},
        {"engines", 0, "DIR", "folder with libfuzzer/bin/fuzz_NAME and afl/bin/fuzz_NAME"},
        TOOL_OPTIONS,
};

static const struct tool tool = {
        "fuzz", "[OPTION...]",
        "Replays seeds, regressions and live corpora, then fuzzes each target with each engine for an equal "
        "slice of\n"
        "the time, of 10 seconds at least; what the time does not reach begins the next run. Live corpora "
        "and crashes\n"
        "lie in .initlab/ (INITLAB_DIR moves it), and survive a kill -9 at any moment. Programs are looked "
        "for in\n"
        "FLAVOUR/bin beside this program, and in build/FLAVOUR/bin of a build tree.\n",
        specs, sizeof(specs) / sizeof(*specs)};

static void choose_target(struct tool_names *chosen, const struct tool_names *all, const char *name)
{
        for (size_t i = 0; i < chosen->n; i++)
                if (strcmp(chosen->item[i], name) == 0)
                        return;
        for (size_t i = 0; i < all->n; i++)
                if (strcmp(all->item[i], name) == 0) {
                        tool_names_add(chosen, name);
                        return;
                }
        tool_unknown(&tool, "target", name, (const char *const *)all->item, all->n);
}

static void choose_engine(struct campaign *c, const char *name)
{
        static const char *const words[] = {"libfuzzer", "afl", "both"};

        for (int i = 0; i < 3; i++)
                if (strcmp(name, words[i]) == 0) {
                        c->use[ENGINE_LIBFUZZER] = i != 1;
                        c->use[ENGINE_AFL] = i != 0;
                        return;
                }
        tool_unknown(&tool, "engine", name, words, 3);
}

static void parse(int argc, char **argv, struct campaign *c)
{
        struct opt_iter it = {argc, argv, 1};
        struct tool_names all, wanted = {0};
        const char *value, *corpus = NULL;
        int opt;

        while ((opt = tool_option(&tool, &it, &value)) != OPT_END) {
                if (opt == OPT_TARGET)
                        tool_names_add(&wanted, value);
                else if (opt == OPT_ENGINE)
                        choose_engine(c, value);
                else if (opt == OPT_TIME)
                        c->time_s = (unsigned)tool_number(&tool, "time", value, 10, 10000000);
                else if (opt == OPT_JOBS)
                        c->jobs = (unsigned)tool_number(&tool, "jobs", value, 1, 1024);
                else if (opt == OPT_CORPUS)
                        corpus = value;
                else
                        place_engines(&tool, value, c->engines);
        }
        if (it.at < argc)
                tool_die(&tool, "%s: takes no operand", argv[it.at]);
        bool found = tool_corpus(corpus, c->corpus);
        if (corpus && !found)
                tool_die(&tool, "--corpus %s: no such folder", corpus);
        if (!found)
                c->corpus[0] = '\0';
        place_targets(c->engines, &all);
        for (size_t i = 0; i < wanted.n; i++)
                choose_target(&c->targets, &all, wanted.item[i]);
        for (size_t i = 0; wanted.n == 0 && i < all.n; i++)
                tool_names_add(&c->targets, all.item[i]);
        c->partial = wanted.n > 0 || !c->use[ENGINE_LIBFUZZER] || !c->use[ENGINE_AFL];
        tool_names_free(&wanted);
        tool_names_free(&all);
        if (c->targets.n == 0)
                tool_die(&tool,
                         "no fuzz targets are built: want libfuzzer/bin/fuzz_NAME or afl/bin/fuzz_NAME");
}

/* Targets by engines, beginning with what the last campaign did not reach. */
static void make_rows(struct campaign *c)
{
        char path[PATH_MAX], wanted[160] = "", row[160];
        struct tool_data data;
        size_t n = 0, first = 0;
        bool known = false;

        if (tool_read(tool_path(path, "%s/fuzz-next", tool_home()), sizeof(wanted) - 1, &data) == 0) {
                memcpy(wanted, data.p, data.len);
                wanted[data.len] = '\0';
                free(data.p);
        }
        struct row *sorted = calloc(c->targets.n * ENGINE_COUNT, sizeof(*sorted));
        c->rows = calloc(c->targets.n * ENGINE_COUNT, sizeof(*sorted));
        if (!sorted || !c->rows)
                tool_die(&tool, "out of memory");
        for (size_t t = 0; t < c->targets.n; t++)
                for (int e = 0; e < ENGINE_COUNT; e++) {
                        if (!c->use[e])
                                continue;
                        snprintf(row, sizeof(row), "%s %s\n", c->targets.item[t], engine_names[e]);
                        if (strcmp(row, wanted) == 0) {
                                first = n;
                                known = true;
                        }
                        sorted[n++] = (struct row){.target = c->targets.item[t], .engine = (enum engine)e};
                }
        c->nrows = n;
        c->keep_next = c->partial && wanted[0] && !known;
        for (size_t i = 0; i < n; i++)
                c->rows[i] = sorted[(first + i) % n];
        free(sorted);
        if (c->jobs > n)
                c->jobs = (unsigned)n;
}

static bool same_bug(const struct crash *a, const struct crash *b)
{
        /* Of what did not fail again nothing is known: each is told. */
        return strcmp(a->target, b->target) == 0 && strcmp(a->site, b->site) == 0 &&
               strncmp(a->site, "unstable:", 9) != 0;
}

/*
 * One bug is told once, however many inputs show it, by the first of them: one of a corpus, which replays first, or the
 * smallest that was found. Returns how many bugs.
 */
static size_t print_bugs(const struct campaign *c)
{
        char initlab[PATH_MAX];
        size_t bugs = 0;

        for (size_t i = 0; i < c->ncrashes; i++) {
                const struct crash *f = &c->crashes[i];
                size_t others = 0;
                bool known = f->known, first = true;
                for (size_t k = 0; k < c->ncrashes; k++) {
                        if (k == i || !same_bug(f, &c->crashes[k]))
                                continue;
                        first = first && k > i;
                        known = known || c->crashes[k].known;
                        others++;
                }
                if (!first)
                        continue;
                bugs++;
                printf("\n%s fails: %s%s\n  replay: %s replay --target %s %s\n", f->target, f->site,
                       known ? " (known before)" : "", tool_initlab(initlab), f->target, f->path);
                if (others)
                        printf("  and %zu other input%s that fail%s so, in the corpora or in crashes/\n", others,
                               others == 1 ? "" : "s", others == 1 ? "s" : "");
        }
        return bugs;
}

static void print_summary(const struct campaign *c)
{
        bool missed = false;

        printf("\n%-20s %-10s %8s %12s %9s %8s %6s %8s\n", "target", "engine", "seconds", "execs", "execs/s",
               "edges", "new", "failing");
        for (size_t i = 0; i < c->nrows; i++) {
                const struct row *r = &c->rows[i];
                if (r->seconds == 0 && r->execs == 0 && !r->problem[0]) {
                        missed = true;
                        continue;
                }
                printf("%-20s %-10s %8u %12llu %9llu %8llu %6llu %8u\n", r->target, engine_names[r->engine],
                       r->seconds, (unsigned long long)r->execs,
                       (unsigned long long)(r->seconds ? r->execs / r->seconds : r->execs),
                       (unsigned long long)r->edges, (unsigned long long)r->fresh, r->crashes);
                if (r->problem[0])
                        printf("  %s: %s\n", r->execs ? "ended early" : "could not run", r->problem);
        }
        if (missed) {
                printf("not reached, first in the next run:");
                for (size_t i = 0; i < c->nrows; i++)
                        if (c->rows[i].seconds == 0 && c->rows[i].execs == 0 && !c->rows[i].problem[0])
                                printf(" %s/%s", c->rows[i].target, engine_names[c->rows[i].engine]);
                printf("\n");
        }
        size_t bugs = print_bugs(c);
        printf("\n%zu failure%s%s\n", bugs, bugs == 1 ? "" : "s",
               c->interrupted ? ", interrupted" : "");
}

static int status(const struct campaign *c)
{
        if (c->interrupted)
                return TOOL_INTERRUPTED;
        if (c->ncrashes)
                return TOOL_FOUND;
        for (size_t i = 0; i < c->nrows; i++)
                if (c->rows[i].problem[0])
                        return TOOL_UNABLE;
        return c->failed ? TOOL_UNABLE : TOOL_CLEAN;
}

/* Before hours are spent on what can't be kept. */
static void check_home(void)
{
        char probe[PATH_MAX];
        int rc = tool_write(tool_path(probe, "%s/probe.%d", tool_home(), getpid()), "?\n", 2);

        unlink(probe);
        if (rc < 0)
                tool_die(&tool, "%s: %s", tool_home(), strerror(-rc));
}

int main(int argc, char **argv)
{
        long processors = sysconf(_SC_NPROCESSORS_ONLN);
        struct campaign c = {.tool = &tool,
                             .use = {true, true},
                             .time_s = 60,
                             .jobs = processors > 0 ? (unsigned)processors : 1};

        setvbuf(stdout, NULL, _IOLBF, 0);
        parse(argc, argv, &c);
        check_home();
        make_rows(&c);
        tool_catch_interrupts();
        store_recover(&c);
        for (size_t i = 0; i < c.targets.n && !tool_interrupted; i++) {
                int64_t begin = tool_now_ms();
                size_t files = replay_corpora(&c, c.targets.item[i]);
                printf("%s: %zu corpus files replayed in %.1f s\n", c.targets.item[i], files,
                       (double)(tool_now_ms() - begin) / 1000);
        }
        c.interrupted = tool_interrupted;
        if (!c.interrupted)
                slices_run(&c);
        print_summary(&c);
        int rc_status = status(&c);
        free(c.rows);
        free(c.crashes);
        tool_names_free(&c.targets);
        return rc_status;
}
