#include "core/container/procfs.h"

#include <errno.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <string.h>

#include "core/base/err.h"
#include "core/base/scope.h"
#include "core/container/mnt.h"
#include "core/sys.h"

#define PROC_ROOT_INO 1

static int open_private(const struct sys *sys)
{
        MNT_FS_SCOPED fs = {0};
        int r = mnt_fs_open(&fs, sys, "proc");

        return r < 0 ? r : mnt_fs_mount(&fs, 0);
}

int procfs_open_mounted(const struct sys *sys, int *ret_fd)
{
        SCOPED_FD fd = {sys, sys->op->openat(sys, AT_FDCWD, "/proc",
                                             O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0)};
        struct statfs fs;
        struct stat st;
        int r = fd.fd < 0 ? fd.fd : sys->op->fstatfs(sys, fd.fd, &fs);

        if (r == 0)
                r = sys->op->fstat(sys, fd.fd, &st);
        if (r < 0)
                return r;
        if (fs.f_type != PROC_SUPER_MAGIC || st.st_ino != PROC_ROOT_INO)
                return -EPERM;
        *ret_fd = scoped_fd_steal(&fd);
        return 0;
}

int procfs_open(const struct sys *sys, int *ret_fd, struct err *err)
{
        int r = open_private(sys);

        if (r >= 0) {
                *ret_fd = r;
                return 0;
        }
        r = procfs_open_mounted(sys, ret_fd);
        if (r < 0)
                return err_sys(err, r, "mount", "/proc", "no procfs that can be trusted");
        return 0;
}

int procfs_write(const struct sys *sys, int proc_fd, const char *path, const char *text)
{
        struct open_how how = {
                .flags = O_WRONLY | O_CLOEXEC,
                .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_XDEV,
        };
        SCOPED_FD fd = {sys, sys->op->openat2(sys, proc_fd, path, &how)};
        size_t n = strlen(text);
        ssize_t w;

        if (fd.fd < 0)
                return fd.fd;
        do
                w = sys->op->write(sys, fd.fd, text, n);
        while (w == -EINTR);
        if (w < 0)
                return (int)w;
        return (size_t)w == n ? 0 : -EIO;
}
