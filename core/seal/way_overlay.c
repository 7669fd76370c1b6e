#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>

#include "core/base/err.h"
#include "core/base/scope.h"
#include "core/container/mnt.h"
#include "core/seal/verdict.h"
#include "core/seal/ways.h"
#include "core/sys.h"

/*
 * Without an upper layer an overlay wants two lower ones, neither inside the other. What is in the second
 * can't be seen but where the first has nothing. This one is everywhere, no runtime is installed there, and
 * nothing is mounted below it, which a user namespace could not look under. (/proc is refused: it must not be
 * stacked upon.)
 */
#define SECOND_LAYER "/sys/class"

/* The directory of the executable, and its name there: by its path, which may meanwhile be that of another
 * file. */
static int open_dir(const struct seal_source *src, int *ret_fd, const char **ret_name, struct err *err)
{
        const struct sys *sys = src->sys;
        const char *slash = strrchr(src->link, '/');
        struct stat by_name, exe;
        char dir[SEAL_LINK_MAX];
        int r;

        if (src->link[0] != '/' || slash[1] == '\0')
                return err_set(err, ENOENT, "open", src->link, "is no path of a file");
        snprintf(dir, sizeof(dir), "%.*s", slash == src->link ? 1 : (int)(slash - src->link), src->link);
        SCOPED_FD fd = {sys, sys->op->openat(sys, AT_FDCWD, dir, O_PATH | O_DIRECTORY | O_CLOEXEC, 0)};
        r = fd.fd < 0 ? fd.fd : sys->op->fstatat(sys, fd.fd, slash + 1, &by_name, AT_SYMLINK_NOFOLLOW);
        if (r == 0)
                r = sys->op->fstat(sys, src->exe_fd, &exe);
        if (r < 0)
                return err_sys(err, r, "open", src->link, "%s", "");
        if (by_name.st_dev != exe.st_dev || by_name.st_ino != exe.st_ino)
                return err_set(err, ESTALE, "open", src->link, "is another file by now");
        *ret_name = slash + 1;
        *ret_fd = scoped_fd_steal(&fd);
        return 0;
}

static int mount_overlay(const struct sys *sys, int dir_fd, struct err *err)
{
        MNT_FS_SCOPED fs = {0};
        char layers[64];
        int r = mnt_fs_open(&fs, sys, "overlay");

        if (r < 0)
                return err_sys(err, r, "fsopen", "overlay", "%s", "");
        snprintf(layers, sizeof(layers), "lowerdir=/proc/self/fd/%d:" SECOND_LAYER, dir_fd);
        r = mnt_fs_option(&fs, layers);
        if (r == 0)
                r = mnt_fs_mount(&fs, MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV);
        return r < 0 ? err_sys(err, r, "mount", "overlay", "%s", fs.log) : r;
}

int seal_by_overlay(const struct seal_source *src, int *ret_fd, struct err *err)
{
        const struct sys *sys = src->sys;
        const char *name;
        SCOPED_FD dir = {sys, -1};
        int r = open_dir(src, &dir.fd, &name, err);

        if (r < 0)
                return r;
        SCOPED_FD mount = {sys, mount_overlay(sys, dir.fd, err)};
        if (mount.fd < 0)
                return mount.fd;
        r = sys->op->openat(sys, mount.fd, name, O_PATH | O_NOFOLLOW | O_CLOEXEC, 0);
        if (r < 0)
                return err_sys(err, r, "open", name, "in the overlay");
        *ret_fd = r;
        return 0;
}
