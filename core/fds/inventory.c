/* What is open at entry, and the plugging of the holes. */
#include "core/fds/fds.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

#include "core/base/err.h"
#include "core/base/scope.h"
#include "core/fds/procfd.h"
#include "core/sys.h"

/* The kernel's default for fs.nr_open: the highest hard limit that a process was given before it was lowered.
 */
#define NR_OPEN_DEFAULT (1u << 20)

static void highest_visit(void *ctx, int fd)
{
        unsigned *end = ctx;

        if ((unsigned)fd >= *end)
                *end = (unsigned)fd + 1;
}

/* Asked now, when /proc is the host's: in the container there may be none, or a false one. */
static unsigned entry_end_by_procfs(const struct sys *sys)
{
        SCOPED_FD dir = {sys, procfd_open(sys)};
        unsigned end = 0;

        if (dir.fd < 0 || procfd_walk(sys, dir.fd, highest_visit, &end) < 0)
                return 0;
        return end;
}

static unsigned entry_end(const struct sys *sys)
{
        unsigned end = entry_end_by_procfs(sys);
        struct rlimit rl;

        if (end > 0)
                return end;
        if (sys->op->prlimit64(sys, 0, RLIMIT_NOFILE, NULL, &rl) < 0 || rl.rlim_max < NR_OPEN_DEFAULT)
                return NR_OPEN_DEFAULT;
        return rl.rlim_max > INT_MAX ? INT_MAX : (unsigned)rl.rlim_max;
}

/*
 * Why a socket: reading from a plug in place of stdin, or writing to one in place of stdout, answers EINVAL
 * or ENOTCONN at once, without SIGPIPE, where a pipe would block or end us; and through /proc/PID/fd nobody
 * can open it.
 */
static int plug(const struct sys *sys, unsigned hole, struct err *err)
{
        int fd = sys->op->socket(sys, AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

        if (fd < 0)
                return err_sys(err, fd, "inventory of fds", "", "cannot keep closed fd %u from reuse", hole);
        if ((unsigned)fd == hole)
                return 0;
        (void)sys->op->close(sys, fd);
        return err_set(err, EBUSY, "inventory of fds", "", "fd %u was opened or closed by another thread",
                       hole);
}

static void unplug(const struct sys *sys, const struct fds_inventory *inv, unsigned end)
{
        for (unsigned fd = 0; fd < end; fd++)
                if (!inv->open_at_entry[fd])
                        (void)sys->op->close(sys, (int)fd);
}

int fds_inventory_take(const struct sys *sys, unsigned preserve, struct fds_inventory *ret_inventory,
                       struct err *err)
{
        struct fds_inventory inv = {.preserve = preserve};
        int r;

        if (preserve > LIMIT_PRESERVE_FDS)
                return err_set(err, E2BIG, "inventory of fds", "", "%u fds to preserve, the limit is %u",
                               preserve, LIMIT_PRESERVE_FDS);
        for (unsigned fd = 0; fd < 3 + preserve; fd++) {
                r = sys->op->fcntl(sys, (int)fd, F_GETFD, 0);
                if (r < 0 && r != -EBADF)
                        return err_sys(err, r, "inventory of fds", "", "fd %u", fd);
                inv.open_at_entry[fd] = r >= 0;
        }
        /* From the lowest up: each plug gets the lowest free number, which is the hole. */
        for (unsigned fd = 0; fd < 3 + preserve; fd++) {
                if (inv.open_at_entry[fd])
                        continue;
                r = plug(sys, fd, err);
                if (r < 0) {
                        unplug(sys, &inv, fd);
                        return r;
                }
        }
        inv.entry_end = entry_end(sys);
        *ret_inventory = inv;
        return 0;
}
