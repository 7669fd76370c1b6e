/*
 * What was seen of one run: plain data, so that it can lie in memory shared between the supervisor, which fills it inside
 * the private surroundings, and the executor, which judges it outside; and so that tests can make one by hand.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "sandbox/scenario.h"

struct err;

#define OBS_ID "initlab" /* of every container */
#define OBS_SECOND "initlab-second" /* of a second one, beside it */
#define OBS_TEXT 4096
#define OBS_COMMANDS 40
#define OBS_LEFT 16
#define OBS_REPORT (128u << 10)
#define OBS_HOOK_TEXT (64u << 10)
#define OBS_RLIMITS 16
#define OBS_GROUPS 64
#define OBS_FDS 96
#define OBS_HELD 64
#define OBS_ATTACKS 16
#define OBS_HOOKS 16
#define OBS_HOOK_LIST 12
#define OBS_NAMESPACES 6 /* mnt pid net ipc uts user */

/* What a process says of the terminal on its stdio: 0 or 1, but for the size. */
enum obs_tty {
        OBS_TTY_0, /* isatty(3) of 0, 1, 2 */
        OBS_TTY_1,
        OBS_TTY_2,
        OBS_TTY_SESSION,    /* it is the controlling terminal of our session */
        OBS_TTY_FOREGROUND, /* our process group is its foreground one */
        OBS_TTY_ROWS,
        OBS_TTY_COLUMNS,
        OBS_TTY_CONSOLE, /* /dev/console is that terminal */
        OBS_TTY__COUNT
};

enum obs_end { END_NONE, END_EXITED, END_SIGNALED, END_TIMEOUT };

/* One invocation of the runtime. */
struct obs_command {
        char name[24];    /* run, create, start, state, delete ...; "wait": nothing was run, init has ended */
        enum obs_end end; /* END_TIMEOUT: killed by us */
        int code;         /* exit status or signal */
        uint32_t ms;
        bool killed; /* by us, in its midst, because the scenario says so */
        bool init_killed; /* we killed init while this ran */
        char out[OBS_TEXT], err[OBS_TEXT]; /* of commands that do not carry the container's stdio */
};

/* What the reader of fd 1 or 2 got; [0]: of the terminal that exec made. */
struct obs_stream {
        bool used; /* something that is read: pipe, file, socket, terminal */
        uint64_t expected, got;
        int64_t first_diff; /* offset of the first wrong, missing or additional byte, -1: none */
        bool eof;
        int64_t eof_ms; /* since the run's begin, -1: none */
        char text[OBS_TEXT]; /* from first_diff on, for the evidence; NUL-terminated */
        bool eof_at_end;     /* init was ending, or had ended, when it came */
};

/* One open file, as the executor made it or as the payload found it. */
struct obs_fd {
        int fd;
        uint64_t dev, ino, rdev;
        uint32_t mode;
        int flags, fdflags; /* F_GETFL, F_GETFD */
        int mark;           /* F_GETSIG: the executor gives each open file its own */
        int64_t offset;     /* -1: none */
};

/* One fd of an init that waits to be started, as /proc/INIT/fd shows it. */
struct obs_held {
        int fd;
        uint64_t dev, ino, rdev;
        uint32_t mode;
        bool path;      /* O_PATH */
        char name[128]; /* the link's text */
};

/* What a hook reported of itself. */
struct obs_hook {
        char kind[32];
        int64_t at; /* ns, monotonic */
        struct obs_fd fd[OBS_HOOK_LIST];
        size_t n_fds;
        char argv[OBS_HOOK_LIST][SCENARIO_TEXT], env[OBS_HOOK_LIST][SCENARIO_TEXT];
        size_t argc, n_env;
        char cwd[SCENARIO_TEXT];
        uint64_t ns[OBS_NAMESPACES]; /* 0: unknown */
        int tty[OBS_TTY__COUNT];
        char state[1024];            /* its stdin */
};

/* An attack on the runtime's binary that the payload did not make itself: a line of BUNDLE_ATTACKS. */
struct obs_attack {
        char who[44], when[8];
        int64_t result; /* bits of exe_attack.h, or -errno: nothing was attacked */
};

/* Owner and mode of an open file that the executor made: [0] before, [1] after the run. */
struct obs_owner {
        bool there;
        uint32_t uid[2], gid[2], mode[2];
};

struct observation {
        char trouble[512]; /* the executor itself failed: no judgement. "" = none */
        struct obs_command command[OBS_COMMANDS];
        size_t n_commands;
        struct obs_stream stream[3];
        struct obs_fd made[SCENARIO_FD_MAX]; /* by number; fd -1: closed */
        bool timed_out;
        char timeout_where[512];
        enum obs_end payload_end; /* how init ended, as its reaper saw it; END_NONE: unknown (foreground run) */
        int payload_code;
        int64_t payload_end_ms; /* -1: unknown */
        char log[OBS_TEXT];     /* --log's file */
        char left[OBS_LEFT][SCENARIO_TEXT];
        size_t n_left;
        int caller_oom_score_adj;

        /* After a create that succeeded, before anything else is called. */
        int init_pid;    /* by --pid-file; 0: not looked at, or no pid there */
        char init_state; /* /proc/PID/stat; '\0': there is no such process */
        bool init_early; /* the payload had reported before start was called */
        struct obs_held held[OBS_HELD];
        size_t n_held;

        /* The host: what is not as it was, in words; owners by number of the fd. */
        char changed[OBS_LEFT][SCENARIO_TEXT];
        size_t n_changed;
        struct obs_owner owner[SCENARIO_FD_MAX];
        bool host_looked; /* the look after the run was done */
        bool tty_changed; /* the executor's terminal has other settings than before */

        bool exe_copied;       /* the runtime was a copy of the binary, which the payload may attack */
        char exe_changed[128]; /* how the copy differs now, "": not at all */
        uint64_t ns[OBS_NAMESPACES]; /* the runtime's */
        char hooks[OBS_HOOK_TEXT];   /* the file of the hooks' reports */
        size_t hooks_len;
        struct obs_attack attack[OBS_ATTACKS];
        size_t n_attacks;

        uint32_t total_ms;
        size_t report_len;
        char report[OBS_REPORT]; /* the observer's file: lines of JSON */
};

/* The observer's report, decoded. */
struct obs_report {
        bool started; /* the first line is there */
        char argv[SCENARIO_LIST * 4][SCENARIO_TEXT];
        size_t argc;
        char env[SCENARIO_LIST * 4][SCENARIO_TEXT];
        size_t n_env;
        char cwd[SCENARIO_TEXT];
        char cwd_raw[SCENARIO_TEXT]; /* getcwd(2), which says "(unreachable)" */
        int cwd_inside;              /* 1: climbing from . ends at /; 0: elsewhere; -errno: can't be climbed */
        uint32_t uid[4], gid[4]; /* real, effective, saved, file system */
        uint32_t group[OBS_GROUPS];
        size_t n_groups;
        int umask, no_new_privs, oom_score_adj; /* oom_score_adj: -10000 if /proc was not there */
        uint64_t cap[5]; /* inheritable permitted effective bounding ambient */
        uint64_t rlimit[OBS_RLIMITS][2]; /* by RLIMIT_ number: soft, hard */
        uint64_t sig_blocked, sig_ignored, sig_handled;
        struct obs_fd fd[OBS_FDS];
        size_t n_fds;
        struct {
                int64_t result; /* bytes or 0, -errno on failure */
        } step[SCENARIO_LIST];
        size_t n_steps; /* that were reported */
        uint64_t ns[OBS_NAMESPACES];
        int tty[OBS_TTY__COUNT];
        int64_t at;
        struct obs_hook hook[OBS_HOOKS]; /* by obs_hooks_parse */
        size_t n_hooks;
};

/* Decodes lines of JSON; a torn last line (the payload was killed) is ignored. -EINVAL for anything else. */
int obs_report_parse(const char *text, size_t len, struct obs_report *ret, struct err *err);

/* Decodes the hooks' lines of JSON into ret->hook. -EINVAL for anything else. */
int obs_hooks_parse(const char *text, size_t len, struct obs_report *ret, struct err *err);

/* Decodes the lines of BUNDLE_ATTACKS; what is none is left out. */
void obs_attacks_parse(const char *text, struct observation *o);

/* Compares what came (n bytes) with what was to come, and fills got, expected, first_diff and text. */
void obs_stream_compare(struct obs_stream *s, const unsigned char *got, size_t n, const unsigned char *expected,
                        size_t n_expected);
