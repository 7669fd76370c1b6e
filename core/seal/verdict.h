/*
 * Is an executable sealed? Pure: what the kernel said about it goes in, the answer comes out.
 *
 * Sealed means: whoever gets hold of the executable through /proc/PID/exe, root of a container with
 * CAP_SYS_ADMIN among them, can't write the file that lies under it (CVE-2019-5736). Only what can't be
 * undone counts. A mount that is read-only does not suffice: while it is in a mount namespace, or somebody
 * holds the fd of open_tree(2), whoever may administrate it makes it writable again by mount_setattr(2).
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define SEAL_LINK_MAX 4096
#define SEAL_NOT_ASKED 1 /* of a question that needs no answer: no system call's errno is positive */

struct seal_facts {
        mode_t mode;              /* stat(2) */
        uint64_t fs_type;         /* statfs(2) f_type */
        bool read_only;           /* statfs(2) f_flags has ST_RDONLY: the mount or the file system is */
        char link[SEAL_LINK_MAX]; /* what /proc/PID/exe, or /proc/self/fd/N, reads */
        int seals; /* fcntl(2) F_GET_SEALS, or -errno, or SEAL_NOT_ASKED (no SEAL_* is that alone: F_SEAL_SEAL
                      of an ordinary file on tmpfs is, and means as little) */
        int rdonly_again; /* mount_setattr(2) MOUNT_ATTR_RDONLY on it: 0 or -errno, or SEAL_NOT_ASKED */
        int write_open;   /* open(2) O_WRONLY: 0 or -errno, or SEAL_NOT_ASKED */
};

enum seal_kind {
        SEAL_KIND_NONE,
        SEAL_KIND_MEMFD,     /* a memfd that nobody can write, shrink, grow, or unseal */
        SEAL_KIND_DISSOLVED, /* a file that is the root of a read-only mount which is in no mount namespace
                                any more */
        SEAL_KIND_OVERLAY,   /* a file at the root of an overlay whose superblock is read-only */
};

/*
 * What seals it. With `own` this process made the seal itself, and so knows what can't be asked: that a mount
 * has the flag where the superblock is read-only too; that an overlay has no upper layer and is in nobody's
 * namespace. Without it both are no seals: in doubt labrun seals again.
 */
enum seal_kind seal_verdict(const struct seal_facts *facts, bool own);

/* Which of the questions above have to be asked, by the facts that cost nothing (mode, fs_type, read_only,
 * link). */
bool seal_asks_seals(const struct seal_facts *facts);
bool seal_asks_rdonly(const struct seal_facts *facts);
bool seal_asks_write(const struct seal_facts *facts);

/* A name for messages. */
const char *seal_kind_name(enum seal_kind kind);
