/* The caller's own fd table as procfs tells it. Internal to core/fds. */
#pragma once

struct sys;

/*
 * Opens /proc/self/fd for reading: a CLOEXEC fd, owned by the caller, or -errno. init runs inside a root file
 * system that is not trusted, so what is opened must be procfs and must not have been mounted over: -ENOTSUP
 * otherwise.
 */
int procfd_open(const struct sys *sys);

typedef void procfd_visit(void *ctx, int fd);

/*
 * Calls visit for each open fd but dirfd itself, once, from the start. visit may close fds (not dirfd);
 * entries may be missed then, so that only a walk that finds nothing proves that there is nothing. 0 or
 * -errno; -EBADMSG when the directory lists something that no fd table does, or not dirfd: it isn't ours.
 */
int procfd_walk(const struct sys *sys, int dirfd, procfd_visit *visit, void *ctx);
