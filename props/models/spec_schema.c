/* Whether the parser judged a document as the rules of spec_rules.h and those between fields do. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "core/base/err.h"
#include "props/models/spec_ref.h"
#include "props/models/spec_rules.h"

struct judge {
        const struct spec_ref *ref;
        const char *place; /* what the parser reported; NULL: nothing */
        int errnum;
        const struct spec_rule *rule;
        size_t broken; /* how many rules the document breaks */
        bool matched;  /* one of them as reported */
        char first[256];
        char at[1024];
        size_t n;
};

/* A pointer in the making; one longer than what err_set keeps may be cut. Returns the length to go back to.
 */
static size_t push(struct judge *j, const char *key)
{
        size_t before = j->n;

        for (j->at[j->n++] = '/'; *key && j->n + 3 < sizeof(j->at); key++) {
                if (*key == '~' || *key == '/') {
                        j->at[j->n++] = '~';
                        j->at[j->n++] = *key == '~' ? '0' : '1';
                } else {
                        j->at[j->n++] = *key;
                }
        }
        return before;
}

static size_t push_item(struct judge *j, size_t i)
{
        char text[24];

        snprintf(text, sizeof(text), "%zu", i);
        return push(j, text);
}

/* What is at the current pointer breaks a rule. */
static void broken(struct judge *j, int errnum)
{
        struct err cut;

        j->at[j->n] = '\0';
        err_set(&cut, errnum, "x", j->at, "x");
        if (j->broken++ == 0)
                snprintf(j->first, sizeof(j->first), "%s", cut.place);
        if (j->place && errnum == j->errnum && strcmp(cut.place, j->place) == 0)
                j->matched = true;
}

/* The same for a member of an item of a list below. */
static void broken_member(struct judge *j, const char *list, size_t i, const char *name)
{
        j->n = 0;
        push(j, "linux");
        push(j, list);
        push_item(j, i);
        push(j, name);
        broken(j, EINVAL);
}

static int check_integer(const struct judge *j, const json_t *v, bool sign, unsigned bits)
{
        uint64_t m, max = UINT64_MAX >> (64 - bits + sign);
        bool negative;
        int e = spec_ref_integer(j->ref, v, &negative, &m);

        if (e)
                return e;
        if (negative && m > 0)
                return sign && m - 1 <= max ? 0 : ERANGE;
        return m <= max ? 0 : ERANGE;
}

static int check_word(const json_t *v, const char *const *words)
{
        for (; json_is_string(v) && *words; words++)
                if (strcmp(json_string_value(v), *words) == 0)
                        return 0;
        return EINVAL;
}

static int check_kind(const struct judge *j, const json_t *v)
{
        static const char *const namespaces[] = {"pid",  "network", "mount", "ipc", "uts",
                                                 "user", "cgroup",  "time",  NULL};
        static const char *const devices[] = {"c", "b", "u", "p", NULL};
        static const char *const device_rules[] = {"", "a", "c", "b", NULL};

        switch (j->rule->kind) {
        case SPEC_STR:
                return json_is_string(v) ? 0 : EINVAL;
        case SPEC_BOOLEAN:
                return json_is_boolean(v) ? 0 : EINVAL;
        case SPEC_ARR:
                return json_is_array(v) ? 0 : EINVAL;
        case SPEC_OBJ:
                return json_is_object(v) ? 0 : EINVAL;
        case SPEC_I32:
                return check_integer(j, v, true, 32);
        case SPEC_I64:
                return check_integer(j, v, true, 64);
        case SPEC_U16:
                return check_integer(j, v, false, 16);
        case SPEC_U32:
                return check_integer(j, v, false, 32);
        case SPEC_U64:
                return check_integer(j, v, false, 64);
        case SPEC_NS_TYPE:
                return check_word(v, namespaces);
        case SPEC_DEVICE_TYPE:
                return check_word(v, devices);
        case SPEC_RULE_TYPE:
                return check_word(v, device_rules);
        }
        return EINVAL;
}

static void check_value(struct judge *j, const json_t *v)
{
        int e = check_kind(j, v);

        if (e)
                broken(j, e);
}

static void follow(struct judge *j, json_t *node, const char *pattern);

static void follow_child(struct judge *j, json_t *v, const char *rest, size_t before)
{
        if (*rest)
                follow(j, v, rest);
        else
                check_value(j, v);
        j->n = before;
}

/* A null member is absent; a null item is not. */
static void follow_all(struct judge *j, json_t *node, const char *rest)
{
        const char *key;
        json_t *v;
        size_t i;

        json_array_foreach(node, i, v) follow_child(j, v, rest, push_item(j, i));
        json_object_foreach(node, key, v) if (!json_is_null(v)) follow_child(j, v, rest, push(j, key));
}

static void follow(struct judge *j, json_t *node, const char *pattern)
{
        size_t n = strcspn(pattern + 1, "/"), before;
        const char *rest = pattern + 1 + n;
        char key[64];

        snprintf(key, sizeof(key), "%.*s", (int)n, pattern + 1);
        if (strcmp(key, "*") == 0) {
                follow_all(j, node, rest);
                return;
        }
        if (!json_is_object(node))
                return; /* another rule is broken */
        json_t *v = json_object_get(node, key);
        before = push(j, key);
        if (v && (*rest || !json_is_null(v)))
                follow_child(j, v, rest, before);
        else if (!*rest && j->rule->required)
                broken(j, EINVAL);
        j->n = before;
}

/* "If a namespaces field contains duplicated namespaces with same type, the runtime MUST generate an error."
 */
static void check_namespaces(struct judge *j, json_t *linux_)
{
        json_t *list = json_object_get(linux_, "namespaces");

        for (size_t i = 0; i < json_array_size(list); i++) {
                const json_t *type = json_object_get(json_array_get(list, i), "type");
                for (size_t k = 0; type && k < i; k++) {
                        const json_t *other = json_object_get(json_array_get(list, k), "type");
                        if (!json_is_string(type) || !other || !json_equal(type, other))
                                continue;
                        broken_member(j, "namespaces", i, "type");
                }
        }
}

/* "REQUIRED unless type is p" */
static void check_devices(struct judge *j, json_t *linux_)
{
        static const char *const numbers[] = {"major", "minor"};
        json_t *list = json_object_get(linux_, "devices");

        for (size_t i = 0; i < json_array_size(list); i++) {
                json_t *device = json_array_get(list, i);
                const char *type = json_string_value(json_object_get(device, "type"));
                for (size_t k = 0; k < 2 && type && strcmp(type, "p") != 0; k++) {
                        json_t *v = json_object_get(device, numbers[k]);
                        if (v && !json_is_null(v))
                                continue;
                        broken_member(j, "devices", i, numbers[k]);
                }
        }
}

/* time_namespaces(7) knows two clocks. */
static void check_clocks(struct judge *j, json_t *linux_)
{
        json_t *clocks = json_object_get(linux_, "timeOffsets"), *v;
        const char *key;

        json_object_foreach(clocks, key, v)
        {
                if (json_is_null(v) || strcmp(key, "monotonic") == 0 || strcmp(key, "boottime") == 0)
                        continue;
                j->n = 0;
                push(j, "linux");
                push(j, "timeOffsets");
                push(j, key);
                broken(j, EINVAL);
        }
}

void spec_schema_judge(pt *t, const struct spec_ref *ref, const char *place, int errnum)
{
        struct judge j = {.ref = ref, .place = place, .errnum = errnum};
        json_t *linux_ = json_object_get(ref->root, "linux");
        size_t n;
        const struct spec_rule *rules = spec_rules(&n);

        for (size_t i = 0; i < n; i++) {
                j.rule = &rules[i];
                j.n = 0;
                follow(&j, ref->root, rules[i].pattern);
        }
        check_namespaces(&j, linux_);
        check_devices(&j, linux_);
        check_clocks(&j, linux_);
        if (!place && j.broken > 0)
                PT_FAIL(t, "accepted, but %s breaks a rule", j.first);
        if (place && j.broken == 0)
                PT_FAIL(t, "refused at %s, but no rule is broken", place);
        if (place && !j.matched)
                PT_FAIL(t, "refused at %s with errno %d, but what breaks a rule is %s", place, errnum,
                        j.first);
}
