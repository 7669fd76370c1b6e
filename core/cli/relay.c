#include "core/cli/relay.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "core/base/err.h"
#include "core/base/scope.h"
#include "core/fds/fds.h"
#include "core/sys.h"

#define REST_MS 100    /* between two looks at a pty that nobody has open */
#define EOF_GAP_MS 100 /* between two VEOF, at first */
#define EOF_GAP_MAX_MS 5000

enum { P_MASTER, P_IN, P_OUT };

static size_t used(const struct relay_buffer *b)
{
        return b->to - b->from;
}

static size_t room(const struct relay_buffer *b)
{
        return RELAY_BUFFER - used(b);
}

static int64_t now_ms(const struct relay *r)
{
        struct timespec ts = {0};

        (void)r->sys->op->clock_gettime(r->sys, CLOCK_MONOTONIC, &ts);
        return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static bool is_terminal(const struct sys *sys, int fd)
{
        struct termios t;

        return sys->op->ioctl(sys, fd, TCGETS, &t) == 0;
}

/*
 * The stream under a description of our own, where it may block: a terminal or a pipe. What never blocks, or
 * can't be opened again, keeps the caller's.
 */
static int open_stream(const struct sys *sys, int fd, int flags, struct relay_stream *ret, struct err *err)
{
        char name[32];
        struct stat st;
        int own = -1, r = sys->op->fstat(sys, fd, &st);

        if (r < 0)
                return err_sys(err, r, "terminal", NULL, "fd %d", fd);
        snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
        r = sys->op->fcntl(sys, fd, F_GETFL, 0);
        bool fits = r >= 0 && ((r & O_ACCMODE) == O_RDWR || (r & O_ACCMODE) == flags);
        if (fits && (S_ISFIFO(st.st_mode) || is_terminal(sys, fd)))
                own = sys->op->openat(sys, AT_FDCWD, name, flags | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, 0);
        if (own < 0)
                own = sys->op->fcntl(sys, fd, F_DUPFD_CLOEXEC, 3);
        if (own < 0)
                return err_sys(err, own, "terminal", NULL, "fd %d", fd);
        *ret = (struct relay_stream){.fd = own, .socket = S_ISSOCK(st.st_mode)};
        return 0;
}

static void close_fd(const struct sys *sys, int *fd)
{
        if (*fd >= 0)
                (void)sys->op->close(sys, *fd);
        *fd = -1;
}

static ssize_t stream_read(const struct sys *sys, const struct relay_stream *s, void *buf, size_t n)
{
        struct iovec iov = {buf, n};
        struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1};

        return s->socket ? sys->op->recvmsg(sys, s->fd, &msg, MSG_DONTWAIT)
                         : sys->op->read(sys, s->fd, buf, n);
}

static ssize_t stream_write(const struct sys *sys, const struct relay_stream *s, const void *buf, size_t n)
{
        struct iovec iov = {(void *)buf, n}; /* sendmsg(2) doesn't write */
        struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1};

        if (s->socket)
                return sys->op->sendmsg(sys, s->fd, &msg, MSG_DONTWAIT | MSG_NOSIGNAL);
        /* poll(2) promises that much of a pipe that is not non-blocking */
        return sys->op->write(sys, s->fd, buf, n < 4096 ? n : 4096);
}

/* Appends what one read gives. > 0; 0 at the end of the stream; -EAGAIN; another error is an end, too. */
static ssize_t fill(const struct sys *sys, const struct relay_stream *s, struct relay_buffer *b)
{
        ssize_t n;

        if (b->from > 0) {
                memmove(b->data, b->data + b->from, used(b));
                b->to -= b->from;
                b->from = 0;
        }
        do
                n = stream_read(sys, s, b->data + b->to, RELAY_BUFFER - b->to);
        while (n == -EINTR);
        if (n > 0)
                b->to += (size_t)n;
        return n;
}

/* Writes what one write takes. 0, or the error. */
static int flush(const struct sys *sys, const struct relay_stream *s, struct relay_buffer *b)
{
        ssize_t n;

        do
                n = stream_write(sys, s, b->data + b->from, used(b));
        while (n == -EINTR);
        if (n < 0)
                return n == -EAGAIN ? 0 : (int)n;
        b->from += (size_t)n;
        return 0;
}

static int make_raw(struct relay *r, struct err *err)
{
        struct termios t;
        int rc;

        if (r->raw_fd < 0)
                return 0;
        rc = r->sys->op->ioctl(r->sys, r->raw_fd, TCGETS, &r->termios);
        if (rc < 0)
                return err_sys(err, rc, "terminal", "standard input", "%s", "");
        t = r->termios; /* cfmakeraw(3) */
        t.c_iflag &= ~(tcflag_t)(IGNBRK | BRKINT | PARMRK | ISTRIP | INLCR | IGNCR | ICRNL | IXON);
        t.c_oflag &= ~(tcflag_t)OPOST;
        t.c_lflag &= ~(tcflag_t)(ECHO | ECHONL | ICANON | ISIG | IEXTEN);
        t.c_cflag = (t.c_cflag & ~(tcflag_t)(CSIZE | PARENB)) | CS8;
        t.c_cc[VMIN] = 1;
        t.c_cc[VTIME] = 0;
        rc = r->sys->op->ioctl(r->sys, r->raw_fd, TCSETS, &t);
        if (rc < 0)
                return err_sys(err, rc, "terminal", "standard input", "making it raw");
        r->saved = true;
        return 0;
}

void relay_resize(struct relay *r)
{
        struct winsize size;

        if (r->master < 0 || r->size_fd < 0 || r->sys->op->ioctl(r->sys, r->size_fd, TIOCGWINSZ, &size) < 0)
                return;
        if (size.ws_row || size.ws_col) /* of unknown size: what process.consoleSize says stays */
                (void)r->sys->op->ioctl(r->sys, r->master, TIOCSWINSZ, &size);
}

static void begin_eof(struct relay *r)
{
        r->eof = r->raw_fd < 0; /* a terminal that is gone is a hangup, not an end of file */
        r->eof_gap = EOF_GAP_MS;
        r->eof_at = now_ms(r);
}

static int begin(struct relay *r, const struct fds_inventory *inventory, struct err *err)
{
        static const int by_size[] = {1, 0, 2};
        const struct sys *sys = r->sys;
        int rc = sys->op->fcntl(sys, r->master, F_SETFL, O_RDWR | O_NONBLOCK);

        if (rc < 0)
                return err_sys(err, rc, "terminal", NULL, "the pty");
        for (size_t i = 0; i < 3 && r->size_fd < 0; i++)
                if (inventory->open_at_entry[by_size[i]] && is_terminal(sys, by_size[i]))
                        r->size_fd = by_size[i];
        if (inventory->open_at_entry[0] && is_terminal(sys, 0))
                r->raw_fd = 0;
        if (inventory->open_at_entry[0])
                rc = open_stream(sys, 0, O_RDONLY, &r->in, err);
        else
                begin_eof(r);
        if (rc == 0 && inventory->open_at_entry[1])
                rc = open_stream(sys, 1, O_WRONLY, &r->out, err);
        if (rc == 0)
                rc = make_raw(r, err);
        if (rc == 0)
                relay_resize(r);
        return rc;
}

int relay_begin(struct relay *r, const struct sys *sys, const struct fds_inventory *inventory, int master,
                struct err *err)
{
        *r = (struct relay){.sys = sys,
                            .master = master,
                            .in = {.fd = -1},
                            .out = {.fd = -1},
                            .raw_fd = -1,
                            .size_fd = -1};
        int rc = begin(r, inventory, err);

        if (rc < 0)
                relay_end(r);
        return rc;
}

int relay_wants(const struct relay *r, struct pollfd p[RELAY_POLLFDS])
{
        short master = 0;

        if (!r->ended && !r->resting && room(&r->to_out) > 0)
                master |= POLLIN;
        if (!r->ended && !r->resting && used(&r->to_master) > 0)
                master |= POLLOUT;
        /* an fd without events would still report POLLHUP, again and again */
        p[P_MASTER] = (struct pollfd){.fd = master ? r->master : -1, .events = master};
        p[P_IN] =
                (struct pollfd){.fd = !r->ended && room(&r->to_master) > 1 ? r->in.fd : -1, .events = POLLIN};
        p[P_OUT] = (struct pollfd){.fd = used(&r->to_out) > 0 ? r->out.fd : -1, .events = POLLOUT};
        if (r->ended || r->master < 0)
                return r->ended && !r->drained && room(&r->to_out) > 0 ? 0 : -1;
        int rest = r->resting ? REST_MS : -1, eof = -1;
        if (r->eof) {
                int64_t left = r->eof_at - now_ms(r);
                eof = left < 0 ? 0 : (int)left;
        }
        return rest >= 0 && (eof < 0 || rest < eof) ? rest : eof;
}

static void hang_up(struct relay *r)
{
        close_fd(r->sys, &r->master);
        close_fd(r->sys, &r->in.fd);
        close_fd(r->sys, &r->out.fd);
        r->to_out.from = r->to_out.to = 0;
        r->to_master.from = r->to_master.to = 0;
        r->drained = true;
}

/* Twice after an unfinished line, which the first one ends. */
static void send_eof(struct relay *r)
{
        struct relay_buffer *b = &r->to_master;
        struct termios t;

        r->eof_at = now_ms(r) + r->eof_gap;
        r->eof_gap = r->eof_gap * 2 < EOF_GAP_MAX_MS ? r->eof_gap * 2 : EOF_GAP_MAX_MS;
        if (used(b) > 0 || r->sys->op->ioctl(r->sys, r->master, TCGETS, &t) < 0)
                return;
        if (!(t.c_lflag & ICANON) && (t.c_lflag & ECHO))
                return;
        b->from = b->to = 0;
        b->data[b->to++] = (char)t.c_cc[VEOF];
        if (r->last_in != '\n')
                b->data[b->to++] = (char)t.c_cc[VEOF];
        r->last_in = '\n';
}

static void take_input(struct relay *r)
{
        ssize_t n = fill(r->sys, &r->in, &r->to_master);

        if (n == -EAGAIN)
                return;
        if (n > 0) {
                r->last_in = r->to_master.data[r->to_master.to - 1];
                return;
        }
        close_fd(r->sys, &r->in.fd);
        begin_eof(r);
}

/* EIO: nobody has the slave open, which may be for now (a payload that opens /dev/tty again), or for good. */
static void take_output(struct relay *r)
{
        const struct relay_stream master = {.fd = r->master};
        ssize_t n = fill(r->sys, &master, &r->to_out);

        r->resting = n <= 0 && n != -EAGAIN;
        if (n <= 0 && r->ended)
                r->drained = true;
        if (r->out.fd < 0) /* the caller closed standard output */
                r->to_out.from = r->to_out.to = 0;
}

static void give_input(struct relay *r)
{
        const struct relay_stream master = {.fd = r->master};

        if (flush(r->sys, &master, &r->to_master) < 0)
                r->to_master.from = r->to_master.to = 0; /* nobody reads it */
}

void relay_move(struct relay *r, const struct pollfd p[RELAY_POLLFDS])
{
        if (p[P_OUT].revents && flush(r->sys, &r->out, &r->to_out) < 0)
                hang_up(r);
        if (r->master < 0)
                return;
        if (p[P_IN].revents && !r->ended)
                take_input(r);
        if (r->eof && !r->ended && now_ms(r) >= r->eof_at)
                send_eof(r);
        if (!r->ended && (p[P_MASTER].revents & (POLLOUT | POLLHUP | POLLERR)) && used(&r->to_master) > 0)
                give_input(r);
        /* Once the payload ended, what read(2) says is the truth: it flushes what is still on its way in the
         * kernel. */
        if (((p[P_MASTER].revents & (POLLIN | POLLHUP | POLLERR)) || r->resting ||
             (r->ended && !r->drained)) &&
            room(&r->to_out) > 0)
                take_output(r);
}

void relay_payload_ended(struct relay *r)
{
        r->ended = true;
        if (r->master < 0)
                r->drained = true;
}

bool relay_done(const struct relay *r)
{
        return r->ended && r->drained && used(&r->to_out) == 0;
}

void relay_end(struct relay *r)
{
        if (!r || !r->sys)
                return;
        if (r->saved) /* TCSETS: output that is stopped must not hold us */
                (void)r->sys->op->ioctl(r->sys, r->raw_fd, TCSETS, &r->termios);
        r->saved = false;
        hang_up(r);
        r->sys = NULL;
}
