#include "core/container/mounts.h"

#include <errno.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>

#include "core/base/err.h"
#include "core/base/scope.h"
#include "core/config/config.h"
#include "core/container/idmapped.h"
#include "core/container/inside.h"
#include "core/container/mnt.h"
#include "core/container/mount_options.h"
#include "core/sys.h"

#define PROC_ROOT_INO 1

struct place {
        char text[64];
};

static struct place place_of(size_t index, const char *member)
{
        struct place p;

        snprintf(p.text, sizeof(p.text), "/mounts/%zu%s", index, member);
        return p;
}

static const struct config_mount *entry(const struct mounts *m, size_t index)
{
        return &m->config->mounts.item[index];
}

bool mounts_dev_is_ours(const struct config *config)
{
        char clean[INSIDE_PATH_MAX];
        struct mount_options o;

        for (size_t i = 0; i < config->mounts.n; i++)
                if (inside_clean(config->mounts.item[i].destination, clean, sizeof(clean)) == 0 &&
                    strcmp(clean, "/dev") == 0 &&
                    mount_options_parse(&config->mounts.item[i], i, &o, NULL) == 0 && o.bind && !o.remount)
                        return false;
        return true;
}

/*
 * A mount inside /proc could hide or forge what labrun itself and the payload's security rely on
 * (CVE-2019-16884). The exceptions are runc's: files that lxcfs and the like emulate.
 */
int mounts_check_proc(const char *destination, bool target_in_proc, enum mounts_kind kind)
{
        static const char *const allowed[] = {
                "/proc/cpuinfo",
                "/proc/diskstats",
                "/proc/meminfo",
                "/proc/stat",
                "/proc/swaps",
                "/proc/uptime",
                "/proc/loadavg",
                "/proc/slabinfo",
                "/proc/net/dev",
                "/proc/sys/kernel/ns_last_pid",
                "/proc/sys/crypto/fips_enabled",
        };

        if (strcmp(destination, "/proc") == 0)
                return kind == MOUNTS_PROC || kind == MOUNTS_BIND_OF_PROC ? 0 : -EPERM;
        if (strncmp(destination, "/proc/", 6) != 0 && !target_in_proc)
                return 0;
        for (size_t i = 0; i < sizeof(allowed) / sizeof(allowed[0]); i++)
                if (kind == MOUNTS_BIND && strcmp(destination, allowed[i]) == 0)
                        return 0;
        return -EPERM;
}

static int is_procfs(const struct sys *sys, int fd, bool *ret_is)
{
        struct statfs st;
        int r = sys->op->fstatfs(sys, fd, &st);

        if (r < 0)
                return r;
        *ret_is = st.f_type == PROC_SUPER_MAGIC;
        return 0;
}

/*
 * proc and sysfs are what everything else is checked by: their targets are real directories on a path without
 * any symlink (CVE-2019-19921, CVE-2023-27561, CVE-2023-28642, CVE-2025-52881).
 */
static int open_plain_dir(const struct mounts *m, size_t index, const char *destination, int *ret_fd,
                          struct err *err)
{
        const int flags = O_PATH | O_DIRECTORY;
        int made = -1, r;
        int fd = inside_open(m->sys, m->root_fd, destination, flags, RESOLVE_NO_SYMLINKS);

        if (fd == -ENOENT) {
                r = inside_make(m->sys, m->root_fd, destination, true, &made, err);
                if (r < 0)
                        return r;
                (void)m->sys->op->close(m->sys, made);
                fd = inside_open(m->sys, m->root_fd, destination, flags, RESOLVE_NO_SYMLINKS);
        }
        if (fd == -ELOOP || fd == -ENOTDIR)
                return err_sys(err, fd, "mount", place_of(index, "/destination").text,
                               "%s must be a real directory, without a symlink in its path", destination);
        if (fd < 0)
                return err_sys(err, fd, "mount", place_of(index, "/destination").text, "%s", destination);
        *ret_fd = fd;
        return 0;
}

static bool is_sysfs(const struct mounts *m, size_t index, enum mounts_kind kind)
{
        const char *type = entry(m, index)->type;

        return kind == MOUNTS_OTHER && type && strcmp(type, "sysfs") == 0;
}

/* An error of the mount in general, told with the entry's pointer and the path that inside_* named. */
static int with_pointer(int r, size_t index, struct err *err)
{
        char path[ERR_PLACE_MAX];

        if (r == 0 || !err || err->place[0] != '/' || strncmp(err->place, "/mounts/", 8) == 0)
                return r;
        memcpy(path, err->place, sizeof(path));
        return err_sys(err, r, "mount", place_of(index, "/destination").text, "%s: %s", path, err->msg);
}

int mounts_target(const struct mounts *m, size_t index, bool directory, enum mounts_kind kind, int *ret_fd,
                  struct err *err)
{
        const char *destination = entry(m, index)->destination;
        SCOPED_FD fd = {m->sys, -1};
        char clean[INSIDE_PATH_MAX];
        bool in_proc;
        int r = inside_clean(destination, clean, sizeof(clean));

        if (r < 0)
                return err_sys(err, r, "mount", place_of(index, "/destination").text, "%s", "");
        if (strcmp(clean, "/") == 0)
                return err_set(err, EINVAL, "mount", place_of(index, "/destination").text,
                               "a mount can't replace the root file system");
        /* by its name first: a refused mount makes no directory */
        if (mounts_check_proc(clean, false, kind) < 0)
                goto refused;
        if (kind == MOUNTS_PROC || is_sysfs(m, index, kind))
                r = with_pointer(open_plain_dir(m, index, clean, &fd.fd, err), index, err);
        else
                r = with_pointer(inside_make(m->sys, m->root_fd, destination, directory, &fd.fd, err), index,
                                 err);
        if (r < 0)
                return r;
        r = is_procfs(m->sys, fd.fd, &in_proc);
        if (r < 0)
                return err_sys(err, r, "mount", place_of(index, "/destination").text, "%s", destination);
        if (mounts_check_proc(clean, in_proc, kind) < 0)
                goto refused;
        *ret_fd = scoped_fd_steal(&fd);
        return 0;
refused:
        return err_set(err, EPERM, "mount", place_of(index, "/destination").text,
                       "%s can't be mounted over: it is /proc or inside it", destination);
}

static bool is_dir(const struct mounts *m, int fd)
{
        struct stat st;

        return m->sys->op->fstat(m->sys, fd, &st) == 0 && S_ISDIR(st.st_mode);
}

static int attach(const struct mounts *m, size_t index, int mount_fd, int target_fd, struct err *err)
{
        int r = mnt_attach(m->sys, mount_fd, target_fd);

        if (r < 0 && is_dir(m, mount_fd) != is_dir(m, target_fd)) /* move_mount(2): EINVAL */
                return err_set(err, is_dir(m, target_fd) ? EISDIR : ENOTDIR, "mount",
                               place_of(index, "/destination").text, "%s, and what is to be mounted there is %s",
                               entry(m, index)->destination, is_dir(m, mount_fd) ? "one" : "none");
        if (r < 0)
                return err_sys(err, r, "mount", place_of(index, "").text, "attaching to %s%s",
                               entry(m, index)->destination, mnt_hint(r));
        return 0;
}

static int propagate(const struct mounts *m, size_t index, const struct mount_options *o, int mount_fd,
                     struct err *err)
{
        for (size_t i = 0; i < o->n_propagation; i++) {
                int r = mnt_propagate(m->sys, mount_fd, o->propagation[i].type, o->propagation[i].recursive);
                if (r < 0)
                        return err_sys(err, r, "mount", place_of(index, "/options").text, "propagation of %s",
                                       entry(m, index)->destination);
        }
        return 0;
}

static int set_attrs(const struct mounts *m, size_t index, const struct mount_options *o, int mount_fd,
                     struct err *err)
{
        int r = mnt_set(m->sys, mount_fd, &o->rec, true);

        if (r == 0)
                r = mnt_set(m->sys, mount_fd, &o->attr, false);
        if (r < 0)
                return err_sys(err, r, "mount", place_of(index, "/options").text, "flags of %s%s",
                               entry(m, index)->destination, mnt_hint(r));
        return 0;
}

/* The entry's own, out of those that the parent made. */
static int copy_idmapped(const struct mounts *m, size_t index)
{
        size_t k = 0;

        for (size_t i = 0; i < index; i++)
                k += idmapped_wanted(entry(m, i));
        return m->idmapped ? m->sys->op->fcntl(m->sys, m->idmapped[k], F_DUPFD_CLOEXEC, 3) : -ENOTSUP;
}

/*
 * Flags that the options don't name stay those of the source: a nosuid source stays nosuid, and flags that
 * the kernel has locked (mount_namespaces(7)) are never touched by accident.
 */
static int do_bind(const struct mounts *m, size_t index, const struct mount_options *o, struct err *err)
{
        const struct config_mount *e = entry(m, index);
        struct place source = place_of(index, "/source");
        SCOPED_FD target = {m->sys, -1};
        struct stat st;
        bool from_proc = false;
        int r;

        if (!e->source || !*e->source)
                return err_set(err, EINVAL, "mount", source.text, "a bind mount needs a source");
        SCOPED_FD tree = {m->sys, idmapped_wanted(e)
                                          ? copy_idmapped(m, index)
                                          : mnt_clone(m->sys, m->bundle_fd, e->source, o->bind_recursive)};
        if (tree.fd < 0)
                return err_sys(err, tree.fd, "mount", source.text, "%s%s", e->source, mnt_hint(tree.fd));
        r = m->sys->op->fstat(m->sys, tree.fd, &st);
        if (r == 0)
                r = is_procfs(m->sys, tree.fd, &from_proc);
        if (r < 0)
                return err_sys(err, r, "mount", source.text, "%s", e->source);
        from_proc = from_proc && st.st_ino == PROC_ROOT_INO;
        r = mounts_target(m, index, S_ISDIR(st.st_mode), from_proc ? MOUNTS_BIND_OF_PROC : MOUNTS_BIND,
                          &target.fd, err);
        if (r == 0)
                r = set_attrs(m, index, o, tree.fd, err);
        if (r == 0)
                r = attach(m, index, tree.fd, target.fd, err);
        if (r == 0)
                r = propagate(m, index, o, tree.fd, err);
        return r;
}

static int do_remount(const struct mounts *m, size_t index, const struct mount_options *o, struct err *err)
{
        SCOPED_FD target = {m->sys, inside_open(m->sys, m->root_fd, entry(m, index)->destination, O_PATH, 0)};
        int r;

        if (target.fd < 0)
                return err_sys(err, target.fd, "mount", place_of(index, "/destination").text, "%s",
                               entry(m, index)->destination);
        r = set_attrs(m, index, o, target.fd, err); /* EINVAL: not a mount point */
        return r < 0 ? r : propagate(m, index, o, target.fd, err);
}

static int fs_option(const struct mounts *m, size_t index, size_t option, struct mnt_fs *fs, struct err *err)
{
        const char *text = entry(m, index)->options.item[option];
        char place[64];
        int r;

        if (mount_option_use(text) == MOUNT_OPTION_DONE)
                return 0;
        r = mnt_fs_option(fs, text);
        if (r == 0)
                return 0;
        snprintf(place, sizeof(place), "/mounts/%zu/options/%zu", index, option);
        return err_sys(err, r, "mount", place, "%s%s%s", text, fs->log[0] ? ": " : "", fs->log);
}

static int fs_source(const struct mounts *m, size_t index, const char *type, bool read_only,
                     struct mnt_fs *fs)
{
        const char *source = entry(m, index)->source;
        char text[7 + 256];
        int r = snprintf(text, sizeof(text), "source=%s", source && *source ? source : type);

        if (r < 0 || (size_t)r >= sizeof(text))
                return -ENAMETOOLONG;
        r = mnt_fs_option(fs, text);
        /* a superblock of our own on a device that may itself be read-only; the others are shared with the
         * host */
        if (r == 0 && read_only && source && source[0] == '/')
                r = mnt_fs_option(fs, "ro");
        return r;
}

/* proc and sysfs show a namespace: only who is root of its owner may mount them (user_namespaces(7)). */
static const char *why_not(const struct config *config, const char *type, int r)
{
        const struct config_namespace *ns = config->linux_.ns;

        if (r != -EPERM || !ns[CONFIG_NS_USER].set)
                return "";
        if (strcmp(type, "sysfs") == 0 && (!ns[CONFIG_NS_NETWORK].set || ns[CONFIG_NS_NETWORK].path))
                return " (in a user namespace it needs a new network namespace; else bind /sys)";
        if (strcmp(type, "proc") == 0 && (!ns[CONFIG_NS_PID].set || ns[CONFIG_NS_PID].path))
                return " (in a user namespace it needs a new pid namespace)";
        return "";
}

int mounts_new_fs(const struct mounts *m, size_t index, const struct mount_options *o, const char *type,
                  bool own_data, int *ret_fd, struct err *err)
{
        const char *destination = entry(m, index)->destination;
        uint64_t attrs = o->attr.set | o->rec.set;
        MNT_FS_SCOPED fs = {0};
        int r = mnt_fs_open(&fs, m->sys, type);

        if (r < 0)
                return err_sys(err, r, "mount", place_of(index, "/type").text, "%s%s%s", type, mnt_hint(r),
                               why_not(m->config, type, r));
        r = fs_source(m, index, type, attrs & MOUNT_ATTR_RDONLY, &fs);
        if (r < 0)
                return err_sys(err, r, "mount", place_of(index, "/source").text, "%s", fs.log);
        for (size_t i = 0; own_data && i < entry(m, index)->options.n; i++) {
                r = fs_option(m, index, i, &fs, err);
                if (r < 0)
                        return r;
        }
        r = mnt_fs_mount(&fs, attrs);
        if (r < 0)
                return err_sys(err, r, "mount", place_of(index, "").text, "%s at %s%s%s", type, destination,
                               fs.log[0] ? ": " : why_not(m->config, type, r), fs.log);
        *ret_fd = r;
        return 0;
}

/* The permissions that a tmpfs inherits: those of the directory that it covers, if that was there before. */
static int mode_before(const struct mounts *m, size_t index, const struct mount_options *o, int *ret_mode)
{
        SCOPED_FD fd = {m->sys, -1};
        struct stat st;
        int r;

        *ret_mode = -1;
        if (o->has_mode)
                return 0;
        fd.fd = inside_open(m->sys, m->root_fd, entry(m, index)->destination, O_PATH | O_DIRECTORY, 0);
        if (fd.fd < 0)
                return 0; /* it will be made, or refused with a better error than we could give */
        r = m->sys->op->fstat(m->sys, fd.fd, &st);
        if (r == 0)
                *ret_mode = st.st_mode & 07777;
        return r;
}

static int keep_mode(const struct mounts *m, size_t index, int mode, int mount_fd, struct err *err)
{
        int r = mode < 0 ? 0 : m->sys->op->fchmodat(m->sys, mount_fd, ".", (mode_t)mode);

        if (r < 0)
                return err_sys(err, r, "mount", place_of(index, "").text, "mode of the tmpfs");
        return 0;
}

static bool is_dev(const struct config_mount *e)
{
        char clean[INSIDE_PATH_MAX];

        return inside_clean(e->destination, clean, sizeof(clean)) == 0 && strcmp(clean, "/dev") == 0;
}

static int do_fs(struct mounts *m, size_t index, const struct mount_options *options, struct err *err)
{
        const struct config_mount *e = entry(m, index);
        struct mount_options o = *options;
        SCOPED_FD target = {m->sys, -1}, fd = {m->sys, -1};
        bool tmpfs, late;
        int r, mode = -1;

        if (!e->type || !*e->type)
                return err_set(err, EINVAL, "mount", place_of(index, "/type").text,
                               "a type is needed without bind or rbind in the options");
        tmpfs = strcmp(e->type, "tmpfs") == 0;
        late = ((o.attr.set | o.rec.set) & MOUNT_ATTR_RDONLY) && (tmpfs || is_dev(e));
        if (late) {
                o.attr.set &= ~(uint64_t)MOUNT_ATTR_RDONLY;
                o.rec.set &= ~(uint64_t)MOUNT_ATTR_RDONLY;
        }
        r = tmpfs ? mode_before(m, index, &o, &mode) : 0;
        if (r < 0)
                return err_sys(err, r, "mount", place_of(index, "/destination").text, "%s", e->destination);
        r = mounts_target(m, index, true, strcmp(e->type, "proc") == 0 ? MOUNTS_PROC : MOUNTS_OTHER,
                          &target.fd, err);
        if (r == 0)
                r = mounts_new_fs(m, index, &o, e->type, true, &fd.fd, err);
        if (r == 0 && tmpfs)
                r = keep_mode(m, index, mode, fd.fd, err);
        if (r == 0)
                r = attach(m, index, fd.fd, target.fd, err);
        if (r == 0)
                r = propagate(m, index, &o, fd.fd, err);
        if (r == 0 && late)
                m->late_ro[index] = scoped_fd_steal(&fd);
        return r;
}

static int do_entry(struct mounts *m, size_t index, struct err *err)
{
        const char *type = entry(m, index)->type;
        struct mount_options o;
        int r = mount_options_parse(entry(m, index), index, &o, err);

        if (r < 0)
                return r;
        if (o.remount)
                return do_remount(m, index, &o, err);
        if (o.bind)
                return do_bind(m, index, &o, err);
        if (type && (strcmp(type, "cgroup") == 0 || strcmp(type, "cgroup2") == 0))
                return mounts_cgroup(m, index, &o, err);
        return do_fs(m, index, &o, err);
}

int mounts_apply(struct mounts *m, struct err *err)
{
        size_t n = m->config->mounts.n;
        int r = 0;

        if (n == 0)
                return 0;
        m->late_ro = m->sys->op->alloc(m->sys, n * sizeof(*m->late_ro));
        if (!m->late_ro)
                return err_set(err, ENOMEM, "mount", "/mounts", "%s", "");
        for (size_t i = 0; i < n; i++)
                m->late_ro[i] = -1;
        for (size_t i = 0; r == 0 && i < n; i++)
                r = do_entry(m, i, err);
        return r;
}

int mounts_late_readonly(struct mounts *m, struct err *err)
{
        const struct mount_attrs ro = {.set = MOUNT_ATTR_RDONLY};

        for (size_t i = 0; m->late_ro && i < m->config->mounts.n; i++) {
                int r = m->late_ro[i] < 0 ? 0 : mnt_set(m->sys, m->late_ro[i], &ro, false);
                if (r < 0)
                        return err_sys(err, r, "mount", place_of(i, "/options").text, "read-only");
        }
        return 0;
}

void mounts_done(struct mounts *m)
{
        for (size_t i = 0; m->late_ro && i < m->config->mounts.n; i++)
                if (m->late_ro[i] >= 0)
                        (void)m->sys->op->close(m->sys, m->late_ro[i]);
        m->sys->op->free(m->sys, m->late_ro);
        m->late_ro = NULL;
}
