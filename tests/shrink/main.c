/*
 * shrink [SEEDS [NAME...]]: shrinks a random failure of each challenge from each of 1..SEEDS seeds (default
 * 100). Prints how many came to the known minimum, the median of the runs of the property that it took, and
 * the mean that Hypothesis published for it. Exit status 0: all of all, 1: not, 2: bad usage.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "props/shrink/shrink.h"
#include "tests/shrink/challenges.h"

#define SEEDS_MAX 10000u
#define CASES_MAX 20000000u

static struct pt_trace trace;
static const pt_prop *property;

static bool run(void *ctx, const struct pt_step *steps, size_t n, const uint8_t *text, size_t text_len,
                struct shrink_answer *ret)
{
        struct pt_source_steps source;
        struct pt_result result;

        (void)ctx;
        pt_source_steps_init(&source, steps, n, text, text_len);
        struct pt_exec exec = {.prop = property, .source = &source.source, .trace = &trace};
        ret->signature = pt_execute(&exec, &result) == PT_VERDICT_FAIL;
        ret->trace = &trace;
        return true;
}

/* The first random case of a seed that fails is in trace. */
static bool find_failure(uint64_t seed)
{
        struct pt_source_prng prng;
        struct pt_result result;

        for (uint64_t i = 0; i < CASES_MAX; i++) {
                pt_source_prng_init(&prng, property, seed, i);
                struct pt_exec exec = {.prop = property, .source = &prng.source, .trace = &trace};
                if (pt_execute(&exec, &result) == PT_VERDICT_FAIL)
                        return true;
        }
        return false;
}

static int by_size(const void *a, const void *b)
{
        size_t x = *(const size_t *)a, y = *(const size_t *)b;

        return x < y ? -1 : x > y;
}

/* How many of the seeds reach a known minimum. */
static unsigned solve(const struct challenge *c, unsigned seeds, size_t *runs)
{
        unsigned reached = 0, told = 0;

        for (unsigned seed = 1; seed <= seeds; seed++) {
                struct shrink s = {.run = run, .signature = 1, .max_runs = 30000};
                struct shrink_answer answer;
                if (!find_failure(seed)) {
                        printf("  %s: seed %u: nothing fails\n", c->name, seed);
                        continue;
                }
                struct pt_trace *from = calloc(1, sizeof(*from));
                if (!from)
                        exit(2);
                pt_trace_copy(from, &trace);
                if (shrink(&s, from) < 0)
                        exit(2);
                struct pt_step *steps = calloc(s.best->n + 1, sizeof(*steps));
                for (size_t i = 0; steps && i < s.best->n; i++)
                        steps[i] = (struct pt_step){s.best->choice[i].value, s.best->choice[i].type};
                if (!steps || !run(NULL, steps, s.best->n, NULL, 0, &answer) || answer.signature != 1) {
                        printf("  %s: seed %u: what it shrinks to does not fail\n", c->name, seed);
                        exit(1);
                }
                runs[seed - 1] = s.runs;
                bool known = false;
                for (unsigned i = 0; i < 3 && c->known[i]; i++)
                        known |= strcmp(challenge_said, c->known[i]) == 0;
                reached += known;
                if (!known && told++ < 3)
                        printf("  %s: seed %u: %s\n", c->name, seed, challenge_said);
                free(steps);
                free(from);
                free(s.best);
        }
        qsort(runs, seeds, sizeof(*runs), by_size);
        return reached;
}

static bool wanted(const char *name, int argc, char **argv)
{
        for (int i = 2; i < argc; i++)
                if (strcmp(argv[i], name) == 0)
                        return true;
        return argc <= 2;
}

int main(int argc, char **argv)
{
        static size_t runs[SEEDS_MAX];
        unsigned seeds = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : 100;
        unsigned tried = 0;
        bool good = true;

        if (seeds == 0 || seeds > SEEDS_MAX) {
                fprintf(stderr, "usage: shrink [SEEDS [NAME...]]\n");
                return 2;
        }
        printf("%-18s %9s %8s %8s %8s   %s\n", "challenge", "minimum", "median", "least", "most",
               "Hypothesis, mean");
        for (unsigned i = 0; i < nchallenges; i++) {
                const struct challenge *c = &challenges[i];
                pt_prop prop = {.name = c->name, .run = c->run, .file = __FILE__};
                if (!wanted(c->name, argc, argv))
                        continue;
                tried++;
                property = &prop;
                memset(runs, 0, sizeof(runs));
                unsigned reached = solve(c, seeds, runs);
                printf("%-18s %4u/%-4u %8zu %8zu %8zu   ", c->name, reached, seeds, runs[seeds / 2], runs[0],
                       runs[seeds - 1]);
                printf(c->hypothesis > 0 ? "%.0f\n" : "-\n", c->hypothesis);
                fflush(stdout);
                good &= reached == seeds;
        }
        if (tried == 0) {
                fprintf(stderr, "shrink: no such challenge\n");
                return 2;
        }
        return good ? 0 : 1;
}
