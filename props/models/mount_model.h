/*
 * A second opinion on mount options, as what becomes of a mount and not as bits: each word of mount(8), runtime-spec 1.2
 * ("Linux mount options") and runc's list sets one of a mount's aspects. Shares no table with core/container/mount_options.c.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum mount_aspect {
        MOUNT_READ_ONLY,
        MOUNT_NO_SUID,
        MOUNT_NO_DEV,
        MOUNT_NO_EXEC,
        MOUNT_NO_DIR_ATIME,
        MOUNT_NO_SYMLINKS,
        MOUNT_ASPECT__COUNT
};

enum mount_wish { MOUNT_AS_IS, MOUNT_OFF, MOUNT_ON };
enum mount_atime { MOUNT_ATIME_AS_IS, MOUNT_ATIME_RELATIVE, MOUNT_ATIME_NEVER, MOUNT_ATIME_STRICT };

struct mount_wishes {
        enum mount_wish aspect[MOUNT_ASPECT__COUNT];
        enum mount_atime atime;
};

/* What a word is, for itself. */
enum mount_word {
        MOUNT_WORD_ATTRIBUTE, /* of the mount, or of the tree */
        MOUNT_WORD_PROPAGATION,
        MOUNT_WORD_BIND,
        MOUNT_WORD_REMOUNT,
        MOUNT_WORD_SUPER_ON,  /* asks a flag of the file system */
        MOUNT_WORD_SUPER_OFF, /* asks it off: nothing to do for a new file system */
        MOUNT_WORD_NOTHING,
        MOUNT_WORD_IDMAP,
        MOUNT_WORD_UNSUPPORTED,
        MOUNT_WORD_DATA, /* the file system's own */
        MOUNT_WORD_NO_NAME
};

struct mount_model {
        struct mount_wishes self, tree;
        size_t n_propagation;
        struct {
                uint64_t type; /* MS_* */
                bool tree;
        } propagation[4];
        bool bind, bind_tree, remount, mode;
};

enum mount_word mount_model_word(const char *word);

/* One word after those before it. False: one propagation too many. */
bool mount_model_apply(struct mount_model *m, const char *word);

/* 0, or the errno that a word is refused with in an entry that is a bind mount or a remount, or neither. */
int mount_model_refuses(const char *word, bool without_fs);

/* The words that there are: the i-th, NULL past the last. */
const char *mount_model_known(size_t i);
