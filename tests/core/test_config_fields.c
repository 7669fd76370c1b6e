/*
 * core/config: wrong values of every field. The fields are those of props/models/spec_rules.h, and the first test
 * says that the parser knows the same ones; so a field that is added to either is in all of these, or fails.
 */
#include <errno.h>
#include <jansson.h>
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
#include "core/config/parts.h"
#include "core/sys.h"
#include "tests/core/config_edit.h"
#include "tests/core/config_full.h"
#include "tests/core/made_config.h"

#define BIT(kind) (1u << (kind))
#define STRINGY (BIT(SPEC_STR) | BIT(SPEC_NS_TYPE) | BIT(SPEC_DEVICE_TYPE) | BIT(SPEC_RULE_TYPE))
#define INTEGER (BIT(SPEC_I32) | BIT(SPEC_I64) | BIT(SPEC_U16) | BIT(SPEC_U32) | BIT(SPEC_U64))

#define FOR_EACH_RULE(rule)                                                                                \
        for (const struct spec_rule *rule = spec_rules(&rules_n), *end_ = rule + rules_n; rule < end_; rule++)
static size_t rules_n;

/* --- the two lists --- */

struct walk {
        bool *met; /* of each rule */
};

static void meet(struct walk *w, const char *pattern, unsigned kinds, bool required)
{
        FOR_EACH_RULE(rule)
        {
                if (strcmp(rule->pattern, pattern) != 0)
                        continue;
                if (!(BIT(rule->kind) & kinds) || rule->required != required)
                        fail_msg("%s: the parser and the rules differ in its type, or in whether it is required", pattern);
                w->met[rule - spec_rules(&rules_n)] = true;
                return;
        }
        fail_msg("%s: the parser knows it, and spec_rules.c does not", pattern);
}

static void walk_schema(struct walk *w, const struct config_schema *schema, const char *prefix);

static void walk_field(struct walk *w, const struct config_field *f, const char *pattern)
{
        static const unsigned kinds[] = {
                [CONFIG_STRING] = STRINGY,           [CONFIG_BOOL] = BIT(SPEC_BOOLEAN),
                [CONFIG_I32] = BIT(SPEC_I32),        [CONFIG_I64] = BIT(SPEC_I64),
                [CONFIG_U16] = BIT(SPEC_U16),        [CONFIG_U32] = BIT(SPEC_U32),
                [CONFIG_U64] = BIT(SPEC_U64),        [CONFIG_STRINGS] = BIT(SPEC_ARR),
                [CONFIG_U32S] = BIT(SPEC_ARR),       [CONFIG_PAIRS] = BIT(SPEC_OBJ),
                [CONFIG_OBJECT] = BIT(SPEC_OBJ),     [CONFIG_LIST] = BIT(SPEC_ARR),
                [CONFIG_MAP] = BIT(SPEC_OBJ),        [CONFIG_CUSTOM] = STRINGY | BIT(SPEC_ARR) | BIT(SPEC_OBJ),
        };
        char entry[160];

        meet(w, pattern, kinds[f->kind], f->required);
        snprintf(entry, sizeof(entry), "%s/*", pattern);
        if (f->kind == CONFIG_STRINGS || f->kind == CONFIG_PAIRS)
                meet(w, entry, STRINGY, false);
        else if (f->kind == CONFIG_U32S)
                meet(w, entry, BIT(SPEC_U32), false);
        else if (f->kind == CONFIG_OBJECT)
                walk_schema(w, f->schema, pattern);
        else if (f->schema) {
                meet(w, entry, BIT(SPEC_OBJ), false);
                walk_schema(w, f->schema, entry);
        }
}

static void walk_schema(struct walk *w, const struct config_schema *schema, const char *prefix)
{
        char pattern[128];

        for (size_t i = 0; i < schema->n; i++) {
                snprintf(pattern, sizeof(pattern), "%s/%s", prefix, schema->fields[i].name);
                walk_field(w, &schema->fields[i], pattern);
        }
}

static void config_schema__parser_and_rules__know_the_same_fields(void **state)
{
        static bool met[1024];
        struct walk w = {met};

        (void)state;
        walk_schema(&w, &config_schema_top, "");
        assert_true(rules_n > 150 && rules_n <= sizeof(met));
        FOR_EACH_RULE(rule)
        if (!met[rule - spec_rules(&rules_n)])
                fail_msg("%s: spec_rules.c has it, and the parser does not know it", rule->pattern);
}

/* --- one wrong value in the smallest document --- */

/* errnum 0: taken. place NULL: the field's pointer. */
static void judge(const struct made *made, size_t len, int errnum, const char *place, const char *words)
{
        struct config *c = NULL;
        struct err e = ERR_INIT;
        int r = config_parse(sys_linux(), made->text, len, &c, &e);

        if (r != -errnum)
                fail_msg("%s: got %d (%s: %s), expected %d: %.300s", made->pointer, r, e.place, e.msg, -errnum,
                         made->text);
        if (errnum && strcmp(e.place, place ? place : made->pointer) != 0)
                fail_msg("%s: wrong place %s, not %s: %.300s", made->pointer, e.place, place ? place : "its own",
                         made->text);
        if (errnum && !strstr(e.msg, words))
                fail_msg("%s: \"%s\" does not say \"%s\"", made->pointer, e.msg, words);
        assert_int_equal(c != NULL, errnum == 0);
        config_free(sys_linux(), c);
}

static void check(const struct spec_rule *rule, const char *raw, int errnum, const char *words)
{
        struct made made = made_config(rule, raw);

        judge(&made, strlen(made.text), errnum, NULL, words);
        free(made.text);
}

static void config_parse__every_field_as_it_should_be__taken(void **state)
{
        (void)state;
        FOR_EACH_RULE(rule)
        {
                char *value = made_value(rule);
                check(rule, value, 0, NULL);
                free(value);
        }
}

static void config_parse__every_field_of_wrong_type__pointer(void **state)
{
        static const struct {
                const char *raw;
                unsigned fits;
                const char *got;
        } values[] = {
                {"\"x\"", STRINGY, "got a string"},
                {"\"7\"", STRINGY, "got a string"},
                {"\"\"", STRINGY, "got a string"},
                {"true", BIT(SPEC_BOOLEAN), "got a boolean"},
                {"false", BIT(SPEC_BOOLEAN), "got a boolean"},
                {"[]", BIT(SPEC_ARR), "got an array"},
                {"[[]]", BIT(SPEC_ARR), "got an array"},
                {"{}", BIT(SPEC_OBJ), "got an object"},
                {"{\"a\":[]}", BIT(SPEC_OBJ), "got an object"},
                {"1.0", 0, "got a real number"},
                {"1.5", 0, "got a real number"},
                {"1e0", 0, "got a real number"},
                {"1e400", 0, "got a real number"},
                {"-1e-400", 0, "got a real number"},
                {"7", INTEGER, "got an integer"},
                {"-1", INTEGER, "got an integer"},
                {"9223372036854775808", INTEGER, "got an integer"},
                {"18446744073709551616", INTEGER, "got an integer"},
        };

        (void)state;
        FOR_EACH_RULE(rule)
        {
                size_t met = 0;
                for (size_t k = 0; k < sizeof(values) / sizeof(values[0]); k++) {
                        if (values[k].fits & BIT(rule->kind))
                                continue;
                        check(rule, values[k].raw, EINVAL, "expected ");
                        check(rule, values[k].raw, EINVAL, values[k].got);
                        met++;
                }
                assert_true(met >= 14);
        }
}

static void config_parse__every_integer__range_is_exact(void **state)
{
        static const struct {
                enum spec_kind kind;
                const char *in, *out; /* values just inside and just outside */
        } edges[] = {
                {SPEC_I32, "2147483647", "2147483648"},
                {SPEC_I32, "-2147483648", "-2147483649"},
                {SPEC_I64, "9223372036854775807", "9223372036854775808"},
                {SPEC_I64, "-9223372036854775808", "-9223372036854775809"},
                {SPEC_I64, "0", "18446744073709551616"},
                {SPEC_U16, "65535", "65536"},
                {SPEC_U16, "0", "-1"},
                {SPEC_U32, "4294967295", "4294967296"},
                {SPEC_U32, "-0", "-4294967295"},
                {SPEC_U32, "0", "-1"},
                {SPEC_U64, "18446744073709551615", "18446744073709551616"},
                {SPEC_U64, "9223372036854775808", "-9223372036854775808"},
                {SPEC_U64, "0", "-1"},
                {SPEC_I32, "0", "18446744073709551615"},
                {SPEC_U16, "1", "99999999999999999999999999"},
                {SPEC_U32, "1", "-99999999999999999999999999"},
        };

        (void)state;
        FOR_EACH_RULE(rule)
        {
                size_t met = 0;
                for (size_t k = 0; k < sizeof(edges) / sizeof(edges[0]); k++) {
                        if (edges[k].kind != rule->kind)
                                continue;
                        check(rule, edges[k].in, 0, NULL);
                        check(rule, edges[k].out, ERANGE, "does not fit");
                        met++;
                }
                assert_true((met > 0) == ((BIT(rule->kind) & INTEGER) != 0));
        }
}

static void config_parse__every_field_absent_or_null__required_or_fine(void **state)
{
        (void)state;
        FOR_EACH_RULE(rule)
        {
                struct made made = made_config(rule, "null");
                if (made.item) { /* null is an item of a list; elsewhere it is nothing */
                        judge(&made, strlen(made.text), EINVAL, NULL, "got null");
                } else {
                        check(rule, NULL, rule->required ? EINVAL : 0, "is required");
                        check(rule, "null", rule->required ? EINVAL : 0, "is required");
                }
                free(made.text);
        }
}

/* --- what the text alone shows --- */

static char *repeated(const char *open, const char *part, size_t n, const char *close)
{
        size_t size = strlen(open) + n * strlen(part) + strlen(close) + 1, at;
        char *text = malloc(size);

        assert_non_null(text);
        at = (size_t)sprintf(text, "%s", open);
        for (size_t i = 0; i < n; i++, at += strlen(part))
                strcpy(text + at, part);
        strcpy(text + at, close);
        return text;
}

/* The error is at the value's byte `off`, and says so by line and column. "@" in raw is a NUL byte. */
static void check_text(const struct spec_rule *rule, const char *raw, size_t off, int errnum, const char *words)
{
        struct made made = made_config(rule, raw);
        size_t len = strlen(made.text);
        char place[64];

        for (char *p; (p = memchr(made.text, '@', len));)
                *p = '\0';
        snprintf(place, sizeof(place), "line 1 column %zu", made.value_at + off + 1);
        judge(&made, len, errnum, place, words);
        free(made.text);
}

static void config_parse__every_field_malformed__line_and_column(void **state)
{
        static const struct {
                const char *raw;
                size_t off;
                const char *words;
        } texts[] = {
                {"\"a\\u0000b\"", 2, "NUL"},
                {"\"a@b\"", 2, "NUL byte in a string"},
                {"@", 0, "NUL byte where a value is expected"},
                {"\"a\nb\"", 2, "control character 0x0a"},
                {"\"\xff\"", 1, "malformed UTF-8"},
                {"\"\xc0\xaf\"", 1, "malformed UTF-8"},
                {"\"\\ud800\"", 1, "surrogate"},
                {"\"\\x\"", 1, "unknown escape"},
                {"01", 0, "may not begin with 0"},
                {"+1", 0, "where a value is expected"},
                {"1.", 2, "where a digit is expected"},
                {".5", 0, "where a value is expected"},
                {"0x10", 1, "is expected"},
                {"NaN", 0, "where a value is expected"},
                {"nul", 3, "where null is expected"},
                {"'x'", 0, "where a value is expected"},
        };

        (void)state;
        FOR_EACH_RULE(rule)
        for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
                check_text(rule, texts[i].raw, texts[i].off, EINVAL, texts[i].words);
}

static void config_parse__every_field_too_large__line_and_column(void **state)
{
        char *string = repeated("\"", "a", LIMIT_CONFIG_STRING + 1, "\""),
             *list = repeated("[0", ",0", LIMIT_CONFIG_LIST, "]"),
             *deep = repeated("", "[", LIMIT_CONFIG_DEPTH + 1, "");

        (void)state;
        FOR_EACH_RULE(rule)
        {
                size_t depth = 0;
                if (BIT(rule->kind) & STRINGY)
                        check_text(rule, string, 0, E2BIG, "a string of more than 131072 bytes");
                if (rule->kind == SPEC_ARR)
                        check_text(rule, list, 1 + 2 * (size_t)LIMIT_CONFIG_LIST, E2BIG, "more than 16384 items");
                for (const char *p = rule->pattern; *p; p++)
                        depth += *p == '/';
                check_text(rule, deep, LIMIT_CONFIG_DEPTH - depth, E2BIG, "nested deeper than 64");
        }
        free(string);
        free(list);
        free(deep);
}

static void config_parse__every_map_too_large__line_and_column(void **state)
{
        char *text = NULL;
        size_t size, last = 0;
        FILE *f = open_memstream(&text, &size);

        (void)state;
        for (unsigned i = 0; i <= LIMIT_CONFIG_LIST; i++) {
                fputs(i ? "," : "{", f);
                fflush(f);
                last = size;
                fprintf(f, "\"%u\":0", i);
        }
        fputc('}', f);
        fclose(f);
        FOR_EACH_RULE(rule)
        if (rule->kind == SPEC_OBJ)
                check_text(rule, text, last, E2BIG, "more than 16384 members");
        free(text);
}

static void config_parse__every_field_twice__second_named(void **state)
{
        (void)state;
        FOR_EACH_RULE(rule)
        {
                char *value = made_value(rule), *twice;
                struct made made = made_config(rule, value);
                const char *key = strrchr(made.pointer, '/') + 1;
                assert_true(asprintf(&twice, "%s,\"%s\":%s", value, key, value) > 0);
                if (!made.item)
                        check_text(rule, twice, strlen(value) + 1, EINVAL, "duplicate key");
                free(twice);
                free(made.text);
                free(value);
        }
}

/* --- the rest, in a document with everything in it --- */

static void check_full(const char *pointer, const char *raw)
{
        char *text = config_edit(CONFIG_FULL, pointer, raw);
        struct made made = {.text = text};

        snprintf(made.pointer, sizeof(made.pointer), "%s", pointer);
        judge(&made, strlen(text), EINVAL, NULL, "");
        free(text);
}

static void config_parse__data_that_has_no_type_of_its_own__pointer(void **state)
{
        static const struct {
                const char *pointer, *raw;
        } values[] = {
                {"/linux/namespaces/1/type", "\"net\""},
                {"/linux/namespaces/1/type", "\"\""},
                {"/linux/namespaces/3/type", "\"pid\""},
                {"/linux/devices/0/type", "\"\""},
                {"/linux/devices/0/type", "\"cc\""},
                {"/linux/devices/0/type", "\"a\""},
                {"/linux/resources/devices/1/type", "\"p\""},
                {"/linux/resources/devices/1/type", "\"bc\""},
                {"/linux/timeOffsets/realtime", "{}"},
                {"/process/env/1", "null"},
                {"/mounts/0", "null"},
                {"/linux/namespaces/0", "null"},
                {"/linux/resources/rdma/x~0y~1z", "7"},
                {"/annotations/~1~1~0~0", "7"},
        };

        (void)state;
        for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++)
                check_full(values[i].pointer, values[i].raw);
}

static void config_parse__null_in_a_map__absent(void **state)
{
        static const char text[] = "{\"annotations\":{\"a\":null,\"b\":\"x\",\"c\":null},"
                                   "\"linux\":{\"timeOffsets\":{\"boottime\":null,\"other\":null}}}";
        struct config *c = NULL;

        (void)state;
        assert_int_equal(config_parse(sys_linux(), text, sizeof(text) - 1, &c, NULL), 0);
        assert_int_equal(c->annotations.n, 1);
        assert_string_equal(c->annotations.item[0].key, "b");
        assert_false(c->linux_.time_boottime.set);
        config_free(sys_linux(), c);
}

static void config_parse__long_pointer__cut_and_marked(void **state)
{
        char text[1024], key[600];
        struct config *c = NULL;
        struct err e = ERR_INIT;

        (void)state;
        memset(key, '/', sizeof(key) - 1); /* doubles when escaped */
        key[sizeof(key) - 1] = '\0';
        snprintf(text, sizeof(text), "{\"annotations\":{\"%s\":1}}", key);
        assert_int_equal(config_parse(sys_linux(), text, strlen(text), &c, &e), -EINVAL);
        assert_int_equal(strncmp(e.place, "/annotations/~1~1~1", 19), 0);
        assert_string_equal(e.place + strlen(e.place) - 3, "...");
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(config_schema__parser_and_rules__know_the_same_fields),
                cmocka_unit_test(config_parse__every_field_as_it_should_be__taken),
                cmocka_unit_test(config_parse__every_field_of_wrong_type__pointer),
                cmocka_unit_test(config_parse__every_integer__range_is_exact),
                cmocka_unit_test(config_parse__every_field_absent_or_null__required_or_fine),
                cmocka_unit_test(config_parse__every_field_malformed__line_and_column),
                cmocka_unit_test(config_parse__every_field_too_large__line_and_column),
                cmocka_unit_test(config_parse__every_map_too_large__line_and_column),
                cmocka_unit_test(config_parse__every_field_twice__second_named),
                cmocka_unit_test(config_parse__data_that_has_no_type_of_its_own__pointer),
                cmocka_unit_test(config_parse__null_in_a_map__absent),
                cmocka_unit_test(config_parse__long_pointer__cut_and_marked),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
