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
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/base/err.h"
#include "core/base/limits.h"
#include "core/base/scope.h"
#include "core/config/parts.h"
#include "core/sys.h"

struct doc {
        const struct sys *sys;
        const unsigned char *text;
        size_t len, at;
        unsigned depth;
        char *scratch; /* a string with escapes, decoded; got when the first one comes */
        struct err *err;
};

/* A decoded string: points into the text, or into the scratch buffer until the next string is read. */
struct span {
        const char *p;
        size_t n;
};

/* Lines end in \n; columns count characters, not bytes; both from 1. */
static void position(const struct doc *d, size_t off, char *buf, size_t size)
{
        size_t line = 1, column = 1;

        for (size_t i = 0; i < off; i++) {
                if (d->text[i] == '\n') {
                        line++;
                        column = 1;
                } else if ((d->text[i] & 0xc0) != 0x80) {
                        column++;
                }
        }
        snprintf(buf, size, "line %zu column %zu", line, column);
}

__attribute__((format(printf, 4, 5))) static int fail(const struct doc *d, size_t off, int errnum,
                                                      const char *fmt, ...)
{
        char place[ERR_PLACE_MAX];
        va_list ap;
        int r;

        position(d, off, place, sizeof(place));
        va_start(ap, fmt);
        r = err_setv(d->err, errnum, "parse", place, fmt, ap);
        va_end(ap);
        return r;
}

static int fail_memory(const struct doc *d)
{
        return fail(d, d->at, ENOMEM, "no memory for the document");
}

/* The byte at the current place is none of those that may stand there. */
static int fail_expected(const struct doc *d, const char *what)
{
        if (d->at >= d->len)
                return fail(d, d->len, EINVAL, "the document ends where %s is expected", what);
        if (d->text[d->at] == '\0')
                return fail(d, d->at, EINVAL, "NUL byte where %s is expected", what);
        if (d->text[d->at] > 0x20 && d->text[d->at] < 0x7f)
                return fail(d, d->at, EINVAL, "'%c' where %s is expected", d->text[d->at], what);
        return fail(d, d->at, EINVAL, "byte 0x%02x where %s is expected", d->text[d->at], what);
}

static int peek(const struct doc *d)
{
        return d->at < d->len ? d->text[d->at] : -1;
}

static void skip_space(struct doc *d)
{
        while (d->at < d->len && memchr(" \t\n\r", d->text[d->at], 4))
                d->at++;
}

static bool is_digit(int c)
{
        return c >= '0' && c <= '9';
}

/* --- strings --- */

/* Bytes of the well-formed UTF-8 sequence at p (RFC 3629: shortest form, no surrogates), 0 if there is none.
 */
static size_t utf8_length(const unsigned char *p, size_t n)
{
        static const struct {
                unsigned char lo, hi, second_lo, second_hi, length;
        } rows[] = {
                {0x00, 0x7f, 0, 0, 1},       {0xc2, 0xdf, 0x80, 0xbf, 2}, {0xe0, 0xe0, 0xa0, 0xbf, 3},
                {0xe1, 0xec, 0x80, 0xbf, 3}, {0xed, 0xed, 0x80, 0x9f, 3}, {0xee, 0xef, 0x80, 0xbf, 3},
                {0xf0, 0xf0, 0x90, 0xbf, 4}, {0xf1, 0xf3, 0x80, 0xbf, 4}, {0xf4, 0xf4, 0x80, 0x8f, 4},
        };

        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                if (p[0] < rows[i].lo || p[0] > rows[i].hi)
                        continue;
                if (rows[i].length > n)
                        return 0;
                if (n > 1 && rows[i].length > 1 && (p[1] < rows[i].second_lo || p[1] > rows[i].second_hi))
                        return 0;
                for (size_t k = 2; k < rows[i].length; k++)
                        if ((p[k] & 0xc0) != 0x80)
                                return 0;
                return rows[i].length;
        }
        return 0;
}

static size_t utf8_encode(uint32_t c, char out[4])
{
        if (c < 0x80) {
                out[0] = (char)c;
                return 1;
        }
        if (c < 0x800) {
                out[0] = (char)(0xc0 | c >> 6);
                out[1] = (char)(0x80 | (c & 0x3f));
                return 2;
        }
        if (c < 0x10000) {
                out[0] = (char)(0xe0 | c >> 12);
                out[1] = (char)(0x80 | (c >> 6 & 0x3f));
                out[2] = (char)(0x80 | (c & 0x3f));
                return 3;
        }
        out[0] = (char)(0xf0 | c >> 18);
        out[1] = (char)(0x80 | (c >> 12 & 0x3f));
        out[2] = (char)(0x80 | (c >> 6 & 0x3f));
        out[3] = (char)(0x80 | (c & 0x3f));
        return 4;
}

/* The length in bytes of the unescaped character at the current place, or an error. */
static int plain_length(const struct doc *d)
{
        size_t n;

        if (d->at >= d->len)
                return fail(d, d->len, EINVAL, "the document ends inside a string");
        if (d->text[d->at] >= 0x20 && d->text[d->at] < 0x80)
                return 1;
        if (d->text[d->at] == '\0')
                return fail(d, d->at, EINVAL, "NUL byte in a string");
        if (d->text[d->at] < 0x20)
                return fail(d, d->at, EINVAL, "control character 0x%02x in a string", d->text[d->at]);
        n = utf8_length(d->text + d->at, d->len - d->at);
        if (n == 0)
                return fail(d, d->at, EINVAL, "malformed UTF-8");
        return (int)n;
}

/* XXXX of \uXXXX: the value, or -1. */
static int32_t hex4(const struct doc *d, size_t off)
{
        int32_t v = 0;

        if (d->len < 4 || off > d->len - 4)
                return -1;
        for (size_t i = off; i < off + 4; i++) {
                unsigned char c = d->text[i];
                if (is_digit(c))
                        v = v * 16 + c - '0';
                else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
                        v = v * 16 + (c | 0x20) - 'a' + 10;
                else
                        return -1;
        }
        return v;
}

/* \uXXXX, or two of them that make one character beyond 0xffff. d->at stands on the backslash. */
static int read_unicode(struct doc *d, char out[4])
{
        int32_t c = hex4(d, d->at + 2), low;

        if (c < 0)
                return fail(d, d->at, EINVAL, "\\u without four hexadecimal digits");
        if (c == 0)
                return fail(d, d->at, EINVAL, "\\u0000: no string of a config may have a NUL");
        if (c >= 0xdc00 && c <= 0xdfff)
                return fail(d, d->at, EINVAL, "the second half of a surrogate pair without the first");
        if (c >= 0xd800 && c <= 0xdbff) {
                bool pair = d->len - d->at >= 12 && d->text[d->at + 6] == '\\' && d->text[d->at + 7] == 'u';
                low = pair ? hex4(d, d->at + 8) : -1;
                if (low < 0xdc00 || low > 0xdfff)
                        return fail(d, d->at, EINVAL,
                                    "the first half of a surrogate pair without the second");
                c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
                d->at += 6;
        }
        d->at += 6;
        return (int)utf8_encode((uint32_t)c, out);
}

static int read_escape(struct doc *d, char out[4])
{
        static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
        const char *p;

        if (d->at + 1 >= d->len)
                return fail(d, d->len, EINVAL, "the document ends inside a string");
        if (d->text[d->at + 1] == 'u')
                return read_unicode(d, out);
        p = d->text[d->at + 1] ? strchr(from, d->text[d->at + 1]) : NULL;
        if (!p)
                return fail(d, d->at, EINVAL, "unknown escape in a string");
        out[0] = to[p - from];
        d->at += 2;
        return 1;
}

static int fail_long(const struct doc *d, size_t start)
{
        return fail(d, start, E2BIG, "a string of more than %u bytes", LIMIT_CONFIG_STRING);
}

/* A string with escapes. start is its first byte after the quote, d->at the first backslash. */
static int read_escaped(struct doc *d, size_t start, struct span *ret)
{
        size_t n = d->at - start;
        char *buf;

        if (!d->scratch) /* one character, 4 bytes, may go beyond the limit before that is seen */
                d->scratch = d->sys->op->alloc(d->sys, LIMIT_CONFIG_STRING + 4);
        buf = d->scratch;
        if (!buf)
                return fail_memory(d);
        memcpy(buf, d->text + start, n);
        while (peek(d) != '"') {
                int r;
                if (peek(d) == '\\') {
                        r = read_escape(d, buf + n);
                        if (r < 0)
                                return r;
                } else {
                        r = plain_length(d);
                        if (r < 0)
                                return r;
                        memcpy(buf + n, d->text + d->at, (size_t)r);
                        d->at += (size_t)r;
                }
                n += (size_t)r;
                if (n > LIMIT_CONFIG_STRING)
                        return fail_long(d, start - 1);
        }
        d->at++;
        *ret = (struct span){buf, n};
        return 0;
}

/* d->at stands on the opening quote. */
static int read_string(struct doc *d, struct span *ret)
{
        size_t start = ++d->at;

        while (peek(d) != '"') {
                int r;
                if (d->at - start > LIMIT_CONFIG_STRING)
                        return fail_long(d, start - 1);
                if (peek(d) == '\\')
                        return read_escaped(d, start, ret);
                r = plain_length(d);
                if (r < 0)
                        return r;
                d->at += (size_t)r;
        }
        if (d->at - start > LIMIT_CONFIG_STRING)
                return fail_long(d, start - 1);
        *ret = (struct span){(const char *)d->text + start, d->at - start};
        d->at++;
        return 0;
}

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

static int skip_digits(struct doc *d)
{
        if (!is_digit(peek(d)))
                return fail_expected(d, "a digit");
        while (is_digit(peek(d)))
                d->at++;
        return 0;
}

/* .digits and e+-digits. Sets *ret_real if there is one of them. */
static int skip_fraction(struct doc *d, bool *ret_real)
{
        int r = 0;

        if (peek(d) == '.') {
                *ret_real = true;
                d->at++;
                r = skip_digits(d);
        }
        if (r == 0 && (peek(d) == 'e' || peek(d) == 'E')) {
                *ret_real = true;
                d->at++;
                if (peek(d) == '+' || peek(d) == '-')
                        d->at++;
                r = skip_digits(d);
        }
        return r;
}

static int read_number(struct doc *d, json_t **ret)
{
        bool negative = peek(d) == '-', overflow = false, real = false;
        uint64_t m = 0;
        size_t start;
        int r;

        d->at += negative;
        start = d->at;
        r = skip_digits(d);
        if (r < 0)
                return r;
        if (d->text[start] == '0' && d->at - start > 1)
                return fail(d, start, EINVAL, "a number may not begin with 0");
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
        return *ret ? 0 : fail_memory(d);
}

/* --- values --- */

static int read_value(struct doc *d, json_t **ret);

static int read_word(struct doc *d, const char *word, json_t *value, json_t **ret)
{
        size_t n = strlen(word);

        for (size_t i = 0; i < n; i++, d->at++)
                if (peek(d) != word[i])
                        return fail_expected(d, word);
        *ret = value; /* jansson's constants: not allocated, not counted */
        return 0;
}

static int enter(struct doc *d)
{
        if (d->depth >= LIMIT_CONFIG_DEPTH)
                return fail(d, d->at, E2BIG, "nested deeper than %u", LIMIT_CONFIG_DEPTH);
        d->depth++;
        d->at++;
        skip_space(d);
        return 0;
}

/* After an item: true if another one follows; *ret_error tells what is wrong. */
static bool another(struct doc *d, char closing, int *ret_error)
{
        skip_space(d);
        if (peek(d) == ',') {
                d->at++;
                skip_space(d);
                return true;
        }
        if (peek(d) == closing) {
                d->at++;
                d->depth--;
                return false;
        }
        *ret_error = fail_expected(d, closing == ']' ? "',' or ']'" : "',' or '}'");
        return false;
}

static int read_array(struct doc *d, json_t **ret)
{
        json_auto_t *array = json_array();
        int r = 0;

        if (!array)
                return fail_memory(d);
        r = enter(d);
        if (r < 0)
                return r;
        if (peek(d) == ']') {
                d->at++;
                d->depth--;
                *ret = json_incref(array);
                return 0;
        }
        do {
                json_t *item = NULL;
                if (json_array_size(array) >= LIMIT_CONFIG_LIST)
                        return fail(d, d->at, E2BIG, "more than %u items", LIMIT_CONFIG_LIST);
                r = read_value(d, &item);
                if (r < 0)
                        return r;
                if (json_array_append_new(array, item) < 0) /* frees the item */
                        return fail_memory(d);
        } while (another(d, ']', &r));
        if (r == 0)
                *ret = json_incref(array);
        return r;
}

/* "key": value */
static int read_member(struct doc *d, json_t *object)
{
        json_auto_t *copy = NULL;
        json_t *value = NULL;
        size_t start = d->at;
        struct span key;
        int r;

        if (peek(d) != '"')
                return fail_expected(d, "a key");
        if (json_object_size(object) >= LIMIT_CONFIG_LIST)
                return fail(d, d->at, E2BIG, "more than %u members", LIMIT_CONFIG_LIST);
        r = read_string(d, &key);
        if (r < 0)
                return r;
        if (json_object_getn(object, key.p, key.n))
                return fail(d, start, EINVAL, "duplicate key \"%.*s\"", (int)key.n, key.p);
        if (key.p == d->scratch) { /* the value's strings will overwrite it */
                copy = json_stringn_nocheck(key.p, key.n);
                if (!copy)
                        return fail_memory(d);
                key.p = json_string_value(copy);
        }
        skip_space(d);
        if (peek(d) != ':')
                return fail_expected(d, "':'");
        d->at++;
        skip_space(d);
        r = read_value(d, &value);
        if (r < 0)
                return r;
        if (json_object_setn_new_nocheck(object, key.p, key.n, value) < 0) /* frees the value */
                return fail_memory(d);
        return 0;
}

static int read_object(struct doc *d, json_t **ret)
{
        json_auto_t *object = json_object();
        int r = 0;

        if (!object)
                return fail_memory(d);
        r = enter(d);
        if (r < 0)
                return r;
        if (peek(d) == '}') {
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
static int read_value(struct doc *d, json_t **ret)
{
        struct span s;
        int r;

        switch (peek(d)) {
        case '{':
                return read_object(d, ret);
        case '[':
                return read_array(d, ret);
        case '"':
                r = read_string(d, &s);
                if (r < 0)
                        return r;
                *ret = json_stringn_nocheck(s.p, s.n); /* read_string has checked the UTF-8 */
                return *ret ? 0 : fail_memory(d);
        case 't':
                return read_word(d, "true", json_true(), ret);
        case 'f':
                return read_word(d, "false", json_false(), ret);
        case 'n':
                return read_word(d, "null", json_null(), ret);
        default:
                if (is_digit(peek(d)) || peek(d) == '-')
                        return read_number(d, ret);
                return fail_expected(d, "a value");
        }
}

int config_document_read(const struct sys *sys, const char *text, size_t len, json_t **ret, struct err *err)
{
        SCOPED_MEM scratch = {sys, NULL};
        struct doc d = {.sys = sys, .text = (const unsigned char *)text, .len = len, .err = err};
        json_auto_t *root = NULL;
        int r;

        if (len > LIMIT_CONFIG_BYTES)
                return fail(&d, 0, E2BIG, "the document has %zu bytes, more than %u", len,
                            LIMIT_CONFIG_BYTES);
        skip_space(&d);
        if (peek(&d) != '{')
                return fail_expected(&d, "an object");
        r = read_object(&d, &root);
        scratch.ptr = d.scratch;
        if (r < 0)
                return r;
        skip_space(&d);
        if (d.at < d.len)
                return fail_expected(&d, "the end of the document");
        *ret = json_incref(root);
        return 0;
}
