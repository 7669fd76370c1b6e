/* The command line: what is refused before anything is made. Most of it as an ordinary user too. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "tests/labrun/fixture.h"

static void assert_refused(const struct result *r, int code, const char *words)
{
        if (r->code != code || !strstr(r->err, words))
                print_message("wanted %d and \"%s\": %d, %s\n", code, words, r->code, r->err);
        assert_int_equal(r->code, code);
        assert_non_null(strstr(r->err, words));
        assert_int_equal(strncmp(r->err, "labrun: ", 8), 0);
        assert_string_equal(strchr(r->err, '\n'), "\n");
}

static void main__unknown_words__nearest_named(void **state)
{
        struct lab *lab = *state;

        assert_refused(lab_run(lab, "strat", "x", NULL), 3, "did you mean start?");
        assert_refused(lab_run(lab, "zzzzzzzz", NULL), 3, "--help");
        assert_refused(lab_run(lab, "--logg", "x", "list", NULL), 1, "did you mean --log?");
        assert_refused(lab_run(lab, "run", "--detahc", "x", NULL), 1, "did you mean --detach?");
        assert_refused(lab_run(lab, "kill", "-z", "x", NULL), 1, "-z");
        if (lab_have_runc()) {
                assert_int_equal(lab_runc(lab, "zzzzzzzz", NULL)->code, 3);
                assert_int_equal(lab_runc(lab, "run", "--detahc", "x", NULL)->code, 1);
        }
}

static void main__global_options__checked(void **state)
{
        struct lab *lab = *state;

        assert_refused(lab_run(lab, "--log-format", "xml", "list", NULL), 1, "--log-format");
        assert_refused(lab_run(lab, "--systemd-cgroup", "list", NULL), 1, "--systemd-cgroup");
        assert_refused(lab_run(lab, "--rootless", "perhaps", "list", NULL), 1, "--rootless");
        assert_refused(lab_run(lab, "--log", "/nonexistent/x", "list", NULL), 1, "/nonexistent/x");
        assert_refused(lab_run(lab, "--debug=1", "list", NULL), 1, "--debug");
        assert_refused(lab_run(lab, "--log", NULL), 1, "needs a value");
}

static void main__operands__counted(void **state)
{
        static const char *const commands[] = {"run", "create", "start", "state", "kill", "delete"};
        struct lab *lab = *state;

        for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
                assert_refused(lab_run(lab, commands[i], NULL), 1, "needs ID");
                assert_refused(lab_run(lab, commands[i], "a", "b", "c", NULL), 1, "too many");
        }
        assert_refused(lab_run(lab, "list", "x", NULL), 1, "too many");
        assert_refused(lab_run(lab, "spec", "x", NULL), 1, "too many");
}

static void main__help_and_version__on_stdout(void **state)
{
        static const char *const commands[] = {"run",  "create", "start", "state",
                                               "kill", "delete", "list",  "spec"};
        struct lab *lab = *state;
        struct result *r = lab_run(lab, "--version", NULL);

        assert_int_equal(r->code, 0);
        assert_non_null(strstr(r->out, "labrun version"));
        assert_non_null(strstr(r->out, "spec: 1.2.0\n"));
        r = lab_run(lab, NULL); /* nothing: help, as runc */
        assert_int_equal(r->code, 0);
        assert_non_null(strstr(r->out, "Commands:"));
        for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
                assert_non_null(strstr(lab_run(lab, "--help", NULL)->out, commands[i]));
                r = lab_run(lab, commands[i], "--help", NULL);
                assert_int_equal(r->code, 0);
                assert_non_null(strstr(r->out, "--help"));
                assert_string_equal(r->err, "");
        }
}

static void run__options__checked_before_anything_is_made(void **state)
{
        struct lab *lab = *state;

        lab_need_root();
        lab_config(lab, "{}");
        assert_refused(lab_run(lab, "run", "--preserve-fds", "x", "a", NULL), 1, "--preserve-fds");
        assert_refused(lab_run(lab, "run", "--preserve-fds", "-1", "a", NULL), 1, "--preserve-fds");
        assert_refused(lab_run(lab, "run", "--preserve-fds", "4294967297", "a", NULL), 1, "--preserve-fds");
        assert_refused(lab_run(lab, "run", "--no-pivot", "a", NULL), 1, "--no-pivot");
        assert_refused(lab_run(lab, "run", "-b", "/nonexistent", "a", NULL), 1, "/nonexistent/config.json");
        assert_refused(lab_run(lab, "run", "-b", lab->bundle, "a/b", NULL), 1, "invalid container ID");
        assert_refused(lab_run(lab, "run", "-b", lab->bundle, "..", NULL), 1, "invalid container ID");
        assert_refused(lab_run(lab, "state", "../x", NULL), 1, "invalid container ID");
        assert_refused(lab_run(lab, "run", "--pid-file", "/nonexistent/p", "-b", lab->bundle, lab->id, NULL),
                       1, "/nonexistent/p");
        assert_true(lab_clean(lab));
}

static void spec__existing_file__never_overwritten(void **state)
{
        struct lab *lab = *state;
        char path[256];

        assert_int_equal(lab_run(lab, "spec", "-b", lab->bundle, NULL)->code, 0);
        snprintf(path, sizeof(path), "%s/config.json", lab->bundle);
        char *first = strdup(lab_read(path));
        assert_non_null(strstr(first, "\"ociVersion\""));
        assert_refused(lab_run(lab, "spec", "-b", lab->bundle, NULL), 1, "remove it from");
        assert_string_equal(lab_read(path), first);
        free(first);
        assert_refused(lab_run(lab, "spec", "-b", "/nonexistent", NULL), 1, "/nonexistent");
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(main__unknown_words__nearest_named, lab_setup, lab_teardown),
                cmocka_unit_test_setup_teardown(main__global_options__checked, lab_setup, lab_teardown),
                cmocka_unit_test_setup_teardown(main__operands__counted, lab_setup, lab_teardown),
                cmocka_unit_test_setup_teardown(main__help_and_version__on_stdout, lab_setup, lab_teardown),
                cmocka_unit_test_setup_teardown(run__options__checked_before_anything_is_made, lab_setup,
                                                lab_teardown),
                cmocka_unit_test_setup_teardown(spec__existing_file__never_overwritten, lab_setup,
                                                lab_teardown),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
