/* What create.c and create_init.c share: a container that is being made, and how its init is. Nobody else's. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "core/base/io.h"
#include "core/container/console_taker.h"
#include "core/container/create.h"
#include "core/container/netns.h"
#include "core/container/state.h"

struct config;
struct err;
struct sys;

/* A container in the making: what undo has to take back. */
struct creation {
        const struct sys *sys;
        const struct create_args *args;
        char *text; /* config.json */
        size_t text_len;
        struct config *config;
        struct state_dir dir;
        struct state state;
        char rootfs[STATE_PATH_MAX], created[64];
        int exec_fifo, error_fifo; /* O_RDWR; closed once init has its copies */
        int socket;                /* our end */
        int pidfd, pidfd_socket;
        struct console_taker console;
        struct netns_maker net;
        bool in_cgroup; /* init was born there */
        bool pid_file;  /* written */
        bool prepared;  /* the state to be published */
        struct io_replacement replacement;
};

/* Closes *fd, if it is open (>= 0), and sets it to -1. */
void creation_close(const struct sys *sys, int *fd);

/*
 * Makes init, in its new namespaces and, where it can be, in its cgroup; writes its pid down. It waits for CONFIG. Sets
 * socket, pidfd and state.pid, also when it fails after init was made: undo ends it.
 */
int creation_spawn(struct creation *c, struct err *err);
/* Puts init into its cgroups, if it was not born there, with all that must be so before it does anything. */
int creation_join(struct creation *c, struct err *err);
