#include "tests/labrun/agent.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>

static int receive_state(int conn, int file)
{
        union {
                char buf[CMSG_SPACE(sizeof(int))];
                struct cmsghdr align;
        } control;
        char buf[65536];
        struct iovec iov = {buf, sizeof(buf)};
        struct msghdr m = {.msg_iov = &iov,
                           .msg_iovlen = 1,
                           .msg_control = control.buf,
                           .msg_controllen = sizeof(control.buf)};
        int listener = -1;
        ssize_t n = recvmsg(conn, &m, MSG_CMSG_CLOEXEC);
        struct cmsghdr *c = n > 0 ? CMSG_FIRSTHDR(&m) : NULL;

        if (c && c->cmsg_type == SCM_RIGHTS)
                memcpy(&listener, CMSG_DATA(c), sizeof(int));
        for (; n > 0; n = read(conn, buf, sizeof(buf)))
                if (write(file, buf, (size_t)n) != n)
                        _exit(3);
        close(conn);
        close(file);
        return listener;
}

/* Ends when nobody is filtered any more. */
static void serve(int listener)
{
        struct pollfd p = {.fd = listener, .events = POLLIN};

        while (poll(&p, 1, -1) == 1 && !(p.revents & (POLLHUP | POLLERR))) {
                struct seccomp_notif call = {0};
                if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &call) < 0)
                        continue;
                struct seccomp_notif_resp answer = {.id = call.id};
                if (call.data.nr == SYS_getppid)
                        answer.val = AGENT_ANSWER;
                else if (call.data.nr == SYS_mkdir || call.data.nr == SYS_mkdirat)
                        answer.error = -ENOTUNIQ;
                else
                        answer.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
                (void)ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &answer);
        }
}

static void agent(int s, int file, int go, enum agent_kind kind)
{
        int conn, listener;
        char c;

        prctl(PR_SET_PDEATHSIG, SIGKILL);
        alarm(LAB_BOUND_MS / 1000);
        if (kind == AGENT_WAITS && read(go, &c, 1) != 1)
                _exit(4);
        conn = accept4(s, NULL, NULL, SOCK_CLOEXEC);
        if (kind == AGENT_LEAVES)
                _exit(0);
        listener = receive_state(conn, file);
        if (listener < 0)
                _exit(2);
        serve(listener);
        _exit(0);
}

void agent_start(struct lab *lab, struct agent *a, enum agent_kind kind, void (*become)(void *))
{
        struct sockaddr_un addr = {.sun_family = AF_UNIX};
        int s = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), file, go[2];

        snprintf(a->socket, sizeof(a->socket), "%s/agent", lab->dir);
        snprintf(a->state, sizeof(a->state), "%s/agent.json", lab->dir);
        (void)unlink(a->socket);
        assert_true(strlen(a->socket) < sizeof(addr.sun_path));
        memcpy(addr.sun_path, a->socket, strlen(a->socket) + 1);
        assert_int_equal(bind(s, (struct sockaddr *)&addr, sizeof(addr)), 0);
        assert_int_equal(chmod(a->socket, 0666), 0);
        assert_int_equal(listen(s, 1), 0);
        file = open(a->state, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
        assert_true(file >= 0);
        assert_int_equal(pipe2(go, O_CLOEXEC), 0);
        a->pid = fork();
        assert_true(a->pid >= 0);
        if (a->pid == 0) {
                if (become)
                        become(NULL);
                close(go[1]);
                agent(s, file, go[0], kind);
        }
        close(s);
        close(file);
        close(go[0]);
        a->go = go[1];
}

void agent_go(struct agent *a)
{
        assert_int_equal(write(a->go, "", 1), 1);
}

void agent_end(struct agent *a)
{
        assert_int_equal(lab_wait(a->pid), 0);
        close(a->go);
}

void agent_kill(struct agent *a)
{
        kill(a->pid, SIGKILL);
        (void)lab_wait(a->pid);
        close(a->go);
}

static const char *text_at(json_t *o, const char *key)
{
        return json_string_value(json_object_get(o, key));
}

json_t *agent_state(struct lab *lab, struct agent *a, const char *status)
{
        json_t *o = json_loads(lab_read(a->state), 0, NULL), *state = json_object_get(o, "state");
        bool is_init = strcmp(status, "creating") == 0;

        assert_non_null(o);
        assert_non_null(text_at(o, "ociVersion"));
        assert_string_equal(text_at(o, "metadata"), "meta \u00e9");
        assert_int_equal(json_array_size(json_object_get(o, "fds")), 1);
        assert_string_equal(json_string_value(json_array_get(json_object_get(o, "fds"), 0)), "seccompFd");
        assert_non_null(text_at(state, "ociVersion"));
        assert_string_equal(text_at(state, "id"), lab->id);
        assert_string_equal(text_at(state, "status"), status);
        assert_string_equal(text_at(state, "bundle"), lab->bundle);
        assert_true(json_integer_value(json_object_get(state, "pid")) > 1);
        assert_true(json_integer_value(json_object_get(o, "pid")) > 1);
        assert_int_equal(json_equal(json_object_get(o, "pid"), json_object_get(state, "pid")), is_init);
        return o;
}
