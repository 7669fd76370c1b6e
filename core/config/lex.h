/*
 * The bytes of a JSON document: where one is, what is wrong there, and strings. document.c makes values of
 * it.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct err;
struct sys;

struct config_lexer {
        const struct sys *sys;
        const unsigned char *text;
        size_t len, at;
        unsigned depth;
        char *scratch; /* a string with escapes, decoded; got when the first one comes */
        struct err *err;
};

/* A decoded string: points into the text, or into the scratch buffer until the next string is read. */
struct config_span {
        const char *p;
        size_t n;
};

/* Fills the error with "line L column C" of the byte at off (lines end in \n, columns count characters). */
int config_lex_fail(const struct config_lexer *d, size_t off, int errnum, const char *fmt, ...)
        __attribute__((format(printf, 4, 5)));
int config_lex_no_memory(const struct config_lexer *d);
/* -EINVAL: the byte at the current place is none of those that may stand there. */
int config_lex_expected(const struct config_lexer *d, const char *what);

/* d->at stands on the opening quote. The span is valid until the next string is read. */
int config_lex_string(struct config_lexer *d, struct config_span *ret);
void config_lex_space(struct config_lexer *d);

/* The current byte; -1 at the end. */
static inline int config_lex_peek(const struct config_lexer *d)
{
        return d->at < d->len ? d->text[d->at] : -1;
}

/* Well-formed (RFC 3629), as every string of a document is. */
bool config_is_utf8(const char *s);

static inline bool config_is_digit(int c)
{
        return c >= '0' && c <= '9';
}
