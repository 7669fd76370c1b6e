#include "props/sim/sim_channel.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "props/sim/sim_enosys.h"

#define NOISE_MAX 200u

bool sim_stream_put(struct sim_stream *s, const void *bytes, size_t n)
{
        if (n > SIM_STREAM_BYTES - s->len)
                return false;
        if (n > 0)
                memcpy(s->byte + s->len, bytes, n);
        s->len += n;
        return true;
}

bool sim_stream_mark(struct sim_stream *s, size_t at, unsigned fds)
{
        if (s->marks == SIM_STREAM_MARKS)
                return false;
        s->mark[s->marks++] = (struct sim_mark){at, fds};
        return true;
}

unsigned sim_stream_fds_at(const struct sim_stream *s, size_t at)
{
        unsigned n = 0;

        for (size_t i = 0; i < s->marks; i++)
                if (s->mark[i].at == at)
                        n += s->mark[i].fds;
        return n;
}

static struct sim_channel *of(const struct sys *sys)
{
        return sys->ctx;
}

static void violate(struct sim_channel *c, const char *what)
{
        if (!c->violation)
                c->violation = what;
}

/* Counts a call. True: it is the one that fails. */
static bool fails(struct sim_channel *c)
{
        if (++c->calls != c->fail_call)
                return false;
        c->fired = true;
        if (c->late) {
                c->now.tv_sec += 100000;
                return false;
        }
        return true;
}

/* 0: nothing; -EINTR or -EAGAIN. */
static int noise(struct sim_channel *c)
{
        if (!c->noisy || c->noise >= NOISE_MAX)
                return 0;
        switch (pt_below(c->t, 8)) {
        case 1:
                c->noise++;
                return -EINTR;
        case 2:
                c->noise++;
                return -EAGAIN;
        default:
                return 0;
        }
}

/* A part of n bytes, at least one. */
static size_t part(struct sim_channel *c, size_t n)
{
        if (!c->noisy || c->noise >= NOISE_MAX || n < 2)
                return n;
        size_t cut = pt_below(c->t, n < 256 ? n : 256);
        c->noise += cut > 0;
        return n - cut;
}

static void *c_alloc(const struct sys *sys, size_t n)
{
        struct sim_channel *c = of(sys);
        void *p = fails(c) ? NULL : malloc(n);

        c->blocks += p != NULL;
        return p;
}

static void c_free(const struct sys *sys, void *p)
{
        of(sys)->blocks -= p != NULL;
        free(p);
}

static int c_clock_gettime(const struct sys *sys, clockid_t clock, struct timespec *ts)
{
        struct sim_channel *c = of(sys);

        if (fails(c))
                return -EIO;
        if (clock != CLOCK_MONOTONIC)
                violate(c, "a deadline by a clock that can be set");
        *ts = c->now;
        return 0;
}

static bool readable(const struct sim_channel *c)
{
        return c->at < c->in->len || c->end == SIM_END_EOF || c->end == SIM_END_RESET;
}

static bool pidfd_ready(const struct sim_channel *c)
{
        return c->dead || (c->end == SIM_END_DEATH && c->at == c->in->len);
}

static int c_ppoll(const struct sys *sys, struct pollfd *p, size_t n, const struct timespec *timeout,
                   const sigset_t *mask)
{
        struct sim_channel *c = of(sys);
        int ready = 0;

        (void)mask;
        if (fails(c))
                return -ENOMEM;
        if (noise(c) == -EINTR)
                return -EINTR;
        for (size_t i = 0; i < n; i++) {
                p[i].revents = 0;
                if (p[i].fd == SIM_CHANNEL_PIDFD)
                        p[i].revents = pidfd_ready(c) ? POLLIN : 0;
                else if (p[i].events & POLLOUT)
                        p[i].revents = POLLOUT;
                else if (readable(c))
                        p[i].revents = c->at < c->in->len ? POLLIN : POLLHUP;
                ready += p[i].revents != 0;
        }
        if (ready)
                return ready;
        if (!timeout) {
                violate(c, "waits for ever");
                return -EIO;
        }
        c->now.tv_sec += timeout->tv_sec; /* nothing else would happen until then */
        c->now.tv_nsec = timeout->tv_nsec + c->now.tv_nsec;
        if (c->now.tv_nsec >= 1000000000L) {
                c->now.tv_nsec -= 1000000000L;
                c->now.tv_sec++;
        }
        return 0;
}

static void hand_over(struct sim_channel *c, struct msghdr *m, unsigned fds)
{
        size_t room = m->msg_controllen < CMSG_LEN(0) ? 0 : (m->msg_controllen - CMSG_LEN(0)) / sizeof(int);
        struct cmsghdr *h = m->msg_control;

        if (fds > room) {
                m->msg_flags |= MSG_CTRUNC;
                fds = (unsigned)room;
        }
        h->cmsg_level = SOL_SOCKET;
        h->cmsg_type = SCM_RIGHTS;
        h->cmsg_len = CMSG_LEN(fds * sizeof(int));
        for (unsigned i = 0; i < fds && c->tokens < SIM_TOKENS; i++) {
                int fd = SIM_CHANNEL_TOKEN + (int)c->tokens;

                memcpy(CMSG_DATA(h) + i * sizeof(int), &fd, sizeof(int));
                c->open[c->tokens++] = true;
                c->live++;
        }
        m->msg_controllen = CMSG_SPACE(fds * sizeof(int));
}

/* As Linux: bytes behind those that fds were attached to, and bytes with fds behind others, need another call. */
static ssize_t take(struct sim_channel *c, void *buf, size_t n, bool socket, unsigned *ret_fds)
{
        int r = noise(c);
        size_t left = c->in->len - c->at;

        *ret_fds = 0;
        if (fails(c))
                return -EIO;
        if (r < 0)
                return r;
        if (n == 0)
                violate(c, "reads nothing");
        if (left == 0 && c->end == SIM_END_RESET && socket && !c->reset_told) {
                c->reset_told = true;
                return -ECONNRESET;
        }
        if (left == 0)
                return readable(c) ? 0 : -EAGAIN;
        n = part(c, n < left ? n : left);
        for (size_t i = 0; i < c->in->marks && socket; i++)
                if (c->in->mark[i].at > c->at && c->in->mark[i].at < c->at + n)
                        n = c->in->mark[i].at - c->at;
        if (socket)
                *ret_fds = sim_stream_fds_at(c->in, c->at);
        memcpy(buf, c->in->byte + c->at, n);
        c->at += n;
        return (ssize_t)n;
}

static ssize_t c_read(const struct sys *sys, int fd, void *buf, size_t n)
{
        unsigned fds;

        (void)fd;
        return take(of(sys), buf, n, false, &fds);
}

static ssize_t c_recvmsg(const struct sys *sys, int fd, struct msghdr *m, int flags)
{
        struct sim_channel *c = of(sys);
        unsigned fds;
        ssize_t r = take(c, m->msg_iov->iov_base, m->msg_iov->iov_len, true, &fds);

        (void)fd;
        if (!(flags & MSG_CMSG_CLOEXEC))
                violate(c, "receives fds that a payload could inherit");
        if (!(flags & MSG_DONTWAIT))
                violate(c, "a receive that can block");
        if (r < 0)
                return r;
        m->msg_flags = 0;
        if (fds > 0)
                hand_over(c, m, fds);
        else
                m->msg_controllen = 0;
        return r;
}

static ssize_t give(struct sim_channel *c, const void *buf, size_t n, unsigned fds)
{
        int r = noise(c);
        size_t at = c->out->len;

        if (fails(c))
                return -EPIPE;
        if (r < 0)
                return r;
        n = part(c, n);
        if (!sim_stream_put(c->out, buf, n))
                return -EPIPE;
        if (fds > 0)
                (void)sim_stream_mark(c->out, at, fds);
        return (ssize_t)n;
}

static ssize_t c_write(const struct sys *sys, int fd, const void *buf, size_t n)
{
        (void)fd;
        return give(of(sys), buf, n, 0);
}

static ssize_t c_sendmsg(const struct sys *sys, int fd, const struct msghdr *m, int flags)
{
        struct sim_channel *c = of(sys);
        struct cmsghdr *h = CMSG_FIRSTHDR(m);

        (void)fd;
        if (!(flags & MSG_NOSIGNAL))
                violate(c, "a send that can raise SIGPIPE");
        if (!(flags & MSG_DONTWAIT))
                violate(c, "a send that can block");
        return give(c, m->msg_iov->iov_base, m->msg_iov->iov_len,
                    h ? (unsigned)((h->cmsg_len - CMSG_LEN(0)) / sizeof(int)) : 0);
}

static int c_close(const struct sys *sys, int fd)
{
        struct sim_channel *c = of(sys);
        int token = fd - SIM_CHANNEL_TOKEN;

        if (fd == SIM_CHANNEL_FD)
                return 0;
        if (token < 0 || token >= (int)c->tokens || !c->open[token]) {
                violate(c, "closes what is not open, or not its own");
                return -EBADF;
        }
        c->open[token] = false;
        c->live--;
        return 0;
}

void sim_channel_init(struct sim_channel *c, pt *t, const struct sim_stream *in, struct sim_stream *out)
{
        *c = (struct sim_channel){.t = t, .in = in, .out = out, .now = {.tv_sec = 1}};
        c->ops = sim_enosys_ops;
        c->ops.alloc = c_alloc;
        c->ops.free = c_free;
        c->ops.clock_gettime = c_clock_gettime;
        c->ops.ppoll = c_ppoll;
        c->ops.read = c_read;
        c->ops.write = c_write;
        c->ops.recvmsg = c_recvmsg;
        c->ops.sendmsg = c_sendmsg;
        c->ops.close = c_close;
        c->sys = (struct sys){&c->ops, c};
}
