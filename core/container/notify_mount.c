#include "core/container/notify_mount.h"

#include <errno.h>
#include <linux/magic.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/mount.h>

#include "core/base/err.h"
#include "core/base/scope.h"
#include "core/container/inside.h"
#include "core/container/mnt.h"
#include "core/container/mount_options.h"
#include "core/container/notify.h"
#include "core/sys.h"

/* dir_fd's mount is the parent's namespace's, which nothing here can be cloned from: its name leads to ours. */
static int clone_by_name(const struct sys *sys, int dir_fd, int *ret_tree)
{
        char link[64], path[INSIDE_PATH_MAX];
        struct stat meant, found;
        ssize_t n;
        int r;

        snprintf(link, sizeof(link), "/proc/self/fd/%d", dir_fd);
        n = sys->op->readlinkat(sys, AT_FDCWD, link, path, sizeof(path) - 1);
        if (n < 0)
                return (int)n;
        path[n] = '\0';
        SCOPED_FD tree = {sys, mnt_clone(sys, AT_FDCWD, path, false)};
        if (tree.fd < 0)
                return tree.fd;
        r = sys->op->fstat(sys, dir_fd, &meant);
        if (r == 0)
                r = sys->op->fstat(sys, tree.fd, &found);
        if (r == 0 && (meant.st_dev != found.st_dev || meant.st_ino != found.st_ino))
                r = -ESTALE;
        if (r == 0)
                *ret_tree = scoped_fd_steal(&tree);
        return r;
}

int notify_mount_open(const struct sys *sys, int dir_fd, int *ret_tree, struct err *err)
{
        int r = clone_by_name(sys, dir_fd, ret_tree);

        (void)sys->op->close(sys, dir_fd);
        return r < 0 ? err_sys(err, r, "notify", NOTIFY_DIR, "cloning the mount%s", mnt_hint(r)) : 0;
}

int notify_mount_attach(const struct sys *sys, int tree, int root_fd, struct err *err)
{
        const struct mount_attrs attrs = {.set = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV |
                                                 MOUNT_ATTR_NOEXEC};
        SCOPED_FD target = {sys, -1};
        struct statfs fs;
        int r = inside_make(sys, root_fd, NOTIFY_INSIDE, true, &target.fd, err);

        if (r < 0)
                return r;
        r = sys->op->fstatfs(sys, target.fd, &fs);
        if (r == 0 && fs.f_type == PROC_SUPER_MAGIC)
                return err_set(err, EPERM, "notify", NOTIFY_INSIDE, "it leads into /proc, which can't be mounted over");
        if (r == 0)
                r = mnt_propagate(sys, tree, MS_PRIVATE, false);
        if (r == 0)
                r = mnt_set(sys, tree, &attrs, false);
        if (r == 0)
                r = mnt_attach(sys, tree, target.fd);
        return r < 0 ? err_sys(err, r, "notify", NOTIFY_INSIDE, "mounting the socket's directory%s", mnt_hint(r)) : 0;
}
