#include "tests/mutants/tokens.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *skip_blank(const char *p, const char *begin)
{
        for (;;) {
                bool fresh = p == begin || p[-1] == '\n';
                while (*p == ' ' || *p == '\t')
                        p++;
                if (*p == '\n') {
                        p++;
                } else if (p[0] == '/' && p[1] == '*') {
                        const char *end = strstr(p + 2, "*/");
                        p = end ? end + 2 : p + strlen(p);
                } else if ((p[0] == '/' && p[1] == '/') || (*p == '#' && fresh)) {
                        while (*p && *p != '\n')
                                p += p[0] == '\\' && p[1] ? 2 : 1;
                } else {
                        return p;
                }
        }
}

static size_t text_length(const char *p)
{
        size_t n = 1;

        while (p[n] && p[n] != *p)
                n += p[n] == '\\' && p[n + 1] ? 2 : 1;
        return n + (p[n] != '\0');
}

static size_t mark_length(const char *p)
{
        static const char *const marks[] = {"<<=", ">>=", "...", "->", "++", "--", "<<", ">>", "<=", ">=", "==", "!=", "&&",
                                            "||",  "+=",  "-=",  "*=", "/=", "%=", "&=", "^=", "|=", "##"};

        for (size_t i = 0; i < sizeof(marks) / sizeof(*marks); i++)
                if (strncmp(p, marks[i], strlen(marks[i])) == 0)
                        return strlen(marks[i]);
        return 1;
}

static struct token next(const char *p)
{
        struct token t = {.kind = TOKEN_MARK, .function = TOKEN_NONE};

        if (isalpha((unsigned char)*p) || *p == '_') {
                t.kind = TOKEN_WORD;
                while (isalnum((unsigned char)p[t.len]) || p[t.len] == '_')
                        t.len++;
        } else if (isdigit((unsigned char)*p)) {
                t.kind = TOKEN_NUMBER;
                while (isalnum((unsigned char)p[t.len]) || p[t.len] == '.')
                        t.len++;
        } else if (*p == '"' || *p == '\'') {
                t.kind = TOKEN_TEXT;
                t.len = text_length(p);
        } else {
                t.len = mark_length(p);
        }
        return t;
}

static void add(struct tokens *t, struct token token)
{
        if ((t->n & (t->n + 1)) == 0) { /* grows at 0, 1, 3, 7 ... */
                t->item = realloc(t->item, (2 * t->n + 2) * sizeof(*t->item));
                if (!t->item)
                        abort();
        }
        t->item[t->n++] = token;
}

bool token_is(const struct tokens *t, size_t i, const char *text)
{
        return i < t->n && t->item[i].len == strlen(text) && memcmp(t->text + t->item[i].at, text, t->item[i].len) == 0;
}

/* Sets partners, depths, and whose body each token is in. */
static bool match(struct tokens *t)
{
        size_t open[256], n = 0, function = TOKEN_NONE;
        unsigned depth = 0;

        for (size_t i = 0; i < t->n; i++) {
                struct token *k = &t->item[i];
                k->partner = i;
                if (token_is(t, i, "}"))
                        depth--;
                k->depth = depth;
                if (depth == 0 && token_is(t, i, "{"))
                        function = i > 0 && token_is(t, i - 1, ")") ? t->item[i - 1].partner - 1 : TOKEN_NONE;
                k->function = depth > 0 ? function : TOKEN_NONE;
                if (k->kind != TOKEN_MARK || k->len != 1)
                        continue;
                if (strchr("({[", t->text[k->at])) {
                        if (n == sizeof(open) / sizeof(*open))
                                return false;
                        open[n++] = i;
                        depth += token_is(t, i, "{");
                } else if (strchr(")}]", t->text[k->at])) {
                        if (n == 0)
                                return false;
                        k->partner = open[--n];
                        t->item[k->partner].partner = i;
                }
        }
        return n == 0;
}

bool tokens_read(const char *text, struct tokens *ret)
{
        struct tokens t = {.text = text};

        for (const char *p = skip_blank(text, text); *p; p = skip_blank(p, text)) {
                struct token token = next(p);
                token.at = (size_t)(p - text);
                add(&t, token);
                p += token.len;
        }
        if (!match(&t)) {
                tokens_free(&t);
                return false;
        }
        *ret = t;
        return true;
}

void tokens_free(struct tokens *t)
{
        free(t->item);
        *t = (struct tokens){0};
}
