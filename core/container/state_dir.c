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
#include "core/container/state_lock.h"
#include "core/sync/sync.h"
#include "core/sys.h"

#define DEPTH_MAX 16

void state_dir_close(struct state_dir *dir)
{
        if (!dir || !dir->sys)
                return;
        state_dir_unlock(dir);
        if (dir->fd >= 0)
                (void)dir->sys->op->close(dir->sys, dir->fd);
        dir->fd = -1;
}

/* Is it the root that is no directory, or something in it that is no container? */
static int no_dir(const struct state_dir *dir, const char *id, struct err *err)
{
        const struct sys *sys = dir->sys;
        SCOPED_FD fd = {sys, -1};
        char root[STATE_PATH_MAX];

        snprintf(root, sizeof(root), "%.*s", (int)(strlen(dir->path) - strlen(id) - 1), dir->path);
        fd.fd = sys->op->openat(sys, AT_FDCWD, root, O_PATH | O_DIRECTORY | O_CLOEXEC, 0);
        return fd.fd == -ENOTDIR ? err_sys(err, fd.fd, "root", root, "%s", "") : state_not_there(err, id);
}

static int open_dir(struct state_dir *dir, const char *id, struct err *err)
{
        int fd = dir->sys->op->openat(dir->sys, AT_FDCWD, dir->path,
                                      O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0);

        if (fd == -ENOTDIR)
                return no_dir(dir, id, err);
        if (fd == -ENOENT)
                return state_not_there(err, id);
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
                r = state_lock_take(&dir, id, false, err);
        if (r < 0) {
                (void)sys->op->unlinkat(sys, AT_FDCWD, dir.path, AT_REMOVEDIR);
                return r;
        }
        *ret_dir = dir;
        dir = STATE_DIR_INIT;
        return 0;
}

static int open_locked(const struct sys *sys, const char *root, const char *id, bool lock, bool seize,
                       struct state_dir *ret_dir, struct err *err)
{
        SCOPED_STATE_DIR dir = {.sys = sys, .fd = -1, .lock = -1};
        int r = path_of(root, id, &dir, err);

        if (r == 0)
                r = open_dir(&dir, id, err);
        if (r == 0 && lock)
                r = state_lock_take(&dir, id, seize, err);
        if (r < 0)
                return r;
        *ret_dir = dir;
        dir = STATE_DIR_INIT;
        return 0;
}

int state_dir_open(const struct sys *sys, const char *root, const char *id, bool lock,
                   struct state_dir *ret_dir, struct err *err)
{
        return open_locked(sys, root, id, lock, false, ret_dir, err);
}

int state_dir_seize(const struct sys *sys, const char *root, const char *id, struct state_dir *ret_dir,
                    struct err *err)
{
        return open_locked(sys, root, id, true, true, ret_dir, err);
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
                            (depth == 0 && (strcmp(e->name, STATE_FILE) == 0 || strcmp(e->name, STATE_LOCK_FILE) == 0)))
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
                r = sys->op->unlinkat(sys, dir->fd, STATE_LOCK_FILE, 0);
        if (r == 0 || r == -ENOENT)
                r = sys->op->unlinkat(sys, AT_FDCWD, dir->path, AT_REMOVEDIR);
        return r < 0 && r != -ENOENT ? err_sys(err, r, "state", dir->path, "removing") : 0;
}
