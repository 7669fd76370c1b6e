/*
 * linux.sysctl: only parameters that belong to a namespace of the container, never the host's.
 * Names come with dots or with slashes ("net.ipv4.conf.eth0/100.forwarding" and
 * "net/ipv4/conf/eth0.100/forwarding" are the same): the first separator decides which one it is, as in
 * sysctl(8).
 */
#pragma once

#include <stddef.h>

#include "core/config/config.h"

struct err;
struct sys;

/* Pure: the path below /proc/sys. -EINVAL: empty, "." or ".." components, or no separator; -ENAMETOOLONG. */
int sysctl_path(const char *name, char *buf, size_t size);

/* Pure: every name is one of a namespace that the config has. Errors: -EINVAL with the pointer
 * /linux/sysctl/NAME. */
int sysctl_check(const struct config *config, struct err *err);

/* Pure: none lies in ns, which a path has led back to the runtime's own namespace. -EINVAL, likewise. */
int sysctl_check_host(const struct config *config, enum config_ns ns, struct err *err);

/* Inside the container's namespaces, after sysctl_check. Writes through a procfs that is verified. */
int sysctl_apply(const struct sys *sys, const struct config *config, struct err *err);
