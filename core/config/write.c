/* A document as text again: what document.c reads, written so that it reads the same. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "core/base/err.h"
#include "core/config/parts.h"
#include "core/sys.h"

struct writer {
        const struct sys *sys;
        char *text;
        size_t n, cap;
        int rc; /* the first failure stays */
};

static void put(struct writer *w, const char *s, size_t n)
{
        if (w->rc == 0 && w->cap - w->n <= n) { /* one more for the NUL */
                size_t cap = (w->n + n + 1) * 2;
                char *p = w->sys->op->realloc(w->sys, w->text, cap);
                if (!p)
                        w->rc = -ENOMEM;
                else {
                        w->text = p;
                        w->cap = cap;
                }
        }
        if (w->rc < 0)
                return;
        memcpy(w->text + w->n, s, n);
        w->n += n;
}

static void put_string(struct writer *w, const char *s, size_t n)
{
        put(w, "\"", 1);
        for (size_t i = 0; i < n; i++) {
                unsigned char c = (unsigned char)s[i];
                char escape[8];
                if (c == '"' || c == '\\' || c < 0x20)
                        put(w, escape, (size_t)snprintf(escape, sizeof(escape), "\\u%04x", c));
                else
                        put(w, &s[i], 1);
        }
        put(w, "\"", 1);
}

/* document.c's form of what int64 can't hold; the digits of what uint64 can't either are lost: one beyond it
 * will do. */
static void put_big_integer(struct writer *w, const json_t *value)
{
        const char *s = json_string_value(value);

        if (s[1] == '-')
                put(w, "-", 1);
        if (s[2])
                put(w, s + 2, json_string_length(value) - 2);
        else
                put(w, "18446744073709551616", 20);
}

static void put_scalar(struct writer *w, const json_t *value)
{
        const char *s = json_string_value(value);
        char number[32];

        if (json_is_string(value) && json_string_length(value) >= 2 && s[0] == '\0')
                put_big_integer(w, value);
        else if (json_is_string(value))
                put_string(w, s, json_string_length(value));
        else if (json_is_integer(value))
                put(w, number,
                    (size_t)snprintf(number, sizeof(number), "%lld", (long long)json_integer_value(value)));
        else if (json_is_real(value))
                put(w, "0.0", 3);
        else if (json_is_null(value))
                put(w, "null", 4);
        else
                put(w, json_is_true(value) ? "true" : "false", json_is_true(value) ? 4 : 5);
}

/* As deep as the document, which is at most LIMIT_CONFIG_DEPTH. */
static void put_value(struct writer *w, json_t *value)
{
        const char *key;
        bool first = true;
        json_t *item;
        size_t i;

        if (json_is_array(value)) {
                put(w, "[", 1);
                json_array_foreach(value, i, item)
                {
                        if (i > 0)
                                put(w, ",", 1);
                        put_value(w, item);
                }
                put(w, "]", 1);
        } else if (json_is_object(value)) {
                put(w, "{", 1);
                json_object_foreach(value, key, item)
                {
                        if (!first)
                                put(w, ",", 1);
                        first = false;
                        put_string(w, key, strlen(key));
                        put(w, ":", 1);
                        put_value(w, item);
                }
                put(w, "}", 1);
        } else {
                put_scalar(w, value);
        }
}

int config_document_write(const struct sys *sys, json_t *document, char **ret_text, size_t *ret_len,
                          struct err *err)
{
        struct writer w = {.sys = sys};

        put_value(&w, document);
        if (w.rc == 0)
                put(&w, "", 1);
        if (w.rc < 0) {
                sys->op->free(sys, w.text);
                return err_set(err, ENOMEM, "config", NULL, "%s", "");
        }
        *ret_text = w.text;
        *ret_len = w.n - 1;
        return 0;
}
