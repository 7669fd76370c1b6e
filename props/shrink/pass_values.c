/* Passes that make choices lower. */
#include <stdlib.h>
#include <string.h>

#include "props/shrink/passes.h"

#define SET_MAX 256u
#define NEAR 12u /* how far apart two numbers are that may belong together */

static bool is_number(const struct pt_choice *c)
{
        return c->type == PT_TYPE_NUMBER || c->type == PT_TYPE_INT;
}

bool pass_zero(struct work *w)
{
        bool any = false;

        for (size_t k = w->best->n; k > 1 && !w->stop; k /= 2)
                for (size_t at = 0; at + k <= w->best->n && !w->stop; at += k) {
                        work_begin(w);
                        for (size_t i = at; i < at + k; i++)
                                if (w->steps[i].type != PT_TYPE_FLAG)
                                        w->steps[i].value = 0;
                        any |= work_try(w);
                }
        for (size_t i = 0; i < w->best->nspans && !w->stop; i++) {
                const struct pt_span *s = &w->best->span[i];
                work_begin(w);
                for (size_t k = s->begin; k < s->end; k++)
                        if (w->steps[k].type != PT_TYPE_FLAG)
                                w->steps[k].value = 0;
                any |= work_try(w);
        }
        return any;
}

/* --- one choice, or some equal ones together --- */

static bool set_all(struct work *w, const size_t *at, size_t n, uint64_t v)
{
        work_begin(w);
        for (size_t i = 0; i < n; i++) {
                if (at[i] >= w->n)
                        return false;
                w->steps[at[i]].value = v;
        }
        return work_try(w);
}

static bool still(const struct work *w, const size_t *at, size_t n, uint64_t v)
{
        for (size_t i = 0; i < n; i++)
                if (at[i] >= w->best->n || w->best->choice[at[i]].value != v)
                        return false;
        return true;
}

/* The least that fails if all above it do: else some that fails while the next lower does not. */
static bool bisect(struct work *w, const size_t *at, size_t n, uint64_t high, uint64_t step)
{
        uint64_t low = 0, count = high / step; /* high - count * step was tried, or is below 0 */
        bool any = false;

        /* Least k such that high - (count - k) * step fails. */
        while (low + 1 < count) {
                uint64_t middle = low + (count - low) / 2, v = high - (high / step - middle) * step;
                if (v >= high || !set_all(w, at, n, v)) {
                        low = middle;
                        continue;
                }
                any = true;
                if (!still(w, at, n, v))
                        return true;
                count = middle;
        }
        return any;
}

static bool lower(struct work *w, const size_t *at, size_t n)
{
        const struct pt_choice first = w->best->choice[at[0]];
        uint64_t v = first.value;
        bool any = false;

        for (uint64_t small = 0; small < v && small < 6; small++)
                if (set_all(w, at, n, small))
                        return true;
        if (v <= 6)
                return false;
        for (unsigned shift = 32; shift > 0; shift /= 2)
                if (v >> shift > 6 && set_all(w, at, n, v >> shift))
                        return true;
        any |= bisect(w, at, n, v, 1);
        if (first.type == PT_TYPE_INT) { /* zigzag: every second one has the same sign */
                if (at[0] < w->best->n && still(w, at, n, w->best->choice[at[0]].value))
                        any |= bisect(w, at, n, w->best->choice[at[0]].value, 2);
        }
        for (unsigned less = 1; less <= 4 && at[0] < w->best->n; less++) {
                v = w->best->choice[at[0]].value;
                if (still(w, at, n, v) && v > less && set_all(w, at, n, v - less)) {
                        any = true;
                        less = 0;
                }
        }
        return any;
}

bool pass_lower(struct work *w)
{
        bool any = false;

        for (size_t i = 0; i < w->best->n && !w->stop; i++)
                while (i < w->best->n && w->best->choice[i].value > 0 && !w->stop && lower(w, &i, 1))
                        any = true;
        return any;
}

/* Those after `from` that are equal to it, itself first. */
static size_t equal_ones(const struct pt_trace *t, size_t from, size_t *at)
{
        const struct pt_choice *c = &t->choice[from];
        size_t n = 0;

        for (size_t i = from; i < t->n && n < SET_MAX; i++)
                if (t->choice[i].value == c->value && t->choice[i].type == c->type)
                        at[n++] = i;
        return n;
}

bool pass_duplicates(struct work *w)
{
        size_t at[SET_MAX], n = 0;
        bool any = false;

        for (size_t i = 0; i < w->best->n && !w->stop; i++) {
                const struct pt_choice *c = &w->best->choice[i];
                if (c->value == 0 || c->type == PT_TYPE_FLAG || c->type == PT_TYPE_BOOL)
                        continue;
                while (i < w->best->n && w->best->choice[i].value > 0 &&
                       (n = equal_ones(w->best, i, at)) > 1 && lower(w, at, n))
                        any = true;
                /* Two of them may be enough. */
                for (size_t k = 1; n > 2 && k < n && k < NEAR && i < w->best->n; k++) {
                        size_t two[2] = {i, at[k]};
                        if (at[k] < w->best->n && w->best->choice[i].value > 0 &&
                            still(w, two, 2, w->best->choice[i].value))
                                any |= lower(w, two, 2);
                }
        }
        return any;
}

/* --- two numbers, by their values --- */

/* False: it can't be that. */
static bool put(struct work *w, size_t i, int64_t number)
{
        const struct pt_choice *c = &w->best->choice[i];

        if (c->type == PT_TYPE_INT) {
                if (number < c->lo || (uint64_t)number - (uint64_t)c->lo > c->max)
                        return false;
                w->steps[i].value = pt_choice_of_int(c, number);
                return true;
        }
        w->steps[i].value = (uint64_t)number;
        return number >= 0 && (uint64_t)number <= c->max;
}

/* Takes `by` from number i and adds it `times` to number k. */
static bool move(struct work *w, size_t i, size_t k, int64_t by, int times)
{
        int64_t a, b, c;

        work_begin(w);
        return work_number(&w->best->choice[i], &a) && work_number(&w->best->choice[k], &b) &&
               !__builtin_sub_overflow(a, by, &a) && !__builtin_mul_overflow(by, times, &c) &&
               !__builtin_add_overflow(b, c, &b) && put(w, i, a) && put(w, k, b) && work_try(w);
}

/* As much of number i as goes, by halves; `times` +1: to number k, -1: from both. */
static bool move_most(struct work *w, size_t i, size_t k, int times)
{
        int64_t a, whole;
        bool any = false;

        if (!work_number(&w->best->choice[i], &whole))
                return false;
        if (times < 0 && work_number(&w->best->choice[k], &a) && llabs(a) < llabs(whole) && a != 0)
                whole = whole < 0 ? -llabs(a) : llabs(a);
        for (int64_t by = whole; by != 0 && !w->stop; by /= 2)
                while (i < w->best->n && k < w->best->n && work_number(&w->best->choice[i], &a) && a != 0 &&
                       (by < 0) == (a < 0) && llabs(by) <= llabs(a) && move(w, i, k, by, times))
                        any = true;
        return any;
}

static bool two_numbers(struct work *w, int times)
{
        bool any = false;

        for (size_t i = 0; i < w->best->n && !w->stop; i++) {
                size_t near = 0;
                for (size_t k = i + 1; k < w->best->n && near < NEAR; k++) {
                        if (i >= w->best->n || !is_number(&w->best->choice[i]) ||
                            w->best->choice[i].value == 0)
                                break;
                        if (!is_number(&w->best->choice[k]) || (times < 0 && w->best->choice[k].value == 0))
                                continue;
                        near++;
                        any |= move_most(w, i, k, times);
                }
        }
        return any;
}

bool pass_redistribute(struct work *w)
{
        return two_numbers(w, 1);
}

bool pass_together(struct work *w)
{
        return two_numbers(w, -1);
}

/* --- when nothing else helps --- */

#define PAIRS_OF 40u

static bool try_pair(struct work *w, size_t i, size_t k)
{
        static const uint8_t others[] = {0, 1, 2, 3};
        uint64_t v = w->best->choice[i].value, u = w->best->choice[k].value, max = w->best->choice[k].max;
        uint64_t lower_to[] = {0, v / 2, v - 1};

        for (size_t a = 0; a < 3; a++) {
                if (a > 0 && lower_to[a] == lower_to[a - 1])
                        continue;
                for (size_t b = 0; b < sizeof(others) + 2; b++) {
                        uint64_t other = b < sizeof(others) ? others[b] : b == sizeof(others) ? u + 1 : max;
                        if (other > max || other == u)
                                continue;
                        work_begin(w);
                        w->steps[i].value = lower_to[a];
                        w->steps[k].value = other;
                        if (work_try(w))
                                return true;
                }
        }
        return false;
}

bool pass_pairs(struct work *w)
{
        bool any = false;

        if (w->best->n > PAIRS_OF)
                return false;
        for (size_t i = 0; i < w->best->n && !w->stop; i++)
                for (size_t k = i + 1; i < w->best->n && k < w->best->n && w->best->choice[i].value > 0; k++)
                        any |= try_pair(w, i, k);
        return any;
}

#define RAISED_TO 8u /* of a choice that gets larger only the first values are tried */

/* A larger choice may make the case draw less: what it no longer draws is taken out after it. */
bool pass_raise(struct work *w)
{
        bool any = false;

        for (size_t i = 0; i < w->best->n && w->best->n <= 4 * PAIRS_OF && !w->stop; i++) {
                const struct pt_choice c = w->best->choice[i];
                if (c.type == PT_TYPE_FLAG || c.type == PT_TYPE_BYTE || c.type == PT_TYPE_CHAR)
                        continue;
                for (uint64_t v = c.value + 1; v <= c.max && v <= c.value + RAISED_TO; v++)
                        for (size_t k = 1; k <= 3 && i + k < w->best->n; k++) {
                                work_without(w, i + 1, i + 1 + k);
                                w->steps[i].value = v;
                                if (work_try(w)) {
                                        any = true;
                                        v = c.max;
                                        break;
                                }
                        }
        }
        return any;
}

/* Something small at an earlier place in place of choice number `late`. */
static bool move_earlier(struct work *w, size_t late)
{
        for (size_t i = 0; i < late && i < 2 * PAIRS_OF; i++) {
                const struct pt_choice c = w->best->choice[i];
                for (uint64_t v = 0; c.type != PT_TYPE_FLAG && v <= c.max && v <= RAISED_TO && !w->stop;
                     v++) {
                        if (v == c.value)
                                continue;
                        work_begin(w);
                        w->steps[late].value = 0;
                        w->steps[i].value = v;
                        if (work_try(w))
                                return true;
                }
        }
        return false;
}

/* Where zeros at the end do not count, an earlier choice in place of one of the last. */
bool pass_earlier(struct work *w)
{
        unsigned tried = 0;

        if (!w->shrink->trimmed)
                return false;
        for (size_t late = pt_trace_trimmed(w->best); late-- > 1 && tried < 3 && !w->stop;) {
                if (w->best->choice[late].value == 0 || w->best->choice[late].type == PT_TYPE_FLAG)
                        continue;
                tried++;
                if (move_earlier(w, late))
                        return true;
        }
        return false;
}
