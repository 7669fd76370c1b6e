/* What the sides share. Private to core/sync. */
#pragma once

#include "core/sync/sync_fsm.h"
#include "core/sync/sync_io.h"

/* Results of sync_send and sync_recv as events of the state machines. */
enum sync_event sync_event_of_send(int rc);
enum sync_event sync_event_of_recv(int rc, const struct sync_received *got);

/* Reads the fifo until a START came: 1; 0: EOF. Waits without a bound, or until the channel's peer dies. */
int sync_find_start(const struct sys *sys, struct sync_channel *ch, struct err *err);
