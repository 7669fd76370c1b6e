/* The parent's part of a profile with SCMP_ACT_NOTIFY: the listener goes to the agent. */
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <sys/un.h>

#include "core/base/err.h"
#include "core/base/limits.h"
#include "core/base/scope.h"
#include "core/config/config.h"
#include "core/container/seccomp.h"
#include "core/sync/sync.h"

#define PLACE "/linux/seccomp/listenerPath"
#define CONNECT_PAUSE_NS 5000000

/* config-linux.md, "The container process state". The process may be another one than the container's. */
static json_t *process_state(const struct seccomp_handover *h)
{
        const char *metadata = h->seccomp->listener_metadata;
        json_t *state = state_to_json(h->state, h->status, NULL);

        if (state && json_object_set_new(state, "pid", json_integer(h->state->pid)) < 0) {
                json_decref(state);
                return NULL;
        }
        return json_pack("{s:s, s:[s], s:i, s:s*, s:o}", "ociVersion", STATE_OCI_VERSION, "fds", "seccompFd",
                         "pid", (int)h->pid, "metadata", metadata && *metadata ? metadata : NULL, "state",
                         state);
}

/* The socket's name in the host's file system; a relative one begins at the bundle, as for runc. */
static int address(const struct seccomp_handover *h, struct sockaddr_un *ret, struct err *err)
{
        const char *path = h->seccomp->listener_path;
        bool absolute = path[0] == '/';
        struct sockaddr_un a = {.sun_family = AF_UNIX};
        int n = snprintf(a.sun_path, sizeof(a.sun_path), "%s%s%s", absolute ? "" : h->state->bundle,
                         absolute ? "" : "/", path);

        if (n < 0 || (size_t)n >= sizeof(a.sun_path))
                return err_set(err, ENAMETOOLONG, "seccomp", PLACE, "%s", path);
        *ret = a;
        return 0;
}

static bool late(const struct sys *sys, const struct timespec *deadline)
{
        struct timespec now = *deadline;

        (void)sys->op->clock_gettime(sys, CLOCK_MONOTONIC, &now);
        return now.tv_sec > deadline->tv_sec ||
               (now.tv_sec == deadline->tv_sec && now.tv_nsec >= deadline->tv_nsec);
}

/* A full backlog answers EAGAIN, and there is nothing to poll for. */
static int connect_to(const struct sys *sys, const struct seccomp_handover *h, int fd,
                      const struct timespec *deadline, struct err *err)
{
        static const struct timespec pause = {.tv_nsec = CONNECT_PAUSE_NS};
        struct sockaddr_un a;
        int r = address(h, &a, err);

        if (r < 0)
                return r;
        while ((r = sys->op->connect(sys, fd, (struct sockaddr *)&a, sizeof(a))) == -EAGAIN || r == -EINTR) {
                if (late(sys, deadline))
                        return err_set(err, ETIMEDOUT, "seccomp", PLACE, "the agent accepts no connection");
                (void)sys->op->nanosleep(sys, &pause, NULL);
        }
        return r < 0 ? err_sys(err, r, "seccomp", PLACE, "connecting to %s", a.sun_path) : 0;
}

/* As much of text as goes; listener -1: it has gone already. */
static ssize_t send_some(const struct sys *sys, int fd, const char *text, size_t len, int listener)
{
        struct iovec iov = {.iov_base = (void *)text, .iov_len = len};
        union {
                char buf[CMSG_SPACE(sizeof(int))];
                struct cmsghdr align;
        } control = {{0}};
        struct msghdr m = {.msg_iov = &iov, .msg_iovlen = 1};

        if (listener >= 0) {
                m.msg_control = control.buf;
                m.msg_controllen = sizeof(control.buf);
                struct cmsghdr *c = CMSG_FIRSTHDR(&m);
                c->cmsg_level = SOL_SOCKET;
                c->cmsg_type = SCM_RIGHTS;
                c->cmsg_len = CMSG_LEN(sizeof(int));
                memcpy(CMSG_DATA(c), &listener, sizeof(int));
        }
        return sys->op->sendmsg(sys, fd, &m, MSG_NOSIGNAL);
}

static int send_all(const struct sys *sys, int fd, const char *text, size_t len, int listener,
                    const struct timespec *deadline, struct err *err)
{
        static const struct timespec pause = {.tv_sec = 1};

        for (size_t at = 0; at < len;) {
                ssize_t n = send_some(sys, fd, text + at, len - at, at == 0 ? listener : -1);
                if (n > 0) {
                        at += (size_t)n;
                        continue;
                }
                if (n < 0 && n != -EAGAIN && n != -EINTR)
                        return err_sys(err, (int)n, "seccomp", PLACE, "sending to the agent");
                if (late(sys, deadline))
                        return err_set(err, ETIMEDOUT, "seccomp", PLACE, "the agent does not read");
                struct pollfd p = {.fd = fd, .events = POLLOUT};
                (void)sys->op->ppoll(sys, &p, 1, &pause, NULL);
        }
        return 0;
}

static int tell_agent(const struct sys *sys, const struct seccomp_handover *h, int listener, struct err *err)
{
        SCOPED_MEM text = {sys, NULL};
        SCOPED_FD fd = {sys, -1};
        struct timespec deadline;
        json_t *o;
        char *p;
        size_t len;
        int r = sync_deadline_in(sys, LIMIT_SECCOMP_AGENT_MS, &deadline, err);

        if (r < 0)
                return r;
        o = process_state(h);
        r = state_render(sys, o, JSON_COMPACT, &p, &len, err);
        json_decref(o);
        if (r < 0)
                return r;
        text.ptr = p;
        fd.fd = sys->op->socket(sys, AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        if (fd.fd < 0)
                return err_sys(err, fd.fd, "seccomp", PLACE, "socket");
        r = connect_to(sys, h, fd.fd, &deadline, err);
        return r < 0 ? r : send_all(sys, fd.fd, p, len, listener, &deadline, err);
}

int seccomp_hand_over(const struct sys *sys, const struct seccomp_handover *h, const struct sync_ask *ask,
                      int fd, struct err *err)
{
        SCOPED_FD got = {sys, -1};

        if (ask->sends_fd)
                return tell_agent(sys, h, fd, err);
        got.fd = sys->op->pidfd_getfd(sys, h->pidfd, (int)ask->number, 0);
        if (got.fd < 0)
                return err_sys(err, got.fd, "seccomp", "/linux/seccomp",
                               "taking the listener out of init: pidfd_getfd%s",
                               got.fd == -EPERM ? " (is kernel.yama.ptrace_scope 3?)" : "");
        return tell_agent(sys, h, got.fd, err);
}
