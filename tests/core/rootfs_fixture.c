#include "tests/core/rootfs_fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <linux/capability.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/container/rootfs.h"
#include "core/sys.h"
#include "tests/core/failing_sys.h"

#define CANARY "nothing may change this\n"

static void write_text(const char *path, const char *text)
{
        int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

        assert_true(fd >= 0);
        assert_int_equal(write(fd, text, strlen(text)), strlen(text));
        close(fd);
}

void fixture_make(const struct fixture *f, const char *path, const char *what)
{
        char full[512];
        int n = snprintf(full, sizeof(full), "%s/%s", f->rootfs, path);

        assert_true(n > 0 && (size_t)n < sizeof(full));
        for (char *p = full + strlen(f->rootfs) + 1; (p = strchr(p, '/')); p++) {
                *p = '\0';
                assert_true(mkdir(full, 0755) == 0 || errno == EEXIST);
                *p = '/';
        }
        if (what[0] == 'd')
                assert_true(mkdir(full, 0755) == 0 || errno == EEXIST);
        else if (what[0] == 'l')
                assert_int_equal(symlink(what + 2, full), 0);
        else
                write_text(full, what + 2);
}

int fixture_setup(void **state)
{
        struct fixture *f = calloc(1, sizeof(*f));
        char canary[128];

        *state = f;
        strcpy(f->bundle, "/tmp/initlab-rootfs-XXXXXX");
        if (!mkdtemp(f->bundle))
                return -1;
        snprintf(f->rootfs, sizeof(f->rootfs), "%s/rootfs", f->bundle);
        snprintf(f->outside, sizeof(f->outside), "%s/outside", f->bundle);
        if (mkdir(f->rootfs, 0755) < 0 || mkdir(f->outside, 0755) < 0)
                return -1;
        snprintf(canary, sizeof(canary), "%s/canary", f->outside);
        write_text(canary, CANARY);
        fixture_make(f, "proc", "d");
        fixture_make(f, "sys", "d");
        fixture_make(f, "dev", "d");
        fixture_make(f, "etc/passwd", "f:root:x:0:0::/:/bin/sh\n");
        fixture_make(f, "secret", "f:hidden\n");
        fixture_make(f, "secrets/one", "f:hidden\n");
        fixture_make(f, "others/one", "f:hidden\n");
        fixture_make(f, "fixed/one", "f:fixed\n");
        return 0;
}

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
        (void)st;
        (void)type;
        (void)ftw;
        return remove(path);
}

int fixture_teardown(void **state)
{
        struct fixture *f = *state;
        int r = 0;

        if (f->bundle[0])
                r = nftw(f->bundle, remove_entry, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
        free(f);
        return r;
}

size_t fixture_mount(struct fixture_config *fc, const char *destination, const char *type, const char *source,
                     ...)
{
        size_t i = fc->c.mounts.n++;
        va_list ap;

        assert_true(i < 16);
        fc->mounts[i] = (struct config_mount){.destination = destination, .type = type, .source = source};
        fc->mounts[i].options.item = fc->options[i];
        va_start(ap, source);
        for (const char *o; (o = va_arg(ap, const char *));) {
                assert_true(fc->mounts[i].options.n < 8);
                fc->options[i][fc->mounts[i].options.n++] = o;
        }
        va_end(ap);
        return i;
}

void fixture_config(struct fixture_config *fc)
{
        struct config *c = &fc->c;

        memset(fc, 0, sizeof(*fc));
        c->root.set = true;
        c->root.path = "rootfs";
        c->mounts.item = fc->mounts;
        c->linux_.set = true;
        c->linux_.masked_paths.item = fc->masked;
        c->linux_.readonly_paths.item = fc->readonly;
        c->linux_.devices.item = fc->devices;
        c->linux_.sysctl.item = fc->sysctl;
        c->linux_.ns[CONFIG_NS_MOUNT].set = true;
        c->linux_.ns[CONFIG_NS_PID].set = true;
        c->linux_.ns[CONFIG_NS_IPC].set = true;
        c->linux_.ns[CONFIG_NS_UTS].set = true;
        c->linux_.ns[CONFIG_NS_NETWORK].set = true;
        fixture_mount(fc, "/proc", "proc", "proc", NULL);
        fixture_mount(fc, "/dev", "tmpfs", "tmpfs", "nosuid", "strictatime", "mode=755", "size=65536k", NULL);
        fixture_mount(fc, "/dev/pts", "devpts", "devpts", "nosuid", "noexec", "newinstance", "ptmxmode=0666",
                      "mode=0620", "gid=5", NULL);
        fixture_mount(fc, "/dev/shm", "tmpfs", "shm", "nosuid", "noexec", "nodev", "mode=1777", "size=65536k",
                      NULL);
        fixture_mount(fc, "/dev/mqueue", "mqueue", "mqueue", "nosuid", "noexec", "nodev", NULL);
        fixture_mount(fc, "/sys", "sysfs", "sysfs", "nosuid", "noexec", "nodev", "ro", NULL);
        fixture_mount(fc, "/sys/fs/cgroup", "cgroup", "cgroup", "nosuid", "noexec", "nodev", "relatime", "ro",
                      NULL);
}

/* What the builder tells the host process. */
struct report {
        bool refused, swallowed, reached;
        struct err err;
        int line;
};

static void drop_mknod(void)
{
        struct __user_cap_header_struct h = {.version = _LINUX_CAPABILITY_VERSION_3};
        struct __user_cap_data_struct d[2];

        if (sys_linux()->op->capget(sys_linux(), &h, d) < 0)
                _exit(94);
        d[0].effective &= ~(1u << CAP_MKNOD);
        if (sys_linux()->op->capset(sys_linux(), &h, d) < 0)
                _exit(94);
}

static int open_fds(void)
{
        int n = 0;

        for (int fd = 0; fd < 256; fd++)
                n += fcntl(fd, F_GETFD) >= 0;
        return n;
}

/* What somebody with a directory above the rootfs can do while the container is built. */
static void exchange_bundle(const struct fixture *f)
{
        char aside[96];

        snprintf(aside, sizeof(aside), "%s.aside", f->bundle);
        if (rename(f->bundle, aside) < 0 || mkdir(f->bundle, 0755) < 0 || symlink("/", f->rootfs) < 0)
                _exit(92);
}

/* The host's process undoes it. */
static int exchange_back(const struct fixture *f)
{
        char aside[96];

        snprintf(aside, sizeof(aside), "%s.aside", f->bundle);
        if (access(aside, F_OK) < 0)
                return 0;
        return unlink(f->rootfs) < 0 || rmdir(f->bundle) < 0 || rename(aside, f->bundle) < 0 ? -1 : 0;
}

static void build(const struct fixture *f, const struct config *c, inside_fn *inside, void *arg, int pipe_fd)
{
        struct report report = {0};
        struct failing_sys failing;
        const struct sys *sys = &failing.sys;
        int r, root_fd = -1, fds = open_fds();

        umask(077); /* must not matter */
        if (f->no_mknod)
                drop_mknod();
        failing_sys_init(&failing, f->fail_errno ? f->fail_at : 0, f->fail_errno);
        r = rootfs_prepare(sys, c, f->bundle, NULL, NULL, &root_fd, &report.err);
        if (r == 0 && f->exchange)
                exchange_bundle(f);
        if (r == 0)
                r = rootfs_pivot(sys, root_fd, &report.err);
        if (root_fd >= 0)
                close(root_fd);
        if (r == 0)
                r = rootfs_finish(sys, c, &report.err);
        report.refused = r < 0;
        report.reached = failing.op != NULL;
        report.swallowed =
                open_fds() != fds ||
                (r < 0 && (report.err.errnum != -r || !report.err.step[0] || !report.err.place[0]));
        if (r == 0 && inside)
                report.line = inside(arg);
        _exit(write(pipe_fd, &report, sizeof(report)) == sizeof(report) ? 0 : 99);
}

static size_t slurp(const char *path, char *buf, size_t size)
{
        int fd = open(path, O_RDONLY | O_CLOEXEC);
        size_t n = 0;
        ssize_t r;

        while (fd >= 0 && n < size - 1 && (r = read(fd, buf + n, size - 1 - n)) > 0)
                n += (size_t)r;
        if (fd >= 0)
                close(fd);
        buf[n] = '\0';
        return n;
}

static bool canary_is_well(const struct fixture *f)
{
        char path[128], text[64];
        struct stat st;

        snprintf(path, sizeof(path), "%s/canary", f->outside);
        slurp(path, text, sizeof(text));
        /* link count 2: no directory was made in there */
        return strcmp(text, CANARY) == 0 && stat(f->outside, &st) == 0 && st.st_nlink == 2 && st.st_dev &&
               lstat(path, &st) == 0 && S_ISREG(st.st_mode);
}

static int wait_for(pid_t pid)
{
        int status;

        while (waitpid(pid, &status, 0) < 0)
                if (errno != EINTR)
                        return -1;
        return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

/* The host: a mount namespace where everything is shared, so that any mount that leaks can be seen. */
static int host(const struct fixture *f, const struct config *c, inside_fn *inside, void *arg, int pipe_fd)
{
        static char before[1 << 18], after[1 << 18];
        pid_t pid;
        int r;

        if (unshare(CLONE_NEWNS) < 0 || mount("", "/", NULL, MS_PRIVATE | MS_REC, NULL) < 0 ||
            mount("", "/", NULL, MS_SHARED | MS_REC, NULL) < 0)
                return 98;
        if (f->unified_only) {
                umount2("/sys/fs/cgroup", MNT_DETACH);
                if (mount("cgroup2", "/sys/fs/cgroup", "cgroup2", 0, NULL) < 0)
                        return 93;
        }
        slurp("/proc/self/mountinfo", before, sizeof(before));
        pid = fork();
        if (pid == 0) {
                if (unshare(CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS |
                            (c->linux_.ns[CONFIG_NS_NETWORK].set ? CLONE_NEWNET : 0) |
                            (c->linux_.ns[CONFIG_NS_CGROUP].set ? CLONE_NEWCGROUP : 0)) < 0)
                        _exit(97);
                pid = fork(); /* the first process of the new pid namespace */
                if (pid == 0)
                        build(f, c, inside, arg, pipe_fd);
                _exit(pid < 0 ? 96 : wait_for(pid));
        }
        r = pid < 0 ? 95 : wait_for(pid);
        slurp("/proc/self/mountinfo", after, sizeof(after));
        if (exchange_back(f) < 0)
                return 91;
        if (strcmp(before, after) != 0 || !canary_is_well(f))
                return 1;
        return r;
}

enum fixture_end fixture_run(const struct fixture *f, const struct config *c, inside_fn *inside, void *arg,
                             struct err *ret_err, int *ret_line)
{
        struct report report = {0};
        int fds[2], r;
        ssize_t n;
        pid_t pid;

        assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
        pid = fork();
        assert_true(pid >= 0);
        if (pid == 0)
                _exit(host(f, c, inside, arg, fds[1]));
        close(fds[1]);
        r = wait_for(pid);
        n = read(fds[0], &report, sizeof(report));
        close(fds[0]);
        if (ret_err)
                *ret_err = report.err;
        if (ret_line)
                *ret_line = report.line;
        if (r == 1)
                return FIXTURE_HOST_CHANGED;
        if (r != 0 || n != sizeof(report)) {
                print_message("the builder exited with %d\n", r);
                return FIXTURE_BROKEN;
        }
        if (report.swallowed)
                return FIXTURE_SWALLOWED;
        if (report.refused)
                return FIXTURE_REFUSED;
        if (report.line)
                return FIXTURE_INSIDE;
        return f->fail_errno && !report.reached ? FIXTURE_NOT_REACHED : FIXTURE_OK;
}

const char *fixture_end_name(enum fixture_end end)
{
        static const char *const names[] = {"ok",     "refused",   "unexpected inside", "host changed",
                                            "broken", "swallowed", "not reached"};

        return names[end];
}
