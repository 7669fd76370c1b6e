/*
 * core/container/rootfs.h against root file systems and configs that attack the host or the runtime. The
 * fixture compares the host's mounts and a canary outside of the rootfs after each run.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/core/rootfs_fixture.h"

static void refused(struct fixture *f, struct fixture_config *fc, int errnum, const char *place)
{
        struct err e = ERR_INIT;
        char text[1024];
        int line = 0;
        enum fixture_end end = fixture_run(f, &fc->c, NULL, NULL, &e, &line);

        if (end != FIXTURE_REFUSED || e.errnum != errnum || strcmp(e.place, place) != 0)
                print_message("%s: %s\n", fixture_end_name(end), err_format(&e, text, sizeof(text)));
        assert_int_equal(end, FIXTURE_REFUSED);
        assert_int_equal(e.errnum, errnum);
        assert_string_equal(e.place, place);
}

static void accepted(struct fixture *f, struct fixture_config *fc, inside_fn *inside, void *arg)
{
        struct err e = ERR_INIT;
        char text[1024];
        int line = 0;
        enum fixture_end end = fixture_run(f, &fc->c, inside, arg, &e, &line);

        if (end != FIXTURE_OK)
                print_message("%s: line %d: %s\n", fixture_end_name(end), line,
                              err_format(&e, text, sizeof(text)));
        assert_int_equal(end, FIXTURE_OK);
}

static void link_outside(struct fixture *f, const char *path)
{
        char what[128];

        snprintf(what, sizeof(what), "l:%s", f->outside);
        fixture_make(f, path, what);
}

static int volume_is_there(void *arg)
{
        char path[256];

        snprintf(path, sizeof(path), "%s/canary", (const char *)arg);
        EXPECT(access(path, F_OK) == 0);
        return 0;
}

/* The volume's source is the canary's own directory: seen at the target, never changed by it. */
static void rootfs__mount_target_is_symlink_outside__mounted_inside(void **state)
{
        struct fixture *f = *state;
        struct fixture_config fc;

        fixture_config(&fc);
        link_outside(f, "volume");
        fixture_make(f, "deep", "l:../../../../../../../../tmp/initlab-deep");
        fixture_mount(&fc, "/volume", "bind", f->outside, "rbind", "ro", NULL);
        fixture_mount(&fc, "/deep/er", "tmpfs", "tmpfs", NULL);
        accepted(f, &fc, volume_is_there, f->outside);
        assert_int_not_equal(access("/tmp/initlab-deep", F_OK), 0);
}

static void rootfs__symlinked_target_that_must_be_made__made_inside(void **state)
{
        struct fixture *f = *state;
        struct fixture_config fc;

        fixture_config(&fc);
        link_outside(f, "volume");
        fixture_mount(&fc, "/volume/new/dir", "bind", "outside", "bind", NULL);
        fixture_mount(&fc, "/volume/new/file", "bind", "outside/canary", "bind", "ro", NULL);
        accepted(f, &fc, NULL, NULL);
}

static void rootfs__proc_or_sys_is_symlink__refused(void **state)
{
        static const char *const dirs[] = {"proc", "sys"};
        struct fixture *f = *state;
        struct fixture_config fc;
        char path[128];

        for (int i = 0; i < 2; i++) {
                fixture_config(&fc);
                snprintf(path, sizeof(path), "%s/%s", f->rootfs, dirs[i]);
                assert_int_equal(rmdir(path), 0);
                fixture_make(f, dirs[i], "l:/etc");
                refused(f, &fc, ELOOP, i == 0 ? "/mounts/0/destination" : "/mounts/5/destination");
                assert_int_equal(unlink(path), 0);
                fixture_make(f, dirs[i], "f:");
                refused(f, &fc, ENOTDIR, i == 0 ? "/mounts/0/destination" : "/mounts/5/destination");
                assert_int_equal(unlink(path), 0);
                fixture_make(f, dirs[i], "d");
        }
        /* further down on the way */
        fixture_config(&fc);
        fixture_make(f, "elsewhere", "l:/etc");
        fixture_mount(&fc, "/elsewhere/proc", "proc", "proc", NULL);
        refused(f, &fc, ELOOP, "/mounts/7/destination");
}

static void rootfs__target_in_proc__refused(void **state)
{
        static const struct {
                const char *destination, *type;
        } cases[] = {
                {"/proc", "tmpfs"},
                {"/proc", "bind"},
                {"/proc/self/attr", "bind"},
                {"/proc/sys", "tmpfs"},
                {"/proc/uptime", "tmpfs"},
                {"//proc/./1/../sys", "bind"},
                {"/sys/../proc/kcore", "bind"},
                {"/to-proc", "tmpfs"},
                {"/to-proc/uptime", "bind"},
                {"/to-sysctl", "bind"},
                {"/proc/sys", "proc"},
                {"/", "tmpfs"},
                {"/dev/..", "bind"},
        };
        struct fixture *f = *state;
        struct fixture_config fc;

        fixture_make(f, "to-proc", "l:/proc");
        fixture_make(f, "to-sysctl", "l:proc/sys");
        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
                bool root = strcmp(cases[i].destination, "/") == 0 ||
                            strcmp(cases[i].destination, "/dev/..") == 0;
                fixture_config(&fc);
                fixture_mount(&fc, cases[i].destination, cases[i].type, "outside",
                              strcmp(cases[i].type, "bind") == 0 ? "bind" : NULL, NULL);
                refused(f, &fc, root ? EINVAL : EPERM, "/mounts/7/destination");
        }
}

static int uptime_is_the_file(void *arg)
{
        char buf[64];
        int fd = open("/proc/uptime", O_RDONLY);

        (void)arg;
        EXPECT(read(fd, buf, 7) == 7 && memcmp(buf, "nothing", 7) == 0);
        return 0;
}

static void rootfs__emulated_proc_file__allowed(void **state)
{
        struct fixture *f = *state;
        struct fixture_config fc;

        fixture_config(&fc);
        fixture_mount(&fc, "/proc/uptime", "bind", "outside/canary", "bind", "ro", NULL);
        accepted(f, &fc, uptime_is_the_file, NULL);
}

static void rootfs__bind_of_the_whole_proc__allowed(void **state)
{
        struct fixture *f = *state;
        struct fixture_config fc;

        fixture_config(&fc);
        fixture_mount(&fc, "/proc", "bind", "/proc", "rbind", NULL);
        accepted(f, &fc, NULL, NULL);
}

/* CVE-2025-31133: /dev comes from the image, and its null is something that the payload would like to see
 * mounted. */
static void rootfs__false_dev_null__refused_as_mask(void **state)
{
        static const char *const nulls[] = {
                "f:not a device", "l:/etc/passwd", "l:/proc/sys/kernel/core_pattern", "d", "zero", "absent"};
        struct fixture *f = *state;
        struct fixture_config fc;
        char path[128], dev[128];

        snprintf(dev, sizeof(dev), "%s/dev", f->rootfs);
        snprintf(path, sizeof(path), "%s/dev/null", f->rootfs);
        for (size_t i = 0; i < sizeof(nulls) / sizeof(nulls[0]); i++) {
                fixture_config(&fc);
                fc.c.mounts.n = 1; /* /proc, and nothing on /dev but the image's own */
                fixture_mount(&fc, "/dev", "bind", dev, "rbind", NULL);
                fc.masked[0] = "/secret";
                fc.c.linux_.masked_paths.n = 1;
                if (strcmp(nulls[i], "zero") == 0)
                        assert_int_equal(mknod(path, S_IFCHR | 0666, makedev(1, 5)), 0);
                else if (strcmp(nulls[i], "absent") != 0)
                        fixture_make(f, "dev/null", nulls[i]);
                refused(f, &fc, strcmp(nulls[i], "absent") == 0 ? ENOENT : EPERM, "/linux/maskedPaths");
                (void)remove(path);
        }
}

/* Devices are made right in the image's /dev: what lies there already is covered or refused, never followed.
 */
static void rootfs__image_dev_with_links__refused(void **state)
{
        struct fixture *f = *state;
        struct fixture_config fc;
        char what[160];

        fixture_config(&fc);
        fc.c.mounts.n = 1;
        snprintf(what, sizeof(what), "l:%s/canary", f->outside);
        fixture_make(f, "dev/zero", what);
        refused(f, &fc, ELOOP, "/dev/zero");
}

static int null_is_null(void *arg)
{
        struct stat st;

        (void)arg;
        EXPECT(lstat("/dev/null", &st) == 0 && S_ISCHR(st.st_mode) && st.st_rdev == makedev(1, 3));
        EXPECT(lstat("/dev/zero", &st) == 0 && S_ISCHR(st.st_mode) && st.st_rdev == makedev(1, 5));
        EXPECT(lstat("/dev/full", &st) == 0 && S_ISCHR(st.st_mode) && st.st_rdev == makedev(1, 7));
        return 0;
}

static void rootfs__image_dev_with_files__covered_by_devices(void **state)
{
        struct fixture *f = *state;
        struct fixture_config fc;
        char path[128];

        fixture_config(&fc);
        fc.c.mounts.n = 1;
        fixture_make(f, "dev/null", "f:");
        snprintf(path, sizeof(path), "%s/dev/zero", f->rootfs);
        assert_int_equal(mknod(path, S_IFCHR | 0666, makedev(1, 3)), 0);
        accepted(f, &fc, null_is_null, NULL);
}

static void rootfs__dev_is_symlink__furnished_inside(void **state)
{
        struct fixture *f = *state;
        struct fixture_config fc;
        char path[128];

        fixture_config(&fc);
        snprintf(path, sizeof(path), "%s/dev", f->rootfs);
        assert_int_equal(rmdir(path), 0);
        link_outside(f, "dev");
        accepted(f, &fc, null_is_null, NULL);
}

static int secret_is_hidden(void *arg)
{
        char c;
        int fd = open("/secret", O_RDONLY);

        (void)arg;
        EXPECT(fd < 0 || read(fd, &c, 1) == 0);
        EXPECT(access("/secrets/one", F_OK) < 0);
        fd = open("/fixed/one", O_WRONLY);
        EXPECT(fd < 0 && errno == EROFS);
        return 0;
}

static void rootfs__paths_by_symlink__masked_inside(void **state)
{
        struct fixture *f = *state;
        struct fixture_config fc;

        fixture_config(&fc);
        fixture_make(f, "m1", "l:../../../secret");
        fixture_make(f, "m2", "l:/secrets");
        fixture_make(f, "m3", "l:fixed");
        link_outside(f, "m4");
        fixture_make(f, "loop", "l:loop/x");
        fc.masked[0] = "/m1";
        fc.masked[1] = "/m2";
        fc.masked[2] = "/m4/canary";
        fc.c.linux_.masked_paths.n = 3;
        fc.readonly[0] = "/m3";
        fc.readonly[1] = "/m4";
        fc.c.linux_.readonly_paths.n = 2;
        accepted(f, &fc, secret_is_hidden, NULL);
        fc.masked[0] = "/loop";
        refused(f, &fc, ELOOP, "/linux/maskedPaths/0");
        fc.masked[0] = "/m1";
        fc.readonly[1] = "/loop";
        refused(f, &fc, ELOOP, "/linux/readonlyPaths/1");
}

/* CVE-2021-30465: target and symlink change places while the mounts are made. */
static void rootfs__symlink_exchanged_meanwhile__host_unchanged(void **state)
{
        struct fixture *f = *state;
        struct fixture_config fc;
        pid_t pid;

        fixture_config(&fc);
        fixture_make(f, "race", "d");
        link_outside(f, "link");
        pid = fork();
        if (pid == 0) {
                for (int i = 0; chdir(f->rootfs) == 0 && i < 10000000; i++)
                        syscall(SYS_renameat2, AT_FDCWD, "race", AT_FDCWD, "link", 2 /* RENAME_EXCHANGE */);
                _exit(0);
        }
        assert_true(pid > 0);
        for (int i = 0; i < 25; i++) {
                char target[64];
                struct err e = ERR_INIT;
                fixture_config(&fc);
                snprintf(target, sizeof(target), "/race/%d", i);
                fixture_mount(&fc, target, "tmpfs", "tmpfs", NULL);
                fixture_mount(&fc, "/race", "bind", "outside", "bind", NULL);
                enum fixture_end end = fixture_run(f, &fc.c, NULL, NULL, &e, NULL);
                if (end != FIXTURE_OK && end != FIXTURE_REFUSED)
                        print_message("%s\n", fixture_end_name(end));
                assert_true(end == FIXTURE_OK || end == FIXTURE_REFUSED);
        }
        kill(pid, SIGKILL);
        assert_int_equal(waitpid(pid, NULL, 0), pid);
}

static int msgmax_is_set(void *arg)
{
        char buf[16] = "";
        int fd = open("/proc/sys/kernel/msgmax", O_RDONLY);

        (void)arg;
        EXPECT(read(fd, buf, sizeof(buf) - 1) > 0 && strcmp(buf, "4321\n") == 0);
        return 0;
}

/* The image can't lead the writing of a sysctl astray: it doesn't go through the container's /proc. */
static void rootfs__sysctl__written_through_own_procfs(void **state)
{
        struct fixture *f = *state;
        struct fixture_config fc;

        fixture_config(&fc);
        fc.sysctl[0] = (struct config_kv){"kernel.msgmax", "4321"};
        fc.c.linux_.sysctl.n = 1;
        accepted(f, &fc, msgmax_is_set, NULL);
        fc.c.mounts.n = 0; /* no /proc at all, and a forged one in the image */
        fixture_make(f, "proc/sys/kernel/msgmax", "l:/etc/passwd");
        accepted(f, &fc, NULL, NULL);
        fc.sysctl[0].value = "not a number";
        refused(f, &fc, EINVAL, "/linux/sysctl/kernel.msgmax");
}

static int is_the_rootfs(void *arg)
{
        (void)arg;
        EXPECT(access("/mark", F_OK) == 0);
        return 0;
}

/* Whoever can write to a directory above the rootfs can't choose what becomes the root. */
static void rootfs__bundle_exchanged_before_pivot__still_the_same_rootfs(void **state)
{
        struct fixture *f = *state;
        struct fixture_config fc;

        fixture_config(&fc);
        fixture_make(f, "mark", "f:");
        f->exchange = true;
        accepted(f, &fc, is_the_rootfs, NULL);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(rootfs__mount_target_is_symlink_outside__mounted_inside,
                                                fixture_setup, fixture_teardown),
                cmocka_unit_test_setup_teardown(rootfs__symlinked_target_that_must_be_made__made_inside,
                                                fixture_setup, fixture_teardown),
                cmocka_unit_test_setup_teardown(rootfs__proc_or_sys_is_symlink__refused, fixture_setup,
                                                fixture_teardown),
                cmocka_unit_test_setup_teardown(rootfs__target_in_proc__refused, fixture_setup,
                                                fixture_teardown),
                cmocka_unit_test_setup_teardown(rootfs__emulated_proc_file__allowed, fixture_setup,
                                                fixture_teardown),
                cmocka_unit_test_setup_teardown(rootfs__bind_of_the_whole_proc__allowed, fixture_setup,
                                                fixture_teardown),
                cmocka_unit_test_setup_teardown(rootfs__false_dev_null__refused_as_mask, fixture_setup,
                                                fixture_teardown),
                cmocka_unit_test_setup_teardown(rootfs__image_dev_with_links__refused, fixture_setup,
                                                fixture_teardown),
                cmocka_unit_test_setup_teardown(rootfs__image_dev_with_files__covered_by_devices,
                                                fixture_setup, fixture_teardown),
                cmocka_unit_test_setup_teardown(rootfs__dev_is_symlink__furnished_inside, fixture_setup,
                                                fixture_teardown),
                cmocka_unit_test_setup_teardown(rootfs__paths_by_symlink__masked_inside, fixture_setup,
                                                fixture_teardown),
                cmocka_unit_test_setup_teardown(rootfs__symlink_exchanged_meanwhile__host_unchanged,
                                                fixture_setup, fixture_teardown),
                cmocka_unit_test_setup_teardown(rootfs__sysctl__written_through_own_procfs, fixture_setup,
                                                fixture_teardown),
                cmocka_unit_test_setup_teardown(rootfs__bundle_exchanged_before_pivot__still_the_same_rootfs,
                                                fixture_setup, fixture_teardown),
        };

        if (geteuid() != 0) {
                print_message("skip: mounts need root\n");
                return 77;
        }
        return cmocka_run_group_tests(tests, NULL, NULL);
}
