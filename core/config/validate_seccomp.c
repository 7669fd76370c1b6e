/* The rules for "linux.seccomp". */
#include "core/config/validate.h"

#include <stdio.h>
#include <string.h>

#include "core/base/err.h"

#define PLACE "/linux/seccomp"

static const char *const actions[] = {
        "SCMP_ACT_KILL",  "SCMP_ACT_KILL_PROCESS", "SCMP_ACT_KILL_THREAD",
        "SCMP_ACT_TRAP",  "SCMP_ACT_ERRNO",        "SCMP_ACT_TRACE",
        "SCMP_ACT_ALLOW", "SCMP_ACT_LOG",          "SCMP_ACT_NOTIFY",
};
static const char *const with_errno[] = {"SCMP_ACT_ERRNO", "SCMP_ACT_TRACE"};
static const char *const operators[] = {"SCMP_CMP_NE", "SCMP_CMP_LT", "SCMP_CMP_LE",       "SCMP_CMP_EQ",
                                        "SCMP_CMP_GE", "SCMP_CMP_GT", "SCMP_CMP_MASKED_EQ"};
/* v1.2's list, and the later ones that runc and libseccomp know. */
static const char *const architectures[] = {
        "SCMP_ARCH_X86",     "SCMP_ARCH_X86_64",   "SCMP_ARCH_X32",         "SCMP_ARCH_ARM",
        "SCMP_ARCH_AARCH64", "SCMP_ARCH_MIPS",     "SCMP_ARCH_MIPS64",      "SCMP_ARCH_MIPS64N32",
        "SCMP_ARCH_MIPSEL",  "SCMP_ARCH_MIPSEL64", "SCMP_ARCH_MIPSEL64N32", "SCMP_ARCH_PPC",
        "SCMP_ARCH_PPC64",   "SCMP_ARCH_PPC64LE",  "SCMP_ARCH_S390",        "SCMP_ARCH_S390X",
        "SCMP_ARCH_PARISC",  "SCMP_ARCH_PARISC64", "SCMP_ARCH_RISCV64",     "SCMP_ARCH_LOONGARCH64",
        "SCMP_ARCH_M68K",    "SCMP_ARCH_SH",       "SCMP_ARCH_SHEB",
};
static const char *const flags[] = {"SECCOMP_FILTER_FLAG_TSYNC", "SECCOMP_FILTER_FLAG_LOG",
                                    "SECCOMP_FILTER_FLAG_SPEC_ALLOW",
                                    "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV"};

const char *config_seccomp_word(enum config_words table, size_t i)
{
#define WORD(list) (i < sizeof(list) / sizeof((list)[0]) ? (list)[i] : NULL)
        switch (table) {
        case CONFIG_SECCOMP_ACTIONS:
                return WORD(actions);
        case CONFIG_SECCOMP_OPERATORS:
                return WORD(operators);
        case CONFIG_SECCOMP_FLAGS:
                return WORD(flags);
        default:
                return NULL;
        }
#undef WORD
}

#define ERRNO_MAX 4094u    /* libseccomp's, below the kernel's MAX_ERRNO, which it makes of anything above */
#define MESSAGE_MAX 65535u /* SECCOMP_RET_DATA */

static int validate_errno(const char *action, const struct opt_u32 *v, const char *place, struct err *err)
{
        if (!v->set)
                return 0;
        if (!ONE_OF(action, with_errno))
                return INVALID_TEXT(err, "the action has no errno", action, "%s", place);
        uint32_t max = strcmp(action, "SCMP_ACT_TRACE") == 0 ? MESSAGE_MAX : ERRNO_MAX;
        if (v->v > max)
                return OUTSIDE(err, v->v, 0, max, "%s", place);
        return 0;
}

static int validate_args(const struct config_seccomp_rule *rule, size_t i, struct err *err)
{
        for (size_t k = 0; k < rule->args.n; k++) {
                if (rule->args.item[k].index > 5)
                        return OUTSIDE(err, rule->args.item[k].index, 0, 5, PLACE "/syscalls/%zu/args/%zu/index",
                                       i, k);
                if (!ONE_OF(rule->args.item[k].op, operators))
                        return UNKNOWN(err, "operator", rule->args.item[k].op, operators,
                                       PLACE "/syscalls/%zu/args/%zu/op", i, k);
        }
        return 0;
}

static int validate_rule(const struct config_seccomp_rule *rule, size_t i, struct err *err)
{
        char place[64];
        int r;

        if (rule->names.n == 0)
                return INVALID(err, "at least one entry is required", PLACE "/syscalls/%zu/names", i);
        for (size_t k = 0; k < rule->names.n; k++)
                if (!*rule->names.item[k])
                        return INVALID(err, "is empty", PLACE "/syscalls/%zu/names/%zu", i, k);
        if (!ONE_OF(rule->action, actions))
                return UNKNOWN(err, "action", rule->action, actions, PLACE "/syscalls/%zu/action", i);
        snprintf(place, sizeof(place), PLACE "/syscalls/%zu/errnoRet", i);
        r = validate_errno(rule->action, &rule->errno_ret, place, err);
        return r < 0 ? r : validate_args(rule, i, err);
}

/* The listener's fd must go somewhere; without SCMP_ACT_NOTIFY the path is ignored (spec). */
static int validate_listener(const struct config_seccomp *s, struct err *err)
{
        bool notify = strcmp(s->default_action, "SCMP_ACT_NOTIFY") == 0;

        for (size_t i = 0; i < s->syscalls.n; i++)
                notify = notify || strcmp(s->syscalls.item[i].action, "SCMP_ACT_NOTIFY") == 0;
        if (notify && !config_given(s->listener_path))
                return INVALID(err, "is required with SCMP_ACT_NOTIFY", PLACE "/listenerPath");
        return 0;
}

int config_validate_seccomp(const struct config_seccomp *s, struct err *err)
{
        int r;

        if (!s->set)
                return 0;
        if (!ONE_OF(s->default_action, actions))
                return UNKNOWN(err, "action", s->default_action, actions, PLACE "/defaultAction");
        r = validate_errno(s->default_action, &s->default_errno_ret, PLACE "/defaultErrnoRet", err);
        if (r < 0)
                return r;
        for (size_t i = 0; i < s->architectures.n; i++)
                if (!ONE_OF(s->architectures.item[i], architectures))
                        return UNKNOWN(err, "architecture", s->architectures.item[i], architectures,
                                       PLACE "/architectures/%zu", i);
        for (size_t i = 0; i < s->flags.n; i++)
                if (!ONE_OF(s->flags.item[i], flags))
                        return UNKNOWN(err, "flag", s->flags.item[i], flags, PLACE "/flags/%zu", i);
        if (config_given(s->listener_metadata) && !config_given(s->listener_path))
                return INVALID(err, "needs listenerPath", PLACE "/listenerMetadata");
        for (size_t i = 0; r == 0 && i < s->syscalls.n; i++)
                r = validate_rule(&s->syscalls.item[i], i, err);
        return r < 0 ? r : validate_listener(s, err);
}
