/* NO-CRASH: no command of the runtime, and no init before its execve, dies of its own fault. */
#include <signal.h>
#include <string.h>

#include "sandbox/judge_private.h"

static bool is_crash(int sig)
{
        return sig == SIGSEGV || sig == SIGABRT || sig == SIGBUS || sig == SIGILL || sig == SIGFPE || sig == SIGTRAP ||
               sig == SIGSYS;
}

/* What crashing programs say: Go's runtime, the sanitizers, assert(3), the C library; and their parents of them. */
static const char *crash_word(const char *text)
{
        static const char *const words[] = { "panic: ",
                                             "goroutine ",
                                             "fatal error: ",
                                             "AddressSanitizer",
                                             "LeakSanitizer",
                                             "runtime error: ",
                                             "Assertion `",
                                             "assertion failed",
                                             "segmentation fault",
                                             "SIGSEGV",
                                             "SIGABRT",
                                             "stack smashing",
                                             "double free",
                                             "core dumped",
                                             "by signal 11",
                                             "by signal 6" };

        for (size_t i = 0; i < sizeof words / sizeof *words; i++)
                if (strcasestr(text, words[i]))
                        return words[i];
        return NULL;
}

static void judge_text(struct verdict *v, const char *who, const char *text)
{
        const char *word = crash_word(text);

        if (word)
                judge_say(v, VERDICT_FAIL, "%s says \"%s\": %.300s", who, word, text);
}

void judge_crash(const struct run *r)
{
        struct verdict *v = &r->out[INV_NO_CRASH];

        for (size_t i = 0; i < r->o->n_commands; i++) {
                const struct obs_command *c = &r->o->command[i];
                if (c->end == END_SIGNALED && !c->killed && is_crash(c->code))
                        judge_say(v, VERDICT_FAIL, "%s dies of signal %d (%s): %.200s", c->name, c->code,
                                  strsignal(c->code), c->err);
                judge_text(v, c->name, c->err);
        }
        if (!r->report->started) {
                judge_text(v, "the container's stderr", r->o->stream[2].text);
                if (r->o->payload_end == END_SIGNALED && is_crash(r->o->payload_code))
                        judge_say(v, VERDICT_FAIL, "init dies of signal %d (%s) before the payload has begun",
                                  r->o->payload_code, strsignal(r->o->payload_code));
        }
        judge_text(v, "the log", r->o->log);
        if (r->o->n_commands)
                judge_ok(v);
}
