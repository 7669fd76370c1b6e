/* Reads "rootfs", "swap", "config" and "config_text" of a scenario file. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sandbox/scenario_private.h"

int scenario_read_path(const json_t *value, const struct json_at *at, char ret[SCENARIO_PATH], struct err *err)
{
        int rc = json_value_str(value, at, ret, SCENARIO_PATH, err);

        if (rc < 0)
                return rc;
        if (ret[0] != '/')
                return json_bad(at, err, "must be an absolute path");
        for (const char *p = ret; *p;) {
                size_t n = strcspn(++p, "/");
                if (n == 0 || (n == 1 && *p == '.') || (n == 2 && memcmp(p, "..", 2) == 0))
                        return json_bad(at, err, "must not have an empty component, \".\" or \"..\"");
                p += n;
        }
        return 0;
}

static int read_true(const json_t *value, const struct json_at *at, struct err *err)
{
        return json_is_true(value) ? 0 : json_bad(at, err, "must be true");
}

static int read_entry(const json_t *item, struct scenario_entry *entry, const struct json_at *up, struct err *err)
{
        static const char *const known[] = { "link", "file", "directory", "remove", "path" };
        struct json_at path = { up, "path", 0 }, at = { up, NULL, 0 };
        int rc = json_check_object(item, up, known, COUNT(known), err);
        size_t i = 0;

        if (rc < 0)
                return rc;
        if (!json_object_get(item, "path"))
                return json_bad(&path, err, "is missing");
        while (i < 4 && !json_object_get(item, known[i]))
                i++;
        if (json_object_size(item) != 2 || i == 4)
                return json_bad(up, err, "must have \"path\" and one of link, file, directory, remove");
        rc = scenario_read_path(json_object_get(item, "path"), &path, entry->path, err);
        if (rc < 0)
                return rc;
        entry->kind = (enum scenario_entry_kind)i;
        at.key = known[i];
        item = json_object_get(item, known[i]);
        return i < 2 ? json_value_str(item, &at, entry->text, sizeof entry->text, err) : read_true(item, &at, err);
}

static int read_entries(const json_t *root, struct scenario *s, struct err *err)
{
        struct json_at list = { NULL, "rootfs", 0 };
        json_t *array;
        int rc = json_read_array(root, "rootfs", SCENARIO_LIST, &array, NULL, err);

        for (size_t i = 0; rc == 0 && array && i < json_array_size(array); i++) {
                struct json_at at = { &list, NULL, i };
                rc = read_entry(json_array_get(array, i), &s->entry[i], &at, err);
                s->n_entries = i + 1;
        }
        return rc;
}

static int read_swap(const json_t *root, struct scenario *s, struct err *err)
{
        struct json_at list = { NULL, "swap", 0 };
        json_t *array;
        int rc = json_read_array(root, "swap", 2, &array, NULL, err);

        if (rc < 0 || !array)
                return rc;
        if (json_array_size(array) != 2)
                return json_bad(&list, err, "must have two items");
        for (size_t i = 0; rc == 0 && i < 2; i++) {
                struct json_at at = { &list, NULL, i };
                rc = scenario_read_path(json_array_get(array, i), &at, s->swap[i], err);
        }
        return rc;
}

static int read_patch(const json_t *patch, struct scenario *s, struct err *err)
{
        struct json_at at = { NULL, "config", 0 };
        char *text;
        int n;

        if (!json_is_object(patch))
                return json_bad(&at, err, "must be an object");
        text = json_dumps(patch, JSON_COMPACT);
        if (!text)
                return json_bad(&at, err, "cannot be kept: no memory");
        n = snprintf(s->config, sizeof s->config, "%s", text);
        free(text);
        return n < (int)sizeof s->config ? 0 : json_bad(&at, err, "is longer than %d bytes", SCENARIO_CONFIG - 1);
}

static int read_config(const json_t *root, struct scenario *s, struct err *err)
{
        const json_t *patch = json_object_get(root, "config"), *text = json_object_get(root, "config_text");
        struct json_at at = { NULL, "config_text", 0 };

        if (patch && text)
                return json_bad(&at, err, "can't be there with \"config\"");
        if (patch)
                return read_patch(patch, s, err);
        if (!text)
                return 0;
        if (s->client.flow != FLOW_OPERATIONS)
                return json_bad(&at, err, "is of the flow \"operations\" only: what the payload is is not known");
        s->config_whole = true;
        return json_value_str(text, &at, s->config, sizeof s->config, err);
}

int scenario_read_bundle(const json_t *root, struct scenario *s, struct err *err)
{
        int rc = read_entries(root, s, err);

        if (rc == 0)
                rc = read_swap(root, s, err);
        return rc == 0 ? read_config(root, s, err) : rc;
}
