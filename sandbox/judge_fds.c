/* FD-EXACT: the payload's fds are those of the runtime's entry, and no others. */
#include <stddef.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "sandbox/judge_private.h"

static const char *type_word(uint32_t mode)
{
        switch (mode & S_IFMT) {
        case S_IFIFO:
                return "pipe";
        case S_IFSOCK:
                return "socket";
        case S_IFREG:
                return "file";
        case S_IFDIR:
                return "directory";
        case S_IFCHR:
                return "character device";
        default:
                return "anonymous file";
        }
}

static bool is_null_device(const struct obs_fd *f)
{
        return S_ISCHR(f->mode) && f->rdev == makedev(1, 3);
}

static void compare(const struct run *r, const struct obs_fd *is)
{
        struct verdict *v = &r->out[INV_FD_EXACT];
        const struct obs_fd *was = &r->o->made[is->fd];
        bool relayed = (r->s->client.flow == FLOW_RUN || scenario_terminal(r->s)) && is->fd <= 2; /* judge_terminal.c */

        if (is->fdflags & FD_CLOEXEC)
                judge_say(v, VERDICT_FAIL, "fd %d is close-on-exec", is->fd); /* seen by the payload: impossible, so worth it */
        if (relayed)
                return;
        if (is->dev == was->dev && is->ino == was->ino && is->mark == was->mark) {
                if (was->offset >= 0 && is->offset != was->offset)
                        judge_say(v, judge_ours(r), "fd %d: the offset is %lld instead of %lld", is->fd,
                                  (long long)is->offset, (long long)was->offset);
                return;
        }
        /* runc, as a defence, gives the container's own /dev/null in place of the host's. */
        if (is_null_device(is) && is_null_device(was)) {
                judge_say(v, judge_ours(r), "fd %d is another open file of the null device", is->fd);
                return;
        }
        if (is->dev == was->dev && is->ino == was->ino)
                judge_say(v, VERDICT_FAIL, "fd %d is the same %s, but opened anew (mark %d instead of %d)", is->fd,
                          type_word(is->mode), is->mark, was->mark);
        else
                judge_say(v, VERDICT_FAIL, "fd %d is a %s (device %llx, inode %llu) instead of the %s of the entry "
                          "(device %llx, inode %llu)", is->fd, type_word(is->mode), (unsigned long long)is->dev,
                          (unsigned long long)is->ino, type_word(was->mode), (unsigned long long)was->dev,
                          (unsigned long long)was->ino);
}

static void additional(const struct run *r, const struct obs_fd *is)
{
        struct verdict *v = &r->out[INV_FD_EXACT];
        bool handed = is->fd < SCENARIO_FD_MAX && r->o->made[is->fd].fd >= 0;
        bool relayed = r->s->client.flow == FLOW_RUN && is->fd <= 2;

        /* That a closed number stays closed is our rule; that nothing but what was handed over arrives is not. */
        if (is->fd <= 2 && (relayed || is_null_device(is)))
                judge_say(v, judge_ours(r), "fd %d was closed at entry and is a %s now", is->fd,
                          is_null_device(is) ? "null device" : type_word(is->mode));
        else if (handed)
                judge_say(v, VERDICT_FAIL, "fd %d (a %s) leaks to the payload: it is not to be preserved", is->fd,
                          type_word(is->mode));
        else
                judge_say(v, VERDICT_FAIL, "fd %d is a %s (device %llx, inode %llu) that nobody handed over", is->fd,
                          type_word(is->mode), (unsigned long long)is->dev, (unsigned long long)is->ino);
}

void judge_fds(const struct run *r)
{
        struct verdict *v = &r->out[INV_FD_EXACT];
        bool there[SCENARIO_FD_MAX] = { false };

        if (!r->report->started)
                return;
        for (size_t i = 0; i < r->report->n_fds; i++) {
                const struct obs_fd *is = &r->report->fd[i];
                if (is->fd >= 0 && is->fd < SCENARIO_FD_MAX)
                        there[is->fd] = true;
                if (scenario_fd_expected(r->s, is->fd))
                        compare(r, is);
                else
                        additional(r, is);
        }
        for (int fd = 0; fd < SCENARIO_FD_MAX; fd++)
                if (!there[fd] && scenario_fd_expected(r->s, fd))
                        judge_say(v, VERDICT_FAIL, "fd %d (%s) is closed in the payload", fd,
                                  scenario_kind_word(r->s->world.fd[fd]));
        judge_ok(v);
}
