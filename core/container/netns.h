/*
 * A new network namespace, made beside the rest. The kernel takes longer for it than for all other namespaces and
 * init's mounts together (measured), so a process of its own does that, on another CPU, while create makes state and
 * cgroups and init: the maker unshares it, brings its loopback up, sends its fd to init and is gone. Init joins it
 * where it would else find itself in it.
 *
 * Only for a namespace that belongs to labrun's own user namespace (namespaces_net_apart): one made there can't
 * belong to init's.
 */
#pragma once

#include <time.h>

struct err;
struct sys;

struct netns_maker {
        const struct sys *sys;
        int pidfd;  /* the maker's; -1: none */
        int socket; /* init's end: init inherits it by number, then the parent closes its own copy; -1: closed */
};
#define NETNS_MAKER(sys) ((struct netns_maker){(sys), -1, -1})

/* Sends the maker off. It dies with the caller, holds none of the caller's fds, and init hears of its failure. */
int netns_begin(struct netns_maker *m, struct err *err);
void netns_close_socket(struct netns_maker *m);
/* Waits for it (it waits for nobody: at most LIMIT_STAGE_MS) and reaps it. May be repeated. */
void netns_end(struct netns_maker *m);

/*
 * Init's part: waits until the deadline for what the maker has to say, and joins the namespace. Errors: the maker's, with
 * /linux/namespaces; -ECHILD: it was killed; -ETIMEDOUT. The socket stays the caller's.
 */
int netns_join(const struct sys *sys, int socket, const struct timespec *deadline, struct err *err);

/* A new network namespace has a loopback device, down. Every runtime brings it up, and payloads rely on it. 0 or -errno. */
int netns_loopback_up(const struct sys *sys);
int netns_loopback_error(struct err *err, int r); /* the error for it; returns r */
