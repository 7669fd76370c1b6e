/* The observer's report decoded, and streams compared. */
#include <errno.h>
#include <stdio.h>
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
// clang-format on
#include <string.h>

#include "sandbox/observation.h"

#define START "{\"fds\":[{\"fd\":0,\"dev\":1,\"ino\":2,\"mark\":35,\"offset\":-1}],\"argv\":[\"/o\",\"a\\u00e9\"]," \
              "\"env\":[],\"cwd\":\"/\",\"caps\":[0,1,2,3,-1]}\n"

static struct obs_report r;

static void obs_report_parse__start_and_steps__are_read(void **state)
{
        static const char text[] = START "{\"step\":\"a\",\"result\":-32}\n{\"step\":\"b\",\"res";

        (void)state;
        assert_int_equal(obs_report_parse(text, sizeof text - 1, &r, NULL), 0);
        assert_true(r.started);
        assert_string_equal(r.argv[1], "a\xe9");
        assert_int_equal(r.fd[0].mark, 35);
        assert_int_equal(r.cap[3], 3);
        assert_true(r.cap[4] == UINT64_MAX);
        assert_int_equal(r.n_steps, 1); /* the torn one does not count */
        assert_int_equal(r.step[0].result, -32);
}

static void obs_report_parse__nothing__is_not_started(void **state)
{
        (void)state;
        assert_int_equal(obs_report_parse("", 0, &r, NULL), 0);
        assert_false(r.started);
}

static void obs_report_parse__garbage__is_an_error(void **state)
{
        (void)state;
        assert_int_equal(obs_report_parse("{}\n", 3, &r, NULL), -EINVAL);
        assert_int_equal(obs_report_parse("x\n", 2, &r, NULL), -EINVAL);
        assert_int_equal(obs_report_parse("{\"fds\":[],\"argv\":[1],\"env\":[],\"cwd\":\"/\"}\n", 41, &r, NULL), -EINVAL);
}

static int64_t first_diff(const char *got, const char *want)
{
        struct obs_stream s = { 0 };

        obs_stream_compare(&s, (const unsigned char *)got, strlen(got), (const unsigned char *)want, strlen(want));
        assert_int_equal(s.got, strlen(got));
        assert_int_equal(s.expected, strlen(want));
        return s.first_diff;
}

static void obs_stream_compare__differences__have_an_offset(void **state)
{
        (void)state;
        assert_int_equal(first_diff("", ""), -1);
        assert_int_equal(first_diff("abc", "abc"), -1);
        assert_int_equal(first_diff("ab", "abc"), 2);
        assert_int_equal(first_diff("abcd", "abc"), 3);
        assert_int_equal(first_diff("axc", "abc"), 1);
        assert_int_equal(first_diff("error\n", ""), 0);
}

static void obs_hooks_parse__line__is_read(void **state)
{
        static const char text[] =
                "{\"fds\":[{\"fd\":0,\"mode\":1},{\"fd\":4,\"mode\":2}],\"hook\":\"poststop\",\"argv\":[\"a\",\"b\"],"
                "\"env\":[\"C=\"],\"cwd\":\"/x\",\"ns\":[1,2,3,4,5,6],\"at\":77,\"state\":\"{}\"}\n{\"torn\":";

        (void)state;
        r.started = true;
        assert_int_equal(obs_hooks_parse(text, sizeof text - 1, &r, NULL), 0);
        assert_true(r.started); /* the payload's report stays */
        assert_int_equal(r.n_hooks, 1);
        assert_string_equal(r.hook[0].kind, "poststop");
        assert_int_equal(r.hook[0].argc, 2);
        assert_string_equal(r.hook[0].argv[1], "b");
        assert_int_equal(r.hook[0].n_env, 1);
        assert_string_equal(r.hook[0].cwd, "/x");
        assert_int_equal(r.hook[0].n_fds, 2);
        assert_int_equal(r.hook[0].fd[1].fd, 4);
        assert_int_equal(r.hook[0].ns[5], 6);
        assert_int_equal(r.hook[0].at, 77);
        assert_string_equal(r.hook[0].state, "{}");
        assert_int_equal(obs_hooks_parse("{\"hook\":1}\n", 11, &r, NULL), -EINVAL);
}

static void obs_attacks_parse__lines__are_read_and_others_left_out(void **state)
{
        static struct observation o;

        (void)state;
        obs_attacks_parse("createContainer now 40\n\nnonsense\nexec both -13\nposts", &o);
        assert_int_equal(o.n_attacks, 2);
        assert_string_equal(o.attack[0].who, "createContainer");
        assert_string_equal(o.attack[0].when, "now");
        assert_int_equal(o.attack[0].result, 40);
        assert_int_equal(o.attack[1].result, -13);
        obs_attacks_parse("", &o);
        assert_int_equal(o.n_attacks, 0);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(obs_report_parse__start_and_steps__are_read),
                cmocka_unit_test(obs_report_parse__nothing__is_not_started),
                cmocka_unit_test(obs_report_parse__garbage__is_an_error),
                cmocka_unit_test(obs_hooks_parse__line__is_read),
                cmocka_unit_test(obs_attacks_parse__lines__are_read_and_others_left_out),
                cmocka_unit_test(obs_stream_compare__differences__have_an_offset),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
