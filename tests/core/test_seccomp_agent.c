/* seccomp_hand_over against an agent that answers as told, on a clock that passes only in waits. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>
#include <time.h>

#include "core/base/err.h"
#include "core/base/limits.h"
#include "core/config/config.h"
#include "core/container/seccomp.h"
#include "core/sys.h"

#define PLACE "/linux/seccomp/listenerPath"
#define SOCKET 90   /* the fds of this world */
#define GOT 91      /* by pidfd_getfd */
#define RECEIVED 92 /* came with the ask */
#define PIDFD 93

struct agent {
        struct sys sys;
        struct sys_ops ops;
        int64_t now;                    /* ms */
        int getfd, socket, send;        /* errors; 0: none */
        int connect, connects_until;    /* this error as often */
        int blocked, chunk;             /* sends that find no room, bytes that one takes (0: all) */
        int allocations, fail_at, held; /* memory */
        int open;                       /* fds that are the parent's and not closed */
        int listeners;                  /* sent */
        int sent_first;                 /* the listener came with the first bytes */
        char address[sizeof(((struct sockaddr_un *)0)->sun_path) + 1], text[4096];
        size_t len;
};

static void *a_alloc(const struct sys *sys, size_t n)
{
        struct agent *a = sys->ctx;

        if (++a->allocations == a->fail_at)
                return NULL;
        a->held++;
        return malloc(n);
}

static void a_free(const struct sys *sys, void *p)
{
        struct agent *a = sys->ctx;

        a->held -= p != NULL;
        free(p);
}

static int a_clock(const struct sys *sys, clockid_t clock, struct timespec *ts)
{
        const struct agent *a = sys->ctx;

        assert_int_equal(clock, CLOCK_MONOTONIC);
        *ts = (struct timespec){a->now / 1000, a->now % 1000 * 1000000};
        return 0;
}

static int wait_for(struct agent *a, const struct timespec *ts)
{
        a->now += ts->tv_sec * 1000 + ts->tv_nsec / 1000000;
        return 0;
}

static int a_nanosleep(const struct sys *sys, const struct timespec *ts, struct timespec *rem)
{
        (void)rem;
        return wait_for(sys->ctx, ts);
}

static int a_ppoll(const struct sys *sys, struct pollfd *fds, size_t n, const struct timespec *ts,
                   const sigset_t *mask)
{
        (void)mask;
        assert_int_equal(n, 1);
        assert_int_equal(fds->fd, SOCKET);
        assert_int_equal(fds->events, POLLOUT);
        return wait_for(sys->ctx, ts);
}

static int a_getfd(const struct sys *sys, int pidfd, int fd, unsigned flags)
{
        struct agent *a = sys->ctx;

        assert_int_equal(pidfd, PIDFD);
        assert_int_equal(fd, 7);
        assert_int_equal(flags, 0);
        a->open += a->getfd == 0;
        return a->getfd ? a->getfd : GOT;
}

static int a_socket(const struct sys *sys, int domain, int type, int protocol)
{
        struct agent *a = sys->ctx;

        assert_int_equal(domain, AF_UNIX);
        assert_int_equal(type, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC);
        assert_int_equal(protocol, 0);
        a->open += a->socket == 0;
        return a->socket ? a->socket : SOCKET;
}

static int a_connect(const struct sys *sys, int fd, const struct sockaddr *addr, socklen_t len)
{
        struct agent *a = sys->ctx;

        assert_int_equal(fd, SOCKET);
        assert_int_equal(len, sizeof(struct sockaddr_un));
        snprintf(a->address, sizeof(a->address), "%s", ((const struct sockaddr_un *)addr)->sun_path);
        return a->connects_until-- > 0 ? a->connect : 0;
}

static ssize_t a_sendmsg(const struct sys *sys, int fd, const struct msghdr *m, int flags)
{
        struct agent *a = sys->ctx;
        const struct cmsghdr *c = CMSG_FIRSTHDR(m);
        size_t n = m->msg_iov[0].iov_len;
        int sent;

        assert_int_equal(fd, SOCKET);
        assert_int_equal(flags, MSG_NOSIGNAL);
        if (a->send)
                return a->send;
        if (a->blocked-- > 0)
                return a->blocked % 2 ? -EAGAIN : -EINTR;
        if (c) {
                memcpy(&sent, CMSG_DATA(c), sizeof(sent));
                assert_true(sent == GOT || sent == RECEIVED);
                a->listeners++;
                a->sent_first = a->len == 0;
        }
        n = a->chunk && (size_t)a->chunk < n ? (size_t)a->chunk : n;
        assert_true(a->len + n < sizeof(a->text));
        memcpy(a->text + a->len, m->msg_iov[0].iov_base, n);
        a->len += n;
        return (ssize_t)n;
}

static int a_close(const struct sys *sys, int fd)
{
        struct agent *a = sys->ctx;

        assert_true(fd == SOCKET || fd == GOT); /* what came with the ask is not ours */
        a->open--;
        return 0;
}

static void begin(struct agent *a)
{
        *a = (struct agent){.ops = *sys_linux()->op, .now = 5000};
        a->ops.alloc = a_alloc;
        a->ops.free = a_free;
        a->ops.clock_gettime = a_clock;
        a->ops.nanosleep = a_nanosleep;
        a->ops.ppoll = a_ppoll;
        a->ops.pidfd_getfd = a_getfd;
        a->ops.socket = a_socket;
        a->ops.connect = a_connect;
        a->ops.sendmsg = a_sendmsg;
        a->ops.close = a_close;
        a->sys = (struct sys){&a->ops, a};
}

static int hand_over(struct agent *a, const char *path, bool sends, struct err *err)
{
        struct config_seccomp seccomp = {.set = true, .listener_path = path, .listener_metadata = "m"};
        struct state state = {.id = "c1", .bundle = "/bundle", .rootfs = "/r", .created = "now", .pid = 300};
        struct seccomp_handover h = {&seccomp, &state, STATE_RUNNING, 301, PIDFD};
        struct sync_ask ask = {.kind = SYNC_ASK_LISTENER, .sends_fd = sends, .number = sends ? 0 : 7};

        return seccomp_hand_over(&a->sys, &h, &ask, sends ? RECEIVED : -1, err);
}

static void assert_whole(struct agent *a)
{
        json_t *o = json_loadb(a->text, a->len, 0, NULL);

        assert_non_null(o);
        assert_int_equal(json_integer_value(json_object_get(o, "pid")), 301);
        assert_int_equal(json_integer_value(json_object_get(json_object_get(o, "state"), "pid")), 300);
        assert_string_equal(json_string_value(json_object_get(o, "metadata")), "m");
        assert_int_equal(a->listeners, 1);
        assert_true(a->sent_first);
        json_decref(o);
}

static void hand_over__both_ways__state_and_one_listener(void **state)
{
        struct err err = ERR_INIT;
        struct agent a;

        (void)state;
        for (int sends = 0; sends < 2; sends++)
                for (int chunk = 0; chunk < 3; chunk++) { /* all at once, bytes, pieces */
                        begin(&a);
                        a.chunk = chunk * chunk * chunk;
                        a.blocked = chunk;
                        assert_int_equal(hand_over(&a, "/run/agent", sends, &err), 0);
                        assert_string_equal(a.address, "/run/agent");
                        assert_whole(&a);
                        assert_int_equal(a.open, 0);
                        assert_int_equal(a.held, 0);
                }
        begin(&a);
        assert_int_equal(hand_over(&a, "agent", true, &err), 0);
        assert_string_equal(a.address, "/bundle/agent");
}

static void hand_over__full_backlog__waits_and_gets_through(void **state)
{
        struct agent a;

        (void)state;
        begin(&a);
        a.connect = -EAGAIN;
        a.connects_until = 100;
        assert_int_equal(hand_over(&a, "/run/agent", true, NULL), 0);
        assert_whole(&a);
        assert_in_range(a.now, 5000, 5000 + LIMIT_SECCOMP_AGENT_MS);
}

static void hand_over__each_failure__error_with_its_place_in_time(void **state)
{
        static const struct {
                int getfd, socket, connect, send, r;
                const char *place, *words;
        } rows[] = {
                {.getfd = -EPERM, .r = -EPERM, .place = "/linux/seccomp", .words = "pidfd_getfd"},
                {.getfd = -ESRCH, .r = -ESRCH, .place = "/linux/seccomp", .words = "pidfd_getfd"},
                {.socket = -EMFILE, .r = -EMFILE, .place = PLACE, .words = "socket"},
                {.connect = -ENOENT, .r = -ENOENT, .place = PLACE, .words = "/run/agent"},
                {.connect = -ECONNREFUSED, .r = -ECONNREFUSED, .place = PLACE, .words = "/run/agent"},
                {.connect = -EACCES, .r = -EACCES, .place = PLACE, .words = "/run/agent"},
                {.connect = -EPROTOTYPE, .r = -EPROTOTYPE, .place = PLACE, .words = "/run/agent"},
                {.connect = -EAGAIN, .r = -ETIMEDOUT, .place = PLACE, .words = "accepts no connection"},
                {.connect = -EINTR, .r = -ETIMEDOUT, .place = PLACE, .words = "accepts no connection"},
                {.send = -EPIPE, .r = -EPIPE, .place = PLACE, .words = "sending to the agent"},
                {.send = -ECONNRESET, .r = -ECONNRESET, .place = PLACE, .words = "sending to the agent"},
                {.send = -EAGAIN, .r = -ETIMEDOUT, .place = PLACE, .words = "does not read"},
        };

        (void)state;
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                struct err err = ERR_INIT;
                struct agent a;
                begin(&a);
                a.getfd = rows[i].getfd;
                a.socket = rows[i].socket;
                a.connect = rows[i].connect;
                a.connects_until = 1000000;
                a.send = rows[i].send;
                assert_int_equal(hand_over(&a, "/run/agent", false, &err), rows[i].r);
                assert_string_equal(err.place, rows[i].place);
                assert_non_null(strstr(err.msg, rows[i].words));
                assert_int_equal(a.open, 0);
                assert_int_equal(a.held, 0);
                assert_in_range(a.now, 5000, 5000 + LIMIT_SECCOMP_AGENT_MS + 1000);
        }
}

static void hand_over__path_longer_than_an_address__enametoolong(void **state)
{
        struct err err = ERR_INIT;
        char path[200];
        struct agent a;

        (void)state;
        memset(path, 'x', sizeof(path));
        path[0] = '/';
        path[108] = '\0'; /* sun_path has 108 bytes with the NUL */
        begin(&a);
        assert_int_equal(hand_over(&a, path, true, &err), -ENAMETOOLONG);
        assert_string_equal(err.place, PLACE);
        assert_int_equal(a.open, 0);
        path[107] = '\0';
        begin(&a);
        assert_int_equal(hand_over(&a, path, true, &err), 0);
        assert_string_equal(a.address, path);
}

static void hand_over__every_allocation_fails__enomem(void **state)
{
        struct agent a;
        int n = 0, r = -1;

        (void)state;
        while (r < 0) {
                begin(&a);
                a.fail_at = ++n;
                r = hand_over(&a, "/run/agent", false, NULL);
                assert_true(r == 0 || r == -ENOMEM);
                assert_int_equal(a.listeners, r == 0);
                assert_int_equal(a.open + a.held, 0);
        }
        assert_true(n > 1);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(hand_over__both_ways__state_and_one_listener),
                cmocka_unit_test(hand_over__full_backlog__waits_and_gets_through),
                cmocka_unit_test(hand_over__each_failure__error_with_its_place_in_time),
                cmocka_unit_test(hand_over__path_longer_than_an_address__enametoolong),
                cmocka_unit_test(hand_over__every_allocation_fails__enomem),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
