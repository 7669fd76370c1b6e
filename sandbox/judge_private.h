/* Between the files of the judge only. */
#pragma once

#include <fcntl.h>

#include "sandbox/judge.h"

#define OBS_NONBLOCK O_NONBLOCK

struct run {
        const struct scenario *s;
        const struct observation *o;
        const struct obs_report *report;
        bool ours;
        struct verdict *out;
        const struct obs_command *refuser; /* the command that failed to start the payload, NULL: none */
};

/* Keeps the worst verdict, and the first evidence of it. */
void judge_say(struct verdict *v, enum verdict_kind kind, const char *fmt, ...)
        __attribute__((format(printf, 3, 4)));

/* The rule could be judged and holds, unless something else was said. */
void judge_ok(struct verdict *v);

/* What the breach of a rule that only we have is: a violation by ours, a difference by others. */
enum verdict_kind judge_ours(const struct run *r);

const struct obs_command *judge_command(const struct observation *o, const char *name);

void judge_errors(const struct run *r); /* ERR-ONE */
void judge_fds(const struct run *r);    /* FD-EXACT */
void judge_state(const struct run *r);  /* ERR-STATE */
void judge_env(const struct run *r);    /* ENV-EXACT */
void judge_life(const struct run *r);   /* LIFE-MODEL */
void judge_held(const struct run *r);   /* FD-HOST */
void judge_cwd(const struct run *r);    /* CWD-INSIDE */
void judge_exe(const struct run *r);    /* EXE-SEALED */
void judge_host(const struct run *r);   /* HOST-UNCHANGED */
void judge_crash(const struct run *r);  /* NO-CRASH */
void judge_terminal(const struct run *r); /* FD-EXACT and ENV-EXACT of terminals */
void judge_hooks(const struct run *r);  /* FD-EXACT, ENV-EXACT and LIFE-MODEL of hooks */
