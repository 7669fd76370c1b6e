#include "core/container/mnt.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>

#include "core/base/scope.h"
#include "core/container/mount_options.h"
#include "core/sys.h"

#define FS_STRING_MAX 256 /* fsconfig(2): with the NUL */

int mnt_clone(const struct sys *sys, int dirfd, const char *path, bool recursive)
{
        return sys->op->open_tree(sys, dirfd, path,
                                  OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | (*path ? 0 : AT_EMPTY_PATH) |
                                          (recursive ? AT_RECURSIVE : 0));
}

static int set_attr(const struct sys *sys, int fd, struct mount_attr *attr, bool recursive)
{
        return sys->op->mount_setattr(sys, fd, "", AT_EMPTY_PATH | (recursive ? AT_RECURSIVE : 0), attr,
                                      sizeof(*attr));
}

int mnt_set(const struct sys *sys, int fd, const struct mount_attrs *attrs, bool recursive)
{
        struct mount_attr attr = {.attr_set = attrs->set, .attr_clr = attrs->clr};

        if (attrs->set == 0 && attrs->clr == 0)
                return 0;
        return set_attr(sys, fd, &attr, recursive);
}

int mnt_propagate(const struct sys *sys, int fd, uint64_t type, bool recursive)
{
        struct mount_attr attr = {.propagation = type};

        return set_attr(sys, fd, &attr, recursive);
}

int mnt_map_ids(const struct sys *sys, int fd, int userns_fd, bool recursive)
{
        struct mount_attr attr = {.attr_set = MOUNT_ATTR_IDMAP, .userns_fd = (uint64_t)userns_fd};

        return set_attr(sys, fd, &attr, recursive);
}

int mnt_attach(const struct sys *sys, int mount_fd, int target_fd)
{
        return sys->op->move_mount(sys, mount_fd, "", target_fd, "",
                                   MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH);
}

/* A file system context is read like a log, a message a read(2), "e " in front of an error. */
static int with_log(struct mnt_fs *fs, int r)
{
        char line[sizeof(fs->log)];
        ssize_t n;

        if (r >= 0)
                return r;
        for (int i = 0; i < 16; i++) {
                n = fs->sys->op->read(fs->sys, fs->fd, line, sizeof(line) - 1);
                if (n <= 0)
                        break;
                line[n] = '\0';
                line[strcspn(line, "\n")] = '\0';
                if (strncmp(line, "e ", 2) == 0)
                        memmove(fs->log, line + 2, strlen(line + 2) + 1);
        }
        return r;
}

int mnt_fs_open(struct mnt_fs *fs, const struct sys *sys, const char *type)
{
        *fs = (struct mnt_fs){.sys = sys};
        fs->fd = sys->op->fsopen(sys, type, FSOPEN_CLOEXEC);
        return fs->fd < 0 ? fs->fd : 0;
}

int mnt_fs_option(struct mnt_fs *fs, const char *option)
{
        const char *eq = strchr(option, '=');
        size_t n = eq ? (size_t)(eq - option) : strlen(option);
        char key[FS_STRING_MAX];

        if (n >= sizeof(key) || (eq && strlen(eq + 1) >= FS_STRING_MAX))
                return -ENAMETOOLONG;
        memcpy(key, option, n);
        key[n] = '\0';
        return with_log(fs,
                        fs->sys->op->fsconfig(fs->sys, fs->fd, eq ? FSCONFIG_SET_STRING : FSCONFIG_SET_FLAG,
                                              key, eq ? eq + 1 : NULL, 0));
}

int mnt_fs_mount(struct mnt_fs *fs, uint64_t attrs)
{
        int r = with_log(fs, fs->sys->op->fsconfig(fs->sys, fs->fd, FSCONFIG_CMD_CREATE, NULL, NULL, 0));

        if (r < 0)
                return r;
        return with_log(fs, fs->sys->op->fsmount(fs->sys, fs->fd, FSMOUNT_CLOEXEC, (unsigned)attrs));
}

void mnt_fs_close(struct mnt_fs *fs)
{
        if (fs && fs->sys && fs->fd >= 0) {
                (void)fs->sys->op->close(fs->sys, fs->fd);
                fs->fd = -1;
        }
}

const char *mnt_hint(int r)
{
        return r == -ENOSYS ? " (the mount API of Linux 5.12 is needed)" : "";
}
