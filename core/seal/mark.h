/*
 * The mark by which a labrun that executed itself again knows that it did: one environment variable,
 * LABRUN_EXESEAL=PID. An execve keeps the pid, and nobody else has it; so a mark that was inherited from
 * somebody further up means nothing. The mark never makes anything trusted that the kernel does not vouch
 * for: whoever forges one only makes labrun fail instead of sealing itself. It exists so that labrun executes
 * itself at most once. (early.c, which does it before anything of this is there, leaves a word of that name that is
 * nobody's mark.)
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct err;
struct sys;

#define SEAL_MARK_NAME "LABRUN_EXESEAL="

/* Takes every mark out of envp, in place. True if one was this process's own. */
bool seal_mark_take(char **envp, pid_t pid);

#define SEAL_MARK_BYTES 32

/* A copy of envp (the list, not the strings, which stay envp's) with this process's mark, which lies in
 * `mark`. *ret_envp is the caller's (sys->op->free). */
int seal_mark_put(const struct sys *sys, char *const envp[], pid_t pid, char mark[SEAL_MARK_BYTES],
                  char ***ret_envp, struct err *err);
