/* A foreground run: labrun waits for the payload, hands signals on, and ends as it ended. */
#pragma once

struct err;
struct sys;

/* Blocks all signals that are to be handed on; *ret_signalfd (CLOEXEC, the caller's) reads them. */
int foreground_begin(const struct sys *sys, int *ret_signalfd, struct err *err);

/* Hands signals on to init (a child), and reaps it; *ret_status as of wait(2). */
int foreground_wait(const struct sys *sys, int signalfd, int pidfd, int *ret_status, struct err *err);
