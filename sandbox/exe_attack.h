/*
 * EXE-SEALED from the attacker's side: every way to write the file behind a /proc/PID/exe that he got hold
 * of. In one file of raw system calls, so that it can be part of a static payload.
 *
 * A way succeeded when it really gave write access: bytes of the file were written (by what is there
 * already), or the read-only flag of the mount is gone. What is tried has to be tried twice, for a file that
 * is being executed can't be opened for writing (ETXTBSY): while the process lives, and through the same fd
 * once it is gone.
 */
#pragma once

enum exe_attack_way {
        EXE_ATTACK_OPEN,     /* open(2) O_WRONLY and write the magic number again */
        EXE_ATTACK_TRUNCATE, /* truncate(2) to one byte more, and back */
        EXE_ATTACK_SETATTR,  /* mount_setattr(2) takes MOUNT_ATTR_RDONLY off */
        EXE_ATTACK_TREE,     /* a writable copy of the mount by open_tree(2) */
        EXE_ATTACK_REMOUNT,  /* mount(2) MS_REMOUNT on the link: of the mount, of the file system */
        EXE_ATTACK_BIND,     /* mount(2) MS_BIND from the link to target, remounted writable */
        EXE_ATTACK_MOVE,     /* move_mount(2) onto target, remounted writable */
        EXE_ATTACK_PICK,     /* fspick(2), and the superblock reconfigured as writable */
        EXE_ATTACK_EMPTY,    /* open(2) O_TRUNC: destroys the file, so only if allowed, and last */
        EXE_ATTACK__COUNT
};

/* Bits (1 << way) of the ways that succeeded on fd, an O_PATH fd of the executable. target is a regular file
 * that may be mounted over, in a mount namespace where that harms nobody. may_destroy allows
 * EXE_ATTACK_EMPTY. */
unsigned exe_attack(int fd, const char *target, int may_destroy);

/* The same as root (0 mapped to the own user and group) of a new user and mount namespace. Bits, or 0 where a
 * user namespace can't be made: *ret_refused, if it is wanted, tells that. */
unsigned exe_attack_in_userns(int fd, const char *target, int may_destroy, int *ret_refused);

/* "open", "setattr", ... */
const char *exe_attack_name(enum exe_attack_way way);
