/*
 * Targets: sync_encode, sync_decoder_feed, sync_decoder_eof, sync_decoder_message, sync_fsm_step. Input:
 * choices.
 */
#include "fuzz/target.h"

FUZZ_TARGET(sync_channel)
