/* Command lines from tables. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/base/err.h"
#include "core/base/nearest.h"
#include "core/cli/opt.h"

enum { FLAG, VALUE, LONG_ONLY, N };
static const struct opt_spec specs[] = {
        [FLAG] = {"flag", 'f', NULL, "a flag"},
        [VALUE] = {"value", 'v', "X", "a value"},
        [LONG_ONLY] = {"long-only", 0, NULL, "no letter"},
};

static int next(struct opt_iter *it, const char **value, struct err *err)
{
        *value = "untouched";
        return opt_next(it, specs, N, value, err);
}

static void opt_next__every_form__value_taken(void **state)
{
        char *argv[] = {"x",       "-f", "--flag",   "-v",          "1",  "-v2",
                        "--value", "3",  "--value=", "--long-only", "op", "-f"};
        static const char *const values[] = {"1", "2", "3", ""};
        struct opt_iter it = {.argc = 12, .argv = argv, .at = 1};
        struct err err = ERR_INIT;
        const char *value;

        (void)state;
        for (int i = 0; i < 2; i++) {
                assert_int_equal(next(&it, &value, &err), FLAG);
                assert_null(value);
        }
        for (int i = 0; i < 4; i++) {
                assert_int_equal(next(&it, &value, &err), VALUE);
                assert_string_equal(value, values[i]);
        }
        assert_int_equal(next(&it, &value, &err), LONG_ONLY);
        assert_int_equal(next(&it, &value, &err), OPT_END);
        assert_string_equal(argv[it.at], "op");
}

static void opt_next__wrong_words__named(void **state)
{
        static const struct {
                char *argv[3];
                int argc;
                const char *place, *words;
        } cases[] = {
                {{"x", "--flga"}, 2, "--flga", "--flag"},
                {{"x", "--flag=1"}, 2, "--flag=1", "no value"},
                {{"x", "--value"}, 2, "--value", "needs"},
                {{"x", "-v"}, 2, "-v", "needs"},
                {{"x", "-fx"}, 2, "-fx", "no value"},
                {{"x", "-z"}, 2, "-z", "unknown"},
                {{"x", "--"}, 2, NULL, NULL},
                {{"x", "-"}, 2, NULL, NULL},
                {{"x", "--wholly-else"}, 2, "--wholly-else", "--help"},
        };

        (void)state;
        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
                struct opt_iter it = {.argc = cases[i].argc, .argv = (char **)cases[i].argv, .at = 1};
                struct err err = ERR_INIT;
                const char *value;
                int r = next(&it, &value, &err);
                if (!cases[i].place) {
                        assert_int_equal(r, OPT_END);
                        continue;
                }
                assert_int_equal(r, -EINVAL);
                assert_string_equal(value, "untouched");
                assert_string_equal(err.place, cases[i].place);
                assert_non_null(strstr(err.msg, cases[i].words));
        }
}

static void nearest_word__words__near_or_none(void **state)
{
        static const char *const words[] = {"create", "delete", "kill",  "list",
                                            "run",    "spec",   "start", "state"};

        (void)state;
        assert_string_equal(nearest_word("creat", words, 8), "create");
        assert_string_equal(nearest_word("strat", words, 8), "start");
        assert_string_equal(nearest_word("lsit", words, 8), "list");
        assert_null(nearest_word("zzzzzz", words, 8));
}

static void opt_help__small_buffer__length_told_nothing_overrun(void **state)
{
        char buf[4096], small[8] = "1234567";
        size_t n = opt_help(specs, N, buf, sizeof(buf));

        (void)state;
        assert_int_equal(n, strlen(buf));
        assert_non_null(strstr(buf, "-v, --value X"));
        assert_int_equal(opt_help(specs, N, small, 4), n);
        assert_string_equal(small + 4, "567");
        assert_int_equal(opt_help(specs, N, NULL, 0), n);
}

static void opt_next_value__repeated_option__each_value_in_order(void **state)
{
        static const struct opt_spec repeated[] = {{"env", 'e', "NAME=VALUE", ""}, {"flag", 'f', NULL, ""}};
        char *argv[] = {"-ea", "--flag", "--env=b", "-e", "c", "operand", "--env=d"};
        struct opt_iter it = {.argc = 7, .argv = argv};
        const char *value = "untouched";

        (void)state;
        for (char want = 'a'; want <= 'c'; want++) {
                assert_true(opt_next_value(&it, repeated, 2, 0, &value));
                assert_int_equal(value[0], want);
        }
        value = "untouched";
        assert_false(opt_next_value(&it, repeated, 2, 0, &value));
        assert_string_equal(value, "untouched");
        assert_int_equal(it.at, 5);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(opt_next__every_form__value_taken),
                cmocka_unit_test(opt_next__wrong_words__named),
                cmocka_unit_test(nearest_word__words__near_or_none),
                cmocka_unit_test(opt_help__small_buffer__length_told_nothing_overrun),
                cmocka_unit_test(opt_next_value__repeated_option__each_value_in_order),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
