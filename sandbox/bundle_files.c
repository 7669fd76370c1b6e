/* The files of a bundle. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/err.h"
#include "sandbox/bundle.h"

static int write_file(int dir, const char *name, const void *buf, size_t n, mode_t mode)
{
        int fd = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode), rc = 0;

        if (fd < 0)
                return -errno;
        while (n > 0 && rc == 0) {
                ssize_t w = write(fd, buf, n);
                if (w < 0) {
                        rc = -errno;
                } else {
                        buf = (const char *)buf + w;
                        n -= (size_t)w;
                }
        }
        if (rc == 0 && fchmod(fd, mode) < 0)
                rc = -errno;
        close(fd);
        return rc;
}

static int make_executable(const struct scenario *s, int rootfs, const void *observer, size_t n)
{
        static const char script[] = "#!/no/such/interpreter\n", text[] = "this is no program\n";

        switch (s->bad) {
        case BAD_NONE:
        case BAD_CONFIG:
                return write_file(rootfs, &BUNDLE_OBSERVER[1], observer, n, 0755);
        case BAD_MISSING:
                return 0;
        case BAD_NOT_EXECUTABLE:
                return write_file(rootfs, "bad", observer, n, 0644);
        case BAD_INTERPRETER:
                return write_file(rootfs, "bad", script, sizeof script - 1, 0755);
        case BAD_DIRECTORY:
                return mkdirat(rootfs, "bad", 0755) < 0 ? -errno : 0;
        case BAD_ENOEXEC:
                return write_file(rootfs, "bad", text, sizeof text - 1, 0755);
        }
        return -EINVAL;
}

/* ------------------------------------------------------------------ the scenario's own entries */

/* Opens the directory in which path (absolute) lies, making what is missing; never through a symlink. */
static int open_parent(int rootfs, const char *path, const char **ret_name)
{
        int dir = fcntl(rootfs, F_DUPFD_CLOEXEC, 0);

        for (;;) {
                size_t n = strcspn(++path, "/");
                char name[SCENARIO_PATH];
                int next;

                if (dir < 0)
                        return -errno;
                if (!path[n])
                        break;
                memcpy(name, path, n);
                name[n] = '\0';
                next = mkdirat(dir, name, 0755) < 0 && errno != EEXIST ?
                               -1 :
                               openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
                close(dir);
                dir = next;
                path += n;
        }
        *ret_name = path;
        return dir;
}

static int remove_entry(int dir, const char *name)
{
        return unlinkat(dir, name, 0) < 0 && unlinkat(dir, name, AT_REMOVEDIR) < 0 ? -errno : 0;
}

static int make_entry(int rootfs, const struct scenario_entry *entry)
{
        const char *name = NULL;
        int dir = open_parent(rootfs, entry->path, &name), rc = 0;

        if (dir < 0)
                return dir;
        switch (entry->kind) {
        case ENTRY_LINK: /* in the place of what may be there */
                (void)remove_entry(dir, name);
                rc = symlinkat(entry->text, dir, name) < 0 ? -errno : 0;
                break;
        case ENTRY_FILE:
                rc = write_file(dir, name, entry->text, strlen(entry->text), 0644);
                break;
        case ENTRY_DIRECTORY:
                rc = mkdirat(dir, name, 0755) < 0 && errno != EEXIST ? -errno : 0;
                break;
        case ENTRY_REMOVE:
                rc = remove_entry(dir, name);
                break;
        }
        close(dir);
        return rc;
}

static int make_rootfs(const struct scenario *s, int bundle, const void *observer, size_t n)
{
        /* The mount points are there, so that no runtime has to make them. */
        static const char *const dirs[] = { "rootfs", "rootfs/proc", "rootfs/dev", "rootfs/sys", "rootfs/tmp",
                                            "rootfs/observation", "rootfs/area" };
        int rootfs, rc = 0;

        for (size_t i = 0; i < sizeof dirs / sizeof *dirs; i++)
                if (mkdirat(bundle, dirs[i], 0755) < 0)
                        return -errno;
        /* whatever the payload's uid, it must be able to report */
        if (fchmodat(bundle, "rootfs/observation", 0777, 0) < 0)
                return -errno;
        rootfs = openat(bundle, "rootfs", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (rootfs < 0)
                return -errno;
        rc = make_executable(s, rootfs, observer, n);
        for (size_t i = 0; rc == 0 && i < s->n_entries; i++)
                rc = make_entry(rootfs, &s->entry[i]);
        close(rootfs);
        return rc;
}

int bundle_make(const struct scenario *s, const char *dir, const char *cgroup, const void *observer, size_t n,
                struct err *err)
{
        char *config;
        int rc = bundle_config(s, cgroup, &config, err), bundle;

        if (rc < 0)
                return rc;
        if (mkdir(dir, 0755) < 0) {
                free(config);
                return err_sys(err, -errno, "bundle", dir, "cannot be made");
        }
        bundle = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        rc = bundle < 0 ? -errno : write_file(bundle, "config.json", config, strlen(config), 0644);
        if (rc == 0)
                rc = make_rootfs(s, bundle, observer, n);
        free(config);
        if (bundle >= 0)
                close(bundle);
        return rc < 0 ? err_sys(err, rc, "bundle", dir, "cannot be filled") : 0;
}
