#include "core/container/seccomp_args.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <stdbool.h>

#include "core/container/seccomp.h"

/* Jumps whose target is not known yet. A rule is shorter than either. */
#define YES 0xfe /* this arg holds: to the next one */
#define NO 0xff  /* it doesn't: to the next rule */

#define X32_BIT 0x40000000u /* of a system call's number (asm/unistd.h) */

/* The halves of args[i] in struct seccomp_data. */
#define ARG(i) ((uint32_t)(offsetof(struct seccomp_data, args) + (i) * sizeof(uint64_t)))
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define LOW(i) ARG(i)
#define HIGH(i) (ARG(i) + 4)
#else
#define LOW(i) (ARG(i) + 4)
#define HIGH(i) ARG(i)
#endif

struct program {
        struct sock_filter *code;
        size_t n;
        bool full;
};

static void put(struct program *p, struct sock_filter instruction)
{
        if (p->n >= BPF_MAXINSNS)
                p->full = true;
        else
                p->code[p->n++] = instruction;
}

/* The accumulator becomes a word of struct seccomp_data, or a number. */
static void put_load(struct program *p, size_t offset)
{
        put(p, (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)offset));
}

static void put_number(struct program *p, uint32_t k)
{
        put(p, (struct sock_filter)BPF_STMT(BPF_LD | BPF_IMM, k));
}

static void put_and(struct program *p, uint32_t mask)
{
        put(p, (struct sock_filter)BPF_STMT(BPF_ALU | BPF_AND | BPF_K, mask));
}

/* op: BPF_JEQ, BPF_JGT, BPF_JGE. yes and no: how many instructions are left out, or YES, NO. */
static void put_if(struct program *p, unsigned op, uint32_t k, unsigned yes, unsigned no)
{
        put(p, (struct sock_filter)BPF_JUMP(BPF_JMP | op | BPF_K, k, (uint8_t)yes, (uint8_t)no));
}

static struct sock_filter far_jump(size_t from, size_t to)
{
        return (struct sock_filter)BPF_STMT(BPF_JMP | BPF_JA, (uint32_t)(to - from - 1));
}

/* A jump that may be far; lands where the caller says later. */
static size_t put_jump(struct program *p)
{
        put(p, far_jump(0, 1));
        return p->n - 1;
}

static void land_here(struct program *p, size_t jump)
{
        p->code[jump] = far_jump(jump, p->n);
}

/* Jumps of the instructions from start on that are marked so lead here. */
static void resolve(struct program *p, size_t start, uint8_t mark)
{
        for (size_t i = start; i < p->n; i++) {
                struct sock_filter *in = &p->code[i];
                if (BPF_CLASS(in->code) != BPF_JMP || BPF_OP(in->code) == BPF_JA)
                        continue;
                if (in->jt == mark)
                        in->jt = (uint8_t)(p->n - i - 1);
                if (in->jf == mark)
                        in->jf = (uint8_t)(p->n - i - 1);
        }
}

/* A narrow argument's upper half is nothing that the system call looks at: 0, whatever the register holds. */
static void put_high(struct program *p, const struct seccomp_arg *a, bool narrow)
{
        if (narrow)
                put_number(p, 0);
        else
                put_load(p, HIGH(a->index));
}

static void put_masked(struct program *p, const struct seccomp_arg *a, bool narrow)
{
        uint64_t want = a->a & a->b;

        put_high(p, a, narrow);
        put_and(p, (uint32_t)(a->a >> 32));
        put_if(p, BPF_JEQ, (uint32_t)(want >> 32), 0, NO);
        put_load(p, LOW(a->index));
        put_and(p, (uint32_t)a->a);
        put_if(p, BPF_JEQ, (uint32_t)want, 0, NO);
}

/* op: BPF_JGT or BPF_JGE; holds or not is told by yes and no. */
static void put_ordered(struct program *p, const struct seccomp_arg *a, bool narrow, unsigned op,
                        unsigned yes, unsigned no)
{
        uint32_t high = (uint32_t)(a->a >> 32), low = (uint32_t)a->a;

        put_high(p, a, narrow);
        put_if(p, BPF_JGT, high, yes, 0);
        put_if(p, BPF_JEQ, high, 0, no);
        put_load(p, LOW(a->index));
        put_if(p, op, low, yes, no);
}

static void put_equal(struct program *p, const struct seccomp_arg *a, bool narrow, unsigned yes, unsigned no)
{
        put_high(p, a, narrow);
        put_if(p, BPF_JEQ, (uint32_t)(a->a >> 32), 0, no);
        put_load(p, LOW(a->index));
        put_if(p, BPF_JEQ, (uint32_t)a->a, yes, no);
}

static void put_arg(struct program *p, const struct seccomp_arg *a, bool narrow)
{
        size_t start = p->n;

        switch (a->cmp) {
        case SECCOMP_NE:
                put_equal(p, a, narrow, NO, YES);
                break;
        case SECCOMP_LT:
                put_ordered(p, a, narrow, BPF_JGE, NO, YES);
                break;
        case SECCOMP_LE:
                put_ordered(p, a, narrow, BPF_JGT, NO, YES);
                break;
        case SECCOMP_EQ:
                put_equal(p, a, narrow, YES, NO);
                break;
        case SECCOMP_GE:
                put_ordered(p, a, narrow, BPF_JGE, YES, NO);
                break;
        case SECCOMP_GT:
                put_ordered(p, a, narrow, BPF_JGT, YES, NO);
                break;
        case SECCOMP_MASKED_EQ:
                put_masked(p, a, narrow);
                break;
        }
        resolve(p, start, YES);
}

static void put_answer(struct program *p, uint32_t action)
{
        put(p, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, action));
}

static void put_rules(struct program *p, const struct seccomp_branch *b, uint32_t otherwise, bool narrow,
                      bool multiplexed)
{
        for (size_t i = 0; i < b->n; i++) {
                const struct seccomp_rule *rule = &b->rules[i];
                size_t start = p->n;
                for (size_t k = 0; k < rule->nargs; k++)
                        if (!multiplexed || rule->args[k].index != 0)
                                put_arg(p, &rule->args[k], narrow);
                put_answer(p, rule->action);
                resolve(p, start, NO);
        }
        put_answer(p, otherwise);
}

/* As libseccomp has it: x32 and n32, too, whose registers have 64 bits and whose arguments have not. */
static bool is_narrow(uint32_t arch)
{
        return !(arch & __AUDIT_ARCH_64BIT) || arch & __AUDIT_ARCH_CONVENTION_MIPS64_N32;
}

static bool lists(const struct sys_seccomp *policy, uint32_t arch)
{
        for (size_t i = 0; i < policy->narchs; i++)
                if (policy->archs[i] == arch)
                        return true;
        return false;
}

/*
 * The rules as they are for one architecture. There, socketcall(2) or ipc(2) may stand for the system call:
 * their first argument says so, and libseccomp has looked at it.
 */
static void put_arch(struct program *p, const struct sys_seccomp *policy, const struct seccomp_branch *b,
                     uint32_t arch)
{
        int nr = seccomp_syscall_resolve_name_arch(arch, b->rules[0].name);
        int shared = nr < 0 ? seccomp_syscall_resolve_name_rewrite(arch, b->rules[0].name) : -1;
        bool x32 = arch == SCMP_ARCH_X32, narrow = is_narrow(arch);
        size_t other[2], n = 0;

        if (nr < 0 && shared < 0)
                return; /* it has no such system call */
        put_load(p, offsetof(struct seccomp_data, arch));
        put_if(p, BPF_JEQ, x32 ? AUDIT_ARCH_X86_64 : arch, 1, 0);
        other[n++] = put_jump(p);
        if (x32 || (arch == SCMP_ARCH_X86_64 && lists(policy, SCMP_ARCH_X32))) {
                put_load(p, offsetof(struct seccomp_data, nr));
                put_if(p, BPF_JGE, X32_BIT, x32, !x32);
                other[n++] = put_jump(p);
        }
        if (shared >= 0) {
                put_load(p, offsetof(struct seccomp_data, nr));
                put_if(p, BPF_JEQ, (uint32_t)shared, 1, 0);
                size_t direct = put_jump(p);
                put_rules(p, b, policy->default_action, narrow, true);
                land_here(p, direct);
        }
        put_rules(p, b, policy->default_action, narrow, false);
        while (n > 0)
                land_here(p, other[--n]);
}

static void put_branch(struct program *p, const struct sys_seccomp *policy, const struct seccomp_branch *b)
{
        uint32_t native = seccomp_arch_native();

        put_arch(p, policy, b, native);
        for (size_t i = 0; i < policy->narchs; i++) {
                const struct sys_seccomp before = {.archs = policy->archs, .narchs = i};
                if (policy->archs[i] != native && !lists(&before, policy->archs[i]))
                        put_arch(p, policy, b, policy->archs[i]);
        }
        put_answer(p, policy->default_action); /* never comes here, but a program has to end */
}

int seccomp_args_link(const struct seccomp_profile *profile, struct sock_filter *code, size_t *n)
{
        struct program p = {.code = code, .n = *n};

        for (size_t i = 0; i < profile->nbranches; i++) {
                const struct seccomp_branch *b = &profile->branches[i];
                size_t start = p.n;
                for (size_t k = 0; k < *n; k++) {
                        if (code[k].code != (BPF_RET | BPF_K) || code[k].k != b->placeholder)
                                continue;
                        if (p.n == start)
                                put_branch(&p, &profile->policy, b);
                        code[k] = far_jump(k, start);
                }
        }
        if (p.full)
                return -E2BIG;
        *n = p.n;
        return 0;
}
