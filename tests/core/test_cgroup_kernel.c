/*
 * core/container/cgroup.h on the real cgroup file systems: whatever this machine has (version 1, hybrid,
 * unified), and in a mount namespace of its own where nothing but cgroup2 is mounted.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/base/err.h"
#include "core/base/limits.h"
#include "core/config/config.h"
#include "core/container/cgroup.h"
#include "core/sys.h"

#define SYS sys_linux()

struct world {
        char id[64]; /* of the container, and of the parent that paths begin with */
        struct cgroup c;
        struct config config;
        char path[128];
        pid_t pids[64];
        size_t n;
};

static void need_root(void)
{
        if (geteuid() != 0) {
                print_message("skip: cgroups need root\n");
                skip();
        }
}

static int setup(void **state)
{
        static int serial;
        struct world *w = calloc(1, sizeof(*w));

        snprintf(w->id, sizeof(w->id), "initlab-test-%d-%d", (int)getpid(), serial++);
        *state = w;
        return 0;
}

static int teardown(void **state)
{
        struct world *w = *state;

        for (size_t i = 0; i < w->n; i++) {
                kill(w->pids[i], SIGKILL);
                waitpid(w->pids[i], NULL, 0);
        }
        (void)cgroup_kill(SYS, &w->c, NULL);
        (void)cgroup_remove(SYS, &w->c, NULL);
        cgroup_free(SYS, &w->c);
        free(w);
        return 0;
}

static void ok(int r, const struct err *e)
{
        char text[1024];

        if (r < 0)
                print_message("%s\n", err_format(e, text, sizeof(text)));
        assert_int_equal(r, 0);
}

static void create(struct world *w, const char *path)
{
        struct err e = ERR_INIT;

        w->config.linux_.cgroups_path = path;
        ok(cgroup_create(SYS, &w->config, w->id, &w->c, &e), &e);
        assert_true(w->c.n > 0);
}

/* A child that does nothing until it is killed; with us, whatever happens. */
static pid_t sleeper(struct world *w)
{
        pid_t pid = fork();

        assert_true(pid >= 0);
        if (pid == 0) {
                prctl(PR_SET_PDEATHSIG, SIGKILL);
                for (;;)
                        pause();
        }
        w->pids[w->n++] = pid;
        return pid;
}

static bool exists(const char *path)
{
        struct stat st;

        return lstat(path, &st) == 0;
}

static void file(char *buf, size_t size, const struct cgroup_dir *dir, const char *name)
{
        int n = snprintf(buf, size, "%s/%s", dir->path, name);

        assert_true(n > 0 && (size_t)n < size);
}

static bool file_has(const struct cgroup_dir *dir, const char *name, const char *want)
{
        char path[4300], buf[8192];
        ssize_t n;
        int fd;

        file(path, sizeof(path), dir, name);
        fd = open(path, O_RDONLY | O_CLOEXEC);
        if (fd < 0)
                return false;
        n = read(fd, buf, sizeof(buf) - 1);
        close(fd);
        buf[n > 0 ? n : 0] = '\0';
        return strstr(buf, want) != NULL;
}

static int write_file(const struct cgroup_dir *dir, const char *name, const char *text)
{
        char path[4300];
        int fd, r;

        file(path, sizeof(path), dir, name);
        fd = open(path, O_WRONLY | O_CLOEXEC);
        if (fd < 0)
                return -errno;
        r = write(fd, text, strlen(text)) < 0 ? -errno : 0;
        close(fd);
        return r;
}

static void reap(pid_t pid)
{
        int status;

        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

static void remove_all(struct world *w)
{
        struct err e = ERR_INIT;

        ok(cgroup_remove(SYS, &w->c, &e), &e);
        for (size_t i = 0; i < w->c.n; i++)
                assert_false(exists(w->c.dir[i].path));
}

static void cgroup__life_in_every_hierarchy__joined_killed_removed(void **state)
{
        struct world *w = *state;
        struct err e = ERR_INIT;
        char text[32];
        pid_t pid;

        need_root();
        create(w, NULL);
        for (size_t i = 0; i < w->c.n; i++)
                assert_string_equal(w->c.dir[i].created, w->c.dir[i].path);
        pid = sleeper(w);
        snprintf(text, sizeof(text), "%d\n", (int)pid);
        ok(cgroup_add(SYS, &w->c, pid, &e), &e);
        for (size_t i = 0; i < w->c.n; i++)
                assert_true(file_has(&w->c.dir[i], "cgroup.procs", text));
        ok(cgroup_kill(SYS, &w->c, &e), &e);
        reap(pid);
        w->n = 0;
        remove_all(w);
        remove_all(w); /* again: missing ones are fine */
        ok(cgroup_kill(SYS, &w->c, &e), &e);
}

/* 0: the very first look finds us in the cgroup of that name. */
static int where_born(const struct sys *sys, const int *fds, size_t nfds, const void *data, size_t len)
{
        char text[8192], line[128];
        int fd = open("/proc/self/cgroup", O_RDONLY | O_CLOEXEC);
        ssize_t n = read(fd, text, sizeof(text) - 1);

        (void)sys, (void)fds, (void)nfds, (void)len;
        text[n > 0 ? n : 0] = '\0';
        snprintf(line, sizeof(line), "0::/%s\n", (const char *)data);
        return strstr(text, line) ? 0 : 1;
}

static void cgroup_open_only__one_hierarchy_of_version_2__a_process_is_born_there(void **state)
{
        struct world *w = *state;
        struct sys_spawn args = {
                .flags = CLONE_INTO_CGROUP, .fn = where_born, .data = w->id, .len = strlen(w->id) + 1};
        siginfo_t info = {0};
        int pidfd = -1;

        need_root();
        create(w, NULL);
        args.cgroup = cgroup_open_only(SYS, &w->c);
        if (w->c.n != 1 || !w->c.dir[0].v2) {
                assert_int_equal(args.cgroup, -1);
                print_message("skip: more than one hierarchy, or one of version 1\n");
                skip();
        }
        assert_true(args.cgroup >= 0);
        assert_true(SYS->op->spawn(SYS, &args, &pidfd) > 0);
        assert_int_equal(waitid(P_PIDFD, (id_t)pidfd, &info, WEXITED), 0);
        assert_int_equal(info.si_code, CLD_EXITED);
        assert_int_equal(info.si_status, 0);
        close(pidfd);
        close(args.cgroup);
        remove_all(w);
        assert_int_equal(cgroup_open_only(SYS, &w->c), -1); /* it is gone */
}

static void cgroup_create__nested_path__topmost_made_directory_recorded_and_removed(void **state)
{
        struct world *w = *state;

        need_root();
        snprintf(w->path, sizeof(w->path), "/%s/deeper/leaf", w->id);
        create(w, w->path);
        for (size_t i = 0; i < w->c.n; i++) {
                const struct cgroup_dir *d = &w->c.dir[i];
                assert_true(strlen(d->created) < strlen(d->path));
                assert_string_equal(d->created + strlen(d->created) - strlen(w->id), w->id);
        }
        remove_all(w);
        for (size_t i = 0; i < w->c.n; i++)
                assert_false(exists(w->c.dir[i].created));
}

static void cgroup_create__relative_path__below_the_own_cgroup(void **state)
{
        struct world *w = *state;

        need_root();
        create(w, w->id);
        remove_all(w);
}

static void cgroup_remove__parent_used_by_another__stays(void **state)
{
        struct world *w = *state;
        struct cgroup other = {0};
        struct err e = ERR_INIT;
        char second[128];

        need_root();
        snprintf(w->path, sizeof(w->path), "/%s/a", w->id);
        snprintf(second, sizeof(second), "/%s/b", w->id);
        create(w, w->path);
        w->config.linux_.cgroups_path = second;
        ok(cgroup_create(SYS, &w->config, w->id, &other, &e), &e);
        remove_all(w);
        for (size_t i = 0; i < other.n; i++)
                assert_true(exists(other.dir[i].path));
        ok(cgroup_remove(SYS, &other, &e), &e);
        for (size_t i = 0; i < other.n; i++)
                assert_int_equal(rmdir(w->c.dir[i].created), 0); /* the first one's, which the second left */
        cgroup_free(SYS, &other);
}

static void cgroup_create__occupied__refused_and_nothing_left(void **state)
{
        struct world *w = *state;
        struct cgroup again = {.n = 77};
        struct err e = ERR_INIT;
        char text[32];

        need_root();
        create(w, NULL);
        snprintf(text, sizeof(text), "%d", (int)sleeper(w));
        assert_int_equal(write_file(&w->c.dir[w->c.n - 1], "cgroup.procs", text), 0); /* in one of them */
        assert_int_equal(cgroup_create(SYS, &w->config, w->id, &again, &e), -EBUSY);
        assert_string_equal(e.place, w->c.dir[w->c.n - 1].path);
        assert_int_equal(again.n, 77);
        for (size_t i = 0; i < w->c.n; i++)
                assert_true(exists(w->c.dir[i].path)); /* they were not its own */
}

static void cgroup_kill__caller_inside__refused(void **state)
{
        struct world *w = *state;
        int status;
        pid_t pid;

        need_root();
        create(w, NULL);
        pid = fork();
        if (pid == 0) {
                if (cgroup_add(SYS, &w->c, getpid(), NULL) < 0)
                        _exit(2);
                _exit(cgroup_kill(SYS, &w->c, NULL) == -EBUSY ? 0 : 3);
        }
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_true(WIFEXITED(status));
        assert_int_equal(WEXITSTATUS(status), 0);
        remove_all(w);
}

static void cgroup_create__existing_and_empty__taken_and_kept(void **state)
{
        struct world *w = *state;
        struct cgroup again = {0};
        struct err e = ERR_INIT;

        need_root();
        create(w, NULL);
        ok(cgroup_create(SYS, &w->config, w->id, &again, &e), &e);
        for (size_t i = 0; i < again.n; i++)
                assert_string_equal(again.dir[i].created, "");
        ok(cgroup_remove(SYS, &again, &e), &e);
        for (size_t i = 0; i < again.n; i++)
                assert_true(exists(again.dir[i].path));
        cgroup_free(SYS, &again);
        remove_all(w);
}

static void cgroup_create__frozen__refused(void **state)
{
        struct world *w = *state;
        struct cgroup again;
        struct err e = ERR_INIT;
        bool found = false;

        need_root();
        create(w, NULL);
        for (size_t i = 0; i < w->c.n; i++)
                found |= write_file(&w->c.dir[i], w->c.dir[i].v2 ? "cgroup.freeze" : "freezer.state",
                                    w->c.dir[i].v2 ? "1" : "FROZEN") == 0;
        if (!found) {
                print_message("skip: nothing to freeze with\n");
                skip();
        }
        assert_int_equal(cgroup_create(SYS, &w->config, w->id, &again, &e), -EBUSY);
        assert_non_null(strstr(e.msg, "frozen"));
}

/* The payload makes cgroups below its own, hides a process in each hierarchy's deepest, and freezes the lot.
 */
static void cgroup_kill__processes_in_deep_frozen_subgroups__all_die_and_all_goes(void **state)
{
        struct world *w = *state;
        struct err e = ERR_INIT;
        char text[32];

        need_root();
        create(w, NULL);
        for (size_t i = 0; i < w->c.n; i++) {
                struct cgroup_dir sub = w->c.dir[i];
                char cpus[64] = "0";
                snprintf(text, sizeof(text), "%d", (int)sleeper(w));
                for (int depth = 0; depth < 40; depth++) {
                        strcat(sub.path, "/s");
                        assert_int_equal(mkdir(sub.path, 0755), 0);
                        if (!sub.v2 && file_has(&sub, "cpuset.cpus", "\n")) {
                                assert_int_equal(write_file(&sub, "cpuset.cpus", cpus), 0);
                                assert_int_equal(write_file(&sub, "cpuset.mems", "0"), 0);
                        }
                }
                assert_int_equal(write_file(&sub, "cgroup.procs", text), 0);
                if (!sub.v2)
                        (void)write_file(&sub, "freezer.state", "FROZEN");
        }
        ok(cgroup_kill(SYS, &w->c, &e), &e);
        for (size_t i = 0; i < w->n; i++)
                reap(w->pids[i]);
        w->n = 0;
        remove_all(w);
}

/* Nobody in it: one rmdir each, and parents that were made go with it. */
static void cgroup_end__empty__gone_without_a_look_inside(void **state)
{
        struct world *w = *state;
        struct err e = ERR_INIT;
        struct sys_ops ops = *SYS->op;
        struct sys blind = {&ops, NULL};

        need_root();
        snprintf(w->path, sizeof(w->path), "/%s/deeper/leaf", w->id);
        create(w, w->path);
        ops.getdents64 = NULL; /* not even called */
        ops.kill = NULL;
        ok(cgroup_end(&blind, &w->c, &e), &e);
        for (size_t i = 0; i < w->c.n; i++)
                assert_false(exists(w->c.dir[i].created));
        ok(cgroup_end(&blind, &(struct cgroup){0}, &e), &e);
}

/* In one hierarchy a process, in another a cgroup that the payload made: those are not empty. */
static void cgroup_end__process_or_subgroup_inside__killed_and_gone(void **state)
{
        struct world *w = *state;
        struct err e = ERR_INIT;
        struct cgroup_dir sub;
        char text[32];

        need_root();
        create(w, NULL);
        sub = w->c.dir[w->c.n - 1];
        strcat(sub.path, "/sub");
        assert_int_equal(mkdir(sub.path, 0755), 0);
        snprintf(text, sizeof(text), "%d", (int)sleeper(w));
        assert_int_equal(write_file(&w->c.dir[0], "cgroup.procs", text), 0);
        ok(cgroup_end(SYS, &w->c, &e), &e);
        reap(w->pids[0]);
        w->n = 0;
        for (size_t i = 0; i < w->c.n; i++)
                assert_false(exists(w->c.dir[i].path));
        ok(cgroup_end(SYS, &w->c, &e), &e); /* again: missing ones are fine */
}

/* An init that was born in it is on its way out: somebody else ends it while cgroup_unmake waits. */
static void cgroup_unmake__process_about_to_end__waited_for(void **state)
{
        struct world *w = *state;
        char text[32];

        need_root();
        create(w, NULL);
        pid_t pid = sleeper(w);
        snprintf(text, sizeof(text), "%d", (int)pid);
        assert_int_equal(write_file(&w->c.dir[0], "cgroup.procs", text), 0);
        cgroup_unmake(SYS, &w->c, 0);
        assert_true(exists(w->c.dir[0].path));
        pid_t other = fork();
        assert_true(other >= 0);
        if (other == 0) {
                usleep(20000);
                _exit(kill(pid, SIGKILL));
        }
        cgroup_unmake(SYS, &w->c, 30000);
        for (size_t i = 0; i < w->c.n; i++)
                assert_false(exists(w->c.dir[i].path));
        reap(pid);
        w->n = 0;
        assert_int_equal(waitpid(other, NULL, 0), other);
}

/* A directory that was there before is not removed, however empty; who is in it is killed. */
static void cgroup_end__taken_not_made__kept(void **state)
{
        struct world *w = *state;
        struct cgroup again = {0};
        struct err e = ERR_INIT;
        char text[32];

        need_root();
        create(w, NULL);
        ok(cgroup_create(SYS, &w->config, w->id, &again, &e), &e);
        snprintf(text, sizeof(text), "%d", (int)sleeper(w));
        assert_int_equal(write_file(&again.dir[0], "cgroup.procs", text), 0);
        ok(cgroup_end(SYS, &again, &e), &e);
        reap(w->pids[0]);
        w->n = 0;
        ok(cgroup_end(SYS, &again, &e), &e);
        for (size_t i = 0; i < again.n; i++)
                assert_true(exists(again.dir[i].path));
        cgroup_free(SYS, &again);
        remove_all(w);
}

/* Forks as fast as it can, each child as well, and never waits: bounded by the pids it may have and by
 * PDEATHSIG. */
static void fork_storm(void)
{
        struct timespec nap = {0, 1000000};

        signal(SIGCHLD, SIG_IGN);
        for (;;) {
                if (fork() != 0) {
                        prctl(PR_SET_PDEATHSIG, SIGKILL);
                        nanosleep(&nap, NULL);
                        nanosleep(&nap, NULL);
                        _exit(0);
                }
        }
}

static void cgroup_kill__process_that_keeps_forking__caught(void **state)
{
        struct world *w = *state;
        struct err e = ERR_INIT;
        int gate[2];
        pid_t pid;
        char c;

        need_root();
        create(w, NULL);
        assert_int_equal(pipe2(gate, O_CLOEXEC), 0);
        pid = fork();
        if (pid == 0) {
                if (read(gate[0], &c, 1) == 1)
                        fork_storm();
                _exit(1);
        }
        ok(cgroup_add(SYS, &w->c, pid, &e), &e);
        assert_int_equal(write(gate[1], "x", 1), 1);
        close(gate[0]);
        close(gate[1]);
        nanosleep(&(struct timespec){0, 20000000}, NULL); /* a storm, not a first fork */
        ok(cgroup_kill(SYS, &w->c, &e), &e);
        assert_int_equal(waitpid(pid, NULL, 0), pid);
        remove_all(w);
}

/* The real kernel with a clock that only sleeping moves: bounds are met at once. */
struct fast {
        struct sys sys;
        struct sys_ops ops;
        int64_t ms;
};

static int fast_clock(const struct sys *sys, clockid_t clock, struct timespec *ts)
{
        const struct fast *f = sys->ctx;

        (void)clock;
        *ts = (struct timespec){.tv_sec = f->ms / 1000, .tv_nsec = (f->ms % 1000) * 1000000};
        return 0;
}

static int fast_sleep(const struct sys *sys, const struct timespec *req, struct timespec *rem)
{
        struct fast *f = sys->ctx;

        (void)rem;
        f->ms += req->tv_sec * 1000 + req->tv_nsec / 1000000;
        return 0;
}

static void cgroup_remove__process_inside__told_in_bounded_time(void **state)
{
        struct world *w = *state;
        struct fast f = {.ops = *SYS->op, .ms = 1000};
        struct err e = ERR_INIT;
        pid_t pid;

        need_root();
        f.sys = (struct sys){&f.ops, &f};
        f.ops.clock_gettime = fast_clock;
        f.ops.nanosleep = fast_sleep;
        create(w, NULL);
        pid = sleeper(w);
        ok(cgroup_add(SYS, &w->c, pid, &e), &e);
        assert_int_equal(cgroup_remove(&f.sys, &w->c, &e), -EBUSY);
        assert_in_range(f.ms - 1000, LIMIT_CGROUP_REMOVE_MS, LIMIT_CGROUP_REMOVE_MS + 1000);
        assert_string_equal(e.place, w->c.dir[0].path);
        ok(cgroup_kill(SYS, &w->c, &e), &e);
        reap(pid);
        w->n = 0;
        remove_all(w);
}

static void cgroup_apply_devices__deny_all__only_the_usual_devices_open(void **state)
{
        struct world *w = *state;
        struct config_device_rule deny = {.allow = false, .type = 'a', .access = "rwm"};
        struct err e = ERR_INIT;
        bool applied = false, v1 = false;
        int status;
        pid_t pid;

        need_root();
        w->config.linux_.resources.devices.item = &deny;
        w->config.linux_.resources.devices.n = 1;
        create(w, NULL);
        ok(cgroup_apply_devices(SYS, &w->c, &w->config, &applied, &e), &e);
        for (size_t i = 0; i < w->c.n; i++)
                v1 |= file_has(&w->c.dir[i], "devices.list", "c 1:3 rwm");
        assert_int_equal(applied, v1);
        if (!v1) {
                print_message("skip: no v1 devices hierarchy\n");
                skip();
        }
        char kmsg[96];
        snprintf(kmsg, sizeof(kmsg), "/dev/%s", w->id); /* c 1:11, a node that only this test has */
        assert_int_equal(mknod(kmsg, S_IFCHR | 0600, makedev(1, 11)), 0);
        pid = fork();
        if (pid == 0) {
                int gone = cgroup_add(SYS, &w->c, getpid(), NULL);
                int bad = open(kmsg, O_RDONLY | O_NONBLOCK), why = errno, good = open("/dev/null", O_RDWR);
                _exit(gone < 0 ? 2 : bad >= 0 || why != EPERM ? 3 : good < 0 ? 4 : 0);
        }
        assert_int_equal(waitpid(pid, &status, 0), pid);
        unlink(kmsg);
        assert_int_equal(WEXITSTATUS(status), 0);
        remove_all(w);
}

static void cgroup_apply_devices__rule_that_v1_cannot_say__refused_by_place(void **state)
{
        struct world *w = *state;
        struct config_device_rule rules[2] = {
                {.allow = false, .type = 'a'},
                {.allow = true, .type = 'a', .major = {true, 5}, .access = "rwm"},
        };
        struct err e = ERR_INIT;
        bool applied = true;
        int r;

        need_root();
        w->config.linux_.resources.devices.item = rules;
        w->config.linux_.resources.devices.n = 2;
        create(w, NULL);
        r = cgroup_apply_devices(SYS, &w->c, &w->config, &applied, &e);
        if (r == 0) {
                assert_false(applied);
                print_message("skip: no v1 devices hierarchy\n");
                skip();
        }
        assert_int_equal(r, -ENOTSUP);
        assert_string_equal(e.place, "/linux/resources/devices/1");
        remove_all(w);
}

/* Everything again where there is only cgroup2. A process of its own: the namespace can't be left. */
static int unified_only(void)
{
        if (unshare(CLONE_NEWNS) < 0 || mount("", "/", NULL, MS_PRIVATE | MS_REC, NULL) < 0)
                return 77;
        umount2("/sys/fs/cgroup", MNT_DETACH);
        if (mount("cgroup2", "/sys/fs/cgroup", "cgroup2", 0, NULL) < 0)
                return 77;
        return 0;
}

int main(int argc, char **argv)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(cgroup__life_in_every_hierarchy__joined_killed_removed, setup,
                                                teardown),
                cmocka_unit_test_setup_teardown(
                        cgroup_open_only__one_hierarchy_of_version_2__a_process_is_born_there, setup, teardown),
                cmocka_unit_test_setup_teardown(
                        cgroup_create__nested_path__topmost_made_directory_recorded_and_removed, setup,
                        teardown),
                cmocka_unit_test_setup_teardown(cgroup_create__relative_path__below_the_own_cgroup, setup,
                                                teardown),
                cmocka_unit_test_setup_teardown(cgroup_remove__parent_used_by_another__stays, setup,
                                                teardown),
                cmocka_unit_test_setup_teardown(cgroup_create__occupied__refused_and_nothing_left, setup,
                                                teardown),
                cmocka_unit_test_setup_teardown(cgroup_kill__caller_inside__refused, setup, teardown),
                cmocka_unit_test_setup_teardown(cgroup_create__existing_and_empty__taken_and_kept, setup,
                                                teardown),
                cmocka_unit_test_setup_teardown(cgroup_create__frozen__refused, setup, teardown),
                cmocka_unit_test_setup_teardown(
                        cgroup_kill__processes_in_deep_frozen_subgroups__all_die_and_all_goes, setup,
                        teardown),
                cmocka_unit_test_setup_teardown(cgroup_end__empty__gone_without_a_look_inside, setup, teardown),
                cmocka_unit_test_setup_teardown(cgroup_end__process_or_subgroup_inside__killed_and_gone, setup,
                                                teardown),
                cmocka_unit_test_setup_teardown(cgroup_end__taken_not_made__kept, setup, teardown),
                cmocka_unit_test_setup_teardown(cgroup_unmake__process_about_to_end__waited_for, setup, teardown),
                cmocka_unit_test_setup_teardown(cgroup_kill__process_that_keeps_forking__caught, setup,
                                                teardown),
                cmocka_unit_test_setup_teardown(cgroup_remove__process_inside__told_in_bounded_time, setup,
                                                teardown),
                cmocka_unit_test_setup_teardown(cgroup_apply_devices__deny_all__only_the_usual_devices_open,
                                                setup, teardown),
                cmocka_unit_test_setup_teardown(
                        cgroup_apply_devices__rule_that_v1_cannot_say__refused_by_place, setup, teardown),
        };

        if (argc > 1 && strcmp(argv[1], "unified") == 0 && geteuid() == 0 && unified_only() != 0) {
                print_message("skip: no mount namespace with only cgroup2 can be made\n");
                return 77;
        }
        return cmocka_run_group_tests(tests, NULL, NULL);
}
