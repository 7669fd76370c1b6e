#include "core/container/state.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "core/base/err.h"
#include "core/base/io.h"
#include "core/base/limits.h"
#include "core/base/scope.h"
#include "core/config/parts.h"
#include "core/container/process.h"
#include "core/sys.h"

#define FORMAT_VERSION 1
#define LIMIT_STATE_BYTES \
        (LIMIT_CONFIG_BYTES + LIMIT_SMALL_FILE * CGROUP_MAX) /* annotations are the config's */

int state_check_id(const char *id, struct err *err)
{
        size_t n = strlen(id);

        if (n == 0 || n > LIMIT_ID_BYTES || strcmp(id, ".") == 0 || strcmp(id, "..") == 0)
                return err_set(err, EINVAL, "id", id, "invalid container ID: 1 to %u bytes, not . or ..",
                               LIMIT_ID_BYTES);
        for (size_t i = 0; i < n; i++) {
                char c = id[i];
                if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                      strchr("_+-.", c)))
                        return err_set(err, EINVAL, "id", id, "invalid container ID: only [A-Za-z0-9_+.-]");
        }
        return 0;
}

void state_format_time(int64_t sec, long nsec, char *buf, size_t size)
{
        int64_t days = sec / 86400, rest = sec % 86400;

        if (rest < 0) {
                rest += 86400;
                days--;
        }
        /* Days to a date of the proleptic Gregorian calendar, in eras of 400 years that begin on 1 March. */
        days += 719468;
        int64_t era = (days >= 0 ? days : days - 146096) / 146097, doe = days - era * 146097;
        int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
        int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100), mp = (5 * doy + 2) / 153;
        int64_t day = doy - (153 * mp + 2) / 5 + 1, month = mp < 10 ? mp + 3 : mp - 9;
        int64_t year = yoe + era * 400 + (month <= 2);

        snprintf(buf, size, "%04lld-%02lld-%02lldT%02lld:%02lld:%02lld.%09ldZ", (long long)year,
                 (long long)month, (long long)day, (long long)(rest / 3600), (long long)(rest / 60 % 60),
                 (long long)(rest % 60), nsec);
}

int state_render(const struct sys *sys, const json_t *o, size_t flags, char **ret_text, size_t *ret_len,
                 struct err *err)
{
        size_t n = o ? json_dumpb(o, NULL, 0, flags) : 0;
        char *text = n ? sys->op->alloc(sys, n + 1) : NULL;

        if (!n)
                return err_set(err, EINVAL, "state", NULL,
                               "no JSON: a string that is no UTF-8, or no memory");
        if (!text || json_dumpb(o, text, n, flags) != n) {
                sys->op->free(sys, text);
                return err_set(err, ENOMEM, "state", NULL, "%s", "");
        }
        text[n] = '\0';
        *ret_text = text;
        *ret_len = n;
        return 0;
}

static json_t *annotations_to_json(const struct config_kv_list *list)
{
        json_t *o = json_object();

        for (size_t i = 0; o && i < list->n; i++)
                if (json_object_set_new(o, list->item[i].key, json_string(list->item[i].value)) < 0) {
                        json_decref(o);
                        return NULL;
                }
        return o;
}

int state_text(const struct sys *sys, const struct state *s, char **ret_text, size_t *ret_len, struct err *err)
{
        json_t *annotations = annotations_to_json(&s->annotations), *cgroup = cgroup_to_json(&s->cgroup);
        /* o steals both references, on failure too */
        json_t *o = json_pack("{s:i, s:s, s:s, s:s, s:s, s:i, s:I, s:b, s:b, s:b, s:b, s:o, s:o}", "version",
                              FORMAT_VERSION, "id", s->id, "bundle", s->bundle, "rootfs", s->rootfs,
                              "created", s->created, "pid", (int)s->pid, "start", (json_int_t)s->start,
                              "creating", (int)s->creating, "pidNamespace", (int)s->pid_namespace,
                              "keepKeyring", (int)s->keep_keyring, "poststop", (int)s->poststop,
                              "annotations", annotations, "cgroup", cgroup);
        int r = state_render(sys, o, JSON_INDENT(1), ret_text, ret_len, err);

        json_decref(o);
        return r;
}

int state_save_begin(const struct state_dir *dir, const struct state *s, struct io_replacement *ret, struct err *err)
{
        char *text;
        size_t len;
        int r = state_text(dir->sys, s, &text, &len, err);

        if (r < 0)
                return r;
        r = io_replace_begin(dir->sys, dir->fd, STATE_FILE, text, len, 0600, ret, err);
        dir->sys->op->free(dir->sys, text);
        return r;
}

int state_save(const struct state_dir *dir, const struct state *s, struct err *err)
{
        struct io_replacement replacement;
        int r = state_save_begin(dir, s, &replacement, err);

        return r < 0 ? r : io_replace_end(dir->sys, &replacement, err);
}

static int bad(struct err *err, const char *field)
{
        return err_set(err, EINVAL, "state", field, "not as labrun writes " STATE_FILE);
}

/* NULL: no string. An integer beyond int64 is one that begins with a NUL (parts.h). */
static const char *text_of(const json_t *value)
{
        const char *s = json_string_value(value);

        return s && strlen(s) == json_string_length(value) ? s : NULL;
}

static int parse_annotations(const struct sys *sys, json_t *o, struct config_kv_list *ret, struct err *err)
{
        size_t n = json_object_size(o);
        const char *key;
        json_t *value;

        if (!json_is_object(o))
                return bad(err, "/annotations");
        if (n == 0)
                return 0;
        ret->item = sys->op->alloc(sys, n * sizeof(*ret->item));
        if (!ret->item)
                return err_set(err, ENOMEM, "state", "/annotations", "%s", "");
        json_object_foreach(o, key, value)
        {
                if (!text_of(value))
                        return bad(err, "/annotations");
                ret->item[ret->n++] = (struct config_kv){key, text_of(value)};
        }
        return 0;
}

static int parse_fields(const struct sys *sys, struct state *s, struct err *err)
{
        static const char *const text[] = {"/id", "/bundle", "/rootfs", "/created"};
        const char **to[] = {&s->id, &s->bundle, &s->rootfs, &s->created};
        json_t *pid = json_object_get(s->doc, "pid"), *start = json_object_get(s->doc, "start");
        json_t *creating = json_object_get(s->doc, "creating"), *ns = json_object_get(s->doc, "pidNamespace");
        json_t *keyring = json_object_get(s->doc, "keepKeyring"); /* an older labrun wrote none: false */
        json_t *poststop = json_object_get(s->doc, "poststop");   /* likewise: true, config.json tells */
        int r;

        if (json_integer_value(json_object_get(s->doc, "version")) != FORMAT_VERSION)
                return bad(err, "/version");
        for (size_t i = 0; i < sizeof(text) / sizeof(text[0]); i++) {
                *to[i] = text_of(json_object_get(s->doc, text[i] + 1));
                if (!*to[i])
                        return bad(err, text[i]);
        }
        if (!json_is_integer(pid) || json_integer_value(pid) < 0 || json_integer_value(pid) > INT32_MAX)
                return bad(err, "/pid");
        if (!json_is_integer(start) || json_integer_value(start) < 0)
                return bad(err, "/start");
        if (!json_is_boolean(creating))
                return bad(err, "/creating");
        if (!json_is_boolean(ns))
                return bad(err, "/pidNamespace");
        if (keyring && !json_is_boolean(keyring))
                return bad(err, "/keepKeyring");
        if (poststop && !json_is_boolean(poststop))
                return bad(err, "/poststop");
        s->pid = (pid_t)json_integer_value(pid);
        s->start = (uint64_t)json_integer_value(start);
        s->creating = json_is_true(creating);
        s->pid_namespace = json_is_true(ns);
        s->poststop = !json_is_false(poststop);
        s->keep_keyring = json_is_true(keyring);
        r = parse_annotations(sys, json_object_get(s->doc, "annotations"), &s->annotations, err);
        if (r < 0)
                return r;
        r = cgroup_from_json(sys, json_object_get(s->doc, "cgroup"), &s->cgroup, err);
        if (r < 0 && err)
                err_prefix(err, "/cgroup");
        return r;
}

int state_parse(const struct sys *sys, const char *text, size_t len, struct state *ret_state, struct err *err)
{
        struct state s = {0};
        int r = config_document_parse(sys, text, len, &s.doc, err);

        if (r < 0) {
                if (err)
                        err_prefix(err, STATE_FILE " ");
                return r;
        }
        r = parse_fields(sys, &s, err);
        if (r < 0) {
                state_free(sys, &s);
                return r;
        }
        *ret_state = s;
        return 0;
}

int state_load(const struct state_dir *dir, struct state *ret_state, struct err *err)
{
        char *text;
        size_t len;
        int r = io_read_file(dir->sys, dir->fd, STATE_FILE, LIMIT_STATE_BYTES, &text, &len, err);

        if (r == 0) {
                r = state_parse(dir->sys, text, len, ret_state, err);
                dir->sys->op->free(dir->sys, text);
        }
        return r;
}

/* Without fsync and rename: who finds a part of it finds `creating` in state.json, too, and what a power cut spoils has no
 * process any more. */
int state_config_save(const struct state_dir *dir, const char *text, size_t len, struct err *err)
{
        const struct sys *sys = dir->sys;
        SCOPED_FD fd = {sys, sys->op->openat(sys, dir->fd, STATE_CONFIG_FILE,
                                             O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600)};
        int r = fd.fd < 0 ? fd.fd : sys->op->fchmod(sys, fd.fd, 0600);

        if (r == 0)
                r = io_write_all(sys, fd.fd, text, len);
        return r < 0 ? err_sys(err, r, "state", STATE_CONFIG_FILE, "in %s", dir->path) : 0;
}

int state_config_load(const struct state_dir *dir, struct config **ret_config, struct err *err)
{
        const struct sys *sys = dir->sys;
        SCOPED_MEM text = {sys, NULL};
        char *p;
        size_t len;
        int r = io_read_file(sys, dir->fd, STATE_CONFIG_FILE, LIMIT_CONFIG_BYTES, &p, &len, err);

        if (r < 0)
                return r;
        text.ptr = p;
        r = config_parse(sys, p, len, ret_config, err);
        if (r < 0 && err)
                err_prefix(err, err->place[0] == '/' ? STATE_CONFIG_FILE : STATE_CONFIG_FILE " ");
        return r;
}

void state_free(const struct sys *sys, struct state *s)
{
        if (!s)
                return;
        cgroup_free(sys, &s->cgroup);
        if (s->doc) {
                sys->op->free(sys, s->annotations.item);
                json_decref(s->doc);
        }
        *s = (struct state){0};
}

int state_status(const struct sys *sys, const struct state *s, enum state_status *ret_status, struct err *err)
{
        struct err look = ERR_INIT; /* a process that is gone is no failure */
        struct process_stat stat;
        int r;

        if (s->creating) {
                *ret_status = STATE_CREATING;
                return 0;
        }
        r = process_stat_read(sys, s->pid, &stat, &look);
        if (r < 0 && r != -ESRCH) {
                if (err)
                        *err = look;
                return r;
        }
        *ret_status = lifecycle_status(false, r == 0 ? &stat : NULL, s->start, r == 0 && cgroup_is_frozen(sys, &s->cgroup));
        return 0;
}

json_t *state_to_json(const struct state *s, enum state_status status, const char *owner)
{
        bool alive = status == STATE_CREATED || status == STATE_RUNNING || status == STATE_PAUSED;
        json_t *o = json_pack("{s:s, s:s, s:i, s:s, s:s, s:s, s:s}", "ociVersion", STATE_OCI_VERSION, "id",
                              s->id, "pid", alive ? (int)s->pid : 0, "status", state_status_name(status),
                              "bundle", s->bundle, "rootfs", s->rootfs, "created", s->created);

        if (o && s->annotations.n > 0 &&
            json_object_set_new(o, "annotations", annotations_to_json(&s->annotations)) < 0)
                goto fail;
        if (o && json_object_set_new(o, "owner", json_string(owner ? owner : "")) < 0)
                goto fail;
        return o;
fail:
        json_decref(o);
        return NULL;
}
