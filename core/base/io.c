#include "core/base/io.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "core/base/err.h"
#include "core/base/scope.h"
#include "core/sys.h"

int io_write_all(const struct sys *sys, int fd, const void *buf, size_t n)
{
        const char *p = buf;

        while (n > 0) {
                ssize_t w = sys->op->write(sys, fd, p, n);
                if (w == -EINTR)
                        continue;
                if (w < 0)
                        return (int)w;
                if (w == 0)
                        return -EIO; /* a file that takes nothing would spin us */
                p += w;
                n -= (size_t)w;
        }
        return 0;
}

int io_read_all(const struct sys *sys, int fd, size_t limit, const char *place, char **ret_buf,
                size_t *ret_len, struct err *err)
{
        SCOPED_MEM mem = {sys, NULL};
        size_t len = 0, cap = 0;

        for (;;) {
                if (cap - len < 2) {
                        size_t want = cap ? cap * 2 : 4096;
                        if (want > limit + 2)
                                want = limit + 2; /* one byte past the limit tells, one for the NUL */
                        void *p = sys->op->realloc(sys, mem.ptr, want);
                        if (!p)
                                return err_set(err, ENOMEM, "read", place, "no memory for %zu bytes", want);
                        mem.ptr = p;
                        cap = want;
                }
                ssize_t r = sys->op->read(sys, fd, (char *)mem.ptr + len, cap - len - 1);
                if (r == -EINTR)
                        continue;
                if (r < 0)
                        return err_sys(err, (int)r, "read", place, "%s", "");
                if (r == 0)
                        break;
                len += (size_t)r;
                if (len > limit)
                        return err_set(err, EFBIG, "read", place, "more than %zu bytes", limit);
        }
        ((char *)mem.ptr)[len] = '\0';
        *ret_len = len;
        *ret_buf = scoped_mem_steal(&mem);
        return 0;
}

int io_read_file(const struct sys *sys, int dirfd, const char *path, size_t limit, char **ret_buf,
                 size_t *ret_len, struct err *err)
{
        SCOPED_FD fd = {sys, sys->op->openat(sys, dirfd, path, O_RDONLY | O_CLOEXEC, 0)};

        if (fd.fd < 0)
                return err_sys(err, fd.fd, "open", path, "%s", "");
        return io_read_all(sys, fd.fd, limit, path, ret_buf, ret_len, err);
}

int io_read_given(const struct sys *sys, const char *path, bool pipes, size_t limit, char **ret_buf,
                  size_t *ret_len, struct err *err)
{
        const int flags = O_RDONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC;
        SCOPED_FD fd = {sys, sys->op->openat(sys, AT_FDCWD, path, flags, 0)};
        struct stat st;
        int r;

        if (fd.fd < 0)
                return err_sys(err, fd.fd, "open", path, "%s", "");
        r = sys->op->fstat(sys, fd.fd, &st);
        if (r < 0)
                return err_sys(err, r, "open", path, "%s", "");
        if (S_ISDIR(st.st_mode))
                return err_set(err, EISDIR, "open", path, "%s", "");
        if (!S_ISREG(st.st_mode) && !(pipes && S_ISFIFO(st.st_mode)))
                return err_set(err, EINVAL, "open", path, "not a regular file");
        if (!S_ISREG(st.st_mode)) /* who writes may take their time */
                (void)sys->op->fcntl(sys, fd.fd, F_SETFL, 0);
        return io_read_all(sys, fd.fd, limit, path, ret_buf, ret_len, err);
}

int io_write_file(const struct sys *sys, int dirfd, const char *path, const char *text)
{
        SCOPED_FD fd = {sys, sys->op->openat(sys, dirfd, path, O_WRONLY | O_CLOEXEC, 0)};
        size_t n = strlen(text);
        ssize_t w;

        if (fd.fd < 0)
                return fd.fd;
        do /* one write: /proc and cgroup files take a value whole or not at all */
                w = sys->op->write(sys, fd.fd, text, n);
        while (w == -EINTR);
        if (w < 0)
                return (int)w;
        return (size_t)w == n ? 0 : -EIO;
}

static int replace_write(const struct sys *sys, int fd, const void *buf, size_t n, mode_t mode)
{
        int r = sys->op->fchmod(sys, fd, mode);

        if (r == 0)
                r = io_write_all(sys, fd, buf, n);
        if (r == 0)
                r = sys->op->fsync(sys, fd);
        return r;
}

int io_replace_begin(const struct sys *sys, int dirfd, const char *path, const void *buf, size_t n, mode_t mode,
                     struct io_replacement *ret, struct err *err)
{
        int r = snprintf(ret->tmp, sizeof(ret->tmp), "%s.tmp-%d", path, (int)sys->op->getpid(sys));

        if (r < 0 || (size_t)r >= sizeof(ret->tmp))
                return err_set(err, ENAMETOOLONG, "write", path, "%s", "");
        SCOPED_FD fd = {sys, sys->op->openat(sys, dirfd, ret->tmp,
                                             O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600)};
        if (fd.fd < 0)
                return err_sys(err, fd.fd, "create", ret->tmp, "%s", "");
        r = replace_write(sys, fd.fd, buf, n, mode);
        if (r < 0) {
                (void)sys->op->unlinkat(sys, dirfd, ret->tmp, 0);
                return err_sys(err, r, "write", path, "%s", "");
        }
        ret->dirfd = dirfd;
        ret->path = path;
        return 0;
}

int io_replace_end(const struct sys *sys, const struct io_replacement *replacement, struct err *err)
{
        const struct io_replacement *p = replacement;
        int r = sys->op->renameat2(sys, p->dirfd, p->tmp, p->dirfd, p->path, 0);

        if (r == 0)
                return 0;
        (void)sys->op->unlinkat(sys, p->dirfd, p->tmp, 0);
        return err_sys(err, r, "write", p->path, "%s", "");
}

int io_replace_file(const struct sys *sys, int dirfd, const char *path, const void *buf, size_t n,
                    mode_t mode, struct err *err)
{
        struct io_replacement replacement;
        int r = io_replace_begin(sys, dirfd, path, buf, n, mode, &replacement, err);

        return r < 0 ? r : io_replace_end(sys, &replacement, err);
}

/* A file without a name in path's directory. -errno: the file system has none. */
static int open_nameless(const struct sys *sys, const char *path)
{
        const char *slash = strrchr(path, '/');
        size_t len = slash ? (size_t)(slash - path) + 1 : 0; /* with it: of "/pid" it is "/" */
        char dir[4096] = ".";

        if (len >= sizeof(dir))
                return -ENAMETOOLONG;
        if (len > 0) {
                memcpy(dir, path, len);
                dir[len] = '\0';
        }
        return sys->op->openat(sys, AT_FDCWD, dir, O_WRONLY | O_TMPFILE | O_CLOEXEC, 0600);
}

/* linkat never replaces, and a name that could be renamed over is one that could be left behind. */
static int give_name(const struct sys *sys, int fd, const char *path)
{
        int r = -EEXIST;

        for (int i = 0; i < 10 && r == -EEXIST; i++) {
                r = sys->op->linkat(sys, fd, "", AT_FDCWD, path, AT_EMPTY_PATH);
                if (r == -EEXIST) {
                        int removed = sys->op->unlinkat(sys, AT_FDCWD, path, 0);
                        if (removed < 0 && removed != -ENOENT)
                                return removed;
                }
        }
        return r;
}

int io_place_file(const struct sys *sys, const char *path, const void *buf, size_t n, mode_t mode,
                  struct err *err)
{
        SCOPED_FD fd = {sys, open_nameless(sys, path)};
        int r = fd.fd;

        if (r >= 0) {
                r = replace_write(sys, fd.fd, buf, n, mode);
                if (r < 0)
                        return err_sys(err, r, "write", path, "%s", "");
                r = give_name(sys, fd.fd, path);
        }
        /* Without O_TMPFILE; or without CAP_DAC_READ_SEARCH, which AT_EMPTY_PATH asks for. */
        if (r == -EOPNOTSUPP || r == -EISDIR || r == -EINVAL || r == -ENOENT)
                return io_replace_file(sys, AT_FDCWD, path, buf, n, mode, err);
        return r < 0 ? err_sys(err, r, "create", path, "%s", "") : 0;
}
