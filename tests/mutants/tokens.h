/* The tokens of a C file, as far as mechanical changes need them: no macros expanded, no grammar. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum token_kind { TOKEN_WORD, TOKEN_NUMBER, TOKEN_TEXT, TOKEN_MARK };

struct token {
        enum token_kind kind;
        size_t at, len;   /* bytes of the file */
        unsigned depth;   /* of braces around it; those of a body are inside */
        size_t partner;   /* of a bracket: the index of the other one; else its own */
        size_t function;  /* the index of the name of the function whose body it is in; NONE */
};
#define TOKEN_NONE ((size_t)-1)

struct tokens {
        const char *text; /* borrowed, NUL-terminated */
        struct token *item; /* by malloc: tokens_free */
        size_t n;
};

/* Comments and preprocessor lines are left out. False: brackets don't match. Ends the program without memory. */
bool tokens_read(const char *text, struct tokens *ret);
void tokens_free(struct tokens *t);

/* The token is this text. False beyond the end. */
bool token_is(const struct tokens *t, size_t i, const char *text);
