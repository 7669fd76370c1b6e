#include "core/container/inside.h"

#include <errno.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>

#include "core/base/err.h"
#include "core/base/scope.h"
#include "core/sys.h"

#define MAX_SYMLINKS 40 /* the kernel's own limit for one lookup */
#define MAX_AGAIN 128   /* lookups with ".." that raced with a rename */

int inside_open(const struct sys *sys, int root_fd, const char *path, int flags, unsigned long resolve)
{
        struct open_how how = {
                .flags = (uint64_t)(unsigned)flags | O_CLOEXEC,
                .resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS | resolve,
        };
        int fd, tries = 0;

        if (!*path)
                path = "/";
        do
                fd = sys->op->openat2(sys, root_fd, path, &how);
        while (fd == -EINTR || (fd == -EAGAIN && ++tries < MAX_AGAIN));
        return fd;
}

int inside_clean(const char *path, char *buf, size_t size)
{
        size_t len = 0;

        if (size < 2)
                return -ENAMETOOLONG;
        while (*path) {
                size_t n = strcspn(path, "/");
                if (n == 0) {
                        path++;
                        continue;
                }
                if (n == 2 && memcmp(path, "..", 2) == 0) {
                        while (len > 0 && buf[--len] != '/')
                                ;
                } else if (n != 1 || *path != '.') {
                        if (len + 1 + n >= size)
                                return -ENAMETOOLONG;
                        buf[len++] = '/';
                        memcpy(buf + len, path, n);
                        len += n;
                }
                path += n;
        }
        if (len == 0)
                buf[len++] = '/';
        buf[len] = '\0';
        return 0;
}

/* A path on its way: text[0..at) was opened as fd, the rest is still to go. */
struct walk {
        const struct sys *sys;
        int root_fd;
        char text[INSIDE_PATH_MAX];
        size_t at;
        struct scoped_fd fd;
        int symlinks;
};

static void walk_end(struct walk *w)
{
        scoped_fd_close(&w->fd);
}

static int walk_restart(struct walk *w)
{
        int fd = inside_open(w->sys, w->root_fd, "/", O_PATH | O_DIRECTORY, 0);

        if (fd < 0)
                return fd;
        scoped_fd_close(&w->fd);
        w->fd.fd = fd;
        w->at = 0;
        return 0;
}

/*
 * To the end of the longest part that is there: mostly all of it, or all but the last component. What can't be told apart
 * by that (another error than ENOENT) is met step by step.
 */
static int walk_leap(struct walk *w)
{
        size_t end = strlen(w->text);
        int flags = O_PATH;

        while (end > 0) {
                char saved = w->text[end];
                w->text[end] = '\0';
                int fd = inside_open(w->sys, w->root_fd, w->text, flags, 0);
                w->text[end] = saved;
                if (fd >= 0) {
                        w->fd.fd = fd;
                        w->at = end;
                        return 0;
                }
                if (fd != -ENOENT)
                        break;
                while (end > 0 && w->text[end - 1] == '/')
                        end--;
                while (end > 0 && w->text[end - 1] != '/')
                        end--;
                while (end > 0 && w->text[end - 1] == '/')
                        end--;
                flags = O_PATH | O_DIRECTORY;
        }
        return walk_restart(w);
}

static int walk_begin(struct walk *w, const struct sys *sys, int root_fd, const char *path)
{
        w->sys = sys;
        w->root_fd = root_fd;
        w->fd = (struct scoped_fd){sys, -1};
        w->symlinks = 0;
        if (strlen(path) >= sizeof(w->text))
                return -ENAMETOOLONG;
        strcpy(w->text, path);
        return walk_leap(w);
}

/*
 * name, in the directory w->fd, can't be opened but exists: a symlink to something that does not. Puts its
 * text in the place of the component that ends at `end` and begins again from the root.
 */
static int walk_dangling(struct walk *w, const char *name, size_t end)
{
        char link[INSIDE_PATH_MAX], text[INSIDE_PATH_MAX];
        ssize_t n = w->sys->op->readlinkat(w->sys, w->fd.fd, name, link, sizeof(link) - 1);
        int r;

        if (n < 0) /* no symlink after all: somebody is changing the tree under us */
                return n == -EINVAL ? -EEXIST : (int)n;
        if (++w->symlinks > MAX_SYMLINKS)
                return -ELOOP;
        link[n] = '\0';
        r = snprintf(text, sizeof(text), "%.*s/%s%s", link[0] == '/' ? 0 : (int)w->at, w->text, link,
                     w->text + end);
        if (r < 0 || (size_t)r >= sizeof(text))
                return -ENAMETOOLONG;
        strcpy(w->text, text);
        return walk_restart(w);
}

static int make_one(const struct walk *w, const char *name, bool directory)
{
        int fd;

        if (directory)
                return w->sys->op->mkdirat(w->sys, w->fd.fd, name, 0755);
        /* O_EXCL: never through a symlink, and never something that the rootfs put there (a fifo would block)
         */
        fd = w->sys->op->openat(w->sys, w->fd.fd, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
                                0644);
        if (fd < 0)
                return fd;
        return w->sys->op->close(w->sys, fd);
}

/* One component further. Returns 1 when the path is used up, 0, or -errno. */
static int walk_step(struct walk *w, bool last_is_directory)
{
        size_t start = w->at + strspn(w->text + w->at, "/"), n = strcspn(w->text + start, "/");
        size_t end = start + n;
        bool last = w->text[end + strspn(w->text + end, "/")] == '\0';
        char name[256], saved = w->text[end];
        int fd, r = 0;

        if (n == 0)
                return 1;
        if (n >= sizeof(name))
                return -ENAMETOOLONG;
        memcpy(name, w->text + start, n);
        name[n] = '\0';
        for (int tries = 0; tries < MAX_AGAIN; tries++) {
                /* the whole prefix from the root each time: that is what keeps a symlink in it inside */
                w->text[end] = '\0';
                fd = inside_open(w->sys, w->root_fd, w->text, O_PATH | (last ? 0 : O_DIRECTORY), 0);
                w->text[end] = saved;
                if (fd >= 0) {
                        scoped_fd_close(&w->fd);
                        w->fd.fd = fd;
                        w->at = end;
                        return 0;
                }
                if (fd != -ENOENT)
                        return fd;
                r = make_one(w, name, !last || last_is_directory);
                if (r == -EEXIST)
                        return walk_dangling(w, name, end);
                if (r < 0)
                        return r;
        }
        return -EAGAIN;
}

static int make_error(struct err *err, int r, const char *path)
{
        if (r == -ENOSYS)
                return err_sys(err, r, "mount", path, "openat2 is needed (Linux 5.6)");
        return err_sys(err, r, "mount", path, "can't be opened or made in the root file system");
}

int inside_make(const struct sys *sys, int root_fd, const char *path, bool directory, int *ret_fd,
                struct err *err)
{
        __attribute__((cleanup(walk_end))) struct walk w;
        int r = walk_begin(&w, sys, root_fd, path);

        while (r == 0)
                r = walk_step(&w, directory);
        if (r < 0)
                return make_error(err, r, path);
        *ret_fd = scoped_fd_steal(&w.fd);
        return 0;
}

int inside_make_parent(const struct sys *sys, int root_fd, const char *path, int *ret_fd,
                       const char **ret_name, struct err *err)
{
        const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
        char parent[INSIDE_PATH_MAX];
        size_t n = (size_t)(name - path);
        int r;

        if (!*name || strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
                return err_set(err, EINVAL, "mount", path, "the path has no last component");
        if (n >= sizeof(parent) || strlen(name) > 255)
                return make_error(err, -ENAMETOOLONG, path);
        memcpy(parent, path, n);
        parent[n] = '\0';
        r = inside_make(sys, root_fd, parent, true, ret_fd, err);
        if (r < 0)
                return r;
        *ret_name = name;
        return 0;
}
