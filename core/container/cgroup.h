/*
 * The container's cgroups: version 1 hierarchies, hybrid, or the unified version 2.
 *
 * A config with linux.cgroupsPath gets that path in every hierarchy (relative to the runtime's own cgroup
 * when it is not absolute), otherwise /ID. Only creation, joining, killing, removal and the device rules are
 * done here. The directories are the host's cgroupfs: no part of their paths is the container's to choose.
 * Source: runtime-spec 1.2 config-linux.md "Control groups"; cgroups(7); kernel cgroup-v1/, cgroup-v2.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct config;
struct err;
struct json_t; /* <jansson.h> */
struct sys;

#define CGROUP_MAX 16 /* hierarchies */

struct cgroup {
        size_t n;
        struct cgroup_dir {
                char path[4096];    /* of the directory, on the host */
                char created[4096]; /* topmost directory that we made, "" when it was there: removal stops at
                                       it */
                bool v2;
                size_t base_len; /* of path: what was there before; only between cgroup_plan and cgroup_make */
        } * dir; /* n items; owned: cgroup_free */
};

/*
 * Makes the directories. One that exists is taken only while no process is in it or below, and it isn't
 * frozen: two containers in one cgroup would kill each other (-EBUSY). A new cpuset gets its parent's cpus
 * and mems, without which it takes no process. On failure everything that was made is removed. Errors:
 * -EINVAL with /linux/cgroupsPath (empty, "/", or with a ".."), else the place is the directory.
 */
int cgroup_create(const struct sys *sys, const struct config *config, const char *id,
                  struct cgroup *ret_cgroup, struct err *err);

/*
 * cgroup_create in two halves, for a caller who writes down what will be made before it is: after a kill at any moment the plan
 * is enough for cgroup_unmake (before a process was added) or cgroup_kill and cgroup_remove. plan checks and
 * makes nothing. make sets `created` anew; when it fails, the caller unmakes. A container's directory that was
 * missing in the plan and is there in make is another's: -EBUSY.
 */
int cgroup_plan(const struct sys *sys, const struct config *config, const char *id, struct cgroup *ret_cgroup,
                struct err *err);
int cgroup_make(const struct sys *sys, struct cgroup *cgroup, struct err *err);
int cgroup_add(const struct sys *sys, const struct cgroup *cgroup, pid_t pid, struct err *err);
/*
 * For CLONE_INTO_CGROUP, where a process that is born in one cgroup is in all: an fd (the caller's) of the only directory, of
 * version 2; -1: cgroup_add has to do it. Moving a process makes the kernel wait for an RCU grace period, several ms
 * if nobody moved one just before; being born somewhere costs nothing.
 */
int cgroup_open_only(const struct sys *sys, const struct cgroup *cgroup);

/*
 * The rules of linux.resources.devices in their order, and after them the devices that every container has
 * (the default ones, terminals, and mknod of any), as in runc. Only where a v1 devices hierarchy is;
 * *ret_applied tells (false: there are rules but no such hierarchy, and the caller warns).
 */
int cgroup_apply_devices(const struct sys *sys, const struct cgroup *cgroup, const struct config *config,
                         bool *ret_applied, struct err *err);

/*
 * SIGKILL to every process in the cgroups and below, frozen ones too, again until none is left, in at most
 * LIMIT_CGROUP_KILL_MS (-ETIMEDOUT). Missing directories are fine. -EBUSY: the caller itself is in there.
 */
int cgroup_kill(const struct sys *sys, const struct cgroup *cgroup, struct err *err);

/*
 * The signal to every process in the cgroups and below, once to each. One that is forked meanwhile is met,
 * unless the container keeps forking. Missing directories are fine. -EBUSY: the caller itself is in there.
 */
int cgroup_signal(const struct sys *sys, const struct cgroup *cgroup, int signal, struct err *err);

/*
 * Stops every process of the container, or lets them go on, and waits until that is so. Errors: -ENOTSUP (no freezer),
 * -ETIMEDOUT after LIMIT_CGROUP_FREEZE_MS (then they go on), those of the files. Source: kernel
 * cgroup-v1/freezer-subsystem, cgroup-v2 "cgroup.freeze" (Linux 5.2).
 */
int cgroup_freeze(const struct sys *sys, const struct cgroup *cgroup, bool freeze, struct err *err);
/* Frozen, or about to be. False also where nothing can be. */
bool cgroup_is_frozen(const struct sys *sys, const struct cgroup *cgroup);

/*
 * The processes in the cgroups and below, sorted, each once; those that our pid namespace can't name are left out.
 * *ret_pids (NULL for none) is the caller's (sys->op->free).
 */
int cgroup_list(const struct sys *sys, const struct cgroup *cgroup, pid_t **ret_pids, size_t *ret_n,
                struct err *err);

/*
 * The way back from a plan, or a cgroup_make that failed, when no process of ours was ever in there: removes
 * the directories that were missing and are empty, and touches nothing that somebody else has made since. ms: for how
 * long to wait for one that is busy, because an init that was born there (cgroup_open_only) may be on its way out.
 */
void cgroup_unmake(const struct sys *sys, const struct cgroup *cgroup, unsigned ms);

/*
 * Removes what cgroup_create made, subdirectories made by the payload too; missing ones are fine. Waits at
 * most LIMIT_CGROUP_REMOVE_MS for the kernel to let go (-EBUSY). All directories are tried; the first error
 * is told.
 */
int cgroup_remove(const struct sys *sys, const struct cgroup *cgroup, struct err *err);
/*
 * cgroup_kill and cgroup_remove; at once where a directory can be removed as it is, which the kernel allows only when no
 * process and no other cgroup is in it: then there is nobody to kill and nothing to walk through.
 */
int cgroup_end(const struct sys *sys, const struct cgroup *cgroup, struct err *err);
void cgroup_free(const struct sys *sys, struct cgroup *cgroup); /* NULL-safe; an all-zero struct is fine */

/*
 * For the state file: [{"path": "...", "created": "...", "v2": false}, ...]. to_json returns a new reference
 * (the caller's) or NULL without memory. from_json checks what it reads: absolute paths without "..", created
 * being path or a parent of it. Errors: -EINVAL with a JSON pointer below the array.
 */
struct json_t *cgroup_to_json(const struct cgroup *cgroup);
int cgroup_from_json(const struct sys *sys, const struct json_t *json, struct cgroup *ret_cgroup,
                     struct err *err);

/* Pure: linux.cgroupsPath or the id as a path that is safe to append ("/a/b"); *ret_absolute: to the
 * hierarchy's root. */
int cgroup_path(const char *cgroups_path, const char *id, char *buf, size_t size, bool *ret_absolute,
                struct err *err);
