/*
 * Terminals of an ordinary user's containers: relayed, through a console socket, of exec. Where only one id
 * is mapped the pty has no group tty: `spec --rootless` doesn't ask for it, and who asks is refused, as by
 * runc.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "tests/labrun/ordinary.h"
#include "tests/labrun/terminal.h"

#define PROCESS "\"process\":{\"terminal\":true,\"args\":[\"/bin/sh\",\"/tmp/script\"]"
#define MOUNT(to, type, options) \
        "{\"destination\":\"" to "\",\"type\":\"" type "\",\"source\":\"x\",\"options\":[" options "]}"
#define DEVPTS                                                                                          \
        "\"mounts\":[" MOUNT("/proc", "proc", "") "," MOUNT("/dev", "tmpfs", "\"mode=755\"") "," MOUNT( \
                "/dev/pts", "devpts", "\"newinstance\",\"ptmxmode=0666\",\"mode=0620\",\"gid=5\"") "]"

static void script(struct lab *lab, const char *merge, const char *text)
{
        ordinary_config(lab, merge);
        lab_file(lab, "/tmp/script", text, 0755);
}

/* A terminal as the user's login has it: the slave is his. */
static void open_own(struct term *t, unsigned short rows, unsigned short cols)
{
        term_open(t, rows, cols);
        if (geteuid() == 0)
                assert_int_equal(fchown(t->slave, ordinary.user, (gid_t)-1), 0);
}

static void login_as_user(void *term)
{
        term_login(term);
        ordinary_become(NULL);
}

static pid_t run_on(struct lab *lab, struct term *t)
{
        lab_before_exec(login_as_user, t);
        return lab_spawn(lab, "run", "-b", lab->bundle, lab->id, NULL);
}

#define LOOKS                                                                                       \
        "tty; stty size; stat -c 'pts %u %g %a' /dev/pts/0; stat -c 'console %t:%T' /dev/console\n" \
        "read a b c d e f tty g </proc/self/stat; echo control $tty\n"                              \
        "exec </dev/tty >/dev/tty && echo by name\n"                                                \
        "ls /proc/self/fd | tr '\\n' ' '; exit 7\n"
/* 3 is ls's own; major 136, minor 0 are 88:0 in hex, 34816 as a device number */
#define SEEN(owner) \
        "/dev/pts/0\r\n33 101\r\npts " owner " 620\r\nconsole 88:0\r\ncontrol 34816\r\nby name\r\n0 1 2 3 "

static void terminal__of_one_id__controls_the_payload_with_owner_and_size(void **state)
{
        struct lab *lab = *state;
        struct term t;

        script(lab, "{" PROCESS "}}", LOOKS);
        open_own(&t, 33, 101);
        assert_int_equal(term_wait(&t, run_on(lab, &t)), 7);
        assert_string_equal(t.out, SEEN("0 0"));
        assert_true(term_is_restored(&t));
        term_close(&t);
        assert_true(lab_clean(lab));
}

/* The config for ids that newuidmap and newgidmap map. */
static void mapped(char *merge, size_t size, const char *process)
{
        snprintf(merge, size,
                 "{%s,\"user\":{\"uid\":8,\"gid\":9}}," DEVPTS ",\"linux\":{"
                 "\"uidMappings\":[{\"containerID\":0,\"hostID\":%u,\"size\":1},{\"containerID\":1,"
                 "\"hostID\":%u,\"size\":99}],"
                 "\"gidMappings\":[{\"containerID\":0,\"hostID\":%u,\"size\":1},{\"containerID\":1,"
                 "\"hostID\":%u,\"size\":99}]}}",
                 process, ordinary.user, ORDINARY_SUBIDS, ordinary.group, ORDINARY_SUBIDS);
}

#define need_helpers()                                                                    \
        do {                                                                              \
                if (!ordinary.helpers) {                                                  \
                        print_message("skip: newuidmap and newgidmap may not be used\n"); \
                        skip();                                                           \
                }                                                                         \
        } while (0)

static void terminal__of_mapped_ids__is_the_payloads_and_group_ttys(void **state)
{
        struct lab *lab = *state;
        char merge[1536];
        struct term t;

        need_helpers();
        mapped(merge, sizeof(merge), PROCESS);
        script(lab, merge, LOOKS);
        open_own(&t, 33, 101);
        assert_int_equal(term_wait(&t, run_on(lab, &t)), 7);
        assert_string_equal(t.out, SEEN("8 5"));
        assert_true(term_is_restored(&t));
        term_close(&t);
        assert_true(lab_clean(lab));
}

/* runc: "cannot specify gid= mount options for unmapped gid in rootless containers" */
static void devpts__with_a_group_that_is_not_mapped__refused_with_pointer(void **state)
{
        struct lab *lab = *state;
        struct term t;

        script(lab, "{" PROCESS "}," DEVPTS "}", LOOKS);
        open_own(&t, 24, 80);
        assert_int_equal(term_wait(&t, run_on(lab, &t)), 1);
        assert_non_null(strstr(t.out, "labrun: mount: /mounts/2/options/3: gid=5: "));
        assert_true(term_is_restored(&t));
        term_close(&t);
        assert_true(lab_clean(lab));
}

static void relay__keys_signals_and_size__reach_the_payload(void **state)
{
        static const struct {
                const char *trap, *keys;
                int signal, code;
        } rows[] = {
                {"trap 'echo caught; exit 5' INT", "\003", 0, 5},
                {"trap 'echo caught; exit 6' TERM", "", SIGTERM, 6},
                {"trap 'stty size; echo caught; exit 8' WINCH", "", 0, 8},
        };
        struct lab *lab = *state;
        char text[256];
        struct term t;

        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                snprintf(text, sizeof(text), "%s; echo ready; while :; do sleep 1; done", rows[i].trap);
                script(lab, "{" PROCESS "}}", text);
                open_own(&t, 24, 80);
                pid_t pid = run_on(lab, &t);
                assert_true(term_until(&t, "ready\r\n"));
                assert_true(term_is_raw(&t));
                if (rows[i].keys[0])
                        term_type(&t, rows[i].keys);
                else if (rows[i].signal)
                        kill(pid, rows[i].signal);
                else
                        term_resize(&t, 44, 132);
                assert_int_equal(term_wait(&t, pid), rows[i].code);
                assert_non_null(strstr(t.out, "caught"));
                assert_true(strstr(t.out, "44 132") || rows[i].code != 8);
                assert_true(term_is_restored(&t));
                term_close(&t);
        }
        assert_true(lab_clean(lab));
}

/* After su(1): the terminal is open, but can't be opened. */
static void terminal_of_the_caller__that_is_another_users__relayed_all_the_same(void **state)
{
        struct lab *lab = *state;
        struct term t;

        lab_need_root();
        script(lab, "{" PROCESS "}}", "echo ready; read x; echo got $x; exit 4");
        term_open(&t, 24, 80);
        pid_t pid = run_on(lab, &t);
        assert_true(term_until(&t, "ready\r\n"));
        assert_true(term_is_raw(&t));
        term_type(&t, "line\r");
        assert_int_equal(term_wait(&t, pid), 4);
        assert_string_equal(t.out, "ready\r\nline\r\ngot line\r\n");
        assert_true(term_is_restored(&t));
        term_close(&t);
        assert_true(lab_clean(lab));
}

/* Root may look: of all that init has open. */
static bool has_device(const char *pid, dev_t dev)
{
        for (int fd = 0; fd < 256; fd++) {
                char path[64];
                struct stat st;
                snprintf(path, sizeof(path), "/proc/%s/fd/%d", pid, fd);
                if (stat(path, &st) == 0 && S_ISCHR(st.st_mode) && st.st_rdev == dev)
                        return true;
        }
        return false;
}

static void through_socket(struct lab *lab, const char *merge, const char *owner)
{
        char path[TERM_SOCKET], pid[32], expected[128];
        int listener = term_listen(lab, path);
        struct winsize size = {0};

        script(lab, merge, "stty size; stat -c %u:%g /dev/pts/0; read x; echo got $x");
        struct result *r = RUN(lab, "create", "--console-socket", path, "-b", lab->bundle, lab->id, NULL);
        assert_string_equal(r->err, "");
        assert_int_equal(r->code, 0);
        int master = term_take(listener, "/dev/ptmx");
        assert_int_equal(ioctl(master, TIOCGWINSZ, &size), 0);
        assert_int_equal(size.ws_row, 25);
        assert_int_equal(size.ws_col, 91);
        lab_before_exec(ordinary_become, NULL);
        snprintf(pid, sizeof(pid), "%s", lab_state(lab, "pid"));
        if (geteuid() == 0) {
                assert_true(has_device(pid, makedev(136, 0)));
                assert_false(has_device(pid, makedev(5, 2)));
        }
        assert_int_equal(write(master, "word\n", 5), 5); /* before there is a payload */
        assert_int_equal(RUN(lab, "start", lab->id, NULL)->code, 0);
        snprintf(expected, sizeof(expected), "word\r\n25 91\r\n%s\r\ngot word\r\n", owner);
        assert_string_equal(term_read_all(master), expected);
        close(master);
        close(listener);
        assert_int_equal(RUN(lab, "delete", "--force", lab->id, NULL)->code, 0);
        assert_true(lab_clean(lab));
}

#define SIZED PROCESS ",\"consoleSize\":{\"height\":25,\"width\":91}"

static void console_socket__of_one_id__master_sent_and_kept_by_nobody_else(void **state)
{
        through_socket(*state, "{" SIZED "}}", "0:0");
}

static void console_socket__of_mapped_ids__master_sent_and_kept_by_nobody_else(void **state)
{
        char merge[1536];

        need_helpers();
        mapped(merge, sizeof(merge), SIZED);
        through_socket(*state, merge, "8:5");
}

static void console_socket__of_somebody_else__refused_and_nothing_left(void **state)
{
        struct lab *lab = *state;
        char path[TERM_SOCKET];

        lab_need_root();
        int listener = term_listen(lab, path);
        chmod(path, 0700);
        script(lab, "{" PROCESS "}}", "true");
        struct result *r = RUN(lab, "create", "--console-socket", path, "-b", lab->bundle, lab->id, NULL);
        assert_int_equal(r->code, 1);
        assert_non_null(strstr(r->err, "--console-socket"));
        assert_non_null(strstr(r->err, "Permission denied"));
        assert_true(lab_clean(lab));
        close(listener);
}

static void exec_in(struct lab *lab, const char *merge, const char *owner)
{
        char path[TERM_SOCKET], expected[128];
        struct term t;

        ordinary_config(lab, merge);
        assert_int_equal(RUN(lab, "run", "-d", "-b", lab->bundle, lab->id, NULL)->code, 0);
        lab_file(lab, "/tmp/script",
                 "tty; stty size; stat -c %u:%g /dev/pts/0; echo control; cat /dev/tty; echo end; exit 14",
                 0755);
        open_own(&t, 34, 102);
        lab_before_exec(login_as_user, &t);
        pid_t pid = lab_spawn(lab, "exec", "-t", lab->id, "/bin/sh", "/tmp/script", NULL);
        assert_true(term_until(&t, "control\r\n"));
        term_type(&t, "x\r\004");
        assert_int_equal(term_wait(&t, pid), 14);
        snprintf(expected, sizeof(expected), "/dev/pts/0\r\n34 102\r\n%s\r\ncontrol\r\nx\r\nx\r\nend\r\n",
                 owner);
        assert_string_equal(t.out, expected);
        assert_true(term_is_restored(&t));
        term_close(&t);
        int listener = term_listen(lab, path);
        struct result *r = RUN(lab, "exec", "-d", "-t", "--console-socket", path, lab->id, "/bin/sh", "-c",
                               "tty; test -t 2 && echo done", NULL);
        assert_string_equal(r->err, "");
        assert_int_equal(r->code, 0);
        int master = term_take(listener, "/dev/ptmx");
        assert_string_equal(term_read_all(master), "/dev/pts/0\r\ndone\r\n");
        close(master);
        close(listener);
        assert_int_equal(RUN(lab, "delete", "--force", lab->id, NULL)->code, 0);
        assert_true(lab_clean(lab));
}

#define SLEEPS "\"process\":{\"args\":[\"/bin/sleep\",\"1000\"]"

static void exec__in_a_container_of_one_id__terminal_of_its_own(void **state)
{
        exec_in(*state, "{" SLEEPS "}}", "0:0");
}

static void exec__in_a_container_of_mapped_ids__terminal_of_its_own(void **state)
{
        char merge[1536];

        need_helpers();
        mapped(merge, sizeof(merge), SLEEPS);
        exec_in(*state, merge, "8:5");
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, ordinary_setup, ordinary_teardown)

int main(void)
{
        const struct CMUnitTest tests[] = {
                CASE(terminal__of_one_id__controls_the_payload_with_owner_and_size),
                CASE(terminal__of_mapped_ids__is_the_payloads_and_group_ttys),
                CASE(devpts__with_a_group_that_is_not_mapped__refused_with_pointer),
                CASE(relay__keys_signals_and_size__reach_the_payload),
                CASE(terminal_of_the_caller__that_is_another_users__relayed_all_the_same),
                CASE(console_socket__of_one_id__master_sent_and_kept_by_nobody_else),
                CASE(console_socket__of_mapped_ids__master_sent_and_kept_by_nobody_else),
                CASE(console_socket__of_somebody_else__refused_and_nothing_left),
                CASE(exec__in_a_container_of_one_id__terminal_of_its_own),
                CASE(exec__in_a_container_of_mapped_ids__terminal_of_its_own),
        };

        if (ordinary_begin() < 0)
                return 1;
        return cmocka_run_group_tests(tests, NULL, NULL);
}
