/*
 * seal_verdict of core/seal/verdict.h against a model of what the kernel has: a file on a file system on a
 * mount. From it follow what the kernel answers, and, without a look at the answers, whether an attacker with
 * every right in a container can get the file written. What can be written is never called sealed; what
 * core's ways make always is.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/stat.h>

#include "core/seal/verdict.h"
#include "props/pt.h"

#define ALL_SEALS (F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE)

enum fs { FS_DISK, FS_TMPFS, FS_MEMFD, FS_OVERLAY, FS__COUNT };
/* Where the mount is. ANONYMOUS: the namespace of open_tree(2), whose fd somebody holds. NOWHERE: dissolved.
 */
enum place { PLACE_OWN, PLACE_OTHER, PLACE_ANONYMOUS, PLACE_NOWHERE, PLACE__COUNT };

struct world {
        bool regular;
        enum fs fs;
        bool fs_read_only; /* the superblock */
        bool upper;        /* an overlay's */
        int seals;         /* a memfd's */
        enum place place;
        bool mount_read_only, is_mount_root;
        bool privileged; /* labrun has CAP_SYS_ADMIN */
        bool readable;   /* by labrun */
};

static void draw_world(pt *t, bool own, struct world *w)
{
        pt_begin(t, "world");
        w->regular = !pt_bool(t) || !pt_bool(t);
        w->fs = (enum fs)pt_below(t, FS__COUNT);
        w->upper = w->fs == FS_OVERLAY && pt_bool(t);
        w->fs_read_only = w->fs != FS_MEMFD && (pt_bool(t) || (w->fs == FS_OVERLAY && !w->upper));
        w->seals = pt_bool(t) ? ALL_SEALS : (int)pt_below(t, 64);
        w->place = w->fs == FS_MEMFD ? PLACE_NOWHERE : (enum place)pt_below(t, PLACE__COUNT);
        w->mount_read_only = w->fs != FS_MEMFD && pt_bool(t);
        w->is_mount_root = w->fs != FS_MEMFD && pt_bool(t);
        w->privileged = !pt_bool(t);
        w->readable = !pt_bool(t);
        if (own) { /* core's ways may fail to dissolve, to seal, to be what they seem; this much they do */
                w->upper = false;
                w->fs_read_only = w->fs_read_only || w->fs == FS_OVERLAY;
                w->mount_read_only = w->fs != FS_MEMFD;
        }
        pt_end(t);
}

/*
 * Whoever administrates a mount clears its flag, whoever administrates a superblock its own; an overlay
 * without upper layer has nothing to write to. Nobody administrates a mount that is nowhere.
 */
static bool can_be_written(const struct world *w)
{
        if (w->fs == FS_MEMFD)
                return !(w->seals & F_SEAL_WRITE) ||
                       (w->seals & (F_SEAL_SHRINK | F_SEAL_GROW)) != (F_SEAL_SHRINK | F_SEAL_GROW);
        if (w->fs == FS_OVERLAY && !w->upper)
                return false;
        return w->place != PLACE_NOWHERE || !w->mount_read_only;
}

static int answer_setattr(const struct world *w)
{
        bool ours = w->place == PLACE_OWN || w->place == PLACE_ANONYMOUS;

        return !w->privileged ? -EPERM : ours && w->is_mount_root ? 0 : -EINVAL;
}

static int answer_seals(const struct world *w)
{
        if (!w->readable)
                return -EACCES;
        return w->fs == FS_MEMFD ? w->seals : w->fs == FS_TMPFS ? F_SEAL_SEAL : -EINVAL;
}

static const char *answer_link(pt *t, const struct world *w)
{
        bool hangs = w->place == PLACE_OWN || w->place == PLACE_OTHER;

        if (w->fs == FS_MEMFD)
                return "/memfd:labrun (deleted)";
        if (!hangs && w->is_mount_root)
                return "/";
        return pt_bool(t) ? "/labrun" : hangs ? "/usr/bin/labrun" : "/bin/labrun";
}

/* An executable that is running: writing is refused by its superblock, or because it runs. */
static void ask(pt *t, const struct world *w, struct seal_facts *f)
{
        static const uint64_t type[FS__COUNT] = {EXT4_SUPER_MAGIC, TMPFS_MAGIC, TMPFS_MAGIC,
                                                 OVERLAYFS_SUPER_MAGIC};

        f->mode = (w->regular ? S_IFREG : S_IFCHR) | 0755;
        f->fs_type = type[w->fs];
        f->read_only = w->fs_read_only || w->mount_read_only;
        strcpy(f->link, answer_link(t, w));
        f->seals = seal_asks_seals(f) ? answer_seals(w) : SEAL_NOT_ASKED;
        f->rdonly_again = seal_asks_rdonly(f) ? answer_setattr(w) : SEAL_NOT_ASKED;
        f->write_open = !seal_asks_write(f) ? SEAL_NOT_ASKED : w->fs_read_only ? -EROFS : -ETXTBSY;
        pt_note(t, "%s, mode %o, type %llx, %s, seals %d, setattr %d, open %d", f->link, f->mode,
                (unsigned long long)f->fs_type, f->read_only ? "ro" : "rw", f->seals, f->rdonly_again,
                f->write_open);
}

/* What core's ways make when nothing goes wrong, as far as it can be known by one who did not make it. */
static bool made_by_core(const struct world *w, bool own)
{
        if (!w->regular)
                return false;
        if (w->fs == FS_MEMFD)
                return w->readable && (w->seals & ALL_SEALS) == ALL_SEALS;
        if (!w->privileged || w->place != PLACE_NOWHERE || !w->mount_read_only)
                return false;
        return w->is_mount_root ? own || !w->fs_read_only : own && w->fs == FS_OVERLAY;
}

PT_PROPERTY(seal_trust, .invariant = "EXE-SEALED",
            .about = "what can be written is never called sealed, what the ways of sealing make always is",
            .cases = 20000)
{
        struct world w;
        struct seal_facts *f = pt_alloc(t, sizeof(*f));
        bool own = pt_bool(t);

        draw_world(t, own, &w);
        ask(t, &w, f);
        enum seal_kind kind = seal_verdict(f, own);
        if (kind != SEAL_KIND_NONE && can_be_written(&w))
                PT_FAIL(t, "called %s, and can be written", seal_kind_name(kind));
        bool expected = made_by_core(&w, own) &&
                        !(w.fs == FS_OVERLAY && !w.is_mount_root && strchr(f->link + 1, '/'));
        if (kind == SEAL_KIND_NONE && expected)
                PT_FAIL(t, "called not sealed, and can't be written");
        PT_ASSERT(t, kind != SEAL_KIND_OVERLAY || own);
        PT_COVER(t, kind == SEAL_KIND_MEMFD, 1, "memfd");
        PT_COVER(t, kind == SEAL_KIND_DISSOLVED, 0.5, "dissolved");
        PT_COVER(t, kind == SEAL_KIND_OVERLAY, 0.5, "overlay");
        PT_COVER(t, kind == SEAL_KIND_NONE, 30, "not sealed");
}
