/*
 * The host of a run: a tree of canary files beside the bundle, the bundle itself, the devices, some kernel settings, the
 * mounts, and the owners of the open files. Looked at before the runtime is first called and after its last end; what
 * is not as it was is written down in words. Lives in the supervisor.
 */
#pragma once

#include "sandbox/observation.h"
#include "sandbox/surroundings.h"

/* In the private /run: file, private (mode 0600), exe, dir/inner, empty/, link, fifo. */
#define HOST_DIR SURROUNDINGS_HOST
#define HOST_ENTRIES 160
#define HOST_SETTINGS 16

struct host_entry {
        char path[128];
        uint32_t mode, uid, gid, nlink;
        uint64_t size, rdev, content; /* content: a hash of bytes, link's text and extended attributes */
        int64_t mtime_ns, ctime_ns;
};

struct host {
        struct host_entry entry[HOST_ENTRIES];
        size_t n_entries;
        char setting[HOST_SETTINGS][128];
        char mounts[32u << 10];
};

/* Makes the canary tree. 0 or -errno. */
int host_make(void);

void host_look(struct host *ret);

/* Writes into o->changed. */
void host_compare(const struct host *before, const struct host *after, struct observation *o);
