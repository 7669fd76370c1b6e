/*
 * The session keyring of the container: else the payload would possess the keys of whoever called the runtime
 * (session-keyring(7)).
 */
#pragma once

#include <stdbool.h>

struct err;
struct sys;

/*
 * Joins the session keyring "_ses.ID" (runc's name; exec joins the same one), made if there is none, and lets
 * its user search it; with user_ns everybody, as runc does: the keyring's owner may be unmapped inside. A
 * keyring of that name that another user planted is not joined: then a new one without a name takes its
 * place. Returns 1, or 0 where the kernel has no keyrings (-ENOSYS) or something around us keeps them from us
 * (-EPERM of an outer seccomp filter: it keeps them from the payload as well). Errors: -EDQUOT, -ENOMEM, ...
 */
int keyring_join(const struct sys *sys, const char *id, bool user_ns, struct err *err);
