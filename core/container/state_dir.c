/* The state directory: making, locking, removing. See state.h. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>

#include "core/base/err.h"
#include "core/base/limits.h"
#include "core/base/scope.h"
#include "core/container/state.h"
#include "core/sync/sync.h"
#include "core/sys.h"

#define LOCK_FILE "lock"
#define DEPTH_MAX 16
#define LIMIT_LOCK_MS (LIMIT_SYNC_CREATE_MS + 10000) /* a create in its last throes */

void state_dir_unlock(struct state_dir *dir)
{
        if (dir->lock < 0)
                return;
        (void)dir->sys->op->flock(dir->sys, dir->lock, LOCK_UN);
        (void)dir->sys->op->close(dir->sys, dir->lock);
        dir->lock = -1;
}

void state_dir_close(struct state_dir *dir)
{
        if (!dir || !dir->sys)
                return;
        if (dir->lock >= 0)
                (void)dir->sys->op->close(dir->sys, dir->lock);
        if (dir->fd >= 0)
                (void)dir->sys->op->close(dir->sys, dir->fd);
        dir->fd = dir->lock = -1;
}

static int not_there(struct err *err, const char *id)
{
        return err_set(err, ENOENT, "container", id, "container does not exist");
}

/* flock, without a syscall that blocks for good: whoever holds it may be stopped. */
static int flock_in_time(const struct sys *sys, int fd, const char *path, struct err *err)
{
        struct timespec now, end, pause = {.tv_nsec = 1000000};
        int r = sync_deadline_in(sys, LIMIT_LOCK_MS, &end, err);

        while (r == 0) {
                r = sys->op->flock(sys, fd, LOCK_EX | LOCK_NB);
                if (r == 0)
                        return 0;
                if (r != -EWOULDBLOCK && r != -EINTR)
                        return err_sys(err, r, "lock", path, "%s", "");
                r = sys->op->clock_gettime(sys, CLOCK_MONOTONIC, &now);
                if (r < 0)
                        return err_sys(err, r, "clock_gettime", NULL, "%s", "");
                if (now.tv_sec > end.tv_sec || (now.tv_sec == end.tv_sec && now.tv_nsec >= end.tv_nsec))
                        return err_set(err, ETIMEDOUT, "lock", path,
                                       "another labrun holds the container's lock");
                (void)sys->op->nanosleep(sys, &pause, NULL);
                if (pause.tv_nsec < 20000000)
                        pause.tv_nsec *= 2;
        }
        return r;
}

static int take_lock(struct state_dir *dir, const char *id, struct err *err)
{
        const struct sys *sys = dir->sys;
        struct stat st;
        SCOPED_FD fd = {sys, sys->op->openat(sys, dir->fd, LOCK_FILE,
                                             O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600)};
        int r;

        if (fd.fd == -ENOENT) /* the directory itself was removed since we opened it */
                return not_there(err, id);
        if (fd.fd < 0)
                return err_sys(err, fd.fd, "lock", dir->path, "%s", "");
        r = flock_in_time(sys, fd.fd, dir->path, err);
        if (r < 0)
                return r;
        r = sys->op->fstat(sys, fd.fd, &st);
        if (r < 0)
                return err_sys(err, r, "lock", dir->path, "%s", "");
        if (st.st_nlink == 0) /* we waited for a delete */
                return not_there(err, id);
        dir->lock = scoped_fd_steal(&fd);
        return 0;
}

/* Is it the root that is no directory, or something in it that is no container? */
static int no_dir(const struct state_dir *dir, const char *id, struct err *err)
{
        const struct sys *sys = dir->sys;
        SCOPED_FD fd = {sys, -1};
        char root[STATE_PATH_MAX];

        snprintf(root, sizeof(root), "%.*s", (int)(strlen(dir->path) - strlen(id) - 1), dir->path);
        fd.fd = sys->op->openat(sys, AT_FDCWD, root, O_PATH | O_DIRECTORY | O_CLOEXEC, 0);
        return fd.fd == -ENOTDIR ? err_sys(err, fd.fd, "root", root, "%s", "") : not_there(err, id);
}

static int open_dir(struct state_dir *dir, const char *id, struct err *err)
{
        int fd = dir->sys->op->openat(dir->sys, AT_FDCWD, dir->path,
                                      O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0);

        if (fd == -ENOTDIR)
                return no_dir(dir, id, err);
        if (fd == -ENOENT)
                return not_there(err, id);
        if (fd < 0)
                return err_sys(err, fd, "state", dir->path, "%s", "");
        dir->fd = fd;
        return 0;
}

static int make_parents(const struct sys *sys, const char *root, struct err *err)
{
        char path[STATE_PATH_MAX];
        size_t n = strlen(root);

        if (n >= sizeof(path))
                return err_set(err, ENAMETOOLONG, "root", root, "%s", "");
        memcpy(path, root, n + 1);
        for (size_t i = 1; i <= n; i++) {
                if (path[i] != '/' && path[i] != '\0')
                        continue;
                char c = path[i];
                path[i] = '\0';
                int r = sys->op->mkdirat(sys, AT_FDCWD, path, 0700);
                if (r < 0 && r != -EEXIST)
                        return err_sys(err, r, "root", path, "making the directory");
                path[i] = c;
        }
        return 0;
}

static int path_of(const char *root, const char *id, struct state_dir *dir, struct err *err)
{
        int n = snprintf(dir->path, sizeof(dir->path), "%s/%s", root, id);

        return n < 0 || (size_t)n >= sizeof(dir->path) ? err_set(err, ENAMETOOLONG, "root", root, "%s", "")
                                                       : 0;
}

int state_dir_create(const struct sys *sys, const char *root, const char *id, struct state_dir *ret_dir,
                     struct err *err)
{
        SCOPED_STATE_DIR dir = {.sys = sys, .fd = -1, .lock = -1};
        int r = path_of(root, id, &dir, err);

        if (r == 0)
                r = make_parents(sys, root, err);
        if (r < 0)
                return r;
        r = sys->op->mkdirat(sys, AT_FDCWD, dir.path, 0711);
        if (r == -EEXIST)
                return err_set(err, EEXIST, "container", id, "container with given ID already exists");
        if (r < 0)
                return err_sys(err, r, "state", dir.path, "making the directory");
        r = open_dir(&dir, id, err);
        if (r == 0)
                r = take_lock(&dir, id, err);
        if (r < 0) {
                (void)sys->op->unlinkat(sys, AT_FDCWD, dir.path, AT_REMOVEDIR);
                return r;
        }
        *ret_dir = dir;
        dir = STATE_DIR_INIT;
        return 0;
}

int state_dir_open(const struct sys *sys, const char *root, const char *id, bool lock,
                   struct state_dir *ret_dir, struct err *err)
{
        SCOPED_STATE_DIR dir = {.sys = sys, .fd = -1, .lock = -1};
        int r = path_of(root, id, &dir, err);

        if (r == 0)
                r = open_dir(&dir, id, err);
        if (r == 0 && lock)
                r = take_lock(&dir, id, err);
        if (r < 0)
                return r;
        *ret_dir = dir;
        dir = STATE_DIR_INIT;
        return 0;
}

struct linux_dirent64_head {
        uint64_t ino;
        int64_t off;
        uint16_t reclen;
        uint8_t type;
        char name[];
};

static int empty(const struct state_dir *dir, int fd, unsigned depth, struct err *err);

/* A directory: notify.h's, where a privileged container may have put others. */
static int remove_directory(const struct state_dir *dir, int fd, const char *name, unsigned depth, struct err *err)
{
        const struct sys *sys = dir->sys;
        int r;

        if (depth == DEPTH_MAX)
                return err_set(err, ELOOP, "state", name, "directories too deep in %s", dir->path);
        SCOPED_FD sub = {sys, sys->op->openat(sys, fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0)};
        if (sub.fd < 0 && sub.fd != -ENOENT)
                return err_sys(err, sub.fd, "state", name, "removing from %s", dir->path);
        r = sub.fd < 0 ? 0 : empty(dir, sub.fd, depth + 1, err);
        if (r < 0)
                return r;
        r = sys->op->unlinkat(sys, fd, name, AT_REMOVEDIR);
        return r < 0 && r != -ENOENT ? err_sys(err, r, "state", name, "removing from %s", dir->path) : 0;
}

/* All that is in fd, but of the state directory itself (depth 0) state.json and the lock: fifos, a config, a socket, and what
 * io_replace_file left when it was killed. */
static int empty(const struct state_dir *dir, int fd, unsigned depth, struct err *err)
{
        const struct sys *sys = dir->sys;
        _Alignas(struct linux_dirent64_head) char buf[8192];
        ssize_t n;

        if (sys->op->lseek(sys, fd, 0, SEEK_SET) < 0)
                return err_set(err, EIO, "state", dir->path, "reading the directory");
        while ((n = sys->op->getdents64(sys, fd, buf, sizeof(buf))) > 0) {
                for (ssize_t at = 0; at < n;) {
                        const struct linux_dirent64_head *e = (const void *)(buf + at);
                        at += e->reclen;
                        if (strcmp(e->name, ".") == 0 || strcmp(e->name, "..") == 0 ||
                            (depth == 0 && (strcmp(e->name, STATE_FILE) == 0 || strcmp(e->name, LOCK_FILE) == 0)))
                                continue;
                        int r = sys->op->unlinkat(sys, fd, e->name, 0);
                        if (r == -EISDIR) {
                                r = remove_directory(dir, fd, e->name, depth, err);
                                if (r < 0)
                                        return r;
                        }
                        if (r < 0 && r != -ENOENT)
                                return err_sys(err, r, "state", e->name, "removing from %s", dir->path);
                }
        }
        return n < 0 ? err_sys(err, (int)n, "state", dir->path, "reading the directory") : 0;
}

int state_dir_remove(const struct state_dir *dir, struct err *err)
{
        const struct sys *sys = dir->sys;
        int r = empty(dir, dir->fd, 0, err);

        if (r < 0)
                return r;
        /* Killed between these: a directory without state.json, which holds nothing any more and --force
         * removes. */
        r = sys->op->unlinkat(sys, dir->fd, STATE_FILE, 0);
        if (r == 0 || r == -ENOENT)
                r = sys->op->unlinkat(sys, dir->fd, LOCK_FILE, 0);
        if (r == 0 || r == -ENOENT)
                r = sys->op->unlinkat(sys, AT_FDCWD, dir->path, AT_REMOVEDIR);
        return r < 0 && r != -ENOENT ? err_sys(err, r, "state", dir->path, "removing") : 0;
}
