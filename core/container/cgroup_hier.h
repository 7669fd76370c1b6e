/*
 * The cgroup hierarchies that the calling process lives in and can reach: version 1 (named ones too), hybrid,
 * or unified. Sources: /proc/self/cgroup says which there are, /proc/self/mountinfo where; cgroups(7),
 * proc(5).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct err;
struct sys;

struct cgroup_hier {
        char mountpoint[4096];
        char own[4096];        /* the calling process's directory below mountpoint, "" if it lies outside */
        char controllers[256]; /* "cpu,cpuacct", "name=systemd"; "" for version 2 */
        bool v2;
        unsigned major, minor; /* of the mount's device: tells whether mountpoint still shows this mount */
};

struct cgroup_hiers {
        size_t n;                 /* <= CGROUP_MAX */
        struct cgroup_hier *item; /* owned: cgroup_hiers_free */
};

/* Decides whether a mount found in mountinfo can be used. */
typedef bool cgroup_hier_usable(const struct sys *sys, const struct cgroup_hier *hier);

/*
 * Pure but for usable and memory. Hierarchies that are mounted nowhere, or only in a part that doesn't hold
 * the process, are left out or have an empty `own`. Errors: -EINVAL (a line that is none), -E2BIG, -ENOMEM.
 */
int cgroup_hiers_parse(const struct sys *sys, const char *mountinfo, const char *cgroups,
                       cgroup_hier_usable *usable, struct cgroup_hiers *ret_hiers, struct err *err);

/* The same from /proc, with mounts that are hidden under others left out. -ENOENT: no hierarchy at all. */
int cgroup_hiers_detect(const struct sys *sys, struct cgroup_hiers *ret_hiers, struct err *err);

void cgroup_hiers_free(const struct sys *sys, struct cgroup_hiers *hiers);
