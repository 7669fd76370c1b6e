/*
 * Who takes the terminal's master when init sends it (ASK CONSOLE): whoever listens at --console-socket, or
 * this process, which relays. For create and exec.
 */
#pragma once

#include <stdbool.h>

struct err;
struct fds_inventory;
struct sys;

struct console_taker {
        const char *path; /* of --console-socket; NULL: none */
        bool relays;      /* the caller stays in the foreground and wants the master */
        const struct fds_inventory *inventory; /* whether 0 to 2 are its terminal */
        int socket;       /* connected; -1 */
        int master;       /* where relays: it came; -1 */
};
#define CONSOLE_TAKER(path_, relays_, inventory_)                                               \
        ((struct console_taker){.path = (path_), .relays = (relays_), .inventory = (inventory_), \
                                .socket = -1, .master = -1})

/*
 * Before anything is made: a terminal has exactly one taker, who is there, and none is sent without one. The
 * words are those that engines know of runc. Errors: -EINVAL, handover_connect's.
 */
int console_taker_begin(const struct sys *sys, struct console_taker *t, bool terminal, struct err *err);

/* The master came: sent on at once; or kept, as large as the caller's terminal if there is one, and *fd is -1 then. */
int console_taker_take(const struct sys *sys, struct console_taker *t, bool terminal, int *fd,
                       struct err *err);

/* May be repeated. */
void console_taker_close(const struct sys *sys, struct console_taker *t);
