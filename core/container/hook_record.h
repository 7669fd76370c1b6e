/*
 * The hook that labrun runs just now, in the state directory, so that who deletes a container after a kill -9 of labrun finds
 * what that left.
 *
 * The hook itself dies with labrun (PDEATHSIG); what it has started does not, and is in its process group. As long as
 * anybody is in a group, the kernel gives its number to nobody else. So the group is the hook's if its leader is the process
 * that was written down, or is no more; not if another process has the number, or the machine was started again.
 * (A number that was free, used by another leader and orphaned again in the meantime is not told apart.)
 *
 * init's hooks are not written down: they are in the container, and end with it. Nor are those of poststop: there is no state
 * directory any more, and what such a hook has started outlives a delete that is killed.
 */
#pragma once

#include <sys/types.h>

struct err;
struct state_dir;

#define HOOK_RECORD "hook"

/* Before the hook, a child of the caller, is told what to do. */
int hook_record_write(const struct state_dir *dir, pid_t pid, struct err *err);

/* It has ended; what it leaves behind in its group is what it wants to. */
void hook_record_clear(const struct state_dir *dir);

/*
 * By who holds the lock, of a labrun that is no more: kills the group, and waits until nobody lives in it any more. 0 too
 * where there is none. -ETIMEDOUT: not within LIMIT_HOOK_KILL_MS; others of /proc.
 */
int hook_record_kill(const struct state_dir *dir, struct err *err);
