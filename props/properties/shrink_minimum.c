/*
 * The shrinker on inner properties whose smallest failing case is known: from whatever failure, it comes to
 * the smallest that fails in the same way, whatever else fails beside it, within its runs, and the same way
 * each time.
 */
#include <stdlib.h>
#include <string.h>

#include "props/shrink/shrink.h"

#define ITEMS 24u

enum { LONG = 1, LARGE, EQUAL }; /* signatures: by what an inner case fails */

static struct inner {
        uint64_t length, large; /* more items than that, an item so large */
        bool counted;           /* by a number drawn before, in place of flags */
        int failed;             /* by what the last case failed; 0: it did not */
} inner;

/* A list of numbers and two more: too long, else one too large, else the two equal and at least 3. */
static void inner_run(pt *t)
{
        uint64_t item[ITEMS], n = 0, max = 0;

        inner.failed = 0;
        if (inner.counted) {
                n = pt_below(t, ITEMS);
                for (uint64_t i = 0; i < n; i++)
                        item[i] = pt_below(t, 5000);
        } else {
                PT_REPEAT(t, 0, ITEMS)
                item[n++] = pt_below(t, 5000);
        }
        for (uint64_t i = 0; i < n; i++)
                max = item[i] > max ? item[i] : max;
        uint64_t a = pt_below(t, 10), b = pt_below(t, 10);
        inner.failed = n > inner.length ? LONG : max >= inner.large ? LARGE : a == b && a >= 3 ? EQUAL : 0;
        PT_ASSERT(t, inner.failed == 0);
}

static const pt_prop inner_prop = {.name = "inner", .run = inner_run};
static struct pt_trace trace;

static bool run(void *ctx, const struct pt_step *steps, size_t n, const uint8_t *text, size_t text_len,
                struct shrink_answer *ret)
{
        struct pt_source_steps source;
        struct pt_result result;
        size_t *runs = ctx;

        ++*runs;
        pt_source_steps_init(&source, steps, n, text, text_len);
        struct pt_exec exec = {.prop = &inner_prop, .source = &source.source, .trace = &trace};
        pt_execute(&exec, &result);
        *ret = (struct shrink_answer){(uint64_t)inner.failed, &trace};
        return true;
}

static void release(void *p)
{
        free(*(void **)p);
}

/* What the smallest case draws: its length, the value of its item if it has just one, the two numbers. */
static void check_minimum(pt *t, int failed, const struct pt_trace *best)
{
        uint64_t items = failed == LONG ? inner.length + 1 : failed == LARGE ? 1 : 0;
        uint64_t last = failed == EQUAL ? 3 : 0;
        uint32_t n = (uint32_t)(inner.counted ? 1 + items : items * 2 + (items < ITEMS)) + 2;

        if (best->n != n)
                PT_FAIL(t, "failure %d: %u choices, the smallest case has %u", failed, best->n, n);
        for (uint32_t i = 0; i < n; i++) {
                const struct pt_choice *c = &best->choice[i];
                uint64_t want = i >= n - 2                ? last
                                : c->type == PT_TYPE_FLAG ? i < 2 * items
                                : inner.counted && i == 0 ? items
                                : failed == LARGE         ? inner.large
                                                          : 0;
                if (c->value != want)
                        PT_FAIL(t, "failure %d: choice %u of %u is %llu, the smallest case has %llu", failed,
                                i, n, (unsigned long long)c->value, (unsigned long long)want);
        }
}

PT_PROPERTY(shrink_minimum, .about = "the shrinker comes to the smallest case that fails in the same way",
            .cases = 300)
{
        static struct pt_trace from;
        struct pt_source_prng prng;
        struct pt_result result;
        size_t runs = 0, again = 0;

        inner.length = 1 + pt_below(t, ITEMS - 2);
        inner.large = 1 + pt_below(t, 4999);
        inner.counted = pt_bool(t);
        pt_source_prng_init(&prng, &inner_prop, pt_below(t, 0), 0);
        struct pt_exec exec = {.prop = &inner_prop, .source = &prng.source, .trace = &from};
        PT_ASSUME(t, pt_execute(&exec, &result) == PT_VERDICT_FAIL);
        int failed = inner.failed;

        struct shrink *s = pt_alloc(t, 2 * sizeof(*s));
        pt_defer(t, release, &s[0].best);
        pt_defer(t, release, &s[1].best);
        s[0] = (struct shrink){.run = run, .ctx = &runs, .signature = (uint64_t)failed};
        s[1] = (struct shrink){
                .run = run, .ctx = &again, .signature = (uint64_t)failed, .max_runs = 1 + pt_below(t, 300)};
        PT_ASSERT(t, shrink(&s[0], &from) == 0 && shrink(&s[1], &from) == 0);
        check_minimum(t, failed, s[0].best);
        PT_ASSERT(t, s[0].whole && runs == s[0].runs && runs <= SHRINK_RUNS);
        PT_ASSERT(t, again == s[1].runs && again <= s[1].max_runs);
        PT_ASSERT(t, !shrink_less(&from, s[1].best, false) && !shrink_less(s[1].best, s[0].best, false));
        PT_SOMETIMES(t, failed == LONG && from.n > 20, "a long list");
        PT_SOMETIMES(t, failed == LARGE && from.n > 10, "a large item");
        PT_SOMETIMES(t, failed == EQUAL, "two equal numbers");
        PT_SOMETIMES(t, !s[1].whole, "not enough runs");
        PT_SOMETIMES(t, inner.counted, "a count before the items");
}
