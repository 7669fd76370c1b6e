#include "core/container/namespaces.h"

#include <errno.h>
#include <linux/nsfs.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>

#include "core/base/err.h"
#include "core/base/io.h"
#include "core/base/scope.h"
#include "core/config/config.h"
#include "core/container/netns.h"
#include "core/container/stage.h"
#include "core/container/sysctl.h"
#include "core/sys.h"

static bool by_clone(enum config_ns ns)
{
        return ns != CONFIG_NS_CGROUP && ns != CONFIG_NS_TIME;
}

void namespaces_place(const struct config *config, enum config_ns ns, char place[ERR_PLACE_MAX])
{
        snprintf(place, ERR_PLACE_MAX, "/linux/namespaces/%zu/path", config->linux_.ns[ns].index);
}

int namespaces_check(const struct config *config, struct err *err)
{
        const struct config_namespace *mnt = &config->linux_.ns[CONFIG_NS_MOUNT];
        char place[ERR_PLACE_MAX];

        if (!mnt->set)
                return err_set(err, ENOTSUP, "namespaces", "/linux/namespaces",
                               "labrun needs a new mount namespace");
        if (mnt->path) {
                namespaces_place(config, CONFIG_NS_MOUNT, place);
                return err_set(err, ENOTSUP, "namespaces", place,
                               "labrun joins no mount namespace, it makes one");
        }
        return 0;
}

bool namespaces_net_apart(const struct config *config)
{
        const struct config_namespace *net = &config->linux_.ns[CONFIG_NS_NETWORK];

        return net->set && !net->path && !config->linux_.ns[CONFIG_NS_USER].set && !stage_needed(config);
}

uint64_t namespaces_clone_flags(const struct config *config)
{
        uint64_t flags = 0;

        for (int i = 0; i < CONFIG_NS__COUNT; i++) {
                const struct config_namespace *ns = &config->linux_.ns[i];
                if (ns->set && !ns->path && by_clone((enum config_ns)i))
                        flags |= config_ns_flag((enum config_ns)i);
        }
        if (namespaces_net_apart(config))
                flags &= ~config_ns_flag(CONFIG_NS_NETWORK);
        return flags;
}

const char *namespaces_clone_hint(const struct config *config, int r)
{
        const struct config_namespace *user = config ? &config->linux_.ns[CONFIG_NS_USER] : NULL;

        if (r == -ENOSPC)
                return " (a limit of /proc/sys/user: namespaces(7))";
        if (r == -EPERM && user && user->set && !user->path)
                return " (whether users may make user namespaces is set by sysctl: user.max_user_namespaces, "
                       "kernel.unprivileged_userns_clone)";
        return "";
}

/* Opens the path of a namespace file and checks that it is one of this type; setns would only say EINVAL. */
static int open_path(const struct sys *sys, const struct config *config, enum config_ns ns, int *ret_fd,
                     struct err *err)
{
        const char *path = config->linux_.ns[ns].path;
        char place[ERR_PLACE_MAX];

        namespaces_place(config, ns, place);
        SCOPED_FD fd = {sys, sys->op->openat(sys, AT_FDCWD, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK, 0)};
        if (fd.fd < 0)
                return err_sys(err, fd.fd, "namespaces", place, "%s", path);
        int type = sys->op->ioctl(sys, fd.fd, NS_GET_NSTYPE, NULL);
        if (type < 0)
                return err_set(err, EINVAL, "namespaces", place, "%s is no namespace", path);
        if ((uint64_t)type != config_ns_flag(ns))
                return err_set(err, EINVAL, "namespaces", place, "%s is a namespace of another type than %s",
                               path, config_ns_name(ns));
        *ret_fd = scoped_fd_steal(&fd);
        return 0;
}

static int join(const struct sys *sys, const struct config *config, enum config_ns ns, int fd,
                struct err *err)
{
        char place[ERR_PLACE_MAX];
        int r = sys->op->setns(sys, fd, (int)config_ns_flag(ns));

        namespaces_place(config, ns, place);
        return r < 0 ? err_sys(err, r, "namespaces", place, "joining the %s namespace %s", config_ns_name(ns),
                               config->linux_.ns[ns].path)
                     : 0;
}

/* The namespace is the one that we are in, the host's: HOST-UNCHANGED holds for what a path leads to as well. */
static int check_host(const struct sys *sys, const struct config *config, enum config_ns ns, int fd,
                      struct err *err)
{
        bool names = ns == CONFIG_NS_UTS && (config->hostname || config->domainname);
        struct stat own, there;
        char path[64];
        int r;

        if (!names && config->linux_.sysctl.n == 0)
                return 0;
        /* every type that matters here has its own name in /proc, but network */
        snprintf(path, sizeof(path), "/proc/self/ns/%s", ns == CONFIG_NS_NETWORK ? "net" : config_ns_name(ns));
        if (ns != CONFIG_NS_UTS && ns != CONFIG_NS_IPC && ns != CONFIG_NS_NETWORK)
                return 0;
        r = sys->op->fstatat(sys, AT_FDCWD, path, &own, 0);
        if (r == 0)
                r = sys->op->fstat(sys, fd, &there);
        if (r < 0)
                return err_sys(err, r, "namespaces", path, "%s", "");
        if (own.st_dev != there.st_dev || own.st_ino != there.st_ino)
                return 0;
        if (names)
                return err_set(err, EINVAL, "sethostname", config->hostname ? "/hostname" : "/domainname",
                               "the uts namespace is the host's: it would change the host");
        return sysctl_check_host(config, ns, err);
}

void namespaces_close(const struct sys *sys, int fd[CONFIG_NS__COUNT])
{
        for (int i = 0; i < CONFIG_NS__COUNT; i++) {
                if (fd[i] >= 0)
                        (void)sys->op->close(sys, fd[i]);
                fd[i] = -1;
        }
}

int namespaces_open(const struct sys *sys, const struct config *config, int ret_fd[CONFIG_NS__COUNT],
                    struct err *err)
{
        int fd[CONFIG_NS__COUNT], r = 0;

        for (int i = 0; i < CONFIG_NS__COUNT; i++)
                fd[i] = -1;
        for (int i = 0; i < CONFIG_NS__COUNT && r == 0; i++)
                if (config->linux_.ns[i].path && i != CONFIG_NS_MOUNT)
                        r = open_path(sys, config, (enum config_ns)i, &fd[i], err);
        for (int i = 0; i < CONFIG_NS__COUNT && r == 0; i++)
                if (fd[i] >= 0)
                        r = check_host(sys, config, (enum config_ns)i, fd[i], err);
        if (r < 0)
                namespaces_close(sys, fd);
        else
                memcpy(ret_fd, fd, sizeof(fd));
        return r;
}

/* All are opened before the first is joined: afterwards a path may be out of reach. */
static int join_all(const struct sys *sys, const struct config *config, struct err *err)
{
        int fd[CONFIG_NS__COUNT], r = namespaces_open(sys, config, fd, err);

        if (r < 0)
                return r;
        for (int i = 0; i < CONFIG_NS__COUNT && r == 0; i++)
                if (fd[i] >= 0)
                        r = join(sys, config, (enum config_ns)i, fd[i], err);
        namespaces_close(sys, fd);
        return r;
}

static int unshare_one(const struct sys *sys, const struct config *config, enum config_ns ns, struct err *err)
{
        const struct config_namespace *n = &config->linux_.ns[ns];
        int r;

        if (!n->set || n->path)
                return 0;
        r = sys->op->unshare(sys, config_ns_flag(ns));
        return r < 0 ? err_sys(err, r, "namespaces", "/linux/namespaces", "a new %s namespace",
                               config_ns_name(ns))
                     : 0;
}

/* One by one, so that the error tells which. */
static int set_offset(const struct sys *sys, const char *clock, const struct config_time_offset *offset,
                      struct err *err)
{
        char text[64], place[64];
        int r;

        if (!offset->set)
                return 0;
        snprintf(text, sizeof(text), "%s %lld %u\n", clock, (long long)offset->secs, offset->nanosecs);
        snprintf(place, sizeof(place), "/linux/timeOffsets/%s/secs", clock);
        r = io_write_file(sys, AT_FDCWD, "/proc/self/timens_offsets", text);
        return r < 0 ? err_sys(err, r, "namespaces", place, "%lld", (long long)offset->secs) : 0;
}

/* The namespace that the payload's execve will enter (Linux 6.3); it must have no process yet when its
 * offsets are set. */
static int set_time_offsets(const struct sys *sys, const struct config *config, struct err *err)
{
        int r = set_offset(sys, "monotonic", &config->linux_.time_monotonic, err);

        return r < 0 ? r : set_offset(sys, "boottime", &config->linux_.time_boottime, err);
}

static int set_names(const struct sys *sys, const struct config *config, struct err *err)
{
        int r = 0;

        if (config->hostname) {
                r = sys->op->sethostname(sys, config->hostname, strlen(config->hostname));
                if (r < 0)
                        return err_sys(err, r, "sethostname", "/hostname", "%s", "");
        }
        if (config->domainname) {
                r = sys->op->setdomainname(sys, config->domainname, strlen(config->domainname));
                if (r < 0)
                        return err_sys(err, r, "setdomainname", "/domainname", "%s", "");
        }
        return 0;
}

int namespaces_unshare(const struct sys *sys, const struct config *config, struct err *err)
{
        int r = unshare_one(sys, config, CONFIG_NS_CGROUP, err);

        if (r == 0)
                r = unshare_one(sys, config, CONFIG_NS_TIME, err);
        return r < 0 ? r : set_time_offsets(sys, config, err);
}

static int enter_network(const struct sys *sys, const struct config *config, int net, const struct timespec *deadline,
                         struct err *err)
{
        const struct config_namespace *ns = &config->linux_.ns[CONFIG_NS_NETWORK];
        int r;

        if (!ns->set || ns->path)
                return 0;
        if (namespaces_net_apart(config))
                return netns_join(sys, net, deadline, err);
        r = netns_loopback_up(sys);
        return r < 0 ? netns_loopback_error(err, r) : 0;
}

int namespaces_enter(const struct sys *sys, const struct config *config, int net, const struct timespec *deadline,
                     struct err *err)
{
        int r = stage_needed(config) ? 0 : join_all(sys, config, err);

        if (r == 0)
                r = set_names(sys, config, err);
        return r < 0 ? r : enter_network(sys, config, net, deadline, err);
}
