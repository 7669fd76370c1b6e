#include "core/container/console_taker.h"

#include <asm/termios.h>
#include <errno.h>
#include <stddef.h>

#include "core/base/err.h"
#include "core/container/handover.h"
#include "core/fds/fds.h"
#include "core/sys.h"

#define CONSOLE_SOCKET "--console-socket"
#define CONSOLE_NAME "/dev/ptmx" /* what runc says with the master */

int console_taker_begin(const struct sys *sys, struct console_taker *t, bool terminal, struct err *err)
{
        if (terminal && !t->path && !t->relays)
                return err_set(err, EINVAL, "console", "/process/terminal",
                               "cannot allocate tty if labrun will detach without setting console "
                               "socket: " CONSOLE_SOCKET " is needed");
        if (t->path && (!terminal || t->relays))
                return err_set(err, EINVAL, "console", CONSOLE_SOCKET,
                               "cannot use console socket if labrun will not detach or allocate tty: %s",
                               terminal ? "in the foreground labrun relays the terminal itself"
                                        : "/process/terminal is false");
        return t->path ? handover_connect(sys, t->path, CONSOLE_SOCKET, &t->socket, err) : 0;
}

/* Now, while init waits for us: the relay begins when exec's payload may have looked already. */
static void fit(const struct sys *sys, const struct console_taker *t)
{
        static const int by_size[] = {1, 0, 2}; /* as the relay */
        struct winsize size;

        for (size_t i = 0; i < 3; i++) {
                if (!t->inventory->open_at_entry[by_size[i]] || sys->op->ioctl(sys, by_size[i], TIOCGWINSZ, &size) < 0)
                        continue;
                if (size.ws_row || size.ws_col) /* of unknown size: what process.consoleSize says stays */
                        (void)sys->op->ioctl(sys, t->master, TIOCSWINSZ, &size);
                return;
        }
}

int console_taker_take(const struct sys *sys, struct console_taker *t, bool terminal, int *fd,
                       struct err *err)
{
        if (!terminal || t->master >= 0)
                return err_set(err, EPROTO, "sync", "init", "sends a terminal that nobody asked for");
        if (t->socket >= 0)
                return handover_send(sys, t->socket, CONSOLE_NAME, *fd, CONSOLE_SOCKET, err);
        t->master = *fd;
        *fd = -1;
        fit(sys, t);
        return 0;
}

static void close_fd(const struct sys *sys, int *fd)
{
        if (*fd >= 0)
                (void)sys->op->close(sys, *fd);
        *fd = -1;
}

void console_taker_close(const struct sys *sys, struct console_taker *t)
{
        close_fd(sys, &t->socket);
        close_fd(sys, &t->master);
}
