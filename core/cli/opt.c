#include "core/cli/opt.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "core/base/err.h"

#define WORD_MAX 64

static size_t min3(size_t a, size_t b, size_t c)
{
        size_t m = a < b ? a : b;

        return m < c ? m : c;
}

/* Optimal string alignment: insert, delete, replace, swap of neighbours cost 1 each. */
static size_t distance(const char *a, const char *b)
{
        size_t la = strlen(a), lb = strlen(b);
        size_t d[3][WORD_MAX + 1];

        if (la > WORD_MAX || lb > WORD_MAX)
                return la > lb ? la : lb;
        for (size_t j = 0; j <= lb; j++)
                d[0][j] = j;
        for (size_t i = 1; i <= la; i++) {
                size_t *cur = d[i % 3], *prev = d[(i + 2) % 3], *prev2 = d[(i + 1) % 3];
                cur[0] = i;
                for (size_t j = 1; j <= lb; j++) {
                        cur[j] = min3(prev[j] + 1, cur[j - 1] + 1, prev[j - 1] + (a[i - 1] != b[j - 1]));
                        if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
                            prev2[j - 2] + 1 < cur[j])
                                cur[j] = prev2[j - 2] + 1;
                }
        }
        return d[la % 3][lb];
}

const char *opt_nearest(const char *word, const char *const *words, size_t n)
{
        const char *best = NULL;
        size_t best_d = strlen(word) / 3 + 2;

        for (size_t i = 0; i < n; i++) {
                size_t d = distance(word, words[i]);
                if (d < best_d) {
                        best_d = d;
                        best = words[i];
                }
        }
        return best;
}

static int unknown(const char *typed, const char *name, const struct opt_spec *specs, size_t n,
                   struct err *err)
{
        const char *near = NULL;
        size_t best = strlen(name) / 3 + 2;

        for (size_t i = 0; i < n; i++) {
                size_t d = distance(name, specs[i].name);
                if (d < best) {
                        best = d;
                        near = specs[i].name;
                }
        }
        if (near)
                return err_set(err, EINVAL, "options", typed, "unknown option; did you mean --%s?", near);
        return err_set(err, EINVAL, "options", typed, "unknown option; --help lists them");
}

static int long_option(struct opt_iter *it, const struct opt_spec *specs, size_t n, const char **ret_value,
                       struct err *err)
{
        const char *typed = it->argv[it->at], *eq = strchr(typed, '=');
        size_t len = eq ? (size_t)(eq - typed) - 2 : strlen(typed) - 2;
        char name[WORD_MAX + 1];

        snprintf(name, sizeof(name), "%.*s", (int)(len < WORD_MAX ? len : WORD_MAX), typed + 2);
        for (size_t i = 0; i < n; i++) {
                if (strcmp(specs[i].name, name) != 0)
                        continue;
                if (!specs[i].arg && eq)
                        return err_set(err, EINVAL, "options", typed, "--%s takes no value", name);
                if (specs[i].arg && !eq && it->at + 1 >= it->argc)
                        return err_set(err, EINVAL, "options", typed, "needs a value: --%s %s", name,
                                       specs[i].arg);
                *ret_value = !specs[i].arg ? NULL : eq ? eq + 1 : it->argv[++it->at];
                it->at++;
                return (int)i;
        }
        return unknown(typed, name, specs, n, err);
}

static int short_option(struct opt_iter *it, const struct opt_spec *specs, size_t n, const char **ret_value,
                        struct err *err)
{
        const char *typed = it->argv[it->at];

        for (size_t i = 0; i < n; i++) {
                if (!specs[i].letter || specs[i].letter != typed[1])
                        continue;
                if (!specs[i].arg && typed[2])
                        return err_set(err, EINVAL, "options", typed, "-%c takes no value; write flags apart",
                                       typed[1]);
                if (specs[i].arg && !typed[2] && it->at + 1 >= it->argc)
                        return err_set(err, EINVAL, "options", typed, "needs a value: -%c %s", typed[1],
                                       specs[i].arg);
                *ret_value = !specs[i].arg ? NULL : typed[2] ? typed + 2 : it->argv[++it->at];
                it->at++;
                return (int)i;
        }
        return unknown(typed, typed + 1, specs, n, err);
}

int opt_next(struct opt_iter *it, const struct opt_spec *specs, size_t n, const char **ret_value,
             struct err *err)
{
        const char *arg;

        if (it->at >= it->argc)
                return OPT_END;
        arg = it->argv[it->at];
        if (strcmp(arg, "--") == 0) {
                it->at++;
                return OPT_END;
        }
        if (arg[0] != '-' || arg[1] == '\0') /* "-" is an operand: standard input */
                return OPT_END;
        return arg[1] == '-' ? long_option(it, specs, n, ret_value, err)
                             : short_option(it, specs, n, ret_value, err);
}

bool opt_next_value(struct opt_iter *it, const struct opt_spec *specs, size_t n, size_t which, const char **ret_value)
{
        const char *value;
        int opt;

        while ((opt = opt_next(it, specs, n, &value, NULL)) >= 0)
                if ((size_t)opt == which) {
                        *ret_value = value;
                        return true;
                }
        return false;
}

size_t opt_help(const struct opt_spec *specs, size_t n, char *buf, size_t size)
{
        size_t at = 0;

        if (size)
                buf[0] = '\0';
        for (size_t i = 0; i < n; i++) {
                char left[2 * WORD_MAX], letter[6] = "    ";
                if (specs[i].letter)
                        snprintf(letter, sizeof(letter), "-%c, ", specs[i].letter);
                snprintf(left, sizeof(left), "%s--%s%s%s", letter, specs[i].name, specs[i].arg ? " " : "",
                         specs[i].arg ? specs[i].arg : "");
                int w = snprintf(at < size ? buf + at : NULL, at < size ? size - at : 0, "  %-30s %s\n", left,
                                 specs[i].help);
                at += w > 0 ? (size_t)w : 0;
        }
        return at;
}
