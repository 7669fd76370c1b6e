/* What the two sides of a hook share: hook.c, labrun's, and hook_child.c, the process that becomes the hook. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct sys;

enum { HOOK_FD_COMMAND, HOOK_FD_STATE, HOOK_FD_OUTPUT, HOOK_FD_DIR, HOOK_FDS };

struct hook_plain {
        pid_t parent;
        bool dir; /* HOOK_FD_DIR is one */
};

/* What the child is told over the command socket: this, and then path, arguments and environment, each with its NUL. It does
 * nothing before, and answers with a struct err, or with EOF by its execve. */
struct hook_words {
        uint32_t len, args, env;
};

/* A sys_spawn_fn: fds are HOOK_FDS (each > 2 but HOOK_FD_DIR, which may be none), data a struct hook_plain. */
int hook_main(const struct sys *sys, const int *fds, size_t nfds, const void *data, size_t len);
