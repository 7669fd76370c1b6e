/* Between the files of the supervisor only. */
#pragma once

#include <sys/stat.h>

#include "sandbox/host.h"
#include "sandbox/supervisor.h"
#include "sandbox/surroundings.h"
#include "sandbox/world.h"

#define REAPED_MAX 128
#define DURING_MS 20 /* a reader "during" comes so long after the payload's report */
#define REPORT_PATH SURROUNDINGS_BUNDLE "/rootfs" BUNDLE_REPORT

struct reaped {
        pid_t pid;
        int status;
        int64_t ms; /* when it was last known to live: a supervisor that is not scheduled sees ends late */
};

struct super {
        const struct supervisor_job *job;
        struct observation *o;
        struct world w;
        struct surroundings su;
        struct host before, after;
        pid_t swapper; /* 0: none */
        char runtime[PATH_MAX]; /* what is called: the runtime, or a copy of it that may be attacked */
        struct stat copied;
        uint64_t copy_hash;
        int console;      /* the socket of --console-socket, -1: none */
        bool exec_tty;    /* what comes there is of an exec */
        bool ends_noted[3]; /* by stream: what init did when the EOF came */
        int64_t raw_seen; /* ms: the payload's terminal is raw; 0: not yet */
        bool resized;     /* the terminal has its later size */
        bool second;      /* the command that runs is the second container's */
        int manager;      /* the service manager's socket, -1: there is none */
        int full[2];      /* a pipe into which nothing more fits, -1: not made */
        int64_t begin, deadline, moved, report_seen; /* ms; report_seen -1: not yet */
        int64_t looked; /* ms: before the last look for processes that ended */
        int signals; /* signalfd of SIGCHLD */
        struct reaped reaped[REAPED_MAX];
        size_t n_reaped;
        int capture[2]; /* stdout and stderr of the command that runs, -1: none */
        size_t captured[2];
        pid_t payload; /* 0: unknown */
};

/* Milliseconds, monotonic. */
int64_t super_now(void);

/* The executor itself failed; the first one counts. */
void super_trouble(struct super *su, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* The run is over its bound; the first one counts. */
void super_timed_out(struct super *su, const char *what);

/* One turn: waits at most `wait` ms for anything, moves bytes, reaps. c: the command that runs, or NULL. */
void super_turn(struct super *su, struct obs_command *c, int wait);
void super_reap(struct super *su);

/* The process's end, NULL: not yet. */
const struct reaped *super_reaped(const struct super *su, pid_t pid);

/* Takes what the captured command wrote. */
void super_drain(struct super *su, struct obs_command *c);

/* Until init has ended; being its ancestor in the namespace, we are its reaper when the runtime is gone. */
void super_wait_payload(struct super *su);

/* Until the readers have their EOF, with a bounded patience. */
void super_wait_eof(struct super *su);

/*
 * Runs one command of the runtime ("delete --force": with the option) to its end, or kills it after killed_ms (-1: not).
 * extra: a further argument behind the id, or NULL. init: it is init that is killed. NULL on trouble or timeout.
 */
struct obs_command *super_call(struct super *su, const char *name, const char *extra, int killed_ms, bool init);
struct obs_command *super_command(struct super *su, const char *name);

/* Takes init's pid from the pid file, if that is there. */
void super_read_pid(struct super *su);

/* Is the process gone, dead, or on its way to that (PF_EXITING)? */
bool super_is_ending(pid_t pid);

/* What init holds and is, after a create that succeeded. */
void super_look_at_init(struct super *su);

/* Sets su->runtime. 0 or -errno. */
int super_choose_runtime(struct super *su);

/* What the payload did to the copy. */
void super_look_at_copy(struct super *su);

/* The socket of the scenario's service manager. 0 or -errno. */
int super_manager_listen(struct super *su);

/* The socket of --console-socket, if the scenario needs one: 0 or -errno; and whoever came to it. */
bool super_has_console(const struct scenario *s);
int super_console_listen(struct super *su);
void super_console_take(struct super *su);

/* Runs a second container, which the first one's payload attacks while it is made, and ends it. */
void super_second(struct super *su);

/* Changes the scenario's two paths until super_swap_end. */
void super_swap_begin(struct super *su);
void super_swap_end(struct super *su);
