/* LIFE-MODEL: the answers of all operations, and what `state` says between them, against the model. */
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "sandbox/judge_private.h"
#include "sandbox/life.h"
#include "sandbox/surroundings.h"

#define LONG_LIFE_MS 5000 /* a payload that sleeps so long is not expected to end by itself */

struct walk {
        const struct run *r;
        struct verdict *v;
        life_set possible;
        bool killed;  /* the runtime, in the midst of something: nobody promised anything then */
        bool refused; /* the container could not be made, which may be */
        json_int_t pid;  /* init's, as `state` says; 0: not said yet */
};

static bool payload_ends(const struct scenario *s)
{
        int ms = 0;

        if (s->bad || s->config_whole)
                return true;
        for (size_t i = 0; i < s->n_steps; i++)
                ms += s->step[i].kind == STEP_SLEEP ? s->step[i].ms : 0;
        return ms < LONG_LIFE_MS;
}

/* Of whom nobody knows what was done, only `state` can tell. */
static enum verdict_kind kind_of(const struct walk *w, bool spec)
{
        return spec && !w->killed ? VERDICT_FAIL : judge_ours(w->r);
}

static void check_member(struct walk *w, const json_t *root, const char *key, const char *want)
{
        const char *is = json_string_value(json_object_get(root, key));

        if (!is)
                judge_say(w->v, VERDICT_FAIL, "state has no string \"%s\"", key);
        else if (want && strcmp(is, want) != 0)
                judge_say(w->v, VERDICT_FAIL, "state's \"%s\" is \"%.100s\" instead of \"%s\"", key, is, want);
}

/* REQUIRED while created or running; the same through all of a container's life. */
static void check_pid(struct walk *w, const json_t *root, int state)
{
        json_int_t pid = json_integer_value(json_object_get(root, "pid"));

        if (state == LIFE_STOPPED)
                return;
        if (pid <= 0)
                judge_say(w->v, VERDICT_FAIL, "state says \"%s\" without a pid",
                          json_string_value(json_object_get(root, "status")));
        else if (w->pid && pid != w->pid)
                judge_say(w->v, VERDICT_FAIL, "state's pid is %lld, was %lld before", (long long)pid, (long long)w->pid);
        w->pid = pid;
}

static void check_state(struct walk *w, const struct obs_command *c)
{
        json_t *root = json_loads(c->out, 0, NULL);
        const char *word = json_string_value(json_object_get(root, "status"));
        int state = word ? life_of_status(word) : -1;
        char expected[80];

        life_words(w->possible, expected, sizeof expected);
        if (state < 0 && !(word && w->killed && strcmp(word, "creating") == 0)) {
                judge_say(w->v, VERDICT_FAIL, "state answers no status that there is: \"%.200s\"", c->out);
        } else if (state >= 0) {
                check_member(w, root, "id", OBS_ID);
                check_member(w, root, "bundle", SURROUNDINGS_BUNDLE);
                check_member(w, root, "ociVersion", NULL);
                check_pid(w, root, state);
                if (!(w->possible & LIFE(state)))
                        judge_say(w->v, kind_of(w, true), "state says \"%s\", but the container must be %s", word,
                                  expected);
                w->possible = LIFE(state);
        }
        json_decref(root);
}

static void judge_status(struct walk *w, const struct obs_command *c)
{
        char expected[80];

        if (c->end == END_EXITED && c->code == 0) {
                if (w->possible == LIFE(LIFE_NONE))
                        judge_say(w->v, kind_of(w, true), "state answers, but there is no container: %.200s", c->out);
                check_state(w, c);
                return;
        }
        if (!(w->possible & LIFE(LIFE_NONE)))
                judge_say(w->v, kind_of(w, true), "state fails, but the container must be %s: %.200s",
                          life_words(w->possible, expected, sizeof expected), c->err);
        w->possible = LIFE(LIFE_NONE);
        w->pid = 0;
}

/* May this error be, though the model wants success? */
static bool may_fail(struct walk *w, enum scenario_operation_kind op)
{
        const struct scenario *s = w->r->s;
        bool excused = !w->r->ours || s->may_refuse || s->bad || s->config_whole;

        if (op == OPERATION_CREATE && excused) {
                w->refused = true;
                return true;
        }
        if (op != OPERATION_START)
                return false;
        /* a payload that has killed itself by then looks like an init that was killed before its execve */
        return excused || (s->n_steps && s->step[s->n_steps - 1].kind == STEP_SIGNAL && w->r->report->started);
}

/* Init was killed while the operation ran, which may or may not have done its work before. */
static void judge_killed_init(struct walk *w, enum scenario_operation_kind op, bool ok)
{
        if (op == OPERATION_START && ok && !w->r->report->started)
                judge_say(w->v, judge_ours(w->r), "start succeeds, but init was killed before the payload ran");
        w->possible = op == OPERATION_DELETE || op == OPERATION_DELETE_FORCE ? LIFE_ALL : LIFE(LIFE_STOPPED);
}

static void judge_operation(struct walk *w, enum scenario_operation_kind op, const struct obs_command *c)
{
        bool ok = c->end == END_EXITED && c->code == (op == OPERATION_EXEC ? SCENARIO_EXEC_STATUS : 0);
        life_set next = life_after(w->possible, op, ok, payload_ends(w->r->s));
        char expected[80];

        if (c->killed) {
                w->killed = true;
                w->possible = LIFE_ALL;
                w->pid = 0;
                return;
        }
        if (c->init_killed) {
                judge_killed_init(w, op, ok);
                return;
        }
        if (next == 0 && !ok && may_fail(w, op)) {
                next = op == OPERATION_CREATE ? LIFE(LIFE_NONE) : LIFE(LIFE_CREATED) | LIFE(LIFE_STOPPED);
        } else if (next == 0) {
                judge_say(w->v, kind_of(w, life_rule_is_spec(op, ok)), "%s %s, but the container is %s%s%.200s", c->name,
                          ok ? "succeeds" : "fails", life_words(w->possible, expected, sizeof expected),
                          ok ? "" : ": ", ok ? "" : c->err);
                next = LIFE_ALL; /* `state` is next, and tells */
        }
        if (op == OPERATION_DELETE_FORCE && ok)
                w->killed = false;
        if (next == LIFE(LIFE_NONE))
                w->pid = 0;
        w->possible = next;
}

static int operation_of(const char *name)
{
        for (int op = 0; op < OPERATION__COUNT; op++)
                if (strcmp(name, scenario_operation_word((enum scenario_operation_kind)op)) == 0)
                        return op;
        return -1;
}

void judge_life(const struct run *r)
{
        struct walk w = { .r = r, .v = &r->out[INV_LIFE_MODEL], .possible = LIFE(LIFE_NONE) };

        if (r->o->timed_out || r->s->client.flow == FLOW_RUN)
                return;
        for (size_t i = 0; i < r->o->n_commands; i++) {
                const struct obs_command *c = &r->o->command[i];
                int op = operation_of(c->name);

                if (c->end == END_NONE || c->end == END_TIMEOUT)
                        return;
                if (strcmp(c->name, "state") == 0) {
                        judge_status(&w, c);
                } else if (strcmp(c->name, "run") == 0) {
                        if (c->end != END_EXITED || c->code != 0)
                                return;
                        w.possible = LIFE(LIFE_RUNNING) | LIFE(LIFE_STOPPED);
                } else if (op >= 0) {
                        judge_operation(&w, (enum scenario_operation_kind)op, c);
                }
        }
        if (r->o->n_commands > 1)
                judge_ok(w.v);
}
