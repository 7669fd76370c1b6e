/* process.terminal with a foreground run: labrun between the caller's streams and the container's pty. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "tests/labrun/hold.h"
#include "tests/labrun/terminal.h"

#define PROCESS "{\"process\":{\"terminal\":true,\"args\":[\"/bin/sh\",\"/tmp/script\"]"
#define AS_USER ",\"user\":{\"uid\":1000,\"gid\":1000}"

/* The bundle runs the script in a terminal. */
static void script(struct lab *lab, const char *more, const char *text)
{
        char merge[512];

        snprintf(merge, sizeof(merge), PROCESS "%s}}", more);
        lab_config(lab, merge);
        lab_file(lab, "/tmp/script", text, 0755);
}

static pid_t run_on(struct lab *lab, struct term *t)
{
        lab_before_exec(term_login, t);
        return lab_spawn(lab, "run", "-b", lab->bundle, lab->id, NULL);
}

static void terminal__of_the_payload__controls_it_with_owner_and_size(void **state)
{
        struct lab *lab = *state;
        struct term t;

        lab_need_root();
        script(lab, AS_USER,
               "tty; stty size; stat -c 'pts %u %g %a' /dev/pts/0; stat -c 'console %t:%T' /dev/console "
               "/dev/pts/0\n"
               "read a b c d e f tty g </proc/self/stat; echo control $tty\n"
               "exec </dev/tty >/dev/tty && echo by name\n"
               "ls /proc/self/fd | tr '\\n' ' '; exit 7\n");
        term_open(&t, 33, 101);
        pid_t pid = run_on(lab, &t);
        assert_int_equal(term_wait(&t, pid), 7);
        /* 3 is ls's own; major 136, minor 0 are 88:0 in hex, 34816 as a device number */
        assert_string_equal(t.out,
                            "/dev/pts/0\r\n33 101\r\npts 1000 5 620\r\nconsole 88:0\r\nconsole 88:0\r\n"
                            "control 34816\r\nby name\r\n0 1 2 3 ");
        assert_true(term_is_restored(&t));
        term_close(&t);
        assert_true(lab_clean(lab));
}

static void terminal__of_the_caller__raw_while_the_payload_runs(void **state)
{
        struct lab *lab = *state;
        struct term t;

        lab_need_root();
        script(lab, "", "echo ready; read x; echo got $x; exit 4");
        term_open(&t, 24, 80);
        pid_t pid = run_on(lab, &t);
        assert_true(term_until(&t, "ready\r\n"));
        assert_true(term_is_raw(&t));
        term_type(&t, "line\r"); /* what a keyboard sends; the pty makes the newline and the echo of it */
        assert_int_equal(term_wait(&t, pid), 4);
        assert_string_equal(t.out, "ready\r\nline\r\ngot line\r\n");
        assert_true(term_is_restored(&t));
        term_close(&t);
}

static void resize__of_the_callers_terminal__reaches_the_payload(void **state)
{
        struct lab *lab = *state;
        struct term t;

        lab_need_root();
        script(lab, "", "trap 'stty size; exit 3' WINCH; echo ready; while :; do sleep 1; done");
        term_open(&t, 24, 80);
        pid_t pid = run_on(lab, &t);
        assert_true(term_until(&t, "ready"));
        term_resize(&t, 44, 132);
        assert_int_equal(term_wait(&t, pid), 3);
        assert_non_null(strstr(t.out, "44 132"));
        term_close(&t);
}

static void interrupt_key__typed__signals_the_payload(void **state)
{
        struct lab *lab = *state;
        struct term t;

        lab_need_root();
        script(lab, "", "trap 'echo INTERRUPTED; exit 5' INT; echo ready; while :; do sleep 1; done");
        term_open(&t, 24, 80);
        pid_t pid = run_on(lab, &t);
        assert_true(term_until(&t, "ready"));
        term_type(&t, "\003");
        assert_int_equal(term_wait(&t, pid), 5);
        assert_non_null(strstr(t.out, "INTERRUPTED"));
        assert_true(term_is_restored(&t));
        term_close(&t);
}

static void signals__to_labrun__reach_the_payload_and_restore(void **state)
{
        static const int sent[] = {SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGUSR1};
        struct lab *lab = *state;
        struct term t;

        lab_need_root();
        for (size_t i = 0; i < sizeof(sent) / sizeof(sent[0]); i++) {
                script(lab, "",
                       "trap 'echo handled; exit 9' TERM INT HUP QUIT USR1; echo ready; while :; do sleep 1; "
                       "done");
                term_open(&t, 24, 80);
                pid_t pid = run_on(lab, &t);
                assert_true(term_until(&t, "ready"));
                kill(pid, sent[i]);
                /* the shell gets to its trap when its sleep ends */
                assert_int_equal(term_wait(&t, pid), 9);
                assert_non_null(strstr(t.out, "handled"));
                assert_true(term_is_restored(&t));
                term_close(&t);
        }
}

static void kill__of_the_payload__restores(void **state)
{
        struct lab *lab = *state;
        struct term t;

        lab_need_root();
        script(lab, "", "echo ready; read x");
        term_open(&t, 24, 80);
        pid_t pid = run_on(lab, &t);
        assert_true(term_until(&t, "ready"));
        assert_int_equal(lab_run(lab, "kill", lab->id, "KILL", NULL)->code, 0);
        assert_int_equal(term_wait(&t, pid), 128 + SIGKILL);
        assert_true(term_is_restored(&t));
        term_close(&t);
        assert_true(lab_clean(lab));
}

static void start__that_fails__restores_and_says_why(void **state)
{
        struct lab *lab = *state;
        struct term t;

        lab_need_root();
        /* found, and refused by execve itself: the terminal is raw by then */
        lab_config(lab, "{\"process\":{\"terminal\":true,\"args\":[\"/tmp/script\"]}}");
        lab_file(lab, "/tmp/script", "#!/nonexistent\n", 0755);
        term_open(&t, 24, 80);
        assert_int_equal(term_wait(&t, run_on(lab, &t)), 1);
        assert_non_null(strstr(t.out, "labrun: "));
        assert_non_null(strstr(t.out, "\r\n"));
        assert_true(term_is_restored(&t));
        term_close(&t);
        assert_true(lab_clean(lab));
}

static void exec__with_tty__has_a_terminal_of_its_own(void **state)
{
        struct lab *lab = *state;
        struct term t;

        lab_need_root();
        lab_script(lab, "sleep 1000");
        assert_int_equal(lab_run(lab, "run", "-d", "-b", lab->bundle, lab->id, NULL)->code, 0);
        lab_file(lab, "/tmp/script",
                 "tty; stty size; stat -c 'pts %u' /dev/pts/0; echo control; cat /dev/tty; echo end; exit 14",
                 0755);
        term_open(&t, 34, 102);
        lab_before_exec(term_login, &t);
        pid_t pid = lab_spawn(lab, "exec", "-t", "-u", "1000:1000", lab->id, "/bin/sh", "/tmp/script", NULL);
        assert_true(term_until(&t, "control\r\n"));
        assert_true(term_is_raw(&t));
        term_type(&t, "x\r\004");
        assert_int_equal(term_wait(&t, pid), 14);
        assert_string_equal(t.out, "/dev/pts/0\r\n34 102\r\npts 1000\r\ncontrol\r\nx\r\nx\r\nend\r\n");
        assert_true(term_is_restored(&t));
        term_close(&t);
        /* without one the caller's streams are the process's, whatever the container has */
        assert_int_equal(lab_run(lab, "exec", lab->id, "/bin/sh", "-c", "test ! -t 0 && exit 15", NULL)->code,
                         15);
}

static void log_in_and_wait(void *term)
{
        term_login(term);
        hold_wait();
}

/* exec is held in its payload's execve: what it does afterwards comes too late for a payload that looks at once. */
static void exec__with_tty__has_its_size_before_the_payload(void **state)
{
        struct lab *lab = *state;
        struct winsize size = {0};
        struct hold held;
        char path[64];
        struct term t;

        lab_need_root();
        if (!hold_can()) {
                print_message("skip: the test knows the registers of x86-64 only\n");
                skip();
        }
        lab_script(lab, "sleep 1000");
        assert_int_equal(lab_run(lab, "run", "-d", "-b", lab->bundle, lab->id, NULL)->code, 0);
        term_open(&t, 34, 102);
        lab_before_exec(log_in_and_wait, &t);
        pid_t pid = lab_spawn(lab, "exec", "-t", lab->id, "/bin/true", NULL);
        hold_stopped(pid);
        hold_begin(&held, pid, 0, 2); /* after the stage */
        assert_true(hold_until(&held, SYS_execve));
        snprintf(path, sizeof(path), "/proc/%d/fd/0", (int)held.pid);
        int slave = open(path, O_RDWR | O_NOCTTY | O_CLOEXEC);
        int rc = slave < 0 ? -1 : ioctl(slave, TIOCGWINSZ, &size); /* while it is held */
        hold_end(&held);
        assert_true(slave >= 0);
        assert_int_equal(rc, 0);
        close(slave);
        assert_int_equal(size.ws_row, 34);
        assert_int_equal(size.ws_col, 102);
        assert_int_equal(term_wait(&t, pid), 0);
        term_close(&t);
}

/* --- without a terminal of the caller's --- */

struct streams {
        int in, out; /* -1: closed */
        char path_in[96], path_out[96];
};

static void use_streams(void *arg)
{
        const struct streams *s = arg;

        for (int fd = 0; fd < 2; fd++) {
                const char *path = fd ? s->path_out : s->path_in;
                close(fd);
                if (!path[0])
                        continue;
                /* by name: the fixture has closed what is above 2 */
                int got = open(path, fd ? O_WRONLY : O_RDONLY);
                if (got != fd && (dup2(got, fd) < 0 || close(got) < 0))
                        _exit(125);
        }
}

static void fifo(struct lab *lab, const char *name, char path[96])
{
        snprintf(path, 96, "%s/%s", lab->dir, name);
        unlink(path);
        assert_int_equal(mkfifo(path, 0600), 0);
}

/* Reads to EOF in small pieces. Returns the count; every byte must be the one that `expect` says. */
static size_t read_all(int fd, size_t piece, char (*expect)(size_t))
{
        static char buf[65536];
        size_t got = 0;
        ssize_t n;

        for (;;) {
                struct pollfd p = {.fd = fd, .events = POLLIN};
                assert_int_equal(poll(&p, 1, LAB_BOUND_MS), 1);
                n = read(fd, buf, piece);
                assert_true(n >= 0);
                if (n == 0)
                        return got;
                for (ssize_t i = 0; i < n; i++)
                        if (buf[i] != expect(got + (size_t)i))
                                fail_msg("byte %zu is %d", got + (size_t)i, buf[i]);
                got += (size_t)n;
        }
}

static char always_x(size_t i)
{
        (void)i;
        return 'x';
}

/* A writer for labrun's stdout whose reader is ours. */
static pid_t run_into(struct lab *lab, struct streams *s, int *ret_reader)
{
        fifo(lab, "out", s->path_out);
        *ret_reader = open(s->path_out, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
        assert_true(*ret_reader >= 0);
        lab_before_exec(use_streams, s);
        return lab_spawn(lab, "run", "-b", lab->bundle, lab->id, NULL);
}

/* The end of file of a fifo comes when the writer is gone; before there is one, read(2) says the same: wait
 * for it. */
static void wait_writer(int reader)
{
        struct pollfd p = {.fd = reader, .events = POLLIN};

        assert_int_equal(poll(&p, 1, LAB_BOUND_MS), 1);
        fcntl(reader, F_SETFL, O_RDONLY);
}

#define MEGABYTES "dd if=/dev/zero bs=65536 count=128 2>/dev/null | tr '\\000' x"

static void output__eight_megabytes_in_small_pieces__every_byte(void **state)
{
        struct lab *lab = *state;
        struct streams s = {.path_in = "/dev/null"};
        int reader;

        lab_need_root();
        script(lab, "", MEGABYTES "; exit 6");
        pid_t pid = run_into(lab, &s, &reader);
        wait_writer(reader);
        assert_int_equal(read_all(reader, 777, always_x), 8 << 20);
        assert_int_equal(lab_wait(pid), 6);
        close(reader);
        assert_true(lab_clean(lab));
}

#define RELAY_BYTES 16384 /* RELAY_BUFFER of core/cli/relay.h, whose termios is not the C library's */
#define IN_PTY 1000

/* Until nothing more gets in. Returns how many bytes did. */
static size_t fill(const char *path)
{
        int fd = open(path, O_WRONLY | O_NONBLOCK | O_CLOEXEC);
        size_t n = 0;

        assert_true(fd >= 0);
        while (write(fd, "x", 1) == 1)
                n++;
        assert_int_equal(errno, EAGAIN);
        close(fd);
        return n;
}

/* The fifo takes nothing, labrun has its buffer full, the rest is in the pty: for certain, when the payload has ended. */
static void output__reader_that_waits_for_the_payloads_end__every_byte(void **state)
{
        struct lab *lab = *state;
        struct streams s = {.path_in = "/dev/null"};
        char text[128];
        int reader;

        lab_need_root();
        snprintf(text, sizeof(text), "dd if=/dev/zero bs=%d count=1 2>/dev/null | tr '\\000' x", RELAY_BYTES + IN_PTY);
        script(lab, "", text);
        fifo(lab, "out", s.path_out);
        reader = open(s.path_out, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
        assert_true(reader >= 0);
        size_t before = fill(s.path_out);
        lab_before_exec(use_streams, &s);
        pid_t pid = lab_spawn(lab, "run", "-b", lab->bundle, lab->id, NULL);
        assert_true(lab_wait_status(lab, "stopped"));
        wait_writer(reader);
        assert_int_equal(read_all(reader, 4096, always_x), before + RELAY_BYTES + IN_PTY);
        assert_int_equal(lab_wait(pid), 0);
        close(reader);
}

static void output__reader_that_never_reads__a_signal_ends_labrun(void **state)
{
        struct lab *lab = *state;
        struct streams s = {.path_in = "/dev/null"};
        int reader;

        lab_need_root();
        script(lab, "", "dd if=/dev/zero bs=70000 count=1 2>/dev/null | tr '\\000' x; exit 8");
        pid_t pid = run_into(lab, &s, &reader);
        assert_true(lab_wait_status(lab, "stopped"));
        kill(pid, SIGTERM);
        assert_int_equal(lab_wait(pid), 8);
        close(reader);
        assert_true(lab_clean(lab));
}

static void output__reader_gone__hangs_the_payload_up(void **state)
{
        struct lab *lab = *state;
        struct streams s = {.path_in = "/dev/null"};
        int reader;

        lab_need_root();
        script(lab, "", "trap 'exit 11' HUP; echo ready; while :; do echo more; done");
        pid_t pid = run_into(lab, &s, &reader);
        wait_writer(reader);
        close(reader);
        assert_int_equal(lab_wait(pid), 11);
        assert_true(lab_clean(lab));
}

static void input__from_a_pipe__line_and_end_of_file(void **state)
{
        struct lab *lab = *state;
        struct streams s = {0};
        char text[256];

        lab_need_root();
        /* the second line has no end: VEOF ends it first, then the file. The echo of a pty is no output of
         * cat's */
        script(lab, "", "stty -echo; echo ready; cat; echo end");
        fifo(lab, "in", s.path_in);
        snprintf(s.path_out, sizeof(s.path_out), "%s/output", lab->dir);
        close(open(s.path_out, O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
        int writer = open(s.path_in, O_RDWR | O_CLOEXEC);
        lab_before_exec(use_streams, &s);
        pid_t pid = lab_spawn(lab, "run", "-b", lab->bundle, lab->id, NULL);
        for (int i = 0; i < LAB_BOUND_MS / 10 && !strstr(lab_read(s.path_out), "ready"); i++)
                poll(NULL, 0, 10);
        assert_int_equal(write(writer, "one\ntwo", 7), 7);
        close(writer);
        assert_int_equal(lab_wait(pid), 0);
        snprintf(text, sizeof(text), "%s", lab_read(s.path_out));
        assert_string_equal(text, "ready\r\none\r\ntwoend\r\n");
}

static void streams__null_or_closed__payload_has_its_terminal(void **state)
{
        static const char *const in[] = {"/dev/null", "", ""};
        static const char *const out[] = {"/dev/null", "", "/dev/null"};
        struct lab *lab = *state;

        lab_need_root();
        for (size_t i = 0; i < 3; i++) {
                struct streams s = {0};
                snprintf(s.path_in, sizeof(s.path_in), "%s", in[i]);
                snprintf(s.path_out, sizeof(s.path_out), "%s", out[i]);
                script(lab, "", "test -t 0 && test -t 1 && test -t 2 && stty size >/dev/null && exit 12");
                lab_before_exec(use_streams, &s);
                assert_int_equal(lab_wait(lab_spawn(lab, "run", "-b", lab->bundle, lab->id, NULL)), 12);
        }
        assert_true(lab_clean(lab));
}

static void input__at_its_end__ends_each_reader(void **state)
{
        struct lab *lab = *state;
        struct streams s = {.path_in = "/dev/null"};

        lab_need_root();
        /* an interactive shell edits its lines itself, in a pty that is not canonical */
        script(lab, "", "cat; cat; read x || /bin/sh -i; exit 13");
        lab_before_exec(use_streams, &s);
        assert_int_equal(lab_wait(lab_spawn(lab, "run", "-b", lab->bundle, lab->id, NULL)), 13);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, lab_setup, lab_teardown)

int main(void)
{
        const struct CMUnitTest tests[] = {
                CASE(terminal__of_the_payload__controls_it_with_owner_and_size),
                CASE(terminal__of_the_caller__raw_while_the_payload_runs),
                CASE(resize__of_the_callers_terminal__reaches_the_payload),
                CASE(interrupt_key__typed__signals_the_payload),
                CASE(signals__to_labrun__reach_the_payload_and_restore),
                CASE(kill__of_the_payload__restores),
                CASE(start__that_fails__restores_and_says_why),
                CASE(exec__with_tty__has_a_terminal_of_its_own),
                CASE(exec__with_tty__has_its_size_before_the_payload),
                CASE(output__eight_megabytes_in_small_pieces__every_byte),
                CASE(output__reader_that_waits_for_the_payloads_end__every_byte),
                CASE(output__reader_that_never_reads__a_signal_ends_labrun),
                CASE(output__reader_gone__hangs_the_payload_up),
                CASE(input__from_a_pipe__line_and_end_of_file),
                CASE(input__at_its_end__ends_each_reader),
                CASE(streams__null_or_closed__payload_has_its_terminal),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
