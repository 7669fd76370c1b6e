/* HOST-UNCHANGED, CLEAN, TIME-BOUND against configs and neighbours that mean harm, or just meet us badly. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#include "tests/labrun/fixture.h"

static struct result *run(struct lab *lab)
{
        struct result *r = lab_run(lab, "run", "-b", lab->bundle, lab->id, NULL);

        if (r->code)
                print_message("exit %d\nstdout: %s\nstderr: %s\n", r->code, r->out, r->err);
        return r;
}

/* Waits until the file in the root file system has this text. */
static bool file_becomes(struct lab *lab, const char *path, const char *text)
{
        struct timespec pause = {.tv_nsec = 5000000};
        char full[512];

        snprintf(full, sizeof(full), "%s%s", lab->rootfs, path);
        for (int i = 0; i < 2000; i++, nanosleep(&pause, NULL))
                if (strcmp(lab_read(full), text) == 0)
                        return true;
        print_message("%s: %s\n", path, lab_read(full));
        return false;
}

#define RW "\"root\":{\"path\":\"rootfs\",\"readonly\":false}"

/* Children and grandchildren, each exactly once, though each is in many hierarchies. */
static void kill_all__signal_that_does_not_kill__reaches_each_process_once(void **state)
{
        struct lab *lab = *state;

        lab_need_root();
        lab_config(lab, "{" RW ",\"process\":{\"args\":[\"/bin/sh\",\"/tmp/s\",\"1\"]},"
                        "\"linux\":{\"namespaces\":[{\"type\":\"mount\"},{\"type\":\"uts\"}]}}");
        lab_file(lab, "/tmp/s",
                 "trap 'echo u >> /tmp/got$1' USR1\n"
                 "[ $1 = 3 ] || /bin/sh /tmp/s $(($1 + 1)) &\n"
                 "echo r > /tmp/ready$1\n"
                 "while :; do sleep 0.01; done\n",
                 0755);
        assert_int_equal(lab_run(lab, "run", "-d", "-b", lab->bundle, lab->id, NULL)->code, 0);
        for (int i = 1; i <= 3; i++) {
                char path[64];
                snprintf(path, sizeof(path), "/tmp/ready%d", i);
                assert_true(file_becomes(lab, path, "r\n"));
        }
        assert_int_equal(lab_run(lab, "kill", "--all", lab->id, "USR1", NULL)->code, 0);
        for (int i = 1; i <= 3; i++) {
                char path[64];
                snprintf(path, sizeof(path), "/tmp/got%d", i);
                assert_true(file_becomes(lab, path, "u\n"));
        }
        assert_int_equal(lab_run(lab, "delete", "-f", lab->id, NULL)->code, 0);
        assert_true(lab_clean(lab));
}

/* The first hierarchy's list is not the container's: who was moved out of it is in the others. */
static void kill_all__process_moved_out_of_the_first_hierarchy__reached(void **state)
{
        struct lab *lab = *state;
        char path[512], pid[32];

        lab_need_root();
        lab_config(lab, "{\"process\":{\"args\":[\"/bin/sleep\",\"1000\"]},"
                        "\"linux\":{\"namespaces\":[{\"type\":\"mount\"},{\"type\":\"uts\"}]}}");
        assert_int_equal(lab_run(lab, "run", "-d", "-b", lab->bundle, lab->id, NULL)->code, 0);

        snprintf(path, sizeof(path), "%s/%s/state.json", lab->root, lab->id);
        const char *text = strstr(lab_read(path), "\"path\": \"/");
        assert_non_null(text);
        snprintf(path, sizeof(path), "%.*s/../cgroup.procs", (int)strcspn(text + 9, "\""), text + 9);
        snprintf(pid, sizeof(pid), "%s", lab_state(lab, "pid"));
        int fd = open(path, O_WRONLY | O_CLOEXEC);
        bool moved = fd >= 0 && write(fd, pid, strlen(pid)) > 0;
        if (fd >= 0)
                close(fd);
        if (!moved) {
                print_message("skip: %s takes no process\n", path);
                skip();
        }
        assert_int_equal(lab_run(lab, "kill", "-a", lab->id, "TERM", NULL)->code, 0);
        assert_true(lab_wait_status(lab, "stopped"));
        assert_int_equal(lab_run(lab, "delete", lab->id, NULL)->code, 0);
        assert_true(lab_clean(lab));
}

/* A create that was killed before it made its cgroup has only a plan; by now the directory is another's. */
static void delete__plan_of_a_killed_create__neighbour_lives(void **state)
{
        struct lab *lab = *state;
        struct lab other = *lab;
        char from[512], to[512], text[65536];

        lab_need_root();
        lab_config(lab, "{\"process\":{\"args\":[\"/bin/sleep\",\"1000\"]}}");
        assert_int_equal(lab_run(lab, "run", "-d", "-b", lab->bundle, lab->id, NULL)->code, 0);
        snprintf(other.root, sizeof(other.root), "%s/other", lab->dir);
        snprintf(to, sizeof(to), "%s/%s", other.root, lab->id);
        assert_int_equal(mkdir(other.root, 0700), 0);
        assert_int_equal(mkdir(to, 0711), 0);
        snprintf(from, sizeof(from), "%s/%s/state.json", lab->root, lab->id);
        snprintf(text, sizeof(text), "%s", lab_read(from));
        char *p = strstr(text, "\"pid\": "), *c = strstr(text, "\"creating\": false");
        assert_non_null(p);
        assert_non_null(c);
        memcpy(c, "\"creating\": true ", 17);
        for (p += 7; *p != ','; p++)
                *p = ' ';
        p[-1] = '0';
        snprintf(to, sizeof(to), "%s/%s/state.json", other.root, lab->id);
        FILE *f = fopen(to, "we");
        assert_non_null(f);
        fputs(text, f);
        fclose(f);
        assert_int_equal(lab_run(&other, "delete", "--force", lab->id, NULL)->code, 0);
        assert_string_equal(lab_state(lab, "status"), "running");
        assert_int_equal(lab_run(lab, "delete", "-f", lab->id, NULL)->code, 0);
        assert_true(lab_clean(lab));
        assert_true(lab_clean(&other));
}

/* From its first file on until the payload runs nobody comes between: who waits for the lock finds it running. */
static void run__lock_wanted_meanwhile__given_once_running(void **state)
{
        struct lab *lab = *state;
        char path[512];
        struct timespec pause = {.tv_nsec = 100000};
        int seen = 0;

        lab_need_root();
        lab_config(lab, "{\"process\":{\"args\":[\"/bin/sleep\",\"1000\"]}}");
        snprintf(path, sizeof(path), "%s/%s/lock", lab->root, lab->id);
        for (int tries = 0; tries < 40 && seen < 5; tries++) {
                pid_t pid = lab_spawn(lab, "run", "-b", lab->bundle, lab->id, NULL);
                int fd;
                while ((fd = open(path, O_RDWR | O_CLOEXEC)) < 0)
                        nanosleep(&pause, NULL);
                assert_int_equal(flock(fd, LOCK_EX), 0); /* in the queue: it comes before a try of run */
                const char *status = lab_state(lab, "status");
                if (status[0]) {
                        assert_string_equal(status, "running");
                        seen++;
                } else { /* we were faster: nothing is made yet */
                        kill(pid, SIGKILL);
                }
                close(fd);
                assert_int_equal(lab_run(lab, "delete", "-f", lab->id, NULL)->code, 0);
                assert_int_equal(lab_wait(pid), 137);
        }
        assert_int_equal(seen, 5);
        assert_true(lab_clean(lab));
}

static void caps__unknown_or_lacking__warned_and_left_out(void **state)
{
        struct lab *lab = *state;

        lab_need_root();
        lab_config(lab, "{\"process\":{\"args\":[\"/bin/grep\",\"CapEff\",\"/proc/self/status\"],"
                        "\"capabilities\":{\"bounding\":[\"CAP_KILL\",\"CAP_OF_TOMORROW\"],"
                        "\"permitted\":[\"CAP_KILL\",\"CAP_OF_TOMORROW\"],"
                        "\"inheritable\":[\"CAP_OF_TOMORROW\"],\"ambient\":[\"CAP_OF_TOMORROW\"],"
                        "\"effective\":[\"CAP_KILL\",\"CAP_OF_TOMORROW\"]}}}");
        struct result *r = run(lab);
        assert_int_equal(r->code, 0);
        assert_string_equal(r->out, "CapEff:\t0000000000000020\n");
        assert_non_null(strstr(r->err, "level=warning"));
        assert_non_null(strstr(r->err, "/process/capabilities/ambient: can't be granted, ignored: "
                                       "CAP_OF_TOMORROW\""));
        /* what can't be in the bounding set can't be inheritable */
        lab_config(lab, "{\"process\":{\"args\":[\"/bin/true\"],\"capabilities\":{\"bounding\":[],"
                        "\"effective\":[],\"permitted\":[\"CAP_KILL\"],\"inheritable\":[\"CAP_KILL\"]}}}");
        r = run(lab);
        assert_int_equal(r->code, 0);
        assert_non_null(strstr(r->err, "/process/capabilities/inheritable"));
        assert_true(lab_clean(lab));
}

/* Images have a WORKDIR that their USER may not enter. */
static void cwd__closed_to_the_user__entered_as_root(void **state)
{
        struct lab *lab = *state;
        char path[256];

        lab_need_root();
        snprintf(path, sizeof(path), "%s/private", lab->rootfs);
        assert_int_equal(mkdir(path, 0700), 0);
        lab_config(lab, "{\"process\":{\"args\":[\"/bin/sh\",\"-c\",\"pwd; id -u; ls\"],\"cwd\":\"/private\","
                        "\"user\":{\"uid\":1000,\"gid\":1000}}}");
        struct result *r = lab_run(lab, "run", "-b", lab->bundle, lab->id, NULL);
        assert_string_equal(r->out, "/private\n1000\n");
        assert_int_equal(r->code, 1);
        assert_true(lab_clean(lab));
}

static void namespace__path_to_the_hosts__nothing_in_it_is_changed(void **state)
{
        static const struct {
                const char *merge, *words;
        } cases[] = {
                {"{\"hostname\":\"evil\",\"linux\":{\"namespaces\":[{\"type\":\"mount\"},"
                 "{\"type\":\"uts\",\"path\":\"/proc/self/ns/uts\"}]}}",
                 "/hostname"},
                {"{\"hostname\":null,\"domainname\":\"evil\",\"linux\":{\"namespaces\":[{\"type\":\"mount\"},"
                 "{\"type\":\"uts\",\"path\":\"/proc/self/ns/uts\"}]}}",
                 "/domainname"},
                {"{\"hostname\":null,\"linux\":{\"sysctl\":{\"net.ipv4.ip_default_ttl\":\"65\"},"
                 "\"namespaces\":[{\"type\":\"mount\"},{\"type\":\"network\",\"path\":\"/proc/self/ns/net\"}]}}",
                 "/linux/sysctl/net.ipv4.ip_default_ttl"},
                {"{\"hostname\":null,\"linux\":{\"sysctl\":{\"kernel.msgmax\":\"8191\"},"
                 "\"namespaces\":[{\"type\":\"mount\"},{\"type\":\"ipc\",\"path\":\"/proc/self/ns/ipc\"}]}}",
                 "/linux/sysctl/kernel.msgmax"},
        };
        struct lab *lab = *state;
        char before[256], after[256];

        lab_need_root();
        gethostname(before, sizeof(before));
        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
                lab_config(lab, cases[i].merge);
                struct result *r = lab_run(lab, "run", "-b", lab->bundle, lab->id, NULL);
                gethostname(after, sizeof(after));
                if (strcmp(before, after) != 0)
                        (void)!sethostname(before, strlen(before));
                if (!strstr(r->err, cases[i].words))
                        print_message("%s: exit %d, %s\n", cases[i].words, r->code, r->err);
                assert_int_equal(r->code, 1);
                assert_non_null(strstr(r->err, cases[i].words));
                assert_string_equal(before, after);
        }
        /* joined, without a wish to change it: fine */
        lab_config(lab, "{\"process\":{\"args\":[\"/bin/true\"]},\"hostname\":null,\"linux\":{\"namespaces\":["
                        "{\"type\":\"mount\"},{\"type\":\"uts\",\"path\":\"/proc/self/ns/uts\"}]}}");
        assert_int_equal(run(lab)->code, 0);
        assert_true(lab_clean(lab));
}

static void log__mistake_in_the_options__is_in_it_too(void **state)
{
        struct lab *lab = *state;
        char log[128];

        lab_need_root();
        snprintf(log, sizeof(log), "%s/log", lab->dir);
        assert_int_equal(lab_run(lab, "--log", log, "create", "--nope", "x", NULL)->code, 1);
        assert_non_null(strstr(lab_read(log), "--nope"));
        unlink(log);
        assert_int_equal(lab_run(lab, "--log", log, "crate", NULL)->code, 3);
        assert_non_null(strstr(lab_read(log), "crate"));
        unlink(log);
        assert_int_equal(mkfifo(log, 0600), 0);
        struct result *r = lab_run(lab, "--log", log, "state", "x", NULL); /* nobody reads it */
        assert_int_equal(r->code, 1);
        assert_non_null(strstr(r->err, "log"));
}

#define T(f) cmocka_unit_test_setup_teardown(f, lab_setup, lab_teardown)

int main(void)
{
        const struct CMUnitTest tests[] = {
                T(kill_all__signal_that_does_not_kill__reaches_each_process_once),
                T(kill_all__process_moved_out_of_the_first_hierarchy__reached),
                T(delete__plan_of_a_killed_create__neighbour_lives),
                T(run__lock_wanted_meanwhile__given_once_running),
                T(caps__unknown_or_lacking__warned_and_left_out),
                T(cwd__closed_to_the_user__entered_as_root),
                T(namespace__path_to_the_hosts__nothing_in_it_is_changed),
                T(log__mistake_in_the_options__is_in_it_too),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
