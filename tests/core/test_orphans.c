/*
 * A child whose parent died before it could ask to die with it (PR_SET_PDEATHSIG comes too late then): each finds out in
 * another way, and does nothing.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/base/err.h"
#include "core/config/config.h"
#include "core/container/hook.h"
#include "core/container/hook_private.h"
#include "core/container/init.h"
#include "core/sys.h"

static char mark[] = "/tmp/orphans-XXXXXX"; /* what a hook makes */

/* The kernel, in which the parent of whoever asks is another one by now. */
static pid_t reparented(const struct sys *sys)
{
        (void)sys;
        return 1;
}

static int run_hook(bool orphan, struct err *err)
{
        static const char *const args[] = {"touch", mark};
        struct sys_ops ops = *sys_linux()->op;
        const struct sys sys = {&ops, NULL};
        struct config_hook hook = {.path = "/usr/bin/touch", .args = {.item = (void *)args, .n = 2}};
        const struct hook_call call = {.hook = &hook, .place = "/hooks/createRuntime/0", .state = "{}",
                                       .state_len = 2, .dir = -1};

        unlink(mark);
        if (orphan)
                ops.getppid = reparented;
        return hook_run(&sys, &call, err);
}

static void hook__parent_died_before_it_could_ask__not_executed(void **state)
{
        struct err err = ERR_INIT;

        (void)state;
        assert_int_equal(run_hook(false, &err), 0);
        assert_int_equal(access(mark, F_OK), 0);
        assert_int_equal(run_hook(true, &err), -ECANCELED);
        assert_int_not_equal(access(mark, F_OK), 0);
        assert_string_equal(err.place, "/hooks/createRuntime/0");
}

/* The exit status of a child; 128 and the signal. */
static int run_child(sys_spawn_fn *fn, const int *fds, size_t nfds, const void *data, size_t len)
{
        const struct sys *sys = sys_linux();
        const struct sys_spawn args = {.fn = fn, .fds = fds, .nfds = nfds, .data = data, .len = len};
        int status, pidfd = -1;
        pid_t pid = sys->op->spawn(sys, &args, &pidfd);

        assert_true(pid > 0);
        close(pidfd);
        assert_int_equal(waitpid(pid, &status, 0), pid);
        return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

/* Its parent is dead since it was told nothing: the socket is at its end. */
static void hook_child__end_of_its_command__gives_up(void **state)
{
        const struct hook_plain plain = {.parent = getpid()};
        int sv[2], null = fcntl(open("/dev/null", O_RDWR | O_CLOEXEC), F_DUPFD_CLOEXEC, 10);

        (void)state;
        for (int cut = 0; cut < 2; cut++) {
                const struct hook_words words = {.len = 100, .args = 1};

                assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sv), 0);
                if (cut) /* in the middle of it */
                        assert_int_equal(write(sv[0], &words, sizeof(words)), sizeof(words));
                close(sv[0]);
                const int fds[HOOK_FDS] = {sv[1], null, null, -1};
                assert_int_equal(run_child(hook_main, fds, HOOK_FDS, &plain, sizeof(plain)), 127);
                close(sv[1]);
        }
        close(null);
}

static void init__end_of_its_socket__gives_up(void **state)
{
        struct init_plain plain = {0};
        int sv[2];

        (void)state;
        assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sv), 0);
        close(sv[0]);
        int socket = fcntl(sv[1], F_DUPFD_CLOEXEC, 10);
        close(sv[1]);
        plain.entry_end = 3;
        assert_int_equal(run_child(init_main, &socket, 1, &plain, sizeof(plain)), 1);
        close(socket);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(hook__parent_died_before_it_could_ask__not_executed),
                cmocka_unit_test(hook_child__end_of_its_command__gives_up),
                cmocka_unit_test(init__end_of_its_socket__gives_up),
        };
        int fd = mkstemp(mark), failed;

        if (fd < 0 || signal(SIGPIPE, SIG_IGN) == SIG_ERR) /* as in labrun */
                return 1;
        close(fd);
        failed = cmocka_run_group_tests(tests, NULL, NULL);
        unlink(mark);
        return failed;
}
