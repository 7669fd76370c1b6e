/*
 * Cases a second of a small property, one after the other in the reused child, as `initlab prop run` runs
 * them: with trace, points and every 64th twice. The goal is 100,000, under ASan and UBSan 50,000.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "props/runner/server.h"

#define CASES 400000u
#define ROUNDS 5

extern void __asan_init(void) __attribute__((weak));

PT_PROPERTY(bench_small, .about = "a list of small numbers has a sum")
{
        uint64_t sum = 0, items = 0;

        PT_REPEAT(t, 0, 8)
        {
                sum += pt_below(t, 1000);
                items++;
        }
        PT_SOMETIMES(t, items == 8, "a full list");
        PT_ASSERT(t, sum <= 999 * items);
}

PT_PROPERTY(bench_each, .flags = PT_FORK_EACH, .about = "a process for each case")
{
        PT_ASSERT(t, pt_below(t, 1000) < 1000);
}

static double now(void)
{
        struct timespec ts;

        clock_gettime(CLOCK_MONOTONIC, &ts);
        return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

/* The best of some rounds: others use the machine too. */
static double speed(const char *name, uint64_t cases)
{
        uint32_t *counts = calloc(pt_point_count() + 1, sizeof(*counts));
        struct server *server = server_new(pt_prop_find(name), 10000, counts);
        struct tool_names files = {0};
        double best = 0;

        for (int i = 0; server && i < ROUNDS; i++) {
                struct server_job job = {.files = &files, .seed = (uint64_t)i};
                struct outcome o;
                double begin = now();
                server_run(server, &job, cases, &o);
                if (o.end != OUTCOME_PASS || job.at != cases) {
                        fprintf(stderr, "bench_prop: %s does not run: %s\n", name, o.result.msg);
                        exit(2);
                }
                double rate = (double)cases / (now() - begin);
                best = rate > best ? rate : best;
        }
        server_free(server);
        free(counts);
        return best;
}

int main(void)
{
        bool asan = __asan_init;
        double small = speed("bench_small", CASES), each = speed("bench_each", 300),
               goal = asan ? 50000 : 100000;

        printf("property cases a second%s: reused child %.0f (%.1f x the goal of %.0f), a process each "
               "%.0f\n",
               asan ? " with ASan and UBSan" : "", small, small / goal, goal, each);
        return 0;
}
