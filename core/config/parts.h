/*
 * What the files of config/ share and nobody else includes: the document, the arena, and the interpreter of the
 * field tables. See config.h for what the whole does.
 *
 *   bytes --document.c--> json_t tree --read.c + parse_*.c (tables)--> struct config --validate_*.c--> judged
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/config/config.h"

struct err;
struct sys;

/* --- arena.c: zeroed memory that lives as long as the config --- */

struct config_arena {
        const struct sys *sys;
        struct config_chunk *chunks;
        size_t used, size; /* of the newest chunk */
};

/* NULL = out of memory. Aligned for any type. */
void *config_arena_alloc(struct config_arena *arena, size_t n);
void config_arena_free(struct config_arena *arena);

/* struct config's private part. The config itself lies in the arena. */
struct config_store {
        struct config_arena arena;
        json_t *document; /* the strings; never changed after parsing */
};

/* --- document.c: text to tree --- */

/*
 * Reads one JSON object and nothing after it. The caller owns *ret (json_decref).
 *
 * Integers that fit int64 are JSON_INTEGER. Those that don't are strings that begin with a NUL, which no string of a
 * document can, because NUL is refused there; config_integer() tells them. Reals are checked for their form only
 * (JSON_REAL, value 0): no field has one.
 */
int config_document_read(const struct sys *sys, const char *text, size_t len, json_t **ret, struct err *err);
/* The same of a document that is labrun's own, as long as it likes: without LIMIT_CONFIG_BYTES. */
int config_document_parse(const struct sys *sys, const char *text, size_t len, json_t **ret, struct err *err);

/* 0 and sign and magnitude; -EINVAL: not an integer; -ERANGE: an integer beyond int64 and uint64. */
int config_integer(const json_t *value, bool *ret_negative, uint64_t *ret_magnitude);

/*
 * write.c: the inverse. The text (NUL-terminated; the NUL is not counted) reads as the same document but for reals, whose
 * values nobody kept. The caller's (sys->op->free). Errors: -ENOMEM.
 */
int config_document_write(const struct sys *sys, json_t *document, char **ret_text, size_t *ret_len,
                          struct err *err);

/* --- read.c: tree to structs, by tables --- */

/* Where in the document: a chain on the stack, made a JSON pointer only when there is an error to report. */
struct config_at {
        const struct config_at *up; /* NULL: the document */
        const char *key;            /* NULL: an array item */
        size_t index;
};

/* Writes the JSON pointer (RFC 6901) of at, cut to size, always NUL-terminated. */
void config_pointer(const struct config_at *at, char *buf, size_t size);

/* err_set() with step "parse" and the pointer as the place. */
int config_fail(struct err *err, int errnum, const struct config_at *at, const char *fmt, ...)
        __attribute__((format(printf, 4, 5)));

struct config_reader {
        struct config_arena *arena;
        struct err *err;
};

enum config_kind {
        CONFIG_STRING, /* const char * */
        CONFIG_BOOL,
        CONFIG_I32,
        CONFIG_I64,
        CONFIG_U16,
        CONFIG_U32,
        CONFIG_U64,
        CONFIG_STRINGS, /* struct config_str_list */
        CONFIG_U32S,    /* struct config_u32_list */
        CONFIG_PAIRS,   /* struct config_kv_list, from an object with string values */
        CONFIG_OBJECT,  /* a nested struct */
        CONFIG_LIST,    /* { T *item; size_t n; }, from an array of objects */
        CONFIG_MAP,     /* the same from an object: each key goes to T's first member, a const char * */
        CONFIG_CUSTOM,  /* a function */
};

typedef int config_custom_fn(struct config_reader *r, const struct config_at *at, const json_t *value,
                             void *dst);

struct config_field {
        const char *name;
        enum config_kind kind;
        bool required;
        uint16_t opt;  /* struct opt_x: offset of .v (its .set is at 0); else 0 */
        size_t offset; /* in the struct that the table describes */
        const struct config_schema *schema; /* OBJECT, LIST, MAP; CUSTOM: of its items, for who walks the tables */
        config_custom_fn *custom;           /* CUSTOM */
};

struct config_schema {
        const struct config_field *fields;
        size_t n;
        size_t size; /* of the struct */
        size_t set;  /* 1 + offset of its `bool set`; 0: it has none */
        /* May be NULL: what one field says about the presence of another. */
        int (*check)(struct config_reader *r, const struct config_at *at, const json_t *value, void *dst);
};

/* Reads an object into *dst, which is zeroed memory. */
int config_read_object(struct config_reader *r, const struct config_at *at, const json_t *value,
                       const struct config_schema *schema, void *dst);
int config_read_string(struct config_reader *r, const struct config_at *at, const json_t *value,
                       const char **ret);
int config_expect(struct config_reader *r, const struct config_at *at, const json_t *value, json_type type);

/* Offset of T.m, which the compiler checks to be of the given type: a wrong row in a table doesn't compile. */
#define CONFIG_MEMBER(T, m) (((T *)0)->m)
#define CONFIG_SAME(a, b) (0 * sizeof(char[__builtin_types_compatible_p(a, b) ? 1 : -1]))
#define CONFIG_OFF(T, m, type) (offsetof(T, m) + CONFIG_SAME(__typeof__(CONFIG_MEMBER(T, m)), type))

#define FIELD(KIND, T, key, m, type, ...) \
        {.name = (key), .kind = (KIND), .offset = CONFIG_OFF(T, m, type), ##__VA_ARGS__}
#define OPT(KIND, T, key, m, type, ...) \
        FIELD(KIND, T, key, m, struct type, .opt = offsetof(struct type, v), ##__VA_ARGS__)

#define STRING(T, key, m, ...) FIELD(CONFIG_STRING, T, key, m, const char *, ##__VA_ARGS__)
#define BOOL(T, key, m, ...) FIELD(CONFIG_BOOL, T, key, m, bool, ##__VA_ARGS__)
#define I32(T, key, m, ...) FIELD(CONFIG_I32, T, key, m, int32_t, ##__VA_ARGS__)
#define I64(T, key, m, ...) FIELD(CONFIG_I64, T, key, m, int64_t, ##__VA_ARGS__)
#define U32(T, key, m, ...) FIELD(CONFIG_U32, T, key, m, uint32_t, ##__VA_ARGS__)
#define U64(T, key, m, ...) FIELD(CONFIG_U64, T, key, m, uint64_t, ##__VA_ARGS__)
#define OPT_BOOL(T, key, m) OPT(CONFIG_BOOL, T, key, m, opt_bool)
#define OPT_I32(T, key, m) OPT(CONFIG_I32, T, key, m, opt_i32)
#define OPT_I64(T, key, m) OPT(CONFIG_I64, T, key, m, opt_i64)
#define OPT_U16(T, key, m) OPT(CONFIG_U16, T, key, m, opt_u16)
#define OPT_U32(T, key, m) OPT(CONFIG_U32, T, key, m, opt_u32)
#define OPT_U64(T, key, m) OPT(CONFIG_U64, T, key, m, opt_u64)
#define STRINGS(T, key, m, ...) FIELD(CONFIG_STRINGS, T, key, m, struct config_str_list, ##__VA_ARGS__)
#define U32S(T, key, m) FIELD(CONFIG_U32S, T, key, m, struct config_u32_list)
#define PAIRS(T, key, m) FIELD(CONFIG_PAIRS, T, key, m, struct config_kv_list)
#define OBJECT(T, key, m, type, sch) FIELD(CONFIG_OBJECT, T, key, m, type, .schema = (sch))
#define CUSTOM(T, key, m, type, fn, ...) FIELD(CONFIG_CUSTOM, T, key, m, type, .custom = (fn), ##__VA_ARGS__)

/* Lists have a named or unnamed struct type; what is checked is their item's type. */
#define CONFIG_ITEMS(KIND, T, key, m, itemtype, sch)                                                        \
        {.name = (key),                                                                                     \
         .kind = (KIND),                                                                                    \
         .schema = (sch),                                                                                   \
         .offset = offsetof(T, m) + CONFIG_SAME(__typeof__(CONFIG_MEMBER(T, m).item), itemtype *) +         \
                   CONFIG_SAME(__typeof__(CONFIG_MEMBER(T, m).n), size_t)}
#define LIST(T, key, m, itemtype, sch) CONFIG_ITEMS(CONFIG_LIST, T, key, m, itemtype, sch)
#define MAP(T, key, m, itemtype, sch) CONFIG_ITEMS(CONFIG_MAP, T, key, m, itemtype, sch)

#define SCHEMA(T, fieldlist, ...) \
        {.fields = (fieldlist), .n = sizeof(fieldlist) / sizeof((fieldlist)[0]), .size = sizeof(T), ##__VA_ARGS__}
#define SET(T) .set = 1 + CONFIG_OFF(T, set, bool)

/* --- the tables: one file for each section of the document --- */
extern const struct config_schema config_schema_top;     /* parse.c: struct config, the whole document */
extern const struct config_schema config_schema_process; /* parse_process.c: struct config_process */
extern const struct config_schema config_schema_idmap;   /* parse_linux.c: struct config_idmap */
extern const struct config_schema config_schema_linux;   /* parse_linux.c: struct config_linux */
extern const struct config_schema config_schema_resources; /* parse_resources.c: struct config_resources */
extern const struct config_schema config_schema_seccomp; /* parse_seccomp.c: struct config_seccomp */
