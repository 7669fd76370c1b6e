/* The seam's table for the real kernel. See sys.h for the conventions. */
#include "core/sys_linux.h"

#include <errno.h>
#include <linux/capability.h>
#include <linux/close_range.h>
#include <linux/openat2.h>
#include <linux/sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/sendfile.h>
#include <sys/syscall.h>
#include <unistd.h>

#define U __attribute__((unused))

/* libc's -1/errno becomes the kernel's -errno. */
static long ret(long r)
{
        return r < 0 ? -errno : r;
}

static void *l_alloc(const struct sys *s U, size_t n)
{
        return malloc(n);
}

static void *l_realloc(const struct sys *s U, void *p, size_t n)
{
        return realloc(p, n);
}

static void l_free(const struct sys *s U, void *p)
{
        free(p);
}

/* clang-format off: a table, one system call a line */
#define CALL(type, name, params, ...) \
        static type l_##name params { return (type)ret(syscall(SYS_##name, ##__VA_ARGS__)); }

CALL(int, openat, (const struct sys *s U, int d, const char *p, int f, mode_t m), d, p, f, m)
CALL(int, mkdirat, (const struct sys *s U, int d, const char *p, mode_t m), d, p, m)
CALL(int, mknodat, (const struct sys *s U, int d, const char *p, mode_t m, dev_t dev), d, p, m, (unsigned)dev)
CALL(int, symlinkat, (const struct sys *s U, const char *t, int d, const char *p), t, d, p)
CALL(int, unlinkat, (const struct sys *s U, int d, const char *p, int f), d, p, f)
CALL(int, linkat, (const struct sys *s U, int od, const char *o, int nd, const char *n, int f), od, o, nd, n, f)
CALL(int, renameat2, (const struct sys *s U, int od, const char *o, int nd, const char *n, unsigned f), od, o, nd, n, f)
CALL(ssize_t, readlinkat, (const struct sys *s U, int d, const char *p, char *b, size_t n), d, p, b, n)
CALL(int, faccessat2, (const struct sys *s U, int d, const char *p, int m, int f), d, p, m, f)
CALL(int, fchmodat, (const struct sys *s U, int d, const char *p, mode_t m), d, p, m)
CALL(int, fchownat, (const struct sys *s U, int d, const char *p, uid_t u, gid_t g, int f), d, p, u, g, f)
CALL(int, chdir, (const struct sys *s U, const char *p), p)
CALL(ssize_t, getcwd, (const struct sys *s U, char *b, size_t n), b, n)
CALL(mode_t, umask, (const struct sys *s U, mode_t m), m)
CALL(ssize_t, read, (const struct sys *s U, int fd, void *b, size_t n), fd, b, n)
CALL(ssize_t, write, (const struct sys *s U, int fd, const void *b, size_t n), fd, b, n)
CALL(off_t, lseek, (const struct sys *s U, int fd, off_t o, int w), fd, o, w)
CALL(int, close, (const struct sys *s U, int fd), fd)
CALL(int, close_range, (const struct sys *s U, unsigned a, unsigned b, unsigned f), a, b, f)
CALL(int, dup3, (const struct sys *s U, int o, int n, int f), o, n, f)
CALL(int, fcntl, (const struct sys *s U, int fd, int c, long a), fd, c, a)
CALL(int, fchdir, (const struct sys *s U, int fd), fd)
CALL(int, fchmod, (const struct sys *s U, int fd, mode_t m), fd, m)
CALL(int, fchown, (const struct sys *s U, int fd, uid_t u, gid_t g), fd, u, g)
CALL(int, fsync, (const struct sys *s U, int fd), fd)
CALL(int, ftruncate, (const struct sys *s U, int fd, off_t n), fd, n)
CALL(int, flock, (const struct sys *s U, int fd, int op), fd, op)
CALL(int, ioctl, (const struct sys *s U, int fd, unsigned long r, void *a), fd, r, a)
CALL(ssize_t, getdents64, (const struct sys *s U, int fd, void *b, size_t n), fd, b, n)
CALL(int, memfd_create, (const struct sys *s U, const char *n, unsigned f), n, f)
CALL(int, pipe2, (const struct sys *s U, int fds[2], int f), fds, f)
CALL(int, socketpair, (const struct sys *s U, int d, int t, int p, int fds[2]), d, t, p, fds)
CALL(int, socket, (const struct sys *s U, int d, int t, int p), d, t, p)
CALL(int, bind, (const struct sys *s U, int fd, const struct sockaddr *a, socklen_t n), fd, a, n)
CALL(int, connect, (const struct sys *s U, int fd, const struct sockaddr *a, socklen_t n), fd, a, n)
CALL(ssize_t, sendmsg, (const struct sys *s U, int fd, const struct msghdr *m, int f), fd, m, f)
CALL(ssize_t, recvmsg, (const struct sys *s U, int fd, struct msghdr *m, int f), fd, m, f)
CALL(int, umount2, (const struct sys *s U, const char *t, int f), t, f)
CALL(int, pivot_root, (const struct sys *s U, const char *n, const char *o), n, o)
CALL(int, open_tree, (const struct sys *s U, int d, const char *p, unsigned f), d, p, f)
CALL(int, move_mount, (const struct sys *s U, int fd, const char *f, int td, const char *t, unsigned fl), fd, f, td, t, fl)
CALL(int, mount_setattr, (const struct sys *s U, int d, const char *p, unsigned f, struct mount_attr *a, size_t n), d, p, f, a, n)
CALL(int, fsopen, (const struct sys *s U, const char *t, unsigned f), t, f)
CALL(int, fsconfig, (const struct sys *s U, int fd, unsigned c, const char *k, const void *v, int x), fd, c, k, v, x)
CALL(int, fsmount, (const struct sys *s U, int fd, unsigned f, unsigned a), fd, f, a)
CALL(int, execve, (const struct sys *s U, const char *p, char *const a[], char *const e[]), p, a, e)
CALL(int, execveat, (const struct sys *s U, int d, const char *p, char *const a[], char *const e[], int f), d, p, a, e, f)
CALL(int, kill, (const struct sys *s U, pid_t p, int g), p, g)
CALL(int, pidfd_open, (const struct sys *s U, pid_t p, unsigned f), p, f)
CALL(int, pidfd_send_signal, (const struct sys *s U, int fd, int g, unsigned f), fd, g, NULL, f)
CALL(pid_t, getpid, (const struct sys *s U))
CALL(pid_t, getppid, (const struct sys *s U))
CALL(uid_t, geteuid, (const struct sys *s U))
CALL(gid_t, getegid, (const struct sys *s U))
CALL(pid_t, setsid, (const struct sys *s U))
CALL(int, prctl, (const struct sys *s U, int o, unsigned long a, unsigned long b, unsigned long c, unsigned long d), o, a, b, c, d)
CALL(int, unshare, (const struct sys *s U, uint64_t f), f)
CALL(int, setns, (const struct sys *s U, int fd, int t), fd, t)
CALL(int, pidfd_getfd, (const struct sys *s U, int p, int fd, unsigned f), p, fd, f)
CALL(int, seccomp, (const struct sys *s U, unsigned o, unsigned f, void *a), o, f, a)
CALL(int, setresuid, (const struct sys *s U, uid_t r, uid_t e, uid_t v), r, e, v)
CALL(int, setresgid, (const struct sys *s U, gid_t r, gid_t e, gid_t v), r, e, v)
CALL(int, setgroups, (const struct sys *s U, size_t n, const gid_t *g), n, g)
CALL(int, capget, (const struct sys *s U, struct __user_cap_header_struct *h, struct __user_cap_data_struct *d), h, d)
CALL(int, capset, (const struct sys *s U, struct __user_cap_header_struct *h, const struct __user_cap_data_struct *d), h, d)
CALL(int, prlimit64, (const struct sys *s U, pid_t p, int r, const struct rlimit *n, struct rlimit *o), p, r, n, o)
CALL(int, sethostname, (const struct sys *s U, const char *n, size_t l), n, l)
CALL(int, setdomainname, (const struct sys *s U, const char *n, size_t l), n, l)
CALL(int, setpriority, (const struct sys *s U, int w, id_t i, int p), w, i, p)
CALL(int, personality, (const struct sys *s U, unsigned long p), p)
CALL(long, keyctl, (const struct sys *s U, int o, unsigned long a, unsigned long b, unsigned long c, unsigned long d), o, a, b, c, d)
CALL(int, clock_gettime, (const struct sys *s U, clockid_t c, struct timespec *t), c, t)
CALL(int, nanosleep, (const struct sys *s U, const struct timespec *r, struct timespec *m), r, m)
CALL(ssize_t, getrandom, (const struct sys *s U, void *b, size_t n, unsigned f), b, n, f)
/* clang-format on */

static int l_openat2(const struct sys *s U, int d, const char *p, const struct open_how *how)
{
        return (int)ret(syscall(SYS_openat2, d, p, how, sizeof(*how)));
}

/* The C library's stat differs from the kernel's struct on some machines: use its wrappers. */
static int l_fstatat(const struct sys *s U, int d, const char *p, struct stat *st, int f)
{
        return (int)ret(fstatat(d, p, st, f));
}

static int l_fstat(const struct sys *s U, int fd, struct stat *st)
{
        return (int)ret(fstat(fd, st));
}

static int l_fstatfs(const struct sys *s U, int fd, struct statfs *st)
{
        return (int)ret(fstatfs(fd, st));
}

/* off_t is 64 bits everywhere only through the C library. */
static ssize_t l_sendfile(const struct sys *s U, int out, int in, off_t *offset, size_t n)
{
        return ret(sendfile(out, in, offset, n));
}

/*
 * Likewise sigset_t and sigaction (the restorer), waitid's fifth argument and ppoll's timeout, which the kernel
 * writes.
 */
static int l_ppoll(const struct sys *s U, struct pollfd *fds, size_t n, const struct timespec *t,
                   const sigset_t *m)
{
        return (int)ret(ppoll(fds, n, t, m));
}

static int l_waitid(const struct sys *s U, int type, id_t id, siginfo_t *info, int options)
{
        return (int)ret(waitid((idtype_t)type, id, info, options));
}

static int l_rt_sigprocmask(const struct sys *s U, int how, const sigset_t *set, sigset_t *old)
{
        return (int)ret(sigprocmask(how, set, old));
}

/*
 * The C library keeps the real-time signals below SIGRTMIN for itself and refuses them; a caller may have left
 * them ignored all the same (and then the payload's threads would lack them). They go to the kernel directly; without
 * a handler there is no need of the library's restorer.
 */
static int reserved_sigaction(int sig, const struct sigaction *act, struct sigaction *old)
{
        struct {
                void (*handler)(int);
                unsigned long flags;
                void (*restorer)(void);
                uint64_t mask;
        } new = {.handler = act ? act->sa_handler : SIG_DFL}, before = {0};
        long r;

        if (act && act->sa_handler != SIG_DFL && act->sa_handler != SIG_IGN)
                return -EINVAL;
        r = ret(syscall(SYS_rt_sigaction, sig, act ? &new : NULL, old ? &before : NULL, sizeof(new.mask)));
        if (r == 0 && old)
                *old = (struct sigaction){.sa_handler = before.handler, .sa_flags = (int)before.flags};
        return (int)r;
}

static int l_rt_sigaction(const struct sys *s U, int sig, const struct sigaction *act, struct sigaction *old)
{
        if (sig >= __SIGRTMIN && sig < SIGRTMIN)
                return reserved_sigaction(sig, act, old);
        return (int)ret(sigaction(sig, act, old));
}

static int l_signalfd4(const struct sys *s U, int fd, const sigset_t *mask, int flags)
{
        /* the kernel's sigset is 64 bits */
        return (int)ret(syscall(SYS_signalfd4, fd, mask, 8, flags));
}

static int l_mount(const struct sys *s U, const char *src, const char *target, const char *type,
                   unsigned long flags, const char *data)
{
        return (int)ret(mount(src, target, type, flags, data));
}

static pid_t l_spawn(const struct sys *s, const struct sys_spawn *args, int *ret_pidfd)
{
        int pidfd = -1;
        struct clone_args ca = {
                .flags = args->flags | CLONE_PIDFD,
                .pidfd = (uint64_t)(uintptr_t)&pidfd,
                .exit_signal = args->flags & CLONE_PARENT ? 0 : SIGCHLD, /* clone3(2) takes no other */
                .cgroup = args->flags & CLONE_INTO_CGROUP ? (uint64_t)(unsigned)args->cgroup : 0,
        };
        long pid = ret(syscall(SYS_clone3, &ca, sizeof(ca)));

        /* A seccomp filter can't see clone3's flags, so profiles answer ENOSYS and let clone(2) in (init, under its own
         * filter, makes a hook). No flag here needs more than 32 bits. */
        if ((pid == -ENOSYS || pid == -EPERM) && (args->flags & ~0xffffffffull) == 0)
                pid = ret(syscall(SYS_clone, (unsigned long)ca.flags | SIGCHLD, NULL, &pidfd, NULL, NULL));
        if (pid == 0) {
                /* Only the values in args are the child's by contract; they lie in the copied memory. */
                _exit(args->fn(s, args->fds, args->nfds, args->data, args->len) & 0xff);
        }
        if (pid > 0)
                *ret_pidfd = pidfd;
        return (pid_t)pid;
}

#define OP(name) .name = l_##name
static const struct sys_ops linux_ops = {
        OP(sendfile), OP(memfd_create), OP(execveat),
        OP(alloc), OP(realloc), OP(free),
        OP(openat), OP(openat2), OP(mkdirat), OP(mknodat), OP(symlinkat), OP(unlinkat), OP(linkat), OP(renameat2),
        OP(readlinkat), OP(fstatat), OP(faccessat2), OP(fchmodat), OP(fchownat), OP(chdir), OP(getcwd),
        OP(umask),
        OP(read), OP(write), OP(lseek), OP(close), OP(close_range), OP(dup3), OP(fcntl), OP(fstat),
        OP(fstatfs), OP(fchdir), OP(fchmod), OP(fchown), OP(fsync), OP(ftruncate), OP(flock), OP(ioctl),
        OP(getdents64), OP(pipe2), OP(socketpair), OP(socket), OP(bind), OP(connect), OP(sendmsg), OP(recvmsg), OP(ppoll),
        OP(mount), OP(umount2), OP(pivot_root), OP(open_tree), OP(move_mount), OP(mount_setattr), OP(fsopen),
        OP(fsconfig), OP(fsmount),
        OP(spawn), OP(execve), OP(waitid), OP(kill), OP(pidfd_open), OP(pidfd_send_signal), OP(getpid),
        OP(getppid), OP(geteuid), OP(getegid), OP(setsid), OP(prctl), OP(unshare), OP(setns),
        OP(pidfd_getfd), OP(seccomp), .seccomp_compile = sys_linux_seccomp_compile,
        OP(setresuid), OP(setresgid), OP(setgroups), OP(capget), OP(capset), OP(prlimit64), OP(sethostname),
        OP(setdomainname), OP(setpriority), OP(personality), OP(keyctl),
        OP(rt_sigprocmask), OP(rt_sigaction), OP(signalfd4),
        OP(clock_gettime), OP(nanosleep), OP(getrandom),
};

static const struct sys linux_sys = {&linux_ops, NULL};

const struct sys *sys_linux(void)
{
        return &linux_sys;
}
