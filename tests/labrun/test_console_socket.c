/* process.terminal with create and run --detach: --console-socket; and the refusals of everything that
 * doesn't fit. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>

#include "tests/labrun/terminal.h"

#define TERMINAL "\"terminal\":true"
#define ARGS "\"args\":[\"/bin/sh\",\"/tmp/script\"]"

/* Of all that a process has open. */
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

static void create__with_socket__master_sent_and_kept_by_nobody_else(void **state)
{
        struct lab *lab = *state;
        char path[TERM_SOCKET], pid[32];
        struct winsize size = {0};

        lab_need_root();
        lab_config(lab, "{\"process\":{" TERMINAL "," ARGS ",\"consoleSize\":{\"height\":25,\"width\":91},"
                        "\"user\":{\"uid\":1000,\"gid\":1001}}}");
        lab_file(lab, "/tmp/script", "stty size; stat -c %u:%g /dev/pts/0; read x; echo got $x", 0755);
        int listener = term_listen(lab, path);
        struct result *r = lab_run(lab, "create", "--console-socket", path, "-b", lab->bundle, lab->id, NULL);
        assert_int_equal(r->code, 0);
        assert_string_equal(r->err, "");
        int master = term_take(listener, "/dev/ptmx");
        assert_int_equal(ioctl(master, TIOCGWINSZ, &size), 0);
        assert_int_equal(size.ws_row, 25);
        assert_int_equal(size.ws_col, 91);
        snprintf(pid, sizeof(pid), "%s", lab_state(lab, "pid"));
        assert_true(has_device(pid, makedev(136, 0)));
        assert_false(has_device(pid, makedev(5, 2)));
        assert_int_equal(write(master, "word\n", 5), 5); /* before there is a payload */
        assert_int_equal(lab_run(lab, "start", lab->id, NULL)->code, 0);
        assert_true(strcmp(term_read_all(master), "word\r\n25 91\r\n1000:5\r\ngot word\r\n") == 0);
        close(master);
        close(listener);
        assert_int_equal(lab_run(lab, "delete", "--force", lab->id, NULL)->code, 0);
        assert_true(lab_clean(lab));
}

static void run_detached__reader_that_comes_after_the_end__every_byte(void **state)
{
        struct lab *lab = *state;
        char path[TERM_SOCKET];

        lab_need_root();
        lab_config(lab, "{\"process\":{" TERMINAL "," ARGS "}}");
        lab_file(lab, "/tmp/script", "test -t 2 && echo done", 0755);
        int listener = term_listen(lab, path);
        struct result *r =
                lab_run(lab, "run", "-d", "--console-socket", path, "-b", lab->bundle, lab->id, NULL);
        assert_int_equal(r->code, 0);
        assert_true(lab_wait_status(lab, "stopped"));
        /* accepted only now: the connection and the fd waited in the kernel */
        int master = term_take(listener, "/dev/ptmx");
        assert_string_equal(term_read_all(master), "done\r\n");
        close(master);
        close(listener);
}

static void assert_refused(struct lab *lab, struct result *r, const char *place, const char *why)
{
        if (r->code != 1 || !strstr(r->err, place) || !strstr(r->err, why))
                print_message("expected %s and %s: exit %d\n%s\n", place, why, r->code, r->err);
        assert_int_equal(r->code, 1);
        assert_non_null(strstr(r->err, place));
        assert_non_null(strstr(r->err, why));
        assert_string_equal(strchr(r->err, 10) + 1, ""); /* one line */
        assert_true(lab_clean(lab));
}

static void options__that_do_not_fit__refused(void **state)
{
        struct lab *lab = *state;
        char path[TERM_SOCKET];

        lab_need_root();
        int listener = term_listen(lab, path);
        lab_config(lab, "{\"process\":{" TERMINAL "}}");
        assert_refused(lab, lab_run(lab, "create", "-b", lab->bundle, lab->id, NULL), "/process/terminal",
                       "--console-socket is needed");
        assert_refused(lab, lab_run(lab, "run", "-d", "-b", lab->bundle, lab->id, NULL), "/process/terminal",
                       "cannot allocate tty if");
        assert_refused(lab, lab_run(lab, "run", "--console-socket", path, "-b", lab->bundle, lab->id, NULL),
                       "--console-socket", "in the foreground labrun relays");
        assert_refused(lab,
                       lab_run(lab, "create", "--console-socket", "/nonexistent/s", "-b", lab->bundle,
                               lab->id, NULL),
                       "--console-socket", "/nonexistent/s");
        assert_refused(lab, lab_run(lab, "create", "--console-socket", "", "-b", lab->bundle, lab->id, NULL),
                       "--console-socket", "no such socket");
        assert_refused(lab,
                       lab_run(lab, "create", "--console-socket", lab->dir, "-b", lab->bundle, lab->id, NULL),
                       "--console-socket", "nobody listens");
        lab_config(lab, "{\"process\":{\"terminal\":false}}");
        assert_refused(lab,
                       lab_run(lab, "create", "--console-socket", path, "-b", lab->bundle, lab->id, NULL),
                       "--console-socket", "/process/terminal is false");
        assert_refused(lab,
                       lab_run(lab, "run", "-d", "--console-socket", path, "-b", lab->bundle, lab->id, NULL),
                       "--console-socket", "/process/terminal is false");
        close(listener);
}

static struct result *create(struct lab *lab, const char *merge, const char *socket)
{
        lab_config(lab, merge);
        return lab_run(lab, "create", "--console-socket", socket, "-b", lab->bundle, lab->id, NULL);
}

static void config__wrong_size_or_no_devpts__refused(void **state)
{
        struct lab *lab = *state;
        char path[TERM_SOCKET];

        lab_need_root();
        int listener = term_listen(lab, path);
        assert_refused(lab,
                       create(lab,
                              "{\"process\":{" TERMINAL ",\"consoleSize\":{\"height\":65536,\"width\":1}}}",
                              path),
                       "/process/consoleSize/height", "65536");
        assert_refused(lab,
                       create(lab,
                              "{\"process\":{" TERMINAL ",\"consoleSize\":{\"height\":1,\"width\":70000}}}",
                              path),
                       "/process/consoleSize/width", "70000");
        assert_refused(lab, create(lab, "{\"process\":{" TERMINAL "},\"mounts\":[]}", path),
                       "/process/terminal", "devpts");
        assert_refused(lab,
                       create(lab,
                              "{\"process\":{" TERMINAL
                              "},\"mounts\":[{\"destination\":\"/dev/pts\",\"type\":\"tmpfs\","
                              "\"source\":\"x\"}]}",
                              path),
                       "/process/terminal", "devpts");
        close(listener);
}

static void size__without_terminal__ignored(void **state)
{
        struct lab *lab = *state;

        lab_need_root();
        lab_config(lab,
                   "{\"process\":{\"args\":[\"/bin/true\"],\"consoleSize\":{\"height\":70000,\"width\":1}}}");
        assert_int_equal(lab_run(lab, "run", "-b", lab->bundle, lab->id, NULL)->code, 0);
}

#define DEVPTS \
        "{\"destination\":\"/dev/pts\",\"type\":\"devpts\",\"source\":\"d\",\"options\":[\"newinstance\"]}"
#define PROC "{\"destination\":\"/proc\",\"type\":\"proc\",\"source\":\"p\"}"

static void link_in(struct lab *lab, const char *name, const char *target)
{
        char path[256];

        snprintf(path, sizeof(path), "%s%s", lab->rootfs, name);
        unlink(path);
        assert_int_equal(symlink(target, path), 0);
}

/* CVE-2025-52565 and its kin: what the image puts in the terminal's places. */
static void rootfs__links_in_the_terminals_places__not_followed(void **state)
{
        struct lab *lab = *state;
        char path[TERM_SOCKET], dev[256];

        lab_need_root();
        int listener = term_listen(lab, path);
        snprintf(dev, sizeof(dev), "%s/dev", lab->rootfs);
        mkdir(dev, 0755);
        link_in(lab, "/dev/console", "/proc/sys/kernel/core_pattern");
        assert_refused(lab,
                       create(lab, "{\"process\":{" TERMINAL "},\"mounts\":[" PROC "," DEVPTS "]}", path),
                       "/process/terminal", "/dev/console");
        link_in(lab, "/dev/console", "nothing-there");
        assert_refused(lab,
                       create(lab, "{\"process\":{" TERMINAL "},\"mounts\":[" PROC "," DEVPTS "]}", path),
                       "/process/terminal", "/dev/console");
        /* another file over the devpts's own ptmx */
        lab_file(lab, "/tmp/file", "", 0644);
        char merge[512];
        snprintf(merge, sizeof(merge),
                 "{\"process\":{" TERMINAL "},\"mounts\":[" PROC "," DEVPTS
                 ",{\"destination\":\"/dev/pts/ptmx\",\"type\":\"bind\",\"source\":\"%s/tmp/"
                 "file\",\"options\":[\"bind\"]}]}",
                 lab->rootfs);
        assert_refused(lab, create(lab, merge, path), "/process/terminal", "/dev/pts/ptmx");
        close(listener);
}

static void console_node__there_already__mounted_over(void **state)
{
        struct lab *lab = *state;
        char path[256];

        lab_need_root();
        snprintf(path, sizeof(path), "%s/dev", lab->rootfs);
        mkdir(path, 0755);
        lab_file(lab, "/dev/console", "an image's own", 0644);
        int listener = term_listen(lab, path);
        lab_config(lab, "{\"process\":{" TERMINAL "," ARGS "},\"mounts\":[" PROC "," DEVPTS "]}");
        lab_file(lab, "/tmp/script", "echo hello >/dev/console", 0755);
        assert_int_equal(
                lab_run(lab, "run", "-d", "--console-socket", path, "-b", lab->bundle, lab->id, NULL)->code,
                0);
        int master = term_take(listener, "/dev/ptmx");
        assert_string_equal(term_read_all(master), "hello\r\n");
        snprintf(path, sizeof(path), "%s/dev/console", lab->rootfs);
        assert_string_equal(lab_read(path), "an image's own");
        close(master);
        close(listener);
}

static void dev__readonly_by_config__still_has_its_console(void **state)
{
        struct lab *lab = *state;
        char path[TERM_SOCKET];

        lab_need_root();
        int listener = term_listen(lab, path);
        lab_config(
                lab,
                "{\"process\":{" TERMINAL "," ARGS "},\"mounts\":[" PROC
                ",{\"destination\":\"/dev\",\"type\":\"tmpfs\",\"source\":\"t\",\"options\":[\"ro\"]}," DEVPTS
                "]}");
        lab_file(lab, "/tmp/script", "echo hello >/dev/console; echo no 2>/dev/null >/dev/file || echo ro",
                 0755);
        assert_int_equal(
                lab_run(lab, "run", "-d", "--console-socket", path, "-b", lab->bundle, lab->id, NULL)->code,
                0);
        int master = term_take(listener, "/dev/ptmx");
        assert_string_equal(term_read_all(master), "hello\r\nro\r\n");
        close(master);
        close(listener);
}

static void exec__sockets__get_master_and_pidfd(void **state)
{
        struct lab *lab = *state;
        char path[TERM_SOCKET];

        lab_need_root();
        lab_script(lab, "sleep 1000");
        assert_int_equal(lab_run(lab, "run", "-d", "-b", lab->bundle, lab->id, NULL)->code, 0);
        int listener = term_listen(lab, path);
        struct result *r = lab_run(lab, "exec", "-d", "-t", "--console-socket", path, lab->id, "/bin/sh",
                                   "-c", "tty; test -t 2 && echo done", NULL);
        assert_int_equal(r->code, 0);
        int master = term_take(listener, "/dev/ptmx");
        assert_string_equal(term_read_all(master), "/dev/pts/0\r\ndone\r\n");
        close(master);
        r = lab_run(lab, "exec", "-d", "--pidfd-socket", path, lab->id, "/bin/true", NULL);
        assert_int_equal(r->code, 0);
        struct pollfd p = {.fd = term_take(listener, "setns"), .events = POLLIN};
        assert_int_equal(poll(&p, 1, LAB_BOUND_MS), 1);
        close(p.fd);
        assert_int_equal(lab_run(lab, "exec", "-d", "-t", lab->id, "/bin/true", NULL)->code, 255);
        assert_int_equal(
                lab_run(lab, "exec", "-t", "--console-socket", path, lab->id, "/bin/true", NULL)->code, 255);
        assert_int_equal(
                lab_run(lab, "exec", "-d", "--console-socket", path, lab->id, "/bin/true", NULL)->code, 255);
        r = lab_run(lab, "exec", "-d", "-t", "--console-socket", "/nonexistent", lab->id, "/bin/true", NULL);
        assert_int_equal(r->code, 255);
        assert_non_null(strstr(r->err, "--console-socket: /nonexistent"));
        close(listener);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, lab_setup, lab_teardown)

int main(void)
{
        const struct CMUnitTest tests[] = {
                CASE(create__with_socket__master_sent_and_kept_by_nobody_else),
                CASE(run_detached__reader_that_comes_after_the_end__every_byte),
                CASE(options__that_do_not_fit__refused),
                CASE(config__wrong_size_or_no_devpts__refused),
                CASE(size__without_terminal__ignored),
                CASE(rootfs__links_in_the_terminals_places__not_followed),
                CASE(console_node__there_already__mounted_over),
                CASE(exec__sockets__get_master_and_pidfd),
                CASE(dev__readonly_by_config__still_has_its_console),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
