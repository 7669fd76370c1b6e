/*
 * What is cut short: a foreground that fails, a create or start that is held up by its hook, a labrun that was killed. The
 * container can be deleted in a short time, and no process is left.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <jansson.h>

#include "tests/labrun/fixture.h"

#define SLEEP "{\"process\":{\"args\":[\"/bin/sleep\",\"1000\"]}}"
#define SHORT_S 30 /* "bounded, short": the lock alone is waited for 70 s */

static const char *in_dir(struct lab *lab, const char *name)
{
        static char path[4][256];
        static unsigned n;
        char *p = path[n++ % 4];

        snprintf(p, sizeof(path[0]), "%s/%s", lab->dir, name);
        return p;
}

/* A process is gone, or will be in a moment. What is left of it until somebody reaps it does not count. */
static bool gone_in_time(pid_t pid)
{
        struct timespec pause = {.tv_nsec = 10000000};
        char path[64];

        snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
        for (int i = 0; i < 1000; i++, nanosleep(&pause, NULL)) {
                const char *end = strrchr(lab_read(path), ')');

                if (!end || end[2] == 'Z' || end[2] == 'X')
                        return true;
        }
        print_message("left: process %d\n", (int)pid);
        return false;
}

/* Two pids, once both are there. */
static void pids_in_time(const char *path, pid_t *first, pid_t *second)
{
        struct timespec pause = {.tv_nsec = 10000000};

        for (int i = 0; i < LAB_BOUND_MS / 10; i++, nanosleep(&pause, NULL))
                if (strchr(lab_read(path), '\n') && sscanf(lab_read(path), "%d %d", first, second) == 2)
                        return;
        fail_msg("no pids in %s", path);
}

static long seconds(void)
{
        struct timespec now;

        clock_gettime(CLOCK_MONOTONIC, &now);
        return now.tv_sec;
}

/* One hook, a shell script. */
static void configure(struct lab *lab, const char *kind, const char *script)
{
        json_t *o = json_loads(SLEEP, 0, NULL);
        json_t *hooks = json_pack("{s:{s:[{s:s, s:[s,s,s], s:[s]}]}}", "hooks", kind, "path", "/bin/sh", "args", "sh", "-c",
                                  script, "env", "PATH=/bin:/usr/bin");
        char *text;

        assert_int_equal(json_object_update(o, hooks), 0);
        text = json_dumps(o, 0);
        lab_config(lab, text);
        free(text);
        json_decref(hooks);
        json_decref(o);
}

/* A hook that waits for ever with a child that does; *hook and *child are theirs. */
static void configure_sleeper(struct lab *lab, const char *kind)
{
        char script[512];

        snprintf(script, sizeof(script), "sleep 1000 & echo $$ $! >%s; sleep 1000; true", in_dir(lab, "pids"));
        unlink(in_dir(lab, "pids"));
        configure(lab, kind, script);
}

static void assert_deleted_soon(struct lab *lab)
{
        long begin = seconds();
        struct result *r = lab_run(lab, "delete", "--force", lab->id, NULL);

        if (r->code)
                print_message("delete: exit %d: %s\n", r->code, r->err);
        assert_int_equal(r->code, 0);
        assert_true(seconds() - begin < SHORT_S);
}

/* ------------------------------ the foreground fails ------------------------------ */

/* SIGUSR1 can't be handed on: from here on pidfd_send_signal(2) of it is refused. */
static void no_handing_on(void *unused)
{
        struct sock_filter code[] = {
                BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
                BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_pidfd_send_signal, 0, 3),
                BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[1])),
                BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SIGUSR1, 0, 1),
                BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
                BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
        };
        struct sock_fprog program = {sizeof(code) / sizeof(code[0]), code};

        (void)unused;
        if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) < 0)
                _exit(125);
}

static void run__foreground_fails__container_killed_and_deleted(void **state)
{
        struct lab *lab = *state;
        pid_t run, init;

        lab_need_root();
        lab_config(lab, SLEEP);
        lab_before_exec(no_handing_on, NULL);
        run = lab_spawn(lab, "run", "-b", lab->bundle, lab->id, NULL);
        assert_true(lab_wait_status(lab, "running"));
        init = atoi(lab_state(lab, "pid"));
        assert_int_equal(kill(run, SIGUSR1), 0);
        assert_int_equal(lab_wait(run), 1);
        assert_true(gone_in_time(init));
        assert_true(lab_clean(lab));
}

static void exec__foreground_fails__process_killed(void **state)
{
        struct lab *lab = *state;
        char pid_file[256];
        struct timespec pause = {.tv_nsec = 10000000};
        pid_t exec, pid = 0;

        lab_need_root();
        lab_config(lab, SLEEP);
        assert_int_equal(lab_run(lab, "run", "--detach", "-b", lab->bundle, lab->id, NULL)->code, 0);
        snprintf(pid_file, sizeof(pid_file), "%s", in_dir(lab, "exec"));
        lab_before_exec(no_handing_on, NULL);
        exec = lab_spawn(lab, "exec", "--pid-file", pid_file, lab->id, "/bin/sleep", "999", NULL);
        for (int i = 0; i < LAB_BOUND_MS / 10 && pid == 0; i++, nanosleep(&pause, NULL)) {
                char path[64];

                snprintf(path, sizeof(path), "/proc/%d/cmdline", atoi(lab_read(pid_file)));
                if (memcmp(lab_read(path), "/bin/sleep", 11) == 0) /* else it is labrun still */
                        pid = atoi(lab_read(pid_file));
        }
        assert_true(pid > 0);
        assert_int_equal(kill(exec, SIGUSR1), 0);
        assert_int_equal(lab_wait(exec), 255);
        assert_true(gone_in_time(pid));
        assert_string_equal(lab_state(lab, "status"), "running");
        assert_deleted_soon(lab);
        assert_true(lab_clean(lab));
}

/* ------------------------------ a hook holds up who holds the lock ------------------------------ */

static void delete__create_held_up_by_its_hook__ends_both(void **state)
{
        static const char *const kinds[] = {"prestart", "createRuntime", "createContainer"};
        struct lab *lab = *state;
        pid_t create, hook, child;

        lab_need_root();
        for (int i = 0; i < 3; i++) {
                configure_sleeper(lab, kinds[i]);
                create = lab_spawn(lab, i == 1 ? "run" : "create", "-b", lab->bundle, lab->id, NULL);
                pids_in_time(in_dir(lab, "pids"), &hook, &child);
                assert_string_equal(lab_state(lab, "status"), "creating");
                assert_deleted_soon(lab);
                assert_int_not_equal(lab_wait(create), 0);
                if (i < 2) /* the pids of the last are its namespace's, which lab_clean sees */
                        assert_true(gone_in_time(hook) && gone_in_time(child));
                assert_true(lab_clean(lab));
        }
}

static void delete__start_held_up_by_its_hook__ends_both(void **state)
{
        static const char *const kinds[] = {"startContainer", "poststart"};
        struct lab *lab = *state;
        struct timespec pause = {.tv_nsec = 10000000};
        pid_t start, hook = 0, child = 0;

        lab_need_root();
        for (int i = 0; i < 2; i++) {
                configure_sleeper(lab, kinds[i]);
                if (i == 0) /* in there it can't write to our folder */
                        configure(lab, kinds[i], "sleep 1000; true");
                assert_int_equal(lab_run(lab, "create", "-b", lab->bundle, lab->id, NULL)->code, 0);
                start = lab_spawn(lab, "start", lab->id, NULL);
                if (i == 0)
                        for (int k = 0; k < LAB_BOUND_MS / 10; k++, nanosleep(&pause, NULL)) {
                                char path[64];

                                snprintf(path, sizeof(path), "/proc/%s/task/%s/children", lab_state(lab, "pid"),
                                         lab_state(lab, "pid"));
                                if (lab_read(path)[0])
                                        break;
                        }
                else
                        pids_in_time(in_dir(lab, "pids"), &hook, &child);
                assert_deleted_soon(lab);
                assert_int_not_equal(lab_wait(start), 0);
                if (i == 1)
                        assert_true(gone_in_time(hook) && gone_in_time(child));
                assert_true(lab_clean(lab));
        }
}

/* Who deletes already has removed the container: another one neither waits for its hook nor ends it. */
static void delete__another_runs_its_poststop_hook__left_alone(void **state)
{
        struct lab *lab = *state;
        char script[512];
        pid_t first, hook, child;

        lab_need_root();
        snprintf(script, sizeof(script), "echo $$ $$ >%s; while ! test -e %s; do sleep 0.05; done; echo >%s",
                 in_dir(lab, "pids"), in_dir(lab, "go"), in_dir(lab, "done"));
        configure(lab, "poststop", script);
        assert_int_equal(lab_run(lab, "create", "-b", lab->bundle, lab->id, NULL)->code, 0);
        first = lab_spawn(lab, "delete", "--force", lab->id, NULL);
        pids_in_time(in_dir(lab, "pids"), &hook, &child);
        assert_deleted_soon(lab);
        close(open(in_dir(lab, "go"), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
        assert_int_equal(lab_wait(first), 0);
        assert_int_equal(access(in_dir(lab, "done"), F_OK), 0);
        assert_true(lab_clean(lab));
}

/* ------------------------------ labrun is killed ------------------------------ */

static void delete__labrun_killed_while_a_hook_sleeps__no_process_left(void **state)
{
        static const char *const kinds[] = {"prestart", "createRuntime", "poststart"};
        struct lab *lab = *state;
        pid_t labrun, hook, child;

        lab_need_root();
        for (int i = 0; i < 3; i++) {
                configure_sleeper(lab, kinds[i]);
                if (i == 2)
                        assert_int_equal(lab_run(lab, "create", "-b", lab->bundle, lab->id, NULL)->code, 0);
                labrun = i == 2 ? lab_spawn(lab, "start", lab->id, NULL)
                                : lab_spawn(lab, "create", "-b", lab->bundle, lab->id, NULL);
                pids_in_time(in_dir(lab, "pids"), &hook, &child);
                assert_int_equal(kill(labrun, SIGKILL), 0);
                assert_int_equal(lab_wait(labrun), 128 + SIGKILL);
                assert_true(gone_in_time(hook)); /* with labrun */
                assert_deleted_soon(lab);
                assert_true(gone_in_time(child));
                assert_true(lab_clean(lab));
        }
}

/* A daemon that a hook leaves behind is nobody's business. */
static void delete__hook_ended_and_left_a_daemon__it_lives(void **state)
{
        struct lab *lab = *state;
        char script[512];
        pid_t hook, daemon;

        lab_need_root();
        snprintf(script, sizeof(script), "sleep 1000 >/dev/null 2>&1 </dev/null & echo $$ $! >%s", in_dir(lab, "pids"));
        configure(lab, "createRuntime", script);
        assert_int_equal(lab_run(lab, "create", "-b", lab->bundle, lab->id, NULL)->code, 0);
        pids_in_time(in_dir(lab, "pids"), &hook, &daemon);
        assert_deleted_soon(lab);
        assert_true(lab_clean(lab));
        assert_int_equal(kill(daemon, SIGKILL), 0);
}

/* What state says of a hook is of another boot, or the number is another process's by now. */
static void delete__hook_that_is_none__not_killed(void **state)
{
        struct lab *lab = *state;
        char path[512], boot[64], text[256];
        long long start = 0;
        pid_t labrun, hook, child, other = fork();

        if (other == 0) {
                setsid();
                for (;;)
                        pause();
        }
        snprintf(path, sizeof(path), "/proc/%d/stat", (int)other);
        const char *p = strrchr(lab_read(path), ')');
        for (int i = 0; p && i < 20; i++)
                p = strchr(p + 1, ' ');
        start = p ? atoll(p) : 0;
        assert_true(start > 0);
        snprintf(boot, sizeof(boot), "%.36s", lab_read("/proc/sys/kernel/random/boot_id"));
        for (int i = 0; i < 4; i++) {
                if (geteuid() != 0)
                        break;
                configure_sleeper(lab, "createRuntime");
                labrun = lab_spawn(lab, "create", "-b", lab->bundle, lab->id, NULL);
                pids_in_time(in_dir(lab, "pids"), &hook, &child);
                assert_int_equal(kill(labrun, SIGKILL), 0);
                (void)lab_wait(labrun);
                assert_int_equal(kill(child, SIGKILL), 0);
                snprintf(path, sizeof(path), "%s/%s/hook", lab->root, lab->id);
                assert_int_equal(access(path, F_OK), 0);
                if (i == 0) /* started at another time */
                        snprintf(text, sizeof(text), "%d %lld %s\n", (int)other, start - 1, boot);
                else if (i == 1)
                        snprintf(text, sizeof(text), "%d %lld %s\n", (int)other, start, "00000000-0000-0000-0000-000000000000");
                else if (i == 2) /* cut off */
                        snprintf(text, sizeof(text), "%d %lld", (int)other, start);
                else
                        snprintf(text, sizeof(text), "-1 %lld %s\n", start, boot);
                FILE *f = fopen(path, "we");
                assert_non_null(f);
                assert_true(fputs(text, f) >= 0 && fclose(f) == 0);
                assert_deleted_soon(lab);
                assert_true(lab_clean(lab));
                assert_int_equal(waitpid(other, NULL, WNOHANG), 0);
        }
        kill(other, SIGKILL);
        waitpid(other, NULL, 0);
        lab_need_root();
}

/* Of a test that failed: the hook and its child. Only them: they may be known by numbers of another pid namespace. */
static int teardown(void **state)
{
        struct lab *lab = *state;
        pid_t pid[2];
        char path[64];

        if (sscanf(lab_read(in_dir(lab, "pids")), "%d %d", &pid[0], &pid[1]) == 2)
                for (int i = 0; i < 2; i++) {
                        snprintf(path, sizeof(path), "/proc/%d/cmdline", (int)pid[i]);
                        if (memcmp(lab_read(path), "sleep\0001000", 11) == 0 || memcmp(lab_read(path), "sh\0-c", 6) == 0)
                                kill(pid[i], SIGKILL);
                }
        return lab_teardown(state);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, lab_setup, teardown)

int main(void)
{
        const struct CMUnitTest tests[] = {
                TEST(run__foreground_fails__container_killed_and_deleted),
                TEST(exec__foreground_fails__process_killed),
                TEST(delete__create_held_up_by_its_hook__ends_both),
                TEST(delete__start_held_up_by_its_hook__ends_both),
                TEST(delete__another_runs_its_poststop_hook__left_alone),
                TEST(delete__labrun_killed_while_a_hook_sleeps__no_process_left),
                TEST(delete__hook_ended_and_left_a_daemon__it_lives),
                TEST(delete__hook_that_is_none__not_killed),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
