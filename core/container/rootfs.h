/*
 * The container's root file system, built by init inside its new mount namespace.
 *
 * The rootfs is untrusted: every path inside it is resolved with openat2(RESOLVE_IN_ROOT) semantics and acted
 * on through the fd, never by name again. Mount sources are the host's, as the config's owner names them.
 */
#pragma once

struct config;
struct err;
struct sys;

/*
 * Steps, in this order; each needs the one before.
 * prepare: propagation of "/", the rootfs bind-mounted on itself, /mounts, devices and their symlinks.
 *   bundle is the absolute path of the bundle directory; config->root.path is relative to it or absolute.
 *   idmapped, cgroup: see struct mounts.
 *   *ret_root_fd (O_CLOEXEC, the caller's) is the root of that mount: its name may lead elsewhere by now.
 * pivot: pivot_root without a put_old directory, the old root detached; cwd is "/" afterwards.
 * finish: inside the new root: rootfsPropagation, sysctl, readonlyPaths, maskedPaths, root.readonly.
 */
int rootfs_prepare(const struct sys *sys, const struct config *config, const char *bundle,
                   const int *idmapped, const char *cgroup, int *ret_root_fd, struct err *err);
int rootfs_pivot(const struct sys *sys, int root_fd, struct err *err);
int rootfs_finish(const struct sys *sys, const struct config *config, struct err *err);
