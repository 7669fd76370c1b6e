/* core/config: what the text alone shows. Positions, NUL, duplicates, limits, UTF-8, integers at the edges.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/base/err.h"
#include "core/base/limits.h"
#include "core/config/config.h"
#include "core/sys.h"

static void check_error(const char *text, size_t len, int errnum, const char *place)
{
        struct config *c = (struct config *)"untouched", *before = c;
        struct err e = ERR_INIT;
        int r = config_parse(sys_linux(), text, len, &c, &e);

        if (r != -errnum || strcmp(e.place, place) != 0)
                fail_msg("%.*s: got %d at \"%s\" (%s), expected %d at \"%s\"", len > 200 ? 200 : (int)len,
                         text, r, e.place, e.msg, -errnum, place);
        assert_ptr_equal(c, before);
        assert_int_equal(e.errnum, errnum);
        assert_string_equal(e.step, "parse");
        assert_true(strlen(e.msg) > 0);
}

static struct config *parse_ok(const char *text, size_t len)
{
        struct config *c = NULL;
        struct err e = ERR_INIT;

        if (config_parse(sys_linux(), text, len, &c, &e) != 0)
                fail_msg("%.*s: %s: %s", len > 200 ? 200 : (int)len, text, e.place, e.msg);
        return c;
}

struct bad {
        const char *text;
        const char *place;
};

static void config_parse__bad_syntax__line_and_column(void **state)
{
        static const struct bad rows[] = {
                {"", "line 1 column 1"},
                {"  \n ", "line 2 column 2"},
                {"null", "line 1 column 1"},
                {"[]", "line 1 column 1"},
                {"\"\"", "line 1 column 1"},
                {"{", "line 1 column 2"},
                {"{\"a\"", "line 1 column 5"},
                {"{\"a\":", "line 1 column 6"},
                {"{\"a\":1", "line 1 column 7"},
                {"{\"a\":}", "line 1 column 6"},
                {"{\"a\" 1}", "line 1 column 6"},
                {"{\"a\":1,}", "line 1 column 8"},
                {"{,}", "line 1 column 2"},
                {"{a:1}", "line 1 column 2"},
                {"{'a':1}", "line 1 column 2"},
                {"{1:1}", "line 1 column 2"},
                {"{18446744073709551615:1}", "line 1 column 2"},
                {"{\"a\":[1,]}", "line 1 column 9"},
                {"{\"a\":[1 2]}", "line 1 column 9"},
                {"{\"a\":[}", "line 1 column 7"},
                {"{\"a\":[1}", "line 1 column 8"},
                {"{} {}", "line 1 column 4"},
                {"{}x", "line 1 column 3"},
                {"{\"a\":tru}", "line 1 column 9"},
                {"{\"a\":nulL}", "line 1 column 9"},
                {"{\"a\":falsey}", "line 1 column 11"},
                {"{\n  \"a\": 1,\n  \"b\": ?\n}", "line 3 column 8"},
                {"{\"\xc3\xa4\xe2\x82\xac\": ?}", "line 1 column 8"},   /* columns count characters */
                {"{\"a\":18446744073709551615, ?", "line 1 column 28"}, /* ... after a big integer too */
                {"\xef\xbb\xbf{}", "line 1 column 1"},                  /* a byte order mark */
                {"{} // comment", "line 1 column 4"},
                {"{\"a\":\"x", "line 1 column 8"},
                {"{\"a\":\"x\\", "line 1 column 9"},
                {"{\"a\":\"x\\q\"}", "line 1 column 8"},
                {"{\"a\":\"\\u12\"}", "line 1 column 7"},
                {"{\"a\":\"\\u12g4\"}", "line 1 column 7"},
                {"{\"a\":\"\\u12", "line 1 column 7"},
                {"{\"a\":\"\\ud800\"}", "line 1 column 7"},
                {"{\"a\":\"\\ud800\\u0041\"}", "line 1 column 7"},
                {"{\"a\":\"\\ud800\\", "line 1 column 7"},
                {"{\"a\":\"\\udc00\"}", "line 1 column 7"},
                {"{\"a\":\"\x1f\"}", "line 1 column 7"},
                {"{\"a\":\"\n\"}", "line 1 column 7"},
                {"{\"a\":\"\\n\x01\"}", "line 1 column 9"},
                {"{\"a\":\"\x80\"}", "line 1 column 7"},
                {"{\"a\":\"\xc0\xaf\"}", "line 1 column 7"},     /* overlong */
                {"{\"a\":\"\xe0\x9f\xbf\"}", "line 1 column 7"}, /* overlong */
                {"{\"a\":\"\xed\xa0\x80\"}", "line 1 column 7"}, /* a surrogate */
                {"{\"a\":\"\xf4\x90\x80\x80\"}", "line 1 column 7"},
                {"{\"a\":\"\xf5\x80\x80\x80\"}", "line 1 column 7"},
                {"{\"a\":\"\xe2\x82\"}", "line 1 column 7"},
                {"{\"a\":\"\xf0\x9f\x98", "line 1 column 7"},
                {"{\"a\":01}", "line 1 column 6"},
                {"{\"a\":-01}", "line 1 column 7"},
                {"{\"a\":+1}", "line 1 column 6"},
                {"{\"a\":.5}", "line 1 column 6"},
                {"{\"a\":1.}", "line 1 column 8"},
                {"{\"a\":1.x}", "line 1 column 8"},
                {"{\"a\":1e}", "line 1 column 8"},
                {"{\"a\":1e+}", "line 1 column 9"},
                {"{\"a\":-}", "line 1 column 7"},
                {"{\"a\":0x10}", "line 1 column 7"},
                {"{\"a\":NaN}", "line 1 column 6"},
                {"{\"a\":Infinity}", "line 1 column 6"},
        };

        (void)state;
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
                check_error(rows[i].text, strlen(rows[i].text), EINVAL, rows[i].place);
}

static void config_parse__every_prefix__clean_error(void **state)
{
        static const char text[] =
                "{\"a\":[1,-2.5e3,\"x\\u00e4\\n\",true,false,null,{}],\"b\":{\"c\":18446744073709551615}}";

        (void)state;
        for (size_t n = 0; n < sizeof(text) - 1; n++) {
                char *copy = malloc(n + 1); /* exactly n bytes, so that ASan sees one beyond */
                struct config *c = NULL;
                struct err e = ERR_INIT;
                memcpy(copy + 1, text, n);
                assert_int_equal(config_parse(sys_linux(), copy + 1, n, &c, &e), -EINVAL);
                assert_int_equal(strncmp(e.place, "line 1 column ", 14), 0);
                free(copy);
        }
        config_free(sys_linux(), parse_ok(text, sizeof(text) - 1));
}

static void config_parse__nul__refused_with_position(void **state)
{
        (void)state;
        check_error("{\"a\":\"x\0y\"}", 11, EINVAL, "line 1 column 8");
        check_error("{\"a\":1}\0", 8, EINVAL, "line 1 column 8");
        check_error("\0", 1, EINVAL, "line 1 column 1");
        check_error("{\n\0\"a\":1}", 9, EINVAL, "line 2 column 1");
        check_error("{\"a\":\"x\\u0000y\"}", 16, EINVAL, "line 1 column 8");
        check_error("{\"\\u0000\":1}", 12, EINVAL, "line 1 column 3");
        check_error("{\"hostname\":\"\\u0000+18446744073709551615\"}", 42, EINVAL, "line 1 column 14");
}

static void config_parse__escaped_backslash_before_u0000__is_text(void **state)
{
        static const char text[] = "{\"hostname\":\"\\\\u0000\"}";
        struct config *c;

        (void)state;
        c = parse_ok(text, sizeof(text) - 1);
        assert_string_equal(c->hostname, "\\u0000");
        config_free(sys_linux(), c);
}

static void config_parse__duplicate_key__line_and_column(void **state)
{
        static const struct bad rows[] = {
                {"{\"a\":1,\"a\":2}", "line 1 column 8"},
                {"{\"a\":1,\n \"b\":{\"c\":1,\"d\":2,\"c\":3}}", "line 2 column 19"},
                {"{\"a\":1,\"\\u0061\":2}", "line 1 column 8"}, /* the same key, written otherwise */
                {"{\"unknown\":{\"x\":null,\"x\":null}}", "line 1 column 22"},
                {"{\"\":1,\"\":2}", "line 1 column 7"},
        };

        (void)state;
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
                check_error(rows[i].text, strlen(rows[i].text), EINVAL, rows[i].place);
}

static void config_parse__strings__decoded_exactly(void **state)
{
        static const struct {
                const char *text, *want;
        } rows[] = {
                {"", ""},
                {"\\\"\\\\\\/\\b\\f\\n\\r\\t", "\"\\/\b\f\n\r\t"},
                {"\\u00e4\\u20AC\\ud83d\\ude00x", "\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80x"},
                {"\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80\\n", "\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80\n"},
                {"\x7f\\u007f\\u0001", "\x7f\x7f\x01"},
                {"\\uffff\\udbff\\udfff", "\xef\xbf\xbf\xf4\x8f\xbf\xbf"},
        };
        char text[256];

        (void)state;
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                int n = snprintf(text, sizeof(text),
                                 "{\"domainname\":\"z\\n\", \"annotations\":{\"k%s\":\"\\t\"},"
                                 "\"hostname\":\"%s\"}",
                                 rows[i].text, rows[i].text);
                struct config *c = parse_ok(text, (size_t)n);
                assert_string_equal(c->hostname, rows[i].want);
                assert_string_equal(c->annotations.item[0].key + 1, rows[i].want);
                assert_string_equal(c->annotations.item[0].value, "\t");
                assert_string_equal(c->domainname, "z\n");
                config_free(sys_linux(), c);
        }
}

static void config_parse__uint64__exact_over_the_whole_range(void **state)
{
        static const struct {
                const char *text;
                uint64_t want;
                int errnum;
        } rows[] = {
                {"0", 0, 0},
                {"-0", 0, 0},
                {"9007199254740993", UINT64_C(9007199254740993), 0}, /* 2^53 + 1: no double has it */
                {"9223372036854775807", INT64_MAX, 0},
                {"9223372036854775808", UINT64_C(9223372036854775808), 0},
                {"18446744073709551614", UINT64_MAX - 1, 0},
                {"18446744073709551615", UINT64_MAX, 0},
                {"18446744073709551616", 0, ERANGE},
                {"18446744073709551625", 0, ERANGE},
                {"184467440737095516150", 0, ERANGE},
                {"99999999999999999999999999999999999999999999", 0, ERANGE},
                {"-1", 0, ERANGE},
                {"-9223372036854775808", 0, ERANGE},
                {"-9223372036854775809", 0, ERANGE},
                {"-18446744073709551615", 0, ERANGE},
                {"-18446744073709551616", 0, ERANGE},
                {"1.0", 0, EINVAL},
                {"1e3", 0, EINVAL},
                {"18446744073709551615.0", 0, EINVAL},
                {"\"18446744073709551615\"", 0, EINVAL},
                {"\"\"", 0, EINVAL},
        };
        char text[256];

        (void)state;
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                int n = snprintf(text, sizeof(text),
                                 "{\"linux\":{\"resources\":{\"hugepageLimits\":[{\"pageSize\":\"2MB\","
                                 "\"limit\":%s}]}}}",
                                 rows[i].text);
                if (rows[i].errnum) {
                        check_error(text, (size_t)n, rows[i].errnum,
                                    "/linux/resources/hugepageLimits/0/limit");
                        continue;
                }
                struct config *c = parse_ok(text, (size_t)n);
                assert_true(c->linux_.resources.hugepage.item[0].limit == rows[i].want);
                config_free(sys_linux(), c);
        }
}

static void config_parse__int64__exact_over_the_whole_range(void **state)
{
        static const struct {
                const char *text;
                int64_t want;
                int errnum;
        } rows[] = {
                {"-9223372036854775808", INT64_MIN, 0},
                {"-9223372036854775807", -INT64_MAX, 0},
                {"9223372036854775807", INT64_MAX, 0},
                {"-1", -1, 0},
                {"-0", 0, 0},
                {"9223372036854775808", 0, ERANGE},
                {"-9223372036854775809", 0, ERANGE},
                {"18446744073709551615", 0, ERANGE},
                {"-18446744073709551616", 0, ERANGE},
                {"-1.5", 0, EINVAL},
        };
        char text[256];

        (void)state;
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                int n = snprintf(text, sizeof(text),
                                 "{\"linux\":{\"resources\":{\"memory\":{\"limit\":%s}}}}", rows[i].text);
                if (rows[i].errnum) {
                        check_error(text, (size_t)n, rows[i].errnum, "/linux/resources/memory/limit");
                        continue;
                }
                struct config *c = parse_ok(text, (size_t)n);
                assert_true(c->linux_.resources.memory.limit.v == rows[i].want);
                config_free(sys_linux(), c);
        }
}

/* "Unknown properties MUST be ignored": whatever their value. */
static void config_parse__unknown_fields__ignored(void **state)
{
        static const char text[] = "{\"x\":1e400,\"y\":99999999999999999999999,\"z\":[{},[],null,-1.5E-3],"
                                   "\"process\":{\"commandLine\":18446744073709551615},\"linux\":{"
                                   "\"netDevices\":{\"a\":1}},\"windows\":7}";
        struct config *c;

        (void)state;
        c = parse_ok(text, sizeof(text) - 1);
        assert_true(c->process.set);
        assert_true(c->linux_.set);
        assert_false(c->root.set);
        config_free(sys_linux(), c);
}

/* --- limits --- */

static void config_parse__depth__limit_is_exact(void **state)
{
        char text[512];
        size_t n;

        (void)state;
        for (unsigned depth = LIMIT_CONFIG_DEPTH; depth <= LIMIT_CONFIG_DEPTH + 1; depth++) {
                n = (size_t)sprintf(text, "{\"a\":");
                memset(text + n, '[', depth - 1);
                memset(text + n + depth - 1, ']', depth - 1);
                text[n + 2 * (depth - 1)] = '}';
                if (depth == LIMIT_CONFIG_DEPTH)
                        config_free(sys_linux(), parse_ok(text, n + 2 * depth - 1));
                else
                        check_error(text, n + 2 * depth - 1, E2BIG, "line 1 column 69");
        }
        /* siblings don't add up */
        n = (size_t)sprintf(text, "{\"a\":[");
        for (unsigned i = 0; i < 2 * LIMIT_CONFIG_DEPTH; i++)
                n += (size_t)sprintf(text + n, i % 2 ? "{}," : "[],");
        n += (size_t)sprintf(text + n, "[]]}");
        config_free(sys_linux(), parse_ok(text, n));
}

static void config_parse__string_length__limit_is_exact(void **state)
{
        char *text = malloc(LIMIT_CONFIG_STRING + 64);

        (void)state;
        for (unsigned extra = 0; extra < 2; extra++) {
                for (int escaped = 0; escaped < 3; escaped++) { /* plain; an escape first; an escape last */
                        size_t n = (size_t)sprintf(text, "{\"hostname\":\""),
                               fill = LIMIT_CONFIG_STRING + extra;
                        if (escaped)
                                fill--;
                        if (escaped == 1)
                                n += (size_t)sprintf(text + n, "\\n");
                        memset(text + n, 'x', fill);
                        n += fill;
                        if (escaped == 2)
                                n += (size_t)sprintf(text + n, "\\n");
                        n += (size_t)sprintf(text + n, "\"}");
                        if (extra) {
                                check_error(text, n, E2BIG, "line 1 column 13");
                        } else {
                                struct config *c = parse_ok(text, n);
                                assert_int_equal(strlen(c->hostname), LIMIT_CONFIG_STRING);
                                config_free(sys_linux(), c);
                        }
                }
        }
        free(text);
}

static void config_parse__items__limit_is_exact(void **state)
{
        char *text = malloc(LIMIT_CONFIG_LIST * 16u + 64), place[64];

        (void)state;
        for (unsigned items = LIMIT_CONFIG_LIST; items <= LIMIT_CONFIG_LIST + 1; items++) {
                size_t n = (size_t)sprintf(text, "{\"process\":{\"user\":{\"additionalGids\":[");
                for (unsigned i = 0; i < items; i++) {
                        snprintf(place, sizeof(place), "line 1 column %zu", n + 1);
                        n += (size_t)sprintf(text + n, "%u%s", i, i + 1 < items ? "," : "");
                }
                n += (size_t)sprintf(text + n, "]}}}");
                if (items > LIMIT_CONFIG_LIST) {
                        check_error(text, n, E2BIG, place);
                } else {
                        struct config *c = parse_ok(text, n);
                        assert_int_equal(c->process.user.additional_gids.n, items);
                        assert_int_equal(c->process.user.additional_gids.item[items - 1], items - 1);
                        config_free(sys_linux(), c);
                }
                n = (size_t)sprintf(text, "{\"annotations\":{");
                for (unsigned i = 0; i < items; i++) {
                        snprintf(place, sizeof(place), "line 1 column %zu", n + 1);
                        n += (size_t)sprintf(text + n, "\"%u\":\"\"%s", i, i + 1 < items ? "," : "");
                }
                n += (size_t)sprintf(text + n, "}}");
                if (items > LIMIT_CONFIG_LIST)
                        check_error(text, n, E2BIG, place);
                else
                        config_free(sys_linux(), parse_ok(text, n));
        }
        free(text);
}

static void config_parse__document_size__limit_is_exact(void **state)
{
        char *text = malloc(LIMIT_CONFIG_BYTES + 1);

        (void)state;
        memset(text, ' ', LIMIT_CONFIG_BYTES + 1);
        memcpy(text, "{}", 2);
        config_free(sys_linux(), parse_ok(text, LIMIT_CONFIG_BYTES));
        check_error(text, LIMIT_CONFIG_BYTES + 1, E2BIG, "line 1 column 1");
        free(text);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(config_parse__bad_syntax__line_and_column),
                cmocka_unit_test(config_parse__every_prefix__clean_error),
                cmocka_unit_test(config_parse__nul__refused_with_position),
                cmocka_unit_test(config_parse__escaped_backslash_before_u0000__is_text),
                cmocka_unit_test(config_parse__duplicate_key__line_and_column),
                cmocka_unit_test(config_parse__strings__decoded_exactly),
                cmocka_unit_test(config_parse__uint64__exact_over_the_whole_range),
                cmocka_unit_test(config_parse__int64__exact_over_the_whole_range),
                cmocka_unit_test(config_parse__unknown_fields__ignored),
                cmocka_unit_test(config_parse__depth__limit_is_exact),
                cmocka_unit_test(config_parse__string_length__limit_is_exact),
                cmocka_unit_test(config_parse__items__limit_is_exact),
                cmocka_unit_test(config_parse__document_size__limit_is_exact),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
