#include "core/container/idmapped.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>

#include "core/base/err.h"
#include "core/base/limits.h"
#include "core/base/scope.h"
#include "core/config/config.h"
#include "core/container/idmap.h"
#include "core/container/mnt.h"
#include "core/container/mount_options.h"
#include "core/container/process.h"
#include "core/sys.h"

static bool has_option(const struct config_mount *mount, const char *name)
{
        for (size_t i = 0; i < mount->options.n; i++)
                if (strcmp(mount->options.item[i], name) == 0)
                        return true;
        return false;
}

bool idmapped_wanted(const struct config_mount *mount)
{
        return mount->uid_mappings.n > 0 || has_option(mount, "idmap") || has_option(mount, "ridmap");
}

/* Holds a user namespace until the parent closes the pipe, or is gone. fds: its two ends. */
static int holder(const struct sys *sys, const int *fds, size_t nfds, const void *data, size_t len)
{
        char c;

        (void)nfds, (void)data, (void)len;
        (void)sys->op->prctl(sys, PR_SET_DUMPABLE, 0, 0, 0, 0); /* it holds what labrun has open */
        (void)sys->op->close(sys, fds[1]);
        while (sys->op->read(sys, fds[0], &c, 1) == -EINTR)
                continue;
        return 0;
}

static int map(const struct sys *sys, pid_t pid, const struct config_idmap_list *uids,
               const struct config_idmap_list *gids, int *ret_fd, struct err *err)
{
        char path[64];
        int r = idmap_write(sys, pid, IDMAP_UID, uids, err);

        if (r == 0)
                r = idmap_write(sys, pid, IDMAP_GID, gids, err);
        if (r < 0)
                return r;
        snprintf(path, sizeof(path), "/proc/%d/ns/user", (int)pid);
        r = sys->op->openat(sys, AT_FDCWD, path, O_RDONLY | O_CLOEXEC, 0);
        if (r < 0)
                return err_sys(err, r, "mount", path, "%s", "");
        *ret_fd = r;
        return 0;
}

/* A user namespace with these maps, which lives as long as the fd. */
static int new_namespace(const struct sys *sys, const struct config_idmap_list *uids,
                         const struct config_idmap_list *gids, int *ret_fd, struct err *err)
{
        SCOPED_FD pidfd = {sys, -1};
        siginfo_t info;
        int p[2], r = sys->op->pipe2(sys, p, O_CLOEXEC);

        if (r < 0)
                return err_sys(err, r, "pipe2", NULL, "%s", "");
        struct sys_spawn args = {.flags = config_ns_flag(CONFIG_NS_USER), .fn = holder, .fds = p, .nfds = 2};
        pid_t pid = sys->op->spawn(sys, &args, &pidfd.fd);
        r = pid < 0 ? err_sys(err, pid, "clone3", NULL, "a user namespace for the mapping")
                    : map(sys, pid, uids, gids, ret_fd, err);
        (void)sys->op->close(sys, p[0]);
        (void)sys->op->close(sys, p[1]);
        if (pid > 0 && process_kill(sys, pidfd.fd, LIMIT_STAGE_MS, NULL) == 0)
                while (sys->op->waitid(sys, P_PIDFD, (id_t)pidfd.fd, &info, WEXITED) == -EINTR)
                        continue;
        return r;
}

static int namespace_for(const struct sys *sys, const struct config *config, const struct config_mount *mount,
                         int *ret_fd, struct err *err)
{
        const char *path = config->linux_.ns[CONFIG_NS_USER].path;
        int r;

        if (mount->uid_mappings.n > 0)
                return new_namespace(sys, &mount->uid_mappings, &mount->gid_mappings, ret_fd, err);
        if (!path)
                return new_namespace(sys, &config->linux_.uid_mappings, &config->linux_.gid_mappings, ret_fd,
                                     err);
        r = sys->op->openat(sys, AT_FDCWD, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK, 0);
        if (r < 0)
                return err_sys(err, r, "mount", path, "%s", "");
        *ret_fd = r;
        return 0;
}

static int check(const struct config_mount *mount, size_t index, struct mount_options *ret_options,
                 struct err *err)
{
        char place[64];
        int r = mount_options_parse(mount, index, ret_options, err);

        snprintf(place, sizeof(place), "/mounts/%zu", index);
        if (r == 0 && (!ret_options->bind || ret_options->remount || !mount->source))
                return err_set(err, EINVAL, "mount", place, "only the ids of a bind mount can be mapped");
        snprintf(place, sizeof(place), "/mounts/%zu/uidMappings", index);
        if (r == 0)
                r = idmap_check(&mount->uid_mappings, place, err);
        snprintf(place, sizeof(place), "/mounts/%zu/gidMappings", index);
        return r < 0 ? r : idmap_check(&mount->gid_mappings, place, err);
}

/* A slave, as it would be in init's mount namespace: what the container mounts in it is not for the host. */
static int open_one(const struct sys *sys, const struct config *config, size_t index, int bundle_fd,
                    int *ret_fd, struct err *err)
{
        const struct config_mount *mount = &config->mounts.item[index];
        SCOPED_FD ns = {sys, -1}, tree = {sys, -1};
        struct mount_options o;
        char place[64];
        int r = check(mount, index, &o, err);

        if (r < 0)
                return r;
        snprintf(place, sizeof(place), "/mounts/%zu", index);
        r = namespace_for(sys, config, mount, &ns.fd, err);
        if (r < 0)
                return err ? err_sys(err, r, "mount", place, "the mapping: %s", err->msg) : r;
        tree.fd = mnt_clone(sys, bundle_fd, mount->source, o.bind_recursive);
        if (tree.fd < 0) {
                snprintf(place, sizeof(place), "/mounts/%zu/source", index);
                return err_sys(err, tree.fd, "mount", place, "%s%s", mount->source, mnt_hint(tree.fd));
        }
        r = mnt_propagate(sys, tree.fd, MS_SLAVE, true);
        if (r == 0)
                r = mnt_map_ids(sys, tree.fd, ns.fd, has_option(mount, "ridmap"));
        if (r < 0)
                return err_sys(err, r, "mount", place, "mapping the ids of %s%s", mount->source,
                               r == -EINVAL ? ": its file system can't, or they are mapped already" : "");
        *ret_fd = scoped_fd_steal(&tree);
        return 0;
}

static int open_all(const struct sys *sys, const struct config *config, int bundle_fd, int *fd, size_t *n,
                    struct err *err)
{
        int r = 0;

        for (size_t i = 0; r == 0 && i < config->mounts.n; i++) {
                char place[64];
                if (!idmapped_wanted(&config->mounts.item[i]))
                        continue;
                snprintf(place, sizeof(place), "/mounts/%zu", i);
                if (sys->op->geteuid(sys) != 0)
                        return err_set(err, EPERM, "mount", place, "only root can map the ids of a mount");
                if (*n == IDMAPPED_MAX)
                        return err_set(err, E2BIG, "mount", place, "more than %d mounts with mapped ids",
                                       IDMAPPED_MAX);
                r = open_one(sys, config, i, bundle_fd, &fd[*n], err);
                *n += r == 0;
        }
        return r;
}

int idmapped_open(const struct sys *sys, const struct config *config, const char *bundle,
                  int ret_fd[IDMAPPED_MAX], size_t *ret_n, struct err *err)
{
        SCOPED_FD dir = {sys, sys->op->openat(sys, AT_FDCWD, bundle, O_PATH | O_DIRECTORY | O_CLOEXEC, 0)};
        int fd[IDMAPPED_MAX], r;
        size_t n = 0;

        if (dir.fd < 0)
                return err_sys(err, dir.fd, "mount", bundle, "%s", "");
        r = open_all(sys, config, dir.fd, fd, &n, err);
        if (r < 0) {
                idmapped_close(sys, fd, n);
                return r;
        }
        memcpy(ret_fd, fd, n * sizeof(*fd));
        *ret_n = n;
        return 0;
}

void idmapped_close(const struct sys *sys, const int *fd, size_t n)
{
        for (size_t i = 0; i < n; i++)
                (void)sys->op->close(sys, fd[i]);
}
