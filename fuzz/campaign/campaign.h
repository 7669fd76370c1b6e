/*
 * A fuzz campaign: corpora replayed, then slices of time for each (target, engine), every find kept.
 *
 * Below the home (.initlab, or INITLAB_DIR):
 *      corpus/TARGET/ENGINE/DIGEST     live corpus: what an engine found interesting
 *      crashes/TARGET/KIND-HASH        one input for each failure, HASH of what failed where
 *      work/TARGET.ENGINE.PID.N/       a slice at work: lock, in/, out/, log; taken in by the next campaign
 * if this one dies fuzz-next                       the (target, engine) with which the next campaign begins
 *
 * Nothing is ever only in a process: engines write finds to work/, from where a rename moves them. A kill -9
 * at any moment leaves each in the one place or in the other.
 */
#pragma once

#include "props/tool/tool.h"

enum engine { ENGINE_LIBFUZZER, ENGINE_AFL, ENGINE_COUNT };

/* One line of the summary. */
struct row {
        const char *target;
        enum engine engine;
        unsigned seconds;             /* fuzzed; 0: not reached */
        uint64_t execs, edges, fresh; /* fresh: new entries of the live corpus */
        unsigned crashes;             /* inputs that failed, repeated ones too */
        unsigned taken;               /* what the engine kept as failing, whatever came of it */
        char problem[256];            /* why the engine could not run, or not to its end; "": it could */
        char ended[256];              /* what it said when it last ended with a status other than 0 */
};

/* A failure, found by a slice or in a corpus. */
struct crash {
        char target[64];
        char site[256]; /* "property fd_close at fds.c:12" */
        char path[PATH_MAX];
        bool known; /* was there before this campaign */
};

struct campaign {
        const struct tool *tool;
        char engines[PATH_MAX];    /* --engines; "": beside the program */
        char corpus[PATH_MAX];     /* "": none */
        struct tool_names targets; /* chosen */
        bool use[ENGINE_COUNT];
        unsigned time_s, jobs;
        struct row *rows;
        size_t nrows;
        struct crash *crashes;
        size_t ncrashes;
        bool partial;   /* not all targets, or not both engines */
        bool keep_next; /* fuzz-next names what a wider campaign did not reach: not ours to change */
        bool failed;    /* something could not run */
        bool interrupted;
};

/* --- places.c --- */
extern const char *const engine_names[ENGINE_COUNT];
/* The value of --engines, which must be a folder; else the program ends. */
void place_engines(const struct tool *tool, const char *value, char ret_engines[PATH_MAX]);
/* The program of a target in a flavour ("libfuzzer", "afl", "asan", "release"); false: not built. */
bool place_program(const char *engines, const char *flavour, const char *target, char ret_path[PATH_MAX]);
/* Whether the program was built from the same sources as this one: it says so itself. */
bool place_same_sources(const char *program);
/* The targets for which any engine's program is there, sorted. */
void place_targets(const char *engines, struct tool_names *ret_targets);
/* The flavour whose program says best how an input fails: with sanitizers if there is one. NULL: none. */
const char *place_judge(const char *engines, const char *target, char ret_path[PATH_MAX]);

/* --- process.c --- */
/*
 * Starts argv in a process group of its own (Ctrl-C is ours to act upon) that ends when we do; output goes to
 * the file log; keep_fd (-1: none) stays open in it. Returns the pid or -errno.
 */
pid_t process_start(char *const *argv, const char *log, int keep_fd);
/* Waits at most timeout_ms, then kills. The wait status, or -1: had to be killed. */
int process_wait(pid_t pid, int64_t timeout_ms);

/* --- crash.c --- */
/* What an input does to a target. */
struct judgement {
        bool fails;
        char kind[32];  /* "property", "assert", "heap-buffer-overflow", "signal-11", "timeout" ... */
        char site[256]; /* where, in words that stay the same from run to run */
        char name[64];  /* KIND-HASH of the two */
};
/*
 * Asks the program of a flavour, NULL: of place_judge's. False: nothing there to judge with. report (NULL:
 * none) is a file that gets the program's output.
 */
bool judge_input(const char *engines, const char *flavour, const char *target, const char *path,
                 const char *report, struct judgement *ret_judgement);
/* Finds out how the file fails, keeps it under crashes/ (of several the smallest), removes it there. */
void crash_take(struct campaign *c, struct row *row, const char *target, const char *path, bool hang);
/* A corpus file that fails stays where it is. */
void crash_note(struct campaign *c, const char *target, const char *path, const struct judgement *j);

/* --- store.c --- */
/* Takes in what the dead left in work/. */
void store_recover(struct campaign *c);
/* Makes a work folder and locks it; the lock's fd or -1. */
int store_begin(const struct row *row, char ret_work[PATH_MAX]);
/*
 * Takes in what a slice found, for row (NULL: of a campaign that died), and removes its folder, unless
 * something of it could not be taken.
 */
void store_take(struct campaign *c, struct row *row, const char *target, enum engine engine,
                const char *work);
/* Fills work/in with seeds, regressions and live corpora, but for what fails. */
void store_inputs(const struct campaign *c, const char *target, const char *work);
/* The folders of a target's corpora, seeds first. */
#define STORE_DIRS 4
void store_dir(const struct campaign *c, const char *target, int i, char ret_path[PATH_MAX]);

/* --- replay.c --- */
/* Replays all corpora of a target, noting what fails. Returns how many files. */
size_t replay_corpora(struct campaign *c, const char *target);

/* --- engines.c --- */
/* Starts the engine on work for `seconds`; pid or -errno, with row->problem. */
pid_t engine_begin(const struct campaign *c, struct row *row, const char *work, unsigned seconds, int lock);
/* Reads what it did from work into row. ended: by itself, with this wait status. */
void engine_end(struct row *row, const char *work, int status);

/* --- slices.c --- */
void slices_run(struct campaign *c);
