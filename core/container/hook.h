/*
 * One hook: a process of config.json's that the runtime starts at a point of the container's life, waits for, and whose failure
 * counts. Which ones when: hooks.h.
 *
 * The process: fd 0 is a pipe with the state as JSON, then EOF; fds 1 and 2 a pipe whose last words go into the error; no other
 * fd is open. Its environment is the hook's and nothing else, signals are at their defaults, the umask is 022, it is in a session
 * of its own and dies with the runtime (PDEATHSIG; it is told what to do only over a socket whose end is the runtime's, so one
 * that died earlier is found out as well; a hook that executes a set-user-ID program loses it). What it has started does not:
 * nothing but a process in between could see to that, and delete does it (hook_record.h). A daemon that it leaves behind when
 * it ends may keep fds 1 and 2: nobody waits for those, nor kills it.
 *
 * hook.c is the runtime's side, hook_child.c the process that becomes the hook.
 */
#pragma once

#include <stddef.h>

struct config_hook;
struct err;
struct state_dir;
struct sys;

struct hook_call {
        const struct config_hook *hook;
        const char *place; /* "/hooks/createRuntime/0" */
        const char *state; /* JSON */
        size_t state_len;
        int dir; /* its working directory; -1: the caller's. Borrowed */
        const struct state_dir *record; /* hook_record.h's; NULL: not written down */
};

/*
 * Runs it to its end. 0: exit status 0. -ECANCELED: it failed or was killed by a signal, which *err names, with what it said
 * last.
 * -ETIMEDOUT: after its timeout (without one it may run for ever) it and every process of its session's group were killed. Other
 * errors: it could not be started; execve's among them. It may ignore its fd 0 or close it.
 */
int hook_run(const struct sys *sys, const struct hook_call *call, struct err *err);
