/*
 * What an executable that can't be executed brings about: text, exit code, nothing left behind. Measured with
 * runc 1.1.5 (Debian 12), same rootfs; "late" is an error of execve itself, which only start can see:
 *
 *      args[0]                   runc run  create  start   runc's text
 *      missing (PATH)                   1       1          exec: "missing": executable file not found in
 * $PATH /missing, bin/missing            1       1          exec: "/missing": stat /missing: no such file or
 * directory /noexec (0644)                   1       1          exec: "/noexec": permission denied noexec,
 * only one in PATH         1       1          exec: "noexec": executable file not found in $PATH /dir 1 1
 * exec: "/dir": permission denied dir, only one in PATH            1       1          exec: "dir": executable
 * file not found in $PATH /nointerp                        1       0      0   exec /nointerp: no such file or
 * directory    (late) /garbage                         1       0      0   exec /garbage: exec format error
 * (late)
 *
 * labrun differs where it says more: a file in PATH that may not be executed is "permission denied", as
 * execvp(3) has it, and start fails when the execve does.
 */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/labrun/fixture.h"

#define NOT_FOUND "executable file not found in $PATH"

static const struct unfit {
        const char *name, *words; /* whole, behind exec: "name": */
        bool late;
} unfits[] = {
        {"missing", NOT_FOUND, false},
        {"/missing", "no such file or directory", false},
        {"bin/missing", "no such file or directory", false},
        {"/bin/sh/missing", "no such file or directory", false},
        {"/noexec", "permission denied", false},
        {"noexec", "permission denied", false},
        {"/dir", "is a directory: permission denied", false},
        {"subdir", "is a directory: permission denied", false},
        {"/fifo", "permission denied", false},
        {"/nointerp", "no such file or directory", true},
        {"/garbage", "exec format error", true},
        {"/empty", "exec format error", true},
};
#define N_UNFITS (sizeof(unfits) / sizeof(unfits[0]))

static void make_unfits(struct lab *lab)
{
        char path[256];

        lab_file(lab, "/noexec", "#!/bin/sh\n", 0644);
        lab_file(lab, "/bin/noexec", "#!/bin/sh\n", 0644);
        lab_file(lab, "/nointerp", "#!/nonexistent\n", 0755);
        lab_file(lab, "/garbage", "\1\2 no program", 0755);
        lab_file(lab, "/empty", "", 0755);
        snprintf(path, sizeof(path), "%s/dir", lab->rootfs);
        mkdir(path, 0755);
        snprintf(path, sizeof(path), "%s/bin/subdir", lab->rootfs);
        mkdir(path, 0755);
        snprintf(path, sizeof(path), "%s/fifo", lab->rootfs);
        mkfifo(path, 0777);
}

static void set_args(struct lab *lab, const char *name)
{
        char merge[256];

        snprintf(merge, sizeof(merge), "{\"process\":{\"args\":[\"%s\"]}}", name);
        lab_config(lab, merge);
}

static void assert_error(const struct result *r, int code, const struct unfit *u, const char *shown)
{
        char line[512];

        snprintf(line, sizeof(line), "labrun: exec: \"%s\": %s\n", shown, u->words);
        assert_string_equal(r->err, line);
        assert_int_equal(r->code, code);
}

static void run__unfit_executable__text_and_exit_1(void **state)
{
        struct lab *lab = *state;

        lab_need_root();
        make_unfits(lab);
        for (size_t i = 0; i < N_UNFITS; i++) {
                set_args(lab, unfits[i].name);
                assert_error(lab_run(lab, "run", "--bundle", lab->bundle, lab->id, NULL), 1, &unfits[i],
                             unfits[i].name);
                assert_true(lab_clean(lab));
        }
}

static void create_start__unfit_executable__told_as_soon_as_known(void **state)
{
        struct lab *lab = *state;

        lab_need_root();
        make_unfits(lab);
        for (size_t i = 0; i < N_UNFITS; i++) {
                set_args(lab, unfits[i].name);
                struct result *r = lab_run(lab, "create", "--bundle", lab->bundle, lab->id, NULL);
                if (unfits[i].late) {
                        assert_int_equal(r->code, 0);
                        r = lab_run(lab, "start", lab->id, NULL);
                }
                assert_error(r, 1, &unfits[i], unfits[i].name);
                assert_int_equal(lab_run(lab, "delete", "--force", lab->id, NULL)->code, 0);
                assert_true(lab_clean(lab));
        }
}

/* execvp(3): a directory whose file may not be executed doesn't end the search. */
static void path_search__denied_before_a_good_one__goes_on(void **state)
{
        struct lab *lab = *state;
        struct result *r;
        char path[256];

        lab_need_root();
        snprintf(path, sizeof(path), "%s/first", lab->rootfs);
        mkdir(path, 0755);
        snprintf(path, sizeof(path), "%s/first/true", lab->rootfs);
        mkdir(path, 0755); /* a directory of that name, too */
        lab_file(lab, "/first/echo", "x", 0644);
        lab_config(lab, "{\"process\":{\"args\":[\"echo\",\"good\"],\"env\":[\"PATH=/none:/first:/bin\"]}}");
        r = lab_run(lab, "run", "--bundle", lab->bundle, lab->id, NULL);
        assert_string_equal(r->err, "");
        assert_string_equal(r->out, "good\n");
        lab_config(lab, "{\"process\":{\"args\":[\"true\"],\"env\":[\"PATH=/first:/bin\"]}}");
        assert_int_equal(lab_run(lab, "run", "--bundle", lab->bundle, lab->id, NULL)->code, 0);
        lab_config(lab, "{\"process\":{\"args\":[\"echo\"],\"env\":[\"PATH=/first:/none\"]}}");
        r = lab_run(lab, "run", "--bundle", lab->bundle, lab->id, NULL);
        assert_string_equal(r->err, "labrun: exec: \"echo\": permission denied\n");
        lab_config(lab, "{\"process\":{\"args\":[\"echo\"],\"env\":[\"A=b\"]}}");
        r = lab_run(lab, "run", "--bundle", lab->bundle, lab->id, NULL);
        assert_non_null(strstr(r->err, "exec: \"echo\": " NOT_FOUND));
        assert_true(lab_clean(lab));
}

/* What root may execute its payload may not: the look-up is the payload's user's. */
static void look_up__as_the_payloads_user__not_as_root(void **state)
{
        struct lab *lab = *state;
        struct result *r;
        char path[256];

        lab_need_root();
        lab_file(lab, "/bin/mine", "#!/bin/sh\necho mine\n", 0700);
        lab_config(lab, "{\"process\":{\"args\":[\"mine\"],\"user\":{\"uid\":1000,\"gid\":1000}}}");
        r = lab_run(lab, "run", "--bundle", lab->bundle, lab->id, NULL);
        assert_string_equal(r->err, "labrun: exec: \"mine\": permission denied\n");
        lab_config(lab, "{\"process\":{\"args\":[\"mine\"]}}");
        assert_string_equal(lab_run(lab, "run", "--bundle", lab->bundle, lab->id, NULL)->out, "mine\n");
        snprintf(path, sizeof(path), "%s/closed", lab->rootfs);
        mkdir(path, 0700);
        lab_file(lab, "/closed/prog", "#!/bin/sh\n", 0755);
        lab_config(lab, "{\"process\":{\"args\":[\"/closed/prog\"],\"user\":{\"uid\":1000,\"gid\":1000}}}");
        r = lab_run(lab, "run", "--bundle", lab->bundle, lab->id, NULL);
        assert_string_equal(r->err, "labrun: exec: \"/closed/prog\": permission denied\n");
        assert_true(lab_clean(lab));
}

#define LAB_TEST(fn) cmocka_unit_test_setup_teardown(fn, lab_setup, lab_teardown)

int main(void)
{
        const struct CMUnitTest tests[] = {
                LAB_TEST(run__unfit_executable__text_and_exit_1),
                LAB_TEST(create_start__unfit_executable__told_as_soon_as_known),
                LAB_TEST(path_search__denied_before_a_good_one__goes_on),
                LAB_TEST(look_up__as_the_payloads_user__not_as_root),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
