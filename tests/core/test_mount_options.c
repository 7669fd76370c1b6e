/* core/container/mount_options.h: every word, contradictions, and the places of errors. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mount.h>

#include <cmocka.h>

#include "core/base/err.h"
#include "core/config/config.h"
#include "core/container/mount_options.h"

#define MAX_WORDS 12

/* Parses the words (NULL-terminated) as the options of /mounts/3. */
static int parse(const char *type, const char *const *words, struct mount_options *o, struct err *e)
{
        const char *copy[MAX_WORDS];
        struct config_mount m = {.destination = "/x", .type = type, .options = {.item = copy}};

        while (words[m.options.n]) {
                copy[m.options.n] = words[m.options.n];
                m.options.n++;
        }
        return mount_options_parse(&m, 3, o, e);
}

#define PARSE(type, o, e, ...) parse(type, (const char *const[]){__VA_ARGS__, NULL}, o, e)

static void mount_options_parse__attribute_words__set_or_clear(void **state)
{
        static const struct {
                const char *on, *off;
                uint64_t bit;
        } pairs[] = {
                {"ro", "rw", MOUNT_ATTR_RDONLY},
                {"nosuid", "suid", MOUNT_ATTR_NOSUID},
                {"nodev", "dev", MOUNT_ATTR_NODEV},
                {"noexec", "exec", MOUNT_ATTR_NOEXEC},
                {"nodiratime", "diratime", MOUNT_ATTR_NODIRATIME},
                {"nosymfollow", "symfollow", 0x00200000},
        };
        struct mount_options o;

        (void)state;
        for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
                char r_on[32] = "r", r_off[32] = "r";
                strcat(r_on, pairs[i].on);
                strcat(r_off, pairs[i].off);
                assert_int_equal(PARSE("tmpfs", &o, NULL, pairs[i].on), 0);
                assert_int_equal(o.attr.set, pairs[i].bit);
                assert_int_equal(o.attr.clr, 0);
                assert_int_equal(PARSE("tmpfs", &o, NULL, pairs[i].on, pairs[i].off), 0);
                assert_int_equal(o.attr.set, 0);
                assert_int_equal(o.attr.clr, pairs[i].bit);
                assert_int_equal(PARSE("tmpfs", &o, NULL, pairs[i].off, pairs[i].on), 0);
                assert_int_equal(o.attr.set, pairs[i].bit);
                assert_int_equal(PARSE("tmpfs", &o, NULL, r_on), 0);
                assert_int_equal(o.attr.set, 0);
                assert_int_equal(o.rec.set, pairs[i].bit);
                assert_int_equal(PARSE("tmpfs", &o, NULL, r_off), 0);
                assert_int_equal(o.rec.clr, pairs[i].bit);
        }
}

static void mount_options_parse__access_time__one_mode_and_whole_mask_cleared(void **state)
{
        struct mount_options o;

        (void)state;
        assert_int_equal(PARSE("tmpfs", &o, NULL, "noatime", "strictatime"), 0);
        assert_int_equal(o.attr.set, MOUNT_ATTR_STRICTATIME);
        assert_int_equal(o.attr.clr, MOUNT_ATTR__ATIME);
        assert_int_equal(PARSE("tmpfs", &o, NULL, "noatime", "atime"), 0);
        assert_int_equal(o.attr.set, 0);
        assert_int_equal(o.attr.clr, MOUNT_ATTR__ATIME);
        assert_int_equal(PARSE("tmpfs", &o, NULL, "noatime", "nostrictatime"), 0);
        assert_int_equal(o.attr.set, MOUNT_ATTR_NOATIME);
        assert_int_equal(PARSE("tmpfs", &o, NULL, "norelatime"), 0);
        assert_int_equal(o.attr.set | o.attr.clr, 0);
        assert_int_equal(PARSE("bind", &o, NULL, "rnoatime"), 0);
        assert_int_equal(o.rec.set, MOUNT_ATTR_NOATIME);
        assert_int_equal(o.rec.clr, MOUNT_ATTR__ATIME);
}

static void mount_options_parse__propagation__kept_in_order(void **state)
{
        struct mount_options o;
        struct err e = ERR_INIT;

        (void)state;
        assert_int_equal(PARSE("bind", &o, NULL, "rslave", "shared"), 0);
        assert_int_equal(o.n_propagation, 2);
        assert_int_equal(o.propagation[0].type, MS_SLAVE);
        assert_true(o.propagation[0].recursive);
        assert_int_equal(o.propagation[1].type, MS_SHARED);
        assert_false(o.propagation[1].recursive);
        assert_int_equal(PARSE("bind", &o, &e, "private", "slave", "private", "rprivate", "unbindable"),
                         -E2BIG);
        assert_string_equal(e.place, "/mounts/3/options/4");
}

static void mount_options_parse__bind_words__recognised(void **state)
{
        struct mount_options o;

        (void)state;
        assert_int_equal(PARSE("none", &o, NULL, "rbind", "ro"), 0);
        assert_true(o.bind && o.bind_recursive && !o.remount);
        assert_int_equal(PARSE(NULL, &o, NULL, "bind"), 0);
        assert_true(o.bind && !o.bind_recursive);
        assert_int_equal(PARSE("bind", &o, NULL, "defaults"), 0);
        assert_true(o.bind && !o.bind_recursive);
        assert_int_equal(PARSE("tmpfs", &o, NULL, "remount", "ro"), 0);
        assert_true(o.remount && !o.bind);
}

static void mount_options_parse__what_a_bind_cannot_take__refused_by_place(void **state)
{
        struct mount_options o = {.n_propagation = 77};
        struct err e = ERR_INIT;

        (void)state;
        assert_int_equal(PARSE("bind", &o, &e, "ro", "size=1k"), -EINVAL);
        assert_string_equal(e.place, "/mounts/3/options/1");
        assert_int_equal(PARSE("bind", &o, &e, "sync"), -EINVAL);
        assert_string_equal(e.place, "/mounts/3/options/0");
        assert_int_equal(PARSE("tmpfs", &o, &e, "remount", "ro", "mode=1777"), -EINVAL);
        assert_string_equal(e.place, "/mounts/3/options/2");
        assert_int_equal(o.n_propagation, 77);
        assert_int_equal(PARSE("bind", &o, &e, "async", "nomand", "nolazytime", "silent", "loud"), 0);
}

static void mount_options_parse__unsupported_or_empty__refused_by_place(void **state)
{
        struct mount_options o;
        struct err e = ERR_INIT;

        (void)state;
        assert_int_equal(PARSE("tmpfs", &o, &e, "ro", "tmpcopyup"), -ENOTSUP);
        assert_string_equal(e.place, "/mounts/3/options/1");
        assert_int_equal(PARSE("bind", &o, &e, "idmap", "ridmap"), 0); /* idmapped.h's */
        assert_int_equal(PARSE("tmpfs", &o, &e, ""), -EINVAL);
        assert_int_equal(PARSE("tmpfs", &o, &e, "=5"), -EINVAL);
}

static void mount_option_use__words__sorted_into_three(void **state)
{
        struct mount_options o;

        (void)state;
        assert_int_equal(mount_option_use("ro"), MOUNT_OPTION_DONE);
        assert_int_equal(mount_option_use("rro"), MOUNT_OPTION_DONE);
        assert_int_equal(mount_option_use("rsync"), MOUNT_OPTION_DATA);
        assert_int_equal(mount_option_use("rrprivate"), MOUNT_OPTION_DATA);
        assert_int_equal(mount_option_use("rrro"), MOUNT_OPTION_DATA);
        assert_int_equal(mount_option_use("sync"), MOUNT_OPTION_FS_FLAG);
        assert_int_equal(mount_option_use("nomand"), MOUNT_OPTION_FS_FLAG);
        assert_int_equal(mount_option_use("mode=755"), MOUNT_OPTION_DATA);
        assert_int_equal(PARSE("tmpfs", &o, NULL, "mode=755", "size=1k"), 0);
        assert_true(o.has_mode);
        assert_int_equal(PARSE("tmpfs", &o, NULL, "size=1k"), 0);
        assert_false(o.has_mode);
}

static void mount_propagation_parse__words__types(void **state)
{
        struct mount_propagation p = {.type = 1};
        struct err e = ERR_INIT;

        (void)state;
        assert_int_equal(mount_propagation_parse("bind", &p, &e), -EINVAL);
        assert_int_equal(p.type, 1);
        assert_string_equal(e.place, "/linux/rootfsPropagation");
        assert_int_equal(mount_propagation_parse("rshared", &p, &e), 0);
        assert_int_equal(p.type, MS_SHARED);
        assert_true(p.recursive);
        assert_int_equal(mount_propagation_parse("unbindable", &p, &e), 0);
        assert_int_equal(p.type, MS_UNBINDABLE);
        assert_int_equal(mount_propagation_parse(NULL, &p, &e), 0);
        assert_int_equal(p.type, 0);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(mount_options_parse__attribute_words__set_or_clear),
                cmocka_unit_test(mount_options_parse__access_time__one_mode_and_whole_mask_cleared),
                cmocka_unit_test(mount_options_parse__propagation__kept_in_order),
                cmocka_unit_test(mount_options_parse__bind_words__recognised),
                cmocka_unit_test(mount_options_parse__what_a_bind_cannot_take__refused_by_place),
                cmocka_unit_test(mount_options_parse__unsupported_or_empty__refused_by_place),
                cmocka_unit_test(mount_option_use__words__sorted_into_three),
                cmocka_unit_test(mount_propagation_parse__words__types),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
