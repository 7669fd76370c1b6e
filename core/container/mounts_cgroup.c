/* The type "cgroup" of /mounts: what it looks like depends on the host's hierarchies and on the cgroup
 * namespace. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>

#include "core/base/err.h"
#include "core/base/scope.h"
#include "core/config/config.h"
#include "core/container/cgroup_hier.h"
#include "core/container/mnt.h"
#include "core/container/mount_options.h"
#include "core/container/mounts.h"
#include "core/sys.h"

struct cgroup_mount {
        const struct mounts *m;
        size_t index;
        const struct mount_options *options;
        bool own_ns;
        char place[64];
};

static int failed(const struct cgroup_mount *c, int r, const char *what, struct err *err)
{
        return err_sys(err, r, "mount", c->place, "%s%s", what, mnt_hint(r));
}

/*
 * A view of one hierarchy that begins at the container's own cgroup: with a cgroup namespace a mount shows
 * just that; without one the host's directory is bound, lest the container sees the others.
 */
static int view_v1(const struct cgroup_mount *c, const struct cgroup_hier *h)
{
        const struct sys *sys = c->m->sys;
        char rest[sizeof(h->controllers)], *word = rest, *end;
        MNT_FS_SCOPED fs = {0};
        int r = mnt_fs_open(&fs, sys, "cgroup");

        memcpy(rest, h->controllers, sizeof(rest));
        if (r == 0 && strncmp(rest, "name=", 5) == 0)
                r = mnt_fs_option(&fs, "none");
        for (; r == 0 && word; word = end) {
                end = strchr(word, ',');
                if (end)
                        *end++ = '\0';
                r = mnt_fs_option(&fs, word);
        }
        if (r == 0)
                r = mnt_fs_option(&fs, "source=cgroup");
        return r < 0 ? r : mnt_fs_mount(&fs, c->options->attr.set | c->options->rec.set);
}

static int view_bound(const struct cgroup_mount *c, const struct cgroup_hier *h)
{
        const struct mount_attrs attrs = {
                .set = c->options->attr.set | c->options->rec.set,
                .clr = c->options->attr.clr | c->options->rec.clr,
        };
        SCOPED_FD fd = {c->m->sys, -1};
        int r;

        if (!h->own[0])
                return -ENOENT;
        fd.fd = mnt_clone(c->m->sys, AT_FDCWD, h->own, false);
        if (fd.fd < 0)
                return fd.fd;
        r = mnt_set(c->m->sys, fd.fd, &attrs, false);
        return r < 0 ? r : scoped_fd_steal(&fd);
}

static const char *base_name(const char *path)
{
        const char *slash = strrchr(path, '/');

        return slash ? slash + 1 : path;
}

/* "cpu" and "cpuacct" as links to the directory "cpu,cpuacct", where programs look for them. */
static int link_controllers(const struct cgroup_mount *c, int dir_fd, const struct cgroup_hier *h)
{
        char rest[sizeof(h->controllers)], *word = rest, *end;
        const char *base = base_name(h->mountpoint);

        memcpy(rest, h->controllers, sizeof(rest));
        for (; word && strncmp(word, "name=", 5) != 0; word = end) {
                int r = 0;
                end = strchr(word, ',');
                if (end)
                        *end++ = '\0';
                if (strcmp(word, base) != 0)
                        r = c->m->sys->op->symlinkat(c->m->sys, base, dir_fd, word);
                if (r < 0 && r != -EEXIST)
                        return r;
        }
        return 0;
}

static int one_v1(const struct cgroup_mount *c, int dir_fd, const struct cgroup_hier *h)
{
        const struct sys *sys = c->m->sys;
        const char *base = base_name(h->mountpoint);
        SCOPED_FD target = {sys, -1}, view = {sys, -1};
        int r = sys->op->mkdirat(sys, dir_fd, base, 0755);

        if (r < 0)
                return r;
        target.fd = sys->op->openat(sys, dir_fd, base, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0);
        if (target.fd < 0)
                return target.fd;
        view.fd = c->own_ns ? view_v1(c, h) : view_bound(c, h);
        if (view.fd < 0)
                return view.fd;
        r = mnt_attach(sys, view.fd, target.fd);
        return r < 0 ? r : link_controllers(c, dir_fd, h);
}

/* A tmpfs with a directory for each hierarchy, as systemd and runc lay it out. */
static int layout_v1(const struct cgroup_mount *c, const struct cgroup_hiers *hiers, int target_fd,
                     struct err *err)
{
        const struct mount_attrs ro = {.set = (c->options->attr.set | c->options->rec.set) &
                                              MOUNT_ATTR_RDONLY};
        const struct sys *sys = c->m->sys;
        SCOPED_FD tmpfs = {sys, -1};
        MNT_FS_SCOPED fs = {0};
        int r = mnt_fs_open(&fs, sys, "tmpfs");

        if (r == 0)
                r = mnt_fs_option(&fs, "source=tmpfs");
        if (r == 0)
                r = mnt_fs_option(&fs, "mode=0755");
        if (r == 0)
                r = tmpfs.fd = mnt_fs_mount(&fs, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC);
        if (r >= 0) /* attached first: only mounts in a namespace can be mounted on */
                r = mnt_attach(sys, tmpfs.fd, target_fd);
        if (r < 0)
                return failed(c, r, "tmpfs for the hierarchies", err);
        for (size_t i = 0; i < hiers->n; i++) {
                if (hiers->item[i].v2)
                        continue;
                r = one_v1(c, tmpfs.fd, &hiers->item[i]);
                if (r < 0)
                        return failed(c, r, hiers->item[i].mountpoint, err);
        }
        r = mnt_set(sys, tmpfs.fd, &ro, false);
        return r < 0 ? failed(c, r, "read-only", err) : 0;
}

static int unified(const struct cgroup_mount *c, const struct cgroup_hiers *hiers, int target_fd,
                   struct err *err)
{
        SCOPED_FD view = {c->m->sys, -1};
        const struct cgroup_hier *h = NULL;
        int r;

        for (size_t i = 0; i < hiers->n; i++)
                if (hiers->item[i].v2)
                        h = &hiers->item[i];
        if (!h)
                return failed(c, -ENODEV, "the host has no cgroup2", err);
        if (c->own_ns) {
                r = mounts_new_fs(c->m, c->index, c->options, "cgroup2", true, &view.fd, err);
                if (r < 0)
                        return r;
        } else {
                view.fd = view_bound(c, h);
                if (view.fd < 0)
                        return failed(c, view.fd, h->mountpoint, err);
        }
        r = mnt_attach(c->m->sys, view.fd, target_fd);
        return r < 0 ? failed(c, r, "attaching cgroup2", err) : 0;
}

/* Words for a file system, where none is mounted that could take them. */
static int refuse_data(const struct cgroup_mount *c, struct err *err)
{
        const struct config_str_list *list = &c->m->config->mounts.item[c->index].options;
        char place[96];

        for (size_t i = 0; i < list->n; i++) {
                if (mount_option_use(list->item[i]) != MOUNT_OPTION_DATA)
                        continue;
                snprintf(place, sizeof(place), "%s/options/%zu", c->place, i);
                return err_set(err, EINVAL, "mount", place, "unknown option for a view of cgroup v1: %s", list->item[i]);
        }
        return 0;
}

/* What cgroup_hiers_detect would find, where the parent has found it. */
static int only_hierarchy(const struct mounts *m, struct cgroup_hiers *ret, struct err *err)
{
        struct cgroup_hier *h = m->sys->op->alloc(m->sys, sizeof(*h));

        if (!h)
                return err_set(err, ENOMEM, "cgroup", m->cgroup, "%s", "");
        snprintf(h->own, sizeof(h->own), "%s", m->cgroup);
        snprintf(h->mountpoint, sizeof(h->mountpoint), "%s", m->cgroup);
        h->controllers[0] = '\0';
        h->v2 = true;
        h->major = h->minor = 0;
        *ret = (struct cgroup_hiers){1, h};
        return 0;
}

int mounts_cgroup(const struct mounts *m, size_t index, const struct mount_options *options, struct err *err)
{
        struct cgroup_mount c = {.m = m, .index = index, .options = options};
        const char *type = m->config->mounts.item[index].type;
        SCOPED_FD target = {m->sys, -1};
        struct cgroup_hiers hiers;
        bool v1 = false;
        int r;

        c.own_ns = m->config->linux_.ns[CONFIG_NS_CGROUP].set;
        snprintf(c.place, sizeof(c.place), "/mounts/%zu", index);
        r = mounts_target(m, index, true, MOUNTS_OTHER, &target.fd, err);
        if (r == 0)
                r = m->cgroup ? only_hierarchy(m, &hiers, err) : cgroup_hiers_detect(m->sys, &hiers, err);
        if (r < 0)
                return r;
        for (size_t i = 0; i < hiers.n; i++)
                v1 |= !hiers.item[i].v2;
        v1 = v1 && strcmp(type, "cgroup2") != 0;
        r = v1 ? refuse_data(&c, err) : unified(&c, &hiers, target.fd, err);
        if (r == 0 && v1)
                r = layout_v1(&c, &hiers, target.fd, err);
        cgroup_hiers_free(m->sys, &hiers);
        return r;
}
