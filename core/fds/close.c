/* The closing before execve. */
#include "core/fds/fds.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "core/base/err.h"
#include "core/base/scope.h"
#include "core/fds/procfd.h"
#include "core/sys.h"

struct closing {
        const struct sys *sys;
        unsigned first;  /* 3+N: from here on everything goes, but error_fd */
        int error_fd;    /* -1: none */
        unsigned closed; /* by the current walk */
        int refused_fd;  /* the first fd that stayed open, -1 */
        int refused_rc;  /* and what close answered */
};

static void close_one(struct closing *c, int fd)
{
        const struct sys *sys = c->sys;
        int r = sys->op->close(sys, fd);

        if (r == -EBADF)
                return;
        /*
         * The number is free before anything in close can fail, so EIO and EINTR need no second try, which
         * would hit whoever has the number by then. But a seccomp filter's answer, whatever its errno, comes
         * before close.
         */
        if (r == 0 || sys->op->fcntl(sys, fd, F_GETFD, 0) == -EBADF) {
                c->closed++;
                return;
        }
        if (c->refused_fd < 0) {
                c->refused_fd = fd;
                c->refused_rc = r;
        }
}

static int close_by_range(const struct closing *c)
{
        const struct sys *sys = c->sys;
        unsigned first = c->first;

        if (c->error_fd >= 0) {
                unsigned e = (unsigned)c->error_fd;
                int r = e > first ? sys->op->close_range(sys, first, e - 1, 0) : 0;
                if (r < 0)
                        return r;
                first = e + 1;
        }
        return sys->op->close_range(sys, first, ~0u, 0);
}

static void close_visit(void *ctx, int fd)
{
        struct closing *c = ctx;

        if ((unsigned)fd < c->first || fd == c->error_fd)
                return;
        close_one(c, fd);
}

/* Again until a walk finds nothing: closing during a walk may hide entries from it. */
static int close_by_walk(struct closing *c)
{
        int dir = procfd_open(c->sys);
        int r;

        if (dir < 0)
                return dir;
        do {
                c->closed = 0;
                c->refused_fd = -1; /* an earlier walk's refusal counts only if it stands */
                r = procfd_walk(c->sys, dir, close_visit, c);
        } while (r == 0 && c->closed > 0);
        close_one(c, dir); /* this one may be refused, too */
        return r;
}

static void close_by_number(struct closing *c, unsigned entry_end)
{
        unsigned end = entry_end > c->first ? entry_end : c->first;

        end = end > INT_MAX - FDS_INTERNAL_MAX ? INT_MAX : end + FDS_INTERNAL_MAX;
        for (unsigned fd = c->first; fd < end; fd++)
                if ((int)fd != c->error_fd)
                        close_one(c, (int)fd);
}

static void close_plugs(struct closing *c, const struct fds_inventory *inv)
{
        for (unsigned fd = 0; fd < c->first; fd++)
                if (!inv->open_at_entry[fd])
                        close_one(c, (int)fd);
}

static int set_cloexec(const struct sys *sys, int fd, bool on, struct err *err)
{
        char place[32];
        int r = sys->op->fcntl(sys, fd, F_SETFD, on ? FD_CLOEXEC : 0);

        if (r >= 0)
                return 0;
        snprintf(place, sizeof(place), "fd %d", fd);
        return err_sys(err, r, "close fds", place, "%s close-on-exec", on ? "set" : "clear");
}

/* Before anything is closed, so that an error here finds the caller whole. */
static int prepare(const struct closing *c, const struct fds_inventory *inv, struct err *err)
{
        int r;

        if (c->error_fd >= 0) {
                if ((unsigned)c->error_fd < c->first)
                        return err_set(err, EINVAL, "close fds", "",
                                       "error channel %d is among the payload's fds", c->error_fd);
                r = set_cloexec(c->sys, c->error_fd, true, err);
                if (r < 0)
                        return r;
        }
        for (unsigned fd = 0; fd < c->first; fd++) {
                if (!inv->open_at_entry[fd])
                        continue;
                r = set_cloexec(c->sys, (int)fd, false, err);
                if (r < 0)
                        return r;
        }
        return 0;
}

int fds_close_for_exec(const struct sys *sys, const struct fds_inventory *inv, int error_fd, struct err *err)
{
        struct closing c = {.sys = sys, .first = 3 + inv->preserve, .error_fd = error_fd, .refused_fd = -1};
        int r = prepare(&c, inv, err);

        if (r < 0)
                return r;
        if (close_by_range(&c) < 0 && close_by_walk(&c) < 0) {
                c.refused_fd = -1; /* the walk may have met one in a directory that proved false */
                close_by_number(&c, inv->entry_end);
        }
        /* The plugs last: until here no fd opened for the closing itself could take one of the payload's
         * numbers. */
        close_plugs(&c, inv);
        if (c.refused_fd >= 0) {
                char place[32];
                snprintf(place, sizeof(place), "fd %d", c.refused_fd);
                return err_sys(err, c.refused_rc, "close fds", place, "refused; the payload would get it");
        }
        return 0;
}
