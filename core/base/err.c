#include "core/base/err.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

/* Cuts s, which lost bytes by truncation, at a UTF-8 boundary and marks the cut. */
static void mark_cut(char *s, size_t size)
{
        size_t n = size - 1 - 3;

        while (n > 0 && ((unsigned char)s[n] & 0xc0) == 0x80)
                n--;
        memcpy(s + n, "...", 4);
}

static void copy_text(char *dst, size_t size, const char *src)
{
        size_t n = strlen(src);

        if (n < size) {
                memcpy(dst, src, n + 1);
                return;
        }
        memcpy(dst, src, size - 1);
        dst[size - 1] = '\0';
        mark_cut(dst, size);
}

/* A newline or escape sequence from a config must not forge a second line in somebody's log. */
static void tame(char *s)
{
        for (; *s; s++)
                if ((unsigned char)*s < 0x20 || *s == 0x7f)
                        *s = '?';
}

int err_setv(struct err *err, int errnum, const char *step, const char *place, const char *fmt, va_list ap)
{
        int n;

        assert(errnum > 0);
        assert(step && *step);
        if (!err)
                return -errnum;
        /* The arguments may point into *err itself (a place that is reused): format before overwriting. */
        char msg[ERR_MSG_MAX], where[ERR_PLACE_MAX];
        n = vsnprintf(msg, sizeof(msg), fmt, ap);
        if (n < 0)
                msg[0] = '\0';
        else if ((size_t)n >= sizeof(msg))
                mark_cut(msg, sizeof(msg));
        copy_text(where, sizeof(where), place ? place : "");
        copy_text(err->step, sizeof(err->step), step);
        memcpy(err->place, where, sizeof(where));
        memcpy(err->msg, msg, sizeof(msg));
        tame(err->step);
        tame(err->place);
        tame(err->msg);
        err->errnum = errnum;
        err->cls = ERR_CLASS_NONE;
        return -errnum;
}

int err_set(struct err *err, int errnum, const char *step, const char *place, const char *fmt, ...)
{
        va_list ap;
        int r;

        va_start(ap, fmt);
        r = err_setv(err, errnum, step, place, fmt, ap);
        va_end(ap);
        return r;
}

int err_sys(struct err *err, int rc, const char *step, const char *place, const char *fmt, ...)
{
        va_list ap;

        assert(rc < 0);
        va_start(ap, fmt);
        err_setv(err, -rc, step, place, fmt, ap);
        va_end(ap);
        return rc;
}

int err_set_class(struct err *err, int errnum, enum err_class cls, const char *step, const char *place,
                  const char *msg)
{
        assert(cls > ERR_CLASS_NONE && cls < ERR_CLASS__COUNT);
        int r = err_set(err, errnum, step, place, "%s", msg);

        if (err)
                err->cls = cls;
        return r;
}

int err_prefix(struct err *err, const char *prefix)
{
        char place[ERR_PLACE_MAX + ERR_PLACE_MAX];

        if (!err)
                return -1;
        assert(err->errnum > 0);
        snprintf(place, sizeof(place), "%s%s", prefix, err->place); /* of what doesn't fit in here, all is cut off below */
        copy_text(err->place, sizeof(err->place), place);
        tame(err->place);
        return -err->errnum;
}

const char *err_text(int errnum)
{
        const char *s = strerrordesc_np(errnum);

        return s ? s : "unknown error";
}

const char *err_format(const struct err *err, char *buf, unsigned long size)
{
        const char *text = err->errnum ? err_text(err->errnum) : "";
        int n;

        assert(size > 4);
        if (err->cls != ERR_CLASS_NONE)
                n = snprintf(buf, size, "%s: \"%s\": %s", err->step, err->place, err->msg);
        else
                n = snprintf(buf, size, "%s%s%s%s%s%s%s", err->step, err->place[0] ? ": " : "", err->place,
                     err->msg[0] ? ": " : "", err->msg, *text ? ": " : "", text);
        if (n >= 0 && (unsigned long)n >= size)
                mark_cut(buf, size);
        return buf;
}
