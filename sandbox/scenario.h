/*
 * Scenario files, version 1: what is run, in which world, and what follows from that.
 *
 * {
 *   "version": 1,
 *   "about": "one line for people",
 *   "world": {                          what the runtime finds at its entry
 *     "stdio": ["devnull", "pipe", "pipe"],   kinds of 0, 1, 2: pipe file socket devnull closed pty (default as shown)
 *                                       pty: all three or none; process.terminal is true then. Flow run: a terminal
 *                                       of the executor, whose bytes the runtime relays; others: --console-socket
 *     "stdin_bytes": 4096,              what can be read from 0 (pipe, file, socket); then EOF. pty: without EOF, and
 *                                       not before the step "raw"
 *     "fds": [{"fd": 3, "kind": "file"}],     further open fds, 3..63; kinds pipe file socket devnull directory (of
 *                                       the host: HOST_DIR of host.h)
 *     "ignored_signals": [13],          dispositions of the runtime's caller
 *     "share": ["pid"],                 namespaces that the container does not get anew: pid network ipc uts
 *     "shared_mounts": true,            the host's mounts propagate, as systemd makes them (default: private)
 *     "exe_owner": 1000,                of the runtime's copy that is attacked (default: 0)
 *     "notify": true },                 NOTIFY_SOCKET is set, of a service manager that hears; the payload never says READY=1
 *   "client": {
 *     "flow": "run",                    run, create+start, run --detach, operations
 *     "operations": [                   of flow operations, in this order, `state` after each of the runtime's own:
 *       "create", "start", "wait", "pause", "resume", "delete", "delete --force",
 *       "exec",                         of the observer, which exits with SCENARIO_EXEC_STATUS
 *       "exec tty",                     of the observer, detached, on a terminal through --console-socket; it reports
 *                                       and writes SCENARIO_EXEC_BYTES bytes
 *       "exec parent",                  of the observer, which attacks the runtime that executes it
 *       "exec self",                    detached, of /proc/self/exe --help into a full pipe: the runtime itself hangs in
 *                                       the container, to be attacked
 *       "second",                       run of a second container, whose createRuntime hook waits for the payload's attack
 *       {"kill": 9},                    wait: until init has ended
 *       {"killed": {"operation": "create", "ms": 5, "who": "runtime"}} ],   so long after its begin the runtime, or
 *                                       "init" (which create made before) is killed
 *     "preserve_fds": 1,                --preserve-fds N (default: the option is not given)
 *     "log": true },                    --log FILE --log-format json
 *   "process": {                        as in config.json, of which it is a part; absent members have plain defaults
 *     "user": {"uid": 0, "gid": 0, "umask": 18, "additionalGids": [1]}, "env": ["A=b"], "cwd": "/",
 *     "args": ["more"],                 further arguments, which the observer ignores
 *     "noNewPrivileges": true, "oomScoreAdj": 0, "rlimits": [{"type": "RLIMIT_CORE", "soft": 0, "hard": 0}],
 *     "consoleSize": {"height": 24, "width": 80},
 *     "capabilities": ["CAP_KILL"] },   bounding, effective and permitted alike (default: none)
 *   "payload": { "steps": [             the observer: reports what it inherited, then does this
 *       {"write": {"fd": 1, "bytes": 100}},   pattern.h's bytes
 *       {"echo": true},                 0 to 1 until EOF
 *       {"sleep": {"ms": 10}},
 *       {"fork": {"fd": 1, "ms": 50, "bytes": 10}},   a descendant holds all fds, sleeps, writes, exits
 *       {"wait": true},                 until all descendants have ended
 *       {"masked": "/path"},            it must not be there, be the null device or an empty directory
 *       {"empty": "/path"},             the file must be empty: what was meant for procfs did not go there
 *       {"readonly": "/path"},          it can't be opened for writing
 *       {"overwrite": "/path"},         tries to write into it, whether that succeeds or not
 *       {"attack": "parent"},           tries by every way of exe_attack.h to write to the executable of a runtime; then
 *                                       kills it, and tries again by what it holds. parent: its own, of flow run with
 *                                       a shared pid namespace; exec: whatever comes into its pid namespace; create:
 *                                       of operation second, with a shared pid namespace. The runtime is a copy of
 *                                       itself. Hooks attack by "attack:behind:NAME:FILE" (sandbox/attack.h)
 *       {"raw": true},                  makes its terminal raw, so that what it reads is what was sent
 *       {"resized": true},              until its terminal has another size, which the executor gives it
 *       {"flood": true},                writes to 1, a terminal, until nothing more fits
 *       {"await": 10},                  until so many lines of attacks of others are there (BUNDLE_ATTACKS)
 *       {"exit": 7}, {"signal": 9} ]    last step; none: exit 0. A signal needs a shared pid
 *                                       namespace, whose init is immune to itself
 *     or "bad": "missing" },            the executable is bad: missing, not-executable, missing-interpreter, directory,
 *                                       enoexec; or it is good, but "config" must make the start fail: config
 *   "rootfs": [{"path": "/dev", "link": "/x"}],   made in this order in the root file system, below directories only;
 *                                       one of "link", "file" (its text), "directory": true, "remove": true
 *   "swap": ["/a", "/b"],               while create runs these two of the root file system change places all the time
 *   "config": {"linux": {}},            merged into config.json (RFC 7396: null removes, arrays are replaced)
 *   "config_text": "...",               config.json, whole, instead; of flow operations only
 *   "readers": [{"fd": 1, "attach": "before", "speed": "fast"}],
 *                                       attach: before the container, during the payload's life, after its exit,
 *                                       never. A terminal has one stream, that of 1
 *                                       speed: fast, slow (4 KiB a millisecond), bytes (one at a time)
 *   "plan": [],                         for the supervisor: each entry {role, operation, class, occurrence, action}
 *   "judge": ["OUT-EXACT"],             default: every invariant that the executor judges
 *   "may_refuse": true                  a clean refusal is an answer that labrun, too, may give
 * }
 *
 * What must come out follows from this: the bytes, the exit status, the fds, the environment. Unknown keys, wrong types and
 * contradictions are errors with their JSON pointer. A `struct scenario` is plain data: copied, compared and
 * shared between processes as it is.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct err;

#define SCENARIO_VERSION 1
#define SCENARIO_NAME 64
#define SCENARIO_TEXT 256   /* bytes of one string, with the NUL */
#define SCENARIO_LIST 16    /* items of one list */
#define SCENARIO_EXEC_STATUS 42
#define SCENARIO_EXEC_BYTES 3000u /* of pattern.h, to 1 */
#define SCENARIO_PTY_BYTES 2000u  /* what a terminal holds when nobody reads, and more */
/* The size of the executor's terminal, and what it becomes in the payload's life. */
#define SCENARIO_ROWS 43
#define SCENARIO_COLUMNS 132
#define SCENARIO_ROWS_LATER 29
#define SCENARIO_COLUMNS_LATER 77
#define SCENARIO_FD_MAX 64  /* numbers 0..63 */
#define SCENARIO_BYTES_MAX (32u << 20)
#define SCENARIO_PATH 96     /* of a path in the root file system, with the NUL */
#define SCENARIO_CONFIG 16384 /* "config" or "config_text", with the NUL */
#define SCENARIO_PIPE_BYTES 65536u /* what a pipe holds when nobody reads */

enum scenario_kind { KIND_PIPE, KIND_FILE, KIND_SOCKET, KIND_DEVNULL, KIND_DIRECTORY, KIND_CLOSED, KIND_PTY };
enum scenario_flow { FLOW_RUN, FLOW_CREATE_START, FLOW_RUN_DETACH, FLOW_OPERATIONS };
enum scenario_bad { BAD_NONE, BAD_MISSING, BAD_NOT_EXECUTABLE, BAD_INTERPRETER, BAD_DIRECTORY, BAD_ENOEXEC, BAD_CONFIG };
enum scenario_step_kind {
        STEP_WRITE,
        STEP_ECHO,
        STEP_SLEEP,
        STEP_FORK,
        STEP_WAIT,
        STEP_MASKED,
        STEP_EMPTY,
        STEP_READONLY,
        STEP_OVERWRITE,
        STEP_ATTACK,
        STEP_AWAIT,
        STEP_RAW,
        STEP_RESIZED,
        STEP_FLOOD,
        STEP_EXIT,
        STEP_SIGNAL
};
enum scenario_operation_kind {
        OPERATION_CREATE,
        OPERATION_START,
        OPERATION_KILL,
        OPERATION_WAIT,
        OPERATION_PAUSE,
        OPERATION_RESUME,
        OPERATION_EXEC,
        OPERATION_EXEC_TTY,
        OPERATION_EXEC_PARENT,
        OPERATION_EXEC_SELF,
        OPERATION_SECOND,
        OPERATION_DELETE,
        OPERATION_DELETE_FORCE,
        OPERATION__COUNT
};
enum scenario_attack { ATTACK_PARENT, ATTACK_EXEC, ATTACK_CREATE };
enum scenario_entry_kind { ENTRY_LINK, ENTRY_FILE, ENTRY_DIRECTORY, ENTRY_REMOVE };
enum scenario_attach { ATTACH_BEFORE, ATTACH_DURING, ATTACH_AFTER, ATTACH_NEVER };
enum scenario_speed { SPEED_FAST, SPEED_SLOW, SPEED_BYTES };
enum scenario_share { SHARE_PID, SHARE_NETWORK, SHARE_IPC, SHARE_UTS, SHARE__COUNT };

struct scenario_step {
        enum scenario_step_kind kind;
        int fd, ms, code; /* code: exit status, signal number or number of lines */
        enum scenario_attack attack;
        uint32_t bytes;
        char path[SCENARIO_PATH];
};

struct scenario_operation {
        enum scenario_operation_kind kind;
        int signal;    /* of OPERATION_KILL */
        int killed_ms; /* the runtime is killed so long after its begin; -1: it is not */
        bool init;     /* init, in its place */
};

struct scenario_entry {
        enum scenario_entry_kind kind;
        char path[SCENARIO_PATH];
        char text[SCENARIO_TEXT]; /* a link's target, a file's text */
};

struct scenario_reader {
        enum scenario_attach attach;
        enum scenario_speed speed;
};

struct scenario_list {
        char item[SCENARIO_LIST][SCENARIO_TEXT];
        size_t n;
};

struct scenario_rlimit {
        char type[32];
        int64_t soft, hard;
};

struct scenario {
        char name[SCENARIO_NAME]; /* the file's name without .json */
        char about[SCENARIO_TEXT];
        struct {
                enum scenario_kind fd[SCENARIO_FD_MAX]; /* by number; KIND_CLOSED: not open */
                uint32_t stdin_bytes;
                int ignored_signals[SCENARIO_LIST];
                size_t n_ignored;
                bool share[SHARE__COUNT];
                bool shared_mounts;
                bool notify;
                uint32_t exe_owner;
        } world;
        struct {
                enum scenario_flow flow;
                int preserve_fds; /* -1: not given */
                bool log;
                struct scenario_operation operation[SCENARIO_LIST];
                size_t n_operations;
        } client;
        struct {
                uint32_t uid, gid;
                int umask; /* -1: not given */
                uint32_t groups[SCENARIO_LIST];
                size_t n_groups;
                struct scenario_list env, args, caps;
                char cwd[SCENARIO_TEXT];
                bool no_new_privs;
                bool has_oom_score_adj;
                int oom_score_adj;
                int rows, columns; /* consoleSize, 0: not given */
                struct scenario_rlimit rlimit[SCENARIO_LIST];
                size_t n_rlimits;
        } process;
        enum scenario_bad bad;
        struct scenario_step step[SCENARIO_LIST];
        size_t n_steps;
        struct scenario_reader reader[3]; /* of 1 and 2; [0] unused */
        struct scenario_entry entry[SCENARIO_LIST]; /* of the root file system */
        size_t n_entries;
        char swap[2][SCENARIO_PATH]; /* "": none */
        char config[SCENARIO_CONFIG]; /* compact JSON to be merged into config.json, or its whole text; "": none */
        bool config_whole;
        struct scenario_list plan;        /* each entry as compact JSON, cut at SCENARIO_TEXT */
        uint64_t judge;                   /* bit = enum invariant_id; 0 = all */
        bool may_refuse;
};

/* name: the scenario's (kept in *ret). Errors: -EINVAL with the pointer. */
int scenario_parse(const char *text, size_t len, const char *name, struct scenario *ret, struct err *err);

/* The file's name must be NAME.json with NAME of [a-z0-9.-]. err.place has the path in front. */
int scenario_load(const char *path, struct scenario *ret, struct err *err);

/* Is the payload's stdio a terminal, and is it one that the runtime relays? */
bool scenario_terminal(const struct scenario *s);
bool scenario_relayed_terminal(const struct scenario *s);

bool scenario_has_step(const struct scenario *s, enum scenario_step_kind kind);
bool scenario_has_operation(const struct scenario *s, enum scenario_operation_kind kind);

/* Is this number to reach the payload (stdio, or preserved, and open at entry)? */
bool scenario_fd_expected(const struct scenario *s, int fd);

/* Number of bytes that must arrive at the reader of fd 1 or 2; 0: of the terminal that exec made. */
uint64_t scenario_expected_bytes(const struct scenario *s, int fd);
/* These bytes, into buf of that size. */
void scenario_expected_fill(const struct scenario *s, int fd, unsigned char *buf);

/* The status the payload ends with, as a shell has it: its exit code or 128 + signal. */
int scenario_expected_status(const struct scenario *s);

/* Does anything in it attack the runtime's binary? */
bool scenario_attacks(const struct scenario *s);

/* True if the executable exists and can be looked up, so that only execve itself can find it bad. */
bool scenario_fails_late(const struct scenario *s);

const char *scenario_flow_word(enum scenario_flow flow);
const char *scenario_bad_word(enum scenario_bad bad);
const char *scenario_step_word(enum scenario_step_kind kind);
const char *scenario_operation_word(enum scenario_operation_kind kind);
const char *scenario_kind_word(enum scenario_kind kind);
const char *scenario_attack_word(enum scenario_attack attack);
