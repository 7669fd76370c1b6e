#include "core/container/keyring.h"

#include <errno.h>
#include <linux/keyctl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "core/base/err.h"
#include "core/base/limits.h"
#include "core/sys.h"

#define NAME_PREFIX "_ses."
#define PERM_USER_SEARCH 0x80000u /* KEY_USR_SEARCH and KEY_OTH_SEARCH of keyctl_setperm(3) */
#define PERM_OTHER_SEARCH 0x8u

static long join(const struct sys *sys, const char *name)
{
        return sys->op->keyctl(sys, KEYCTL_JOIN_SESSION_KEYRING, (unsigned long)(uintptr_t)name, 0, 0, 0);
}

/* One field of hex digits or a decimal number, up to the separator. */
static int field(const char **p, unsigned base, uint32_t *ret)
{
        uint64_t v = 0;
        const char *s = *p;

        for (; *s && *s != ';'; s++) {
                unsigned d = *s >= '0' && *s <= '9'   ? (unsigned)(*s - '0')
                             : *s >= 'a' && *s <= 'f' ? (unsigned)(*s - 'a') + 10
                                                      : 16;
                if (d >= base || v > UINT32_MAX)
                        return -EINVAL;
                v = v * base + d;
        }
        if (s == *p || *s != ';' || v > UINT32_MAX)
                return -EINVAL;
        *p = s + 1;
        *ret = (uint32_t)v;
        return 0;
}

/* KEYCTL_DESCRIBE answers "TYPE;UID;GID;PERM;DESCRIPTION". */
static int describe(const struct sys *sys, long key, uint32_t *ret_uid, uint32_t *ret_perm)
{
        char text[LIMIT_ID_BYTES + 256];
        uint32_t uid, gid, perm;
        const char *p;
        long n = sys->op->keyctl(sys, KEYCTL_DESCRIBE, (unsigned long)key, (unsigned long)(uintptr_t)text,
                                 sizeof(text) - 1, 0);

        if (n < 0)
                return (int)n;
        text[(size_t)n < sizeof(text) ? n : (long)sizeof(text) - 1] = '\0';
        p = strchr(text, ';');
        if (!p)
                return -EBADMSG;
        p++;
        if (field(&p, 10, &uid) < 0 || field(&p, 10, &gid) < 0 || field(&p, 16, &perm) < 0)
                return -EBADMSG;
        *ret_uid = uid;
        *ret_perm = perm;
        return 0;
}

static int failed(struct err *err, long r, const char *what)
{
        return err_sys(err, (int)r, "keyring", NULL, "%s%s", what,
                       r == -EDQUOT ? " (the user has too many keys; --no-new-keyring makes none)" : "");
}

int keyring_join(const struct sys *sys, const char *id, bool user_ns, struct err *err)
{
        char name[sizeof(NAME_PREFIX) + LIMIT_ID_BYTES];
        uint32_t uid = 0, perm = 0;
        long key, r;

        snprintf(name, sizeof(name), NAME_PREFIX "%s", id);
        key = join(sys, name);
        if (key == -ENOSYS || key == -EPERM)
                return 0;
        if (key < 0)
                return failed(err, key, "joining the session keyring");
        r = describe(sys, key, &uid, &perm);
        if (r == 0 && uid != sys->op->geteuid(sys)) {
                key = join(sys, NULL);
                r = key < 0 ? key : describe(sys, key, &uid, &perm);
        }
        if (r == 0)
                r = sys->op->keyctl(sys, KEYCTL_SETPERM, (unsigned long)key,
                                    perm | (user_ns ? PERM_OTHER_SEARCH : PERM_USER_SEARCH), 0, 0);
        return r < 0 ? failed(err, r, "its permissions") : 1;
}
