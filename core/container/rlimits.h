/* process.rlimits of config.json: names and setting, getrlimit(2). */
#pragma once

struct config;
struct err;
struct sys;

/* "RLIMIT_NOFILE" -> RLIMIT_NOFILE; -EINVAL for an unknown name. */
int rlimits_number(const char *name);

/* For the calling process. Errors name the item. Late in init: a small NOFILE leaves it no fd to open. */
int rlimits_apply(const struct sys *sys, const struct config *config, struct err *err);
