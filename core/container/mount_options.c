#include "core/container/mount_options.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>

#include "core/base/err.h"
#include "core/config/config.h"

#ifndef MOUNT_ATTR_NOSYMFOLLOW
#define MOUNT_ATTR_NOSYMFOLLOW 0x00200000 /* Linux 5.14 */
#endif

enum kind {
        SET,
        CLEAR,
        ATIME,
        NOT_ATIME,
        PROPAGATION,
        RPROPAGATION,
        FS_ON,
        FS_OFF,
        BIND,
        RBIND,
        REMOUNT,
        IGNORE,
        IDMAP, /* idmapped.h does it */
        REFUSE
};

struct word {
        const char *name;
        enum kind kind;
        uint64_t value;
};

/*
 * relatime is the kernel's mode when no other is asked for (since 2.6.30) and has no bit of its own: that is
 * why "atime", "relatime" and the negations all lead back to it.
 */
static const struct word words[] = {
        {"async", FS_OFF, 0},
        {"atime", NOT_ATIME, MOUNT_ATTR_NOATIME},
        {"bind", BIND, 0},
        {"defaults", IGNORE, 0},
        {"dev", CLEAR, MOUNT_ATTR_NODEV},
        {"diratime", CLEAR, MOUNT_ATTR_NODIRATIME},
        {"dirsync", FS_ON, 0},
        {"exec", CLEAR, MOUNT_ATTR_NOEXEC},
        {"idmap", IDMAP, 0},
        {"lazytime", FS_ON, 0},
        {"loud", IGNORE, 0}, /* silent and loud only say what the kernel logs */
        {"mand", FS_ON, 0},
        {"noatime", ATIME, MOUNT_ATTR_NOATIME},
        {"nodev", SET, MOUNT_ATTR_NODEV},
        {"nodiratime", SET, MOUNT_ATTR_NODIRATIME},
        {"noexec", SET, MOUNT_ATTR_NOEXEC},
        {"nolazytime", FS_OFF, 0},
        {"nomand", FS_OFF, 0},
        {"norelatime", NOT_ATIME, MOUNT_ATTR_RELATIME},
        {"nostrictatime", NOT_ATIME, MOUNT_ATTR_STRICTATIME},
        {"nosuid", SET, MOUNT_ATTR_NOSUID},
        {"nosymfollow", SET, MOUNT_ATTR_NOSYMFOLLOW},
        {"private", PROPAGATION, MS_PRIVATE},
        {"rbind", RBIND, 0},
        {"relatime", ATIME, MOUNT_ATTR_RELATIME},
        {"remount", REMOUNT, 0},
        {"ridmap", IDMAP, 0},
        {"ro", SET, MOUNT_ATTR_RDONLY},
        {"rprivate", RPROPAGATION, MS_PRIVATE},
        {"rshared", RPROPAGATION, MS_SHARED},
        {"rslave", RPROPAGATION, MS_SLAVE},
        {"runbindable", RPROPAGATION, MS_UNBINDABLE},
        {"rw", CLEAR, MOUNT_ATTR_RDONLY},
        {"shared", PROPAGATION, MS_SHARED},
        {"silent", IGNORE, 0},
        {"slave", PROPAGATION, MS_SLAVE},
        {"strictatime", ATIME, MOUNT_ATTR_STRICTATIME},
        {"suid", CLEAR, MOUNT_ATTR_NOSUID},
        {"symfollow", CLEAR, MOUNT_ATTR_NOSYMFOLLOW},
        {"sync", FS_ON, 0},
        {"tmpcopyup", REFUSE, 0},
        {"unbindable", PROPAGATION, MS_UNBINDABLE},
};

static const struct word *find_exact(const char *name)
{
        for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
                if (strcmp(words[i].name, name) == 0)
                        return &words[i];
        return NULL;
}

/* A word of the table, or "r" and an attribute word of the table. */
static const struct word *find(const char *name, bool *ret_recursive)
{
        const struct word *w = find_exact(name);

        *ret_recursive = false;
        if (w || name[0] != 'r')
                return w;
        w = find_exact(name + 1);
        if (!w || w->kind > NOT_ATIME)
                return NULL;
        *ret_recursive = true;
        return w;
}

const char *mount_option_known(size_t i, char buf[MOUNT_OPTION_MAX])
{
        const size_t n = sizeof(words) / sizeof(words[0]);

        /* first the table, then the recursive forms of those of its words that have one */
        for (size_t k = 0; k < 2 * n; k++) {
                const struct word *w = &words[k % n];
                bool recursive;
                if (w->kind == REFUSE || w->kind == IDMAP || (k >= n && w->kind > NOT_ATIME))
                        continue;
                snprintf(buf, MOUNT_OPTION_MAX, "%s%s", k >= n ? "r" : "", w->name);
                if (k >= n && (!find(buf, &recursive) || !recursive)) /* a word of its own, as rbind is */
                        continue;
                if (i-- == 0)
                        return buf;
        }
        return NULL;
}

enum mount_option_use mount_option_use(const char *option)
{
        bool recursive;
        const struct word *w = find(option, &recursive);

        if (!w)
                return MOUNT_OPTION_DATA;
        return w->kind == FS_ON || w->kind == FS_OFF ? MOUNT_OPTION_FS_FLAG : MOUNT_OPTION_DONE;
}

static void apply_attr(struct mount_attrs *a, const struct word *w)
{
        switch (w->kind) {
        case SET:
                a->set |= w->value;
                a->clr &= ~w->value;
                break;
        case CLEAR:
                a->set &= ~w->value;
                a->clr |= w->value;
                break;
        case ATIME:
                a->set = (a->set & ~(uint64_t)MOUNT_ATTR__ATIME) | w->value;
                a->clr |= MOUNT_ATTR__ATIME;
                break;
        default: /* NOT_ATIME: back to relatime, unless another mode than the negated one was asked for */
                if ((a->set & MOUNT_ATTR__ATIME) == w->value)
                        a->set &= ~(uint64_t)MOUNT_ATTR__ATIME;
                if (w->value != MOUNT_ATTR_RELATIME)
                        a->clr |= MOUNT_ATTR__ATIME;
        }
}

static int apply_propagation(struct mount_options *o, const struct word *w)
{
        if (o->n_propagation == MOUNT_OPTIONS_PROPAGATIONS)
                return -E2BIG;
        o->propagation[o->n_propagation++] =
                (struct mount_propagation){.type = w->value, .recursive = w->kind == RPROPAGATION};
        return 0;
}

static int apply(struct mount_options *o, const char *option, const char *place, struct err *err)
{
        bool recursive;
        const struct word *w = find(option, &recursive);

        if (!w) {
                if (option[0] == '\0' || option[0] == '=')
                        return err_set(err, EINVAL, "mount", place, "the option has no name");
                if (strncmp(option, "mode=", 5) == 0)
                        o->has_mode = true;
                return 0;
        }
        switch (w->kind) {
        case PROPAGATION:
        case RPROPAGATION:
                if (apply_propagation(o, w) < 0)
                        return err_set(err, E2BIG, "mount", place, "more than %d propagation options",
                                       MOUNT_OPTIONS_PROPAGATIONS);
                return 0;
        case BIND:
        case RBIND:
                o->bind = true;
                o->bind_recursive |= w->kind == RBIND;
                return 0;
        case REMOUNT:
                o->remount = true;
                return 0;
        case REFUSE:
                return err_set(err, ENOTSUP, "mount", place, "labrun does not support %s", option);
        case FS_ON:
        case FS_OFF:
        case IGNORE:
        case IDMAP:
                return 0;
        default:
                apply_attr(recursive ? &o->rec : &o->attr, w);
                return 0;
        }
}

/* Neither a bind mount nor a remount creates a file system: what only one can take is not dropped in silence.
 */
static int check_no_fs(const char *option, const char *what, const char *place, struct err *err)
{
        bool recursive;
        const struct word *w = find(option, &recursive);

        if (!w)
                return err_set(err, EINVAL, "mount", place, "unknown option for a %s: %s", what, option);
        if (w->kind == FS_ON)
                return err_set(err, EINVAL, "mount", place, "a %s can't change the file system's %s", what,
                               option);
        return 0;
}

int mount_options_parse(const struct config_mount *mount, size_t index, struct mount_options *ret_options,
                        struct err *err)
{
        struct mount_options o = {0};
        char place[64];
        int r;

        o.bind = mount->type && strcmp(mount->type, "bind") == 0;
        for (size_t i = 0; i < mount->options.n; i++) {
                snprintf(place, sizeof(place), "/mounts/%zu/options/%zu", index, i);
                r = apply(&o, mount->options.item[i], place, err);
                if (r < 0)
                        return r;
        }
        for (size_t i = 0; i < mount->options.n && (o.bind || o.remount); i++) {
                snprintf(place, sizeof(place), "/mounts/%zu/options/%zu", index, i);
                r = check_no_fs(mount->options.item[i], o.remount ? "remount" : "bind mount", place, err);
                if (r < 0)
                        return r;
        }
        *ret_options = o;
        return 0;
}

int mount_propagation_parse(const char *word, struct mount_propagation *ret_propagation, struct err *err)
{
        const struct word *w;

        if (!word || !*word) {
                *ret_propagation = (struct mount_propagation){0};
                return 0;
        }
        w = find_exact(word);
        if (!w || (w->kind != PROPAGATION && w->kind != RPROPAGATION))
                return err_set(err, EINVAL, "mount", "/linux/rootfsPropagation",
                               "%s: there are (r)private, (r)slave, (r)shared, (r)unbindable", word);
        *ret_propagation = (struct mount_propagation){.type = w->value, .recursive = w->kind == RPROPAGATION};
        return 0;
}
