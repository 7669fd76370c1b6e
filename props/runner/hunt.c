#include "props/runner/hunt.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "props/runner/finding.h"
#include "props/shrink/shrink.h"

#define HANGS_MAX 40u /* runs that may hang: each takes the whole bound */
#define OTHERS_MAX 8u

struct chase {
        struct hunt *hunt;
        uint64_t hangs;
        struct outcome last;
        struct signature other[OTHERS_MAX];
        size_t nothers;
};

static uint64_t number_of(const struct signature *s)
{
        return pt_hash(PT_HASH_INIT, s->name, strlen(s->name)) | 1;
}

static bool run_candidate(void *ctx, const struct pt_step *steps, size_t n, const uint8_t *text,
                          size_t text_len, struct shrink_answer *ret)
{
        struct chase *c = ctx;

        server_steps(c->hunt->server, steps, n, text, text_len, &c->last);
        if (c->last.end == OUTCOME_INTERRUPTED || c->last.end == OUTCOME_UNABLE)
                return false;
        ret->signature = outcome_fails(&c->last) ? number_of(&c->last.signature) : 0;
        ret->trace = c->last.trace;
        return c->last.end != OUTCOME_HANG || ++c->hangs < HANGS_MAX;
}

/* Another failure, seen by the way: kept as it is, for its own replay and shrinking. */
static void met_another(void *ctx, const struct shrink_answer *answer)
{
        struct chase *c = ctx;
        const struct signature *s = &c->last.signature;

        for (size_t i = 0; i < c->nothers; i++)
                if (strcmp(c->other[i].name, s->name) == 0)
                        return;
        if (c->nothers == OTHERS_MAX || answer->trace->overflow)
                return;
        c->other[c->nothers++] = *s;
        struct finding f = {.prop = c->hunt->prop,
                            .signature = s,
                            .trace = answer->trace,
                            .seed = c->hunt->run->seed,
                            .from = "met while shrinking another failure"};
        char text[512];
        outcome_describe(&c->last, text, sizeof(text));
        f.message = text;
        if (!finding_exists(&f)) {
                int rc = finding_save(&f, FINDING_RAW);
                printf("  another failure on the way: %s%s%s\n", text, rc < 0 ? "; not saved: " : "",
                       rc < 0 ? strerror(-rc) : "");
        }
}

/*
 * In a file zeros at the end are no choices. Which case has the fewest then is another question than which is
 * smallest as a whole: it begins with the answer to that, for most ways lead there.
 */
static void fewest(struct shrink *s)
{
        struct shrink again = *s;

        again.trimmed = true;
        again.max_runs = s->max_runs - s->runs;
        if (again.max_runs == 0 || shrink(&again, s->best) < 0)
                return;
        free(s->best);
        s->best = again.best;
        s->runs += again.runs;
        s->whole = again.whole;
}

/* The smallest case to which it comes; NULL: none smaller, or it can't be looked for. */
static struct pt_trace *smallest(struct hunt *h, const struct outcome *found, const struct pt_trace *raw,
                                 struct shrink *ret_shrink)
{
        struct chase chase = {.hunt = h};

        *ret_shrink = (struct shrink){.run = run_candidate,
                                      .met = met_another,
                                      .ctx = &chase,
                                      .signature = number_of(&found->signature),
                                      .max_runs = h->run->shrinks};
        if (h->run->shrinks == 0 || raw->overflow || found->end == OUTCOME_UNSTABLE)
                return NULL;
        server_look_for_leaks(h->server, found->end == OUTCOME_LEAK);
        int rc = shrink(ret_shrink, raw);
        if (rc == 0 && ret_shrink->whole)
                fewest(ret_shrink);
        server_look_for_leaks(h->server, false);
        return rc < 0 ? NULL : ret_shrink->best;
}

static void tell(struct hunt *h, const struct finding *f, const struct pt_trace *raw, const struct shrink *s,
                 int rc)
{
        char path[PATH_MAX], initlab[PATH_MAX];

        if (h->from)
                printf("  %s\n", h->from);
        if (s->best) {
                printf("  shrunk: ");
                if (raw->text_len > 0)
                        printf("%u bytes and ", s->best->text_len);
                printf("%zu choices instead of ", finding_choices(h->prop, s->best));
                if (raw->text_len > 0)
                        printf("%u and ", raw->text_len);
                printf("%zu, in %zu runs%s\n", finding_choices(h->prop, raw), s->runs,
                       s->whole ? "" : " (and no more)");
        }
        if (rc < 0)
                printf("  not saved: %s: %s\n", finding_path(f, FINDING_DIR, path), strerror(-rc));
        else
                printf("  replay: %s prop replay %s\n", tool_initlab(initlab),
                       finding_path(f, FINDING_DIR, path));
}

extern void __asan_init(void) __attribute__((weak));

/* The sanitizer's report of the smallest case, now with symbols. */
static void replay_with_symbols(const struct finding *f)
{
        char path[PATH_MAX];

        finding_path(f, FINDING_DIR, path);
        fflush(stdout);
        pid_t pid = fork();
        if (pid == 0) {
                setenv("ASAN_OPTIONS", "symbolize=1", 1);
                execl("/proc/self/exe", "prop", "replay", path, (char *)NULL);
                _exit(127);
        }
        while (pid > 0 && waitpid(pid, NULL, 0) < 0 && errno == EINTR)
                ;
}

void hunt(struct hunt *h, const struct outcome *found)
{
        struct pt_trace *raw = calloc(1, sizeof(*raw));
        const struct outcome first = *found; /* later runs overwrite what it points to */
        struct shrink s = {0};
        char text[512];

        if (!raw)
                tool_die(h->run->tool, "out of memory");
        pt_trace_copy(raw, found->trace);
        outcome_describe(&first, text, sizeof(text));
        h->run->status = TOOL_FOUND;
        printf("  %s\n", text);
        struct finding f = {.prop = h->prop,
                            .signature = &first.signature,
                            .trace = raw,
                            .seed = h->run->seed,
                            .from = h->from,
                            .message = text,
                            .report = server_report(h->server),
                            .bytes = h->bytes,
                            .len = h->len};
        /* First of all the input is safe; then it is told. */
        int rc = finding_save(&f, FINDING_RAW);
        struct pt_trace *best = smallest(h, &first, raw, &s);
        if (best) {
                f.trace = best;
                f.bytes = NULL;
                f.runs = s.runs;
                f.report = NULL;
        }
        int later = finding_save(&f, FINDING_SHRUNK);
        tell(h, &f, raw, &s, rc < 0 ? rc : later);
        if (__asan_init && (first.end == OUTCOME_CRASH || first.end == OUTCOME_LEAK) && rc == 0 && later == 0)
                replay_with_symbols(&f);
        free(raw);
        free(best);
}
