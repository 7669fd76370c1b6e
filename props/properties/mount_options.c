/*
 * The options of a mount, against a model that knows what becomes of a mount and nothing of bits (props/models/mount_model.h).
 *
 * Targets: mount_options_parse, mount_option_use, mount_option_known, mount_propagation_parse.
 */
#include "core/container/mount_options.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>

#include "core/base/err.h"
#include "core/config/config.h"
#include "props/models/mount_model.h"
#include "props/pt.h"

#define WORDS_MAX 12
#ifndef MOUNT_ATTR_NOSYMFOLLOW
#define MOUNT_ATTR_NOSYMFOLLOW 0x00200000
#endif

static size_t known_words(void)
{
        size_t n = 0;

        while (mount_model_known(n))
                n++;
        return n;
}

/* --- words --- */

static const char *draw_word(pt *t)
{
        static const char *const odd[] = {"size=64k", "mode=1777", "mode",     "Mode=1",    "uid=0",  "",        "=",
                                          "=ro",      "tmpcopyup", "idmap",    "ridmap",    "rridmap", "rr",      "rsync",
                                          "RO",       " ro",       "ro ",      "rrbind",    "noro",   "rprivat", "rdefaults"};
        static const uint8_t weight[] = {12, 4, 1};

        switch (pt_weighted(t, weight, sizeof(weight))) {
        case 0:
                return mount_model_known(pt_below(t, known_words()));
        case 1:
                return odd[pt_below(t, sizeof(odd) / sizeof(odd[0]))];
        default:
                return pt_cstr(t, "rosuidnevxcatmh=", 8);
        }
}

/* --- judging --- */

static void judge_wishes(pt *t, const struct mount_attrs *a, const struct mount_wishes *w)
{
        static const uint64_t bit[MOUNT_ASPECT__COUNT] = {
                [MOUNT_READ_ONLY] = MOUNT_ATTR_RDONLY,         [MOUNT_NO_SUID] = MOUNT_ATTR_NOSUID,
                [MOUNT_NO_DEV] = MOUNT_ATTR_NODEV,             [MOUNT_NO_EXEC] = MOUNT_ATTR_NOEXEC,
                [MOUNT_NO_DIR_ATIME] = MOUNT_ATTR_NODIRATIME, [MOUNT_NO_SYMLINKS] = MOUNT_ATTR_NOSYMFOLLOW,
        };
        static const uint64_t mode[] = {0, MOUNT_ATTR_RELATIME, MOUNT_ATTR_NOATIME, MOUNT_ATTR_STRICTATIME};
        uint64_t all = MOUNT_ATTR__ATIME;

        for (size_t i = 0; i < MOUNT_ASPECT__COUNT; i++) {
                PT_ASSERT(t, !(a->set & bit[i]) == (w->aspect[i] != MOUNT_ON));
                PT_ASSERT(t, !(a->clr & bit[i]) == (w->aspect[i] != MOUNT_OFF));
                all |= bit[i];
        }
        PT_ASSERT(t, !((a->set | a->clr) & ~all)); /* nothing that nobody asked for */
        /* The kernel takes a mode of access times only when all of them are cleared (mount_setattr(2)). */
        PT_ASSERT(t, (a->clr & MOUNT_ATTR__ATIME) == (w->atime == MOUNT_ATIME_AS_IS ? 0 : MOUNT_ATTR__ATIME));
        PT_ASSERT(t, (a->set & MOUNT_ATTR__ATIME) == mode[w->atime]);
}

static void judge_result(pt *t, const struct mount_options *o, const struct mount_model *m)
{
        judge_wishes(t, &o->attr, &m->self);
        judge_wishes(t, &o->rec, &m->tree);
        PT_ASSERT(t, o->n_propagation == m->n_propagation);
        for (size_t i = 0; i < m->n_propagation; i++) {
                PT_ASSERT(t, o->propagation[i].type == m->propagation[i].type);
                PT_ASSERT(t, o->propagation[i].recursive == m->propagation[i].tree);
        }
        PT_ASSERT(t, o->bind == m->bind && o->bind_recursive == m->bind_tree);
        PT_ASSERT(t, o->remount == m->remount && o->has_mode == m->mode);
}

/* A list is refused at the first word that is wrong for itself, else at the first that is wrong in its company. */
static int expected_error(const struct config_mount *mount, struct mount_model *m, size_t *ret_at)
{
        const struct config_str_list *list = &mount->options;
        int e;

        m->bind = mount->type && strcmp(mount->type, "bind") == 0;
        for (*ret_at = 0; *ret_at < list->n; ++*ret_at) {
                if ((e = mount_model_refuses(list->item[*ret_at], false)) != 0)
                        return e;
                if (!mount_model_apply(m, list->item[*ret_at]))
                        return E2BIG;
        }
        for (*ret_at = 0; *ret_at < list->n; ++*ret_at)
                if ((e = mount_model_refuses(list->item[*ret_at], m->bind || m->remount)) != 0)
                        return e;
        return 0;
}

/* Which option it is, and which of the two kinds of entry that have no file system to give it to. */
static void judge_words(pt *t, const struct mount_model *m, const char *option, const struct err *err)
{
        char with[128];

        if (mount_model_refuses(option, false) || !mount_model_refuses(option, true) || err->errnum != EINVAL)
                return;
        snprintf(with, sizeof(with), "a %s", m->remount ? "remount" : "bind mount");
        const char *kind = strstr(err->msg, with);
        PT_ASSERT(t, kind && strstr(kind, option));
}

static void judge_uses(pt *t, const char *word)
{
        enum mount_word w = mount_model_word(word);
        enum mount_option_use use = mount_option_use(word);

        if (w == MOUNT_WORD_SUPER_ON || w == MOUNT_WORD_SUPER_OFF)
                PT_ASSERT(t, use == MOUNT_OPTION_FS_FLAG);
        else
                PT_ASSERT(t, use == (w >= MOUNT_WORD_DATA ? MOUNT_OPTION_DATA : MOUNT_OPTION_DONE));
}

static void judge_propagation(pt *t, const char *word)
{
        struct mount_propagation p = {.type = 77};
        struct err err = ERR_INIT;
        int r = mount_propagation_parse(word, &p, &err);
        bool is_one = mount_model_word(word) == MOUNT_WORD_PROPAGATION;
        struct mount_model m = {0};

        PT_ASSERT(t, mount_model_apply(&m, word));
        if (!*word) {
                PT_ASSERT(t, r == 0 && p.type == 0 && !p.recursive);
        } else if (is_one) {
                PT_ASSERT(t, r == 0 && p.type == m.propagation[0].type && p.recursive == m.propagation[0].tree);
        } else {
                PT_ASSERT(t, r == -EINVAL && p.type == 77);
                PT_ASSERT(t, err.errnum == EINVAL && strcmp(err.place, "/linux/rootfsPropagation") == 0);
                PT_ASSERT(t, strncmp(err.msg, word, strlen(word)) == 0);
        }
        PT_SOMETIMES(t, is_one, "a propagation of the root");
}

/* The list for `features` names each word that is done, once, and no other. */
static void judge_known(pt *t)
{
        size_t n = known_words(), which = pt_below(t, n + 8);
        char buf[MOUNT_OPTION_MAX], other[MOUNT_OPTION_MAX];
        const char *word = mount_option_known(which, buf);
        bool listed = false;

        if (which >= n) {
                PT_ASSERT(t, word == NULL);
                return;
        }
        PT_ASSERT(t, word != NULL);
        for (size_t i = 0; i < n; i++) {
                listed |= strcmp(mount_model_known(i), word) == 0;
                PT_ASSERT(t, i == which || strcmp(mount_option_known(i, other), word) != 0);
        }
        PT_ASSERT(t, listed);
}

PT_PROPERTY(mount_options,
            .about = "mount options make of a mount what mount(8) says, or are refused at the right word", .cases = 8000)
{
        static const char *const types[] = {"tmpfs", "bind", NULL, "", "binds"};
        const char *item[WORDS_MAX];
        struct config_mount mount = {.destination = "/a", .options = {.item = item}};
        struct mount_options o;
        struct mount_model m = {0};
        struct err err = ERR_INIT;
        char place[64];
        size_t index = pt_below(t, 300), at;
        unsigned char untouched[sizeof(o)];

        mount.type = types[pt_below(t, sizeof(types) / sizeof(types[0]))];
        PT_REPEAT(t, 0, WORDS_MAX)
                item[mount.options.n++] = draw_word(t);
        memset(&o, 0xa5, sizeof(o));
        memcpy(untouched, &o, sizeof(o));
        int r = mount_options_parse(&mount, index, &o, &err), e = expected_error(&mount, &m, &at);
        pt_note(t, "%s: %s", r ? err.place : "accepted", r ? err.msg : "");
        PT_ASSERT(t, r == -e);
        if (e) {
                snprintf(place, sizeof(place), "/mounts/%zu/options/%zu", index, at);
                PT_ASSERT(t, strcmp(err.place, place) == 0 && err.errnum == e && strcmp(err.step, "mount") == 0 && err.msg[0]);
                PT_ASSERT(t, memcmp(untouched, &o, sizeof(o)) == 0);
                judge_words(t, &m, item[at], &err);
        } else {
                PT_ASSERT(t, err.errnum == 0);
                judge_result(t, &o, &m);
        }
        for (size_t i = 0; i < mount.options.n; i++) {
                judge_uses(t, item[i]);
                judge_propagation(t, item[i]);
        }
        judge_known(t);
        PT_ASSERT(t, mount_propagation_parse(NULL, &(struct mount_propagation){0}, &err) == 0);
        PT_COVER(t, e == 0, 10, "accepted");
        PT_SOMETIMES(t, e == E2BIG, "too many propagations");
        PT_SOMETIMES(t, e == ENOTSUP, "an option that is not supported");
        PT_SOMETIMES(t, e == EINVAL && m.bind, "an option that is none for a bind mount");
        PT_SOMETIMES(t, e == EINVAL && m.remount, "an option that is none for a remount");
        PT_SOMETIMES(t, e == 0 && m.mode, "a mode");
        PT_SOMETIMES(t, e == 0 && m.self.atime == MOUNT_ATIME_STRICT && m.tree.atime == MOUNT_ATIME_NEVER, "two access times");
        PT_SOMETIMES(t, e == 0 && m.self.aspect[MOUNT_READ_ONLY] == MOUNT_OFF, "read-write asked for");
}
