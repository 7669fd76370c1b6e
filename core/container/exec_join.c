#include "core/container/exec_join.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "core/base/err.h"
#include "core/base/io.h"
#include "core/base/limits.h"
#include "core/base/scope.h"
#include "core/container/cgroup.h"
#include "core/container/process.h"
#include "core/sys.h"

/*
 * The names of /proc/PID/ns are config.json's but for these. An init that waits to be started has made its time namespace,
 * and enters it by execve: until then it is that of its children.
 */
static const char *proc_name(enum config_ns ns, bool waits)
{
        if (ns == CONFIG_NS_NETWORK)
                return "net";
        if (ns == CONFIG_NS_TIME && waits)
                return "time_for_children";
        return ns == CONFIG_NS_MOUNT ? "mnt" : config_ns_name(ns);
}

static int open_one(const struct sys *sys, pid_t init, bool waits, enum config_ns ns, int *ret_fd, struct err *err)
{
        char path[64], own_path[64];
        struct stat there, own;
        int r;

        snprintf(path, sizeof(path), "/proc/%d/ns/%s", (int)init, proc_name(ns, waits));
        snprintf(own_path, sizeof(own_path), "/proc/self/ns/%s", proc_name(ns, false));
        SCOPED_FD fd = {sys, sys->op->openat(sys, AT_FDCWD, path, O_RDONLY | O_CLOEXEC, 0)};
        if (fd.fd == -ENOENT && sys->op->fstatat(sys, AT_FDCWD, own_path, &own, 0) == -ENOENT)
                return 0; /* this kernel has no such namespaces */
        if (fd.fd < 0)
                return err_sys(err, fd.fd == -ENOENT ? -ESRCH : fd.fd, "exec", path,
                               "the container's namespace");
        r = sys->op->fstat(sys, fd.fd, &there);
        if (r == 0)
                r = sys->op->fstatat(sys, AT_FDCWD, own_path, &own, 0);
        if (r < 0)
                return err_sys(err, r, "exec", path, "%s", "");
        if (there.st_dev != own.st_dev || there.st_ino != own.st_ino)
                *ret_fd = scoped_fd_steal(&fd);
        return 0;
}

int exec_join_open(const struct sys *sys, pid_t init, uint64_t start, int ret_ns[CONFIG_NS__COUNT],
                   struct err *err)
{
        struct process_stat stat;
        int ns[CONFIG_NS__COUNT], r = process_stat_read(sys, init, &stat, err);
        bool waits = r == 0 && stat.forknoexec;

        for (int i = 0; i < CONFIG_NS__COUNT; i++)
                ns[i] = -1;
        for (int i = 0; r == 0 && i < CONFIG_NS__COUNT; i++)
                r = open_one(sys, init, waits, (enum config_ns)i, &ns[i], err);
        /* In this order: if the start time is right now, all were opened at the right process. */
        if (r == 0)
                r = process_stat_read(sys, init, &stat, err);
        if (r == 0 && stat.start != start)
                r = err_set(err, ESRCH, "exec", NULL, "the container's init is gone");
        if (r == 0 && ns[CONFIG_NS_MOUNT] <
                              0) /* labrun makes no such container: never run a payload on the host's root */
                r = err_set(err, EXDEV, "exec", NULL,
                            "the container's init is in the caller's mount namespace");
        if (r < 0) {
                exec_join_close(sys, ns);
                return r;
        }
        memcpy(ret_ns, ns, sizeof(ns));
        return 0;
}

void exec_join_close(const struct sys *sys, int ns[CONFIG_NS__COUNT])
{
        for (int i = 0; i < CONFIG_NS__COUNT; i++) {
                if (ns[i] >= 0)
                        (void)sys->op->close(sys, ns[i]);
                ns[i] = -1;
        }
}

/* Init's cgroup of version 2 is dir or below it: the last part of the two paths, by where dir's own path ends
 * in it. */
static int below(const struct sys *sys, const struct cgroup_dir *dir, pid_t init, char *ret_path, size_t size)
{
        SCOPED_MEM mem = {sys, NULL};
        const char *name = strrchr(dir->path, '/'), *at;
        char file[64], *text, *line;
        size_t len, n;
        int r;

        snprintf(file, sizeof(file), "/proc/%d/cgroup", (int)init);
        r = io_read_file(sys, AT_FDCWD, file, LIMIT_SMALL_FILE, &text, &len, NULL);
        if (r < 0)
                return r;
        mem.ptr = text;
        for (line = text; line && strncmp(line, "0::", 3) != 0;) {
                line = strchr(line, '\n');
                line = line ? line + 1 : NULL;
        }
        if (!line || !name)
                return -ENOENT;
        line[strcspn(line, "\n")] = '\0';
        n = strlen(name);
        for (at = line + 3; (at = strstr(at, name)); at++)
                if (at[n] == '/') {
                        int k = snprintf(ret_path, size, "%s%s/cgroup.procs", dir->path, at + n);
                        return k < 0 || (size_t)k >= size || strstr(at + n, "/..") ? -ENAMETOOLONG : 0;
                }
        return -ENOENT;
}

int exec_join_cgroup(const struct sys *sys, const struct cgroup *cgroup, pid_t init, pid_t pid,
                     struct err *err)
{
        for (size_t i = 0; i < cgroup->n; i++) {
                struct cgroup one = {.n = 1, .dir = &cgroup->dir[i]};
                char path[2 * 4096], text[16];
                int r = cgroup_add(sys, &one, pid, err);

                if (r == -EBUSY && one.dir->v2 && below(sys, one.dir, init, path, sizeof(path)) == 0) {
                        snprintf(text, sizeof(text), "%d", (int)pid);
                        r = io_write_file(sys, AT_FDCWD, path, text);
                        if (r < 0)
                                err_sys(err, r, "cgroup", path, "process %d can't join", (int)pid);
                }
                if (r < 0)
                        return r;
        }
        return 0;
}
