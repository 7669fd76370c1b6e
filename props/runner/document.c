/* Random documents for PT_TEXT properties: known ones, spliced and damaged. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "props/runner/server.h"

#define DOCUMENT_MAX 65536u

/* clang-format off */
/* What parsers of text trip over. */
static const char *const tokens[] = {
        "{", "}", "[", "]", "\"", ":", ",", "null", "true", "false", "0", "-1", "1.5", "1e9", "-0",
        "\\", "\\u0000", "\\ud800", "\xc3", "\xff", " ", "\n", "/", "..", "{}", "[]", "\"\"", "\"a\":",
        "4294967295", "4294967296", "2147483648", "9223372036854775807", "9223372036854775808",
        "18446744073709551615", "18446744073709551616",
};
/* clang-format on */

struct text {
        uint8_t p[DOCUMENT_MAX];
        size_t len;
};

static size_t below(struct pt_source_prng *prng, size_t n)
{
        return n ? pt_prng_next(prng) % n : 0;
}

/* Replaces n bytes at `at` by others; what does not fit is left out. */
static void replace(struct text *t, size_t at, size_t n, const void *by, size_t by_len)
{
        if (t->len - n + by_len > sizeof(t->p))
                return;
        memmove(t->p + at + by_len, t->p + at + n, t->len - at - n);
        memcpy(t->p + at, by, by_len);
        t->len = t->len - n + by_len;
}

/* A token, or a piece of another document. */
static void replace_by_any(const struct server_job *job, struct pt_source_prng *prng, struct text *t,
                           size_t at, size_t n)
{
        const char *token = tokens[below(prng, sizeof(tokens) / sizeof(*tokens))];
        const struct tool_data *other = job->ntexts ? &job->texts[below(prng, job->ntexts)] : NULL;

        if (!other || other->len == 0 || below(prng, 3) > 0) {
                replace(t, at, n, token, strlen(token));
                return;
        }
        size_t from = below(prng, other->len), len = below(prng, other->len - from);
        replace(t, at, n, other->p + from, len < 64 ? len : 64);
}

static void change(const struct server_job *job, struct pt_source_prng *prng, struct text *t)
{
        size_t at = below(prng, t->len + 1), n = below(prng, t->len - at + 1);
        uint8_t piece[64];

        if (n > sizeof(piece))
                n = below(prng, sizeof(piece)) + 1;
        memcpy(piece, t->p + at, n);
        switch (below(prng, 6)) {
        case 0:
                replace(t, at, n, "", 0);
                break;
        case 1: /* the same twice: duplicate keys, longer lists */
                replace(t, at, 0, piece, n);
                break;
        case 2:
                if (at < t->len)
                        t->p[at] ^= (uint8_t)(1u << below(prng, 8));
                break;
        case 3: /* a number by another */
                while (at < t->len && (t->p[at] < '0' || t->p[at] > '9'))
                        at++;
                for (n = 0; at + n < t->len && t->p[at + n] >= '0' && t->p[at + n] <= '9';)
                        n++;
                replace_by_any(job, prng, t, at, n);
                break;
        case 4:
                replace_by_any(job, prng, t, at, n);
                break;
        default:
                replace_by_any(job, prng, t, at, 0);
                break;
        }
}

void server_document(const struct server_job *job, struct pt_source_prng *prng, struct tool_data *ret_text)
{
        struct text *t = malloc(sizeof(*t));

        if (!t) {
                fprintf(stderr, "initlab: out of memory\n");
                abort();
        }
        t->len = 0;
        if (job->ntexts) {
                const struct tool_data *from = &job->texts[below(prng, job->ntexts)];
                t->len = from->len < sizeof(t->p) ? from->len : sizeof(t->p);
                memcpy(t->p, from->p, t->len);
        }
        for (size_t n = below(prng, job->ntexts ? 9 : 33); n > 0; n--)
                change(job, prng, t);
        *ret_text = (struct tool_data){malloc(t->len + 1), t->len};
        if (!ret_text->p)
                abort();
        memcpy(ret_text->p, t->p, t->len);
        free(t);
}
