/*
 * vm.memfd_noexec: 2 forbids executable memfds (Linux 6.3), and with them the seal of whoever has no other. Refused, with the
 * reason, and nothing is left. The sysctl is each pid namespace's own (6.6): it is set in one of the test's.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/labrun/ordinary.h"

#define FAILED 124 /* nobody was executed */
#define SYSCTL "/proc/sys/vm/memfd_noexec"

static const char *value;
static bool as_user;

static void give_up(const char *what)
{
        dprintf(2, "%s: %s\n", what, strerror(errno));
        _exit(FAILED);
}

/* From here on, in a pid namespace of its own, where executable memfds are what value says. */
static void with_sysctl(void *unused)
{
        int fd, status;
        pid_t pid;

        (void)unused;
        if (unshare(CLONE_NEWPID | CLONE_NEWNS) < 0 || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
                give_up("unshare");
        pid = fork();
        if (pid < 0)
                give_up("fork");
        if (pid > 0) {
                if (waitpid(pid, &status, 0) != pid)
                        give_up("waitpid");
                _exit(WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
        }
        if (mount("proc", "/proc", "proc", 0, NULL) < 0)
                give_up("proc");
        fd = open(SYSCTL, O_WRONLY | O_CLOEXEC);
        if (fd < 0 || write(fd, value, 1) != 1)
                give_up(SYSCTL);
        close(fd);
        if (as_user)
                ordinary_become(NULL);
}

static struct result *run_under(struct lab *lab, const char *memfd_noexec, const char *way)
{
        struct result *r;

        value = memfd_noexec;
        lab_before_exec(with_sysctl, NULL);
        r = lab_run(lab, "--exeseal", way, "run", "-b", lab->bundle, lab->id, NULL);
        if (r->code == FAILED) {
                print_message("skip: %s", r->err);
                skip();
        }
        return r;
}

static void assert_refused(struct lab *lab, const char *way)
{
        struct result *r = run_under(lab, "2", way);
        const char *nl = strchr(r->err, '\n');

        if (r->code != 1 || !strstr(r->err, "vm.memfd_noexec") || !nl || nl[1])
                print_message("%s: exit %d: %s\n", way, r->code, r->err);
        assert_int_equal(r->code, 1);
        assert_non_null(strstr(r->err, "labrun: seal: "));
        assert_non_null(strstr(r->err, "memfd_create: is vm.memfd_noexec 2? It forbids this: Permission denied"));
        assert_true(nl && nl[1] == '\0'); /* one line */
        assert_string_equal(r->out, "");
        assert_true(access(lab->root, F_OK) < 0 || rmdir(lab->root) == 0);
        assert_true(lab_clean(lab));
}

static void assert_runs(struct lab *lab, const char *memfd_noexec, const char *way)
{
        struct result *r = run_under(lab, memfd_noexec, way);

        if (r->code != 0)
                print_message("%s, vm.memfd_noexec %s: exit %d: %s\n", way, memfd_noexec, r->code, r->err);
        assert_int_equal(r->code, 0);
        assert_string_equal(r->out, "here\n");
        assert_true(lab_clean(lab));
}

static void memfd_noexec__root__refused_for_memfd_alone(void **state)
{
        struct lab *lab = *state;

        lab_need_root();
        lab_script(lab, "echo here");
        assert_runs(lab, "0", "memfd");
        assert_runs(lab, "1", "memfd");
        assert_refused(lab, "memfd");
        assert_runs(lab, "2", "auto");
        assert_runs(lab, "2", "overlay");
}

static void memfd_noexec__ordinary_user__refused(void **state)
{
        struct lab *lab = *state;

        lab_need_root(); /* to make the pid namespace, and to become one */
        as_user = true;
        ordinary_config(lab, "{\"process\":{\"args\":[\"/bin/echo\",\"here\"]}}");
        assert_runs(lab, "1", "auto");
        assert_refused(lab, "auto");
}

static int teardown(void **state)
{
        as_user = false;
        return ordinary_teardown(state);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(memfd_noexec__root__refused_for_memfd_alone, lab_setup, lab_teardown),
                cmocka_unit_test_setup_teardown(memfd_noexec__ordinary_user__refused, ordinary_setup, teardown),
        };

        if (ordinary_begin() < 0)
                return 1;
        return cmocka_run_group_tests(tests, NULL, NULL);
}
