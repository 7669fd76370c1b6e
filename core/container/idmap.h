/*
 * uid_map and gid_map of /proc: user_namespaces(7). Private to core/container.
 */
#pragma once

#include <stddef.h>
#include <sys/types.h>

#include "core/config/config.h"

struct err;
struct sys;

enum idmap_kind { IDMAP_UID, IDMAP_GID };

/* The kernel's bounds (Linux 4.15): ranges of one map, bytes of its text with a NUL. */
#define IDMAP_RANGES_MAX 340u
#define IDMAP_TEXT_MAX 4096u

/*
 * The rules of the kernel for one map; place is the list's pointer. Errors: -EINVAL with the entry's pointer:
 * a range that overlaps an earlier one, inside or outside; -E2BIG.
 */
int idmap_check(const struct config_idmap_list *list, const char *place, struct err *err);

/* Whether the id, as the container sees it, is in a range. */
bool idmap_has(const struct config_idmap_list *list, uint32_t container_id);

/* "0 1000 1\n..." for the kernel; one line for each range. 0 or -E2BIG. */
int idmap_text(const struct config_idmap_list *list, char *buf, size_t size);

/* Writes /proc/PID/uid_map or gid_map, in one write(2), as the kernel wants it. */
int idmap_write(const struct sys *sys, pid_t pid, enum idmap_kind kind, const struct config_idmap_list *list,
                struct err *err);

/* The same by newuidmap(1) or newgidmap(1), which run with an empty environment and no fd but 0 to 2. */
int idmap_run(const struct sys *sys, pid_t pid, enum idmap_kind kind, const struct config_idmap_list *list,
              const char *path, struct err *err);

/* "/linux/uidMappings" */
const char *idmap_place(enum idmap_kind kind);
