/* core/container/netns.h: the maker, what it holds, and what init hears of its failures. */
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/base/err.h"
#include "core/container/netns.h"
#include "core/container/process.h"
#include "core/sync/sync_io.h"
#include "core/sys.h"

#define BOUND_MS 30000

static void need_root(void)
{
        if (geteuid() != 0) {
                print_message("skip: a network namespace of one's own needs root\n");
                skip();
        }
}

static ino_t own_namespace(void)
{
        struct stat st = {0};

        (void)stat("/proc/self/ns/net", &st);
        return st.st_ino;
}

static bool loopback_is_up(void)
{
        struct ifreq ifr = {.ifr_name = "lo"};
        int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        bool up = fd >= 0 && ioctl(fd, SIOCGIFFLAGS, &ifr) == 0 && ifr.ifr_flags & IFF_UP;

        if (fd >= 0)
                close(fd);
        return up;
}

/* What init does, in a process of its own, for the test must stay where it is. 0: joined, and all is as it should be. */
static int join_in_child(const struct netns_maker *m, ino_t old)
{
        struct timespec deadline;
        struct err err = ERR_INIT;
        int status = -1;
        pid_t pid = fork();

        if (pid == 0) {
                if (sync_deadline_in(m->sys, BOUND_MS, &deadline, &err) < 0 ||
                    netns_join(m->sys, m->socket, &deadline, &err) < 0)
                        _exit(1);
                _exit(own_namespace() == old ? 2 : !loopback_is_up() ? 3 : 0);
        }
        assert_true(pid > 0);
        assert_int_equal(waitpid(pid, &status, 0), pid);
        return status;
}

static int join(struct netns_maker *m, long ms, struct err *err)
{
        struct timespec deadline;

        assert_int_equal(sync_deadline_in(m->sys, ms, &deadline, err), 0);
        return netns_join(m->sys, m->socket, &deadline, err);
}

static bool has_child(void)
{
        siginfo_t info;

        return waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0;
}

static void netns_join__made__new_namespace_with_loopback_up(void **state)
{
        struct netns_maker m = NETNS_MAKER(sys_linux());
        ino_t old = own_namespace();
        struct err err = ERR_INIT;

        (void)state;
        need_root();
        assert_int_equal(netns_begin(&m, &err), 0);
        assert_int_equal(join_in_child(&m, old), 0);
        netns_end(&m);
        netns_end(&m);
        assert_int_equal(m.pidfd, -1);
        assert_int_equal(m.socket, -1);
        assert_false(has_child());
        assert_int_equal(own_namespace(), old);
}

/* ------------------------------ makers that fail ------------------------------ */

static int no_space(const struct sys *sys, uint64_t flags)
{
        (void)sys, (void)flags;
        return -ENOSPC;
}

static int killed(const struct sys *sys, uint64_t flags)
{
        (void)flags;
        return sys->op->kill(sys, sys->op->getpid(sys), SIGKILL);
}

static _Noreturn int hangs(const struct sys *sys, uint64_t flags)
{
        (void)sys, (void)flags;
        for (;;)
                pause();
}

/* Says so on standard error. */
static _Noreturn int says_and_hangs(const struct sys *sys, uint64_t flags)
{
        if (write(2, ".", 1) != 1)
                _exit(1);
        hangs(sys, flags);
}

/* Every fd but 0, 1, 2 and the socket is an error. */
static int counts_fds(const struct sys *sys, uint64_t flags)
{
        int open_fds = 0;

        (void)sys, (void)flags;
        for (int fd = 3; fd < 1024; fd++)
                open_fds += fcntl(fd, F_GETFD) >= 0;
        return open_fds == 1 ? -ENOTUNIQ : -EMFILE;
}

static int no_loopback(const struct sys *sys, int fd, unsigned long request, void *arg)
{
        (void)sys, (void)fd, (void)request, (void)arg;
        return -ENODEV;
}

static void netns_join__maker_fails__its_error(void **state)
{
        static const struct {
                int (*unshare)(const struct sys *, uint64_t);
                int errnum;
                const char *place, *words;
        } rows[] = {
                {no_space, ENOSPC, "/linux/namespaces", "a limit of /proc/sys/user"},
                {killed, ECHILD, "/linux/namespaces", "was killed"},
                {counts_fds, ENOTUNIQ, "/linux/namespaces", "network namespace"},
                {NULL, ENODEV, "lo", "loopback"},
        };

        (void)state;
        need_root();
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                struct sys_ops ops = *sys_linux()->op;
                struct sys sys = {&ops, NULL};
                struct netns_maker m = NETNS_MAKER(&sys);
                struct err err = ERR_INIT;
                if (rows[i].unshare)
                        ops.unshare = rows[i].unshare;
                else
                        ops.ioctl = no_loopback;
                assert_int_equal(netns_begin(&m, &err), 0);
                assert_int_equal(join(&m, BOUND_MS, &err), -rows[i].errnum);
                assert_string_equal(err.place, rows[i].place);
                assert_non_null(strstr(err.msg, rows[i].words));
                netns_end(&m);
                assert_false(has_child());
        }
}

static void netns_join__maker_hangs__timeout_and_reaped(void **state)
{
        struct sys_ops ops = *sys_linux()->op;
        struct sys sys = {&ops, NULL};
        struct netns_maker m = NETNS_MAKER(&sys);
        struct err err = ERR_INIT;

        (void)state;
        ops.unshare = hangs;
        assert_int_equal(netns_begin(&m, &err), 0);
        assert_int_equal(join(&m, 1, &err), -ETIMEDOUT);
        /* netns_end would do this after LIMIT_STAGE_MS */
        assert_int_equal(process_kill(&sys, m.pidfd, BOUND_MS, &err), 0);
        netns_end(&m);
        assert_false(has_child());
}

/* As `create` when it is killed with SIGKILL: nobody is left to end the maker. */
static void netns_begin__caller_dies__maker_too(void **state)
{
        struct sys_ops ops = *sys_linux()->op;
        struct sys sys = {&ops, NULL};
        struct netns_maker m = NETNS_MAKER(&sys);
        struct err err = ERR_INIT;
        int ends[2], status;
        char byte;

        (void)state;
        ops.unshare = says_and_hangs;
        assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
        pid_t pid = fork();
        if (pid == 0) {
                if (dup2(ends[1], 2) < 0 || close(ends[1]) < 0 || netns_begin(&m, &err) < 0 ||
                    read(ends[0], &byte, 1) != 1)
                        _exit(1);
                kill(getpid(), SIGKILL);
        }
        close(ends[1]);
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_true(WIFSIGNALED(status));
        /* the maker's standard error is the last copy */
        struct pollfd p = {.fd = ends[0], .events = POLLIN};
        assert_int_equal(poll(&p, 1, BOUND_MS), 1);
        assert_int_equal(read(ends[0], &byte, 1), 0);
        close(ends[0]);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(netns_join__made__new_namespace_with_loopback_up),
                cmocka_unit_test(netns_join__maker_fails__its_error),
                cmocka_unit_test(netns_join__maker_hangs__timeout_and_reaped),
                cmocka_unit_test(netns_begin__caller_dies__maker_too),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
