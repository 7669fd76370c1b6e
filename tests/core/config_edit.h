/* Documents with one value changed. Include after cmocka.h. */
#pragma once

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* jansson can't hold integers beyond int64: small ones do for what is edited here. */
static inline json_t *editable(const char *document)
{
        static const char *const big[] = {"18446744073709551615", "18446744073709551614",
                                          "9223372036854775808"};
        char *text = strdup(document), *p;
        json_t *doc;

        for (size_t i = 0; i < 3; i++)
                while ((p = strstr(text, big[i]))) {
                        memset(p, ' ', strlen(big[i]));
                        memcpy(p, "70000", 5);
                }
        doc = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
        assert_non_null(doc);
        free(text);
        return doc;
}

/* Unescapes the token at p (to the next '/' or the end) into buf; returns what follows. */
static inline const char *next_token(const char *p, char *buf)
{
        for (; *p && *p != '/'; p++) {
                if (*p == '~')
                        *buf++ = *++p == '0' ? '~' : '/';
                else
                        *buf++ = *p;
        }
        *buf = '\0';
        return p;
}

/* Sets (value, stolen) or removes (NULL) what pointer names. */
static inline void edit(json_t *doc, const char *pointer, json_t *value)
{
        char token[64];
        const char *p = next_token(pointer + 1, token);
        json_t *at = doc;

        while (*p) {
                at = json_is_array(at) ? json_array_get(at, (size_t)atoi(token)) : json_object_get(at, token);
                assert_non_null(at);
                p = next_token(p + 1, token);
        }
        if (json_is_array(at) && value)
                assert_int_equal(json_array_set_new(at, (size_t)atoi(token), value), 0);
        else if (json_is_array(at))
                assert_int_equal(json_array_remove(at, (size_t)atoi(token)), 0);
        else if (value)
                assert_int_equal(json_object_set_new(at, token, value), 0);
        else
                assert_int_equal(json_object_del(at, token), 0);
}

/* The document with raw JSON text in place of one value; raw NULL: without it. Freed by the caller. */
static inline char *config_edit(const char *document, const char *pointer, const char *raw)
{
        json_t *doc = editable(document);
        char *text, *mark, *out;

        edit(doc, pointer, raw ? json_string("@@") : NULL);
        text = json_dumps(doc, JSON_COMPACT);
        json_decref(doc);
        if (!raw)
                return text;
        mark = strstr(text, "\"@@\"");
        assert_non_null(mark);
        out = malloc(strlen(text) + strlen(raw) + 1);
        sprintf(out, "%.*s%s%s", (int)(mark - text), text, raw, mark + 4);
        free(text);
        return out;
}
