#include "core/seal/facts.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/statvfs.h>

#include "core/base/err.h"
#include "core/base/scope.h"
#include "core/seal/verdict.h"
#include "core/sys.h"

/*
 * The link's text. The link itself must not have been mounted over, which root of any namespace can do with
 * open_tree(2) and move_mount(2) where the link lies (CVE-2025-52881 and its like).
 */
static int read_link(const struct sys *sys, int proc_fd, const char *path, char text[SEAL_LINK_MAX],
                     struct err *err)
{
        struct open_how how = {.flags = O_PATH | O_NOFOLLOW | O_CLOEXEC,
                               .resolve = RESOLVE_BENEATH | RESOLVE_NO_XDEV};
        SCOPED_FD link = {sys, sys->op->openat2(sys, proc_fd, path, &how)};
        ssize_t n;

        if (link.fd < 0)
                return err_sys(err, link.fd, "seal", path, "in /proc");
        n = sys->op->readlinkat(sys, link.fd, "", text, SEAL_LINK_MAX - 1);
        if (n < 0)
                return err_sys(err, (int)n, "seal", path, "in /proc");
        text[n] =
                '\0'; /* cut, perhaps: then it is neither "/" nor the path of anything that is opened by it */
        return 0;
}

static int open_and_close(const struct sys *sys, int proc_fd, const char *path, int flags)
{
        SCOPED_FD fd = {sys, sys->op->openat(sys, proc_fd, path, flags | O_NOCTTY | O_CLOEXEC, 0)};

        return fd.fd < 0 ? fd.fd : 0;
}

static int get_seals(const struct sys *sys, int proc_fd, const char *path)
{
        SCOPED_FD fd = {sys, sys->op->openat(sys, proc_fd, path, O_RDONLY | O_NOCTTY | O_CLOEXEC, 0)};

        return fd.fd < 0 ? fd.fd : sys->op->fcntl(sys, fd.fd, F_GET_SEALS, 0);
}

static int set_rdonly(const struct sys *sys, int fd)
{
        struct mount_attr attr = {.attr_set = MOUNT_ATTR_RDONLY};

        return sys->op->mount_setattr(sys, fd, "", AT_EMPTY_PATH, &attr, sizeof(attr));
}

int seal_ask(const struct sys *sys, int proc_fd, const char *path, struct seal_facts *ret_facts, int *ret_fd,
             struct err *err)
{
        struct seal_facts *f = ret_facts;
        struct statfs fs;
        struct stat st;
        int r = read_link(sys, proc_fd, path, f->link, err);

        if (r < 0)
                return r;
        SCOPED_FD fd = {sys, sys->op->openat(sys, proc_fd, path, O_PATH | O_CLOEXEC, 0)};
        r = fd.fd < 0 ? fd.fd : sys->op->fstat(sys, fd.fd, &st);
        if (r == 0)
                r = sys->op->fstatfs(sys, fd.fd, &fs);
        if (r < 0)
                return err_sys(err, r, "seal", path, "in /proc");
        f->mode = st.st_mode;
        f->fs_type = (uint64_t)fs.f_type;
        f->read_only = fs.f_flags & ST_RDONLY;
        f->seals = seal_asks_seals(f) ? get_seals(sys, proc_fd, path) : SEAL_NOT_ASKED;
        f->rdonly_again = seal_asks_rdonly(f) ? set_rdonly(sys, fd.fd) : SEAL_NOT_ASKED;
        f->write_open = seal_asks_write(f) ? open_and_close(sys, proc_fd, path, O_WRONLY) : SEAL_NOT_ASKED;
        if (ret_fd)
                *ret_fd = scoped_fd_steal(&fd);
        return 0;
}
