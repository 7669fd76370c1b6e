/*
 * The sync protocol between the parent (`labrun create|run`) and init, and between init and `labrun start`.
 *
 *      parent (create, run)                              init (clone of the parent)
 *      --------------------                              --------------------------
 *      spawn ------------------------------------------> blocks in its first read
 *      puts init into every cgroup
 *      CONFIG (config text, paths; fds: the fifos) ----> namespaces, mounts, pivot_root, identity
 *                                     <---- LOG (any number, only with --debug)
 *                                     <---- READY        everything that can fail before execve is done
 *      "created"                                         closes the socket, blocks on exec.fifo
 *
 *      any time before READY:         <---- ERROR        init exits; EOF without READY is an error too
 *      any time: either side closes                      the other sees EOF and ends within its bound
 *
 *      start (another process)                           init
 *      -----------------------                           ----
 *      opens error.fifo for reading, non-blocking
 *      START (through exec.fifo) ----------------------> closes every fd but the error channel
 *                                     <---- EXECUTING    (through error.fifo) the last words before execve
 *                                                        execve: EOF at start's side, by close-on-exec
 *                                     <---- ERROR        (through error.fifo) execve answered
 *
 * Codec: pure. A frame is an 12-byte little-endian header {u32 magic+version, u16 type, u16 nfds, u32 length}
 * and the payload. Frames carry the number of fds that travel with their first byte by SCM_RIGHTS.
 * State machines: pure, written as tables. IO: joins them under a deadline.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/err.h"
#include "core/base/limits.h"

struct sys;

enum sync_type {
        SYNC_CONFIG = 1,    /* parent -> init */
        SYNC_LOG = 2,       /* init -> parent */
        SYNC_READY = 3,     /* init -> parent */
        SYNC_ERROR = 4,     /* init -> parent, init -> start; a struct err */
        SYNC_START = 5,     /* start -> init */
        SYNC_EXECUTING = 6, /* init -> start */
};

#define SYNC_HEADER_SIZE 12u
