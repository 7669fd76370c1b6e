/* What the kernel has to say about a profile, and the loading. */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <string.h>

#include "core/base/err.h"
#include "core/base/scope.h"
#include "core/config/config.h"
#include "core/container/seccomp.h"

#define PLACE "/linux/seccomp"

static const struct {
        const char *name;
        unsigned flag; /* 0: nothing to ask the kernel for */
} flags[] = {
        {"SECCOMP_FILTER_FLAG_TSYNC", 0},
        {"SECCOMP_FILTER_FLAG_LOG", SECCOMP_FILTER_FLAG_LOG},
        {"SECCOMP_FILTER_FLAG_SPEC_ALLOW", SECCOMP_FILTER_FLAG_SPEC_ALLOW},
        {"SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV", SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV},
};

static unsigned flag_of(const char *name)
{
        for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
                if (strcmp(flags[i].name, name) == 0)
                        return flags[i].flag;
        return 0;
}

static int check_action(const struct sys *sys, uint32_t action, const char *name, const char *place,
                        struct err *err)
{
        uint32_t kind = action & SECCOMP_RET_ACTION_FULL;
        int r = sys->op->seccomp(sys, SECCOMP_GET_ACTION_AVAIL, 0, &kind);

        if (r == -EOPNOTSUPP)
                return err_set(err, ENOTSUP, "seccomp", place, "this kernel has no %s", name);
        return r < 0 ? err_sys(err, r, "seccomp", place, "asking the kernel for %s", name) : 0;
}

/* A flag that the kernel knows gets as far as the program, which isn't there: EFAULT (seccomp(2)). */
static int check_flag(const struct sys *sys, const char *name, bool notify, const char *place,
                      struct err *err)
{
        unsigned flag = flag_of(name);
        int r;

        if (flag == SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV) {
                if (!notify)
                        return err_set(err, EINVAL, "seccomp", place, "%s needs SCMP_ACT_NOTIFY", name);
                flag |= SECCOMP_FILTER_FLAG_NEW_LISTENER;
        }
        if (flag == 0)
                return 0;
        r = sys->op->seccomp(sys, SECCOMP_SET_MODE_FILTER, flag, NULL);
        if (r == -EINVAL)
                return err_set(err, ENOTSUP, "seccomp", place, "this kernel has no %s", name);
        return r == -EFAULT ? 0 : err_sys(err, r, "seccomp", place, "asking the kernel for %s", name);
}

bool seccomp_has_flag(const struct sys *sys, const char *name)
{
        return check_flag(sys, name, true, PLACE "/flags", NULL) == 0;
}

int seccomp_check_kernel(const struct sys *sys, const struct config_seccomp *s, struct err *err)
{
        uint32_t known = SECCOMP_RET_ALLOW;
        char place[ERR_PLACE_MAX];
        int r;

        if (!s->set)
                return 0;
        r = sys->op->seccomp(sys, SECCOMP_GET_ACTION_AVAIL, 0, &known);
        if (r < 0)
                return err_sys(err, r, "seccomp", PLACE, "this kernel has no filters");
        r = check_action(sys, seccomp_action(s->default_action), s->default_action, PLACE "/defaultAction",
                         err);
        for (size_t i = 0; r == 0 && i < s->syscalls.n; i++) {
                const char *action = s->syscalls.item[i].action;
                snprintf(place, sizeof(place), PLACE "/syscalls/%zu/action", i);
                r = check_action(sys, seccomp_action(action), action, place, err);
        }
        for (size_t i = 0; r == 0 && i < s->flags.n; i++) {
                snprintf(place, sizeof(place), PLACE "/flags/%zu", i);
                r = check_flag(sys, s->flags.item[i], seccomp_notifies(s), place, err);
        }
        return r;
}

static int too_long(struct err *err)
{
        return err_set(err, E2BIG, "seccomp", PLACE, "its program is longer than the kernel allows");
}

/* The pointer of what seccomp_compile refused. */
static int refused_at(const struct seccomp_profile *p, const struct sys_seccomp_refused *refused, int rc,
                      struct err *err)
{
        char place[ERR_PLACE_MAX];

        if (refused->arch) {
                snprintf(place, sizeof(place), PLACE "/architectures/%zu",
                         (size_t)(refused->arch - p->policy.archs));
                return err_sys(err, rc, "seccomp", place,
                               "libseccomp can't add it to the native architecture");
        }
        if (refused->rule) {
                snprintf(place, sizeof(place), PLACE "/syscalls/%zu", refused->rule->origin);
                return err_sys(err, rc, "seccomp", place, "libseccomp refused it");
        }
        if (rc == -E2BIG)
                return too_long(err);
        return err_sys(err, rc, "seccomp", PLACE, "libseccomp could not make a program of it");
}

int seccomp_program_make(const struct seccomp_profile *p, struct sock_filter **ret_code, size_t *ret_n,
                         struct err *err)
{
        const struct sys *sys = p->sys;
        struct sys_seccomp_refused refused;
        SCOPED_MEM code = {sys, NULL};
        struct sock_filter *compiled;
        size_t n;
        int r = sys->op->seccomp_compile(sys, &p->policy, &compiled, &n, &refused);

        if (r < 0)
                return refused_at(p, &refused, r, err);
        code.ptr = sys->op->realloc(sys, compiled, BPF_MAXINSNS * sizeof(*compiled));
        if (!code.ptr) {
                sys->op->free(sys, compiled);
                return err_set(err, ENOMEM, "seccomp", PLACE, "%s", "");
        }
        if (seccomp_args_link(p, code.ptr, &n) < 0)
                return too_long(err);
        *ret_code = scoped_mem_steal(&code);
        *ret_n = n;
        return 0;
}

int seccomp_filter_make(const struct sys *sys, const struct config *config, seccomp_unknown_fn *unknown,
                        void *ctx, struct seccomp_filter *ret_filter, struct err *err)
{
        const struct config_seccomp *s = &config->linux_.seccomp;
        struct seccomp_filter f = {.sys = sys};
        struct seccomp_profile p = SECCOMP_PROFILE_INIT;
        int r;

        if (!s->set)
                return 0;
        r = seccomp_profile_make(sys, s, unknown, ctx, &p, err);
        if (r < 0)
                return r;
        r = seccomp_program_make(&p, &f.code, &f.n, err);
        seccomp_profile_free(&p);
        if (r < 0)
                return r;
        for (size_t i = 0; i < s->flags.n; i++)
                f.flags |= flag_of(s->flags.item[i]);
        f.notify = seccomp_notifies(s);
        if (f.notify)
                f.flags |= SECCOMP_FILTER_FLAG_NEW_LISTENER;
        *ret_filter = f;
        return 0;
}

void seccomp_filter_free(struct seccomp_filter *f)
{
        if (!f || !f->code)
                return;
        f->sys->op->free(f->sys, f->code);
        *f = SECCOMP_FILTER_INIT;
}

enum seccomp_when seccomp_when(const struct seccomp_filter *f, bool no_new_privs)
{
        if (!no_new_privs)
                return SECCOMP_BEFORE_CAPS;
        return f->notify ? SECCOMP_BEFORE_READY : SECCOMP_BEFORE_EXECVE;
}

int seccomp_filter_load(const struct seccomp_filter *f, struct err *err)
{
        struct sock_fprog program = {.len = (unsigned short)f->n, .filter = f->code};
        int r;

        if (!f->code)
                return 0;
        r = f->sys->op->seccomp(f->sys, SECCOMP_SET_MODE_FILTER, f->flags, &program);
        if (r == -EBUSY)
                return err_set(err, EBUSY, "seccomp", PLACE,
                               "can't listen: the system calls of this process have a listener already");
        if (r == -EACCES)
                return err_set(err, EACCES, "seccomp", PLACE,
                               "needs CAP_SYS_ADMIN, or /process/noNewPrivileges to be true");
        return r < 0 ? err_sys(err, r, "seccomp", PLACE, "loading the filter") : r;
}
