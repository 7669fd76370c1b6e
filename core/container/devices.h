/*
 * The container's /dev: the spec's default devices, those of linux.devices, and the usual links.
 */
#pragma once

struct config;
struct err;
struct sys;

/*
 * Where mknod(2) is not permitted, the host's device is bind-mounted in its place, after its number was
 * checked. What is there already and is the right device stays; anything else under that name is covered or
 * refused, never trusted. Errors: the place is /linux/devices/N, or the path of a default device. Source:
 * runtime-spec 1.2 config-linux.md "Default Devices", "Default Symlinks".
 */
int devices_create(const struct sys *sys, const struct config *config, int root_fd, struct err *err);
