#include "core/container/sysctl.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "core/base/err.h"
#include "core/base/scope.h"
#include "core/config/config.h"
#include "core/container/procfs.h"
#include "core/sys.h"

int sysctl_path(const char *name, char *buf, size_t size)
{
        size_t n = strlen(name), first = strcspn(name, "./"), start = 0;
        bool dots = name[first] == '.';

        if (first == n)
                return -EINVAL;
        if (n >= size)
                return -ENAMETOOLONG;
        for (size_t i = 0; i <= n; i++)
                buf[i] = !dots ? name[i] : name[i] == '.' ? '/' : name[i] == '/' ? '.' : name[i];
        for (size_t i = 0; i <= n; i++) {
                if (buf[i] != '/' && buf[i] != '\0')
                        continue;
                if (i == start || (i - start == 1 && buf[start] == '.') ||
                    (i - start == 2 && buf[start] == '.' && buf[start + 1] == '.'))
                        return -EINVAL;
                start = i + 1;
        }
        return 0;
}

/* What lies in a namespace; a prefix ends in '/'. */
static const struct known {
        const char *path;
        enum config_ns ns;
        const char *type; /* in config.json */
} known[] = {
        {"fs/mqueue/", CONFIG_NS_IPC, "ipc"},    {"kernel/domainname", CONFIG_NS_UTS, "uts"},
        {"kernel/msgmax", CONFIG_NS_IPC, "ipc"}, {"kernel/msgmnb", CONFIG_NS_IPC, "ipc"},
        {"kernel/msgmni", CONFIG_NS_IPC, "ipc"}, {"kernel/sem", CONFIG_NS_IPC, "ipc"},
        {"kernel/shmall", CONFIG_NS_IPC, "ipc"}, {"kernel/shmmax", CONFIG_NS_IPC, "ipc"},
        {"kernel/shmmni", CONFIG_NS_IPC, "ipc"}, {"kernel/shm_rmid_forced", CONFIG_NS_IPC, "ipc"},
        {"net/", CONFIG_NS_NETWORK, "network"},
};

/* A pointer that has to be cut is longer than what err_set takes, which then marks where. */
#define LONGER_PLACE (ERR_PLACE_MAX + 8)

/* RFC 6901: "~" and "/" in a name are written "~0" and "~1". */
static const char *pointer(const char *name, char *buf, size_t size)
{
        size_t n = (size_t)snprintf(buf, size, "/linux/sysctl/");

        for (; *name && n + 3 < size; name++) {
                if (*name == '~' || *name == '/') {
                        buf[n++] = '~';
                        buf[n++] = *name == '~' ? '0' : '1';
                } else {
                        buf[n++] = *name;
                }
        }
        buf[n] = '\0';
        return buf;
}

/* The namespace that a parameter lies in, or NULL: the host's. */
static const struct known *find(const char *path)
{
        for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
                size_t n = strlen(known[i].path);
                bool prefix = known[i].path[n - 1] == '/';
                if (prefix ? strncmp(path, known[i].path, n) == 0 : strcmp(path, known[i].path) == 0)
                        return &known[i];
        }
        return NULL;
}

static int check_one(const struct config *config, const char *name, struct err *err)
{
        char place[LONGER_PLACE], path[256];
        const struct known *k;
        int r = sysctl_path(name, path, sizeof(path));

        pointer(name, place, sizeof(place));
        if (r < 0)
                return err_sys(err, r, "sysctl", place, "not the name of a kernel parameter");
        if (strcmp(path, "kernel/hostname") == 0)
                return err_set(err, EINVAL, "sysctl", place, "the config's hostname is the field for that");
        k = find(path);
        if (k && config->linux_.ns[k->ns].set)
                return 0;
        if (k)
                return err_set(err, EINVAL, "sysctl", place, "needs a %s namespace: it would change the host",
                               k->type);
        return err_set(err, EINVAL, "sysctl", place, "belongs to no namespace: it would change the host");
}

int sysctl_check(const struct config *config, struct err *err)
{
        for (size_t i = 0; i < config->linux_.sysctl.n; i++) {
                int r = check_one(config, config->linux_.sysctl.item[i].key, err);
                if (r < 0)
                        return r;
        }
        return 0;
}

int sysctl_check_host(const struct config *config, enum config_ns ns, struct err *err)
{
        const struct config_kv_list *list = &config->linux_.sysctl;

        for (size_t i = 0; i < list->n; i++) {
                char place[LONGER_PLACE], path[256];
                const struct known *k =
                        sysctl_path(list->item[i].key, path, sizeof(path)) == 0 ? find(path) : NULL;
                if (k && k->ns == ns)
                        return err_set(err, EINVAL, "sysctl", pointer(list->item[i].key, place, sizeof(place)),
                                       "the %s namespace is the host's: it would change the host", k->type);
        }
        return 0;
}

static int apply_one(const struct sys *sys, int proc_fd, const struct config_kv *kv, struct err *err)
{
        char place[LONGER_PLACE], path[4 + 256] = "sys/";
        int r = sysctl_path(kv->key, path + 4, sizeof(path) - 4);

        if (r == 0)
                r = procfs_write(sys, proc_fd, path, kv->value);
        if (r < 0)
                return err_sys(err, r, "sysctl", pointer(kv->key, place, sizeof(place)), "/proc/%s", path);
        return 0;
}

int sysctl_apply(const struct sys *sys, const struct config *config, struct err *err)
{
        const struct config_kv_list *list = &config->linux_.sysctl;
        SCOPED_FD proc = {sys, -1};
        int r = 0;

        if (list->n == 0)
                return 0;
        r = procfs_open(sys, &proc.fd, err);
        for (size_t i = 0; r == 0 && i < list->n; i++)
                r = apply_one(sys, proc.fd, &list->item[i], err);
        return r;
}
