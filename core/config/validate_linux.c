/* The rules for "linux" but for resources and seccomp. */
#include "core/config/validate.h"

#include <stdio.h>
#include <string.h>

#include "core/base/err.h"

#define PLACE "/linux"

static int validate_namespaces(const struct config_linux *l, struct err *err)
{
        for (enum config_ns n = 0; n < CONFIG_NS__COUNT; n++)
                if (l->ns[n].path && l->ns[n].path[0] != '/')
                        return INVALID_TEXT(err, "the path is not absolute", l->ns[n].path,
                                            PLACE "/namespaces/%zu/path", l->ns[n].index);
        return 0;
}

static int validate_mappings(const struct config_linux *l, struct err *err)
{
        int r;

        if (l->uid_mappings.n > 0 && !l->ns[CONFIG_NS_USER].set)
                return INVALID(err, "needs a user namespace", PLACE "/uidMappings");
        if (l->gid_mappings.n > 0 && !l->ns[CONFIG_NS_USER].set)
                return INVALID(err, "needs a user namespace", PLACE "/gidMappings");
        r = config_validate_idmaps(&l->uid_mappings, PLACE "/uidMappings", err);
        if (r == 0)
                r = config_validate_idmaps(&l->gid_mappings, PLACE "/gidMappings", err);
        return r;
}

/* time_namespaces(7): offsets can be written only before the first process enters a new namespace. */
static int validate_time(const struct config_linux *l, struct err *err)
{
        const struct {
                const char *name;
                const struct config_time_offset *offset;
        } clocks[] = {{"monotonic", &l->time_monotonic}, {"boottime", &l->time_boottime}};

        for (size_t i = 0; i < 2; i++) {
                if (!clocks[i].offset->set)
                        continue;
                if (!l->ns[CONFIG_NS_TIME].set || l->ns[CONFIG_NS_TIME].path)
                        return INVALID(err, "needs a new time namespace", PLACE "/timeOffsets");
                if (clocks[i].offset->nanosecs >= 1000000000u)
                        return OUTSIDE(err, clocks[i].offset->nanosecs, 0, 999999999,
                                       PLACE "/timeOffsets/%s/nanosecs", clocks[i].name);
        }
        return 0;
}

/* --- devices --- */

/* What mknod(2) makes has a name in a directory. */
static bool names_a_file(const char *path)
{
        const char *last = strrchr(path, '/') + 1;

        return *last && strcmp(last, ".") != 0 && strcmp(last, "..") != 0;
}

static int validate_device(const struct config_device *d, size_t i, struct err *err)
{
        if (d->path[0] != '/')
                return INVALID_TEXT(err, "the path is not absolute", d->path, PLACE "/devices/%zu/path", i);
        if (!names_a_file(d->path))
                return INVALID_TEXT(err, "names no file", d->path, PLACE "/devices/%zu/path", i);
        /* The kernel's dev_t: 12 bits of major, 20 of minor. A cut number would be another device. */
        if (d->type != 'p' && (d->major < 0 || d->major > 0xfff))
                return OUTSIDE(err, d->major, 0, 0xfff, PLACE "/devices/%zu/major", i);
        if (d->type != 'p' && (d->minor < 0 || d->minor > 0xfffff))
                return OUTSIDE(err, d->minor, 0, 0xfffff, PLACE "/devices/%zu/minor", i);
        /* Docker writes the whole st_mode, with the type's bits. */
        if (d->file_mode.set && d->file_mode.v > 0177777)
                return OUTSIDE(err, d->file_mode.v, 0, 0177777, PLACE "/devices/%zu/fileMode", i);
        if (d->uid.set && d->uid.v == UINT32_MAX)
                return INVALID(err, "is no user id", PLACE "/devices/%zu/uid", i);
        if (d->gid.set && d->gid.v == UINT32_MAX)
                return INVALID(err, "is no group id", PLACE "/devices/%zu/gid", i);
        return 0;
}

/* --- sysctl --- */

/* A key becomes a path below /proc/sys: with dots or slashes, but never out of there. */
static bool is_sysctl_path(const char *key)
{
        bool fresh = true; /* at the beginning of a component */

        for (; *key; key++) {
                bool separator = *key == '.' || *key == '/';
                if (separator && fresh)
                        return false;
                fresh = separator;
        }
        return !fresh;
}

/* Compares as if all separators were dots: "net/ipv4" is "net.ipv4". */
static bool has_prefix(const char *key, const char *prefix)
{
        for (; *prefix; key++, prefix++)
                if (*key != *prefix && !(*key == '/' && *prefix == '.'))
                        return false;
        return true;
}

static bool is_sysctl(const char *key, const char *name)
{
        return has_prefix(key, name) && strlen(key) == strlen(name);
}

/* Which namespace makes the key the container's own (ipc_namespaces(7), uts_namespaces(7)); -1: none does. */
static int sysctl_namespace(const char *key)
{
        static const char *const ipc[] = {
                "kernel.msgmax",      "kernel.msgmnb",      "kernel.msgmni",     "kernel.sem",
                "kernel.shmall",      "kernel.shmmax",      "kernel.shmmni",     "kernel.shm_rmid_forced",
                "kernel.msg_next_id", "kernel.sem_next_id", "kernel.shm_next_id"};

        for (size_t i = 0; i < sizeof(ipc) / sizeof(ipc[0]); i++)
                if (is_sysctl(key, ipc[i]))
                        return CONFIG_NS_IPC;
        if (has_prefix(key, "fs.mqueue."))
                return CONFIG_NS_IPC;
        if (has_prefix(key, "net."))
                return CONFIG_NS_NETWORK;
        if (is_sysctl(key, "kernel.domainname") || is_sysctl(key, "kernel.hostname"))
                return CONFIG_NS_UTS;
        if (has_prefix(key, "user."))
                return CONFIG_NS_USER;
        return -1;
}

static int validate_sysctl(const struct config *c, size_t i, struct err *err)
{
        const char *key = c->linux_.sysctl.item[i].key;
        int ns = sysctl_namespace(key);
        char msg[64];

        if (!is_sysctl_path(key))
                return config_invalid_key(err, "not a sysctl's name", PLACE "/sysctl", key);
        if (ns < 0)
                return config_invalid_key(err, "in no namespace: would change the host", PLACE "/sysctl",
                                          key);
        if (!c->linux_.ns[ns].set) {
                snprintf(msg, sizeof(msg), "needs a namespace of type %s",
                         config_ns_name((enum config_ns)ns));
                return config_invalid_key(err, msg, PLACE "/sysctl", key);
        }
        if ((is_sysctl(key, "kernel.hostname") && config_given(c->hostname)) ||
            (is_sysctl(key, "kernel.domainname") && config_given(c->domainname)))
                return config_invalid_key(err, "contradicts the name at the top level", PLACE "/sysctl", key);
        return 0;
}

/* --- the rest --- */

static int validate_rdt(const struct config_linux *l, struct err *err)
{
        const char *id = l->intel_rdt.clos_id;

        /* The name of a directory below resctrl's root. */
        if (config_given(id) && (strchr(id, '/') || strcmp(id, ".") == 0 || strcmp(id, "..") == 0))
                return INVALID_TEXT(err, "not a directory's name", id, PLACE "/intelRdt/closID");
        if (config_given(l->intel_rdt.mem_bw_schema) &&
            (strncmp(l->intel_rdt.mem_bw_schema, "MB:", 3) != 0 || strchr(l->intel_rdt.mem_bw_schema, '\n')))
                return INVALID(err, "not one line that begins with MB:", PLACE "/intelRdt/memBwSchema");
        return 0;
}

static int validate_personality(const struct config_linux *l, struct err *err)
{
        static const char *const domains[] = {"LINUX", "LINUX32"};

        if (!l->personality.set)
                return 0;
        if (!ONE_OF(l->personality.domain, domains))
                return UNKNOWN(err, "domain", l->personality.domain, domains, PLACE "/personality/domain");
        if (l->personality.flags.n > 0)
                return INVALID(err, "no flags are defined", PLACE "/personality/flags/0");
        return 0;
}

static int validate_paths(const struct config_linux *l, struct err *err)
{
        static const char *const modes[] = {"shared",  "rshared",  "slave",      "rslave",
                                            "private", "rprivate", "unbindable", "runbindable"};
        int r = config_validate_paths(&l->masked_paths, PLACE "/maskedPaths", err);

        if (r == 0)
                r = config_validate_paths(&l->readonly_paths, PLACE "/readonlyPaths", err);
        if (r < 0)
                return r;
        /* Else they would be masked for the host. */
        if (l->masked_paths.n > 0 && !l->ns[CONFIG_NS_MOUNT].set)
                return INVALID(err, "needs a mount namespace", PLACE "/maskedPaths");
        if (l->readonly_paths.n > 0 && !l->ns[CONFIG_NS_MOUNT].set)
                return INVALID(err, "needs a mount namespace", PLACE "/readonlyPaths");
        if (config_given(l->rootfs_propagation) && !ONE_OF(l->rootfs_propagation, modes))
                return UNKNOWN(err, "propagation", l->rootfs_propagation, modes, PLACE "/rootfsPropagation");
        /* "Runtimes MAY consider certain cgroupsPath values to be invalid": those that leave the hierarchy's
         * root. */
        if (l->cgroups_path && config_has_dotdot(l->cgroups_path))
                return INVALID_TEXT(err, "has a \"..\"", l->cgroups_path, PLACE "/cgroupsPath");
        /* cgroups(7): no name of a cgroup has one; /proc/PID/cgroup could not be read */
        if (l->cgroups_path && strchr(l->cgroups_path, '\n'))
                return INVALID_TEXT(err, "has a newline", l->cgroups_path, PLACE "/cgroupsPath");
        return 0;
}

int config_validate_linux(const struct config *c, struct err *err)
{
        const struct config_linux *l = &c->linux_;
        int r = validate_namespaces(l, err);

        if (r == 0)
                r = validate_mappings(l, err);
        if (r == 0)
                r = validate_time(l, err);
        for (size_t i = 0; r == 0 && i < l->devices.n; i++)
                r = validate_device(&l->devices.item[i], i, err);
        for (size_t i = 0; r == 0 && i < l->sysctl.n; i++)
                r = validate_sysctl(c, i, err);
        if (r == 0)
                r = validate_paths(l, err);
        if (r == 0)
                r = validate_rdt(l, err);
        if (r == 0)
                r = validate_personality(l, err);
        if (r == 0)
                r = config_validate_resources(&l->resources, err);
        if (r == 0)
                r = config_validate_seccomp(&l->seccomp, err);
        return r;
}
