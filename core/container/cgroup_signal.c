/* Who is in there: `kill --all` with a signal that need not kill, and `ps`. cgroup_signal, cgroup_list of cgroup.h. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/err.h"
#include "core/base/io.h"
#include "core/base/limits.h"
#include "core/base/scope.h"
#include "core/container/cgroup.h"
#include "core/container/cgroup_tree.h"
#include "core/sys.h"

/* Looks at the whole container. Each look sends to whom no earlier one has seen: a process that forks while
 * the lists are read. More would chase a container that keeps forking. */
#define LOOKS 3

struct seen {
        const struct sys *sys;
        pid_t *pid; /* the first `known` are sorted, and have their signal */
        size_t n, cap, known;
};

static void seen_free(struct seen *s)
{
        s->sys->op->free(s->sys, s->pid);
}

static int compare(const void *a, const void *b)
{
        pid_t x = *(const pid_t *)a, y = *(const pid_t *)b;

        return (x > y) - (x < y);
}

static int seen_add(struct seen *s, pid_t pid)
{
        if (s->n == s->cap) {
                size_t cap = s->cap ? s->cap * 2 : 256;
                void *p = s->sys->op->realloc(s->sys, s->pid, cap * sizeof(*s->pid));
                if (!p)
                        return -ENOMEM;
                s->pid = p;
                s->cap = cap;
        }
        s->pid[s->n++] = pid;
        return 0;
}

/* The pids of one directory that are not known yet. Those of another pid namespace read as 0. */
static int collect(const struct sys *sys, int dir_fd, void *arg)
{
        SCOPED_MEM text = {sys, NULL};
        struct seen *s = arg;
        char *p;
        size_t n;
        int r = io_read_file(sys, dir_fd, "cgroup.procs", LIMIT_CONFIG_BYTES, &p, &n, NULL);

        if (r < 0)
                return r == -ENOENT || r == -ENODEV || r == -EOPNOTSUPP ? 0 : r;
        text.ptr = p;
        for (r = 0; r == 0 && *p; p += *p != '\0') {
                pid_t pid = 0;
                for (; *p >= '0' && *p <= '9'; p++)
                        pid = pid > 100000000 ? pid : pid * 10 + (*p - '0');
                if (pid > 0 && (s->known == 0 || !bsearch(&pid, s->pid, s->known, sizeof(pid), compare)))
                        r = seen_add(s, pid);
        }
        return r;
}

/* One process is in several hierarchies, and gets one signal. *ret_new: how many did. */
static int send_to_new(struct seen *s, int signal, size_t *ret_new, struct err *err)
{
        size_t n = s->known;

        *ret_new = 0;
        if (s->n == s->known)
                return 0;
        qsort(s->pid + s->known, s->n - s->known, sizeof(*s->pid), compare);
        for (size_t i = s->known; i < s->n; i++) {
                if (i > s->known && s->pid[i] == s->pid[n - 1])
                        continue;
                s->pid[n++] = s->pid[i];
                int r = s->sys->op->kill(s->sys, s->pid[n - 1], signal);
                if (r < 0 && r != -ESRCH)
                        return err_sys(err, r, "kill", NULL, "process %d", (int)s->pid[n - 1]);
                ++*ret_new;
        }
        s->n = s->known = n;
        qsort(s->pid, n, sizeof(*s->pid), compare);
        return 0;
}

static int collect_all(const struct sys *sys, const struct cgroup *cgroup, int64_t deadline, struct seen *s,
                       struct err *err)
{
        for (size_t i = 0; i < cgroup->n; i++) {
                const struct cgroup_dir *dir = &cgroup->dir[i];
                if (!cgroup_is_there(sys, dir->path))
                        continue;
                int r = cgroup_tree_walk(sys, dir->path, deadline, collect, s);
                if (r < 0 && r != -ENOENT)
                        return err_sys(err, r, "cgroup", dir->path, "listing its processes");
        }
        return 0;
}

int cgroup_signal(const struct sys *sys, const struct cgroup *cgroup, int signal, struct err *err)
{
        __attribute__((cleanup(seen_free))) struct seen s = {.sys = sys};
        int64_t deadline = cgroup_now(sys) + LIMIT_CGROUP_KILL_MS;
        pid_t self = sys->op->getpid(sys);
        size_t new = 1;
        int r = 0;

        for (int look = 0; r == 0 && new > 0 && look < LOOKS; look++) {
                r = collect_all(sys, cgroup, deadline, &s, err);
                for (size_t i = s.known; r == 0 && i < s.n; i++)
                        if (s.pid[i] == self)
                                r = err_set(err, EBUSY, "cgroup", cgroup->dir[0].path,
                                            "the runtime itself is in there");
                if (r == 0)
                        r = send_to_new(&s, signal, &new, err);
        }
        return r;
}

int cgroup_list(const struct sys *sys, const struct cgroup *cgroup, pid_t **ret_pids, size_t *ret_n,
                struct err *err)
{
        struct seen s = {.sys = sys};
        size_t n = 0;
        int r = collect_all(sys, cgroup, cgroup_now(sys) + LIMIT_CGROUP_KILL_MS, &s, err);

        if (r < 0) {
                seen_free(&s);
                return r;
        }
        if (s.n > 0)
                qsort(s.pid, s.n, sizeof(*s.pid), compare);
        for (size_t i = 0; i < s.n; i++) /* in each hierarchy once */
                if (n == 0 || s.pid[n - 1] != s.pid[i])
                        s.pid[n++] = s.pid[i];
        *ret_pids = s.pid;
        *ret_n = n;
        return 0;
}
