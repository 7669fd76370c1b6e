/*
 * What /proc and pidfds say about a process: alive or not, the same one as recorded or another with its pid,
 * still a clone of the runtime or already the payload.
 */
#pragma once

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct err;
struct sys;

struct process_stat {
        char state;      /* 'R' 'S' ... 'Z' zombie, 'X' dead */
        bool forknoexec; /* PF_FORKNOEXEC: forked and did not execve since. True of init until the payload
                            runs */
        uint64_t group;  /* its process group */
        uint64_t start;  /* clock ticks after boot: tells a process from a later one with its pid */
};

/*
 * Parses the text of /proc/PID/stat (proc(5)). The command name may hold anything, ") R 1" too: fields are
 * counted from its last parenthesis. -EINVAL for what has no such form.
 */
int process_stat_parse(const char *text, struct process_stat *ret_stat);

/* A process's name for later: "PID START", decimal, what follows is not looked at. False: it is none. */
bool process_name_parse(const char *text, pid_t *ret_pid, uint64_t *ret_start);

/* /proc/PID/stat, which everybody may read. -ESRCH when there is no such process; zombies are still there. */
int process_stat_read(const struct sys *sys, pid_t pid, struct process_stat *ret_stat, struct err *err);

/*
 * A pidfd (pidfd_open(2), Linux 5.3; CLOEXEC, the caller's) of the process with this pid and start time. -ESRCH when it
 * is gone, even if its pid is in use again. A zombie is still there.
 */
int process_open(const struct sys *sys, pid_t pid, uint64_t start, int *ret_pidfd, struct err *err);

/* Waits until the process ended (a zombie has). 0, -ETIMEDOUT or another error. */
int process_wait_end(const struct sys *sys, int pidfd, long ms, struct err *err);

/* SIGKILL and process_wait_end. A process that is gone already is fine. */
int process_kill(const struct sys *sys, int pidfd, long ms, struct err *err);

/*
 * The end of a child that waits for nobody: waits until it ended, kills it when that takes longer than ms, and reaps it. An
 * error is process_wait_end's. ret_info may be NULL.
 */
int process_reap(const struct sys *sys, int pidfd, long ms, siginfo_t *ret_info, struct err *err);

/*
 * How a process ended whose parent has reaped it: PIDFD_GET_INFO with PIDFD_INFO_EXIT (Linux 6.15).
 * *ret_status is as of wait(2). -ENOTSUP where the kernel can't tell.
 */
int process_exit_status(const struct sys *sys, int pidfd, int *ret_status);
