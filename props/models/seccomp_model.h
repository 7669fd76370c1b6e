/*
 * What a profile means for one system call: a second opinion, written from the runtime-spec and the text of
 * core/container/seccomp.h. It knows a handful of system calls and three architectures by heart.
 */
#pragma once

#include <linux/seccomp.h>
#include <stddef.h>
#include <stdint.h>

#include "core/config/config.h"

struct seccomp_model_call {
        const char *name;
        int x86_64, x86, aarch64; /* -1: it has none */
};
extern const struct seccomp_model_call seccomp_model_calls[];
extern const size_t seccomp_model_ncalls;

#define SECCOMP_MODEL_ANSWERS 16u

/*
 * What the kernel may be told: *ret_answers get SECCOMP_RET_* with their data; more than one where the order of rules with
 * args is open. Returns how many, 0: nothing can be said. The native architecture is x86-64.
 */
size_t seccomp_model(const struct config_seccomp *profile, const struct seccomp_data *data,
                     uint32_t ret_answers[SECCOMP_MODEL_ANSWERS]);
