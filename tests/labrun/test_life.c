/* The life of a container: each command in each state, errors and exit codes. */
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/labrun/fixture.h"

/* One line on stderr that begins with "labrun: " and holds the words. */
static void assert_one_error(const struct result *r, const char *words)
{
        const char *nl = strchr(r->err, '\n');

        if (r->code != 1 || strncmp(r->err, "labrun: ", 8) != 0 || !nl || nl[1] || !strstr(r->err, words))
                print_message("wanted one error with \"%s\"; exit %d, stderr: %s\n", words, r->code, r->err);
        assert_int_equal(r->code, 1);
        assert_int_equal(strncmp(r->err, "labrun: ", 8), 0);
        assert_non_null(strstr(r->err, words));
        assert_true(nl && nl[1] == '\0');
}

#define SLEEP "{\"process\":{\"args\":[\"/bin/sleep\",\"1000\"]}}"

static void create(struct lab *lab)
{
        struct result *r = lab_run(lab, "create", "--bundle", lab->bundle, lab->id, NULL);

        if (r->code)
                print_message("create: %s\n", r->err);
        assert_int_equal(r->code, 0);
        assert_string_equal(r->err, "");
}

static void life__create_start_kill_delete__status_follows(void **state)
{
        struct lab *lab = *state;

        lab_need_root();
        lab_config(lab, "{\"process\":{\"args\":[\"/bin/sleep\",\"1000\"]},\"annotations\":{\"a\":\"b\"}}");
        create(lab);
        assert_string_equal(lab_state(lab, "status"), "created");
        assert_string_equal(lab_state(lab, "id"), lab->id);
        assert_string_equal(lab_state(lab, "bundle"), lab->bundle);
        assert_string_equal(lab_state(lab, "rootfs"), lab->rootfs);
        assert_non_null(strstr(lab_run(lab, "state", lab->id, NULL)->out, "\"a\": \"b\""));
        assert_true(atoi(lab_state(lab, "pid")) > 0);
        assert_int_equal(lab_run(lab, "start", lab->id, NULL)->code, 0);
        assert_string_equal(lab_state(lab, "status"), "running");
        assert_int_equal(lab_run(lab, "kill", lab->id, "KILL", NULL)->code, 0);
        assert_true(lab_wait_status(lab, "stopped"));
        assert_string_equal(lab_state(lab, "pid"), "0");
        assert_int_equal(lab_run(lab, "delete", lab->id, NULL)->code, 0);
        assert_true(lab_clean(lab));
}

static void life__wrong_state__refused_and_unchanged(void **state)
{
        struct lab *lab = *state;

        lab_need_root();
        lab_config(lab, SLEEP);
        assert_one_error(lab_run(lab, "state", lab->id, NULL), "does not exist");
        assert_one_error(lab_run(lab, "start", lab->id, NULL), "does not exist");
        assert_one_error(lab_run(lab, "kill", lab->id, NULL), "does not exist");
        assert_one_error(lab_run(lab, "delete", lab->id, NULL), "does not exist");
        assert_int_equal(lab_run(lab, "delete", "--force", lab->id, NULL)->code, 0);
        assert_true(lab_clean(lab));
        create(lab);
        assert_one_error(lab_run(lab, "create", "-b", lab->bundle, lab->id, NULL), "already exists");
        assert_string_equal(lab_state(lab, "status"), "created");
        assert_one_error(lab_run(lab, "delete", lab->id, NULL), "not stopped");
        assert_int_equal(lab_run(lab, "start", lab->id, NULL)->code, 0);
        assert_one_error(lab_run(lab, "start", lab->id, NULL), "already running");
        assert_one_error(lab_run(lab, "delete", lab->id, NULL), "not stopped");
        assert_one_error(lab_run(lab, "kill", lab->id, "NOPE", NULL), "unknown signal");
        assert_one_error(lab_run(lab, "kill", lab->id, "99", NULL), "unknown signal");
        assert_string_equal(lab_state(lab, "status"), "running");
        assert_int_equal(lab_run(lab, "kill", lab->id, "sigkill", NULL)->code, 0);
        assert_true(lab_wait_status(lab, "stopped"));
        assert_one_error(lab_run(lab, "start", lab->id, NULL), "has stopped");
        assert_one_error(lab_run(lab, "kill", lab->id, "9", NULL), "not running");
        assert_int_equal(lab_run(lab, "kill", "--all", lab->id, "9", NULL)->code, 0);
        assert_int_equal(lab_run(lab, "delete", lab->id, NULL)->code, 0);
        assert_true(lab_clean(lab));
}

static void delete__created_and_running_by_force__all_gone(void **state)
{
        struct lab *lab = *state;

        lab_need_root();
        lab_config(lab, SLEEP);
        create(lab);
        assert_one_error(lab_run(lab, "delete", lab->id, NULL), "not stopped: created");
        assert_string_equal(lab_state(lab, "status"), "created");
        assert_int_equal(lab_run(lab, "delete", "--force", lab->id, NULL)->code, 0);
        assert_true(lab_clean(lab));
        create(lab);
        assert_int_equal(lab_run(lab, "start", lab->id, NULL)->code, 0);
        assert_int_equal(lab_run(lab, "delete", "-f", lab->id, NULL)->code, 0);
        assert_true(lab_clean(lab));
}

static void delete__without_pid_namespace__descendants_gone(void **state)
{
        struct lab *lab = *state;

        lab_need_root();
        lab_config(lab, "{\"process\":{\"args\":[\"/bin/sh\",\"-c\",\"sleep 999 & sleep 0.1\"]},"
                        "\"linux\":{\"namespaces\":[{\"type\":\"mount\"},{\"type\":\"network\"}]},"
                        "\"hostname\":null}");
        create(lab);
        assert_int_equal(lab_run(lab, "start", lab->id, NULL)->code, 0);
        assert_true(lab_wait_status(lab, "stopped"));
        assert_int_equal(lab_run(lab, "delete", lab->id, NULL)->code, 0);
        assert_true(lab_clean(lab));
}

static void run__payload_ends__its_code(void **state)
{
        static const struct {
                const char *script;
                int code;
        } cases[] = {{"exit 0", 0}, {"exit 7", 7}, {"exit 255", 255}, {"exec sleep 0", 0}};
        struct lab *lab = *state;

        lab_need_root();
        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
                lab_script(lab, cases[i].script);
                assert_int_equal(lab_run(lab, "run", "-b", lab->bundle, lab->id, NULL)->code, cases[i].code);
                if (lab_have_runc())
                        assert_int_equal(lab_runc(lab, "run", "-b", lab->bundle, lab->id, NULL)->code,
                                         cases[i].code);
        }
        assert_true(lab_clean(lab));
}

/* A signal to labrun reaches the payload; its death by one is 128 + number. */
static void run__signals__handed_on_and_told(void **state)
{
        static const int number[] = {15, 2, 10, 9};
        struct lab *lab = *state;

        lab_need_root();
        for (size_t i = 0; i < sizeof(number) / sizeof(number[0]); i++) {
                /* no pid namespace of its own: there a signal without handler does nothing to pid 1 */
                lab_config(lab, "{\"process\":{\"args\":[\"/bin/sleep\",\"1000\"]},"
                                "\"linux\":{\"namespaces\":[{\"type\":\"mount\"},{\"type\":\"uts\"}]}}");
                pid_t pid = lab_spawn(lab, "run", "-b", lab->bundle, lab->id, NULL);
                assert_true(lab_wait_status(lab, "running"));
                if (number[i] == 9)
                        kill(atoi(lab_state(lab, "pid")), 9);
                else
                        kill(pid, number[i]);
                assert_int_equal(lab_wait(pid), 128 + number[i]);
                assert_true(lab_clean(lab));
        }
}

static void run__keep__stays_until_deleted(void **state)
{
        struct lab *lab = *state;

        lab_need_root();
        lab_script(lab, "exit 3");
        assert_int_equal(lab_run(lab, "run", "--keep", "-b", lab->bundle, lab->id, NULL)->code, 3);
        assert_string_equal(lab_state(lab, "status"), "stopped");
        assert_int_equal(lab_run(lab, "delete", lab->id, NULL)->code, 0);
        assert_true(lab_clean(lab));
}

static void run__detach__returns_with_payload_running(void **state)
{
        struct lab *lab = *state;
        char pid_file[256];
        struct stat st;

        lab_need_root();
        lab_config(lab, SLEEP);
        snprintf(pid_file, sizeof(pid_file), "%s/pid", lab->dir);
        umask(077); /* which must not matter */
        assert_int_equal(
                lab_run(lab, "run", "-d", "--pid-file", pid_file, "-b", lab->bundle, lab->id, NULL)->code, 0);
        umask(022);
        assert_string_equal(lab_state(lab, "status"), "running");
        assert_string_equal(lab_state(lab, "pid"), lab_read(pid_file));
        assert_int_equal(stat(pid_file, &st), 0);
        assert_int_equal(st.st_mode & 07777, 0644);
        assert_int_equal(lab_run(lab, "delete", "-f", lab->id, NULL)->code, 0);
        assert_true(lab_clean(lab));
}

/* Each way to fail, by create + start and by run: one error, exit 1 as runc, nothing left by run. */
static void failure__of_any_kind__one_error_nothing_left(void **state)
{
        static const struct {
                const char *merge, *words;
                bool late; /* only start can tell */
        } cases[] = {
                {"{\"process\":{\"args\":[\"/nope\"]}}", "no such file", false},
                {"{\"process\":{\"args\":[\"nope\"]}}", "executable file not found in $PATH", false},
                {"{\"process\":{\"args\":[\"/etc\"]}}", "ermission denied", false},
                {"{\"process\":{\"args\":[\"/etc/noexec\"]}}", "ermission denied", false},
                {"{\"process\":{\"args\":[\"/etc/badinterp\"]}}", "no such file", true},
                {"{\"process\":{\"args\":[\"/etc/garbage\"]}}", "xec format error", true},
                {"{\"process\":{\"cwd\":\"/bin/sh\"}}", "/process/cwd", false},
                {"{\"process\":{\"cwd\":7}}", "/process/cwd", false},
                {"{\"process\":{\"terminal\":true},\"mounts\":[]}", "/process/terminal", false},
                {"{\"process\":{\"capabilities\":{\"ambient\":[\"CAP_KILL\"]}}}", "/process/capabilities",
                 false},
                {"{\"process\":{\"rlimits\":[{\"type\":\"RLIMIT_FOO\",\"soft\":1,\"hard\":1}]}}",
                 "/process/rlimits/0", false},
                {"{\"linux\":{\"namespaces\":[{\"type\":\"pid\"}]},\"hostname\":null}", "mount", false},
                {"{\"linux\":{\"namespaces\":[{\"type\":\"mount\"},{\"type\":\"network\",\"path\":\"/proc/"
                 "self/ns/ipc\"}]},"
                 "\"hostname\":null}",
                 "/linux/namespaces/1", false},
                {"{\"linux\":{\"namespaces\":[{\"type\":\"mount\"},{\"type\":\"ipc\",\"path\":\"/etc/"
                 "passwd\"}]},"
                 "\"hostname\":null}",
                 "/linux/namespaces/1", false},
                {"{\"root\":{\"path\":\"nothere\"}}", "nothere", false},
                {"{\"mounts\":[{\"destination\":\"/x\",\"type\":\"nofs\",\"source\":\"none\"}]}", "/mounts/0",
                 false},
                {"{\"linux\":{\"seccomp\":{\"defaultAction\":\"SCMP_ACT_NOTIFY\",\"listenerPath\":\"/x\"}}}",
                 "/linux/seccomp/defaultAction", false},
        };
        struct lab *lab = *state;
        char pid_file[256];

        lab_need_root();
        snprintf(pid_file, sizeof(pid_file), "%s/pid", lab->dir);
        lab_file(lab, "/etc/noexec", "#!/bin/sh\n", 0644);
        lab_file(lab, "/etc/badinterp", "#!/bin/nothere\n", 0755);
        lab_file(lab, "/etc/garbage", "\001\002\003\n", 0755);
        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
                lab_config(lab, cases[i].merge);
                assert_one_error(
                        lab_run(lab, "run", "--pid-file", pid_file, "-b", lab->bundle, lab->id, NULL),
                        cases[i].words);
                assert_int_equal(access(pid_file, F_OK), -1);
                assert_true(lab_clean(lab));
                struct result *r = lab_run(lab, "create", "-b", lab->bundle, lab->id, NULL);
                if (cases[i].late) {
                        assert_int_equal(r->code, 0);
                        r = lab_run(lab, "start", lab->id, NULL);
                }
                assert_one_error(r, cases[i].words);
                if (cases[i].late) {
                        assert_string_equal(lab_state(lab, "status"), "stopped");
                        assert_int_equal(lab_run(lab, "delete", lab->id, NULL)->code, 0);
                }
                assert_true(lab_clean(lab));
        }
}

static void list__table_json_quiet__as_runc(void **state)
{
        struct lab *lab = *state;
        char path[256];

        lab_need_root();
        assert_string_equal(lab_run(lab, "list", NULL)->out,
                            "ID          PID         STATUS      BUNDLE      CREATED     OWNER\n");
        assert_string_equal(lab_run(lab, "list", "-f", "json", NULL)->out, "null\n");
        lab_config(lab, SLEEP);
        create(lab);
        assert_non_null(strstr(lab_run(lab, "list", NULL)->out, lab->bundle));
        assert_non_null(strstr(lab_run(lab, "list", "--format=json", NULL)->out, "\"status\":\"created\""));
        snprintf(path, sizeof(path), "%s\n", lab->id);
        assert_string_equal(lab_run(lab, "list", "--quiet", NULL)->out, path);
        assert_one_error(lab_run(lab, "list", "-f", "xml", NULL), "--format");
        /* a broken entry is named, and hides nothing */
        snprintf(path, sizeof(path), "%s/aaa-broken", lab->root);
        assert_int_equal(mkdir(path, 0700), 0);
        struct result *r = lab_run(lab, "list", NULL);
        assert_int_equal(r->code, 1);
        assert_non_null(strstr(r->err, "aaa-broken"));
        assert_non_null(strstr(r->out, lab->id));
        assert_int_equal(lab_run(lab, "delete", "aaa-broken", NULL)->code, 1);
        assert_int_equal(lab_run(lab, "delete", "--force", "aaa-broken", NULL)->code, 0);
        assert_int_equal(lab_run(lab, "delete", "--force", lab->id, NULL)->code, 0);
        assert_true(lab_clean(lab));
}

static void log__text_and_json__the_error_once(void **state)
{
        struct lab *lab = *state;
        char log[128];

        lab_need_root();
        snprintf(log, sizeof(log), "%s/log", lab->dir);
        assert_one_error(lab_run(lab, "--log", log, "state", "none", NULL), "does not exist");
        assert_non_null(strstr(lab_read(log), "level=error msg=\"container: none: container does not exist"));
        unlink(log);
        assert_one_error(lab_run(lab, "--log", log, "--log-format", "json", "state", "none", NULL),
                         "does not exist");
        assert_non_null(strstr(lab_read(log),
                               "{\"level\":\"error\",\"msg\":\"container: none: container does not exist"));
        assert_int_equal(strchr(lab_read(log), '\n')[1], 0);
        unlink(log);
        lab_script(lab, "exit 0");
        assert_int_equal(lab_run(lab, "--debug", "--log", log, "run", "-b", lab->bundle, lab->id, NULL)->code,
                         0);
        assert_non_null(strstr(lab_read(log), "level=debug"));
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(life__create_start_kill_delete__status_follows, lab_setup,
                                                lab_teardown),
                cmocka_unit_test_setup_teardown(life__wrong_state__refused_and_unchanged, lab_setup,
                                                lab_teardown),
                cmocka_unit_test_setup_teardown(delete__created_and_running_by_force__all_gone, lab_setup,
                                                lab_teardown),
                cmocka_unit_test_setup_teardown(delete__without_pid_namespace__descendants_gone, lab_setup,
                                                lab_teardown),
                cmocka_unit_test_setup_teardown(run__payload_ends__its_code, lab_setup, lab_teardown),
                cmocka_unit_test_setup_teardown(run__signals__handed_on_and_told, lab_setup, lab_teardown),
                cmocka_unit_test_setup_teardown(run__keep__stays_until_deleted, lab_setup, lab_teardown),
                cmocka_unit_test_setup_teardown(run__detach__returns_with_payload_running, lab_setup,
                                                lab_teardown),
                cmocka_unit_test_setup_teardown(failure__of_any_kind__one_error_nothing_left, lab_setup,
                                                lab_teardown),
                cmocka_unit_test_setup_teardown(list__table_json_quiet__as_runc, lab_setup, lab_teardown),
                cmocka_unit_test_setup_teardown(log__text_and_json__the_error_once, lab_setup, lab_teardown),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
