#include "sandbox/judge.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "sandbox/judge_private.h"

void judge_say(struct verdict *v, enum verdict_kind kind, const char *fmt, ...)
{
        va_list ap;
        char *p;

        if (kind <= v->kind) /* the worst, and the first of its kind, stays */
                return;
        v->kind = kind;
        va_start(ap, fmt);
        vsnprintf(v->evidence, sizeof v->evidence, fmt, ap);
        va_end(ap);
        for (p = v->evidence; *p; p++)
                if ((unsigned char)*p < 0x20 || *p == 0x7f)
                        *p = ' ';
}

void judge_ok(struct verdict *v)
{
        if (v->kind < VERDICT_OK)
                v->kind = VERDICT_OK;
}

enum verdict_kind judge_ours(const struct run *r)
{
        return r->ours ? VERDICT_FAIL : VERDICT_DIFFERS;
}

static bool is_error_line(const char *line, size_t len)
{
        static const char *const harmless[] = { "level=warn", "level=info", "level=debug", "\"level\":\"warn",
                                                "\"level\": \"warn", "\"level\":\"info", "\"level\": \"info",
                                                "\"level\":\"debug", "\"level\": \"debug" };
        size_t blank = 0;

        while (blank < len && (line[blank] == ' ' || line[blank] == '\t' || line[blank] == '\r'))
                blank++;
        if (blank == len)
                return false;
        for (size_t i = 0; i < sizeof harmless / sizeof *harmless; i++)
                if (memmem(line, len, harmless[i], strlen(harmless[i])))
                        return false;
        return true;
}

unsigned judge_count_errors(const char *text)
{
        unsigned n = 0;

        while (*text) {
                size_t len = strcspn(text, "\n");
                n += is_error_line(text, len);
                text += len + (text[len] == '\n');
        }
        return n;
}

const struct obs_command *judge_command(const struct observation *o, const char *name)
{
        for (size_t i = 0; i < o->n_commands; i++)
                if (strcmp(o->command[i].name, name) == 0)
                        return &o->command[i];
        return NULL;
}

static bool failed(const struct obs_command *c)
{
        return c && c->end != END_NONE && !(c->end == END_EXITED && c->code == 0);
}

/*
 * The command that was to start the payload and did not: run (without a report of the payload its exit status is the
 * runtime's own), create or start.
 */
static const struct obs_command *failed_start(const struct scenario *s, const struct observation *o, bool started)
{
        if (s->client.flow == FLOW_OPERATIONS)
                return NULL;
        if (s->client.flow == FLOW_CREATE_START) {
                const struct obs_command *create = judge_command(o, "create");
                return failed(create) ? create : failed(judge_command(o, "start")) ? judge_command(o, "start") : NULL;
        }
        if (started && s->client.flow == FLOW_RUN)
                return NULL;
        return failed(judge_command(o, "run")) ? judge_command(o, "run") : NULL;
}

static void judge_time(const struct run *r)
{
        struct verdict *v = &r->out[INV_TIME_BOUND];

        if (r->o->timed_out)
                judge_say(v, VERDICT_FAIL, "%s", r->o->timeout_where);
        else
                judge_ok(v);
}

static bool was_killed(const struct observation *o)
{
        for (size_t i = 0; i < o->n_commands; i++)
                if (o->command[i].killed)
                        return true;
        return false;
}

static void judge_clean(const struct run *r)
{
        struct verdict *v = &r->out[INV_CLEAN];

        if (r->o->timed_out)
                return;
        if (r->o->n_left) /* what a runtime that was killed leaves to delete --force is our rule */
                judge_say(v, was_killed(r->o) ? judge_ours(r) : VERDICT_FAIL, "%zu left: %s%s%s", r->o->n_left, r->o->left[0],
                          r->o->n_left > 1 ? "; " : "", r->o->n_left > 1 ? r->o->left[1] : "");
        judge_ok(v);
}

static void judge_exit(const struct run *r)
{
        const struct obs_command *run = judge_command(r->o, "run");
        struct verdict *v = &r->out[INV_EXIT_CODE];
        int want = scenario_expected_status(r->s), is;

        if (r->s->bad || !r->report->started || r->o->timed_out)
                return;
        if (r->s->client.flow == FLOW_RUN) {
                if (!run || run->end == END_NONE)
                        return;
                is = run->end == END_EXITED ? run->code : 128 + run->code;
                if (is != want || run->end != END_EXITED)
                        judge_say(v, VERDICT_FAIL, "run %s %d, the payload's status is %d",
                                  run->end == END_EXITED ? "exits with" : "dies of signal", run->code, want);
        } else {
                if (r->o->payload_end == END_NONE)
                        return;
                is = r->o->payload_end == END_EXITED ? r->o->payload_code : 128 + r->o->payload_code;
                if (is != want)
                        judge_say(v, VERDICT_FAIL, "init ends with status %d, the payload was told %d", is, want);
        }
        judge_ok(v);
}

/* A patience for scheduling between two observations of the supervisor, in milliseconds. */
#define EARLY_MS 60

static void judge_out(const struct run *r)
{
        struct verdict *v = &r->out[INV_OUT_EXACT];

        for (int fd = 0; fd <= 2; fd++) { /* 0: the terminal that exec made */
                const struct obs_stream *st = &r->o->stream[fd];
                bool terminal = fd == 0 || scenario_terminal(r->s);
                const char *what = terminal ? "the terminal" : fd == 1 ? "fd 1" : "fd 2";

                /* Before a failed start the runtime's own words arrive on 2. */
                if (!st->used || r->o->timed_out || (fd == 2 && !r->report->started))
                        continue;
                if (!r->report->started && !r->s->bad)
                        continue;
                if (st->first_diff >= 0)
                        judge_say(v, VERDICT_FAIL, "%s: %llu bytes arrived, %llu were written; the first difference is "
                                  "at %lld: \"%.120s\"", what, (unsigned long long)st->got,
                                  (unsigned long long)st->expected, (long long)st->first_diff, st->text);
                if (!st->eof)
                        judge_say(v, VERDICT_FAIL, "%s: no EOF after the payload's end", what);
                else if (fd > 0 && r->report->started && !st->eof_at_end && r->o->payload_end_ms >= 0 && st->eof_ms >= 0 &&
                         st->eof_ms + EARLY_MS < r->o->payload_end_ms)
                        judge_say(v, VERDICT_FAIL, "%s: EOF %lld ms before the payload's end", what,
                                  (long long)(r->o->payload_end_ms - st->eof_ms));
                judge_ok(v);
        }
}

static bool needs_stdio(enum scenario_step_kind kind)
{
        static const enum scenario_step_kind without[] = { STEP_MASKED, STEP_EMPTY, STEP_READONLY, STEP_OVERWRITE,
                                                           STEP_ATTACK, STEP_AWAIT, STEP_RESIZED };

        for (size_t i = 0; i < sizeof without / sizeof *without; i++)
                if (kind == without[i])
                        return false;
        return true;
}

static void judge_steps(const struct run *r)
{
        struct verdict *v = &r->out[INV_STDIO_ALIVE];

        for (size_t i = 0; i < r->s->n_steps; i++) {
                const struct scenario_step *step = &r->s->step[i];
                int64_t want = step->kind == STEP_WRITE ? step->bytes :
                               step->kind == STEP_ECHO  ? (int64_t)r->s->world.stdin_bytes : 0, is;

                if (step->kind == STEP_EXIT || step->kind == STEP_SIGNAL)
                        continue; /* not reported: they are the end */
                if (!needs_stdio(step->kind))
                        continue; /* no stdio in it */
                if (i >= r->report->n_steps) {
                        if (r->o->payload_end == END_SIGNALED)
                                judge_say(v, VERDICT_FAIL, "the payload dies of signal %d in step %zu (%s)",
                                          r->o->payload_code, i, scenario_step_word(step->kind));
                        else
                                judge_say(v, VERDICT_FAIL, "the payload ends before step %zu (%s) is done", i,
                                          scenario_step_word(step->kind));
                        return;
                }
                is = r->report->step[i].result;
                if (is < 0)
                        judge_say(v, VERDICT_FAIL, "step %zu (%s) fails: %s", i, scenario_step_word(step->kind),
                                  strerror((int)-is));
                else if (is != want && step->kind != STEP_FLOOD)
                        judge_say(v, VERDICT_FAIL, "step %zu (%s): %lld bytes instead of %lld", i, scenario_step_word(step->kind),
                                  (long long)is, (long long)want);
        }
        judge_ok(v);
}

static void judge_alive(const struct run *r)
{
        struct verdict *v = &r->out[INV_STDIO_ALIVE];

        if (!r->report->started || r->o->timed_out)
                return;
        for (size_t i = 0; i < r->report->n_fds; i++) {
                const struct obs_fd *f = &r->report->fd[i];
                if (f->fd <= 2 && (f->flags & OBS_NONBLOCK) && r->o->made[f->fd].fd >= 0 &&
                    !(r->o->made[f->fd].flags & OBS_NONBLOCK))
                        judge_say(v, VERDICT_FAIL, "fd %d has become non-blocking", f->fd);
        }
        if (r->s->client.flow != FLOW_OPERATIONS) /* whose payload is killed in its midst */
                judge_steps(r);
}

/* What holds when the runtime answered the start with an error. */
static void judge_refusal(const struct run *r, const struct obs_command *c)
{
        const char *said = c->err[0]                     ? c->err
                           : r->o->stream[2].text[0] ? r->o->stream[2].text
                           : r->o->log[0]            ? r->o->log
                                                     : "no message that could be seen";
        static const enum invariant_id of_payload[] = { INV_FD_EXACT, INV_OUT_EXACT, INV_STDIO_ALIVE, INV_ENV_EXACT,
                                                        INV_EXIT_CODE };

        if (r->s->bad)
                return;
        for (size_t i = 0; i < sizeof of_payload / sizeof *of_payload; i++)
                judge_say(&r->out[of_payload[i]], VERDICT_REFUSED, "%s: %.300s", c->name, said);
        if (r->ours && !r->s->may_refuse)
                judge_say(&r->out[INV_EXIT_CODE], VERDICT_FAIL, "the payload never ran: %s exits with %d: %.300s",
                          c->name, c->code, said);
}

static void judge_payload(const struct run *r)
{
        judge_alive(r);
        judge_fds(r);
        judge_env(r);
        judge_cwd(r);
        judge_terminal(r);
}

void judge_run(const struct scenario *s, const struct observation *o, const struct obs_report *report, bool ours,
               struct verdict out[INV__COUNT])
{
        const struct obs_command *refuser = failed_start(s, o, report->started);
        struct run r = { s, o, report, ours, out, refuser };

        memset(out, 0, sizeof *out * INV__COUNT);
        judge_time(&r);
        judge_clean(&r);
        judge_life(&r);
        judge_held(&r);
        judge_host(&r);
        judge_exe(&r);
        judge_crash(&r);
        judge_state(&r);
        judge_hooks(&r);
        if (!s->config_whole) /* else nobody knows what the payload is */
                judge_payload(&r);
        if (s->client.flow != FLOW_OPERATIONS || scenario_has_operation(s, OPERATION_EXEC_TTY))
                judge_out(&r);
        if (s->client.flow != FLOW_OPERATIONS) {
                judge_errors(&r);
                judge_exit(&r);
                if (refuser && !report->started && !o->timed_out)
                        judge_refusal(&r, refuser);
        }
        for (int i = 0; i < INV__COUNT; i++)
                if (s->judge && !(s->judge >> i & 1))
                        out[i] = (struct verdict){ VERDICT_UNSEEN, "" };
}
