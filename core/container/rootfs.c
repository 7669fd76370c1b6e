#include "core/container/rootfs.h"

#include <errno.h>
#include <stdio.h>
#include <sys/mount.h>

#include "core/base/err.h"
#include "core/base/scope.h"
#include "core/config/config.h"
#include "core/container/devices.h"
#include "core/container/masks.h"
#include "core/container/mnt.h"
#include "core/container/mount_options.h"
#include "core/container/mounts.h"
#include "core/container/sysctl.h"
#include "core/sys.h"

#define MAX_LEVELS 4096 /* of ".." up to a mount's root: PATH_MAX / 2 is less */

/* Everything that can be refused before the first mount. */
static int check(const struct config *config, struct mount_propagation *ret_propagation, struct err *err)
{
        const struct config_namespace *ns = &config->linux_.ns[CONFIG_NS_MOUNT];
        char place[64];
        int r;

        if (!ns->set)
                return err_set(err, EINVAL, "rootfs", "/linux/namespaces",
                               "a new mount namespace is needed: the mounts would be the host's");
        if (ns->path) {
                snprintf(place, sizeof(place), "/linux/namespaces/%zu/path", ns->index);
                return err_set(err, ENOTSUP, "rootfs", place,
                               "labrun builds a root file system only in a new mount namespace");
        }
        if (!config->root.set || !config->root.path)
                return err_set(err, EINVAL, "rootfs", "/root", "a root file system is needed");
        r = sysctl_check(config, err);
        return r < 0 ? r : mount_propagation_parse(config->linux_.rootfs_propagation, ret_propagation, err);
}

static int open_dir(const struct sys *sys, int dirfd, const char *path, const char *place, int *ret_fd,
                    struct err *err)
{
        int fd = sys->op->openat(sys, dirfd, path, O_PATH | O_DIRECTORY | O_CLOEXEC, 0);

        if (fd < 0)
                return err_sys(err, fd, "rootfs", place, "%s", path);
        *ret_fd = fd;
        return 0;
}

static int same_file(const struct sys *sys, int a, int b, bool *ret_same)
{
        struct stat x, y;
        int r = sys->op->fstat(sys, a, &x);

        if (r == 0)
                r = sys->op->fstat(sys, b, &y);
        if (r == 0)
                *ret_same = x.st_dev == y.st_dev && x.st_ino == y.st_ino;
        return r;
}

/*
 * What the host sees of "/": nothing by default, but its own later mounts come in (slave). With shared
 * propagation the mounts in volumes are the host's too, as the config asks. Unbindable can't be set before
 * the rootfs is bound.
 */
static int isolate(const struct sys *sys, int host_root, const struct mount_propagation *p, struct err *err)
{
        struct mount_propagation first = {.type = MS_SLAVE, .recursive = true};
        int r;

        if (p->type != 0 && p->type != MS_UNBINDABLE)
                first = *p;
        r = mnt_propagate(sys, host_root, first.type, first.recursive);
        if (r < 0)
                return err_sys(err, r, "rootfs", "/", "propagation%s", mnt_hint(r));
        return 0;
}

/*
 * The mount that the rootfs lies on becomes private: else binding the rootfs there would propagate to the
 * host, and pivot_root(2) refuses a shared parent. Its root is found by going up until the kernel accepts the
 * directory as one.
 */
static int make_parent_private(const struct sys *sys, int rootfs_fd, struct err *err)
{
        SCOPED_FD fd = {sys, -1};
        int r = open_dir(sys, rootfs_fd, ".", "/root/path", &fd.fd, err);

        for (int i = 0; r == 0 && i < MAX_LEVELS; i++) {
                int up = -1;
                r = mnt_propagate(sys, fd.fd, MS_PRIVATE, false);
                if (r != -EINVAL)
                        break;
                r = open_dir(sys, fd.fd, "..", "/root/path", &up, err);
                if (r < 0)
                        return r;
                bool same = false;
                r = same_file(sys, up, fd.fd, &same);
                if (r == 0 && same)
                        r = -EINVAL; /* in a chroot: the mount's root is out of reach */
                scoped_fd_close(&fd);
                fd.fd = up;
        }
        if (r < 0)
                return err_sys(err, r, "rootfs", "/root/path", "the mount below can't be made private");
        return 0;
}

/* The rootfs as a mount of its own, on itself. *ret_fd refers to the new mount, not to what it covers. */
static int bind_rootfs(const struct sys *sys, int rootfs_fd, int *ret_fd, struct err *err)
{
        SCOPED_FD tree = {sys, mnt_clone(sys, rootfs_fd, "", true)};
        int r = tree.fd < 0 ? tree.fd : mnt_propagate(sys, tree.fd, MS_PRIVATE, false);

        if (r == 0)
                r = mnt_attach(sys, tree.fd, rootfs_fd);
        if (r < 0)
                return err_sys(err, r, "rootfs", "/root/path", "can't be bound on itself%s", mnt_hint(r));
        *ret_fd = scoped_fd_steal(&tree);
        return 0;
}

static int open_rootfs(const struct sys *sys, const struct config *config, int bundle_fd, int host_root,
                       int *ret_fd, struct err *err)
{
        SCOPED_FD fd = {sys, -1};
        bool same;
        int r = open_dir(sys, bundle_fd, config->root.path, "/root/path", &fd.fd, err);

        if (r < 0)
                return r;
        r = same_file(sys, fd.fd, host_root, &same);
        if (r < 0)
                return err_sys(err, r, "rootfs", "/root/path", "%s", config->root.path);
        if (same)
                return err_set(err, EINVAL, "rootfs", "/root/path",
                               "the host's root can't be the container's");
        *ret_fd = scoped_fd_steal(&fd);
        return 0;
}

static int furnish(struct mounts *m, struct err *err)
{
        mode_t mask = m->sys->op->umask(m->sys, 0); /* what is made has its own mode, whoever calls */
        int r = mounts_apply(m, err);

        if (r == 0 && mounts_dev_is_ours(m->config))
                r = devices_create(m->sys, m->config, m->root_fd, err);
        if (r == 0)
                r = mounts_late_readonly(m, err);
        mounts_done(m);
        (void)m->sys->op->umask(m->sys, mask);
        return r;
}

int rootfs_prepare(const struct sys *sys, const struct config *config, const char *bundle,
                   const int *idmapped, const char *cgroup, int *ret_root_fd, struct err *err)
{
        SCOPED_FD host_root = {sys, -1}, bundle_fd = {sys, -1}, rootfs = {sys, -1}, bound = {sys, -1};
        struct mount_propagation propagation;
        int r = check(config, &propagation, err);

        if (r == 0)
                r = open_dir(sys, AT_FDCWD, "/", "/", &host_root.fd, err);
        if (r == 0)
                r = open_dir(sys, AT_FDCWD, bundle, bundle, &bundle_fd.fd, err);
        if (r == 0)
                r = open_rootfs(sys, config, bundle_fd.fd, host_root.fd, &rootfs.fd, err);
        if (r == 0)
                r = isolate(sys, host_root.fd, &propagation, err);
        if (r == 0)
                r = make_parent_private(sys, rootfs.fd, err);
        if (r == 0)
                r = bind_rootfs(sys, rootfs.fd, &bound.fd, err);
        if (r < 0)
                return r;
        struct mounts m = {.sys = sys,
                           .config = config,
                           .bundle_fd = bundle_fd.fd,
                           .root_fd = bound.fd,
                           .idmapped = idmapped,
                           .cgroup = cgroup};
        r = furnish(&m, err);
        if (r == 0)
                *ret_root_fd = scoped_fd_steal(&bound);
        return r;
}

/*
 * pivot_root(".", ".") stacks the old root on the new one, so that no directory for it is needed in the
 * rootfs. It becomes a slave before it is detached: the unmounting must not propagate to the host.
 * By the fd and not by the rootfs' name: whoever may write to a directory above it could have put a symlink
 * there since (CVE-2021-30465 in another place).
 */
int rootfs_pivot(const struct sys *sys, int root_fd, struct err *err)
{
        SCOPED_FD old = {sys, -1};
        int r = open_dir(sys, AT_FDCWD, "/", "/", &old.fd, err);

        if (r < 0)
                return r;
        r = sys->op->fchdir(sys, root_fd);
        if (r == 0)
                r = sys->op->pivot_root(sys, ".", ".");
        if (r < 0)
                return err_sys(err, r, "pivot_root", "/root/path", "%s",
                               r == -EINVAL ? "the current root may be an initramfs, or not a mount" : "");
        r = sys->op->fchdir(sys, old.fd);
        if (r == 0)
                r = mnt_propagate(sys, old.fd, MS_SLAVE, true);
        if (r == 0)
                r = sys->op->umount2(sys, ".", MNT_DETACH);
        if (r == 0)
                r = sys->op->chdir(sys, "/");
        if (r < 0)
                return err_sys(err, r, "pivot_root", "/", "the old root can't be detached");
        return 0;
}

int rootfs_finish(const struct sys *sys, const struct config *config, struct err *err)
{
        const struct mount_attrs ro = {.set = MOUNT_ATTR_RDONLY};
        SCOPED_FD root = {sys, -1};
        struct mount_propagation propagation;
        int r = check(config, &propagation, err);

        if (r == 0)
                r = open_dir(sys, AT_FDCWD, "/", "/", &root.fd, err);
        if (r < 0)
                return r;
        if (propagation.type != 0)
                r = mnt_propagate(sys, root.fd, propagation.type, propagation.recursive);
        if (r < 0)
                return err_sys(err, r, "rootfs", "/linux/rootfsPropagation", "%s",
                               config->linux_.rootfs_propagation);
        r = sysctl_apply(sys, config, err);
        if (r == 0)
                r = masks_readonly(sys, config, err);
        if (r == 0)
                r = masks_apply(sys, config, err);
        if (r < 0 || !config->root.readonly)
                return r;
        r = mnt_set(sys, root.fd, &ro, false);
        return r < 0 ? err_sys(err, r, "rootfs", "/root/readonly", "%s", "") : 0;
}
