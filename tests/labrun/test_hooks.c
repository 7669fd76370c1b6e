/* Hooks of all six kinds: where they run, what they are given, and what becomes of the container when one fails. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include <jansson.h>

#include "tests/labrun/fixture.h"

static const char *const kinds[] = {"prestart", "createRuntime", "createContainer", "startContainer", "poststart", "poststop"};
enum { PRESTART, CREATE_RUNTIME, CREATE_CONTAINER, START_CONTAINER, POSTSTART, POSTSTOP, KINDS };

#define TRUE_ARGS "{\"process\":{\"args\":[\"/bin/true\"]},\"root\":{\"readonly\":false}}"
#define SLEEP_ARGS "{\"process\":{\"args\":[\"/bin/sleep\",\"1000\"]},\"root\":{\"readonly\":false}}"

static json_t *load(const char *text)
{
        json_t *o = json_loads(text, 0, NULL);

        assert_non_null(o);
        return o;
}

/* Writes config.json: that of base, with these hooks, which are given away. */
static void configure(struct lab *lab, const char *base, json_t *hooks)
{
        json_t *o = load(base);
        char *text;

        assert_int_equal(json_object_set_new(o, "hooks", hooks), 0);
        text = json_dumps(o, 0);
        lab_config(lab, text);
        free(text);
        json_decref(o);
}

static void add(json_t *hooks, int kind, json_t *hook)
{
        json_t *list = json_object_get(hooks, kinds[kind]);

        if (!list) {
                list = json_array();
                json_object_set_new(hooks, kinds[kind], list);
        }
        assert_int_equal(json_array_append_new(list, hook), 0);
}

/* A shell script as a hook; timeout 0: none. */
static json_t *script(const char *text, int timeout)
{
        json_t *o = json_pack("{s:s, s:[s,s,s], s:[s]}", "path", "/bin/sh", "args", "sh", "-c", text, "env",
                              "PATH=/bin:/usr/bin");

        if (timeout > 0)
                json_object_set_new(o, "timeout", json_integer(timeout));
        return o;
}

static const char *in_dir(struct lab *lab, const char *name)
{
        static char path[4][256];
        static unsigned n;
        char *p = path[n++ % 4];

        snprintf(p, sizeof(path[0]), "%s/%s", lab->dir, name);
        return p;
}

/* A script that leaves a file behind. */
static json_t *mark(struct lab *lab, const char *name)
{
        char text[512];

        snprintf(text, sizeof(text), "echo $$ >>%s", in_dir(lab, name));
        return script(text, 0);
}

static bool exists(struct lab *lab, const char *name)
{
        return access(in_dir(lab, name), F_OK) == 0;
}

static void assert_one_error(const struct result *r, const char *place, const char *words)
{
        const char *nl = strchr(r->err, '\n');

        if (r->code != 1 || !strstr(r->err, place) || !strstr(r->err, words) || !nl || nl[1])
                print_message("wanted one error with \"%s\" and \"%s\"; exit %d: %s\n", place, words, r->code, r->err);
        assert_int_equal(r->code, 1);
        assert_non_null(strstr(r->err, place));
        assert_non_null(strstr(r->err, words));
        assert_true(nl && nl[1] == '\0');
}

static bool gone_in_time(pid_t pid)
{
        struct timespec pause = {.tv_nsec = 10000000};

        for (int i = 0; i < 1000; i++, nanosleep(&pause, NULL))
                if (kill(pid, 0) < 0 && errno == ESRCH)
                        return true;
        return false;
}

static bool there_in_time(const char *path)
{
        struct timespec pause = {.tv_nsec = 10000000};

        for (int i = 0; i < LAB_BOUND_MS / 10; i++, nanosleep(&pause, NULL))
                if (lab_read(path)[0] && strchr(lab_read(path), '\n'))
                        return true;
        return false;
}

/* ------------------------------ what they are given ------------------------------ */

/* The text of the line "WORD: TEXT" number i of an observation; "" if there is none. Valid until the next call. */
static const char *line(const char *seen, const char *word, int i)
{
        static char text[4096];
        size_t n = strlen(word);

        for (const char *p = seen; *p;) {
                const char *end = strchrnul(p, '\n');

                if (strncmp(p, word, n) == 0 && strncmp(p + n, ": ", 2) == 0 && i-- == 0) {
                        snprintf(text, sizeof(text), "%.*s", (int)(end - p - (long)n - 2), p + n + 2);
                        return text;
                }
                p = *end ? end + 1 : end;
        }
        return "";
}

static void copy_observer(const char *to)
{
        char cmd[1024];

        snprintf(cmd, sizeof(cmd), "cp %s %s", OBSERVER, to);
        assert_int_equal(system(cmd), 0);
}

static json_t *observer(struct lab *lab, int kind)
{
        const char *out = kind == START_CONTAINER ? "/seen" : in_dir(lab, kinds[kind]);

        return json_pack("{s:s, s:[s,s], s:[s,s], s:i}", "path", kind == START_CONTAINER ? "/observer" : OBSERVER, "args",
                         "zero", out, "env", "B=2", "A=1", "timeout", 20);
}

static void check_observation(struct lab *lab, int kind, const char *seen, const char *init_pid)
{
        static const char *const status[] = {"creating", "creating", "creating", "created", "running", "stopped"};
        static const char *const names[] = {"mnt", "pid", "net", "uts", "ipc"};
        bool inside = kind == CREATE_CONTAINER || kind == START_CONTAINER;
        const char *dir = kind == CREATE_CONTAINER ? lab->rootfs : kind == START_CONTAINER ? "/tmp" : lab->bundle;
        json_t *state = load(line(seen, "state", 0));
        char own[64], path[64];

        assert_string_equal(line(seen, "fd", 0), "0 pipe");
        assert_string_equal(line(seen, "fd", 1), "1 pipe");
        assert_string_equal(line(seen, "fd", 2), "2 pipe");
        assert_string_equal(line(seen, "fd", 3), "");
        assert_string_equal(line(seen, "arg", 0), "zero");
        assert_string_equal(line(seen, "arg", 2), "");
        assert_string_equal(line(seen, "env", 0), "B=2");
        assert_string_equal(line(seen, "env", 1), "A=1");
        assert_string_equal(line(seen, "env", 2), "");
        assert_string_equal(line(seen, "cwd", 0), dir);
        assert_string_equal(line(seen, "umask", 0), "022");
        assert_string_equal(line(seen, "session", 0), "own");
        for (int i = 0; i < 5; i++) {
                ssize_t n;

                snprintf(path, sizeof(path), "/proc/self/ns/%s", names[i]);
                n = readlink(path, own, sizeof(own) - 1);
                own[n < 0 ? 0 : n] = '\0';
                assert_int_equal(strcmp(line(seen, "ns", i), own) == 0, !inside);
        }
        assert_string_equal(json_string_value(json_object_get(state, "ociVersion")), "1.2.0");
        assert_string_equal(json_string_value(json_object_get(state, "id")), lab->id);
        assert_string_equal(json_string_value(json_object_get(state, "bundle")), lab->bundle);
        assert_string_equal(json_string_value(json_object_get(state, "status")), status[kind]);
        assert_string_equal(json_string_value(json_object_get(json_object_get(state, "annotations"), "a")), "b\n");
        if (kind == POSTSTOP)
                assert_null(json_object_get(state, "pid"));
        else if (inside)
                assert_int_equal(json_integer_value(json_object_get(state, "pid")), 1);
        else
                assert_int_equal(json_integer_value(json_object_get(state, "pid")), atoi(init_pid));
        json_decref(state);
}

static int open_many(void)
{
        return open("/dev/null", O_RDWR);
}

static void leak(void *arg)
{
        (void)arg;
        dup2(open_many(), 3); /* preserved: the payload's, and no hook's */
        dup2(open_many(), 40);
}

static void hooks__all_six__given_what_the_spec_says_in_order(void **state)
{
        struct lab *lab = *state;
        json_t *hooks = json_object();
        char pid[32], path[256];
        long long before = 0;

        lab_need_root();
        snprintf(path, sizeof(path), "%s/observer", lab->rootfs);
        copy_observer(path);
        for (int k = 0; k < KINDS; k++)
                add(hooks, k, observer(lab, k));
        configure(lab,
                  "{\"process\":{\"args\":[\"/bin/true\"],\"cwd\":\"/tmp\"},\"root\":{\"readonly\":false},"
                  "\"annotations\":{\"a\":\"b\\n\"}}",
                  hooks);
        lab_before_exec(leak, NULL);
        assert_int_equal(lab_run(lab, "create", "--preserve-fds", "1", "-b", lab->bundle, lab->id, NULL)->code, 0);
        snprintf(pid, sizeof(pid), "%s", lab_state(lab, "pid"));
        for (int k = START_CONTAINER; k < KINDS; k++)
                assert_false(exists(lab, kinds[k]));
        lab_before_exec(leak, NULL);
        assert_int_equal(lab_run(lab, "start", lab->id, NULL)->code, 0);
        assert_false(exists(lab, "poststop"));
        lab_before_exec(leak, NULL);
        assert_int_equal(lab_run(lab, "delete", "--force", lab->id, NULL)->code, 0);
        for (int k = 0; k < KINDS; k++) {
                snprintf(path, sizeof(path), "%s/seen", lab->rootfs);
                const char *seen = lab_read(k == START_CONTAINER ? path : in_dir(lab, kinds[k]));
                long long now = atoll(line(seen, "time", 0));

                if (!seen[0])
                        print_message("%s did not run\n", kinds[k]);
                assert_true(now > before);
                before = now;
                check_observation(lab, k, seen, pid);
        }
        assert_true(lab_clean(lab));
}

static void hooks__bundle_changed_since_create__those_of_then(void **state)
{
        struct lab *lab = *state;
        json_t *hooks = json_object();

        lab_need_root();
        add(hooks, POSTSTART, mark(lab, "started"));
        add(hooks, POSTSTOP, mark(lab, "stopped"));
        configure(lab, TRUE_ARGS, hooks);
        assert_int_equal(lab_run(lab, "create", "-b", lab->bundle, lab->id, NULL)->code, 0);
        lab_config(lab, TRUE_ARGS);
        assert_int_equal(lab_run(lab, "start", lab->id, NULL)->code, 0);
        assert_true(exists(lab, "started"));
        assert_int_equal(lab_run(lab, "delete", "--force", lab->id, NULL)->code, 0);
        assert_true(exists(lab, "stopped"));
}

/* ------------------------------ when one fails ------------------------------ */

static void hooks__one_fails__stops_the_container_with_one_error(void **state)
{
        struct lab *lab = *state;

        lab_need_root();
        for (int k = 0; k < POSTSTOP; k++) {
                bool create = k < START_CONTAINER;
                json_t *hooks = json_object();
                const struct result *r;
                char place[256];

                unlink(in_dir(lab, "stopped"));
                add(hooks, k, script("exit 0", 0));
                add(hooks, k, script("echo out; echo last words >&2; exit 3", 0));
                add(hooks, k, script(k == START_CONTAINER ? "touch /third" : "touch third", 0));
                add(hooks, POSTSTOP, mark(lab, "stopped"));
                configure(lab, SLEEP_ARGS, hooks);
                snprintf(place, sizeof(place), "/hooks/%s/1", kinds[k]);
                r = lab_run(lab, "create", "-b", lab->bundle, lab->id, NULL);
                if (!create) {
                        assert_int_equal(r->code, 0);
                        r = lab_run(lab, "start", lab->id, NULL);
                }
                assert_one_error(r, place, "exit status 3: out last words");
                if (!create) {
                        assert_true(lab_wait_status(lab, "stopped"));
                        assert_int_equal(lab_run(lab, "delete", lab->id, NULL)->code, 0);
                }
                assert_true(exists(lab, "stopped"));
                assert_true(lab_clean(lab));
                assert_int_not_equal(access("third", F_OK), 0);
                snprintf(place, sizeof(place), "%s/third", k >= CREATE_CONTAINER && k < POSTSTART ? lab->rootfs : lab->bundle);
                assert_int_not_equal(access(place, F_OK), 0);
        }
}

static void hooks__startContainer_fails_in_run__container_deleted(void **state)
{
        struct lab *lab = *state;
        json_t *hooks = json_object();

        lab_need_root();
        add(hooks, START_CONTAINER, script("kill -SEGV $$", 0));
        add(hooks, POSTSTOP, mark(lab, "stopped"));
        configure(lab, TRUE_ARGS, hooks);
        assert_one_error(lab_run(lab, "run", "-b", lab->bundle, lab->id, NULL), "/hooks/startContainer/0",
                         "killed by signal 11");
        assert_true(exists(lab, "stopped"));
        assert_true(lab_clean(lab));
}

static void hooks__poststop_fails__warned_of_and_the_next_one_runs(void **state)
{
        struct lab *lab = *state;
        json_t *hooks = json_object();
        const struct result *r;

        lab_need_root();
        add(hooks, POSTSTOP, script("echo broken; exit 1", 0));
        add(hooks, POSTSTOP, mark(lab, "stopped"));
        configure(lab, TRUE_ARGS, hooks);
        r = lab_run(lab, "run", "-b", lab->bundle, lab->id, NULL);
        assert_int_equal(r->code, 0);
        assert_non_null(strstr(r->err, "/hooks/poststop/0"));
        assert_non_null(strstr(r->err, "exit status 1: broken"));
        assert_true(exists(lab, "stopped"));
        assert_true(lab_clean(lab));
}

static void hooks__no_such_executable__named(void **state)
{
        struct lab *lab = *state;

        lab_need_root();
        for (int k = 0; k < POSTSTOP; k++) {
                json_t *hooks = json_object();
                char place[256];

                add(hooks, k, json_pack("{s:s}", "path", "/no/such/hook"));
                configure(lab, TRUE_ARGS, hooks);
                snprintf(place, sizeof(place), "/hooks/%s/0/path: /no/such/hook", kinds[k]);
                assert_one_error(lab_run(lab, "run", "-b", lab->bundle, lab->id, NULL), place, "No such file or directory");
                assert_true(lab_clean(lab));
        }
}

static void hooks__timeout__killed_with_what_it_started(void **state)
{
        struct lab *lab = *state;
        json_t *hooks = json_object();
        char text[512];
        pid_t child;

        lab_need_root();
        snprintf(text, sizeof(text), "sleep 1000 & echo $! >%s; echo waiting; sleep 1000", in_dir(lab, "child"));
        add(hooks, CREATE_RUNTIME, script(text, 1));
        configure(lab, TRUE_ARGS, hooks);
        assert_one_error(lab_run(lab, "create", "-b", lab->bundle, lab->id, NULL), "/hooks/createRuntime/0",
                         "killed after its timeout of 1 s: waiting");
        child = atoi(lab_read(in_dir(lab, "child")));
        assert_true(child > 0 && gone_in_time(child));
        assert_true(lab_clean(lab));
}

static void hooks__init_killed_while_one_sleeps__start_fails(void **state)
{
        struct lab *lab = *state;
        json_t *hooks = json_object();
        char path[256];
        pid_t pid;

        lab_need_root();
        add(hooks, START_CONTAINER, script("echo here >/here; sleep 1000", 0));
        configure(lab, TRUE_ARGS, hooks);
        assert_int_equal(lab_run(lab, "create", "-b", lab->bundle, lab->id, NULL)->code, 0);
        pid = lab_spawn(lab, "start", lab->id, NULL);
        snprintf(path, sizeof(path), "%s/here", lab->rootfs);
        assert_true(there_in_time(path));
        assert_string_equal(lab_state(lab, "status"), "created");
        assert_int_equal(kill(atoi(lab_state(lab, "pid")), SIGKILL), 0);
        assert_int_equal(lab_wait(pid), 1);
        assert_string_equal(lab_state(lab, "status"), "stopped");
        assert_int_equal(lab_run(lab, "delete", lab->id, NULL)->code, 0);
        assert_true(lab_clean(lab));
}

static void hooks__create_killed_while_one_sleeps__neither_is_left(void **state)
{
        struct lab *lab = *state;
        json_t *hooks = json_object();
        char text[512];
        pid_t pid, hook;

        lab_need_root();
        snprintf(text, sizeof(text), "echo $$ >%s; exec sleep 1000", in_dir(lab, "hook"));
        add(hooks, PRESTART, script(text, 0));
        configure(lab, TRUE_ARGS, hooks);
        pid = lab_spawn(lab, "create", "-b", lab->bundle, lab->id, NULL);
        assert_true(there_in_time(in_dir(lab, "hook")));
        hook = atoi(lab_read(in_dir(lab, "hook")));
        kill(pid, SIGKILL);
        assert_int_equal(lab_wait(pid), 128 + SIGKILL);
        assert_true(hook > 0 && gone_in_time(hook));
        assert_int_equal(lab_run(lab, "delete", "--force", lab->id, NULL)->code, 0);
        assert_true(lab_clean(lab));
}

/* ------------------------------ what a hook may do ------------------------------ */

/* More than a pipe holds: who doesn't read it must not hold the runtime, nor kill it by SIGPIPE. */
static void hooks__state_not_read__nobody_minds(void **state)
{
        static const char *const texts[] = {"exec 0<&-; sleep 0.1", "sleep 0.1", "exit 0"};
        struct lab *lab = *state;
        size_t n = 100000;
        char *long_text;

        lab_need_root();
        long_text = malloc(n + 250);
        assert_non_null(long_text);
        int at = snprintf(long_text, 200, "{\"process\":{\"args\":[\"/bin/true\"]},\"annotations\":{\"a\":\"");
        memset(long_text + at, 'x', n);
        strcpy(long_text + at + n, "\"}}");
        for (size_t i = 0; i < 3; i++) {
                json_t *hooks = json_object();

                add(hooks, CREATE_RUNTIME, script(texts[i], 0));
                add(hooks, CREATE_CONTAINER, script(texts[i], 0));
                add(hooks, START_CONTAINER, script(texts[i], 0));
                configure(lab, long_text, hooks);
                assert_int_equal(lab_run(lab, "run", "-b", lab->bundle, lab->id, NULL)->code, 0);
        }
        free(long_text);
        assert_true(lab_clean(lab));
}

static void hooks__daemon_keeps_the_output__not_waited_for(void **state)
{
        struct lab *lab = *state;
        json_t *hooks = json_object();
        char text[512];
        pid_t daemon;
        int code;

        lab_need_root();
        snprintf(text, sizeof(text), "while :; do echo noise; sleep 0.05; done & echo $! >%s", in_dir(lab, "daemon"));
        add(hooks, CREATE_RUNTIME, script(text, 0));
        configure(lab, TRUE_ARGS, hooks);
        code = lab_run(lab, "create", "-b", lab->bundle, lab->id, NULL)->code;
        daemon = atoi(lab_read(in_dir(lab, "daemon")));
        assert_true(daemon > 0);
        (void)kill(daemon, SIGKILL);
        assert_int_equal(code, 0);
}

static void hooks__much_output__only_the_end_is_kept(void **state)
{
        struct lab *lab = *state;
        json_t *hooks = json_object();

        lab_need_root();
        add(hooks, CREATE_CONTAINER, script("head -c 1000000 /dev/zero | tr '\\0' x; echo; echo the end; exit 1", 0));
        configure(lab, TRUE_ARGS, hooks);
        assert_one_error(lab_run(lab, "create", "-b", lab->bundle, lab->id, NULL), "/hooks/createContainer/0", "x the end");
        assert_true(lab_clean(lab));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, lab_setup, lab_teardown)

int main(void)
{
        const struct CMUnitTest tests[] = {
                TEST(hooks__all_six__given_what_the_spec_says_in_order),
                TEST(hooks__bundle_changed_since_create__those_of_then),
                TEST(hooks__one_fails__stops_the_container_with_one_error),
                TEST(hooks__startContainer_fails_in_run__container_deleted),
                TEST(hooks__poststop_fails__warned_of_and_the_next_one_runs),
                TEST(hooks__no_such_executable__named),
                TEST(hooks__timeout__killed_with_what_it_started),
                TEST(hooks__init_killed_while_one_sleeps__start_fails),
                TEST(hooks__create_killed_while_one_sleeps__neither_is_left),
                TEST(hooks__state_not_read__nobody_minds),
                TEST(hooks__daemon_keeps_the_output__not_waited_for),
                TEST(hooks__much_output__only_the_end_is_kept),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
