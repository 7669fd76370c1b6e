/* The end of a container's cgroups: cgroup_kill and cgroup_remove of cgroup.h. */
#include <errno.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>

#include "core/base/err.h"
#include "core/base/io.h"
#include "core/base/limits.h"
#include "core/base/scope.h"
#include "core/container/cgroup.h"
#include "core/container/cgroup_tree.h"
#include "core/sys.h"

#define MAX_WAIT_MS 50

struct round {
        pid_t self;
        size_t seen;
        pid_t last; /* one of those seen, for the error */
};

static int kill_listed(const struct sys *sys, const char *text, struct round *round)
{
        while (*text) {
                pid_t pid = 0;
                for (; *text >= '0' && *text <= '9'; text++)
                        pid = pid > 100000000 ? pid : pid * 10 + (*text - '0');
                if (*text)
                        text++;
                if (pid == round->self)
                        return -EBUSY;
                round->seen++;
                round->last = pid;
                if (pid <=
                    0) /* outside of our pid namespace: it can't be named, and 0 would mean ourselves */
                        continue;
                int r = sys->op->kill(sys, pid, SIGKILL);
                if (r < 0 && r != -ESRCH)
                        return r;
        }
        return 0;
}

/* Kills what is in one directory, and thaws it: a frozen process of version 1 takes no signal. */
static int kill_dir(const struct sys *sys, int dir_fd, void *arg)
{
        SCOPED_MEM text = {sys, NULL};
        char *p;
        size_t n;
        int r = io_read_file(sys, dir_fd, "cgroup.procs", LIMIT_CONFIG_BYTES, &p, &n, NULL);

        if (r == -ENOENT || r == -ENODEV || r == -EOPNOTSUPP)
                return 0;
        if (r < 0)
                return r;
        text.ptr = p;
        r = kill_listed(sys, p, arg);
        (void)io_write_file(sys, dir_fd, "freezer.state", "THAWED"); /* ENOENT in the other hierarchies */
        return r;
}

static void write_below(const struct sys *sys, const struct cgroup_dir *dir, const char *file,
                        const char *text)
{
        char path[4096 + 64];

        snprintf(path, sizeof(path), "%s/%s", dir->path, file);
        (void)io_write_file(sys, AT_FDCWD, path, text);
}

bool cgroup_is_there(const struct sys *sys, const char *path)
{
        SCOPED_FD fd = {sys, sys->op->openat(sys, AT_FDCWD, path, O_PATH | O_DIRECTORY | O_CLOEXEC, 0)};
        struct statfs st;

        return fd.fd >= 0 && sys->op->fstatfs(sys, fd.fd, &st) == 0 &&
               (st.f_type == CGROUP_SUPER_MAGIC || st.f_type == CGROUP2_SUPER_MAGIC);
}

static int kill_round(const struct sys *sys, const struct cgroup *cgroup, int64_t deadline,
                      struct round *round, struct err *err)
{
        round->seen = 0;
        for (size_t i = 0; i < cgroup->n; i++) {
                const struct cgroup_dir *dir = &cgroup->dir[i];
                if (!cgroup_is_there(sys, dir->path))
                        continue; /* gone, or a stale path of a state file: nothing there is ours to kill */
                int r = cgroup_tree_walk(sys, dir->path, deadline, kill_dir, round);
                if (r < 0 && r != -ENOENT)
                        return err_sys(err, r, "cgroup", dir->path, "%s",
                                       r == -EBUSY ? "the runtime itself is in there" : "killing");
        }
        return 0;
}

/*
 * cgroup.kill (Linux 5.14, version 2) takes the whole tree at once. Version 1 has only the list: whoever
 * forks meanwhile is met in the next round, and from the third round on finds itself frozen while the list is
 * read.
 */
int cgroup_kill(const struct sys *sys, const struct cgroup *cgroup, struct err *err)
{
        int64_t deadline = cgroup_now(sys) + LIMIT_CGROUP_KILL_MS;
        struct round round = {.self = sys->op->getpid(sys)};
        unsigned wait = 1;

        for (unsigned n = 0;; n++) {
                for (size_t i = 0; i < cgroup->n && n >= 2; i++)
                        if (!cgroup->dir[i].v2 && cgroup_is_there(sys, cgroup->dir[i].path))
                                write_below(sys, &cgroup->dir[i], "freezer.state", "FROZEN");
                int r = kill_round(sys, cgroup, deadline, &round, err);
                if (r < 0)
                        return r;
                if (round.seen == 0)
                        return 0;
                if (n == 0) /* after the first list, which would have shown that we are in it ourselves */
                        for (size_t i = 0; i < cgroup->n; i++)
                                if (cgroup->dir[i].v2 && cgroup_is_there(sys, cgroup->dir[i].path))
                                        write_below(sys, &cgroup->dir[i], "cgroup.kill", "1");
                if (cgroup_now(sys) > deadline)
                        return err_set(err, ETIMEDOUT, "cgroup", cgroup->n ? cgroup->dir[0].path : NULL,
                                       "%zu processes survive SIGKILL, %d is one of them", round.seen,
                                       (int)round.last);
                cgroup_sleep(sys, wait);
                wait = wait < MAX_WAIT_MS ? wait * 2 : MAX_WAIT_MS;
        }
}

/* The directory and its parents up to the topmost that we made; a parent that others use by now stays. */
static int remove_own(const struct sys *sys, const struct cgroup_dir *dir, int64_t deadline)
{
        size_t stop = strlen(dir->created), n = strlen(dir->path);
        char path[4096];
        int r = cgroup_rmdir(sys, dir->path, deadline);

        memcpy(path, dir->path, n + 1);
        while (r == 0 && n > stop) {
                while (path[n] != '/')
                        n--;
                path[n] = '\0';
                if (n < stop)
                        break;
                int up = sys->op->unlinkat(sys, AT_FDCWD, path, AT_REMOVEDIR);
                if (up < 0 && up != -ENOENT)
                        break;
        }
        return r;
}

static int remove_one(const struct sys *sys, const struct cgroup_dir *dir, int64_t deadline)
{
        int r;

        if (!cgroup_is_there(sys, dir->path))
                /* made only in part, or removed already: the parents may be left */
                return dir->created[0] && cgroup_is_there(sys, dir->created) ? remove_own(sys, dir, deadline) : 0;
        r = cgroup_tree_clear(sys, dir->path, deadline);
        if (r == -ENOENT)
                r = 0;
        if (r < 0 || !dir->created[0])
                return r;
        return remove_own(sys, dir, deadline);
}

int cgroup_remove(const struct sys *sys, const struct cgroup *cgroup, struct err *err)
{
        int64_t deadline = cgroup_now(sys) + LIMIT_CGROUP_REMOVE_MS;
        int first = 0;

        for (size_t i = 0; i < cgroup->n; i++) {
                int r = remove_one(sys, &cgroup->dir[i], deadline);
                if (r < 0 && first == 0)
                        first = err_sys(err, r, "cgroup", cgroup->dir[i].path, "can't be removed");
        }
        return first;
}

/* True: it is gone, and its parents with it. What was there before is not ours to remove. */
static bool remove_empty(const struct sys *sys, const struct cgroup_dir *dir, int64_t deadline)
{
        return dir->created[0] && cgroup_is_there(sys, dir->path) &&
               sys->op->unlinkat(sys, AT_FDCWD, dir->path, AT_REMOVEDIR) == 0 &&
               remove_own(sys, dir, deadline) == 0;
}

int cgroup_end(const struct sys *sys, const struct cgroup *cgroup, struct err *err)
{
        int64_t deadline = cgroup_now(sys) + LIMIT_CGROUP_REMOVE_MS;
        size_t left = 0;
        int r;

        for (size_t i = 0; i < cgroup->n; i++)
                left += !remove_empty(sys, &cgroup->dir[i], deadline);
        if (left == 0)
                return 0;
        r = cgroup_kill(sys, cgroup, err);
        return r < 0 ? r : cgroup_remove(sys, cgroup, err);
}

/* path and its parents up to created, for as long as each is empty. */
static void unmake_one(const struct sys *sys, const struct cgroup_dir *dir, int64_t deadline)
{
        size_t stop = strlen(dir->created), n = strlen(dir->path);
        char path[4096];

        memcpy(path, dir->path, n + 1);
        while (n >= stop) {
                if (cgroup_rmdir(sys, path, deadline) < 0)
                        return;
                deadline = 0; /* what keeps a parent busy is not ours */
                while (path[n] != '/')
                        n--;
                path[n] = '\0';
        }
}

void cgroup_unmake(const struct sys *sys, const struct cgroup *cgroup, unsigned ms)
{
        int64_t deadline = ms ? cgroup_now(sys) + ms : 0;

        for (size_t i = 0; i < cgroup->n; i++)
                if (cgroup->dir[i].created[0] && cgroup_is_there(sys, cgroup->dir[i].created))
                        unmake_one(sys, &cgroup->dir[i], deadline);
}
