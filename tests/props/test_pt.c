/* The choice layer: draws, the byte form, verdicts, cleanups, the registry. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "props/pt_run.h"

/* Each test runs a function as a property on bytes. */
static enum pt_verdict run(pt_fn *fn, unsigned flags, const void *data, size_t len, struct pt_result *result)
{
        pt_prop prop = {.name = "test", .run = fn, .file = __FILE__, .flags = flags};
        struct pt_source_bytes bytes;

        pt_source_bytes_init(&bytes, &prop, data, len);
        struct pt_exec exec = {.prop = &prop, .source = &bytes.source};
        return pt_execute(&exec, result);
}

static void draw_all(pt *t)
{
        uint8_t weight[] = {3, 0, 1}, buf[4];

        assert_int_equal(pt_below(t, 10), 0);
        assert_int_equal(pt_below(t, 0), 0);
        assert_int_equal(pt_int(t, -5, 5), 0);
        assert_int_equal(pt_int(t, 3, 9), 3);
        assert_int_equal(pt_int(t, -9, -4), -4);
        assert_int_equal(pt_int(t, INT64_MIN, INT64_MAX), 0);
        assert_false(pt_bool(t));
        assert_int_equal(pt_weighted(t, weight, 3), 0);
        assert_int_equal(pt_bytes(t, buf, 2, 4), 2);
        assert_string_equal(pt_cstr(t, "abc", 9), "");
        PT_REPEAT(t, 0, 9)
        PT_FAIL(t, "a list that should be empty");
}

static void draws__past_the_end__are_0(void **state)
{
        struct pt_result result;

        (void)state;
        assert_int_equal(run(draw_all, 0, "", 0, &result), PT_VERDICT_PASS);
        assert_int_equal(run(draw_all, PT_TEXT, "", 0, &result), PT_VERDICT_PASS);
        assert_int_equal(run(draw_all, PT_TEXT, "{}", 2, &result), PT_VERDICT_PASS);
}

static void draw_known(pt *t)
{
        uint8_t weight[] = {3, 0, 1}, buf[4];
        size_t n = 0;

        assert_int_equal(pt_below(t, 1), 0); /* takes no byte */
        assert_int_equal(pt_below(t, 10), 7);
        assert_int_equal(pt_below(t, 10), 5);      /* 255 % 10 */
        assert_int_equal(pt_below(t, 300), 0x102); /* little endian */
        assert_int_equal(pt_weighted(t, weight, 3), 2);
        assert_int_equal(pt_bytes(t, buf, 1, 4), 2);
        assert_memory_equal(buf, "xy", 2);
        assert_string_equal(pt_cstr(t, "abc", 9), "cb");
        PT_REPEAT(t, 1, 9)
        n += pt_below(t, 256);
        assert_int_equal(n, 30);
        assert_int_equal(pt_below(t, 256), 0x77); /* nothing more was taken */
}

static void draws__from_bytes__have_the_documented_form(void **state)
{
        struct pt_result result;
        static const uint8_t data[] = {7, 255, 2, 1, 3, 1, 'x', 'y', 2, 2, 1, 1, 10, 20, 0x77};

        (void)state;
        assert_int_equal(run(draw_known, 0, data, sizeof(data), &result), PT_VERDICT_PASS);
        assert_int_equal(result.draws, 15);
}

static void ints_in_order(pt *t)
{
        static const int expected[] = {0, 1, -1, 2, -2, 3, 4, 5};

        for (size_t i = 0; i < 8; i++)
                assert_int_equal(pt_int(t, -2, 5), expected[i]);
        for (int i = 0; i < 4; i++)
                assert_int_equal(pt_int(t, -3, 0), -i);
}

static void pt_int__choices_in_order__go_away_from_0(void **state)
{
        struct pt_result result;
        static const uint8_t data[] = {0, 1, 2, 3, 4, 5, 6, 7, 0, 1, 2, 3};

        (void)state;
        assert_int_equal(run(ints_in_order, 0, data, sizeof(data), &result), PT_VERDICT_PASS);
}

static void extreme_ints(pt *t)
{
        assert_int_equal(pt_int(t, INT64_MIN, INT64_MAX), INT64_MIN);
        assert_int_equal(pt_int(t, INT64_MIN, INT64_MAX), INT64_MAX);
}

static void pt_int__whole_range__reaches_both_ends(void **state)
{
        struct pt_result result;
        static const uint8_t data[] = {255, 255, 255, 255, 255, 255, 255, 255,
                                       253, 255, 255, 255, 255, 255, 255, 255};

        (void)state;
        assert_int_equal(run(extreme_ints, 0, data, sizeof(data), &result), PT_VERDICT_PASS);
}

static void text_and_knobs(pt *t)
{
        size_t len;
        const uint8_t *text = pt_text(t, &len);

        assert_int_equal(len, 3);
        assert_memory_equal(text, "a\0b", 3);
        assert_int_equal(pt_below(t, 256), 254 + 1 * 255 - 256); /* two digits, 509 % 256 */
        assert_int_equal(pt_below(t, 255), 41);
        assert_int_equal(pt_below(t, 255), 0);
}

static void pt_text__knobs_after_the_last_nul__are_base_255(void **state)
{
        struct pt_result result;

        (void)state;
        assert_int_equal(run(text_and_knobs, PT_TEXT, "a\0b\0\377\002\052", 7, &result), PT_VERDICT_PASS);
}

static int cleaned;

static void note_order(void *arg)
{
        cleaned = cleaned * 10 + *(int *)arg;
}

static void fail_with_cleanup(pt *t)
{
        int *one = pt_alloc(t, sizeof(*one)), *two = pt_alloc(t, sizeof(*two));

        *one = 1;
        *two = 2;
        pt_defer(t, note_order, one);
        pt_defer(t, note_order, two);
        pt_begin(t, "span that stays open");
        PT_FAIL(t, "bad\nnews %d", 7);
}

static void pt_fail__with_deferred__runs_them_last_first(void **state)
{
        struct pt_result result;

        (void)state;
        cleaned = 0;
        assert_int_equal(run(fail_with_cleanup, 0, "", 0, &result), PT_VERDICT_FAIL);
        assert_int_equal(cleaned, 21);
        assert_string_equal(result.msg, "bad?news 7");
        assert_non_null(strstr(result.file, "test_pt.c"));
        assert_true(result.line > 0);
}

static void assume_false(pt *t)
{
        PT_ASSUME(t, pt_bool(t));
}

static void pt_assume__false__discards(void **state)
{
        struct pt_result result;

        (void)state;
        assert_int_equal(run(assume_false, 0, "", 0, &result), PT_VERDICT_DISCARD);
        assert_string_equal(result.msg, "pt_bool(t)");
        assert_int_equal(run(assume_false, 0, "\1", 1, &result), PT_VERDICT_PASS);
}

/* A counter as model and system under test; "dec" is not allowed at 0. */
static bool positive(const void *model)
{
        return *(const int *)model > 0;
}

static void inc(pt *t, void *model, void *sut)
{
        int by = (int)pt_below(t, 4);

        *(int *)model += by;
        *(int *)sut += by;
}

static void dec(pt *t, void *model, void *sut)
{
        (void)t;
        --*(int *)model;
        --*(int *)sut;
}

static void same(pt *t, const void *model, void *sut)
{
        PT_ASSERT(t, *(const int *)model == *(int *)sut && *(int *)sut >= 0);
        cleaned++;
}

static void count(pt *t)
{
        static const pt_cmd cmds[] = {{"inc", 2, NULL, inc}, {"dec", 1, positive, dec}};
        int model = 0, sut = 0;

        pt_run_commands(t, cmds, 2, 20, &model, &sut, same);
        cleaned = cleaned * 100 + sut;
}

static void pt_run_commands__false_precondition__skips_the_step(void **state)
{
        struct pt_result result;
        static const uint8_t data[] = {4, 2, 0, 3, 2, 1, 1}; /* 4 steps: dec (skipped), inc 3, dec, inc 1 */

        (void)state;
        cleaned = 0;
        assert_int_equal(run(count, 0, data, sizeof(data), &result), PT_VERDICT_PASS);
        assert_int_equal(cleaned, 4 * 100 + 3); /* the invariant before and after 3 steps; 3 - 1 + 1 */
}

static uint64_t seen[64];

static void draw_some(pt *t)
{
        for (size_t i = 0; i < 64; i++)
                seen[i] = pt_below(t, i % 3 ? 0 : 1000);
}

static void prng(const char *name, uint64_t seed, uint64_t number, uint64_t *ret)
{
        pt_prop prop = {.name = name, .run = draw_some, .file = __FILE__, .max_choices = 50};
        struct pt_source_prng s;
        struct pt_result result;

        pt_source_prng_init(&s, &prop, seed, number);
        struct pt_exec exec = {.prop = &prop, .source = &s.source};
        pt_execute(&exec, &result);
        memcpy(ret, seen, sizeof(seen));
}

static void prng__same_seed_name_and_number__same_draws(void **state)
{
        uint64_t a[64], b[64];

        (void)state;
        prng("one", 1, 1, a);
        prng("one", 1, 1, b);
        assert_memory_equal(a, b, sizeof(a));
        prng("one", 1, 2, b);
        assert_memory_not_equal(a, b, sizeof(a));
        prng("one", 2, 1, b);
        assert_memory_not_equal(a, b, sizeof(a));
        prng("two", 1, 1, b);
        assert_memory_not_equal(a, b, sizeof(a));
        assert_int_equal(a[50], 0); /* max_choices */
        assert_int_equal(a[63], 0);
}

static void hit_points(pt *t)
{
        bool hit = pt_bool(t);

        PT_SOMETIMES(t, hit, "drawn true");
        PT_SOMETIMES(t, hit, "drawn true again");
        PT_LABEL(t, false, "never");
}

static void points__in_cases__are_counted_once_a_case(void **state)
{
        pt_prop prop = {.name = "test", .run = hit_points, .file = __FILE__};
        uint32_t counts[512] = {0};
        struct pt_source_bytes bytes;
        struct pt_result result;
        unsigned found = 0;

        (void)state;
        assert_true(pt_point_count() < 512);
        for (int i = 0; i < 5; i++) {
                pt_source_bytes_init(&bytes, &prop, (const uint8_t *)"\1", i < 3 ? 1 : 0);
                struct pt_exec exec = {.prop = &prop, .source = &bytes.source, .counts = counts};
                pt_execute(&exec, &result);
        }
        for (size_t i = 0; i < pt_point_count(); i++) {
                const pt_point *p = pt_point_at(i);
                if (strcmp(p->func, "hit_points") != 0)
                        continue;
                found++;
                assert_int_equal(counts[i], strcmp(p->id, "never") ? 3 : 0);
        }
        assert_int_equal(found, 3);
}

static void registry__properties__are_sorted_and_found(void **state)
{
        (void)state;
        assert_true(pt_prop_count() > 0);
        for (size_t i = 0; i < pt_prop_count(); i++) {
                assert_ptr_equal(pt_prop_find(pt_prop_at(i)->name), pt_prop_at(i));
                assert_non_null(pt_prop_at(i)->about);
        }
        assert_non_null(pt_prop_find("choice_form"));
        assert_null(pt_prop_find("choice"));
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(draws__past_the_end__are_0),
                cmocka_unit_test(draws__from_bytes__have_the_documented_form),
                cmocka_unit_test(pt_int__choices_in_order__go_away_from_0),
                cmocka_unit_test(pt_int__whole_range__reaches_both_ends),
                cmocka_unit_test(pt_text__knobs_after_the_last_nul__are_base_255),
                cmocka_unit_test(pt_fail__with_deferred__runs_them_last_first),
                cmocka_unit_test(pt_assume__false__discards),
                cmocka_unit_test(pt_run_commands__false_precondition__skips_the_step),
                cmocka_unit_test(prng__same_seed_name_and_number__same_draws),
                cmocka_unit_test(points__in_cases__are_counted_once_a_case),
                cmocka_unit_test(registry__properties__are_sorted_and_found),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
