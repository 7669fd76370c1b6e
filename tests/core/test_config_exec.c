/* core/config/exec.c and write.c: another process in a config, and a document that reads the same when it is
 * written. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/base/err.h"
#include "core/config/exec.h"
#include "core/config/parts.h"
#include "core/sys.h"

static char *written(const char *text, size_t len)
{
        json_t *doc;
        char *out;
        size_t n;

        assert_int_equal(config_document_read(sys_linux(), text, len, &doc, NULL), 0);
        assert_int_equal(config_document_write(sys_linux(), doc, &out, &n, NULL), 0);
        assert_int_equal(strlen(out), n);
        json_decref(doc);
        return out;
}

static void config_document_write__every_kind_of_value__reads_the_same(void **state)
{
        static const char text[] =
                "{\"a\":[1,-2,9223372036854775807,-9223372036854775808,18446744073709551615,"
                "-18446744073709551615,99999999999999999999999],\"b\":{\"\":null,\"x\":[[],{}]},"
                "\"c\":\"\\u0001\\n\\\"\\\\/\xc3\xa4\xf0\x9f\x98\x80\",\"d\":true,\"e\":false,\"f\":1.5e3}";
        char *once = written(text, strlen(text)), *twice = written(once, strlen(once));

        (void)state;
        assert_string_equal(once, twice);
        assert_non_null(strstr(once, "[1,-2,9223372036854775807,-9223372036854775808,18446744073709551615,"
                                     "-18446744073709551615,18446744073709551616]"));
        assert_non_null(strstr(once, "\"c\":\"\\u0001\\u000a\\u0022\\u005c/\xc3\xa4\xf0\x9f\x98\x80\""));
        assert_non_null(strstr(once, "\"b\":{\"\":null,\"x\":[[],{}]}"));
        free(once);
        free(twice);
}

#define BASE                                                                                                 \
        "{\"ociVersion\":\"1.2.0\",\"root\":{\"path\":\"r\"},\"hostname\":\"h\",\"process\":{\"cwd\":\"/"    \
        "w\","                                                                                               \
        "\"args\":[\"old\"],\"env\":[\"A=1\",\"AB=2\",\"A=3\"],\"user\":{\"uid\":1,\"gid\":2},"              \
        "\"rlimits\":[{\"type\":\"RLIMIT_AS\",\"soft\":18446744073709551615,\"hard\":18446744073709551615}]" \
        ","                                                                                                  \
        "\"capabilities\":{\"bounding\":[\"CAP_KILL\"]}}}"

static struct config *made(const struct config_exec *exec)
{
        struct config *config;
        struct err err = ERR_INIT;
        char *text;
        size_t len;
        int r = config_exec_text(sys_linux(), BASE, strlen(BASE), exec, &text, &len, &err);

        if (r < 0)
                print_message("%s: %s\n", err.place, err.msg);
        assert_int_equal(r, 0);
        assert_int_equal(config_parse(sys_linux(), text, len, &config, &err), 0);
        free(text);
        return config;
}

static void config_exec_text__options__the_rest_stays(void **state)
{
        static char *args[] = {"new", "x"};
        const char *env[] = {"A=9", "C="}, *caps[] = {"CAP_KILL", "CAP_CHOWN"};
        uint32_t gids[] = {4294967294u};
        const struct config_exec exec = {.args = args,
                                         .n_args = 2,
                                         .env = {env, 2},
                                         .caps = {caps, 2},
                                         .gids = {gids, 1},
                                         .has_uid = true,
                                         .uid = 4294967294u};
        struct config *c = made(&exec);
        const struct config_process *p = &c->process;

        (void)state;
        assert_string_equal(c->hostname, "h");
        assert_int_equal(p->args.n, 2);
        assert_string_equal(p->args.item[0], "new");
        assert_int_equal(p->env.n, 3);
        assert_string_equal(p->env.item[0], "AB=2");
        assert_string_equal(p->env.item[1], "A=9");
        assert_string_equal(p->env.item[2], "C=");
        assert_int_equal(p->user.uid, 4294967294u);
        assert_int_equal(p->user.gid, 2);
        assert_int_equal(p->user.additional_gids.item[0], 4294967294u);
        assert_int_equal(p->capabilities.bounding.n, 2);
        assert_int_equal(p->capabilities.effective.n, 2);
        assert_int_equal(p->capabilities.permitted.n, 2);
        assert_int_equal(p->capabilities.inheritable.n + p->capabilities.ambient.n, 0);
        assert_true(p->rlimits.item[0].hard == UINT64_MAX);
        assert_string_equal(p->cwd, "/w");
        assert_false(p->terminal);
        config_free(sys_linux(), c);
}

static void config_exec_text__process_json__replaces_all_but_capabilities(void **state)
{
        struct config_exec exec = {.process = "{\"args\":[\"p\"],\"cwd\":\"/\"}", .process_name = "f.json"};

        (void)state;
        exec.process_len = strlen(exec.process);
        struct config *c = made(&exec);
        assert_int_equal(c->process.env.n, 0);
        assert_int_equal(c->process.rlimits.n, 0);
        assert_int_equal(c->process.user.uid, 0);
        assert_string_equal(c->process.capabilities.bounding.item[0], "CAP_KILL");
        config_free(sys_linux(), c);
}

static void config_exec_text__wrong_text__place_in_the_file(void **state)
{
        struct config_exec exec = {.process = "{\"args\":", .process_len = 8, .process_name = "f.json"};
        struct err err = ERR_INIT;
        char *text;
        size_t len;

        (void)state;
        assert_int_equal(config_exec_text(sys_linux(), BASE, strlen(BASE), &exec, &text, &len, &err),
                         -EINVAL);
        assert_int_equal(strncmp(err.place, "f.json: line 1 column ", 22), 0);
        assert_int_equal(config_exec_text(sys_linux(), "{}", 2, &exec, &text, &len, &err), -EINVAL);
        assert_string_equal(err.place, "/process");
        err_set(&err, EINVAL, "validate", "/process/args/0", "x");
        config_exec_place(&exec, &err);
        assert_string_equal(err.place, "f.json#/args/0");
        err_set(&err, EINVAL, "validate", "/linux/seccomp", "x"); /* not of that file */
        config_exec_place(&exec, &err);
        assert_string_equal(err.place, "/linux/seccomp");
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(config_document_write__every_kind_of_value__reads_the_same),
                cmocka_unit_test(config_exec_text__options__the_rest_stays),
                cmocka_unit_test(config_exec_text__process_json__replaces_all_but_capabilities),
                cmocka_unit_test(config_exec_text__wrong_text__place_in_the_file),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
