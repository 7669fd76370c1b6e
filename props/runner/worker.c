#include "props/runner/worker.h"

#include <errno.h>
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
#include <unistd.h>

#define RECORD_CAP (4u << 20)
#define FILE_MAX (4u << 20)

/* There only in programs built with LeakSanitizer. */
extern int __lsan_do_recoverable_leak_check(void) __attribute__((weak));

struct shared {
        volatile uint64_t at; /* the case that runs */
        volatile enum worker_end end;
        volatile uint64_t discards;
        struct pt_result result;
        uint32_t *counts;         /* in the same mapping */
        struct pt_record *record; /* in the same mapping */
};

static struct shared *map_shared(size_t *ret_size)
{
        size_t counts = (sizeof(struct shared) + 63) / 64 * 64;
        size_t record = (counts + pt_point_count() * sizeof(uint32_t) + 63) / 64 * 64;
        size_t size = record + sizeof(struct pt_record) + RECORD_CAP;
        uint8_t *p =
                mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

        if (p == MAP_FAILED)
                return NULL;
        struct shared *s = (struct shared *)p;
        s->counts = (uint32_t *)(p + counts);
        s->record = (struct pt_record *)(p + record);
        s->record->cap = RECORD_CAP;
        *ret_size = size;
        return s;
}

/* False: the file can't be read. */
static bool run_file(const struct worker_job *job, const char *path, struct shared *s)
{
        struct pt_source_bytes bytes;
        struct pt_exec exec = {.prop = job->prop, .source = &bytes.source, .counts = s->counts};
        struct tool_data data;
        int rc = tool_read(path, FILE_MAX, &data);

        if (rc < 0) {
                snprintf(s->result.msg, sizeof(s->result.msg), "%s: %s", path, strerror(-rc));
                return false;
        }
        memcpy(s->record->buf, data.p, data.len); /* as it is: more than what its draws make of it */
        s->record->len = data.len;
        pt_source_bytes_init(&bytes, job->prop, data.p, data.len);
        pt_execute(&exec, &s->result);
        free(data.p);
        return true;
}

static void run_random(const struct worker_job *job, uint64_t number, struct shared *s)
{
        struct pt_source_prng prng;
        struct pt_exec exec = {
                .prop = job->prop, .source = &prng.source, .counts = s->counts, .record = s->record};
        struct tool_data text = {0};

        pt_source_prng_init(&prng, job->prop, job->seed, number);
        if (job->prop->flags & PT_TEXT) {
                worker_document(job, &prng, &text);
                prng.source.text = text.p;
                prng.source.text_len = text.len;
        }
        pt_execute(&exec, &s->result);
        free(text.p);
}

static enum worker_end child_main(const struct worker_job *job, uint64_t from, uint64_t to, struct shared *s)
{
        for (uint64_t i = from; i < to; i++) {
                s->at = i;
                if (i >= job->files->n)
                        run_random(job, i - job->files->n, s);
                else if (!run_file(job, job->files->item[i], s))
                        return WORKER_UNABLE;
                if (s->result.verdict == PT_VERDICT_DISCARD)
                        s->discards++;
                if (s->result.verdict == PT_VERDICT_FAIL)
                        return WORKER_FAILED;
        }
        s->at = to;
        if (__lsan_do_recoverable_leak_check && __lsan_do_recoverable_leak_check())
                return WORKER_LEAKED;
        return WORKER_DONE;
}

static pid_t start_child(const struct worker_job *job, uint64_t from, uint64_t to, struct shared *s)
{
        fflush(stdout);
        pid_t parent = getpid(), pid = fork();

        if (pid != 0)
                return pid;
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() != parent)
                _exit(0);
        /* The parent decides what an interrupt means; a core file of a planted crash is of no use. */
        signal(SIGINT, SIG_IGN);
        setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
        s->end = child_main(job, from, to, s);
        _exit(0);
}

/* Waits for the child; false: killed because one case took longer than timeout_ms or by an interrupt. */
static bool wait_child(pid_t pid, const struct shared *s, unsigned timeout_ms, int *ret_status)
{
        int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
        uint64_t at = s->at;
        int64_t since = tool_now_ms();
        bool ended = true;

        while (pidfd >= 0) {
                struct pollfd p = {.fd = pidfd, .events = POLLIN};
                if (poll(&p, 1, timeout_ms / 4 + 1) > 0)
                        break;
                if (s->at != at) {
                        at = s->at;
                        since = tool_now_ms();
                } else if (tool_now_ms() - since > timeout_ms) {
                        ended = false;
                }
                if (tool_interrupted || !ended) {
                        ended = false;
                        kill(pid, SIGKILL);
                        break;
                }
        }
        if (pidfd >= 0)
                close(pidfd);
        while (waitpid(pid, ret_status, 0) < 0 && errno == EINTR)
                ;
        return ended;
}

/* Runs the cases from..to-1 in one child. */
static enum worker_end run_range(const struct worker_job *job, uint64_t from, uint64_t to,
                                 unsigned timeout_ms, struct shared *s, struct worker_report *report)
{
        int status = 0;

        s->end = WORKER_CRASHED; /* unless the child comes to say something else */
        s->at = from;
        pid_t pid = start_child(job, from, to, s);
        if (pid < 0) {
                snprintf(s->result.msg, sizeof(s->result.msg), "fork: %s", strerror(errno));
                return WORKER_UNABLE;
        }
        if (!wait_child(pid, s, timeout_ms, &status))
                return tool_interrupted ? WORKER_INTERRUPTED : WORKER_HUNG;
        report->signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
        report->status = WIFEXITED(status) ? WEXITSTATUS(status) : 0;
        return s->end;
}

void worker_run(const struct worker_job *job, uint32_t *counts, struct worker_report *ret_report)
{
        size_t size;
        struct shared *s = map_shared(&size);
        uint64_t to = job->files->n + job->cases, from = 0;

        *ret_report = (struct worker_report){.end = WORKER_UNABLE};
        if (!s) {
                snprintf(ret_report->result.msg, sizeof(ret_report->result.msg), "no memory to share");
                return;
        }
        for (;;) {
                ret_report->end = run_range(job, from, to, job->timeout_ms, s, ret_report);
                if (ret_report->end != WORKER_HUNG)
                        break;
                /* On a busy machine a second is nothing: what is called a hang has to hang again. */
                uint64_t at = s->at;
                ret_report->end = run_range(job, at, at + 1, 4 * job->timeout_ms, s, ret_report);
                if (ret_report->end != WORKER_DONE)
                        break;
                from = at + 1;
        }
        ret_report->at = s->at;
        ret_report->discards = s->discards;
        ret_report->result = s->result;
        if (ret_report->end != WORKER_DONE && ret_report->end != WORKER_UNABLE) {
                ret_report->input_len = s->record->len;
                ret_report->input = malloc(s->record->len + 1);
                if (ret_report->input)
                        memcpy(ret_report->input, s->record->buf, s->record->len);
        }
        for (size_t i = 0; i < pt_point_count(); i++)
                counts[i] += s->counts[i];
        munmap(s, size);
}
