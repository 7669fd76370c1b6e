#include "core/sync/sync_io.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <string.h>

#include "core/base/scope.h"
#include "core/sync/sync_events.h"
#include "core/sys.h"

#define NSEC 1000000000L

int sync_deadline_in(const struct sys *sys, long ms, struct timespec *ret_deadline, struct err *err)
{
        struct timespec t;
        int r = sys->op->clock_gettime(sys, CLOCK_MONOTONIC, &t);

        assert(ms >= 0);
        if (r < 0)
                return err_sys(err, r, "sync", "clock", "%s", "");
        t.tv_sec += ms / 1000;
        t.tv_nsec += ms % 1000 * 1000000L;
        if (t.tv_nsec >= NSEC) {
                t.tv_nsec -= NSEC;
                t.tv_sec++;
        }
        *ret_deadline = t;
        return 0;
}

/* ---------------------------------------------- waiting ---------------------------------------------- */

int sync_time_left(const struct sys *sys, const struct timespec *deadline, struct timespec *ret_left, struct err *err)
{
        struct timespec now = {0}, left; /* a filter may leave it as it is */
        int r = sys->op->clock_gettime(sys, CLOCK_MONOTONIC, &now);

        if (r < 0)
                return err_sys(err, r, "sync", "clock", "%s", "");
        left.tv_sec = deadline->tv_sec - now.tv_sec;
        left.tv_nsec = deadline->tv_nsec - now.tv_nsec;
        if (left.tv_nsec < 0) {
                left.tv_nsec += NSEC;
                left.tv_sec--;
        }
        if (left.tv_sec < 0 || (left.tv_sec == 0 && left.tv_nsec == 0))
                return err_set(err, ETIMEDOUT, "sync", "channel", "the time is up");
        *ret_left = left;
        return 0;
}

/* A seccomp filter may answer 0 in the kernel's place, again and again. The kernel writes revents in any case. */
#define UNTOUCHED ((short)-1)

enum { WAIT_AGAIN, WAIT_READY, WAIT_NOTHING };

/*
 * One look at the channel: READY (there is something to transfer, an error or the end), AGAIN, or for good NOTHING: the
 * peer is dead and left no more. Called before *every* transfer: a blocking fifo must not block, and a peer that
 * never pauses must not outrun the deadline. A dead peer's channel is looked at without waiting, because
 * somebody else may hold a copy of its end and keep EOF away.
 */
static int wait_once(const struct sys *sys, struct sync_channel *ch, short events,
                     const struct timespec *deadline, struct err *err)
{
        struct pollfd p[2] = {{.fd = ch->fd, .events = events, .revents = UNTOUCHED},
                              {.fd = ch->pidfd, .events = POLLIN}};
        struct timespec left = {0, 0};
        bool watch = ch->pidfd >= 0 && !ch->died;
        int r;

        if (deadline) {
                r = sync_time_left(sys, deadline, &left, err);
                if (r < 0)
                        return r;
        }
        if (ch->died)
                left = (struct timespec){0, 0};
        r = sys->op->ppoll(sys, p, watch ? 2 : 1, deadline || ch->died ? &left : NULL, NULL);
        if (r == -EINTR)
                return WAIT_AGAIN;
        if (r < 0)
                return err_sys(err, r, "sync", "channel", "ppoll");
        if (p[0].revents == UNTOUCHED)
                return err_set(err, EIO, "sync", "channel", "ppoll succeeded and did nothing");
        if (r == 0)
                return ch->died ? WAIT_NOTHING : WAIT_AGAIN; /* AGAIN finds that the time is up */
        if (watch && p[1].revents & POLLNVAL)
                return err_set(err, EBADF, "sync", "channel", "the pidfd is not open");
        if (watch && p[1].revents)
                ch->died = true;
        return p[0].revents ? WAIT_READY : WAIT_AGAIN;
}

static bool try_again(ssize_t r)
{
        return r == -EINTR || r == -EAGAIN;
}

/* ---------------------------------------------- sending ---------------------------------------------- */

union rights { /* room for the most fds of one frame, aligned as cmsg(3) wants it */
        char buf[CMSG_SPACE(LIMIT_SYNC_FDS * sizeof(int))];
        struct cmsghdr align;
};

static ssize_t put(const struct sys *sys, const struct sync_channel *ch, const uint8_t *p, size_t n,
                   const int *fds, size_t nfds)
{
        struct iovec iov = {.iov_base = (void *)p, .iov_len = n};
        struct msghdr m = {.msg_iov = &iov, .msg_iovlen = 1};
        union rights control;
        struct cmsghdr *c;

        if (ch->fifo)
                return sys->op->write(sys, ch->fd, p, n);
        if (nfds > 0) {
                memset(&control, 0, sizeof(control));
                m.msg_control = control.buf;
                m.msg_controllen = CMSG_SPACE(nfds * sizeof(int));
                c = CMSG_FIRSTHDR(&m);
                c->cmsg_level = SOL_SOCKET;
                c->cmsg_type = SCM_RIGHTS;
                c->cmsg_len = CMSG_LEN(nfds * sizeof(int));
                memcpy(CMSG_DATA(c), fds, nfds * sizeof(int));
        }
        return sys->op->sendmsg(sys, ch->fd, &m, MSG_NOSIGNAL | MSG_DONTWAIT);
}

static int send_bytes(const struct sys *sys, struct sync_channel *ch, const uint8_t *p, size_t n,
                      const int *fds, size_t nfds, const struct timespec *deadline, struct err *err)
{
        while (n > 0) {
                ssize_t w;
                int r = wait_once(sys, ch, POLLOUT, deadline, err);

                if (r < 0)
                        return r;
                if (r == WAIT_AGAIN)
                        continue;
                if (r == WAIT_NOTHING)
                        return err_set(err, ECONNRESET, "sync", "channel", "the peer is dead");
                w = put(sys, ch, p, n, fds, nfds);
                if (try_again(w))
                        continue;
                if (w < 0)
                        return err_sys(err, (int)w, "sync", "channel", "%s", ch->fifo ? "write" : "sendmsg");
                if (w == 0) /* a channel that takes nothing would spin us */
                        return err_set(err, EIO, "sync", "channel", "nothing was taken");
                p += w;
                n -= (size_t)w;
                nfds = 0; /* they went with the first byte */
        }
        return 0;
}

int sync_send(const struct sys *sys, struct sync_channel *ch, const struct sync_msg *msg, const int *fds,
              size_t nfds, const struct timespec *deadline, struct err *err)
{
        SCOPED_MEM mem = {sys, NULL};
        uint8_t small[SYNC_SMALL_FRAME], *buf = small;
        size_t size;
        int r = sync_encoded_size(msg, &size, err);

        if (r < 0)
                return r;
        if (nfds != sync_msg_fds(msg))
                return err_set(err, EINVAL, "sync", sync_type_name(msg->type), "%zu fds, expected %zu", nfds,
                               sync_msg_fds(msg));
        if (ch->fifo && nfds > 0)
                return err_set(err, EINVAL, "sync", sync_type_name(msg->type), "a fifo carries no fds");
        if (ch->fifo && size > PIPE_BUF)
                return err_set(err, EMSGSIZE, "sync", sync_type_name(msg->type),
                               "%zu bytes don't go into a fifo at once", size);
        if (size > sizeof(small)) {
                buf = mem.ptr = sys->op->alloc(sys, size);
                if (!buf)
                        return err_set(err, ENOMEM, "sync", sync_type_name(msg->type), "%zu bytes", size);
        }
        r = sync_encode(msg, buf, size, &size, err);
        assert(r == 0); /* it was measured */
        return send_bytes(sys, ch, buf, size, fds, nfds, deadline, err);
}

/* ---------------------------------------------- receiving ---------------------------------------------- */

void sync_received_free(const struct sys *sys, struct sync_received *r)
{
        if (!r)
                return;
        for (size_t i = 0; i < r->nfds; i++)
                if (r->fds[i] >= 0)
                        (void)sys->op->close(sys, r->fds[i]);
        r->nfds = 0;
        sys->op->free(sys, r->payload);
        r->payload = NULL;
}

struct intake {
        const struct sys *sys;
        struct sync_decoder decoder;
        struct sync_received got;
};

static void intake_release(struct intake *in)
{
        sync_received_free(in->sys, &in->got);
}

/* Takes ownership of every fd that came, wanted or not: what is owned is closed on failure. */
static void collect_fds(struct intake *in, struct msghdr *m)
{
        for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c)) {
                size_t n;

                if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
                        continue;
                n = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
                for (size_t i = 0; i < n; i++) {
                        int fd;

                        memcpy(&fd, CMSG_DATA(c) + i * sizeof(int), sizeof(int));
                        if (in->got.nfds < LIMIT_SYNC_FDS)
                                in->got.fds[in->got.nfds++] = fd;
                        else
                                (void)in->sys->op->close(in->sys, fd);
                }
        }
}

/* Reads at most what the frame lacks, so that bytes and fds of the next frame stay in the channel. */
static ssize_t get(struct intake *in, const struct sync_channel *ch, struct err *err)
{
        size_t want = sync_decoder_wanted(&in->decoder);
        void *space = sync_decoder_space(&in->decoder);
        bool first = in->decoder.have == 0 && in->decoder.type == 0;
        struct iovec iov = {.iov_base = space, .iov_len = want};
        union rights control;
        struct msghdr m = {.msg_iov = &iov,
                           .msg_iovlen = 1,
                           .msg_control = control.buf,
                           .msg_controllen = sizeof(control.buf)};
        size_t before = in->got.nfds;
        ssize_t r;

        if (ch->fifo)
                r = in->sys->op->read(in->sys, ch->fd, space, want);
        else
                r = in->sys->op->recvmsg(in->sys, ch->fd, &m, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
        if (try_again(r))
                return r;
        /* A unix socket whose peer ended with unread input says so once; what it had sent was read before that. */
        if (r == -ECONNRESET && !ch->fifo)
                return 0;
        if (r < 0)
                return err_sys(err, (int)r, "sync", "channel", "%s", ch->fifo ? "read" : "recvmsg");
        if (ch->fifo)
                return r;
        collect_fds(in, &m);
        if (m.msg_flags & MSG_CTRUNC)
                return err_set(err, EPROTO, "sync", "channel", "more fds than can be received");
        if (in->got.nfds > before && !first)
                return err_set(err, EPROTO, "sync", "channel", "fds inside a frame");
        return r;
}

/* The decoder has the header: memory for the payload. */
static int provide(struct intake *in, struct err *err)
{
        in->got.payload = in->sys->op->alloc(in->sys, in->decoder.length);
        if (!in->got.payload)
                return err_set(err, ENOMEM, "sync", sync_type_name(in->decoder.type), "%u bytes",
                               in->decoder.length);
        sync_decoder_give(&in->decoder, in->got.payload);
        return 0;
}

static int finish(struct intake *in, struct sync_received *ret, struct err *err)
{
        int r;

        if (in->got.nfds != in->decoder.nfds)
                return err_set(err, EPROTO, "sync", sync_type_name(in->decoder.type),
                               "%zu fds came, its header says %u", in->got.nfds, in->decoder.nfds);
        r = sync_decoder_message(&in->decoder, &in->got.msg, err);
        if (r < 0)
                return r;
        *ret = in->got;
        for (size_t i = ret->nfds; i < LIMIT_SYNC_FDS; i++)
                ret->fds[i] = -1;
        in->got.nfds = 0; /* the caller owns them now */
        in->got.payload = NULL;
        return 1;
}

int sync_recv(const struct sys *sys, struct sync_channel *ch, const struct timespec *deadline,
              struct sync_received *ret, struct err *err)
{
        __attribute__((cleanup(intake_release))) struct intake in = {.sys = sys};
        ssize_t n;
        int r;

        sync_decoder_begin(&in.decoder);
        for (;;) {
                r = wait_once(sys, ch, POLLIN, deadline, err);
                if (r < 0)
                        return r;
                if (r == WAIT_NOTHING)
                        return sync_decoder_eof(&in.decoder, err);
                if (r == WAIT_AGAIN)
                        continue;
                n = get(&in, ch, err);
                if (try_again(n))
                        continue;
                if (n < 0)
                        return (int)n;
                if (n == 0)
                        return sync_decoder_eof(&in.decoder, err);
                r = sync_decoder_advance(&in.decoder, (size_t)n, err);
                if (r == SYNC_NEED_BUFFER)
                        r = provide(&in, err);
                if (r < 0)
                        return r;
                if (in.decoder.state == SYNC_WHOLE)
                        return finish(&in, ret, err);
        }
}

int sync_find_start(const struct sys *sys, struct sync_channel *ch, struct err *err)
{
        struct sync_finder finder = SYNC_FINDER_INIT;
        uint8_t buf[256];

        for (;;) {
                ssize_t n;
                int r = wait_once(sys, ch, POLLIN, NULL, err);

                if (r < 0)
                        return r;
                if (r == WAIT_NOTHING)
                        return 0;
                if (r == WAIT_AGAIN)
                        continue;
                n = sys->op->read(sys, ch->fd, buf, sizeof(buf));
                if (try_again(n))
                        continue;
                if (n < 0)
                        return err_sys(err, (int)n, "sync", "exec.fifo", "read");
                if (n == 0)
                        return 0;
                if (sync_finder_feed(&finder, buf, (size_t)n))
                        return 1;
        }
}
