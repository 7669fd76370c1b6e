#include "props/models/seccomp_model.h"

#include <errno.h>
#include <linux/audit.h>
#include <stdbool.h>
#include <string.h>

#define X32_BIT 0x40000000
#define SOCKETCALL 102 /* of 32-bit x86 (linux/net.h) */
#define IPC 117        /* (linux/ipc.h) */

const struct seccomp_model_call seccomp_model_calls[] = {
        {"read", 0, 3, 63, 0},
        {"write", 1, 4, 64, 1},
        {"close", 3, 6, 57, 3},
        {"getpid", 39, 20, 172, 39},
        {"ioctl", 16, 54, 29, 514},
        {"personality", 135, 136, 92, 135},
        {"prctl", 157, 172, 167, 157},
        {"openat", 257, 295, 56, 257},
        {"getrandom", 318, 355, 278, 318},
        {"clone3", 435, 435, 435, 435},
        {"open", 2, 5, -1, 2},
        {"waitpid", -1, 7, -1, -1},
        {"renameat2", 316, 353, 276, 316},
        {"arch_prctl", 158, 384, -1, 158},
        {"no_such_call", -1, -1, -1, -1},
        {"socket", 41, 359, 198, 41, SOCKETCALL, 1},
        {"socketcall", -1, SOCKETCALL, -1, -1},
        {"bind", 49, 361, 200, 49, SOCKETCALL, 2},
        {"semget", 64, 393, 190, 64, IPC, 2},
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

static bool lists(const struct config_seccomp *p, const char *arch)
{
        for (size_t i = 0; i < p->architectures.n; i++)
                if (strcmp(p->architectures.item[i], arch) == 0)
                        return true;
        return false;
}

static bool is_x32(const struct seccomp_data *d)
{
        return d->arch == AUDIT_ARCH_X86_64 && d->nr >= X32_BIT;
}

static bool filtered(const struct config_seccomp *p, const struct seccomp_data *d)
{
        if (d->arch == AUDIT_ARCH_X86_64)
                return !is_x32(d) || lists(p, "SCMP_ARCH_X32");
        return lists(p, d->arch == AUDIT_ARCH_I386 ? "SCMP_ARCH_X86" : "SCMP_ARCH_AARCH64");
}

int seccomp_model_number(const struct seccomp_model_call *c, uint32_t arch)
{
        return arch == AUDIT_ARCH_X86_64    ? c->x86_64
               : arch == AUDIT_ARCH_I386    ? c->x86
               : arch == AUDIT_ARCH_AARCH64 ? c->aarch64
                                            : c->x32;
}

static bool names(const struct config_seccomp_rule *rule, const struct seccomp_data *d)
{
        for (size_t i = 0; i < rule->names.n; i++)
                for (size_t k = 0; k < seccomp_model_ncalls; k++) {
                        const struct seccomp_model_call *c = &seccomp_model_calls[k];
                        int nr = seccomp_model_number(c, is_x32(d) ? SECCOMP_MODEL_X32 : d->arch);
                        if (strcmp(c->name, rule->names.item[i]) == 0 && nr >= 0 &&
                            nr == (is_x32(d) ? d->nr - X32_BIT : d->nr))
                                return true;
                }
        return false;
}

static bool holds(const struct config_seccomp_arg *arg, const struct seccomp_data *d)
{
        uint64_t all = d->arch == AUDIT_ARCH_I386 || is_x32(d) ? UINT32_MAX : UINT64_MAX;
        uint64_t is = d->args[arg->index] & all, value = arg->value, two = arg->value_two;
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

/* All args, but any of them where an index is there twice. unseen: the first argument isn't the system
 * call's. */
static bool applies(const struct config_seccomp_rule *rule, const struct seccomp_data *d, bool unseen)
{
        size_t held = 0;

        for (size_t i = 0; i < rule->args.n; i++)
                held += (unseen && rule->args.item[i].index == 0) || holds(&rule->args.item[i], d);
        return twice(rule) ? held > 0 : held == rule->args.n;
}

/* What the rules for one system call make of it; false: they don't name it. */
static bool decide(const struct config_seccomp *p, const struct seccomp_data *named,
                   const struct seccomp_data *d, uint32_t *ret)
{
        const uint32_t otherwise = answer(p->default_action, &p->default_errno_ret);
        const struct config_seccomp_rule *counts = NULL;
        bool any = false;

        for (size_t i = 0; i < p->syscalls.n; i++) {
                const struct config_seccomp_rule *rule = &p->syscalls.item[i];
                if (answer(rule->action, &rule->errno_ret) == otherwise || !names(rule, named))
                        continue;
                any = true;
                if (counts && counts->args.n == 0)
                        break;
                if (rule->args.n == 0 || (!counts && applies(rule, d, named != d)))
                        counts = rule;
        }
        *ret = counts ? answer(counts->action, &counts->errno_ret) : otherwise;
        return any;
}

/* The system call of x86 that another one stands for; false: d is what it says. */
static bool stands_for(const struct seccomp_data *d, struct seccomp_data *ret)
{
        for (size_t i = 0; d->arch == AUDIT_ARCH_I386 && i < seccomp_model_ncalls; i++) {
                const struct seccomp_model_call *c = &seccomp_model_calls[i];
                if (c->shared == 0 || c->shared != d->nr || c->as != (int)(uint32_t)d->args[0])
                        continue;
                *ret = *d;
                ret->nr = c->x86;
                return true;
        }
        return false;
}

uint32_t seccomp_model(const struct config_seccomp *p, const struct seccomp_data *d)
{
        struct seccomp_data real;
        uint32_t is;

        if (!filtered(p, d))
                return SECCOMP_RET_KILL_THREAD;
        if (!decide(p, d, d, &is) && stands_for(d, &real))
                (void)decide(p, &real, d, &is);
        return is;
}
