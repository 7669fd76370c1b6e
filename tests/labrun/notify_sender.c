/*
 * A payload of sd_notify(3). usage: sender WORD... in their order:
 *      say:TEXT     to NOTIFY_SOCKET, "\n" for a newline, "\0" for a NUL; prints "said" or the errno's name
 *      fd:TEXT      the same with fd 0 by SCM_RIGHTS
 *      long:TEXT    the same, and 5,000 bytes more
 *      env          prints each NOTIFY_SOCKET=... of the environment
 *      await:FILE   until it is there; made:FILE makes one
 *      exit:N       ends
 */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

static size_t unescape(const char *s, char *buf)
{
        size_t n = 0;

        for (; *s; s++) {
                bool special = s[0] == '\\' && (s[1] == 'n' || s[1] == '0');

                buf[n++] = special ? (s[1] == 'n' ? '\n' : '\0') : *s;
                s += special;
        }
        return n;
}

static void say(const char *escaped, bool with_fd, size_t more)
{
        static char text[16384];
        union {
                struct cmsghdr head;
                char space[CMSG_SPACE(sizeof(int))];
        } control = {.space = {0}};
        struct sockaddr_un a = {.sun_family = AF_UNIX};
        struct iovec iov = {text, unescape(escaped, text)};
        struct msghdr msg = {.msg_name = &a, .msg_namelen = sizeof(a), .msg_iov = &iov, .msg_iovlen = 1};
        const char *path = getenv("NOTIFY_SOCKET");
        int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0), zero = 0;

        snprintf(a.sun_path, sizeof(a.sun_path), "%s", path ? path : "");
        memset(text + iov.iov_len, 'x', more);
        iov.iov_len += more;
        if (with_fd) {
                msg.msg_control = &control;
                msg.msg_controllen = sizeof(control.space);
                control.head.cmsg_level = SOL_SOCKET;
                control.head.cmsg_type = SCM_RIGHTS;
                control.head.cmsg_len = CMSG_LEN(sizeof(int));
                memcpy(CMSG_DATA(&control.head), &zero, sizeof(zero));
        }
        puts(sendmsg(fd, &msg, 0) >= 0 ? "said" : strerrorname_np(errno));
        close(fd);
}

int main(int argc, char **argv, char **envp)
{
        const struct timespec nap = {.tv_nsec = 5000000};

        for (int i = 1; i < argc; i++) {
                const char *value = strchrnul(argv[i], ':');

                value += *value == ':';
                if (strncmp(argv[i], "say:", 4) == 0)
                        say(value, false, 0);
                else if (strncmp(argv[i], "fd:", 3) == 0)
                        say(value, true, 0);
                else if (strncmp(argv[i], "long:", 5) == 0)
                        say(value, false, 5000);
                else if (strcmp(argv[i], "env") == 0)
                        for (char **e = envp; *e; e++)
                                if (strncmp(*e, "NOTIFY_SOCKET=", 14) == 0)
                                        puts(*e);
                if (strncmp(argv[i], "made:", 5) == 0)
                        close(open(value, O_WRONLY | O_CREAT | O_CLOEXEC, 0666));
                while (strncmp(argv[i], "await:", 6) == 0 && access(value, F_OK) != 0)
                        nanosleep(&nap, NULL);
                fflush(stdout);
                if (strncmp(argv[i], "exit:", 5) == 0)
                        return atoi(value);
        }
        return 0;
}
