/* core/container/idmap.h and userns.h: the rules of maps, their text, and who writes what where. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "core/base/err.h"
#include "core/config/config.h"
#include "core/container/idmap.h"
#include "core/container/userns.h"
#include "core/sys.h"

static struct config_idmap_list list(struct config_idmap *item, size_t n)
{
        return (struct config_idmap_list){item, n};
}

static void idmap_check__ranges__overlaps_named(void **state)
{
        static const struct {
                struct config_idmap map[3];
                size_t n;
                const char *place; /* NULL: fine */
        } rows[] = {
                {{{0, 0, 1}}, 1, NULL},
                {{{0, 1000, 1}, {1, 100000, 65536}}, 2, NULL},
                {{{5, 10, 5}, {0, 5, 5}, {10, 15, 1}}, 3, NULL},
                {{{0, 0, UINT32_MAX - 1}}, 1, NULL},
                {{{0, 10, 5}, {4, 20, 5}}, 2, "/m/1/containerID"},
                {{{0, 10, 5}, {5, 14, 5}}, 2, "/m/1/hostID"},
                {{{10, 10, 5}, {0, 0, 11}}, 2, "/m/1/containerID"},
                {{{0, 0, 1}, {1, 1, 1}, {2, 0, 1}}, 3, "/m/2/hostID"},
                {{{4000000000u, 0, 200000000}, {4100000000u, 3000000000u, 1}}, 2, "/m/1/containerID"},
        };

        (void)state;
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                struct config_idmap map[3];
                struct err err = ERR_INIT;
                memcpy(map, rows[i].map, sizeof(map));
                struct config_idmap_list l = list(map, rows[i].n);
                assert_int_equal(idmap_check(&l, "/m", &err), rows[i].place ? -EINVAL : 0);
                assert_string_equal(err.place, rows[i].place ? rows[i].place : "");
        }
}

/* Linux 4.15: 340 ranges, and a text of less than a page. */
static void idmap_check__more_than_the_kernel_takes__e2big(void **state)
{
        static struct config_idmap map[IDMAP_RANGES_MAX + 1];
        struct config_idmap_list l = list(map, IDMAP_RANGES_MAX);

        (void)state;
        for (uint32_t i = 0; i <= IDMAP_RANGES_MAX; i++)
                map[i] = (struct config_idmap){i, i, 1};
        assert_int_equal(idmap_check(&l, "/m", NULL), 0);
        l.n++;
        assert_int_equal(idmap_check(&l, "/m", NULL), -E2BIG);
        for (uint32_t i = 0; i < IDMAP_RANGES_MAX; i++)
                map[i] = (struct config_idmap){1000000000 + i * 10, 2000000000 + i * 10, 10};
        l.n = IDMAP_RANGES_MAX;
        assert_int_equal(idmap_check(&l, "/m", NULL), -E2BIG);
        l.n = 4095 / strlen("1000000000 2000000000 10\n");
        assert_int_equal(idmap_check(&l, "/m", NULL), 0);
        l.n++;
        assert_int_equal(idmap_check(&l, "/m", NULL), -E2BIG);
}

static void idmap_text__ranges__one_line_each(void **state)
{
        struct config_idmap map[] = {{0, 1000, 1}, {1, 4294967294u, 1}};
        struct config_idmap_list l = list(map, 2), none = list(NULL, 0);
        char buf[64];

        (void)state;
        assert_int_equal(idmap_text(&l, buf, sizeof(buf)), 0);
        assert_string_equal(buf, "0 1000 1\n1 4294967294 1\n");
        assert_int_equal(idmap_text(&none, buf, sizeof(buf)), 0);
        assert_string_equal(buf, "");
        assert_int_equal(idmap_text(&l, buf, strlen("0 1000 1\n1 4294967294 1\n")), -E2BIG);
}

static void idmap_has__edges__are_in_or_out(void **state)
{
        struct config_idmap map[] = {{0, 5, 1}, {10, 100, 10}, {4294967290u, 200, 5}};
        struct config_idmap_list l = list(map, 3);

        (void)state;
        assert_true(idmap_has(&l, 0));
        assert_false(idmap_has(&l, 1));
        assert_false(idmap_has(&l, 9));
        assert_true(idmap_has(&l, 10));
        assert_true(idmap_has(&l, 19));
        assert_false(idmap_has(&l, 20));
        assert_true(idmap_has(&l, 4294967294u));
        assert_false(idmap_has(&l, 4294967295u));
}

/* --- userns_map: what is written, in which order --- */

struct fake {
        struct sys_ops ops;
        struct sys sys;
        uid_t uid;
        gid_t gid;
        char log[1024];
        char open_path[128];
        const char *fail; /* opening this fails with EACCES */
};

static void note(struct fake *f, const char *a, const char *b, size_t n)
{
        size_t at = strlen(f->log);

        snprintf(f->log + at, sizeof(f->log) - at, "%s<%.*s>", a, (int)n, b);
}

static int fake_openat(const struct sys *sys, int dirfd, const char *path, int flags, mode_t mode)
{
        struct fake *f = sys->ctx;

        (void)dirfd, (void)flags, (void)mode;
        if (f->fail && strcmp(f->fail, path) == 0)
                return -EACCES;
        snprintf(f->open_path, sizeof(f->open_path), "%s", path);
        return 900;
}

static ssize_t fake_write(const struct sys *sys, int fd, const void *buf, size_t n)
{
        struct fake *f = sys->ctx;

        assert_int_equal(fd, 900);
        note(f, f->open_path, buf, n);
        return (ssize_t)n;
}

static int fake_close(const struct sys *sys, int fd)
{
        (void)sys;
        assert_int_equal(fd, 900);
        return 0;
}

static uid_t fake_geteuid(const struct sys *sys)
{
        return ((struct fake *)sys->ctx)->uid;
}

static gid_t fake_getegid(const struct sys *sys)
{
        return ((struct fake *)sys->ctx)->gid;
}

static struct fake *fake_init(struct fake *f, uid_t uid, gid_t gid)
{
        *f = (struct fake){.ops = *sys_linux()->op, .uid = uid, .gid = gid};
        f->ops.openat = fake_openat;
        f->ops.write = fake_write;
        f->ops.close = fake_close;
        f->ops.geteuid = fake_geteuid;
        f->ops.getegid = fake_getegid;
        f->sys = (struct sys){&f->ops, f};
        return f;
}

static struct config_idmap own_uid[] = {{0, 1001, 1}}, own_gid[] = {{0, 1002, 1}},
                           many[] = {{0, 100000, 65536}, {65536, 5, 1}};

static struct config with_maps(struct config_idmap *uids, size_t n_uids, struct config_idmap *gids,
                               size_t n_gids)
{
        struct config c = {0};

        c.linux_.ns[CONFIG_NS_USER].set = true;
        c.linux_.uid_mappings = list(uids, n_uids);
        c.linux_.gid_mappings = list(gids, n_gids);
        return c;
}

static void userns_map__own_id__setgroups_given_up_before_gid_map(void **state)
{
        struct config c = with_maps(own_uid, 1, own_gid, 1);
        struct fake f;

        (void)state;
        assert_int_equal(userns_map(&fake_init(&f, 1001, 1002)->sys, &c, 77, NULL, NULL), 0);
        assert_string_equal(
                f.log, "/proc/77/uid_map<0 1001 1\n>/proc/77/setgroups<deny>/proc/77/gid_map<0 1002 1\n>");
}

static void userns_map__root__any_map_and_setgroups_stays(void **state)
{
        struct config c = with_maps(many, 2, many, 1);
        struct fake f;

        (void)state;
        assert_int_equal(userns_map(&fake_init(&f, 0, 0)->sys, &c, 77, NULL, NULL), 0);
        assert_string_equal(
                f.log, "/proc/77/uid_map<0 100000 65536\n65536 5 1\n>/proc/77/gid_map<0 100000 65536\n>");
}

static void userns_map__not_the_own_id__not_written_by_hand(void **state)
{
        struct config_idmap two[] = {{0, 1001, 2}}, other[] = {{0, 1000, 1}};
        struct config configs[] = {with_maps(two, 1, own_gid, 1), with_maps(other, 1, own_gid, 1),
                                   with_maps(many, 2, own_gid, 1)};
        struct err err = ERR_INIT;
        struct fake f;

        (void)state;
        for (size_t i = 0; i < 3; i++) {
                assert_int_equal(
                        userns_map(&fake_init(&f, 1001, 1002)->sys, &configs[i], 77, "/nonexistent", &err),
                        -ENOENT);
                assert_string_equal(err.step, "newuidmap");
                assert_string_equal(err.place, "/linux/uidMappings");
                assert_string_equal(f.log, "");
        }
}

static void userns_map__kernel_refuses__pointer_and_file(void **state)
{
        static const char *const files[][2] = {{"/proc/77/uid_map", "/linux/uidMappings"},
                                               {"/proc/77/setgroups", "/linux/gidMappings"},
                                               {"/proc/77/gid_map", "/linux/gidMappings"}};
        struct config c = with_maps(own_uid, 1, own_gid, 1);
        struct fake f;

        (void)state;
        for (size_t i = 0; i < 3; i++) {
                struct err err = ERR_INIT;
                fake_init(&f, 1001, 1002)->fail = files[i][0];
                assert_int_equal(userns_map(&f.sys, &c, 77, NULL, &err), -EACCES);
                assert_string_equal(err.place, files[i][1]);
                assert_non_null(strstr(err.msg, files[i][0]));
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(idmap_check__ranges__overlaps_named),
                cmocka_unit_test(idmap_check__more_than_the_kernel_takes__e2big),
                cmocka_unit_test(idmap_text__ranges__one_line_each),
                cmocka_unit_test(idmap_has__edges__are_in_or_out),
                cmocka_unit_test(userns_map__own_id__setgroups_given_up_before_gid_map),
                cmocka_unit_test(userns_map__root__any_map_and_setgroups_stays),
                cmocka_unit_test(userns_map__not_the_own_id__not_written_by_hand),
                cmocka_unit_test(userns_map__kernel_refuses__pointer_and_file),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
