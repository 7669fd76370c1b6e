#include "core/container/cgroup_tree.h"

#include <dirent.h>
#include <errno.h>
#include <string.h>

#include "core/base/scope.h"
#include "core/sys.h"

#define MAX_DEPTH 65536u
#define DIR_FLAGS (O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)

/* What getdents64(2) writes. */
struct dirent_head {
        uint64_t d_ino;
        int64_t d_off;
        uint16_t d_reclen;
        uint8_t d_type;
};
#define NAME_OFFSET (offsetof(struct dirent_head, d_type) + 1)

int64_t cgroup_now(const struct sys *sys)
{
        struct timespec ts = {0};

        (void)sys->op->clock_gettime(sys, CLOCK_MONOTONIC, &ts);
        return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

void cgroup_sleep(const struct sys *sys, unsigned ms)
{
        struct timespec ts = {.tv_sec = ms / 1000, .tv_nsec = (long)(ms % 1000) * 1000000};

        (void)sys->op->nanosleep(sys, &ts,
                                 NULL); /* cut short by a signal: the caller looks again a little earlier */
}

/*
 * The next subdirectory after *pos, which moves behind it. 1, 0 (no more) or -errno. name has 256 bytes.
 * kernfs positions are hashes of names: they stay good while others come and go.
 */
static int next_subdir(const struct sys *sys, int fd, int64_t *pos, char *name)
{
        _Alignas(struct dirent_head) char buf[2048];
        struct dirent_head head;

        for (;;) {
                off_t at = sys->op->lseek(sys, fd, (off_t)*pos, SEEK_SET);
                ssize_t n = at < 0 ? at : sys->op->getdents64(sys, fd, buf, sizeof(buf));
                if (n <= 0)
                        return (int)n;
                for (ssize_t i = 0; i < n; i += head.d_reclen) {
                        memcpy(&head, buf + i, sizeof(head));
                        const char *entry = buf + i + NAME_OFFSET;
                        *pos = head.d_off;
                        if (head.d_type != DT_DIR || strcmp(entry, ".") == 0 || strcmp(entry, "..") == 0 ||
                            strlen(entry) > 255)
                                continue;
                        strcpy(name, entry);
                        return 1;
                }
        }
}

/* Positions in the directories above the current one. */
struct stack {
        const struct sys *sys;
        int64_t *pos;
        size_t n, cap;
};

static void stack_free(struct stack *s)
{
        s->sys->op->free(s->sys, s->pos);
}

static int stack_push(struct stack *s, int64_t pos)
{
        if (s->n == s->cap) {
                size_t cap = s->cap ? s->cap * 2 : 64;
                void *p = cap > MAX_DEPTH ? NULL : s->sys->op->realloc(s->sys, s->pos, cap * sizeof(*s->pos));
                if (!p)
                        return cap > MAX_DEPTH ? -E2BIG : -ENOMEM;
                s->pos = p;
                s->cap = cap;
        }
        s->pos[s->n++] = pos;
        return 0;
}

static int move_to(struct scoped_fd *cur, const char *name)
{
        int fd = cur->sys->op->openat(cur->sys, cur->fd, name, DIR_FLAGS, 0);

        if (fd < 0)
                return fd;
        scoped_fd_close(cur);
        cur->fd = fd;
        return 0;
}

int cgroup_tree_walk(const struct sys *sys, const char *path, int64_t deadline, cgroup_visit *visit,
                     void *arg)
{
        SCOPED_FD cur = {sys, sys->op->openat(sys, AT_FDCWD, path, DIR_FLAGS, 0)};
        __attribute__((cleanup(stack_free))) struct stack above = {.sys = sys};
        int64_t pos = 0;
        char name[256];
        int r;

        if (cur.fd < 0)
                return cur.fd;
        r = visit(sys, cur.fd, arg);
        while (r >= 0) {
                if (cgroup_now(sys) > deadline)
                        return -ETIMEDOUT;
                r = next_subdir(sys, cur.fd, &pos, name);
                if (r == 0 && above.n == 0)
                        return 0;
                if (r == 1) {
                        r = stack_push(&above, pos);
                        if (r < 0)
                                return r;
                        r = move_to(&cur, name);
                        if (r == 0) {
                                pos = 0;
                                r = visit(sys, cur.fd, arg);
                                continue;
                        }
                        if (r == -ENOENT || r == -ENODEV)
                                r = 0; /* gone already: back to where we were */
                        pos = above.pos[--above.n];
                } else if (r == 0 || r == -ENOENT || r == -ENODEV) {
                        if (above.n == 0)
                                return 0;
                        r = move_to(&cur, "..");
                        pos = above.pos[--above.n];
                }
        }
        return r;
}

/* Whether dir/name has subdirectories: then it is busy with them, else with processes. */
static int has_subdir(const struct sys *sys, int dir_fd, const char *name)
{
        SCOPED_FD fd = {sys, sys->op->openat(sys, dir_fd, name, DIR_FLAGS, 0)};
        char child[256];
        int64_t pos = 0;

        return fd.fd < 0 ? fd.fd : next_subdir(sys, fd.fd, &pos, child);
}

int cgroup_tree_clear(const struct sys *sys, const char *path, int64_t deadline)
{
        SCOPED_FD cur = {sys, sys->op->openat(sys, AT_FDCWD, path, DIR_FLAGS, 0)};
        unsigned wait = 1;
        size_t depth = 0;
        char name[256];

        if (cur.fd < 0)
                return cur.fd;
        for (;;) {
                int64_t pos = 0;
                int r = next_subdir(sys, cur.fd, &pos, name);
                if (r == -ENOENT || r == -ENODEV) /* removed under us: as good as empty */
                        r = 0;
                if (r == 0 && depth == 0)
                        return 0;
                if (r == 0) {
                        r = move_to(&cur, "..");
                        depth--;
                } else if (r == 1) {
                        r = sys->op->unlinkat(sys, cur.fd, name, AT_REMOVEDIR);
                        if (r == -EBUSY || r == -ENOTEMPTY) {
                                r = has_subdir(sys, cur.fd, name);
                                if (r == 1) {
                                        r = move_to(&cur, name);
                                        depth += r == 0;
                                } else if (r == 0) {
                                        cgroup_sleep(sys, wait);
                                        wait = wait < 32 ? wait * 2 : 32;
                                }
                        }
                }
                if (r < 0 && r != -ENOENT && r != -ENODEV)
                        return r;
                if (cgroup_now(sys) > deadline)
                        return -EBUSY;
        }
}

int cgroup_rmdir(const struct sys *sys, const char *path, int64_t deadline)
{
        unsigned wait = 1;

        for (;;) {
                int r = sys->op->unlinkat(sys, AT_FDCWD, path, AT_REMOVEDIR);
                if (r == 0 || r == -ENOENT)
                        return 0;
                if (r != -EBUSY || cgroup_now(sys) > deadline)
                        return r;
                cgroup_sleep(sys, wait);
                wait = wait < 32 ? wait * 2 : 32;
        }
}
