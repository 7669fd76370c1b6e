#include "core/container/cgroup.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "core/base/err.h"
#include "core/base/io.h"
#include "core/base/limits.h"
#include "core/base/scope.h"
#include "core/config/config.h"
#include "core/container/cgroup_hier.h"
#include "core/container/cgroup_tree.h"
#include "core/sys.h"

#define PLACE "/linux/cgroupsPath"

int cgroup_path(const char *cgroups_path, const char *id, char *buf, size_t size, bool *ret_absolute,
                struct err *err)
{
        const char *p = cgroups_path ? cgroups_path : id;
        size_t len = 0;

        *ret_absolute = !cgroups_path || cgroups_path[0] == '/';
        while (*p) {
                size_t n = strcspn(p, "/");
                if (n == 2 && memcmp(p, "..", 2) == 0)
                        return err_set(err, EINVAL, "cgroup", PLACE, "a .. could leave the container's part");
                if (n > 0 && !(n == 1 && *p == '.')) {
                        if (n > 255 || len + n + 2 > size)
                                return err_set(err, ENAMETOOLONG, "cgroup", PLACE, "%s", "");
                        buf[len++] = '/';
                        memcpy(buf + len, p, n);
                        len += n;
                }
                p += n + (p[n] == '/');
        }
        buf[len] = '\0';
        if (len == 0) /* "/" would be the host's own cgroup, and delete would kill everything */
                return err_set(err, EINVAL, "cgroup", PLACE,
                               "no name: the container needs a cgroup of its own");
        return 0;
}

static int join(char *buf, size_t size, const char *dir, const char *name)
{
        int r = snprintf(buf, size, "%s%s%s", dir, name[0] == '/' ? "" : "/", name);

        return r < 0 || (size_t)r >= size ? -ENAMETOOLONG : 0;
}

/* A small cgroup file without its trailing newline; cut at size. */
static int read_value(const struct sys *sys, const char *dir, const char *file, char *buf, size_t size)
{
        SCOPED_FD fd = {sys, -1};
        ssize_t n;
        int r = join(buf, size, dir, file);

        if (r < 0)
                return r;
        fd.fd = sys->op->openat(sys, AT_FDCWD, buf, O_RDONLY | O_CLOEXEC, 0);
        if (fd.fd < 0)
                return fd.fd;
        do
                n = sys->op->read(sys, fd.fd, buf, size - 1);
        while (n == -EINTR);
        if (n < 0)
                return (int)n;
        buf[n] = '\0';
        buf[strcspn(buf, "\n")] = '\0';
        return 0;
}

static int write_value(const struct sys *sys, const char *dir, const char *file, const char *value)
{
        char path[4096 + 256];
        int r = join(path, sizeof(path), dir, file);

        return r < 0 ? r : io_write_file(sys, AT_FDCWD, path, value);
}

/* v1: an empty cpuset takes no process (ENOSPC). Levels that others made and left empty need it as well. */
static int fill_cpuset(const struct sys *sys, const char *parent, const char *dir, struct err *err)
{
        static const char *const files[] = {"cpuset.cpus", "cpuset.mems"};
        char value[8192];

        for (size_t i = 0; i < 2; i++) {
                int r = read_value(sys, dir, files[i], value, sizeof(value));
                if (r == -ENOENT)
                        return 0; /* no cpuset hierarchy */
                if (r == 0 && value[0])
                        continue;
                if (r == 0)
                        r = read_value(sys, parent, files[i], value, sizeof(value));
                if (r == 0)
                        r = write_value(sys, dir, files[i], value);
                if (r < 0)
                        return err_sys(err, r, "cgroup", dir, "%s can't be taken from the parent", files[i]);
        }
        return 0;
}

/* base exists; path's components below it are made one by one. */
static int make_dirs(const struct sys *sys, const char *base, struct cgroup_dir *dir, struct err *err)
{
        char parent[4096], level[4096];
        size_t n = strlen(base);
        bool planned = dir->created[0] != '\0';

        dir->created[0] = '\0'; /* what was missing may be there by now, made by somebody else */

        memcpy(parent, base, n + 1);
        while (dir->path[n]) {
                n += 1 + strcspn(dir->path + n + 1, "/");
                memcpy(level, dir->path, n);
                level[n] = '\0';
                int r = sys->op->mkdirat(sys, AT_FDCWD, level, 0755);
                if (r == 0 && !dir->created[0])
                        memcpy(dir->created, level, n + 1);
                if (r < 0 && r != -EEXIST)
                        return err_sys(err, r, "cgroup", level, "%s", "can't be made");
                if (r == -EEXIST && planned && !dir->path[n])
                        return err_set(err, EBUSY, "cgroup", level, "was made by somebody else just now");
                if (!dir->v2) {
                        r = fill_cpuset(sys, parent, level, err);
                        if (r < 0)
                                return r;
                }
                memcpy(parent, level, n + 1);
        }
        return 0;
}

static int refuse_process(const struct sys *sys, int dir_fd, void *arg)
{
        SCOPED_FD fd = {sys, sys->op->openat(sys, dir_fd, "cgroup.procs", O_RDONLY | O_CLOEXEC, 0)};
        char c;
        ssize_t n;

        (void)arg;
        if (fd.fd < 0)
                return fd.fd == -ENOENT ? 0 : fd.fd;
        do
                n = sys->op->read(sys, fd.fd, &c, 1);
        while (n == -EINTR);
        if (n == -EOPNOTSUPP || n == -ENODEV) /* a threaded cgroup; one that is just gone */
                return 0;
        return n > 0 ? -EBUSY : (int)n;
}

static int check_unused(const struct sys *sys, const struct cgroup_dir *dir, struct err *err)
{
        char value[4096 + 256];
        int r = cgroup_tree_walk(sys, dir->path, cgroup_now(sys) + LIMIT_CGROUP_REMOVE_MS, refuse_process,
                                 NULL);

        if (r < 0)
                return err_sys(err, r, "cgroup", dir->path, "%s",
                               r == -EBUSY ? "exists, and there are processes in it" : "");
        if (read_value(sys, dir->path, "freezer.state", value, sizeof(value)) == 0 &&
            strcmp(value, "THAWED") != 0)
                return err_set(err, EBUSY, "cgroup", dir->path, "exists, and is frozen");
        if (read_value(sys, dir->path, "cgroup.freeze", value, sizeof(value)) == 0 && strcmp(value, "0") != 0)
                return err_set(err, EBUSY, "cgroup", dir->path, "exists, and is frozen");
        return 0;
}

/* base exists. The topmost directory of path that does not: what removal may take away. */
static void find_missing(const struct sys *sys, const char *base, struct cgroup_dir *dir)
{
        struct stat st;
        size_t n = strlen(base);

        dir->created[0] = '\0';
        while (dir->path[n]) {
                n += 1 + strcspn(dir->path + n + 1, "/");
                memcpy(dir->created, dir->path, n);
                dir->created[n] = '\0';
                if (sys->op->fstatat(sys, AT_FDCWD, dir->created, &st, 0) < 0)
                        return;
        }
        dir->created[0] = '\0';
}

static int plan_one(const struct sys *sys, const struct cgroup_hier *h, const char *path, bool absolute,
                    struct cgroup_dir *dir, struct err *err)
{
        const char *base = absolute ? h->mountpoint : h->own;
        struct stat st;
        int r;

        dir->created[0] = '\0';
        dir->v2 = h->v2;
        if (!base[0])
                return err_set(err, ENOENT, "cgroup", PLACE,
                               "the runtime's own cgroup (%s) is not mounted: a relative path has no base",
                               h->v2 ? "version 2" : h->controllers);
        r = join(dir->path, sizeof(dir->path), base, path);
        if (r < 0)
                return err_sys(err, r, "cgroup", PLACE, "%s", "");
        dir->base_len = strlen(base);
        find_missing(sys, base, dir);
        if (sys->op->fstatat(sys, AT_FDCWD, dir->path, &st, 0) < 0)
                return 0;
        return check_unused(sys, dir, err);
}

int cgroup_plan(const struct sys *sys, const struct config *config, const char *id, struct cgroup *ret_cgroup,
                struct err *err)
{
        struct cgroup_hiers hiers;
        struct cgroup cgroup = {0};
        char path[4096];
        bool absolute;
        int r = cgroup_path(config->linux_.cgroups_path, id, path, sizeof(path), &absolute, err);

        if (r == 0)
                r = cgroup_hiers_detect(sys, &hiers, err);
        if (r < 0)
                return r;
        cgroup.dir = sys->op->alloc(sys, hiers.n * sizeof(*cgroup.dir));
        if (!cgroup.dir)
                r = err_set(err, ENOMEM, "cgroup", PLACE, "%s", "");
        for (size_t i = 0; r == 0 && i < hiers.n; i++) {
                r = plan_one(sys, &hiers.item[i], path, absolute, &cgroup.dir[i], err);
                cgroup.n++;
        }
        cgroup_hiers_free(sys, &hiers);
        if (r < 0) {
                cgroup_free(sys, &cgroup);
                return r;
        }
        *ret_cgroup = cgroup;
        return 0;
}

int cgroup_make(const struct sys *sys, struct cgroup *cgroup, struct err *err)
{
        for (size_t i = 0; i < cgroup->n; i++) {
                struct cgroup_dir *dir = &cgroup->dir[i];
                char base[4096];
                memcpy(base, dir->path, dir->base_len);
                base[dir->base_len] = '\0';
                int r = make_dirs(sys, base, dir, err);
                if (r < 0)
                        return r;
        }
        return 0;
}

int cgroup_create(const struct sys *sys, const struct config *config, const char *id,
                  struct cgroup *ret_cgroup, struct err *err)
{
        struct cgroup cgroup;
        int r = cgroup_plan(sys, config, id, &cgroup, err);

        if (r < 0)
                return r;
        r = cgroup_make(sys, &cgroup, err);
        if (r < 0) {
                cgroup_unmake(sys, &cgroup, 0);
                cgroup_free(sys, &cgroup);
                return r;
        }
        *ret_cgroup = cgroup;
        return 0;
}

int cgroup_add(const struct sys *sys, const struct cgroup *cgroup, pid_t pid, struct err *err)
{
        char text[16];

        snprintf(text, sizeof(text), "%d", (int)pid);
        for (size_t i = 0; i < cgroup->n; i++) {
                int r = write_value(sys, cgroup->dir[i].path, "cgroup.procs", text);
                if (r < 0)
                        return err_sys(err, r, "cgroup", cgroup->dir[i].path, "process %d can't join",
                                       (int)pid);
        }
        return 0;
}

int cgroup_open_only(const struct sys *sys, const struct cgroup *cgroup)
{
        int fd = -1;

        if (cgroup->n == 1 && cgroup->dir[0].v2)
                fd = sys->op->openat(sys, AT_FDCWD, cgroup->dir[0].path, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0);
        return fd < 0 ? -1 : fd;
}

void cgroup_free(const struct sys *sys, struct cgroup *cgroup)
{
        if (!cgroup)
                return;
        sys->op->free(sys, cgroup->dir);
        *cgroup = (struct cgroup){0};
}
