/* ENV-EXACT, FD-EXACT, CWD-INSIDE of single features: what the payload finds, told by itself. */
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "tests/labrun/fixture.h"

/* Runs the script with this merged in; its output must be exactly the text. */
static void assert_prints(struct lab *lab, const char *merge, const char *script, const char *text)
{
        char path[256], cmd[1024];
        struct result *r;

        lab_config(lab, merge);
        snprintf(path, sizeof(path), "/tmp/script");
        lab_file(lab, path, script, 0755);
        r = lab_run(lab, "run", "-b", lab->bundle, lab->id, NULL);
        if (r->code || strcmp(r->out, text) != 0) {
                snprintf(cmd, sizeof(cmd), "%.900s", script);
                print_message("%s: exit %d\nstdout: %s\nstderr: %s\n", cmd, r->code, r->out, r->err);
        }
        assert_int_equal(r->code, 0);
        assert_string_equal(r->out, text);
}
#define ARGS "\"args\":[\"/bin/sh\",\"/tmp/script\"]"

static void env__as_configured__in_order_with_home(void **state)
{
        struct lab *lab = *state;

        lab_need_root();
        /* /proc/1/environ is what execve was given, before the shell sorts it */
        assert_prints(lab, "{\"process\":{" ARGS ",\"env\":[\"Z=1\",\"A=2\",\"Z=3\",\"E=\",\"PATH=/bin\"]}}",
                      "cat /proc/1/environ | tr '\\000' '|'", "Z=1|A=2|Z=3|E=|PATH=/bin|HOME=/|");
        lab_file(lab, "/etc/passwd", "x:x:1:1::/x:/s\nbroken\nu:x:0:0:U:/root dir:/bin/sh\n", 0644);
        assert_prints(lab, "{\"process\":{" ARGS ",\"env\":[\"PATH=/bin\"]}}", "echo \"$HOME\"",
                      "/root dir\n");
        assert_prints(lab, "{\"process\":{" ARGS ",\"env\":[\"PATH=/bin\",\"HOME=/h\"]}}", "echo \"$HOME\"",
                      "/h\n");
}

static void user__ids_groups_umask__as_configured(void **state)
{
        struct lab *lab = *state;

        lab_need_root();
        assert_prints(lab,
                      "{\"process\":{" ARGS
                      ",\"user\":{\"uid\":1000,\"gid\":1001,\"additionalGids\":[7,9],\"umask\":63}}}",
                      "grep -E '^(Uid|Gid|Groups|Umask)' /proc/1/status | tr '\\t' ' '",
                      "Umask: 0077\nUid: 1000 1000 1000 1000\nGid: 1001 1001 1001 1001\nGroups: 7 9 \n");
        assert_prints(lab, "{\"process\":{" ARGS "}}", "umask", "0022\n");
}

static void caps__five_sets__exactly_as_configured(void **state)
{
        struct lab *lab = *state;

        lab_need_root();
        assert_prints(lab, "{\"process\":{" ARGS "}}", "grep -E '^(Cap|NoNew)' /proc/1/status | tr '\\t' ' '",
                      "CapInh: 0000000000000000\nCapPrm: 0000000020000420\nCapEff: 0000000020000420\n"
                      "CapBnd: 0000000020000420\nCapAmb: 0000000000000000\nNoNewPrivs: 1\n");
        /* another user keeps what is ambient, and only that */
        assert_prints(
                lab,
                "{\"process\":{" ARGS
                ",\"noNewPrivileges\":false,\"user\":{\"uid\":1,\"gid\":1},\"capabilities\":{"
                "\"bounding\":[\"CAP_KILL\",\"CAP_CHOWN\"],\"permitted\":[\"CAP_KILL\",\"CAP_CHOWN\"],"
                "\"effective\":[\"CAP_CHOWN\"],\"inheritable\":[\"CAP_KILL\"],\"ambient\":[\"CAP_KILL\"]}}}",
                "grep -E '^(Cap|NoNew)' /proc/1/status | tr '\\t' ' '",
                "CapInh: 0000000000000020\nCapPrm: 0000000000000020\nCapEff: 0000000000000020\n"
                "CapBnd: 0000000000000021\nCapAmb: 0000000000000020\nNoNewPrivs: 0\n");
        assert_prints(lab, "{\"process\":{" ARGS ",\"capabilities\":null}}",
                      "grep -E '^CapEff' /proc/1/status | tr '\\t' ' '", "CapEff: 0000000000000000\n");
}

static void limits__rlimits_oom_score_hostname__as_configured(void **state)
{
        struct lab *lab = *state;

        lab_need_root();
        assert_prints(
                lab,
                "{\"hostname\":\"lab-1\",\"process\":{" ARGS ",\"oomScoreAdj\":321,\"rlimits\":["
                "{\"type\":\"RLIMIT_NOFILE\",\"soft\":17,\"hard\":29},{\"type\":\"RLIMIT_CORE\",\"soft\":0,"
                "\"hard\":0}]}}",
                "grep -E 'open files|core' /proc/1/limits | tr -s ' '; cat /proc/1/oom_score_adj; hostname",
                "Max core file size 0 0 bytes \nMax open files 17 29 files \n321\nlab-1\n");
}

static void cwd__missing_is_made__and_outside_is_refused(void **state)
{
        struct lab *lab = *state;

        lab_need_root();
        assert_prints(lab, "{\"process\":{" ARGS ",\"cwd\":\"/new/dir\"}}", "pwd", "/new/dir\n");
        /* CVE-2024-21626: a host directory that the caller passes on */
        for (int fd = 3; fd < 9; fd++) {
                char merge[128];
                snprintf(merge, sizeof(merge), "{\"process\":{" ARGS ",\"cwd\":\"/proc/self/fd/%d\"}}", fd);
                lab_config(lab, merge);
                struct result *r = lab_run(lab, "run", "-b", lab->bundle, lab->id, NULL);
                assert_int_equal(r->code, 1);
                assert_non_null(strstr(r->err, "/process/cwd"));
        }
        assert_true(lab_clean(lab));
}

static void pass_host_directory(void *arg)
{
        (void)arg;
        dup2(open("/", O_RDONLY | O_DIRECTORY), 3);
}

static void cwd__preserved_host_directory__refused(void **state)
{
        struct lab *lab = *state;

        lab_need_root();
        lab_config(lab, "{\"process\":{" ARGS ",\"cwd\":\"/proc/self/fd/3\"}}");
        lab_before_exec(pass_host_directory, NULL);
        struct result *r = lab_run(lab, "run", "--preserve-fds", "1", "-b", lab->bundle, lab->id, NULL);
        assert_int_equal(r->code, 1);
        assert_non_null(strstr(r->err, "outside of the root file system"));
        assert_true(lab_clean(lab));
}

/* 3 and 5 are open, 4 is a hole, 6 and 9 are not to be passed. */
static void pass_fds(void *arg)
{
        (void)arg;
        int fd = open("/dev/zero", O_RDONLY | O_CLOEXEC), full = open("/dev/full", O_RDWR | O_CLOEXEC);
        dup2(full, 20);
        dup2(fd, 21);
        close_range(3, 19, 0);
        dup2(21, 3);
        dup2(20, 5);
        dup2(20, 6);
        dup2(20, 9);
        close_range(20, 21, 0);
}

/* A payload that opens nothing itself: says which of 0 to 9 it has, and what is not there on stderr. */
static void stat_fds(struct lab *lab)
{
        lab_config(
                lab,
                "{\"process\":{\"args\":[\"/bin/stat\",\"-c\",\"%N\",\"/proc/self/fd/0\",\"/proc/self/fd/1\","
                "\"/proc/self/fd/2\",\"/proc/self/fd/3\",\"/proc/self/fd/4\",\"/proc/self/fd/5\","
                "\"/proc/self/fd/6\",\"/proc/self/fd/7\",\"/proc/self/fd/8\",\"/proc/self/fd/9\"]}}");
}

/* As "0 1 2 3 5": the numbers in the text that stat printed. */
static const char *numbers(const char *text)
{
        static char list[64];

        list[0] = '\0';
        while ((text = strstr(text, "/proc/self/fd/"))) {
                text += strlen("/proc/self/fd/");
                if (strlen(list) + 3 < sizeof(list))
                        strncat(list, text, 1);
        }
        return list;
}

static void fds__preserved_with_gaps__only_these(void **state)
{
        struct lab *lab = *state;
        struct result *r;

        lab_need_root();
        stat_fds(lab);
        lab_before_exec(pass_fds, NULL);
        r = lab_run(lab, "run", "--preserve-fds", "3", "-b", lab->bundle, lab->id, NULL);
        assert_string_equal(numbers(r->out), "01235");
        assert_string_equal(numbers(r->err), "46789");
        assert_non_null(strstr(r->out, "'/proc/self/fd/3' -> '/dev/zero'"));
        assert_non_null(strstr(r->out, "'/proc/self/fd/5' -> '/dev/full'"));
        lab_before_exec(pass_fds, NULL);
        r = lab_run(lab, "run", "-b", lab->bundle, lab->id, NULL);
        assert_string_equal(numbers(r->out), "012");
        assert_string_equal(numbers(r->err), "3456789");
}

static void close_stdin_and_out(void *arg)
{
        (void)arg;
        close(0);
        close(1);
}

static void fds__closed_at_entry__stay_closed(void **state)
{
        struct lab *lab = *state;

        lab_need_root();
        stat_fds(lab);
        lab_before_exec(close_stdin_and_out, NULL);
        assert_string_equal(numbers(lab_run(lab, "run", "-b", lab->bundle, lab->id, NULL)->err), "013456789");
}

static void listen_env(void *arg)
{
        char pid[16];

        (void)arg;
        pass_fds(NULL);
        snprintf(pid, sizeof(pid), "%d", (int)getpid());
        setenv("LISTEN_FDS", "1", 1);
        setenv("LISTEN_PID", pid, 1);
}

static void fds__socket_activation__passed_and_told(void **state)
{
        struct lab *lab = *state;

        lab_need_root();
        lab_script(lab, "echo $LISTEN_FDS $LISTEN_PID; readlink /proc/1/fd/3; readlink /proc/1/fd/5");
        lab_before_exec(listen_env, NULL);
        assert_string_equal(lab_run(lab, "run", "-b", lab->bundle, lab->id, NULL)->out, "1 1\n/dev/zero\n");
}

/* FD-HOST: while init waits it holds stdio and the two fifos, and can't be looked into. */
static void init__waits__no_host_fds(void **state)
{
        struct lab *lab = *state;
        char path[64], link[256];

        lab_need_root();
        lab_config(lab, "{}");
        lab_before_exec(pass_fds, NULL);
        assert_int_equal(lab_run(lab, "create", "-b", lab->bundle, lab->id, NULL)->code, 0);
        int pid = atoi(lab_state(lab, "pid"));
        for (int fd = 3, n = 0; fd < 64; fd++) {
                snprintf(path, sizeof(path), "/proc/%d/fd/%d", pid, fd);
                ssize_t len = readlink(path, link, sizeof(link) - 1);
                if (len < 0)
                        continue;
                link[len] = '\0';
                assert_non_null(strstr(link, ".fifo"));
                assert_true(++n <= 2);
        }
        assert_int_equal(lab_run(lab, "delete", "--force", lab->id, NULL)->code, 0);
}

static void block_and_ignore(void *arg)
{
        sigset_t all;

        (void)arg;
        sigfillset(&all);
        sigprocmask(SIG_SETMASK, &all, NULL);
        signal(SIGHUP, SIG_IGN);
        signal(SIGCHLD, SIG_IGN);
        signal(SIGPIPE, SIG_IGN);
        /* the C library's own two, which its sigaction(2) refuses: {SIG_IGN, flags, restorer, mask} */
        unsigned long ignore[4] = {(unsigned long)SIG_IGN};
        syscall(SYS_rt_sigaction, 32, ignore, NULL, 8);
        syscall(SYS_rt_sigaction, 33, ignore, NULL, 8);
}

static void signals__blocked_and_ignored_by_caller__default_for_payload(void **state)
{
        struct lab *lab = *state;

        lab_need_root();
        /* read by a shell that execve gave the defaults; it handles some itself, so look at a child's */
        lab_config(lab, "{\"process\":{\"args\":[\"/bin/grep\",\"-E\",\"^Sig(Blk|Ign|Cgt)\",\"/proc/self/"
                        "status\"]}}");
        lab_before_exec(block_and_ignore, NULL);
        struct result *r = lab_run(lab, "run", "-b", lab->bundle, lab->id, NULL);
        assert_int_equal(r->code, 0);
        assert_string_equal(
                r->out, "SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\nSigCgt:\t0000000000000000\n");
}

static void network__new_namespace__loopback_is_up(void **state)
{
        struct lab *lab = *state;

        lab_need_root();
        assert_prints(lab, "{\"process\":{" ARGS "}}", "ip link show dev lo | grep -c ,UP", "1\n");
}

/* A machine with nothing but version 2, as most are. */
static void only_version_2(void *arg)
{
        (void)arg;
        if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_PRIVATE | MS_REC, NULL) < 0)
                _exit(98);
        while (umount2("/sys/fs/cgroup", MNT_DETACH) == 0)
                continue;
        if (mount("cgroup2", "/sys/fs/cgroup", "cgroup2", 0, NULL) < 0)
                _exit(98);
}

/* The payload is in its cgroup, whose directory is all that it sees, read-only, with a cgroup namespace and without. */
static void cgroup__only_version_2__own_directory(void **state)
{
        static const char *const more[] = {"", ",{\"type\":\"cgroup\"}"};
        static const char script[] = "cat /sys/fs/cgroup/cgroup.procs | grep -cx 1; mkdir /sys/fs/cgroup/x 2>/dev/null; "
                                     "test -e /sys/fs/cgroup/x; echo $?; sed -n s/^0:://p /proc/self/cgroup; "
                                     "grep -c ' /sys/fs/cgroup ro,nosuid,nodev,noexec.* - cgroup2' /proc/self/mountinfo";
        struct lab *lab = *state;
        char merge[1024], expected[128];

        lab_need_root();
        for (int i = 0; i < 2; i++) {
                snprintf(merge, sizeof(merge),
                         "{\"process\":{" ARGS "},\"linux\":{\"resources\":null,\"namespaces\":[{\"type\":\"pid\"},"
                         "{\"type\":\"network\"},{\"type\":\"ipc\"},{\"type\":\"uts\"},{\"type\":\"mount\"}%s]}}",
                         more[i]);
                lab_config(lab, merge);
                lab_file(lab, "/tmp/script", script, 0755);
                lab_before_exec(only_version_2, NULL);
                struct result *r = lab_run(lab, "run", "-b", lab->bundle, lab->id, NULL);
                snprintf(expected, sizeof(expected), "1\n1\n/%s\n1\n", i ? "" : lab->id);
                assert_string_equal(r->err, "");
                assert_string_equal(r->out, expected);
                assert_int_equal(r->code, 0);
        }
        assert_true(lab_clean(lab));
}

/* Those of labrun spec, each another than ours. */
static void namespaces__of_the_spec__all_new(void **state)
{
        static const char *const name[] = {"ipc", "mnt", "net", "pid", "uts"};
        struct lab *lab = *state;
        char path[64], own[64], script[256] = "cd /proc/self/ns; for i in ipc mnt net pid uts; do readlink $i; done";

        lab_need_root();
        lab_script(lab, script);
        struct result *r = lab_run(lab, "run", "-b", lab->bundle, lab->id, NULL);
        assert_int_equal(r->code, 0);
        for (size_t i = 0; i < sizeof(name) / sizeof(name[0]); i++) {
                snprintf(path, sizeof(path), "/proc/self/ns/%s", name[i]);
                ssize_t n = readlink(path, own, sizeof(own) - 1);
                assert_true(n > 0);
                own[n] = '\0';
                snprintf(path, sizeof(path), "%s:[", name[i]);
                assert_non_null(strstr(r->out, path)); /* it was read */
                assert_null(strstr(r->out, own));
        }
        assert_true(lab_clean(lab));
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(env__as_configured__in_order_with_home, lab_setup,
                                                lab_teardown),
                cmocka_unit_test_setup_teardown(user__ids_groups_umask__as_configured, lab_setup,
                                                lab_teardown),
                cmocka_unit_test_setup_teardown(caps__five_sets__exactly_as_configured, lab_setup,
                                                lab_teardown),
                cmocka_unit_test_setup_teardown(limits__rlimits_oom_score_hostname__as_configured, lab_setup,
                                                lab_teardown),
                cmocka_unit_test_setup_teardown(cwd__missing_is_made__and_outside_is_refused, lab_setup,
                                                lab_teardown),
                cmocka_unit_test_setup_teardown(cwd__preserved_host_directory__refused, lab_setup,
                                                lab_teardown),
                cmocka_unit_test_setup_teardown(fds__preserved_with_gaps__only_these, lab_setup,
                                                lab_teardown),
                cmocka_unit_test_setup_teardown(fds__closed_at_entry__stay_closed, lab_setup, lab_teardown),
                cmocka_unit_test_setup_teardown(fds__socket_activation__passed_and_told, lab_setup,
                                                lab_teardown),
                cmocka_unit_test_setup_teardown(init__waits__no_host_fds, lab_setup, lab_teardown),
                cmocka_unit_test_setup_teardown(signals__blocked_and_ignored_by_caller__default_for_payload,
                                                lab_setup, lab_teardown),
                cmocka_unit_test_setup_teardown(cgroup__only_version_2__own_directory, lab_setup, lab_teardown),
                cmocka_unit_test_setup_teardown(namespaces__of_the_spec__all_new, lab_setup, lab_teardown),
                cmocka_unit_test_setup_teardown(network__new_namespace__loopback_is_up, lab_setup,
                                                lab_teardown),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
