/* initlab check as a whole: each planted fault is seen, and nothing outlives it. Needs root and labrun. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <signal.h>
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
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "sandbox/sweep.h"

#define JSON "/tmp/initlab-test-check.json"

static char output[1 << 16];

static void need_root(void)
{
        if (geteuid() != 0) {
                print_message("skip: real containers need root\n");
                skip();
        }
}

/* Starts check with the fault; its stdout and stderr go into *ret_out. */
static pid_t start(const char *fault, const char *const *args, int *ret_out)
{
        const char *argv[32] = { CHECK };
        int fds[2];
        pid_t pid;

        for (size_t i = 0; args[i] && i < 30; i++)
                argv[i + 1] = args[i];
        assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
        pid = fork();
        if (pid == 0) {
                dup2(fds[1], 1);
                dup2(fds[1], 2);
                setenv("INITLAB_FAKE", fault, 1);
                setenv("INITLAB_FAKE_REAL", LABRUN, 1);
                execv(CHECK, (char *const *)argv);
                _exit(127);
        }
        close(fds[1]);
        *ret_out = fds[0];
        return pid;
}

static int finish(pid_t pid, int out)
{
        size_t n = 0;
        ssize_t got;
        int status;

        while ((got = read(out, output + n, sizeof output - 1 - n)) > 0)
                n += (size_t)got;
        output[n] = '\0';
        close(out);
        assert_int_equal(waitpid(pid, &status, 0), pid);
        return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

#define CHECK_RUN(fault, ...) run(fault, (const char *const[]){ __VA_ARGS__, NULL })

static int run(const char *fault, const char *const *args)
{
        int out;
        pid_t pid = start(fault, args, &out);

        return finish(pid, out);
}

static void wants(int status, int want, const char *text)
{
        if (status != want || !strstr(output, text))
                fail_msg("exit status %d, wanted %d with \"%s\":\n%s", status, want, text, output);
}

/* The fault breaks just this invariant in this scenario. */
static void caught(const char *fault, const char *scenario, const char *violation)
{
        wants(CHECK_RUN(fault, "--runtime", FAKE, "--scenario", scenario, "--timeout", "4000"), 1, violation);
}

static bool cgroups_left(void)
{
        int root = sweep_open_root(NULL); /* O_PATH: to be read it is opened again */
        DIR *d = fdopendir(openat(root, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
        struct dirent *e;
        bool found = false;

        assert_non_null(d);
        while ((e = readdir(d)))
                found |= sweep_is_dead(e->d_name);
        closedir(d);
        close(root);
        return found;
}

/* A process of the fake runtime, known by its odd number of seconds. */
static bool sleeper_lives(void)
{
        DIR *d = opendir("/proc");
        struct dirent *e;
        bool found = false;

        assert_non_null(d);
        while ((e = readdir(d))) {
                char path[300], text[64] = "";
                int fd;

                snprintf(path, sizeof path, "/proc/%s/cmdline", e->d_name);
                fd = open(path, O_RDONLY | O_CLOEXEC);
                if (fd < 0)
                        continue;
                if (read(fd, text, sizeof text - 1) > 7)
                        found |= strcmp(text, "sleep") == 0 && strcmp(text + 6, "98765") == 0;
                close(fd);
        }
        closedir(d);
        return found;
}

/* Polls, at most five seconds. */
static bool becomes(bool (*what)(void), bool value)
{
        for (int i = 0; i < 1000; i++) {
                if (what() == value)
                        return true;
                nanosleep(&(struct timespec){ 0, 5000000 }, NULL);
        }
        return false;
}

static void check__no_fault__finds_nothing(void **state)
{
        (void)state;
        need_root();
        wants(CHECK_RUN("none", "--runtime", FAKE, "--scenario", "stdio-pipe-run", "--scenario", "exec-missing-run",
                        "--scenario", "preserve-fds-create-start"), 0, "EXIT-CODE");
}

static void check__swallowed_error__is_err_state_or_err_one(void **state)
{
        (void)state;
        need_root();
        caught("swallow", "exec-missing-run", "ERR-STATE: exec-missing-run: success is answered");
        caught("mute", "exec-missing-create-start", "ERR-ONE: exec-missing-create-start: the start fails without");
        caught("nothing", "exit-at-once-run", "ERR-STATE: exit-at-once-run: success is answered, but the payload never");
        caught("die", "exec-missing-run", "ERR-ONE: exec-missing-run: run dies of signal 11");
}

static void check__error_twice__is_err_one(void **state)
{
        (void)state;
        need_root();
        caught("twice", "exec-missing-run", "ERR-ONE: exec-missing-run: 2 errors on stderr");
}

static void check__lost_last_bytes__is_out_exact(void **state)
{
        (void)state;
        need_root();
        caught("lose", "reader-bytes-run", "OUT-EXACT: reader-bytes-run: fd 1: 99997 bytes arrived, 100000 were");
}

static void check__leaked_fd__is_fd_exact(void **state)
{
        (void)state;
        need_root();
        caught("leak", "exit-at-once-create-start", "FD-EXACT: exit-at-once-create-start: fd 3 is a file");
}

static void check__closed_stdout__is_stdio_alive(void **state)
{
        (void)state;
        need_root();
        caught("close", "stdio-pipe-create-start", "STDIO-ALIVE: stdio-pipe-create-start: step 0 (write) fails: Bad file");
}

static void check__other_status__is_exit_code(void **state)
{
        (void)state;
        need_root();
        caught("status", "exit-code-255-run", "EXIT-CODE: exit-code-255-run: run exits with 0");
        caught("refuse", "exit-at-once-run", "EXIT-CODE: exit-at-once-run: the payload never ran: run exits with 1: not today");
}

static void check__changed_variable__is_env_exact(void **state)
{
        (void)state;
        need_root();
        caught("environment", "process-root-no-caps-run", "ENV-EXACT: process-root-no-caps-run: environment: \"A=2\"");
}

static void check__leftovers__are_clean(void **state)
{
        (void)state;
        need_root();
        caught("process", "exit-at-once-create-start", "CLEAN: exit-at-once-create-start: 1 left: process");
        caught("file", "exit-at-once-create-start", "CLEAN: exit-at-once-create-start: 1 left: file /tmp/fake-file");
        assert_true(becomes(sleeper_lives, false));
        assert_int_equal(access("/tmp/fake-file", F_OK), -1);
}

static void check__hanging_runtime__is_time_bound(void **state)
{
        (void)state;
        need_root();
        wants(CHECK_RUN("hang", "--runtime", FAKE, "--scenario", "exit-at-once-create-start", "--timeout", "700"), 1,
              "TIME-BOUND: exit-at-once-create-start: create still runs after 7");
        assert_true(becomes(sleeper_lives, false));
        assert_false(cgroups_left());
}

static void check__killed__leaves_no_process_and_is_swept(void **state)
{
        static const char *const args[] = { "--runtime", FAKE, "--scenario", "exit-at-once-run", NULL };
        int out;
        pid_t pid;

        (void)state;
        need_root();
        pid = start("hang", args, &out);
        assert_true(becomes(sleeper_lives, true));
        kill(pid, SIGKILL);
        assert_int_equal(finish(pid, out), -SIGKILL);
        assert_true(becomes(sleeper_lives, false));
        assert_true(cgroups_left());
        wants(run("none", args), 0, "CLEAN");
        assert_false(cgroups_left());
}

static void check__interrupted__cleans_up(void **state)
{
        static const char *const args[] = { "--runtime", FAKE, "--scenario", "exit-at-once-run", NULL };
        int out;
        pid_t pid;

        (void)state;
        need_root();
        pid = start("hang", args, &out);
        assert_true(becomes(sleeper_lives, true));
        kill(pid, SIGINT);
        wants(finish(pid, out), 130, "interrupted");
        assert_true(becomes(sleeper_lives, false));
        assert_false(cgroups_left());
}

static void check__json__has_the_documented_form(void **state)
{
        json_t *root, *run_, *verdict;

        (void)state;
        need_root();
        wants(CHECK_RUN("status", "--runtime", FAKE, "--scenario", "exit-code-255-run", "--json", JSON), 1, "FAIL");
        root = json_load_file(JSON, JSON_REJECT_DUPLICATES, NULL);
        unlink(JSON);
        assert_non_null(root);
        assert_int_equal(json_integer_value(json_object_get(root, "version")), 1);
        assert_string_equal(json_string_value(json_object_get(root, "program")), "initlab check");
        assert_int_equal(json_integer_value(json_object_get(root, "exit")), 1);
        assert_int_equal(json_array_size(json_object_get(root, "runtimes")), 1);
        assert_int_equal(json_object_size(json_object_get(root, "table")), 15);
        run_ = json_array_get(json_object_get(root, "runs"), 0);
        assert_string_equal(json_string_value(json_object_get(run_, "scenario")), "exit-code-255-run");
        assert_true(json_is_null(json_object_get(run_, "trouble")));
        verdict = json_object_get(json_object_get(run_, "verdicts"), "EXIT-CODE");
        assert_string_equal(json_string_value(json_object_get(verdict, "verdict")), "fail");
        assert_non_null(strstr(json_string_value(json_object_get(verdict, "evidence")), "exits with 0"));
        assert_true(json_is_array(json_object_get(root, "skips")));
        json_decref(root);
}

/* With one container at a time nothing behind the violation has run. */
static void check__until__ends_at_the_violation(void **state)
{
        (void)state;
        need_root();
        wants(CHECK_RUN("status", "--runtime", FAKE, "--jobs", "1", "--until", "EXIT-CODE", "--scenario", "exit-at-once-run",
                        "--scenario", "exit-code-255-run", "--scenario", "exit-signal-run"), 1,
              "EXIT-CODE: exit-code-255-run");
        assert_null(strstr(output, "exit-signal-run"));
        wants(CHECK_RUN("status", "--runtime", FAKE, "--until", "CLEAN", "--scenario", "exit-code-255-run", "--scenario",
                        "exit-signal-run"), 1, "EXIT-CODE: exit-signal-run");
}

/* The families take turns: the first of the second one is run before the last of the first one. */
static void check__until__lets_families_take_turns(void **state)
{
        static const char *const ran[] = { "exit-at-once-run", "process-root-no-caps-run" };
        json_t *root, *run_;
        size_t i;

        (void)state;
        need_root();
        wants(CHECK_RUN("environment", "--runtime", FAKE, "--jobs", "1", "--json", JSON, "--until", "ENV-EXACT",
                        "--scenario", ran[0], "--scenario", "exit-code-255-run", "--scenario", ran[1]), 1,
              "ENV-EXACT: process-root-no-caps-run");
        root = json_load_file(JSON, JSON_REJECT_DUPLICATES, NULL);
        unlink(JSON);
        assert_int_equal(json_array_size(json_object_get(root, "runs")), 2); /* of three */
        json_array_foreach(json_object_get(root, "runs"), i, run_)
        {
                assert_string_equal(json_string_value(json_object_get(run_, "scenario")), ran[i]);
        }
        json_decref(root);
}

static void write_file(const char *path, const char *text)
{
        FILE *f = fopen(path, "we");

        assert_non_null(f);
        fputs(text, f);
        assert_int_equal(fchmod(fileno(f), 0755), 0);
        fclose(f);
}

/* What --version starts dies with it, and one that never ends its words, or itself, is not waited for. */
static void check__version_that_lingers__is_bounded(void **state)
{
        static const char *const scripts[] = {
                "#!/bin/sh\nsleep 98765 &\necho lingers version 1\n",
                "#!/bin/sh\necho lingers version 1\nexec sleep 98765 >&-\n",
                "#!/bin/sh\nwhile echo; do sleep 1; done\n",
        };
        char path[] = "/tmp/initlab-test-XXXXXX";

        (void)state;
        close(mkstemp(path));
        for (size_t i = 0; i < sizeof scripts / sizeof *scripts; i++) {
                time_t begin = time(NULL);

                write_file(path, scripts[i]);
                run("none", (const char *const[]){ "--runtime", path, "--scenario", "none-such", NULL });
                assert_true(time(NULL) - begin < 20);
                assert_true(becomes(sleeper_lives, false));
        }
        unlink(path);
}

static void check__scenario_as_fifo__is_refused(void **state)
{
        const char *path = "/tmp/initlab-test-check-fifo.json";

        (void)state;
        unlink(path);
        assert_int_equal(mkfifo(path, 0600), 0);
        wants(CHECK_RUN("none", "--scenario", path), 2, "no regular file");
        unlink(path);
}

static void check__bad_words__are_refused(void **state)
{
        (void)state;
        wants(CHECK_RUN("none", "--runtme", "x"), 2, "did you mean --runtime");
        wants(CHECK_RUN("none", "--scenario", "exit-at-once-rnu"), 2, "exit-at-once-run");
        wants(CHECK_RUN("none", "--runtime", "/none/here"), 2, "/none/here");
        wants(CHECK_RUN("none", "--runtime", "/etc/passwd"), 2, "no executable file");
        wants(CHECK_RUN("none", "--runtime", "/bin/false"), 2, "does not answer --version");
        wants(CHECK_RUN("none", "--jobs", "0"), 2, "initlab check: --jobs: '0'");
        wants(CHECK_RUN("none", "--runtime", FAKE, "--json", "/none/here"), 2, "/none/here");
        assert_null(strstr(output, "ERR-ONE")); /* told before anything runs */
        wants(CHECK_RUN("none", "--until", "SYNC-ORDER"), 2, "There are: ERR-ONE"); /* which is not judged */
        wants(CHECK_RUN("none", "word"), 2, "word");
        wants(CHECK_RUN("none", "--scenario", "/none/here.json"), 2, "/none/here.json");
        wants(CHECK_RUN("none", "--list"), 0, "exit-at-once-run");
        wants(CHECK_RUN("none", "--help"), 0, "--scenario");
        wants(CHECK_RUN("none", "--version"), 0, "check");
}

static void check__ordinary_user__is_told(void **state)
{
        static const char *const args[] = { "--scenario", "exit-at-once-run", "--runtime", FAKE, NULL };
        int out, status;
        pid_t pid;

        (void)state;
        if (geteuid() == 0 && setegid(65534) == 0 && seteuid(65534) == 0) {
                bool reachable = access(CHECK, X_OK) == 0; /* by the real user: root */
                reachable = reachable && faccessat(AT_FDCWD, CHECK, X_OK, AT_EACCESS) == 0;
                assert_int_equal(seteuid(0), 0);
                assert_int_equal(setegid(0), 0);
                if (!reachable) {
                        print_message("skip: the build is not readable by other users\n");
                        skip();
                }
                pid = fork();
                if (pid == 0) {
                        if (setgid(65534) < 0 || setuid(65534) < 0)
                                _exit(126);
                        pid = start("none", args, &out);
                        status = finish(pid, out);
                        _exit(status == 2 && strstr(output, "by root only") ? 0 : 1);
                }
                assert_int_equal(waitpid(pid, &status, 0), pid);
                assert_int_equal(status, 0);
                return;
        }
        wants(run("none", args), 2, "by root only");
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(check__no_fault__finds_nothing),
                cmocka_unit_test(check__swallowed_error__is_err_state_or_err_one),
                cmocka_unit_test(check__error_twice__is_err_one),
                cmocka_unit_test(check__lost_last_bytes__is_out_exact),
                cmocka_unit_test(check__leaked_fd__is_fd_exact),
                cmocka_unit_test(check__closed_stdout__is_stdio_alive),
                cmocka_unit_test(check__other_status__is_exit_code),
                cmocka_unit_test(check__changed_variable__is_env_exact),
                cmocka_unit_test(check__leftovers__are_clean),
                cmocka_unit_test(check__hanging_runtime__is_time_bound),
                cmocka_unit_test(check__killed__leaves_no_process_and_is_swept),
                cmocka_unit_test(check__interrupted__cleans_up),
                cmocka_unit_test(check__json__has_the_documented_form),
                cmocka_unit_test(check__until__ends_at_the_violation),
                cmocka_unit_test(check__until__lets_families_take_turns),
                cmocka_unit_test(check__version_that_lingers__is_bounded),
                cmocka_unit_test(check__scenario_as_fifo__is_refused),
                cmocka_unit_test(check__bad_words__are_refused),
                cmocka_unit_test(check__ordinary_user__is_told),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
