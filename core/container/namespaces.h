/*
 * linux.namespaces: which are made by clone3(2), which are joined, and what only their inside can set.
 *
 * Where each is entered:
 *   by clone3 of the parent: new mount, pid, network, ipc, uts
 *   by setns of the parent, before clone3: a pid namespace by path (only children enter it)
 *   in init: the others by path; new cgroup and time namespaces by unshare. The cgroup namespace is made only
 * here because its root is where its maker is: the parent must have moved init first.
 */
#pragma once

#include <stdint.h>

struct config;
struct err;
struct sys;

/* What labrun can't do: -ENOTSUP without a new mount namespace, whose mounts would be the host's. */
int namespaces_check(const struct config *config, struct err *err);

/* The flags for clone3. */
uint64_t namespaces_clone_flags(const struct config *config);

/* The parent's part: a pid namespace by path. Children made afterwards are in it. */
int namespaces_join_pid(const struct sys *sys, const struct config *config, struct err *err);

/*
 * Init's part: opens every path (checked to be of its type) while the host's file system is still there,
 * joins them, makes the cgroup and time namespaces, sets the offsets, host name and domain name, brings a new
 * network namespace's loopback up. A path that leads back to the runtime's own namespace is joined, but then
 * nothing in it is changed: a host name, domain name or sysctl of it is -EINVAL. The caller is non-dumpable:
 * from the first setns on processes of the
 * joined namespaces may look at it.
 */
int namespaces_enter(const struct sys *sys, const struct config *config, struct err *err);
