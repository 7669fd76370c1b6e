#include "props/runner/hunt.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "props/runner/finding.h"
#include "props/shrink/shrink.h"

#define HANGS_MAX 24u  /* runs that may hang: each takes the whole bound */
#define EACH_MAX 2000u /* runs of a process each */
#define PREY_MAX 6u

/* A failure, and the case as it failed first. */
struct prey {
        struct outcome outcome;
        struct pt_trace *raw;
        char message[512];
};

struct chase {
        struct hunt *hunt;
        uint64_t hangs;
        struct outcome last;
        struct prey prey[PREY_MAX]; /* the one that was found, then what was met on the way */
        size_t n;
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

/* False: out of memory, or enough of them. */
static bool add_prey(struct chase *c, const struct outcome *o)
{
        struct prey *p = &c->prey[c->n];

        if (c->n == PREY_MAX || !(p->raw = calloc(1, sizeof(*p->raw))))
                return false;
        p->outcome = *o; /* later runs overwrite what it points to */
        pt_trace_copy(p->raw, o->trace);
        p->outcome.trace = p->raw;
        outcome_describe(o, p->message, sizeof(p->message));
        c->n++;
        return true;
}

static struct finding finding_of(struct chase *c, const struct prey *p)
{
        bool first = p == c->prey;

        return (struct finding){.prop = c->hunt->prop,
                                .signature = &p->outcome.signature,
                                .trace = p->raw,
                                .seed = c->hunt->run->seed,
                                .from = first ? c->hunt->from : "met while another failure was made smaller",
                                .message = p->message,
                                .report = server_report(c->hunt->server),
                                .bytes = first ? c->hunt->bytes : NULL,
                                .len = c->hunt->len};
}

/* Another failure, seen by the way: kept as it is, made smaller later. */
static void met_another(void *ctx, const struct shrink_answer *answer)
{
        struct chase *c = ctx;

        for (size_t i = 0; i < c->n; i++)
                if (strcmp(c->prey[i].outcome.signature.name, c->last.signature.name) == 0)
                        return;
        if (answer->trace->overflow || !add_prey(c, &c->last))
                return;
        struct finding f = finding_of(c, &c->prey[c->n - 1]);
        if (finding_exists(&f)) { /* known from an earlier run */
                free(c->prey[--c->n].raw);
                return;
        }
        int rc = finding_save(&f, FINDING_RAW);
        if (rc < 0)
                printf("  another failure is not saved: %s: %s\n", f.signature->name, strerror(-rc));
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
static struct pt_trace *smallest(struct chase *c, const struct prey *p, struct shrink *ret_shrink)
{
        struct hunt *h = c->hunt;

        c->hangs = 0;
        *ret_shrink = (struct shrink){.run = run_candidate,
                                      .met = met_another,
                                      .ctx = c,
                                      .signature = number_of(&p->outcome.signature),
                                      .max_runs = h->run->shrinks};
        if ((h->prop->flags & PT_FORK_EACH) && ret_shrink->max_runs > EACH_MAX)
                ret_shrink->max_runs = EACH_MAX;
        if (h->run->shrinks == 0 || p->raw->overflow || p->outcome.end == OUTCOME_UNSTABLE)
                return NULL;
        server_look_for_leaks(h->server, p->outcome.end == OUTCOME_LEAK);
        int rc = shrink(ret_shrink, p->raw);
        if (rc == 0 && ret_shrink->whole)
                fewest(ret_shrink);
        server_look_for_leaks(h->server, false);
        return rc < 0 ? NULL : ret_shrink->best;
}

static void tell(struct hunt *h, const struct finding *f, const struct pt_trace *raw, const struct shrink *s,
                 int rc)
{
        char path[PATH_MAX], initlab[PATH_MAX];

        if (f->from && f->from == h->from)
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

static void bring_in(struct chase *c, const struct prey *p)
{
        struct finding f = finding_of(c, p);
        struct shrink s = {0};

        printf("  %s%s\n", p == c->prey ? "" : "another on the way ", p->message);
        /* First of all the input is safe; then it is told. */
        int rc = finding_save(&f, FINDING_RAW);
        struct pt_trace *best = smallest(c, p, &s);
        if (best) {
                f.trace = best;
                f.bytes = NULL;
                f.runs = s.runs;
                f.report = NULL;
        }
        int later = finding_save(&f, FINDING_SHRUNK);
        tell(c->hunt, &f, p->raw, &s, rc < 0 ? rc : later);
        if (__asan_init && (p->outcome.end == OUTCOME_CRASH || p->outcome.end == OUTCOME_LEAK) && rc == 0 &&
            later == 0)
                replay_with_symbols(&f);
        free(best);
}

void hunt(struct hunt *h, const struct outcome *found)
{
        struct chase *c = calloc(1, sizeof(*c));

        if (!c)
                tool_die(h->run->tool, "out of memory");
        c->hunt = h;
        h->run->status = TOOL_FOUND;
        if (!add_prey(c, found))
                tool_die(h->run->tool, "out of memory");
        for (size_t i = 0; i < c->n && !tool_interrupted; i++) /* more may come while one is made smaller */
                bring_in(c, &c->prey[i]);
        for (size_t i = 0; i < c->n; i++)
                free(c->prey[i].raw);
        free(c);
}
