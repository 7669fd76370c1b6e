/*
 * The args of linux.seccomp's rules as BPF of our own. libseccomp finds the architecture and the system call;
 * where rules have args it is given a placeholder for an action, and what it answers with is replaced here.
 *
 * Why: libseccomp 2.5.4's program is exact for one rule with args for a system call. Of several it loses some,
 * or lets them act where they don't hold, for every operator but SCMP_CMP_EQ: of {arg 0 < 0} and
 * {arg 0 < 1 << 32} neither holds for 1; of 20,000 random pairs of rules with two args each 8 % came out wrong,
 * with values below 1 << 32 as well, and for 2 in a thousand seccomp_rule_add(3) never came back.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct seccomp_profile;
struct sock_filter;

/* "SCMP_CMP_*": the argument, unsigned, compared with a. */
enum seccomp_cmp {
        SECCOMP_NE,
        SECCOMP_LT,
        SECCOMP_LE,
        SECCOMP_EQ,
        SECCOMP_GE,
        SECCOMP_GT,
        SECCOMP_MASKED_EQ, /* (argument & a) == (b & a) */
};

struct seccomp_arg {
        uint32_t index; /* 0..5 */
        enum seccomp_cmp cmp;
        uint64_t a, b;
};

/* One entry of linux.seccomp.syscalls for one system call. */
struct seccomp_rule {
        const char *name; /* the config's */
        int syscall;
        uint32_t action;
        const struct seccomp_arg *args; /* all must hold; no index twice */
        size_t nargs;
        size_t origin; /* index in linux.seccomp.syscalls */
        size_t order;  /* among all rules */
};

/* A system call that is answered by its args: by the first of the rules that holds, else by the default action. */
struct seccomp_branch {
        uint32_t placeholder; /* the action that stands for it in libseccomp's program; no rule has it */
        const struct seccomp_rule *rules;
        size_t n;
};

/*
 * Appends to the *n instructions of code, which has room for BPF_MAXINSNS, the branches of the profile, and
 * sends what returned a placeholder there. Pure. Errors: -E2BIG, no more room.
 */
int seccomp_args_link(const struct seccomp_profile *profile, struct sock_filter *code, size_t *n);
