/*
 * pause, resume, ps: by the kernel's word, in every state of the container. runc 1.1.5 answers, measured: a
 * second pause "container not running", resume of another than a paused one "container not paused", start of
 * a paused one an error, delete of it "not stopped: paused", exit code 1; SIGKILL ends it, delete --force
 * too; ps of a stopped one is an empty table.
 */
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "tests/labrun/fixture.h"

#define SLEEP "{\"process\":{\"args\":[\"/bin/sleep\",\"1000\"]}}"
/* Counts in a file of the root file system for as long as it runs. */
#define COUNT                                                                                          \
        "{\"root\":{\"readonly\":false},\"process\":{\"args\":[\"/bin/sh\",\"-c\",\"i=0; while :; do " \
        "i=$((i+1)); echo $i > "                                                                       \
        "/tmp/count; sleep 0.01; done\"]}}"

static void begin(struct lab *lab, const char *merge)
{
        struct result *r;

        lab_config(lab, merge);
        r = lab_run(lab, "run", "--detach", "--bundle", lab->bundle, lab->id, NULL);
        if (r->code)
                print_message("run: %s\n", r->err);
        assert_int_equal(r->code, 0);
}

static void end(struct lab *lab)
{
        assert_int_equal(lab_run(lab, "delete", "--force", lab->id, NULL)->code, 0);
        assert_true(lab_clean(lab));
}

static void ok(const struct result *r)
{
        assert_string_equal(r->err, "");
        assert_string_equal(r->out, "");
        assert_int_equal(r->code, 0);
}

static void assert_refused(const struct result *r, const char *words)
{
        if (r->code != 1 || !strstr(r->err, words))
                print_message("wanted \"%s\"; exit %d, stderr: %s\n", words, r->code, r->err);
        assert_int_equal(r->code, 1);
        assert_non_null(strstr(r->err, words));
        assert_string_equal(r->out, "");
}

static void pause_ms(long ms)
{
        struct timespec t = {ms / 1000, ms % 1000 * 1000000};

        nanosleep(&t, NULL);
}

static int count(struct lab *lab)
{
        char path[256];

        snprintf(path, sizeof(path), "%s/tmp/count", lab->rootfs);
        return atoi(lab_read(path));
}

/* False when the payload has not counted on within the bound. */
static bool counts_on(struct lab *lab)
{
        int before = count(lab);

        for (int i = 0; i < 500; i++, pause_ms(10))
                if (count(lab) > before)
                        return true;
        return false;
}

static void pause__running__stops_and_resume_goes_on(void **state)
{
        struct lab *lab = *state;

        lab_need_root();
        begin(lab, COUNT);
        assert_true(counts_on(lab));
        for (int round = 0; round < 3; round++) {
                ok(lab_run(lab, "pause", lab->id, NULL));
                assert_string_equal(lab_state(lab, "status"), "paused");
                int before = count(lab);
                pause_ms(50);
                assert_int_equal(count(lab), before);
                ok(lab_run(lab, "resume", lab->id, NULL));
                assert_string_equal(lab_state(lab, "status"), "running");
                assert_true(counts_on(lab));
        }
        end(lab);
}

static void pause__wrong_state__refused_unchanged(void **state)
{
        struct lab *lab = *state;

        lab_need_root();
        assert_refused(lab_run(lab, "pause", lab->id, NULL), "container does not exist");
        assert_refused(lab_run(lab, "resume", lab->id, NULL), "container does not exist");
        begin(lab, SLEEP);
        assert_refused(lab_run(lab, "resume", lab->id, NULL), "container not paused");
        ok(lab_run(lab, "pause", lab->id, NULL));
        assert_refused(lab_run(lab, "pause", lab->id, NULL), "container not running");
        assert_refused(lab_run(lab, "start", lab->id, NULL), "paused");
        assert_refused(lab_run(lab, "delete", lab->id, NULL), "not stopped: paused");
        assert_string_equal(lab_state(lab, "status"), "paused");
        assert_true(atoi(lab_state(lab, "pid")) > 0);
        ok(lab_run(lab, "resume", lab->id, NULL));
        assert_int_equal(lab_run(lab, "kill", lab->id, "KILL", NULL)->code, 0);
        assert_true(lab_wait_status(lab, "stopped"));
        assert_refused(lab_run(lab, "pause", lab->id, NULL), "container not running");
        assert_refused(lab_run(lab, "resume", lab->id, NULL), "container not paused");
        end(lab);
}

static void pause__created__start_after_resume(void **state)
{
        struct lab *lab = *state;

        lab_need_root();
        lab_config(lab, SLEEP);
        assert_int_equal(lab_run(lab, "create", "--bundle", lab->bundle, lab->id, NULL)->code, 0);
        ok(lab_run(lab, "pause", lab->id, NULL));
        assert_string_equal(lab_state(lab, "status"), "paused");
        assert_refused(lab_run(lab, "start", lab->id, NULL), "paused");
        ok(lab_run(lab, "resume", lab->id, NULL));
        assert_string_equal(lab_state(lab, "status"), "created");
        ok(lab_run(lab, "start", lab->id, NULL));
        assert_string_equal(lab_state(lab, "status"), "running");
        end(lab);
}

/* The first process of a pid namespace doesn't get a signal before it handles it. */
static bool wait_handled(struct lab *lab, int sig)
{
        char path[64];

        snprintf(path, sizeof(path), "/proc/%s/status", lab_state(lab, "pid"));
        for (int ms = 0; ms < LAB_BOUND_MS; ms += 5, poll(NULL, 0, 5)) {
                const char *handled = strstr(lab_read(path), "\nSigCgt:\t");
                if (handled && strtoull(handled + 9, NULL, 16) >> (sig - 1) & 1)
                        return true;
        }
        return false;
}

static void paused__kill__sigkill_ends_others_wait(void **state)
{
        struct lab *lab = *state;

        lab_need_root();
        begin(lab, "{\"process\":{\"args\":[\"/bin/sh\",\"-c\",\"trap 'exit 3' TERM; while :; do sleep 0.01; "
                   "done\"]}}");
        assert_true(wait_handled(lab, SIGTERM));
        ok(lab_run(lab, "pause", lab->id, NULL));
        ok(lab_run(lab, "kill", lab->id, "TERM", NULL));
        assert_string_equal(lab_state(lab, "status"), "paused");
        ok(lab_run(lab, "resume", lab->id, NULL));
        assert_true(lab_wait_status(lab, "stopped"));
        end(lab);
        begin(lab, SLEEP);
        ok(lab_run(lab, "pause", lab->id, NULL));
        ok(lab_run(lab, "kill", lab->id, "KILL", NULL));
        assert_true(lab_wait_status(lab, "stopped"));
        ok(lab_run(lab, "delete", lab->id, NULL));
        assert_true(lab_clean(lab));
        begin(lab, SLEEP);
        ok(lab_run(lab, "pause", lab->id, NULL));
        ok(lab_run(lab, "kill", "--all", lab->id, "KILL", NULL));
        assert_true(lab_wait_status(lab, "stopped"));
        end(lab);
}

static void paused__delete_force__nothing_left(void **state)
{
        struct lab *lab = *state;

        lab_need_root();
        begin(lab, SLEEP);
        ok(lab_run(lab, "pause", lab->id, NULL));
        end(lab);
}

static void ps__processes__table_and_json(void **state)
{
        struct lab *lab = *state;
        struct result *r;
        char json[64];

        lab_need_root();
        begin(lab, SLEEP);
        snprintf(json, sizeof(json), "[%s]\n", lab_state(lab, "pid"));
        r = lab_run(lab, "ps", "--format", "json", lab->id, NULL);
        assert_string_equal(r->out, json);
        r = lab_run(lab, "ps", lab->id, NULL);
        assert_int_equal(strncmp(r->out, "UID ", 4), 0);
        json[strlen(json) - 2] = '\0';
        assert_non_null(strstr(r->out, json + 1));
        assert_non_null(strstr(r->out, "  /bin/sleep 1000\n"));
        assert_refused(lab_run(lab, "ps", "--format", "x", lab->id, NULL), "--format");
        assert_refused(lab_run(lab, "ps", lab->id, "-ef", NULL), "-ef");
        assert_refused(lab_run(lab, "ps", "nope", NULL), "container does not exist");
        assert_int_equal(lab_run(lab, "kill", lab->id, "KILL", NULL)->code, 0);
        assert_true(lab_wait_status(lab, "stopped"));
        r = lab_run(lab, "ps", "--format", "json", lab->id, NULL);
        assert_string_equal(r->out, "[]\n");
        assert_int_equal(lab_run(lab, "ps", lab->id, NULL)->code, 0);
        end(lab);
}

/* A payload chooses its command line: it can't forge lines in a table for people. */
static void ps__newline_in_the_command_line__one_line(void **state)
{
        struct lab *lab = *state;
        struct result *r;
        int lines = 0;

        lab_need_root();
        begin(lab,
              "{\"process\":{\"args\":[\"/bin/sh\",\"-c\",\"sleep 1000; :\",\"a\\n0 1 forged\\u001b[2J\"]}}");
        r = lab_run(lab, "ps", lab->id, NULL);
        for (const char *p = r->out; *p; p++)
                lines += *p == '\n';
        assert_true(lines == 2 || lines == 3); /* the sleep may not be there yet */
        assert_null(strchr(r->out, '\033'));
        assert_non_null(strstr(r->out, "a?0 1 forged?[2J\n"));
        end(lab);
}

#define LAB_TEST(fn) cmocka_unit_test_setup_teardown(fn, lab_setup, lab_teardown)

int main(void)
{
        const struct CMUnitTest tests[] = {
                LAB_TEST(pause__running__stops_and_resume_goes_on),
                LAB_TEST(pause__wrong_state__refused_unchanged),
                LAB_TEST(pause__created__start_after_resume),
                LAB_TEST(paused__kill__sigkill_ends_others_wait),
                LAB_TEST(paused__delete_force__nothing_left),
                LAB_TEST(ps__processes__table_and_json),
                LAB_TEST(ps__newline_in_the_command_line__one_line),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
