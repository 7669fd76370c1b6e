#include "core/container/notify.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "core/base/err.h"
#include "core/base/limits.h"
#include "core/base/scope.h"
#include "core/container/process.h"
#include "core/container/state.h"
#include "core/container/unix_address.h"
#include "core/sys.h"

#define READY "READY=1"
#define LAST_MAX 1024 /* messages of a dead payload: another process may speak on (net.unix.max_dgram_qlen is 10) */
#define MESSAGE_MAX 4096 /* sd_notify(3)'s receivers take no more: PIPE_BUF */

static void close_fd(const struct sys *sys, int *fd)
{
        if (*fd >= 0)
                (void)sys->op->close(sys, *fd);
        *fd = -1;
}

void notify_close(struct notify *n)
{
        close_fd(n->sys, &n->host);
        close_fd(n->sys, &n->socket);
}

static void warn(const struct notify *n, const struct err *err)
{
        char line[SYNC_LOG_TEXT_MAX + 1];

        if (n->log)
                n->log(n->log_ctx, SYNC_LOG_WARNING, err_format(err, line, sizeof(line)));
}

/* ------------------------------------------------ the manager's socket ------------------------------------------------ */

int notify_check(const char *value, struct err *err)
{
        if (value[0] != '/' && (value[0] != '@' || !value[1]))
                return err_set(err, EAFNOSUPPORT, "notify", NOTIFY_VARIABLE,
                               "\"%s\" is neither an absolute path nor @ and the name of an abstract socket", value);
        if (value[0] == '@' && strlen(value) > sizeof(((struct sockaddr_un *)0)->sun_path))
                return err_set(err, ENAMETOOLONG, "notify", NOTIFY_VARIABLE, "%s", value);
        return 0;
}

static const char *hint(int r)
{
        return r == -ENOENT         ? " (there is no such socket)"
               : r == -ECONNREFUSED ? " (nobody listens there)"
               : r == -EPROTOTYPE   ? " (it is no datagram socket)"
                                    : "";
}

int notify_connect(struct notify *n, const struct sys *sys, const char *value, struct err *err)
{
        SCOPED_FD pin = {sys, -1}, fd = {sys, -1};
        struct sockaddr_un addr;
        socklen_t len;
        int r;

        n->sys = sys;
        if (!value || !*value)
                return 0;
        r = notify_check(value, err);
        if (r < 0)
                return r;
        r = unix_address(sys, value, &addr, &len, &pin);
        if (r == 0)
                r = fd.fd = sys->op->socket(sys, AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        if (r >= 0)
                do /* of datagrams it only looks the other up */
                        r = sys->op->connect(sys, fd.fd, (const struct sockaddr *)&addr, len);
                while (r == -EINTR);
        if (r < 0)
                return err_sys(err, r, "notify", NOTIFY_VARIABLE, "%s%s", value, hint(r));
        n->host = scoped_fd_steal(&fd);
        return 0;
}

/* One datagram, with an fd if it is >= 0. -EAGAIN: no room. */
static int send_once(const struct notify *n, const char *text, size_t len, int fd)
{
        union {
                struct cmsghdr head; /* aligns */
                char space[CMSG_SPACE(sizeof(int))];
        } control = {.space = {0}};
        struct iovec iov = {.iov_base = (char *)text, .iov_len = len}; /* sendmsg(2) doesn't write */
        struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1};
        ssize_t r;

        if (fd >= 0) {
                struct cmsghdr *c = &control.head;

                msg.msg_control = control.space;
                msg.msg_controllen = sizeof(control.space);
                c->cmsg_level = SOL_SOCKET;
                c->cmsg_type = SCM_RIGHTS;
                c->cmsg_len = CMSG_LEN(sizeof(int));
                memcpy(CMSG_DATA(c), &fd, sizeof(fd));
        }
        do
                r = n->sys->op->sendmsg(n->sys, n->host, &msg, MSG_NOSIGNAL);
        while (r == -EINTR);
        return r < 0 ? (int)r : 0;
}

/* Tells the manager; 0, or -EAGAIN as long as its queue is full. Any other failure is a warning, and the end of it. */
static int tell(struct notify *n)
{
        struct err err = ERR_INIT;
        char text[64];
        int len = snprintf(text, sizeof(text), "MAINPID=%d\n" READY, (int)n->main_pid);
        int r = send_once(n, text, (size_t)len, -1);

        if (r == -EAGAIN)
                return r;
        n->ready = false;
        n->told = r == 0;
        if (r < 0) {
                err_sys(&err, r, "notify", NOTIFY_VARIABLE, "telling the service manager");
                warn(n, &err);
                close_fd(n->sys, &n->host);
        }
        return 0;
}

/* ------------------------------------------------ the container's socket ------------------------------------------------ */

static int open_dir(const struct state_dir *dir)
{
        return dir->sys->op->openat(dir->sys, dir->fd, NOTIFY_DIR, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0);
}

int notify_make(const struct state_dir *dir, int *ret_fd, struct err *err)
{
        int r = dir->sys->op->mkdirat(dir->sys, dir->fd, NOTIFY_DIR, 0755);

        if (r == 0)
                r = dir->sys->op->fchmodat(dir->sys, dir->fd, NOTIFY_DIR, 0755);
        if (r == 0)
                r = open_dir(dir);
        if (r < 0)
                return err_sys(err, r, "notify", NOTIFY_DIR, "in %s", dir->path);
        *ret_fd = r;
        return 0;
}

/* What is in the directory the container can't change: its mount is read-only; but a privileged one may undo that. So nothing
 * here follows a symlink, and the mode is the socket's from the beginning (unix(7): bind takes it over, less the umask). */
static int bind_in(const struct notify *n, int dir_fd, int *ret_fd)
{
        const struct sys *sys = n->sys;
        struct sockaddr_un addr;
        socklen_t len;
        SCOPED_FD fd = {sys, sys->op->socket(sys, AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
        mode_t mask;
        int r = fd.fd < 0 ? fd.fd : sys->op->fchmod(sys, fd.fd, 0666);

        if (r == 0)
                r = unix_address_at(dir_fd, NOTIFY_FILE, &addr, &len);
        if (r < 0)
                return r;
        r = sys->op->unlinkat(sys, dir_fd, NOTIFY_FILE, 0);
        if (r < 0 && r != -ENOENT)
                return r;
        mask = sys->op->umask(sys, 0);
        r = sys->op->bind(sys, fd.fd, (const struct sockaddr *)&addr, len);
        (void)sys->op->umask(sys, mask);
        if (r == 0)
                *ret_fd = scoped_fd_steal(&fd);
        return r;
}

int notify_listen(struct notify *n, const struct state_dir *dir, struct err *err)
{
        const struct sys *sys = n->sys;
        struct err deaf = ERR_INIT;
        int r;

        if (n->host < 0)
                return 0;
        SCOPED_FD fd = {sys, open_dir(dir)};
        if (fd.fd == -ENOENT) {
                err_set(&deaf, ENOENT, "notify", NOTIFY_VARIABLE,
                        "the container was created without it: nobody can hear when it is ready");
                warn(n, &deaf);
                close_fd(sys, &n->host);
                return 0;
        }
        r = fd.fd < 0 ? fd.fd : bind_in(n, fd.fd, &n->socket);
        return r < 0 ? err_sys(err, r, "notify", NOTIFY_DIR "/" NOTIFY_FILE, "in %s", dir->path) : 0;
}

bool notify_says_ready(const char *text, size_t n)
{
        const char *end = text + n;
        bool ready = false;

        if (n > 0 && text[n - 1] == '\0')
                end--;
        if (memchr(text, '\0', (size_t)(end - text)))
                return false;
        for (const char *line = text; line < end;) {
                const char *nl = memchr(line, '\n', (size_t)(end - line)), *stop = nl ? nl : end;

                ready = ready || ((size_t)(stop - line) == strlen(READY) && memcmp(line, READY, strlen(READY)) == 0);
                line = stop + 1;
        }
        return ready;
}

/* One datagram. No control buffer: fds that come with it are the kernel's to close. False: there was none. */
static bool hear(struct notify *n)
{
        char text[MESSAGE_MAX];
        struct iovec iov = {.iov_base = text, .iov_len = sizeof(text)};
        struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1};
        struct err err = ERR_INIT;
        ssize_t got = n->sys->op->recvmsg(n->sys, n->socket, &msg, 0);

        if (got == -EAGAIN)
                return false;
        if (got == -EINTR)
                return true;
        if (got < 0) {
                err_sys(&err, (int)got, "notify", NOTIFY_DIR "/" NOTIFY_FILE, "listening to the container");
                warn(n, &err);
                notify_close(n);
                return false;
        }
        if (!(msg.msg_flags & MSG_TRUNC) && notify_says_ready(text, (size_t)got)) {
                n->ready = true;
                close_fd(n->sys, &n->socket); /* more is not heard: who says it is told so, and waits for no room */
        }
        return true;
}

struct pollfd notify_wants(const struct notify *n)
{
        if (n->socket >= 0)
                return (struct pollfd){.fd = n->socket, .events = POLLIN};
        return (struct pollfd){.fd = n->ready ? n->host : -1, .events = POLLOUT};
}

void notify_move(struct notify *n)
{
        if (n->socket >= 0)
                (void)hear(n);
        if (n->ready)
                (void)tell(n);
}

void notify_last(struct notify *n)
{
        for (int i = 0; i < LAST_MAX && n->socket >= 0 && hear(n); i++)
                continue;
        close_fd(n->sys, &n->socket);
        if (n->ready)
                (void)tell(n);
}

/* ------------------------------------------------ start, run --detach ------------------------------------------------ */

/* 1: it came; 0: time is up. */
static int wait_for(const struct sys *sys, struct pollfd p, const struct timespec *deadline, struct err *err)
{
        struct timespec left;
        int r;

        do {
                r = sync_time_left(sys, deadline, &left, err);
                if (r < 0)
                        return r == -ETIMEDOUT ? 0 : r;
                r = sys->op->ppoll(sys, &p, 1, &left, NULL);
        } while (r == -EINTR || r == 0);
        return r < 0 ? err_sys(err, r, "ppoll", NULL, "%s", "") : 1;
}

static int wait_ready(struct notify *n, int pidfd, struct err *err)
{
        while (n->socket >= 0) {
                struct pollfd p[2] = {notify_wants(n), {.fd = pidfd, .events = POLLIN}};
                int r = pidfd < 0 ? 0 : n->sys->op->ppoll(n->sys, p, 2, NULL, NULL);

                if (r == -EINTR)
                        continue;
                if (r < 0)
                        return err_sys(err, r, "ppoll", NULL, "%s", "");
                if (pidfd < 0 || p[1].revents)
                        notify_last(n);
                else
                        notify_move(n);
        }
        return 0;
}

static int wait_told(struct notify *n, const struct timespec *deadline, struct err *err)
{
        while (n->ready) {
                int r = wait_for(n->sys, notify_wants(n), deadline, err);

                if (r <= 0)
                        return r < 0 ? r
                                     : err_set(err, ETIMEDOUT, "notify", NOTIFY_VARIABLE,
                                               "the service manager takes no message");
                notify_move(n);
        }
        return 0;
}

/* sd_notify_barrier(3): the manager closes the pipe when it comes to this message. */
static int wait_taken(struct notify *n, const struct timespec *deadline, struct err *err)
{
        const struct sys *sys = n->sys;
        static const char text[] = "BARRIER=1";
        int fds[2], r = sys->op->pipe2(sys, fds, O_CLOEXEC);

        if (r < 0)
                return err_sys(err, r, "pipe2", NULL, "%s", "");
        SCOPED_FD in = {sys, fds[0]}, out = {sys, fds[1]};
        while ((r = send_once(n, text, sizeof(text) - 1, out.fd)) == -EAGAIN) {
                r = wait_for(sys, (struct pollfd){.fd = n->host, .events = POLLOUT}, deadline, err);
                if (r <= 0)
                        return r; /* it has the message, and takes its time */
        }
        scoped_fd_close(&out);
        if (r < 0)
                return 0; /* it is gone */
        r = wait_for(sys, (struct pollfd){.fd = in.fd}, deadline, err); /* POLLHUP needs no asking */
        return r < 0 ? r : 0;
}

void notify_wait(struct notify *n, pid_t pid, uint64_t start)
{
        struct err err = ERR_INIT;
        SCOPED_FD pidfd = {n->sys, -1};
        struct timespec deadline;
        int r;

        if (n->socket < 0)
                return;
        (void)process_open(n->sys, pid, start, &pidfd.fd, NULL); /* gone already: what it said counts all the same */
        r = wait_ready(n, pidfd.fd, &err);
        if (r == 0)
                r = sync_deadline_in(n->sys, LIMIT_NOTIFY_MS, &deadline, &err);
        if (r == 0)
                r = wait_told(n, &deadline, &err);
        if (r == 0 && n->told)
                r = wait_taken(n, &deadline, &err);
        if (r < 0)
                warn(n, &err);
        notify_close(n);
}
