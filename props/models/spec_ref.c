/* The document through jansson's reader. See spec_ref.h. */
#include "props/models/spec_ref.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct rewrite {
        struct spec_ref *ref;
        char *out;
        size_t n;
};

static void put(struct rewrite *w, const char *p, size_t n)
{
        memcpy(w->out + w->n, p, n);
        w->n += n;
}

/* Counts the digits at p. */
static size_t digits(const char *p, size_t n)
{
        size_t k = 0;

        while (k < n && p[k] >= '0' && p[k] <= '9')
                k++;
        return k;
}

/* 'i' an integer, 'r' a real, 0 neither: all n bytes are one JSON number. */
static char number_form(const char *p, size_t n)
{
        size_t at = n > 0 && p[0] == '-', k = digits(p + at, n - at);
        char form = 'i';

        if (k == 0 || (k > 1 && p[at] == '0'))
                return 0;
        at += k;
        if (at < n && p[at] == '.') {
                k = digits(p + at + 1, n - at - 1);
                if (k == 0)
                        return 0;
                at += 1 + k;
                form = 'r';
        }
        if (at < n && (p[at] == 'e' || p[at] == 'E')) {
                at++;
                at += at < n && (p[at] == '+' || p[at] == '-');
                k = digits(p + at, n - at);
                if (k == 0)
                        return 0;
                at += k;
                form = 'r';
        }
        return at == n ? form : 0;
}

/*
 * Reals all become 0.5, so that jansson's overflow of huge ones plays no part and none looks like a stand-in.
 * What is no number stays, for jansson to refuse.
 */
static size_t rewrite_number(struct rewrite *w, const char *p, size_t left)
{
        size_t n = 0;
        char form, stand_in[32];

        while (n < left && p[n] && strchr("0123456789+-.eE", p[n]))
                n++;
        form = number_form(p, n);
        if (form == 'r') {
                put(w, "0.5", 3);
        } else if (form == 'i' && n >= 19) {
                int k = snprintf(stand_in, sizeof(stand_in), "%zu.25", 1000 + w->ref->nbig);
                w->ref->big[w->ref->nbig++] = (struct spec_token){p, n};
                put(w, stand_in, (size_t)k);
        } else {
                put(w, p, n);
        }
        return n;
}

static size_t copy_string(struct rewrite *w, const char *p, size_t left)
{
        size_t n = 1;

        while (n < left && p[n] != '"')
                n += p[n] == '\\' && n + 1 < left ? 2 : 1;
        if (n - 1 > w->ref->longest_string)
                w->ref->longest_string = n - 1;
        n += n < left;
        put(w, p, n);
        return n;
}

static void drop(void *root)
{
        json_decref(root);
}

const struct spec_ref *spec_ref_read(pt *t, const char *text, size_t len)
{
        struct spec_ref *ref = pt_alloc(t, sizeof(*ref));
        struct rewrite w = {.ref = ref, .out = pt_alloc(t, len + 1)};
        size_t depth = 0;

        ref->big = pt_alloc(t, (len / 19 + 1) * sizeof(*ref->big));
        for (size_t at = 0; at < len;) {
                char c = text[at];
                if (c == '"') {
                        at += copy_string(&w, text + at, len - at);
                        continue;
                }
                if (c == '-' || (c >= '0' && c <= '9')) {
                        at += rewrite_number(&w, text + at, len - at);
                        continue;
                }
                ref->commas += c == ',';
                depth += c == '[' || c == '{';
                ref->depth = depth > ref->depth ? depth : ref->depth;
                depth -= depth > 0 && (c == ']' || c == '}');
                put(&w, &c, 1);
                at++;
        }
        /* No JSON text has a NUL byte. jansson 2.14 overlooks one that follows a number. */
        if (!memchr(text, 0, len))
                ref->root = json_loadb(w.out, w.n, JSON_REJECT_DUPLICATES, NULL);
        if (ref->root)
                pt_defer(t, drop, ref->root);
        if (!json_is_object(ref->root))
                ref->root = NULL;
        return ref;
}

int spec_ref_integer(const struct spec_ref *ref, const json_t *value, bool *ret_negative,
                     uint64_t *ret_magnitude)
{
        unsigned __int128 m = 0;
        double v = json_real_value(value);

        if (json_is_integer(value)) {
                json_int_t i = json_integer_value(value);
                *ret_negative = i < 0;
                *ret_magnitude = i < 0 ? -(uint64_t)i : (uint64_t)i;
                return 0;
        }
        if (!json_is_real(value) || v < 1000)
                return EINVAL;
        const struct spec_token *b = &ref->big[(size_t)v - 1000];
        bool negative = b->p[0] == '-';
        for (size_t i = negative; i < b->n; i++) {
                m = m * 10 + (unsigned)(b->p[i] - '0');
                if (m > UINT64_MAX)
                        return ERANGE;
        }
        *ret_negative = negative;
        *ret_magnitude = (uint64_t)m;
        return 0;
}

bool spec_ref_resolves(const struct spec_ref *ref, const char *pointer)
{
        const json_t *at = ref->root;
        size_t n = strlen(pointer);
        char token[512];

        if (strchr(pointer, '?') || (n > 3 && strcmp(pointer + n - 3, "...") == 0))
                return true;
        while (*pointer) {
                size_t k = 0;
                if (*pointer++ != '/' || !at)
                        return false;
                for (; *pointer && *pointer != '/'; pointer++) {
                        if (*pointer == '~' && pointer[1] != '0' && pointer[1] != '1')
                                return false;
                        token[k++] = *pointer == '~' ? (*++pointer == '0' ? '~' : '/') : *pointer;
                }
                token[k] = '\0';
                if (json_is_array(at) && digits(token, k) != k)
                        return false;
                at = json_is_array(at) ? json_array_get(at, strtoul(token, NULL, 10))
                                       : json_object_get(at, token);
        }
        return true;
}
