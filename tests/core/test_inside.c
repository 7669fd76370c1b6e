/* core/container/inside.h: paths in a tree whose owner wishes us ill. Needs no root: nothing is mounted. */
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/base/err.h"
#include "core/container/inside.h"
#include "core/sys.h"

struct tree {
        char dir[64];
        char outside[80];
        int root; /* dir/root, O_PATH */
};

static int setup(void **state)
{
        struct tree *t = calloc(1, sizeof(*t));
        char path[128];

        strcpy(t->dir, "/tmp/initlab-inside-XXXXXX");
        if (!mkdtemp(t->dir))
                return -1;
        snprintf(t->outside, sizeof(t->outside), "%s/outside", t->dir);
        snprintf(path, sizeof(path), "%s/root", t->dir);
        if (mkdir(t->outside, 0755) < 0 || mkdir(path, 0755) < 0)
                return -1;
        t->root = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
        *state = t;
        return t->root < 0 ? -1 : 0;
}

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
        (void)st;
        (void)type;
        (void)ftw;
        return remove(path);
}

/* Whatever a test did, nothing came to lie outside. */
static int teardown(void **state)
{
        struct tree *t = *state;
        struct stat st;
        int r = stat(t->outside, &st) == 0 && st.st_nlink == 2 && rmdir(t->outside) == 0 ? 0 : -1;

        close(t->root);
        nftw(t->dir, remove_entry, 64, FTW_DEPTH | FTW_PHYS);
        free(t);
        return r;
}

static int make(struct tree *t, const char *path, bool directory, struct err *e)
{
        int fd = -1, r = inside_make(sys_linux(), t->root, path, directory, &fd, e);

        if (r < 0) {
                assert_int_equal(fd, -1);
                return r;
        }
        assert_true(fd >= 0);
        close(fd);
        return r;
}

static bool is(struct tree *t, const char *path, mode_t type)
{
        struct stat st;

        return fstatat(t->root, path, &st, AT_SYMLINK_NOFOLLOW) == 0 && (st.st_mode & S_IFMT) == type;
}

static void inside_clean__paths__lexically_cleaned(void **state)
{
        static const char *const cases[][2] = {
                {"/", "/"},
                {"", "/"},
                {"a", "/a"},
                {"/a//b/", "/a/b"},
                {"/a/./b", "/a/b"},
                {"/a/../b", "/b"},
                {"/../../x", "/x"},
                {"/a/b/..", "/a"},
                {"a/b/../../c", "/c"},
                {"/..a/.b", "/..a/.b"},
        };
        char buf[64];

        (void)state;
        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
                assert_int_equal(inside_clean(cases[i][0], buf, sizeof(buf)), 0);
                assert_string_equal(buf, cases[i][1]);
        }
        assert_int_equal(inside_clean("/abc", buf, 4), -ENAMETOOLONG);
        assert_int_equal(inside_clean("/abc", buf, 5), 0);
        assert_int_equal(inside_clean("/", buf, 1), -ENAMETOOLONG);
}

static void inside_make__missing_path__made(void **state)
{
        struct tree *t = *state;

        assert_int_equal(make(t, "/a/b/c", true, NULL), 0);
        assert_true(is(t, "a/b/c", S_IFDIR));
        assert_int_equal(make(t, "a/b/../d/file", false, NULL), 0);
        assert_true(is(t, "a/d/file", S_IFREG));
        assert_int_equal(make(t, "/a/b/c", true, NULL), 0); /* again */
        assert_int_equal(make(t, "/", true, NULL), 0);
}

static void inside_make__links_that_lead_out__end_inside(void **state)
{
        struct tree *t = *state;
        char up[128], inside_copy[128];

        assert_int_equal(symlinkat(t->outside, t->root, "abs"), 0);
        snprintf(up, sizeof(up), "../../../../../..%s", t->outside);
        assert_int_equal(symlinkat(up, t->root, "rel"), 0);
        assert_int_equal(symlinkat("..", t->root, "up"), 0);
        assert_int_equal(make(t, "/abs/one", true, NULL), 0);
        assert_int_equal(make(t, "/rel/two", false, NULL), 0);
        assert_int_equal(make(t, "/up/up/outside/three", true, NULL), 0);
        assert_int_equal(make(t, "/../outside/four", true, NULL), 0);
        snprintf(inside_copy, sizeof(inside_copy), "%s/one", t->outside + 1);
        assert_true(is(t, inside_copy, S_IFDIR));
        snprintf(inside_copy, sizeof(inside_copy), "%s/two", t->outside + 1);
        assert_true(is(t, inside_copy, S_IFREG));
        assert_true(is(t, "outside/three", S_IFDIR));
        assert_true(is(t, "outside/four", S_IFDIR));
}

static void inside_make__dangling_link__its_target_made_inside(void **state)
{
        struct tree *t = *state;

        assert_int_equal(make(t, "/var", true, NULL), 0);
        assert_int_equal(symlinkat("/run", t->root, "var/run"), 0);
        assert_int_equal(symlinkat("../late", t->root, "var/rel"), 0);
        assert_int_equal(make(t, "/var/run/lock", true, NULL), 0);
        assert_true(is(t, "run/lock", S_IFDIR));
        assert_int_equal(make(t, "/var/rel", false, NULL), 0);
        assert_true(is(t, "late", S_IFREG));
}

static void inside_make__loops_files_and_long_names__refused_by_path(void **state)
{
        struct tree *t = *state;
        struct err e = ERR_INIT;
        char name[300], path[INSIDE_PATH_MAX + 8];

        assert_int_equal(symlinkat("b", t->root, "a"), 0);
        assert_int_equal(symlinkat("a", t->root, "b"), 0);
        assert_int_equal(make(t, "/a/x", true, &e), -ELOOP);
        assert_string_equal(e.place, "/a/x");
        /* each link dangles at the next one: followed one by one, and not for ever */
        assert_int_equal(symlinkat("self/self", t->root, "self"), 0);
        assert_int_equal(make(t, "/self/x", true, &e), -ELOOP);
        assert_int_equal(make(t, "/file", false, NULL), 0);
        assert_int_equal(make(t, "/file/x", true, &e), -ENOTDIR);
        memset(name, 'n', sizeof(name));
        name[sizeof(name) - 1] = '\0';
        assert_int_equal(make(t, name, true, &e), -ENAMETOOLONG);
        memset(path, '/', sizeof(path));
        path[sizeof(path) - 1] = '\0';
        assert_int_equal(make(t, path, true, &e), -ENAMETOOLONG);
}

static void inside_make__fifo_in_the_place__opened_without_blocking(void **state)
{
        struct tree *t = *state;

        assert_int_equal(mkfifoat(t->root, "pipe", 0600), 0);
        assert_int_equal(make(t, "/pipe", false, NULL), 0);
        assert_true(is(t, "pipe", S_IFIFO));
}

static void inside_make_parent__last_component__told_apart(void **state)
{
        struct tree *t = *state;
        struct err e = ERR_INIT;
        const char *name;
        int fd = -1;

        assert_int_equal(inside_make_parent(sys_linux(), t->root, "/dev/net/tun", &fd, &name, &e), 0);
        assert_string_equal(name, "tun");
        assert_true(is(t, "dev/net", S_IFDIR));
        close(fd);
        assert_int_equal(inside_make_parent(sys_linux(), t->root, "/dev/..", &fd, &name, &e), -EINVAL);
        assert_int_equal(inside_make_parent(sys_linux(), t->root, "/dev/", &fd, &name, &e), -EINVAL);
        assert_int_equal(inside_make_parent(sys_linux(), t->root, "/dev/.", &fd, &name, &e), -EINVAL);
}

static int no_openat2(const struct sys *sys, int dirfd, const char *path, const struct open_how *how)
{
        (void)sys;
        (void)dirfd;
        (void)path;
        (void)how;
        return -ENOSYS;
}

static void inside_make__kernel_without_openat2__clear_refusal(void **state)
{
        struct tree *t = *state;
        struct sys_ops ops = *sys_linux()->op;
        const struct sys sys = {&ops, NULL};
        struct err e = ERR_INIT;
        int fd = -1;

        ops.openat2 = no_openat2;
        assert_int_equal(inside_make(&sys, t->root, "/x", true, &fd, &e), -ENOSYS);
        assert_non_null(strstr(e.msg, "Linux 5.6"));
        assert_int_equal(fd, -1);
}

static int always_again(const struct sys *sys, int dirfd, const char *path, const struct open_how *how)
{
        (void)dirfd;
        (void)path;
        (void)how;
        ++*(int *)sys->ctx;
        return -EAGAIN;
}

static void inside_open__lookup_that_always_races__bounded(void **state)
{
        struct tree *t = *state;
        struct sys_ops ops = *sys_linux()->op;
        int calls = 0;
        const struct sys sys = {&ops, &calls};

        ops.openat2 = always_again;
        assert_int_equal(inside_open(&sys, t->root, "/x", O_PATH, 0), -EAGAIN);
        assert_in_range(calls, 2, 1000);
}

/* CVE-2021-30465: a directory and a symlink that leads out change places all the time. teardown looks
 * outside. */
static void inside_make__symlink_exchanged_meanwhile__never_outside(void **state)
{
        struct tree *t = *state;
        pid_t pid;
        int fd;

        assert_int_equal(make(t, "/real", true, NULL), 0);
        assert_int_equal(symlinkat(t->outside, t->root, "link"), 0);
        pid = fork();
        if (pid == 0) {
                char dir[128];
                snprintf(dir, sizeof(dir), "%s/root", t->dir);
                for (int i = 0; chdir(dir) == 0 && i < 1000000; i++)
                        syscall(SYS_renameat2, AT_FDCWD, "real", AT_FDCWD, "link", 2 /* RENAME_EXCHANGE */);
                _exit(0);
        }
        assert_true(pid > 0);
        for (int i = 0; i < 3000; i++) {
                char path[64];
                snprintf(path, sizeof(path), "/real/%d/x", i);
                fd = -1;
                (void)inside_make(sys_linux(), t->root, path, true, &fd, NULL);
                if (fd >= 0)
                        close(fd);
        }
        kill(pid, SIGKILL);
        assert_int_equal(waitpid(pid, NULL, 0), pid);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(inside_clean__paths__lexically_cleaned),
                cmocka_unit_test_setup_teardown(inside_make__missing_path__made, setup, teardown),
                cmocka_unit_test_setup_teardown(inside_make__links_that_lead_out__end_inside, setup,
                                                teardown),
                cmocka_unit_test_setup_teardown(inside_make__dangling_link__its_target_made_inside, setup,
                                                teardown),
                cmocka_unit_test_setup_teardown(inside_make__loops_files_and_long_names__refused_by_path,
                                                setup, teardown),
                cmocka_unit_test_setup_teardown(inside_make__fifo_in_the_place__opened_without_blocking,
                                                setup, teardown),
                cmocka_unit_test_setup_teardown(inside_make_parent__last_component__told_apart, setup,
                                                teardown),
                cmocka_unit_test_setup_teardown(inside_make__kernel_without_openat2__clear_refusal, setup,
                                                teardown),
                cmocka_unit_test_setup_teardown(inside_open__lookup_that_always_races__bounded, setup,
                                                teardown),
                cmocka_unit_test_setup_teardown(inside_make__symlink_exchanged_meanwhile__never_outside,
                                                setup, teardown),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
