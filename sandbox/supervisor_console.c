/* The socket of --console-socket: a runtime connects to it and sends the master of the terminal that it has made. */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <fcntl.h>
#include <unistd.h>

#include "sandbox/supervisor_private.h"

bool super_has_console(const struct scenario *s)
{
        return (scenario_terminal(s) && s->client.flow != FLOW_RUN) || scenario_has_operation(s, OPERATION_EXEC_TTY);
}

/* A service manager that hears whatever is told, as its queue is long enough for a container. */
int super_manager_listen(struct super *su)
{
        struct sockaddr_un address = { .sun_family = AF_UNIX, .sun_path = SURROUNDINGS_NOTIFY };
        int low;

        if (!su->job->s->world.notify)
                return 0;
        low = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        su->manager = fcntl(low, F_DUPFD_CLOEXEC, 100);
        close(low);
        return su->manager < 0 || bind(su->manager, (struct sockaddr *)&address, sizeof address) < 0 ? -errno : 0;
}

int super_console_listen(struct super *su)
{
        struct sockaddr_un address = { .sun_family = AF_UNIX, .sun_path = SURROUNDINGS_CONSOLE };
        int low, rc = 0;

        su->console = -1;
        if (!super_has_console(su->job->s))
                return 0;
        low = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        if (low < 0)
                return -errno;
        su->console = fcntl(low, F_DUPFD_CLOEXEC, 100);
        close(low);
        if (su->console < 0 || bind(su->console, (struct sockaddr *)&address, sizeof address) < 0 || listen(su->console, 4) < 0)
                rc = -errno;
        return rc;
}

/* The fd that comes with a message, -1: none. Whoever connects has it ready. */
static int receive(int connection)
{
        union {
                struct cmsghdr align;
                char buf[CMSG_SPACE(sizeof(int))];
        } control;
        char name[256];
        struct iovec iov = { name, sizeof name };
        struct msghdr message = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control };
        struct cmsghdr *c;
        int fd = -1;

        setsockopt(connection, SOL_SOCKET, SO_RCVTIMEO, &(struct timeval){ 2, 0 }, sizeof(struct timeval));
        if (recvmsg(connection, &message, MSG_CMSG_CLOEXEC) <= 0)
                return -1;
        c = CMSG_FIRSTHDR(&message);
        if (c && c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS && c->cmsg_len == CMSG_LEN(sizeof fd))
                memcpy(&fd, CMSG_DATA(c), sizeof fd);
        return fd;
}

void super_console_take(struct super *su)
{
        int connection, fd;

        if (su->console < 0)
                return;
        while ((connection = accept4(su->console, NULL, NULL, SOCK_CLOEXEC)) >= 0) {
                fd = receive(connection);
                close(connection);
                if (fd >= 0)
                        world_pty_take(&su->w, su->exec_tty ? 0 : 1, fd);
        }
}
