#include "tests/labrun/manager.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

char manager_name[256];

static void bind_to(int fd, const char *name)
{
        struct sockaddr_un a = {.sun_family = AF_UNIX};
        socklen_t len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(name) + (name[0] != '@'));

        assert_true(strlen(name) < sizeof(a.sun_path));
        strcpy(a.sun_path, name);
        if (name[0] == '@')
                a.sun_path[0] = '\0';
        assert_int_equal(bind(fd, (struct sockaddr *)&a, len), 0);
}

int manager_at(const char *name, int type)
{
        int fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);

        snprintf(manager_name, sizeof(manager_name), "%s", name);
        unlink(name);
        bind_to(fd, name);
        if (name[0] != '@')
                assert_int_equal(chmod(name, 0666), 0);
        return fd;
}

int manager(struct lab *lab)
{
        char path[128];

        snprintf(path, sizeof(path), "%s/manager", lab->dir);
        return manager_at(path, SOCK_DGRAM);
}

/* One message, "" when none comes within ms; *fds is how many came with it, which are closed. */
const char *manager_message(int fd, int ms, int *fds)
{
        static char text[8192];
        union {
                struct cmsghdr head;
                char space[CMSG_SPACE(8 * sizeof(int))];
        } control;
        struct iovec iov = {text, sizeof(text) - 1};
        struct msghdr msg = {
                .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control.space, .msg_controllen = sizeof(control)};
        struct pollfd p = {.fd = fd, .events = POLLIN};
        ssize_t n = poll(&p, 1, ms) == 1 ? recvmsg(fd, &msg, MSG_CMSG_CLOEXEC | MSG_DONTWAIT) : 0;
        struct cmsghdr *c = n > 0 ? CMSG_FIRSTHDR(&msg) : NULL;

        *fds = c ? (int)((c->cmsg_len - CMSG_LEN(0)) / sizeof(int)) : 0;
        for (int i = 0; i < *fds; i++) {
                int got;
                memcpy(&got, CMSG_DATA(c) + (size_t)i * sizeof(int), sizeof(int));
                close(got);
        }
        text[n < 0 ? 0 : n] = '\0';
        return text;
}

static void assert_told(int fd, const char *expected, int expected_fds)
{
        int fds;
        const char *text = manager_message(fd, LAB_BOUND_MS, &fds);

        assert_string_equal(text, expected);
        assert_int_equal(fds, expected_fds);
}

void assert_nothing_told(int fd)
{
        int fds;

        assert_string_equal(manager_message(fd, 0, &fds), "");
}

void assert_ready_of(int fd, int pid)
{
        char text[64];

        snprintf(text, sizeof(text), "MAINPID=%d\nREADY=1", pid);
        assert_told(fd, text, 0);
}

void assert_barrier(int fd)
{
        assert_told(fd, "BARRIER=1", 1);
}
