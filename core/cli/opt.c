#include "core/cli/opt.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "core/base/err.h"
#include "core/base/nearest.h"

#define WORD_MAX NEAREST_WORD_MAX

static int unknown(const char *typed, const char *name, const struct opt_spec *specs, size_t n,
                   struct err *err)
{
        const char *near = NULL;
        size_t best = strlen(name) / 3 + 2;

        for (size_t i = 0; i < n; i++) {
                size_t d = nearest_distance(name, specs[i].name);
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
