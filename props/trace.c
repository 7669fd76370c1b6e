/* Traces: names, the byte form, the hash. How they are written is in draw.c and case.c. */
#include "props/trace.h"

#include <assert.h>
#include <string.h>

#include "props/case.h"

void pt_trace_reset(struct pt_trace *trace, const struct pt_source *source)
{
        trace->n = trace->nspans = 0;
        trace->full = trace->overflow = false;
        trace->observed = 0;
        trace->text_len = 0;
        if (trace->nnames == 0)
                trace->nnames = 1; /* 0 is no name */
        if (!source->text)
                return;
        if (source->text_len > sizeof(trace->text)) {
                trace->overflow = true;
                return;
        }
        memcpy(trace->text, source->text, source->text_len);
        trace->text_len = (uint32_t)source->text_len;
}

void pt_name_copy(char to[PT_NAME_MAX], const char *name)
{
        size_t len = strnlen(name, PT_NAME_MAX - 1);

        for (size_t i = 0; i < len; i++)
                to[i] = name[i] >= ' ' && name[i] < 0x7f && name[i] != ':' && name[i] != '=' ? name[i] : '-';
        to[len] = '\0';
}

/* Found by its address: a name costs a look, not a comparison. The copy is for readers in other processes. */
uint16_t pt_trace_name(struct pt_trace *trace, const char *name)
{
        uint32_t i;

        if (!name)
                return 0;
        uint16_t *seen = &trace->seen[(uintptr_t)name / 4 % 256];
        if (*seen && trace->name_of[*seen] == name)
                return *seen;
        for (i = 1; i < trace->nnames && trace->name_of[i] != name;)
                i++;
        if (i == PT_TRACE_NAMES)
                return 0;
        *seen = (uint16_t)i;
        if (i < trace->nnames)
                return (uint16_t)i;
        pt_name_copy(trace->name[i], name);
        trace->name_of[i] = name;
        trace->nnames = i + 1;
        return (uint16_t)i;
}

void pt_trace_close(struct pt_trace *trace)
{
        /* What was left out of a full one was 0, or it is overflow: so it ends where it is 0 itself. */
        while (trace->full && trace->n > 0 && trace->choice[trace->n - 1].value == 0)
                trace->n = trace->n - 1;
        while (trace->full && trace->nspans > 0 && trace->span[trace->nspans - 1].begin > trace->n)
                trace->nspans = trace->nspans - 1;
        for (uint32_t i = 0; i < trace->nspans && trace->full; i++)
                if (trace->span[i].end > trace->n)
                        trace->span[i].end = trace->n;
        for (uint32_t i = 0; i < trace->nspans; i++)
                if (trace->span[i].end == UINT32_MAX)
                        trace->span[i].end = trace->n;
}

size_t pt_trace_trimmed(const struct pt_trace *trace)
{
        size_t n = trace->n;

        while (n > 0 && trace->choice[n - 1].value == 0)
                n--;
        return n;
}

/* Whether a draw of the byte form is there at all, and whether it is 0. */
static void count_draw(uint64_t v, uint64_t max, size_t *draws, size_t *kept)
{
        *draws += max > 0;
        if (v > 0)
                *kept = *draws;
}

size_t pt_trace_draws(const struct pt_trace *trace)
{
        size_t draws = 0, kept = 0;
        uint32_t span = 0;

        for (uint32_t i = 0; i <= trace->n; i++) {
                for (; span < trace->nspans && trace->span[span].begin == i; span++) {
                        const struct pt_span *s = &trace->span[span];
                        if (s->kind == PT_SPAN_LIST || s->kind == PT_SPAN_STRING)
                                count_draw(s->count > s->min, s->max - s->min, &draws, &kept);
                }
                if (i < trace->n && trace->choice[i].type != PT_TYPE_FLAG)
                        count_draw(trace->choice[i].value, trace->choice[i].max, &draws, &kept);
        }
        return kept;
}

int64_t pt_choice_int(const struct pt_choice *c)
{
        return pt_unfold(c->value, c->lo, (int64_t)((uint64_t)c->lo + c->max));
}

uint64_t pt_choice_of_int(const struct pt_choice *c, int64_t number)
{
        int64_t lo = c->lo, hi = (int64_t)((uint64_t)c->lo + c->max);

        if (lo > 0)
                return (uint64_t)number - (uint64_t)lo;
        if (hi < 0)
                return (uint64_t)hi - (uint64_t)number;
        uint64_t below = 0 - (uint64_t)lo, above = (uint64_t)hi, both = below < above ? below : above;
        uint64_t away = number < 0 ? 0 - (uint64_t)number : (uint64_t)number;
        if (away > both)
                return both + away;
        return number > 0 ? 2 * away - 1 : 2 * away;
}

/* --- the byte form --- */

struct out {
        uint8_t *buf;
        size_t cap, len;
        size_t kept, choices_kept, choices; /* what is not 0 ends at kept */
        bool knobs, over;
};

static void put(struct out *o, uint64_t v, uint64_t max)
{
        uint8_t digits[9];
        size_t n = pt_digits(digits, v, max, o->knobs);

        if (n == 0)
                return;
        if (o->len + n > o->cap) {
                o->over |= v > 0;
                return;
        }
        memcpy(o->buf + o->len, digits, n);
        o->len += n;
        o->choices++;
        if (v > 0) {
                o->kept = o->len;
                o->choices_kept = o->choices;
        }
}

static void put_text(struct out *o, const struct pt_trace *trace)
{
        if (trace->text_len + 1 > o->cap) {
                o->over = true;
                return;
        }
        memcpy(o->buf, trace->text, trace->text_len);
        o->buf[trace->text_len] = '\0';
        o->len = o->kept = trace->text_len + 1;
}

size_t pt_trace_bytes(const struct pt_trace *trace, const pt_prop *prop, uint8_t *buf, size_t cap,
                      size_t *ret_choices)
{
        struct out o = {.buf = buf, .cap = cap, .knobs = prop->flags & PT_TEXT};
        uint32_t span = 0;

        if (o.knobs)
                put_text(&o, trace);
        for (uint32_t i = 0; i <= trace->n && !o.over; i++) {
                for (; span < trace->nspans && trace->span[span].begin == i; span++) {
                        const struct pt_span *s = &trace->span[span];
                        if (s->kind == PT_SPAN_LIST || s->kind == PT_SPAN_STRING)
                                put(&o, s->count > s->min ? s->count - s->min : 0, s->max - s->min);
                }
                if (i == trace->n)
                        break;
                const struct pt_choice *c = &trace->choice[i];
                if (c->type == PT_TYPE_WEIGHT)
                        put(&o, c->raw.value, c->raw.max);
                else if (c->type != PT_TYPE_FLAG)
                        put(&o, c->value, c->max);
        }
        if (trace->overflow || o.over)
                return SIZE_MAX;
        /* The NUL that closes a document is needless without knobs, unless the document has one itself. */
        if (o.knobs && o.kept == trace->text_len + 1u && !memchr(trace->text, 0, trace->text_len))
                o.kept--;
        if (ret_choices)
                *ret_choices = o.choices_kept;
        return o.kept;
}

/* --- the hash --- */

uint64_t pt_hash(uint64_t hash, const void *p, size_t n)
{
        const uint8_t *b = p;

        for (size_t i = 0; i < n; i++)
                hash = (hash ^ b[i]) * 0x100000001b3u;
        return hash ^ hash >> 29;
}

static uint64_t mix(uint64_t hash, uint64_t v)
{
        hash = (hash ^ v) * 0x9e3779b97f4a7c15u;
        return hash ^ hash >> 32;
}

uint64_t pt_trace_hash(const struct pt_trace *trace, const struct pt_result *result)
{
        uint64_t hash = mix(PT_HASH_INIT, result->verdict);

        for (uint32_t i = 0; i < trace->n; i++) {
                const struct pt_choice *c = &trace->choice[i];
                hash = mix(mix(mix(hash, c->value), c->max), c->type);
        }
        for (uint32_t i = 0; i < trace->nspans; i++)
                hash = mix(mix(hash, trace->span[i].begin), trace->span[i].end);
        hash = mix(hash, result->draws);
        return mix(hash, trace->observed);
}
