/*
 * The config that an `exec` runs under (core/config/exec.h) against a second opinion, made on the JSON tree.
 *
 * Targets: config_exec_text, config_document_write, config_exec_place. The reader of documents, which spec_parse judges,
 * is taken for granted.
 * Input: the document is the container's config.json, or the process.json in the place of its process. Knobs: which
 * of both, the options, and which allocation fails.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "core/base/err.h"
#include "core/config/exec.h"
#include "core/config/parts.h"
#include "props/sim/sim_memory.h"

static const char container[] = "{\"ociVersion\":\"1.2.0\",\"root\":{\"path\":\"r\"},\"process\":{\"cwd\":\"/\",\"args\":[\"a\"],"
                                "\"capabilities\":{\"bounding\":[\"CAP_KILL\"]}},\"big\":[18446744073709551615,1.5]}";

static void drop(void *arg)
{
        json_decref(arg);
}

/* --- the request --- */

static const char *word(pt *t, const char *prefix)
{
        char *rest = pt_cstr(t, "A1=/\xc3\xa4", 6), *all = pt_alloc(t, strlen(prefix) + strlen(rest) + 1);

        strcpy(all, prefix);
        return strcat(all, rest);
}

/* NAME=VALUE, NAME of the container's own variables now and then. */
static const char *variable(pt *t, const json_t *env)
{
        size_t n = json_array_size(env), i = pt_below(t, n + 1);
        const char *old = i < n ? json_string_value(json_array_get(env, i)) : NULL, *eq = old ? strchr(old, '=') : NULL;
        char name[64];

        if (!eq || (size_t)(eq - old) + 2 > sizeof(name))
                return word(t, "B=");
        snprintf(name, sizeof(name), "%.*s=", (int)(eq - old), old);
        return word(t, name);
}

#define ITEMS 4

static void draw_options(pt *t, const json_t *process, struct config_exec *e)
{
        static const char *const caps[] = {"CAP_CHOWN", "CAP_KILL", "CAP_SYS_ADMIN", "\xff"};
        char **args = pt_alloc(t, ITEMS * sizeof(*args));

        e->args = args;
        e->env.item = pt_alloc(t, ITEMS * sizeof(*e->env.item));
        e->caps.item = pt_alloc(t, ITEMS * sizeof(*e->caps.item));
        e->gids.item = pt_alloc(t, ITEMS * sizeof(*e->gids.item));
        PT_REPEAT(t, 1, ITEMS) args[e->n_args++] = (char *)word(t, "x");
        PT_REPEAT(t, 0, ITEMS) e->env.item[e->env.n++] = variable(t, json_object_get(process, "env"));
        PT_REPEAT(t, 0, ITEMS) e->caps.item[e->caps.n++] = caps[pt_below(t, 4)];
        PT_REPEAT(t, 0, ITEMS) e->gids.item[e->gids.n++] = (uint32_t)pt_below(t, 1ULL << 32);
        e->has_uid = pt_bool(t);
        e->has_gid = pt_bool(t);
        e->uid = (uint32_t)pt_below(t, 1ULL << 32);
        e->gid = (uint32_t)pt_below(t, 1ULL << 32);
        e->cwd = pt_bool(t) ? word(t, "/") : NULL;
        e->no_new_privs = pt_bool(t);
        e->terminal = pt_bool(t);
}

/* --- what has to come out --- */

static json_t *array_of(pt *t, const json_t *object, const char *key)
{
        json_t *old = json_object_get(object, key), *copy = json_is_array(old) ? json_copy(old) : json_array();

        pt_defer(t, drop, copy);
        return copy;
}

/* The part of a variable up to its "=", that included; 0: it has none. */
static size_t name_length(const char *s)
{
        const char *eq = s ? strchr(s, '=') : NULL;

        return eq ? (size_t)(eq - s) + 1 : 0;
}

/* A later item of the list sets the same variable. */
static bool overridden(const struct config_exec_list *list, size_t from, const char *s)
{
        for (size_t i = from; i < list->n; i++) {
                size_t n = name_length(list->item[i]);
                if (n && s && strncmp(s, list->item[i], n) == 0)
                        return true;
        }
        return false;
}

static json_t *expected_env(pt *t, const json_t *process, const struct config_exec *e)
{
        json_t *old = array_of(t, process, "env"), *env = json_array(), *item;
        size_t i;

        pt_defer(t, drop, env);
        json_array_foreach(old, i, item) if (!overridden(&e->env, 0, json_string_value(item)))
                json_array_append(env, item);
        for (i = 0; i < e->env.n; i++)
                if (!overridden(&e->env, i + 1, e->env.item[i]))
                        json_array_append_new(env, json_string_nocheck(e->env.item[i]));
        return env;
}

static void expect_caps(pt *t, json_t *process, const struct config_exec *e)
{
        static const char *const sets[] = {"bounding", "effective", "permitted"};
        json_t *old = json_object_get(process, "capabilities"), *caps = json_is_object(old) ? json_copy(old) : json_object();

        for (size_t k = 0; k < 3; k++) {
                json_t *set = array_of(t, caps, sets[k]), *item;
                for (size_t i = 0, j; i < e->caps.n; i++) {
                        bool there = false;
                        json_array_foreach(set, j, item) there |= strcmp(json_string_value(item), e->caps.item[i]) == 0;
                        if (!there)
                                json_array_append_new(set, json_string_nocheck(e->caps.item[i]));
                }
                json_object_set(caps, sets[k], set);
        }
        json_object_set_new(process, "capabilities", caps);
}

static void expect_options(pt *t, json_t *process, const struct config_exec *e)
{
        json_t *args = json_array(), *old = json_object_get(process, "user");
        json_t *user = json_is_object(old) ? json_copy(old) : json_object(), *gids = array_of(t, user, "additionalGids");

        for (size_t i = 0; i < e->n_args; i++)
                json_array_append_new(args, json_string_nocheck(e->args[i]));
        json_object_set_new(process, "args", args);
        json_object_set(process, "env", expected_env(t, process, e));
        if (e->has_uid)
                json_object_set_new(user, "uid", json_integer(e->uid));
        if (e->has_gid)
                json_object_set_new(user, "gid", json_integer(e->gid));
        for (size_t i = 0; i < e->gids.n; i++)
                json_array_append_new(gids, json_integer(e->gids.item[i]));
        if (e->gids.n)
                json_object_set(user, "additionalGids", gids);
        json_object_set_new(process, "user", user);
        if (e->caps.n)
                expect_caps(t, process, e);
        if (e->cwd)
                json_object_set_new(process, "cwd", json_string_nocheck(e->cwd));
        if (e->no_new_privs)
                json_object_set_new(process, "noNewPrivileges", json_true());
        json_object_set_new(process, "terminal", json_boolean(e->terminal));
}

static void expect_process(json_t *document, json_t *process)
{
        json_t *caps = json_object_get(json_object_get(document, "process"), "capabilities");

        if (caps && (!json_object_get(process, "capabilities") || json_is_null(json_object_get(process, "capabilities"))))
                json_object_set(process, "capabilities", caps);
        json_object_set(document, "process", process);
}

/* --- one run --- */

struct made {
        const struct sys *sys;
        struct sim_memory *memory;
        char *text; /* NULL: refused */
        size_t len;
        struct err err;
        int rc;
};

static void drop_made(void *arg)
{
        struct made *m = arg;

        sim_memory_use(m->memory);
        m->sys->op->free(m->sys, m->text);
        sim_memory_use(NULL);
        m->text = NULL;
}

static struct made *make(pt *t, struct sim_memory *memory, const char *text, size_t len, const struct config_exec *e)
{
        struct made *m = pt_alloc(t, sizeof(*m));

        m->memory = memory;
        m->sys = sim_memory_sys(t);
        pt_defer(t, drop_made, m);
        sim_memory_use(memory);
        m->rc = config_exec_text(m->sys, text, len, e, &m->text, &m->len, &m->err);
        sim_memory_use(NULL);
        if (m->rc < 0) {
                PT_ASSERT(t, !m->text && memory->live == 0);
                PT_ASSERT(t, m->err.errnum == -m->rc && m->err.step[0]);
        } else {
                PT_ASSERT(t, m->text && strlen(m->text) == m->len && memory->live == 1);
        }
        return m;
}

/* The tree, until the end of the case; NULL: refused, and why. */
static json_t *tree(pt *t, const char *text, size_t len, struct err *ret_err)
{
        json_t *root;

        if (config_document_read(sim_memory_sys(t), text, len, &root, ret_err) < 0)
                return NULL;
        pt_defer(t, drop, root);
        return root;
}

static bool all_utf8(const struct config_exec *e)
{
        json_t *s;
        bool good = true;

        for (size_t i = 0; i < e->n_args + e->env.n + e->caps.n + (e->cwd != NULL); i++) {
                const char *text = i < e->n_args                       ? e->args[i]
                                   : i < e->n_args + e->env.n          ? e->env.item[i - e->n_args]
                                   : i < e->n_args + e->env.n + e->caps.n ? e->caps.item[i - e->n_args - e->env.n]
                                                                       : e->cwd;
                good = good && (s = json_string(text)) != NULL; /* jansson's own check */
                if (good)
                        json_decref(s);
        }
        return good;
}

/* The parser, which a container's config has passed, tells what kind of value stands where. */
static bool parses(pt *t, const char *text, size_t len)
{
        const struct sys *sys = sim_memory_sys(t);
        struct config *config;

        if (config_parse(sys, text, len, &config, NULL) < 0)
                return false;
        config_free(sys, config);
        return true;
}

static void judge(pt *t, const struct made *m, json_t *expected)
{
        json_t *got = tree(t, m->text, m->len, NULL);

        PT_ASSERT(t, got != NULL);
        pt_note(t, "result: %.*s", (int)(m->len < 2000 ? m->len : 2000), m->text);
        PT_ASSERT(t, json_equal(got, expected));
        char *again;
        size_t n;
        PT_ASSERT(t, config_document_write(m->sys, got, &again, &n, NULL) == 0);
        bool same = n == m->len && memcmp(again, m->text, n) == 0;
        m->sys->op->free(m->sys, again);
        PT_ASSERT(t, same); /* members keep their order, values their form */
}

/* Options on a container's process. */
static struct made *judge_options(pt *t, struct sim_memory *memory, const char *text, size_t len, struct config_exec *e)
{
        struct err refused = ERR_INIT;
        json_t *document = tree(t, text, len, &refused), *process = json_object_get(document, "process");

        draw_options(t, process, e);
        bool typed = document && parses(t, text, len);
        struct made *m = make(t, memory, text, len, e);
        if (!document) {
                PT_ASSERT(t, m->rc == -refused.errnum && strcmp(m->err.place, refused.place) == 0);
        } else if (!json_is_object(process)) {
                PT_ASSERT(t, m->rc == -EINVAL && strcmp(m->err.place, "/process") == 0);
        } else if (typed && !all_utf8(e)) {
                PT_ASSERT(t, m->rc == -EINVAL && strcmp(m->err.step, "options") == 0);
                PT_SOMETIMES(t, true, "an option that is no UTF-8");
        } else if (typed) {
                PT_ASSERT(t, m->rc == 0);
                json_t *expected = json_deep_copy(document);
                pt_defer(t, drop, expected);
                expect_options(t, json_object_get(expected, "process"), e);
                judge(t, m, expected);
                PT_SOMETIMES(t, e->env.n && json_array_size(json_object_get(process, "env")),
                             "a variable beside the container's");
        }
        return m;
}

/* process.json in the place of a container's process. */
static struct made *judge_process(pt *t, struct sim_memory *memory, const char *text, size_t len, struct config_exec *e)
{
        struct err refused = ERR_INIT;
        json_t *process = tree(t, text, len, &refused), *expected = tree(t, container, strlen(container), NULL);

        e->process = text;
        e->process_len = len;
        e->process_name = "p.json";
        struct made *m = make(t, memory, container, strlen(container), e);
        if (!process) {
                char place[ERR_PLACE_MAX + 8];
                snprintf(place, sizeof(place), "p.json: %s", refused.place);
                PT_ASSERT(t, m->rc == -refused.errnum && strcmp(m->err.place, place) == 0);
                return m;
        }
        PT_ASSERT(t, m->rc == 0);
        expect_process(expected, process);
        judge(t, m, expected);
        return m;
}

PT_PROPERTY(spec_exec, .flags = PT_TEXT, .invariant = "ENV-EXACT",
            .about = "exec's config is the container's with the process asked for, or is refused with the right place")
{
        struct sim_memory *memory = pt_alloc(t, sizeof(*memory));
        struct config_exec e = {0};
        uint64_t fail_at = pt_below(t, 1024);
        bool for_good = pt_bool(t), whole = pt_bool(t);
        size_t len;
        const uint8_t *borrowed = pt_text(t, &len);
        char *text = pt_alloc(t, len); /* an object of its own: a read beyond is seen */

        memcpy(text, borrowed, len);
        sim_memory_begin(t, memory);
        struct made *m = whole ? judge_process(t, memory, text, len, &e) : judge_options(t, memory, text, len, &e);
        PT_SOMETIMES(t, whole && m->rc == 0, "a process.json");
        PT_SOMETIMES(t, !whole && m->rc == 0, "options");
        drop_made(m);
        PT_ASSERT(t, memory->live == 0);
        if (fail_at == 0)
                return;
        struct sim_memory *short_of = pt_alloc(t, sizeof(*short_of));
        short_of->fail_at = fail_at;
        short_of->for_good = for_good;
        struct made *second = make(t, short_of, whole ? container : text, whole ? strlen(container) : len, &e);
        if (short_of->calls >= fail_at)
                PT_ASSERT(t, second->rc == -ENOMEM);
        else
                PT_ASSERT(t, second->rc == m->rc);
        PT_SOMETIMES(t, second->rc == -ENOMEM, "an allocation failed");
}
