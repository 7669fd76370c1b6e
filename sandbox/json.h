/*
 * Strict reading of small JSON documents: each error names its JSON pointer (RFC 6901), unknown keys are refused with
 * the nearest known one, numbers are integers in a range. On jansson.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

struct err;

/* Where a value lies. Lives on the stack of the readers, from the root (NULL) down. */
struct json_at {
        const struct json_at *up;
        const char *key; /* NULL: an array's item */
        size_t index;
};

/* Fills err with the pointer of `at` (NULL: the document). Returns -EINVAL. */
int json_bad(const struct json_at *at, struct err *err, const char *fmt, ...)
        __attribute__((format(printf, 3, 4)));

/*
 * Loads a document of at most 1 MiB; duplicate keys and text behind the document are refused; err.place is the file, line
 * and column for syntax errors. *ret_root is owned by the caller (json_decref).
 */
int json_load_strict(const char *path, json_t **ret_root, struct err *err);
int json_parse_strict(const char *text, size_t len, const char *name, json_t **ret_root, struct err *err);

/* The value must be an object whose keys are among `known`. */
int json_check_object(const json_t *value, const struct json_at *at, const char *const *known, size_t n,
                      struct err *err);

/*
 * Readers of one member of an object. An absent member is an error if `required`, else leaves *ret as it is.
 * enum: sets *ret to the index in words. str: copies into buf (size with the NUL), without embedded NUL.
 */
int json_read_int(const json_t *object, const char *key, bool required, int64_t min, int64_t max, int64_t *ret,
                  const struct json_at *up, struct err *err);
int json_read_bool(const json_t *object, const char *key, bool *ret, const struct json_at *up, struct err *err);
int json_read_enum(const json_t *object, const char *key, bool required, const char *const *words, size_t n,
                   int *ret, const struct json_at *up, struct err *err);
int json_read_str(const json_t *object, const char *key, bool required, char *buf, size_t size,
                  const struct json_at *up, struct err *err);
/* One value by itself. */
int json_value_int(const json_t *value, const struct json_at *at, int64_t min, int64_t max, int64_t *ret,
                   struct err *err);
int json_value_str(const json_t *value, const struct json_at *at, char *buf, size_t size, struct err *err);
int json_value_enum(const json_t *value, const struct json_at *at, const char *const *words, size_t n, int *ret,
                    struct err *err);
/* The member, an array of at most max items; *ret_array NULL if absent. */
int json_read_array(const json_t *object, const char *key, size_t max, json_t **ret_array,
                    const struct json_at *up, struct err *err);
