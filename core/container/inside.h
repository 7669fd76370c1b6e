/*
 * Paths inside an untrusted root file system.
 *
 * Whatever symlinks lie there, and whoever exchanges them while we look, a path never leads out of the root:
 * openat2(2) with RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS (Linux 5.6), one component made at a time, and the
 * caller acts on the fd that comes back, never on the name again. On an older kernel: -ENOSYS, a clear
 * refusal.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct err;
struct sys;

#define INSIDE_PATH_MAX 4096 /* PATH_MAX */

/*
 * Opens path, absolute or not, below root_fd. flags are openat2's without O_CLOEXEC, which is added; resolve
 * is added to the two flags above (RESOLVE_NO_SYMLINKS). Returns the fd (the caller's) or -errno.
 */
int inside_open(const struct sys *sys, int root_fd, const char *path, int flags, unsigned long resolve);

/*
 * Opens path (O_PATH), or makes it, as a directory or an empty file, with every directory that is missing
 * before it (mode 0755, less the umask; files 0644). A dangling symlink on the way is followed inside the
 * root, so that an image's /var/run -> /run works before there is a /run. What exists already is opened
 * whatever its type is. On success *ret_fd is the caller's. Errors name `path`: -ENOTDIR, -ELOOP,
 * -ENAMETOOLONG, -ENOSYS, -EROFS, ...
 */
int inside_make(const struct sys *sys, int root_fd, const char *path, bool directory, int *ret_fd,
                struct err *err);

/*
 * Opens (or makes, as above) the directory that holds path's last component and points *ret_name at that
 * component in path. Errors: -EINVAL if there is none ("/", "a/..").
 */
int inside_make_parent(const struct sys *sys, int root_fd, const char *path, int *ret_fd,
                       const char **ret_name, struct err *err);

/* Lexical: "/a//b/../c/" becomes "/a/c"; ".." at the root stays there. 0 or -ENAMETOOLONG. */
int inside_clean(const char *path, char *buf, size_t size);
