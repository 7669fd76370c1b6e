/* Init's part of sd_notify: the directory with the container's socket comes into the container. See notify.h. */
#pragma once

struct err;
struct sys;

/*
 * A detached mount of the directory that dir_fd is (of the parent's mount namespace; it is closed), *ret_tree, the caller's.
 * Before init changes its ids: the state directory is for labrun's user only.
 */
int notify_mount_open(const struct sys *sys, int dir_fd, int *ret_tree, struct err *err);

/*
 * Attaches it below root_fd, at NOTIFY_INSIDE, which is made where it is missing; wherever symlinks of the rootfs lead, that
 * is inside, and never in /proc. Read-only, nosuid, nodev, noexec, private. tree stays the caller's.
 */
int notify_mount_attach(const struct sys *sys, int tree, int root_fd, struct err *err);
