/*
 * What each side of the sync protocol may conclude from what was really delivered to it: a second opinion, written
 * from the text of core/sync/sync.h and sync_codec.h, sharing no code with them.
 */
#pragma once

#include "core/base/err.h"
#include "props/sim/sim_channel.h"

enum sync_model_verdict { SYNC_MODEL_SUCCESS, SYNC_MODEL_PEER_ERROR, SYNC_MODEL_FAILURE };

struct sync_model_result {
        enum sync_model_verdict verdict;
        struct err error; /* PEER_ERROR: the peer's */
        size_t logs;      /* LOG messages before the verdict */
        size_t asks;      /* ASK messages that the parent has to deal with */
        bool ran_out;     /* FAILURE because the stream ended between two good messages */
        size_t used;      /* bytes of the messages before the verdict, the deciding one included */
};

/*
 * Parent: LOG and ASK, whose kinds ascend, then READY; it refuses the ASK number `refuse` (from 1). Init: CONFIG. Starter:
 * EXECUTING, then the end.
 */
struct sync_model_result sync_model_parent(const struct sim_stream *s, bool dead, unsigned refuse);
struct sync_model_result sync_model_init(const struct sim_stream *s);
struct sync_model_result sync_model_starter(const struct sim_stream *s, enum sim_end end);

/* Init has asked: is the next message DONE of that kind? */
bool sync_model_done(const struct sim_stream *s, size_t at, unsigned kind, size_t *ret_next, bool *ret_ran_out);

/* Init's other wait: is a START anywhere in the stream? */
bool sync_model_start_in(const struct sim_stream *s);
