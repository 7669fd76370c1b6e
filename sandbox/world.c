#include "sandbox/world.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "sandbox/host.h"
#include "sandbox/pattern.h"

#define NEAR_MIN 100 /* out of the way of the numbers that the runtime gets */
#define SLOW_BYTES 4096u

/* Moves fd to a number >= NEAR_MIN, CLOEXEC. */
static int raise_fd(int fd)
{
        int up = fcntl(fd, F_DUPFD_CLOEXEC, NEAR_MIN), rc = -errno;

        close(fd);
        return up < 0 ? rc : up;
}

static int fill_file(int fd, int number, uint32_t bytes)
{
        unsigned char buf[4096];

        for (uint32_t at = 0; at < bytes;) {
                size_t n = bytes - at < sizeof buf ? bytes - at : sizeof buf;
                pattern_fill(number, at, buf, n);
                if (write(fd, buf, n) != (ssize_t)n)
                        return -EIO;
                at += (uint32_t)n;
        }
        return 0;
}

/* stdin: to be read from its begin; stdout, stderr: empty; others stand at an offset of their own. */
static int make_file(const struct scenario *s, const char *dir, int number)
{
        char path[256];
        int fd, rc = 0;

        snprintf(path, sizeof path, "%s/%d", dir, number);
        fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
        if (fd < 0)
                return -errno;
        if (number == 0 || number > 2)
                rc = fill_file(fd, number, number == 0 ? s->world.stdin_bytes : 200);
        close(fd);
        if (rc < 0)
                return rc;
        fd = open(path, (number == 0 ? O_RDONLY : number <= 2 ? O_WRONLY : O_RDWR) | O_CLOEXEC);
        if (fd >= 0 && number > 2)
                lseek(fd, 10 + number, SEEK_SET);
        return fd < 0 ? -errno : fd;
}

static int make_one(struct world *w, const char *dir, int number)
{
        int fds[2] = { -1, -1 };

        switch (w->s->world.fd[number]) {
        case KIND_PIPE:
                if (pipe2(fds, O_CLOEXEC) < 0)
                        return -errno;
                if (number == 0) {
                        w->near[0] = raise_fd(fds[0]);
                        w->far[0] = raise_fd(fds[1]);
                } else {
                        w->near[number] = raise_fd(fds[1]);
                        w->far[number] = raise_fd(fds[0]);
                }
                break;
        case KIND_SOCKET:
                if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) < 0)
                        return -errno;
                w->near[number] = raise_fd(fds[0]);
                w->far[number] = raise_fd(fds[1]);
                break;
        case KIND_FILE:
                w->near[number] = make_file(w->s, dir, number);
                if (w->near[number] >= 0)
                        w->near[number] = raise_fd(w->near[number]);
                break;
        case KIND_DEVNULL:
                w->near[number] = open("/dev/null", O_RDWR | O_CLOEXEC);
                if (w->near[number] >= 0)
                        w->near[number] = raise_fd(w->near[number]);
                break;
        case KIND_DIRECTORY:
                w->near[number] = open(HOST_DIR, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
                if (w->near[number] >= 0)
                        w->near[number] = raise_fd(w->near[number]);
                break;
        case KIND_PTY:
                if (scenario_relayed_terminal(w->s))
                        return number == 0 ? world_pty_make(w) : 0;
                w->near[number] = open("/dev/null", O_RDWR | O_CLOEXEC); /* of the runtime itself */
                if (w->near[number] >= 0)
                        w->near[number] = raise_fd(w->near[number]);
                break;
        case KIND_CLOSED:
                return 0;
        }
        return w->near[number] < 0 ? -EMFILE : 0;
}

static int watch(int fd)
{
        char path[64];

        snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
        fd = open(path, O_PATH | O_CLOEXEC);
        return fd < 0 ? -errno : raise_fd(fd);
}

void world_owners(const struct world *w, struct obs_owner owner[SCENARIO_FD_MAX], int when)
{
        struct stat st;

        for (int i = 0; i < SCENARIO_FD_MAX; i++) {
                if (w->watch[i] < 0 || fstat(w->watch[i], &st) < 0)
                        continue;
                owner[i].there = true;
                owner[i].uid[when] = st.st_uid;
                owner[i].gid[when] = st.st_gid;
                owner[i].mode[when] = st.st_mode;
        }
}

static int note(int fd, int number, struct obs_fd *made)
{
        struct stat st;

        if (fcntl(fd, F_SETSIG, 1 + number) < 0 || fstat(fd, &st) < 0)
                return -errno;
        *made = (struct obs_fd){ .fd = number, .dev = st.st_dev, .ino = st.st_ino, .rdev = st.st_rdev,
                                 .mode = st.st_mode, .flags = fcntl(fd, F_GETFL), .mark = fcntl(fd, F_GETSIG),
                                 .offset = S_ISREG(st.st_mode) ? lseek(fd, 0, SEEK_CUR) : -1 };
        return 0;
}

void world_start_reader(struct world *w, int number)
{
        struct world_reader *r = &w->reader[number];

        r->fd = w->far[number];
        r->attached = w->s->reader[number].attach == ATTACH_BEFORE;
        fcntl(r->fd, F_SETFL, fcntl(r->fd, F_GETFL) | O_NONBLOCK);
        if (w->s->world.fd[number] == KIND_SOCKET)
                shutdown(r->fd, SHUT_WR);
}

int world_make(const struct scenario *s, const char *dir, struct world *w, struct obs_fd made[SCENARIO_FD_MAX])
{
        memset(w, 0, sizeof *w);
        w->s = s;
        w->tty = -1;
        w->hungry = !scenario_terminal(s) || s->world.stdin_bytes == 0;
        for (int i = 0; i < SCENARIO_FD_MAX; i++) {
                w->near[i] = w->far[i] = w->watch[i] = -1;
                made[i].fd = -1;
        }
        for (int i = 0; i < 3; i++)
                w->reader[i] = (struct world_reader){ .fd = -1, .eof_ms = -1 };
        for (int i = 0; i < SCENARIO_FD_MAX; i++) {
                int rc = make_one(w, dir, i);
                if (rc == 0 && w->near[i] >= 0)
                        rc = note(w->near[i], i, &made[i]);
                if (rc == 0 && w->near[i] >= 0)
                        rc = w->watch[i] = watch(w->near[i]);
                if (rc < 0)
                        return rc;
        }
        if (w->far[0] >= 0)
                fcntl(w->far[0], F_SETFL, fcntl(w->far[0], F_GETFL) | O_NONBLOCK);
        for (int i = 1; i < 3; i++)
                if (w->far[i] >= 0)
                        world_start_reader(w, i);
        return 0;
}

int world_enter(const struct world *w)
{
        for (int i = 0; i < SCENARIO_FD_MAX; i++) {
                if (w->near[i] < 0)
                        close(i);
                else if (dup2(w->near[i], i) < 0)
                        return -errno;
        }
        /* Whatever our caller left open must not look like the runtime's leak. CLOSE_RANGE_CLOEXEC: Linux 5.11 */
        return syscall(SYS_close_range, SCENARIO_FD_MAX, ~0u, 4u) < 0 ? -errno : 0;
}

void world_close_near(struct world *w)
{
        for (int i = 0; i < SCENARIO_FD_MAX; i++) {
                if (w->near[i] >= 0)
                        close(w->near[i]);
                w->near[i] = -1;
        }
}

size_t world_poll(const struct world *w, struct pollfd *p, int *timeout, int64_t now_ms)
{
        size_t n = 0;

        if (w->far[0] >= 0 && w->hungry)
                p[n++] = (struct pollfd){ w->far[0], POLLOUT, 0 };
        for (int i = 0; i < 3; i++) {
                const struct world_reader *r = &w->reader[i];
                if (r->fd < 0 || !r->attached)
                        continue;
                if (r->next_ms > now_ms)
                        *timeout = *timeout < 1 ? *timeout : 1;
                else
                        p[n++] = (struct pollfd){ r->fd, POLLIN, 0 };
        }
        return n;
}

static void close_in(struct world *w)
{
        close(w->far[0]);
        w->far[0] = -1;
}

static bool feed(struct world *w)
{
        unsigned char buf[65536];
        size_t left = w->s->world.stdin_bytes - w->in_done, n = left < sizeof buf ? left : sizeof buf;
        ssize_t sent;

        if (n == 0) {
                close_in(w);
                return true;
        }
        pattern_fill(0, w->in_done, buf, n);
        sent = write(w->far[0], buf, n);
        if (sent < 0) {
                if (errno != EAGAIN && errno != EINTR)
                        close_in(w); /* nobody reads any more */
                return false;
        }
        w->in_done += (size_t)sent;
        return true;
}

static bool grow(struct world_reader *r, size_t room)
{
        size_t size = r->size ? r->size : 1u << 16;
        unsigned char *buf;

        while (size < r->n + room)
                size *= 2;
        if (size == r->size)
                return true;
        buf = realloc(r->buf, size);
        if (!buf)
                return false;
        r->buf = buf;
        r->size = size;
        return true;
}

static int64_t clock_ms(void)
{
        struct timespec t;

        clock_gettime(CLOCK_MONOTONIC, &t);
        return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static bool take(struct world *w, int number, int64_t now_ms)
{
        struct world_reader *r = &w->reader[number];
        enum scenario_speed speed = w->s->reader[number].speed;
        size_t want = speed == SPEED_FAST ? 65536 : speed == SPEED_SLOW ? SLOW_BYTES : 1;
        unsigned rounds = speed == SPEED_BYTES ? 4096 : 1;
        bool moved = false;

        if (r->fd < 0 || !r->attached || r->next_ms > now_ms)
                return false;
        while (rounds-- > 0) {
                ssize_t got;

                if (!grow(r, want))
                        abort(); /* tens of megabytes are not there: nothing can be said about this run */
                got = read(r->fd, r->buf + r->n, want);
                if (got < 0 && errno == EIO) /* nobody has the terminal open any more */
                        got = 0;
                if (got < 0)
                        return moved;
                if (got == 0) {
                        r->eof = true;
                        r->eof_ms = clock_ms(); /* not before: now_ms may be older than what was read */
                        close(r->fd);
                        r->fd = -1;
                        if (number > 0)
                                w->far[number] = -1;
                        return true;
                }
                moved = true;
                if (r->n < WORLD_STREAM_MAX)
                        r->n += (size_t)got;
        }
        if (speed == SPEED_SLOW)
                r->next_ms = now_ms + 1;
        return moved;
}

bool world_pump(struct world *w, int64_t now_ms)
{
        bool moved = w->far[0] >= 0 && w->hungry && feed(w);

        for (int i = 0; i < 3; i++)
                moved |= take(w, i, now_ms);
        return moved;
}

void world_attach(struct world *w, enum scenario_attach when)
{
        for (int i = 1; i < 3; i++)
                if (w->s->reader[i].attach == when)
                        w->reader[i].attached = true;
}

bool world_at_eof(const struct world *w)
{
        for (int i = 0; i < 3; i++)
                if (w->reader[i].fd >= 0 && w->s->reader[i].attach != ATTACH_NEVER)
                        return false;
        return true;
}

static int read_file(struct world_reader *r, const char *dir, int number)
{
        char path[256];
        int fd;
        ssize_t got = 1;

        snprintf(path, sizeof path, "%s/%d", dir, number);
        fd = open(path, O_RDONLY | O_CLOEXEC);
        if (fd < 0)
                return -errno;
        while (got > 0) {
                if (!grow(r, 65536) || r->n > WORLD_STREAM_MAX)
                        break;
                got = read(fd, r->buf + r->n, 65536);
                if (got > 0)
                        r->n += (size_t)got;
        }
        r->eof = got == 0;
        close(fd);
        return got < 0 ? -errno : 0;
}

int world_judge_streams(struct world *w, const char *dir, struct obs_stream stream[3])
{
        for (int i = 0; i < 3; i++) {
                enum scenario_kind kind = w->s->world.fd[i];
                struct world_reader *r = &w->reader[i];
                size_t n = (size_t)scenario_expected_bytes(w->s, i);
                unsigned char *want;
                int rc = 0;

                stream[i].used = i == 0 ? n > 0 :
                                 kind == KIND_PIPE || kind == KIND_SOCKET || kind == KIND_FILE || (kind == KIND_PTY && i == 1);
                stream[i].used &= w->s->reader[i].attach != ATTACH_NEVER;
                stream[i].first_diff = stream[i].eof_ms = -1;
                if (!stream[i].used)
                        continue;
                if (kind == KIND_FILE && i > 0)
                        rc = read_file(r, dir, i);
                want = malloc(n + 1);
                if (rc < 0 || !want || !grow(r, 1)) {
                        free(want);
                        return rc < 0 ? rc : -ENOMEM;
                }
                if (i == 0 || kind == KIND_PTY)
                        r->n = world_pty_narrow(r->buf, r->n);
                scenario_expected_fill(w->s, i, want);
                obs_stream_compare(&stream[i], r->buf, r->n, want, n);
                stream[i].eof = r->eof;
                stream[i].eof_ms = r->eof_ms;
                free(want);
        }
        return 0;
}
