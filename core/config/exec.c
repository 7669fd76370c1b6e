#include "core/config/exec.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "core/base/err.h"
#include "core/config/lex.h"
#include "core/config/parts.h"
#include "core/sys.h"

static void drop(json_t **value)
{
        json_decref(*value);
}
#define SCOPED_JSON __attribute__((cleanup(drop))) json_t

static int no_memory(struct err *err)
{
        return err_set(err, ENOMEM, "exec", NULL, "%s", "");
}

/* *ret is the caller's. */
static int make_text(const char *option, const char *text, json_t **ret, struct err *err)
{
        json_t *s;

        if (!config_is_utf8(text))
                return err_set(err, EINVAL, "options", option, "\"%.64s\" is no UTF-8", text);
        s = json_string_nocheck(text);
        if (!s)
                return no_memory(err);
        *ret = s;
        return 0;
}

/* object[key], made where it is absent or null; NULL: no memory, or something else stands there. */
static json_t *member(json_t *object, const char *key, json_t *(*make)(void))
{
        json_t *value = json_object_get(object, key);

        if (!value || json_is_null(value)) {
                if (json_object_set_new(object, key, make()) < 0)
                        return NULL;
                value = json_object_get(object, key);
        }
        return value;
}

static int append_text(json_t *array, const char *option, const char *text, struct err *err)
{
        json_t *s;
        int r = make_text(option, text, &s, err);

        if (r == 0 && json_array_append_new(array, s) < 0)
                r = no_memory(err);
        return r;
}

static int set_args(json_t *process, const struct config_exec *e, struct err *err)
{
        SCOPED_JSON *args = json_array();
        int r = args ? 0 : no_memory(err);

        for (size_t i = 0; r == 0 && i < e->n_args; i++)
                r = append_text(args, "ARGUMENT", e->args[i], err);
        if (r == 0 && json_object_set(process, "args", args) < 0)
                r = no_memory(err);
        return r;
}

/* NAME= of item and of the array's item i is the same. */
static bool same_name(json_t *array, size_t i, const char *item)
{
        const char *other = json_string_value(json_array_get(array, i)), *eq = strchr(item, '=');

        return other && eq && strncmp(other, item, (size_t)(eq - item) + 1) == 0;
}

/* A second value of a name would not be seen: getenv(3) takes the first. */
static int set_env(json_t *process, const struct config_exec *e, struct err *err)
{
        json_t *env = member(process, "env", json_array);
        int r = env ? 0 : no_memory(err);

        for (size_t i = 0; r == 0 && i < e->env.n; i++) {
                for (size_t k = json_array_size(env); k-- > 0;)
                        if (same_name(env, k, e->env.item[i]))
                                (void)json_array_remove(env, k);
                r = append_text(env, "--env", e->env.item[i], err);
        }
        return r;
}

static int set_user(json_t *process, const struct config_exec *e, struct err *err)
{
        json_t *user = member(process, "user", json_object), *gids;

        if (!user || (e->has_uid && json_object_set_new(user, "uid", json_integer(e->uid)) < 0) ||
            (e->has_gid && json_object_set_new(user, "gid", json_integer(e->gid)) < 0))
                return no_memory(err);
        if (e->gids.n == 0)
                return 0;
        gids = member(user, "additionalGids", json_array);
        for (size_t i = 0; i < e->gids.n; i++)
                if (!gids || json_array_append_new(gids, json_integer(e->gids.item[i])) < 0)
                        return no_memory(err);
        return 0;
}

static bool holds(json_t *array, const char *text)
{
        for (size_t i = 0; i < json_array_size(array); i++) {
                const char *s = json_string_value(json_array_get(array, i));
                if (s && strcmp(s, text) == 0)
                        return true;
        }
        return false;
}

/* Not inheritable, and so not ambient (CVE-2022-29162). */
static int set_caps(json_t *process, const struct config_exec *e, struct err *err)
{
        static const char *const sets[] = {"bounding", "effective", "permitted"};
        json_t *caps = e->caps.n ? member(process, "capabilities", json_object) : NULL;
        int r = 0;

        for (size_t k = 0; e->caps.n && k < sizeof(sets) / sizeof(sets[0]); k++) {
                json_t *set = caps ? member(caps, sets[k], json_array) : NULL;
                if (!set)
                        return no_memory(err);
                for (size_t i = 0; r == 0 && i < e->caps.n; i++)
                        if (!holds(set, e->caps.item[i]))
                                r = append_text(set, "--cap", e->caps.item[i], err);
        }
        return r;
}

/* The container's process, changed. */
static int change(json_t *process, const struct config_exec *e, struct err *err)
{
        int r = set_args(process, e, err);

        if (r == 0)
                r = set_env(process, e, err);
        if (r == 0)
                r = set_user(process, e, err);
        if (r == 0)
                r = set_caps(process, e, err);
        if (r == 0 && e->cwd) {
                json_t *cwd;
                r = make_text("--cwd", e->cwd, &cwd, err);
                if (r == 0 && json_object_set_new(process, "cwd", cwd) < 0)
                        r = no_memory(err);
        }
        if (r == 0 && e->no_new_privs && json_object_set_new(process, "noNewPrivileges", json_true()) < 0)
                r = no_memory(err);
        if (r == 0 && json_object_set_new(process, "terminal", e->terminal ? json_true() : json_false()) < 0)
                r = no_memory(err);
        return r;
}

/* process.json in the place of the container's process. */
static int replace(const struct sys *sys, json_t *document, const struct config_exec *e, struct err *err)
{
        SCOPED_JSON *process = NULL;
        json_t *caps = json_object_get(json_object_get(document, "process"), "capabilities"), *own;
        int r = config_document_read(sys, e->process, e->process_len, &process, err);

        if (r < 0) {
                char prefix[ERR_PLACE_MAX];
                snprintf(prefix, sizeof(prefix), "%s: ", e->process_name);
                if (err)
                        err_prefix(err, prefix);
                return r;
        }
        own = json_object_get(process, "capabilities");
        if (caps && (!own || json_is_null(own)) && json_object_set(process, "capabilities", caps) < 0)
                return no_memory(err);
        return json_object_set(document, "process", process) < 0 ? no_memory(err) : 0;
}

int config_exec_text(const struct sys *sys, const char *text, size_t len, const struct config_exec *exec,
                     char **ret_text, size_t *ret_len, struct err *err)
{
        SCOPED_JSON *document = NULL;
        json_t *process;
        int r = config_document_read(sys, text, len, &document, err);

        if (r < 0)
                return r;
        process = json_object_get(document, "process");
        if (!json_is_object(process))
                return err_set(err, EINVAL, "exec", "/process", "is missing in the container's config");
        r = exec->process ? replace(sys, document, exec, err) : change(process, exec, err);
        return r < 0 ? r : config_document_write(sys, document, ret_text, ret_len, err);
}

void config_exec_place(const struct config_exec *exec, struct err *err)
{
        char place[2 * ERR_PLACE_MAX];
        size_t n = strlen("/process");

        if (!err || !exec->process || strncmp(err->place, "/process", n) != 0)
                return;
        snprintf(place, sizeof(place), "%.*s#%s", ERR_PLACE_MAX, exec->process_name, err->place + n);
        err->place[0] = '\0';
        err_prefix(err, place);
}
