/*
 * Names that a config chooses and the host's files are found by: linux.cgroupsPath and linux.sysctl. Whatever they are made
 * of, they stay below where they belong, in what is the container's own; else they are refused.
 *
 * Targets: cgroup_path, sysctl_path, sysctl_check, sysctl_check_host.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/err.h"
#include "core/container/cgroup.h"
#include "core/container/sysctl.h"
#include "props/pt.h"

/* Components by a separator; some are no names, some too long for a directory. */
static char *draw_path(pt *t, const char *separators)
{
        static const char *const names[] = {"a", "bc", "", ".", "..", "...", "a..", "..a", ".a", "a~b", "\xc3\xa9"};
        char *path = pt_alloc(t, 2000);
        size_t n_separators = strlen(separators);

        PT_REPEAT(t, 0, 6)
        {
                size_t n = strlen(path);
                path[n] = separators[pt_below(t, n_separators)];
                strcat(path, names[pt_below(t, sizeof(names) / sizeof(names[0]))]);
                if (pt_below(t, 16) == 1) {
                        n = strlen(path);
                        memset(path + n, 'x', 254 + pt_below(t, 4) - 1);
                }
        }
        return path + (pt_bool(t) && *path); /* perhaps relative */
}

/* --- cgroups --- */

/* What a kernel makes of the path below a directory: "" is the directory itself, NULL above it. */
static char *walk(pt *t, const char *path, bool *ret_dotdot, size_t *ret_longest)
{
        char *copy = pt_alloc(t, strlen(path) + 1), *out = pt_alloc(t, strlen(path) + 2), *save = NULL;

        *ret_dotdot = false;
        *ret_longest = 0;
        for (char *c = strtok_r(strcpy(copy, path), "/", &save); c; c = strtok_r(NULL, "/", &save)) {
                *ret_dotdot |= strcmp(c, "..") == 0;
                *ret_longest = strlen(c) > *ret_longest ? strlen(c) : *ret_longest;
                if (strcmp(c, ".") != 0)
                        strcat(strcat(out, "/"), c);
        }
        return out;
}

PT_PROPERTY(cgroup_path_below, .invariant = "HOST-UNCHANGED",
            .about = "a container's cgroup lies below its parent, whatever linux.cgroupsPath is made of", .cases = 5000)
{
        const char *given = pt_bool(t) ? NULL : draw_path(t, "/"), *id = pt_cstr(t, "ab_.", 5);
        size_t size = pt_bool(t) ? 4096 : 2 + pt_below(t, 300), longest;
        char *buf = pt_alloc(t, size);
        bool absolute, dotdot;
        struct err err = ERR_INIT;
        char *expected = walk(t, given ? given : id, &dotdot, &longest);
        int r = cgroup_path(given, id, buf, size, &absolute, &err);

        pt_note(t, "%s: %s", given ? given : id, r ? err.msg : buf);
        if (dotdot) { /* also where it does not lead out: what the kernel makes of it is not looked at */
                PT_ASSERT(t, r == -EINVAL || (r == -ENAMETOOLONG && (longest > 255 || strlen(expected) >= size)));
        } else if (longest > 255 || strlen(expected) >= size) {
                PT_ASSERT(t, r == -ENAMETOOLONG);
        } else if (!*expected) { /* the host's own cgroup, whose processes delete would kill */
                PT_ASSERT(t, r == -EINVAL);
        } else {
                PT_ASSERT(t, r == 0 && strcmp(buf, expected) == 0);
                PT_ASSERT(t, absolute == (!given || given[0] == '/'));
        }
        if (r)
                PT_ASSERT(t, r == -err.errnum && strcmp(err.place, "/linux/cgroupsPath") == 0);
        PT_SOMETIMES(t, r == 0 && given && !absolute, "a relative path");
        PT_SOMETIMES(t, r == 0 && given && strstr(given, "/./"), "a component that is none");
        PT_SOMETIMES(t, r == -EINVAL && dotdot, "a way out");
        PT_SOMETIMES(t, r == -EINVAL && !dotdot, "no name");
        PT_SOMETIMES(t, r == -ENAMETOOLONG, "too long");
}

/* --- sysctl --- */

/* sysctl(8): the first separator is the separator; the other character stands for a "/" in a name then. */
static char *to_file(pt *t, const char *name)
{
        char *path = pt_alloc(t, strlen(name) + 1), separator = name[strcspn(name, "./")];

        for (size_t i = 0; name[i]; i++)
                path[i] = separator == '/' || !strchr("./", name[i]) ? name[i] : name[i] == '.' ? '/' : '.';
        return path;
}

static bool is_plain(const char *path)
{
        bool has_slash = strchr(path, '/') != NULL;

        for (const char *p = path;; p++) {
                size_t n = strcspn(p, "/");
                if (n == 0 || (n == 1 && *p == '.') || (n == 2 && p[0] == '.' && p[1] == '.'))
                        return false;
                p += n;
                if (!*p)
                        return has_slash;
        }
}

/* namespaces(7): ipc_namespaces(7), uts, network. CONFIG_NS__COUNT: the host's. */
static enum config_ns owner(const char *path)
{
        static const char *const ipc[] = {"msgmax", "msgmnb", "msgmni", "sem", "shmall", "shmmax", "shmmni", "shm_rmid_forced"};

        if (strncmp(path, "net/", 4) == 0)
                return CONFIG_NS_NETWORK;
        if (strncmp(path, "fs/mqueue/", 10) == 0)
                return CONFIG_NS_IPC;
        if (strcmp(path, "kernel/domainname") == 0)
                return CONFIG_NS_UTS;
        for (size_t i = 0; i < sizeof(ipc) / sizeof(ipc[0]); i++)
                if (strncmp(path, "kernel/", 7) == 0 && strcmp(path + 7, ipc[i]) == 0)
                        return CONFIG_NS_IPC;
        return CONFIG_NS__COUNT;
}

static const char *draw_name(pt *t)
{
        static const char *const names[] = {
                "net.ipv4.ip_forward", "net/ipv4/conf/eth0.100/forwarding", "net.ipv4.conf.eth0/100.forwarding",
                "kernel.shmmax",       "kernel/shmmax",                     "kernel.shm_rmid_forced",
                "kernel.sem",          "kernel.msgmax",                     "kernel.msgmnb",
                "kernel.msgmni",       "kernel.shmall",                     "kernel.shmmni",
                "fs.mqueue.msg_max",   "kernel.domainname",                 "kernel.hostname",
                "kernel/hostname",     "kernel.core_pattern",               "kernel.shmmaxx",
                "kernel.shmma",        "vm.swappiness",                     "net",
                "netx.a",              "net.",                              "net.../kernel/core_pattern",
                "net/../kernel/core_pattern", "net.//.kernel.x",            "fs.mqueue",
                "fs.mqueuex.a",        "net..a",                            "kernel.sem.a",
        };

        if (pt_bool(t))
                return draw_path(t, "./");
        return names[pt_below(t, sizeof(names) / sizeof(names[0]))];
}

/* As err_set cuts it. */
static void expect_place(const char *name, char buf[ERR_PLACE_MAX])
{
        char pointer[4200] = "/linux/sysctl/";
        size_t n = strlen(pointer);
        struct err err;

        for (; *name; name++) {
                if (*name == '~' || *name == '/') {
                        pointer[n++] = '~';
                        pointer[n++] = *name == '~' ? '0' : '1';
                } else {
                        pointer[n++] = *name;
                }
        }
        pointer[n] = '\0';
        err_set(&err, EINVAL, "x", pointer, "x");
        strcpy(buf, err.place);
}

static int judge_name(pt *t, const char *name, const struct config *config)
{
        const char *file = to_file(t, name);
        enum config_ns ns = is_plain(file) && strlen(name) < 256 ? owner(file) : CONFIG_NS__COUNT;
        char buf[256];
        int r = sysctl_path(name, buf, sizeof(buf));

        pt_note(t, "%s: %s", name, r ? "refused" : buf);
        if (strlen(name) >= sizeof(buf) && strpbrk(name, "./"))
                PT_ASSERT(t, r == -ENAMETOOLONG);
        else if (!is_plain(file))
                PT_ASSERT(t, r == -EINVAL);
        else
                PT_ASSERT(t, r == 0 && strcmp(buf, file) == 0);
        PT_SOMETIMES(t, r == 0 && strchr(buf, '.') && name[strcspn(name, "./")] == '.', "a slash in a name with dots");
        if (ns < CONFIG_NS__COUNT && config->linux_.ns[ns].set)
                return 0;
        return r < 0 ? r : -EINVAL;
}

PT_PROPERTY(sysctl_names, .invariant = "HOST-UNCHANGED",
            .about = "a parameter is set only if it belongs to a namespace that is the container's", .cases = 8000)
{
        struct config_kv kv[4];
        struct config config = {.linux_.sysctl = {.item = kv}};
        struct err err = ERR_INIT;
        char place[ERR_PLACE_MAX];
        int expected = 0;
        const char *culprit = NULL, *theirs = NULL;
        enum config_ns host = (enum config_ns)pt_below(t, CONFIG_NS__COUNT);

        for (int i = 0; i < CONFIG_NS__COUNT; i++)
                config.linux_.ns[i].set = !pt_bool(t);
        PT_REPEAT(t, 0, 4)
        {
                const char *name = draw_name(t), *file = to_file(t, name);
                kv[config.linux_.sysctl.n++] = (struct config_kv){name, "1"};
                int r = judge_name(t, name, &config);
                if (!culprit && r) {
                        culprit = name;
                        expected = r;
                }
                if (!theirs && is_plain(file) && strlen(name) < 256 && owner(file) == host)
                        theirs = name;
        }
        PT_ASSERT(t, sysctl_check(&config, &err) == expected && err.errnum == -expected);
        if (culprit) {
                expect_place(culprit, place);
                if (strcmp(err.place, place) != 0)
                        PT_FAIL(t, "refused at %s instead of %s", err.place, place);
        }
        err = ERR_INIT;
        PT_ASSERT(t, sysctl_check_host(&config, host, &err) == (theirs ? -EINVAL : 0));
        if (theirs) {
                expect_place(theirs, place);
                PT_ASSERT(t, strcmp(err.place, place) == 0);
        }
        PT_SOMETIMES(t, !culprit && config.linux_.sysctl.n > 1, "more than one is allowed");
        PT_SOMETIMES(t, culprit && owner(to_file(t, culprit)) < CONFIG_NS__COUNT, "a namespace that the container has not");
        PT_SOMETIMES(t, theirs, "a namespace that is the host's");
        PT_SOMETIMES(t, culprit && strlen(culprit) > 300, "a place that is cut");
}
