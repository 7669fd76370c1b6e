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

        enum fixture_end end = fixture_run(f, c, inside, arg, &e, &line);
        expect_end(end, want, &e, line);
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
        EXPECT(access("/others/one", F_OK) < 0 && errno == ENOENT);
        EXPECT(create_errno("/others/two") == EROFS);
        EXPECT((flags_of("/others") & (ST_NOSUID | ST_NODEV | ST_NOEXEC)) == (ST_NOSUID | ST_NODEV | ST_NOEXEC));
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
        fc->masked[4] = "/others";
        fc->c.linux_.masked_paths.n = 5;
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

/* The line of /proc/self/mountinfo for the topmost mount at path, "" if there is none. */
static const char *mount_line(const char *path, char *buf, size_t size)
{
        FILE *f = fopen("/proc/self/mountinfo", "re");
        char line[4096], at[1024];

        buf[0] = '\0';
        while (f && fgets(line, sizeof(line), f))
                if (sscanf(line, "%*d %*d %*s %*s %1023s", at) == 1 && strcmp(at, path) == 0)
                        snprintf(buf, size, "%s", line);
        if (f)
                fclose(f);
        return buf;
}

static bool mount_has(const char *path, const char *word)
{
        char line[4096];

        return strstr(mount_line(path, line, sizeof(line)), word) != NULL;
}

static int binds_are_right(void *arg)
{
        (void)arg;
        EXPECT((flags_of("/ro") & (ST_RDONLY | ST_NODEV | ST_NOSUID)) == (ST_RDONLY | ST_NODEV));
        EXPECT(create_errno("/ro/x") == EROFS);
        EXPECT(size_of("/ro/canary") > 0);
        EXPECT((flags_of("/file") & (ST_RDONLY | ST_NOEXEC)) == ST_NOEXEC);
        EXPECT(size_of("/file") > 0);
        EXPECT(flags_of("/plain") == flags_of("/plain/canary"));
        EXPECT(!(flags_of("/rec") & ST_RDONLY) && !(flags_of("/rec/shm") & ST_RDONLY));
        EXPECT((flags_of("/rec/shm") & (ST_NOSUID | ST_NODEV)) == (ST_NOSUID | ST_NODEV)); /* the source's */
        EXPECT((flags_of("/rro") & ST_RDONLY) && (flags_of("/rro/shm") & ST_RDONLY));
        EXPECT(flags_of("/norec") != ~0ul && access("/norec/shm/x", F_OK) < 0);
        EXPECT(mount_has("/noatime", "noatime"));
        EXPECT(flags_of("/again") & ST_RDONLY);
        return 0;
}

/* One source with a mount below it: the tmpfs at /dev is a mount of this very config. */
static void rootfs__bind_mounts__flags_and_depth_as_configured(void **state)
{
        struct fixture *f = *state;
        struct fixture_config fc;

        fixture_config(&fc);
        fc.c.mounts.n = 1;
        fixture_mount(&fc, "/ro", "bind", "outside", "bind", "ro", "nodev", NULL);
        fixture_mount(&fc, "/file", "none", "outside/canary", "bind", "noexec", NULL);
        fixture_mount(&fc, "/plain", "bind", "outside", NULL);
        fixture_mount(&fc, "/fixed", "tmpfs", "tmpfs", "mode=755", NULL);
        fixture_mount(&fc, "/fixed/shm", "tmpfs", "tmpfs", "nosuid", "nodev", NULL);
        fixture_mount(&fc, "/rec", "bind", "rootfs/fixed", "rbind", NULL);
        fixture_mount(&fc, "/rro", "bind", "rootfs/fixed", "rbind", "rro", NULL);
        fixture_mount(&fc, "/norec", "bind", "rootfs/fixed", "bind", NULL);
        fixture_mount(&fc, "/noatime", "bind", "outside", "bind", "noatime", NULL);
        fixture_mount(&fc, "/again", "bind", "outside", "bind", NULL);
        fixture_mount(&fc, "/again", NULL, NULL, "remount", "ro", NULL);
        run(f, &fc.c, FIXTURE_OK, binds_are_right, NULL, NULL);
}

static int tmpfs_are_right(void *arg)
{
        struct stat st;

        (void)arg;
        EXPECT(stat("/kept", &st) == 0 && (st.st_mode & 07777) == 0710);
        EXPECT(stat("/fresh", &st) == 0 && (st.st_mode & 07777) == 01777);
        EXPECT(stat("/given", &st) == 0 && (st.st_mode & 07777) == 0700);
        EXPECT((flags_of("/late") & ST_RDONLY) && size_of("/late/below/canary") > 0);
        EXPECT((flags_of("/dev") & ST_RDONLY) && is_device("/dev/null", 1, 3, 0666));
        EXPECT(stat("/made", &st) == 0 && (st.st_mode & 07777) == 0755);
        return 0;
}

static void rootfs__tmpfs__mode_inherited_and_readonly_last(void **state)
{
        struct fixture *f = *state;
        struct fixture_config fc;
        char path[128];

        fixture_config(&fc);
        fc.c.mounts.n = 1;
        snprintf(path, sizeof(path), "%s/kept", f->rootfs);
        assert_int_equal(mkdir(path, 0710), 0);
        fixture_mount(&fc, "/kept", "tmpfs", "tmpfs", NULL);
        fixture_mount(&fc, "/fresh", "tmpfs", "tmpfs", NULL);
        fixture_mount(&fc, "/given", "tmpfs", "tmpfs", "mode=0700", "size=64k", NULL);
        fixture_mount(&fc, "/late", "tmpfs", "tmpfs", "ro", NULL);
        fixture_mount(&fc, "/late/below", "bind", "outside", "bind", NULL);
        fixture_mount(&fc, "/dev", "tmpfs", "tmpfs", "ro", "mode=755", NULL);
        fixture_mount(&fc, "/made/x", "tmpfs", "tmpfs", NULL);
        run(f, &fc.c, FIXTURE_OK, tmpfs_are_right, NULL, NULL);
}

static int devices_are_right(void *arg)
{
        struct stat st;

        (void)arg;
        EXPECT(is_device("/dev/null", 1, 3, 0600)); /* the config's, in place of the default */
        EXPECT(lstat("/dev/net/tun", &st) == 0 && S_ISCHR(st.st_mode) && st.st_rdev == makedev(10, 200));
        EXPECT((st.st_mode & 07777) == 0622 && st.st_uid == 1000 && st.st_gid == 1001);
        EXPECT(lstat("/dev/disk", &st) == 0 && S_ISBLK(st.st_mode) && st.st_rdev == makedev(7, 300));
        EXPECT(lstat("/dev/fifo", &st) == 0 && S_ISFIFO(st.st_mode) && (st.st_mode & 07777) == 0666);
        EXPECT(lstat("/dev/tty1", &st) == 0 && S_ISCHR(st.st_mode) && st.st_rdev == makedev(4, 1));
        EXPECT(is_link("/dev/ptmx", "pts/ptmx"));
        return 0;
}

static void rootfs__configured_devices__number_mode_and_owner_exact(void **state)
{
        struct fixture_config fc;

        fixture_config(&fc);
        fc.devices[0] = (struct config_device){'c',          "/dev/net/tun", 10,          200,
                                               {true, 0622}, {true, 1000},   {true, 1001}};
        fc.devices[1] = (struct config_device){'b', "/dev/disk", 7, 300, {false, 0}, {false, 0}, {false, 0}};
        fc.devices[2] = (struct config_device){'p', "/dev/fifo", 0, 0, {true, 0666}, {false, 0}, {false, 0}};
        fc.devices[3] = (struct config_device){'u', "/dev/tty1", 4, 1, {false, 0}, {false, 0}, {false, 0}};
        fc.devices[4] = (struct config_device){'c', "/dev/./ptmx", 5, 2, {false, 0}, {false, 0}, {false, 0}};
        fc.devices[5] = (struct config_device){'c', "/dev//null", 1, 3, {true, 0600}, {false, 0}, {false, 0}};
        fc.c.linux_.devices.n = 6;
        run(*state, &fc.c, FIXTURE_OK, devices_are_right, NULL, NULL);
}

static int devices_are_bound(void *arg)
{
        (void)arg;
        EXPECT(is_device("/dev/null", 1, 3, 0666) && mount_has("/dev/null", " /null "));
        EXPECT(is_device("/dev/tty", 5, 0, 0666));
        EXPECT(is_link("/dev/ptmx", "pts/ptmx"));
        return 0;
}

static void rootfs__mknod_not_permitted__host_devices_bound(void **state)
{
        struct fixture *f = *state;
        struct fixture_config fc;
        struct err e;

        fixture_config(&fc);
        f->no_mknod = true;
        run(f, &fc.c, FIXTURE_OK, devices_are_bound, NULL, NULL);
        fc.devices[0] = (struct config_device){
                'c', "/dev/initlab-no-such", 10, 254, {false, 0}, {false, 0}, {false, 0}};
        fc.c.linux_.devices.n = 1;
        run(f, &fc.c, FIXTURE_REFUSED, NULL, NULL, &e);
        assert_string_equal(e.place, "/linux/devices/0");
        fc.devices[0].path = "/dev/zero"; /* the host has a zero, but that is not this device */
        run(f, &fc.c, FIXTURE_REFUSED, NULL, NULL, &e);
        assert_int_equal(e.errnum, ENODEV);
}

static int cgroups_v1_are_there(void *arg)
{
        char name[300], line[4096];
        FILE *f = fopen("/proc/self/cgroup", "re");

        (void)arg;
        EXPECT(flags_of("/sys/fs/cgroup") & ST_RDONLY);
        EXPECT(f != NULL);
        while (fgets(line, sizeof(line), f)) {
                char *c = strchr(line, ':') + 1;
                c[strcspn(c, ":")] = '\0';
                if (*c == '\0')
                        continue;
                snprintf(name, sizeof(name), "/sys/fs/cgroup/%s/cgroup.procs",
                         strncmp(c, "name=", 5) == 0 ? c + 5 : c);
                EXPECT(access(name, R_OK) == 0);
                EXPECT(create_errno(name) == EROFS);
        }
        fclose(f);
        return 0;
}

static void rootfs__cgroup_mount_on_v1__a_directory_for_each_hierarchy(void **state)
{
        struct fixture_config fc;
        struct stat st;

        if (stat("/sys/fs/cgroup/cgroup.controllers", &st) == 0) {
                print_message("skip: no version 1 hierarchies\n");
                skip();
        }
        fixture_config(&fc);
        run(*state, &fc.c, FIXTURE_OK, cgroups_v1_are_there, NULL, NULL);
        fc.c.linux_.ns[CONFIG_NS_CGROUP].set = true;
        run(*state, &fc.c, FIXTURE_OK, cgroups_v1_are_there, NULL, NULL);
}

static int cgroup2_is_there(void *arg)
{
        (void)arg;
        EXPECT(access("/sys/fs/cgroup/cgroup.procs", R_OK) == 0);
        EXPECT(create_errno("/sys/fs/cgroup/cgroup.procs") == EROFS);
        EXPECT(mount_has("/sys/fs/cgroup", " cgroup2 "));
        return 0;
}

static void rootfs__cgroup_mount_on_v2_only__unified(void **state)
{
        struct fixture *f = *state;
        struct fixture_config fc;

        fixture_config(&fc);
        f->unified_only = true;
        run(f, &fc.c, FIXTURE_OK, cgroup2_is_there, NULL, NULL);
        fc.c.linux_.ns[CONFIG_NS_CGROUP].set = true;
        run(f, &fc.c, FIXTURE_OK, cgroup2_is_there, NULL, NULL);
}

struct propagation_case {
        const char *word;    /* rootfsPropagation */
        const char *root;    /* what mountinfo says of "/" then, NULL: private */
        bool volume_private; /* a recursive word reaches the volumes too */
};

static int propagation_is(void *arg)
{
        const struct propagation_case *c = arg;

        EXPECT(c->root ? mount_has("/", c->root)
                       : !mount_has("/", "shared:") && !mount_has("/", "unbindable"));
        EXPECT(!mount_has("/dev", "shared:"));
        EXPECT(mount_has("/volume", "shared:") == !c->volume_private);
        return 0;
}

static void rootfs__propagation__as_configured_and_nothing_leaks(void **state)
{
        static struct propagation_case cases[] = {
                {NULL, NULL, false},
                {"private", NULL, false},
                {"rprivate", NULL, true},
                {"shared", "shared:", false},
                {"unbindable", "unbindable", false},
                {"slave", NULL, false},
        };
        struct fixture_config fc;

        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
                fixture_config(&fc);
                fixture_mount(&fc, "/volume", "bind", "outside", "bind", "private", "shared", NULL);
                fc.c.linux_.rootfs_propagation = cases[i].word;
                run(*state, &fc.c, FIXTURE_OK, propagation_is, &cases[i], NULL);
        }
}

static void rootfs__config_that_cannot_be__refused_by_place(void **state)
{
        struct fixture *f = *state;
        struct fixture_config fc;
        struct err e;

#define REFUSED(want)                                   \
        run(f, &fc.c, FIXTURE_REFUSED, NULL, NULL, &e); \
        assert_string_equal(e.place, want);             \
        fixture_config(&fc)

        fixture_config(&fc);
        fc.c.linux_.ns[CONFIG_NS_MOUNT].set = false;
        REFUSED("/linux/namespaces");
        fc.c.linux_.ns[CONFIG_NS_MOUNT].path = "/proc/1/ns/mnt";
        fc.c.linux_.ns[CONFIG_NS_MOUNT].index = 4;
        REFUSED("/linux/namespaces/4/path");
        fc.c.root.path = "/";
        REFUSED("/root/path");
        fc.c.root.path = "not-there";
        REFUSED("/root/path");
        fc.c.root.path = "outside/canary";
        REFUSED("/root/path");
        fc.c.linux_.rootfs_propagation = "rw";
        REFUSED("/linux/rootfsPropagation");
        fixture_mount(&fc, "/x", "nosuchfs", NULL, NULL);
        REFUSED("/mounts/7/type");
        fixture_mount(&fc, "/x", NULL, NULL, "ro", NULL);
        REFUSED("/mounts/7/type");
        fixture_mount(&fc, "/x", "bind", "not-there", "bind", NULL);
        REFUSED("/mounts/7/source");
        fixture_mount(&fc, "/x", "bind", NULL, "bind", NULL);
        REFUSED("/mounts/7/source");
        fixture_mount(&fc, "/x", "tmpfs", NULL, "ro", "nosuchoption=1", NULL);
        run(f, &fc.c, FIXTURE_REFUSED, NULL, NULL, &e);
        assert_string_equal(e.place, "/mounts/7/options/1");
        assert_non_null(strstr(e.msg, "nosuchoption"));
        fixture_config(&fc);
        fixture_mount(&fc, "/etc", NULL, NULL, "remount", "ro", NULL);
        REFUSED("/mounts/7/options");
        fixture_mount(&fc, "/etc/passwd", "bind", "outside", "bind", NULL);
        REFUSED("/mounts/7/destination");
        fixture_mount(&fc, "/etc/passwd/x", "bind", "outside", "bind", NULL);
        REFUSED("/mounts/7/destination");
        fc.sysctl[0] = (struct config_kv){"kernel.pid_max", "1"};
        fc.c.linux_.sysctl.n = 1;
        REFUSED("/linux/sysctl/kernel.pid_max");
#undef REFUSED
}

/*
 * Every system call fails once, in its turn. Either that is told, with its place, or the container is
 * complete all the same (a fallback, a name that may be absent); no fd stays open, and nothing of the host
 * changes.
 */
static void rootfs__each_system_call_fails_once__told_or_complete(void **state)
{
        static const int errnums[] = {EIO, EPERM};
        struct fixture *f = *state;
        struct fixture_config fc;
        struct err e;
        char text[1024];
        int line;

        for (size_t i = 0; i < sizeof(errnums) / sizeof(errnums[0]); i++) {
                enum fixture_end end = FIXTURE_OK;
                int refused = 0;
                f->fail_errno = errnums[i];
                for (f->fail_at = 1; end != FIXTURE_NOT_REACHED; f->fail_at++) {
                        spec_like(&fc);
                        fc.c.linux_.ns[CONFIG_NS_NETWORK].set = false; /* it costs more than all the others */
                        end = fixture_run(f, &fc.c, look_at_everything, NULL, &e, &line);
                        if (end != FIXTURE_OK && end != FIXTURE_REFUSED && end != FIXTURE_NOT_REACHED)
                                print_message("call %d: %s, line %d: %s\n", f->fail_at, fixture_end_name(end),
                                              line, err_format(&e, text, sizeof(text)));
                        assert_true(end == FIXTURE_OK || end == FIXTURE_REFUSED ||
                                    end == FIXTURE_NOT_REACHED);
                        refused += end == FIXTURE_REFUSED;
                        assert_true(f->fail_at < 5000);
                }
                assert_true(f->fail_at > 100);
                assert_true(refused > f->fail_at / 2);
                print_message("%d calls, %d refused\n", f->fail_at - 2, refused);
        }
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
                cmocka_unit_test_setup_teardown(rootfs__bind_mounts__flags_and_depth_as_configured,
                                                fixture_setup, fixture_teardown),
                cmocka_unit_test_setup_teardown(rootfs__tmpfs__mode_inherited_and_readonly_last,
                                                fixture_setup, fixture_teardown),
                cmocka_unit_test_setup_teardown(rootfs__configured_devices__number_mode_and_owner_exact,
                                                fixture_setup, fixture_teardown),
                cmocka_unit_test_setup_teardown(rootfs__mknod_not_permitted__host_devices_bound,
                                                fixture_setup, fixture_teardown),
                cmocka_unit_test_setup_teardown(rootfs__cgroup_mount_on_v1__a_directory_for_each_hierarchy,
                                                fixture_setup, fixture_teardown),
                cmocka_unit_test_setup_teardown(rootfs__cgroup_mount_on_v2_only__unified, fixture_setup,
                                                fixture_teardown),
                cmocka_unit_test_setup_teardown(rootfs__propagation__as_configured_and_nothing_leaks,
                                                fixture_setup, fixture_teardown),
                cmocka_unit_test_setup_teardown(rootfs__config_that_cannot_be__refused_by_place,
                                                fixture_setup, fixture_teardown),
                cmocka_unit_test_setup_teardown(rootfs__each_system_call_fails_once__told_or_complete,
                                                fixture_setup, fixture_teardown),
        };

        if (geteuid() != 0) {
                print_message("skip: mounts need root\n");
                return 77;
        }
        return cmocka_run_group_tests(tests, NULL, NULL);
}
