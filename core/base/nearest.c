#include "core/base/nearest.h"

#include <string.h>

static size_t min3(size_t a, size_t b, size_t c)
{
        size_t m = a < b ? a : b;

        return m < c ? m : c;
}

/* Optimal string alignment: insert, delete, replace, swap of neighbours cost 1 each. */
size_t nearest_distance(const char *a, const char *b)
{
        size_t la = strlen(a), lb = strlen(b);
        size_t d[3][NEAREST_WORD_MAX + 1];

        if (la > NEAREST_WORD_MAX || lb > NEAREST_WORD_MAX)
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

const char *nearest_word(const char *word, const char *const *words, size_t n)
{
        const char *best = NULL;
        size_t best_d = strlen(word) / 3 + 2;

        for (size_t i = 0; i < n; i++) {
                size_t d = nearest_distance(word, words[i]);
                if (d < best_d) {
                        best_d = d;
                        best = words[i];
                }
        }
        return best;
}
