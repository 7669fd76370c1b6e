/* Reads "client" of a scenario file. */
#include <stddef.h>

#include "sandbox/scenario_private.h"

/* {"kill": 9} and {"killed": {"operation": "create", "ms": 5, "who": "init"}}; the others are words. */
static int read_killed(const json_t *value, struct scenario_operation *op, const struct json_at *at, struct err *err)
{
        static const char *const known[] = { "operation", "ms", "who" }, *const whose[] = { "runtime", "init" };
        int64_t ms = 0;
        int kind = 0, who = 0, rc = json_check_object(value, at, known, COUNT(known), err);

        if (rc == 0)
                rc = json_read_enum(value, "operation", true, scenario_operation_words, OPERATION__COUNT, &kind, at,
                                    err);
        if (rc == 0 && (kind == OPERATION_KILL || kind == OPERATION_WAIT || kind == OPERATION_SECOND))
                rc = json_bad(at, err, "\"%s\" can't be killed", scenario_operation_words[kind]);
        if (rc == 0)
                rc = json_read_int(value, "ms", true, 0, 10000, &ms, at, err);
        if (rc == 0)
                rc = json_read_enum(value, "who", false, whose, COUNT(whose), &who, at, err);
        op->init = who == 1;
        op->kind = (enum scenario_operation_kind)kind;
        op->killed_ms = (int)ms;
        return rc;
}

static int read_operation(const json_t *item, struct scenario_operation *op, const struct json_at *at, struct err *err)
{
        static const char *const known[] = { "kill", "killed" };
        struct json_at here = { at, "kill", 0 };
        int64_t sig = 0;
        int kind = 0, rc;

        op->killed_ms = -1;
        if (json_is_string(item)) {
                rc = json_value_enum(item, at, scenario_operation_words, OPERATION__COUNT, &kind, err);
                if (rc == 0 && kind == OPERATION_KILL)
                        rc = json_bad(at, err, "needs a signal: {\"kill\": 9}");
                op->kind = (enum scenario_operation_kind)kind;
                return rc;
        }
        rc = json_check_object(item, at, known, COUNT(known), err);
        if (rc < 0)
                return rc;
        if (json_object_size(item) != 1)
                return json_bad(at, err, "must have exactly one key");
        if (!json_object_get(item, "kill")) {
                here.key = "killed";
                return read_killed(json_object_get(item, "killed"), op, &here, err);
        }
        rc = json_value_int(json_object_get(item, "kill"), &here, 1, 64, &sig, err);
        op->kind = OPERATION_KILL;
        op->signal = (int)sig;
        return rc;
}

static int read_operations(const json_t *client, struct scenario *s, const struct json_at *up, struct err *err)
{
        struct json_at list = { up, "operations", 0 };
        json_t *array;
        int rc = json_read_array(client, "operations", SCENARIO_LIST, &array, up, err);

        if (rc < 0)
                return rc;
        if ((s->client.flow == FLOW_OPERATIONS) != (json_array_size(array) > 0))
                return json_bad(&list, err, "belongs to, and is needed by, the flow \"operations\"");
        for (size_t i = 0; rc == 0 && i < json_array_size(array); i++) {
                struct json_at at = { &list, NULL, i };
                rc = read_operation(json_array_get(array, i), &s->client.operation[i], &at, err);
                s->client.n_operations = i + 1;
        }
        return rc;
}

int scenario_read_client(const json_t *root, struct scenario *s, struct err *err)
{
        static const char *const known[] = { "flow", "operations", "preserve_fds", "log" };
        struct json_at at = { NULL, "client", 0 };
        const json_t *client = json_object_get(root, "client");
        int64_t preserve = -1;
        int flow = 0, rc;

        s->client.preserve_fds = -1;
        if (!client)
                return json_bad(&at, err, "is missing");
        rc = json_check_object(client, &at, known, COUNT(known), err);
        if (rc == 0)
                rc = json_read_enum(client, "flow", true, scenario_flow_words, COUNT(scenario_flow_words), &flow, &at,
                                    err);
        s->client.flow = (enum scenario_flow)flow;
        if (rc == 0)
                rc = read_operations(client, s, &at, err);
        if (rc == 0)
                rc = json_read_int(client, "preserve_fds", false, 0, SCENARIO_FD_MAX - 3, &preserve, &at, err);
        if (rc == 0)
                rc = json_read_bool(client, "log", &s->client.log, &at, err);
        s->client.preserve_fds = (int)preserve;
        return rc;
}
