#include "sandbox/sweep.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "core/base/err.h"

int sweep_open_root(struct err *err)
{
        int fs = (int)syscall(SYS_fsopen, "cgroup2", FSOPEN_CLOEXEC), fd = -1, rc = 0;

        if (fs < 0)
                return err_sys(err, -errno, "executor", "cgroup2", "is not there");
        if (syscall(SYS_fsconfig, fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0 ||
            (fd = (int)syscall(SYS_fsmount, fs, FSMOUNT_CLOEXEC, 0)) < 0)
                rc = err_sys(err, -errno, "executor", "cgroup2", "cannot be mounted");
        close(fs);
        return rc < 0 ? rc : fd;
}

/* Field 22 of /proc/PID/stat, 0 if there is no such process. */
static unsigned long long start_time(long pid)
{
        char path[64], buf[1024], *p;
        unsigned long long ticks = 0;
        FILE *f;
        size_t n;

        snprintf(path, sizeof path, "/proc/%ld/stat", pid);
        f = fopen(path, "re");
        if (!f)
                return 0;
        n = fread(buf, 1, sizeof buf - 1, f);
        fclose(f);
        buf[n] = '\0';
        p = strrchr(buf, ')'); /* the name before it may hold anything */
        if (!p || sscanf(p + 2, "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %*d %*d %llu",
                         &ticks) != 1)
                return 0;
        return ticks;
}

void sweep_own_name(char *buf, size_t size)
{
        snprintf(buf, size, "initlab-%ld-%llu", (long)getpid(), start_time(getpid()));
}

bool sweep_is_dead(const char *name)
{
        unsigned long long ticks;
        char end;
        long pid;

        if (sscanf(name, "initlab-%ld-%llu%c", &pid, &ticks, &end) != 2 || pid <= 0)
                return false;
        return start_time(pid) != ticks;
}

static int remove_tree(int parent, const char *name, int depth)
{
        int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
        DIR *d = fd < 0 ? NULL : fdopendir(fd);
        struct dirent *e;

        while (d && depth < 32 && (e = readdir(d)))
                if (e->d_type == DT_DIR && strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
                        remove_tree(dirfd(d), e->d_name, depth + 1);
        if (d)
                closedir(d);
        else if (fd >= 0)
                close(fd);
        return unlinkat(parent, name, AT_REMOVEDIR) < 0 && errno != ENOENT ? -errno : 0;
}

int sweep_remove(int root, const char *name)
{
        int rc = remove_tree(root, name, 0);

        for (int i = 0; rc == -EBUSY && i < 1000; i++) {
                nanosleep(&(struct timespec){ 0, 1000000 }, NULL);
                rc = remove_tree(root, name, 0);
        }
        return rc;
}

/* An executor holds a lock on its folder, which also those of other pid namespaces see. */
static bool unlocked(int root, const char *name)
{
        int fd = openat(root, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
        bool free_ = fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0;

        if (fd >= 0)
                close(fd);
        return free_;
}

void sweep_dead(int root)
{
        int fd = openat(root, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        DIR *d = fd < 0 ? NULL : fdopendir(fd);
        struct dirent *e;

        while (d && (e = readdir(d)))
                if (e->d_type == DT_DIR && sweep_is_dead(e->d_name) && unlocked(root, e->d_name))
                        sweep_remove(root, e->d_name);
        if (d)
                closedir(d);
        else if (fd >= 0)
                close(fd);
}
