/*
 * ERR-ONE: a failed start is told exactly once, whole, by a non-zero exit and on the runtime's own channel.
 * ERR-STATE: success means that there is what was asked for.
 */
#include <string.h>

#include "sandbox/judge_private.h"

/* The errors on every stderr of the run: the container's, which create and run share, and those of the other commands. */
static unsigned stderr_errors(const struct run *r, const char **ret_text)
{
        const char *container = r->o->stream[2].used ? r->o->stream[2].text : "";
        unsigned n = judge_count_errors(container);

        *ret_text = container;
        for (size_t i = 0; i < r->o->n_commands; i++) {
                const struct obs_command *c = &r->o->command[i];
                if (strcmp(c->name, "start") != 0 && c != r->refuser)
                        continue;
                if (c->err[0])
                        *ret_text = c->err;
                n += judge_count_errors(c->err);
        }
        return n;
}

static void judge_text(const struct run *r, struct verdict *v)
{
        const char *text;
        unsigned on_stderr = stderr_errors(r, &text), in_log = judge_count_errors(r->o->log);
        bool seen = r->o->stream[2].used || (r->refuser && strcmp(r->refuser->name, "start") == 0);
        size_t len = strlen(text);

        if (on_stderr == 0 && in_log == 0 && (seen || r->s->client.log)) {
                judge_say(v, VERDICT_FAIL, "the start fails without any error message");
                return;
        }
        if (seen && on_stderr > 1)
                judge_say(v, judge_ours(r), "%u errors on stderr instead of one: %.300s", on_stderr, text);
        if (seen && on_stderr == 0)
                judge_say(v, judge_ours(r), "the error is in the log only, not on stderr");
        if (r->s->client.log && in_log != 1)
                judge_say(v, judge_ours(r), "%u errors in the log instead of one: %.300s", in_log, r->o->log);
        if (on_stderr == 1 && len < sizeof r->o->log - 1 && text[len - 1] != '\n')
                judge_say(v, VERDICT_FAIL, "the error is cut: %.300s", text);
        if (seen || r->s->client.log)
                judge_ok(v);
}

void judge_errors(const struct run *r)
{
        struct verdict *v = &r->out[INV_ERR_ONE];

        if (r->o->timed_out || r->o->n_commands == 0)
                return;
        if (r->report->started || (!r->s->bad && !r->refuser))
                return; /* nothing failed, or nobody says so: ERR-STATE's matter */
        if (r->refuser && r->refuser->end != END_EXITED)
                judge_say(v, VERDICT_FAIL, "%s dies of signal %d instead of an error", r->refuser->name,
                          r->refuser->code);
        judge_text(r, v);
}

/* ------------------------------------------------------------------ ERR-STATE */

/* create succeeded: an init must be there, and wait. */
static void judge_created(const struct run *r, struct verdict *v)
{
        char state = r->o->init_state;

        if (r->o->init_pid == 0)
                return;
        if (state == '\0' || state == 'Z' || state == 'X')
                judge_say(v, VERDICT_FAIL, "create answers success, but no init waits: process %d is %s", r->o->init_pid,
                          state ? "dead" : "not there");
        if (r->o->init_early)
                judge_say(v, VERDICT_FAIL, "the payload runs already before start is called");
        judge_ok(v);
}

/* Success was answered, but the payload never reported. */
static void judge_never_ran(const struct run *r, struct verdict *v)
{
        if (!r->s->bad)
                judge_say(v, VERDICT_FAIL, "success is answered, but the payload never ran");
        else if (r->ours || !scenario_fails_late(r->s))
                judge_say(v, VERDICT_FAIL, "success is answered, but the executable is bad (%s)",
                          scenario_bad_word(r->s->bad));
        else /* others are known to answer 0 when only execve itself finds the executable bad */
                judge_say(v, VERDICT_DIFFERS, "success is answered, execve failed later (%s)",
                          scenario_bad_word(r->s->bad));
}

void judge_state(const struct run *r)
{
        struct verdict *v = &r->out[INV_ERR_STATE];

        if (r->o->timed_out || r->o->n_commands == 0)
                return;
        judge_created(r, v);
        for (size_t i = 0; i < r->o->n_commands; i++) {
                const struct obs_command *c = &r->o->command[i];
                if (c->init_killed && strcmp(c->name, "start") == 0 && c->end == END_EXITED && c->code == 0 &&
                    !r->report->started)
                        judge_say(v, judge_ours(r), "start answers success, but init was killed before execve");
        }
        if (r->s->client.flow == FLOW_OPERATIONS) /* LIFE-MODEL's matter */
                return;
        if (r->report->started && r->s->bad)
                judge_say(v, VERDICT_FAIL, "the payload ran, but its executable is bad");
        if (!r->report->started && !r->refuser)
                judge_never_ran(r, v);
        judge_ok(v);
}
