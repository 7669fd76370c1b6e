#include "props/runner/replay.h"

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

#define LINES_MAX 2000u

/* There only in programs built with LeakSanitizer. */
extern int __lsan_do_recoverable_leak_check(void) __attribute__((weak));

struct child {
        bool done, leaks;
        struct pt_source_bytes bytes; /* here, so that what they came to outlives the child */
        struct source_saved saved;
        struct pt_result result;
};

static void say(void *ctx, unsigned depth, const char *line)
{
        unsigned *lines = ctx;

        if (++*lines == LINES_MAX)
                printf("  ... (more than %u lines)\n", LINES_MAX);
        if (*lines >= LINES_MAX)
                return;
        printf("  %*s%s\n", (int)(2 * depth), "", line);
        fflush(stdout); /* the next draw may be the last */
}

static void print_text(const uint8_t *text, size_t len)
{
        printf("document, %zu bytes:\n", len);
        for (size_t i = 0; i < len; i++) {
                if (text[i] == '\n' || (text[i] >= 0x20 && text[i] < 0x7f))
                        putchar(text[i]);
                else
                        printf("\\x%02x", text[i]);
        }
        if (len > 0 && text[len - 1] != '\n')
                putchar('\n');
}

static void child_main(const pt_prop *prop, struct pt_source *source, struct child *child)
{
        unsigned lines = 0;
        struct pt_exec exec = {.prop = prop, .source = source, .say = say, .say_ctx = &lines};

        prctl(PR_SET_PDEATHSIG, SIGKILL);
        setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
        if (prop->flags & PT_TEXT)
                print_text(source->text, source->text_len);
        printf("draws and notes:\n");
        fflush(stdout);
        pt_execute(&exec, &child->result);
        fflush(stdout);
        child->leaks = __lsan_do_recoverable_leak_check && __lsan_do_recoverable_leak_check();
        child->done = true;
}

/* False: it had to be killed. */
static bool wait_child(pid_t pid, unsigned timeout_ms, int *ret_status)
{
        int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
        struct pollfd p = {.fd = pidfd, .events = POLLIN};
        bool hung = pidfd >= 0 && timeout_ms > 0 && poll(&p, 1, (int)timeout_ms) == 0;

        if (hung)
                kill(pid, SIGKILL);
        if (pidfd >= 0)
                close(pidfd);
        while (waitpid(pid, ret_status, 0) < 0 && errno == EINTR)
                ;
        return !hung;
}

static enum replay_verdict judge(const pt_prop *prop, const struct child *child, bool hung, int status)
{
        const struct pt_result *r = &child->result;

        if (hung) {
                printf("verdict: %s hangs\n", prop->name);
                return REPLAY_HANG;
        }
        if (!child->done && WIFSIGNALED(status)) {
                printf("verdict: %s crashes: signal %d (%s)\n", prop->name, WTERMSIG(status),
                       strsignal(WTERMSIG(status)));
                return REPLAY_CRASH;
        }
        if (!child->done) {
                printf("verdict: %s ends the process with status %d\n", prop->name, WEXITSTATUS(status));
                return REPLAY_CRASH;
        }
        if (r->verdict == PT_VERDICT_FAIL) {
                printf("verdict: %s fails at %s:%d: %s\n", prop->name, r->file, r->line, r->msg);
                return REPLAY_FAIL;
        }
        if (child->leaks) {
                printf("verdict: %s leaks memory\n", prop->name);
                return REPLAY_CRASH;
        }
        if (r->verdict == PT_VERDICT_DISCARD) {
                printf("verdict: %s does not fail; the input is no case: %s\n", prop->name, r->msg);
                return REPLAY_DISCARD;
        }
        printf("verdict: %s does not fail\n", prop->name);
        return REPLAY_PASS;
}

/* Of bytes, or of what was saved: one of both is NULL. */
static enum replay_verdict replay(const pt_prop *prop, const struct pt_source_bytes *bytes,
                                  const struct source_saved *saved, unsigned timeout_ms)
{
        struct child *child =
                mmap(NULL, sizeof(*child), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        int status = 0;

        if (child == MAP_FAILED)
                return REPLAY_UNABLE;
        if (bytes)
                child->bytes = *bytes;
        else
                child->saved = *saved;
        fflush(stdout);
        pid_t pid = fork();
        if (pid == 0) {
                child_main(prop, bytes ? &child->bytes.source : &child->saved.source, child);
                _exit(0);
        }
        if (pid < 0) {
                munmap(child, sizeof(*child));
                return REPLAY_UNABLE;
        }
        bool ended = wait_child(pid, timeout_ms, &status);
        if (bytes)
                printf("choices in the input: %zu\n", child->bytes.choices);
        else if (child->saved.inserted + child->saved.removed > 0)
                printf("stale: of the saved draws %zu are no longer made, %zu others are; see initlab prop "
                       "migrate\n",
                       child->saved.removed, child->saved.inserted);
        enum replay_verdict verdict = judge(prop, child, !ended, status);
        munmap(child, sizeof(*child));
        return verdict;
}

enum replay_verdict replay_input(const pt_prop *prop, const uint8_t *data, size_t len, unsigned timeout_ms)
{
        struct pt_source_bytes bytes;

        printf("property %s, %zu bytes\n", prop->name, len);
        pt_source_bytes_init(&bytes, prop, data, len);
        return replay(prop, &bytes, NULL, timeout_ms);
}

enum replay_verdict replay_saved(const pt_prop *prop, const struct saved *saved, unsigned timeout_ms)
{
        struct source_saved source;

        printf("property %s, a finding: %s\n", prop->name, saved->message);
        source_saved_init(&source, saved);
        return replay(prop, NULL, &source, timeout_ms);
}
