/*
 * The shortlex smallest sequence of choices that fails. A known failure is reduced first. Then all sequences shorter
 * than the best are tried in the order of how many of their choices are not 0: a small case has few such, wherever they
 * stand. If the time is enough to try all of them the length is proved, else what was tried is told.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "tests/faults/measuring/search.h"

#define WIDE 1024u          /* of a draw from more than so many values only some are tried */
#define REDUCED_STARTS 200u /* random failures that are reduced */
#define BRANCHES 512u       /* choices of a case that can be tried so */
#define RANDOM_CASES 200000u

double search_now(void)
{
        struct timespec now;

        clock_gettime(CLOCK_MONOTONIC, &now);
        return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static size_t trimmed(const uint64_t *value, size_t n)
{
        while (n > 0 && value[n - 1] == 0)
                n--;
        return n;
}

static bool shortlex_less(const uint64_t *a, size_t an, const uint64_t *b, size_t bn)
{
        if (an != bn)
                return an < bn;
        for (size_t i = 0; i < an; i++)
                if (a[i] != b[i])
                        return a[i] < b[i];
        return false;
}

void search_offer(struct search *s, const struct trial_input *input)
{
        static struct trial_draws draws;

        if (!trial_fails(input, &draws))
                return;
        size_t n = trimmed(draws.value, draws.n);
        if (s->found && !shortlex_less(draws.value, n, s->best.value, s->best.n))
                return;
        s->found = true;
        s->draws = draws;
        memcpy(s->best.value, draws.value, n * sizeof(*draws.value));
        s->best.n = n;
        memcpy(s->best.text, input->text, input->text_len);
        s->best.text_len = input->text_len;
}

/* --- reducing one failure --- */

/* input becomes what a run of candidate drew, if that fails and is smaller. */
static bool take(struct trial_input *input, const struct trial_input *candidate)
{
        static struct trial_draws draws;

        if (!trial_fails(candidate, &draws))
                return false;
        size_t n = trimmed(draws.value, draws.n);
        if (!shortlex_less(draws.value, n, input->value, input->n))
                return false;
        memcpy(input->value, draws.value, n * sizeof(*draws.value));
        input->n = n;
        return true;
}

static struct trial_input work;

static const struct trial_input *without(const struct trial_input *from, size_t at, size_t n)
{
        work.n = from->n - n;
        memcpy(work.value, from->value, at * sizeof(*work.value));
        memcpy(work.value + at, from->value + at + n, (work.n - at) * sizeof(*work.value));
        return &work;
}

static bool delete_parts(struct trial_input *input)
{
        bool any = false;

        for (size_t n = input->n; n > 0; n = n > 8 ? n / 2 : n - 1)
                for (size_t at = input->n; at-- > 0;)
                        while (at + n <= input->n && take(input, without(input, at, n)))
                                any = true;
        return any;
}

/* A count lowered by `less`, and n choices after it gone, wherever they begin. */
static bool lower_count(struct trial_input *input, size_t i, uint64_t less, size_t n)
{
        for (size_t at = i + 1; at + n <= input->n && at < i + 65; at++) {
                (void)without(input, at, n);
                work.value[i] -= less;
                if (take(input, &work))
                        return true;
        }
        return false;
}

/* A count and what it counts, each of 1 to 8 choices. */
static bool delete_counted(struct trial_input *input)
{
        for (size_t i = 0; i < input->n; i++) {
                uint64_t count = input->value[i], less[] = {count, count / 2, 1};
                for (size_t k = 0; k < 3; k++)
                        for (size_t each = 1; each <= 8 && less[k] > 0 && less[k] * each < input->n; each++)
                                if (lower_count(input, i, less[k], (size_t)less[k] * each))
                                        return true;
        }
        return false;
}

static bool lower(struct trial_input *input, size_t i, uint64_t v)
{
        (void)without(input, input->n, 0);
        work.value[i] = v;
        return take(input, &work);
}

static bool lower_values(struct trial_input *input)
{
        bool any = false;

        for (size_t i = 0; i < input->n; i++) {
                for (uint64_t v = 0; i < input->n && v < input->value[i] && v < 300; v++)
                        any |= lower(input, i, v);
                for (uint64_t step = 1ull << 63; step > 0; step /= 2)
                        while (i < input->n && input->value[i] >= step && lower(input, i, input->value[i] - step))
                                any = true;
        }
        return any;
}

static void reduce(struct trial_input *input, double until)
{
        while (search_now() < until && (delete_parts(input) || delete_counted(input) || lower_values(input)))
                ;
}

/* --- trying all that are smaller --- */

struct tree {
        struct search *search;
        double until;
        bool sampled; /* not every value of every draw was tried */
        bool late;
        struct trial_input at;
};

static uint64_t next_value(struct tree *t, uint64_t v, uint64_t max)
{
        if (max < WIDE || v < 64 || max - v <= 16)
                return v + 1;
        t->sampled = true;
        uint64_t power = 1ull << (63 - __builtin_clzll(v));
        uint64_t next = v == power - 1 ? power : v == power ? power + 1 : power * 2 - 1;
        return next > max - 16 || next <= v ? max - 16 : next;
}

/*
 * Sets choices at and after `from`, at most `left` of them to other values than 0. What the last run drew with zeros
 * from there on is in draws.
 */
static void branch(struct tree *t, size_t from, unsigned left, const struct trial_draws *draws)
{
        struct trial_draws *below = NULL;
        size_t end = draws->n;
        uint64_t max[BRANCHES];

        if (left == 0)
                return;
        end = end < BRANCHES ? end : BRANCHES;
        memcpy(max, draws->max, end * sizeof(*max));
        static struct trial_draws level[64];
        below = &level[left];
        for (size_t i = from; i < end && i + 1 < t->search->best.n && !t->late; i++) {
                uint32_t class = draws->class[i];
                for (size_t k = from; k < i; k++)
                        t->at.value[k] = 0;
                for (uint64_t v = 1; v <= max[i] && v != 0 && !t->late; v = next_value(t, v, max[i])) {
                        if (i + 1 >= t->search->best.n)
                                break;
                        t->at.value[i] = v;
                        t->at.n = i + 1;
                        bool failed = trial_fails(&t->at, below);
                        uint32_t now = below->n > i ? below->class[i] : 0;
                        bool same = now != 0 && now == class; /* as a smaller value: seen already */
                        class = now;
                        if (failed)
                                search_offer(t->search, &t->at);
                        else if (!same)
                                branch(t, i + 1, left - 1, below);
                        t->late = t->late || search_now() > t->until;
                }
                t->at.value[i] = 0;
        }
        t->at.n = from;
}

static void try_smaller(struct search *s, double until)
{
        static struct tree t;
        static struct trial_draws draws;
        unsigned done = 0;


        t = (struct tree){.search = s, .until = until};
        t.at.n = 0;
        if (trial_fails(&t.at, &draws)) {
                search_offer(s, &t.at);
                snprintf(s->how, sizeof(s->how), "nothing is smaller");
                return;
        }
        for (unsigned k = 1; k < 64 && k < s->best.n; k++) {
                branch(&t, 0, k, &draws);
                if (t.late)
                        break;
                done = k;
        }
        if (s->best.n > BRANCHES)
                snprintf(s->how, sizeof(s->how), "reduced only: too long to try all that are smaller");
        else if (!t.late && !t.sampled)
                snprintf(s->how, sizeof(s->how), "all of fewer choices tried");
        else if (!t.late)
                snprintf(s->how, sizeof(s->how), "all of fewer choices tried, of wide draws their edges");
        else
                snprintf(s->how, sizeof(s->how), "all of fewer choices tried with at most %u of them not 0%s", done,
                         t.sampled ? ", of wide draws their edges" : "");
}

/* --- */

static void reduce_random(struct search *s, double until)
{
        static struct trial_draws draws;
        static struct trial_input input;
        unsigned starts = 0;

        for (uint64_t i = 0; i < RANDOM_CASES && starts < REDUCED_STARTS && search_now() < until; i++) {
                if (!trial_random_fails(i, &draws))
                        continue;
                starts++;
                input.n = trimmed(draws.value, draws.n);
                memcpy(input.value, draws.value, input.n * sizeof(*input.value));
                reduce(&input, until);
                search_offer(s, &input);
        }
}

void search_choices(struct search *s)
{
        static struct trial_input input;
        double begin = search_now();

        if (s->found) {
                input = s->best;
                reduce(&input, begin + s->seconds / 4);
                search_offer(s, &input);
        }
        reduce_random(s, begin + s->seconds / 4);
        if (!s->found)
                return;
        try_smaller(s, begin + s->seconds * 0.9);
        input = s->best;
        reduce(&input, begin + s->seconds);
        search_offer(s, &input);
}
