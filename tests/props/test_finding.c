/* Cases as text: printed, read, and drawn again. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "props/runner/finding_text.h"

static uint64_t drawn[400];
static size_t ndrawn;

static void note(uint64_t v)
{
        if (ndrawn < sizeof(drawn) / sizeof(*drawn))
                drawn[ndrawn++] = v;
}

/* Every kind of draw, nested, under names that are no words. */
static void draw_all(pt *t)
{
        static const uint8_t weight[] = {0, 2, 3, 1};
        uint8_t buf[6];

        ndrawn = 0;
        note(pt_below(t, 0));
        pt_name(t, "a name: with = marks");
        note((uint64_t)pt_int(t, -5, 1000));
        pt_begin(t, "outer \"group\"");
        PT_REPEAT(t, 1, 5)
        {
                note(pt_bool(t));
                PT_REPEAT(t, 0, 3)
                {
                        pt_begin(t, "inner");
                        note(pt_weighted(t, weight, 4));
                        note(strlen(pt_cstr(t, "xyz", 4)));
                        pt_end(t);
                }
        }
        pt_end(t);
        size_t n = pt_bytes(t, buf, 2, 6);
        for (size_t i = 0; i < n; i++)
                note(buf[i]);
        note((uint64_t)pt_int(t, INT64_MIN, INT64_MAX));
}

static struct pt_trace trace;
static const struct signature signature = {.kind = "failed", .site = "x.c:1", .name = "failed-x.c-1"};
static const pt_prop prop = {.name = "test", .run = draw_all, .file = __FILE__};
static const pt_prop text_prop = {.name = "text", .run = draw_all, .file = __FILE__, .flags = PT_TEXT};

static void run(const pt_prop *p, struct pt_source *source)
{
        struct pt_exec exec = {.prop = p, .source = source, .trace = &trace};
        struct pt_result result;

        assert_int_equal(pt_execute(&exec, &result), PT_VERDICT_PASS);
}

static char *printed(const pt_prop *p, size_t *ret_len)
{
        struct finding f = {
                .prop = p, .signature = &signature, .trace = &trace, .seed = 7, .message = "two\nlines"};
        char *text = finding_print(&f, ret_len);

        assert_non_null(text);
        return text;
}

static void finding_text__random_cases__draw_the_same_again(void **state)
{
        uint64_t first[sizeof(drawn) / sizeof(*drawn)];

        (void)state;
        for (uint64_t i = 0; i < 500; i++) {
                struct pt_source_prng prng;
                struct source_saved source;
                struct saved saved;
                size_t len, n;

                pt_source_prng_init(&prng, &prop, 1, i);
                run(&prop, &prng.source);
                n = ndrawn;
                memcpy(first, drawn, sizeof(first));
                char *text = printed(&prop, &len);
                assert_int_equal(finding_parse(text, len, &saved), 0);
                source_saved_init(&source, &saved);
                run(&prop, &source.source);
                assert_int_equal(source.inserted + source.removed, 0);
                assert_int_equal(ndrawn, n);
                assert_memory_equal(first, drawn, n * sizeof(*drawn));
                saved_free(&saved);
                free(text);
        }
}

static void finding_text__document__comes_back(void **state)
{
        static const char document[] = "{\"a\": \"\\n\"}\n\0\xff\"";
        struct pt_source source = {.text = (const uint8_t *)document, .text_len = sizeof(document)};
        struct pt_source_steps none;
        struct saved saved;
        size_t len;

        (void)state;
        pt_source_steps_init(&none, NULL, 0, source.text, source.text_len);
        run(&text_prop, &none.source);
        char *text = printed(&text_prop, &len);
        assert_int_equal(finding_parse(text, len, &saved), 0);
        assert_int_equal(saved.text_len, sizeof(document));
        assert_memory_equal(saved.text, document, sizeof(document));
        assert_string_equal(saved.property, "text");
        assert_string_equal(saved.signature, "failed-x.c-1");
        assert_string_equal(saved.message, "two lines");
        assert_int_equal(saved.seed, 7);
        saved_free(&saved);
        free(text);
}

/* With the hash that it should have. */
static int parse(const char *body)
{
        struct saved saved;
        char text[2048];
        int n = snprintf(text, sizeof(text), "initlab finding 1\nproperty p\nsignature s\ndraws\n%s", body);

        snprintf(text + n, sizeof(text) - (size_t)n, "whole %016llx\n",
                 (unsigned long long)pt_hash(PT_HASH_INIT, text, (size_t)n));
        int rc = finding_parse(text, strlen(text), &saved);
        if (rc == 0)
                saved_free(&saved);
        return rc;
}

static void finding_parse__wrong_lines__are_refused(void **state)
{
        static const char *const wrong[] = {
                "  number 0..5 = 6\n", "  int -3..3 = 4\n",
                "  number 0..5\n",     "  nothing 0..5 = 1\n",
                "  group a\n",         "  end\n",
                "  list 0..\n",        "  bool = 1\n",
                "  int 3..1 = 2\n",    "jump\n",
        };

        (void)state;
        assert_int_equal(parse(""), 0);
        assert_int_equal(parse("  group a\n    size: number 0..5 = 5\n  end\n"), 0);
        for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
                if (parse(wrong[i]) != -EINVAL)
                        fail_msg("%s: %d", wrong[i], parse(wrong[i]));
}

static void finding_parse__every_cut__is_torn(void **state)
{
        struct pt_source_steps none;
        struct saved saved;
        size_t len;

        (void)state;
        pt_source_steps_init(&none, NULL, 0, NULL, 0);
        run(&prop, &none.source);
        char *text = printed(&prop, &len);
        for (size_t n = 0; n < len; n++) {
                int rc = finding_parse(text, n, &saved);
                assert_true(rc == -EBADMSG || rc == -EPROTO || rc == -EPROTONOSUPPORT);
        }
        for (size_t i = 20; i < len - 1; i++) {
                text[i] ^= 1;
                int rc = finding_parse(text, len, &saved);
                assert_true(rc < 0);
                text[i] ^= 1;
        }
        assert_int_equal(finding_parse(text, len, &saved), 0);
        saved_free(&saved);
        free(text);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(finding_text__random_cases__draw_the_same_again),
                cmocka_unit_test(finding_text__document__comes_back),
                cmocka_unit_test(finding_parse__wrong_lines__are_refused),
                cmocka_unit_test(finding_parse__every_cut__is_torn),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
