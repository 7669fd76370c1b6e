/*
 * Command lines and the words that somebody may have meant: options against a reading of their own by GNU's conventions,
 * distances against the definition of Damerau and Levenshtein.
 *
 * Targets: opt_next, opt_next_value, nearest_distance, nearest_word.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "core/base/err.h"
#include "core/base/nearest.h"
#include "core/cli/opt.h"
#include "props/pt.h"

/* --- distances --- */

#define WORD 9

/* By the definition, from the ends of both words, each answer kept. */
static size_t distance(const char *a, size_t i, const char *b, size_t j, size_t known[WORD + 1][WORD + 1])
{
        if (i == 0 || j == 0)
                return i + j;
        if (known[i][j])
                return known[i][j] - 1;
        size_t best = distance(a, i - 1, b, j, known) + 1, d = distance(a, i, b, j - 1, known) + 1;
        best = d < best ? d : best;
        d = distance(a, i - 1, b, j - 1, known) + (a[i - 1] != b[j - 1]);
        best = d < best ? d : best;
        if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
                d = distance(a, i - 2, b, j - 2, known) + 1;
                best = d < best ? d : best;
        }
        known[i][j] = best + 1;
        return best;
}

static size_t model_distance(const char *a, const char *b)
{
        size_t known[WORD + 1][WORD + 1] = {0};

        return distance(a, strlen(a), b, strlen(b), known);
}

static char *draw_long(pt *t, const char *word)
{
        size_t n = NEAREST_WORD_MAX - 2 + pt_below(t, 5), len = strlen(word);
        char *s = pt_alloc(t, n + len + 1);

        memset(s, 'x', n);
        strcpy(s + n - (n > len ? len : 0), word);
        return s;
}

PT_PROPERTY(nearest, .about = "the nearest word is the nearest by the definition of Damerau and Levenshtein", .cases = 5000)
{
        const char *words[6], *word = pt_cstr(t, "abc", WORD), *best = NULL;
        size_t n = 0, best_d = 0;

        PT_REPEAT(t, 0, 6)
                words[n++] = pt_cstr(t, "abc", WORD);
        for (size_t i = 0; i < n; i++) {
                size_t d = model_distance(word, words[i]);
                PT_ASSERT(t, nearest_distance(word, words[i]) == d && nearest_distance(words[i], word) == d);
                if (d <= strlen(word) / 3 + 1 && (!best || d < best_d)) {
                        best = words[i];
                        best_d = d;
                }
        }
        PT_ASSERT(t, nearest_word(word, words, n) == best);
        /* Of long ones the length alone is looked at; of those that just fit all of it. */
        char *a = draw_long(t, word), *b = draw_long(t, n ? words[0] : "b");
        size_t d = nearest_distance(a, b), la = strlen(a), lb = strlen(b), longer = la > lb ? la : lb;
        PT_ASSERT(t, d <= longer && d >= longer - (la < lb ? la : lb));
        if (longer > NEAREST_WORD_MAX)
                PT_ASSERT(t, d == longer);
        else
                PT_ASSERT(t, d <= 2 * WORD + 4);
        PT_SOMETIMES(t, best && best_d == 1, "a word that is near");
        PT_SOMETIMES(t, n > 3 && !best, "none is");
        PT_SOMETIMES(t, longer == NEAREST_WORD_MAX, "as long as a word can be");
}

/* --- command lines --- */

static const struct opt_spec specs[] = {
        {"root", 'r', "DIR", "a"}, {"force", 'f', NULL, "b"}, {"log", 0, "FILE", "c"}, {"all", 0, NULL, "d"},
        {"log-format", 'l', "F", "e"},
};
#define SPECS (sizeof(specs) / sizeof(specs[0]))

struct reading {
        int index; /* of specs, OPT_END or -EINVAL */
        const char *value;
        int at; /* afterwards */
};

static int by_name(const char *name, size_t n)
{
        for (size_t i = 0; i < SPECS; i++)
                if (strlen(specs[i].name) == n && memcmp(specs[i].name, name, n) == 0)
                        return (int)i;
        return -EINVAL;
}

static int by_letter(char c)
{
        const char *at = c ? strchr("rf??l", c) : NULL;

        return !at || c == '?' ? -EINVAL : (int)(at - "rf??l");
}

static struct reading read_one(int argc, char *const *argv, int at)
{
        struct reading no = {.index = -EINVAL, .at = at}, end = {.index = OPT_END, .at = at};
        bool longer = at < argc && strncmp(argv[at], "--", 2) == 0;
        const char *attached = NULL;

        if (at == argc || argv[at][0] != '-' || !argv[at][1])
                return end;
        if (strcmp(argv[at], "--") == 0) {
                end.at++;
                return end;
        }
        struct reading r = {.at = at + 1};
        if (longer) {
                r.index = by_name(argv[at] + 2, strcspn(argv[at] + 2, "="));
                attached = strchr(argv[at], '=') ? strchr(argv[at], '=') + 1 : NULL;
        } else {
                r.index = by_letter(argv[at][1]);
                attached = argv[at][2] ? argv[at] + 2 : NULL;
        }
        if (r.index < 0 || (!specs[r.index].arg && attached))
                return no;
        if (!specs[r.index].arg)
                return r;
        r.value = attached;
        if (!attached && r.at == argc)
                return no;
        if (!attached)
                r.value = argv[r.at++];
        return r;
}

static char *draw_argument(pt *t)
{
        static const char *const usual[] = {"--root",   "--root=/a", "-r",     "-r/a",   "--force", "-f",       "--log",
                                            "--log=",   "--all",     "--all=", "-fx",    "--",      "-",        "",
                                            "a",        "--roo",     "-x",     "--log-format",      "-l",
                                            "--log-format=json",
                                            "--forced", "--ALL",     "-rf",    "--logs", "--=",     "-=",       "---force"};
        char *text = pt_alloc(t, 200);

        if (pt_bool(t) && pt_bool(t)) {
                const char *name = pt_cstr(t, "rotflgea=-", 6); /* one draw a statement: C leaves their order open */
                snprintf(text, 200, "--%s%s", name, pt_bool(t) ? pt_cstr(t, "x", 120) : "");
                return text;
        }
        return strcpy(text, usual[pt_below(t, sizeof(usual) / sizeof(usual[0]))]);
}

static void judge_refused(pt *t, const struct err *err, const char *typed)
{
        char name[256] = "", *cut;
        const char *near = strstr(err->msg, "did you mean --");
        size_t best = SIZE_MAX;

        PT_ASSERT(t, err->errnum == EINVAL && strcmp(err->step, "options") == 0 && strcmp(err->place, typed) == 0);
        snprintf(name, sizeof(name), "%.*s", NEAREST_WORD_MAX, typed + (typed[1] == '-' ? 2 : 1));
        if ((cut = typed[1] == '-' ? strchr(name, '=') : NULL))
                *cut = '\0';
        bool known = typed[1] == '-' ? by_name(name, strlen(name)) >= 0 : by_letter(typed[1]) >= 0;
        for (size_t i = 0; i < SPECS; i++) {
                size_t d = nearest_distance(name, specs[i].name);
                best = d < best ? d : best;
        }
        PT_ASSERT(t, !known || !near);
        PT_ASSERT(t, known || (near != NULL) == (best <= strlen(name) / 3 + 1));
        if (near) {
                char word[64];
                PT_ASSERT(t, sscanf(near, "did you mean --%63[a-z-]?", word) == 1);
                PT_ASSERT(t, by_name(word, strlen(word)) >= 0 && nearest_distance(name, word) == best);
        }
        PT_SOMETIMES(t, near, "an option that somebody may have meant");
        PT_SOMETIMES(t, known && strstr(err->msg, "no value"), "a flag with a value");
        PT_SOMETIMES(t, known && strstr(err->msg, "needs a value"), "a value that is missing");
}

PT_PROPERTY(options, .about = "command lines are read by GNU's conventions, what is refused is named", .cases = 5000)
{
        char *argv[12] = {"labrun"};
        int argc = 1, at = 1;
        struct opt_iter it = {.argv = argv, .at = 1}, values;

        PT_REPEAT(t, 0, 11)
                argv[argc++] = draw_argument(t);
        it.argc = argc;
        values = it;
        for (;;) {
                const char *value = "untouched", *again = "untouched";
                struct err err = ERR_INIT;
                struct reading r = read_one(argc, argv, at);
                int got = opt_next(&it, specs, SPECS, &value, &err);
                PT_ASSERT(t, got == r.index);
                if (got < 0 && got != OPT_END) {
                        judge_refused(t, &err, argv[at]);
                        PT_ASSERT(t, strcmp(value, "untouched") == 0 && it.at == at);
                        return;
                }
                PT_ASSERT(t, it.at == r.at && err.errnum == 0);
                if (got == OPT_END) {
                        PT_ASSERT(t, !opt_next_value(&values, specs, SPECS, 0, &again) && strcmp(again, "untouched") == 0);
                        PT_SOMETIMES(t, it.at < argc && strcmp(argv[it.at - 1], "--") == 0, "an operand after --");
                        return;
                }
                PT_ASSERT(t, value == r.value);
                if (got == 0) /* the next --root, wherever it is */
                        PT_ASSERT(t, opt_next_value(&values, specs, SPECS, 0, &again) && again == value && values.at == it.at);
                at = r.at;
                PT_SOMETIMES(t, at == 6, "some options");
        }
}
