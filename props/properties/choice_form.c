/*
 * The choice layer's own property: what a PRNG drew, recorded and read again as bytes, is the same case. All
 * else here rests on it: a finding that does not replay is lost.
 */
#include <string.h>

#include "props/pt_run.h"

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

static void follow(pt *t)
{
        struct script *s = current;

        if (t && s->text_len != SIZE_MAX)
                pt_text(t, &s->text_len);
        for (size_t i = 0; i < s->n; i++) {
                char buf[8] = {0};
                uint64_t arg = s->arg[i];
                size_t n;
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
                default:
                        s->got[i] = strlen(pt_cstr(t, "ab/", 300));
                        break;
                }
        }
}

PT_PROPERTY(choice_form, .about = "a recorded case, read as bytes, draws the same values")
{
        static const char document[] = "a document\0with a NUL";
        struct script *first = pt_alloc(t, sizeof(*first)), *second = pt_alloc(t, sizeof(*second));
        size_t cap = 65536;
        struct pt_record *record = pt_alloc(t, sizeof(*record) + cap);
        bool text = pt_bool(t);
        pt_prop inner = {.name = "inner", .run = follow, .flags = text ? PT_TEXT : 0};
        struct pt_result result;

        PT_REPEAT(t, 0, DRAWS_MAX)
        {
                first->op[first->n] = (uint8_t)pt_below(t, 5);
                first->arg[first->n++] = pt_below(t, 0);
        }
        first->text_len = text ? 0 : SIZE_MAX;
        *second = *first;
        record->cap = cap;

        struct pt_source_prng prng;
        pt_source_prng_init(&prng, &inner, pt_below(t, 0), 0);
        prng.source.text = (const uint8_t *)document;
        prng.source.text_len = text ? pt_below(t, sizeof(document)) : 0;
        struct pt_exec exec = {.prop = &inner, .source = &prng.source, .record = record};
        current = first;
        PT_ASSERT(t, pt_execute(&exec, &result) == PT_VERDICT_PASS);
        PT_ASSERT(t, !record->overflow);

        struct pt_source_bytes bytes;
        pt_source_bytes_init(&bytes, &inner, record->buf, record->len);
        exec = (struct pt_exec){.prop = &inner, .source = &bytes.source};
        current = second;
        PT_ASSERT(t, pt_execute(&exec, &result) == PT_VERDICT_PASS);
        PT_ASSERT(t, first->text_len == second->text_len);
        for (size_t i = 0; i < first->n; i++)
                if (first->got[i] != second->got[i])
                        PT_FAIL(t, "draw %zu of kind %u gave %llu, then %llu", i, first->op[i],
                                (unsigned long long)first->got[i], (unsigned long long)second->got[i]);
        PT_ASSERT(t, bytes.at == bytes.end);
        PT_SOMETIMES(t, text && first->n > 100, "a document with many knobs");
}
