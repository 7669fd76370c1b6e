/*
 * `exec`: another process in a container that is there.
 *
 * It is init once more, with another beginning: a stage (stage.h) joins the namespaces that the container's
 * init is in, and what it clones goes through the same steps as init does in create, from "who the payload
 * will be" on, with the same protocol. The fifos are pipes here, for create and start are one process.
 *
 *      under the container's lock: what it is, its init's namespaces, the stage, the cgroups
 *      without it:                 CONFIG ... READY, the pid file, START ... EXECUTING, execve
 *
 * So neither a container that makes exec wait nor a delete is held up by the other; a delete in between kills
 * what was made, by the pid namespace or by the cgroup.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/config/exec.h"
#include "core/fds/fds.h"
#include "core/sync/sync.h"

struct err;
struct sys;

struct exec_args {
        const char *root, *id;
        const struct config_exec *process;
        const char *pid_file;                      /* NULL: none */
        const char *console_socket, *pidfd_socket; /* NULL: none */
        int *ret_console; /* the terminal's master (the caller's), -1 without one; NULL: nobody relays */
        struct fds_inventory inventory;
        uint32_t listen;    /* how many of inventory.preserve came by LISTEN_FDS */
        bool ignore_paused; /* wait in a paused container until it is resumed, as long as an init may take */
        bool debug;
        sync_log_fn *log; /* may be NULL */
        void *log_ctx;
};

/*
 * On success the payload's execve has succeeded and *ret_pidfd (the caller's) is the process, a child of the
 * caller. On failure no process of it is left, nor the pid file. Errors: -ESRCH "cannot exec in a stopped
 * container", -EBUSY in a paused one, those of the process's fields as create has them, of execve with its
 * class.
 */
int container_exec(const struct sys *sys, const struct exec_args *args, int *ret_pidfd, struct err *err);
