/*
 * state.json: what state_text writes state_parse reads, and nothing else is taken for it. Later commands kill whom it
 * names and remove what it names: a file that is broken, or read while memory is short, must not come out as another one.
 *
 * Targets: state_text, state_parse, state_free, cgroup_to_json, cgroup_from_json, config_document_parse.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/err.h"
#include "core/container/state.h"
#include "props/pt.h"
#include "props/sim/sim_memory.h"

/* --- states --- */

static const char *draw_text(pt *t)
{
        static const char *const odd[] = {"\xc3\xa9", "\"\\", "\x01\x1f\x7f",
                                          "\xe2\x80\xa8", "/a b/\t", "~1~0", "\xf0\x9f\x90\xb3"};
        char *text = pt_cstr(t, "/abc.-_", 12), *both;

        if (!pt_bool(t))
                return text;
        both = pt_alloc(t, strlen(text) + 8);
        return strcat(strcpy(both, text), odd[pt_below(t, sizeof(odd) / sizeof(odd[0]))]);
}

/* A plain absolute path; a prefix of it that ends at a component, or nothing. */
static void draw_dir(pt *t, struct cgroup_dir *dir)
{
        static const char *const names[] = {"a", "sys", "fs.", "..b", ".c", "b.", "...", "cgroup,\xc3\xa9"};
        size_t n = 0, cut[8], n_cut = 0;

        PT_REPEAT(t, 1, 7)
        {
                n += (size_t)sprintf(dir->path + n, "/%s", names[pt_below(t, sizeof(names) / sizeof(names[0]))]);
                cut[n_cut++] = n;
        }
        size_t created = pt_below(t, n_cut + 1);
        if (created > 0)
                memcpy(dir->created, dir->path, cut[created - 1]);
        dir->v2 = pt_bool(t);
}

static void draw_state(pt *t, struct state *s)
{
        pt_begin(t, "state");
        s->id = draw_text(t);
        s->bundle = draw_text(t);
        s->rootfs = draw_text(t);
        s->created = draw_text(t);
        s->pid = (pid_t)pt_int(t, 0, INT32_MAX);
        s->start = (uint64_t)pt_int(t, 0, INT64_MAX);
        s->creating = pt_bool(t);
        s->pid_namespace = pt_bool(t);
        s->keep_keyring = pt_bool(t);
        s->poststop = s->start & 1;
        s->annotations.item = pt_alloc(t, 8 * sizeof(*s->annotations.item));
        PT_REPEAT(t, 0, 8)
        {
                char *key = pt_alloc(t, 32);
                snprintf(key, 32, "%zu%.16s", s->annotations.n, draw_text(t)); /* each another one */
                for (size_t i = strlen(key); i > 0 && ((unsigned char)key[i - 1] & 0x80); i--)
                        key[i - 1] = '\0'; /* perhaps cut inside a character */
                s->annotations.item[s->annotations.n++] = (struct config_kv){key, draw_text(t)};
        }
        s->cgroup.dir = pt_alloc(t, CGROUP_MAX * sizeof(*s->cgroup.dir));
        PT_REPEAT(t, 0, CGROUP_MAX)
                draw_dir(t, &s->cgroup.dir[s->cgroup.n++]);
        pt_end(t);
}

static void drop_json(void *o)
{
        json_decref(o);
}

/* state.json as its readers know it, written down a second time. */
static json_t *expected_tree(pt *t, const struct state *s)
{
        json_t *annotations = json_object(), *cgroup = json_array();

        for (size_t i = 0; i < s->annotations.n; i++)
                json_object_set_new(annotations, s->annotations.item[i].key, json_string(s->annotations.item[i].value));
        for (size_t i = 0; i < s->cgroup.n; i++)
                json_array_append_new(cgroup, json_pack("{s:s,s:s,s:b}", "path", s->cgroup.dir[i].path, "created",
                                                        s->cgroup.dir[i].created, "v2", (int)s->cgroup.dir[i].v2));
        json_t *o = json_pack("{s:i,s:s,s:s,s:s,s:s,s:I,s:I,s:b,s:b,s:b,s:b,s:o,s:o}", "version", 1, "id", s->id, "bundle",
                              s->bundle, "rootfs", s->rootfs, "created", s->created, "pid", (json_int_t)s->pid, "start",
                              (json_int_t)s->start, "creating", (int)s->creating, "pidNamespace", (int)s->pid_namespace,
                              "keepKeyring", (int)s->keep_keyring, "poststop", (int)s->poststop, "annotations",
                              annotations, "cgroup", cgroup);
        PT_ASSERT(t, o != NULL);
        pt_defer(t, drop_json, o);
        return o;
}

static json_t *tree(pt *t, const char *text, size_t len)
{
        json_t *o = json_loadb(text, len, JSON_REJECT_DUPLICATES, NULL);

        if (o)
                pt_defer(t, drop_json, o);
        return o;
}

/* --- core's two functions, with memory that is counted --- */

struct run {
        const struct sys *sys;
        struct sim_memory *memory;
        char *text; /* of write */
        size_t len;
        struct state state; /* of read */
        bool is_read;
        struct err err;
        int rc;
};

static void drop_run(void *arg)
{
        struct run *r = arg;

        sim_memory_use(r->memory);
        r->sys->op->free(r->sys, r->text);
        if (r->is_read)
                state_free(r->sys, &r->state);
        sim_memory_use(NULL);
        r->text = NULL;
        r->is_read = false;
}

static struct run *begin(pt *t, uint64_t fail_at, bool for_good)
{
        struct run *r = pt_alloc(t, sizeof(*r));

        r->memory = pt_alloc(t, sizeof(*r->memory));
        r->memory->fail_at = fail_at;
        r->memory->for_good = for_good;
        r->sys = sim_memory_sys(t);
        pt_defer(t, drop_run, r);
        return r;
}

static void judge_error(pt *t, const struct run *r)
{
        if (r->rc == 0)
                return;
        PT_ASSERT(t, r->rc == -r->err.errnum && r->err.errnum > 0 && r->err.step[0]);
        PT_ASSERT(t, r->memory->live == 0);
}

static struct run *write_state(pt *t, const struct state *s, uint64_t fail_at, bool for_good)
{
        struct run *r = begin(t, fail_at, for_good);

        sim_memory_use(r->memory);
        r->rc = state_text(r->sys, s, &r->text, &r->len, &r->err);
        sim_memory_use(NULL);
        judge_error(t, r);
        PT_ASSERT(t, r->rc == 0 ? r->memory->live == 1 && strlen(r->text) == r->len : r->text == NULL);
        return r;
}

static struct run *read_state(pt *t, const char *text, size_t len, uint64_t fail_at, bool for_good)
{
        static const struct state untouched = {.pid = 4711, .creating = true};
        struct run *r = begin(t, fail_at, for_good);
        char *exact = pt_alloc(t, len); /* an object of its own: a read beyond is seen */

        memcpy(exact, text, len);
        r->state = untouched;
        sim_memory_use(r->memory);
        r->rc = state_parse(r->sys, exact, len, &r->state, &r->err);
        sim_memory_use(NULL);
        r->is_read = r->rc == 0;
        judge_error(t, r);
        if (r->rc < 0)
                PT_ASSERT(t, r->state.pid == 4711 && r->state.creating && !r->state.doc && !r->state.id);
        return r;
}

static void end(pt *t, struct run *r)
{
        drop_run(r);
        PT_ASSERT(t, r->memory->live == 0);
}

/* --- judging --- */

static void judge_same(pt *t, const struct state *a, const struct state *b)
{
        PT_ASSERT(t, strcmp(a->id, b->id) == 0 && strcmp(a->bundle, b->bundle) == 0);
        PT_ASSERT(t, strcmp(a->rootfs, b->rootfs) == 0 && strcmp(a->created, b->created) == 0);
        PT_ASSERT(t, a->pid == b->pid && a->start == b->start);
        PT_ASSERT(t, a->creating == b->creating && a->pid_namespace == b->pid_namespace);
        PT_ASSERT(t, a->keep_keyring == b->keep_keyring && a->poststop == b->poststop);
        PT_ASSERT(t, a->annotations.n == b->annotations.n && a->cgroup.n == b->cgroup.n);
        for (size_t i = 0; i < a->annotations.n; i++) {
                PT_ASSERT(t, strcmp(a->annotations.item[i].key, b->annotations.item[i].key) == 0);
                PT_ASSERT(t, strcmp(a->annotations.item[i].value, b->annotations.item[i].value) == 0);
        }
        for (size_t i = 0; i < a->cgroup.n; i++) {
                PT_ASSERT(t, strcmp(a->cgroup.dir[i].path, b->cgroup.dir[i].path) == 0);
                PT_ASSERT(t, strcmp(a->cgroup.dir[i].created, b->cgroup.dir[i].created) == 0);
                PT_ASSERT(t, a->cgroup.dir[i].v2 == b->cgroup.dir[i].v2);
        }
}

/* The text, read by jansson, has what was written; core reads what it wrote; it is so whenever memory is short, or an error. */
static struct run *judge_round_trip(pt *t, const struct state *s, uint64_t fail_at, bool for_good)
{
        struct run *written = write_state(t, s, 0, false);

        PT_ASSERT(t, written->rc == 0);
        pt_note(t, "%s", written->text);
        PT_ASSERT(t, json_equal(tree(t, written->text, written->len), expected_tree(t, s)));
        struct run *again = read_state(t, written->text, written->len, 0, false);
        PT_ASSERT(t, again->rc == 0);
        judge_same(t, s, &again->state);
        end(t, again);
        if (fail_at == 0)
                return written;
        struct run *first = write_state(t, s, fail_at, for_good);
        PT_ASSERT(t, first->memory->calls >= fail_at ? first->rc == -ENOMEM || first->rc == -EINVAL : first->rc == 0);
        if (first->rc == 0)
                PT_ASSERT(t, strcmp(first->text, written->text) == 0);
        struct run *second = read_state(t, written->text, written->len, fail_at, for_good);
        PT_ASSERT(t, second->rc == (second->memory->calls >= fail_at ? -ENOMEM : 0));
        if (second->rc == 0)
                judge_same(t, s, &second->state);
        PT_SOMETIMES(t, first->rc < 0, "an allocation failed in writing");
        PT_SOMETIMES(t, second->rc < 0, "an allocation failed in reading");
        end(t, first);
        end(t, second);
        return written;
}

/* One value of what labrun writes made another, of a kind that it never writes: refused there, and nowhere else. */
struct breakage {
        const char *member, *value; /* NULL: the member is taken out */
        const char *item;           /* of the first cgroup directory */
        int errnum;
};

static const struct breakage breakages[] = {
        {"version", NULL},
        {"version", "2"},
        {"version", "\"1\""},
        {"version", "4294967297"},
        {"version", "1.0"},
        {"id", NULL},
        {"id", "7"},
        {"id", "null"},
        {"id", "18446744073709551615"},
        {"bundle", NULL},
        {"bundle", "[\"/b\"]"},
        {"bundle", "-99999999999999999999"},
        {"rootfs", NULL},
        {"rootfs", "true"},
        {"created", NULL},
        {"created", "{}"},
        {"pid", NULL},
        {"pid", "-1"},
        {"pid", "2147483648"},
        {"pid", "4294967296"},
        {"pid", "1.0"},
        {"pid", "18446744073709551616"},
        {"pid", "\"1\""},
        {"start", NULL},
        {"start", "-1"},
        {"start", "9223372036854775808"},
        {"start", "0.5"},
        {"creating", NULL},
        {"creating", "0"},
        {"creating", "\"true\""},
        {"pidNamespace", NULL},
        {"pidNamespace", "1"},
        {"keepKeyring", "1"},
        {"annotations", NULL},
        {"annotations", "[]"},
        {"annotations", "{\"a\":1}"},
        {"annotations", "{\"a\":\"b\",\"c\":null}"},
        {"annotations", "{\"a\":9223372036854775808}"},
        {"cgroup", NULL},
        {"cgroup", "{}"},
        {"cgroup", "[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17]"},
        {"cgroup", "7", "v2"},
        {"cgroup", NULL, "v2"},
        {"cgroup", NULL, "path"},
        {"cgroup", "\"a\"", "path"},
        {"cgroup", "\"\"", "path"},
        {"cgroup", "\"/\"", "path"},
        {"cgroup", "\"//\"", "path"},
        {"cgroup", "\"/a//b\"", "path"},
        {"cgroup", "\"/a/\"", "path"},
        {"cgroup", "\"/.\"", "path"},
        {"cgroup", "\"/a/./b\"", "path"},
        {"cgroup", "\"/..\"", "path"},
        {"cgroup", "\"/a/../b\"", "path"},
        {"cgroup", "18446744073709551615", "path"},
        {"cgroup", "long", "path", ENAMETOOLONG},
        {"cgroup", NULL, "created"},
        {"cgroup", "1", "created"},
        {"cgroup", "\"/\"", "created"},
        {"cgroup", "\"/a/..\"", "created"},
        {"cgroup", "\"/other\"", "created"},
        {"cgroup", "below", "created"},
        {"cgroup", "shorter", "created"},
        {"cgroup", "long", "created", ENAMETOOLONG},
};

static json_t *broken_item(const struct breakage *b, const char *path)
{
        char text[4097];
        size_t n = strlen(path);

        if (strcmp(b->value, "long") == 0) {
                memset(text, 'a', sizeof(text) - 1);
                text[0] = '/';
                text[4096] = '\0';
                return json_string(text);
        }
        if (strcmp(b->value, "below") == 0) { /* a directory of the path, and not on the way to it */
                snprintf(text, sizeof(text), "%s/a", path);
                return json_string(text);
        }
        if (strcmp(b->value, "shorter") == 0) /* the same letters, cut inside of a component */
                return json_stringn("/zza", n > 0 ? 4 : 0);
        return json_loads(b->value, JSON_DECODE_ANY, NULL);
}

/* Integers beyond int64 can't be in jansson's tree: their text is put in the place of a mark. */
static char *replace_mark(pt *t, char *text, const char *with)
{
        static const char mark[] = "\"@mark@\"";
        char *at = strstr(text, mark), *out = pt_alloc(t, strlen(text) + strlen(with) + 1);

        PT_ASSERT(t, at != NULL);
        sprintf(out, "%.*s%s%s", (int)(at - text), text, with, at + strlen(mark));
        return out;
}

static void judge_breakage(pt *t, const struct state *s)
{
        const struct breakage *b = &breakages[pt_below(t, sizeof(breakages) / sizeof(breakages[0]))];
        json_t *o = expected_tree(t, s), *in = o;
        const char *name = b->member;
        char place[64];
        size_t at = 0;
        bool special = b->value && strchr("lbs", b->value[0]);

        if (b->item) {
                json_t *array = json_object_get(o, "cgroup");
                PT_ASSUME(t, s->cgroup.n > 0);
                at = pt_below(t, s->cgroup.n);
                in = json_array_get(array, at);
                name = b->item;
        }
        if (!b->value)
                json_object_del(in, name);
        else
                json_object_set_new(in, name, special ? broken_item(b, s->cgroup.dir[at].path) : json_string("@mark@"));
        if (b->value && strcmp(b->value, "shorter") == 0)
                json_object_set_new(in, "path", json_string("/zzab/c"));
        char *text = json_dumps(o, JSON_COMPACT);
        PT_ASSERT(t, text != NULL);
        pt_defer(t, free, text);
        snprintf(place, sizeof(place), b->item ? "/%s/%zu" : "/%s", b->member, at);
        if (b->value && !special)
                text = replace_mark(t, text, b->value);
        pt_note(t, "%s", text);
        struct run *r = read_state(t, text, strlen(text), 0, false);
        PT_ASSERT(t, r->rc == -(b->errnum ? b->errnum : EINVAL));
        if (strcmp(r->err.place, place) != 0)
                PT_FAIL(t, "refused at %s instead of %s", r->err.place, place);
        PT_ASSERT(t, strcmp(r->err.step, "state") == 0 && r->err.msg[0]);
        PT_SOMETIMES(t, b->item && at > 0, "a later directory is broken");
        PT_SOMETIMES(t, b->member[0] == 'p' && b->value, "a wrong process");
        end(t, r);
}

/* Integers beyond int64, which are no syntax error but jansson's. */
static bool has_long_number(const char *text)
{
        for (; *text; text += strspn(text, "0123456789"), text += strcspn(text, "0123456789"))
                if (strspn(text, "0123456789") >= 19)
                        return true;
        return false;
}

/* A file that a disk, or somebody, changed: refused, or read as what it says now. */
static void judge_hostile(pt *t, const char *text, size_t len)
{
        char *hostile = pt_alloc(t, len + 8);
        const char *const pieces[] = {"", "\"", "}", "{", ",", "\\u0000", "0", "\n", "\xff", "/.."};
        const char *piece = pieces[pt_below(t, sizeof(pieces) / sizeof(pieces[0]))];
        size_t from = pt_below(t, len + 1), without = pt_below(t, len - from + 1);

        memcpy(hostile, text, from);
        strcpy(hostile + from, piece);
        if (pt_bool(t)) { /* else it ends there */
                size_t n = from + strlen(piece);
                without = without > 8 ? without % 8 : without;
                memcpy(hostile + n, text + from + without, len - from - without);
                hostile[n + len - from - without] = '\0';
        }
        size_t n = strlen(hostile);
        struct run *r = read_state(t, hostile, n, 0, false);
        json_t *said = tree(t, hostile, n);
        pt_note(t, "%s", hostile);
        if (r->rc == 0) {
                PT_ASSERT(t, said != NULL);
                struct run *again = write_state(t, &r->state, 0, false);
                const char *key;
                json_t *value;
                PT_ASSERT(t, again->rc == 0);
                json_t *read = tree(t, again->text, again->len);
                json_object_foreach(read, key, value)
                        PT_ASSERT(t, json_equal(value, json_object_get(said, key)) ||
                                             (strcmp(key, "keepKeyring") == 0 && json_is_false(value)) ||
                                             (strcmp(key, "poststop") == 0 && json_is_true(value)));
                end(t, again);
                PT_SOMETIMES(t, n != len, "a changed file that says something");
        } else if (!said && !(r->err.place[0] == '/' && has_long_number(hostile))) {
                PT_ASSERT(t, strncmp(r->err.place, STATE_FILE " line ", strlen(STATE_FILE " line ")) == 0);
                PT_SOMETIMES(t, r->rc == -EINVAL, "a torn file");
        } else if (json_is_object(said)) {
                PT_ASSERT(t, r->err.place[0] == '/');
        }
        end(t, r);
}

PT_PROPERTY(state_file, .invariant = "CLEAN", .about = "state.json is read as it was written, or refused at the right place",
            .cases = 3000)
{
        struct sim_memory *hooks = pt_alloc(t, sizeof(*hooks));
        uint64_t fail_at = pt_bool(t) ? 1 + pt_below(t, 256) : 0;
        bool for_good = pt_bool(t);
        struct state s = {0};

        sim_memory_begin(t, hooks);
        draw_state(t, &s);
        struct run *written = judge_round_trip(t, &s, fail_at, for_good);
        if (pt_bool(t))
                judge_breakage(t, &s);
        else
                judge_hostile(t, written->text, written->len);
        PT_SOMETIMES(t, s.cgroup.n == CGROUP_MAX, "as many hierarchies as there can be");
        PT_SOMETIMES(t, s.annotations.n > 1, "annotations");
        end(t, written);
}
