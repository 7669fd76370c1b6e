/* core/base/io.h: files that are put in place whole. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* after these four: cmocka.h wants them first */
#include <cmocka.h>

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/err.h"
#include "core/base/io.h"
#include "core/sys.h"

/* A system that fails its at-th call, or with it ends the process, as a SIGKILL does. */
static int calls, at, failure;
static bool no_tmpfile, no_link;

static int due(void)
{
        if (++calls != at)
                return 0;
        if (failure == 0)
                _exit(7);
        return -failure;
}

static int s_openat(const struct sys *s, int d, const char *p, int f, mode_t m)
{
        int r = due();

        if (no_tmpfile && (f & O_TMPFILE) == O_TMPFILE)
                r = -EOPNOTSUPP;
        return r < 0 ? r : sys_linux()->op->openat(s, d, p, f, m);
}

static ssize_t s_write(const struct sys *s, int fd, const void *buf, size_t n)
{
        int r = due();

        return r < 0 ? r : sys_linux()->op->write(s, fd, buf, n);
}

static int s_fchmod(const struct sys *s, int fd, mode_t m)
{
        int r = due();

        return r < 0 ? r : sys_linux()->op->fchmod(s, fd, m);
}

static int s_fsync(const struct sys *s, int fd)
{
        int r = due();

        return r < 0 ? r : sys_linux()->op->fsync(s, fd);
}

static int s_linkat(const struct sys *s, int od, const char *o, int nd, const char *n, int f)
{
        int r = due();

        if (no_link)
                r = -ENOENT;
        return r < 0 ? r : sys_linux()->op->linkat(s, od, o, nd, n, f);
}

static int s_unlinkat(const struct sys *s, int d, const char *p, int f)
{
        int r = due();

        return r < 0 ? r : sys_linux()->op->unlinkat(s, d, p, f);
}

static struct sys_ops ops;
static struct sys faulty = {.op = &ops};
static char dir[64], path[80];

static int setup(void **state)
{
        (void)state;
        strcpy(dir, "/tmp/initlab-test-XXXXXX");
        assert_non_null(mkdtemp(dir));
        snprintf(path, sizeof(path), "%s/pid", dir);
        ops = *sys_linux()->op;
        ops.openat = s_openat;
        ops.write = s_write;
        ops.fchmod = s_fchmod;
        ops.fsync = s_fsync;
        ops.linkat = s_linkat;
        ops.unlinkat = s_unlinkat;
        calls = at = failure = 0;
        no_tmpfile = no_link = false;
        return 0;
}

static int teardown(void **state)
{
        (void)state;
        unlink(path);
        return rmdir(dir);
}

static void put(const char *text)
{
        int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);

        assert_true(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text));
        close(fd);
}

/* What is at path, "" if nothing; and nothing else is in the folder. */
static const char *there(void)
{
        static char text[32];
        DIR *d = opendir(dir);
        int fd = open(path, O_RDONLY);
        ssize_t n = fd < 0 ? 0 : read(fd, text, sizeof(text) - 1);

        text[n < 0 ? 0 : n] = '\0';
        if (fd >= 0)
                close(fd);
        assert_non_null(d);
        for (struct dirent *e; (e = readdir(d));)
                if (e->d_name[0] != '.' && strcmp(e->d_name, "pid") != 0)
                        fail_msg("left behind: %s", e->d_name);
        closedir(d);
        return text;
}

static bool tmpfile_works(void)
{
        int fd = open(dir, O_WRONLY | O_TMPFILE, 0600);

        if (fd < 0) {
                print_message("skip: no O_TMPFILE in /tmp\n");
                return false;
        }
        close(fd);
        return true;
}

static void io_place_file__nothing_and_something_there__whole_and_mode_exact(void **state)
{
        struct stat st;
        mode_t mask = umask(077);

        (void)state;
        assert_int_equal(io_place_file(&faulty, path, "12", 2, 0644, NULL), 0);
        assert_string_equal(there(), "12");
        assert_int_equal(io_place_file(&faulty, path, "345", 3, 0644, NULL), 0);
        assert_string_equal(there(), "345");
        umask(mask);
        assert_int_equal(stat(path, &st), 0);
        assert_int_equal(st.st_mode & 07777, 0644);
}

static void io_place_file__relative_and_no_folder__as_open(void **state)
{
        struct err err = ERR_INIT;
        char here[4096];

        (void)state;
        assert_non_null(getcwd(here, sizeof(here)));
        assert_int_equal(chdir(dir), 0);
        assert_int_equal(io_place_file(&faulty, "pid", "1", 1, 0644, NULL), 0);
        assert_int_equal(chdir(here), 0);
        assert_string_equal(there(), "1");
        assert_int_equal(io_place_file(&faulty, "/nonexistent/pid", "1", 1, 0644, &err), -ENOENT);
        assert_int_equal(err.errnum, ENOENT);
        assert_non_null(strstr(err.place, "/nonexistent/pid"));
}

static void io_place_file__killed_before_each_call__no_other_name(void **state)
{
        (void)state;
        if (!tmpfile_works() || geteuid() != 0) { /* AT_EMPTY_PATH asks for CAP_DAC_READ_SEARCH */
                if (geteuid() != 0)
                        print_message("skip: needs root\n");
                skip();
        }
        for (at = 1;; at++) {
                int status;
                put("old");
                pid_t pid = fork();
                if (pid == 0)
                        _exit(io_place_file(&faulty, path, "new", 3, 0644, NULL) == 0 ? 0 : 1);
                assert_int_equal(waitpid(pid, &status, 0), pid);
                const char *text = there();
                if (status == 0) {
                        assert_string_equal(text, "new");
                        break;
                }
                assert_int_equal(WEXITSTATUS(status), 7);
                assert_true(strcmp(text, "old") == 0 || strcmp(text, "") == 0);
        }
        assert_true(at > 5);
}

static void io_place_file__each_call_fails__said_and_nothing_left(void **state)
{
        (void)state;
        failure = ENOSPC;
        for (at = 1;; at++) {
                struct err err = ERR_INIT;
                put("old");
                calls = 0;
                int r = io_place_file(&faulty, path, "new", 3, 0644, &err);
                const char *text = there();
                if (r == 0) {
                        assert_string_equal(text, "new");
                        break;
                }
                assert_int_equal(r, -ENOSPC);
                assert_int_equal(err.errnum, ENOSPC);
                assert_true(strcmp(text, "old") == 0 || strcmp(text, "") == 0);
        }
        assert_true(at > 4);
}

static void io_place_file__no_tmpfile_or_no_link__replaces(void **state)
{
        (void)state;
        put("old");
        no_tmpfile = true;
        assert_int_equal(io_place_file(&faulty, path, "12", 2, 0644, NULL), 0);
        assert_string_equal(there(), "12");
        no_tmpfile = false;
        no_link = true;
        assert_int_equal(io_place_file(&faulty, path, "345", 3, 0644, NULL), 0);
        assert_string_equal(there(), "345");
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(io_place_file__nothing_and_something_there__whole_and_mode_exact, setup,
                                                teardown),
                cmocka_unit_test_setup_teardown(io_place_file__relative_and_no_folder__as_open, setup, teardown),
                cmocka_unit_test_setup_teardown(io_place_file__killed_before_each_call__no_other_name, setup, teardown),
                cmocka_unit_test_setup_teardown(io_place_file__each_call_fails__said_and_nothing_left, setup, teardown),
                cmocka_unit_test_setup_teardown(io_place_file__no_tmpfile_or_no_link__replaces, setup, teardown),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
