/*
 * The options of one entry of /mounts, as words, turned into the attributes that the kernel's mount API
 * takes. Pure: no system call, no allocation.
 *
 * The words are those of mount(8) that runtime-spec and runc know. Of two that contradict each other the last
 * wins, as in mount(8). "r" in front of an attribute word (rro, rnosuid) makes it recursive
 * (mount_setattr(2), Linux 5.12). A word that is not in the table is data for the file system ("mode=1777");
 * a bind mount has no file system of its own to give data to, so there it is an error. Source:
 * runtime-spec 1.2 config.md "Linux mount options", mount(8), mount_setattr(2).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct config_mount;
struct err;

#define MOUNT_OPTIONS_PROPAGATIONS 4

struct mount_attrs {
        uint64_t set, clr; /* MOUNT_ATTR_*; an access time mode in set always has MOUNT_ATTR__ATIME in clr */
};

struct mount_options {
        struct mount_attrs attr; /* for the mount itself */
        struct mount_attrs rec;  /* for the mount and every mount below it */
        struct mount_propagation {
                uint64_t type; /* MS_PRIVATE, MS_SLAVE, MS_SHARED, MS_UNBINDABLE */
                bool recursive;
        } propagation[MOUNT_OPTIONS_PROPAGATIONS]; /* applied one after the other: "rslave","shared" is both
                                                    */
        size_t n_propagation;
        bool bind;           /* bind or rbind, or the type "bind" */
        bool bind_recursive; /* rbind */
        bool remount;
        bool has_mode; /* the data has a "mode=" of its own */
};

/* What is done with one word. */
enum mount_option_use {
        MOUNT_OPTION_DONE,    /* it is in struct mount_options */
        MOUNT_OPTION_FS_FLAG, /* a flag of the superblock, to be given to the file system by this name */
        MOUNT_OPTION_DATA,    /* "key" or "key=value" for the file system */
};

enum mount_option_use mount_option_use(const char *option);

/*
 * The i-th option that the table knows and labrun does, in buf; NULL past the last. All others go to the file system, as they
 * are.
 */
#define MOUNT_OPTION_MAX 32
const char *mount_option_known(size_t i, char buf[MOUNT_OPTION_MAX]);

/*
 * index is the entry's place in /mounts. Errors: -EINVAL (not for a bind mount; an empty word), -ENOTSUP
 * (tmpcopyup), -E2BIG (too many propagation words), all with the pointer
 * /mounts/N/options/M.
 */
int mount_options_parse(const struct config_mount *mount, size_t index, struct mount_options *ret_options,
                        struct err *err);

/*
 * The words of linux.rootfsPropagation. NULL or "" gives type 0. Errors: -EINVAL with its pointer.
 */
int mount_propagation_parse(const char *word, struct mount_propagation *ret_propagation, struct err *err);
