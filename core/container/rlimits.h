/* process.rlimits of config.json: names and setting, getrlimit(2). */
#pragma once

#include <sys/types.h>

struct config;
struct err;
struct sys;

/* "RLIMIT_NOFILE" -> RLIMIT_NOFILE; -EINVAL for an unknown name. */
int rlimits_number(const char *name);

/* For the calling process. Errors name the item. Late in init: a small NOFILE leaves it no fd to open. */
int rlimits_apply(const struct sys *sys, const struct config *config, struct err *err);

/*
 * For another process, by one that has more privileges: raises hard limits that are below what is configured,
 * and nothing else. What it may not raise is told when that process sets its limits.
 */
void rlimits_raise(const struct sys *sys, const struct config *config, pid_t pid);
