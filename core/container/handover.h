/*
 * An fd handed to whoever listens on an AF_UNIX stream socket: --console-socket and --pidfd-socket. The
 * listener is somebody's program that may be gone, full or asleep: nothing here waits longer than
 * LIMIT_HANDOVER_MS.
 */
#pragma once

struct err;
struct sys;

/*
 * Connects to the socket at path ("@NAME": of the abstract namespace; any length: what doesn't fit sun_path
 * goes through /proc/self/fd). option ("--console-socket") is the place in err. *ret_fd (CLOEXEC,
 * non-blocking) is the caller's. To be done before anything is made: a wrong path must cost nothing. Errors:
 * -ENOENT, -ECONNREFUSED (nobody listens, or no socket), -EPROTOTYPE (not a stream), -ETIMEDOUT (its queue of
 * connections stays full), -ENAMETOOLONG, ...
 */
int handover_connect(const struct sys *sys, const char *path, const char *option, int *ret_fd,
                     struct err *err);

/*
 * Sends fd by SCM_RIGHTS with `name` as the message's bytes, as runc does. fd stays the caller's. That the
 * listener has not accepted yet, or never reads, is no error and no wait: the kernel keeps the message.
 * Errors: -EPIPE, -ETIMEDOUT, ...
 */
int handover_send(const struct sys *sys, int socket, const char *name, int fd, const char *option,
                  struct err *err);
