#include "tests/core/failing_sys.h"

static int fails(const struct sys *sys, const char *op)
{
        struct failing_sys *f = sys->ctx;

        if (++f->calls != f->at)
                return 0;
        f->op = op;
        return -f->errnum;
}

/* clang-format off: a table, one operation a line */
#define FAILING(name, params, ...) FAILING_AS(int, name, params, __VA_ARGS__)
#define FAILING_AS(type, name, params, ...)                                         \
        static type f_##name params                                                 \
        {                                                                           \
                int r = fails(s, #name);                                            \
                return r < 0 ? r : sys_linux()->op->name(sys_linux(), __VA_ARGS__); \
        }

FAILING(openat, (const struct sys *s, int d, const char *p, int f, mode_t m), d, p, f, m)
FAILING(openat2, (const struct sys *s, int d, const char *p, const struct open_how *h), d, p, h)
FAILING(mkdirat, (const struct sys *s, int d, const char *p, mode_t m), d, p, m)
FAILING(mknodat, (const struct sys *s, int d, const char *p, mode_t m, dev_t dev), d, p, m, dev)
FAILING(symlinkat, (const struct sys *s, const char *t, int d, const char *p), t, d, p)
FAILING(unlinkat, (const struct sys *s, int d, const char *p, int f), d, p, f)
FAILING(fchmodat, (const struct sys *s, int d, const char *p, mode_t m), d, p, m)
FAILING_AS(ssize_t, readlinkat, (const struct sys *s, int d, const char *p, char *b, size_t n), d, p, b, n)
FAILING(chdir, (const struct sys *s, const char *p), p)
FAILING(fchdir, (const struct sys *s, int fd), fd)
FAILING(fstat, (const struct sys *s, int fd, struct stat *st), fd, st)
FAILING(fstatfs, (const struct sys *s, int fd, struct statfs *st), fd, st)
FAILING(fcntl, (const struct sys *s, int fd, int c, long a), fd, c, a)
FAILING_AS(ssize_t, sendfile, (const struct sys *s, int out, int in, off_t *o, size_t n), out, in, o, n)
FAILING(memfd_create, (const struct sys *s, const char *n, unsigned f), n, f)
FAILING(execveat, (const struct sys *s, int d, const char *p, char *const a[], char *const e[], int f), d, p,
        a, e, f)
FAILING(umount2, (const struct sys *s, const char *t, int f), t, f)
FAILING(pivot_root, (const struct sys *s, const char *n, const char *o), n, o)
FAILING(open_tree, (const struct sys *s, int d, const char *p, unsigned f), d, p, f)
FAILING(move_mount, (const struct sys *s, int fd, const char *f, int td, const char *t, unsigned fl), fd, f,
        td, t, fl)
FAILING(mount_setattr,
        (const struct sys *s, int d, const char *p, unsigned f, struct mount_attr *a, size_t n), d, p, f, a,
        n)
FAILING(fsopen, (const struct sys *s, const char *t, unsigned f), t, f)
FAILING(fsconfig, (const struct sys *s, int fd, unsigned c, const char *k, const void *v, int x), fd, c, k, v,
        x)
FAILING(fsmount, (const struct sys *s, int fd, unsigned f, unsigned a), fd, f, a)
/* clang-format on */

static void *f_alloc(const struct sys *s, size_t n)
{
        return fails(s, "alloc") < 0 ? NULL : sys_linux()->op->alloc(sys_linux(), n);
}

static void *f_realloc(const struct sys *s, void *p, size_t n)
{
        return fails(s, "realloc") < 0 ? NULL : sys_linux()->op->realloc(sys_linux(), p, n);
}

void failing_sys_init(struct failing_sys *f, int at, int errnum)
{
        *f = (struct failing_sys){.ops = *sys_linux()->op, .at = at, .errnum = errnum};
        f->sys = (struct sys){&f->ops, f};
#define PUT(name) f->ops.name = f_##name
        PUT(openat), PUT(openat2), PUT(mkdirat), PUT(mknodat), PUT(symlinkat), PUT(unlinkat), PUT(fchmodat);
        PUT(chdir), PUT(fchdir), PUT(fstat), PUT(fstatfs), PUT(umount2), PUT(pivot_root), PUT(open_tree);
        PUT(move_mount), PUT(mount_setattr), PUT(fsopen), PUT(fsconfig), PUT(fsmount), PUT(alloc),
                PUT(realloc);
        PUT(readlinkat), PUT(fcntl), PUT(sendfile), PUT(memfd_create), PUT(execveat);
#undef PUT
}
