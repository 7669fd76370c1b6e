/* One case: its memory, its cleanups, its verdict. */
#include "props/case.h"
#include "props/trace.h"

#include <assert.h>
#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct pt_block {
        struct pt_block *next;
        max_align_t data[];
};

struct pt_deferred {
        struct pt_deferred *next;
        void (*fn)(void *);
        void *arg;
};

void pt_setup(void)
{
        json_object_seed(1);
}

void *pt_alloc(pt *t, size_t n)
{
        struct pt_block *b = n > SIZE_MAX / 2 ? NULL : calloc(1, sizeof(*b) + n);

        if (!b) {
                fprintf(stderr, "initlab: property %s: no memory for %zu bytes\n", t->exec->prop->name, n);
                abort();
        }
        b->next = t->blocks;
        t->blocks = b;
        return b->data;
}

void pt_defer(pt *t, void (*fn)(void *), void *arg)
{
        struct pt_deferred *d = pt_alloc(t, sizeof(*d));

        *d = (struct pt_deferred){t->deferred, fn, arg};
        t->deferred = d;
}

static bool keeps_spans(const pt *t)
{
        return t->trace || t->exec->source->span;
}

/* The innermost span of the trace that is open. */
static uint32_t innermost(const pt *t)
{
        for (unsigned i = t->open < PT_DEPTH_MAX ? t->open : PT_DEPTH_MAX; i > 0; i--)
                if (t->span[i - 1] != PT_NO_SPAN)
                        return t->span[i - 1];
        return PT_NO_SPAN;
}

static uint32_t add_span(pt *t, unsigned kind, const char *label, uint64_t min, uint64_t max)
{
        struct pt_trace *trace = t->trace;

        if (trace->full || trace->nspans == PT_TRACE_SPANS) {
                trace->full = true;
                return PT_NO_SPAN;
        }
        trace->span[trace->nspans] = (struct pt_span){.begin = trace->n,
                                                      .end = UINT32_MAX,
                                                      .parent = innermost(t),
                                                      .min = min,
                                                      .max = max,
                                                      .label = pt_trace_name(trace, label),
                                                      .kind = (uint8_t)kind};
        trace->nspans = trace->nspans + 1;
        return trace->nspans - 1;
}

uint32_t pt_span_open(pt *t, unsigned kind, const char *label, uint64_t min, uint64_t max)
{
        struct pt_source *source = t->exec->source;
        uint32_t depth = t->open, span = PT_NO_SPAN;

        if (source->span)
                source->span(source, label);
        if (t->trace && depth < PT_DEPTH_MAX)
                span = add_span(t, kind, label, min, max);
        if (depth < PT_DEPTH_MAX)
                t->span[depth] = span;
        t->open++;
        return depth;
}

static struct pt_span *span_at(pt *t, uint32_t depth)
{
        return t->trace && depth < PT_DEPTH_MAX && t->span[depth] != PT_NO_SPAN
                       ? &t->trace->span[t->span[depth]]
                       : NULL;
}

void pt_span_begins(pt *t, uint32_t depth, uint32_t begin)
{
        struct pt_span *span = span_at(t, depth);

        if (span)
                span->begin = begin;
}

void pt_span_count(pt *t, uint32_t depth, uint32_t count)
{
        struct pt_span *span = span_at(t, depth);

        if (span)
                span->count = count;
}

void pt_span_close(pt *t, uint32_t depth)
{
        while (t->open > depth) {
                struct pt_span *span = span_at(t, --t->open);
                if (span)
                        span->end = t->trace->n;
                if (t->exec->source->span)
                        t->exec->source->span(t->exec->source, NULL);
        }
}

void pt_span_close_in(pt *t, uint32_t depth)
{
        pt_span_close(t, depth + 1);
}

void pt_begin(pt *t, const char *label)
{
        if (t->exec->say)
                t->exec->say(t->exec->say_ctx, t->depth, label);
        if (keeps_spans(t))
                pt_span_open(t, PT_SPAN_GROUP, label, 0, 0);
        t->depth++;
}

void pt_end(pt *t)
{
        assert(t->depth > 0);
        t->depth--;
        if (keeps_spans(t) && t->open > 0)
                pt_span_close(t, t->open - 1);
}

void pt_observe(pt *t, const void *p, size_t n)
{
        t->observed = pt_hash(t->observed ^ n, p, n);
}

/* Whoever lacks counters pays for a point with one look. */
void pt_hit(pt *t, const pt_point *p, bool cond)
{
        /* By its words: compilers do not agree on the line of a macro that has several. */
        if (t->trace)
                t->observed = pt_hash(t->observed ^ cond, p->id, strlen(p->id));
        if (!cond || !t->exec->counts)
                return;
        if (!t->held)
                t->held = pt_alloc(t, pt_point_count());
        if (!t->held[p->index]) {
                t->held[p->index] = 1;
                t->exec->counts[p->index]++;
        }
}

/* One line, whatever was put into it. */
__attribute__((format(printf, 2, 0))) static void say_v(pt *t, const char *fmt, va_list ap)
{
        char line[2048];

        if (vsnprintf(line, sizeof(line), fmt, ap) < 0)
                return;
        for (char *c = line; *c; c++)
                if ((unsigned char)*c < 0x20 || *c == 0x7f)
                        *c = '?';
        t->exec->say(t->exec->say_ctx, t->depth, line);
}

void pt_say(pt *t, const char *fmt, ...)
{
        va_list ap;

        va_start(ap, fmt);
        say_v(t, fmt, ap);
        va_end(ap);
}

void pt_note(pt *t, const char *fmt, ...)
{
        va_list ap;

        if (!t->exec->say)
                return;
        va_start(ap, fmt);
        say_v(t, fmt, ap);
        va_end(ap);
}

void pt_say_bytes(pt *t, const uint8_t *p, size_t n)
{
        char text[4 * 64 + 1];
        size_t at = 0;

        for (size_t i = 0; i < n && i < 64; i++) {
                bool plain = p[i] >= 0x20 && p[i] < 0x7f && p[i] != '\\' && p[i] != '"';
                at += (size_t)snprintf(text + at, sizeof(text) - at, plain ? "%c" : "\\x%02x", p[i]);
        }
        text[at] = '\0';
        pt_say(t, "%zu bytes \"%s\"%s", n, text, n > 64 ? "..." : "");
}

static _Noreturn void judge(pt *t, enum pt_verdict verdict)
{
        assert(!t->judged);
        t->result->verdict = verdict;
        longjmp(t->verdict, 1);
}

void pt_discard(pt *t, const char *why)
{
        snprintf(t->result->msg, sizeof(t->result->msg), "%s", why);
        judge(t, PT_VERDICT_DISCARD);
}

void pt_fail(pt *t, const char *file, int line, const char *fmt, ...)
{
        va_list ap;

        va_start(ap, fmt);
        vsnprintf(t->result->msg, sizeof(t->result->msg), fmt, ap);
        va_end(ap);
        for (char *c = t->result->msg; *c; c++)
                if ((unsigned char)*c < 0x20)
                        *c = '?';
        t->result->file = file;
        t->result->line = line;
        judge(t, PT_VERDICT_FAIL);
}

static void clean_up(pt *t)
{
        for (struct pt_deferred *d = t->deferred; d; d = d->next)
                d->fn(d->arg);
        while (t->blocks) {
                struct pt_block *b = t->blocks;
                t->blocks = b->next;
                free(b);
        }
}

enum pt_verdict pt_execute(const struct pt_exec *exec, struct pt_result *ret_result)
{
        /* Not in this frame's registers: the frame is returned to by longjmp. */
        struct pt t = {.exec = exec, .result = ret_result, .trace = exec->trace};

        ret_result->verdict = PT_VERDICT_PASS;
        ret_result->file = NULL;
        ret_result->line = 0;
        ret_result->msg[0] = '\0';
        ret_result->hung = false;
        if (exec->trace)
                pt_trace_reset(exec->trace, exec->source);
        if (setjmp(t.verdict) == 0)
                exec->prop->run(&t);
        t.judged = true;
        clean_up(&t);
        if (exec->trace) {
                pt_span_close(&t, 0);
                exec->trace->observed = t.observed;
                if (exec->trace->full)
                        pt_trace_close(exec->trace);
        }
        ret_result->draws = t.draws;
        return ret_result->verdict;
}

static struct pt_trace *hashed; /* NULL: hashes are not wanted */

void pt_print_hashes(void)
{
        hashed = calloc(1, sizeof(*hashed));
        if (!hashed)
                abort();
}

int pt_one_input(const pt_prop *prop, const uint8_t *data, size_t len)
{
        struct pt_source_bytes bytes;
        struct pt_result result;

        pt_source_bytes_init(&bytes, prop, data, len);
        struct pt_exec exec = {.prop = prop, .source = &bytes.source, .trace = hashed};
        enum pt_verdict verdict = pt_execute(&exec, &result);
        if (hashed)
                fprintf(stderr, "hash %016llx\n", (unsigned long long)pt_trace_hash(hashed, &result));
        if (verdict == PT_VERDICT_FAIL) {
                fprintf(stderr, "initlab: property %s failed at %s:%d: %s\n", prop->name, result.file,
                        result.line, result.msg);
                abort();
        }
        return verdict == PT_VERDICT_DISCARD;
}
