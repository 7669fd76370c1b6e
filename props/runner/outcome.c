#include "props/runner/outcome.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

bool outcome_fails(const struct outcome *o)
{
        return o->end >= OUTCOME_FAIL && o->end <= OUTCOME_UNSTABLE;
}

static void set(char *dst, size_t size, const char *src, size_t len)
{
        if (len >= size)
                len = size - 1;
        memcpy(dst, src, len);
        dst[len] = '\0';
}

/* "FILE:LINE" without folders. */
static void set_place(struct signature *s, const char *p, size_t len)
{
        const char *slash = memrchr(p, '/', len);

        if (slash) {
                len -= (size_t)(slash + 1 - p);
                p = slash + 1;
        }
        set(s->site, sizeof(s->site), p, len);
}

static const char *line_of(const char *report, const char *p)
{
        while (p > report && p[-1] != '\n')
                p--;
        return p;
}

/*
 * The innermost two frames, "#0 0x... in FUNCTION FILE:LINE" or, without symbols, "#0 0x...
 * (PROGRAM+OFFSET)": one is not enough, it may be memcpy.
 */
static void set_frames(struct signature *s, const char *report)
{
        size_t at = 0;

        s->site[0] = '\0';
        for (int i = 0; i < 2; i++) {
                char mark[8];
                snprintf(mark, sizeof(mark), " #%d ", i);
                const char *p = strstr(report, mark), *end = p ? p + 1 + strcspn(p + 1, "\n") : NULL;
                if (!p)
                        return;
                const char *in = memmem(p, (size_t)(end - p), " in ", 4), *from, *to;
                if (in) {
                        from = in + 4;
                        to = from + strcspn(from, " \n(");
                } else {
                        from = memrchr(p, '+', (size_t)(end - p));
                        to = from ? from + strcspn(from, ")\n") : NULL;
                }
                if (from && to <= end && to > from)
                        at += (size_t)snprintf(s->site + at, sizeof(s->site) - at, "%s%.*s", i ? " " : "",
                                               (int)(to - from > 40 ? 40 : to - from), from);
        }
}

/* A sanitizer's or assert's own words. False: there are none. */
static bool read_report(struct signature *s, const char *report)
{
        static const char *const heads[] = {"ERROR: AddressSanitizer: ", "ERROR: LeakSanitizer: "};
        const char *p;

        if ((p = strstr(report, ": runtime error: "))) {
                const char *line = line_of(report, p);
                snprintf(s->kind, sizeof(s->kind), "undefined");
                set_place(s, line, strcspn(line, ": ") + 1 + strcspn(line + strcspn(line, ": ") + 1, ": "));
                return true;
        }
        for (size_t i = 0; i < 2; i++) {
                if (!(p = strstr(report, heads[i])))
                        continue;
                p += strlen(heads[i]);
                set(s->kind, sizeof(s->kind), p, strcspn(p, " :\n"));
                set_frames(s, p);
                return true;
        }
        if ((p = strstr(report, ": Assertion `"))) {
                /* "PROGRAM: FILE:LINE: FUNCTION: Assertion ..." */
                const char *line = line_of(report, p), *file = strstr(line, ": ");
                snprintf(s->kind, sizeof(s->kind), "assert");
                if (file && file < p) {
                        file += 2;
                        size_t len = strcspn(file, ":");
                        set_place(s, file, len + 1 + strcspn(file + len + 1, ":"));
                }
                return true;
        }
        return false;
}

static void name_it(struct signature *s)
{
        snprintf(s->name, sizeof(s->name), "%s%s%s", s->kind, s->site[0] ? "-" : "", s->site);
        for (char *c = s->name; *c; c++)
                if (!isalnum((unsigned char)*c) && *c != '_' && *c != '.')
                        *c = '-';
}

void signature_make(struct outcome *o, const char *report, const char *crash)
{
        struct signature *s = &o->signature;
        char line[300];

        *s = (struct signature){0};
        switch (o->end) {
        case OUTCOME_FAIL:
                snprintf(s->kind, sizeof(s->kind), "failed");
                snprintf(line, sizeof(line), "%s:%d", o->result.file, o->result.line);
                set_place(s, line, strlen(line));
                break;
        case OUTCOME_HANG:
                snprintf(s->kind, sizeof(s->kind), "hang");
                break;
        case OUTCOME_LEAK:
                snprintf(s->kind, sizeof(s->kind), "leak");
                break;
        case OUTCOME_UNSTABLE:
                snprintf(s->kind, sizeof(s->kind), "unstable");
                break;
        case OUTCOME_CRASH:
                if (read_report(s, report))
                        break;
                snprintf(s->kind, sizeof(s->kind), o->signal ? "signal-%d" : "exit-%d",
                         o->signal ? o->signal : o->status);
                snprintf(s->site, sizeof(s->site), "%s", crash);
                break;
        default:
                return;
        }
        name_it(s);
}

void outcome_describe(const struct outcome *o, char *buf, size_t size)
{
        const struct signature *s = &o->signature;

        switch (o->end) {
        case OUTCOME_FAIL:
                snprintf(buf, size, "failed at %s:%d: %s", o->result.file, o->result.line, o->result.msg);
                break;
        case OUTCOME_HANG:
                snprintf(buf, size, "failed: %s",
                         o->result.hung ? o->result.msg : "one case takes longer than its bound");
                break;
        case OUTCOME_LEAK:
                snprintf(buf, size, "failed: memory leaked in some case");
                break;
        case OUTCOME_UNSTABLE:
                snprintf(buf, size, "failed: %s", o->result.msg);
                break;
        case OUTCOME_CRASH:
                if (strncmp(s->kind, "signal", 6) != 0 && strncmp(s->kind, "exit", 4) != 0)
                        snprintf(buf, size, "failed: %s at %s", s->kind, s->site);
                else if (o->signal)
                        snprintf(buf, size, "failed: signal %d (%s)%s%s", o->signal, strsignal(o->signal),
                                 s->site[0] ? " at " : "", s->site);
                else
                        snprintf(buf, size,
                                 "failed: the process ended with status %d in the middle of a case",
                                 o->status);
                break;
        case OUTCOME_DISCARD:
                snprintf(buf, size, "discarded: %s", o->result.msg);
                break;
        case OUTCOME_PASS:
                snprintf(buf, size, "does not fail");
                break;
        default:
                snprintf(buf, size, "%s", o->result.msg);
                break;
        }
}
