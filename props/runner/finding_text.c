#include "props/runner/finding_text.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HEAD "initlab finding "
#define VERSION 1

static const char *const types[PT_TYPE__COUNT] = {"number", "int", "bool", "weight", "byte", "char", "flag"};
static const char *const kinds[] = {"group", "list", "item", "string"};

/* --- printing --- */

/* A quote in it needs no mark: the last one of the line ends it. */
static void print_quoted(FILE *to, const uint8_t *p, size_t n)
{
        fputc('"', to);
        for (size_t i = 0; i < n; i++)
                fprintf(to, p[i] >= 0x20 && p[i] < 0x7f && p[i] != '\\' ? "%c" : "\\x%02x", p[i]);
        fputc('"', to);
}

static void print_choice(FILE *to, const struct pt_trace *t, const struct pt_choice *c, int depth)
{
        fprintf(to, "%*s", 2 * depth, "");
        if (c->name && c->type != PT_TYPE_FLAG)
                fprintf(to, "%s: ", t->name[c->name]);
        if (c->type == PT_TYPE_FLAG)
                fprintf(to, c->value ? "more\n" : "stop\n");
        else if (c->type == PT_TYPE_INT)
                fprintf(to, "int %lld..%lld = %lld\n", (long long)c->lo,
                        (long long)(int64_t)((uint64_t)c->lo + c->max), (long long)pt_choice_int(c));
        else
                fprintf(to, "%s 0..%llu = %llu\n", types[c->type], (unsigned long long)c->max,
                        (unsigned long long)c->value);
}

static void print_draws(FILE *to, const struct pt_trace *t)
{
        uint32_t open[PT_TRACE_SPANS / 16], span = 0;
        int depth = 0;

        for (uint32_t i = 0; i <= t->n; i++) {
                for (;;) {
                        if (depth > 0 && t->span[open[depth - 1]].end <= i &&
                            !(span < t->nspans && t->span[span].begin == i &&
                              t->span[span].parent == open[depth - 1])) {
                                fprintf(to, "%*send\n", 2 * depth, "");
                                depth--;
                        } else if (span < t->nspans && t->span[span].begin == i &&
                                   depth < (int)(sizeof(open) / sizeof(*open))) {
                                const struct pt_span *s = &t->span[span];
                                fprintf(to, "%*s%s", 2 * (depth + 1), "", kinds[s->kind]);
                                if (s->kind == PT_SPAN_LIST || s->kind == PT_SPAN_STRING)
                                        fprintf(to, " %llu..%llu\n", (unsigned long long)s->min,
                                                (unsigned long long)s->max);
                                else
                                        fprintf(to, "%s%s\n", s->kind == PT_SPAN_GROUP ? " " : "",
                                                s->kind == PT_SPAN_GROUP ? t->name[s->label] : "");
                                open[depth++] = span++;
                        } else {
                                break;
                        }
                }
                if (i < t->n)
                        print_choice(to, t, &t->choice[i], depth + 1);
        }
        while (depth > 0)
                fprintf(to, "%*send\n", 2 * depth--, "");
}

static void print_line(FILE *to, const char *key, const char *value)
{
        fprintf(to, "%s ", key);
        for (; *value; value++)
                fputc((unsigned char)*value < 0x20 ? ' ' : *value, to);
        fputc('\n', to);
}

char *finding_print(const struct finding *f, size_t *ret_len)
{
        char *text = NULL;
        FILE *to = open_memstream(&text, ret_len);

        if (!to)
                return NULL;
        fprintf(to, HEAD "%d\n", VERSION);
        print_line(to, "property", f->prop->name);
        print_line(to, "signature", f->signature->name);
        if (f->message)
                print_line(to, "message", f->message);
        if (f->from)
                print_line(to, "from", f->from);
        fprintf(to, "seed %llu\nversion " INITLAB_VERSION "\nruns %zu\n", (unsigned long long)f->seed,
                f->runs);
        if (f->prop->flags & PT_TEXT) {
                fprintf(to, "document ");
                print_quoted(to, f->trace->text, f->trace->text_len);
                fputc('\n', to);
        }
        fprintf(to, "draws\n");
        print_draws(to, f->trace);
        if (fflush(to) != 0 || ferror(to)) {
                fclose(to);
                free(text);
                return NULL;
        }
        uint64_t hash = pt_hash(PT_HASH_INIT, text, *ret_len);
        fprintf(to, "whole %016llx\n", (unsigned long long)hash);
        if (fclose(to) != 0) {
                free(text);
                return NULL;
        }
        return text;
}

/* --- reading --- */

bool finding_is_text(const uint8_t *p, size_t len)
{
        return len > strlen(HEAD) && memcmp(p, HEAD, strlen(HEAD)) == 0;
}

void saved_free(struct saved *s)
{
        free(s->text);
        free(s->line);
        *s = (struct saved){0};
}

static bool word_is(const char **line, const char *word)
{
        size_t n = strlen(word);

        if (strncmp(*line, word, n) != 0 || ((*line)[n] != ' ' && (*line)[n] != '\0'))
                return false;
        *line += n + ((*line)[n] == ' ');
        return true;
}

static int read_quoted(const char *line, struct saved *s)
{
        size_t n = strlen(line);

        if (n < 2 || line[0] != '"' || line[n - 1] != '"')
                return -EINVAL;
        s->text = malloc(n);
        if (!s->text)
                return -ENOMEM;
        for (size_t i = 1; i < n - 1; i++) {
                unsigned byte = (unsigned char)line[i];
                if (line[i] == '\\') {
                        if (i + 3 >= n - 1 + 1 || sscanf(line + i, "\\x%2x", &byte) != 1)
                                return -EINVAL;
                        i += 3;
                }
                s->text[s->text_len++] = (uint8_t)byte;
        }
        return 0;
}

static bool read_span(const char *line, struct saved_line *ret)
{
        unsigned long long min, max;

        for (unsigned k = 0; k < 4; k++) {
                const char *at = line;
                if (!word_is(&at, kinds[k]))
                        continue;
                *ret = (struct saved_line){.kind = SAVED_OPEN, .type = (uint8_t)k};
                if (k == PT_SPAN_GROUP)
                        snprintf(ret->name, sizeof(ret->name), "%.31s", at);
                if ((k == PT_SPAN_LIST || k == PT_SPAN_STRING) && sscanf(at, "%llu..%llu", &min, &max) != 2)
                        return false;
                return true;
        }
        return false;
}

static bool read_choice(const char *line, struct saved_line *ret)
{
        const char *colon = strstr(line, ": "), *equal = strstr(line, " = ");
        unsigned long long max, value;
        long long lo, hi, number;

        *ret = (struct saved_line){.kind = SAVED_CHOICE};
        if (strcmp(line, "more") == 0 || strcmp(line, "stop") == 0) {
                ret->type = PT_TYPE_FLAG;
                ret->max = 1;
                ret->value = line[0] == 'm';
                return true;
        }
        if (colon && equal && colon < equal && colon - line < (long)sizeof(ret->name)) {
                memcpy(ret->name, line, (size_t)(colon - line));
                line = colon + 2;
        }
        if (sscanf(line, "int %lld..%lld = %lld", &lo, &hi, &number) == 3 && lo <= number && number <= hi) {
                struct pt_choice c = {.lo = lo, .max = (uint64_t)hi - (uint64_t)lo};
                ret->type = PT_TYPE_INT;
                ret->lo = lo;
                ret->max = c.max;
                ret->value = pt_choice_of_int(&c, number);
                return true;
        }
        for (uint8_t k = 0; k < PT_TYPE_FLAG; k++) {
                const char *at = line;
                if (k == PT_TYPE_INT || !word_is(&at, types[k]) ||
                    sscanf(at, "0..%llu = %llu", &max, &value) != 2 || value > max)
                        continue;
                ret->type = k;
                ret->max = max;
                ret->value = value;
                return true;
        }
        return false;
}

static int read_draw(const char *line, struct saved *s, size_t *depth)
{
        if ((s->n & (s->n - 1)) == 0) { /* grows at powers of two */
                struct saved_line *wider = realloc(s->line, (s->n ? 2 * s->n : 1) * sizeof(*wider));
                if (!wider)
                        return -ENOMEM;
                s->line = wider;
        }
        struct saved_line *l = &s->line[s->n];
        line += strspn(line, " ");
        if (strcmp(line, "end") == 0) {
                *l = (struct saved_line){.kind = SAVED_CLOSE};
                if ((*depth)-- == 0)
                        return -EINVAL;
        } else if (read_span(line, l)) {
                ++*depth;
        } else if (!read_choice(line, l)) {
                return -EINVAL;
        }
        s->n++;
        return 0;
}

/* `draws` is set by the line that begins them. */
static int read_line(const char *line, struct saved *s, bool *draws, size_t *depth)
{
        if (*draws)
                return read_draw(line, s, depth);
        if (word_is(&line, "property"))
                snprintf(s->property, sizeof(s->property), "%s", line);
        else if (word_is(&line, "signature"))
                snprintf(s->signature, sizeof(s->signature), "%s", line);
        else if (word_is(&line, "message"))
                snprintf(s->message, sizeof(s->message), "%s", line);
        else if (word_is(&line, "seed"))
                s->seed = strtoull(line, NULL, 10);
        else if (word_is(&line, "document"))
                return s->text ? -EINVAL : read_quoted(line, s);
        else if (word_is(&line, "draws"))
                *draws = true;
        return 0;
}

static int check_whole(const char *text, size_t len)
{
        static const char mark[] = "\nwhole ";
        const char *last = len > 1 ? memrchr(text, '\n', len - 1) : NULL;
        unsigned long long hash;

        if (!last || text[len - 1] != '\n' || strncmp(last, mark, sizeof(mark) - 1) != 0 ||
            sscanf(last + sizeof(mark) - 1, "%llx", &hash) != 1 ||
            hash != pt_hash(PT_HASH_INIT, text, (size_t)(last + 1 - text)))
                return -EBADMSG;
        return 0;
}

int finding_parse(const char *text, size_t len, struct saved *ret)
{
        struct saved s = {0};
        bool draws = false;
        size_t depth = 0;
        char *copy, *save = NULL;
        int rc;

        if (!finding_is_text((const uint8_t *)text, len))
                return -EPROTO;
        if (atoi(text + strlen(HEAD)) != VERSION)
                return -EPROTONOSUPPORT;
        rc = check_whole(text, len);
        if (rc < 0)
                return rc;
        copy = strndup(text, (size_t)((const char *)memrchr(text, '\n', len - 1) - text));
        if (!copy)
                return -ENOMEM;
        for (char *line = strtok_r(copy, "\n", &save); line && rc == 0; line = strtok_r(NULL, "\n", &save))
                rc = read_line(line, &s, &draws, &depth);
        free(copy);
        if (rc == 0 && (!draws || depth > 0 || !s.property[0] || !s.signature[0]))
                rc = -EINVAL;
        if (rc < 0) {
                saved_free(&s);
                return rc;
        }
        *ret = s;
        return 0;
}
