#include "tests/labrun/terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>

void term_open(struct term *t, unsigned short rows, unsigned short cols)
{
        *t = (struct term){.master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC)};
        assert_true(t->master >= 0);
        assert_int_equal(grantpt(t->master), 0);
        assert_int_equal(unlockpt(t->master), 0);
        assert_int_equal(ptsname_r(t->master, t->name, sizeof(t->name)), 0);
        t->slave = open(t->name, O_RDWR | O_NOCTTY | O_CLOEXEC);
        assert_true(t->slave >= 0);
        assert_int_equal(fcntl(t->master, F_SETFL, O_RDWR | O_NONBLOCK), 0);
        assert_int_equal(tcgetattr(t->slave, &t->before), 0);
        term_resize(t, rows, cols);
}

void term_close(struct term *t)
{
        close(t->master);
        close(t->slave);
}

void term_login(void *term)
{
        const struct term *t = term;

        setsid();
        int fd = open(t->name,
                      O_RDWR); /* the first that a session's leader opens is its controlling terminal */
        dup2(fd, 0);
        dup2(fd, 1);
        dup2(fd, 2);
        if (fd > 2)
                close(fd);
}

void term_type(struct term *t, const char *text)
{
        assert_int_equal(write(t->master, text, strlen(text)), strlen(text));
}

void term_resize(struct term *t, unsigned short rows, unsigned short cols)
{
        struct winsize size = {.ws_row = rows, .ws_col = cols};

        assert_int_equal(ioctl(t->master, TIOCSWINSZ, &size), 0);
}

static void take(struct term *t)
{
        ssize_t n;

        while (1) {
                if (t->n > sizeof(t->out) / 2) { /* keep the end */
                        memmove(t->out, t->out + t->n / 2, t->n - t->n / 2);
                        t->n -= t->n / 2;
                }
                n = read(t->master, t->out + t->n, sizeof(t->out) - 1 - t->n);
                if (n <= 0)
                        break;
                t->n += (size_t)n;
                t->out[t->n] = '\0';
        }
}

bool term_until(struct term *t, const char *text)
{
        for (int ms = 0; ms < LAB_BOUND_MS; ms += 100) {
                struct pollfd p = {.fd = t->master, .events = POLLIN};
                take(t);
                if (strstr(t->out, text))
                        return true;
                poll(&p, 1, 100);
        }
        print_message("never came: %s\ncame: %s\n", text, t->out);
        return false;
}

int term_wait(struct term *t, pid_t pid)
{
        int code, pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
        struct pollfd p[] = {{.fd = pidfd, .events = POLLIN}, {.fd = t->master, .events = POLLIN}};

        while (poll(p, 2, LAB_BOUND_MS) > 0 && !p[0].revents)
                take(t);
        code = lab_wait(pid);
        take(t);
        close(pidfd);
        return code;
}

bool term_is_raw(const struct term *t)
{
        struct termios now;

        assert_int_equal(tcgetattr(t->slave, &now), 0);
        return !(now.c_lflag & (ICANON | ECHO | ISIG)) && !(now.c_oflag & OPOST) &&
               !(now.c_iflag & (ICRNL | IXON));
}

bool term_is_restored(const struct term *t)
{
        struct termios now;

        assert_int_equal(tcgetattr(t->slave, &now), 0);
        return now.c_iflag == t->before.c_iflag && now.c_oflag == t->before.c_oflag &&
               now.c_cflag == t->before.c_cflag && now.c_lflag == t->before.c_lflag &&
               memcmp(now.c_cc, t->before.c_cc, sizeof(now.c_cc)) == 0;
}

/* --- an engine --- */

int term_listen(const struct lab *lab, char path[TERM_SOCKET])
{
        struct sockaddr_un a = {.sun_family = AF_UNIX};
        int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

        snprintf(path, TERM_SOCKET, "%s/socket", lab->dir);
        unlink(path);
        snprintf(a.sun_path, sizeof(a.sun_path), "%s", path);
        assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof(a)), 0);
        assert_int_equal(chmod(path, 0777), 0);
        assert_int_equal(listen(fd, 8), 0);
        return fd;
}

int term_take(int listener, const char *name)
{
        union {
                struct cmsghdr head;
                char space[CMSG_SPACE(sizeof(int))];
        } control;
        char text[64];
        struct iovec iov = {text, sizeof(text) - 1};
        struct msghdr msg = {.msg_iov = &iov,
                             .msg_iovlen = 1,
                             .msg_control = control.space,
                             .msg_controllen = sizeof(control)};
        struct pollfd p = {.fd = listener, .events = POLLIN};
        int got, fd;

        assert_int_equal(poll(&p, 1, LAB_BOUND_MS), 1);
        fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
        ssize_t n = recvmsg(fd, &msg, MSG_CMSG_CLOEXEC);
        assert_true(n > 0);
        text[n] = '\0';
        assert_string_equal(text, name);
        assert_non_null(CMSG_FIRSTHDR(&msg));
        memcpy(&got, CMSG_DATA(CMSG_FIRSTHDR(&msg)), sizeof(got));
        assert_int_equal(recv(fd, text, 1, 0), 0); /* nothing else, and closed */
        close(fd);
        return got;
}

const char *term_read_all(int master)
{
        static char text[65536];
        size_t got = 0;

        for (;;) {
                struct pollfd p = {.fd = master, .events = POLLIN};
                assert_int_equal(poll(&p, 1, LAB_BOUND_MS), 1);
                ssize_t n = read(master, text + got, sizeof(text) - 1 - got);
                if (n < 0)
                        assert_int_equal(errno, EIO);
                if (n <= 0)
                        break;
                got += (size_t)n;
        }
        text[got] = '\0';
        return text;
}
