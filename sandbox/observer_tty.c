#include "sandbox/observer_tty.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#define BOUND_MS 3000
#define FULL_MS 200 /* a relay that reads at all has done so by then */

static struct winsize seen;

static void pause_ms(void)
{
        nanosleep(&(struct timespec){ 0, 1000000 }, NULL);
}

void tty_look(int ret[OBS_TTY__COUNT])
{
        struct stat console, terminal;

        for (int fd = 0; fd < 3; fd++)
                ret[OBS_TTY_0 + fd] = isatty(fd);
        ret[OBS_TTY_SESSION] = tcgetsid(0) == getsid(0);
        ret[OBS_TTY_FOREGROUND] = tcgetpgrp(0) == getpgrp();
        memset(&seen, 0, sizeof seen);
        (void)ioctl(0, TIOCGWINSZ, &seen);
        ret[OBS_TTY_ROWS] = seen.ws_row;
        ret[OBS_TTY_COLUMNS] = seen.ws_col;
        ret[OBS_TTY_CONSOLE] = stat("/dev/console", &console) == 0 && fstat(0, &terminal) == 0 && S_ISCHR(console.st_mode) &&
                               console.st_rdev == terminal.st_rdev;
}

int64_t tty_raw(void)
{
        struct termios t;

        if (tcgetattr(0, &t) < 0)
                return -errno;
        cfmakeraw(&t);
        return tcsetattr(0, TCSANOW, &t) < 0 ? -errno : 0;
}

int64_t tty_resized(void)
{
        struct winsize is;

        for (int i = 0; i < BOUND_MS; i++) {
                if (ioctl(0, TIOCGWINSZ, &is) < 0)
                        return -errno;
                if (is.ws_row != seen.ws_row || is.ws_col != seen.ws_col)
                        return is.ws_row << 16 | is.ws_col;
                pause_ms();
        }
        return -ETIMEDOUT;
}

int64_t tty_flood(void)
{
        static const char text[512];
        int flags = fcntl(1, F_GETFL), full = 0;
        int64_t sum = 0;

        if (flags < 0 || fcntl(1, F_SETFL, flags | O_NONBLOCK) < 0)
                return -errno;
        while (full < FULL_MS) {
                ssize_t n = write(1, text, sizeof text);
                if (n < 0 && errno != EAGAIN)
                        return -errno;
                sum += n > 0 ? n : 0;
                full = n > 0 ? 0 : full + 1;
                if (n < 0)
                        pause_ms();
        }
        return fcntl(1, F_SETFL, flags) < 0 ? -errno : sum;
}
