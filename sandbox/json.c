#include "sandbox/json.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/stat.h>

#include "core/base/err.h"
#include "core/base/nearest.h"

#define DOCUMENT_MAX (1u << 20)

static void render(const struct json_at *at, char *buf, size_t size, size_t *len)
{
        char number[24];
        const char *key = at->key;

        if (at->up)
                render(at->up, buf, size, len);
        if (!key) {
                snprintf(number, sizeof number, "%zu", at->index);
                key = number;
        }
        if (*len + 1 < size)
                buf[(*len)++] = '/';
        for (; *key && *len + 2 < size; key++) {
                if (*key == '~' || *key == '/') {
                        buf[(*len)++] = '~';
                        buf[(*len)++] = *key == '~' ? '0' : '1';
                } else {
                        buf[(*len)++] = *key;
                }
        }
        buf[*len] = '\0';
}

int json_bad(const struct json_at *at, struct err *err, const char *fmt, ...)
{
        char place[ERR_PLACE_MAX] = "";
        size_t len = 0;
        va_list ap;
        int rc;

        if (at)
                render(at, place, sizeof place, &len);
        va_start(ap, fmt);
        rc = err_setv(err, EINVAL, "parse", place, fmt, ap);
        va_end(ap);
        return rc;
}

int json_parse_strict(const char *text, size_t len, const char *name, json_t **ret_root, struct err *err)
{
        json_error_t error;
        json_t *root = json_loadb(text, len, JSON_REJECT_DUPLICATES, &error);
        char place[ERR_PLACE_MAX];

        if (!root) {
                snprintf(place, sizeof place, "%.180s line %d column %d", name, error.line, error.column);
                return err_set(err, EINVAL, "parse", place, "%s", error.text);
        }
        *ret_root = root;
        return 0;
}

int json_load_strict(const char *path, json_t **ret_root, struct err *err)
{
        int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* a fifo would wait for its writer */
        struct stat st;
        FILE *f;
        char *text;
        size_t n;
        int rc;

        if (fd < 0 || fstat(fd, &st) < 0)
                return err_sys(err, -errno, "open", path, "cannot be opened");
        f = S_ISREG(st.st_mode) ? fdopen(fd, "r") : NULL;
        if (!f) {
                close(fd);
                return err_set(err, EINVAL, "open", path, "no regular file");
        }
        text = malloc(DOCUMENT_MAX + 1);
        if (!text) {
                fclose(f);
                return err_sys(err, -ENOMEM, "read", path, "no memory");
        }
        n = fread(text, 1, DOCUMENT_MAX + 1, f);
        if (ferror(f))
                rc = err_sys(err, -EIO, "read", path, "cannot be read");
        else if (n > DOCUMENT_MAX)
                rc = err_set(err, E2BIG, "read", path, "more than %u bytes", DOCUMENT_MAX);
        else
                rc = json_parse_strict(text, n, path, ret_root, err);
        free(text);
        fclose(f);
        return rc;
}

int json_check_object(const json_t *value, const struct json_at *at, const char *const *known, size_t n,
                      struct err *err)
{
        const char *key, *near;
        json_t *member;

        if (!json_is_object(value))
                return json_bad(at, err, "must be an object");
        json_object_foreach((json_t *)value, key, member)
        {
                struct json_at here = { at, key, 0 };
                size_t i = 0;

                while (i < n && strcmp(known[i], key) != 0)
                        i++;
                if (i < n)
                        continue;
                near = nearest_word(key, known, n);
                if (near)
                        return json_bad(&here, err, "unknown key; did you mean \"%s\"?", near);
                return json_bad(&here, err, "unknown key");
        }
        return 0;
}

/* 1 and *ret_value: there; 0: absent and allowed; else the error. */
static int member_of(const json_t *object, const char *key, bool required, const struct json_at *up,
                     json_t **ret_value, struct err *err)
{
        json_t *value = json_object_get(object, key);
        struct json_at at = { up, key, 0 };

        if (value) {
                *ret_value = value;
                return 1;
        }
        return required ? json_bad(&at, err, "is missing") : 0;
}

int json_value_int(const json_t *value, const struct json_at *at, int64_t min, int64_t max, int64_t *ret,
                   struct err *err)
{
        int64_t v;

        if (!json_is_integer(value))
                return json_bad(at, err, "must be an integer");
        v = json_integer_value(value);
        if (v < min || v > max)
                return json_bad(at, err, "%lld is not between %lld and %lld", (long long)v, (long long)min,
                                (long long)max);
        *ret = v;
        return 0;
}

int json_value_str(const json_t *value, const struct json_at *at, char *buf, size_t size, struct err *err)
{
        size_t len;

        if (!json_is_string(value))
                return json_bad(at, err, "must be a string");
        len = json_string_length(value);
        if (len >= size)
                return json_bad(at, err, "is longer than %zu bytes", size - 1);
        if (strlen(json_string_value(value)) != len)
                return json_bad(at, err, "has a NUL in it");
        memcpy(buf, json_string_value(value), len + 1);
        return 0;
}

int json_value_enum(const json_t *value, const struct json_at *at, const char *const *words, size_t n, int *ret,
                    struct err *err)
{
        char word[64], all[256] = "";
        const char *near;
        int rc = json_value_str(value, at, word, sizeof word, err);

        if (rc < 0)
                return rc;
        for (size_t i = 0; i < n; i++) {
                if (strcmp(words[i], word) == 0) {
                        *ret = (int)i;
                        return 0;
                }
        }
        near = nearest_word(word, words, n);
        if (near)
                return json_bad(at, err, "unknown word \"%s\"; did you mean \"%s\"?", word, near);
        for (size_t i = 0, len = 0; i < n && len + strlen(words[i]) + 3 < sizeof all; i++)
                len += (size_t)snprintf(all + len, sizeof all - len, "%s%s", i ? ", " : "", words[i]);
        return json_bad(at, err, "unknown word \"%s\"; there are %s", word, all);
}

int json_read_int(const json_t *object, const char *key, bool required, int64_t min, int64_t max, int64_t *ret,
                  const struct json_at *up, struct err *err)
{
        struct json_at at = { up, key, 0 };
        json_t *value = NULL;
        int rc = member_of(object, key, required, up, &value, err);

        return rc <= 0 ? rc : json_value_int(value, &at, min, max, ret, err);
}

int json_read_bool(const json_t *object, const char *key, bool *ret, const struct json_at *up, struct err *err)
{
        struct json_at at = { up, key, 0 };
        json_t *value = NULL;
        int rc = member_of(object, key, false, up, &value, err);

        if (rc <= 0)
                return rc;
        if (!json_is_boolean(value))
                return json_bad(&at, err, "must be true or false");
        *ret = json_is_true(value);
        return 0;
}

int json_read_enum(const json_t *object, const char *key, bool required, const char *const *words, size_t n,
                   int *ret, const struct json_at *up, struct err *err)
{
        struct json_at at = { up, key, 0 };
        json_t *value = NULL;
        int rc = member_of(object, key, required, up, &value, err);

        return rc <= 0 ? rc : json_value_enum(value, &at, words, n, ret, err);
}

int json_read_str(const json_t *object, const char *key, bool required, char *buf, size_t size,
                  const struct json_at *up, struct err *err)
{
        struct json_at at = { up, key, 0 };
        json_t *value = NULL;
        int rc = member_of(object, key, required, up, &value, err);

        return rc <= 0 ? rc : json_value_str(value, &at, buf, size, err);
}

int json_read_array(const json_t *object, const char *key, size_t max, json_t **ret_array,
                    const struct json_at *up, struct err *err)
{
        struct json_at at = { up, key, 0 };
        json_t *value = json_object_get(object, key);

        if (value && !json_is_array(value))
                return json_bad(&at, err, "must be an array");
        if (value && json_array_size(value) > max)
                return json_bad(&at, err, "has more than %zu items", max);
        *ret_array = value;
        return 0;
}
