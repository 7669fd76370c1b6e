#include "core/container/caps.h"

#include <errno.h>
#include <linux/capability.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/prctl.h>

#include "core/base/err.h"
#include "core/config/config.h"
#include "core/container/userns.h"
#include "core/sys.h"

#define CAPS_PLACE "/process/capabilities"

static void place_of(char place[ERR_PLACE_MAX], const char *set, size_t i)
{
        snprintf(place, ERR_PLACE_MAX, CAPS_PLACE "/%s/%zu", set, i);
}

/* "CAP_CHOWN" -> 0. libcap knows the names of its own time in lower case. */
static int number_of(const char *name, int *ret)
{
        char lower[64];
        cap_value_t v;
        size_t n = strlen(name);

        if (n >= sizeof(lower))
                return -EINVAL;
        for (size_t i = 0; i <= n; i++)
                lower[i] = name[i] >= 'A' && name[i] <= 'Z' ? (char)(name[i] - 'A' + 'a') : name[i];
        if (strncmp(lower, "cap_", 4) != 0 || cap_from_name(lower, &v) != 0)
                return -EINVAL;
        *ret = (int)v;
        return 0;
}

/* Names that this libcap or kernel does not know are left out: caps_warn has told. */
static uint64_t mask_of(const struct config_str_list *list)
{
        uint64_t mask = 0;

        for (size_t i = 0; i < list->n; i++) {
                int v;
                if (number_of(list->item[i], &v) == 0 && v < 64)
                        mask |= UINT64_C(1) << v;
        }
        return mask;
}

/* 1: in the calling process's bounding set; 0: not; -EINVAL: the kernel knows none of that number, nor higher. */
static int is_bounding(const struct sys *sys, int cap)
{
        return sys->op->prctl(sys, PR_CAPBSET_READ, (unsigned long)cap, 0, 0, 0);
}

/* What of these is in the bounding set. (A system call each: only they are asked for.) */
static uint64_t bounding_of(const struct sys *sys, uint64_t these)
{
        uint64_t mask = 0;

        for (int cap = 0; cap < 64; cap++)
                if ((these >> cap & 1) && is_bounding(sys, cap) > 0)
                        mask |= UINT64_C(1) << cap;
        return mask;
}

/* All that this kernel knows. */
static uint64_t every(const struct sys *sys)
{
        int cap = 0;

        while (cap < 64 && is_bounding(sys, cap) >= 0)
                cap++;
        return cap == 64 ? UINT64_MAX : (UINT64_C(1) << cap) - 1;
}

static int permitted_now(const struct sys *sys, uint64_t *ret, struct err *err)
{
        struct __user_cap_header_struct h = {.version = _LINUX_CAPABILITY_VERSION_3};
        struct __user_cap_data_struct had[2] = {{0}};
        int r = sys->op->capget(sys, &h, had);

        if (r < 0)
                return err_sys(err, r, "capabilities", CAPS_PLACE, "capget");
        *ret = had[0].permitted | (uint64_t)had[1].permitted << 32;
        return 0;
}

bool caps_effective(const struct sys *sys, int cap)
{
        struct __user_cap_header_struct h = {.version = _LINUX_CAPABILITY_VERSION_3};
        struct __user_cap_data_struct d[2] = {{0}};

        return sys->op->capget(sys, &h, d) == 0 && (d[cap / 32].effective >> cap % 32 & 1);
}

static void warn_of(const struct config_str_list *list, const char *set, uint64_t can, sync_log_fn *log,
                    void *ctx)
{
        char text[512];
        size_t n = (size_t)snprintf(text, sizeof(text), CAPS_PLACE "/%s: can't be granted, ignored:", set);
        bool any = false;

        for (size_t i = 0; i < list->n; i++) {
                int v;
                if (number_of(list->item[i], &v) == 0 && v < 64 && (can >> v & 1))
                        continue;
                any = true;
                if (n + strlen(list->item[i]) + 6 > sizeof(text)) {
                        snprintf(text + n, sizeof(text) - n, " ...");
                        break;
                }
                n += (size_t)snprintf(text + n, sizeof(text) - n, " %s", list->item[i]);
        }
        if (any)
                log(ctx, SYNC_LOG_WARNING, text);
}

int caps_warn(const struct sys *sys, const struct config *config, sync_log_fn *log, void *ctx,
              struct err *err)
{
        const struct config_caps *caps = &config->process.capabilities;
        uint64_t permitted, bounding = bounding_of(sys, mask_of(&caps->bounding));
        int r = permitted_now(sys, &permitted, err);

        if (r < 0)
                return r;
        if (userns_is_set(config)) /* who enters one has all, in it: user_namespaces(7) */
                bounding = permitted = every(sys);
        warn_of(&caps->bounding, "bounding", bounding, log, ctx);
        warn_of(&caps->effective, "effective", permitted, log, ctx);
        warn_of(&caps->permitted, "permitted", permitted, log, ctx);
        /* capset(2): what is not in the bounding set can't be made inheritable */
        bounding &= permitted & mask_of(&caps->bounding);
        warn_of(&caps->inheritable, "inheritable", bounding, log, ctx);
        warn_of(&caps->ambient, "ambient", permitted, log, ctx);
        return 0;
}

/* 0: it is not in the bounding set any more; -EINVAL: as is_bounding. Who may drop none may well have none to drop. */
static int drop(const struct sys *sys, int cap)
{
        int r = sys->op->prctl(sys, PR_CAPBSET_DROP, (unsigned long)cap, 0, 0, 0), has;

        if (r != -EPERM)
                return r;
        has = is_bounding(sys, cap);
        return has > 0 ? r : has;
}

int caps_bound(const struct sys *sys, const struct config *config, struct err *err)
{
        uint64_t keep = mask_of(&config->process.capabilities.bounding);
        int r = 0;

        for (int cap = 0; r >= 0 && cap < 64; cap++) {
                if (!(keep >> cap & 1))
                        r = drop(sys, cap);
                if (r < 0 && r != -EINVAL)
                        return err_sys(err, r, "capabilities", CAPS_PLACE "/bounding", "dropping number %d", cap);
        }
        r = sys->op->prctl(sys, PR_SET_KEEPCAPS, 1, 0, 0, 0);
        return r < 0 ? err_sys(err, r, "capabilities", CAPS_PLACE, "PR_SET_KEEPCAPS") : 0;
}

/* One that can't be granted was warned of; one that the config itself doesn't permit or inherit is an error. */
static int raise_ambient(const struct sys *sys, const struct config_str_list *list, uint64_t can,
                         struct err *err)
{
        int r = sys->op->prctl(sys, PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);

        if (r < 0)
                return err_sys(err, r, "capabilities", CAPS_PLACE "/ambient", "clearing");
        for (size_t i = 0; i < list->n; i++) {
                int v;
                if (number_of(list->item[i], &v) < 0 || v >= 64 || !(can >> v & 1))
                        continue;
                r = sys->op->prctl(sys, PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, (unsigned long)v, 0, 0);
                if (r < 0) {
                        char place[ERR_PLACE_MAX];
                        place_of(place, "ambient", i);
                        return err_sys(err, r, "capabilities", place,
                                       "%s must be permitted and inheritable to be ambient", list->item[i]);
                }
        }
        return 0;
}

static int set_sets(const struct sys *sys, uint64_t effective, uint64_t permitted, uint64_t inheritable,
                    struct err *err)
{
        struct __user_cap_header_struct h = {.version = _LINUX_CAPABILITY_VERSION_3};
        struct __user_cap_data_struct d[2] = {{0}};
        int r;

        for (int i = 0; i < 2; i++) {
                d[i].effective = (uint32_t)(effective >> 32 * i);
                d[i].permitted = (uint32_t)(permitted >> 32 * i);
                d[i].inheritable = (uint32_t)(inheritable >> 32 * i);
        }
        r = sys->op->capset(sys, &h, d);
        return r < 0 ? err_sys(err, r, "capabilities", CAPS_PLACE, "capset") : 0;
}

int caps_raise(const struct sys *sys, struct err *err)
{
        struct __user_cap_header_struct h = {.version = _LINUX_CAPABILITY_VERSION_3};
        struct __user_cap_data_struct d[2] = {{0}};
        int r = sys->op->capget(sys, &h, d);

        if (r < 0)
                return err_sys(err, r, "capabilities", CAPS_PLACE, "capget");
        d[0].effective = d[0].permitted;
        d[1].effective = d[1].permitted;
        r = sys->op->capset(sys, &h, d);
        return r < 0 ? err_sys(err, r, "capabilities", CAPS_PLACE, "capset") : 0;
}

/* A seccomp filter may answer "success" in the kernel's place: then the struct is not filled in, or says otherwise. */
static int verify_sets(const struct sys *sys, uint64_t effective, uint64_t permitted, uint64_t inheritable,
                       struct err *err)
{
        struct __user_cap_header_struct h = {.version = _LINUX_CAPABILITY_VERSION_3};
        struct __user_cap_data_struct d[2];
        int r;

        memset(d, 0xff, sizeof(d));
        r = sys->op->capget(sys, &h, d);
        if (r < 0)
                return err_sys(err, r, "capabilities", CAPS_PLACE, "capget");
        if ((d[0].effective | (uint64_t)d[1].effective << 32) != effective ||
            (d[0].permitted | (uint64_t)d[1].permitted << 32) != permitted ||
            (d[0].inheritable | (uint64_t)d[1].inheritable << 32) != inheritable)
                return err_set(err, EPERM, "capabilities", CAPS_PLACE, "capset succeeded and changed nothing");
        return 0;
}

int caps_apply(const struct sys *sys, const struct config *config, struct err *err)
{
        const struct config_caps *caps = &config->process.capabilities;
        uint64_t have, effective, permitted, inheritable;
        int r = permitted_now(sys, &have, err);

        if (r < 0)
                return r;
        permitted = mask_of(&caps->permitted) & have;
        effective = mask_of(&caps->effective) & permitted;
        inheritable = bounding_of(sys, mask_of(&caps->inheritable) & have);
        r = set_sets(sys, effective, permitted, inheritable, err);
        if (r == 0)
                r = verify_sets(sys, effective, permitted, inheritable, err);
        if (r < 0)
                return r;
        r = sys->op->prctl(sys, PR_SET_KEEPCAPS, 0, 0, 0, 0);
        if (r < 0)
                return err_sys(err, r, "capabilities", CAPS_PLACE, "PR_SET_KEEPCAPS");
        return raise_ambient(sys, &caps->ambient, have, err);
}
