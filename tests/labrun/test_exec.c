/*
 * exec: another process in a container. What it is, how it ends, and what is left. runc 1.1.5's behaviour,
 * measured with the same rootfs, is the model: exec inherits env, cwd, capabilities, groups, rlimits and
 * noNewPrivileges of the container's process when there is no process.json, works in a created container, and
 * answers 255 for its own errors.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/labrun/fixture.h"

static void begin(struct lab *lab, const char *merge)
{
        struct result *r;

        lab_config(lab, merge);
        r = lab_run(lab, "run", "--detach", "--bundle", lab->bundle, lab->id, NULL);
        if (r->code)
                print_message("run: %s\n", r->err);
        assert_int_equal(r->code, 0);
}

#define SLEEP "{\"process\":{\"args\":[\"/bin/sleep\",\"1000\"]}}"

static void end(struct lab *lab)
{
        assert_int_equal(lab_run(lab, "delete", "--force", lab->id, NULL)->code, 0);
        assert_true(lab_clean(lab));
}

/* One line on stderr, exit 255. */
static void assert_refused(const struct result *r, const char *words)
{
        const char *nl = strchr(r->err, '\n');

        if (r->code != 255 || !strstr(r->err, words) || !nl || nl[1])
                print_message("wanted one error with \"%s\"; exit %d, stderr: %s\n", words, r->code, r->err);
        assert_int_equal(r->code, 255);
        assert_non_null(strstr(r->err, words));
        assert_true(nl && nl[1] == '\0');
        assert_string_equal(r->out, "");
}

static void assert_out(const struct result *r, const char *out)
{
        assert_string_equal(r->err, "");
        assert_string_equal(r->out, out);
        assert_int_equal(r->code, 0);
}

static int processes(struct lab *lab)
{
        struct result *r = lab_run(lab, "ps", "--format", "json", lab->id, NULL);
        int n = strcmp(r->out, "[]\n") != 0;

        assert_int_equal(r->code, 0);
        for (const char *p = r->out; *p; p++)
                n += *p == ',';
        return n;
}

static void pause_ms(long ms)
{
        struct timespec t = {ms / 1000, ms % 1000 * 1000000};

        nanosleep(&t, NULL);
}

/* Until the container has n processes; what was killed leaves a moment later. */
static bool wait_processes(struct lab *lab, int n)
{
        for (int i = 0; i < 500; i++, pause_ms(10))
                if (processes(lab) == n)
                        return true;
        return false;
}

#define MODEL                                                                                                \
        "{\"process\":{\"args\":[\"/bin/sleep\",\"1000\"],\"env\":[\"PATH=/bin\",\"FOO=base\",\"BAR=b\"],"   \
        "\"cwd\":\"/tmp\",\"user\":{\"uid\":0,\"gid\":0,\"additionalGids\":[7,8]},\"noNewPrivileges\":true," \
        "\"rlimits\":[{\"type\":\"RLIMIT_NOFILE\",\"soft\":512,\"hard\":512}],"                              \
        "\"capabilities\":{\"bounding\":[\"CAP_KILL\",\"CAP_CHOWN\"],\"effective\":[\"CAP_KILL\",\"CAP_"     \
        "CHOWN\"],"                                                                                          \
        "\"permitted\":[\"CAP_KILL\",\"CAP_CHOWN\"],\"inheritable\":[],\"ambient\":[]}}}"
#define LOOK "id; pwd; ulimit -n; grep -E '^(CapEff|CapBnd|CapInh|CapAmb|NoNewPrivs)' /proc/self/status"

static void exec__without_options__as_the_containers_process(void **state)
{
        struct lab *lab = *state;

        lab_need_root();
        begin(lab, MODEL);
        assert_out(lab_run(lab, "exec", lab->id, "env", NULL), "PATH=/bin\nFOO=base\nBAR=b\nHOME=/\n");
        assert_out(lab_run(lab, "exec", lab->id, "sh", "-c", LOOK, NULL),
                   "uid=0 gid=0 groups=7,8\n/tmp\n512\n"
                   "CapInh:\t0000000000000000\nCapEff:\t0000000000000021\nCapBnd:\t0000000000000021\n"
                   "CapAmb:\t0000000000000000\nNoNewPrivs:\t1\n");
        end(lab);
}

static void exec__options__change_what_they_name(void **state)
{
        struct lab *lab = *state;

        lab_need_root();
        begin(lab, MODEL);
        assert_out(
                lab_run(lab, "exec", "--env", "FOO=new", "-e", "A=1", "-eB=x=y", lab->id, "--", "env", NULL),
                "PATH=/bin\nBAR=b\nFOO=new\nA=1\nB=x=y\nHOME=/\n");
        assert_out(lab_run(lab, "exec", "--cwd", "/etc", lab->id, "readlink", "/proc/self/cwd", NULL),
                   "/etc\n");
        assert_out(lab_run(lab, "exec", "--user", "5:6", lab->id, "id", NULL), "uid=5 gid=6 groups=7,8\n");
        assert_out(lab_run(lab, "exec", "-u5", "-g", "9", "--additional-gids=10", lab->id, "id", NULL),
                   "uid=5 gid=0 groups=7,8,9,10\n");
        assert_out(lab_run(lab, "exec", "--cap", "CAP_SYS_ADMIN", "-c", "CAP_KILL", lab->id, "sh", "-c",
                           "grep -E '^Cap' /proc/self/status", NULL),
                   "CapInh:\t0000000000000000\nCapPrm:\t0000000000200021\nCapEff:\t0000000000200021\n"
                   "CapBnd:\t0000000000200021\nCapAmb:\t0000000000000000\n");
        end(lab);
        begin(lab, "{\"process\":{\"args\":[\"/bin/sleep\",\"1000\"],\"noNewPrivileges\":false}}");
        assert_out(lab_run(lab, "exec", lab->id, "grep", "NoNewPrivs", "/proc/self/status", NULL),
                   "NoNewPrivs:\t0\n");
        assert_out(lab_run(lab, "exec", "--no-new-privs", lab->id, "grep", "NoNewPrivs", "/proc/self/status",
                           NULL),
                   "NoNewPrivs:\t1\n");
        end(lab);
}

static const char *process_file(struct lab *lab, const char *text)
{
        static char path[256];
        FILE *f;

        snprintf(path, sizeof(path), "%s/process.json", lab->dir);
        f = fopen(path, "we");
        assert_non_null(f);
        fputs(text, f);
        fclose(f);
        return path;
}

static void exec__process_json__alone_counts(void **state)
{
        struct lab *lab = *state;
        const char *file;

        lab_need_root();
        begin(lab, MODEL);
        file = process_file(lab, "{\"args\":[\"env\"],\"cwd\":\"/\",\"env\":[\"PATH=/bin\",\"X=1\"]}");
        assert_out(lab_run(lab, "exec", "--process", file, lab->id, NULL), "PATH=/bin\nX=1\nHOME=/\n");
        file = process_file(lab, "{\"args\":[\"sh\",\"-c\",\"id; pwd; grep -E '^(CapEff|NoNew)' "
                                 "/proc/self/status\"],\"cwd\":\"/\",\"env\":[\"PATH=/bin\",\"X=1\"]}");
        assert_out(lab_run(lab, "exec", "--process", file, lab->id, NULL),
                   "uid=0 gid=0\n/\nCapEff:\t0000000000000021\nNoNewPrivs:\t0\n");
        file = process_file(
                lab,
                "{\"args\":[\"grep\",\"CapBnd\",\"/proc/self/status\"],\"cwd\":\"/\",\"env\":[\"PATH=/bin\"],"
                "\"capabilities\":{\"bounding\":[\"CAP_KILL\"]},\"user\":{\"uid\":7,\"gid\":8}}");
        assert_out(lab_run(lab, "exec", "-p", file, lab->id, NULL), "CapBnd:\t0000000000000020\n");
        end(lab);
}

static void exec__process_json_wrong__refused_by_its_place(void **state)
{
        static const struct {
                const char *text, *words;
        } cases[] = {
                {"", "process.json: line 1 column 1"},
                {"{\"args\":[\"true\"],}", "process.json: line 1 column 18"},
                {"[]", "process.json: line 1 column 1"},
                {"{\"args\":[\"true\"],\"args\":[\"false\"],\"cwd\":\"/\"}", "process.json: line 1"},
                {"{}", "process.json#/cwd"},
                {"{\"cwd\":\"/\"}", "process.json#/args"},
                {"{\"args\":[\"true\"],\"cwd\":\"tmp\"}", "process.json#/cwd"},
                {"{\"args\":\"true\",\"cwd\":\"/\"}", "process.json#/args"},
                {"{\"args\":[7],\"cwd\":\"/\"}", "process.json#/args/0"},
                {"{\"args\":[\"\"],\"cwd\":\"/\"}", "process.json#/args/0"},
                {"{\"args\":[\"true\"],\"cwd\":\"/\",\"env\":[\"A=1\",\"B\"]}", "process.json#/env/1"},
                {"{\"args\":[\"true\"],\"cwd\":\"/\",\"user\":{\"uid\":-1}}", "process.json#/user/uid"},
                {"{\"args\":[\"true\"],\"cwd\":\"/\",\"user\":{\"uid\":4294967295}}",
                 "process.json#/user/uid"},
                {"{\"args\":[\"true\"],\"cwd\":\"/\",\"capabilities\":{\"effective\":[\"CAP_KILL\"]}}",
                 "process.json#/capabilities/effective"},
                {"{\"args\":[\"true\"],\"cwd\":\"/"
                 "\",\"rlimits\":[{\"type\":\"RLIMIT_FOO\",\"soft\":1,\"hard\":1}]}",
                 "process.json#/rlimits/0"},
                {"{\"args\":[\"true\"],\"cwd\":\"/\",\"oomScoreAdj\":2000}", "process.json#/oomScoreAdj"},
                {"{\"args\":[\"true\"],\"cwd\":\"/\",\"apparmorProfile\":\"x\"}",
                 "process.json#/apparmorProfile"},
        };
        struct lab *lab = *state;

        lab_need_root();
        begin(lab, SLEEP);
        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
                assert_refused(
                        lab_run(lab, "exec", "--process", process_file(lab, cases[i].text), lab->id, NULL),
                        cases[i].words);
        assert_int_equal(processes(lab), 1);
        end(lab);
}

/* Every option with a value that can't be: said which, and nothing was started. */
static void exec__wrong_option__refused_nothing_started(void **state)
{
        static const struct {
                const char *option, *value, *words;
        } cases[] = {
                {"--pid-file", "/nonexistent/pid", "/nonexistent/pid"},
                {"--user", "", "--user"},
                {"--user", "root", "--user"},
                {"--user", "5:", "--user"},
                {"--user", ":5", "--user"},
                {"--user", "5:6:7", "--user"},
                {"--user", "4294967295", "--user"},
                {"--user", "00000000000000000000000000000005", "--user"},
                {"--additional-gids", "-1", "--additional-gids"},
                {"--additional-gids", "4294967295", "--additional-gids"},
                {"--cwd", "tmp", "--cwd"},
                {"--cwd", "", "--cwd"},
                {"--cwd", "/nonexistent", "/process/cwd"},
                {"--cwd", "/bin/sh", "/process/cwd"},
                {"--env", "FOO", "--env"},
                {"--env", "=x", "--env"},
                {"--env", "A=\xff", "--env"},
                {"--cap", "KILL", "--cap"},
                {"--cap", "CAP_kill", "--cap"},
                {"--cgroup", "/x", "--cgroup"},
                {"--apparmor", "x", "--apparmor"},
                {"--process-label", "x", "--process-label"},
        };
        struct lab *lab = *state;

        lab_need_root();
        begin(lab, SLEEP);
        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
                assert_refused(lab_run(lab, "exec", cases[i].option, cases[i].value, lab->id, "true", NULL),
                               cases[i].words);
        }
        assert_refused(lab_run(lab, "exec", "--process", "/nonexistent/p.json", lab->id, NULL),
                       "/nonexistent/p.json");
        assert_refused(lab_run(lab, "exec", "--process", "/", lab->id, NULL), "/: ");
        assert_refused(lab_run(lab, "exec", lab->id, NULL), "process args cannot be empty");
        assert_refused(lab_run(lab, "exec", lab->id, "--", NULL), "process args cannot be empty");
        assert_refused(lab_run(lab, "exec", lab->id, "\xff", NULL), "no UTF-8");
        assert_refused(lab_run(lab, "exec", "nope", "true", NULL), "container does not exist");
        assert_refused(lab_run(lab, "exec", "../x", "true", NULL), "invalid container ID");
        assert_true(wait_processes(lab, 1));
        end(lab);
}

static void exec__process_json_and_options__refused(void **state)
{
        static const char *const options[] = {"--user=1",  "--additional-gids=1", "--cwd=/",
                                              "--env=A=1", "--cap=CAP_KILL",      "--no-new-privs"};
        struct lab *lab = *state;
        const char *file;

        lab_need_root();
        begin(lab, SLEEP);
        file = process_file(lab, "{\"args\":[\"true\"],\"cwd\":\"/\",\"env\":[\"PATH=/bin\"]}");
        for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++)
                assert_refused(lab_run(lab, "exec", options[i], "--process", file, lab->id, NULL),
                               "that file alone counts");
        assert_refused(lab_run(lab, "exec", "--process", file, lab->id, "true", NULL),
                       "that file alone counts");
        end(lab);
}

static void exec__end_of_the_process__passed_on(void **state)
{
        struct lab *lab = *state;
        char path[256];
        pid_t pid;

        lab_need_root();
        begin(lab, SLEEP);
        assert_int_equal(lab_run(lab, "exec", lab->id, "true", NULL)->code, 0);
        assert_int_equal(lab_run(lab, "exec", lab->id, "sh", "-c", "exit 7", NULL)->code, 7);
        assert_int_equal(lab_run(lab, "exec", lab->id, "sh", "-c", "kill -9 $$", NULL)->code, 137);
        assert_int_equal(lab_run(lab, "exec", lab->id, "sh", "-c", "exit 255", NULL)->code, 255);
        /* a signal to labrun is the process's */
        snprintf(path, sizeof(path), "%s/pid", lab->dir);
        pid = lab_spawn(lab, "exec", "--pid-file", path, lab->id, "sleep", "1000", NULL);
        for (int i = 0; i < 500 && processes(lab) < 2; i++)
                pause_ms(10);
        for (int i = 0; i < 500 && !*lab_read(path); i++)
                pause_ms(10);
        assert_int_equal(kill(pid, SIGTERM), 0);
        assert_int_equal(lab_wait(pid), 128 + SIGTERM);
        end(lab);
}

static void link_of(pid_t pid, const char *what, char text[64])
{
        char path[64];
        ssize_t n;

        snprintf(path, sizeof(path), "/proc/%d/ns/%s", (int)pid, what);
        n = readlink(path, text, 63);
        text[n < 0 ? 0 : n] = '\0';
}

static void exec__detached__where_init_is_and_silent(void **state)
{
        static const char *const spaces[] = {"mnt", "pid", "net", "ipc", "uts", "cgroup", "user", "time"};
        struct lab *lab = *state;
        char path[256], init_cgroup[8192], file[64];
        struct result *r;
        pid_t pid, init;

        lab_need_root();
        begin(lab, SLEEP);
        init = atoi(lab_state(lab, "pid"));
        snprintf(path, sizeof(path), "%s/pid", lab->dir);
        r = lab_run(lab, "exec", "--detach", "--pid-file", path, lab->id, "sleep", "1000", NULL);
        assert_out(r, "");
        pid = atoi(lab_read(path));
        assert_true(pid > 0 && pid != init);
        for (size_t i = 0; i < sizeof(spaces) / sizeof(spaces[0]); i++) {
                char a[64], b[64];
                link_of(pid, spaces[i], a);
                link_of(init, spaces[i], b);
                assert_string_equal(a, b);
        }
        snprintf(file, sizeof(file), "/proc/%d/cgroup", (int)init);
        snprintf(init_cgroup, sizeof(init_cgroup), "%s", lab_read(file));
        snprintf(file, sizeof(file), "/proc/%d/cgroup", (int)pid);
        assert_string_equal(lab_read(file), init_cgroup);
        assert_non_null(strstr(init_cgroup, lab->id));
        assert_int_equal(processes(lab), 2);
        assert_int_equal(lab_run(lab, "kill", lab->id, "KILL", NULL)->code, 0);
        assert_true(wait_processes(lab, 0)); /* its pid namespace went with init */
        end(lab);
}

/* In the host's pid namespace init's death kills nobody: the cgroup has to find the other one. */
static void exec__host_pid_namespace__delete_and_kill_all_find_it(void **state)
{
        struct lab *lab = *state;

        lab_need_root();
        begin(lab, "{\"process\":{\"args\":[\"/bin/"
                   "sleep\",\"1000\"]},\"linux\":{\"namespaces\":[{\"type\":\"mount\"},"
                   "{\"type\":\"ipc\"},{\"type\":\"uts\"},{\"type\":\"network\"},{\"type\":\"cgroup\"}]}}");
        assert_int_equal(lab_run(lab, "exec", "--detach", lab->id, "sleep", "1000", NULL)->code, 0);
        assert_int_equal(processes(lab), 2);
        assert_int_equal(lab_run(lab, "kill", "--all", lab->id, "TERM", NULL)->code, 0);
        assert_true(wait_processes(lab, 0));
        end(lab);
        begin(lab, "{\"process\":{\"args\":[\"/bin/"
                   "sleep\",\"1000\"]},\"linux\":{\"namespaces\":[{\"type\":\"mount\"},"
                   "{\"type\":\"ipc\"},{\"type\":\"uts\"},{\"type\":\"network\"},{\"type\":\"cgroup\"}]}}");
        assert_int_equal(lab_run(lab, "exec", "--detach", lab->id, "sleep", "1000", NULL)->code, 0);
        end(lab);
}

static void open_three(void *arg)
{
        (void)arg;
        for (int fd = 3; fd < 9; fd++)
                if (fd != 4) {
                        int dir = open("/", O_RDONLY | O_DIRECTORY);
                        dup2(dir, fd);
                        if (dir != fd)
                                close(dir);
                }
}

static void exec__fds__those_preserved_and_no_others(void **state)
{
        struct lab *lab = *state;

        lab_need_root();
        begin(lab, SLEEP);
        lab_before_exec(open_three, NULL);
        assert_out(lab_run(lab, "exec", lab->id, "sh", "-c",
                           "for i in 3 4 5 6 7 8 9 10 11 12 13 14 15 16; do [ ! -e "
                           "/proc/$$/fd/$i ] || echo $i; done",
                           NULL),
                   "");
        lab_before_exec(open_three, NULL);
        assert_out(lab_run(lab, "exec", "--preserve-fds", "3", lab->id, "sh", "-c",
                           "for i in 3 4 5 6 7 8 9 11 12 13 14 15 16; do [ ! -e /proc/$$/fd/$i ] || echo $i; "
                           "done",
                           NULL),
                   "3\n5\n");
        end(lab);
}

/* CVE-2024-21626: a working directory by way of an fd that the runtime has open. */
static void exec__cwd_through_an_fd__refused(void **state)
{
        struct lab *lab = *state;
        char cwd[32];

        lab_need_root();
        begin(lab, SLEEP);
        for (int fd = 0; fd < 24; fd++) {
                snprintf(cwd, sizeof(cwd), "/proc/self/fd/%d", fd);
                assert_refused(lab_run(lab, "exec", "--cwd", cwd, lab->id, "pwd", NULL), "/process/cwd");
        }
        end(lab);
}

/* The waiting init itself enters its time namespace only by execve. */
static void exec__before_start__in_the_payloads_time_namespace(void **state)
{
        struct lab *lab = *state;
        char before[64];

        lab_need_root();
        if (access("/proc/self/ns/time", F_OK) < 0) {
                print_message("skip: no time namespaces here\n");
                skip();
        }
        lab_config(lab,
                   "{\"process\":{\"args\":[\"/bin/sleep\",\"1000\"]},\"linux\":{\"namespaces\":[{\"type\":\"mount\"},"
                   "{\"type\":\"pid\"},{\"type\":\"uts\"},{\"type\":\"time\"}],"
                   "\"timeOffsets\":{\"boottime\":{\"secs\":1000000}}}}");
        assert_int_equal(lab_run(lab, "create", "-b", lab->bundle, lab->id, NULL)->code, 0);
        struct result *r = lab_run(lab, "exec", lab->id, "readlink", "/proc/self/ns/time", NULL);
        assert_int_equal(r->code, 0);
        snprintf(before, sizeof(before), "%.63s", r->out);
        r = lab_run(lab, "exec", lab->id, "cat", "/proc/self/timens_offsets", NULL);
        assert_non_null(strstr(r->out, "1000000"));
        assert_int_equal(lab_run(lab, "start", lab->id, NULL)->code, 0);
        r = lab_run(lab, "exec", lab->id, "readlink", "/proc/1/ns/time", NULL);
        assert_string_equal(r->out, before);
        end(lab);
}

static void exec__state_of_the_container__created_works_stopped_not(void **state)
{
        struct lab *lab = *state;

        lab_need_root();
        lab_config(lab, SLEEP);
        assert_int_equal(lab_run(lab, "create", "--bundle", lab->bundle, lab->id, NULL)->code, 0);
        assert_out(lab_run(lab, "exec", lab->id, "echo", "here", NULL), "here\n");
        assert_string_equal(lab_state(lab, "status"), "created");
        assert_int_equal(lab_run(lab, "start", lab->id, NULL)->code, 0);
        assert_out(lab_run(lab, "exec", lab->id, "echo", "here", NULL), "here\n");
        assert_int_equal(lab_run(lab, "kill", lab->id, "KILL", NULL)->code, 0);
        assert_true(lab_wait_status(lab, "stopped"));
        assert_refused(lab_run(lab, "exec", lab->id, "true", NULL), "cannot exec in a stopped container");
        end(lab);
}

static void exec__paused__refused_or_waits_for_resume(void **state)
{
        struct lab *lab = *state;
        int status;
        pid_t pid;

        lab_need_root();
        begin(lab, SLEEP);
        assert_int_equal(lab_run(lab, "pause", lab->id, NULL)->code, 0);
        assert_refused(lab_run(lab, "exec", lab->id, "true", NULL), "cannot exec in a paused container");
        pid = lab_spawn(lab, "exec", "--ignore-paused", lab->id, "sh", "-c", "exit 9", NULL);
        for (int i = 0; i < 500 && processes(lab) < 2; i++)
                pause_ms(10);
        assert_int_equal(processes(lab), 2);
        assert_int_equal(waitpid(pid, &status, WNOHANG), 0); /* it can't have run */
        /* the container's lock is not held meanwhile, or this would fail */
        assert_int_equal(lab_run(lab, "resume", lab->id, NULL)->code, 0);
        assert_int_equal(lab_wait(pid), 9);
        end(lab);
}

/* What the class of the error is, in create's words (test_exec_errors.c has runc's). */
static void exec__unfit_executable__text_and_255(void **state)
{
        static const struct {
                const char *name, *line;
        } cases[] = {
                {"missing", "labrun: exec: \"missing\": executable file not found in $PATH\n"},
                {"/missing", "labrun: exec: \"/missing\": no such file or directory\n"},
                {"/noexec", "labrun: exec: \"/noexec\": permission denied\n"},
                {"/etc", "labrun: exec: \"/etc\": is a directory: permission denied\n"},
                {"/nointerp", "labrun: exec: \"/nointerp\": no such file or directory\n"},
                {"/garbage", "labrun: exec: \"/garbage\": exec format error\n"},
        };
        struct lab *lab = *state;

        lab_need_root();
        lab_file(lab, "/noexec", "#!/bin/sh\n", 0644);
        lab_file(lab, "/nointerp", "#!/nonexistent\n", 0755);
        lab_file(lab, "/garbage", "\1\2 no program", 0755);
        begin(lab, SLEEP);
        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
                struct result *r = lab_run(lab, "exec", lab->id, cases[i].name, NULL);
                assert_refused(r, cases[i].line);
                assert_string_equal(r->err, cases[i].line);
        }
        assert_true(wait_processes(lab, 1));
        end(lab);
}

static void exec__many_at_once__each_its_own(void **state)
{
        struct lab *lab = *state;
        char script[6][16];
        pid_t pid[6];

        lab_need_root();
        begin(lab, SLEEP);
        for (int i = 0; i < 6; i++) {
                snprintf(script[i], sizeof(script[i]), "exit %d", 10 + i);
                pid[i] = lab_spawn(lab, "exec", lab->id, "sh", "-c", script[i], NULL);
        }
        for (int i = 0; i < 6; i++)
                assert_int_equal(lab_wait(pid[i]), 10 + i);
        assert_true(wait_processes(lab, 1));
        end(lab);
}

/* Whatever moment it is: the process never was, or died with init, and exec says so. */
static void exec__init_dies_meanwhile__error_or_killed(void **state)
{
        struct lab *lab = *state;

        lab_need_root();
        for (int i = 0; i < 8; i++) {
                begin(lab, SLEEP);
                pid_t pid = lab_spawn(lab, "exec", lab->id, "sleep", "1000", NULL);
                pause_ms(i * 2);
                assert_int_equal(lab_run(lab, "kill", lab->id, "KILL", NULL)->code, 0);
                int code = lab_wait(pid);
                if (code != 255 && code != 128 + SIGKILL)
                        print_message("exec ended with %d\n", code);
                assert_true(code == 255 || code == 128 + SIGKILL);
                end(lab);
        }
}

/* kill -9 of exec itself: before the process was let go it ends too, afterwards it lives; delete ends it in
 * any case. */
static void exec__killed_itself__nothing_but_the_payload_left(void **state)
{
        struct lab *lab = *state;

        lab_need_root();
        begin(lab, SLEEP);
        for (int i = 0; i < 12; i++) {
                pid_t pid = lab_spawn(lab, "exec", lab->id, "sleep", "1000", NULL);
                pause_ms(i);
                kill(pid, SIGKILL);
                (void)lab_wait(pid);
        }
        /* who is there after a while is a payload: no clone of labrun waits for anything */
        bool gone = false;
        for (int i = 0; i < 500 && !gone; i++, pause_ms(10))
                gone = !strstr(lab_run(lab, "ps", lab->id, NULL)->out, "labrun");
        assert_true(gone);
        end(lab);
}

static void exec__user_namespace__inside_it(void **state)
{
        struct lab *lab = *state;
        char path[256];

        lab_need_root();
        snprintf(path, sizeof(path), "%s/proc", lab->rootfs); /* nobody in there may make them */
        mkdir(path, 0755);
        snprintf(path, sizeof(path), "%s/dev", lab->rootfs);
        mkdir(path, 0755);
        begin(lab, "{\"process\":{\"args\":[\"/bin/sleep\",\"1000\"]},\"mounts\":[{\"destination\":\"/"
                   "proc\",\"type\":\"proc\","
                   "\"source\":\"proc\"},{\"destination\":\"/dev\",\"type\":\"tmpfs\",\"source\":\"tmpfs\"}],"
                   "\"linux\":{\"namespaces\":[{\"type\":\"user\"},{\"type\":\"pid\"},{\"type\":\"mount\"},{"
                   "\"type\":\"network\"},"
                   "{\"type\":\"ipc\"},{\"type\":\"uts\"}],\"uidMappings\":[{\"containerID\":0,\"hostID\":"
                   "100000,\"size\":1000}],"
                   "\"gidMappings\":[{\"containerID\":0,\"hostID\":100000,\"size\":1000}]}}");
        assert_out(lab_run(lab, "exec", "--user", "5:6", lab->id, "id", NULL), "uid=5 gid=6\n");
        assert_out(lab_run(lab, "exec", lab->id, "cat", "/proc/self/uid_map", NULL),
                   "         0     100000       1000\n");
        assert_refused(lab_run(lab, "exec", "--user", "1000", lab->id, "id", NULL), "is not mapped");
        end(lab);
}

/* What create read counts, not what has become of the bundle. */
static void exec__bundle_changed_since__create_s_config_counts(void **state)
{
        struct lab *lab = *state;
        char path[256];

        lab_need_root();
        begin(lab,
              "{\"process\":{\"args\":[\"/bin/sleep\",\"1000\"],\"env\":[\"PATH=/bin\",\"WHOSE=create\"]}}");
        snprintf(path, sizeof(path), "%s/config.json", lab->bundle);
        assert_int_equal(unlink(path), 0);
        assert_out(lab_run(lab, "exec", lab->id, "sh", "-c", "echo $WHOSE", NULL), "create\n");
        end(lab);
}

/* Hooks are the container's, once in its life. */
static void exec__hooks__not_run(void **state)
{
        struct lab *lab = *state;

        lab_need_root();
        begin(lab, "{\"process\":{\"args\":[\"/bin/sleep\",\"1000\"]},\"root\":{\"readonly\":false},\"hooks\":"
                   "{\"startContainer\":[{\"path\":\"/bin/sh\",\"args\":[\"sh\",\"-c\",\"echo x >> /hooked\"]}]}}");
        assert_out(lab_run(lab, "exec", lab->id, "cat", "/hooked", NULL), "x\n");
        assert_out(lab_run(lab, "exec", lab->id, "cat", "/hooked", NULL), "x\n");
        end(lab);
}

#define LAB_TEST(fn) cmocka_unit_test_setup_teardown(fn, lab_setup, lab_teardown)

int main(void)
{
        const struct CMUnitTest tests[] = {
                LAB_TEST(exec__without_options__as_the_containers_process),
                LAB_TEST(exec__options__change_what_they_name),
                LAB_TEST(exec__process_json__alone_counts),
                LAB_TEST(exec__process_json_wrong__refused_by_its_place),
                LAB_TEST(exec__wrong_option__refused_nothing_started),
                LAB_TEST(exec__process_json_and_options__refused),
                LAB_TEST(exec__end_of_the_process__passed_on),
                LAB_TEST(exec__detached__where_init_is_and_silent),
                LAB_TEST(exec__host_pid_namespace__delete_and_kill_all_find_it),
                LAB_TEST(exec__fds__those_preserved_and_no_others),
                LAB_TEST(exec__cwd_through_an_fd__refused),
                LAB_TEST(exec__before_start__in_the_payloads_time_namespace),
                LAB_TEST(exec__state_of_the_container__created_works_stopped_not),
                LAB_TEST(exec__paused__refused_or_waits_for_resume),
                LAB_TEST(exec__unfit_executable__text_and_255),
                LAB_TEST(exec__many_at_once__each_its_own),
                LAB_TEST(exec__init_dies_meanwhile__error_or_killed),
                LAB_TEST(exec__killed_itself__nothing_but_the_payload_left),
                LAB_TEST(exec__user_namespace__inside_it),
                LAB_TEST(exec__hooks__not_run),
                LAB_TEST(exec__bundle_changed_since__create_s_config_counts),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
