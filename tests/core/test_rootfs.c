/* core/container/rootfs.h: a whole root file system, looked at from inside. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/core/rootfs_fixture.h"

static void expect_end(enum fixture_end end, enum fixture_end want, const struct err *e, int line)
{
        char text[1024];

        if (end == want)
                return;
        print_message("%s instead of %s; line %d; %s\n", fixture_end_name(end), fixture_end_name(want), line,
                      e->errnum ? err_format(e, text, sizeof(text)) : "");
        fail();
}

static void run(struct fixture *f, const struct config *c, enum fixture_end want, inside_fn *inside,
                void *arg, struct err *ret_err)
{
        struct err e = ERR_INIT;
        int line = 0;

        expect_end(fixture_run(f, c, inside, arg, &e, &line), want, &e, line);
        if (ret_err)
                *ret_err = e;
}

static bool is_device(const char *path, unsigned major, unsigned minor, mode_t mode)
{
        struct stat st;

        return lstat(path, &st) == 0 && S_ISCHR(st.st_mode) && st.st_rdev == makedev(major, minor) &&
               (st.st_mode & 07777) == mode && st.st_uid == 0 && st.st_gid == 0;
}

static bool is_link(const char *path, const char *target)
{
        char buf[256];
        ssize_t n = readlink(path, buf, sizeof(buf) - 1);

        if (n < 0)
                return false;
        buf[n] = '\0';
        return strcmp(buf, target) == 0;
}

static unsigned long flags_of(const char *path)
{
        struct statvfs v;

        return statvfs(path, &v) == 0 ? v.f_flag : ~0ul;
}

static size_t size_of(const char *path)
{
        char buf[256];
        int fd = open(path, O_RDONLY | O_CLOEXEC);
        ssize_t n = fd < 0 ? -1 : read(fd, buf, sizeof(buf));

        if (fd >= 0)
                close(fd);
        return (size_t)n;
}

static int create_errno(const char *path)
{
        int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

        if (fd < 0)
                return errno;
        close(fd);
        return 0;
}

static int look_at_everything(void *arg)
{
        struct stat st;
        char cwd[64];

        (void)arg;
        EXPECT(getcwd(cwd, sizeof(cwd)) && strcmp(cwd, "/") == 0);
        EXPECT(is_device("/dev/null", 1, 3, 0666));
        EXPECT(is_device("/dev/zero", 1, 5, 0666));
        EXPECT(is_device("/dev/full", 1, 7, 0666));
        EXPECT(is_device("/dev/random", 1, 8, 0666));
        EXPECT(is_device("/dev/urandom", 1, 9, 0666));
        EXPECT(is_device("/dev/tty", 5, 0, 0666));
        EXPECT(is_link("/dev/ptmx", "pts/ptmx"));
        EXPECT(is_link("/dev/fd", "/proc/self/fd"));
        EXPECT(is_link("/dev/stdin", "/proc/self/fd/0"));
        EXPECT(is_link("/dev/stdout", "/proc/self/fd/1"));
        EXPECT(is_link("/dev/stderr", "/proc/self/fd/2"));
        EXPECT(open("/dev/ptmx", O_RDWR | O_NOCTTY) >= 0);
        EXPECT(stat("/proc/1/stat", &st) == 0);
        EXPECT((flags_of("/dev") & (ST_NOSUID | ST_NODEV | ST_NOEXEC | ST_RDONLY)) == ST_NOSUID);
        EXPECT((flags_of("/dev/shm") & (ST_NOSUID | ST_NODEV | ST_NOEXEC)) ==
               (ST_NOSUID | ST_NODEV | ST_NOEXEC));
        EXPECT(flags_of("/sys") & ST_RDONLY);
        EXPECT(stat("/dev/shm", &st) == 0 && (st.st_mode & 07777) == 01777);
        EXPECT(stat("/dev", &st) == 0 && (st.st_mode & 07777) == 0755);
        EXPECT(size_of("/secret") == 0);
        EXPECT(access("/secrets/one", F_OK) < 0 && errno == ENOENT);
        EXPECT(create_errno("/secrets/two") == EROFS);
        EXPECT(size_of("/fixed/one") == 6);
        EXPECT(create_errno("/fixed/two") == EROFS);
        EXPECT(create_errno("/fixed/one") == EROFS);
        EXPECT(create_errno("/proc/sys/kernel/hostname") == EROFS);
        EXPECT(create_errno("/elsewhere") == 0);
        return 0;
}

static void spec_like(struct fixture_config *fc)
{
        fixture_config(fc);
        fc->masked[0] = "/secret";
        fc->masked[1] = "/secrets";
        fc->masked[2] = "/not/there";
        fc->masked[3] = "/secret/below-a-file";
        fc->c.linux_.masked_paths.n = 4;
        fc->readonly[0] = "/fixed";
        fc->readonly[1] = "/not/there";
        fc->readonly[2] = "/proc/sys";
        fc->c.linux_.readonly_paths.n = 3;
}

static void rootfs__spec_like_config__everything_in_place(void **state)
{
        struct fixture_config fc;

        spec_like(&fc);
        run(*state, &fc.c, FIXTURE_OK, look_at_everything, NULL, NULL);
}

static void rootfs__own_cgroup_namespace__everything_in_place(void **state)
{
        struct fixture_config fc;

        spec_like(&fc);
        fc.c.linux_.ns[CONFIG_NS_CGROUP].set = true;
        run(*state, &fc.c, FIXTURE_OK, look_at_everything, NULL, NULL);
}

static int root_is_readonly(void *arg)
{
        (void)arg;
        EXPECT(create_errno("/x") == EROFS);
        EXPECT(create_errno("/dev/x") == 0);
        return 0;
}

static void rootfs__readonly_root__only_the_root(void **state)
{
        struct fixture_config fc;

        fixture_config(&fc);
        fc.c.root.readonly = true;
        run(*state, &fc.c, FIXTURE_OK, root_is_readonly, NULL, NULL);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(rootfs__spec_like_config__everything_in_place, fixture_setup,
                                                fixture_teardown),
                cmocka_unit_test_setup_teardown(rootfs__own_cgroup_namespace__everything_in_place,
                                                fixture_setup, fixture_teardown),
                cmocka_unit_test_setup_teardown(rootfs__readonly_root__only_the_root, fixture_setup,
                                                fixture_teardown),
        };

        if (geteuid() != 0) {
                print_message("skip: mounts need root\n");
                return 77;
        }
        return cmocka_run_group_tests(tests, NULL, NULL);
}
