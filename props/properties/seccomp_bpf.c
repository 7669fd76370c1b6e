/*
 * The program that a profile becomes answers every system call as the profile says.
 *
 * Targets: seccomp_check, seccomp_profile_make, seccomp_program_make, and the seam's seccomp_compile with
 * libseccomp behind it.
 */
#include <errno.h>
#include <linux/audit.h>
#include <string.h>

#include "core/base/err.h"
#include "core/container/seccomp.h"
#include "props/models/bpf.h"
#include "props/models/seccomp_model.h"
#include "props/pt.h"

#define RULES_MAX 6u
#define NAMES_MAX 3u
#define ARGS_MAX 3u
#define PROBES 24u

struct freed {
        struct seccomp_profile profile;
        struct sock_filter *code;
};

static void release(void *arg)
{
        struct freed *f = arg;

        seccomp_profile_free(&f->profile);
        sys_linux()->op->free(sys_linux(), f->code);
}

static const char *draw_action(pt *t, bool is_default, struct opt_u32 *errno_ret)
{
        static const char *const actions[] = {
                "SCMP_ACT_ALLOW",       "SCMP_ACT_ERRNO",        "SCMP_ACT_TRACE",
                "SCMP_ACT_LOG",         "SCMP_ACT_TRAP",         "SCMP_ACT_KILL",
                "SCMP_ACT_KILL_THREAD", "SCMP_ACT_KILL_PROCESS", "SCMP_ACT_NOTIFY"};
        const char *action = actions[pt_below(t, is_default ? 8 : 9)];

        if ((strcmp(action, "SCMP_ACT_ERRNO") == 0 || strcmp(action, "SCMP_ACT_TRACE") == 0) && pt_bool(t))
                *errno_ret = (struct opt_u32){true, (uint32_t)pt_below(t, 4095)};
        return action;
}

/* Near the edges of a byte, of 32 bits, and of 64. */
static uint64_t draw_value(pt *t)
{
        static const uint64_t bases[] = {
                0, 255, UINT32_MAX, UINT64_C(1) << 63, UINT64_MAX - 1, 0x1234567800000000};

        uint64_t base = bases[pt_below(t, sizeof(bases) / sizeof(bases[0]))]; /* one draw a statement: the order is C's */

        return base + pt_below(t, 4);
}

static void draw_args(pt *t, struct config_seccomp_rule *rule)
{
        static const char *const ops[] = {"SCMP_CMP_EQ", "SCMP_CMP_NE", "SCMP_CMP_LT",       "SCMP_CMP_LE",
                                          "SCMP_CMP_GE", "SCMP_CMP_GT", "SCMP_CMP_MASKED_EQ"};

        rule->args.item = pt_alloc(t, ARGS_MAX * sizeof(*rule->args.item));
        PT_REPEAT(t, 0, ARGS_MAX)
        {
                struct config_seccomp_arg *a = &rule->args.item[rule->args.n++];
                a->index = (uint32_t)pt_below(t, 6);
                a->op = ops[pt_below(t, sizeof(ops) / sizeof(ops[0]))];
                a->value = draw_value(t);
                a->value_two = pt_bool(t) ? a->value & draw_value(t) : draw_value(t);
                pt_note(t, "arg %u %s %#llx %#llx", a->index, a->op, (unsigned long long)a->value,
                        (unsigned long long)a->value_two);
        }
}

static void draw_names(pt *t, struct config_seccomp_rule *rule)
{
        rule->names.item = pt_alloc(t, NAMES_MAX * sizeof(*rule->names.item));
        PT_REPEAT(t, 1, NAMES_MAX)
        {
                rule->names.item[rule->names.n++] =
                        seccomp_model_calls[pt_below(t, seccomp_model_ncalls)].name;
        }
}

/* Often for the system calls of the one before: that is where it gets hard. */
static void draw_rule(pt *t, struct config_seccomp *p)
{
        struct config_seccomp_rule *rule = &p->syscalls.item[p->syscalls.n++];
        unsigned again = p->syscalls.n > 1 ? (unsigned)pt_below(t, 4) : 0;

        pt_begin(t, "rule");
        if (again > 0)
                rule->names = rule[-1].names;
        else
                draw_names(t, rule);
        rule->action = draw_action(t, false, &rule->errno_ret);
        if (again == 3)
                rule->args = rule[-1].args;
        else
                draw_args(t, rule);
        for (size_t i = 0; i < rule->names.n; i++)
                pt_note(t, "%s: %s errno %u%s", rule->names.item[i], rule->action, rule->errno_ret.v,
                        again == 3 ? " if the same args" : "");
        pt_end(t);
}

static void draw_profile(pt *t, struct config_seccomp *p)
{
        static const char *const archs[] = {"SCMP_ARCH_X86", "SCMP_ARCH_X86_64", "SCMP_ARCH_AARCH64",
                                            "SCMP_ARCH_X32"};

        p->set = true;
        p->default_action = draw_action(t, true, &p->default_errno_ret);
        p->architectures.item = pt_alloc(t, 4 * sizeof(*p->architectures.item));
        PT_REPEAT(t, 0, 4)
        {
                p->architectures.item[p->architectures.n++] = archs[pt_below(t, 4)];
        }
        p->syscalls.item = pt_alloc(t, RULES_MAX * sizeof(*p->syscalls.item));
        PT_REPEAT(t, 0, RULES_MAX)
        {
                draw_rule(t, p);
        }
        pt_note(t, "default %s, %zu architectures, %zu rules", p->default_action, p->architectures.n,
                p->syscalls.n);
}

/* A number that the profile says something about, mostly. *ret_as: argument 0 of one that stands for another.
 */
static void draw_number(pt *t, const struct config_seccomp_rule *rule, struct seccomp_data *d, int *ret_as)
{
        const struct seccomp_model_call *call = &seccomp_model_calls[pt_below(t, seccomp_model_ncalls)];
        bool x32 = d->arch == SECCOMP_MODEL_X32;

        for (size_t i = 0; rule && i < seccomp_model_ncalls; i++)
                if (strcmp(seccomp_model_calls[i].name, rule->names.item[0]) == 0)
                        call = &seccomp_model_calls[i];
        d->nr = seccomp_model_number(call, d->arch);
        if (d->nr < 0)
                d->nr = (int)pt_below(t, 512);
        if (x32) {
                d->arch = AUDIT_ARCH_X86_64;
                d->nr |= 0x40000000;
        }
        if (d->arch == AUDIT_ARCH_I386 && call->shared && pt_bool(t)) {
                d->nr = call->shared;
                *ret_as = call->as;
        }
}

static void draw_call(pt *t, const struct config_seccomp *p, struct seccomp_data *d)
{
        static const uint32_t archs[] = {AUDIT_ARCH_X86_64, AUDIT_ARCH_I386, SECCOMP_MODEL_X32,
                                         AUDIT_ARCH_AARCH64};
        static const uint64_t beside[] = {0, 1, UINT64_MAX, UINT64_C(1) << 32};
        const struct config_seccomp_rule *rule = NULL;
        int as = 0;

        d->arch = archs[pt_below(t, 4)];
        if (p->syscalls.n > 0 && pt_below(t, 4) > 0)
                rule = &p->syscalls.item[pt_below(t, p->syscalls.n)];
        draw_number(t, rule, d, &as);
        for (size_t i = 0; i < 6; i++)
                d->args[i] = draw_value(t);
        for (size_t i = 0; rule && i < rule->args.n; i++) { /* at the value, or beside it */
                const struct config_seccomp_arg *a = &rule->args.item[i];
                bool two = strcmp(a->op, "SCMP_CMP_MASKED_EQ") == 0;
                d->args[a->index] = (two ? a->value_two : a->value) + beside[pt_below(t, 4)];
                if (two && pt_bool(t))
                        d->args[a->index] |= ~a->value; /* what the mask leaves out */
        }
        if (as && pt_bool(t))
                d->args[0] = (unsigned)as;
}

PT_PROPERTY(seccomp_bpf, .about = "a compiled seccomp profile answers as the profile says", .cases = 5000)
{
        struct freed *f = pt_alloc(t, sizeof(*f));
        struct config_seccomp profile = {0};
        struct err err = ERR_INIT;
        size_t n = 0;

        f->profile = SECCOMP_PROFILE_INIT;
        pt_defer(t, release, f);
        draw_profile(t, &profile);
        PT_ASSERT(t, seccomp_check(&profile, &err) == 0);
        PT_ASSERT(t, seccomp_profile_make(sys_linux(), &profile, NULL, NULL, &f->profile, &err) == 0);
        PT_ASSERT(t, seccomp_program_make(&f->profile, &f->code, &n, &err) == 0);
        PT_ASSERT(t, bpf_valid(f->code, n));
        PT_SOMETIMES(t, f->profile.nbranches > 1, "placeholders beside each other");
        for (size_t i = 0; i < PROBES; i++) {
                struct seccomp_data d = {0};
                uint32_t says, got = 0;

                draw_call(t, &profile, &d);
                PT_ASSERT(t, bpf_run(f->code, n, &d, &got));
                says = seccomp_model(&profile, &d);
                if (got != says)
                        PT_FAIL(t,
                                "nr %d arch %#x args %#llx %#llx %#llx %#llx %#llx %#llx: %#x, the model "
                                "says %#x",
                                d.nr, d.arch, d.args[0], d.args[1], d.args[2], d.args[3], d.args[4],
                                d.args[5], got, says);
                PT_SOMETIMES(t, d.arch == AUDIT_ARCH_I386 && got != SECCOMP_RET_KILL_THREAD, "a 32-bit call");
                PT_SOMETIMES(t, d.nr >= 0x40000000 && got != SECCOMP_RET_KILL_THREAD, "a call of x32");
                PT_SOMETIMES(t, d.nr == 102 && d.arch == AUDIT_ARCH_I386 && d.args[0] == 2,
                             "bind by socketcall");
                PT_SOMETIMES(t, got == SECCOMP_RET_USER_NOTIF, "a call for the listener");
        }
}
