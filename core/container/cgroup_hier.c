#include "core/container/cgroup_hier.h"

#include <errno.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "core/base/err.h"
#include "core/base/io.h"
#include "core/base/limits.h"
#include "core/base/scope.h"
#include "core/container/cgroup.h"
#include "core/sys.h"

/* A piece of a text that is never changed or copied. */
struct span {
        const char *p;
        size_t n;
};

/* Takes the piece up to `stop` (or the end) out of *rest, and the separator with it. */
static struct span take(struct span *rest, char stop)
{
        const char *e = rest->n ? memchr(rest->p, stop, rest->n) : NULL;
        struct span s = {rest->p, e ? (size_t)(e - rest->p) : rest->n};
        size_t used = s.n + (e ? 1 : 0);

        rest->p += used;
        rest->n -= used;
        return s;
}

static bool span_is(struct span s, const char *text)
{
        return s.n == strlen(text) && memcmp(s.p, text, s.n) == 0;
}

/* Is word one of the comma-separated words of list? */
static bool list_has(struct span list, struct span word)
{
        while (list.n > 0) {
                struct span s = take(&list, ',');
                if (s.n == word.n && memcmp(s.p, word.p, s.n) == 0)
                        return true;
        }
        return false;
}

/* mountinfo writes space, tab, newline and backslash as three octal digits. */
static int unescape(struct span s, char *buf, size_t size)
{
        size_t n = 0;

        for (size_t i = 0; i < s.n; i++) {
                char c = s.p[i];
                if (c == '\\' && i + 3 < s.n) {
                        c = (char)(((s.p[i + 1] - '0') << 6) | ((s.p[i + 2] - '0') << 3) |
                                   (s.p[i + 3] - '0'));
                        i += 3;
                }
                if (n + 1 >= size)
                        return -ENAMETOOLONG;
                buf[n++] = c;
        }
        buf[n] = '\0';
        return 0;
}

static bool number(struct span s, unsigned *ret)
{
        unsigned v = 0;

        for (size_t i = 0; i < s.n; i++) {
                if (s.p[i] < '0' || s.p[i] > '9' || v > 100000000)
                        return false;
                v = v * 10 + (unsigned)(s.p[i] - '0');
        }
        *ret = v;
        return s.n > 0;
}

struct mount_line {
        struct span root, mountpoint, type, super_options;
        unsigned major, minor;
};

/* "36 35 98:0 /root /mnt rw,noatime shared:1 - type source super,options" */
static bool parse_mount(struct span line, struct mount_line *ret)
{
        struct span device, dev_major, skip;

        take(&line, ' ');
        take(&line, ' ');
        device = take(&line, ' ');
        dev_major = take(&device, ':');
        ret->root = take(&line, ' ');
        ret->mountpoint = take(&line, ' ');
        do {
                if (line.n == 0)
                        return false;
                skip = take(&line, ' ');
        } while (!span_is(skip, "-"));
        ret->type = take(&line, ' ');
        take(&line, ' ');
        ret->super_options = line;
        return number(dev_major, &ret->major) && number(device, &ret->minor);
}

/* Where own lies below a mount that shows only `root` of the hierarchy. */
static int own_dir(const char *mountpoint, const char *root, struct span own, char *buf, size_t size)
{
        size_t n = strcmp(root, "/") == 0 ? 0 : strlen(root);
        int r;

        if (own.n < n || memcmp(own.p, root, n) != 0 || (own.n > n && own.p[n] != '/') ||
            (own.n >= 3 && memcmp(own.p, "/..", 3) == 0)) {
                buf[0] = '\0';
                return 0;
        }
        while (own.n > n && own.p[own.n - 1] == '/')
                own.n--;
        r = snprintf(buf, size, "%s%.*s", mountpoint, (int)(own.n - n), own.p + n);
        return r < 0 || (size_t)r >= size ? -ENAMETOOLONG : 0;
}

static int fill(struct cgroup_hier *h, const struct mount_line *m, struct span controllers, struct span own)
{
        char root[4096];
        int r = unescape(m->mountpoint, h->mountpoint, sizeof(h->mountpoint));

        if (r == 0)
                r = unescape(m->root, root, sizeof(root));
        if (r == 0 && controllers.n >= sizeof(h->controllers))
                r = -ENAMETOOLONG;
        if (r < 0)
                return r;
        memcpy(h->controllers, controllers.p, controllers.n);
        h->controllers[controllers.n] = '\0';
        h->v2 = controllers.n == 0;
        h->major = m->major;
        h->minor = m->minor;
        return own_dir(h->mountpoint, root, own, h->own, sizeof(h->own));
}

static bool is_of(const struct mount_line *m, struct span controllers)
{
        if (controllers.n == 0)
                return span_is(m->type, "cgroup2");
        return span_is(m->type, "cgroup") && list_has(m->super_options, take(&controllers, ','));
}

/* The first usable mount of one hierarchy; one that holds the process is better than one that doesn't. 1, 0
 * or -errno. */
static int find_mount(const struct sys *sys, const char *mountinfo, struct span controllers, struct span own,
                      cgroup_hier_usable *usable, struct cgroup_hier *h)
{
        struct span rest = {mountinfo, strlen(mountinfo)};
        struct mount_line m;
        int found = 0;

        while (rest.n > 0) {
                struct span line = take(&rest, '\n');
                struct cgroup_hier one;
                int r;
                if (!parse_mount(line, &m) || !is_of(&m, controllers))
                        continue;
                r = fill(&one, &m, controllers, own);
                if (r < 0)
                        return r;
                if (!usable(sys, &one) || (found && !one.own[0]))
                        continue;
                *h = one;
                found = 1;
                if (one.own[0])
                        break;
        }
        return found;
}

static int parse_lines(const struct sys *sys, const char *mountinfo, const char *cgroups,
                       cgroup_hier_usable *usable, struct cgroup_hiers *hiers)
{
        struct span rest = {cgroups, strlen(cgroups)};

        while (rest.n > 0) {
                struct span line = take(&rest, '\n');
                struct span id = take(&line, ':'), controllers = take(&line, ':');
                unsigned unused;
                int r;
                if (!number(id, &unused) || line.n == 0 || line.p[0] != '/')
                        return -EINVAL;
                if (hiers->n == CGROUP_MAX)
                        return -E2BIG;
                r = find_mount(sys, mountinfo, controllers, line, usable, &hiers->item[hiers->n]);
                if (r < 0)
                        return r;
                hiers->n += (size_t)r;
        }
        return 0;
}

int cgroup_hiers_parse(const struct sys *sys, const char *mountinfo, const char *cgroups,
                       cgroup_hier_usable *usable, struct cgroup_hiers *ret_hiers, struct err *err)
{
        struct cgroup_hiers hiers = {0};
        int r;

        hiers.item = sys->op->alloc(sys, CGROUP_MAX * sizeof(*hiers.item));
        if (!hiers.item)
                return err_set(err, ENOMEM, "cgroup", "/proc/self/cgroup", "%s", "");
        r = parse_lines(sys, mountinfo, cgroups, usable, &hiers);
        if (r < 0) {
                cgroup_hiers_free(sys, &hiers);
                return err_sys(err, r, "cgroup", "/proc/self/cgroup", "no hierarchies can be read from this");
        }
        *ret_hiers = hiers;
        return 0;
}

static bool is_visible(const struct sys *sys, const struct cgroup_hier *h)
{
        SCOPED_FD fd = {sys,
                        sys->op->openat(sys, AT_FDCWD, h->mountpoint, O_PATH | O_DIRECTORY | O_CLOEXEC, 0)};
        struct statfs fs;
        struct stat st;

        if (fd.fd < 0 || sys->op->fstatfs(sys, fd.fd, &fs) < 0 || sys->op->fstat(sys, fd.fd, &st) < 0)
                return false;
        return fs.f_type == (h->v2 ? CGROUP2_SUPER_MAGIC : CGROUP_SUPER_MAGIC) &&
               st.st_dev == makedev(h->major, h->minor);
}

int cgroup_hiers_detect(const struct sys *sys, struct cgroup_hiers *ret_hiers, struct err *err)
{
        SCOPED_MEM mountinfo = {sys, NULL}, cgroups = {sys, NULL};
        struct cgroup_hiers hiers;
        char *text;
        size_t len;
        int r = io_read_file(sys, AT_FDCWD, "/proc/self/mountinfo", LIMIT_MOUNTINFO, &text, &len, err);

        if (r < 0)
                return r;
        mountinfo.ptr = text;
        r = io_read_file(sys, AT_FDCWD, "/proc/self/cgroup", LIMIT_SMALL_FILE, &text, &len, err);
        if (r < 0)
                return r;
        cgroups.ptr = text;
        r = cgroup_hiers_parse(sys, mountinfo.ptr, cgroups.ptr, is_visible, &hiers, err);
        if (r < 0)
                return r;
        if (hiers.n == 0) {
                cgroup_hiers_free(sys, &hiers);
                return err_set(err, ENOENT, "cgroup", "/proc/self/mountinfo",
                               "no cgroup hierarchy is mounted");
        }
        *ret_hiers = hiers;
        return 0;
}

void cgroup_hiers_free(const struct sys *sys, struct cgroup_hiers *hiers)
{
        sys->op->free(sys, hiers->item);
        *hiers = (struct cgroup_hiers){0};
}
