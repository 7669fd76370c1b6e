/* Typed draws: each is made of numbers from 0..max, which is all that a source knows. */
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "props/case.h"

static uint64_t draw(pt *t, uint64_t max, enum pt_kind kind)
{
        uint64_t v = t->exec->source->draw(t->exec->source, max, kind);

        assert(v <= max);
        t->draws++;
        if (t->exec->record)
                pt_record_draw(t->exec->record, t->exec->prop, v, max);
        return v;
}

uint64_t pt_below(pt *t, uint64_t n)
{
        uint64_t v = draw(t, n - 1, PT_KIND_VALUE); /* 0 - 1: the whole range */

        if (t->exec->say)
                pt_say(t, "%llu", (unsigned long long)v);
        return v;
}

/*
 * Zigzag from the value nearest to 0: 0 1 -1 2 -2 ... until one side is used up, then the rest of the other.
 */
static int64_t unfold(uint64_t v, int64_t lo, int64_t hi)
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
        int64_t v = unfold(draw(t, (uint64_t)hi - (uint64_t)lo, PT_KIND_VALUE), lo, hi);

        if (t->exec->say)
                pt_say(t, "%lld", (long long)v);
        return v;
}

bool pt_bool(pt *t)
{
        bool v = draw(t, 1, PT_KIND_UNIFORM) == 1;

        if (t->exec->say)
                pt_say(t, "%s", v ? "true" : "false");
        return v;
}

size_t pt_weighted(pt *t, const uint8_t *weight, size_t n)
{
        uint64_t total = 0;

        for (size_t i = 0; i < n; i++)
                total += weight[i];
        assert(total > 0);
        uint64_t v = draw(t, total - 1, PT_KIND_UNIFORM);
        size_t at = 0;
        while (v >= weight[at])
                v -= weight[at++];
        if (t->exec->say)
                pt_say(t, "choice %zu of %zu", at, n);
        return at;
}

size_t pt_bytes(pt *t, void *buf, size_t min, size_t max)
{
        assert(min <= max);
        uint8_t *p = buf;
        size_t n = min + draw(t, max - min, PT_KIND_COUNT);

        for (size_t i = 0; i < n; i++)
                p[i] = (uint8_t)draw(t, 255, PT_KIND_UNIFORM);
        if (t->exec->say)
                pt_say_bytes(t, p, n);
        return n;
}

char *pt_cstr(pt *t, const char *alphabet, size_t max)
{
        size_t letters = strlen(alphabet);

        assert(letters > 0);
        size_t n = draw(t, max, PT_KIND_COUNT);
        char *s = pt_alloc(t, n + 1);
        for (size_t i = 0; i < n; i++)
                s[i] = alphabet[draw(t, letters - 1, PT_KIND_UNIFORM)];
        if (t->exec->say)
                pt_say_bytes(t, (const uint8_t *)s, n);
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
        assert(min <= max);
        if (!it->begun) {
                it->begun = true;
                it->left = min + draw(t, max - min, PT_KIND_COUNT);
                if (t->exec->say)
                        pt_say(t, "%zu times", it->left);
        }
        if (it->left == 0)
                return false;
        it->left--;
        return true;
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
                /* Skipped, not redrawn: that a step is left out must not change what the later bytes mean. */
                if (cmd->pre && !cmd->pre(model))
                        continue;
                pt_begin(t, cmd->name);
                cmd->run(t, model, sut);
                pt_end(t);
                if (invariant)
                        invariant(t, model, sut);
        }
}
