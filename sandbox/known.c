#include "sandbox/known.h"

#include <errno.h>
#include <fnmatch.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/err.h"
#include "sandbox/json.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static int read_words(const json_t *item, const char *key, struct scenario_list *ret, const struct json_at *up,
                      struct err *err)
{
        struct json_at list = { up, key, 0 };
        json_t *array;
        int rc = json_read_array(item, key, SCENARIO_LIST, &array, up, err);

        if (rc == 0 && json_array_size(array) == 0)
                return json_bad(&list, err, "must have an item");
        for (size_t i = 0; rc == 0 && i < json_array_size(array); i++) {
                struct json_at at = { &list, NULL, i };
                rc = json_value_str(json_array_get(array, i), &at, ret->item[i], sizeof ret->item[i], err);
                ret->n = i + 1;
        }
        return rc;
}

static int read_finding(const json_t *item, const struct json_at *at, struct known_finding *f, struct err *err)
{
        static const char *const keys[] = { "runtime", "versions", "invariant", "scenarios", "evidence", "about" };
        const char *ids[INV__COUNT];
        int which = 0, rc = json_check_object(item, at, keys, COUNT(keys), err);

        for (int i = 0; i < INV__COUNT; i++)
                ids[i] = invariant_get((enum invariant_id)i)->id;
        if (rc == 0)
                rc = json_read_str(item, "runtime", true, f->runtime, sizeof f->runtime, at, err);
        if (rc == 0)
                rc = read_words(item, "versions", &f->versions, at, err);
        if (rc == 0)
                rc = json_read_enum(item, "invariant", true, ids, INV__COUNT, &which, at, err);
        if (rc == 0)
                rc = read_words(item, "scenarios", &f->scenarios, at, err);
        if (rc == 0)
                rc = json_read_str(item, "evidence", true, f->evidence, sizeof f->evidence, at, err);
        if (rc == 0)
                rc = json_read_str(item, "about", true, f->about, sizeof f->about, at, err);
        f->invariant = (enum invariant_id)which;
        return rc;
}

int known_load(const char *path, struct known *ret, struct err *err)
{
        static const char *const keys[] = { "version", "findings" };
        struct json_at list = { NULL, "findings", 0 };
        struct known *known = calloc(1, sizeof *known);
        json_t *root = NULL, *array = NULL;
        int64_t version;
        int rc = known ? json_load_strict(path, &root, err) : err_sys(err, -ENOMEM, "known", path, "no memory");

        if (rc == 0)
                rc = json_check_object(root, NULL, keys, COUNT(keys), err);
        if (rc == 0)
                rc = json_read_int(root, "version", true, 1, 1, &version, NULL, err);
        if (rc == 0)
                rc = json_read_array(root, "findings", KNOWN_MAX, &array, NULL, err);
        for (size_t i = 0; rc == 0 && i < json_array_size(array); i++) {
                struct json_at at = { &list, NULL, i };
                rc = read_finding(json_array_get(array, i), &at, &known->item[i], err);
                known->n = i + 1;
        }
        if (rc == 0)
                *ret = *known;
        json_decref(root);
        free(known);
        return rc;
}

/* "1.1.5" is also "1.1.5+ds1" and "1.1.5-dev", but neither "1.1.50" nor "1.1.5.1"; "1.1." is all of 1.1. */
static bool is_version(const char *version, const char *known)
{
        size_t n = strlen(known);

        if (n == 0 || strncmp(version, known, n) != 0)
                return false;
        return known[n - 1] == '.' || !(version[n] == '.' || (version[n] >= '0' && version[n] <= '9'));
}

static int matches(const struct known_finding *f, const char *version, const char *scenario)
{
        int good_version = 0, good_scenario = 0;

        for (size_t i = 0; i < f->versions.n; i++)
                good_version |= is_version(version, f->versions.item[i]);
        for (size_t i = 0; i < f->scenarios.n; i++)
                good_scenario |= fnmatch(f->scenarios.item[i], scenario, 0) == 0;
        return good_version && good_scenario;
}

const struct known_finding *known_match(const struct known *known, const char *runtime, const char *version,
                                        enum invariant_id invariant, const char *scenario, const char *evidence)
{
        for (size_t i = 0; i < known->n; i++) {
                const struct known_finding *f = &known->item[i];
                if (f->invariant == invariant && strcmp(f->runtime, runtime) == 0 && strstr(evidence, f->evidence) &&
                    matches(f, version, scenario))
                        return f;
        }
        return NULL;
}
