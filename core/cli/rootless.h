/*
 * --rootless, and where an ordinary user's containers are kept: as runc does both.
 */
#pragma once

#include <stdbool.h>

#include "core/cli/cli.h"

struct err;
struct sys;

/* "true", "false", "auto": whether errors of permission in making cgroups are to be borne. */
int rootless_parse(const char *text, enum cli_rootless *ret, struct err *err);

/* auto: for an ordinary user, and for the root of a user namespace, who is one to the host's cgroups. */
bool rootless_bears(const struct sys *sys, enum cli_rootless rootless);

/*
 * The state root where --root is not given: /run/labrun, and for an ordinary user $XDG_RUNTIME_DIR/labrun,
 * which is made, and sticky so that nobody tidies it away (XDG Base Directory Specification). -ENOENT without
 * the variable.
 */
int rootless_default_root(struct cli *cli, struct err *err);
