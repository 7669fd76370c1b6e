/* Sources of choices, and the byte form that joins them. */
#include <string.h>

#include "props/case.h"
#include "props/trace.h"

/* Bytes that a draw from 0..max takes: digits to the base 256, or 255 where NUL is not allowed. */
static unsigned width(uint64_t max, unsigned base)
{
        unsigned n = 0;

        for (; max > 0; max /= base)
                n++;
        return n;
}

static uint64_t reduce(uint64_t raw, uint64_t max)
{
        return max == UINT64_MAX ? raw : raw % (max + 1);
}

static uint64_t draw_bytes(struct pt_source *source, uint64_t max, enum pt_kind kind)
{
        struct pt_source_bytes *s = (struct pt_source_bytes *)source;
        unsigned n = width(max, 256);
        uint64_t raw = 0;

        (void)kind;
        s->choices += n > 0 && s->at < s->end;
        for (unsigned i = 0; i < n && s->at < s->end; i++)
                raw |= (uint64_t)*s->at++ << (8 * i);
        return reduce(raw, max);
}

static uint64_t draw_knobs(struct pt_source *source, uint64_t max, enum pt_kind kind)
{
        struct pt_source_bytes *s = (struct pt_source_bytes *)source;
        unsigned n = width(max, 255);
        uint64_t raw = 0, digit = 1;

        (void)kind;
        s->choices += n > 0 && s->at < s->end;
        for (unsigned i = 0; i < n && s->at < s->end; i++, digit *= 255)
                raw += (uint64_t)(*s->at++ - 1) * digit; /* never 0: they begin after the last NUL */
        return reduce(raw, max);
}

void pt_source_bytes_init(struct pt_source_bytes *s, const pt_prop *prop, const uint8_t *data, size_t len)
{
        *s = (struct pt_source_bytes){.source.draw = draw_bytes, .at = data, .end = data + len};
        if (!(prop->flags & PT_TEXT))
                return;
        const uint8_t *nul = len > 0 ? memrchr(data, 0, len) : NULL;
        s->source.draw = draw_knobs;
        s->source.text = data;
        s->source.text_len = nul ? (size_t)(nul - data) : len;
        s->at = nul ? nul + 1 : s->end;
}

size_t pt_digits(uint8_t *buf, uint64_t v, uint64_t max, bool knobs)
{
        unsigned base = knobs ? 255 : 256, n = width(max, base);

        for (unsigned i = 0; i < n; i++, v /= base)
                buf[i] = (uint8_t)(v % base + knobs);
        return n;
}

static uint64_t choose_step(struct pt_source *source, const struct pt_choice *asked)
{
        struct pt_source_steps *s = (struct pt_source_steps *)source;

        if (s->at == s->end)
                return 0;
        const struct pt_step *step = s->at++;
        return step->type == asked->type ? step->value : 0;
}

void pt_source_steps_init(struct pt_source_steps *s, const struct pt_step *steps, size_t n, const uint8_t *text,
                          size_t text_len)
{
        *s = (struct pt_source_steps){.at = steps, .end = n > 0 ? steps + n : steps};
        s->source = (struct pt_source){.choose = choose_step, .text = text, .text_len = text_len};
}

/* --- PRNG: xoshiro256**, seeded by splitmix64 (Blackman and Vigna, public domain algorithms) --- */

static uint64_t rotl(uint64_t x, int k)
{
        return x << k | x >> (64 - k);
}

uint64_t pt_prng_next(struct pt_source_prng *s)
{
        uint64_t *p = s->state, result = rotl(p[1] * 5, 7) * 9, shifted = p[1] << 17;

        p[2] ^= p[0];
        p[3] ^= p[1];
        p[1] ^= p[2];
        p[0] ^= p[3];
        p[2] ^= shifted;
        p[3] = rotl(p[3], 45);
        return result;
}

/* Uniform up to a bias of max / 2^64, which no property can see. */
static uint64_t uniform(struct pt_source_prng *s, uint64_t max)
{
        return reduce(pt_prng_next(s), max);
}

/* Each number of bits is equally likely. */
static uint64_t log_uniform(struct pt_source_prng *s, uint64_t max)
{
        unsigned bits = (unsigned)uniform(s, 64 - (max ? __builtin_clzll(max) : 64));
        uint64_t v = bits == 0 ? 0 : pt_prng_next(s) >> (64 - bits);

        return v > max ? max : v;
}

static uint64_t draw_prng(struct pt_source *source, uint64_t max, enum pt_kind kind)
{
        struct pt_source_prng *s = (struct pt_source_prng *)source;

        if (s->left == 0)
                return 0;
        s->left--;
        if (kind == PT_KIND_UNIFORM || (kind == PT_KIND_VALUE && max < 256))
                return uniform(s, max);
        uint64_t way = pt_prng_next(s) >> 60;
        if (way == 0)
                return max;
        if (way == 1)
                return max - log_uniform(s, max);
        if (way < (kind == PT_KIND_COUNT ? 12 : 8))
                return log_uniform(s, max);
        return uniform(s, max);
}

void pt_source_prng_init(struct pt_source_prng *s, const pt_prop *prop, uint64_t seed, uint64_t number)
{
        uint64_t x = seed ^ 0x9e3779b97f4a7c15u;

        *s = (struct pt_source_prng){.source.draw = draw_prng};
        s->left = prop->max_choices ? prop->max_choices : PT_MAX_CHOICES;
        for (const char *c = prop->name; *c; c++)
                x = (x ^ (unsigned char)*c) * 0x100000001b3u;
        x = rotl(x, 32) + number * 0xd1342543de82ef95u;
        for (int i = 0; i < 4; i++) {
                uint64_t z = x += 0x9e3779b97f4a7c15u;
                z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
                z = (z ^ z >> 27) * 0x94d049bb133111ebu;
                s->state[i] = z ^ z >> 31;
        }
}
