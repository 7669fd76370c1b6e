/* The service manager of sd_notify's tests: a datagram socket, and what comes there. */
#pragma once

#include "tests/labrun/fixture.h"

extern char manager_name[256]; /* of the one that was made last: what labrun's NOTIFY_SOCKET is to be */

/* A socket of this type at a path or "@NAME", for everybody; the fd is the caller's. */
int manager_at(const char *name, int type);
/* A datagram socket in the lab's folder. */
int manager(struct lab *lab);

/* One message, "" when none comes within ms; *fds is how many came with it, which are closed. */
const char *manager_message(int fd, int ms, int *fds);

/* The next message is that a service of this pid is ready; that it is a barrier, with its pipe; there is none. */
void assert_ready_of(int fd, int pid);
void assert_barrier(int fd);
void assert_nothing_told(int fd);
