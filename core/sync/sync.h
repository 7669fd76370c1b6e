/*
 * The sync protocol between the parent (`labrun create|run`) and init, and between init and `labrun start`.
 *
 *      parent (create, run)                              init (clone of the parent)
 *      --------------------                              --------------------------
 *      spawn ------------------------------------------> blocks in its first read
 *      puts init into every cgroup
 *      CONFIG (config text, paths; fds: the fifos) ----> namespaces, mounts, pivot_root, identity
 *                                     <---- LOG (any number, only with --debug)
 *                                     <---- ASK          init can't do it alone: kind by kind, in the order of the enum
 *      does it: maps ids, runs hooks ...
 *      DONE ------------------------------------------->  goes on
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
 *                                     <---- ERROR        (through error.fifo) execve answered, or closing failed
 *
 * Three parts, each usable and testable without the next:
 *   sync_codec.h  frames and payloads <-> bytes. Pure.
 *   sync_fsm.h    what each side may do and conclude after which event. Pure, written as tables.
 *   sync_io.h     joins them over a socket or a fifo under a deadline; what labrun calls.
 */
#pragma once

#include "core/sync/sync_codec.h"
#include "core/sync/sync_fsm.h"
#include "core/sync/sync_io.h"
