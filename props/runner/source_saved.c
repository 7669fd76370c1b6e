/* Draws answered from a saved case, found again by span, name, type and bounds. */
#include <stdio.h>
#include <string.h>

#include "props/runner/finding_text.h"

#define AHEAD 12u /* lines of the same span that may be passed over for one that fits */

static const struct saved_line *line_at(const struct source_saved *s, size_t i)
{
        return i < s->saved->n ? &s->saved->line[i] : NULL;
}

/* Past the end of what was saved: not even a `stop` or `end` that counts is left. */
static bool at_end(const struct source_saved *s)
{
        for (size_t i = s->at; i < s->saved->n; i++) {
                const struct saved_line *l = &s->saved->line[i];
                if (l->kind != SAVED_CLOSE &&
                    !(l->kind == SAVED_CHOICE && l->type == PT_TYPE_FLAG && l->value == 0))
                        return false;
        }
        return true;
}

/* The line after the one at i, or after the span that it opens. */
static size_t after(const struct source_saved *s, size_t i)
{
        size_t depth = 0;

        do {
                const struct saved_line *l = line_at(s, i++);
                if (!l)
                        return s->saved->n;
                depth += l->kind == SAVED_OPEN;
                depth -= l->kind == SAVED_CLOSE && depth > 0;
        } while (depth > 0);
        return i;
}

static void note(struct source_saved *s, const char *what, const char *name)
{
        if (!s->first[0])
                snprintf(s->first, sizeof(s->first), "%s %s", what, name);
}

static void commit(struct source_saved *s)
{
        s->removed += s->pending;
        s->pending = 0;
}

/* The first line from `at` on in this span that fits; what is passed over is counted. SIZE_MAX: none. */
static size_t find(struct source_saved *s, bool (*fits)(const struct saved_line *l, const void *what),
                   const void *what)
{
        size_t passed = 0;

        for (size_t i = s->at; passed < AHEAD;) {
                const struct saved_line *l = line_at(s, i);
                if (!l || l->kind == SAVED_CLOSE)
                        return SIZE_MAX;
                if (fits(l, what)) {
                        s->removed += passed;
                        if (passed > 0)
                                note(s, "removed", s->saved->line[s->at].name);
                        return i;
                }
                /* Flags are no draws of their own: they follow the items. */
                passed += l->kind != SAVED_CHOICE || l->type != PT_TYPE_FLAG;
                i = after(s, i);
        }
        return SIZE_MAX;
}

static char asked_name[PT_NAME_MAX]; /* of the draw that is looked for; set around find */

static bool choice_fits(const struct saved_line *l, const void *what)
{
        const struct pt_choice *c = what;

        return l->kind == SAVED_CHOICE && l->type == c->type && strcmp(l->name, asked_name) == 0 &&
               (l->max == c->max || l->name[0]) && (l->type != PT_TYPE_INT || l->lo == c->lo || l->name[0]);
}

static uint64_t choose_flag(struct source_saved *s)
{
        const struct saved_line *l = line_at(s, s->at);

        if (l && l->kind == SAVED_OPEN && l->type == PT_SPAN_ITEM)
                return 1; /* it opens next, its flag is the first line in it */
        if (l && l->kind == SAVED_CHOICE && l->type == PT_TYPE_FLAG) {
                s->at++;
                return l->value;
        }
        return 0;
}

/* A named draw keeps its number where the bounds have moved. */
static uint64_t value_for(const struct saved_line *l, const struct pt_choice *c)
{
        if (l->type != PT_TYPE_INT || l->lo == c->lo)
                return l->value;
        struct pt_choice was = {.value = l->value, .lo = l->lo, .max = l->max};
        int64_t number = pt_choice_int(&was);
        return number < c->lo || (uint64_t)number - (uint64_t)c->lo > c->max ? 0
                                                                             : pt_choice_of_int(c, number);
}

static uint64_t choose(struct pt_source *source, const struct pt_choice *asked)
{
        struct source_saved *s = (struct source_saved *)source;

        if (s->depth > s->known) /* in a span that was not there */
                return 0;
        if (asked->type == PT_TYPE_FLAG)
                return choose_flag(s);
        pt_name_copy(asked_name, source->asked ? source->asked : "");
        size_t i = find(s, choice_fits, asked);
        if (i == SIZE_MAX) {
                if (!at_end(s)) {
                        commit(s);
                        s->inserted++;
                        note(s, "inserted", asked_name[0] ? asked_name : "a draw without name");
                }
                return 0;
        }
        commit(s);
        s->at = i + 1;
        return value_for(&s->saved->line[i], asked);
}

static bool span_fits(const struct saved_line *l, const void *what)
{
        char label[PT_NAME_MAX];

        if (l->kind != SAVED_OPEN)
                return false;
        pt_name_copy(label, what);
        return l->type == PT_SPAN_GROUP ? strcmp(l->name, label) == 0
                                        : strcmp(label, l->type == PT_SPAN_LIST   ? "list"
                                                        : l->type == PT_SPAN_ITEM ? "item"
                                                                                  : "string") == 0;
}

static void open_span(struct source_saved *s, const char *label)
{
        if (s->depth++ > s->known)
                return;
        size_t i = find(s, span_fits, label);
        if (i == SIZE_MAX) {
                if (!at_end(s)) {
                        s->inserted++;
                        note(s, "inserted", label);
                }
                return;
        }
        s->known = s->depth;
        s->at = i + 1;
        const struct saved_line *l = line_at(s, s->at);
        /* An item's flag was told before it opened, or is no longer asked for. */
        if (strcmp(label, "item") == 0 && l && l->kind == SAVED_CHOICE && l->type == PT_TYPE_FLAG)
                s->at++;
}

static void close_span(struct source_saved *s)
{
        if (s->depth-- > s->known)
                return;
        s->known = s->depth;
        for (const struct saved_line *l; (l = line_at(s, s->at)) && l->kind != SAVED_CLOSE;
             s->at = after(s, s->at))
                s->pending += l->kind != SAVED_CHOICE || l->type != PT_TYPE_FLAG;
        if (s->at < s->saved->n)
                s->at++;
}

static void span(struct pt_source *source, const char *label)
{
        struct source_saved *s = (struct source_saved *)source;

        if (label)
                open_span(s, label);
        else
                close_span(s);
}

void source_saved_init(struct source_saved *s, const struct saved *saved)
{
        *s = (struct source_saved){.saved = saved};
        s->source = (struct pt_source){
                .choose = choose, .span = span, .text = saved->text, .text_len = saved->text_len};
}
