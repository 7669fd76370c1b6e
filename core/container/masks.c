#include "core/container/masks.h"

#include <errno.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/sysmacros.h>

#include "core/base/err.h"
#include "core/base/scope.h"
#include "core/config/config.h"
#include "core/container/inside.h"
#include "core/container/mnt.h"
#include "core/container/mount_options.h"
#include "core/sys.h"

static int failed(struct err *err, int r, const char *list, size_t index, const char *path)
{
        char place[64];

        snprintf(place, sizeof(place), "/linux/%s/%zu", list, index);
        return err_sys(err, r, "mask", place, "%s%s", path, mnt_hint(r));
}

/* The fd, or -1 for what is not there, or another -errno. */
static int open_if_there(const struct sys *sys, int root_fd, const char *path, int *ret_fd)
{
        int fd = inside_open(sys, root_fd, path, O_PATH, 0);

        if (fd < 0 && fd != -ENOENT && fd != -ENOTDIR)
                return fd;
        *ret_fd = fd < 0 ? -1 : fd;
        return 0;
}

/* A read-only copy of the tree over itself; mounts below it keep their own flags. */
static int readonly_one(const struct sys *sys, int root_fd, const char *path)
{
        const struct mount_attrs ro = {.set = MOUNT_ATTR_RDONLY};
        SCOPED_FD target = {sys, -1}, tree = {sys, -1};
        int r = open_if_there(sys, root_fd, path, &target.fd);

        if (r < 0 || target.fd < 0)
                return r;
        tree.fd = mnt_clone(sys, target.fd, "", true);
        if (tree.fd < 0)
                return tree.fd;
        r = mnt_set(sys, tree.fd, &ro, false);
        return r < 0 ? r : mnt_attach(sys, tree.fd, target.fd);
}

static int open_root(const struct sys *sys, int *ret_fd, struct err *err)
{
        int fd = sys->op->openat(sys, AT_FDCWD, "/", O_PATH | O_DIRECTORY | O_CLOEXEC, 0);

        if (fd < 0)
                return err_sys(err, fd, "mask", "/", "%s", "");
        *ret_fd = fd;
        return 0;
}

int masks_readonly(const struct sys *sys, const struct config *config, struct err *err)
{
        const struct config_str_list *list = &config->linux_.readonly_paths;
        SCOPED_FD root = {sys, -1};
        int r;

        if (list->n == 0)
                return 0;
        r = open_root(sys, &root.fd, err);
        for (size_t i = 0; r == 0 && i < list->n; i++) {
                r = readonly_one(sys, root.fd, list->item[i]);
                if (r < 0)
                        failed(err, r, "readonlyPaths", i, list->item[i]);
        }
        return r;
}

static int open_dev_null(const struct sys *sys, int root_fd, int *ret_fd, struct err *err)
{
        SCOPED_FD fd = {sys, inside_open(sys, root_fd, "/dev/null", O_PATH | O_NOFOLLOW, 0)};
        struct stat st;
        int r = fd.fd < 0 ? fd.fd : sys->op->fstat(sys, fd.fd, &st);

        if (r < 0)
                return err_sys(err, r, "mask", "/linux/maskedPaths", "/dev/null is needed to mask files");
        if (!S_ISCHR(st.st_mode) || st.st_rdev != makedev(1, 3))
                return err_set(err, EPERM, "mask", "/linux/maskedPaths",
                               "/dev/null is not the null device: it can't mask anything");
        *ret_fd = scoped_fd_steal(&fd);
        return 0;
}

static int new_empty_dir(const struct sys *sys)
{
        MNT_FS_SCOPED fs = {0};
        int r = mnt_fs_open(&fs, sys, "tmpfs");

        if (r == 0)
                r = mnt_fs_option(&fs, "source=tmpfs");
        if (r == 0)
                r = mnt_fs_option(&fs, "mode=0755");
        if (r == 0)
                r = mnt_fs_option(
                        &fs, "nr_inodes=1"); /* its root: it stays empty whoever makes it writable again */
        if (r < 0)
                return r;
        return mnt_fs_mount(&fs,
                            MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC);
}

struct mask {
        const struct sys *sys;
        int root_fd;
        int null_fd;  /* opened and verified with the first file to be masked */
        int empty_fd; /* what covers the first directory, once it does: the others get a copy of that mount */
};

static int cover_of_dir(const struct mask *m)
{
        return m->empty_fd < 0 ? new_empty_dir(m->sys) : mnt_clone(m->sys, m->empty_fd, "", false);
}

static int mask_one(struct mask *m, size_t index, const char *path, struct err *err)
{
        SCOPED_FD target = {m->sys, -1}, cover = {m->sys, -1};
        struct stat st;
        int r = open_if_there(m->sys, m->root_fd, path, &target.fd);

        if (r == 0 && target.fd < 0)
                return 0;
        if (r == 0)
                r = m->sys->op->fstat(m->sys, target.fd, &st);
        if (r < 0)
                return failed(err, r, "maskedPaths", index, path);
        if (!S_ISDIR(st.st_mode) && m->null_fd < 0) {
                r = open_dev_null(m->sys, m->root_fd, &m->null_fd, err);
                if (r < 0)
                        return r;
        }
        cover.fd = S_ISDIR(st.st_mode) ? cover_of_dir(m) : mnt_clone(m->sys, m->null_fd, "", false);
        r = cover.fd < 0 ? cover.fd : mnt_attach(m->sys, cover.fd, target.fd);
        if (r < 0)
                return failed(err, r, "maskedPaths", index, path);
        if (S_ISDIR(st.st_mode) && m->empty_fd < 0)
                m->empty_fd = scoped_fd_steal(&cover);
        return 0;
}

int masks_apply(const struct sys *sys, const struct config *config, struct err *err)
{
        const struct config_str_list *list = &config->linux_.masked_paths;
        SCOPED_FD root = {sys, -1}, null = {sys, -1}, empty = {sys, -1};
        struct mask m = {sys, -1, -1, -1};
        int r;

        if (list->n == 0)
                return 0;
        r = open_root(sys, &root.fd, err);
        m.root_fd = root.fd;
        for (size_t i = 0; r == 0 && i < list->n; i++) {
                r = mask_one(&m, i, list->item[i], err);
                null.fd = m.null_fd;
                empty.fd = m.empty_fd;
        }
        return r;
}
