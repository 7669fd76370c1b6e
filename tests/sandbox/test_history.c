/*
 * The history that the catalogue of invariants cites, against corpus/history.json: each piece is there, and is covered by
 * scenarios, tests and planted faults that exist, or says why not.
 */
#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
// clang-format on
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sandbox/invariants.h"

static json_t *history;

static int load(void **state)
{
        json_error_t error;
        json_t *root = json_load_file(SOURCES "/corpus/history.json", JSON_REJECT_DUPLICATES, &error);

        (void)state;
        if (!root) {
                print_message("history.json:%d: %s\n", error.line, error.text);
                return -1;
        }
        history = json_incref(json_object_get(root, "history"));
        json_decref(root);
        return json_is_array(history) ? 0 : -1;
}

static int unload(void **state)
{
        (void)state;
        json_decref(history);
        return 0;
}

static const json_t *find(const char *id)
{
        const json_t *item;
        size_t i;

        json_array_foreach(history, i, item)
        {
                if (strcmp(json_string_value(json_object_get(item, "id")), id) == 0)
                        return item;
        }
        return NULL;
}

/* Takes the next "CVE-N-N", "runc issue N", "runc PR N" or "runc commit H" from *text; what is between is skipped. */
static bool next_id(const char **text, char *id, size_t size)
{
        static const char *const begins[] = { "CVE-", "runc issue ", "runc PR ", "runc commit " };

        for (; **text; ++*text) {
                for (size_t i = 0; i < sizeof begins / sizeof *begins; i++) {
                        size_t n = strlen(begins[i]);
                        if (strncmp(*text, begins[i], n) != 0)
                                continue;
                        while (isalnum((unsigned char)(*text)[n]) || ((*text)[n] == '-' && i == 0))
                                n++;
                        snprintf(id, size, "%.*s", (int)n, *text);
                        *text += n;
                        return true;
                }
        }
        return false;
}

static void history__cited_by_an_invariant__is_listed(void **state)
{
        unsigned cited = 0;
        char id[64];

        (void)state;
        for (int i = 0; i < INV__COUNT; i++) {
                const struct invariant *inv = invariant_get((enum invariant_id)i);
                const char *text = inv->history;

                while (next_id(&text, id, sizeof id)) {
                        cited++;
                        if (!find(id))
                                fail_msg("%s cites %s, which corpus/history.json does not list", inv->id, id);
                }
        }
        assert_true(cited >= 30); /* else nothing was looked at */
}

static void history__listed__is_cited_by_an_invariant(void **state)
{
        const json_t *item;
        size_t i;

        (void)state;
        json_array_foreach(history, i, item)
        {
                const char *want = json_string_value(json_object_get(item, "id"));
                bool cited = false;
                char id[64];

                for (int k = 0; k < INV__COUNT && !cited; k++) {
                        const char *text = invariant_get((enum invariant_id)k)->history;
                        while (!cited && next_id(&text, id, sizeof id))
                                cited = strcmp(id, want) == 0;
                }
                if (!cited)
                        fail_msg("no invariant cites %s", want);
        }
}

static bool any_scenario(const char *pattern)
{
        DIR *d = opendir(SOURCES "/corpus/scenarios");
        struct dirent *e;
        char name[256];
        bool found = false;

        assert_non_null(d);
        while (!found && (e = readdir(d))) {
                snprintf(name, sizeof name, "%s", e->d_name);
                if (strlen(name) > 5 && strcmp(name + strlen(name) - 5, ".json") == 0)
                        name[strlen(name) - 5] = '\0';
                found = strcmp(name, "known") != 0 && fnmatch(pattern, name, 0) == 0;
        }
        closedir(d);
        return found;
}

static bool in_file(const char *path, const char *text)
{
        int fd = open(path, O_RDONLY | O_CLOEXEC);
        static char buf[1 << 20];
        ssize_t n = fd < 0 ? -1 : read(fd, buf, sizeof buf - 1);

        if (fd >= 0)
                close(fd);
        buf[n < 0 ? 0 : n] = '\0';
        return strstr(buf, text);
}

/* "static void NAME(" in a test program. */
static bool any_test(const char *name)
{
        static const char *const folders[] = { "core", "labrun", "sandbox", "props" };
        char wanted[256], path[700];
        bool found = false;

        snprintf(wanted, sizeof wanted, "static void %s(void **state)", name);
        for (size_t i = 0; i < sizeof folders / sizeof *folders && !found; i++) {
                struct dirent *e;
                DIR *d;

                snprintf(path, sizeof path, "%s/tests/%s", SOURCES, folders[i]);
                d = opendir(path);
                assert_non_null(d);
                while (!found && (e = readdir(d))) {
                        snprintf(path, sizeof path, "%s/tests/%s/%s", SOURCES, folders[i], e->d_name);
                        found = strstr(e->d_name, ".c") && in_file(path, wanted);
                }
                closedir(d);
        }
        return found;
}

static bool any_fault(const char *name)
{
        char path[512];

        snprintf(path, sizeof path, "%s/tests/faults/%s.patch", SOURCES, name);
        return access(path, R_OK) == 0;
}

/* How many words of this list there are, each of which must exist. */
static size_t check_list(const json_t *item, const char *key, bool (*exists)(const char *))
{
        const json_t *word;
        size_t i;

        json_array_foreach(json_object_get(item, key), i, word)
        {
                if (!exists(json_string_value(word)))
                        fail_msg("%s: %s: there is no %s", json_string_value(json_object_get(item, "id")), key,
                                 json_string_value(word));
        }
        return json_array_size(json_object_get(item, key));
}

static void history__each__is_covered_by_what_exists_or_says_why_not(void **state)
{
        const json_t *item;
        size_t i;

        (void)state;
        json_array_foreach(history, i, item)
        {
                size_t n = check_list(item, "scenarios", any_scenario) + check_list(item, "tests", any_test);
                bool reason = json_string_length(json_object_get(item, "reason")) > 20;

                check_list(item, "faults", any_fault);
                if (json_string_length(json_object_get(item, "about")) < 10)
                        fail_msg("%s: says not what it was", json_string_value(json_object_get(item, "id")));
                if (n == 0 && !reason)
                        fail_msg("%s is covered by no scenario or test, and says not why",
                                 json_string_value(json_object_get(item, "id")));
        }
}

static void looks__what_does_not_exist__is_not_found(void **state)
{
        (void)state;
        assert_false(any_scenario("no-such-*"));
        assert_false(any_test("no_such__test__there"));
        assert_false(any_fault("no-such-fault"));
        assert_true(any_test("looks__what_does_not_exist__is_not_found"));
        assert_null(find("CVE-1999-0001"));
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(history__cited_by_an_invariant__is_listed),
                cmocka_unit_test(history__listed__is_cited_by_an_invariant),
                cmocka_unit_test(history__each__is_covered_by_what_exists_or_says_why_not),
                cmocka_unit_test(looks__what_does_not_exist__is_not_found),
        };
        return cmocka_run_group_tests(tests, load, unload);
}
