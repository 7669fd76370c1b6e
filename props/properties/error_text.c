/*
 * The texts of struct err: they fit, stay UTF-8 and one line, say so when they were cut, and are otherwise what was given.
 *
 * Targets: err_set, err_sys, err_set_class, err_prefix, err_format.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/err.h"
#include "props/pt.h"

/* A text of whole characters, about n bytes of it: long ones are cut within a few draws of the boundary. */
static char *draw_text(pt *t, size_t edge)
{
        static const char *const chars[] = {"a", "\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x90\xb3", "\n", "\x1b", "%", "\x7f"};
        size_t n = 0, fill = pt_bool(t) ? edge - pt_below(t, edge < 12 ? edge : 12) : 0;
        char *text = pt_alloc(t, fill + 4 * 40 + 1);

        memset(text, 'x', fill);
        n = fill;
        PT_REPEAT(t, 0, 40)
        {
                const char *c = chars[pt_below(t, sizeof(chars) / sizeof(chars[0]))];
                memcpy(text + n, c, strlen(c));
                n += strlen(c);
        }
        return text;
}

static bool is_utf8(const char *s)
{
        for (; *s; s++) {
                unsigned char c = (unsigned char)*s;
                int more = c < 0x80 ? 0 : c >= 0xf0 ? 3 : c >= 0xe0 ? 2 : c >= 0xc0 ? 1 : -1;
                for (; more > 0; more--)
                        if (((unsigned char)*++s & 0xc0) != 0x80)
                                return false;
                if (more < 0)
                        return false;
        }
        return true;
}

/* got is given, tamed, or as much of it as fits before "...", and no character less. */
static void judge_text(pt *t, const char *got, const char *given, size_t size)
{
        size_t n = strlen(given), kept = n;

        PT_ASSERT(t, strlen(got) < size && is_utf8(got));
        if (n >= size) {
                for (kept = size - 4; ((unsigned char)given[kept] & 0xc0) == 0x80;)
                        kept--;
                PT_ASSERT(t, strcmp(got + kept, "...") == 0);
        } else {
                PT_ASSERT(t, strlen(got) == n);
        }
        for (size_t i = 0; i < kept; i++) {
                bool control = (unsigned char)given[i] < 0x20 || given[i] == 0x7f;
                PT_ASSERT(t, got[i] == (control ? '?' : given[i]));
        }
        PT_SOMETIMES(t, n >= size && kept < size - 4, "cut before a character that does not fit");
        PT_SOMETIMES(t, n + 1 == size, "as long as it can be");
}

static char *joined(pt *t, const char *const *parts, size_t n)
{
        size_t len = 1;
        char *all;

        for (size_t i = 0; i < n; i++)
                len += strlen(parts[i]);
        all = pt_alloc(t, len);
        for (size_t i = 0; i < n; i++)
                strcat(all, parts[i]);
        return all;
}

static void judge_format(pt *t, const struct err *err)
{
        size_t size = 5 + pt_below(t, 900);
        char *buf = pt_alloc(t, size);
        const char *const with_class[] = {err->step, ": \"", err->place, "\": ", err->msg};
        const char *const plain[] = {err->step, *err->place ? ": " : "", err->place, *err->msg ? ": " : "", err->msg, ": ",
                                     strerrordesc_np(err->errnum)};

        PT_ASSERT(t, err_format(err, buf, size) == buf);
        judge_text(t, buf, err->cls ? joined(t, with_class, 5) : joined(t, plain, 7), size);
        PT_SOMETIMES(t, err->cls != ERR_CLASS_NONE, "with a class");
}

PT_PROPERTY(error_text, .invariant = "ERR-ONE",
            .about = "an error's texts fit, are one line of UTF-8, and say when they were cut",
            .cases = 5000)
{
        static const int errnums[] = {EINVAL, ENOENT, EPERM, E2BIG, ETIMEDOUT, EIO};
        int errnum = errnums[pt_below(t, sizeof(errnums) / sizeof(errnums[0]))];
        enum err_class cls = (enum err_class)pt_below(t, ERR_CLASS__COUNT);
        char *step = pt_cstr(t, "abc\n", 36), *place = pt_bool(t) ? draw_text(t, ERR_PLACE_MAX) : NULL;
        char *msg = draw_text(t, ERR_MSG_MAX), *prefix = draw_text(t, ERR_PLACE_MAX);
        struct err err;
        int r;

        memset(&err, 0xa5, sizeof(err));
        PT_ASSUME(t, *step);
        if (cls != ERR_CLASS_NONE)
                r = err_set_class(&err, errnum, cls, step, place, msg);
        else if (pt_bool(t))
                r = err_sys(&err, -errnum, step, place, "%s", msg);
        else
                r = err_set(&err, errnum, step, place, "%s", msg);
        PT_ASSERT(t, r == -errnum && err.errnum == errnum && err.cls == cls);
        PT_ASSERT(t, err_set(NULL, errnum, step, place, "%s", msg) == -errnum && err_prefix(NULL, prefix) < 0);
        judge_text(t, err.step, step, sizeof(err.step));
        judge_text(t, err.place, place ? place : "", sizeof(err.place));
        judge_text(t, err.msg, msg, sizeof(err.msg));
        judge_format(t, &err);

        const char *const parts[] = {prefix, err.place};
        char *whole = joined(t, parts, 2);
        PT_ASSERT(t, err_prefix(&err, prefix) == -errnum);
        judge_text(t, err.place, whole, sizeof(err.place));
        judge_text(t, err.msg, msg, sizeof(err.msg)); /* untouched */
        /* What is said in an error's own words, as callers who know more do. */
        char *before = joined(t, (const char *const[]){err.place}, 1);
        err_set(&err, errnum, "again", err.place, "%s", err.msg);
        PT_ASSERT(t, strcmp(err.place, before) == 0);
}
