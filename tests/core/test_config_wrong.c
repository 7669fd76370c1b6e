/*
 * core/config: wrong values of the right type, through the parser and all checks that come before a container is
 * made; and that every field has one.
 */
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/base/err.h"
#include "core/cli/cli.h"
#include "core/config/config.h"
#include "core/container/create.h"
#include "core/sys.h"
#include "props/models/spec_rules.h"
#include "props/models/config_wrong.h"
#include "tests/labrun/config_applied.h"

static char bundle[] = "/tmp/config-wrong-XXXXXX", config_json[64];

static int make_bundle(void **state)
{
        (void)state;
        assert_non_null(mkdtemp(bundle));
        snprintf(config_json, sizeof(config_json), "%s/config.json", bundle);
        return 0;
}

static int remove_bundle(void **state)
{
        (void)state;
        unlink(config_json);
        return rmdir(bundle);
}

/* config.json becomes what `labrun spec` writes, with merge in it. */
static void write_config(const char *merge)
{
        struct cli cli = {.sys = sys_linux(), .log_fd = -1};
        struct err err = ERR_INIT;
        json_error_t why;

        unlink(config_json);
        for (size_t i = 0; i < cli_spec.n_options; i++)
                if (strcmp(cli_spec.options[i].name, "bundle") == 0)
                        cli.value[i] = bundle;
        assert_int_equal(cli_spec.run(&cli, &err), 0);
        json_t *config = json_load_file(config_json, 0, NULL), *more = json_loads(merge, 0, &why);
        if (!more)
                fail_msg("%s: %s", merge, why.text);
        assert_int_equal(json_object_update_recursive(config, more), 0);
        assert_int_equal(json_dump_file(config, config_json, JSON_COMPACT), 0);
        json_decref(config);
        json_decref(more);
}

static int load(struct err *err)
{
        struct config *config = NULL;
        char *text = NULL;
        size_t len;
        int r = container_load_config(sys_linux(), bundle, &text, &len, &config, err);

        assert_true((r == 0) == (text != NULL) && (r == 0) == (config != NULL));
        free(text);
        config_free(sys_linux(), config);
        return r;
}

static void container_load_config__each_wrong_value__named(void **state)
{
        (void)state;
        for (size_t i = 0; i < CONFIG_N_WRONG; i++) {
                const struct wrong *w = &config_wrong[i];
                struct err err = ERR_INIT;
                write_config(w->merge);
                int r = load(&err);
                if (r != -EINVAL && r != -ENOTSUP)
                        fail_msg("%s: got %d: %s: %s", w->merge, r, err.place, err.msg);
                if (strcmp(err.place, w->place) != 0 || !strstr(err.msg, w->words))
                        fail_msg("%s: got %s: %s, wanted %s: %s", w->merge, err.place, err.msg, w->place, w->words);
        }
}

/* What is refused when it is applied is refused for that alone. */
static void container_load_config__wrong_only_when_applied__taken(void **state)
{
        (void)state;
        if (geteuid() != 0) {
                print_message("skip: needs root\n");
                skip();
        }
        for (size_t i = 0; i < CONFIG_N_APPLIED; i++) {
                struct err err = ERR_INIT;
                write_config(config_applied[i].merge);
                if (load(&err) != 0)
                        fail_msg("%s: %s: %s", config_applied[i].merge, err.place, err.msg);
        }
}

/* --- that every field is met --- */

/* Does the pointer name the rule's field? A pattern does so too. */
static bool names(const char *pointer, const char *pattern)
{
        for (;;) {
                size_t n = strcspn(pointer + 1, "/"), m = strcspn(pattern + 1, "/");
                bool any = m == 1 && pattern[1] == '*';
                if (!any && (n != m || strncmp(pointer + 1, pattern + 1, n) != 0))
                        return false;
                pointer += n + 1;
                pattern += m + 1;
                if (!*pointer || !*pattern)
                        return !*pointer && !*pattern;
        }
}

static size_t times(const struct wrong *list, size_t n, const char *pattern)
{
        size_t met = 0;

        for (size_t i = 0; i < n; i++)
                met += names(list[i].field ? list[i].field : list[i].place, pattern);
        return met;
}

static void config_wrong__every_field_with_a_value__met(void **state)
{
        size_t n, leaves = 0;
        const struct spec_rule *rules = spec_rules(&n);

        (void)state;
        for (size_t i = 0; i < n; i++) {
                const char *pattern = rules[i].pattern;
                size_t wrong = times(config_wrong, CONFIG_N_WRONG, pattern) +
                               times(config_applied, CONFIG_N_APPLIED, pattern),
                       any = 0;
                if (rules[i].kind == SPEC_ARR || rules[i].kind == SPEC_OBJ || rules[i].kind == SPEC_BOOLEAN)
                        continue;
                for (size_t k = 0; k < CONFIG_N_ANY; k++)
                        any += names(config_any[k].field, pattern);
                if (wrong + any == 0)
                        fail_msg("%s: no wrong value of it is tested, nor is it among those that have none", pattern);
                if (wrong > 0 && any > 0)
                        fail_msg("%s: is said to have no wrong value, and has", pattern);
                leaves++;
        }
        assert_true(leaves > 120);
}

static void assert_is_field(const char *field)
{
        size_t n;
        const struct spec_rule *rules = spec_rules(&n);

        for (size_t i = 0; i < n; i++)
                if (names(field, rules[i].pattern))
                        return;
        fail_msg("%s: there is no such field", field);
}

static void config_wrong__every_row__names_a_field_that_there_is(void **state)
{
        (void)state;
        for (size_t i = 0; i < CONFIG_N_WRONG; i++)
                assert_is_field(config_wrong[i].field ? config_wrong[i].field : config_wrong[i].place);
        for (size_t i = 0; i < CONFIG_N_APPLIED; i++)
                assert_is_field(config_applied[i].field ? config_applied[i].field : config_applied[i].place);
        for (size_t i = 0; i < CONFIG_N_ANY; i++)
                assert_is_field(config_any[i].field);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(container_load_config__each_wrong_value__named),
                cmocka_unit_test(container_load_config__wrong_only_when_applied__taken),
                cmocka_unit_test(config_wrong__every_field_with_a_value__met),
                cmocka_unit_test(config_wrong__every_row__names_a_field_that_there_is),
        };

        return cmocka_run_group_tests(tests, make_bundle, remove_bundle);
}
