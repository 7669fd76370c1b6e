/* The child's side of server.h: runs what it is asked for, its outcome in shared memory. */
#include <errno.h>
#include <execinfo.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

#include "props/runner/shared.h"

#define FILE_MAX (4u << 20)
#define TWICE 64u /* one random case in so many is run twice */

/* There only in programs built with these sanitizers. */
extern int __lsan_do_recoverable_leak_check(void) __attribute__((weak));
extern void __asan_init(void) __attribute__((weak));

extern char __executable_start[], etext[];

static struct shared *shared;
static struct pt_trace second; /* of a case that is run twice */

/* --- where a signal came --- */

static void on_death(int sig, siginfo_t *info, void *context)
{
        void *frame[24];
        int n = backtrace(frame, 24);

        (void)info;
        (void)context;
        /* From the handler's own frame and the kernel's on: the first that is ours is past them. */
        for (int i = 2; i < n && !shared->crash; i++)
                if ((char *)frame[i] >= __executable_start && (char *)frame[i] < etext)
                        shared->crash = (uintptr_t)((char *)frame[i] - __executable_start);
        signal(sig, SIG_DFL);
        raise(sig);
}

static void catch_deaths(void)
{
        static const int deaths[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};
        static uint8_t stack[65536]; /* for an overflow of the other one */
        void *frame[2];

        if (__asan_init)
                return;      /* it says more itself */
        backtrace(frame, 2); /* loads what it needs now */
        sigaltstack(&(stack_t){.ss_sp = stack, .ss_size = sizeof(stack)}, NULL);
        struct sigaction act = {.sa_sigaction = on_death, .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER};
        for (size_t i = 0; i < sizeof(deaths) / sizeof(*deaths); i++)
                sigaction(deaths[i], &act, NULL);
}

bool serve_leaks(void)
{
        return __lsan_do_recoverable_leak_check && __lsan_do_recoverable_leak_check();
}

/* --- one case --- */

static enum outcome_end execute(const pt_prop *prop, struct pt_source *source, struct pt_trace *trace,
                                bool counts)
{
        struct pt_exec exec = {
                .prop = prop, .source = source, .trace = trace, .counts = counts ? shared->counts : NULL};

        shared->beat = shared->beat + 1;
        shared->in_case = true;
        enum pt_verdict verdict = pt_execute(&exec, &shared->result);
        shared->in_case = false;
        return shared->result.hung             ? OUTCOME_HANG
               : verdict == PT_VERDICT_FAIL    ? OUTCOME_FAIL
               : verdict == PT_VERDICT_DISCARD ? OUTCOME_DISCARD
                                               : OUTCOME_PASS;
}

/* The same again has to do the same. `second` is what it drew now. */
static enum outcome_end compare(enum outcome_end first, enum outcome_end again,
                                const struct pt_result *before)
{
        if (again == first && pt_trace_hash(&second, &shared->result) == shared->hash) {
                shared->result = *before;
                return first;
        }
        snprintf(shared->result.msg, sizeof(shared->result.msg),
                 "run twice, the case differs: %u draws, then %u; it depends on more than what it draws",
                 (unsigned)shared->trace.n, (unsigned)second.n);
        return OUTCOME_UNSTABLE;
}

void serve_source(struct server *server, struct pt_source *source)
{
        uint8_t fresh[SERVER_SHARE];

        shared = server->shared;
        catch_deaths();
        memcpy(fresh, shared->scratch, sizeof(fresh));
        enum outcome_end end = execute(server->prop, source, &shared->trace, true);
        shared->hash = pt_trace_hash(&shared->trace, &shared->result);
        if (shared->twice && end != OUTCOME_HANG) {
                struct pt_result before = shared->result;
                memcpy(shared->scratch, fresh, sizeof(fresh));
                end = compare(end, execute(server->prop, source, &second, false), &before);
        }
        shared->end = end;
}

static enum outcome_end run_file(const struct server *server, const char *path)
{
        struct pt_source_bytes bytes;
        struct tool_data data;
        int rc = tool_read(path, FILE_MAX, &data);

        if (rc < 0) {
                snprintf(shared->result.msg, sizeof(shared->result.msg), "%s: %s", path, strerror(-rc));
                return OUTCOME_UNABLE;
        }
        pt_source_bytes_init(&bytes, server->prop, data.p, data.len);
        enum outcome_end end = execute(server->prop, &bytes.source, &shared->trace, true);
        free(data.p);
        return end;
}

static enum outcome_end run_random(const struct server *server, uint64_t number, struct pt_trace *trace,
                                   bool counts)
{
        const struct server_job *job = server->job;
        struct pt_source_prng prng;
        struct tool_data text = {0};

        pt_source_prng_init(&prng, server->prop, job->seed, number);
        if (server->prop->flags & PT_TEXT) {
                server_document(job, &prng, &text);
                prng.source.text = text.p;
                prng.source.text_len = text.len;
        }
        enum outcome_end end = execute(server->prop, &prng.source, trace, counts);
        if (counts && prng.left == 0)
                shared->used_up = shared->used_up + 1;
        free(text.p);
        return end;
}

static enum outcome_end run_again(const struct server *server, uint64_t number, enum outcome_end first)
{
        struct pt_result before = shared->result;

        return compare(first, run_random(server, number, &second, false), &before);
}

static enum outcome_end run_numbered(const struct server *server, uint64_t at)
{
        size_t files = server->job->files->n;
        uint64_t number = at - files;
        enum outcome_end end = at < files ? run_file(server, server->job->files->item[at])
                                          : run_random(server, number, &shared->trace, true);

        if (end == OUTCOME_UNABLE)
                return end;
        shared->hash = pt_trace_hash(&shared->trace, &shared->result);
        shared->hashes = shared->hashes + shared->hash;
        if (end == OUTCOME_DISCARD)
                shared->discards = shared->discards + 1;
        if (at >= files && number % TWICE == 0 && end != OUTCOME_HANG &&
            !(server->prop->flags & PT_FORK_EACH))
                end = run_again(server, number, end);
        return end;
}

void serve_numbered(struct server *server, uint64_t at)
{
        shared = server->shared;
        catch_deaths();
        shared->end = run_numbered(server, at);
}

static enum outcome_end run_range(const struct server *server)
{
        for (uint64_t at = shared->at; at < shared->to; at++) {
                shared->at = at;
                enum outcome_end end = run_numbered(server, at);
                if (end != OUTCOME_PASS && end != OUTCOME_DISCARD)
                        return end;
        }
        shared->at = shared->to;
        return serve_leaks() ? OUTCOME_LEAK : OUTCOME_PASS;
}

static enum outcome_end run_steps(const struct server *server)
{
        struct pt_source_steps steps;

        pt_source_steps_init(&steps, shared->steps, shared->nsteps, shared->text, shared->text_len);
        enum outcome_end end = execute(server->prop, &steps.source, &shared->trace, true);
        shared->hash = pt_trace_hash(&shared->trace, &shared->result);
        return end;
}

/* --- all small cases --- */

/* The next sequence in the order of its first choices; false: there is none. */
static bool next_steps(void)
{
        const struct pt_trace *trace = &shared->trace;
        size_t n = trace->n < shared->depth ? trace->n : shared->depth;

        while (n > 0) {
                const struct pt_choice *c = &trace->choice[--n];
                uint64_t next = c->value + 1 < shared->scope ? c->value + 1 : c->max;
                if (c->value >= c->max)
                        continue;
                for (size_t i = 0; i < n; i++)
                        shared->steps[i] = (struct pt_step){trace->choice[i].value, trace->choice[i].type};
                shared->steps[n] = (struct pt_step){next, c->type};
                shared->nsteps = n + 1;
                return true;
        }
        return false;
}

static enum outcome_end run_exhaust(const struct server *server)
{
        while (shared->at < shared->to) {
                enum outcome_end end = run_steps(server);
                if (end == OUTCOME_DISCARD)
                        shared->discards = shared->discards + 1;
                if (end != OUTCOME_PASS && end != OUTCOME_DISCARD)
                        return end;
                shared->at = shared->at + 1;
                if (!next_steps()) {
                        shared->whole = true;
                        break;
                }
        }
        return serve_leaks() ? OUTCOME_LEAK : OUTCOME_PASS;
}

void serve(struct server *server, int ask, int answer)
{
        char byte;

        shared = server->shared;
        catch_deaths();
        while (read(ask, &byte, 1) == 1) {
                enum outcome_end end = shared->what == SERVE_RANGE   ? run_range(server)
                                       : shared->what == SERVE_STEPS ? run_steps(server)
                                                                     : run_exhaust(server);
                if (end != OUTCOME_LEAK && shared->what == SERVE_STEPS && shared->leaks && serve_leaks())
                        end = OUTCOME_LEAK;
                shared->end = end;
                if (write(answer, "", 1) != 1 || end == OUTCOME_LEAK)
                        break; /* what leaked would be found again in every later case */
        }
        _exit(0);
}
