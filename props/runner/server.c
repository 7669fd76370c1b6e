#include "props/runner/server.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "props/runner/shared.h"

#define REPORT_MAX (256u << 10)

struct server *server_new(const pt_prop *prop, unsigned timeout_ms, uint32_t *counts)
{
        struct server *s = calloc(1, sizeof(*s));

        if (!s)
                return NULL;
        *s = (struct server){
                .prop = prop, .timeout_ms = timeout_ms, .counts = counts, .pid = -1, .ask = -1, .answer = -1};
        s->size = sizeof(*s->shared) + pt_point_count() * sizeof(uint32_t);
        s->shared = mmap(NULL, s->size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE,
                         -1, 0);
        s->errors = memfd_create("stderr", MFD_CLOEXEC);
        s->report = malloc(REPORT_MAX + 1);
        if (s->shared == MAP_FAILED || s->errors < 0 || !s->report) {
                if (s->shared == MAP_FAILED)
                        s->shared = NULL;
                server_free(s);
                return NULL;
        }
        s->report[0] = '\0';
        return s;
}

/* --- the child --- */

static void reap(struct server *s, int *ret_status)
{
        int status = 0;

        if (s->pid > 0)
                while (waitpid(s->pid, &status, 0) < 0 && errno == EINTR)
                        ;
        if (ret_status)
                *ret_status = status;
        s->pid = -1;
        if (s->ask >= 0)
                close(s->ask);
        if (s->answer >= 0)
                close(s->answer);
        s->ask = s->answer = -1;
}

static void end_child(struct server *s)
{
        if (s->pid > 0)
                kill(s->pid, SIGKILL);
        reap(s, NULL);
}

void server_free(struct server *s)
{
        if (!s)
                return;
        end_child(s);
        if (s->shared)
                munmap(s->shared, s->size);
        if (s->errors >= 0)
                close(s->errors);
        free(s->report);
        free(s);
}

/* In the child, right after fork. */
static void become_child(struct server *s, pid_t parent)
{
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() != parent)
                _exit(0);
        /* The parent decides what an interrupt means; a core file of a planted crash is of no use. */
        signal(SIGINT, SIG_IGN);
        setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
        dup2(s->errors, STDERR_FILENO);
}

static pid_t fork_child(struct server *s)
{
        fflush(stdout);
        (void)!ftruncate(s->errors, 0);
        lseek(s->errors, 0, SEEK_SET);
        s->shared->crash = 0;
        pid_t parent = getpid(), pid = fork();
        if (pid == 0)
                become_child(s, parent);
        return pid;
}

static bool start_child(struct server *s)
{
        int ask[2], answer[2];

        if (pipe2(ask, O_CLOEXEC) < 0)
                return false;
        if (pipe2(answer, O_CLOEXEC) < 0) {
                close(ask[0]);
                close(ask[1]);
                return false;
        }
        s->pid = fork_child(s);
        if (s->pid == 0) {
                close(ask[1]);
                close(answer[0]);
                serve(s, ask[0], answer[1]);
        }
        close(ask[0]);
        close(answer[1]);
        s->ask = ask[1];
        s->answer = answer[0];
        s->child_job = s->job;
        if (s->pid < 0)
                reap(s, NULL);
        return s->pid > 0;
}

/* --- waiting for it --- */

static bool sleeps(pid_t pid)
{
        char path[64], text[512] = "";
        int fd;

        snprintf(path, sizeof(path), "/proc/%d/stat", pid);
        fd = open(path, O_RDONLY | O_CLOEXEC);
        if (fd < 0)
                return false;
        ssize_t n = read(fd, text, sizeof(text) - 1);
        close(fd);
        const char *end = n > 0 ? strrchr(text, ')') : NULL;
        return end && end[1] && (end[2] == 'S' || end[2] == 'T');
}

static int64_t used_ms(pid_t pid)
{
        struct timespec used;
        clockid_t clock;

        if (clock_getcpuclockid(pid, &clock) != 0 || clock_gettime(clock, &used) < 0)
                return 0;
        return (int64_t)used.tv_sec * 1000 + used.tv_nsec / 1000000;
}

/* The case that runs, since when, and how long of that it slept. */
struct watch {
        uint64_t beat;
        int64_t used, seen, used_at, asleep;
};

static bool hangs(const struct server *s, struct watch *w)
{
        int64_t used = used_ms(s->pid), now = tool_now_ms();
        uint64_t beat = s->shared->beat;

        if (beat != w->beat || !s->shared->in_case) {
                *w = (struct watch){.beat = beat, .used = used, .used_at = used, .seen = now};
                return false;
        }
        if (used == w->used_at && sleeps(s->pid))
                w->asleep += now - w->seen;
        w->used_at = used;
        w->seen = now;
        return used - w->used > s->timeout_ms || w->asleep > 4 * (int64_t)s->timeout_ms;
}

enum waited { WAITED_ANSWER, WAITED_DEATH, WAITED_HANG, WAITED_INTERRUPT };

/* Waits for the child's answer, or for its end. */
static enum waited wait_child(struct server *s)
{
        int pidfd = (int)syscall(SYS_pidfd_open, s->pid, 0);
        struct pollfd p[2] = {{.fd = s->answer, .events = POLLIN}, {.fd = pidfd, .events = POLLIN}};
        struct watch watch = {.beat = UINT64_MAX};
        unsigned tick = s->timeout_ms / 4 + 1;
        enum waited how = WAITED_DEATH;

        if (tick > 250)
                tick = 250;
        for (;;) {
                int n = poll(p, 2, (int)tick);
                if (n > 0 && p[0].revents & POLLIN) {
                        char byte;
                        how = read(s->answer, &byte, 1) == 1 ? WAITED_ANSWER : WAITED_DEATH;
                        break;
                }
                if (n > 0 && (p[1].revents || p[0].revents))
                        break;
                if (tool_interrupted) {
                        how = WAITED_INTERRUPT;
                        break;
                }
                if (n == 0 && hangs(s, &watch)) {
                        how = WAITED_HANG;
                        break;
                }
        }
        if (pidfd >= 0)
                close(pidfd);
        return how;
}

static void read_report(struct server *s)
{
        ssize_t n = pread(s->errors, s->report, REPORT_MAX, 0);

        s->report[n > 0 ? n : 0] = '\0';
        for (ssize_t i = 0; i < n; i++)
                if (s->report[i] == '\0')
                        s->report[i] = ' ';
}

const char *server_report(const struct server *s)
{
        return s->report;
}

/* What waiting came to, and what the child left in shared memory. */
static void conclude(struct server *s, enum waited how, struct outcome *ret)
{
        struct shared *shared = s->shared;
        char crash[64] = "";
        int status = 0;

        *ret = (struct outcome){.end = shared->end, .result = shared->result, .trace = &shared->trace};
        s->report[0] = '\0';
        if (how == WAITED_INTERRUPT || how == WAITED_HANG) {
                end_child(s);
                ret->end = how == WAITED_HANG ? OUTCOME_HANG : OUTCOME_INTERRUPTED;
                ret->result.hung = false;
        } else if (how == WAITED_DEATH) {
                reap(s, &status);
                ret->signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
                ret->status = WIFEXITED(status) ? WEXITSTATUS(status) : 0;
        }
        if (how == WAITED_DEATH || ret->end == OUTCOME_LEAK)
                read_report(s);
        if (ret->end == OUTCOME_LEAK)
                end_child(s);
        if (how != WAITED_ANSWER)
                pt_trace_close(&shared->trace);
        ret->hash = shared->hash;
        if (shared->crash)
                snprintf(crash, sizeof(crash), "+0x%llx", (unsigned long long)shared->crash);
        signature_make(ret, s->report, crash);
}

static bool unable(const char *what, struct outcome *ret)
{
        *ret = (struct outcome){.end = OUTCOME_UNABLE};
        snprintf(ret->result.msg, sizeof(ret->result.msg), "%s: %s", what, strerror(errno));
        return false;
}

/* Asks the reused child for what shared says. */
static bool ask(struct server *s, struct outcome *ret)
{
        s->shared->end = OUTCOME_CRASH; /* unless the child comes to say something else */
        s->shared->in_case = false;
        if (s->pid > 0 && s->shared->what == SERVE_RANGE && s->child_job != s->job)
                end_child(s);
        if (s->pid < 0 && !start_child(s))
                return unable("fork", ret);
        if (write(s->ask, "", 1) != 1) { /* it died between two cases */
                end_child(s);
                if (!start_child(s) || write(s->ask, "", 1) != 1)
                        return unable("fork", ret);
        }
        conclude(s, wait_child(s), ret);
        return true;
}

/* One case in a child of its own: of source, or number `at` of the job. */
static bool run_alone(struct server *s, struct pt_source *source, uint64_t at, struct outcome *ret)
{
        end_child(s);
        s->shared->end = OUTCOME_CRASH;
        s->shared->in_case = false;
        s->pid = fork_child(s);
        if (s->pid == 0) {
                if (source)
                        serve_source(s, source);
                else
                        serve_numbered(s, at);
                if (s->shared->end == OUTCOME_PASS && serve_leaks())
                        s->shared->end = OUTCOME_LEAK;
                _exit(0);
        }
        if (s->pid < 0)
                return unable("fork", ret);
        conclude(s, wait_child(s), ret);
        return true;
}

/* --- what is asked for --- */

static void take_counts(struct server *s)
{
        for (size_t i = 0; s->counts && i < pt_point_count(); i++)
                s->counts[i] += s->shared->counts[i];
        memset(s->shared->counts, 0, pt_point_count() * sizeof(uint32_t));
}

void *server_share(struct server *s, size_t size)
{
        assert(size <= SERVER_SHARE);
        return s->shared->scratch;
}

void server_source(struct server *s, struct pt_source *source, struct outcome *ret)
{
        run_alone(s, source, 0, ret);
        take_counts(s);
}

static void run_each(struct server *s, struct server_job *job, uint64_t to, struct outcome *ret)
{
        for (; job->at < to; job->at++) {
                if (!run_alone(s, NULL, job->at, ret) ||
                    (ret->end != OUTCOME_PASS && ret->end != OUTCOME_DISCARD))
                        return;
                uint64_t hash = ret->hash;
                if (job->at < job->files->n || (job->at - job->files->n) % 64 != 0)
                        continue;
                uint64_t hashes = s->shared->hashes, discards = s->shared->discards;
                if (!run_alone(s, NULL, job->at, ret) ||
                    (ret->end != OUTCOME_PASS && ret->end != OUTCOME_DISCARD))
                        return;
                s->shared->hashes = hashes;
                s->shared->discards = discards;
                if (ret->hash != hash) {
                        ret->end = OUTCOME_UNSTABLE;
                        snprintf(ret->result.msg, sizeof(ret->result.msg), "run twice, the case differs");
                        signature_make(ret, "", "");
                        return;
                }
        }
        ret->end = OUTCOME_PASS;
}

/* Which of the cases from..to-1 leaks? */
static void find_leak(struct server *s, struct server_job *job, uint64_t to, struct outcome *ret)
{
        uint64_t from = job->at;

        while (to - from > 1) {
                s->shared->what = SERVE_RANGE;
                s->shared->at = from;
                s->shared->to = from + (to - from) / 2;
                if (!ask(s, ret) || ret->end == OUTCOME_INTERRUPTED)
                        return;
                if (ret->end == OUTCOME_LEAK)
                        to = from + (to - from) / 2;
                else
                        from += (to - from) / 2;
                end_child(s);
        }
        run_alone(s, NULL, from, ret);
        if (ret->end == OUTCOME_PASS || ret->end == OUTCOME_DISCARD) { /* only many together */
                ret->end = OUTCOME_LEAK;
                signature_make(ret, "", "");
        }
        s->shared->at = from;
}

void server_run(struct server *s, struct server_job *job, uint64_t to, struct outcome *ret)
{
        struct shared *shared = s->shared;

        s->job = job;
        s->child_job = NULL;
        shared->what = SERVE_RANGE;
        shared->at = job->at;
        shared->to = to;
        shared->discards = shared->used_up = shared->hashes = 0;
        *ret = (struct outcome){.end = OUTCOME_PASS};
        if (s->prop->flags & PT_FORK_EACH) {
                run_each(s, job, to, ret);
                shared->at = job->at;
        } else if (job->at < to && ask(s, ret) && ret->end == OUTCOME_LEAK) {
                take_counts(s);
                find_leak(s, job, to, ret);
        }
        job->at = shared->at;
        job->discards += shared->discards;
        job->used_up += shared->used_up;
        job->hashes += shared->hashes;
        take_counts(s);
        end_child(s); /* it knows the job as it is now */
}

void server_steps(struct server *s, const struct pt_step *steps, size_t n, const uint8_t *text,
                  size_t text_len, struct outcome *ret)
{
        struct shared *shared = s->shared;

        if (s->prop->flags & PT_FORK_EACH) {
                struct pt_source_steps source;
                pt_source_steps_init(&source, steps, n, text, text_len);
                server_source(s, &source.source, ret);
                return;
        }
        shared->what = SERVE_STEPS;
        memcpy(shared->steps, steps, n * sizeof(*steps));
        shared->nsteps = n;
        if (text_len > 0)
                memcpy(shared->text, text, text_len);
        shared->text_len = text_len;
        ask(s, ret);
        take_counts(s);
}

void server_look_for_leaks(struct server *s, bool on)
{
        s->shared->leaks = on;
}

void server_twice(struct server *s, bool on)
{
        s->shared->twice = on;
}

void server_exhaust(struct server *s, uint32_t scope, uint32_t depth, uint64_t limit, struct outcome *ret,
                    uint64_t *ret_cases, bool *ret_whole)
{
        struct shared *shared = s->shared;

        shared->what = SERVE_EXHAUST;
        shared->scope = scope;
        shared->depth = depth;
        shared->nsteps = shared->text_len = 0;
        shared->at = 0;
        shared->to = limit;
        shared->whole = false;
        ask(s, ret);
        take_counts(s);
        *ret_cases = shared->at;
        *ret_whole = shared->whole;
}
