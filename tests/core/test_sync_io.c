/* core/sync/sync_io.h on real sockets, fifos and processes: SYNC-BOUNDED, fds never lost. */
#include <dirent.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <cmocka.h>

#include "core/sync/sync.h"
#include "core/sys.h"

static const struct sys *sys;

static int count_fds(void)
{
        DIR *d = opendir("/proc/self/fd");
        int n = 0;

        assert_non_null(d);
        while (readdir(d))
                n++;
        closedir(d);
        return n;
}

static struct timespec in_ms(long ms)
{
        struct timespec t;

        assert_int_equal(sync_deadline_in(sys, ms, &t, NULL), 0);
        return t;
}

static struct sync_config config(void)
{
        return (struct sync_config){.flags = SYNC_FLAG_DEBUG, .bundle = "/b", .id = "c", .config = "{}", .config_len = 2};
}

/* A fifo without a name, opened O_RDWR as the parent does; *ret_path is where it can be opened again. */
static int open_fifo(char ret_path[64])
{
        char dir[] = "/tmp/initlab-sync-XXXXXX", path[64];
        int fd;

        assert_non_null(mkdtemp(dir));
        snprintf(path, sizeof(path), "%s/fifo", dir);
        assert_int_equal(mkfifo(path, 0600), 0);
        fd = open(path, O_RDWR | O_CLOEXEC);
        assert_true(fd >= 0);
        unlink(path);
        rmdir(dir);
        snprintf(ret_path, 64, "/proc/self/fd/%d", fd);
        return fd;
}

static void make_pair(int s[2])
{
        assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, s), 0);
}

/* Sends raw bytes with fds. */
static void send_raw(int fd, const void *buf, size_t n, int nfds)
{
        union {
                char buf[CMSG_SPACE(64 * sizeof(int))];
                struct cmsghdr align;
        } control = {{0}};
        struct iovec iov = {(void *)buf, n};
        struct msghdr m = {.msg_iov = &iov, .msg_iovlen = 1};

        if (nfds > 0) {
                m.msg_control = control.buf;
                m.msg_controllen = CMSG_SPACE((size_t)nfds * sizeof(int));
                struct cmsghdr *c = CMSG_FIRSTHDR(&m);
                c->cmsg_level = SOL_SOCKET;
                c->cmsg_type = SCM_RIGHTS;
                c->cmsg_len = CMSG_LEN((size_t)nfds * sizeof(int));
                for (int i = 0; i < nfds; i++)
                        memcpy(CMSG_DATA(c) + (size_t)i * sizeof(int), &(int){0}, sizeof(int));
        }
        assert_int_equal(sendmsg(fd, &m, MSG_NOSIGNAL), (ssize_t)n);
}

static size_t config_frame(uint8_t *buf, size_t size)
{
        struct sync_msg m = {.type = SYNC_CONFIG, .config = config()};
        size_t n;

        assert_int_equal(sync_encode(&m, buf, size, &n, NULL), 0);
        return n;
}

static void sync_recv__writer_ends_at_each_byte__clean_and_no_fd_lost(void **state)
{
        uint8_t buf[256];
        size_t n = config_frame(buf, sizeof(buf));
        int before = count_fds();

        (void)state;
        for (size_t cut = 0; cut <= n; cut++) {
                struct sync_received got = SYNC_RECEIVED_INIT;
                struct timespec deadline = in_ms(5000);
                int s[2], r;

                make_pair(s);
                if (cut > 0)
                        send_raw(s[1], buf, cut, 2);
                close(s[1]);
                struct sync_channel ch = {.fd = s[0], .pidfd = -1};
                r = sync_recv(sys, &ch, &deadline, &got, NULL);
                assert_int_equal(r, cut == 0 ? 0 : cut == n ? 1 : -EPROTO);
                if (r == 1) {
                        assert_int_equal(count_fds(), before + 3);
                        assert_true(fcntl(got.fds[0], F_GETFD) & FD_CLOEXEC);
                        assert_string_equal(got.msg.config.config, "{}");
                }
                sync_received_free(sys, &got);
                close(s[0]);
                assert_int_equal(count_fds(), before);
        }
}

static void sync_recv__wrong_fds__refused_and_closed(void **state)
{
        static const int wrong[] = {0, 1, 3, 16, 20, 40}; /* the last ones are more than there is room for */
        uint8_t buf[256];
        size_t n = config_frame(buf, sizeof(buf));
        int before = count_fds();

        (void)state;
        for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
                struct sync_received got = SYNC_RECEIVED_INIT;
                struct timespec deadline = in_ms(5000);
                int s[2];

                make_pair(s);
                send_raw(s[1], buf, n, wrong[i]);
                struct sync_channel ch = {.fd = s[0], .pidfd = -1};
                assert_int_equal(sync_recv(sys, &ch, &deadline, &got, NULL), -EPROTO);
                close(s[0]);
                close(s[1]);
                assert_int_equal(count_fds(), before);
        }
}

static void sync_recv__fds_inside_a_frame__refused_and_closed(void **state)
{
        uint8_t buf[256];
        size_t n = config_frame(buf, sizeof(buf));
        struct sync_received got = SYNC_RECEIVED_INIT;
        struct timespec deadline = in_ms(5000);
        int before = count_fds(), s[2];

        (void)state;
        make_pair(s);
        send_raw(s[1], buf, 20, 2);
        send_raw(s[1], buf + 20, n - 20, 1);
        struct sync_channel ch = {.fd = s[0], .pidfd = -1};
        assert_int_equal(sync_recv(sys, &ch, &deadline, &got, NULL), -EPROTO);
        close(s[0]);
        close(s[1]);
        assert_int_equal(count_fds(), before);
}

static long elapsed_ms(const struct timespec *since)
{
        struct timespec now = in_ms(0);

        return (now.tv_sec - since->tv_sec) * 1000 + (now.tv_nsec - since->tv_nsec) / 1000000;
}

static void sync_recv__silent_peer__ends_at_the_deadline(void **state)
{
        struct sync_received got = SYNC_RECEIVED_INIT;
        struct timespec begin = in_ms(0), deadline = in_ms(50);
        int s[2];

        (void)state;
        make_pair(s);
        send_raw(s[1], "ILS\1", 4, 0); /* half a header: not even a frame */
        struct sync_channel ch = {.fd = s[0], .pidfd = -1};
        assert_int_equal(sync_recv(sys, &ch, &deadline, &got, NULL), -ETIMEDOUT);
        assert_in_range(elapsed_ms(&begin), 49, 5000);
        close(s[0]);
        close(s[1]);
}

static void sync_send__nobody_reads__ends_at_the_deadline(void **state)
{
        char *text = calloc(1, LIMIT_CONFIG_BYTES); /* more than a socket buffers */
        struct sync_msg m = {.type = SYNC_CONFIG, .config = config()};
        struct timespec deadline = in_ms(50);
        int s[2], fds[2] = {0, 0};

        (void)state;
        make_pair(s);
        m.config.config = text;
        m.config.config_len = LIMIT_CONFIG_BYTES;
        struct sync_channel ch = {.fd = s[0], .pidfd = -1};
        assert_int_equal(sync_send(sys, &ch, &m, fds, 2, &deadline, NULL), -ETIMEDOUT);
        close(s[1]);
        deadline = in_ms(5000);
        assert_int_equal(sync_send(sys, &ch, &m, fds, 2, &deadline, NULL), -EPIPE);
        close(s[0]);
        free(text);
}

static void sync_send__wrong_channel_or_fds__refused(void **state)
{
        struct sync_msg m = {.type = SYNC_CONFIG, .config = config()}, ready = {.type = SYNC_READY};
        struct sync_channel fifo = {.fd = 0, .fifo = true, .pidfd = -1}, socket = {.fd = 0, .pidfd = -1};
        int fds[2] = {0, 0};

        (void)state;
        assert_int_equal(sync_send(sys, &fifo, &m, fds, 2, NULL, NULL), -EINVAL);
        assert_int_equal(sync_send(sys, &socket, &m, fds, 1, NULL, NULL), -EINVAL);
        assert_int_equal(sync_send(sys, &socket, &ready, fds, 1, NULL, NULL), -EINVAL);
}

/* ------------------------------ whole conversations with a forked init ------------------------------ */

enum act { ACT_EXEC, ACT_EXEC_FAILS, ACT_PREPARE_FAILS, ACT_DIE_FIRST, ACT_DIE_PREPARING, ACT_DIE_EXECUTING, ACT_FLOOD,
           ACT_ASK, ACT_ASK_SLOW, ACT_ASK_TWICE, ACT_ASK_REFUSED, ACT_DIE_ASKING };

static int ask_all(struct sync_init *init, enum act act)
{
        static const struct sync_ask asks[] = {{SYNC_ASK_MAP_IDS, false, 0}, {SYNC_ASK_HOOKS, false, 0},
                                               {SYNC_ASK_CONSOLE, true, 0}, {SYNC_ASK_LISTENER, false, 9}};
        int r = 0;

        if (act == ACT_DIE_ASKING) { /* after the question, before the answer */
                struct sync_msg m = {.type = SYNC_ASK, .ask = asks[0]};
                struct sync_channel ch = {.fd = init->socket, .pidfd = -1};

                return sync_send(sys, &ch, &m, NULL, 0, NULL, NULL) == 0 ? -1 : 0;
        }
        for (size_t i = 0; i < 4 && r == 0; i++)
                r = sync_init_ask(init, &asks[i], asks[i].sends_fd ? 0 : -1, NULL, NULL);
        return r == 0 && act == ACT_ASK_TWICE ? sync_init_ask(init, &asks[1], -1, NULL, NULL) : r;
}

static int be_init(int socket, enum act act)
{
        struct sync_init init;
        struct sync_received got = SYNC_RECEIVED_INIT;
        struct timespec deadline = in_ms(5000);
        struct err err = ERR_INIT;
        char *const argv[] = {(char *)"true", NULL};

        if (act == ACT_DIE_FIRST)
                return 1;
        sync_init_begin(&init, sys, socket);
        if (sync_init_receive_config(&init, &deadline, &got, &err) < 0)
                return 2;
        do
                sync_init_log(&init, SYNC_LOG_DEBUG, "hello %s\n", got.msg.config.id);
        while (act == ACT_FLOOD && init.broken == 0);
        if (act == ACT_DIE_PREPARING)
                return 3;
        if (act == ACT_PREPARE_FAILS) {
                err_set(&err, EROFS, "mount", "/mounts/1", "planted");
                return sync_init_report_error(&init, &err, &deadline, NULL) < 0 ? 4 : 5;
        }
        if (act >= ACT_ASK && ask_all(&init, act) < 0)
                return 11;
        if (sync_init_report_ready(&init, &deadline, &err) < 0 || sync_init_wait_start(&init, &err) < 0)
                return 6;
        if (sync_init_report_executing(&init, &deadline, &err) < 0)
                return 7;
        if (act == ACT_DIE_EXECUTING)
                return 8;
        int r = sys->op->execve(sys, act == ACT_EXEC ? "/bin/true" : "/nonexistent", argv, argv + 1);
        err_set(&err, -r, "execve", "/nonexistent", "%s", "");
        return sync_init_report_error(&init, &err, &deadline, NULL) < 0 ? 9 : 10;
}

static void count_log(void *ctx, enum sync_log_level level, const char *text)
{
        assert_int_equal(level, SYNC_LOG_DEBUG);
        assert_string_equal(text, "hello c?");
        ++*(int *)ctx;
}

struct talk {
        int created, started, logs, asks, meanwhile;
        int refuses; /* the ASK, from 1, that the parent refuses */
        bool slow;   /* the parent takes its time for each */
        struct err err;
        long ms;
};

static int answer(void *ctx, const struct sync_ask *ask, int *fd, struct err *err)
{
        struct talk *t = ctx;
        struct stat st;

        assert_int_equal(ask->kind, t->asks++);
        assert_int_equal(ask->number, ask->kind == SYNC_ASK_LISTENER ? 9 : 0);
        assert_int_equal(*fd >= 0 ? fstat(*fd, &st) : -1, ask->sends_fd ? 0 : -1);
        if (t->slow)
                usleep(300 * 1000);
        return t->refuses == t->asks ? err_set(err, ENXIO, "hooks", "/hooks/prestart/0", "planted") : 0;
}

/* Once, after CONFIG and before anything that init has to say, however much is sent afterwards. */
static void count_meanwhile(void *ctx)
{
        struct talk *t = ctx;

        assert_int_equal(t->logs + t->asks, 0);
        t->meanwhile++;
}

/* keep: this process keeps a copy of init's end of the socket, so that EOF never comes. */
static struct talk talk_to_init(enum act act, bool keep, long ms)
{
        struct talk t = {.started = 1, .refuses = act == ACT_ASK_REFUSED ? 2 : 0, .slow = act == ACT_ASK_SLOW};
        struct sync_config c = config();
        struct timespec begin = in_ms(0), deadline = in_ms(ms);
        char exec_path[64], error_path[64];
        int before = count_fds(), s[2], exec_fifo = open_fifo(exec_path), error_fifo = open_fifo(error_path);

        make_pair(s);
        pid_t pid = fork();
        assert_true(pid >= 0);
        if (pid == 0)
                _exit(be_init(s[1], act));
        int pidfd = sys->op->pidfd_open(sys, pid, 0);
        if (!keep)
                close(s[1]);
        struct sync_parent parent = {s[0], pidfd, &c, exec_fifo, error_fifo, count_log, &t.logs, answer, &t,
                                     count_meanwhile, &t};
        t.created = sync_parent_handshake(sys, &parent, &deadline, &t.err);
        if (t.created == 0) {
                struct sync_starter st = {open(exec_path, O_WRONLY | O_NONBLOCK | O_CLOEXEC),
                                          open(error_path, O_RDONLY | O_NONBLOCK | O_CLOEXEC), pidfd};
                close(open(exec_path, O_WRONLY | O_NONBLOCK | O_CLOEXEC)); /* without a word */
                assert_int_equal(write(st.exec_fifo, "ILS garbage", 11), 11);
                close(exec_fifo); /* only init may hold them while start waits */
                close(error_fifo);
                exec_fifo = error_fifo = -1;
                t.started = sync_start(sys, &st, &deadline, &t.err);
                close(st.exec_fifo);
                close(st.error_fifo);
        }
        t.ms = elapsed_ms(&begin);
        kill(pid, SIGKILL);
        assert_int_equal(waitpid(pid, NULL, 0), pid);
        int fds[] = {s[0], keep ? s[1] : -1, pidfd, exec_fifo, error_fifo};
        for (size_t i = 0; i < 5; i++)
                if (fds[i] >= 0)
                        close(fds[i]);
        assert_int_equal(count_fds(), before);
        return t;
}

static void sync_conversation__payload_executes__success(void **state)
{
        struct talk t = talk_to_init(ACT_EXEC, false, 10000);

        (void)state;
        assert_int_equal(t.created, 0);
        assert_int_equal(t.started, 0);
        assert_int_equal(t.logs, 1);
}

static void sync_conversation__execve_fails__its_error_at_start(void **state)
{
        struct talk t = talk_to_init(ACT_EXEC_FAILS, false, 10000);

        (void)state;
        assert_int_equal(t.created, 0);
        assert_int_equal(t.started, -ENOENT);
        assert_string_equal(t.err.step, "execve");
        assert_string_equal(t.err.place, "/nonexistent");
}

static void sync_conversation__init_fails_to_prepare__its_error_at_create(void **state)
{
        struct talk t = talk_to_init(ACT_PREPARE_FAILS, false, 10000);

        (void)state;
        assert_int_equal(t.created, -EROFS);
        assert_string_equal(t.err.place, "/mounts/1");
        assert_string_equal(t.err.msg, "planted");
}

static void sync_conversation__init_dies__create_fails_at_once(void **state)
{
        (void)state;
        for (int keep = 0; keep < 2; keep++) {
                struct talk t = talk_to_init(ACT_DIE_FIRST, keep, 10000);

                assert_int_equal(t.created, -ECONNRESET);
                assert_true(t.ms < 5000);
                t = talk_to_init(ACT_DIE_PREPARING, keep, 10000);
                assert_int_equal(t.created, -ECONNRESET);
                assert_int_equal(t.logs, 1); /* its last words were read */
                assert_true(t.ms < 5000);
        }
}

static void sync_conversation__init_dies_after_executing__left_to_the_caller(void **state)
{
        struct talk t = talk_to_init(ACT_DIE_EXECUTING, false, 10000);

        (void)state;
        assert_int_equal(t.created, 0);
        assert_int_equal(t.started, 0);
}

static void sync_conversation__init_never_pauses__deadline_holds(void **state)
{
        struct talk t = talk_to_init(ACT_FLOOD, false, 100);

        (void)state;
        assert_int_equal(t.created, -ETIMEDOUT);
        assert_true(t.logs > 1);
        assert_true(t.ms < 5000);
}

static void sync_conversation__init_asks__all_done_in_order(void **state)
{
        struct talk t = talk_to_init(ACT_ASK, false, 10000);

        (void)state;
        assert_int_equal(t.created, 0);
        assert_int_equal(t.asks, 4);
        assert_int_equal(t.logs, 1);
        assert_int_equal(t.meanwhile, 1);
}

static void sync_conversation__answers_take_longer_than_the_deadline__it_moves(void **state)
{
        struct talk t = talk_to_init(ACT_ASK_SLOW, false, 1000);

        (void)state;
        assert_int_equal(t.created, 0);
        assert_true(t.ms >= 1200);
}

static void sync_conversation__parent_refuses__its_error_at_create(void **state)
{
        struct talk t = talk_to_init(ACT_ASK_REFUSED, false, 10000);

        (void)state;
        assert_int_equal(t.created, -ENXIO);
        assert_int_equal(t.asks, 2);
        assert_string_equal(t.err.place, "/hooks/prestart/0");
}

static void sync_conversation__init_asks_again__out_of_order(void **state)
{
        struct talk t = talk_to_init(ACT_ASK_TWICE, false, 10000);

        (void)state;
        assert_int_equal(t.created, -EPROTO); /* init's own machine noticed, and told the parent */
        assert_int_equal(t.asks, 4);
        assert_string_equal(t.err.msg, "ASK HOOKS is unexpected in state PREPARE");
}

static void sync_conversation__init_dies_asking__create_fails(void **state)
{
        struct talk t = talk_to_init(ACT_DIE_ASKING, false, 10000);

        (void)state;
        assert_int_equal(t.created, -ECONNRESET);
        assert_true(t.ms < 5000);
}

static void sync_start__nobody_waits__broken_pipe(void **state)
{
        struct timespec deadline = in_ms(5000);
        struct err err = ERR_INIT;
        int p[2], pidfd = sys->op->pidfd_open(sys, getpid(), 0);

        (void)state;
        assert_int_equal(pipe2(p, O_CLOEXEC | O_NONBLOCK), 0);
        close(p[0]);
        struct sync_starter st = {p[1], p[1], pidfd};
        assert_int_equal(sync_start(sys, &st, &deadline, &err), -EPIPE);
        close(p[1]);
        close(pidfd);
}

static int setup(void **state)
{
        (void)state;
        sys = sys_linux();
        signal(SIGPIPE, SIG_IGN);
        return 0;
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(sync_recv__writer_ends_at_each_byte__clean_and_no_fd_lost),
                cmocka_unit_test(sync_recv__wrong_fds__refused_and_closed),
                cmocka_unit_test(sync_recv__fds_inside_a_frame__refused_and_closed),
                cmocka_unit_test(sync_recv__silent_peer__ends_at_the_deadline),
                cmocka_unit_test(sync_send__nobody_reads__ends_at_the_deadline),
                cmocka_unit_test(sync_send__wrong_channel_or_fds__refused),
                cmocka_unit_test(sync_conversation__payload_executes__success),
                cmocka_unit_test(sync_conversation__execve_fails__its_error_at_start),
                cmocka_unit_test(sync_conversation__init_fails_to_prepare__its_error_at_create),
                cmocka_unit_test(sync_conversation__init_dies__create_fails_at_once),
                cmocka_unit_test(sync_conversation__init_dies_after_executing__left_to_the_caller),
                cmocka_unit_test(sync_conversation__init_never_pauses__deadline_holds),
                cmocka_unit_test(sync_conversation__init_asks__all_done_in_order),
                cmocka_unit_test(sync_conversation__answers_take_longer_than_the_deadline__it_moves),
                cmocka_unit_test(sync_conversation__parent_refuses__its_error_at_create),
                cmocka_unit_test(sync_conversation__init_asks_again__out_of_order),
                cmocka_unit_test(sync_conversation__init_dies_asking__create_fails),
                cmocka_unit_test(sync_start__nobody_waits__broken_pipe),
        };

        return cmocka_run_group_tests(tests, setup, NULL);
}
