/* The last resort: cases that are not made of the best one, but of nothing. */
#include <stdlib.h>
#include <string.h>

#include "props/shrink/passes.h"

/* Runs w->steps; true: it is the best now. What it drew is in *ret_answer unless no more can be run. */
static bool run(struct work *w, struct shrink_answer *ret_answer)
{
        struct shrink *s = w->shrink;

        if (w->stop || s->runs == s->max_runs || !s->run(s->ctx, w->steps, w->n, NULL, 0, ret_answer)) {
                w->stop = true;
                return false;
        }
        s->runs++;
        if (ret_answer->signature != 0 && ret_answer->signature != s->signature && s->met)
                s->met(s->ctx, ret_answer);
        if (ret_answer->signature != s->signature || ret_answer->trace->overflow ||
            !shrink_less(ret_answer->trace, s->best, s->trimmed))
                return false;
        pt_trace_copy(s->best, ret_answer->trace);
        return true;
}

/* --- all small cases --- */

#define SMALL_OF 14u     /* a case of more choices is not small */
#define SMALL_RUNS 3000u /* of one pass */
#define SMALL_SCOPE 2u

struct seen {
        uint64_t value[SMALL_OF], max[SMALL_OF];
        uint8_t type[SMALL_OF];
        size_t n;
};

/* The case after the one that was seen, of less than `limit` choices that are not 0 at the end. */
static bool next(struct work *w, struct seen *seen, size_t limit)
{
        size_t n = seen->n < limit ? seen->n : limit;

        while (n > 0) {
                n--;
                if (seen->value[n] + 1 >= SMALL_SCOPE || seen->value[n] >= seen->max[n])
                        continue;
                for (size_t i = 0; i < n; i++)
                        w->steps[i] = (struct pt_step){seen->value[i], seen->type[i]};
                w->steps[n] = (struct pt_step){seen->value[n] + 1, seen->type[n]};
                w->n = n + 1;
                return true;
        }
        return false;
}

/*
 * Goes through the tree of decisions by what each run drew, so it needs the runs themselves and passes the
 * cache by.
 */
bool pass_small(struct work *w)
{
        struct shrink_answer answer;
        struct seen seen;
        size_t limit = w->best->n;

        if (limit > SMALL_OF || limit == 0 || w->best->text_len > 0 || w->stop)
                return false;
        w->n = 0;
        for (size_t runs = 0; runs < SMALL_RUNS; runs++) {
                if (run(w, &answer))
                        return true;
                if (w->stop)
                        return false;
                seen.n = answer.trace->n < SMALL_OF ? answer.trace->n : SMALL_OF;
                for (size_t i = 0; i < seen.n; i++) {
                        seen.value[i] = answer.trace->choice[i].value;
                        seen.max[i] = answer.trace->choice[i].max;
                        seen.type[i] = answer.trace->choice[i].type;
                }
                if (!next(w, &seen, limit))
                        break;
        }
        return false;
}

/* --- cases of nearly nothing but zeros --- */

#define SPARSE_OF 64u     /* among so many choices */
#define SPARSE_RUNS 4096u /* of one pass */

/* Choices up to the last that is not 0 that a better case may have. */
static size_t sparse_limit(const struct work *w)
{
        size_t n = w->shrink->trimmed ? pt_trace_trimmed(w->best) : w->best->n;

        return n < SPARSE_OF ? n : SPARSE_OF;
}

/* With the first n steps given, sets up to `left` of the later ones. */
static bool sparse(struct work *w, size_t n, unsigned left, size_t *runs)
{
        struct shrink_answer answer;
        uint64_t max[SPARSE_OF];
        struct pt_step drew[SPARSE_OF];
        size_t end, limit = sparse_limit(w);

        w->n = n;
        if (++*runs > SPARSE_RUNS)
                return false;
        if (run(w, &answer))
                return true;
        if (w->stop || left == 0)
                return false;
        end = answer.trace->n < limit ? answer.trace->n : limit;
        for (size_t i = 0; i < end; i++) {
                drew[i] = (struct pt_step){answer.trace->choice[i].value, answer.trace->choice[i].type};
                max[i] = answer.trace->choice[i].max;
        }
        for (size_t i = n; i < end; i++) {
                uint64_t value[] = {1, 2, 3, 4, max[i]};
                for (size_t k = 0; k < 5 && !w->stop; k++) {
                        if (value[k] > max[i] || (k == 4 && max[i] < 5))
                                continue;
                        memcpy(w->steps, drew, i * sizeof(*drew));
                        w->steps[i] = (struct pt_step){value[k], drew[i].type};
                        if (sparse(w, i + 1, left - 1, runs))
                                return true;
                }
        }
        return false;
}

bool pass_sparse(struct work *w)
{
        size_t runs = 0;

        if (w->best->text_len > 0 || w->best->n > 4 * SPARSE_OF)
                return false;
        for (unsigned left = 1; left <= 3 && runs < SPARSE_RUNS && !w->stop; left++)
                if (sparse(w, 0, left, &runs))
                        return true;
        return false;
}
