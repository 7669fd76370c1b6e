/*
 * linux.namespaces user: the rules, the id maps, and becoming root inside.
 *
 * A new user namespace is made by the clone3 that makes init, together with the other new namespaces, which
 * it then owns. Its maps can be written only from outside (user_namespaces(7)): init asks for
 * them (MAP_IDS), and the parent writes them. As root the parent writes any map. An ordinary user may write
 * the map of one id, the own one, and for the group only when setgroups(2) is given up in the namespace; more
 * than that is done by the set-user-ID programs newuidmap(1) and newgidmap(1), as far as subuid(5) and
 * subgid(5) allow.
 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

struct config;
struct err;
struct sys;

bool userns_is_new(const struct config *config);
bool userns_is_set(const struct config *config); /* new, or joined by path */

/*
 * What can be refused before anything is made, each with its pointer: a new namespace without mappings, maps
 * without id 0 (whom init has to be while it builds), ranges that overlap, more than the kernel takes
 * (Linux 4.15: 340 ranges in less than 4096 bytes), a user or group of /process that is not mapped (-EINVAL);
 * an ordinary user without a user namespace (-EPERM). The mappings beside a path are not looked at:
 * generators write them because some runtimes want to see one.
 */
int userns_check(const struct sys *sys, const struct config *config, struct err *err);

/*
 * The parent's part, for an init that waits for its maps; an ordinary user's is dumpable still: an undumpable
 * process's files in /proc are root's. path is the PATH where newuidmap and newgidmap are looked for; NULL: none, then the
 * usual directories. Errors have the pointer of the mapping; what the programs say is the message.
 */
int userns_map(const struct sys *sys, const struct config *config, pid_t pid, const char *path,
               struct err *err);

/*
 * The parent's part, before init does anything: what only its own privileges can do to init. The hard limits
 * of /process/rlimits are raised (init lowers to what is configured when it becomes the payload), and
 * oom_score_adj is written, unless a stage did it: a process in the user namespace can't lower it, whoever made it.
 */
int userns_privilege(const struct sys *sys, const struct config *config, pid_t pid, struct err *err);

/*
 * Init's part, once mapped: user and group 0 of the namespace, no supplementary groups (those of the caller
 * stay where setgroups(2) is denied: nobody can drop them there). The caller sets PDEATHSIG and dumpable
 * again: the kernel forgets both.
 */
int userns_become_root(const struct sys *sys, const struct config *config, struct err *err);
