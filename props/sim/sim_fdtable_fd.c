/* Calls on fd numbers, and those that make anonymous files. Orders of checks are the kernel's. */
#include <errno.h>
#include <linux/close_range.h>
#include <linux/magic.h>
#include <string.h>

#include "props/sim/sim_fdtable_impl.h"

static int s_close(const struct sys *sys, int fd)
{
        struct sim_fdtable *t = sim_of(sys);
        int r = sim_enter(t, SIM_OP_CLOSE, fd);

        if (r < 0)
                return r;
        if (!sim_get(t, fd))
                return -EBADF;
        sim_drop(t, fd);
        return sim_leave(t, SIM_OP_CLOSE, fd, 0);
}

static int s_close_range(const struct sys *sys, unsigned first, unsigned last, unsigned flags)
{
        struct sim_fdtable *t = sim_of(sys);
        int r = sim_enter(t, SIM_OP_CLOSE_RANGE, (int)first);

        if (r < 0)
                return r;
        if (flags & ~(CLOSE_RANGE_UNSHARE | CLOSE_RANGE_CLOEXEC) || first > last)
                return -EINVAL;
        if (first >= SIM_FD_MAX)
                return 0;
        for (int fd = sim_fdtable_next(t, (int)first); fd >= 0 && (unsigned)fd <= last;
             fd = sim_fdtable_next(t, fd + 1)) {
                if (flags & CLOSE_RANGE_CLOEXEC)
                        sim_mark(t, fd, true);
                else
                        sim_drop(t, fd);
        }
        return 0;
}

static int s_dup3(const struct sys *sys, int oldfd, int newfd, int flags)
{
        struct sim_fdtable *t = sim_of(sys);
        int r = sim_enter(t, SIM_OP_DUP3, oldfd);

        if (r < 0)
                return r;
        if (flags & ~O_CLOEXEC || oldfd == newfd)
                return -EINVAL;
        if (newfd < 0 || (rlim_t)newfd >= t->options.soft || (unsigned)newfd >= SIM_FD_MAX)
                return -EBADF;
        uint32_t object = sim_fdtable_object(t, oldfd);
        if (!object)
                return -EBADF;
        sim_put(t, newfd, object, flags & O_CLOEXEC);
        return newfd;
}

static int dup_from(struct sim_fdtable *t, uint32_t object, long from, bool cloexec)
{
        /* the kernel takes the argument as unsigned int */
        if ((rlim_t)(unsigned)from >= t->options.soft)
                return -EINVAL;
        int fd = sim_lowest_free(t, (unsigned)from);
        if (fd >= 0)
                sim_put(t, fd, object, cloexec);
        return fd;
}

static int s_fcntl(const struct sys *sys, int fd, int cmd, long arg)
{
        struct sim_fdtable *t = sim_of(sys);
        int r = sim_enter(t, SIM_OP_FCNTL, fd);

        if (r < 0)
                return r;
        struct sim_object *o = sim_get(t, fd);
        if (!o)
                return -EBADF;
        switch (cmd) {
        case F_GETFD:
                return sim_fdtable_cloexec(t, fd) ? FD_CLOEXEC : 0;
        case F_SETFD:
                sim_mark(t, fd, arg & FD_CLOEXEC);
                return 0;
        case F_GETFL:
                return o->flags;
        case F_DUPFD:
        case F_DUPFD_CLOEXEC:
                return dup_from(t, sim_fdtable_object(t, fd), arg, cmd == F_DUPFD_CLOEXEC);
        default:
                return o->flags & O_PATH ? -EBADF : -ENOSYS; /* there are others; not here */
        }
}

/* Two numbers for two objects, or none. */
static int put_pair(struct sim_fdtable *t, const uint32_t object[2], bool cloexec, int fds[2])
{
        int a = sim_lowest_free(t, 0), b;

        if (a < 0)
                return a;
        sim_put(t, a, object[0], cloexec);
        b = sim_lowest_free(t, (unsigned)a + 1);
        if (b < 0) {
                sim_drop(t, a);
                return b;
        }
        sim_put(t, b, object[1], cloexec);
        fds[0] = a;
        fds[1] = b;
        return 0;
}

static int s_pipe2(const struct sys *sys, int fds[2], int flags)
{
        struct sim_fdtable *t = sim_of(sys);
        int r = sim_enter(t, SIM_OP_PIPE2, -1);

        if (r < 0)
                return r;
        if (flags & ~(O_CLOEXEC | O_NONBLOCK | O_DIRECT))
                return -EINVAL;
        int fl = flags & (O_NONBLOCK | O_DIRECT);
        uint64_t ino = ++t->next_ino; /* one inode, two ends */
        uint32_t object[2] = {sim_object_new(t, SIM_KIND_PIPE, O_RDONLY | fl, ino, PIPEFS_MAGIC),
                              sim_object_new(t, SIM_KIND_PIPE, O_WRONLY | fl, ino, PIPEFS_MAGIC)};
        return put_pair(t, object, flags & O_CLOEXEC, fds);
}

static int check_socket(int domain, int type, int protocol)
{
        int base = type & ~(SOCK_CLOEXEC | SOCK_NONBLOCK);

        if (base & ~0xf)
                return -EINVAL;
        if (domain != AF_UNIX)
                return -EAFNOSUPPORT;
        if (protocol != 0 && protocol != AF_UNIX)
                return -EPROTONOSUPPORT;
        return base == SOCK_STREAM || base == SOCK_DGRAM || base == SOCK_SEQPACKET ? 0 : -ESOCKTNOSUPPORT;
}

static uint32_t new_socket(struct sim_fdtable *t, int type)
{
        return sim_object_new(t, SIM_KIND_SOCKET, O_RDWR | (type & SOCK_NONBLOCK), 0, SOCKFS_MAGIC);
}

static int s_socketpair(const struct sys *sys, int domain, int type, int protocol, int fds[2])
{
        struct sim_fdtable *t = sim_of(sys);
        int r = sim_enter(t, SIM_OP_SOCKETPAIR, -1);

        if (r == 0)
                r = check_socket(domain, type, protocol);
        if (r < 0)
                return r;
        uint32_t object[2] = {new_socket(t, type), new_socket(t, type)};
        return put_pair(t, object, type & SOCK_CLOEXEC, fds);
}

static int s_socket(const struct sys *sys, int domain, int type, int protocol)
{
        struct sim_fdtable *t = sim_of(sys);
        int r = sim_enter(t, SIM_OP_SOCKET, -1);

        if (r == 0)
                r = check_socket(domain, type, protocol);
        if (r < 0)
                return r;
        int fd = sim_lowest_free(t, 0);
        if (fd >= 0)
                sim_put(t, fd, new_socket(t, type), type & SOCK_CLOEXEC);
        return fd;
}

static int s_prlimit64(const struct sys *sys, pid_t pid, int resource, const struct rlimit *new_limit,
                       struct rlimit *old_limit)
{
        struct sim_fdtable *t = sim_of(sys);
        int r = sim_enter(t, SIM_OP_PRLIMIT64, -1);

        if (r < 0)
                return r;
        if (pid != 0 || resource != RLIMIT_NOFILE)
                return -ENOSYS; /* others have them; not here */
        struct rlimit old = {t->options.soft, t->options.hard};
        if (new_limit) {
                if (new_limit->rlim_cur > new_limit->rlim_max)
                        return -EINVAL;
                if (new_limit->rlim_max > old.rlim_max)
                        return -EPERM; /* no CAP_SYS_RESOURCE, and never above fs.nr_open */
                sim_fdtable_set_limit(t, new_limit->rlim_cur, new_limit->rlim_max);
        }
        if (old_limit)
                *old_limit = old;
        return 0;
}

void sim_fdtable_calls_fd(struct sys_ops *ops)
{
        ops->close = s_close;
        ops->close_range = s_close_range;
        ops->dup3 = s_dup3;
        ops->fcntl = s_fcntl;
        ops->pipe2 = s_pipe2;
        ops->socketpair = s_socketpair;
        ops->socket = s_socket;
        ops->prlimit64 = s_prlimit64;
}
