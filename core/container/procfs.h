/*
 * A procfs that can be trusted, from inside an untrusted root file system.
 *
 * /proc of the container may be anything; what labrun writes there must not be led astray (CVE-2019-16884,
 * CVE-2025-52881). So a fresh, private, detached procfs is made (fsopen(2), Linux 5.2); it has no overmounts
 * and nobody else sees it. Where that is refused (a user namespace over a masked /proc), /proc is taken if it
 * is a procfs' root.
 */
#pragma once

struct err;
struct sys;

/* *ret_fd is the caller's. */
int procfs_open(const struct sys *sys, int *ret_fd, struct err *err);

/* The /proc that is mounted there (O_PATH, CLOEXEC, the caller's), if it is the root of a procfs: -EPERM otherwise. */
int procfs_open_mounted(const struct sys *sys, int *ret_fd);

/* Writes text to a file below it in one write(2); no symlink, magic link or other mount on the way. 0 or
 * -errno. */
int procfs_write(const struct sys *sys, int proc_fd, const char *path, const char *text);
