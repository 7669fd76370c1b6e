/* Who the payload is: ids, groups, capabilities, limits, environment, working directory. Inside the new root.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct config;
struct err;
struct sys;

/*
 * The payload's environment: process.env as it is, HOME from the rootfs's /etc/passwd (else "/") when it is
 * absent, LISTEN_FDS and LISTEN_PID when listen > 0, with notify NOTIFY_SOCKET in place of process.env's (notify.h).
 * One block of memory, owned by the caller (sys->op->free).
 */
int identity_environment(const struct sys *sys, const struct config *config, uint32_t listen, bool notify,
                         char ***ret_env, struct err *err);

/* The home directory of uid in the text of a passwd(5) file; NULL if it has none. *ret_len its length. */
const char *identity_home(const char *passwd, uint32_t uid, size_t *ret_len);

/* Makes process.cwd if it is missing (as runc does), 0755. The caller's cwd is the new root. */
int identity_make_cwd(const struct sys *sys, const struct config *config, struct err *err);

/* Standard streams that are anonymous pipes become the payload's, so that it can reopen them; nothing else is
 * touched. */
int identity_own_stdio(const struct sys *sys, const struct config *config, struct err *err);

/*
 * rlimits, bounding set, cwd, groups and ids, umask; in this order. The process is non-dumpable and dies with its parent,
 * but for a moment: the kernel forgets both when the effective ids change (prctl(2)), and they are set again at once.
 * The permitted capabilities are kept. Where a user namespace denies setgroups(2) and none are configured, the
 * caller's groups stay: nothing can drop them (user_namespaces(7)). Errors: with the pointer of what was refused.
 */
int identity_change_user(const struct sys *sys, const struct config *config, struct err *err);
/* Then: the other capability sets, no_new_privs; checks the working directory. */
int identity_drop(const struct sys *sys, const struct config *config, struct err *err);

/*
 * The working directory must be inside the root: getcwd(2) says "(unreachable)" of what is not, which an
 * inherited fd of a host directory can bring about (CVE-2024-21626). Errors: -EXDEV, it is outside; -ENOENT, it was
 * removed; -ENAMETOOLONG; all with "/process/cwd".
 */
int identity_check_cwd(const struct sys *sys, struct err *err);

/* Signal mask empty, every disposition the default. */
int identity_reset_signals(const struct sys *sys, struct err *err);
