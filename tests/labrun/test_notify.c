/* sd_notify: the socket of the container's own, and what of it comes to the service manager, which is this test. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <jansson.h>

#include "tests/labrun/manager.h"
#include "tests/labrun/ordinary.h"

#define INSIDE "NOTIFY_SOCKET=/run/notify/notify.sock\n"

/* ------------------------------ labrun under it ------------------------------ */

static void under_manager(void *unused)
{
        (void)unused;
        setenv("NOTIFY_SOCKET", manager_name, 1);
}

static void under_manager_as_user(void *unused)
{
        ordinary_become(NULL);
        under_manager(unused);
}

static void (*become)(void *) = under_manager;

#define NOTIFIED(lab, ...) (lab_before_exec(become, NULL), lab_run(lab, __VA_ARGS__))
#define SPAWN_NOTIFIED(lab, ...) (lab_before_exec(become, NULL), lab_spawn(lab, __VA_ARGS__))

static void copy_sender(struct lab *lab)
{
        char command[512];

        snprintf(command, sizeof(command), "cp %s %s/sender && chmod 755 %s/sender", SENDER, lab->rootfs, lab->rootfs);
        assert_int_equal(system(command), 0);
}

/* The payload is the sender with these words; its output lies in /out of the rootfs, where files tell it to go on. */
static void payload(struct lab *lab, const char *merge, const char *words)
{
        char script[2048], path[256];
        json_t *o = json_loads(merge, 0, NULL);

        assert_non_null(o);
        copy_sender(lab);
        snprintf(path, sizeof(path), "%s/tmp", lab->rootfs);
        assert_int_equal(chmod(path, 01777), 0);
        snprintf(script, sizeof(script), "exec /sender %s >/tmp/out", words);
        json_t *args = json_pack("{s:{s:[s,s,s]}, s:{s:b}}", "process", "args", "/bin/sh", "-c", script, "root", "readonly", 0);
        assert_int_equal(json_object_update_recursive(o, args), 0);
        char *text = json_dumps(o, 0);
        if (become == under_manager)
                lab_config(lab, text);
        else
                ordinary_config(lab, text);
        free(text);
        json_decref(args);
        json_decref(o);
}

static const char *in_tmp(struct lab *lab, const char *name)
{
        static char path[256];

        snprintf(path, sizeof(path), "%s/tmp/%s", lab->rootfs, name);
        return path;
}

static void let_go(struct lab *lab, const char *name)
{
        close(open(in_tmp(lab, name), O_WRONLY | O_CREAT | O_CLOEXEC, 0666));
}

static void assert_there_in_time(const char *path)
{
        struct timespec pause = {.tv_nsec = 5000000};
        int i = 0;

        for (; i < LAB_BOUND_MS / 5 && access(path, F_OK) != 0; i++)
                nanosleep(&pause, NULL);
        assert_int_equal(access(path, F_OK), 0);
}

static bool waits(pid_t pid)
{
        siginfo_t info = {0};

        assert_int_equal(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT), 0);
        return info.si_pid == 0;
}

static void assert_code(const struct result *r, int code)
{
        if (r->code != code)
                print_message("exit %d: %s\n", r->code, r->err);
        assert_int_equal(r->code, code);
}

static void created(struct lab *lab)
{
        assert_code(NOTIFIED(lab, "create", "-b", lab->bundle, lab->id, NULL), 0);
}

static void deleted(struct lab *lab)
{
        lab_before_exec(become, NULL);
        assert_code(lab_run(lab, "delete", "--force", lab->id, NULL), 0);
        assert_true(lab_clean(lab));
}

/* ------------------------------ what is told, and when ------------------------------ */

/* All that is no line "READY=1": nothing of it may come through, nor count. */
#define OTHERS                                                                                              \
        "say:STATUS=up 'say:MAINPID=1\\nFDSTORE=1' say:READY=0 say:XREADY=1 say:READY=1x 'say:READY=1 ' "    \
        "'say:STATUS=READY=1' say:BARRIER=1 say:WATCHDOG=1 say: 'say:a\\0b\\nREADY=1' 'long:READY=1\\nX=' "  \
        "'say:STOPPING=1\\nRELOADING=1' 'fd:FDSTORE=1\\nFDNAME=x' "

static void start__ready_said__told_then_and_nothing_else(void **state)
{
        struct lab *lab = *state;
        int fd = manager(lab), pid;
        pid_t start;

        payload(lab, "{}",
                "env await:/tmp/go " OTHERS
                "made:/tmp/said await:/tmp/ready 'fd:STATUS=1\\nREADY=1\\nMAINPID=1\\nERRNO=5' await:/tmp/end exit:3");
        created(lab);
        pid = atoi(lab_state(lab, "pid"));
        start = SPAWN_NOTIFIED(lab, "start", lab->id, NULL);
        assert_true(lab_wait_status(lab, "running"));
        assert_true(waits(start));
        let_go(lab, "go");
        assert_there_in_time(in_tmp(lab, "said"));
        assert_true(waits(start));
        assert_nothing_told(fd);
        let_go(lab, "ready");
        assert_ready_of(fd, pid);
        assert_barrier(fd);
        assert_int_equal(lab_wait(start), 0);
        assert_nothing_told(fd);
        assert_string_equal(lab_state(lab, "status"), "running");
        assert_true(strncmp(lab_read(in_tmp(lab, "out")), INSIDE "said\n", sizeof(INSIDE) + 4) == 0);
        deleted(lab);
        close(fd);
}

static void run_detach__ready_said__told_with_inits_pid(void **state)
{
        struct lab *lab = *state;
        int fd = manager(lab);
        pid_t run;

        payload(lab, "{}", "await:/tmp/go " OTHERS "'say:READY=1\\n' await:/tmp/end");
        run = SPAWN_NOTIFIED(lab, "run", "--detach", "-b", lab->bundle, lab->id, NULL);
        assert_true(lab_wait_status(lab, "running"));
        assert_true(waits(run));
        let_go(lab, "go");
        assert_ready_of(fd, atoi(lab_state(lab, "pid")));
        assert_true(waits(run)); /* until the manager has come to the barrier */
        assert_barrier(fd);
        assert_int_equal(lab_wait(run), 0);
        deleted(lab);
        close(fd);
}

static void run__ready_said__told_with_labruns_pid_and_once(void **state)
{
        struct lab *lab = *state;
        int fd = manager(lab);
        pid_t run;

        payload(lab, "{}",
                "env " OTHERS "say:READY=1 await:/tmp/heard say:READY=1 say:STATUS=x exit:7");
        run = SPAWN_NOTIFIED(lab, "run", "-b", lab->bundle, lab->id, NULL);
        assert_ready_of(fd, run);
        let_go(lab, "heard");
        assert_int_equal(lab_wait(run), 7);
        assert_nothing_told(fd);
        /* who speaks on is told that nobody hears */
        assert_non_null(strstr(lab_read(in_tmp(lab, "out")), "said\nECONNREFUSED\nECONNREFUSED\n"));
        assert_true(lab_clean(lab));
        close(fd);
}

static void ready__last_word_before_the_end__told(void **state)
{
        struct lab *lab = *state;
        int fd = manager(lab), fds;
        pid_t run;

        payload(lab, "{}", "say:READY=1 exit:0");
        for (int i = 0; i < 5; i++) {
                run = SPAWN_NOTIFIED(lab, "run", "-b", lab->bundle, lab->id, NULL);
                assert_int_equal(lab_wait(run), 0);
                assert_ready_of(fd, run);
                run = SPAWN_NOTIFIED(lab, "run", "--detach", "-b", lab->bundle, lab->id, NULL);
                assert_non_null(strstr(manager_message(fd, LAB_BOUND_MS, &fds), "\nREADY=1"));
                assert_barrier(fd);
                assert_int_equal(lab_wait(run), 0);
                deleted(lab);
        }
        close(fd);
}

static void ready__never_said__ends_with_the_container(void **state)
{
        struct lab *lab = *state;
        int fd = manager(lab);

        payload(lab, "{}", OTHERS "exit:5");
        created(lab);
        assert_code(NOTIFIED(lab, "start", lab->id, NULL), 0);
        deleted(lab);
        assert_code(NOTIFIED(lab, "run", "--detach", "-b", lab->bundle, lab->id, NULL), 0);
        deleted(lab);
        assert_code(NOTIFIED(lab, "run", "-b", lab->bundle, lab->id, NULL), 5);
        assert_true(lab_clean(lab));
        assert_nothing_told(fd);
        close(fd);
}

/* No lock is held while start waits for a payload that takes its time. */
static void start__waits__delete_is_not_held_up(void **state)
{
        struct lab *lab = *state;
        int fd = manager(lab);
        pid_t start;

        payload(lab, "{}", "await:/tmp/never");
        created(lab);
        start = SPAWN_NOTIFIED(lab, "start", lab->id, NULL);
        assert_true(lab_wait_status(lab, "running"));
        assert_true(waits(start));
        assert_code(lab_run(lab, "delete", "--force", lab->id, NULL), 0);
        assert_int_equal(lab_wait(start), 0);
        assert_true(lab_clean(lab));
        assert_nothing_told(fd);
        close(fd);
}

static void start__manager_never_reads__ends_in_its_bound(void **state)
{
        struct lab *lab = *state;
        int fd = manager(lab), filler = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), fds;
        struct sockaddr_un a = {.sun_family = AF_UNIX};
        struct result *r;

        payload(lab, "{}", "say:READY=1 await:/tmp/end");
        created(lab);
        assert_code(NOTIFIED(lab, "start", lab->id, NULL), 0); /* it has the message, and never comes to the barrier */
        assert_ready_of(fd, atoi(lab_state(lab, "pid")));
        deleted(lab);
        manager_message(fd, 0, &fds);
        strcpy(a.sun_path, manager_name);
        assert_int_equal(connect(filler, (struct sockaddr *)&a, sizeof(a)), 0);
        while (send(filler, "x", 1, 0) == 1)
                continue;
        assert_int_equal(errno, EAGAIN);
        created(lab);
        r = NOTIFIED(lab, "start", lab->id, NULL);
        assert_code(r, 0);
        assert_non_null(strstr(r->err, "the service manager takes no message"));
        assert_string_equal(lab_state(lab, "status"), "running");
        deleted(lab);
        close(filler);
        close(fd);
}

static void exec__in_its_container__has_no_part_in_it(void **state)
{
        struct lab *lab = *state;
        int fd = manager(lab);

        payload(lab, "{}", "say:READY=1 await:/tmp/end");
        pid_t run = SPAWN_NOTIFIED(lab, "run", "--detach", "-b", lab->bundle, lab->id, NULL);
        assert_true(lab_wait_status(lab, "running"));
        assert_ready_of(fd, atoi(lab_state(lab, "pid")));
        assert_barrier(fd);
        assert_int_equal(lab_wait(run), 0);
        struct result *r = NOTIFIED(lab, "exec", lab->id, "/sender", "env", "say:READY=1", NULL);
        assert_code(r, 0);
        assert_null(strstr(r->out, "NOTIFY_SOCKET"));
        assert_nothing_told(fd);
        deleted(lab);
        close(fd);
}

/* ------------------------------ the value of NOTIFY_SOCKET ------------------------------ */

static void value__abstract_or_long__works(void **state)
{
        struct lab *lab = *state;
        char name[128], dir[200];
        struct sockaddr_un a = {.sun_family = AF_UNIX};
        int fd, at;

        payload(lab, "{}", "say:READY=1 exit:0");
        snprintf(name, sizeof(name), "@labrun-notify-%s", lab->id);
        fd = manager_at(name, SOCK_DGRAM);
        pid_t run = SPAWN_NOTIFIED(lab, "run", "-b", lab->bundle, lab->id, NULL);
        assert_ready_of(fd, run);
        assert_int_equal(lab_wait(run), 0);
        close(fd);
        snprintf(dir, sizeof(dir), "%s/%0100d", lab->dir, 0);
        assert_int_equal(mkdir(dir, 0755), 0);
        at = open(dir, O_PATH | O_CLOEXEC);
        snprintf(a.sun_path, sizeof(a.sun_path), "/proc/self/fd/%d/s", at);
        fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof(a)), 0);
        snprintf(manager_name, sizeof(manager_name), "%s/s", dir);
        assert_int_equal(chmod(manager_name, 0666), 0);
        run = SPAWN_NOTIFIED(lab, "run", "-b", lab->bundle, lab->id, NULL);
        assert_ready_of(fd, run);
        assert_int_equal(lab_wait(run), 0);
        assert_true(lab_clean(lab));
        close(at);
        close(fd);
}

static void value__empty__as_none(void **state)
{
        struct lab *lab = *state;

        payload(lab, "{\"process\":{\"env\":[\"NOTIFY_SOCKET=/configured\"]}}", "env exit:0");
        manager_name[0] = '\0';
        assert_code(NOTIFIED(lab, "run", "-b", lab->bundle, lab->id, NULL), 0);
        assert_string_equal(lab_read(in_tmp(lab, "out")), "NOTIFY_SOCKET=/configured\n");
        snprintf(manager_name, sizeof(manager_name), "%s/run", lab->rootfs);
        assert_int_not_equal(access(manager_name, F_OK), 0);
        assert_true(lab_clean(lab));
}

static void value__config_has_one_too__the_containers(void **state)
{
        struct lab *lab = *state;
        int fd = manager(lab);

        payload(lab, "{\"process\":{\"env\":[\"A=1\",\"NOTIFY_SOCKET=/configured\",\"B=2\"]}}", "env say:READY=1 exit:0");
        pid_t run = SPAWN_NOTIFIED(lab, "run", "-b", lab->bundle, lab->id, NULL);
        assert_ready_of(fd, run);
        assert_int_equal(lab_wait(run), 0);
        assert_string_equal(lab_read(in_tmp(lab, "out")), INSIDE "said\n");
        close(fd);
}

static void assert_refused(struct lab *lab, const char *command, const char *value, const char *words)
{
        snprintf(manager_name, sizeof(manager_name), "%s", value);
        struct result *r = strcmp(command, "start") == 0 ? NOTIFIED(lab, command, lab->id, NULL)
                                                          : NOTIFIED(lab, command, "-b", lab->bundle, lab->id, NULL);
        if (r->code != 1 || !strstr(r->err, "NOTIFY_SOCKET") || !strstr(r->err, words))
                print_message("%s \"%s\": exit %d: %s\n", command, value, r->code, r->err);
        assert_int_equal(r->code, 1);
        assert_non_null(strstr(r->err, "NOTIFY_SOCKET"));
        assert_non_null(strstr(r->err, words));
}

static void value__wrong__refused_and_nothing_done(void **state)
{
        static const char form[] = "is neither an absolute path nor @";
        struct lab *lab = *state;
        char stream[128], dead[128], endless[256];

        payload(lab, "{}", "say:READY=1 exit:0");
        snprintf(stream, sizeof(stream), "%s/stream", lab->dir);
        int fd = manager_at(stream, SOCK_STREAM);
        snprintf(dead, sizeof(dead), "%s/dead", lab->dir);
        close(manager_at(dead, SOCK_DGRAM));
        memset(endless, 'x', sizeof(endless) - 1);
        endless[0] = '@';
        endless[sizeof(endless) - 1] = '\0';
        for (int i = 0; i < 2; i++) {
                const char *command = i == 0 ? "create" : "run";

                assert_refused(lab, command, "relative/socket", form);
                assert_refused(lab, command, "vsock:2:1234", form);
                assert_refused(lab, command, "@", form);
                assert_refused(lab, command, endless, "File name too long");
                assert_true(lab_clean(lab));
        }
        assert_refused(lab, "run", "/nonexistent/socket", "there is no such socket");
        assert_refused(lab, "run", dead, "nobody listens there");
        assert_refused(lab, "run", stream, "it is no datagram socket");
        assert_true(lab_clean(lab));
        snprintf(manager_name, sizeof(manager_name), "%s", dead); /* who starts it may have another */
        created(lab);
        assert_refused(lab, "start", "relative", form);
        assert_refused(lab, "start", dead, "nobody listens there");
        assert_refused(lab, "start", "/nonexistent/socket", "there is no such socket");
        assert_string_equal(lab_state(lab, "status"), "created");
        deleted(lab);
        close(fd);
}

static void start__created_without__warned_of(void **state)
{
        struct lab *lab = *state;
        int fd = manager(lab);

        payload(lab, "{}", "await:/tmp/end");
        assert_code(lab_run(lab, "create", "-b", lab->bundle, lab->id, NULL), 0);
        struct result *r = NOTIFIED(lab, "start", lab->id, NULL);
        assert_code(r, 0);
        assert_non_null(strstr(r->err, "the container was created without it"));
        deleted(lab);
        close(fd);
}

/* ------------------------------ the mount ------------------------------ */

static void mount__in_the_container__read_only_and_last(void **state)
{
        struct lab *lab = *state;
        int fd = manager(lab);

        /* a tmpfs of the config's does not cover it */
        lab_config(lab, "{\"mounts\":[{\"destination\":\"/proc\",\"type\":\"proc\",\"source\":\"proc\"},"
                        "{\"destination\":\"/run\",\"type\":\"tmpfs\",\"source\":\"tmpfs\"}],"
                        "\"process\":{\"args\":[\"/bin/sh\",\"-c\",\"grep ' /run/notify ' /proc/self/mountinfo; "
                        "ls /run /run/notify; touch /run/notify/x || echo refused\"]}}");
        struct result *r = NOTIFIED(lab, "run", "-b", lab->bundle, lab->id, NULL);
        assert_code(r, 0);
        assert_non_null(strstr(r->out, " /run/notify ro,nosuid,nodev,noexec"));
        assert_null(strstr(r->out, "shared:"));
        assert_non_null(strstr(r->out, "/run:\nnotify\n\n/run/notify:\nnotify.sock\nrefused\n"));
        assert_true(lab_clean(lab));
        close(fd);
}

static void mount__symlinks_in_the_rootfs__stays_inside(void **state)
{
        struct lab *lab = *state;
        int fd = manager(lab);
        char path[256], outside[256], link[300];

        snprintf(path, sizeof(path), "%s/run", lab->rootfs);
        snprintf(outside, sizeof(outside), "%s/outside", lab->dir);
        snprintf(link, sizeof(link), "../../../../../../..%s", outside);
        assert_int_equal(mkdir(outside, 0755), 0);
        for (int i = 0; i < 2; i++) {
                unlink(path);
                assert_int_equal(symlink(i == 0 ? outside : link, path), 0);
                payload(lab, "{}", "env say:READY=1 exit:0");
                pid_t run = SPAWN_NOTIFIED(lab, "run", "-b", lab->bundle, lab->id, NULL);
                assert_ready_of(fd, run);
                assert_int_equal(lab_wait(run), 0);
                assert_string_equal(lab_read(in_tmp(lab, "out")), INSIDE "said\n");
                assert_int_equal(rmdir(outside), 0); /* still empty */
                assert_int_equal(mkdir(outside, 0755), 0);
                assert_true(lab_clean(lab));
        }
        unlink(path);
        assert_int_equal(mkdir(path, 0755), 0);
        snprintf(link, sizeof(link), "%s/notify", path);
        assert_int_equal(symlink("/proc/self", link), 0);
        struct result *r = NOTIFIED(lab, "run", "-b", lab->bundle, lab->id, NULL);
        assert_code(r, 1);
        assert_non_null(strstr(r->err, "/run/notify"));
        assert_true(lab_clean(lab));
        close(fd);
}

/* Who may mount can write to the directory after all. No symlink there may lead labrun, nor may anything keep delete. */
static void mount__made_writable__leads_nowhere_and_is_deleted(void **state)
{
        struct lab *lab = *state;
        int fd = manager(lab), before;
        char victim[128], script[1024];
        struct stat st;

        snprintf(victim, sizeof(victim), "%s/victim", lab->dir);
        before = open(victim, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
        assert_true(before >= 0);
        payload(lab, "{\"process\":{\"capabilities\":{\"bounding\":[\"CAP_SYS_ADMIN\"],\"permitted\":[\"CAP_SYS_ADMIN\"],"
                     "\"effective\":[\"CAP_SYS_ADMIN\"]},\"noNewPrivileges\":false}}",
                "say:READY=1 await:/tmp/end");
        created(lab);
        snprintf(script, sizeof(script),
                 "cd /; busybox mount -o remount,bind,rw /run/notify && cd /run/notify && "
                 "busybox mkdir -p a/b/c && echo x >a/b/c/d && busybox ln -s %s notify.sock",
                 victim);
        struct result *r = NOTIFIED(lab, "exec", "--cap", "CAP_SYS_ADMIN", lab->id, "/bin/sh", "-c", script, NULL);
        assert_code(r, 0);
        pid_t start = SPAWN_NOTIFIED(lab, "start", lab->id, NULL);
        assert_ready_of(fd, atoi(lab_state(lab, "pid")));
        assert_barrier(fd);
        assert_int_equal(lab_wait(start), 0);
        assert_int_equal(stat(victim, &st), 0);
        assert_int_equal(st.st_mode & 07777, 0600);
        deleted(lab);
        close(before);
        close(fd);
}

static void in_user_namespace__of_other_ids__told(void **state)
{
        struct lab *lab = *state;
        int fd = manager(lab);
        char command[512];

        payload(lab,
                "{\"linux\":{\"uidMappings\":[{\"containerID\":0,\"hostID\":300000,\"size\":65536}],"
                "\"gidMappings\":[{\"containerID\":0,\"hostID\":300000,\"size\":65536}],"
                "\"namespaces\":[{\"type\":\"user\"},{\"type\":\"mount\"},{\"type\":\"pid\"},{\"type\":\"ipc\"},"
                "{\"type\":\"uts\"},{\"type\":\"network\"}]},\"process\":{\"user\":{\"uid\":1000,\"gid\":1000}}}",
                "env say:READY=1 exit:0");
        snprintf(command, sizeof(command), "chown -R 300000:300000 %s", lab->rootfs);
        assert_int_equal(system(command), 0);
        pid_t run = SPAWN_NOTIFIED(lab, "run", "-b", lab->bundle, lab->id, NULL);
        assert_int_equal(lab_wait(run), 0);
        assert_string_equal(lab_read(in_tmp(lab, "out")), INSIDE "said\n");
        assert_ready_of(fd, run);
        assert_true(lab_clean(lab));
        close(fd);
}

/* ------------------------------ rootless ------------------------------ */

static int setup_user(void **state)
{
        become = under_manager_as_user;
        return ordinary_setup(state);
}

static int teardown_user(void **state)
{
        become = under_manager;
        return ordinary_teardown(state);
}

static void rootless__ready_said__told(void **state)
{
        struct lab *lab = *state;
        int fd = manager(lab);

        payload(lab, "{}", "env " OTHERS "say:READY=1 await:/tmp/end exit:0");
        pid_t run = SPAWN_NOTIFIED(lab, "run", "--detach", "-b", lab->bundle, lab->id, NULL);
        lab_before_exec(become, NULL);
        assert_true(lab_wait_status(lab, "running"));
        lab_before_exec(become, NULL);
        assert_ready_of(fd, atoi(lab_state(lab, "pid")));
        assert_barrier(fd);
        assert_int_equal(lab_wait(run), 0);
        assert_true(strncmp(lab_read(in_tmp(lab, "out")), INSIDE "said\n", sizeof(INSIDE) + 4) == 0);
        deleted(lab);
        close(fd);
}

/* ------------------------------ modes ------------------------------ */

static mode_t mask;

static void with_umask(void *unused)
{
        umask(mask);
        under_manager(unused);
}

static mode_t mode_of(struct lab *lab, const char *name)
{
        char path[300];
        struct stat st;

        snprintf(path, sizeof(path), "%s/%s/%s", lab->root, lab->id, name);
        assert_int_equal(stat(path, &st), 0);
        return st.st_mode & 07777;
}

static void umask__of_the_caller__not_on_the_socket(void **state)
{
        static const mode_t masks[] = {0777, 0, 077};
        struct lab *lab = *state;
        int fd = manager(lab);

        for (size_t i = 0; i < 3; i++) {
                /* another user than labrun's says it */
                payload(lab, "{\"process\":{\"user\":{\"uid\":1234,\"gid\":1234,\"umask\":511}}}", "say:READY=1 await:/tmp/end");
                mask = masks[i];
                unlink(in_tmp(lab, "out"));
                lab_before_exec(with_umask, NULL);
                assert_code(lab_run(lab, "create", "-b", lab->bundle, lab->id, NULL), 0);
                assert_int_equal(mode_of(lab, "notify"), 0755);
                lab_before_exec(with_umask, NULL);
                pid_t start = lab_spawn(lab, "start", lab->id, NULL);
                assert_ready_of(fd, atoi(lab_state(lab, "pid")));
                assert_barrier(fd);
                assert_int_equal(lab_wait(start), 0);
                assert_int_equal(mode_of(lab, "notify/notify.sock"), 0666);
                deleted(lab);
        }
        close(fd);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, lab_setup, lab_teardown)

int main(void)
{
        const struct CMUnitTest root[] = {
                TEST(start__ready_said__told_then_and_nothing_else),
                TEST(run_detach__ready_said__told_with_inits_pid),
                TEST(run__ready_said__told_with_labruns_pid_and_once),
                TEST(ready__last_word_before_the_end__told),
                TEST(ready__never_said__ends_with_the_container),
                TEST(start__waits__delete_is_not_held_up),
                TEST(start__manager_never_reads__ends_in_its_bound),
                TEST(exec__in_its_container__has_no_part_in_it),
                TEST(value__abstract_or_long__works),
                TEST(value__empty__as_none),
                TEST(value__config_has_one_too__the_containers),
                TEST(value__wrong__refused_and_nothing_done),
                TEST(start__created_without__warned_of),
                TEST(mount__in_the_container__read_only_and_last),
                TEST(mount__symlinks_in_the_rootfs__stays_inside),
                TEST(mount__made_writable__leads_nowhere_and_is_deleted),
                TEST(in_user_namespace__of_other_ids__told),
                TEST(umask__of_the_caller__not_on_the_socket),
        };
        const struct CMUnitTest user[] = {
                cmocka_unit_test_setup_teardown(rootless__ready_said__told, setup_user, teardown_user),
        };
        int failed = 0;

        if (geteuid() == 0)
                failed = cmocka_run_group_tests(root, NULL, NULL);
        else
                print_message("skip: all but the ordinary user's needs root\n");
        if (ordinary_begin() < 0) {
                print_message("skip: there can be no ordinary user here\n");
                return failed;
        }
        return failed + cmocka_run_group_tests(user, NULL, NULL);
}
