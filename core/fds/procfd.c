#include "core/fds/procfd.h"

#include <errno.h>
#include <limits.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <string.h>

#include "core/base/scope.h"
#include "core/fds/number.h"
#include "core/sys.h"

#define PROC_ROOT_INO 1 /* of procfs' root directory, fixed: include/linux/proc_ns.h */

/* What getdents64(2) fills in; the C library declares it only under another name and with its own d_ino. */
struct entry {
        uint64_t ino;
        int64_t off;
        uint16_t reclen;
        uint8_t type;
        char name[];
};

static int check_procfs(const struct sys *sys, int fd)
{
        struct statfs fs;
        int r = sys->op->fstatfs(sys, fd, &fs);

        if (r < 0)
                return r;
        return fs.f_type == PROC_SUPER_MAGIC ? 0 : -ENOTSUP;
}

/* The root of a procfs, not a part of one that was bound onto /proc: then "self" in it is the kernel's. */
static int open_proc(const struct sys *sys)
{
        SCOPED_FD fd = {sys, sys->op->openat(sys, AT_FDCWD, "/proc",
                                             O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0)};
        struct stat st;
        int r;

        if (fd.fd < 0)
                return fd.fd;
        r = check_procfs(sys, fd.fd);
        if (r == 0)
                r = sys->op->fstat(sys, fd.fd, &st);
        if (r < 0)
                return r;
        return st.st_ino == PROC_ROOT_INO ? scoped_fd_steal(&fd) : -ENOTSUP;
}

int procfd_open(const struct sys *sys)
{
        SCOPED_FD proc = {sys, open_proc(sys)};
        struct open_how how = {
                .flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC,
                .resolve = RESOLVE_BENEATH | RESOLVE_NO_XDEV | RESOLVE_NO_MAGICLINKS,
        };

        if (proc.fd < 0)
                return proc.fd;
        SCOPED_FD dir = {sys, sys->op->openat2(sys, proc.fd, "self/fd", &how)};
        if (dir.fd == -ENOSYS || dir.fd == -EPERM) /* before Linux 5.6, or a filter made then */
                dir.fd = sys->op->openat(sys, proc.fd, "self/fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
        if (dir.fd < 0)
                return dir.fd;
        int r = check_procfs(sys, dir.fd);
        return r < 0 ? r : scoped_fd_steal(&dir);
}

/* One buffer of entries. Sets *self when dirfd is among them. */
static int visit_entries(const char *buf, size_t n, int dirfd, bool *self, procfd_visit *visit, void *ctx)
{
        for (size_t at = 0; at < n;) {
                const struct entry *e = (const struct entry *)(buf + at);
                if (n - at <= offsetof(struct entry, name) || e->reclen > n - at ||
                    e->reclen <= offsetof(struct entry, name) || e->reclen % _Alignof(struct entry) ||
                    !memchr(e->name, '\0', e->reclen - offsetof(struct entry, name)))
                        return -EBADMSG;
                at += e->reclen;
                if (strcmp(e->name, ".") == 0 || strcmp(e->name, "..") == 0)
                        continue;
                long fd = fds_parse_number(e->name, INT_MAX);
                if (fd < 0)
                        return -EBADMSG;
                if (fd == dirfd)
                        *self = true;
                else
                        visit(ctx, (int)fd);
        }
        return 0;
}

int procfd_walk(const struct sys *sys, int dirfd, procfd_visit *visit, void *ctx)
{
        _Alignas(struct entry) char buf[4096];
        bool self = false;
        off_t pos = sys->op->lseek(sys, dirfd, 0, SEEK_SET);

        if (pos < 0)
                return (int)pos;
        for (;;) {
                ssize_t n = sys->op->getdents64(sys, dirfd, buf, sizeof(buf));
                if (n < 0)
                        return (int)n;
                if (n == 0)
                        return self ? 0 : -EBADMSG;
                int r = visit_entries(buf, (size_t)n, dirfd, &self, visit, ctx);
                if (r < 0)
                        return r;
        }
}
