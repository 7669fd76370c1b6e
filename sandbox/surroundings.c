#include "sandbox/surroundings.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/err.h"

#define CGROUP "/sys/fs/cgroup"

static int read_text(const char *path, char *buf, size_t size)
{
        int fd = open(path, O_RDONLY | O_CLOEXEC);
        size_t n = 0;
        ssize_t got = 1;

        if (fd < 0)
                return -errno;
        while (got > 0 && n < size - 1) {
                got = read(fd, buf + n, size - 1 - n);
                n += got > 0 ? (size_t)got : 0;
        }
        buf[n] = '\0';
        close(fd);
        return got < 0 ? -errno : 0;
}

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
        if (mount("tmpfs", "/run", "tmpfs", MS_NOSUID | MS_NODEV, "mode=755,size=256m") < 0 ||
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

int surroundings_make(const struct runtime *rt, struct surroundings *ret, struct err *err)
{
        int rc;

        memset(ret, 0, sizeof *ret);
        if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
                return err_sys(err, -errno, "surroundings", "/", "cannot be made private");
        rc = make_cgroups(err);
        if (rc == 0)
                rc = make_mounts(rt, ret, err);
        if (rc < 0)
                return rc;
        rc = write_text(CGROUP "/supervisor/cgroup.procs", "0");
        if (rc < 0)
                return err_sys(err, rc, "surroundings", CGROUP "/supervisor", "cannot be joined");
        rc = read_text("/proc/self/mountinfo", ret->mounts, sizeof ret->mounts);
        return rc < 0 ? err_sys(err, rc, "surroundings", "mountinfo", "cannot be read") : 0;
}

/* ------------------------------------------------------------------ what is left */

static void left(struct observation *o, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static void left(struct observation *o, const char *fmt, ...)
{
        va_list ap;

        if (o->n_left == OBS_LEFT)
                return;
        va_start(ap, fmt);
        vsnprintf(o->left[o->n_left++], sizeof o->left[0], fmt, ap);
        va_end(ap);
}

/* Calls fn for each process but this one. */
static void each_process(void (*fn)(int pid, void *arg), void *arg)
{
        DIR *proc = opendir("/proc");
        struct dirent *e;

        while (proc && (e = readdir(proc)))
                if (isdigit((unsigned char)e->d_name[0]) && atoi(e->d_name) != getpid())
                        fn(atoi(e->d_name), arg);
        if (proc)
                closedir(proc);
}

static void describe(int pid, char *buf, size_t size)
{
        char path[64], comm[64] = "?", wchan[64] = "";

        snprintf(path, sizeof path, "/proc/%d/comm", pid);
        read_text(path, comm, sizeof comm);
        comm[strcspn(comm, "\n")] = '\0';
        snprintf(path, sizeof path, "/proc/%d/wchan", pid);
        read_text(path, wchan, sizeof wchan);
        snprintf(buf, size, "%d %s (%s)", pid, comm, wchan);
}

static void left_process(int pid, void *arg)
{
        char text[160];

        describe(pid, text, sizeof text);
        left(arg, "process %s", text);
}

struct text {
        char *buf;
        size_t size, n;
};

static void add_process(int pid, void *arg)
{
        struct text *t = arg;
        char one[160];
        int n;

        describe(pid, one, sizeof one);
        n = snprintf(t->buf + t->n, t->size - t->n, "%s%s", t->n ? ", " : "", one);
        t->n = n > 0 && t->n + (size_t)n < t->size ? t->n + (size_t)n : t->size - 1;
}

void surroundings_processes(char *buf, size_t size)
{
        struct text t = { buf, size, 0 };

        buf[0] = '\0';
        each_process(add_process, &t);
}

static void count_process(int pid, void *arg)
{
        (void)pid;
        ++*(unsigned *)arg;
}

unsigned surroundings_count(void)
{
        unsigned n = 0;

        each_process(count_process, &n);
        return n;
}

/* Lines of mountinfo that were not there. */
static void left_mounts(const struct surroundings *su, struct observation *o)
{
        static char now[SURROUNDINGS_MOUNTS];
        char *line, *rest = now;

        if (read_text("/proc/self/mountinfo", now, sizeof now) < 0)
                return;
        while ((line = strsep(&rest, "\n")))
                if (line[0] && !strstr(su->mounts, line))
                        left(o, "mount %.200s", line);
}

static bool expected_file(const struct surroundings *su, const char *path)
{
        static const char *const ours[] = { SURROUNDINGS_DIR, SURROUNDINGS_STATE, SURROUNDINGS_IO, SURROUNDINGS_LOG,
                                            SURROUNDINGS_PID, SURROUNDINGS_BUNDLE,
                                            SURROUNDINGS_BUNDLE "/config.json" };

        for (size_t i = 0; i < sizeof ours / sizeof *ours; i++)
                if (strcmp(path, ours[i]) == 0)
                        return true;
        return strncmp(su->runtime, path, strlen(path)) == 0;
}

/* The files of the scenario, and the inside of the rootfs, which the payload may change. */
static bool not_walked(const char *path)
{
        return strcmp(path, SURROUNDINGS_IO) == 0 || strcmp(path, SURROUNDINGS_BUNDLE "/rootfs") == 0;
}

static void left_files(const struct surroundings *su, struct observation *o, const char *dir, int depth)
{
        DIR *d = opendir(dir);
        struct dirent *e;

        while (d && (e = readdir(d))) {
                char path[PATH_MAX];

                if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0 ||
                    snprintf(path, sizeof path, "%s/%s", dir, e->d_name) >= (int)sizeof path)
                        continue;
                if (!expected_file(su, path) && !not_walked(path))
                        left(o, "file %s", path);
                else if (e->d_type == DT_DIR && depth < 8 && !not_walked(path))
                        left_files(su, o, path, depth + 1);
        }
        if (d)
                closedir(d);
}

static void left_cgroups(struct observation *o)
{
        DIR *d = opendir(CGROUP);
        struct dirent *e;

        while (d && (e = readdir(d)))
                if (e->d_type == DT_DIR && e->d_name[0] != '.' && strcmp(e->d_name, "supervisor") != 0)
                        left(o, "cgroup /%s", e->d_name);
        if (d)
                closedir(d);
}

void surroundings_left(const struct surroundings *su, struct observation *o)
{
        each_process(left_process, o);
        left_mounts(su, o);
        left_cgroups(o);
        left_files(su, o, "/run", 0);
        left_files(su, o, "/tmp", 0);
}
