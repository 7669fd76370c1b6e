/*
 * Id-mapped bind mounts: mount_setattr(2) with MOUNT_ATTR_IDMAP, Linux 5.12.
 *
 * The kernel lets only him map a mount's ids who rules the file system, so init can't, in a user namespace of
 * the container's. The parent, as root, makes each mount detached in its own mount namespace, before init is
 * cloned; init inherits the fds, is told their numbers, and attaches them in their turn.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct config;
struct config_mount;
struct err;
struct sys;

#define IDMAPPED_MAX 64

/* Whether this entry's ids are mapped: it has mappings of its own, or the option idmap or ridmap. */
bool idmapped_wanted(const struct config_mount *mount);

/*
 * One fd for each entry that is wanted, in their order; *ret_n of them, the caller's (idmapped_close). The
 * mappings are the entry's own, else those of the container's user namespace. Errors with the entry's
 * pointer: -EINVAL (no bind mount; the file system can't), -EPERM (not root), -E2BIG, ...
 */
int idmapped_open(const struct sys *sys, const struct config *config, const char *bundle,
                  int ret_fd[IDMAPPED_MAX], size_t *ret_n, struct err *err);
void idmapped_close(const struct sys *sys, const int *fd, size_t n);
