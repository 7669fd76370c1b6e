#include "tests/core/made_config.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct making {
        FILE *out;
        const struct spec_rule *target; /* NULL: only what is required */
        const char *raw;
        struct made *made;
};

/* Is child one step below parent? *ret_name is that step. */
static bool is_child(const char *parent, const char *child, const char **ret_name)
{
        size_t n = strlen(parent);

        *ret_name = child + n + 1;
        return strncmp(child, parent, n) == 0 && child[n] == '/' && !strchr(child + n + 1, '/');
}

/* Is pattern the target, or does it hold it? */
static bool leads_to_target(const struct making *m, const char *pattern)
{
        size_t n = strlen(pattern);

        return m->target && strncmp(m->target->pattern, pattern, n) == 0 &&
               (m->target->pattern[n] == '/' || m->target->pattern[n] == '\0');
}

/* The keys of timeOffsets are clocks; of other maps anything. */
static const char *key_of(const char *parent, const char *name)
{
        if (strcmp(name, "*") != 0)
                return name;
        return strcmp(parent, "/linux/timeOffsets") == 0 ? "boottime" : "k";
}

static void put_value(struct making *m, const char *pattern, enum spec_kind kind);

static void put_members(struct making *m, const char *parent, bool list)
{
        size_t n;
        const struct spec_rule *rules = spec_rules(&n);
        const char *name, *comma = "";

        for (size_t i = 0; i < n; i++) {
                bool wanted = leads_to_target(m, rules[i].pattern);
                if (!is_child(parent, rules[i].pattern, &name) || (!wanted && !rules[i].required) ||
                    (m->target == &rules[i] && !m->raw))
                        continue;
                fputs(comma, m->out);
                if (!list)
                        fprintf(m->out, "\"%s\":", key_of(parent, name));
                put_value(m, rules[i].pattern, rules[i].kind);
                comma = ",";
        }
}

static void put_value(struct making *m, const char *pattern, enum spec_kind kind)
{
        if (m->target && strcmp(m->target->pattern, pattern) == 0) {
                fflush(m->out);
                m->made->value_at = (size_t)ftell(m->out);
                fputs(m->raw, m->out);
                return;
        }
        switch (kind) {
        case SPEC_OBJ:
                fputc('{', m->out);
                put_members(m, pattern, false);
                fputc('}', m->out);
                return;
        case SPEC_ARR:
                fputc('[', m->out);
                put_members(m, pattern, true);
                fputc(']', m->out);
                return;
        case SPEC_STR:
                fputs("\"x\"", m->out);
                return;
        case SPEC_NS_TYPE:
                fputs("\"uts\"", m->out);
                return;
        case SPEC_DEVICE_TYPE:
                fputs("\"p\"", m->out);
                return;
        case SPEC_RULE_TYPE:
                fputs("\"a\"", m->out);
                return;
        case SPEC_BOOLEAN:
                fputs("true", m->out);
                return;
        default:
                fputc('1', m->out);
        }
}

static bool is_list(const char *pattern)
{
        size_t n;
        const struct spec_rule *rules = spec_rules(&n);

        for (size_t i = 0; i < n; i++)
                if (strcmp(rules[i].pattern, pattern) == 0)
                        return rules[i].kind == SPEC_ARR;
        return false;
}

/* The pattern with what put_members makes of each "*". */
static void fill_pointer(struct made *made, const char *pattern)
{
        size_t at = 0;

        for (const char *p = pattern, *end; *p; p = end) {
                char parent[128], name[64];
                end = strchrnul(p + 1, '/');
                snprintf(parent, sizeof(parent), "%.*s", (int)(p - pattern), pattern);
                snprintf(name, sizeof(name), "%.*s", (int)(end - p - 1), p + 1);
                made->item = is_list(parent);
                at += (size_t)snprintf(made->pointer + at, sizeof(made->pointer) - at, "/%s",
                                       made->item ? "0" : key_of(parent, name));
        }
}

struct made made_config(const struct spec_rule *rule, const char *raw)
{
        struct made made = {0};
        size_t size;
        struct making m = {.out = open_memstream(&made.text, &size), .target = rule, .raw = raw, .made = &made};

        put_value(&m, "", SPEC_OBJ);
        fclose(m.out);
        fill_pointer(&made, rule->pattern);
        return made;
}

char *made_value(const struct spec_rule *rule)
{
        char *text = NULL;
        size_t size;
        struct making m = {.out = open_memstream(&text, &size)};

        put_value(&m, rule->pattern, rule->kind);
        fclose(m.out);
        return text;
}
