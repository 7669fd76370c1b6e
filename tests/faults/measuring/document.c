/*
 * A small document that fails: the smallest that is found by taking ranges out of one, or putting a short token in
 * their place. No proof: there is none in sight for texts of this length.
 */
#include <stdio.h>
#include <string.h>

#include "tests/faults/measuring/search.h"

#define PAIRS_MAX 40u
#define RANGES_MAX 300u

static const char *const tokens[] = {"", "0", "1", "{}", "[]", "\"\"", "\"a\""};

static struct trial_input work;

static bool try_replace(struct search *s, size_t at, size_t n, const char *by)
{
        const struct trial_input *from = &s->best;
        size_t len = strlen(by);

        if (len >= n)
                return false;
        work.n = from->n;
        memcpy(work.value, from->value, from->n * sizeof(*work.value));
        memcpy(work.text, from->text, at);
        memcpy(work.text + at, by, len);
        memcpy(work.text + at + len, from->text + at + n, from->text_len - at - n);
        work.text_len = from->text_len - n + len;
        if (!trial_fails(&work, NULL))
                return false;
        s->best.text_len = work.text_len;
        memcpy(s->best.text, work.text, work.text_len);
        return true;
}

/* The end of the element of an object or array that begins at `at`: where its comma or the closing bracket is. */
static size_t element_end(const struct trial_input *input, size_t at)
{
        size_t depth = 0;
        bool string = false;

        for (; at < input->text_len; at++) {
                uint8_t c = input->text[at];
                if (string && c == '\\')
                        at++;
                else if (c == '"')
                        string = !string;
                else if (!string && (c == '{' || c == '['))
                        depth++;
                else if (!string && depth == 0 && (c == ',' || c == '}' || c == ']'))
                        return at;
                else if (!string && (c == '}' || c == ']'))
                        depth--;
        }
        return at;
}

static bool shrink_elements(struct search *s, double until)
{
        bool any = false;

        for (size_t at = 1; at < s->best.text_len && search_now() < until; at++) {
                while (at < s->best.text_len && strchr("{[,", s->best.text[at - 1])) {
                        size_t end = element_end(&s->best, at);
                        bool comma = end < s->best.text_len && s->best.text[end] == ',';
                        bool last = s->best.text[at - 1] == ',' && !comma;
                        if (!try_replace(s, at - last, end - at + comma + last, ""))
                                break;
                        any = true;
                }
        }
        return any;
}

/* Every range, or of a long text the short ones. */
static bool shrink_text(struct search *s, double until)
{
        bool any = false;

        for (size_t n = s->best.text_len < RANGES_MAX ? s->best.text_len : 16; n > 0 && search_now() < until; n--)
                for (size_t at = 0; at + n <= s->best.text_len && search_now() < until; at++)
                        for (size_t i = 0; i < sizeof(tokens) / sizeof(*tokens); i++)
                                if (at + n <= s->best.text_len && try_replace(s, at, n, tokens[i]))
                                        any = true;
        return any;
}

/* Two ranges of equal brackets' worth: an object or array around something is taken away. */
static bool unwrap_text(struct search *s, double until)
{
        for (size_t open = 1; open <= 24; open++)
                for (size_t close = 1; close <= 2; close++)
                        for (size_t at = 0; at + open < s->best.text_len && search_now() < until; at++)
                                for (size_t end = at + open; end + close <= s->best.text_len; end++) {
                                        const struct trial_input *from = &s->best;
                                        if (from->text[end] != '}' && from->text[end] != ']')
                                                continue;
                                        work = *from;
                                        memmove(work.text + end, from->text + end + close,
                                                from->text_len - end - close);
                                        memmove(work.text + at, work.text + at + open, from->text_len - at - open);
                                        work.text_len = from->text_len - open - close;
                                        if (!trial_fails(&work, NULL))
                                                continue;
                                        s->best.text_len = work.text_len;
                                        memcpy(s->best.text, work.text, work.text_len);
                                        return true;
                                }
        return false;
}

/* Two ranges at once, of a text so short that all pairs can be tried: what has to stay equal, such as two keys. */
static bool shrink_pairs(struct search *s, double until)
{
        size_t len = s->best.text_len;

        for (size_t n = 1; len <= PAIRS_MAX && n < len && search_now() < until; n++)
                for (size_t m = 1; m <= n; m++)
                        for (size_t at = 0; at + n < len; at++)
                                for (size_t to = 0; to + m <= len; to++) {
                                        if (to < at + n && at < to + m)
                                                continue;
                                        size_t high = at > to ? at : to, high_n = at > to ? n : m;
                                        size_t low = at > to ? to : at, low_n = at > to ? m : n;
                                        work = s->best;
                                        memmove(work.text + high, work.text + high + high_n, len - high - high_n);
                                        memmove(work.text + low, work.text + low + low_n, len - high_n - low - low_n);
                                        work.text_len = len - n - m;
                                        if (!trial_fails(&work, NULL))
                                                continue;
                                        s->best.text_len = work.text_len;
                                        memcpy(s->best.text, work.text, work.text_len);
                                        return true;
                                }
        return false;
}

/* Trailing knobs, then smaller ones. */
static bool shrink_knobs(struct search *s)
{
        bool any = false;

        while (s->best.n > 0) {
                s->best.n--;
                if (trial_fails(&s->best, NULL)) {
                        any = true;
                        continue;
                }
                s->best.n++;
                break;
        }
        for (size_t i = 0; i < s->best.n; i++) {
                uint64_t old = s->best.value[i];
                for (uint64_t v = 0; v < old; v++) {
                        s->best.value[i] = v;
                        if (trial_fails(&s->best, NULL)) {
                                any = true;
                                old = v;
                        }
                }
                s->best.value[i] = old;
        }
        return any;
}

void search_document(struct search *s)
{
        double until = search_now() + s->seconds;

        if (!s->found)
                return;
        while (search_now() < until && (shrink_knobs(s) || shrink_elements(s, until) || shrink_text(s, until) ||
                                        unwrap_text(s, until) || shrink_pairs(s, until)))
                ;
        (void)trial_fails(&s->best, &s->draws);
        snprintf(s->how, sizeof(s->how), "%s",
                 search_now() > until           ? "reduced, not to the end" :
                 s->best.text_len <= PAIRS_MAX ? "reduced until no range nor any two could be taken out" :
                                                 "reduced until no range could be taken out or replaced by less");
}
