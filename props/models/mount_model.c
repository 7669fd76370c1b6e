#include "props/models/mount_model.h"

#include <errno.h>
#include <string.h>
#include <sys/mount.h>

/* The positive word of each aspect (what mount(8) calls the default) and its opposite. */
static const char *const pairs[MOUNT_ASPECT__COUNT][2] = {
        [MOUNT_READ_ONLY] = {"rw", "ro"},
        [MOUNT_NO_SUID] = {"suid", "nosuid"},
        [MOUNT_NO_DEV] = {"dev", "nodev"},
        [MOUNT_NO_EXEC] = {"exec", "noexec"},
        [MOUNT_NO_DIR_ATIME] = {"diratime", "nodiratime"},
        [MOUNT_NO_SYMLINKS] = {"symfollow", "nosymfollow"},
};

static const char *const atimes[] = {"relatime", "noatime", "strictatime", "norelatime", "atime", "nostrictatime", NULL};
static const char *const supers_on[] = {"sync", "dirsync", "mand", "lazytime", NULL};
static const char *const supers_off[] = {"async", "nomand", "nolazytime", NULL};
static const char *const nothings[] = {"defaults", "silent", "loud", NULL};

static bool is_in(const char *word, const char *const *list)
{
        for (; *list; list++)
                if (strcmp(*list, word) == 0)
                        return true;
        return false;
}

static bool is_attribute(const char *word)
{
        for (size_t i = 0; i < MOUNT_ASPECT__COUNT; i++)
                if (strcmp(word, pairs[i][0]) == 0 || strcmp(word, pairs[i][1]) == 0)
                        return true;
        return is_in(word, atimes);
}

/* MS_*, 0: no propagation. */
static uint64_t propagation(const char *word)
{
        word += word[0] == 'r';
        return strcmp(word, "private") == 0  ? MS_PRIVATE
               : strcmp(word, "slave") == 0  ? MS_SLAVE
               : strcmp(word, "shared") == 0 ? MS_SHARED
               : strcmp(word, "unbindable") == 0 ? MS_UNBINDABLE
                                                 : 0;
}

enum mount_word mount_model_word(const char *word)
{
        if (strcmp(word, "bind") == 0 || strcmp(word, "rbind") == 0)
                return MOUNT_WORD_BIND;
        if (strcmp(word, "remount") == 0)
                return MOUNT_WORD_REMOUNT;
        if (is_in(word, supers_on))
                return MOUNT_WORD_SUPER_ON;
        if (is_in(word, supers_off))
                return MOUNT_WORD_SUPER_OFF;
        if (is_in(word, nothings))
                return MOUNT_WORD_NOTHING;
        if (strcmp(word, "idmap") == 0 || strcmp(word, "ridmap") == 0)
                return MOUNT_WORD_IDMAP;
        if (strcmp(word, "tmpcopyup") == 0)
                return MOUNT_WORD_UNSUPPORTED;
        if (propagation(word))
                return MOUNT_WORD_PROPAGATION;
        if (is_attribute(word) || (word[0] == 'r' && is_attribute(word + 1)))
                return MOUNT_WORD_ATTRIBUTE;
        return word[0] && word[0] != '=' ? MOUNT_WORD_DATA : MOUNT_WORD_NO_NAME;
}

static void wish_atime(enum mount_atime *at, const char *word)
{
        if (strcmp(word, "relatime") == 0)
                *at = MOUNT_ATIME_RELATIVE;
        else if (strcmp(word, "noatime") == 0)
                *at = MOUNT_ATIME_NEVER;
        else if (strcmp(word, "strictatime") == 0)
                *at = MOUNT_ATIME_STRICT;
        /* A negated mode leads to the kernel's own, relatime, from nothing and from what it negates only. */
        else if (strcmp(word, "atime") == 0 && *at != MOUNT_ATIME_STRICT)
                *at = MOUNT_ATIME_RELATIVE;
        else if (strcmp(word, "nostrictatime") == 0 && *at != MOUNT_ATIME_NEVER)
                *at = MOUNT_ATIME_RELATIVE;
}

static void wish(struct mount_wishes *w, const char *word)
{
        for (size_t i = 0; i < MOUNT_ASPECT__COUNT; i++) {
                if (strcmp(word, pairs[i][0]) == 0)
                        w->aspect[i] = MOUNT_OFF;
                if (strcmp(word, pairs[i][1]) == 0)
                        w->aspect[i] = MOUNT_ON;
        }
        wish_atime(&w->atime, word);
}

bool mount_model_apply(struct mount_model *m, const char *word)
{
        enum mount_word kind = mount_model_word(word);

        m->bind |= kind == MOUNT_WORD_BIND;
        m->bind_tree |= strcmp(word, "rbind") == 0;
        m->remount |= kind == MOUNT_WORD_REMOUNT;
        m->mode |= strncmp(word, "mode=", 5) == 0;
        if (kind == MOUNT_WORD_ATTRIBUTE && is_attribute(word))
                wish(&m->self, word);
        else if (kind == MOUNT_WORD_ATTRIBUTE)
                wish(&m->tree, word + 1);
        if (kind != MOUNT_WORD_PROPAGATION)
                return true;
        if (m->n_propagation == sizeof(m->propagation) / sizeof(m->propagation[0]))
                return false;
        m->propagation[m->n_propagation].type = propagation(word);
        m->propagation[m->n_propagation++].tree = word[0] == 'r';
        return true;
}

int mount_model_refuses(const char *word, bool without_fs)
{
        switch (mount_model_word(word)) {
        case MOUNT_WORD_NO_NAME:
                return EINVAL;
        case MOUNT_WORD_UNSUPPORTED:
                return ENOTSUP;
        case MOUNT_WORD_DATA:
        case MOUNT_WORD_SUPER_ON:
                return without_fs ? EINVAL : 0;
        default:
                return 0;
        }
}

const char *mount_model_known(size_t i)
{
        static const char *const known[] = {
                "async",       "atime",       "bind",         "defaults",      "dev",         "diratime",
                "dirsync",     "exec",        "lazytime",     "loud",          "mand",        "noatime",
                "nodev",       "nodiratime",  "noexec",       "nolazytime",    "nomand",      "norelatime",
                "nostrictatime", "nosuid",    "nosymfollow",  "private",       "ratime",      "rbind",
                "rdev",        "rdiratime",   "relatime",     "remount",       "rexec",       "rnoatime",
                "rnodev",      "rnodiratime", "rnoexec",      "rnorelatime",   "rnostrictatime", "rnosuid",
                "rnosymfollow", "ro",         "rprivate",     "rrelatime",     "rro",         "rrw",
                "rshared",     "rslave",      "rstrictatime", "rsuid",         "rsymfollow",  "runbindable",
                "rw",          "shared",      "silent",       "slave",         "strictatime", "suid",
                "symfollow",   "sync",        "unbindable",
        };

        return i < sizeof(known) / sizeof(known[0]) ? known[i] : NULL;
}
