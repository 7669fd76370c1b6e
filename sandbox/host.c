#include "sandbox/host.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "sandbox/text.h"

#define LONG_AGO 1000000000 /* of the canaries: whatever touches them shows */

static const char *const settings[] = {
        "/proc/sys/kernel/hostname",   "/proc/sys/kernel/domainname",    "/proc/sys/kernel/core_pattern",
        "/proc/sys/kernel/sysrq",      "/proc/sys/kernel/modprobe",      "/proc/sys/kernel/randomize_va_space",
        "/proc/sys/vm/overcommit_memory", "/proc/sys/fs/protected_symlinks", "/proc/sys/net/ipv4/ip_forward",
        "/proc/sys/user/max_user_namespaces", "/proc/self/oom_score_adj",
};

_Static_assert(sizeof settings / sizeof *settings <= HOST_SETTINGS, "room for all settings");

/* ------------------------------------------------------------------ the canaries */

static int write_file(const char *path, const char *text, mode_t mode)
{
        int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode), rc = 0;

        if (fd < 0)
                return -errno;
        if (write(fd, text, strlen(text)) != (ssize_t)strlen(text) || fchmod(fd, mode) < 0)
                rc = -EIO;
        close(fd);
        return rc;
}

static int age(const char *path)
{
        struct timespec t[2] = { { LONG_AGO, 0 }, { LONG_AGO, 0 } };

        return utimensat(AT_FDCWD, path, t, AT_SYMLINK_NOFOLLOW) < 0 ? -errno : 0;
}

int host_make(void)
{
        static const char *const aged[] = { HOST_DIR "/file", HOST_DIR "/private", HOST_DIR "/exe",  HOST_DIR "/dir/inner",
                                            HOST_DIR "/dir",  HOST_DIR "/empty",   HOST_DIR "/link", HOST_DIR "/fifo",
                                            HOST_DIR };
        int rc = 0;

        if (mkdir(HOST_DIR, 0755) < 0 || mkdir(HOST_DIR "/dir", 0755) < 0 || mkdir(HOST_DIR "/empty", 0755) < 0 ||
            symlink("file", HOST_DIR "/link") < 0 || mkfifo(HOST_DIR "/fifo", 0644) < 0)
                return -errno;
        rc = write_file(HOST_DIR "/file", "canary\n", 0644);
        if (rc == 0)
                rc = write_file(HOST_DIR "/private", "secret\n", 0600);
        if (rc == 0)
                rc = write_file(HOST_DIR "/exe", "#!/bin/false\n", 0755);
        if (rc == 0)
                rc = write_file(HOST_DIR "/dir/inner", "inner\n", 0644);
        /* a tmpfs without extended attributes is no hindrance */
        (void)setxattr(HOST_DIR "/file", "trusted.initlab", "1", 1, 0);
        for (size_t i = 0; rc == 0 && i < sizeof aged / sizeof *aged; i++)
                rc = age(aged[i]);
        return rc;
}

/* ------------------------------------------------------------------ looking */

/* FNV-1a, 64 bits. */
static void hash(uint64_t *h, const void *buf, size_t n)
{
        const unsigned char *p = buf;

        for (size_t i = 0; i < n; i++)
                *h = (*h ^ p[i]) * UINT64_C(0x100000001b3);
}

static uint64_t content(const char *path, const struct stat *st)
{
        uint64_t h = UINT64_C(0xcbf29ce484222325);
        char buf[4096];
        ssize_t n;
        int fd;

        n = lgetxattr(path, "trusted.initlab", buf, sizeof buf);
        hash(&h, &n, sizeof n);
        if (n > 0)
                hash(&h, buf, (size_t)n);
        if (S_ISLNK(st->st_mode)) {
                n = readlink(path, buf, sizeof buf);
                if (n > 0)
                        hash(&h, buf, (size_t)n);
        }
        if (!S_ISREG(st->st_mode))
                return h;
        fd = open(path, O_RDONLY | O_NOFOLLOW | O_NOATIME | O_CLOEXEC);
        while (fd >= 0 && (n = read(fd, buf, sizeof buf)) > 0)
                hash(&h, buf, (size_t)n);
        if (fd >= 0)
                close(fd);
        return h;
}

static bool add(struct host *h, const char *path, struct stat *st)
{
        struct host_entry *e = &h->entry[h->n_entries];

        if (h->n_entries == HOST_ENTRIES || strlen(path) >= sizeof e->path || lstat(path, st) < 0)
                return false;
        *e = (struct host_entry){ .mode = st->st_mode,
                                  .uid = st->st_uid,
                                  .gid = st->st_gid,
                                  .nlink = (uint32_t)st->st_nlink,
                                  .size = S_ISREG(st->st_mode) ? (uint64_t)st->st_size : 0,
                                  .rdev = st->st_rdev,
                                  .content = content(path, st),
                                  .mtime_ns = st->st_mtim.tv_sec * INT64_C(1000000000) + st->st_mtim.tv_nsec,
                                  .ctime_ns = st->st_ctim.tv_sec * INT64_C(1000000000) + st->st_ctim.tv_nsec };
        if (S_ISCHR(st->st_mode)) /* whoever writes to a terminal or to /dev/null changes its times */
                e->mtime_ns = e->ctime_ns = 0;
        snprintf(e->path, sizeof e->path, "%s", path);
        h->n_entries++;
        return true;
}

/* Terminals come and go, and what is in the rootfs is the container's. */
static bool not_walked(const char *path)
{
        return strcmp(path, "/dev/pts") == 0 || strcmp(path, SURROUNDINGS_BUNDLE "/rootfs") == 0;
}

static void walk(struct host *h, const char *path, int depth)
{
        struct dirent **list = NULL;
        struct stat st;
        int n;

        if (not_walked(path) || !add(h, path, &st) || !S_ISDIR(st.st_mode) || depth > 8)
                return;
        n = scandir(path, &list, NULL, alphasort);
        for (int i = 0; i < n; i++) {
                char below[160];
                const char *name = list[i]->d_name;
                if (strcmp(name, ".") != 0 && strcmp(name, "..") != 0 &&
                    snprintf(below, sizeof below, "%s/%s", path, name) < (int)sizeof below)
                        walk(h, below, depth + 1);
                free(list[i]);
        }
        free(list);
}

void host_look(struct host *ret)
{
        ret->n_entries = 0;
        walk(ret, HOST_DIR, 0);
        walk(ret, SURROUNDINGS_BUNDLE, 0);
        walk(ret, "/dev", 0);
        for (size_t i = 0; i < sizeof settings / sizeof *settings; i++) {
                (void)text_read(settings[i], ret->setting[i], sizeof ret->setting[i]);
                ret->setting[i][strcspn(ret->setting[i], "\n")] = '\0';
        }
        (void)text_read("/proc/self/mountinfo", ret->mounts, sizeof ret->mounts);
}

/* ------------------------------------------------------------------ comparing */

static void changed(struct observation *o, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static void changed(struct observation *o, const char *fmt, ...)
{
        va_list ap;

        if (o->n_changed == OBS_LEFT)
                return;
        va_start(ap, fmt);
        vsnprintf(o->changed[o->n_changed++], sizeof o->changed[0], fmt, ap);
        va_end(ap);
}

static const struct host_entry *find(const struct host *h, const char *path)
{
        for (size_t i = 0; i < h->n_entries; i++)
                if (strcmp(h->entry[i].path, path) == 0)
                        return &h->entry[i];
        return NULL;
}

static void compare_entry(const struct host_entry *was, const struct host_entry *is, struct observation *o)
{
        if ((was->mode & S_IFMT) != (is->mode & S_IFMT) || was->rdev != is->rdev)
                changed(o, "%s is another file now (mode %o, was %o)", was->path, is->mode, was->mode);
        else if (was->mode != is->mode)
                changed(o, "%s has mode %o, had %o", was->path, is->mode & 07777, was->mode & 07777);
        else if (was->uid != is->uid || was->gid != is->gid)
                changed(o, "%s belongs to %u:%u, belonged to %u:%u", was->path, is->uid, is->gid, was->uid, was->gid);
        else if (was->content != is->content || was->size != is->size)
                changed(o, "%s has another content", was->path);
        else if (was->mtime_ns != is->mtime_ns)
                changed(o, "%s was written to", was->path);
        else if (was->ctime_ns != is->ctime_ns || was->nlink != is->nlink)
                changed(o, "%s was changed and changed back (owner, mode or links)", was->path);
}

/* Lines of a mountinfo that the other one lacks. */
static void compare_mounts(const struct host *before, const struct host *after, struct observation *o)
{
        static char text[sizeof before->mounts];
        char *line, *rest = text;

        memcpy(text, before->mounts, sizeof text);
        while ((line = strsep(&rest, "\n")))
                if (line[0] && !strstr(after->mounts, line))
                        changed(o, "the mount %.180s is gone or changed", line);
}

void host_compare(const struct host *before, const struct host *after, struct observation *o)
{
        for (size_t i = 0; i < after->n_entries; i++)
                if (!find(before, after->entry[i].path))
                        changed(o, "%s is new", after->entry[i].path);
        for (size_t i = 0; i < before->n_entries; i++) {
                const struct host_entry *is = find(after, before->entry[i].path);
                if (is)
                        compare_entry(&before->entry[i], is, o);
                else
                        changed(o, "%s is gone", before->entry[i].path);
        }
        for (size_t i = 0; i < sizeof settings / sizeof *settings; i++)
                if (strcmp(before->setting[i], after->setting[i]) != 0)
                        changed(o, "%s is \"%.80s\", was \"%.80s\"", settings[i], after->setting[i],
                                before->setting[i]);
        compare_mounts(before, after, o);
}
