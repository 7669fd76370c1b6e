/*
 * linux.namespaces: which are made by clone3(2), which are joined, and what only their inside can set.
 *
 * Where each is entered:
 *   by clone3: new user, mount, pid, network, ipc, uts; the kernel makes the user namespace first, and the others
 *     are its own
 *   beside clone3, by a maker (netns.h): a new network namespace where that may be (namespaces_net_apart)
 *   before clone3, by a stage (stage.h): all by path, when a user or pid namespace is among them
 *   in init: the others by path; new cgroup and time namespaces by unshare. The cgroup namespace is made only
 *     here because its root is where its maker is: the parent must have moved init first.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "core/base/err.h"
#include "core/config/config.h"

struct sys;

/* What labrun can't do: -ENOTSUP without a new mount namespace, whose mounts would be the host's. */
int namespaces_check(const struct config *config, struct err *err);

/* A new network namespace that need not be made by clone3: it is not a new or joined user namespace's. */
bool namespaces_net_apart(const struct config *config);

/* The flags for clone3. */
uint64_t namespaces_clone_flags(const struct config *config);
/* " (...)" where the kernel's answer to them, -errno, has a cause that its text doesn't say; else "". config may be NULL:
 * no user namespace was asked for. */
const char *namespaces_clone_hint(const struct config *config, int r);

/* "/linux/namespaces/N/path" of one that has a path. */
void namespaces_place(const struct config *config, enum config_ns ns, char place[ERR_PLACE_MAX]);

/*
 * Opens every path but a mount namespace's (checked to be of its type); -1 where there is none. A path that leads
 * back to the caller's own namespace is one to be joined, but then nothing in it may be changed: a host name,
 * domain name or sysctl of it is -EINVAL. The fds are the caller's (namespaces_close).
 */
int namespaces_open(const struct sys *sys, const struct config *config, int ret_fd[CONFIG_NS__COUNT],
                    struct err *err);
void namespaces_close(const struct sys *sys, int fd[CONFIG_NS__COUNT]);

/*
 * Init's first part, in its cgroups: the cgroup and time namespaces and the latter's offsets. Before it changes its user:
 * timens_offsets in /proc is root's then (an ordinary user's init is still dumpable, and it is his).
 */
int namespaces_unshare(const struct sys *sys, const struct config *config, struct err *err);

/*
 * Init's second part: joins the paths that were left to it, while the host's file system is still there, and the network
 * namespace that was made apart (net: the maker's socket, borrowed; deadline: until when); sets host name and domain
 * name, brings up the loopback of a network namespace that clone3 has made. The caller is non-dumpable: from the first setns
 * on processes of the joined namespaces may look at it.
 */
int namespaces_enter(const struct sys *sys, const struct config *config, int net, const struct timespec *deadline,
                     struct err *err);
