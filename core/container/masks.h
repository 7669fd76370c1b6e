/*
 * linux.readonlyPaths and linux.maskedPaths, inside the container's root ("/" of the calling process).
 * Paths that are not there are skipped, as the spec's examples rely on.
 */
#pragma once

struct config;
struct err;
struct sys;

int masks_readonly(const struct sys *sys, const struct config *config, struct err *err);

/*
 * Files are covered by /dev/null, which must be the character device 1:3 and is checked through the fd that
 * is then mounted (CVE-2025-31133); directories by an empty read-only tmpfs.
 */
int masks_apply(const struct sys *sys, const struct config *config, struct err *err);
