/* The strict reader of scenario files: readers, plan, judge, and the whole. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/err.h"
#include "sandbox/invariants.h"
#include "sandbox/scenario_private.h"

static const char *const attach_words[] = { "before", "during", "after", "never" };
static const char *const speed_words[] = { "fast", "slow", "bytes" };

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
                uint32_t held;
                bool pty;

                rc = json_check_object(item, &at, known, COUNT(known), err);
                if (rc == 0)
                        rc = json_read_int(item, "fd", true, 1, 2, &fd, &at, err);
                if (rc == 0)
                        rc = json_read_enum(item, "attach", false, attach_words, COUNT(attach_words), &attach,
                                            &at, err);
                if (rc == 0)
                        rc = json_read_enum(item, "speed", false, speed_words, COUNT(speed_words), &speed, &at,
                                            err);
                pty = fd == 1 && scenario_terminal(s);
                if (rc == 0 && s->world.fd[fd] != KIND_PIPE && s->world.fd[fd] != KIND_SOCKET && !pty)
                        rc = json_bad(&at, err, "fd %d is of kind %s: only pipes, sockets and a terminal's 1 have a reader",
                                      (int)fd, scenario_kind_words[s->world.fd[fd]]);
                held = pty ? SCENARIO_PTY_BYTES : SCENARIO_PIPE_BYTES;
                if (rc == 0 && attach == ATTACH_AFTER && scenario_expected_bytes(s, (int)fd) > held)
                        rc = json_bad(&at, err, "a reader after the exit would never see it: more than %u bytes", held);
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

int scenario_parse(const char *text, size_t len, const char *name, struct scenario *ret, struct err *err)
{
        static const char *const known[] = { "version", "about", "world", "client", "process", "payload",
                                             "rootfs", "swap", "config", "config_text", "readers",
                                             "plan", "judge", "may_refuse" };
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
                rc = scenario_read_world(root, s, err);
        if (rc == 0)
                rc = scenario_read_client(root, s, err);
        if (rc == 0)
                rc = scenario_read_process(root, s, err);
        if (rc == 0)
                rc = scenario_read_payload(root, s, err);
        if (rc == 0)
                rc = scenario_read_bundle(root, s, err);
        if (rc == 0)
                rc = read_readers(root, s, err);
        if (rc == 0)
                rc = read_plan(root, s, err);
        if (rc == 0)
                rc = read_judge(root, s, err);
        if (rc == 0)
                rc = json_read_bool(root, "may_refuse", &s->may_refuse, NULL, err);
        if (rc == 0)
                rc = scenario_check_steps(s, err);
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
