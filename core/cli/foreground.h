/* A foreground run: labrun waits for the payload, hands signals on, and ends as it ended. */
#pragma once

struct err;
struct notify;
struct relay;
struct sys;

/* Blocks all signals that are to be handed on; *ret_signalfd (CLOEXEC, the caller's) reads them. */
int foreground_begin(const struct sys *sys, int *ret_signalfd, struct err *err);

/*
 * Hands signals on to init (a child), and reaps it; *ret_status as of wait(2). With a relay (NULL: none) it
 * moves its bytes meanwhile, and comes back when all that the payload wrote is delivered, or once it ended
 * and a signal says not to wait for a reader who has stopped. SIGWINCH is the relay's and never handed on, as
 * with runc. notify (NULL: none) tells the service manager when the payload is ready.
 */
int foreground_wait(const struct sys *sys, int signalfd, int pidfd, struct relay *relay, struct notify *notify,
                    int *ret_status, struct err *err);
