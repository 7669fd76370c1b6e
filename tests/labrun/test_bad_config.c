/*
 * Wrong values of config.json, by labrun itself, as root and as an ordinary user: one line of error with the JSON
 * pointer, on standard error and in the log, exit status 1 (as runc's), nothing left behind.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <jansson.h>

#include "props/models/spec_rules.h"
#include "tests/core/made_config.h"
#include "tests/labrun/config_applied.h"
#include "tests/labrun/fixture.h"
#include "tests/labrun/ordinary.h"

static char pid_file[128], log_file[128], config_json[128];

static int named(struct lab *lab, int r)
{
        if (r < 0)
                return r;
        snprintf(pid_file, sizeof(pid_file), "%s/pid", lab->dir);
        snprintf(log_file, sizeof(log_file), "%s/log", lab->dir);
        snprintf(config_json, sizeof(config_json), "%s/config.json", lab->bundle);
        return 0;
}

static int setup(void **state)
{
        int r = lab_setup(state);

        return named(*state, r);
}

static int setup_user(void **state)
{
        int r = ordinary_setup(state);

        return named(*state, r);
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
                lab_before_exec(ordinary_become, NULL);
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

/* With a payload that ends by itself, in what labrun spec writes. */
static void write_config(struct lab *lab, void (*write)(struct lab *lab, const char *merge), const char *merge)
{
        json_t *all = json_loads("{\"process\":{\"terminal\":false,\"args\":[\"/bin/true\"]}}", 0, NULL);
        json_t *more = json_loads(merge, 0, NULL);

        assert_non_null(more);
        assert_int_equal(json_object_update_recursive(all, more), 0);
        char *text = json_dumps(all, 0);
        write(lab, text);
        free(text);
        json_decref(all);
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
                write_config(lab, lab_config, config_wrong[i].merge);
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
        run_wrong(lab, true);
}

static void run__each_wrong_value_when_applied__refused_at_its_pointer(void **state)
{
        struct lab *lab = *state;

        lab_need_root();
        for (size_t i = 0; i < CONFIG_N_APPLIED; i++) {
                write_config(lab, lab_config, config_applied[i].merge);
                assert_refused(lab, false, config_applied[i].place, config_applied[i].words, config_applied[i].merge);
        }
}

static void run__each_wrong_value_when_applied_as_a_user__refused_at_its_pointer(void **state)
{
        struct lab *lab = *state;

        for (size_t i = 0; i < CONFIG_N_APPLIED_USER; i++) {
                write_config(lab, ordinary_config, config_applied_user[i].merge);
                assert_refused(lab, true, config_applied_user[i].place, config_applied_user[i].words,
                               config_applied_user[i].merge);
        }
}

/* --- exec --process: the same fields, in a file of their own --- */

static void begin_container(struct lab *lab)
{
        lab_config(lab, "{\"process\":{\"terminal\":false,\"args\":[\"/bin/sleep\",\"1000\"]}}");
        assert_int_equal(lab_run(lab, "run", "-d", "-b", lab->bundle, lab->id, NULL)->code, 0);
}

static void end_container(struct lab *lab)
{
        assert_string_equal(lab_state(lab, "status"), "running");
        assert_int_equal(lab_run(lab, "delete", "--force", lab->id, NULL)->code, 0);
        assert_true(lab_clean(lab));
}

/* pointer: of the field in config.json, where it begins with /process. */
static void assert_exec_refused(struct lab *lab, const char *process, const char *pointer, const char *words)
{
        char file[128], place[512];

        snprintf(file, sizeof(file), "%s/process.json", lab->dir);
        write_text(file, process);
        snprintf(place, sizeof(place), ": %s#%s: ", file, pointer + strlen("/process"));
        struct result *r = lab_run(lab, "exec", "--pid-file", pid_file, "--process", file, lab->id, NULL);
        if (r->code != 255 || !strstr(r->err, place) || !strstr(r->err, words) || strchr(r->err, '\n')[1])
                fail_msg("%s: wanted 255 and \"%s\", \"%s\": %d, %s", process, place, words, r->code, r->err);
        if (strchr(lab_run(lab, "ps", "--format", "json", lab->id, NULL)->out, ',') || access(pid_file, F_OK) == 0)
                fail_msg("%s: something is left", process);
}

static void exec__every_field_of_wrong_type__refused_at_its_pointer(void **state)
{
        static const char prefix[] = "{\"process\":";
        struct lab *lab = *state;
        size_t n, met = 0;
        const struct spec_rule *rules = spec_rules(&n);

        lab_need_root();
        begin_container(lab);
        for (size_t i = 0; i < n; i++) {
                if (strncmp(rules[i].pattern, "/process/", 9) != 0)
                        continue;
                struct made made = made_config(&rules[i], rules[i].kind == SPEC_ARR ? "{}" : "[]");
                assert_int_equal(strncmp(made.text, prefix, sizeof(prefix) - 1), 0);
                made.text[strlen(made.text) - 1] = '\0'; /* the document's brace */
                assert_exec_refused(lab, made.text + sizeof(prefix) - 1, made.pointer, "expected ");
                free(made.text);
                met++;
        }
        assert_true(met > 40);
        end_container(lab);
}

static void exec__each_wrong_value__refused_at_its_pointer(void **state)
{
        struct lab *lab = *state;
        size_t met = 0;

        lab_need_root();
        begin_container(lab);
        for (size_t i = 0; i < CONFIG_N_WRONG; i++) {
                json_t *merge = json_loads(config_wrong[i].merge, 0, NULL), *o = json_object_get(merge, "process"),
                       *process = json_pack("{s:s,s:[s]}", "cwd", "/", "args", "/bin/true");
                if (json_is_object(o) && json_object_size(merge) == 1) {
                        assert_int_equal(json_object_update_recursive(process, o), 0);
                        char *text = json_dumps(process, 0);
                        assert_exec_refused(lab, text, config_wrong[i].place, config_wrong[i].words);
                        free(text);
                        met++;
                }
                json_decref(merge);
                json_decref(process);
        }
        assert_true(met > 30);
        end_container(lab);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(run__every_field_of_wrong_type__refused_at_its_pointer, setup,
                                                lab_teardown),
                cmocka_unit_test_setup_teardown(run__document_that_is_none__refused_by_line_and_column, setup,
                                                lab_teardown),
                cmocka_unit_test_setup_teardown(run__each_wrong_value__refused_at_its_pointer, setup, lab_teardown),
                cmocka_unit_test_setup_teardown(run__each_wrong_value_as_a_user__refused_at_its_pointer, setup_user,
                                                ordinary_teardown),
                cmocka_unit_test_setup_teardown(run__each_wrong_value_when_applied__refused_at_its_pointer, setup,
                                                lab_teardown),
                cmocka_unit_test_setup_teardown(exec__every_field_of_wrong_type__refused_at_its_pointer, setup,
                                                lab_teardown),
                cmocka_unit_test_setup_teardown(exec__each_wrong_value__refused_at_its_pointer, setup, lab_teardown),
                cmocka_unit_test_setup_teardown(
                        run__each_wrong_value_when_applied_as_a_user__refused_at_its_pointer, setup_user, ordinary_teardown),
        };
        if (ordinary_begin() < 0)
                return 1;
        return cmocka_run_group_tests(tests, NULL, NULL);
}
