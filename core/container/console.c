#include "core/container/console.h"

#include <asm/termios.h>
#include <errno.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <stdint.h>
#include <sys/sysmacros.h>

#include "core/base/err.h"
#include "core/base/scope.h"
#include "core/config/config.h"
#include "core/container/inside.h"
#include "core/container/mnt.h"
#include "core/fds/fds.h"
#include "core/sys.h"

#define TERMINAL "/process/terminal"
#define CONSOLE "/dev/console"
#define DEVPTS_ROOT_INO 1

static int open_root(const struct sys *sys, int *ret_fd, struct err *err)
{
        int fd = sys->op->openat(sys, AT_FDCWD, "/", O_PATH | O_DIRECTORY | O_CLOEXEC, 0);

        if (fd < 0)
                return err_sys(err, fd, "console", "/", "%s", "");
        *ret_fd = fd;
        return 0;
}

static int is_devpts(const struct sys *sys, int fd)
{
        struct statfs fs;
        int r = sys->op->fstatfs(sys, fd, &fs);

        return r < 0 ? r : fs.f_type == DEVPTS_SUPER_MAGIC ? 0 : -ENODEV;
}

/* The root of a devpts, on a path without a symlink. Nobody can make or remove files in one. */
static int open_devpts(const struct sys *sys, int *ret_fd, struct err *err)
{
        SCOPED_FD root = {sys, -1}, dir = {sys, -1};
        struct stat st;
        int r = open_root(sys, &root.fd, err);

        if (r < 0)
                return r;
        r = dir.fd = inside_open(sys, root.fd, "/dev/pts", O_PATH | O_DIRECTORY, RESOLVE_NO_SYMLINKS);
        if (r >= 0)
                r = is_devpts(sys, dir.fd);
        if (r == 0)
                r = sys->op->fstat(sys, dir.fd, &st);
        if (r == 0 && st.st_ino != DEVPTS_ROOT_INO)
                r = -ENODEV;
        if (r < 0)
                return err_sys(err, r, "console", TERMINAL, "a terminal needs a devpts mounted at /dev/pts");
        *ret_fd = scoped_fd_steal(&dir);
        return 0;
}

static int is_ptmx(const struct sys *sys, int fd)
{
        struct stat st;
        int r = sys->op->fstat(sys, fd, &st);

        if (r == 0)
                r = is_devpts(sys, fd);
        if (r == 0 && (!S_ISCHR(st.st_mode) || st.st_rdev != makedev(5, 2)))
                r = -ENODEV;
        return r;
}

/* NO_XDEV: a mount over the devpts's own ptmx (a bind of the config's) is not followed. */
static int open_master(const struct sys *sys, int devpts, int *ret_fd, struct err *err)
{
        SCOPED_FD fd = {sys, -1};
        int r = fd.fd =
                inside_open(sys, devpts, "ptmx", O_RDWR | O_NOCTTY, RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV);

        if (r >= 0)
                r = is_ptmx(sys, fd.fd);
        if (r < 0)
                return err_sys(err, r, "console", TERMINAL, "/dev/pts/ptmx%s",
                               r == -ENOSPC ? " (no pty is left: max= of the devpts, or kernel.pty.max)"
                                            : "");
        *ret_fd = scoped_fd_steal(&fd);
        return 0;
}

static int open_slave(const struct sys *sys, int master, int *ret_fd, struct err *err)
{
        int locked = 0, r = sys->op->ioctl(sys, master, TIOCSPTLCK, &locked);

        if (r == 0)
                r = sys->op->ioctl(sys, master, TIOCGPTPEER,
                                   (void *)(uintptr_t)(O_RDWR | O_NOCTTY | O_CLOEXEC));
        if (r < 0)
                return err_sys(err, r, "console", TERMINAL, "the pty's slave (TIOCGPTPEER, Linux 4.13)");
        *ret_fd = r;
        return 0;
}

static int set_size(const struct sys *sys, int master, const struct config_process *process, struct err *err)
{
        uint32_t height = process->console_size.height, width = process->console_size.width;
        struct winsize size = {.ws_row = (unsigned short)height, .ws_col = (unsigned short)width};
        int r;

        if (!process->console_size.set)
                return 0;
        if (height > UINT16_MAX || width > UINT16_MAX)
                return err_set(err, ERANGE, "console",
                               height > UINT16_MAX ? "/process/consoleSize/height"
                                                   : "/process/consoleSize/width",
                               "%u is more than a terminal can have", height > UINT16_MAX ? height : width);
        r = sys->op->ioctl(sys, master, TIOCSWINSZ, &size);
        return r < 0 ? err_sys(err, r, "console", "/process/consoleSize", "%s", "") : 0;
}

static int give_away(const struct sys *sys, int slave, uint32_t uid, struct err *err)
{
        struct stat st;
        int r = sys->op->fstat(sys, slave, &st);

        if (r == 0 && st.st_uid != uid)
                r = sys->op->fchown(sys, slave, uid, (gid_t)-1);
        return r < 0 ? err_sys(err, r, "console", "/process/user/uid", "giving the terminal to user %u", uid)
                     : 0;
}

int console_open(const struct sys *sys, const struct config_process *process, struct console_pty *ret,
                 struct err *err)
{
        CONSOLE_PTY_SCOPED pty = {sys, -1, -1};
        SCOPED_FD devpts = {sys, -1};
        int r = open_devpts(sys, &devpts.fd, err);

        if (r == 0)
                r = open_master(sys, devpts.fd, &pty.master, err);
        if (r == 0)
                r = open_slave(sys, pty.master, &pty.slave, err);
        if (r == 0)
                r = set_size(sys, pty.master, process, err);
        if (r == 0)
                r = give_away(sys, pty.slave, process->user.uid, err);
        if (r < 0)
                return r;
        *ret = pty;
        pty.master = pty.slave = -1;
        return 0;
}

/* An existing /dev/console of any type, or a new empty file; never what a symlink leads to. */
static int open_target(const struct sys *sys, int dev, int *ret_fd)
{
        struct stat st;
        int made, r, fd = inside_open(sys, dev, "console", O_PATH | O_NOFOLLOW, 0);

        if (fd == -ENOENT) {
                made = sys->op->openat(sys, dev, "console",
                                       O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_NOCTTY | O_CLOEXEC, 0666);
                if (made < 0)
                        return made;
                (void)sys->op->close(sys, made);
                fd = inside_open(sys, dev, "console", O_PATH | O_NOFOLLOW, 0);
        }
        if (fd < 0)
                return fd;
        r = sys->op->fstat(sys, fd, &st);
        if (r == 0 && S_ISLNK(st.st_mode))
                r = -ELOOP;
        if (r == 0 && S_ISDIR(st.st_mode))
                r = -EISDIR;
        if (r < 0) {
                (void)sys->op->close(sys, fd);
                return r;
        }
        *ret_fd = fd;
        return 0;
}

int console_mount(const struct console_pty *pty, struct err *err)
{
        const struct sys *sys = pty->sys;
        SCOPED_FD root = {sys, -1}, dev = {sys, -1}, target = {sys, -1}, tree = {sys, -1};
        int r = open_root(sys, &root.fd, err);

        if (r < 0)
                return r;
        r = dev.fd = inside_open(sys, root.fd, "/dev", O_PATH | O_DIRECTORY, RESOLVE_NO_SYMLINKS);
        if (r >= 0)
                r = open_target(sys, dev.fd, &target.fd);
        if (r == 0)
                r = tree.fd = mnt_clone(sys, pty->slave, "", false);
        if (r >= 0)
                r = mnt_attach(sys, tree.fd, target.fd);
        return r < 0 ? err_sys(err, r, "console", TERMINAL, "mounting the terminal at " CONSOLE "%s",
                               mnt_hint(r))
                     : 0;
}

int console_attach(struct console_pty *pty, struct fds_inventory *inventory, struct err *err)
{
        const struct sys *sys = pty->sys;

        for (int fd = 0; fd < 3; fd++) {
                int r = sys->op->dup3(sys, pty->slave, fd, 0);
                if (r < 0)
                        return err_sys(err, r, "console", TERMINAL, "the terminal as fd %d", fd);
                inventory->open_at_entry[fd] = true;
        }
        (void)sys->op->close(sys, pty->slave);
        pty->slave = -1;
        return 0;
}

int console_control(const struct sys *sys, struct err *err)
{
        int r = sys->op->ioctl(sys, 0, TIOCSCTTY, NULL);

        return r < 0 ? err_sys(err, r, "console", TERMINAL, "the controlling terminal (TIOCSCTTY)") : 0;
}

void console_close_master(struct console_pty *pty)
{
        if (pty->master >= 0)
                (void)pty->sys->op->close(pty->sys, pty->master);
        pty->master = -1;
}

void console_close(struct console_pty *pty)
{
        if (!pty)
                return;
        console_close_master(pty);
        if (pty->slave >= 0)
                (void)pty->sys->op->close(pty->sys, pty->slave);
        pty->slave = -1;
}
