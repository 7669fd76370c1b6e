/*
 * What a profile means for one system call: a second opinion, written from the runtime-spec and the text of
 * core/container/seccomp.h. It knows a handful of system calls and four architectures by heart.
 */
#pragma once

#include <linux/seccomp.h>
#include <stddef.h>
#include <stdint.h>

#include "core/config/config.h"

struct seccomp_model_call {
        const char *name;
        int x86_64, x86, aarch64, x32; /* -1: it has none; x32's without its bit */
        int shared, as; /* on x86 it may come as system call `shared`, argument 0 being `as`; 0: not */
};
extern const struct seccomp_model_call seccomp_model_calls[];
extern const size_t seccomp_model_ncalls;

/* The number of a system call for an architecture (AUDIT_ARCH_*; x32: EM_X86_64 alone); -1: it has none. */
int seccomp_model_number(const struct seccomp_model_call *call, uint32_t arch);
#define SECCOMP_MODEL_X32 0x4000003eu

/* What the kernel is told: SECCOMP_RET_* with its data. The native architecture is x86-64. */
uint32_t seccomp_model(const struct config_seccomp *profile, const struct seccomp_data *data);
