/*
 * JSON text (RFC 8259) to a tree of jansson values.
 *
 * The reader is ours and not json_loadb(), for three reasons, measured with jansson 2.14. It refuses integers
 * beyond int64, and RLIM_INFINITY is 2^64-1. Its token buffer ignores a failed allocation and drops the byte:
 * a config read while memory is short would come out *accepted and different* ("PATH=/bin" losing a letter),
 * or be called a syntax error. And its error positions count from the end of the token. jansson's
 * constructors do report failure, and its objects give ordered keys with a seeded hash, so the tree is made
 * of them.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "core/base/err.h"
#include "core/base/limits.h"
#include "core/base/scope.h"
#include "core/config/lex.h"
#include "core/config/parts.h"
#include "core/sys.h"

/* --- numbers --- */

/* Beyond int64: a string that begins with NUL, then the sign, then the digits of a uint64 or none if it is
 * beyond. */
static json_t *big_integer(bool negative, bool overflow, uint64_t magnitude)
{
        char buf[32] = {'\0', negative ? '-' : '+'};
        int n = overflow ? 0 : snprintf(buf + 2, sizeof(buf) - 2, "%llu", (unsigned long long)magnitude);

        return json_stringn_nocheck(buf, 2 + (size_t)n);
}

int config_integer(const json_t *value, bool *ret_negative, uint64_t *ret_magnitude)
{
        const char *s = json_string_value(value);
        uint64_t m = 0;

        if (json_is_integer(value)) {
                json_int_t v = json_integer_value(value);
                *ret_negative = v < 0;
                *ret_magnitude = v < 0 ? 0 - (uint64_t)v : (uint64_t)v;
                return 0;
        }
        if (!s || json_string_length(value) < 2 || s[0] != '\0')
                return -EINVAL;
        if (!s[2])
                return -ERANGE;
        for (s += 2; *s; s++)
                m = m * 10 + (uint64_t)(*s - '0');
        *ret_negative = json_string_value(value)[1] == '-';
        *ret_magnitude = m;
        return 0;
}

static int skip_digits(struct config_lexer *d)
{
        if (!config_is_digit(config_lex_peek(d)))
                return config_lex_expected(d, "a digit");
        while (config_is_digit(config_lex_peek(d)))
                d->at++;
        return 0;
}

/* .digits and e+-digits. Sets *ret_real if there is one of them. */
static int skip_fraction(struct config_lexer *d, bool *ret_real)
{
        int r = 0;

        if (config_lex_peek(d) == '.') {
                *ret_real = true;
                d->at++;
                r = skip_digits(d);
        }
        if (r == 0 && (config_lex_peek(d) == 'e' || config_lex_peek(d) == 'E')) {
                *ret_real = true;
                d->at++;
                if (config_lex_peek(d) == '+' || config_lex_peek(d) == '-')
                        d->at++;
                r = skip_digits(d);
        }
        return r;
}

static int read_number(struct config_lexer *d, json_t **ret)
{
        bool negative = config_lex_peek(d) == '-', overflow = false, real = false;
        uint64_t m = 0;
        size_t start;
        int r;

        d->at += negative;
        start = d->at;
        r = skip_digits(d);
        if (r < 0)
                return r;
        if (d->text[start] == '0' && d->at - start > 1)
                return config_lex_fail(d, start, EINVAL, "a number may not begin with 0");
        for (size_t i = start; i < d->at; i++)
                overflow |= __builtin_mul_overflow(m, 10u, &m) ||
                            __builtin_add_overflow(m, (uint64_t)(d->text[i] - '0'), &m);
        r = skip_fraction(d, &real);
        if (r < 0)
                return r;
        if (real)
                *ret = json_real(0.0);
        else if (!overflow && m <= INT64_MAX)
                *ret = json_integer(negative ? -(json_int_t)m : (json_int_t)m);
        else if (!overflow && negative && m == (uint64_t)INT64_MAX + 1)
                *ret = json_integer(INT64_MIN);
        else
                *ret = big_integer(negative, overflow, m);
        return *ret ? 0 : config_lex_no_memory(d);
}

/* --- values --- */

static int read_value(struct config_lexer *d, json_t **ret);

static int read_word(struct config_lexer *d, const char *word, json_t *value, json_t **ret)
{
        size_t n = strlen(word);

        for (size_t i = 0; i < n; i++, d->at++)
                if (config_lex_peek(d) != word[i])
                        return config_lex_expected(d, word);
        *ret = value; /* jansson's constants: not allocated, not counted */
        return 0;
}

static int enter(struct config_lexer *d)
{
        if (d->depth >= LIMIT_CONFIG_DEPTH)
                return config_lex_fail(d, d->at, E2BIG, "nested deeper than %u", LIMIT_CONFIG_DEPTH);
        d->depth++;
        d->at++;
        config_lex_space(d);
        return 0;
}

/* After an item: true if another one follows; *ret_error tells what is wrong. */
static bool another(struct config_lexer *d, char closing, int *ret_error)
{
        config_lex_space(d);
        if (config_lex_peek(d) == ',') {
                d->at++;
                config_lex_space(d);
                return true;
        }
        if (config_lex_peek(d) == closing) {
                d->at++;
                d->depth--;
                return false;
        }
        *ret_error = config_lex_expected(d, closing == ']' ? "',' or ']'" : "',' or '}'");
        return false;
}

static int read_array(struct config_lexer *d, json_t **ret)
{
        json_auto_t *array = json_array();
        int r = 0;

        if (!array)
                return config_lex_no_memory(d);
        r = enter(d);
        if (r < 0)
                return r;
        if (config_lex_peek(d) == ']') {
                d->at++;
                d->depth--;
                *ret = json_incref(array);
                return 0;
        }
        do {
                json_t *item = NULL;
                if (json_array_size(array) >= LIMIT_CONFIG_LIST)
                        return config_lex_fail(d, d->at, E2BIG, "more than %u items", LIMIT_CONFIG_LIST);
                r = read_value(d, &item);
                if (r < 0)
                        return r;
                if (json_array_append_new(array, item) < 0) /* frees the item */
                        return config_lex_no_memory(d);
        } while (another(d, ']', &r));
        if (r == 0)
                *ret = json_incref(array);
        return r;
}

/* "key": value */
static int read_member(struct config_lexer *d, json_t *object)
{
        json_auto_t *copy = NULL;
        json_t *value = NULL;
        size_t start = d->at;
        struct config_span key;
        int r;

        if (config_lex_peek(d) != '"')
                return config_lex_expected(d, "a key");
        if (json_object_size(object) >= LIMIT_CONFIG_LIST)
                return config_lex_fail(d, d->at, E2BIG, "more than %u members", LIMIT_CONFIG_LIST);
        r = config_lex_string(d, &key);
        if (r < 0)
                return r;
        if (json_object_getn(object, key.p, key.n))
                return config_lex_fail(d, start, EINVAL, "duplicate key \"%.*s\"", (int)key.n, key.p);
        if (key.p == d->scratch) { /* the value's strings will overwrite it */
                copy = json_stringn_nocheck(key.p, key.n);
                if (!copy)
                        return config_lex_no_memory(d);
                key.p = json_string_value(copy);
        }
        config_lex_space(d);
        if (config_lex_peek(d) != ':')
                return config_lex_expected(d, "':'");
        d->at++;
        config_lex_space(d);
        r = read_value(d, &value);
        if (r < 0)
                return r;
        if (json_object_setn_new_nocheck(object, key.p, key.n, value) < 0) /* frees the value */
                return config_lex_no_memory(d);
        return 0;
}

static int read_object(struct config_lexer *d, json_t **ret)
{
        json_auto_t *object = json_object();
        int r = 0;

        if (!object)
                return config_lex_no_memory(d);
        r = enter(d);
        if (r < 0)
                return r;
        if (config_lex_peek(d) == '}') {
                d->at++;
                d->depth--;
                *ret = json_incref(object);
                return 0;
        }
        do {
                r = read_member(d, object);
                if (r < 0)
                        return r;
        } while (another(d, '}', &r));
        if (r == 0)
                *ret = json_incref(object);
        return r;
}

/* Recursion is bounded by LIMIT_CONFIG_DEPTH. d->at stands on the value's first byte. */
static int read_value(struct config_lexer *d, json_t **ret)
{
        struct config_span s;
        int r;

        switch (config_lex_peek(d)) {
        case '{':
                return read_object(d, ret);
        case '[':
                return read_array(d, ret);
        case '"':
                r = config_lex_string(d, &s);
                if (r < 0)
                        return r;
                *ret = json_stringn_nocheck(s.p, s.n); /* config_lex_string has checked the UTF-8 */
                return *ret ? 0 : config_lex_no_memory(d);
        case 't':
                return read_word(d, "true", json_true(), ret);
        case 'f':
                return read_word(d, "false", json_false(), ret);
        case 'n':
                return read_word(d, "null", json_null(), ret);
        default:
                if (config_is_digit(config_lex_peek(d)) || config_lex_peek(d) == '-')
                        return read_number(d, ret);
                return config_lex_expected(d, "a value");
        }
}

int config_document_read(const struct sys *sys, const char *text, size_t len, json_t **ret, struct err *err)
{
        struct config_lexer d = {.sys = sys, .text = (const unsigned char *)text, .len = len, .err = err};

        if (len > LIMIT_CONFIG_BYTES)
                return config_lex_fail(&d, 0, E2BIG, "the document has %zu bytes, more than %u", len,
                                       LIMIT_CONFIG_BYTES);
        return config_document_parse(sys, text, len, ret, err);
}

int config_document_parse(const struct sys *sys, const char *text, size_t len, json_t **ret, struct err *err)
{
        SCOPED_MEM scratch = {sys, NULL};
        struct config_lexer d = {.sys = sys, .text = (const unsigned char *)text, .len = len, .err = err};
        json_auto_t *root = NULL;
        int r;

        config_lex_space(&d);
        if (config_lex_peek(&d) != '{')
                return config_lex_expected(&d, "an object");
        r = read_object(&d, &root);
        scratch.ptr = d.scratch;
        if (r < 0)
                return r;
        config_lex_space(&d);
        if (d.at < d.len)
                return config_lex_expected(&d, "the end of the document");
        *ret = json_incref(root);
        return 0;
}
