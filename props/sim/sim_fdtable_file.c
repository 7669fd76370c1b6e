/* Calls that know files: the three names that there are, and the directory of the fd table itself. */
#include <errno.h>
#include <limits.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>

#include "props/sim/sim_fdtable_impl.h"

#define INO_NULL 4
#define INO_PROC_ROOT 1
#define INO_PROC_OTHER 7
#define INO_PROC_FD 8

enum name { NAME_NONE, NAME_NULL, NAME_PROC, NAME_PROC_FD };

struct dirent_head { /* of struct linux_dirent64, which no header of the C library shows */
        uint64_t ino;
        int64_t off;
        uint16_t reclen;
        uint8_t type;
};
#define DIRENT_NAME 19 /* offset of the name: there is no padding before it */

static int name_of(const struct sim_fdtable *t, int dirfd, const char *path, enum name *ret)
{
        *ret = NAME_NONE;
        if (path[0] == '/') {
                *ret = strcmp(path, "/dev/null") == 0       ? NAME_NULL
                       : strcmp(path, "/proc") == 0         ? NAME_PROC
                       : strcmp(path, "/proc/self/fd") == 0 ? NAME_PROC_FD
                                                            : NAME_NONE;
                return 0;
        }
        if (dirfd == AT_FDCWD)
                return 0;
        const struct sim_object *dir = sim_get(t, dirfd);
        if (!dir)
                return -EBADF;
        if (dir->kind == SIM_KIND_PROC && strcmp(path, "self/fd") == 0)
                *ret = NAME_PROC_FD;
        return dir->kind == SIM_KIND_PROC || dir->kind == SIM_KIND_PROC_FD || dir->kind == SIM_KIND_FALSE_FD
                       ? 0
                       : -ENOTDIR;
}

/* The object, whose id is returned, or -errno. */
static int64_t open_proc(struct sim_fdtable *t, int flags)
{
        enum sim_procfs p = t->options.procfs;

        if (p == SIM_PROCFS_NONE)
                return -ENOENT;
        return sim_object_new(t, SIM_KIND_PROC, flags, p == SIM_PROCFS_PART ? INO_PROC_OTHER : INO_PROC_ROOT,
                              p == SIM_PROCFS_FAKE ? TMPFS_MAGIC : PROC_SUPER_MAGIC);
}

static int64_t open_proc_fd(struct sim_fdtable *t, int flags, bool no_xdev)
{
        enum sim_procfs p = t->options.procfs;
        bool covered = p == SIM_PROCFS_COVERED || p == SIM_PROCFS_FOREIGN || p == SIM_PROCFS_RUBBISH;
        bool tmpfs = p == SIM_PROCFS_COVERED || p == SIM_PROCFS_FAKE;
        uint32_t id;

        if (p == SIM_PROCFS_NONE || p == SIM_PROCFS_NO_SELF || p == SIM_PROCFS_PART)
                return -ENOENT;
        if (no_xdev && covered)
                return -EXDEV;
        id = sim_object_new(t, p == SIM_PROCFS ? SIM_KIND_PROC_FD : SIM_KIND_FALSE_FD, flags, INO_PROC_FD,
                            tmpfs ? TMPFS_MAGIC : PROC_SUPER_MAGIC);
        t->objects[id].rubbish = p == SIM_PROCFS_RUBBISH;
        return id;
}

static int64_t open_name(struct sim_fdtable *t, enum name name, int flags, bool no_xdev)
{
        bool dir = name != NAME_NULL;
        int fl = flags & O_PATH
                         ? flags & (O_PATH | O_DIRECTORY | O_NOFOLLOW)
                         : (flags & ~(O_CLOEXEC | O_NOCTTY)) | 0100000; /* O_LARGEFILE, which libc hides */

        if (!dir && flags & O_DIRECTORY)
                return -ENOTDIR;
        if (dir && !(flags & O_PATH) && flags & O_ACCMODE)
                return -EISDIR;
        if (name == NAME_PROC)
                return open_proc(t, fl);
        if (name == NAME_PROC_FD)
                return open_proc_fd(t, fl, no_xdev);
        return sim_object_new(t, SIM_KIND_NULL, fl, INO_NULL, 0);
}

static int open_common(struct sim_fdtable *t, int dirfd, const char *path, int flags, bool no_xdev)
{
        enum name name;
        int fd = path[0] ? sim_lowest_free(t, 0) : -ENOENT; /* the number comes before the look at the path */
        int r;

        if (fd < 0)
                return fd;
        r = name_of(t, dirfd, path, &name);
        if (r < 0)
                return r;
        if (name == NAME_NONE)
                return -ENOENT;
        int64_t id = open_name(t, name, flags, no_xdev);
        if (id < 0)
                return (int)id;
        sim_put(t, fd, (uint32_t)id, flags & O_CLOEXEC);
        t->inheritable += name != NAME_NULL && !(flags & O_CLOEXEC);
        return fd;
}

static int s_openat(const struct sys *sys, int dirfd, const char *path, int flags, mode_t mode)
{
        struct sim_fdtable *t = sim_of(sys);
        int r = sim_enter(t, SIM_OP_OPENAT, dirfd);

        (void)mode;
        return r < 0 ? r : open_common(t, dirfd, path, flags, false);
}

static int s_openat2(const struct sys *sys, int dirfd, const char *path, const struct open_how *how)
{
        struct sim_fdtable *t = sim_of(sys);
        int r = sim_enter(t, SIM_OP_OPENAT2, dirfd);

        if (r < 0)
                return r;
        if (how->resolve & ~0x3full || how->mode != 0)
                return -EINVAL;
        if (how->resolve & RESOLVE_BENEATH && path[0] == '/')
                return sim_lowest_free(t, 0) < 0 ? -EMFILE : -EXDEV;
        return open_common(t, dirfd, path, (int)how->flags, how->resolve & RESOLVE_NO_XDEV);
}

static int s_fstat(const struct sys *sys, int fd, struct stat *st)
{
        static const mode_t modes[] = {
                [SIM_KIND_FILE] = S_IFREG | 0600,     [SIM_KIND_NULL] = S_IFCHR | 0666,
                [SIM_KIND_PIPE] = S_IFIFO | 0600,     [SIM_KIND_SOCKET] = S_IFSOCK | 0777,
                [SIM_KIND_PROC] = S_IFDIR | 0555,     [SIM_KIND_PROC_FD] = S_IFDIR | 0500,
                [SIM_KIND_FALSE_FD] = S_IFDIR | 0500,
        };
        struct sim_fdtable *t = sim_of(sys);
        int r = sim_enter(t, SIM_OP_FSTAT, fd);
        const struct sim_object *o = sim_get(t, fd);

        if (r < 0)
                return r;
        if (!o)
                return -EBADF;
        memset(st, 0, sizeof(*st));
        st->st_dev = (dev_t)(o->magic & 0xff);
        st->st_ino = o->ino;
        st->st_mode = modes[o->kind];
        return 0;
}

static int s_fstatfs(const struct sys *sys, int fd, struct statfs *st)
{
        struct sim_fdtable *t = sim_of(sys);
        int r = sim_enter(t, SIM_OP_FSTATFS, fd);
        const struct sim_object *o = sim_get(t, fd);

        if (r < 0)
                return r;
        if (!o)
                return -EBADF;
        memset(st, 0, sizeof(*st));
        st->f_type = o->magic ? o->magic : TMPFS_MAGIC;
        return 0;
}

static off_t s_lseek(const struct sys *sys, int fd, off_t off, int whence)
{
        struct sim_fdtable *t = sim_of(sys);
        int r = sim_enter(t, SIM_OP_LSEEK, fd);
        struct sim_object *o = sim_get(t, fd);

        if (r < 0)
                return r;
        if (!o || o->flags & O_PATH)
                return -EBADF;
        if (whence < SEEK_SET || whence > SEEK_HOLE)
                return -EINVAL;
        if (o->kind == SIM_KIND_PIPE || o->kind == SIM_KIND_SOCKET)
                return -ESPIPE;
        if (o->kind == SIM_KIND_NULL)
                return 0;
        if (whence == SEEK_CUR)
                off += o->pos;
        else if (whence != SEEK_SET)
                return -EINVAL;
        if (off < 0)
                return -EINVAL;
        return o->pos = off;
}

/* The n-th open fd >= 0, counted from 0, or -1. */
static int nth_open(const struct sim_fdtable *t, off_t n)
{
        int fd = sim_fdtable_next(t, 0);

        for (; fd >= 0 && n > 0; n--)
                fd = sim_fdtable_next(t, fd + 1);
        return fd;
}

/* A directory made to deceive, on another file system, can name any number: the asker's own, too. */
static bool false_entry(const struct sim_object *o, int dirfd, off_t n, char name[16])
{
        static const char *const names[] = {"0", "1", "2"};

        if (n < 3)
                strcpy(name, o->rubbish && n == 2 ? "12x" : names[n]);
        else if (n == 3 && o->magic != PROC_SUPER_MAGIC)
                snprintf(name, 16, "%d", dirfd);
        else
                return false;
        return true;
}

/* The name of the entry at or after *pos, where *pos is set to; false at the end. */
static bool entry_at(const struct sim_fdtable *t, const struct sim_object *o, int dirfd, off_t *pos,
                     char name[16])
{
        off_t n = *pos - 2;

        if (n < 0) {
                strcpy(name, n == -2 ? "." : "..");
                return true;
        }
        if (o->kind == SIM_KIND_FALSE_FD)
                return false_entry(o, dirfd, n, name);
        int fd = n >= SIM_FD_MAX ? -1 : t->options.skipping ? nth_open(t, n) : sim_fdtable_next(t, (int)n);
        if (fd < 0) {
                /* Linux stands behind the table's allocated end then: what is opened now needs a rewind to be
                 * seen */
                *pos = t->options.skipping ? *pos : (off_t)SIM_FD_MAX + 2;
                return false;
        }
        snprintf(name, 16, "%d", fd);
        *pos = t->options.skipping ? *pos : fd + 2;
        return true;
}

static ssize_t s_getdents64(const struct sys *sys, int fd, void *buf, size_t size)
{
        struct sim_fdtable *t = sim_of(sys);
        int r = sim_enter(t, SIM_OP_GETDENTS64, fd);
        struct sim_object *o = sim_get(t, fd);
        size_t used = 0;
        unsigned left = t->options.entries_per_call ? t->options.entries_per_call : UINT_MAX;
        char name[16];

        if (r < 0)
                return r;
        if (!o || o->flags & O_PATH)
                return -EBADF;
        if (o->kind != SIM_KIND_PROC_FD && o->kind != SIM_KIND_FALSE_FD)
                return o->kind == SIM_KIND_PROC ? -ENOSYS : -ENOTDIR;
        for (; left > 0 && entry_at(t, o, fd, &o->pos, name); o->pos++, left--) {
                size_t n = strlen(name) + 1, reclen = (DIRENT_NAME + n + 7) & ~7ul;
                if (reclen > size - used)
                        return used ? (ssize_t)used : -EINVAL;
                char *at = (char *)buf + used;
                struct dirent_head head = {.ino = 1000 + (uint64_t)o->pos,
                                           .off = o->pos + 1,
                                           .reclen = (uint16_t)reclen,
                                           .type = name[0] == '.' ? 4 : 10}; /* DT_DIR, DT_LNK */
                memset(at, 0, reclen);
                memcpy(at, &head, DIRENT_NAME);
                memcpy(at + DIRENT_NAME, name, n);
                used += reclen;
        }
        return (ssize_t)used;
}

void sim_fdtable_calls_file(struct sys_ops *ops)
{
        ops->openat = s_openat;
        ops->openat2 = s_openat2;
        ops->fstat = s_fstat;
        ops->fstatfs = s_fstatfs;
        ops->lseek = s_lseek;
        ops->getdents64 = s_getdents64;
}
