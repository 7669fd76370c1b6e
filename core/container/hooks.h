/*
 * The hooks of config.json (runtime-spec 1.2, "POSIX-platform Hooks" and "Lifecycle"):
 *
 *      kind              when                                            who runs it, where        status    working directory
 *      prestart          init's namespaces and mounts are made,          the runtime, its          creating  the bundle
 *      createRuntime       pivot_root comes next                           namespaces              creating  the bundle
 *      createContainer   after these                                     init, the container's     creating  the root file system
 *      startContainer    start was called, execve comes next             init, inside the root     created   process.cwd
 *      poststart         execve has succeeded                            the runtime, its own      running   the bundle
 *      poststop          nothing is left of the container                the runtime, its own      stopped   the bundle
 *
 * A hook that fails stops the container, and is the one error of the command, but after poststop: then there is nothing to stop,
 * a warning says so and the next one runs. Working directories are runc's, status is the specification's (runc 1.1 tells
 * poststart "created"). The pid in the state is as the hook's own pid namespace knows it.
 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "core/config/config.h"
#include "core/container/state.h"
#include "core/sync/sync_io.h"

enum hooks_kind {
        HOOKS_PRESTART,
        HOOKS_CREATE_RUNTIME,
        HOOKS_CREATE_CONTAINER,
        HOOKS_START_CONTAINER,
        HOOKS_POSTSTART,
        HOOKS_POSTSTOP,
        HOOKS__COUNT
};

/* What the state on their standard input tells, besides the status, which the kind has. */
struct hooks_subject {
        const char *id, *bundle;
        pid_t pid;
        int dir; /* of createContainer: the root file system. Borrowed */
        const struct state_dir *record; /* see struct hook_call */
};

bool hooks_any(const struct config *config, enum hooks_kind kind);

/*
 * How long all of a kind may run at most, in ms: the sum of their timeouts; -1: for ever, as one has none.
 */
long hooks_bound(const struct config *config, enum hooks_kind kind);

/* Runs them in their order, up to the first that fails. Errors: hook_run's. */
int hooks_run(const struct sys *sys, const struct config *config, enum hooks_kind kind, const struct hooks_subject *subject,
              struct err *err);

/* Runs them all; what fails is a warning. */
void hooks_run_all(const struct sys *sys, const struct config *config, enum hooks_kind kind,
                   const struct hooks_subject *subject, sync_log_fn *log, void *log_ctx);
