/* core/base/err.h: filling, cutting, rendering. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "core/base/err.h"

static void err_set__all_parts__filled_and_negative(void **state)
{
        struct err e = ERR_INIT;

        (void)state;
        assert_int_equal(err_set(&e, EINVAL, "parse", "/process/args", "expected %s", "an array"), -EINVAL);
        assert_int_equal(e.errnum, EINVAL);
        assert_string_equal(e.step, "parse");
        assert_string_equal(e.place, "/process/args");
        assert_string_equal(e.msg, "expected an array");
}

static void err_set__null__only_returns(void **state)
{
        (void)state;
        assert_int_equal(err_set(NULL, EPERM, "x", NULL, "%s", ""), -EPERM);
}

static void err_set__too_long__cut_at_utf8_boundary(void **state)
{
        struct err e;
        char text[ERR_MSG_MAX * 2 + 1];

        (void)state;
        for (int shift = 0; shift < 2; shift++) {
                memset(text, 'a', sizeof(text));
                for (size_t i = (size_t)shift; i + 1 < sizeof(text); i += 2)
                        memcpy(text + i, "\xc3\xa4", 2);
                text[sizeof(text) - 1] = '\0';
                err_set(&e, EINVAL, "s", text, "%s", text);
                size_t n = strlen(e.msg);
                assert_true(n < ERR_MSG_MAX);
                assert_string_equal(e.msg + n - 3, "...");
                assert_int_not_equal((unsigned char)e.msg[n - 4], 0xc3);
                assert_true(strlen(e.place) < ERR_PLACE_MAX);
        }
}

static void err_set__newline_in_text__cannot_forge_a_line(void **state)
{
        struct err e;

        (void)state;
        err_set(&e, EINVAL, "parse", "/a\nb", "x\ny\x1b[0m");
        assert_null(strchr(e.place, '\n'));
        assert_null(strchr(e.msg, '\n'));
        assert_null(strchr(e.msg, 0x1b));
}

static void err_prefix__place__joined(void **state)
{
        struct err e;

        (void)state;
        err_set(&e, EINVAL, "parse", "/b/0", "bad");
        assert_int_equal(err_prefix(&e, "/a"), -EINVAL);
        assert_string_equal(e.place, "/a/b/0");
}

static void err_format__empty_parts__left_out(void **state)
{
        struct err e;
        char buf[64], tiny[12];

        (void)state;
        err_set(&e, ENOENT, "open", "/x", "%s", "");
        assert_string_equal(err_format(&e, buf, sizeof(buf)), "open: /x: No such file or directory");
        assert_string_equal(err_format(&e, tiny, sizeof(tiny)), "open: /x...");
}

static void err_set_class__file_not_found__as_engines_read_it(void **state)
{
        struct err e;
        char buf[64], tiny[12];

        (void)state;
        assert_int_equal(err_set_class(&e, ENOENT, ERR_CLASS_NOT_FOUND, "exec", "foo",
                                       "executable file not found in $PATH"),
                         -ENOENT);
        assert_int_equal(e.cls, ERR_CLASS_NOT_FOUND);
        assert_string_equal(err_format(&e, buf, sizeof(buf)), "exec: \"foo\": executable file not found in $PATH");
        assert_string_equal(err_format(&e, tiny, sizeof(tiny)), "exec: \"f...");
        assert_int_equal(err_set_class(NULL, EACCES, ERR_CLASS_PERMISSION, "exec", "x", ""), -EACCES);
        err_set(&e, EIO, "read", NULL, "%s", ""); /* the next error is not of that class */
        assert_int_equal(e.cls, ERR_CLASS_NONE);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(err_set__all_parts__filled_and_negative),
                cmocka_unit_test(err_set__null__only_returns),
                cmocka_unit_test(err_set__too_long__cut_at_utf8_boundary),
                cmocka_unit_test(err_set__newline_in_text__cannot_forge_a_line),
                cmocka_unit_test(err_prefix__place__joined),
                cmocka_unit_test(err_format__empty_parts__left_out),
                cmocka_unit_test(err_set_class__file_not_found__as_engines_read_it),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
