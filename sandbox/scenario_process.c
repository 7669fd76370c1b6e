/* Reads "process" of a scenario file. */
#include <string.h>

#include "sandbox/scenario_private.h"

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

static int read_size(const json_t *process, struct scenario *s, const struct json_at *up, struct err *err)
{
        static const char *const known[] = { "height", "width" };
        struct json_at at = { up, "consoleSize", 0 };
        const json_t *size = json_object_get(process, "consoleSize");
        int64_t rows = 0, columns = 0;
        int rc;

        if (!size)
                return 0;
        rc = json_check_object(size, &at, known, COUNT(known), err);
        if (rc == 0)
                rc = json_read_int(size, "height", true, 1, UINT16_MAX, &rows, &at, err);
        if (rc == 0)
                rc = json_read_int(size, "width", true, 1, UINT16_MAX, &columns, &at, err);
        s->process.rows = (int)rows;
        s->process.columns = (int)columns;
        return rc;
}

int scenario_read_process(const json_t *root, struct scenario *s, struct err *err)
{
        static const char *const known[] = { "user",         "env",     "args",        "cwd", "noNewPrivileges",
                                             "oomScoreAdj", "rlimits", "capabilities", "consoleSize" };
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
        if (rc == 0)
                rc = read_size(process, s, &at, err);
        s->process.has_oom_score_adj = json_object_get(process, "oomScoreAdj") != NULL;
        s->process.oom_score_adj = (int)oom;
        return rc;
}
