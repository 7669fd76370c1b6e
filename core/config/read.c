/* The interpreter of the field tables: strict types, exact ranges, the right pointer. */
#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include "core/base/err.h"
#include "core/base/limits.h"
#include "core/config/parts.h"

/* --- where --- */

struct text {
        char *buf;
        size_t size, n;
};

static void put(struct text *t, char c)
{
        if (t->n + 1 < t->size)
                t->buf[t->n++] = c;
}

static void put_key(struct text *t, const char *key)
{
        for (; *key; key++) {
                if (*key == '~' || *key == '/') {
                        put(t, '~');
                        put(t, *key == '~' ? '0' : '1');
                } else {
                        put(t, *key);
                }
        }
}

static void put_index(struct text *t, size_t index)
{
        if (index >= 10)
                put_index(t, index / 10);
        put(t, (char)('0' + index % 10));
}

static void put_at(struct text *t, const struct config_at *at)
{
        if (!at)
                return;
        put_at(t, at->up);
        put(t, '/');
        if (at->key)
                put_key(t, at->key);
        else
                put_index(t, at->index);
}

void config_pointer(const struct config_at *at, char *buf, size_t size)
{
        struct text t = {buf, size, 0};

        put_at(&t, at);
        buf[t.n] = '\0';
}

int config_fail(struct err *err, int errnum, const struct config_at *at, const char *fmt, ...)
{
        char place[2 * ERR_PLACE_MAX]; /* longer than what fits, so that err_set marks the cut */
        va_list ap;
        int r;

        config_pointer(at, place, sizeof(place));
        va_start(ap, fmt);
        r = err_setv(err, errnum, "parse", place, fmt, ap);
        va_end(ap);
        return r;
}

/* --- types --- */

static bool is_big_integer(const json_t *v)
{
        return json_is_string(v) && json_string_length(v) > 0 && json_string_value(v)[0] == '\0';
}

static const char *type_name(json_type type)
{
        switch (type) {
        case JSON_OBJECT:
                return "an object";
        case JSON_ARRAY:
                return "an array";
        case JSON_STRING:
                return "a string";
        case JSON_INTEGER:
                return "an integer";
        case JSON_REAL:
                return "a real number";
        case JSON_NULL:
                return "null";
        default:
                return "a boolean";
        }
}

int config_expect(struct config_reader *r, const struct config_at *at, const json_t *value, json_type type)
{
        json_type got = is_big_integer(value) ? JSON_INTEGER : json_typeof(value);

        if (got == type)
                return 0;
        return config_fail(r->err, EINVAL, at, "expected %s, got %s", type_name(type), type_name(got));
}

static int no_memory(struct config_reader *r, const struct config_at *at)
{
        return config_fail(r->err, ENOMEM, at, "no memory for the config");
}

int config_read_string(struct config_reader *r, const struct config_at *at, const json_t *value,
                       const char **ret)
{
        int e = config_expect(r, at, value, JSON_STRING);

        if (e == 0)
                *ret = json_string_value(value);
        return e;
}

static int read_bool(struct config_reader *r, const struct config_at *at, const json_t *value, void *dst)
{
        bool v = json_is_true(value);

        if (!json_is_boolean(value))
                return config_expect(r, at, value, JSON_TRUE);
        memcpy(dst, &v, sizeof(v));
        return 0;
}

/* --- integers --- */

static const struct int_kind {
        int64_t min;
        uint64_t max;
        const char *name;
} int_kinds[] = {
        [CONFIG_I32] = {INT32_MIN, INT32_MAX, "a 32-bit integer"},
        [CONFIG_I64] = {INT64_MIN, INT64_MAX, "a 64-bit integer"},
        [CONFIG_U16] = {0, UINT16_MAX, "an unsigned 16-bit integer"},
        [CONFIG_U32] = {0, UINT32_MAX, "an unsigned 32-bit integer"},
        [CONFIG_U64] = {0, UINT64_MAX, "an unsigned 64-bit integer"},
};

static void store_integer(enum config_kind kind, uint64_t bits, void *dst)
{
        uint16_t u16 = (uint16_t)bits;
        uint32_t u32 = (uint32_t)bits;

        switch (kind) {
        case CONFIG_U16:
                memcpy(dst, &u16, sizeof(u16));
                break;
        case CONFIG_I32: /* two's complement */
        case CONFIG_U32:
                memcpy(dst, &u32, sizeof(u32));
                break;
        default:
                memcpy(dst, &bits, sizeof(bits));
        }
}

static int read_integer(struct config_reader *r, const struct config_at *at, const json_t *value,
                        enum config_kind kind, void *dst)
{
        const struct int_kind *k = &int_kinds[kind];
        uint64_t magnitude = 0;
        bool negative = false, fits;
        int e = config_integer(value, &negative, &magnitude);

        if (e == -EINVAL)
                return config_expect(r, at, value, JSON_INTEGER);
        if (negative) /* 0 - min as unsigned is the magnitude of min */
                fits = magnitude <= 0 - (uint64_t)k->min;
        else
                fits = magnitude <= k->max;
        if (e < 0 || !fits)
                return config_fail(r->err, ERANGE, at, "does not fit %s", k->name);
        store_integer(kind, negative ? 0 - magnitude : magnitude, dst);
        return 0;
}

/* --- lists --- */

struct list { /* what every { T *item; size_t n; } looks like */
        void *item;
        size_t n;
};

_Static_assert(sizeof(struct list) == sizeof(struct config_str_list) &&
                       offsetof(struct list, n) == offsetof(struct config_str_list, n),
               "the lists of config.h are alike");

static int make_list(struct config_reader *r, const struct config_at *at, size_t n, size_t size,
                     struct list *ret)
{
        if (n == 0)
                return 0;
        ret->item = config_arena_alloc(r->arena, n * size); /* n <= LIMIT_CONFIG_LIST: no overflow */
        if (!ret->item)
                return no_memory(r, at);
        ret->n = n;
        return 0;
}

static int read_item(struct config_reader *r, const struct config_at *at, const json_t *value,
                     const struct config_field *f, void *dst)
{
        switch (f->kind) {
        case CONFIG_STRINGS:
                return config_read_string(r, at, value, dst);
        case CONFIG_U32S:
                return read_integer(r, at, value, CONFIG_U32, dst);
        default:
                return config_read_object(r, at, value, f->schema, dst);
        }
}

static int read_list(struct config_reader *r, const struct config_at *at, const json_t *value,
                     const struct config_field *f, void *dst)
{
        size_t size = f->kind == CONFIG_STRINGS ? sizeof(const char *)
                      : f->kind == CONFIG_U32S  ? sizeof(uint32_t)
                                                : f->schema->size;
        struct list list = {0};
        int e = config_expect(r, at, value, JSON_ARRAY);

        if (e == 0)
                e = make_list(r, at, json_array_size(value), size, &list);
        for (size_t i = 0; e == 0 && i < list.n; i++) {
                struct config_at here = {at, NULL, i};
                e = read_item(r, &here, json_array_get(value, i), f, (char *)list.item + i * size);
        }
        memcpy(dst, &list, sizeof(list));
        return e;
}

/* An object whose keys are data. A null member is absent, as everywhere. */
static int read_map(struct config_reader *r, const struct config_at *at, const json_t *value,
                    const struct config_field *f, void *dst)
{
        size_t size = f->kind == CONFIG_PAIRS ? sizeof(struct config_kv) : f->schema->size;
        json_t *object = (json_t *)value; /* jansson's iterators want it so; nothing is changed */
        struct list list = {0};
        const char *key;
        json_t *item;
        size_t i = 0;
        int e = config_expect(r, at, value, JSON_OBJECT);

        if (e == 0)
                e = make_list(r, at, json_object_size(value), size, &list);
        if (e < 0)
                return e;
        json_object_foreach(object, key, item)
        {
                struct config_at here = {at, key, 0};
                char *slot = (char *)list.item + i * size;
                if (json_is_null(item))
                        continue;
                memcpy(slot, &key, sizeof(key));
                if (f->kind == CONFIG_PAIRS)
                        e = config_read_string(r, &here, item, &((struct config_kv *)(void *)slot)->value);
                else
                        e = config_read_object(r, &here, item, f->schema, slot);
                if (e < 0)
                        return e;
                i++;
        }
        list.n = i;
        memcpy(dst, &list, sizeof(list));
        return 0;
}

/* --- objects --- */

static int read_field(struct config_reader *r, const struct config_at *at, const json_t *value,
                      const struct config_field *f, void *dst)
{
        switch (f->kind) {
        case CONFIG_STRING:
                return config_read_string(r, at, value, dst);
        case CONFIG_BOOL:
                return read_bool(r, at, value, dst);
        case CONFIG_I32:
        case CONFIG_I64:
        case CONFIG_U16:
        case CONFIG_U32:
        case CONFIG_U64:
                return read_integer(r, at, value, f->kind, dst);
        case CONFIG_OBJECT:
                return config_read_object(r, at, value, f->schema, dst);
        case CONFIG_STRINGS:
        case CONFIG_U32S:
        case CONFIG_LIST:
                return read_list(r, at, value, f, dst);
        case CONFIG_PAIRS:
        case CONFIG_MAP:
                return read_map(r, at, value, f, dst);
        default:
                return f->custom(r, at, value, dst);
        }
}

int config_read_object(struct config_reader *r, const struct config_at *at, const json_t *value,
                       const struct config_schema *schema, void *dst)
{
        static const bool yes = true;
        int e = config_expect(r, at, value, JSON_OBJECT);

        for (size_t i = 0; e == 0 && i < schema->n; i++) {
                const struct config_field *f = &schema->fields[i];
                const json_t *v = json_object_get(value, f->name);
                struct config_at here = {at, f->name, 0};
                char *slot = (char *)dst + f->offset;
                if (v && !json_is_null(v)) {
                        e = read_field(r, &here, v, f, slot + f->opt);
                        if (f->opt)
                                memcpy(slot, &yes, sizeof(yes));
                } else if (f->required) {
                        e = config_fail(r->err, EINVAL, &here, "is required");
                }
        }
        if (e == 0 && schema->set)
                memcpy((char *)dst + schema->set - 1, &yes, sizeof(yes));
        if (e == 0 && schema->check)
                e = schema->check(r, at, value, dst);
        return e;
}
