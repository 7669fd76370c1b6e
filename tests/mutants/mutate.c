#include "tests/mutants/mutate.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const mutation_names[MUTATION__COUNT] = {"call", "negate", "step", "flag", "error", "swap"};

static size_t end_of(const struct tokens *t, size_t i)
{
        return t->item[i].at + t->item[i].len;
}

/* Replaces the tokens from..to by the text; line ends that the text lacks come behind it. */
static void add(struct mutants *m, const struct tokens *t, enum mutation kind, size_t from, size_t to, const char *fmt, ...)
        __attribute__((format(printf, 6, 7)));
static void add(struct mutants *m, const struct tokens *t, enum mutation kind, size_t from, size_t to, const char *fmt, ...)
{
        size_t at = t->item[from].at, len = end_of(t, to) - at, lines = 0;
        char *with;
        va_list ap;

        va_start(ap, fmt);
        int n = vasprintf(&with, fmt, ap);
        va_end(ap);
        for (size_t i = 0; i < len; i++)
                lines += t->text[at + i] == '\n';
        for (const char *p = with; n >= 0 && *p; p++)
                lines -= *p == '\n';
        with = n < 0 ? NULL : realloc(with, (size_t)n + lines + 1);
        m->item = realloc(m->item, (m->n + 1) * sizeof(*m->item));
        if (!with || !m->item)
                abort();
        memset(with + n, '\n', lines);
        with[(size_t)n + lines] = '\0';
        m->item[m->n++] = (struct mutant){kind, at, len, t->item[from].function, with};
}

#define SPAN(t, from, to) (int)(end_of(t, to) - (t)->item[from].at), (t)->text + (t)->item[from].at

/* A statement begins here. */
static bool begins(const struct tokens *t, size_t i)
{
        return i > 0 && t->item[i].function != TOKEN_NONE &&
               (token_is(t, i - 1, ";") || token_is(t, i - 1, "{") || token_is(t, i - 1, "}") || token_is(t, i - 1, "else"));
}

static bool one_of(const struct tokens *t, size_t i, const char *const *words, size_t n)
{
        for (size_t k = 0; k < n; k++)
                if (token_is(t, i, words[k]))
                        return true;
        return false;
}

/* The last token, ";", of the expression statement that begins at i; 0: it is none. */
static size_t statement_end(const struct tokens *t, size_t i)
{
        static const char *const others[] = {"return", "break", "continue", "goto", "if", "for", "while", "do", "switch",
                                             "case", "default", "else", "static", "const", "struct", "enum", "unsigned"};

        if (t->item[i].kind != TOKEN_WORD && !token_is(t, i, "*") && !token_is(t, i, "("))
                return 0;
        if (one_of(t, i, others, sizeof(others) / sizeof(*others)))
                return 0;
        if (t->item[i].kind == TOKEN_WORD && i + 1 < t->n && t->item[i + 1].kind == TOKEN_WORD)
                return 0; /* a declaration */
        for (; i < t->n && !token_is(t, i, ";"); i++) {
                if (token_is(t, i, "{") || token_is(t, i, "}") || token_is(t, i, ":") || token_is(t, i, ")"))
                        return 0; /* a label, the end of a block, the head of a for */
                if (t->item[i].partner > i)
                        i = t->item[i].partner;
        }
        return i;
}

static void delete_call(struct mutants *m, const struct tokens *t, size_t i)
{
        size_t from = i;

        if (token_is(t, i, "(") && token_is(t, i + 1, "void"))
                i += 3;
        while (i + 2 < t->n && (token_is(t, i + 1, "->") || token_is(t, i + 1, ".")))
                i += 2;
        if (i + 1 < t->n && t->item[i].kind == TOKEN_WORD && token_is(t, i + 1, "(") &&
            token_is(t, t->item[i + 1].partner + 1, ";") && statement_end(t, from) && !token_is(t, i, "assert"))
                add(m, t, MUTATION_CALL, from, t->item[i + 1].partner, "(void)0");
}

static void negate(struct mutants *m, const struct tokens *t, size_t i)
{
        if ((token_is(t, i, "if") || token_is(t, i, "while")) && token_is(t, i + 1, "(")) {
                size_t close = t->item[i + 1].partner;
                add(m, t, MUTATION_NEGATE, i + 2, close - 1, "!(%.*s)", SPAN(t, i + 2, close - 1));
        } else if (token_is(t, i, "?")) {
                size_t from = i; /* back to where the condition begins */
                while (from > 0 && !token_is(t, from - 1, "return") && !token_is(t, from - 1, "=") &&
                       !token_is(t, from - 1, ",") && !token_is(t, from - 1, "(") && !token_is(t, from - 1, ":") &&
                       !token_is(t, from - 1, ";") && !token_is(t, from - 1, "{"))
                        from = t->item[from - 1].partner < from - 1 ? t->item[from - 1].partner : from - 1;
                if (from < i)
                        add(m, t, MUTATION_NEGATE, from, i - 1, "!(%.*s)", SPAN(t, from, i - 1));
        }
}

static void step(struct mutants *m, const struct tokens *t, size_t i)
{
        static const char *const pairs[][2] = {{"<", "<="}, {"<=", "<"}, {">", ">="}, {">=", ">"}};

        if (t->item[i].kind == TOKEN_NUMBER && !memchr(t->text + t->item[i].at, '.', t->item[i].len)) {
                add(m, t, MUTATION_STEP, i, i, "(%.*s + 1)", SPAN(t, i, i));
                if (!token_is(t, i, "0"))
                        add(m, t, MUTATION_STEP, i, i, "(%.*s - 1)", SPAN(t, i, i));
        }
        for (size_t k = 0; k < sizeof(pairs) / sizeof(*pairs); k++)
                if (token_is(t, i, pairs[k][0]))
                        add(m, t, MUTATION_STEP, i, i, "%s", pairs[k][1]);
}

static bool is_flag(const struct tokens *t, size_t i)
{
        if (i >= t->n || t->item[i].kind != TOKEN_WORD || t->item[i].len < 2)
                return false;
        for (size_t k = 0; k < t->item[i].len; k++)
                if (islower((unsigned char)t->text[t->item[i].at + k]))
                        return false;
        return true;
}

static void drop_flag(struct mutants *m, const struct tokens *t, size_t i)
{
        if (!token_is(t, i, "|"))
                return;
        if (is_flag(t, i + 1))
                add(m, t, MUTATION_FLAG, i, i + 1, "%s", "");
        if (i > 0 && is_flag(t, i - 1))
                add(m, t, MUTATION_FLAG, i - 1, i, "%s", "");
}

/* return -EINVAL; return err_set(...); return r < 0 ? r : ...; and calls of what is named after failing. */
static void return_0(struct mutants *m, const struct tokens *t, size_t i)
{
        static const char *const makers[] = {"err_set",   "INVALID",        "config_invalid",       "config_invalid_key",
                                             "no_memory", "config_fail",    "config_lex_fail",      "config_lex_no_memory",
                                             "fail",      "config_expected", "config_lex_expected", "refuse", "bad"};
        size_t end = i;

        if (!token_is(t, i, "return"))
                return;
        while (end < t->n && !token_is(t, end, ";"))
                end++;
        bool negative = token_is(t, i + 1, "-") && is_flag(t, i + 2) && t->text[t->item[i + 2].at] == 'E';
        bool carried = end == i + 2 && (token_is(t, i + 1, "r") || token_is(t, i + 1, "rc"));
        if (negative || carried || one_of(t, i + 1, makers, sizeof(makers) / sizeof(*makers)))
                add(m, t, MUTATION_ERROR, i + 1, end - 1, "0");
}

static void swap(struct mutants *m, const struct tokens *t, size_t i)
{
        size_t end = begins(t, i) ? statement_end(t, i) : 0, second = end && end + 1 < t->n ? statement_end(t, end + 1) : 0;

        if (second)
                add(m, t, MUTATION_SWAP, i, second, "%.*s %.*s", SPAN(t, end + 1, second), SPAN(t, i, end));
        /* f(a, b: two arguments of one word each */
        if (t->item[i].kind == TOKEN_WORD && token_is(t, i + 1, ",") && i + 3 < t->n && t->item[i + 2].kind == TOKEN_WORD &&
            (token_is(t, i - 1, "(") || token_is(t, i - 1, ",")) && (token_is(t, i + 3, ",") || token_is(t, i + 3, ")")) &&
            t->item[i].function != TOKEN_NONE)
                add(m, t, MUTATION_SWAP, i, i + 2, "%.*s, %.*s", SPAN(t, i + 2, i + 2), SPAN(t, i, i));
}

void mutants_of(const struct tokens *t, struct mutants *ret)
{
        struct mutants m = {0};

        for (size_t i = 0; i < t->n; i++) {
                if (t->item[i].depth == 0)
                        continue;
                step(&m, t, i); /* in tables too */
                drop_flag(&m, t, i);
                if (t->item[i].function == TOKEN_NONE)
                        continue;
                if (begins(t, i) || (i > 0 && token_is(t, i - 1, ")")))
                        delete_call(&m, t, i);
                negate(&m, t, i);
                return_0(&m, t, i);
                swap(&m, t, i);
        }
        *ret = m;
}

void mutants_free(struct mutants *m)
{
        for (size_t i = 0; i < m->n; i++)
                free(m->item[i].with);
        free(m->item);
        *m = (struct mutants){0};
}
