/* The terminals of a world: our own, whose slave the runtime gets, and those whose masters it sends us. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "sandbox/world.h"

#define NEAR_MIN 100 /* as in world.c */

static int raise_copy(int fd)
{
        return fcntl(fd, F_DUPFD_CLOEXEC, NEAR_MIN);
}

static int set_size(int fd, int rows, int columns)
{
        struct winsize size = { .ws_row = (unsigned short)rows, .ws_col = (unsigned short)columns };

        return ioctl(fd, TIOCSWINSZ, &size) < 0 ? -errno : 0;
}

/* One open file on 0, 1 and 2, as a shell gives it. */
int world_pty_make(struct world *w)
{
        int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC), slave = -1, rc = -EMFILE;

        if (master < 0)
                return -errno;
        if (unlockpt(master) == 0)
                slave = ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC); /* Linux 4.13 */
        if (slave >= 0) {
                for (int i = 0; i < 3; i++)
                        w->near[i] = raise_copy(slave);
                w->far[0] = raise_copy(master);
                w->far[1] = raise_copy(master);
                w->tty = raise_copy(master);
                rc = w->tty < 0 || w->near[2] < 0 ? -EMFILE : set_size(slave, SCENARIO_ROWS, SCENARIO_COLUMNS);
                if (rc == 0 && tcgetattr(slave, &w->cooked) < 0)
                        rc = -errno;
                close(slave);
        }
        close(master);
        return rc;
}

int world_pty_control(void)
{
        return setsid() < 0 || ioctl(0, TIOCSCTTY, 0) < 0 ? -errno : 0;
}

void world_pty_take(struct world *w, int number, int fd)
{
        int up = raise_copy(fd);

        close(fd);
        if (number == 0) { /* far[0] is what goes to the payload's stdin */
                w->reader[0].fd = up;
                w->reader[0].attached = true;
                fcntl(up, F_SETFL, fcntl(up, F_GETFL) | O_NONBLOCK);
                return;
        }
        w->far[1] = up;
        w->far[0] = raise_copy(up);
        w->tty = raise_copy(up);
        world_start_reader(w, 1);
}

bool world_pty_changed(const struct world *w)
{
        struct termios now;

        /* the master shows the slave's settings, whether or not that is open */
        if (!scenario_relayed_terminal(w->s) || tcgetattr(w->tty, &now) < 0)
                return false;
        return now.c_iflag != w->cooked.c_iflag || now.c_oflag != w->cooked.c_oflag || now.c_cflag != w->cooked.c_cflag ||
               now.c_lflag != w->cooked.c_lflag || memcmp(now.c_cc, w->cooked.c_cc, sizeof now.c_cc) != 0;
}

bool world_pty_echoes(const struct world *w)
{
        struct termios now;

        return scenario_relayed_terminal(w->s) && tcgetattr(w->tty, &now) == 0 && (now.c_lflag & ECHO);
}

void world_pty_resize(struct world *w)
{
        if (w->tty >= 0)
                (void)set_size(w->tty, SCENARIO_ROWS_LATER, SCENARIO_COLUMNS_LATER);
}

size_t world_pty_narrow(unsigned char *buf, size_t n)
{
        size_t out = 0;

        for (size_t i = 0; i < n; i++) {
                while (buf[i] == '\n' && out > 0 && buf[out - 1] == '\r')
                        out--;
                buf[out++] = buf[i];
        }
        return out;
}
