#include "core/container/devices.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "core/base/err.h"
#include "core/base/scope.h"
#include "core/config/config.h"
#include "core/container/inside.h"
#include "core/container/mnt.h"
#include "core/sys.h"

struct device {
        const char *path;
        mode_t type; /* S_IFCHR, S_IFBLK, S_IFIFO */
        unsigned major, minor;
        mode_t mode;
        uid_t uid;
        gid_t gid;
};

static const struct device defaults[] = {
        {"/dev/null", S_IFCHR, 1, 3, 0666, 0, 0},    {"/dev/zero", S_IFCHR, 1, 5, 0666, 0, 0},
        {"/dev/full", S_IFCHR, 1, 7, 0666, 0, 0},    {"/dev/random", S_IFCHR, 1, 8, 0666, 0, 0},
        {"/dev/urandom", S_IFCHR, 1, 9, 0666, 0, 0}, {"/dev/tty", S_IFCHR, 5, 0, 0666, 0, 0},
};

static bool is_device(const struct stat *st, const struct device *d)
{
        if ((st->st_mode & S_IFMT) != d->type)
                return false;
        return d->type == S_IFIFO || st->st_rdev == makedev(d->major, d->minor);
}

/* The host's node, checked by number: its name proves nothing. */
static int open_host_device(const struct sys *sys, const struct device *d, int *ret_fd)
{
        SCOPED_FD fd = {sys, sys->op->openat(sys, AT_FDCWD, d->path, O_PATH | O_NOFOLLOW | O_CLOEXEC, 0)};
        struct stat st;
        int r = fd.fd < 0 ? fd.fd : sys->op->fstat(sys, fd.fd, &st);

        if (r < 0)
                return r;
        if (!is_device(&st, d))
                return -ENODEV;
        *ret_fd = scoped_fd_steal(&fd);
        return 0;
}

static int bind_host_device(const struct sys *sys, int root_fd, const struct device *d, const char *place,
                            struct err *err)
{
        SCOPED_FD host = {sys, -1}, tree = {sys, -1}, target = {sys, -1};
        struct stat st;
        int r = open_host_device(sys, d, &host.fd);

        if (r < 0)
                return err_sys(err, r, "device", place,
                               "mknod is not permitted, and the host has no such device: %s", d->path);
        /* a symlink there is the rootfs' own idea of where the device should be: not followed */
        target.fd = inside_open(sys, root_fd, d->path, O_PATH | O_NOFOLLOW, 0);
        if (target.fd == -ENOENT) {
                r = inside_make(sys, root_fd, d->path, false, &target.fd, err);
                if (r < 0)
                        return r;
        }
        if (target.fd < 0)
                return err_sys(err, target.fd, "device", place, "%s", d->path);
        r = sys->op->fstat(sys, target.fd, &st);
        if (r == 0 && S_ISDIR(st.st_mode))
                r = -EISDIR;
        if (r == 0 && S_ISLNK(st.st_mode))
                r = -ELOOP;
        if (r == 0)
                r = tree.fd = mnt_clone(sys, host.fd, "", false);
        if (r >= 0)
                r = mnt_attach(sys, tree.fd, target.fd);
        if (r < 0)
                return err_sys(err, r, "device", place, "binding the host's %s%s", d->path, mnt_hint(r));
        return 0;
}

static int own(const struct sys *sys, int dir_fd, const char *name, const struct device *d)
{
        if (d->type == S_IFIFO || d->uid != 0 || d->gid != 0)
                return sys->op->fchownat(sys, dir_fd, name, d->uid, d->gid, AT_SYMLINK_NOFOLLOW);
        return 0;
}

/* Whether the rootfs has the very device already. */
static bool there_already(const struct sys *sys, int dir_fd, const char *name, const struct device *d)
{
        struct stat st;

        return sys->op->fstatat(sys, dir_fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && is_device(&st, d);
}

static int create_one(const struct sys *sys, int root_fd, const struct device *d, const char *place,
                      struct err *err)
{
        SCOPED_FD dir = {sys, -1};
        const char *name;
        int r = inside_make_parent(sys, root_fd, d->path, &dir.fd, &name, err);

        if (r < 0 && place != d->path) /* the config's */
                return err_sys(err, r, "device", place, "making its folder in the root file system: %.64s", d->path);
        if (r < 0)
                return r;
        if (there_already(sys, dir.fd, name, d))
                return 0;
        r = sys->op->mknodat(sys, dir.fd, name, d->type | d->mode, makedev(d->major, d->minor));
        if (r == 0)
                r = own(sys, dir.fd, name, d);
        if (r < 0 && d->type != S_IFIFO && (r == -EPERM || r == -EROFS || r == -EEXIST))
                return bind_host_device(sys, root_fd, d, place, err);
        return r < 0 ? err_sys(err, r, "device", place, "%s", d->path) : 0;
}

static int from_config(const struct config_device *c, struct device *ret)
{
        struct device d = {.path = c->path, .mode = 0666};

        d.type = c->type == 'b' ? S_IFBLK : c->type == 'p' ? S_IFIFO : S_IFCHR;
        if (c->type != 'p') {
                /* dev_t of the kernel: 12 and 20 bits */
                if (c->major < 0 || c->major > 0xfff || c->minor < 0 || c->minor > 0xfffff)
                        return -ERANGE;
                d.major = (unsigned)c->major;
                d.minor = (unsigned)c->minor;
        }
        if (c->file_mode.set)
                d.mode = c->file_mode.v & 07777;
        d.uid = c->uid.set ? c->uid.v : 0;
        d.gid = c->gid.set ? c->gid.v : 0;
        *ret = d;
        return 0;
}

static bool same_path(const char *a, const char *b)
{
        char x[INSIDE_PATH_MAX], y[INSIDE_PATH_MAX];

        return inside_clean(a, x, sizeof(x)) == 0 && inside_clean(b, y, sizeof(y)) == 0 && strcmp(x, y) == 0;
}

static bool config_has(const struct config *config, const char *path)
{
        for (size_t i = 0; i < config->linux_.devices.n; i++)
                if (same_path(config->linux_.devices.item[i].path, path))
                        return true;
        return false;
}

static int create_configured(const struct sys *sys, const struct config *config, int root_fd, struct err *err)
{
        for (size_t i = 0; i < config->linux_.devices.n; i++) {
                const struct config_device *c = &config->linux_.devices.item[i];
                struct device d;
                char place[64];
                int r;

                if (same_path(c->path, "/dev/ptmx"))
                        continue; /* always the link to the container's own devpts */
                snprintf(place, sizeof(place), "/linux/devices/%zu", i);
                r = from_config(c, &d);
                if (r < 0)
                        return err_sys(err, r, "device", place, "%s: no device number", c->path);
                r = create_one(sys, root_fd, &d, place, err);
                if (r < 0)
                        return r;
        }
        return 0;
}

static int create_defaults(const struct sys *sys, const struct config *config, int root_fd, struct err *err)
{
        for (size_t i = 0; i < sizeof(defaults) / sizeof(defaults[0]); i++) {
                int r = config_has(config, defaults[i].path)
                                ? 0
                                : create_one(sys, root_fd, &defaults[i], defaults[i].path, err);
                if (r < 0)
                        return r;
        }
        return 0;
}

static int link_one(const struct sys *sys, int dir_fd, const char *target, const char *name, struct err *err)
{
        int r = sys->op->symlinkat(sys, target, dir_fd, name);

        if (r < 0 && r != -EEXIST)
                return err_sys(err, r, "device", "/dev", "link %s", name);
        return 0;
}

static int create_links(const struct sys *sys, int root_fd, struct err *err)
{
        static const char *const links[][2] = {
                {"/proc/self/fd", "fd"},
                {"/proc/self/fd/0", "stdin"},
                {"/proc/self/fd/1", "stdout"},
                {"/proc/self/fd/2", "stderr"},
        };
        SCOPED_FD dir = {sys, -1};
        struct stat st;
        int r = inside_make(sys, root_fd, "/dev", true, &dir.fd, err);

        for (size_t i = 0; r == 0 && i < sizeof(links) / sizeof(links[0]); i++)
                r = link_one(sys, dir.fd, links[i][0], links[i][1], err);
        if (r == 0 && sys->op->fstatat(sys, AT_FDCWD, "/proc/kcore", &st, 0) == 0)
                r = link_one(sys, dir.fd, "/proc/kcore", "core", err);
        if (r < 0)
                return r;
        r = sys->op->unlinkat(sys, dir.fd, "ptmx",
                              0); /* a node of the rootfs would open the host's terminals */
        if (r < 0 && r != -ENOENT)
                return err_sys(err, r, "device", "/dev/ptmx", "%s", "");
        return link_one(sys, dir.fd, "pts/ptmx", "ptmx", err);
}

/* What the terminal will be mounted over, made while /dev may still be written: the config may have it
 * read-only. */
static int create_console(const struct sys *sys, int root_fd, struct err *err)
{
        SCOPED_FD dir = {sys, -1};
        int fd, r = inside_make(sys, root_fd, "/dev", true, &dir.fd, err);

        if (r < 0)
                return r;
        fd = sys->op->openat(sys, dir.fd, "console",
                             O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_NOCTTY | O_CLOEXEC, 0666);
        if (fd < 0)
                return fd == -EEXIST ? 0 : err_sys(err, fd, "device", "/dev/console", "%s", "");
        return sys->op->close(sys, fd);
}

int devices_create(const struct sys *sys, const struct config *config, int root_fd, struct err *err)
{
        int r = create_configured(sys, config, root_fd, err);

        if (r == 0)
                r = create_defaults(sys, config, root_fd, err);
        if (r == 0)
                r = create_links(sys, root_fd, err);
        return r == 0 && config->process.terminal ? create_console(sys, root_fd, err) : r;
}
