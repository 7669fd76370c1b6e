/*
 * sd_notify(3) for containers: a socket of the container's own between the payload and the service manager, so that the
 * manager's is never in reach of the payload, and READY=1 is all that ever comes through.
 *
 *      create         with NOTIFY_SOCKET: makes ROOT/ID/notify, which init bind-mounts, read-only, at NOTIFY_INSIDE
 *      start, run     connect to the manager's socket before anything is done; bind the container's in that directory just
 *                       before init is told to start: what is said earlier was said by nobody
 *      the payload    says READY=1 to it (its NOTIFY_SOCKET)
 *      start, run     tell the manager "MAINPID=N", "READY=1" in one datagram, and close the container's socket
 *
 * Of what the payload sends only a line that is exactly READY=1 counts, the first time; everything else is dropped: it could
 * tell the manager about another main process, fds to store, a watchdog to be fed by nobody. N is init's pid for `start` and
 * `run --detach`, and labrun's own for a `run` in the foreground, which is the service's main process (as runc). The two
 * former wait for READY=1 after the payload has begun, until it ends, and then until the manager has taken the message
 * (sd_notify_barrier(3)), or it could not tell whose it was: at most LIMIT_NOTIFY_MS.
 *
 * What can't be told to the manager is a warning: the payload runs.
 */
#pragma once

#include <stdbool.h>
#include <poll.h>
#include <stdint.h>
#include <sys/types.h>

#include "core/sync/sync_io.h"

struct err;
struct state_dir;
struct sys;

#define NOTIFY_VARIABLE "NOTIFY_SOCKET"
#define NOTIFY_DIR "notify" /* in the state directory */
#define NOTIFY_FILE "notify.sock"
#define NOTIFY_INSIDE "/run/notify" /* runc's */

/* A manager's socket, and the container's. The fields are notify.c's, but for those that say otherwise. */
struct notify {
        const struct sys *sys;
        int host;       /* connected; -1: no manager, or all is told */
        int socket;     /* the container's; -1: not bound yet, or READY=1 was heard */
        bool ready;     /* READY=1 was heard, and is to be told */
        bool told;
        pid_t main_pid; /* the caller's to set for a foreground run; 0: container_start sets init's */
        sync_log_fn *log; /* warnings; may be NULL */
        void *log_ctx;
};
#define NOTIFY_NONE ((struct notify){.host = -1, .socket = -1})

#define NOTIFY_SCOPED __attribute__((cleanup(notify_close))) struct notify

/*
 * Whether value (of labrun's NOTIFY_SOCKET) is one: an absolute path or "@NAME". -EAFNOSUPPORT otherwise, as
 * sd_notify(3); -ENAMETOOLONG.
 */
int notify_check(const char *value, struct err *err);

/* create's part: makes the directory; *ret_fd (O_PATH, the caller's) is for init, see notify_mount.h. */
int notify_make(const struct state_dir *dir, int *ret_fd, struct err *err);

/*
 * Connects n (NOTIFY_NONE, with its log) to the manager's socket. value: NULL or "": there is none, 0. Errors:
 * notify_check's; -ENOENT, -ECONNREFUSED (nobody listens), -EPROTOTYPE (no datagram socket), ...
 */
int notify_connect(struct notify *n, const struct sys *sys, const char *value, struct err *err);

/*
 * Binds the container's socket, in place of one that an earlier start has left; under the container's lock, before init is
 * told to start. Of a container that was created without NOTIFY_SOCKET nothing can be heard: a warning.
 */
int notify_listen(struct notify *n, const struct state_dir *dir, struct err *err);

/* What to wait for; fd -1: nothing any more. */
struct pollfd notify_wants(const struct notify *n);
/* Does what can be done without waiting. */
void notify_move(struct notify *n);
/* Init has ended: what is in the queue counts still, nothing else. */
void notify_last(struct notify *n);

/*
 * Until READY=1 is told, or the container's init (pid, start: process.h), which has begun, has ended without. NULL-safe.
 */
void notify_wait(struct notify *n, pid_t pid, uint64_t start);

/* May be repeated. */
void notify_close(struct notify *n);

/* Whether a datagram of the payload's says READY=1: a line of its own, no NUL but at the end. Pure. */
bool notify_says_ready(const char *text, size_t n);
