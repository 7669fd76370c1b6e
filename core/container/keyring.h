/*
 * The session keyring of the container: else the payload would possess the keys of whoever called the runtime
 * (session-keyring(7)).
 */
#pragma once

#include <stdbool.h>

struct err;
struct sys;

/*
 * Joins the session keyring "_ses.ID" (runc's name; exec joins the same one), made if there is none, and adds that
 * its user may search it; with user_ns everybody, as runc does: the keyring's owner may be unmapped inside. A
 * keyring of that name that another user planted is left again at once: a new one without a name takes its
 * place. keyctl(2): KEYCTL_JOIN_SESSION_KEYRING, _DESCRIBE, _SETPERM. Returns 1, or 0 where the kernel has no keyrings
 * (-ENOSYS) or something around us keeps them from us (-EPERM of an outer seccomp filter: it keeps them from the
 * payload as well): then the caller's stays. Errors: -EDQUOT (the user has too many keys), -ENOMEM, -EACCES,
 * -EBADMSG (a description that is none).
 */
int keyring_join(const struct sys *sys, const char *id, bool user_ns, struct err *err);
