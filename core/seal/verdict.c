#include "core/seal/verdict.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/stat.h>

/* Without F_SEAL_SEAL the others are as good: a seal is never taken off. With it nobody can be surprised. */
#define SEALS_WANTED (F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE)

bool seal_asks_seals(const struct seal_facts *f)
{
        return S_ISREG(f->mode) && (f->fs_type == TMPFS_MAGIC || f->fs_type == HUGETLBFS_MAGIC);
}

/*
 * "/" is what a file reads that is the root of its mount, where the mount hangs nowhere. Only then does it
 * make sense to ask, and only then is it harmless: on a mount of our own namespace the question would change
 * it.
 */
bool seal_asks_rdonly(const struct seal_facts *f)
{
        return S_ISREG(f->mode) && f->read_only && strcmp(f->link, "/") == 0;
}

static bool at_root_of_overlay(const struct seal_facts *f)
{
        return S_ISREG(f->mode) && f->read_only && f->fs_type == OVERLAYFS_SUPER_MAGIC && f->link[0] == '/' &&
               f->link[1] != '\0' && !strchr(f->link + 1, '/');
}

bool seal_asks_write(const struct seal_facts *f)
{
        return seal_asks_rdonly(f) || at_root_of_overlay(f);
}

/*
 * EINVAL is the kernel's word for "not a mount that you could change": it is in no namespace (as it must be),
 * or in another one (where it would have a name, so that its link would not read "/"). Any other refusal
 * proves nothing.
 *
 * ST_RDONLY is said of the mount or of the superblock, and somebody may make the latter writable again. They
 * are told apart by an attempt to write: a superblock that is read-only is asked first (EROFS), then whether
 * the executable runs (ETXTBSY), the mount's flag comes last. Whoever set that flag himself need not ask.
 */
static bool dissolved(const struct seal_facts *f, bool own)
{
        return seal_asks_rdonly(f) && f->rdonly_again == -EINVAL && (own || f->write_open == -ETXTBSY);
}

/* EROFS, as just said, means the superblock here: an overlay without an upper layer. */
static bool overlaid(const struct seal_facts *f, bool own)
{
        return own && at_root_of_overlay(f) && f->write_open == -EROFS;
}

enum seal_kind seal_verdict(const struct seal_facts *f, bool own)
{
        if (seal_asks_seals(f) && f->seals > 0 && (f->seals & SEALS_WANTED) == SEALS_WANTED)
                return SEAL_KIND_MEMFD;
        if (dissolved(f, own))
                return SEAL_KIND_DISSOLVED;
        return overlaid(f, own) ? SEAL_KIND_OVERLAY : SEAL_KIND_NONE;
}

const char *seal_kind_name(enum seal_kind kind)
{
        static const char *const name[] = {"not sealed", "sealed memfd", "dissolved read-only mount",
                                           "read-only overlay"};

        return name[kind];
}
