/*
 * The container's cgroups: version 1 hierarchies, hybrid, or the unified version 2.
 * A config with linux.cgroupsPath gets that path (relative to the runtime's own cgroup when it is not
 * absolute), otherwise /ID. Only creation, joining, killing, removal and the device deny-all are done here.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct config;
struct err;
struct sys;

#define CGROUP_MAX 16 /* hierarchies */

struct cgroup {
        size_t n;
        struct cgroup_dir {
                char path[4096];   /* of the directory, on the host */
                char created[4096]; /* topmost directory that we made, "" when it was there: removal stops at it */
                bool v2;
        } *dir; /* n items; owned: cgroup_free */
};

int cgroup_create(const struct sys *sys, const struct config *config, const char *id,
                  struct cgroup *ret_cgroup, struct err *err);
int cgroup_add(const struct sys *sys, const struct cgroup *cgroup, pid_t pid, struct err *err);
/* The device rules, where a v1 devices hierarchy is; *ret_applied tells (false: the caller warns). */
int cgroup_apply_devices(const struct sys *sys, const struct cgroup *cgroup, const struct config *config,
                         bool *ret_applied, struct err *err);
int cgroup_kill(const struct sys *sys, const struct cgroup *cgroup, struct err *err);
/* Removes what cgroup_create made, subdirectories made by the payload too; missing ones are fine. */
int cgroup_remove(const struct sys *sys, const struct cgroup *cgroup, struct err *err);
void cgroup_free(const struct sys *sys, struct cgroup *cgroup);
