/* Reads "payload" of a scenario file, and looks for contradictions in its steps. */
#include <string.h>

#include "sandbox/scenario_private.h"

static int read_write(const json_t *value, struct scenario_step *step, const struct json_at *at, struct err *err)
{
        static const char *const known[] = { "fd", "ms", "bytes" };
        int64_t fd = 1, ms = 0, bytes = 0;
        bool is_fork = step->kind == STEP_FORK;
        int rc = json_check_object(value, at, known, COUNT(known), err);

        if (rc == 0)
                rc = json_read_int(value, "fd", true, 1, 2, &fd, at, err);
        if (rc == 0)
                rc = json_read_int(value, "bytes", true, 0, SCENARIO_BYTES_MAX, &bytes, at, err);
        if (rc == 0)
                rc = json_read_int(value, "ms", is_fork, 0, is_fork ? 60000 : 0, &ms, at, err);
        step->fd = (int)fd;
        step->ms = (int)ms;
        step->bytes = (uint32_t)bytes;
        return rc;
}

static int read_step(const json_t *item, struct scenario_step *step, const struct json_at *up, struct err *err)
{
        static const char *const sleep_known[] = { "ms" };
        int rc = json_check_object(item, up, scenario_step_words, COUNT(scenario_step_words), err);
        struct json_at at = { up, NULL, 0 };
        int64_t v = 0;
        size_t i = 0;
        int word = 0;

        if (rc < 0)
                return rc;
        if (json_object_size(item) != 1)
                return json_bad(up, err, "must have exactly one key");
        while (!json_object_get(item, scenario_step_words[i]))
                i++;
        step->kind = (enum scenario_step_kind)i;
        at.key = scenario_step_words[i];
        item = json_object_get(item, scenario_step_words[i]);
        switch (step->kind) {
        case STEP_WRITE:
        case STEP_FORK:
                return read_write(item, step, &at, err);
        case STEP_ECHO:
        case STEP_WAIT:
        case STEP_RAW:
        case STEP_RESIZED:
        case STEP_FLOOD:
                return json_is_true(item) ? 0 : json_bad(&at, err, "must be true");
        case STEP_SLEEP:
                rc = json_check_object(item, &at, sleep_known, COUNT(sleep_known), err);
                if (rc == 0)
                        rc = json_read_int(item, "ms", true, 0, 60000, &v, &at, err);
                step->ms = (int)v;
                return rc;
        case STEP_MASKED:
        case STEP_EMPTY:
        case STEP_READONLY:
        case STEP_OVERWRITE:
                return scenario_read_path(item, &at, step->path, err);
        case STEP_ATTACK:
                rc = json_value_enum(item, &at, scenario_attack_words, COUNT(scenario_attack_words), &word, err);
                step->attack = (enum scenario_attack)word;
                return rc;
        case STEP_AWAIT:
                rc = json_value_int(item, &at, 1, SCENARIO_LIST, &v, err);
                break;
        case STEP_EXIT:
                rc = json_value_int(item, &at, 0, 255, &v, err);
                break;
        case STEP_SIGNAL:
                rc = json_value_int(item, &at, 1, 31, &v, err);
                break;
        }
        step->code = (int)v;
        return rc;
}

int scenario_read_payload(const json_t *root, struct scenario *s, struct err *err)
{
        static const char *const known[] = { "steps", "bad" };
        struct json_at at = { NULL, "payload", 0 }, list = { &at, "steps", 0 };
        const json_t *payload = json_object_get(root, "payload");
        json_t *steps;
        int bad = 0, rc;

        if (!payload)
                return json_bad(&at, err, "is missing");
        rc = json_check_object(payload, &at, known, COUNT(known), err);
        if (rc == 0)
                rc = json_read_enum(payload, "bad", false, scenario_bad_words, COUNT(scenario_bad_words), &bad, &at, err);
        if (rc == 0)
                rc = json_read_array(payload, "steps", SCENARIO_LIST, &steps, &at, err);
        if (rc < 0)
                return rc;
        s->bad = (enum scenario_bad)bad;
        if (!steps == !bad)
                return json_bad(&at, err, "must have either \"steps\" or \"bad\" (other than none)");
        for (size_t i = 0; steps && i < json_array_size(steps); i++) {
                struct json_at here = { &list, NULL, i };
                rc = read_step(json_array_get(steps, i), &s->step[i], &here, err);
                if (rc < 0)
                        return rc;
                s->n_steps = i + 1;
        }
        return 0;
}

/* ------------------------------------------------------------------ contradictions */

static int check_write(const struct scenario *s, size_t i, uint32_t forked[3], const struct json_at *at,
                       struct err *err)
{
        const struct scenario_step *step = &s->step[i];

        if (s->world.fd[step->fd] == KIND_CLOSED)
                return json_bad(at, err, "fd %d is closed at entry", step->fd);
        if (s->world.fd[step->fd] == KIND_PTY && step->fd == 2)
                return json_bad(at, err, "a terminal has one stream, that of fd 1");
        if (forked[step->fd] && step->bytes)
                return json_bad(at, err, "a descendant writes to fd %d at the same time: wait first", step->fd);
        if (step->kind == STEP_FORK)
                forked[step->fd] += step->bytes;
        return 0;
}

/* Steps that need a terminal, and echo, which needs more if it has one. */
static int check_terminal(const struct scenario *s, size_t i, const struct json_at *at, struct err *err)
{
        bool raw = false;

        if (s->step[i].kind != STEP_ECHO && !scenario_terminal(s))
                return json_bad(at, err, "needs a terminal: stdio of kind pty");
        for (size_t k = 0; k < i; k++)
                raw |= s->step[k].kind == STEP_RAW;
        if (s->step[i].kind == STEP_ECHO && scenario_terminal(s) && !raw)
                return json_bad(at, err, "on a terminal it comes after \"raw\": else the terminal echoes, too");
        if (s->step[i].kind == STEP_FLOOD && s->reader[1].attach != ATTACH_NEVER)
                return json_bad(at, err, "needs a reader that never attaches: how much it is nobody knows");
        return 0;
}

static int check_attack(const struct scenario *s, enum scenario_attack attack, const struct json_at *at, struct err *err)
{
        if (attack == ATTACK_PARENT && (s->client.flow != FLOW_RUN || !s->world.share[SHARE_PID]))
                return json_bad(at, err, "needs the flow run and a shared pid namespace");
        if (attack == ATTACK_EXEC && (s->client.flow != FLOW_OPERATIONS || s->world.share[SHARE_PID]))
                return json_bad(at, err, "needs the flow operations and a pid namespace of its own");
        if (attack == ATTACK_CREATE && (s->client.flow != FLOW_OPERATIONS || !s->world.share[SHARE_PID]))
                return json_bad(at, err, "needs the flow operations and a shared pid namespace");
        return 0;
}

int scenario_check_steps(const struct scenario *s, struct err *err)
{
        struct json_at payload = { NULL, "payload", 0 }, list = { &payload, "steps", 0 };
        uint32_t forked[3] = { 0 };
        int rc = 0;

        for (size_t i = 0; rc == 0 && i < s->n_steps; i++) {
                struct json_at at = { &list, NULL, i };
                switch (s->step[i].kind) {
                case STEP_WRITE:
                case STEP_FORK:
                        rc = check_write(s, i, forked, &at, err);
                        break;
                case STEP_WAIT:
                        memset(forked, 0, sizeof forked);
                        break;
                case STEP_ECHO:
                        rc = s->world.fd[0] == KIND_CLOSED || s->world.fd[1] == KIND_CLOSED ?
                                     json_bad(&at, err, "needs 0 and 1 open") :
                                     check_terminal(s, i, &at, err);
                        break;
                case STEP_RAW:
                case STEP_RESIZED:
                case STEP_FLOOD:
                        rc = check_terminal(s, i, &at, err);
                        break;
                case STEP_EXIT:
                case STEP_SIGNAL:
                        if (s->step[i].kind == STEP_SIGNAL && !s->world.share[SHARE_PID])
                                rc = json_bad(&at, err, "init of a pid namespace is immune to its own signals: share pid");
                        else if (i + 1 < s->n_steps)
                                rc = json_bad(&at, err, "must be the last step");
                        break;
                case STEP_ATTACK:
                        rc = check_attack(s, s->step[i].attack, &at, err);
                        break;
                case STEP_SLEEP:
                case STEP_MASKED:
                case STEP_EMPTY:
                case STEP_READONLY:
                case STEP_OVERWRITE:
                case STEP_AWAIT:
                        break;
                }
        }
        if (rc == 0 && scenario_terminal(s) && s->world.stdin_bytes && !scenario_has_step(s, STEP_ECHO))
                rc = json_bad(&list, err, "nobody reads what comes from the terminal: echo it");
        if (rc == 0 && (forked[1] || forked[2]) && !s->world.share[SHARE_PID])
                rc = json_bad(&list, err, "a descendant dies with the pid namespace of the payload: wait for it, "
                                          "share pid, or let it write 0 bytes");
        return rc;
}
