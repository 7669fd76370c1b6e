#include "tests/mutants/rows.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "props/tool/tool.h"

/* Its first line, and the number of that. */
static void locate(struct row *row, const char *text)
{
        const char *begin = text + row->mutant.at, *end = begin + strcspn(begin, "\n");

        while (begin > text && begin[-1] != '\n')
                begin--;
        row->number = 1;
        for (const char *p = text; p < begin; p++)
                row->number += *p == '\n';
        begin += strspn(begin, " \t");
        row->line = strndup(begin, (size_t)(end - begin));
        if (!row->line)
                abort();
}

static bool taken(const struct rows *rows, const char *id)
{
        for (size_t i = 0; i < rows->n; i++)
                if (strcmp(rows->item[i].id, id) == 0)
                        return true;
        return false;
}

static void name(const struct rows *rows, struct row *row)
{
        char digest[33], *key;

        for (unsigned same = 0;; same++) {
                int n = asprintf(&key, "%s %s %d %s %s %u", row->path, row->function, row->mutant.kind, row->line,
                                 row->mutant.with, same);
                if (n < 0)
                        abort();
                tool_digest(key, (size_t)n, digest);
                free(key);
                snprintf(row->id, sizeof(row->id), "%.16s", digest);
                if (!taken(rows, row->id))
                        return;
        }
}

bool rows_add(struct rows *rows, const char *path, const char *text)
{
        struct tokens tokens;
        struct mutants mutants;

        if (!tokens_read(text, &tokens))
                return false;
        mutants_of(&tokens, &mutants);
        rows->item = realloc(rows->item, (rows->n + mutants.n + 1) * sizeof(*rows->item));
        if (!rows->item)
                abort();
        for (size_t i = 0; i < mutants.n; i++) {
                struct row row = {.path = path, .mutant = mutants.item[i], .function = "-"};
                size_t f = row.mutant.function;
                if (f != TOKEN_NONE)
                        snprintf(row.function, sizeof(row.function), "%.*s", (int)tokens.item[f].len,
                                 text + tokens.item[f].at);
                locate(&row, text);
                name(rows, &row);
                rows->item[rows->n++] = row;
        }
        free(mutants.item); /* the replacements are the rows' now */
        tokens_free(&tokens);
        return true;
}

static int by_order(const void *a, const void *b)
{
        const struct row *x = a, *y = b;

        return x->order != y->order ? (x->order > y->order) - (x->order < y->order) : strcmp(x->id, y->id);
}

void rows_sample(struct rows *rows, const char *seed, size_t n)
{
        size_t at[MUTATION__COUNT] = {0};
        struct rows chosen = {malloc((rows->n + 1) * sizeof(*rows->item)), 0};

        if (!chosen.item)
                abort();
        for (size_t i = 0; i < rows->n; i++) {
                char key[256], digest[33];
                snprintf(key, sizeof(key), "%s %s", seed, rows->item[i].id);
                tool_digest(key, strlen(key), digest);
                digest[16] = '\0';
                rows->item[i].order = strtoull(digest, NULL, 16);
        }
        if (rows->n)
                qsort(rows->item, rows->n, sizeof(*rows->item), by_order);
        for (bool any = true; any && chosen.n < n;) {
                any = false;
                for (size_t kind = 0; kind < MUTATION__COUNT && chosen.n < n; kind++) {
                        while (at[kind] < rows->n && rows->item[at[kind]].mutant.kind != kind)
                                at[kind]++;
                        if (at[kind] == rows->n)
                                continue;
                        chosen.item[chosen.n++] = rows->item[at[kind]];
                        rows->item[at[kind]++] = (struct row){.mutant.kind = MUTATION__COUNT}; /* the chosen ones' now */
                        any = true;
                }
        }
        rows_free(rows);
        *rows = chosen;
}

static void drop(struct row *row)
{
        free(row->line);
        free(row->mutant.with);
        *row = (struct row){0};
}

void rows_keep(struct rows *rows, const char *id)
{
        size_t n = 0;

        for (size_t i = 0; i < rows->n; i++)
                if (strcmp(rows->item[i].id, id) == 0)
                        rows->item[n++] = rows->item[i];
                else
                        drop(&rows->item[i]);
        rows->n = n;
}

void rows_free(struct rows *rows)
{
        for (size_t i = 0; i < rows->n; i++)
                drop(&rows->item[i]);
        free(rows->item);
        *rows = (struct rows){0};
}
