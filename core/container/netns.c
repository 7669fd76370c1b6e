#include "core/container/netns.h"

#include <errno.h>
#include <limits.h>
#include <net/if.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>

#include "core/base/err.h"
#include "core/base/limits.h"
#include "core/base/scope.h"
#include "core/container/namespaces.h"
#include "core/container/process.h"
#include "core/sync/sync_io.h"
#include "core/sys.h"

/* The maker's only message, with the namespace's fd if it could be made. */
struct report {
        int errnum; /* positive; 0: made */
        int lo;     /* 1: there it failed */
};

union rights { /* aligned as cmsg(3) wants it */
        char buf[CMSG_SPACE(sizeof(int))];
        struct cmsghdr align;
};

int netns_loopback_up(const struct sys *sys)
{
        struct ifreq ifr = {.ifr_name = "lo"};
        SCOPED_FD fd = {sys, sys->op->socket(sys, AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
        int r = fd.fd;

        if (r >= 0)
                r = sys->op->ioctl(sys, fd.fd, SIOCGIFFLAGS, &ifr);
        if (r >= 0) {
                ifr.ifr_flags |= IFF_UP;
                r = sys->op->ioctl(sys, fd.fd, SIOCSIFFLAGS, &ifr);
        }
        return r < 0 ? r : 0;
}

int netns_loopback_error(struct err *err, int r)
{
        return err_sys(err, r, "network", "lo", "bringing the loopback device up");
}

static int make(const struct sys *sys, int socket, struct report *report)
{
        unsigned own = (unsigned)socket;
        int r = sys->op->prctl(sys, PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);

        /* the lock above all, which a kernel that takes its time here would hold for us after the parent's death */
        if (r == 0 && own > 3)
                r = sys->op->close_range(sys, 3, own - 1, 0);
        if (r == 0)
                r = sys->op->close_range(sys, own + 1, UINT_MAX, 0);
        if (r == 0)
                r = sys->op->unshare(sys, CLONE_NEWNET);
        if (r == 0) {
                r = netns_loopback_up(sys);
                report->lo = r < 0;
        }
        return r < 0 ? r : sys->op->openat(sys, AT_FDCWD, "/proc/self/ns/net", O_RDONLY | O_CLOEXEC, 0);
}

static int maker_main(const struct sys *sys, const int *fds, size_t nfds, const void *data, size_t len)
{
        struct report report = {0};
        struct iovec iov = {&report, sizeof(report)};
        struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1};
        union rights control = {.buf = {0}};
        int fd = make(sys, fds[0], &report);
        ssize_t n;

        (void)nfds, (void)data, (void)len;
        if (fd < 0) {
                report.errnum = -fd;
        } else {
                msg.msg_control = control.buf;
                msg.msg_controllen = sizeof(control.buf);
                struct cmsghdr *c = CMSG_FIRSTHDR(&msg);
                c->cmsg_level = SOL_SOCKET;
                c->cmsg_type = SCM_RIGHTS;
                c->cmsg_len = CMSG_LEN(sizeof(fd));
                memcpy(CMSG_DATA(c), &fd, sizeof(fd));
        }
        do /* into an empty queue: whole, at once */
                n = sys->op->sendmsg(sys, fds[0], &msg, MSG_NOSIGNAL);
        while (n == -EINTR);
        return n == sizeof(report) ? 0 : 1;
}

int netns_begin(struct netns_maker *m, struct err *err)
{
        const struct sys *sys = m->sys;
        int sv[2], r = sys->op->socketpair(sys, AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sv);

        if (r < 0)
                return err_sys(err, r, "socketpair", NULL, "%s", "");
        struct sys_spawn args = {.fn = maker_main, .fds = &sv[1], .nfds = 1};
        r = sys->op->spawn(sys, &args, &m->pidfd);
        (void)sys->op->close(sys, sv[1]); /* the last copy but the maker's: its death is init's EOF */
        m->socket = sv[0];
        return r < 0 ? err_sys(err, r, "clone3", "/linux/namespaces", "the process that makes the network namespace") : 0;
}

void netns_close_socket(struct netns_maker *m)
{
        if (m->socket >= 0)
                (void)m->sys->op->close(m->sys, m->socket);
        m->socket = -1;
}

void netns_end(struct netns_maker *m)
{
        netns_close_socket(m);
        if (m->pidfd >= 0)
                (void)process_reap(m->sys, m->pidfd, LIMIT_STAGE_MS, NULL, NULL);
        if (m->pidfd >= 0)
                (void)m->sys->op->close(m->sys, m->pidfd);
        m->pidfd = -1;
}

static int wait_for(const struct sys *sys, int socket, const struct timespec *deadline, struct err *err)
{
        struct pollfd p = {.fd = socket, .events = POLLIN};
        struct timespec left;
        int r;

        do {
                r = sync_time_left(sys, deadline, &left, err);
                if (r < 0)
                        return r;
                r = sys->op->ppoll(sys, &p, 1, &left, NULL);
        } while (r == 0 || r == -EINTR);
        return r < 0 ? err_sys(err, r, "ppoll", "network", "%s", "") : 0;
}

/* *ret_fd: -1 without one. */
static int receive(const struct sys *sys, int socket, struct report *ret, int *ret_fd, struct err *err)
{
        struct iovec iov = {ret, sizeof(*ret)};
        union rights control;
        struct msghdr msg = {.msg_iov = &iov,
                             .msg_iovlen = 1,
                             .msg_control = control.buf,
                             .msg_controllen = sizeof(control.buf)};
        ssize_t n;

        do
                n = sys->op->recvmsg(sys, socket, &msg, MSG_CMSG_CLOEXEC);
        while (n == -EINTR);
        if (n < 0)
                return err_sys(err, (int)n, "recvmsg", "network", "%s", "");
        if (n != sizeof(*ret))
                return err_set(err, ECHILD, "namespaces", "/linux/namespaces",
                               "the process that makes the network namespace was killed");
        struct cmsghdr *c = CMSG_FIRSTHDR(&msg);
        *ret_fd = -1;
        if (c && c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS && c->cmsg_len == CMSG_LEN(sizeof(int)))
                memcpy(ret_fd, CMSG_DATA(c), sizeof(*ret_fd));
        return 0;
}

int netns_join(const struct sys *sys, int socket, const struct timespec *deadline, struct err *err)
{
        struct report report;
        SCOPED_FD fd = {sys, -1};
        int r = wait_for(sys, socket, deadline, err);

        if (r == 0)
                r = receive(sys, socket, &report, &fd.fd, err);
        if (r < 0)
                return r;
        r = report.errnum ? -report.errnum : sys->op->setns(sys, fd.fd, CLONE_NEWNET);
        if (r < 0 && report.lo)
                return netns_loopback_error(err, r);
        return r < 0 ? err_sys(err, r, "namespaces", "/linux/namespaces", "a new network namespace%s",
                               namespaces_clone_hint(NULL, r))
                     : 0;
}
