/* core/container/handover.h: real sockets, a clock that only sleeping moves. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/base/err.h"
#include "core/base/limits.h"
#include "core/container/handover.h"
#include "core/sys.h"

struct fake {
        struct sys sys;
        struct sys_ops ops;
        int64_t now; /* ns */
        int naps;
        int accept_at; /* accepts a connection of `listener` in this nap */
        int listener;
};

static int fake_clock(const struct sys *sys, clockid_t clock, struct timespec *ts)
{
        struct fake *f = sys->ctx;

        (void)clock;
        *ts = (struct timespec){.tv_sec = f->now / 1000000000, .tv_nsec = f->now % 1000000000};
        return 0;
}

static int fake_nanosleep(const struct sys *sys, const struct timespec *req, struct timespec *rem)
{
        struct fake *f = sys->ctx;

        (void)rem;
        f->now += req->tv_sec * 1000000000 + req->tv_nsec;
        if (++f->naps == f->accept_at)
                close(accept(f->listener, NULL, NULL));
        return 0;
}

static void begin(struct fake *f)
{
        *f = (struct fake){.ops = *sys_linux()->op, .listener = -1};
        f->ops.clock_gettime = fake_clock;
        f->ops.nanosleep = fake_nanosleep;
        f->sys = (struct sys){&f->ops, f};
}

static char dir[] = "/tmp/handover-XXXXXX";

static const char *path_of(const char *name)
{
        static char path[512];

        snprintf(path, sizeof(path), "%s/%s", dir, name);
        return path;
}

/* Bound by its directory: a path of any length. */
static int listen_at(const char *name, int type, int backlog)
{
        struct sockaddr_un a = {.sun_family = AF_UNIX};
        int fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0), cwd = open(".", O_PATH | O_CLOEXEC);
        socklen_t len = sizeof(a);

        if (name[0] == '@') {
                snprintf(a.sun_path + 1, sizeof(a.sun_path) - 1, "%s", name + 1);
                len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(name));
        } else {
                assert_int_equal(chdir(dir), 0);
                snprintf(a.sun_path, sizeof(a.sun_path), "%s", name);
        }
        assert_int_equal(bind(fd, (struct sockaddr *)&a, len), 0);
        if (type == SOCK_STREAM)
                assert_int_equal(listen(fd, backlog), 0);
        assert_int_equal(fchdir(cwd), 0);
        close(cwd);
        return fd;
}

/* What came over an accepted connection: the fd; the bytes into text. */
static int take(int listener, char *text, size_t size)
{
        union {
                struct cmsghdr head;
                char space[CMSG_SPACE(4 * sizeof(int))];
        } control;
        struct iovec iov = {text, size - 1};
        struct msghdr msg = {.msg_iov = &iov,
                             .msg_iovlen = 1,
                             .msg_control = control.space,
                             .msg_controllen = sizeof(control)};
        int got, fd = accept(listener, NULL, NULL);
        ssize_t n = recvmsg(fd, &msg, 0);

        assert_true(n >= 0);
        text[n] = '\0';
        struct cmsghdr *c = CMSG_FIRSTHDR(&msg);
        assert_non_null(c);
        assert_int_equal(c->cmsg_len, CMSG_LEN(sizeof(int)));
        memcpy(&got, CMSG_DATA(c), sizeof(got));
        close(fd);
        return got;
}

static void assert_same_file(int a, int b)
{
        struct stat x, y;

        assert_int_equal(fstat(a, &x), 0);
        assert_int_equal(fstat(b, &y), 0);
        assert_true(x.st_dev == y.st_dev && x.st_ino == y.st_ino);
}

static void hand_over(const char *path, int listener)
{
        struct err err = ERR_INIT;
        struct fake f;
        char text[64];
        int pipe_fds[2], fd = -1;

        begin(&f);
        assert_int_equal(pipe(pipe_fds), 0);
        assert_int_equal(handover_connect(&f.sys, path, "--console-socket", &fd, &err), 0);
        assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
        /* nobody has accepted yet */
        assert_int_equal(handover_send(&f.sys, fd, "/dev/ptmx", pipe_fds[0], "--console-socket", &err), 0);
        close(fd);
        int got = take(listener, text, sizeof(text));
        assert_string_equal(text, "/dev/ptmx");
        assert_same_file(got, pipe_fds[0]);
        assert_int_equal(f.naps, 0);
        close(got);
        close(listener);
        close(pipe_fds[0]);
        close(pipe_fds[1]);
}

static void send__listener_that_accepts_later__gets_fd_and_name(void **state)
{
        char name[160];

        (void)state;
        hand_over(path_of("s"), listen_at("s", SOCK_STREAM, 1));
        snprintf(name, sizeof(name), "@handover-test-%d", (int)getpid());
        hand_over(name, listen_at(name, SOCK_STREAM, 1));
}

static void connect__path_longer_than_an_address__works(void **state)
{
        struct err err = ERR_INIT;
        char sub[120], path[400];
        struct fake f;
        int fd = -1, listener = listen_at("long", SOCK_STREAM, 1);

        (void)state;
        memset(sub, 'd', sizeof(sub) - 1);
        sub[sizeof(sub) - 1] = '\0';
        assert_int_equal(mkdir(path_of(sub), 0755), 0);
        snprintf(path, sizeof(path), "%s/%s/l", dir, sub);
        assert_int_equal(rename(path_of("long"), path), 0);
        hand_over(path, listener);
        begin(&f);
        memset(sub, 'x', sizeof(sub) - 1);
        sub[0] = '@'; /* has no other way */
        assert_int_equal(handover_connect(&f.sys, sub, "--console-socket", &fd, &err), -ENAMETOOLONG);
        sub[0] = '/';
        assert_int_equal(handover_connect(&f.sys, sub, "--console-socket", &fd, &err), -ENOENT);
        assert_int_equal(fd, -1);
}

static void assert_refused(const char *path, int errnum, const char *why)
{
        struct err err = ERR_INIT;
        struct fake f;
        int fd = -1;

        begin(&f);
        assert_int_equal(handover_connect(&f.sys, path, "--pidfd-socket", &fd, &err), -errnum);
        assert_int_equal(fd, -1);
        assert_string_equal(err.place, "--pidfd-socket");
        assert_non_null(strstr(err.msg, why));
        assert_int_equal(f.naps, 0);
}

static void connect__nobody_there__clear_error_at_once(void **state)
{
        (void)state;
        assert_refused(path_of("absent"), ENOENT, "there is no such socket");
        assert_refused("", ENOENT, "there is no such socket");
        close(listen_at("dead", SOCK_STREAM, 1));
        assert_refused(path_of("dead"), ECONNREFUSED, "nobody listens");
        close(open(path_of("file"), O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
        assert_refused(path_of("file"), ECONNREFUSED, "nobody listens");
        int fd = listen_at("datagram", SOCK_DGRAM, 0);
        assert_refused(path_of("datagram"), EPROTOTYPE, "no stream socket");
        close(fd);
}

static void connect__full_queue__waits_until_the_bound_or_an_accept(void **state)
{
        struct err err = ERR_INIT;
        struct fake f;
        int listener = listen_at("full", SOCK_STREAM, 0), first = -1, fd = -1;

        (void)state;
        begin(&f);
        assert_int_equal(handover_connect(&f.sys, path_of("full"), "--console-socket", &first, &err), 0);
        assert_int_equal(handover_connect(&f.sys, path_of("full"), "--console-socket", &fd, &err),
                         -ETIMEDOUT);
        assert_non_null(strstr(err.msg, "queue of connections stays full"));
        assert_int_equal(fd, -1);
        assert_true(f.now >= (int64_t)LIMIT_HANDOVER_MS * 1000000 &&
                    f.now < (int64_t)LIMIT_HANDOVER_MS * 1100000);
        begin(&f);
        f.listener = listener;
        f.accept_at = 3;
        assert_int_equal(handover_connect(&f.sys, path_of("full"), "--console-socket", &fd, &err), 0);
        assert_int_equal(f.naps, 3);
        close(fd);
        close(first);
        close(listener);
}

static void send__listener_gone__error(void **state)
{
        struct err err = ERR_INIT;
        struct fake f;
        int fd = -1, listener = listen_at("gone", SOCK_STREAM, 1);

        (void)state;
        begin(&f);
        assert_int_equal(handover_connect(&f.sys, path_of("gone"), "--console-socket", &fd, &err), 0);
        close(listener);
        int r = handover_send(&f.sys, fd, "x", 0, "--console-socket", &err);
        assert_true(r == -EPIPE || r == -ECONNRESET);
        assert_string_equal(err.place, "--console-socket");
        close(fd);
}

static int make_dir(void **state)
{
        (void)state;
        return mkdtemp(dir) ? 0 : -1;
}

static int remove_dir(void **state)
{
        char command[64];

        (void)state;
        snprintf(command, sizeof(command), "rm -r %s", dir);
        return system(command);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(send__listener_that_accepts_later__gets_fd_and_name),
                cmocka_unit_test(connect__path_longer_than_an_address__works),
                cmocka_unit_test(connect__nobody_there__clear_error_at_once),
                cmocka_unit_test(connect__full_queue__waits_until_the_bound_or_an_accept),
                cmocka_unit_test(send__listener_gone__error),
        };

        return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
