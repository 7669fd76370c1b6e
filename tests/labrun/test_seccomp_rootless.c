/*
 * SCMP_ACT_NOTIFY in an ordinary user's container: the parent may not look into init there, so that the
 * listener comes to it by SCM_RIGHTS over the sync socket.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "tests/labrun/agent.h"
#include "tests/labrun/ordinary.h"

/* mkdir(2), and that only that went to the agent. */
#define MKDIR                                                                                               \
        "mkdir /tmp/x 2>&1; echo $?; umask; grep -E '^(Seccomp|NoNewPrivs):' /proc/self/status | tr '\\t' " \
        "' '"
#define REFUSED                                                                                        \
        "mkdir: can't create directory '/tmp/x': Name not unique on network\n1\n0022\nNoNewPrivs: 1\n" \
        "Seccomp: 2\n"

static void configure(struct lab *lab, const struct agent *a, const char *script, const char *flags)
{
        char merge[2048];

        lab_file(lab, "/tmp/script", script, 0755);
        snprintf(merge, sizeof(merge),
                 "{\"root\":{\"readonly\":false},\"process\":{\"args\":[\"/bin/sh\",\"/tmp/script\"]},"
                 "\"linux\":{\"seccomp\":{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"flags\":[%s],"
                 "\"listenerPath\":\"%s\",\"listenerMetadata\":\"meta \\u00e9\",\"syscalls\":["
                 "{\"names\":[\"mkdir\",\"mkdirat\"],\"action\":\"SCMP_ACT_NOTIFY\"}]}}}",
                 flags, a->socket);
        ordinary_config(lab, merge);
}

static void assert_result(const struct result *r, int code, const char *out)
{
        if (r->code != code || strcmp(r->out, out) != 0)
                print_message("exit %d\nstdout: %s\nstderr: %s\nwanted %d: %s\n", r->code, r->out, r->err,
                              code, out);
        assert_int_equal(r->code, code);
        assert_string_equal(r->out, out);
}

static void run__agent_answers__payload_sees_it(void **state)
{
        static const char *const flags[] = {"", "\"SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV\""};
        struct lab *lab = *state;
        struct agent a;

        for (int i = 0; i < 2; i++) {
                agent_start(lab, &a, AGENT_SERVES, ordinary_become);
                configure(lab, &a, MKDIR, flags[i]);
                assert_result(RUN(lab, "run", "-b", lab->bundle, lab->id, NULL), 0, REFUSED);
                agent_end(&a);
                json_decref(agent_state(lab, &a, "creating"));
                assert_true(lab_clean(lab));
        }
}

static void wait_stopped(struct lab *lab)
{
        for (int i = 0; i < LAB_BOUND_MS / 50; i++) {
                lab_before_exec(ordinary_become, NULL);
                if (strcmp(lab_state(lab, "status"), "stopped") == 0)
                        return;
                usleep(50000);
        }
        fail_msg("the container doesn't stop");
}

static void assert_tmp(struct lab *lab, const char *file, const char *text)
{
        char path[256];

        snprintf(path, sizeof(path), "%s/tmp/%s", lab->rootfs, file);
        assert_string_equal(lab_read(path), text);
}

/* The agent takes its time: the connection's queue holds listener and state. */
static void create_and_start__agent_late__payload_sees_its_answer(void **state)
{
        struct lab *lab = *state;
        struct agent a;
        char path[64];

        agent_start(lab, &a, AGENT_WAITS, ordinary_become);
        configure(lab, &a, "{ " MKDIR "; } >/tmp/out", "");
        assert_result(RUN(lab, "create", "-b", lab->bundle, lab->id, NULL), 0, "");
        lab_before_exec(ordinary_become, NULL);
        snprintf(path, sizeof(path), "/proc/%s/status", lab_state(lab, "pid"));
        assert_non_null(strstr(lab_read(path), "\nSeccomp:\t2\n")); /* loaded before ready */
        assert_int_equal(RUN(lab, "start", lab->id, NULL)->code, 0);
        agent_go(&a);
        wait_stopped(lab);
        agent_end(&a);
        json_decref(agent_state(lab, &a, "creating"));
        assert_tmp(lab, "out", REFUSED);
        assert_int_equal(RUN(lab, "delete", lab->id, NULL)->code, 0);
        assert_true(lab_clean(lab));
}

static void exec__its_own_listener__answers_arrive(void **state)
{
        struct lab *lab = *state;
        struct agent first, second;

        agent_start(lab, &first, AGENT_SERVES, ordinary_become);
        configure(lab, &first, "exec sleep 1000", "");
        assert_result(RUN(lab, "create", "-b", lab->bundle, lab->id, NULL), 0, "");
        assert_int_equal(RUN(lab, "start", lab->id, NULL)->code, 0);
        agent_start(lab, &second, AGENT_SERVES, ordinary_become);
        assert_result(RUN(lab, "exec", lab->id, "/bin/sh", "-c", MKDIR, NULL), 0, REFUSED);
        agent_end(&second);
        json_decref(agent_state(lab, &second, "running"));
        /* nobody listens there any more */
        struct result *r = RUN(lab, "exec", lab->id, "/bin/true", NULL);
        assert_int_equal(r->code, 255);
        assert_non_null(strstr(r->err, "/linux/seccomp/listenerPath"));
        assert_string_equal(r->out, "");
        assert_int_equal(RUN(lab, "delete", "--force", lab->id, NULL)->code, 0);
        agent_end(&first);
        assert_true(lab_clean(lab));
}

static void absent__run_and_create__one_error_and_nothing_left(void **state)
{
        static const char *const commands[] = {"run", "create"};
        struct lab *lab = *state;
        struct agent a = {.socket = "/nonexistent/socket"};

        configure(lab, &a, "echo no", "");
        for (int i = 0; i < 2; i++) {
                struct result *r = RUN(lab, commands[i], "-b", lab->bundle, lab->id, NULL);
                const char *end = strchr(r->err, '\n');
                assert_result(r, 1, "");
                assert_non_null(strstr(r->err, "/linux/seccomp/listenerPath"));
                assert_non_null(strstr(r->err, "No such file or directory"));
                assert_true(end && !end[1]);
                assert_true(lab_clean(lab));
        }
}

/*
 * Whether it closes before or after the listener is sent is chance: an error, or a listener that is lost with
 * the connection, whose calls fail with ENOSYS (seccomp_unotify(2)). Nothing hangs.
 */
static void leaves__connection_closed_unread__error_or_enosys(void **state)
{
        struct lab *lab = *state;
        struct agent a;

        for (int i = 0; i < 5; i++) {
                agent_start(lab, &a, AGENT_LEAVES, ordinary_become);
                configure(lab, &a, "mkdir /tmp/x 2>&1", "");
                struct result *r = RUN(lab, "run", "-b", lab->bundle, lab->id, NULL);
                bool lost = strcmp(r->out,
                                   "mkdir: can't create directory '/tmp/x': Function not implemented\n") == 0;
                bool error = !*r->out && strstr(r->err, "/linux/seccomp/listenerPath");
                if (r->code != 1 || lost == error)
                        print_message("exit %d\nstdout: %s\nstderr: %s\n", r->code, r->out, r->err);
                assert_int_equal(r->code, 1);
                assert_true(lost != error);
                agent_end(&a);
                assert_true(lab_clean(lab));
        }
}

/* An agent that dies while the container waits to be started. */
static void dies__between_create_and_start__enosys(void **state)
{
        struct lab *lab = *state;
        struct agent a;

        agent_start(lab, &a, AGENT_SERVES, ordinary_become);
        configure(lab, &a, "mkdir /tmp/x 2>/tmp/out", "");
        assert_result(RUN(lab, "create", "-b", lab->bundle, lab->id, NULL), 0, "");
        agent_kill(&a);
        assert_int_equal(RUN(lab, "start", lab->id, NULL)->code, 0);
        wait_stopped(lab);
        assert_tmp(lab, "out", "mkdir: can't create directory '/tmp/x': Function not implemented\n");
        assert_int_equal(RUN(lab, "delete", lab->id, NULL)->code, 0);
        assert_true(lab_clean(lab));
}

/* The socket is there, and this user may not connect to it. */
static void forbidden__socket_of_another__eacces(void **state)
{
        struct lab *lab = *state;
        struct agent a;

        if (geteuid() != 0) {
                print_message("skip: needs root to be another user\n");
                skip();
        }
        agent_start(lab, &a, AGENT_WAITS, NULL);
        assert_int_equal(chmod(a.socket, 0600), 0);
        configure(lab, &a, "echo no", "");
        struct result *r = RUN(lab, "run", "-b", lab->bundle, lab->id, NULL);
        assert_result(r, 1, "");
        assert_non_null(strstr(r->err, "/linux/seccomp/listenerPath"));
        assert_non_null(strstr(r->err, "Permission denied"));
        agent_kill(&a);
        assert_true(lab_clean(lab));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, ordinary_setup, ordinary_teardown)
        const struct CMUnitTest tests[] = {
                TEST(run__agent_answers__payload_sees_it),
                TEST(create_and_start__agent_late__payload_sees_its_answer),
                TEST(exec__its_own_listener__answers_arrive),
                TEST(absent__run_and_create__one_error_and_nothing_left),
                TEST(leaves__connection_closed_unread__error_or_enosys),
                TEST(dies__between_create_and_start__enosys),
                TEST(forbidden__socket_of_another__eacces),
        };

        if (ordinary_begin() < 0)
                return 1;
        return cmocka_run_group_tests(tests, NULL, NULL);
}
