#include "core/container/handover.h"

#include <errno.h>
#include <string.h>

#include "core/base/err.h"
#include "core/base/limits.h"
#include "core/base/scope.h"
#include "core/container/unix_address.h"
#include "core/sync/sync_io.h"
#include "core/sys.h"

#define RETRY_NS \
        10000000 /* a full queue can't be polled for: connect(2) answers EAGAIN until there is room */

/* Until the deadline, in pieces. 0, or -ETIMEDOUT. */
static int pause_before(const struct sys *sys, const struct timespec *deadline)
{
        struct timespec now, nap = {.tv_nsec = RETRY_NS};
        int r = sys->op->clock_gettime(sys, CLOCK_MONOTONIC, &now);

        if (r < 0)
                return r;
        if (now.tv_sec > deadline->tv_sec ||
            (now.tv_sec == deadline->tv_sec && now.tv_nsec >= deadline->tv_nsec))
                return -ETIMEDOUT;
        r = sys->op->nanosleep(sys, &nap, NULL);
        return r == -EINTR ? 0 : r;
}

static const char *hint(int r)
{
        return r == -ENOENT         ? " (there is no such socket)"
               : r == -ECONNREFUSED ? " (nobody listens there)"
               : r == -EPROTOTYPE   ? " (it is no stream socket)"
               : r == -ETIMEDOUT    ? " (its queue of connections stays full)"
                                    : "";
}

int handover_connect(const struct sys *sys, const char *path, const char *option, int *ret_fd,
                     struct err *err)
{
        SCOPED_FD pin = {sys, -1};
        SCOPED_FD fd = {sys, -1};
        struct timespec deadline;
        struct sockaddr_un addr;
        socklen_t len;
        int r = sync_deadline_in(sys, LIMIT_HANDOVER_MS, &deadline, err);

        if (r < 0)
                return r;
        r = unix_address(sys, path, &addr, &len, &pin);
        if (r == 0)
                r = fd.fd = sys->op->socket(sys, AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        while (r >= 0) {
                r = sys->op->connect(sys, fd.fd, (const struct sockaddr *)&addr, len);
                if (r == 0 || (r != -EAGAIN && r != -EINTR))
                        break;
                r = pause_before(sys, &deadline);
        }
        if (r < 0)
                return err_sys(err, r, "socket", option, "%s%s", path, hint(r));
        *ret_fd = scoped_fd_steal(&fd);
        return 0;
}

int handover_send(const struct sys *sys, int socket, const char *name, int fd, const char *option,
                  struct err *err)
{
        union {
                struct cmsghdr head; /* aligns */
                char space[CMSG_SPACE(sizeof(int))];
        } control = {.space = {0}};
        struct iovec iov = {.iov_base = (char *)name, .iov_len = strlen(name)}; /* sendmsg(2) doesn't write */
        struct msghdr msg = {.msg_iov = &iov,
                             .msg_iovlen = 1,
                             .msg_control = control.space,
                             .msg_controllen = sizeof(control.space)};
        struct cmsghdr *c = CMSG_FIRSTHDR(&msg);
        struct timespec deadline;
        ssize_t n;
        int r = sync_deadline_in(sys, LIMIT_HANDOVER_MS, &deadline, err);

        if (r < 0)
                return r;
        c->cmsg_level = SOL_SOCKET;
        c->cmsg_type = SCM_RIGHTS;
        c->cmsg_len = CMSG_LEN(sizeof(int));
        memcpy(CMSG_DATA(c), &fd, sizeof(fd));
        do {
                n = sys->op->sendmsg(sys, socket, &msg, MSG_NOSIGNAL);
                r = n == -EAGAIN || n == -EINTR ? pause_before(sys, &deadline) : 0;
        } while (r == 0 && (n == -EAGAIN || n == -EINTR));
        if (r < 0 || n < 0)
                return err_sys(err, r < 0 ? r : (int)n, "socket", option, "handing the fd over");
        /* a few bytes into an empty queue go whole or not at all; the fd went with the first */
        return 0;
}
