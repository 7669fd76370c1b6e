/* Passes that move parts of a case. */
#include <stdlib.h>
#include <string.h>

#include "props/shrink/passes.h"

/* Ranges a and b, b after a, change places. */
static bool swap(struct work *w, size_t a, size_t a_end, size_t b, size_t b_end)
{
        w->n = 0;
        work_append(w, 0, a);
        work_append(w, b, b_end);
        work_append(w, a_end, b);
        work_append(w, a, a_end);
        work_append(w, b_end, w->best->n);
        memcpy(w->text, w->best->text, w->best->text_len);
        w->text_len = w->best->text_len;
        return work_try(w);
}

/* Would the range at b be better where a is? */
static bool before(const struct pt_trace *t, size_t b, size_t b_end, size_t a, size_t a_end)
{
        size_t an = a_end - a, bn = b_end - b, n = an < bn ? an : bn;

        for (size_t i = 0; i < n; i++)
                if (t->choice[b + i].value != t->choice[a + i].value)
                        return t->choice[b + i].value < t->choice[a + i].value;
        return bn < an;
}

static uint32_t begin_of(const struct pt_trace *t, const struct pt_span *s)
{
        return s->begin +
               (s->kind == PT_SPAN_ITEM && s->begin < s->end && t->choice[s->begin].type == PT_TYPE_FLAG);
}

/* The next sibling of a span: same parent, same kind, same label if it is a group. */
static size_t sibling(const struct pt_trace *t, size_t i)
{
        for (size_t k = i + 1; k < t->nspans; k++) {
                if (t->span[k].parent != t->span[i].parent)
                        continue;
                if (t->span[k].kind == t->span[i].kind)
                        return k;
        }
        return SIZE_MAX;
}

static bool order_spans(struct work *w)
{
        bool any = false;

        for (size_t i = 0; i < w->best->nspans && !w->stop; i++) {
                size_t k = i;
                for (unsigned far = 0; far < 6; far++) {
                        const struct pt_trace *t = w->best;
                        k = k < t->nspans && i < t->nspans ? sibling(t, k) : SIZE_MAX;
                        if (k == SIZE_MAX)
                                break;
                        uint32_t a = begin_of(t, &t->span[i]), b = begin_of(t, &t->span[k]);
                        uint32_t a_end = t->span[i].end, b_end = t->span[k].end;
                        if (a_end <= b && before(t, b, b_end, a, a_end) && swap(w, a, a_end, b, b_end))
                                any = true;
                }
        }
        return any;
}

/* Bubbles single choices of one type. */
static bool order_choices(struct work *w)
{
        bool any = false;

        for (size_t i = 0; i < w->best->n && !w->stop; i++) {
                unsigned near = 0;
                for (size_t k = i + 1; k < w->best->n && near < 8; k++) {
                        const struct pt_choice *a = &w->best->choice[i], *b = &w->best->choice[k];
                        if (a->type == PT_TYPE_FLAG || b->type != a->type)
                                continue;
                        near++;
                        if (b->value < a->value && swap(w, i, i + 1, k, k + 1))
                                any = true;
                }
        }
        return any;
}

bool pass_order(struct work *w)
{
        bool any = order_spans(w);

        return order_choices(w) || any;
}
