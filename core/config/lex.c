/* See lex.h. */
#include "core/config/lex.h"

#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "core/base/err.h"
#include "core/base/limits.h"
#include "core/sys.h"

static void position(const struct config_lexer *d, size_t off, char *buf, size_t size)
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

int config_lex_fail(const struct config_lexer *d, size_t off, int errnum, const char *fmt, ...)
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

int config_lex_no_memory(const struct config_lexer *d)
{
        return config_lex_fail(d, d->at, ENOMEM, "no memory for the document");
}

int config_lex_expected(const struct config_lexer *d, const char *what)
{
        if (d->at >= d->len)
                return config_lex_fail(d, d->len, EINVAL, "the document ends where %s is expected", what);
        if (d->text[d->at] == '\0')
                return config_lex_fail(d, d->at, EINVAL, "NUL byte where %s is expected", what);
        if (d->text[d->at] > 0x20 && d->text[d->at] < 0x7f)
                return config_lex_fail(d, d->at, EINVAL, "'%c' where %s is expected", d->text[d->at], what);
        return config_lex_fail(d, d->at, EINVAL, "byte 0x%02x where %s is expected", d->text[d->at], what);
}

void config_lex_space(struct config_lexer *d)
{
        while (d->at < d->len && memchr(" \t\n\r", d->text[d->at], 4))
                d->at++;
}

/* --- strings --- */

/* Bytes of the well-formed UTF-8 sequence at p (RFC 3629: shortest, no surrogates), 0 if there is none. */
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

bool config_is_utf8(const char *s)
{
        size_t left = strlen(s), n;

        for (; left > 0; s += n, left -= n)
                if ((n = utf8_length((const unsigned char *)s, left)) == 0)
                        return false;
        return true;
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
static int plain_length(const struct config_lexer *d)
{
        size_t n;

        if (d->at >= d->len)
                return config_lex_fail(d, d->len, EINVAL, "the document ends inside a string");
        if (d->text[d->at] >= 0x20 && d->text[d->at] < 0x80)
                return 1;
        if (d->text[d->at] == '\0')
                return config_lex_fail(d, d->at, EINVAL, "NUL byte in a string");
        if (d->text[d->at] < 0x20)
                return config_lex_fail(d, d->at, EINVAL, "control character 0x%02x in a string",
                                       d->text[d->at]);
        n = utf8_length(d->text + d->at, d->len - d->at);
        if (n == 0)
                return config_lex_fail(d, d->at, EINVAL, "malformed UTF-8");
        return (int)n;
}

/* XXXX of \uXXXX: the value, or -1. */
static int32_t hex4(const struct config_lexer *d, size_t off)
{
        int32_t v = 0;

        if (d->len < 4 || off > d->len - 4)
                return -1;
        for (size_t i = off; i < off + 4; i++) {
                unsigned char c = d->text[i];
                if (config_is_digit(c))
                        v = v * 16 + c - '0';
                else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
                        v = v * 16 + (c | 0x20) - 'a' + 10;
                else
                        return -1;
        }
        return v;
}

/* \uXXXX, or two of them that make one character beyond 0xffff. d->at stands on the backslash. */
static int read_unicode(struct config_lexer *d, char out[4])
{
        int32_t c = hex4(d, d->at + 2), low;

        if (c < 0)
                return config_lex_fail(d, d->at, EINVAL, "\\u without four hexadecimal digits");
        if (c == 0)
                return config_lex_fail(d, d->at, EINVAL, "\\u0000: no string of a config may have a NUL");
        if (c >= 0xdc00 && c <= 0xdfff)
                return config_lex_fail(d, d->at, EINVAL,
                                       "the second half of a surrogate pair without the first");
        if (c >= 0xd800 && c <= 0xdbff) {
                bool pair = d->len - d->at >= 12 && d->text[d->at + 6] == '\\' && d->text[d->at + 7] == 'u';
                low = pair ? hex4(d, d->at + 8) : -1;
                if (low < 0xdc00 || low > 0xdfff)
                        return config_lex_fail(d, d->at, EINVAL,
                                               "the first half of a surrogate pair without the second");
                c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
                d->at += 6;
        }
        d->at += 6;
        return (int)utf8_encode((uint32_t)c, out);
}

static int read_escape(struct config_lexer *d, char out[4])
{
        static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
        const char *p;

        if (d->at + 1 >= d->len)
                return config_lex_fail(d, d->len, EINVAL, "the document ends inside a string");
        if (d->text[d->at + 1] == 'u')
                return read_unicode(d, out);
        p = d->text[d->at + 1] ? strchr(from, d->text[d->at + 1]) : NULL;
        if (!p)
                return config_lex_fail(d, d->at, EINVAL, "unknown escape in a string");
        out[0] = to[p - from];
        d->at += 2;
        return 1;
}

static int fail_long(const struct config_lexer *d, size_t start)
{
        return config_lex_fail(d, start, E2BIG, "a string of more than %u bytes", LIMIT_CONFIG_STRING);
}

/* A string with escapes. start is its first byte after the quote, d->at the first backslash. */
static int read_escaped(struct config_lexer *d, size_t start, struct config_span *ret)
{
        size_t n = d->at - start;
        char *buf;

        if (!d->scratch) /* decoding never adds bytes; one character, 4 bytes, may pass the limit before it is
                            seen */
                d->scratch = d->sys->op->alloc(
                        d->sys, (d->len < LIMIT_CONFIG_STRING ? d->len : LIMIT_CONFIG_STRING) + 4);
        buf = d->scratch;
        if (!buf)
                return config_lex_no_memory(d);
        memcpy(buf, d->text + start, n);
        while (config_lex_peek(d) != '"') {
                int r;
                if (config_lex_peek(d) == '\\') {
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
        *ret = (struct config_span){buf, n};
        return 0;
}

int config_lex_string(struct config_lexer *d, struct config_span *ret)
{
        size_t start = ++d->at;

        while (config_lex_peek(d) != '"') {
                int r;
                if (d->at - start > LIMIT_CONFIG_STRING)
                        return fail_long(d, start - 1);
                if (config_lex_peek(d) == '\\')
                        return read_escaped(d, start, ret);
                r = plain_length(d);
                if (r < 0)
                        return r;
                d->at += (size_t)r;
        }
        if (d->at - start > LIMIT_CONFIG_STRING)
                return fail_long(d, start - 1);
        *ret = (struct config_span){(const char *)d->text + start, d->at - start};
        d->at++;
        return 0;
}
