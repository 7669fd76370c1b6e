/*
 * `create`: from a bundle to an init that waits to be started; and the way back from any point of it.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "core/fds/fds.h"
#include "core/sync/sync.h"

struct config;
struct err;
struct state;
struct state_dir;
struct sys;

/* A created container, its lock held. Borrowed, and only for the call that it is handed to. */
struct create_made {
        const struct state_dir *dir;
        const struct state *state;
        const struct config *config;
        int pidfd; /* init's */
};

/* What comes next, where nobody can come between: `run` starts the container. A failure is create's own, and undone. */
typedef int create_then_fn(void *ctx, const struct create_made *made, struct err *err);

struct create_args {
        const char *root; /* the state root, absolute */
        const char *id;
        const char *bundle;         /* absolute */
        const char *pid_file;       /* NULL: none */
        const char *console_socket; /* the pty's master is sent there; NULL: ret_console */
        int *ret_console;         /* the master (the caller's, before `then` is called), -1 without a terminal;
                                     NULL: nobody relays */
        const char *pidfd_socket; /* init's pidfd is sent there; NULL: nowhere */
        bool notify;              /* the payload gets a socket for READY=1: notify.h */
        bool keep_keyring;        /* init stays in the caller's session keyring */
        struct fds_inventory inventory;
        uint32_t listen; /* how many of inventory.preserve came by LISTEN_FDS */
        bool debug;
        bool rootless;    /* without linux.cgroupsPath: go on without cgroups where they may not be made */
        const char *path; /* the caller's PATH, for newuidmap(1); may be NULL */
        sync_log_fn *log; /* what init logs, and warnings; may be NULL */
        void *log_ctx;
        create_then_fn *then; /* NULL: nothing */
        void *then_ctx;
};

/*
 * Makes the container. On success *ret_pidfd (the caller's) is init's. On failure everything is undone, and
 * *err is the first error. Blocks for at most LIMIT_SYNC_CREATE_MS, as long as hooks and
 * `then` take, and what undoing takes.
 */
int container_create(const struct sys *sys, const struct create_args *args, int *ret_pidfd, struct err *err);

/* Reads, parses and validates BUNDLE/config.json; all that can be refused without making anything. */
int container_load_config(const struct sys *sys, const char *bundle, char **ret_text, size_t *ret_len,
                          struct config **ret_config, struct err *err);
