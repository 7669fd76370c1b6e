/*
 * The container's terminal, init's side. Everything here happens inside the container's own file system,
 * which is untrusted: the pty comes from the devpts mount at /dev/pts by fd, its slave from the master
 * (TIOCGPTPEER, Linux 4.13), never from the name /dev/pts/N (CVE-2025-52565), and /dev/console is no symbolic
 * link.
 *
 * Order: console_open, console_mount, the master sent away and closed, console_attach, setsid(2),
 * console_control. exec does the same without console_mount. Source: runtime-spec config.md
 * "process.terminal"; pty(7); tty_ioctl(4).
 */
#pragma once

struct config_process;
struct err;
struct fds_inventory;
struct sys;

/* Both fds are CLOEXEC. */
struct console_pty {
        const struct sys *sys;
        int master, slave; /* -1: none */
};

#define CONSOLE_PTY_SCOPED __attribute__((cleanup(console_close))) struct console_pty

/*
 * A new pty of the devpts at /dev/pts, of the size that process.consoleSize gives (0 by 0 without one), its
 * slave owned by the payload's user (the group is devpts's business: gid=), so that it may open it again by
 * name. The caller's root is the container's. ret->sys is set. On success the fds are the caller's
 * (console_close). Errors point to /process/terminal: -ENOENT or -ENODEV (no devpts there), -ENOSPC, ...
 */
int console_open(const struct sys *sys, const struct config_process *process, struct console_pty *ret,
                 struct err *err);

/* Makes /dev/console if it isn't there, and mounts the slave over it. */
int console_mount(const struct console_pty *pty, struct err *err);

/* Closes the master, which must not be there any more when anything of the container runs. May be repeated.
 */
void console_close_master(struct console_pty *pty);

/* The slave becomes fds 0, 1 and 2, which *inventory then has as open; the slave's own number is closed. */
int console_attach(struct console_pty *pty, struct fds_inventory *inventory, struct err *err);

/* Fd 0 becomes the controlling terminal of the session that the caller leads. */
int console_control(const struct sys *sys, struct err *err);

/* NULL-safe; may be repeated. */
void console_close(struct console_pty *pty);
