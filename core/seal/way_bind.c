#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mount.h>

#include "core/base/err.h"
#include "core/base/scope.h"
#include "core/container/mnt.h"
#include "core/seal/ways.h"
#include "core/sys.h"

int seal_reopen(const struct sys *sys, int proc_fd, int fd)
{
        char path[32];

        snprintf(path, sizeof(path), "self/fd/%d", fd);
        return sys->op->openat(sys, proc_fd, path, O_PATH | O_CLOEXEC, 0);
}

int seal_by_bind(const struct seal_source *src, int *ret_fd, struct err *err)
{
        const struct sys *sys = src->sys;
        struct mount_attr attr = {.attr_set = MOUNT_ATTR_RDONLY};
        SCOPED_FD tree = {sys,
                          mnt_clone(sys, src->exe_fd, "", false)}; /* closed on return: the mount dissolves */
        int r;

        if (tree.fd < 0)
                return err_sys(err, tree.fd, "open_tree", NULL, "%s", "");
        r = sys->op->mount_setattr(sys, tree.fd, "", AT_EMPTY_PATH, &attr, sizeof(attr));
        if (r < 0)
                return err_sys(err, r, "mount_setattr", NULL, "%s", "");
        r = seal_reopen(sys, src->proc_fd, tree.fd);
        if (r < 0)
                return err_sys(err, r, "open", NULL, "the read-only mount");
        *ret_fd = r;
        return 0;
}
