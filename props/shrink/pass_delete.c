/* Passes that make a case shorter. */
#include <stdlib.h>
#include <string.h>

#include "props/shrink/passes.h"

#define ITEMS_MAX 8192u

/* What an item of a list drew, without its flag. */
struct item {
        uint32_t begin, end;
};

/* Items of the list that is span `at`; how many. */
static size_t list_items(const struct pt_trace *t, size_t at, struct item *item)
{
        const struct pt_span *list = &t->span[at];
        size_t n = 0;

        if (list->kind == PT_SPAN_STRING) {
                uint32_t pos = list->begin;
                for (; n < list->count && n < ITEMS_MAX; n++) {
                        pos += n >= list->min;
                        if (pos >= list->end)
                                break;
                        item[n] = (struct item){pos, pos + 1};
                        pos++;
                }
                return n;
        }
        for (size_t i = at + 1; i < t->nspans && t->span[i].begin <= list->end && n < ITEMS_MAX && n < list->count; i++)
                if (t->span[i].parent == at && t->span[i].kind == PT_SPAN_ITEM) {
                        uint32_t begin = t->span[i].begin + (n >= list->min);
                        item[n++] = (struct item){begin < t->span[i].end ? begin : t->span[i].end,
                                                  t->span[i].end};
                }
        return n;
}

static bool is_list(const struct pt_span *s)
{
        return s->kind == PT_SPAN_LIST || s->kind == PT_SPAN_STRING;
}

static void add_flag(struct work *w, uint64_t value)
{
        if (w->n < PT_TRACE_CHOICES)
                w->steps[w->n++] = (struct pt_step){value, PT_TYPE_FLAG};
}

/* Appends the list without items from..from+k-1; flags as they have to be then. */
static void append_without(struct work *w, const struct pt_span *list, const struct item *item, size_t n,
                           size_t from, size_t k)
{
        size_t kept = 0;

        for (size_t i = 0; i < n; i++) {
                if (i >= from && i < from + k)
                        continue;
                if (kept++ >= list->min)
                        add_flag(w, 1);
                work_append(w, item[i].begin, item[i].end);
        }
        if (kept < list->max)
                add_flag(w, 0);
}

static bool without_items(struct work *w, const struct pt_span *list, const struct item *item, size_t n,
                          size_t from, size_t k)
{
        if (n - k < list->min)
                return false;
        w->n = 0;
        work_append(w, 0, list->begin);
        append_without(w, list, item, n, from, k);
        work_append(w, list->end, w->best->n);
        memcpy(w->text, w->best->text, w->best->text_len);
        w->text_len = w->best->text_len;
        return work_try(w);
}

static bool shorten_list(struct work *w, size_t at, struct item *item)
{
        size_t n = list_items(w->best, at, item);
        bool any = false;

        for (size_t k = n; k > 0 && !w->stop; k = k > n / 2 + 1 && k > 2 ? n / 2 : k / 2) {
                for (size_t from = 0; from + k <= n;) {
                        struct pt_span list = w->best->span[at];
                        if (!without_items(w, &list, item, n, from, k)) {
                                from += k;
                                continue;
                        }
                        any = true;
                        /* The list may be gone, or another one. */
                        if (at >= w->best->nspans || !is_list(&w->best->span[at]))
                                return true;
                        n = list_items(w->best, at, item);
                }
        }
        return any;
}

bool pass_items(struct work *w)
{
        struct item *item = malloc(ITEMS_MAX * sizeof(*item));
        bool any = false;

        for (size_t i = 0; item && i < w->best->nspans && !w->stop; i++)
                if (is_list(&w->best->span[i]) && w->best->span[i].count > 0)
                        any |= shorten_list(w, i, item);
        free(item);
        return any;
}

/*
 * Indices: with an item gone, those after it have numbers that are one lower. Both those above its own and
 * all that there are get a chance, for it need not be an index from 0.
 */
bool pass_references(struct work *w)
{
        struct item *item = malloc(ITEMS_MAX * sizeof(*item));
        bool any = false;

        for (size_t i = 0; item && i < w->best->nspans && !w->stop; i++) {
                if (!is_list(&w->best->span[i]) || w->best->span[i].count > 64)
                        continue;
                for (size_t k = 0; i < w->best->nspans && is_list(&w->best->span[i]) && !w->stop; k++) {
                        size_t n = list_items(w->best, i, item);
                        struct pt_span list = w->best->span[i];
                        if (k >= n)
                                break;
                        w->above = (int64_t)k;
                        bool good = without_items(w, &list, item, n, k, 1);
                        w->above = 0;
                        good = good || without_items(w, &list, item, n, k, 1);
                        w->above = INT64_MAX;
                        if (good) {
                                any = true;
                                k--;
                        }
                }
        }
        free(item);
        return any;
}

#define BOTH_OF 12u /* items that a list may have of which one goes together with one of another list */

/* One item out of each of two lists, the second after the first. */
static bool shorten_both(struct work *w, size_t a, size_t b)
{
        struct item in_a[BOTH_OF], in_b[BOTH_OF];
        const struct pt_span first = w->best->span[a], second = w->best->span[b];

        if (first.count > BOTH_OF || second.count > BOTH_OF || first.count <= first.min ||
            second.count <= second.min || second.begin < first.end)
                return false;
        size_t n = list_items(w->best, a, in_a), m = list_items(w->best, b, in_b);
        for (size_t i = 0; i < n; i++)
                for (size_t k = 0; k < m && !w->stop; k++) {
                        w->n = 0;
                        work_append(w, 0, first.begin);
                        append_without(w, &first, in_a, n, i, 1);
                        work_append(w, first.end, second.begin);
                        append_without(w, &second, in_b, m, k, 1);
                        work_append(w, second.end, w->best->n);
                        memcpy(w->text, w->best->text, w->best->text_len);
                        w->text_len = w->best->text_len;
                        if (work_try(w))
                                return true;
                }
        return false;
}

bool pass_both(struct work *w)
{
        bool any = false;

        for (size_t a = 0; a < w->best->nspans && w->best->nspans < 100 && !w->stop; a++)
                for (size_t b = a + 1; b < w->best->nspans; b++)
                        while (b < w->best->nspans && is_list(&w->best->span[a]) &&
                               is_list(&w->best->span[b]) && shorten_both(w, a, b))
                                any = true;
        return any;
}

bool pass_spans(struct work *w)
{
        bool any = false;

        for (size_t i = 0; i < w->best->nspans && !w->stop; i++) {
                while (i < w->best->nspans && w->best->span[i].kind != PT_SPAN_STRING &&
                       w->best->span[i].begin < w->best->span[i].end) {
                        work_without(w, w->best->span[i].begin, w->best->span[i].end);
                        if (!work_try(w))
                                break;
                        any = true;
                }
        }
        return any;
}

/* Where what a span drew begins: an item's flag stays. */
static size_t content(const struct pt_trace *t, const struct pt_span *s)
{
        return s->begin +
               (s->kind == PT_SPAN_ITEM && s->begin < s->end && t->choice[s->begin].type == PT_TYPE_FLAG);
}

static bool hoist_into(struct work *w, size_t i)
{
        for (size_t k = w->best->nspans; k-- > i + 1 && !w->stop;) {
                const struct pt_trace *t = w->best;
                if (k >= t->nspans || i >= t->nspans)
                        continue;
                const struct pt_span *outer = &t->span[i], *inner = &t->span[k];
                if (inner->begin >= outer->end || inner->end > outer->end || inner->kind != outer->kind ||
                    inner->label != outer->label ||
                    inner->end - content(t, inner) >= outer->end - content(t, outer))
                        continue;
                w->n = 0;
                work_append(w, 0, content(t, outer));
                work_append(w, content(t, inner), inner->end);
                work_append(w, outer->end, t->n);
                memcpy(w->text, t->text, t->text_len);
                w->text_len = t->text_len;
                if (work_try(w))
                        return true;
        }
        return false;
}

bool pass_hoist(struct work *w)
{
        bool any = false;

        for (size_t i = 0; i < w->best->nspans && !w->stop; i++)
                while (i < w->best->nspans && hoist_into(w, i))
                        any = true;
        return any;
}

#define ALL_SIZES 32u  /* chunks of up to so many choices have every size */
#define ALL_PLACES 64u /* in a case of no more choices they begin everywhere */

bool pass_chunks(struct work *w)
{
        bool any = false;

        for (size_t k = w->best->n; k > 0 && !w->stop; k = k > ALL_SIZES ? k / 2 : k - 1)
                for (size_t at = 0; at + k <= w->best->n && !w->stop;) {
                        work_without(w, at, at + k);
                        if (work_try(w))
                                any = true;
                        else
                                at += k > 8 && w->best->n > ALL_PLACES ? k / 2 : 1;
                }
        return any;
}

static bool lower_and_delete(struct work *w, size_t i, uint64_t less, size_t at, size_t k)
{
        if (at + k > w->best->n || k == 0)
                return false;
        work_without(w, at, at + k);
        w->steps[i].value -= less;
        return work_try(w);
}

/*
 * A number that counts what comes after it, each of a few choices: lower it by half and half again, with as
 * many of those taken out, wherever they begin. If a lower one alone makes the case draw less, that much is
 * taken out after it.
 */
static bool lower_size(struct work *w, size_t i)
{
        uint64_t v = w->best->choice[i].value;

        for (uint64_t less = v; less > 0; less /= 2) {
                for (size_t each = 1; each <= 4 && less <= w->best->n && less * each < w->best->n; each++) {
                        size_t k = (size_t)less * each;
                        for (size_t at = i + 1; at + k <= w->best->n; at += k > 2 ? k / 2 : 1)
                                if (lower_and_delete(w, i, less, at, k))
                                        return true;
                }
                work_begin(w);
                w->steps[i].value -= less;
                if (work_try(w))
                        return true;
                size_t fewer = w->drew < w->best->n ? w->best->n - w->drew : 0;
                for (size_t at = i + 1; fewer > 0 && at <= i + 8; at++)
                        if (lower_and_delete(w, i, less, at, fewer))
                                return true;
        }
        return false;
}

bool pass_sizes(struct work *w)
{
        bool any = false;

        for (size_t i = 0; i < w->best->n && !w->stop; i++)
                while (i < w->best->n && w->best->choice[i].type != PT_TYPE_FLAG &&
                       w->best->choice[i].value > 0 && w->best->choice[i].type != PT_TYPE_CHAR &&
                       w->best->choice[i].type != PT_TYPE_BYTE && lower_size(w, i))
                        any = true;
        return any;
}
