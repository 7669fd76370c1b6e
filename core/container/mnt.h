/*
 * The kernel's mount API, by fd: a mount is made detached, gets its attributes, and only then is attached to
 * a target that is an fd too. So nobody ever sees a mount without its flags, no name is looked up twice, and
 * no /proc is needed for /proc/self/fd. Needs open_tree, move_mount, fsopen (Linux 5.2) and mount_setattr
 * (5.12).
 *
 * All functions return an fd (CLOEXEC, the caller's) or 0, or -errno.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct mount_attrs;
struct err;
struct sys;

/* A detached copy of what lies at dirfd/path ("" for dirfd itself). */
int mnt_clone(const struct sys *sys, int dirfd, const char *path, bool recursive);

/* Attributes of the mount whose root fd is. Attributes that are in neither set keep their value. */
int mnt_set(const struct sys *sys, int fd, const struct mount_attrs *attrs, bool recursive);

/* type: MS_PRIVATE, MS_SLAVE, MS_SHARED, MS_UNBINDABLE. */
int mnt_propagate(const struct sys *sys, int fd, uint64_t type, bool recursive);

/* Maps the ids of a detached mount, and with recursive of those below it, by a user namespace:
 * MOUNT_ATTR_IDMAP. */
int mnt_map_ids(const struct sys *sys, int fd, int userns_fd, bool recursive);
int mnt_attach(const struct sys *sys, int mount_fd, int target_fd);

/* A new file system that is being configured. */
struct mnt_fs {
        const struct sys *sys;
        int fd;
        char log[192]; /* the kernel's own words about what failed last, or "" */
};

#define MNT_FS_SCOPED __attribute__((cleanup(mnt_fs_close))) struct mnt_fs

int mnt_fs_open(struct mnt_fs *fs, const struct sys *sys, const char *type);
/* "key" or "key=value". -ENAMETOOLONG: key or value has more than 255 bytes, the mount API's limit. */
int mnt_fs_option(struct mnt_fs *fs, const char *option);
/* Returns the detached mount. attrs: MOUNT_ATTR_*. */
int mnt_fs_mount(struct mnt_fs *fs, uint64_t attrs);
void mnt_fs_close(struct mnt_fs *fs);

/* The end of an error message: what the errno's text alone doesn't tell (" (Linux 5.12 is needed)" or ""). */
const char *mnt_hint(int r);
