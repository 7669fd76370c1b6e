/* The pure part: names to numbers. */
#include "core/container/seccomp.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/err.h"
#include "core/base/limits.h"
#include "core/config/config.h"

#define PLACE "/linux/seccomp"
#define NOTIFY "SCMP_ACT_NOTIFY"

/* What init does between loading the filter and the parent's word that the listener has been handed on. */
static const char *const handover[] = {"sendmsg", "recvmsg", "ppoll", "clock_gettime"};

struct named {
        const char *name;
        uint32_t number;
};
#define FIND(table, name) find(table, sizeof(table) / sizeof((table)[0]), name)

static const struct named *find(const struct named *table, size_t n, const char *name)
{
        for (size_t i = 0; i < n; i++)
                if (strcmp(table[i].name, name) == 0)
                        return &table[i];
        return NULL;
}

static const struct named actions[] = {
        {"SCMP_ACT_KILL", SECCOMP_RET_KILL_THREAD},
        {"SCMP_ACT_KILL_PROCESS", SECCOMP_RET_KILL_PROCESS},
        {"SCMP_ACT_KILL_THREAD", SECCOMP_RET_KILL_THREAD},
        {"SCMP_ACT_TRAP", SECCOMP_RET_TRAP},
        {"SCMP_ACT_ERRNO", SECCOMP_RET_ERRNO},
        {"SCMP_ACT_TRACE", SECCOMP_RET_TRACE},
        {"SCMP_ACT_ALLOW", SECCOMP_RET_ALLOW},
        {"SCMP_ACT_LOG", SECCOMP_RET_LOG},
        {NOTIFY, SECCOMP_RET_USER_NOTIF},
};

/* Those of libseccomp 2.5. The validator knows more names. */
static const struct named architectures[] = {
#define ARCH(name)                                   \
        {                                            \
                "SCMP_ARCH_" #name, SCMP_ARCH_##name \
        }
        ARCH(X86),         ARCH(X86_64), ARCH(X32),       ARCH(ARM),     ARCH(AARCH64),
        ARCH(MIPS),        ARCH(MIPS64), ARCH(MIPS64N32), ARCH(MIPSEL),  ARCH(MIPSEL64),
        ARCH(MIPSEL64N32), ARCH(PPC),    ARCH(PPC64),     ARCH(PPC64LE), ARCH(S390),
        ARCH(S390X),       ARCH(PARISC), ARCH(PARISC64),  ARCH(RISCV64),
#undef ARCH
};

static const char *const operators[] = {
        [SECCOMP_NE] = "SCMP_CMP_NE",
        [SECCOMP_LT] = "SCMP_CMP_LT",
        [SECCOMP_LE] = "SCMP_CMP_LE",
        [SECCOMP_EQ] = "SCMP_CMP_EQ",
        [SECCOMP_GE] = "SCMP_CMP_GE",
        [SECCOMP_GT] = "SCMP_CMP_GT",
        [SECCOMP_MASKED_EQ] = "SCMP_CMP_MASKED_EQ",
};

const char *seccomp_arch(size_t i)
{
        return i < sizeof(architectures) / sizeof(architectures[0]) ? architectures[i].name : NULL;
}

bool seccomp_notifies(const struct config_seccomp *s)
{
        for (size_t i = 0; i < s->syscalls.n; i++)
                if (strcmp(s->syscalls.item[i].action, NOTIFY) == 0)
                        return true;
        return false;
}

static int check_handover(const struct config_seccomp_rule *rule, size_t i, struct err *err)
{
        char place[ERR_PLACE_MAX];

        if (strcmp(rule->action, NOTIFY) != 0)
                return 0;
        for (size_t k = 0; k < rule->names.n; k++)
                for (size_t h = 0; h < sizeof(handover) / sizeof(handover[0]); h++) {
                        if (strcmp(rule->names.item[k], handover[h]) != 0)
                                continue;
                        snprintf(place, sizeof(place), PLACE "/syscalls/%zu/names/%zu", i, k);
                        return err_set(err, ENOTSUP, "seccomp", place,
                                       "%s can't go to the listener: it is needed to hand the listener over",
                                       handover[h]);
                }
        return 0;
}

static bool index_twice(const struct config_seccomp_rule *rule)
{
        unsigned seen = 0;

        for (size_t i = 0; i < rule->args.n; i++) {
                if (seen >> rule->args.item[i].index & 1)
                        return true;
                seen |= 1u << rule->args.item[i].index;
        }
        return false;
}

/* How many rules one name of this one becomes at most. */
static size_t rules_per_name(const struct config_seccomp_rule *rule)
{
        return index_twice(rule) ? rule->args.n : 1;
}

static void count(const struct config_seccomp *s, size_t *ret_rules, size_t *ret_args)
{
        size_t rules = 0, args = 0;

        for (size_t i = 0; i < s->syscalls.n; i++) { /* no overflow: the lists have LIMIT_CONFIG_LIST items */
                const struct config_seccomp_rule *rule = &s->syscalls.item[i];
                rules += rule->names.n * rules_per_name(rule);
                args += rule->args.n;
        }
        *ret_rules = rules;
        *ret_args = args;
}

int seccomp_check(const struct config_seccomp *s, struct err *err)
{
        char place[ERR_PLACE_MAX];
        size_t rules, args;
        int r = 0;

        if (!s->set)
                return 0;
        if (strcmp(s->default_action, NOTIFY) == 0)
                return err_set(err, ENOTSUP, "seccomp", PLACE "/defaultAction",
                               "can't be " NOTIFY ": the listener could not be handed over");
        for (size_t i = 0; i < s->architectures.n; i++) {
                if (FIND(architectures, s->architectures.item[i]))
                        continue;
                snprintf(place, sizeof(place), PLACE "/architectures/%zu", i);
                return err_set(err, ENOTSUP, "seccomp", place, "libseccomp has no %s",
                               s->architectures.item[i]);
        }
        count(s, &rules, &args);
        if (rules > LIMIT_SECCOMP_RULES)
                return err_set(err, E2BIG, "seccomp", PLACE "/syscalls", "they are more than %u rules",
                               LIMIT_SECCOMP_RULES);
        for (size_t i = 0; r == 0 && i < s->syscalls.n; i++)
                r = check_handover(&s->syscalls.item[i], i, err);
        return r;
}

uint32_t seccomp_action(const char *name)
{
        return FIND(actions, name)->number;
}

static uint32_t action_of(const char *name, const struct opt_u32 *errno_ret)
{
        uint32_t action = seccomp_action(name);

        if (action == SECCOMP_RET_ERRNO || action == SECCOMP_RET_TRACE)
                action |= errno_ret->set ? errno_ret->v & SECCOMP_RET_DATA : EPERM;
        return action;
}

static void args_of(const struct config_seccomp_rule *rule, struct seccomp_arg *args)
{
        for (size_t i = 0; i < rule->args.n; i++) {
                const struct config_seccomp_arg *a = &rule->args.item[i];
                unsigned cmp = SECCOMP_NE;
                while (strcmp(operators[cmp], a->op) != 0)
                        cmp++;
                args[i] = (struct seccomp_arg){a->index, cmp, a->value, a->value_two};
        }
}

static void put_rule(struct seccomp_profile *p, const struct config_seccomp_rule *rule, size_t origin,
                     const char *name, int syscall, const struct seccomp_arg *args)
{
        size_t each = rules_per_name(rule), nargs = each == 1 ? rule->args.n : 1;
        uint32_t action = action_of(rule->action, &rule->errno_ret);

        for (size_t i = 0; i < each; i++, p->nrules++)
                p->rules[p->nrules] = (struct seccomp_rule){.name = name,
                                                            .syscall = syscall,
                                                            .action = action,
                                                            .args = args + i,
                                                            .nargs = nargs,
                                                            .origin = origin,
                                                            .order = p->nrules};
}

static void put_rules(struct seccomp_profile *p, const struct config_seccomp *s, seccomp_unknown_fn *unknown,
                      void *ctx)
{
        struct seccomp_arg *args = p->args;

        for (size_t i = 0; i < s->syscalls.n; i++) {
                const struct config_seccomp_rule *rule = &s->syscalls.item[i];
                if (action_of(rule->action, &rule->errno_ret) == p->policy.default_action)
                        continue;
                args_of(rule, args);
                for (size_t k = 0; k < rule->names.n; k++) {
                        const char *name = rule->names.item[k];
                        int nr = seccomp_syscall_resolve_name(name);
                        if (nr != __NR_SCMP_ERROR)
                                put_rule(p, rule, i, name, nr, args);
                        else if (unknown)
                                unknown(ctx, name);
                }
                args += rule->args.n;
        }
}

static int by_syscall(const void *a, const void *b)
{
        const struct seccomp_rule *x = a, *y = b;

        if (x->syscall != y->syscall)
                return x->syscall < y->syscall ? -1 : 1;
        return x->order < y->order ? -1 : x->order > y->order;
}

static bool taken(const struct seccomp_profile *p, uint32_t action)
{
        for (size_t i = 0; i < p->nrules; i++)
                if (p->rules[i].action == action)
                        return true;
        return p->policy.default_action == action;
}

/* libseccomp takes any data for this action, and a profile can't name them all: it has fewer rules. */
static uint32_t placeholder(const struct seccomp_profile *p)
{
        uint32_t action = p->nbranches > 0 ? p->branches[p->nbranches - 1].placeholder - 1
                                           : SECCOMP_RET_TRACE | SECCOMP_RET_DATA;

        _Static_assert(2 * LIMIT_SECCOMP_RULES <= SECCOMP_RET_DATA, "enough for rules and placeholders");
        while (taken(p, action))
                action--;
        return action;
}

/* One system call: n rules in the profile's order. */
static void settle(struct seccomp_profile *p, const struct seccomp_rule *rules, size_t n)
{
        struct sys_seccomp_rule answer = {.syscall = rules->syscall, .origin = rules->origin};
        size_t sure = 0;

        while (sure < n && rules[sure].nargs > 0)
                sure++;
        if (sure < n) {
                answer.action = rules[sure].action;
                answer.origin = rules[sure].origin;
        } else {
                answer.action = placeholder(p);
                p->branches[p->nbranches++] = (struct seccomp_branch){answer.action, rules, n};
        }
        p->answers[p->policy.nrules++] = answer;
}

static void settle_all(struct seccomp_profile *p)
{
        size_t n;

        qsort(p->rules, p->nrules, sizeof(*p->rules), by_syscall);
        for (size_t i = 0; i < p->nrules; i += n) {
                for (n = 1; i + n < p->nrules && p->rules[i + n].syscall == p->rules[i].syscall;)
                        n++;
                settle(p, &p->rules[i], n);
        }
}

static void *array(const struct sys *sys, size_t n, size_t size)
{
        return sys->op->alloc(sys, (n ? n : 1) * size);
}

static int allocate(struct seccomp_profile *p, const struct config_seccomp *s, struct err *err)
{
        size_t rules, args;

        count(s, &rules, &args);
        p->answers = array(p->sys, rules, sizeof(*p->answers));
        p->branches = array(p->sys, rules, sizeof(*p->branches));
        p->rules = array(p->sys, rules, sizeof(*p->rules));
        p->args = array(p->sys, args, sizeof(*p->args));
        p->archs = array(p->sys, s->architectures.n, sizeof(*p->archs));
        if (p->answers && p->branches && p->rules && p->args && p->archs)
                return 0;
        seccomp_profile_free(p);
        return err_set(err, ENOMEM, "seccomp", PLACE, "%s", "");
}

int seccomp_profile_make(const struct sys *sys, const struct config_seccomp *s, seccomp_unknown_fn *unknown,
                         void *ctx, struct seccomp_profile *ret_profile, struct err *err)
{
        struct seccomp_profile p = {.sys = sys};
        int r = allocate(&p, s, err);

        if (r < 0)
                return r;
        for (size_t i = 0; i < s->architectures.n; i++)
                p.archs[i] = FIND(architectures, s->architectures.item[i])->number;
        p.policy = (struct sys_seccomp){.default_action = action_of(s->default_action, &s->default_errno_ret),
                                        .archs = p.archs,
                                        .narchs = s->architectures.n,
                                        .rules = p.answers};
        put_rules(&p, s, unknown, ctx);
        settle_all(&p);
        *ret_profile = p;
        return 0;
}

void seccomp_profile_free(struct seccomp_profile *p)
{
        if (!p || !p->sys)
                return;
        p->sys->op->free(p->sys, p->answers);
        p->sys->op->free(p->sys, p->branches);
        p->sys->op->free(p->sys, p->rules);
        p->sys->op->free(p->sys, p->args);
        p->sys->op->free(p->sys, p->archs);
        *p = SECCOMP_PROFILE_INIT;
}
