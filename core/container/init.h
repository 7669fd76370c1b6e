/*
 * Init: a clone of labrun that turns itself into the payload. DESIGN's steps 2 to 6.
 *
 * It gets nothing by inherited memory but `struct init_plain`; the rest comes in CONFIG. What it is at each step, its ids,
 * capabilities, namespaces, fds and what guards it, is told by init_steps.h, which a test compares with a held init.
 *
 * `exec` makes an init too, by a stage (stage.h) that has joined the container's namespaces: it skips the
 * steps from namespaces to pivoted. Its exec and error fifos are pipes, whose other ends its own parent holds.
 *
 * Init dies with its parent (PDEATHSIG, and EOF on the socket) until it says READY; then it waits for START.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "core/container/idmapped.h"

struct sys;

struct init_plain {
        unsigned preserve;  /* N; init closes what is above 2+N before it reads anything */
        unsigned entry_end; /* of struct fds_inventory, which CONFIG doesn't carry */
        unsigned n_mounts;  /* id-mapped mounts, idmapped.h: fds that init inherits and attaches, in their
                               order */
        int mount[IDMAPPED_MAX];
        unsigned unmapped; /* 1: an ordinary user's, in a new user namespace whose maps the parent writes when
                              asked. Until then init stays dumpable, or the parent could not open its files in
                              /proc. Root can, and root's init never is: others with its uid could take it
                              over */
        unsigned keep_keyring; /* 1: --no-new-keyring */
        unsigned net;          /* the socket of netns.h, which init inherits; 0: none */
        char cgroup[256];      /* init's directory, if there is only one hierarchy, of version 2: what the parent found
                                  out need not be found out again; "": init looks itself */
        unsigned notify;       /* the directory of notify.h, which init inherits; 0: none */
        unsigned exec;         /* 1: born in a container's namespaces, where nothing is to be built */
};

/* A sys_spawn_fn: fds[0] is its end of the socket, data a struct init_plain. Returns only when it failed: 1.
 */
int init_main(const struct sys *sys, const int *fds, size_t nfds, const void *data, size_t len);
