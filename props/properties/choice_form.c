/*
 * The choice layer's own property: what a PRNG drew, kept as choices, is the same case when it is drawn from
 * these choices again, and when it is drawn from their byte form. All else here rests on it: a finding that
 * does not replay is lost, and a shrinker that works on another case than the one that failed finds nothing.
 */
#include <string.h>

#include "props/trace.h"

#define DRAWS_MAX 200u

/* An inner property draws by this script and writes down what it got. */
struct script {
        uint8_t op[DRAWS_MAX];
        uint64_t arg[DRAWS_MAX];
        size_t n;
        uint64_t got[DRAWS_MAX];
        size_t text_len;
};

static _Thread_local struct script *current;

/* A list of lists, left early by `break` if an item is `leave`. */
static void draw_nested(pt *t, uint64_t *got, size_t min, uint64_t leave)
{
        PT_REPEAT(t, min, 6)
        {
                uint64_t outer = pt_below(t, 7);
                *got = *got * 31 + outer;
                if (outer == leave)
                        break;
                pt_begin(t, "inner");
                PT_REPEAT(t, 0, 3) *got = *got * 31 + pt_below(t, 300);
                pt_end(t);
        }
}

static void follow(pt *t)
{
        struct script *s = current;

        if (t && s->text_len != SIZE_MAX)
                pt_text(t, &s->text_len);
        for (size_t i = 0; i < s->n; i++) {
                char buf[8] = {0};
                uint64_t arg = s->arg[i];
                size_t n;
                s->got[i] = 0;
                switch (s->op[i]) {
                case 0:
                        s->got[i] = pt_below(t, arg);
                        break;
                case 1:
                        s->got[i] = pt_bool(t);
                        break;
                case 2:
                        s->got[i] = (uint64_t)pt_int(t, -(int64_t)(arg >> 1), (int64_t)(arg & 0xffff));
                        break;
                case 3:
                        n = pt_bytes(t, buf, 0, sizeof(buf));
                        s->got[i] = n;
                        for (size_t k = 0; k < n; k++)
                                s->got[i] = s->got[i] * 31 + (uint8_t)buf[k];
                        break;
                case 4:
                        s->got[i] = strlen(pt_cstr(t, "ab/", 300));
                        break;
                case 5:
                        s->got[i] = pt_weighted(t, (const uint8_t[]){0, 3, (uint8_t)(arg | 1), 0, 1}, 5);
                        break;
                default:
                        draw_nested(t, &s->got[i], arg % 4, arg / 4 % 7);
                        break;
                }
        }
}

static void run_as(pt *t, const pt_prop *inner, struct pt_source *source, struct script *script,
                   struct pt_trace *trace)
{
        struct pt_exec exec = {.prop = inner, .source = source, .trace = trace};
        struct pt_result result;

        current = script;
        PT_ASSERT(t, pt_execute(&exec, &result) == PT_VERDICT_PASS);
        PT_ASSERT(t, !trace->overflow);
}

static void check_same(pt *t, const char *form, const struct script *a, const struct script *b)
{
        if (a->text_len != b->text_len)
                PT_FAIL(t, "%s: document of %zu bytes, then %zu", form, a->text_len, b->text_len);
        for (size_t i = 0; i < a->n; i++)
                if (a->got[i] != b->got[i])
                        PT_FAIL(t, "%s: draw %zu of kind %u gave %llu, then %llu", form, i, a->op[i],
                                (unsigned long long)a->got[i], (unsigned long long)b->got[i]);
}

static struct script *copy(pt *t, const struct script *script)
{
        return memcpy(pt_alloc(t, sizeof(*script)), script, sizeof(*script));
}

#define FORM_MAX 262144u

PT_PROPERTY(choice_form, .about = "a case, read again as choices or as bytes, draws the same values")
{
        static const char document[] = "a document\0with a NUL";
        static struct pt_trace first_trace, trace;
        static struct pt_step steps[PT_TRACE_CHOICES];
        static uint8_t form[FORM_MAX], again[FORM_MAX];
        struct script *first = pt_alloc(t, sizeof(*first));
        bool text = pt_bool(t);
        pt_prop inner = {.name = "inner", .run = follow, .flags = text ? PT_TEXT : 0};

        PT_REPEAT(t, 0, DRAWS_MAX)
        {
                first->op[first->n] = (uint8_t)pt_below(t, 7);
                first->arg[first->n++] = pt_below(t, 0);
        }
        first->text_len = text ? 0 : SIZE_MAX;

        struct pt_source_prng prng;
        pt_source_prng_init(&prng, &inner, pt_below(t, 0), 0);
        prng.source.text = (const uint8_t *)document;
        prng.source.text_len = text ? pt_below(t, sizeof(document)) : 0;
        run_as(t, &inner, &prng.source, first, &first_trace);

        struct pt_source_steps choices;
        struct script *second = copy(t, first);
        size_t n = pt_trace_trimmed(&first_trace);
        for (size_t i = 0; i < n; i++)
                steps[i] = (struct pt_step){first_trace.choice[i].value, first_trace.choice[i].type};
        pt_source_steps_init(&choices, steps, n, first_trace.text, first_trace.text_len);
        run_as(t, &inner, &choices.source, second, &trace);
        check_same(t, "choices", first, second);
        PT_ASSERT(t, choices.at == choices.end && trace.n == first_trace.n &&
                             trace.nspans == first_trace.nspans);

        struct pt_source_bytes bytes;
        struct script *third = copy(t, first);
        size_t drawn, len = pt_trace_bytes(&first_trace, &inner, form, sizeof(form), &drawn);
        PT_ASSERT(t, len < sizeof(form));
        pt_source_bytes_init(&bytes, &inner, form, len);
        run_as(t, &inner, &bytes.source, third, &trace);
        check_same(t, "bytes", first, third);
        PT_ASSERT(t, bytes.at == bytes.end && bytes.choices == drawn);
        PT_ASSERT(t, pt_trace_bytes(&trace, &inner, again, sizeof(again), NULL) == len &&
                             memcmp(form, again, len) == 0);
        PT_SOMETIMES(t, text && first->n > 100, "a document with many knobs");
        PT_SOMETIMES(t, trace.nspans > 500, "many lists");
}
