/* One case: its memory, its cleanups, its verdict. */
#include "props/case.h"

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

void pt_begin(pt *t, const char *label)
{
        assert(t->depth < PT_DEPTH_MAX);
        t->label[t->depth] = label;
        if (t->exec->say)
                t->exec->say(t->exec->say_ctx, t->depth, label);
        t->depth++;
}

void pt_end(pt *t)
{
        assert(t->depth > 0);
        t->depth--;
}

void pt_hit(pt *t, const pt_point *p, bool cond)
{
        if (cond && t->held && !t->held[p->index]) {
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
        struct pt t = {.exec = exec, .result = ret_result};

        ret_result->verdict = PT_VERDICT_PASS;
        ret_result->file = NULL;
        ret_result->line = 0;
        ret_result->msg[0] = '\0';
        if (exec->counts)
                t.held = pt_alloc(&t, pt_point_count());
        if (exec->record) {
                exec->record->len = 0;
                exec->record->overflow = false;
                if (exec->prop->flags & PT_TEXT)
                        pt_record_text(exec->record, exec->source->text, exec->source->text_len);
        }
        if (setjmp(t.verdict) == 0)
                exec->prop->run(&t);
        t.judged = true;
        clean_up(&t);
        if (exec->record)
                pt_record_end(exec->record, exec->prop, exec->source->text_len);
        ret_result->draws = t.draws;
        return ret_result->verdict;
}

int pt_one_input(const pt_prop *prop, const uint8_t *data, size_t len)
{
        struct pt_source_bytes bytes;
        struct pt_result result;

        pt_source_bytes_init(&bytes, prop, data, len);
        struct pt_exec exec = {.prop = prop, .source = &bytes.source};
        enum pt_verdict verdict = pt_execute(&exec, &result);
        if (verdict == PT_VERDICT_FAIL) {
                fprintf(stderr, "initlab: property %s failed at %s:%d: %s\n", prop->name, result.file,
                        result.line, result.msg);
                abort();
        }
        return verdict == PT_VERDICT_DISCARD;
}
