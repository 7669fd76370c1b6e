/* Known findings: read strictly, and matched narrowly. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
// clang-format on
#include <string.h>
#include <unistd.h>

#include "core/base/err.h"
#include "sandbox/known.h"

#define GOOD "{\"version\":1,\"findings\":[{\"runtime\":\"runc\",\"versions\":[\"1.1.\",\"2.0.1\"],\"invariant\":\"FD-EXACT\"," \
             "\"scenarios\":[\"stdio-*\"],\"evidence\":\"fd 3\",\"about\":\"x\"}]}"

static struct known known;

static int load(const char *text, struct err *err)
{
        char path[] = "/tmp/initlab-known-XXXXXX";
        int fd = mkstemp(path), rc;

        assert_true(fd >= 0);
        assert_int_equal(write(fd, text, strlen(text)), strlen(text));
        close(fd);
        rc = known_load(path, &known, err);
        unlink(path);
        return rc;
}

static void known_match__all_fields__must_fit(void **state)
{
        struct err err = ERR_INIT;

        (void)state;
        assert_int_equal(load(GOOD, &err), 0);
        assert_non_null(known_match(&known, "runc", "1.1.5", INV_FD_EXACT, "stdio-closed", "leak of fd 3"));
        assert_null(known_match(&known, "crun", "1.1.5", INV_FD_EXACT, "stdio-closed", "leak of fd 3"));
        assert_non_null(known_match(&known, "runc", "1.1.5+ds1", INV_FD_EXACT, "stdio-closed", "leak of fd 3"));
        assert_null(known_match(&known, "runc", "1.10.0", INV_FD_EXACT, "stdio-closed", "leak of fd 3"));
        assert_non_null(known_match(&known, "runc", "2.0.1", INV_FD_EXACT, "stdio-closed", "leak of fd 3"));
        assert_non_null(known_match(&known, "runc", "2.0.1-dev", INV_FD_EXACT, "stdio-closed", "leak of fd 3"));
        assert_null(known_match(&known, "runc", "2.0.10", INV_FD_EXACT, "stdio-closed", "leak of fd 3"));
        assert_null(known_match(&known, "runc", "2.0.1.1", INV_FD_EXACT, "stdio-closed", "leak of fd 3"));
        assert_null(known_match(&known, "runc", "1.2.0", INV_FD_EXACT, "stdio-closed", "leak of fd 3"));
        assert_null(known_match(&known, "runc", "1.1.5", INV_CLEAN, "stdio-closed", "leak of fd 3"));
        assert_null(known_match(&known, "runc", "1.1.5", INV_FD_EXACT, "preserve", "leak of fd 3"));
        assert_null(known_match(&known, "runc", "1.1.5", INV_FD_EXACT, "stdio-closed", "leak of fd 4"));
}

static void known_load__broken__names_the_pointer(void **state)
{
        struct err err = ERR_INIT;

        (void)state;
        assert_int_equal(load("{\"version\":1,\"findings\":[{\"runtime\":\"runc\",\"versions\":[]}]}", &err), -EINVAL);
        assert_string_equal(err.place, "/findings/0/versions");
        assert_int_equal(load("{\"version\":1,\"findings\":[{\"runtimes\":\"runc\"}]}", &err), -EINVAL);
        assert_string_equal(err.place, "/findings/0/runtimes");
        assert_int_equal(known_load("/none/here", &known, &err), -ENOENT);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(known_match__all_fields__must_fit),
                cmocka_unit_test(known_load__broken__names_the_pointer),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
