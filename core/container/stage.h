/*
 * The process between the parent and init, where init has to be born inside namespaces that exist already.
 *
 * A joined user namespace must own the new ones, and a joined pid namespace is entered only by children: both
 * are joined before the clone3 that makes init. The parent can't: nobody comes back from a user namespace,
 * and hooks would run in the container's pid namespace. So a child joins and clones init as its sibling
 * (CLONE_PARENT), tells the parent init's pid, and ends:
 *
 *      parent                         stage                            init
 *      opens and checks every path
 *      spawn -----------------------> oom_score_adj, non-dumpable, setns ...
 *      waits                          clone3(CLONE_PARENT | new) ----> blocks in its first read
 *             <---------------------- pid, or the error
 *      reaps it, pidfd_open(init)     exits
 *
 * In which order: first everything that labrun's own privileges suffice for, then the user namespace, then
 * the rest with what that gives. So root joins a network namespace of the host's together with an unrelated
 * user namespace, and an ordinary user the namespaces that belong to his.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "core/config/config.h"

struct err;
struct init_plain;
struct sys;

/*
 * Whether init needs one: a user or pid namespace by path; any path beside a new user namespace, for from
 * inside it the host's can't be joined. Then all paths are the stage's, none is left for init.
 */
bool stage_needed(const struct config *config);

/*
 * Makes init by way of a stage, with the oom score of /process/oomScoreAdj. socket is init's end, which stays the caller's
 * here. On success *ret_pid and *ret_pidfd (the caller's) are init's. Errors name the namespace's pointer. Blocks
 * LIMIT_STAGE_MS at most; no process is left behind by a failure.
 */
int stage_spawn(const struct sys *sys, const struct config *config, const struct init_plain *plain,
                int socket, pid_t *ret_pid, int *ret_pidfd, struct err *err);

/*
 * The same for namespaces that the caller has opened: ns[i] joins if it is >= 0 (it stays the caller's), flags are for
 * init's clone3, oom_score_adj is what init inherits. config names the paths in errors; NULL: they are a running
 * container's, whom `exec` joins.
 */
int stage_spawn_in(const struct sys *sys, const struct config *config, const int ns[CONFIG_NS__COUNT],
                   uint64_t flags, const struct init_plain *plain, const struct opt_i32 *oom_score_adj, int socket,
                   pid_t *ret_pid, int *ret_pidfd, struct err *err);
