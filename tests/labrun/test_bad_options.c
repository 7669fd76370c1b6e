/*
 * Wrong options and operands of every command: one line of error that names the option or the value, on standard
 * error and in the log, the exit status, nothing left behind. The options are walked in the tables that labrun parses
 * with: one that is added without a row here fails the first test.
 */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <jansson.h>

#include "core/cli/cli.h"
#include "tests/labrun/fixture.h"
#include "tests/labrun/options_wrong.h"

/* --- running them --- */

#define MAX_ARGS 24
static char long_path[5001], log_file[128], pid_file[128], value_text[5100];
static bool container; /* one is running: exec's */

struct line {
        const char *item[MAX_ARGS];
        size_t n;
};

static void put(struct line *l, const char *word)
{
        assert_true(l->n + 1 < MAX_ARGS);
        l->item[l->n++] = word;
}

static const struct opt_spec *table_of(const char *command, size_t *ret_n)
{
        size_t n;
        const struct cli_command *const *commands = cli_commands(&n);

        if (strcmp(command, GLOBAL) == 0)
                return cli_global_options(ret_n);
        for (size_t i = 0; i < n; i++)
                if (strcmp(commands[i]->name, command) == 0) {
                        *ret_n = commands[i]->n_options;
                        return commands[i]->options;
                }
        return NULL;
}

static const struct opt_spec *spec_of(const struct option_row *row)
{
        size_t n = 0;
        const struct opt_spec *specs = table_of(row->command, &n);

        for (size_t i = 0; specs && i < n; i++)
                if (strcmp(specs[i].name, row->option) == 0)
                        return &specs[i];
        fail_msg("%s --%s: there is no such option", row->command, row->option);
        return NULL;
}

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

/* The log, where it is none of the options that are wrong, has one whole line of JSON with the same message. */
static void assert_logged(const char *said)
{
        const char *text = lab_read(log_file), *end = strchr(text, '\n');
        json_t *line = json_loads(text, 0, NULL);
        const char *msg = json_string_value(json_object_get(line, "msg"));

        if (strchr(said, '\xff')) /* '?' in the log */
                said = msg;
        if (!end || end[1] || !msg || strncmp(said, msg, strlen(msg) < 500 ? strlen(msg) : 500) != 0)
                fail_msg("the log is not \"%s\": %s", said, text);
        json_decref(line);
}

static bool nothing_left(struct lab *lab, size_t names, size_t bundle_names)
{
        bool clean = container || lab_clean(lab);

        if (container) {
                struct result *r = lab_run(lab, "ps", "--format", "json", lab->id, NULL);
                clean = r->code == 0 && !strchr(r->out, ',') && count_names(lab->root) == 3;
        }
        return clean && count_names(lab->dir) == names && count_names(lab->bundle) == bundle_names &&
               access(pid_file, F_OK) < 0;
}

static char *joined(const struct line *l)
{
        static char text[2048];
        size_t at = 0;

        text[0] = '\0';
        for (size_t i = 0; i < l->n && at < sizeof(text); i++)
                at += (size_t)snprintf(text + at, sizeof(text) - at, " '%.60s'", l->item[i]);
        return text;
}

/* The option or its value is to be named. */
static void assert_refused(struct lab *lab, const struct line *l, int status, const char *words, const char *option,
                           const char *value)
{
        size_t names, bundle_names = count_names(lab->bundle);
        char shown[sizeof(value_text)]; /* control characters are not */
        bool logs = strcmp(l->item[0], "--log") == 0 && l->n > 1 && l->item[1] == log_file;

        unlink(log_file);
        mkdir(lab->root, 0700);
        names = count_names(lab->dir) + logs;
        snprintf(shown, sizeof(shown), "%s", value);
        for (char *p = shown; (p = strpbrk(p, "\n"));)
                *p = '?';
        struct result *r = lab_run_list(lab, false, l->item);
        if (r->code != status || !strstr(r->err, words) ||
            !(strstr(r->err, option) || (shown[0] && strstr(r->err, shown))))
                fail_msg("%s: wanted %d, \"%s\" and %s or its value: %d, %s", joined(l), status, words, option, r->code,
                         r->err);
        if (strncmp(r->err, "labrun: ", 8) != 0 || !strchr(r->err, '\n') || strchr(r->err, '\n')[1] || r->out[0])
                fail_msg("%s: not one line of labrun's: %s%s", joined(l), r->err, r->out);
        if (logs && l->n > 3 && strcmp(l->item[2], "--log-format") == 0 && strcmp(l->item[3], "json") == 0)
                assert_logged(r->err + 8);
        if (!nothing_left(lab, names, bundle_names))
                fail_msg("%s: something is left, or was changed", joined(l));
}

/* The line up to and without the option; what comes behind it is for finish. */
static struct line begin(struct lab *lab, const struct option_row *row)
{
        struct line l = {0};

        if (strcmp(row->option, "log") != 0) {
                put(&l, "--log");
                put(&l, log_file);
                if (strcmp(row->option, "log-format") != 0) {
                        put(&l, "--log-format");
                        put(&l, "json");
                }
        }
        if (strcmp(row->command, GLOBAL) != 0)
                put(&l, row->command);
        if (strcmp(row->command, "create") == 0 || strcmp(row->command, "run") == 0) {
                put(&l, "--bundle");
                put(&l, lab->bundle);
        }
        if ((strcmp(row->command, "create") == 0 || strcmp(row->command, "run") == 0 || strcmp(row->command, "exec") == 0) &&
            strcmp(row->option, "pid-file") != 0) {
                put(&l, "--pid-file");
                put(&l, pid_file);
        }
        for (size_t i = 0; i < 3 && row->with[i]; i++)
                put(&l, row->with[i]);
        return l;
}

static void finish(struct lab *lab, const struct option_row *row, struct line *l)
{
        if (strcmp(row->command, GLOBAL) == 0) {
                put(l, "state");
                put(l, lab->id);
                return;
        }
        if (strcmp(row->command, "list") != 0 && strcmp(row->command, "spec") != 0 && strcmp(row->command, "features") != 0)
                put(l, lab->id);
        if (strcmp(row->command, "exec") == 0 && strcmp(row->option, "process") != 0)
                put(l, "/bin/true");
}

/* "@long", and "@/x" in the lab's folder. */
static const char *value_of(const struct lab *lab, const char *value)
{
        if (strcmp(value, LONG) == 0)
                return long_path;
        if (strncmp(value, "@/", 2) != 0)
                return value;
        snprintf(value_text, sizeof(value_text), "%s%s", lab->dir, value + 1);
        return value_text;
}

static void try_value(struct lab *lab, const struct option_row *row, const struct wrong_value *v, bool one_word)
{
        char name[64], *both = NULL;
        struct line l = begin(lab, row);
        const char *value = value_of(lab, v->value);
        /* exec's 255 is no bad usage's, which its number of fds is to labrun and to runc */
        bool failed = strcmp(row->command, "exec") == 0 && strcmp(row->option, "preserve-fds") != 0;

        snprintf(name, sizeof(name), "--%s", row->option);
        if (one_word) {
                assert_true(asprintf(&both, "%s=%s", name, value) > 0);
                put(&l, both);
        } else {
                put(&l, name);
                put(&l, value);
        }
        finish(lab, row, &l);
        assert_refused(lab, &l, failed ? 255 : 1, v->words, name, value);
        free(both);
}

static void try_option(struct lab *lab, const struct option_row *row)
{
        char name[64], text[80], words[96];
        const struct opt_spec *spec = spec_of(row);
        struct line l = begin(lab, row);

        snprintf(name, sizeof(name), "--%s", row->option);
        if (spec->arg) { /* no value at all: it is the last word */
                put(&l, name);
                assert_refused(lab, &l, 1, "needs a value", name, "");
                assert_true(row->values[0].value != NULL);
        } else {
                snprintf(text, sizeof(text), "%s=1", name);
                put(&l, text);
                finish(lab, row, &l);
                assert_refused(lab, &l, 1, "takes no value", text, "");
        }
        if (row->never) {
                l = begin(lab, row);
                put(&l, name);
                finish(lab, row, &l);
                assert_refused(lab, &l, 1, row->never, name, "");
        }
        l = begin(lab, row); /* a slip of the finger */
        snprintf(text, sizeof(text), "%sx", name);
        snprintf(words, sizeof(words), "did you mean %s?", name);
        put(&l, text);
        finish(lab, row, &l);
        assert_refused(lab, &l, 1, words, text, "");
        for (const struct wrong_value *v = row->values; v->value; v++) {
                try_value(lab, row, v, false);
                try_value(lab, row, v, true);
        }
}

/* --- what the values name --- */

static void write_text(const struct lab *lab, const char *name, const char *text)
{
        char path[256];
        FILE *f;

        snprintf(path, sizeof(path), "%s/%s", lab->dir, name);
        f = fopen(path, "we");
        assert_non_null(f);
        assert_true(fputs(text, f) >= 0 && fclose(f) == 0);
}

static int make_socket(const struct lab *lab, const char *name, int type)
{
        struct sockaddr_un addr = {.sun_family = AF_UNIX};
        int fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);

        snprintf(addr.sun_path, sizeof(addr.sun_path), "%.80s/%s", lab->dir, name);
        assert_int_equal(bind(fd, (struct sockaddr *)&addr, sizeof(addr)), 0);
        return fd;
}

static int datagrams = -1; /* who has a datagram socket there; a dead one is there without anybody */

static int setup(void **state)
{
        char path[256];
        int r = lab_setup(state);
        struct lab *lab = *state;

        if (r < 0)
                return r;
        memset(long_path, 'a', sizeof(long_path) - 1);
        long_path[0] = '/';
        for (size_t i = 200; i < sizeof(long_path) - 1; i += 200)
                long_path[i] = '/';
        snprintf(log_file, sizeof(log_file), "%s/log", lab->dir);
        snprintf(pid_file, sizeof(pid_file), "%s/pid", lab->dir);
        write_text(lab, "file", "x");
        write_text(lab, "empty", "");
        write_text(lab, "bad.json", "{\n  x");
        write_text(lab, "wrong.json", "{\"cwd\":\"/\",\"args\":{}}");
        snprintf(path, sizeof(path), "%s/fifo", lab->dir);
        if (mkfifo(path, 0600) < 0)
                return -1;
        close(make_socket(lab, "dead", SOCK_STREAM));
        datagrams = make_socket(lab, "datagrams", SOCK_DGRAM);
        container = false;
        return 0;
}

#define CONFIG(terminal) "{\"process\":{\"terminal\":" terminal ",\"args\":[\"/bin/sleep\",\"1000\"]}}"

/* The value counts only once the container can be made. */
static bool needs_root(const struct option_row *row)
{
        return row->terminal || row->values == socket_path || row->values == target;
}

static bool needs_container(const struct option_row *row)
{
        return strcmp(row->command, "exec") == 0;
}

/* --- the tests --- */

static void cli_commands__every_option__has_a_row(void **state)
{
        size_t n, met = 0;
        const struct cli_command *const *commands = cli_commands(&n);

        (void)state;
        for (size_t c = 0; c <= n; c++) {
                const char *command = c < n ? commands[c]->name : GLOBAL;
                size_t options;
                const struct opt_spec *specs = table_of(command, &options);
                for (size_t i = 0; i < options; i++) {
                        size_t k = 0;
                        while (k < N_ROWS && (strcmp(rows[k].command, command) != 0 ||
                                              strcmp(rows[k].option, specs[i].name) != 0))
                                k++;
                        if (k == N_ROWS)
                                fail_msg("%s --%s: no wrong value of it is tested", command, specs[i].name);
                        met++;
                }
        }
        for (size_t k = 0; k < N_ROWS; k++)
                assert_non_null(spec_of(&rows[k]));
        assert_int_equal(met, N_ROWS);
}

static void main__each_wrong_option__refused(void **state)
{
        struct lab *lab = *state;

        for (size_t i = 0; i < N_ROWS; i++) {
                if (needs_container(&rows[i]) || (geteuid() != 0 && needs_root(&rows[i])))
                        continue;
                lab_config(lab, rows[i].terminal ? CONFIG("true") : CONFIG("false"));
                try_option(lab, &rows[i]);
        }
}

static void exec__each_wrong_option__refused_and_container_as_it_was(void **state)
{
        struct lab *lab = *state;

        lab_need_root();
        lab_config(lab, CONFIG("false"));
        assert_int_equal(lab_run(lab, "run", "-d", "-b", lab->bundle, lab->id, NULL)->code, 0);
        container = true;
        for (size_t i = 0; i < N_ROWS; i++)
                if (needs_container(&rows[i]))
                        try_option(lab, &rows[i]);
        assert_string_equal(lab_state(lab, "status"), "running");
        container = false;
        assert_int_equal(lab_run(lab, "delete", "--force", lab->id, NULL)->code, 0);
        assert_true(lab_clean(lab));
}

static void main__each_wrong_operand__refused_as_by_runc(void **state)
{
        struct lab *lab = *state;
        bool runc = lab_have_runc() && strstr(lab_runc(lab, "--version", NULL)->out, "runc version 1.1.5");

        if (!runc)
                print_message("there is no runc 1.1.5 to compare with\n");
        for (size_t i = 0; i < N_OPERANDS; i++) {
                const struct operand_row *o = &operands[i];
                struct line l = {0};
                bool global = o->args[0][0] == '-';
                for (size_t k = 0; !global && k < 2; k++)
                        put(&l, k ? log_file : "--log");
                for (size_t k = 0; o->args[k]; k++)
                        put(&l, o->args[k]);
                assert_refused(lab, &l, o->status, o->words, "", "");
                if (!runc || o->runc == -1)
                        continue;
                struct result *r = lab_run_list(lab, true, o->args);
                if (r->code != (o->runc == SAME ? o->status : o->runc))
                        fail_msg("%s: runc: %d, %s%s", joined(&l), r->code, r->out, r->err);
        }
}

static void cli_commands__every_command__has_a_wrong_operand(void **state)
{
        size_t n;
        const struct cli_command *const *commands = cli_commands(&n);

        (void)state;
        for (size_t c = 0; c < n; c++) {
                size_t met = 0;
                for (size_t i = 0; i < N_OPERANDS; i++)
                        met += strcmp(operands[i].args[0], commands[c]->name) == 0;
                if (met == 0)
                        fail_msg("%s: no wrong operand of it is tested", commands[c]->name);
        }
}

static void main__option_given_twice__last_one_counts(void **state)
{
        struct lab *lab = *state;
        static const char *const args[] = {"list", "--format", "xml", "--format", "json", NULL};

        assert_string_equal(lab_run_list(lab, false, args)->out, "null\n");
        if (lab_have_runc())
                assert_string_equal(lab_run_list(lab, true, args)->out, "null\n");
        /* but for --version and --help, which are no values: whatever stands beside them */
        assert_int_equal(lab_run(lab, "--debug", "--version", "list", "--nosuch", NULL)->code, 0);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(cli_commands__every_option__has_a_row),
                cmocka_unit_test(cli_commands__every_command__has_a_wrong_operand),
                cmocka_unit_test_setup_teardown(main__each_wrong_option__refused, setup, lab_teardown),
                cmocka_unit_test_setup_teardown(main__each_wrong_operand__refused_as_by_runc, setup, lab_teardown),
                cmocka_unit_test_setup_teardown(main__option_given_twice__last_one_counts, setup, lab_teardown),
                cmocka_unit_test_setup_teardown(exec__each_wrong_option__refused_and_container_as_it_was, setup, lab_teardown),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
