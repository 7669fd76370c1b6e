/* The loop, the order, the cache of what was tried. */
#include "props/shrink/shrink.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "props/shrink/passes.h"

#define CACHE_SLOTS 65536u /* a power of 2, more than the runs that are allowed */

/* Sequences by two hashes: 128 bits, so that none is taken for another. */
struct cache {
        size_t used;
        struct {
                uint64_t a, b;
        } slot[CACHE_SLOTS];
};

/* True: it was tried before; else it is remembered. */
static bool tried(struct cache *c, const struct work *w)
{
        uint64_t a = PT_HASH_INIT ^ w->text_len, b = 0x9ae16a3b2f90404fu;

        for (size_t i = 0; i < w->n; i++) {
                a = (a ^ w->steps[i].value ^ (uint64_t)w->steps[i].type << 56) * 0x9e3779b97f4a7c15u;
                a ^= a >> 29;
                b = (b + w->steps[i].value) * 0xd1342543de82ef95u;
                b ^= b >> 32;
        }
        if (w->text_len > 0) {
                a = pt_hash(a, w->text, w->text_len);
                b = pt_hash(b, w->text, w->text_len);
        }
        a |= 1; /* 0 is an empty slot */
        for (size_t i = a % CACHE_SLOTS;; i = (i + 1) % CACHE_SLOTS) {
                if (c->slot[i].a == a && c->slot[i].b == b)
                        return true;
                if (c->slot[i].a != 0)
                        continue;
                if (c->used < CACHE_SLOTS / 2) {
                        c->used++;
                        c->slot[i].a = a;
                        c->slot[i].b = b;
                }
                return false;
        }
}

bool shrink_less(const struct pt_trace *a, const struct pt_trace *b, bool trimmed)
{
        size_t an = trimmed ? pt_trace_draws(a) : 0, bn = trimmed ? pt_trace_draws(b) : 0;

        if (a->text_len != b->text_len)
                return a->text_len < b->text_len;
        if (an != bn)
                return an < bn;
        if (a->n != b->n)
                return a->n < b->n;
        for (uint32_t i = 0; i < a->n; i++)
                if (a->choice[i].value != b->choice[i].value)
                        return a->choice[i].value < b->choice[i].value;
        return memcmp(a->text, b->text, a->text_len) < 0;
}

void pt_trace_copy(struct pt_trace *to, const struct pt_trace *from)
{
        to->n = from->n;
        to->nspans = from->nspans;
        to->full = from->full;
        to->overflow = from->overflow;
        to->text_len = from->text_len;
        to->nnames = from->nnames;
        to->observed = from->observed;
        memcpy(to->choice, from->choice, from->n * sizeof(*from->choice));
        memcpy(to->span, from->span, from->nspans * sizeof(*from->span));
        memcpy(to->name, from->name, from->nnames * sizeof(*from->name));
        memcpy(to->text, from->text, from->text_len);
}

bool work_number(const struct pt_choice *c, int64_t *ret)
{
        if (c->type == PT_TYPE_INT) {
                *ret = pt_choice_int(c);
                return true;
        }
        *ret = (int64_t)c->value;
        return c->type == PT_TYPE_NUMBER && c->value <= INT64_MAX;
}

void work_append(struct work *w, size_t from, size_t to)
{
        int64_t number;

        for (size_t i = from; i < to && w->n < PT_TRACE_CHOICES; i++) {
                const struct pt_choice *c = &w->best->choice[i];
                struct pt_step step = {c->value, c->type};
                if (w->above != INT64_MAX && c->value > 0 && work_number(c, &number) && number > w->above)
                        step.value = c->type == PT_TYPE_INT ? pt_choice_of_int(c, number - 1) : c->value - 1;
                w->steps[w->n++] = step;
        }
}

void work_without(struct work *w, size_t from, size_t to)
{
        w->n = 0;
        work_append(w, 0, from);
        work_append(w, to, w->best->n);
        memcpy(w->text, w->best->text, w->best->text_len);
        w->text_len = w->best->text_len;
}

void work_begin(struct work *w)
{
        work_without(w, w->best->n, w->best->n);
}

static bool is_best(const struct work *w)
{
        if (w->n > w->best->n || w->text_len != w->best->text_len ||
            memcmp(w->text, w->best->text, w->text_len) != 0)
                return false;
        for (size_t i = 0; i < w->best->n; i++)
                if ((i < w->n ? w->steps[i].value : 0) != w->best->choice[i].value)
                        return false;
        return true;
}

bool work_try(struct work *w)
{
        struct shrink *s = w->shrink;
        struct shrink_answer answer = {0};

        while (w->n > 0 && w->steps[w->n - 1].value == 0)
                w->n--;
        if (w->stop || is_best(w))
                return false;
        if (tried(w->cache, w)) {
                s->cached++;
                return false;
        }
        if (s->runs == s->max_runs || !s->run(s->ctx, w->steps, w->n, w->text, w->text_len, &answer)) {
                w->stop = true;
                return false;
        }
        s->runs++;
        w->drew = answer.trace->n;
        if (answer.signature != s->signature) {
                if (answer.signature != 0 && s->met)
                        s->met(s->ctx, &answer);
                return false;
        }
        if (answer.trace->overflow || !shrink_less(answer.trace, s->best, s->trimmed))
                return false;
        pt_trace_copy(s->best, answer.trace);
        return true;
}

/* From what takes much away at once to what polishes; after any success from the start. */
static bool once(struct work *w)
{
        static bool (*const rough[])(struct work *) = {pass_text, pass_items, pass_spans, pass_hoist,
                                                       pass_zero};
        static bool (*const fine[])(struct work *) = {pass_sizes,      pass_chunks,    pass_lower,
                                                      pass_duplicates, pass_order,     pass_redistribute,
                                                      pass_together,   pass_references};
        static bool (*const last[])(struct work *) = {pass_both,  pass_raise, pass_earlier,
                                                      pass_pairs, pass_small, pass_sparse};
        bool any = false;

        for (size_t i = 0; i < sizeof(rough) / sizeof(*rough); i++)
                any |= rough[i](w);
        if (any)
                return true;
        for (size_t i = 0; i < sizeof(fine) / sizeof(*fine); i++)
                any |= fine[i](w);
        for (size_t i = 0; i < sizeof(last) / sizeof(*last) && !any; i++)
                any = last[i](w);
        return any;
}

int shrink(struct shrink *s, const struct pt_trace *from)
{
        struct work w = {.shrink = s, .above = INT64_MAX};
        int rc = 0;

        s->runs = s->cached = 0;
        s->whole = false;
        if (s->max_runs == 0)
                s->max_runs = SHRINK_RUNS;
        s->best = calloc(1, sizeof(*s->best));
        w.steps = calloc(PT_TRACE_CHOICES, sizeof(*w.steps));
        w.text = malloc(PT_TRACE_TEXT);
        w.cache = calloc(1, sizeof(*w.cache));
        if (!s->best || !w.steps || !w.text || !w.cache) {
                free(s->best);
                s->best = NULL;
                rc = -ENOMEM;
        } else {
                pt_trace_copy(s->best, from);
                w.best = s->best;
                while (!w.stop && once(&w))
                        ;
                s->whole = !w.stop;
        }
        free(w.steps);
        free(w.text);
        free(w.cache);
        return rc;
}
