#include "sandbox/observation.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "core/base/err.h"
#include "sandbox/json.h"

static int64_t number(const json_t *object, const char *key)
{
        return json_integer_value(json_object_get(object, key));
}

static size_t numbers_u32(const json_t *object, const char *key, uint32_t *out, size_t max)
{
        const json_t *array = json_object_get(object, key);
        size_t n = json_array_size(array) < max ? json_array_size(array) : max;

        for (size_t i = 0; i < n; i++)
                out[i] = (uint32_t)json_integer_value(json_array_get(array, i));
        return n;
}

static size_t numbers_u64(const json_t *object, const char *key, uint64_t *out, size_t max)
{
        const json_t *array = json_object_get(object, key);
        size_t n = json_array_size(array) < max ? json_array_size(array) : max;

        for (size_t i = 0; i < n; i++)
                out[i] = (uint64_t)json_integer_value(json_array_get(array, i));
        return n;
}

static void read_tty(const json_t *object, int out[OBS_TTY__COUNT])
{
        for (size_t i = 0; i < OBS_TTY__COUNT; i++)
                out[i] = (int)json_integer_value(json_array_get(json_object_get(object, "tty"), i));
}

/* The observer writes each byte >= 0x80 as one code point, so that any bytes are a JSON string: undo that. */
static void narrow(const char *utf8, char *out, size_t size)
{
        size_t n = 0;

        for (const unsigned char *p = (const unsigned char *)utf8; *p && n + 1 < size; p++) {
                if ((*p & 0xfc) == 0xc0 && p[1]) {
                        out[n++] = (char)((*p & 3) << 6 | (p[1] & 0x3f));
                        p++;
                } else {
                        out[n++] = (char)*p;
                }
        }
        out[n] = '\0';
}

static size_t strings(const json_t *object, const char *key, char (*out)[SCENARIO_TEXT], size_t max)
{
        const json_t *array = json_object_get(object, key);
        size_t n = json_array_size(array) < max ? json_array_size(array) : max;

        for (size_t i = 0; i < n; i++)
                narrow(json_string_value(json_array_get(array, i)), out[i], SCENARIO_TEXT);
        return n;
}

static size_t read_fds(const json_t *object, struct obs_fd *out, size_t max)
{
        const json_t *array = json_object_get(object, "fds");
        size_t n = json_array_size(array) < max ? json_array_size(array) : max;

        for (size_t i = 0; i < n; i++) {
                const json_t *item = json_array_get(array, i);
                out[i] = (struct obs_fd){ .fd = (int)number(item, "fd"),
                                            .dev = (uint64_t)number(item, "dev"),
                                            .ino = (uint64_t)number(item, "ino"),
                                            .rdev = (uint64_t)number(item, "rdev"),
                                            .mode = (uint32_t)number(item, "mode"),
                                            .flags = (int)number(item, "flags"),
                                            .fdflags = (int)number(item, "fdflags"),
                                            .mark = (int)number(item, "mark"),
                                            .offset = number(item, "offset") };
        }
        return n;
}

/* Every string array must hold strings only, for strings() reads them unchecked. */
static bool only_strings(const json_t *object, const char *key)
{
        const json_t *array = json_object_get(object, key), *item;
        size_t i;

        if (!json_is_array(array))
                return false;
        json_array_foreach(array, i, item)
        {
                if (!json_is_string(item))
                        return false;
        }
        return true;
}

static int read_start(const json_t *o, struct obs_report *r, struct err *err)
{
        if (!only_strings(o, "argv") || !only_strings(o, "env") || !json_is_string(json_object_get(o, "cwd")) ||
            !json_is_array(json_object_get(o, "fds")))
                return err_set(err, EINVAL, "report", NULL, "the observer's first line lacks argv, env, cwd or fds");
        r->started = true;
        r->argc = strings(o, "argv", r->argv, SCENARIO_LIST * 4);
        r->n_env = strings(o, "env", r->env, SCENARIO_LIST * 4);
        narrow(json_string_value(json_object_get(o, "cwd")), r->cwd, sizeof r->cwd);
        if (json_is_string(json_object_get(o, "cwd_raw")))
                narrow(json_string_value(json_object_get(o, "cwd_raw")), r->cwd_raw, sizeof r->cwd_raw);
        r->cwd_inside = (int)number(o, "cwd_inside");
        numbers_u32(o, "uid", r->uid, 4);
        numbers_u32(o, "gid", r->gid, 4);
        r->n_groups = numbers_u32(o, "groups", r->group, OBS_GROUPS);
        r->umask = (int)number(o, "umask");
        r->no_new_privs = (int)number(o, "no_new_privs");
        r->oom_score_adj = (int)number(o, "oom_score_adj");
        numbers_u64(o, "caps", r->cap, 5);
        numbers_u64(o, "rlimits", &r->rlimit[0][0], 2 * OBS_RLIMITS);
        r->sig_blocked = (uint64_t)number(o, "sig_blocked");
        r->sig_ignored = (uint64_t)number(o, "sig_ignored");
        r->sig_handled = (uint64_t)number(o, "sig_handled");
        numbers_u64(o, "ns", r->ns, OBS_NAMESPACES);
        read_tty(o, r->tty);
        r->at = number(o, "at");
        r->n_fds = read_fds(o, r->fd, OBS_FDS);
        return 0;
}

static int read_report(const json_t *o, struct obs_report *r, struct err *err)
{
        if (!r->started)
                return read_start(o, r, err);
        if (r->n_steps < SCENARIO_LIST)
                r->step[r->n_steps++].result = number(o, "result");
        return 0;
}

static int read_hook(const json_t *o, struct obs_report *r, struct err *err)
{
        struct obs_hook *h = &r->hook[r->n_hooks];

        if (!only_strings(o, "argv") || !only_strings(o, "env") || !json_is_string(json_object_get(o, "cwd")) ||
            !json_is_string(json_object_get(o, "hook")) || !json_is_string(json_object_get(o, "state")))
                return err_set(err, EINVAL, "report", NULL, "a hook's line lacks hook, argv, env, cwd or state");
        if (r->n_hooks == OBS_HOOKS)
                return 0;
        narrow(json_string_value(json_object_get(o, "hook")), h->kind, sizeof h->kind);
        narrow(json_string_value(json_object_get(o, "cwd")), h->cwd, sizeof h->cwd);
        narrow(json_string_value(json_object_get(o, "state")), h->state, sizeof h->state);
        h->argc = strings(o, "argv", h->argv, OBS_HOOK_LIST);
        h->n_env = strings(o, "env", h->env, OBS_HOOK_LIST);
        h->at = number(o, "at");
        h->n_fds = read_fds(o, h->fd, OBS_HOOK_LIST);
        numbers_u64(o, "ns", h->ns, OBS_NAMESPACES);
        read_tty(o, h->tty);
        r->n_hooks++;
        return 0;
}

typedef int read_fn(const json_t *o, struct obs_report *r, struct err *err);

static int read_line(const char *line, size_t len, read_fn *read, struct obs_report *r, struct err *err)
{
        json_t *o;
        int rc = json_parse_strict(line, len, "observer's report", &o, err);

        if (rc < 0)
                return rc;
        rc = read(o, r, err);
        json_decref(o);
        return rc;
}

static int read_lines(const char *text, size_t len, read_fn *read, struct obs_report *ret, struct err *err)
{
        while (len > 0) {
                const char *end = memchr(text, '\n', len);
                int rc;

                if (!end)
                        return 0;
                rc = read_line(text, (size_t)(end - text), read, ret, err);
                if (rc < 0)
                        return rc;
                len -= (size_t)(end - text) + 1;
                text = end + 1;
        }
        return 0;
}

int obs_report_parse(const char *text, size_t len, struct obs_report *ret, struct err *err)
{
        memset(ret, 0, sizeof *ret);
        return read_lines(text, len, read_report, ret, err);
}

int obs_hooks_parse(const char *text, size_t len, struct obs_report *ret, struct err *err)
{
        ret->n_hooks = 0;
        return read_lines(text, len, read_hook, ret, err);
}

void obs_attacks_parse(const char *text, struct observation *o)
{
        o->n_attacks = 0;
        for (; *text && o->n_attacks < OBS_ATTACKS; text += strcspn(text, "\n"), text += *text == '\n') {
                struct obs_attack *a = &o->attack[o->n_attacks];
                long long result;

                if (sscanf(text, "%43s %7s %lld", a->who, a->when, &result) != 3)
                        continue;
                a->result = result;
                o->n_attacks++;
        }
}

void obs_stream_compare(struct obs_stream *s, const unsigned char *got, size_t n, const unsigned char *expected,
                        size_t n_expected)
{
        size_t common = n < n_expected ? n : n_expected, at = 0, len;

        s->got = n;
        s->expected = n_expected;
        if (memcmp(got, expected, common) == 0)
                at = common;
        else
                while (got[at] == expected[at])
                        at++;
        s->first_diff = at == n && at == n_expected ? -1 : (int64_t)at;
        len = n - at < sizeof s->text - 1 ? n - at : sizeof s->text - 1;
        memcpy(s->text, got + at, len);
        s->text[len] = '\0';
}
