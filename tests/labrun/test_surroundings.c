/* What surrounds the process: session, keyring, the pidfd handed out, modes under any umask. */
#include <errno.h>
#include <fcntl.h>
#include <linux/keyctl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include "tests/labrun/fixture.h"

#define ARGS "\"args\":[\"/bin/sh\",\"/tmp/script\"]"

static void own_session_keyring(void *name)
{
        if (syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, name) < 0)
                _exit(125);
}

/* The payload is nobody in particular: it sees only keyrings that it possesses. */
#define KEYS_SEEN \
        "{\"linux\":{\"maskedPaths\":[]},\"process\":{" ARGS ",\"user\":{\"uid\":1234,\"gid\":1234}}}"

static void keyring__of_the_caller__not_the_payloads(void **state)
{
        struct lab *lab = *state;
        char caller[96], own[96];

        lab_need_root();
        if (syscall(SYS_keyctl, KEYCTL_GET_KEYRING_ID, KEY_SPEC_SESSION_KEYRING, 0) < 0 &&
            (errno == ENOSYS || errno == EPERM)) {
                print_message("skip: no keyrings here\n");
                skip();
        }
        snprintf(caller, sizeof(caller), "caller-%s", lab->id);
        snprintf(own, sizeof(own), "_ses.%s", lab->id);
        lab_config(lab, KEYS_SEEN);
        lab_file(lab, "/tmp/script", "cat /proc/keys", 0755);
        lab_before_exec(own_session_keyring, caller);
        struct result *r = lab_run(lab, "run", "-b", lab->bundle, lab->id, NULL);
        assert_int_equal(r->code, 0);
        assert_non_null(strstr(r->out, own));
        assert_null(strstr(r->out, caller));
        lab_before_exec(own_session_keyring, caller);
        r = lab_run(lab, "run", "--no-new-keyring", "-b", lab->bundle, lab->id, NULL);
        assert_int_equal(r->code, 0);
        assert_null(strstr(r->out, own));
        assert_non_null(strstr(r->out, caller));
}

/* --no-new-keyring is the container's: exec's processes join no keyring that nobody made for it. As runc (its state has it). */
static void keyring__of_execs_caller__as_create_was_told(void **state)
{
        struct lab *lab = *state;
        char caller[96], own[96], path[256];

        lab_need_root();
        if (syscall(SYS_keyctl, KEYCTL_GET_KEYRING_ID, KEY_SPEC_SESSION_KEYRING, 0) < 0 &&
            (errno == ENOSYS || errno == EPERM)) {
                print_message("skip: no keyrings here\n");
                skip();
        }
        snprintf(own, sizeof(own), "_ses.%s", lab->id);
        snprintf(path, sizeof(path), "%s/%s/state.json", lab->root, lab->id);
        lab_config(lab, "{\"linux\":{\"maskedPaths\":[]},\"process\":{\"args\":[\"/bin/sleep\",\"1000\"]}}");
        for (int kept = 0; kept < 2; kept++) {
                struct result *r = kept ? lab_run(lab, "create", "--no-new-keyring", "-b", lab->bundle, lab->id, NULL)
                                        : lab_run(lab, "create", "-b", lab->bundle, lab->id, NULL);
                assert_int_equal(r->code, 0);
                for (int started = 0; started < 2; started++) {
                        snprintf(caller, sizeof(caller), "exec-%d%d-%s", kept, started, lab->id);
                        lab_before_exec(own_session_keyring, caller);
                        r = lab_run(lab, "exec", "--user", "1234:1234", lab->id, "/bin/cat", "/proc/keys", NULL);
                        assert_int_equal(r->code, 0);
                        assert_int_equal(strstr(r->out, own) != NULL, !kept);
                        assert_int_equal(strstr(r->out, caller) != NULL, kept);
                        assert_int_equal(lab_run(lab, started ? "state" : "start", lab->id, NULL)->code, 0);
                }
                assert_non_null(strstr(lab_read(path), kept ? "\"keepKeyring\": true" : "\"keepKeyring\": false"));
                assert_int_equal(lab_run(lab, "delete", "--force", lab->id, NULL)->code, 0);
        }
        assert_true(lab_clean(lab));
}

static void session__of_the_payload__is_its_own(void **state)
{
        struct lab *lab = *state;

        lab_need_root();
        lab_config(lab, "{\"process\":{" ARGS "}}");
        /* pid, process group, session; then the terminal, which is none */
        lab_file(lab, "/tmp/script", "read a b c d pgrp sid tty rest </proc/self/stat; echo $pgrp $sid $tty",
                 0755);
        struct result *r = lab_run(lab, "run", "-b", lab->bundle, lab->id, NULL);
        assert_string_equal(r->out, "1 1 0\n");
}

static int listen_at(struct lab *lab, char *path, size_t size)
{
        struct sockaddr_un a = {.sun_family = AF_UNIX};
        int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

        snprintf(path, size, "%s/socket", lab->dir);
        unlink(path);
        snprintf(a.sun_path, sizeof(a.sun_path), "%s", path);
        assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof(a)), 0);
        assert_int_equal(listen(fd, 1), 0);
        return fd;
}

/* The fd that came over the one connection that waits. */
static int take(int listener, char *text, size_t size)
{
        union {
                struct cmsghdr head;
                char space[CMSG_SPACE(sizeof(int))];
        } control;
        struct iovec iov = {text, size - 1};
        struct msghdr msg = {.msg_iov = &iov,
                             .msg_iovlen = 1,
                             .msg_control = control.space,
                             .msg_controllen = sizeof(control)};
        struct pollfd p = {.fd = listener, .events = POLLIN};
        int got, fd;

        assert_int_equal(poll(&p, 1, LAB_BOUND_MS), 1);
        fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
        ssize_t n = recvmsg(fd, &msg, MSG_CMSG_CLOEXEC);
        assert_true(n >= 0);
        text[n] = '\0';
        assert_non_null(CMSG_FIRSTHDR(&msg));
        memcpy(&got, CMSG_DATA(CMSG_FIRSTHDR(&msg)), sizeof(got));
        close(fd);
        return got;
}

static void pidfd_socket__create__gets_inits_pidfd(void **state)
{
        struct lab *lab = *state;
        char path[128], text[64], info[64], line[64];

        lab_need_root();
        lab_script(lab, "exit 3");
        int listener = listen_at(lab, path, sizeof(path));
        struct result *r = lab_run(lab, "create", "--pidfd-socket", path, "-b", lab->bundle, lab->id, NULL);
        assert_int_equal(r->code, 0);
        int pidfd = take(listener, text, sizeof(text));
        assert_string_equal(text, "standard");
        snprintf(info, sizeof(info), "/proc/self/fdinfo/%d", pidfd);
        snprintf(line, sizeof(line), "\nPid:\t%s\n", lab_state(lab, "pid"));
        assert_non_null(strstr(lab_read(info), line));
        assert_int_equal(lab_run(lab, "start", lab->id, NULL)->code, 0);
        struct pollfd p = {.fd = pidfd, .events = POLLIN};
        assert_int_equal(poll(&p, 1, LAB_BOUND_MS), 1);
        close(pidfd);
        close(listener);
}

static void pidfd_socket__nobody_listens__refused_and_nothing_left(void **state)
{
        struct lab *lab = *state;
        char path[128];

        lab_need_root();
        lab_script(lab, "true");
        close(listen_at(lab, path, sizeof(path)));
        struct result *r = lab_run(lab, "create", "--pidfd-socket", path, "-b", lab->bundle, lab->id, NULL);
        assert_int_equal(r->code, 1);
        assert_non_null(strstr(r->err, "--pidfd-socket"));
        assert_non_null(strstr(r->err, "nobody listens"));
        r = lab_run(lab, "run", "--pidfd-socket", "/nonexistent/s", "-b", lab->bundle, lab->id, NULL);
        assert_int_equal(r->code, 1);
        assert_non_null(strstr(r->err, "/nonexistent/s"));
        r = lab_run(lab, "create", "-b", lab->bundle, lab->id, "--pidfd-socket", NULL);
        assert_int_equal(r->code, 1);
        assert_true(lab_clean(lab));
}

static mode_t caller_umask;

static void with_umask(void *arg)
{
        (void)arg;
        umask(caller_umask);
}

static mode_t mode_of(const char *dir, const char *name)
{
        char path[256];
        struct stat st;

        snprintf(path, sizeof(path), "%s/%s", dir, name);
        assert_int_equal(stat(path, &st), 0);
        return st.st_mode & 07777;
}

static void assert_modes(const char *dir, mode_t mask, const char *const *name, const mode_t *mode)
{
        for (size_t i = 0; name[i]; i++) {
                mode_t is = mode_of(dir, name[i]);

                if (is != mode[i])
                        print_message("umask %04o: %s/%s has mode %04o, not %04o\n", mask, dir, name[i], is, mode[i]);
                assert_int_equal(is, mode[i]);
        }
}

/* Whatever labrun makes on the host and in the container has its own mode, and the payload the config's umask. */
static void umask__of_caller_and_payload__not_on_labruns_files(void **state)
{
        static const char *const states[] = {"exec.fifo", "error.fifo", "state.json", "config.json", "lock", "", NULL};
        static const mode_t states_mode[] = {0600, 0600, 0600, 0600, 0600, 0711};
        static const char *const files[] = {"pid", "exec-pid", "log", "state", NULL};
        static const mode_t files_mode[] = {0644, 0644, 0644, 0700};
        static const mode_t masks[] = {0777, 0, 077};
        struct lab *lab = *state;
        char pid[128], exec_pid[128], log[128], dir[192], expected[128];

        lab_need_root();
        snprintf(pid, sizeof(pid), "%s/pid", lab->dir);
        snprintf(exec_pid, sizeof(exec_pid), "%s/exec-pid", lab->dir);
        snprintf(log, sizeof(log), "%s/log", lab->dir);
        snprintf(dir, sizeof(dir), "%s/%s", lab->root, lab->id);
        lab_file(lab, "/tmp/script", "umask; stat -c %a /dev/null /dev/shm /dev/pts/ptmx /made /made/cwd", 0755);
        for (size_t i = 0; i < 3; i++) {
                caller_umask = masks[i];
                lab_config(lab, i == 1 ? "{\"process\":{" ARGS ",\"cwd\":\"/made/cwd\",\"user\":{\"umask\":511}}}"
                                       : "{\"process\":{" ARGS ",\"cwd\":\"/made/cwd\",\"user\":{\"umask\":0}}}");
                unlink(log);
                lab_before_exec(with_umask, NULL);
                assert_int_equal(
                        lab_run(lab, "--log", log, "create", "--pid-file", pid, "-b", lab->bundle, lab->id, NULL)->code, 0);
                lab_before_exec(with_umask, NULL);
                struct result *r = lab_run(lab, "exec", "--pid-file", exec_pid, lab->id, "/bin/sh", "-c", "umask", NULL);
                assert_string_equal(r->out, i == 1 ? "0777\n" : "0000\n");
                assert_modes(dir, masks[i], states, states_mode);
                assert_modes(lab->dir, masks[i], files, files_mode);
                lab_before_exec(with_umask, NULL);
                assert_int_equal(lab_run(lab, "start", lab->id, NULL)->code, 0);
                assert_modes(dir, masks[i], states, states_mode);
                assert_int_equal(lab_run(lab, "delete", "--force", lab->id, NULL)->code, 0);
                lab_before_exec(with_umask, NULL);
                snprintf(expected, sizeof(expected), "%s\n666\n1777\n666\n755\n755\n", i == 1 ? "0777" : "0000");
                assert_string_equal(lab_run(lab, "run", "-b", lab->bundle, lab->id, NULL)->out, expected);
                assert_true(lab_clean(lab));
        }
}

static void run__no_pivot__refused(void **state)
{
        struct lab *lab = *state;

        lab_need_root();
        lab_script(lab, "true");
        struct result *r = lab_run(lab, "run", "--no-pivot", "-b", lab->bundle, lab->id, NULL);
        assert_int_equal(r->code, 1);
        assert_non_null(strstr(r->err, "--no-pivot"));
        assert_true(lab_clean(lab));
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(keyring__of_the_caller__not_the_payloads, lab_setup,
                                                lab_teardown),
                cmocka_unit_test_setup_teardown(keyring__of_execs_caller__as_create_was_told, lab_setup,
                                                lab_teardown),
                cmocka_unit_test_setup_teardown(session__of_the_payload__is_its_own, lab_setup, lab_teardown),
                cmocka_unit_test_setup_teardown(pidfd_socket__create__gets_inits_pidfd, lab_setup,
                                                lab_teardown),
                cmocka_unit_test_setup_teardown(pidfd_socket__nobody_listens__refused_and_nothing_left,
                                                lab_setup, lab_teardown),
                cmocka_unit_test_setup_teardown(umask__of_caller_and_payload__not_on_labruns_files, lab_setup,
                                                lab_teardown),
                cmocka_unit_test_setup_teardown(run__no_pivot__refused, lab_setup, lab_teardown),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
