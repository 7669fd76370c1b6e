/* The document of a PT_TEXT property: made shorter by ranges, by elements of JSON, by tokens; then plainer.
 */
#include <string.h>

#include "props/shrink/passes.h"

#define RANGES_OF 72u /* in a text of no more bytes every range is tried */
#define PAIRS_OF 36u  /* and every two bytes */

static bool replace(struct work *w, size_t at, size_t n, const char *by)
{
        const struct pt_trace *t = w->best;
        size_t len = strlen(by);

        if (at + n > t->text_len || len > n)
                return false;
        work_begin(w);
        memcpy(w->text + at, by, len);
        memcpy(w->text + at + len, t->text + at + n, t->text_len - at - n);
        w->text_len = t->text_len - n + len;
        return work_try(w);
}

/* The end of the element of an object or array that begins at `at`: where its comma or the closing bracket
 * is. */
static size_t element_end(const struct pt_trace *t, size_t at)
{
        size_t depth = 0;
        bool string = false;

        for (; at < t->text_len; at++) {
                uint8_t c = t->text[at];
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
        return t->text_len;
}

static bool opens(uint8_t c)
{
        return c == '{' || c == '[' || c == ',';
}

static bool delete_elements(struct work *w)
{
        bool any = false;

        for (size_t at = 1; at < w->best->text_len && !w->stop; at++)
                while (at < w->best->text_len && opens(w->best->text[at - 1])) {
                        const struct pt_trace *t = w->best;
                        size_t end = element_end(t, at);
                        bool comma = end < t->text_len && t->text[end] == ',';
                        bool last = t->text[at - 1] == ',' && !comma;
                        if (!replace(w, at - last, end - at + comma + last, ""))
                                break;
                        any = true;
                }
        return any;
}

/* Values by less: an empty one, or one inside of it. */
static bool simplify_values(struct work *w)
{
        static const char *const tokens[] = {"0", "{}", "[]", "\"\"", "\"a\"", "[0]", "[\"\"]"};
        bool any = false;

        for (size_t at = 0; at < w->best->text_len && !w->stop; at++) {
                uint8_t before = at ? w->best->text[at - 1] : '[';
                if (!opens(before) && before != ':')
                        continue;
                size_t end = element_end(w->best, at);
                for (size_t i = 0; i < sizeof(tokens) / sizeof(*tokens); i++)
                        if (strlen(tokens[i]) < end - at && replace(w, at, end - at, tokens[i])) {
                                any = true;
                                break;
                        }
        }
        return any;
}

static bool delete_ranges(struct work *w)
{
        bool any = false;

        for (size_t k = w->best->text_len; k > 0 && !w->stop;
             k = w->best->text_len > RANGES_OF || k > RANGES_OF ? k / 2 : k - 1)
                for (size_t at = 0; at + k <= w->best->text_len && !w->stop;) {
                        if (replace(w, at, k, ""))
                                any = true;
                        else
                                at += w->best->text_len > RANGES_OF ? (k > 3 ? k / 2 : 1) : 1;
                }
        return any;
}

/* Brackets and quotes go in pairs. */
static bool delete_pairs(struct work *w)
{
        bool any = false;

        for (size_t i = 0; i < w->best->text_len && !w->stop; i++)
                for (size_t k = i + 1;
                     k < w->best->text_len && k < i + PAIRS_OF && w->best->text_len <= 4 * PAIRS_OF; k++) {
                        const struct pt_trace *t = w->best;
                        if (w->best->text_len > PAIRS_OF && !strchr("{[\"", t->text[i]))
                                break;
                        work_begin(w);
                        memmove(w->text + k, w->text + k + 1, t->text_len - k - 1);
                        memmove(w->text + i, w->text + i + 1, t->text_len - i - 2);
                        w->text_len = t->text_len - 2;
                        any |= work_try(w);
                }
        return any;
}

/* The string that begins at `at`, past its closing quote; 0: none does. */
static size_t string_end(const struct pt_trace *t, size_t at)
{
        if (t->text[at] != '"')
                return 0;
        for (at++; at < t->text_len; at++) {
                if (t->text[at] == '\\')
                        at++;
                else if (t->text[at] == '"')
                        return at + 1;
        }
        return 0;
}

/* Two strings emptied together: what they have in common is what matters, a key that is there twice. */
static bool empty_strings(struct work *w)
{
        bool any = false;

        for (size_t i = 0; i < w->best->text_len && !w->stop; i++) {
                size_t i_end = string_end(w->best, i);
                if (i_end == 0)
                        continue;
                for (size_t k = i_end; k < w->best->text_len; k++) {
                        const struct pt_trace *t = w->best;
                        size_t k_end = string_end(t, k);
                        if (k_end == 0)
                                continue;
                        if (k_end - k + i_end - i > 4) {
                                work_begin(w);
                                memmove(w->text + k + 1, t->text + k_end - 1, t->text_len - k_end + 1);
                                memmove(w->text + i + 1, w->text + i_end - 1,
                                        t->text_len - (k_end - k - 2) - i_end + 1);
                                w->text_len = t->text_len - (k_end - k - 2) - (i_end - i - 2);
                                if (work_try(w)) {
                                        any = true;
                                        i_end = string_end(w->best, i);
                                        k = i_end ? i_end - 1 : k;
                                        continue;
                                }
                        }
                        k = k_end - 1;
                }
                i = i_end - 1;
        }
        return any;
}

static bool plainer(struct work *w)
{
        static const char *const plain[] = {"0", "1", "a"};
        bool any = false;

        for (size_t at = 0; at < w->best->text_len && !w->stop; at++)
                for (size_t i = 0; i < 3 && at < w->best->text_len; i++) {
                        uint8_t c = w->best->text[at];
                        if (c <= (uint8_t)plain[i][0] || strchr("{}[]\",:", c))
                                continue;
                        if (replace(w, at, 1, plain[i])) {
                                any = true;
                                break;
                        }
                }
        return any;
}

bool pass_text(struct work *w)
{
        bool any;

        if (w->best->text_len == 0)
                return false;
        any = delete_elements(w);
        any |= simplify_values(w);
        any |= delete_ranges(w);
        if (!any)
                any = empty_strings(w);
        if (!any)
                any = delete_pairs(w);
        if (!any)
                any = plainer(w);
        return any;
}
