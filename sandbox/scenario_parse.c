/* The strict reader of scenario files. */
#include "sandbox/scenario.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/err.h"
#include "sandbox/invariants.h"
#include "sandbox/json.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static const char *const kind_words[] = { "pipe", "file", "socket", "devnull", "closed", "pty" };
static const char *const flow_words[] = { "run", "create+start", "run --detach" };
static const char *const bad_words[] = { "none", "missing", "not-executable", "missing-interpreter",
                                         "directory", "enoexec" };
static const char *const step_words[] = { "write", "echo", "sleep", "fork", "wait", "exit", "signal" };
static const char *const attach_words[] = { "before", "during", "after" };
static const char *const speed_words[] = { "fast", "slow", "bytes" };
static const char *const share_words[] = { "pid", "network", "ipc", "uts" };

static int read_list(const json_t *object, const char *key, struct scenario_list *ret,
                     const struct json_at *up, struct err *err)
{
        struct json_at list = { up, key, 0 };
        json_t *array;
        int rc = json_read_array(object, key, SCENARIO_LIST, &array, up, err);

        for (size_t i = 0; rc == 0 && array && i < json_array_size(array); i++) {
                struct json_at at = { &list, NULL, i };
                rc = json_value_str(json_array_get(array, i), &at, ret->item[i], sizeof ret->item[i], err);
                ret->n = i + 1;
        }
        return rc;
}

/* ------------------------------------------------------------------ world */

static int read_stdio(const json_t *world, struct scenario *s, const struct json_at *up, struct err *err)
{
        struct json_at list = { up, "stdio", 0 };
        json_t *array;
        int rc = json_read_array(world, "stdio", 3, &array, up, err);

        if (rc < 0 || !array)
                return rc;
        if (json_array_size(array) != 3)
                return json_bad(&list, err, "must have three items: the kinds of 0, 1 and 2");
        for (size_t i = 0; i < 3; i++) {
                struct json_at at = { &list, NULL, i };
                int kind;
                rc = json_value_enum(json_array_get(array, i), &at, kind_words, COUNT(kind_words), &kind, err);
                if (rc < 0)
                        return rc;
                s->world.fd[i] = (enum scenario_kind)kind;
        }
        return 0;
}

static int read_fds(const json_t *world, struct scenario *s, const struct json_at *up, struct err *err)
{
        static const char *const known[] = { "fd", "kind" };
        struct json_at list = { up, "fds", 0 };
        json_t *array;
        int rc = json_read_array(world, "fds", SCENARIO_FD_MAX, &array, up, err);

        for (size_t i = 0; rc == 0 && array && i < json_array_size(array); i++) {
                struct json_at at = { &list, NULL, i };
                const json_t *item = json_array_get(array, i);
                int64_t fd = 0;
                int kind = 0;

                rc = json_check_object(item, &at, known, COUNT(known), err);
                if (rc == 0)
                        rc = json_read_int(item, "fd", true, 3, SCENARIO_FD_MAX - 1, &fd, &at, err);
                if (rc == 0) /* "closed" and "pty" are kinds of stdio only */
                        rc = json_read_enum(item, "kind", true, kind_words, 4, &kind, &at, err);
                if (rc < 0)
                        return rc;
                if (s->world.fd[fd] != KIND_CLOSED)
                        return json_bad(&at, err, "fd %d is there twice", (int)fd);
                s->world.fd[fd] = (enum scenario_kind)kind;
        }
        return rc;
}

static int read_signals(const json_t *world, struct scenario *s, const struct json_at *up, struct err *err)
{
        struct json_at list = { up, "ignored_signals", 0 };
        json_t *array;
        int rc = json_read_array(world, "ignored_signals", SCENARIO_LIST, &array, up, err);

        for (size_t i = 0; rc == 0 && array && i < json_array_size(array); i++) {
                struct json_at at = { &list, NULL, i };
                int64_t sig = 0;
                rc = json_value_int(json_array_get(array, i), &at, 1, 64, &sig, err);
                if (rc == 0 && (sig == 9 || sig == 19))
                        rc = json_bad(&at, err, "signal %d can't be ignored", (int)sig);
                s->world.ignored_signals[i] = (int)sig;
                s->world.n_ignored = i + 1;
        }
        return rc;
}

static int read_share(const json_t *world, struct scenario *s, const struct json_at *up, struct err *err)
{
        struct json_at list = { up, "share", 0 };
        json_t *array;
        int rc = json_read_array(world, "share", SHARE__COUNT, &array, up, err);

        for (size_t i = 0; rc == 0 && array && i < json_array_size(array); i++) {
                struct json_at at = { &list, NULL, i };
                int which = 0;
                rc = json_value_enum(json_array_get(array, i), &at, share_words, COUNT(share_words), &which, err);
                s->world.share[which] |= rc == 0;
        }
        return rc;
}

static int read_world(const json_t *root, struct scenario *s, struct err *err)
{
        static const char *const known[] = { "stdio", "stdin_bytes", "fds", "ignored_signals", "share" };
        struct json_at at = { NULL, "world", 0 };
        const json_t *world = json_object_get(root, "world");
        int64_t bytes = 0;
        int rc;

        for (int i = 0; i < SCENARIO_FD_MAX; i++)
                s->world.fd[i] = KIND_CLOSED;
        s->world.fd[0] = KIND_DEVNULL;
        s->world.fd[1] = s->world.fd[2] = KIND_PIPE;
        if (!world)
                return 0;
        rc = json_check_object(world, &at, known, COUNT(known), err);
        if (rc == 0)
                rc = read_stdio(world, s, &at, err);
        if (rc == 0)
                rc = json_read_int(world, "stdin_bytes", false, 0, SCENARIO_BYTES_MAX, &bytes, &at, err);
        s->world.stdin_bytes = (uint32_t)bytes;
        if (rc == 0)
                rc = read_fds(world, s, &at, err);
        if (rc == 0)
                rc = read_signals(world, s, &at, err);
        if (rc == 0)
                rc = read_share(world, s, &at, err);
        if (rc == 0 && bytes && (s->world.fd[0] == KIND_DEVNULL || s->world.fd[0] == KIND_CLOSED)) {
                struct json_at here = { &at, "stdin_bytes", 0 };
                rc = json_bad(&here, err, "nothing can be read from a stdin of kind %s",
                              kind_words[s->world.fd[0]]);
        }
        return rc;
}

/* ------------------------------------------------------------------ client */

static int read_client(const json_t *root, struct scenario *s, struct err *err)
{
        static const char *const known[] = { "flow", "preserve_fds", "log" };
        struct json_at at = { NULL, "client", 0 };
        const json_t *client = json_object_get(root, "client");
        int64_t preserve = -1;
        int flow = 0, rc;

        s->client.preserve_fds = -1;
        if (!client)
                return json_bad(&at, err, "is missing");
        rc = json_check_object(client, &at, known, COUNT(known), err);
        if (rc == 0)
                rc = json_read_enum(client, "flow", true, flow_words, COUNT(flow_words), &flow, &at, err);
        if (rc == 0)
                rc = json_read_int(client, "preserve_fds", false, 0, SCENARIO_FD_MAX - 3, &preserve, &at, err);
        if (rc == 0)
                rc = json_read_bool(client, "log", &s->client.log, &at, err);
        s->client.flow = (enum scenario_flow)flow;
        s->client.preserve_fds = (int)preserve;
        return rc;
}

/* ------------------------------------------------------------------ process */

static int read_user(const json_t *process, struct scenario *s, const struct json_at *up, struct err *err)
{
        static const char *const known[] = { "uid", "gid", "umask", "additionalGids" };
        struct json_at at = { up, "user", 0 }, list = { &at, "additionalGids", 0 };
        const json_t *user = json_object_get(process, "user");
        int64_t uid = 0, gid = 0, umask_bits = -1;
        json_t *groups;
        int rc;

        if (!user)
                return 0;
        rc = json_check_object(user, &at, known, COUNT(known), err);
        if (rc == 0)
                rc = json_read_int(user, "uid", false, 0, UINT32_MAX - 1, &uid, &at, err);
        if (rc == 0)
                rc = json_read_int(user, "gid", false, 0, UINT32_MAX - 1, &gid, &at, err);
        if (rc == 0)
                rc = json_read_int(user, "umask", false, 0, 0777, &umask_bits, &at, err);
        if (rc == 0)
                rc = json_read_array(user, "additionalGids", SCENARIO_LIST, &groups, &at, err);
        for (size_t i = 0; rc == 0 && groups && i < json_array_size(groups); i++) {
                struct json_at here = { &list, NULL, i };
                int64_t group = 0;
                rc = json_value_int(json_array_get(groups, i), &here, 0, UINT32_MAX - 1, &group, err);
                s->process.groups[i] = (uint32_t)group;
                s->process.n_groups = i + 1;
        }
        s->process.uid = (uint32_t)uid;
        s->process.gid = (uint32_t)gid;
        s->process.umask = (int)umask_bits;
        return rc;
}

static int read_rlimits(const json_t *process, struct scenario *s, const struct json_at *up, struct err *err)
{
        static const char *const known[] = { "type", "soft", "hard" };
        struct json_at list = { up, "rlimits", 0 };
        json_t *array;
        int rc = json_read_array(process, "rlimits", SCENARIO_LIST, &array, up, err);

        for (size_t i = 0; rc == 0 && array && i < json_array_size(array); i++) {
                struct json_at at = { &list, NULL, i };
                const json_t *item = json_array_get(array, i);
                struct scenario_rlimit *r = &s->process.rlimit[i];

                rc = json_check_object(item, &at, known, COUNT(known), err);
                if (rc == 0)
                        rc = json_read_str(item, "type", true, r->type, sizeof r->type, &at, err);
                if (rc == 0)
                        rc = json_read_int(item, "soft", true, 0, INT64_MAX, &r->soft, &at, err);
                if (rc == 0)
                        rc = json_read_int(item, "hard", true, 0, INT64_MAX, &r->hard, &at, err);
                s->process.n_rlimits = i + 1;
        }
        return rc;
}

static int read_process(const json_t *root, struct scenario *s, struct err *err)
{
        static const char *const known[] = { "user",         "env",     "args",        "cwd", "noNewPrivileges",
                                             "oomScoreAdj", "rlimits", "capabilities" };
        struct json_at at = { NULL, "process", 0 };
        const json_t *process = json_object_get(root, "process");
        int64_t oom = 0;
        int rc;

        s->process.umask = -1;
        strcpy(s->process.cwd, "/");
        if (!process)
                return 0;
        rc = json_check_object(process, &at, known, COUNT(known), err);
        if (rc == 0)
                rc = read_user(process, s, &at, err);
        if (rc == 0)
                rc = read_list(process, "env", &s->process.env, &at, err);
        if (rc == 0)
                rc = read_list(process, "args", &s->process.args, &at, err);
        if (rc == 0)
                rc = read_list(process, "capabilities", &s->process.caps, &at, err);
        if (rc == 0)
                rc = read_rlimits(process, s, &at, err);
        if (rc == 0)
                rc = json_read_str(process, "cwd", false, s->process.cwd, sizeof s->process.cwd, &at, err);
        if (rc == 0)
                rc = json_read_bool(process, "noNewPrivileges", &s->process.no_new_privs, &at, err);
        if (rc == 0)
                rc = json_read_int(process, "oomScoreAdj", false, -1000, 1000, &oom, &at, err);
        s->process.has_oom_score_adj = json_object_get(process, "oomScoreAdj") != NULL;
        s->process.oom_score_adj = (int)oom;
        return rc;
}

/* ------------------------------------------------------------------ payload */

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
        int rc = json_check_object(item, up, step_words, COUNT(step_words), err);
        struct json_at at = { up, NULL, 0 };
        int64_t v = 0;
        size_t i = 0;

        if (rc < 0)
                return rc;
        if (json_object_size(item) != 1)
                return json_bad(up, err, "must have exactly one key");
        while (!json_object_get(item, step_words[i]))
                i++;
        step->kind = (enum scenario_step_kind)i;
        at.key = step_words[i];
        item = json_object_get(item, step_words[i]);
        switch (step->kind) {
        case STEP_WRITE:
        case STEP_FORK:
                return read_write(item, step, &at, err);
        case STEP_ECHO:
        case STEP_WAIT:
                return json_is_true(item) ? 0 : json_bad(&at, err, "must be true");
        case STEP_SLEEP:
                rc = json_check_object(item, &at, sleep_known, COUNT(sleep_known), err);
                if (rc == 0)
                        rc = json_read_int(item, "ms", true, 0, 60000, &v, &at, err);
                step->ms = (int)v;
                return rc;
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

static int read_payload(const json_t *root, struct scenario *s, struct err *err)
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
                rc = json_read_enum(payload, "bad", false, bad_words, COUNT(bad_words), &bad, &at, err);
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

/* ------------------------------------------------------------------ readers, plan, judge */

static int read_readers(const json_t *root, struct scenario *s, struct err *err)
{
        static const char *const known[] = { "fd", "attach", "speed" };
        struct json_at list = { NULL, "readers", 0 };
        json_t *array;
        int rc = json_read_array(root, "readers", 2, &array, NULL, err);

        for (size_t i = 0; rc == 0 && array && i < json_array_size(array); i++) {
                struct json_at at = { &list, NULL, i };
                const json_t *item = json_array_get(array, i);
                int attach = ATTACH_BEFORE, speed = SPEED_FAST;
                int64_t fd = 1;

                rc = json_check_object(item, &at, known, COUNT(known), err);
                if (rc == 0)
                        rc = json_read_int(item, "fd", true, 1, 2, &fd, &at, err);
                if (rc == 0)
                        rc = json_read_enum(item, "attach", false, attach_words, COUNT(attach_words), &attach,
                                            &at, err);
                if (rc == 0)
                        rc = json_read_enum(item, "speed", false, speed_words, COUNT(speed_words), &speed, &at,
                                            err);
                if (rc == 0 && s->world.fd[fd] != KIND_PIPE && s->world.fd[fd] != KIND_SOCKET)
                        rc = json_bad(&at, err, "fd %d is of kind %s: only pipes and sockets have a reader",
                                      (int)fd, kind_words[s->world.fd[fd]]);
                if (rc == 0 && attach == ATTACH_AFTER && scenario_expected_bytes(s, (int)fd) > SCENARIO_PIPE_BYTES)
                        rc = json_bad(&at, err, "a reader after the exit would never see it: more than %u bytes",
                                      SCENARIO_PIPE_BYTES);
                if (rc == 0 && attach == ATTACH_DURING && s->bad)
                        rc = json_bad(&at, err, "a bad executable has no life during which to attach");
                s->reader[fd] = (struct scenario_reader){ (enum scenario_attach)attach, (enum scenario_speed)speed };
        }
        return rc;
}

static int read_plan(const json_t *root, struct scenario *s, struct err *err)
{
        static const char *const known[] = { "role", "operation", "class", "occurrence", "action" };
        struct json_at list = { NULL, "plan", 0 };
        json_t *array;
        int rc = json_read_array(root, "plan", SCENARIO_LIST, &array, NULL, err);

        for (size_t i = 0; rc == 0 && array && i < json_array_size(array); i++) {
                struct json_at at = { &list, NULL, i };
                char *text;

                rc = json_check_object(json_array_get(array, i), &at, known, COUNT(known), err);
                if (rc < 0)
                        return rc;
                text = json_dumps(json_array_get(array, i), JSON_COMPACT);
                if (!text)
                        return json_bad(&at, err, "cannot be kept: no memory");
                snprintf(s->plan.item[i], sizeof s->plan.item[i], "%s", text);
                free(text);
                s->plan.n = i + 1;
        }
        return rc;
}

static int read_judge(const json_t *root, struct scenario *s, struct err *err)
{
        struct json_at list = { NULL, "judge", 0 };
        const char *ids[INV__COUNT];
        json_t *array;
        int rc = json_read_array(root, "judge", INV__COUNT, &array, NULL, err);

        for (int i = 0; i < INV__COUNT; i++)
                ids[i] = invariant_get((enum invariant_id)i)->id;
        for (size_t i = 0; rc == 0 && array && i < json_array_size(array); i++) {
                struct json_at at = { &list, NULL, i };
                int which = 0;
                rc = json_value_enum(json_array_get(array, i), &at, ids, INV__COUNT, &which, err);
                s->judge |= UINT64_C(1) << which;
        }
        return rc;
}

/* ------------------------------------------------------------------ contradictions */

static int check_write(const struct scenario *s, size_t i, uint32_t forked[3], const struct json_at *at,
                       struct err *err)
{
        const struct scenario_step *step = &s->step[i];

        if (s->world.fd[step->fd] == KIND_CLOSED)
                return json_bad(at, err, "fd %d is closed at entry", step->fd);
        if (forked[step->fd] && step->bytes)
                return json_bad(at, err, "a descendant writes to fd %d at the same time: wait first", step->fd);
        if (step->kind == STEP_FORK)
                forked[step->fd] += step->bytes;
        return 0;
}

static int check_steps(const struct scenario *s, struct err *err)
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
                        if (s->world.fd[0] == KIND_CLOSED || s->world.fd[1] == KIND_CLOSED)
                                rc = json_bad(&at, err, "needs 0 and 1 open");
                        break;
                case STEP_EXIT:
                case STEP_SIGNAL:
                        if (s->step[i].kind == STEP_SIGNAL && !s->world.share[SHARE_PID])
                                rc = json_bad(&at, err, "init of a pid namespace is immune to its own signals: share pid");
                        else if (i + 1 < s->n_steps)
                                rc = json_bad(&at, err, "must be the last step");
                        break;
                case STEP_SLEEP:
                        break;
                }
        }
        if (rc == 0 && (forked[1] || forked[2]) && !s->world.share[SHARE_PID])
                rc = json_bad(&list, err, "a descendant dies with the pid namespace of the payload: wait for it, "
                                          "share pid, or let it write 0 bytes");
        return rc;
}

int scenario_parse(const char *text, size_t len, const char *name, struct scenario *ret, struct err *err)
{
        static const char *const known[] = { "version", "about", "world", "client", "process", "payload",
                                             "readers", "plan", "judge", "may_refuse" };
        struct scenario *s = calloc(1, sizeof *s);
        json_t *root = NULL;
        int64_t version;
        int rc;

        if (!s)
                return err_sys(err, -ENOMEM, "parse", name, "no memory");
        snprintf(s->name, sizeof s->name, "%s", name);
        rc = json_parse_strict(text, len, name, &root, err);
        if (rc == 0)
                rc = json_check_object(root, NULL, known, COUNT(known), err);
        if (rc == 0)
                rc = json_read_int(root, "version", true, SCENARIO_VERSION, SCENARIO_VERSION, &version, NULL, err);
        if (rc == 0)
                rc = json_read_str(root, "about", true, s->about, sizeof s->about, NULL, err);
        if (rc == 0)
                rc = read_world(root, s, err);
        if (rc == 0)
                rc = read_client(root, s, err);
        if (rc == 0)
                rc = read_process(root, s, err);
        if (rc == 0)
                rc = read_payload(root, s, err);
        if (rc == 0)
                rc = read_readers(root, s, err);
        if (rc == 0)
                rc = read_plan(root, s, err);
        if (rc == 0)
                rc = read_judge(root, s, err);
        if (rc == 0)
                rc = json_read_bool(root, "may_refuse", &s->may_refuse, NULL, err);
        if (rc == 0)
                rc = check_steps(s, err);
        if (rc == 0)
                *ret = *s;
        json_decref(root);
        free(s);
        return rc;
}

int scenario_load(const char *path, struct scenario *ret, struct err *err)
{
        const char *base = strrchr(path, '/') ? strrchr(path, '/') + 1 : path;
        size_t len = strlen(base), n = len - 5;
        char name[SCENARIO_NAME], *text;
        json_t *root;
        int rc;

        if (len < 6 || strcmp(base + len - 5, ".json") != 0 || n >= sizeof name ||
            strspn(base, "abcdefghijklmnopqrstuvwxyz0123456789.-") != len)
                return err_set(err, EINVAL, "scenario", path, "the file's name must be NAME.json, NAME of [a-z0-9.-]");
        memcpy(name, base, n);
        name[n] = '\0';
        rc = json_load_strict(path, &root, err);
        if (rc < 0)
                return rc;
        text = json_dumps(root, JSON_COMPACT);
        json_decref(root);
        if (!text)
                return err_sys(err, -ENOMEM, "scenario", path, "no memory");
        rc = scenario_parse(text, strlen(text), name, ret, err);
        free(text);
        if (rc < 0) {
                char prefix[ERR_PLACE_MAX];
                snprintf(prefix, sizeof prefix, "%.200s: ", path);
                err_prefix(err, prefix);
        }
        return rc;
}
