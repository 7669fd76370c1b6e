#include "sandbox/surroundings.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <linux/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "core/base/err.h"
#include "sandbox/text.h"

#define CGROUP SURROUNDINGS_CGROUP

static int write_text(const char *path, const char *text)
{
        int fd = open(path, O_WRONLY | O_CLOEXEC), rc = 0;

        if (fd < 0)
                return -errno;
        if (write(fd, text, strlen(text)) < 0)
                rc = -errno;
        close(fd);
        return rc;
}

static bool hidden(const char *path)
{
        return strncmp(path, "/run/", 5) == 0 || strncmp(path, "/tmp/", 5) == 0;
}

/* The runtime under its own path again, from the fd that was opened before the tmpfs came. */
static int put_back(int fd, const char *path)
{
        char dir[PATH_MAX], source[64];
        int made;

        snprintf(dir, sizeof dir, "%s", path);
        for (char *p = strchr(dir + 1, '/'); p; p = strchr(p + 1, '/')) {
                *p = '\0';
                if (mkdir(dir, 0755) < 0 && errno != EEXIST)
                        return -errno;
                *p = '/';
        }
        made = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0755);
        if (made < 0)
                return -errno;
        close(made);
        snprintf(source, sizeof source, "/proc/self/fd/%d", fd);
        return mount(source, path, NULL, MS_BIND, NULL) < 0 ? -errno : 0;
}

static int make_cgroups(struct err *err)
{
        if (unshare(CLONE_NEWCGROUP) < 0)
                return err_sys(err, -errno, "surroundings", "cgroup namespace", "cannot be made");
        /* Only version 2: crun refuses a hybrid. Each detach takes the topmost mount with all below it. */
        while (umount2(CGROUP, MNT_DETACH) == 0)
                ;
        if (mount("cgroup2", CGROUP, "cgroup2", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) < 0)
                return err_sys(err, -errno, "surroundings", CGROUP, "cgroup2 cannot be mounted");
        if (mkdir(CGROUP "/supervisor", 0755) < 0)
                return err_sys(err, -errno, "surroundings", CGROUP "/supervisor", "cannot be made");
        return 0;
}

static int make_mounts(const struct runtime *rt, struct surroundings *ret, struct err *err)
{
        static const char *const dirs[] = { SURROUNDINGS_DIR, SURROUNDINGS_STATE, SURROUNDINGS_IO };
        int fd = -1, rc = 0;

        if (hidden(rt->path)) {
                snprintf(ret->runtime, sizeof ret->runtime, "%s", rt->path);
                fd = open(rt->path, O_PATH | O_CLOEXEC);
        }
        if (mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) < 0)
                return err_sys(err, -errno, "surroundings", "/proc", "cannot be mounted");
        if (mount("tmpfs", "/run", "tmpfs", MS_NOSUID, "mode=755,size=256m") < 0 ||
            mount("tmpfs", "/tmp", "tmpfs", MS_NOSUID | MS_NODEV, "mode=1777,size=64m") < 0)
                return err_sys(err, -errno, "surroundings", "/run and /tmp", "cannot be mounted");
        if (ret->runtime[0])
                rc = fd < 0 ? -ENOENT : put_back(fd, ret->runtime);
        if (fd >= 0)
                close(fd);
        if (rc < 0)
                return err_sys(err, rc, "surroundings", rt->path, "cannot be shown");
        for (size_t i = 0; i < sizeof dirs / sizeof *dirs; i++)
                if (mkdir(dirs[i], 0755) < 0)
                        return err_sys(err, -errno, "surroundings", dirs[i], "cannot be made");
        return 0;
}

/* Before anything is mounted. Linux 5.12; an older kernel leaves the machine to the runtimes' care. */
static int make_read_only(struct err *err)
{
        struct mount_attr attr = { .attr_set = MOUNT_ATTR_RDONLY };

        if (syscall(SYS_mount_setattr, AT_FDCWD, "/", AT_RECURSIVE, &attr, sizeof attr) < 0 && errno != ENOSYS)
                return err_sys(err, -errno, "surroundings", "/", "cannot be made read-only");
        return 0;
}

/* Nodes of our own, so that whoever chowns or removes one does it to us only. */
static int make_devices(struct err *err)
{
        static const struct {
                const char *path;
                unsigned major, minor;
        } node[] = { { "/dev/null", 1, 3 },   { "/dev/zero", 1, 5 },    { "/dev/full", 1, 7 },
                     { "/dev/random", 1, 8 }, { "/dev/urandom", 1, 9 }, { "/dev/tty", 5, 0 } };
        static const char *const link[][2] = { { "/proc/self/fd", "/dev/fd" },     { "fd/0", "/dev/stdin" },
                                               { "fd/1", "/dev/stdout" },          { "fd/2", "/dev/stderr" },
                                               { "pts/ptmx", "/dev/ptmx" } };

        if (mount("tmpfs", "/dev", "tmpfs", MS_NOSUID | MS_NOEXEC, "mode=755,size=1m") < 0 ||
            mkdir("/dev/pts", 0755) < 0 || mkdir("/dev/shm", 01777) < 0 ||
            mount("devpts", "/dev/pts", "devpts", MS_NOSUID | MS_NOEXEC, "newinstance,ptmxmode=0666,mode=620") < 0)
                return err_sys(err, -errno, "surroundings", "/dev", "cannot be mounted");
        for (size_t i = 0; i < sizeof node / sizeof *node; i++)
                if (mknod(node[i].path, S_IFCHR | 0666, makedev(node[i].major, node[i].minor)) < 0 ||
                    chmod(node[i].path, 0666) < 0)
                        return err_sys(err, -errno, "surroundings", node[i].path, "cannot be made");
        for (size_t i = 0; i < sizeof link / sizeof *link; i++)
                if (symlink(link[i][0], link[i][1]) < 0)
                        return err_sys(err, -errno, "surroundings", link[i][1], "cannot be made");
        return 0;
}

int surroundings_make(const struct runtime *rt, bool shared_mounts, struct surroundings *ret, struct err *err)
{
        int rc;

        memset(ret, 0, sizeof *ret);
        if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
                return err_sys(err, -errno, "surroundings", "/", "cannot be made private");
        rc = make_read_only(err);
        if (rc == 0)
                rc = make_cgroups(err);
        if (rc == 0)
                rc = make_mounts(rt, ret, err);
        if (rc == 0)
                rc = make_devices(err);
        if (rc < 0)
                return rc;
        if (shared_mounts && mount(NULL, "/", NULL, MS_REC | MS_SHARED, NULL) < 0)
                return err_sys(err, -errno, "surroundings", "/", "cannot be made shared");
        rc = write_text(CGROUP "/supervisor/cgroup.procs", "0");
        if (rc < 0)
                return err_sys(err, rc, "surroundings", CGROUP "/supervisor", "cannot be joined");
        rc = text_read("/proc/self/mountinfo", ret->mounts, sizeof ret->mounts);
        return rc < 0 ? err_sys(err, rc, "surroundings", "mountinfo", "cannot be read") : 0;
}
