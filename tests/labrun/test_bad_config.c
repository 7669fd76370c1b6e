/*
 * Wrong values of config.json, by labrun itself, as root and as an ordinary user: one line of error with the JSON
 * pointer, on standard error and in the log, exit status 1 (as runc's), nothing left behind.
 */
#include <dirent.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <jansson.h>

#include "props/models/spec_rules.h"
#include "tests/core/made_config.h"
#include "tests/labrun/config_applied.h"
#include "tests/labrun/fixture.h"

#define USER 61234

static char pid_file[128], log_file[128], config_json[128];

static int setup(void **state)
{
        int r = lab_setup(state);
        struct lab *lab = *state;

        if (r < 0)
                return r;
        snprintf(pid_file, sizeof(pid_file), "%s/pid", lab->dir);
        snprintf(log_file, sizeof(log_file), "%s/log", lab->dir);
        snprintf(config_json, sizeof(config_json), "%s/config.json", lab->bundle);
        return 0;
}

static void be_the_user(void *arg)
{
        (void)arg;
        if (geteuid() == 0 &&
            (setgroups(0, NULL) < 0 || setresgid(USER, USER, USER) < 0 || setresuid(USER, USER, USER) < 0))
                _exit(99);
}

static void give_to_user(const struct lab *lab)
{
        char command[256];

        snprintf(command, sizeof(command), "chown -Rh %d:%d %s", USER, USER, lab->dir);
        assert_int_equal(geteuid() == 0 ? system(command) : 0, 0);
}

/* With "." and "..". */
static size_t count_names(const char *dir)
{
        DIR *d = opendir(dir);
        size_t n = 0;

        for (struct dirent *e; d && (e = readdir(d)); n++)
                continue;
        if (d)
                closedir(d);
        return n;
}

/* The message of the log's one line. */
static const char *logged(void)
{
        static char message[1024];
        const char *text = lab_read(log_file), *end = strchr(text, '\n');
        json_t *line = json_loads(text, 0, NULL);
        const char *s = json_string_value(json_object_get(line, "msg"));

        assert_true(end && !end[1] && s);
        assert_string_equal(json_string_value(json_object_get(line, "level")), "error");
        snprintf(message, sizeof(message), "%s", s);
        json_decref(line);
        return message;
}

/* What stands in config.json is refused at place, and as if nothing had been asked. */
static void assert_refused(struct lab *lab, bool user, const char *place, const char *words, const char *what)
{
        char wanted[256];
        size_t bundle = count_names(lab->bundle), dir;

        unlink(log_file);
        if (user)
                lab_before_exec(be_the_user, NULL);
        struct result *r = lab_run(lab, "--log", log_file, "--log-format", "json", "run", "--pid-file", pid_file, "-b",
                                   lab->bundle, lab->id, NULL);
        snprintf(wanted, sizeof(wanted), ": %s: ", place);
        if (r->code != 1 || !strstr(r->err, wanted) || !strstr(r->err, words))
                fail_msg("%s: wanted 1 and \"%s\", \"%s\": %d, %s", what, wanted, words, r->code, r->err);
        if (strncmp(r->err, "labrun: ", 8) != 0 || !strchr(r->err, '\n') || strcmp(strchr(r->err, '\n'), "\n") != 0)
                fail_msg("%s: not one line of labrun's: %s", what, r->err);
        assert_int_equal(strncmp(r->err + 8, logged(), strlen(logged())), 0);
        dir = 2 /* . and .. */ + 2 /* bundle, log */ + (access(lab->root, F_OK) == 0);
        if (!lab_clean(lab) || count_names(lab->dir) != dir || count_names(lab->bundle) != bundle)
                fail_msg("%s: something is left", what);
}

/* What labrun spec writes, with a payload that ends by itself, and then merge, in it. */
static void write_config(struct lab *lab, const char *merge)
{
        json_t *all = json_loads("{\"process\":{\"terminal\":false,\"args\":[\"/bin/true\"]}}", 0, NULL);
        json_t *more = json_loads(merge, 0, NULL);

        assert_non_null(more);
        assert_int_equal(json_object_update_recursive(all, more), 0);
        char *text = json_dumps(all, 0);
        lab_config(lab, text);
        free(text);
        json_decref(all);
        json_decref(more);
}

/* The same for an ordinary user, and as he wrote it. */
static void write_rootless(struct lab *lab, const char *merge)
{
        json_t *more = json_loads(merge, 0, NULL), *args = json_pack("[s]", "/bin/true");

        assert_true(more && args);
        unlink(config_json);
        lab_before_exec(be_the_user, NULL);
        assert_int_equal(lab_run(lab, "spec", "--rootless", "-b", lab->bundle, NULL)->code, 0);
        json_t *config = json_load_file(config_json, 0, NULL), *process = json_object_get(config, "process");
        json_object_set_new(process, "terminal", json_false());
        json_object_set_new(process, "args", args);
        assert_int_equal(json_object_update_recursive(config, more), 0);
        assert_int_equal(json_dump_file(config, config_json, 0), 0);
        json_decref(config);
        json_decref(more);
}

static void write_text(const char *path, const char *text)
{
        FILE *f = fopen(path, "we");

        assert_non_null(f);
        assert_true(fputs(text, f) >= 0 && fclose(f) == 0);
}

static void run__every_field_of_wrong_type__refused_at_its_pointer(void **state)
{
        struct lab *lab = *state;
        size_t n;
        const struct spec_rule *rules = spec_rules(&n);

        for (size_t i = 0; i < n; i++) {
                const char *wrong = rules[i].kind == SPEC_ARR ? "{}" : "[]";
                struct made made = made_config(&rules[i], wrong);
                write_text(config_json, made.text);
                assert_refused(lab, false, made.pointer, "expected ", made.text);
                free(made.text);
        }
}

static void run__document_that_is_none__refused_by_line_and_column(void **state)
{
        static const struct {
                const char *text, *place, *words;
        } rows[] = {
                {"", "line 1 column 1", "the document ends"},
                {"[]", "line 1 column 1", "an object"},
                {"{\n \"a\": 1,\n \"a\": 2}", "line 3 column 2", "duplicate key"},
                {"{\"hostname\":\"\\u0000\"}", "line 1 column 14", "NUL"},
                {"{\"ociVersion\":\"1.2.0\",}", "line 1 column 23", "a key"},
                {"{} {}", "line 1 column 4", "the end of the document"},
        };
        struct lab *lab = *state;

        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                write_text(config_json, rows[i].text);
                assert_refused(lab, false, rows[i].place, rows[i].words, rows[i].text);
        }
        unlink(config_json);
        assert_refused(lab, false, config_json, "No such file", "no config.json");
        mkdir(config_json, 0755);
        assert_refused(lab, false, config_json, "Is a directory", "a folder in its place");
        rmdir(config_json);
        mkfifo(config_json, 0644);
        assert_refused(lab, false, config_json, "not a regular file", "a fifo in its place");
        unlink(config_json);
}

static void run_wrong(struct lab *lab, bool user)
{
        for (size_t i = 0; i < CONFIG_N_WRONG; i++) {
                write_config(lab, config_wrong[i].merge);
                assert_refused(lab, user, config_wrong[i].place, config_wrong[i].words, config_wrong[i].merge);
        }
}

static void run__each_wrong_value__refused_at_its_pointer(void **state)
{
        run_wrong(*state, false);
}

static void run__each_wrong_value_as_a_user__refused_at_its_pointer(void **state)
{
        struct lab *lab = *state;

        lab_need_root(); /* an ordinary user has had them all in the test before */
        give_to_user(lab);
        run_wrong(lab, true);
}

static void run__each_wrong_value_when_applied__refused_at_its_pointer(void **state)
{
        struct lab *lab = *state;

        lab_need_root();
        for (size_t i = 0; i < CONFIG_N_APPLIED; i++) {
                write_config(lab, config_applied[i].merge);
                assert_refused(lab, false, config_applied[i].place, config_applied[i].words, config_applied[i].merge);
        }
}

static void run__each_wrong_value_when_applied_as_a_user__refused_at_its_pointer(void **state)
{
        struct lab *lab = *state;

        give_to_user(lab);
        for (size_t i = 0; i < CONFIG_N_APPLIED_USER; i++) {
                write_rootless(lab, config_applied_user[i].merge);
                assert_refused(lab, true, config_applied_user[i].place, config_applied_user[i].words,
                               config_applied_user[i].merge);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(run__every_field_of_wrong_type__refused_at_its_pointer, setup,
                                                lab_teardown),
                cmocka_unit_test_setup_teardown(run__document_that_is_none__refused_by_line_and_column, setup,
                                                lab_teardown),
                cmocka_unit_test_setup_teardown(run__each_wrong_value__refused_at_its_pointer, setup, lab_teardown),
                cmocka_unit_test_setup_teardown(run__each_wrong_value_as_a_user__refused_at_its_pointer, setup,
                                                lab_teardown),
                cmocka_unit_test_setup_teardown(run__each_wrong_value_when_applied__refused_at_its_pointer, setup,
                                                lab_teardown),
                cmocka_unit_test_setup_teardown(
                        run__each_wrong_value_when_applied_as_a_user__refused_at_its_pointer, setup, lab_teardown),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
