/* Typed draws: each is one choice, or a list of them. */
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "props/case.h"
#include "props/trace.h"

static void count_step(pt *t)
{
        if (++t->draws > PT_STEPS_MAX) {
                t->result->hung = true;
                pt_fail(t, __FILE__, __LINE__, "hangs: more than %u draws in one case", PT_STEPS_MAX);
        }
}

static void keep(pt *t, const struct pt_choice *choice)
{
        struct pt_trace *trace = t->trace;

        if (trace->full || trace->n == PT_TRACE_CHOICES) {
                trace->full = true;
                trace->overflow = trace->overflow || choice->value > 0;
                return;
        }
        trace->choice[trace->n] = *choice;
        trace->n = trace->n + 1; /* after the choice: whoever shares it sees whole ones */
}

static uint16_t take_name(pt *t)
{
        const char *name = t->name;

        t->name = NULL;
        t->exec->source->asked = name;
        return name && t->trace ? pt_trace_name(t->trace, name) : 0;
}

static uint64_t choose(pt *t, struct pt_choice *c)
{
        struct pt_source *source = t->exec->source;
        uint64_t v = source->choose(source, c);

        source->asked = NULL;
        return v > c->max ? c->max : v;
}

/* One choice that is a number of its source: all but weighted ones and flags. */
static uint64_t draw(pt *t, enum pt_type type, uint64_t max, enum pt_kind kind, int64_t lo)
{
        struct pt_source *source = t->exec->source;
        struct pt_choice c = {.max = max, .lo = lo, .type = (uint8_t)type};

        count_step(t);
        if (t->name)
                c.name = take_name(t);
        c.value = source->choose ? choose(t, &c) : source->draw(source, max, kind);
        assert(c.value <= max);
        if (t->trace)
                keep(t, &c);
        return c.value;
}

/* --- lists --- */

/* Where a list is: items begun, and of how many if the source counts them. */
struct list {
        size_t at, n;
        uint32_t span;
};

static struct list list_open(pt *t, enum pt_span_kind kind, size_t min, size_t max)
{
        struct pt_source *source = t->exec->source;
        struct list list = {0};

        assert(min <= max);
        if (t->trace || source->span)
                list.span = pt_span_open(t, kind, kind == PT_SPAN_LIST ? "list" : "string", min, max);
        t->name = NULL;
        if (!source->choose) {
                count_step(t);
                list.n = min + source->draw(source, max - min, PT_KIND_COUNT);
        }
        return list;
}

/* False: that was the last item. */
static bool list_next(pt *t, struct list *list, size_t min, size_t max, bool item_spans)
{
        bool spans = t->trace || t->exec->source->span;
        uint32_t begin = t->trace ? t->trace->n : 0;

        if (list->at >= max)
                return false;
        if (list->at >= min) {
                struct pt_choice c = {.max = 1, .type = PT_TYPE_FLAG};
                if (t->exec->source->choose) {
                        count_step(t);
                        c.value = choose(t, &c);
                } else {
                        c.value = list->at < list->n;
                }
                if (t->trace)
                        keep(t, &c);
                if (c.value == 0)
                        return false;
        }
        list->at++;
        if (spans)
                pt_span_count(t, list->span, (uint32_t)list->at);
        if (spans && item_spans)
                pt_span_begins(t, pt_span_open(t, PT_SPAN_ITEM, "item", 0, 0), begin); /* its flag is in it */
        return true;
}

static void list_close(pt *t, const struct list *list)
{
        if (t->trace || t->exec->source->span)
                pt_span_close(t, list->span);
}

/* --- what properties draw --- */

void pt_name(pt *t, const char *name)
{
        t->name = name;
}

uint64_t pt_below(pt *t, uint64_t n)
{
        uint64_t v = draw(t, PT_TYPE_NUMBER, n - 1, PT_KIND_VALUE, 0); /* 0 - 1: the whole range */

        if (t->exec->say)
                pt_say(t, "%llu", (unsigned long long)v);
        return v;
}

/*
 * Zigzag from the value nearest to 0: 0 1 -1 2 -2 ... until one side is used up, then the rest of the other.
 */
int64_t pt_unfold(uint64_t v, int64_t lo, int64_t hi)
{
        if (lo > 0)
                return (int64_t)((uint64_t)lo + v);
        if (hi < 0)
                return (int64_t)((uint64_t)hi - v);
        uint64_t below = 0 - (uint64_t)lo, above = (uint64_t)hi;
        uint64_t both = below < above ? below : above;
        if (v / 2 + (v & 1) <= both)
                return (int64_t)(v & 1 ? v / 2 + 1 : 0 - v / 2);
        uint64_t rest = v - both;
        return (int64_t)(above > below ? rest : 0 - rest);
}

int64_t pt_int(pt *t, int64_t lo, int64_t hi)
{
        assert(lo <= hi);
        int64_t v = pt_unfold(draw(t, PT_TYPE_INT, (uint64_t)hi - (uint64_t)lo, PT_KIND_VALUE, lo), lo, hi);

        if (t->exec->say)
                pt_say(t, "%lld", (long long)v);
        return v;
}

bool pt_bool(pt *t)
{
        bool v = draw(t, PT_TYPE_BOOL, 1, PT_KIND_UNIFORM, 0) == 1;

        if (t->exec->say)
                pt_say(t, "%s", v ? "true" : "false");
        return v;
}

/* The rank of the index whose range holds raw, and what raw is at the beginning of that range. */
static size_t index_of_raw(const uint8_t *weight, uint64_t raw, struct pt_choice *c)
{
        size_t at = 0;
        uint64_t below = 0, rank = 0;

        while (raw >= below + weight[at]) {
                rank += weight[at] > 0;
                below += weight[at++];
        }
        c->value = rank;
        c->raw.value = (uint32_t)below;
        return at;
}

static size_t index_of_rank(const uint8_t *weight, uint64_t rank, struct pt_choice *c)
{
        size_t at = 0;
        uint64_t below = 0;

        while (weight[at] == 0 || rank > 0) {
                rank -= weight[at] > 0;
                below += weight[at++];
        }
        c->raw.value = (uint32_t)below;
        return at;
}

size_t pt_weighted(pt *t, const uint8_t *weight, size_t n)
{
        struct pt_source *source = t->exec->source;
        struct pt_choice c = {.type = PT_TYPE_WEIGHT};
        uint64_t total = 0, ranks = 0;
        size_t at;

        for (size_t i = 0; i < n; i++) {
                total += weight[i];
                ranks += weight[i] > 0;
        }
        assert(total > 0 && total <= UINT32_MAX);
        c.max = ranks - 1;
        c.raw.max = (uint32_t)(total - 1);
        count_step(t);
        if (t->name)
                c.name = take_name(t);
        if (source->choose) {
                c.value = choose(t, &c);
                at = index_of_rank(weight, c.value, &c);
        } else {
                at = index_of_raw(weight, source->draw(source, total - 1, PT_KIND_UNIFORM), &c);
        }
        if (t->trace)
                keep(t, &c);
        if (t->exec->say)
                pt_say(t, "choice %zu of %zu", at, n);
        return at;
}

size_t pt_bytes(pt *t, void *buf, size_t min, size_t max)
{
        struct list list = list_open(t, PT_SPAN_STRING, min, max);
        uint8_t *p = buf;

        while (list_next(t, &list, min, max, false))
                p[list.at - 1] = (uint8_t)draw(t, PT_TYPE_BYTE, 255, PT_KIND_UNIFORM, 0);
        list_close(t, &list);
        if (t->exec->say)
                pt_say_bytes(t, p, list.at);
        return list.at;
}

char *pt_cstr(pt *t, const char *alphabet, size_t max)
{
        struct list list = list_open(t, PT_SPAN_STRING, 0, max);
        size_t letters = strlen(alphabet), cap = list.n + 1;
        char *s = pt_alloc(t, cap);

        assert(letters > 0);
        while (list_next(t, &list, 0, max, false)) {
                if (list.at == cap) { /* the source does not count: of exactly its size once more below */
                        char *wider = pt_alloc(t, cap *= 2);
                        memcpy(wider, s, list.at - 1);
                        s = wider;
                }
                s[list.at - 1] = alphabet[draw(t, PT_TYPE_CHAR, letters - 1, PT_KIND_UNIFORM, 0)];
        }
        list_close(t, &list);
        if (list.at + 1 < cap)
                s = memcpy(pt_alloc(t, list.at + 1), s, list.at);
        if (t->exec->say)
                pt_say_bytes(t, (const uint8_t *)s, list.at);
        return s;
}

const uint8_t *pt_text(pt *t, size_t *ret_len)
{
        assert(t->exec->prop->flags & PT_TEXT);
        *ret_len = t->exec->source->text_len;
        /* A copy of exactly its size: the sanitizers see a read past its end. */
        uint8_t *copy = pt_alloc(t, *ret_len);
        if (*ret_len > 0)
                memcpy(copy, t->exec->source->text, *ret_len);
        return copy;
}

bool pt_next(pt *t, pt_iter *it, size_t min, size_t max)
{
        struct list list = {it->at, it->n, it->span};

        if (!it->t) {
                list = list_open(t, PT_SPAN_LIST, min, max);
                it->t = t;
                it->span = list.span;
                it->n = list.n;
                if (t->exec->say && !t->exec->source->choose)
                        pt_say(t, "%zu times", list.n);
        } else if (t->trace || t->exec->source->span) {
                pt_span_close_in(t, it->span);
        }
        bool more = list_next(t, &list, min, max, true);
        it->at = list.at;
        if (t->exec->say && t->exec->source->choose)
                pt_say(t, more ? "item %zu" : "%zu times", it->at);
        if (!more)
                pt_iter_end(it);
        return more;
}

void pt_iter_end(pt_iter *it)
{
        if (it->t && (it->t->trace || it->t->exec->source->span))
                pt_span_close(it->t, it->span);
        it->t = NULL;
}

void pt_run_commands(pt *t, const pt_cmd *cmds, size_t n, size_t max_steps, void *model, void *sut,
                     void (*invariant)(pt *t, const void *model, void *sut))
{
        uint8_t *weight = pt_alloc(t, n);

        for (size_t i = 0; i < n; i++)
                weight[i] = cmds[i].weight;
        if (invariant)
                invariant(t, model, sut);
        PT_REPEAT(t, 0, max_steps)
        {
                const pt_cmd *cmd = &cmds[pt_weighted(t, weight, n)];
                /* Skipped, not redrawn: that a step is left out must not change what the later draws mean. */
                if (cmd->pre && !cmd->pre(model))
                        continue;
                pt_begin(t, cmd->name);
                cmd->run(t, model, sut);
                pt_end(t);
                if (invariant)
                        invariant(t, model, sut);
        }
}
