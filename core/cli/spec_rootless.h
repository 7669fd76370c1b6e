/*
 * `labrun spec --rootless`: the default config.json changed as runc does it, for the caller's ids: a user
 * namespace that maps both to 0, no network namespace (nobody could configure it), /sys bound from the host
 * (sysfs shows the network namespace and needs its owner), no gid= (not mapped), no resources (no cgroup may
 * be made).
 */
#pragma once

#include <stddef.h>

struct err;
struct sys;

/* *ret_text is the caller's (sys->op->free). Errors: -ENOMEM. */
int spec_rootless(const struct sys *sys, const char *config, size_t config_len, char **ret_text,
                  size_t *ret_len, struct err *err);
