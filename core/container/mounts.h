/*
 * The entries of /mounts, in their order, below a root file system that is already a mount of its own.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct config;
struct config_mount;
struct err;
struct mount_options;
struct sys;

struct mounts {
        const struct sys *sys;
        const struct config *config;
        int bundle_fd;       /* relative sources begin here */
        int root_fd;         /* the container's root */
        const int *idmapped; /* idmapped.h: the detached mounts of the entries that want one; borrowed */
        const char *cgroup;  /* init's directory in the only hierarchy, of version 2; NULL: to be found out. Borrowed */
        int *late_ro;        /* by entry: the mount that mounts_late_readonly makes read-only, or -1 */
};

/*
 * Mounts everything. What must stay writable while the rest is set up (a tmpfs, /dev) becomes read-only only
 * with mounts_late_readonly. Errors: the place is /mounts/N or below it.
 */
int mounts_apply(struct mounts *m, struct err *err);
int mounts_late_readonly(struct mounts *m, struct err *err);
void mounts_done(struct mounts *m);

/*
 * Whether labrun furnishes /dev: not when a host directory is bind-mounted there.
 */
bool mounts_dev_is_ours(const struct config *config);

/*
 * The rules for targets in /proc. destination is lexically clean; target_in_proc: the target lies on a procfs
 * already; kind says what is mounted. 0 or -EPERM. Pure.
 */
enum mounts_kind { MOUNTS_PROC, MOUNTS_BIND_OF_PROC, MOUNTS_BIND, MOUNTS_OTHER };
int mounts_check_proc(const char *destination, bool target_in_proc, enum mounts_kind kind);

/* Parts of mounts.c, for mounts_cgroup.c. */
int mounts_target(const struct mounts *m, size_t index, bool directory, enum mounts_kind kind, int *ret_fd,
                  struct err *err);
int mounts_new_fs(const struct mounts *m, size_t index, const struct mount_options *options, const char *type,
                  bool own_data, int *ret_fd, struct err *err);
int mounts_cgroup(const struct mounts *m, size_t index, const struct mount_options *options, struct err *err);
