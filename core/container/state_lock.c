#include "core/container/state_lock.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/file.h>

#include "core/base/err.h"
#include "core/base/io.h"
#include "core/base/limits.h"
#include "core/base/scope.h"
#include "core/container/destroy.h"
#include "core/container/process.h"
#include "core/container/state.h"
#include "core/sync/sync.h"
#include "core/sys.h"

#define LIMIT_LOCK_MS (LIMIT_SYNC_CREATE_MS + 10000) /* a create in its last throes */
#define HOLDER_MAX 64

struct holder {
        pid_t pid;
        uint64_t start; /* see process.h */
};

/* Waiting for it. */
struct wait {
        struct state_dir *dir;
        const char *id;
        int fd;
        struct holder holder; /* who has it, as far as it is known */
        struct timespec until;
};

int state_not_there(struct err *err, const char *id)
{
        return err_set(err, ENOENT, "container", id, "container does not exist");
}

/* Best effort: who can't tell who it is waits, and is waited for, as before. */
static void tell_holder(const struct state_dir *dir)
{
        const struct sys *sys = dir->sys;
        struct process_stat self;
        char text[HOLDER_MAX];
        pid_t pid = sys->op->getpid(sys);

        if (process_stat_read(sys, pid, &self, NULL) < 0 || sys->op->ftruncate(sys, dir->lock, 0) < 0)
                return;
        int n = snprintf(text, sizeof(text), "%d %llu\n", (int)pid, (unsigned long long)self.start);
        (void)io_write_all(sys, dir->lock, text, (size_t)n);
}

static void forget_holder(const struct state_dir *dir)
{
        (void)dir->sys->op->ftruncate(dir->sys, dir->lock, 0);
}

void state_dir_unlock(struct state_dir *dir)
{
        if (dir->lock < 0)
                return;
        forget_holder(dir); /* before the next one tells */
        (void)dir->sys->op->flock(dir->sys, dir->lock, LOCK_UN);
        (void)dir->sys->op->close(dir->sys, dir->lock);
        dir->lock = -1;
}

static bool read_holder(const struct wait *w, struct holder *ret)
{
        const struct sys *sys = w->dir->sys;
        char text[HOLDER_MAX];
        ssize_t n = -1;

        if (sys->op->lseek(sys, w->fd, 0, SEEK_SET) == 0)
                n = sys->op->read(sys, w->fd, text, sizeof(text) - 1);
        text[n < 0 ? 0 : n] = '\0';
        return n > 0 && text[n - 1] == '\n' && process_name_parse(text, &ret->pid, &ret->start);
}

static bool passed(const struct timespec *now, const struct timespec *end)
{
        return now->tv_sec > end->tv_sec || (now->tv_sec == end->tv_sec && now->tv_nsec >= end->tv_nsec);
}

/*
 * The same one for a while: it won't come to its end. It dies, and what it leaves is what a kill -9 leaves. Its pid is told
 * by itself and taken out when it gives the lock back: one that is there and has the start time has the lock.
 */
static int seize(struct wait *w, const struct timespec *now, struct err *err)
{
        const struct sys *sys = w->dir->sys;
        SCOPED_FD pidfd = {sys, -1};
        struct holder h;
        int r;

        if (!read_holder(w, &h))
                return 0;
        if (h.pid != w->holder.pid || h.start != w->holder.start) {
                w->holder = h;
                return sync_deadline_in(sys, LIMIT_LOCK_GRACE_MS, &w->until, err);
        }
        if (!passed(now, &w->until))
                return 0;
        r = process_open(sys, h.pid, h.start, &pidfd.fd, err);
        if (r == 0 && read_holder(w, &h) && h.pid == w->holder.pid && h.start == w->holder.start)
                return process_kill(sys, pidfd.fd, DESTROY_WAIT_MS, err);
        return r == -ESRCH ? 0 : r; /* a child of it, about to end, has a copy of the lock */
}

/* No syscall that blocks for good: whoever holds it may be stopped. 0; 1: it is no file any more. */
static int wait_for(struct wait *w, bool seizes, struct err *err)
{
        const struct sys *sys = w->dir->sys;
        struct timespec now, end, pause = {.tv_nsec = 1000000};
        struct stat st;
        int r = sync_deadline_in(sys, LIMIT_LOCK_MS, &end, err);

        while (r == 0) {
                bool taken;

                r = sys->op->flock(sys, w->fd, LOCK_EX | LOCK_NB);
                taken = r == 0;
                if (r < 0 && r != -EWOULDBLOCK && r != -EINTR)
                        return err_sys(err, r, "lock", w->dir->path, "%s", "");
                r = sys->op->fstat(sys, w->fd, &st);
                if (r < 0)
                        return err_sys(err, r, "lock", w->dir->path, "%s", "");
                if (st.st_nlink == 0 && !taken) /* a delete has it, which runs its hooks now */
                        return state_not_there(err, w->id);
                if (taken)
                        return st.st_nlink == 0;
                r = sys->op->clock_gettime(sys, CLOCK_MONOTONIC, &now);
                if (r < 0)
                        return err_sys(err, r, "clock_gettime", NULL, "%s", "");
                if (passed(&now, &end))
                        return err_set(err, ETIMEDOUT, "lock", w->dir->path,
                                       "another labrun holds the container's lock");
                r = seizes ? seize(w, &now, err) : 0;
                (void)sys->op->nanosleep(sys, &pause, NULL);
                if (pause.tv_nsec < 20000000)
                        pause.tv_nsec *= 2;
        }
        return r;
}

/* 1: the file was removed meanwhile. */
static int take(struct state_dir *dir, const char *id, bool seizes, struct err *err)
{
        const struct sys *sys = dir->sys;
        SCOPED_FD fd = {sys, sys->op->openat(sys, dir->fd, STATE_LOCK_FILE,
                                             O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600)};
        struct wait w = {.dir = dir, .id = id, .fd = fd.fd};
        int r;

        if (fd.fd == -ENOENT) /* the directory itself was removed since we opened it */
                return state_not_there(err, id);
        if (fd.fd < 0)
                return err_sys(err, fd.fd, "lock", dir->path, "%s", "");
        r = wait_for(&w, seizes, err);
        if (r != 0)
                return r;
        dir->lock = scoped_fd_steal(&fd);
        if (sys->op->lseek(sys, dir->lock, 0, SEEK_SET) == 0)
                tell_holder(dir);
        return 0;
}

int state_lock_take(struct state_dir *dir, const char *id, bool seizes, struct err *err)
{
        int r;

        do /* the directory too, or else a delete was killed between the two */
                r = take(dir, id, seizes, err);
        while (r > 0);
        return r;
}
