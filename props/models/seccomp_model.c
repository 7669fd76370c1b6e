#include "props/models/seccomp_model.h"

#include <assert.h>
#include <errno.h>
#include <linux/audit.h>
#include <stdbool.h>
#include <string.h>

const struct seccomp_model_call seccomp_model_calls[] = {
        {"read", 0, 3, 63},           {"write", 1, 4, 64},          {"close", 3, 6, 57},
        {"getpid", 39, 20, 172},      {"ioctl", 16, 54, 29},        {"personality", 135, 136, 92},
        {"prctl", 157, 172, 167},     {"openat", 257, 295, 56},     {"getrandom", 318, 355, 278},
        {"clone3", 435, 435, 435},    {"open", 2, 5, -1},           {"waitpid", -1, 7, -1},
        {"renameat2", 316, 353, 276}, {"arch_prctl", 158, 384, -1}, {"no_such_call", -1, -1, -1},
};
const size_t seccomp_model_ncalls = sizeof(seccomp_model_calls) / sizeof(seccomp_model_calls[0]);

static uint32_t answer(const char *action, const struct opt_u32 *errno_ret)
{
        uint32_t data = errno_ret->set ? errno_ret->v : EPERM;

        if (strcmp(action, "SCMP_ACT_ALLOW") == 0)
                return SECCOMP_RET_ALLOW;
        if (strcmp(action, "SCMP_ACT_ERRNO") == 0)
                return SECCOMP_RET_ERRNO + data;
        if (strcmp(action, "SCMP_ACT_TRACE") == 0)
                return SECCOMP_RET_TRACE + data;
        if (strcmp(action, "SCMP_ACT_LOG") == 0)
                return SECCOMP_RET_LOG;
        if (strcmp(action, "SCMP_ACT_TRAP") == 0)
                return SECCOMP_RET_TRAP;
        if (strcmp(action, "SCMP_ACT_NOTIFY") == 0)
                return SECCOMP_RET_USER_NOTIF;
        return strcmp(action, "SCMP_ACT_KILL_PROCESS") == 0 ? SECCOMP_RET_KILL_PROCESS
                                                            : SECCOMP_RET_KILL_THREAD;
}

static bool filtered(const struct config_seccomp *p, uint32_t arch)
{
        const char *name = arch == AUDIT_ARCH_I386 ? "SCMP_ARCH_X86" : "SCMP_ARCH_AARCH64";

        if (arch == AUDIT_ARCH_X86_64)
                return true;
        for (size_t i = 0; i < p->architectures.n; i++)
                if (strcmp(p->architectures.item[i], name) == 0)
                        return true;
        return false;
}

static int number(const char *name, uint32_t arch)
{
        for (size_t i = 0; i < seccomp_model_ncalls; i++) {
                const struct seccomp_model_call *c = &seccomp_model_calls[i];
                if (strcmp(c->name, name) == 0)
                        return arch == AUDIT_ARCH_X86_64 ? c->x86_64
                               : arch == AUDIT_ARCH_I386 ? c->x86
                                                         : c->aarch64;
        }
        return -1;
}

static bool names(const struct config_seccomp_rule *rule, const struct seccomp_data *d)
{
        for (size_t i = 0; i < rule->names.n; i++)
                if (number(rule->names.item[i], d->arch) == d->nr)
                        return true;
        return false;
}

static bool holds(const struct config_seccomp_arg *arg, const struct seccomp_data *d)
{
        uint64_t all = d->arch == AUDIT_ARCH_I386 ? UINT32_MAX : UINT64_MAX;
        uint64_t is = d->args[arg->index] & all, value = arg->value & all, two = arg->value_two & all;
        const char *op = arg->op + strlen("SCMP_CMP_");

        return strcmp(op, "NE") == 0   ? is != value
               : strcmp(op, "LT") == 0 ? is < value
               : strcmp(op, "LE") == 0 ? is <= value
               : strcmp(op, "EQ") == 0 ? is == value
               : strcmp(op, "GE") == 0 ? is >= value
               : strcmp(op, "GT") == 0 ? is > value
                                       : (is & value) == (two & value);
}

static bool twice(const struct config_seccomp_rule *rule)
{
        for (size_t i = 0; i < rule->args.n; i++)
                for (size_t k = 0; k < i; k++)
                        if (rule->args.item[k].index == rule->args.item[i].index)
                                return true;
        return false;
}

/* All args, but any of them where an index is there twice. */
static bool applies(const struct config_seccomp_rule *rule, const struct seccomp_data *d)
{
        size_t held = 0;

        for (size_t i = 0; i < rule->args.n; i++)
                held += holds(&rule->args.item[i], d);
        return twice(rule) ? held > 0 : held == rule->args.n;
}

/* An empty mask is no condition, and libseccomp may see that: then the rule counts as one without args. */
static bool vacuous(const struct config_seccomp_rule *rule)
{
        for (size_t i = 0; i < rule->args.n; i++)
                if (strcmp(rule->args.item[i].op, "SCMP_CMP_MASKED_EQ") == 0 &&
                    (uint32_t)rule->args.item[i].value == 0)
                        return true;
        return false;
}

/*
 * libseccomp 2.5.4 mixes up alternatives one of which acts where its comparison says no: of {arg >= 0x101}
 * and {arg < 0x1234567800000000} neither holds for arg = 0x1234567800000000, and it errs in the other
 * direction too.
 */
static bool mixed_up(const struct config_seccomp *p, const struct seccomp_data *d)
{
        size_t alternatives = 0;
        bool acts_on_no = false;

        for (size_t i = 0; i < p->syscalls.n; i++) {
                const struct config_seccomp_rule *rule = &p->syscalls.item[i];
                if (!names(rule, d))
                        continue;
                alternatives += twice(rule) ? rule->args.n : 1;
                for (size_t k = 0; k < rule->args.n; k++)
                        acts_on_no = acts_on_no || strcmp(rule->args.item[k].op, "SCMP_CMP_NE") == 0 ||
                                     strcmp(rule->args.item[k].op, "SCMP_CMP_LT") == 0 ||
                                     strcmp(rule->args.item[k].op, "SCMP_CMP_LE") == 0;
        }
        return alternatives > 1 && acts_on_no;
}

/* Values that a 32-bit call can't have: libseccomp leaves them out, or cuts them. */
static bool too_wide(const struct config_seccomp *p, const struct seccomp_data *d)
{
        for (size_t i = 0; d->arch == AUDIT_ARCH_I386 && i < p->syscalls.n; i++)
                for (size_t k = 0; k < p->syscalls.item[i].args.n; k++)
                        if ((p->syscalls.item[i].args.item[k].value > UINT32_MAX ||
                             p->syscalls.item[i].args.item[k].value_two > UINT32_MAX) &&
                            names(&p->syscalls.item[i], d))
                                return true;
        return false;
}

size_t seccomp_model(const struct config_seccomp *p, const struct seccomp_data *d,
                     uint32_t ret[SECCOMP_MODEL_ANSWERS])
{
        uint32_t otherwise = answer(p->default_action, &p->default_errno_ret);
        size_t n = 0, open = 0;
        bool sure = false;

        if (too_wide(p, d))
                return 0;
        ret[0] = SECCOMP_RET_KILL_THREAD;
        if (!filtered(p, d->arch) || (d->arch == AUDIT_ARCH_X86_64 && d->nr >= 0x40000000))
                return 1;
        for (size_t i = 0; i < p->syscalls.n; i++) {
                const struct config_seccomp_rule *rule = &p->syscalls.item[i];
                uint32_t action = answer(rule->action, &rule->errno_ret);
                bool counts = rule->args.n == 0 ? !sure : !sure || vacuous(rule);
                if (action == otherwise || !names(rule, d) || !counts || !applies(rule, d))
                        continue;
                if (rule->args.n == 0) { /* beats all but the vacuous, which stand in front */
                        n = open;
                        sure = true;
                }
                assert(n < SECCOMP_MODEL_ANSWERS);
                ret[n++] = action;
                if (vacuous(rule)) {
                        uint32_t last = ret[n - 1];
                        ret[n - 1] = ret[open];
                        ret[open++] = last;
                }
        }
        if (!sure && mixed_up(p, d))
                return 0;
        if (n == 0)
                ret[n++] = otherwise;
        return n;
}
