/* fds_listen_count of core/fds/fds.h. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/base/err.h"
#include "core/fds/fds.h"

static void expect(const char *fds, const char *pid, int want, const char *place)
{
        struct err e = ERR_INIT;

        assert_int_equal(fds_listen_count(fds, pid, 4711, &e), want);
        assert_string_equal(e.place, place);
        assert_int_equal(e.errnum, want < 0 ? -want : 0);
}

static void fds_listen_count__absent__zero(void **state)
{
        (void)state;
        expect(NULL, NULL, 0, "");
        expect("3", NULL, 0, "");
        expect(NULL, "4711", 0, "");
        expect(NULL, "rubbish", 0, "");
}

static void fds_listen_count__other_process__zero_whatever_the_count(void **state)
{
        (void)state;
        expect("3", "4712", 0, "");
        expect("rubbish", "1", 0, "");
        expect("3", "47110", 0, "");
}

static void fds_listen_count__own_pid__the_count(void **state)
{
        (void)state;
        expect("0", "4711", 0, "");
        expect("1", "4711", 1, "");
        expect("1024", "4711", 1024, "");
}

static void fds_listen_count__no_number__einval_names_the_variable(void **state)
{
        static const char *const bad[] = {"",        " 1", "1 ",  "+1", "-1", "0x1",
                                          "01",      "00", "1.0", "1a", "a",  "99999999999999999999x",
                                          "\xd9\xa1"};

        (void)state;
        for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
                expect(bad[i], "4711", -EINVAL, "LISTEN_FDS");
                expect("1", bad[i], -EINVAL, "LISTEN_PID");
        }
        expect("1", "0", -EINVAL, "LISTEN_PID");
        expect("1", "9223372036854775808", -EINVAL, "LISTEN_PID");
        expect("1", "9223372036854775807", 0, "");
}

static void fds_listen_count__too_many__e2big(void **state)
{
        (void)state;
        expect("1025", "4711", -E2BIG, "LISTEN_FDS");
        expect("4294967297", "4711", -E2BIG, "LISTEN_FDS");
        expect("18446744073709551617", "4711", -E2BIG, "LISTEN_FDS");
}

static void fds_listen_count__null_err__still_answers(void **state)
{
        (void)state;
        assert_int_equal(fds_listen_count("x", "1", 1, NULL), -EINVAL);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(fds_listen_count__absent__zero),
                cmocka_unit_test(fds_listen_count__other_process__zero_whatever_the_count),
                cmocka_unit_test(fds_listen_count__own_pid__the_count),
                cmocka_unit_test(fds_listen_count__no_number__einval_names_the_variable),
                cmocka_unit_test(fds_listen_count__too_many__e2big),
                cmocka_unit_test(fds_listen_count__null_err__still_answers),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
