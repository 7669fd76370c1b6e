/* What a server and its child share. Inside of server.c and serve.c. */
#pragma once

#include "props/runner/server.h"

enum serve_what { SERVE_RANGE, SERVE_STEPS, SERVE_EXHAUST };

struct shared {
        /* asked */
        enum serve_what what;
        uint64_t to;
        struct pt_step steps[PT_TRACE_CHOICES];
        size_t nsteps;
        uint8_t text[PT_TRACE_TEXT];
        size_t text_len;
        uint32_t scope, depth;
        bool twice; /* runs a source of the scratch memory two times */
        bool leaks; /* looks for leaks after each case of SERVE_STEPS */
        /* answered */
        volatile uint64_t at;   /* the case that runs */
        volatile uint64_t beat; /* goes on with every case */
        volatile bool in_case;
        volatile enum outcome_end end;
        volatile uint64_t discards, used_up, hashes;
        volatile bool whole;
        uint64_t hash;
        volatile uintptr_t crash; /* the innermost address of the program when a signal came */
        struct pt_result result;
        _Alignas(16) uint8_t scratch[SERVER_SHARE];
        struct pt_trace trace;
        uint32_t counts[]; /* pt_point_count() */
};

struct server {
        const pt_prop *prop;
        unsigned timeout_ms;
        uint32_t *counts;
        struct shared *shared;
        size_t size;
        const struct server_job *job;       /* of SERVE_RANGE; the child has a copy of it by fork */
        pid_t pid;                          /* -1: none runs */
        const struct server_job *child_job; /* that the running child knows */
        int ask, answer;                    /* ends of pipes, -1 */
        int errors;                         /* memory file that is the child's standard error */
        char *report;
};

/* In the child: serves until `ask` ends. */
_Noreturn void serve(struct server *server, int ask, int answer);

/* In the child: one case, its outcome in shared. */
void serve_source(struct server *server, struct pt_source *source);

/* Case `at` of the job in this process. */
void serve_numbered(struct server *server, uint64_t at);

/* True if there are leaks that were not there before. */
bool serve_leaks(void);
