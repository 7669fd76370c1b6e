/* core/container/cgroup*.h without a kernel: paths, /proc texts, the state file, bounds on a clock of our
 * own. */
#include <errno.h>
#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/base/err.h"
#include "core/base/limits.h"
#include "core/container/cgroup.h"
#include "core/container/cgroup_hier.h"
#include "core/container/cgroup_tree.h"
#include "core/sys.h"

static void cgroup_path__names__normalised(void **state)
{
        static const struct {
                const char *path, *id, *want;
                bool absolute;
        } cases[] = {
                {NULL, "web", "/web", true},   {"/a/b", "web", "/a/b", true},
                {"a/b", "web", "/a/b", false}, {"//a/./b//", "x", "/a/b", true},
                {"...", "x", "/...", false},   {"a..b", "x", "/a..b", false},
        };
        char buf[4096];
        bool absolute;

        (void)state;
        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
                assert_int_equal(cgroup_path(cases[i].path, cases[i].id, buf, sizeof(buf), &absolute, NULL),
                                 0);
                assert_string_equal(buf, cases[i].want);
                assert_int_equal(absolute, cases[i].absolute);
        }
}

static void cgroup_path__escape_or_no_name__refused(void **state)
{
        static const char *const bad[] = {"..", "/../x", "a/../../b", "a/..", "/", "", "./.", "///"};
        char buf[4096], name[300] = "/", longer[5000] = "/";
        struct err e = ERR_INIT;
        bool absolute;

        (void)state;
        for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
                assert_int_equal(cgroup_path(bad[i], "x", buf, sizeof(buf), &absolute, &e), -EINVAL);
                assert_string_equal(e.place, "/linux/cgroupsPath");
        }
        memset(name + 1, 'n', 256);
        assert_int_equal(cgroup_path(name, "x", buf, sizeof(buf), &absolute, &e), -ENAMETOOLONG);
        for (size_t i = 1; i < sizeof(longer) - 1; i++)
                longer[i] = i % 2 ? 'p' : '/';
        assert_int_equal(cgroup_path(longer, "x", buf, sizeof(buf), &absolute, &e), -ENAMETOOLONG);
}

static bool any(const struct sys *sys, const struct cgroup_hier *h)
{
        (void)sys;
        (void)h;
        return true;
}

static bool not_hidden(const struct sys *sys, const struct cgroup_hier *h)
{
        (void)sys;
        return strncmp(h->mountpoint, "/hidden", 7) != 0;
}

static const char hybrid_mounts[] =
        "26 1 254:0 / / rw,relatime - ext4 /dev/vda rw\n"
        "30 22 0:27 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755\n"
        "31 30 0:28 / /sys/fs/cgroup/cpu,cpuacct rw,relatime shared:5 master:2 - cgroup cgroup "
        "rw,cpu,cpuacct\n"
        "32 30 0:29 / /sys/fs/cgroup/with\\040space rw - cgroup cgroup rw,memory\n"
        "39 30 0:36 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,xattr,name=systemd\n"
        "40 30 0:37 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n";

static void cgroup_hiers_parse__hybrid__each_found_with_own_directory(void **state)
{
        struct cgroup_hiers h;

        (void)state;
        assert_int_equal(cgroup_hiers_parse(sys_linux(), hybrid_mounts,
                                            "9:name=systemd:/user/1\n8:pids:/\n4:memory:/a/b\n"
                                            "1:cpu,cpuacct:/x:y\n0::/\n",
                                            any, &h, NULL),
                         0);
        assert_int_equal(h.n, 4); /* pids is mounted nowhere */
        assert_string_equal(h.item[0].controllers, "name=systemd");
        assert_string_equal(h.item[0].own, "/sys/fs/cgroup/systemd/user/1");
        assert_string_equal(h.item[1].mountpoint, "/sys/fs/cgroup/with space");
        assert_string_equal(h.item[1].own, "/sys/fs/cgroup/with space/a/b");
        assert_string_equal(h.item[2].controllers, "cpu,cpuacct");
        assert_string_equal(h.item[2].own, "/sys/fs/cgroup/cpu,cpuacct/x:y");
        assert_int_equal(h.item[2].minor, 28);
        assert_false(h.item[2].v2);
        assert_true(h.item[3].v2);
        assert_string_equal(h.item[3].own, "/sys/fs/cgroup/unified");
        cgroup_hiers_free(sys_linux(), &h);
}

static void cgroup_hiers_parse__cpu__is_not_cpuset(void **state)
{
        struct cgroup_hiers h;

        (void)state;
        assert_int_equal(cgroup_hiers_parse(sys_linux(),
                                            "33 30 0:30 / /c/cpuset rw - cgroup cgroup rw,cpuset\n",
                                            "1:cpu:/\n", any, &h, NULL),
                         0);
        assert_int_equal(h.n, 0);
        cgroup_hiers_free(sys_linux(), &h);
}

static void cgroup_hiers_parse__mount_of_a_part__own_directory_below_it(void **state)
{
        static const char mounts[] = "1 2 0:9 /docker/a /part rw - cgroup2 cgroup2 rw\n";
        static const struct {
                const char *own, *want;
        } cases[] = {
                {"0::/docker/a/b\n", "/part/b"}, {"0::/docker/a\n", "/part"},
                {"0::/docker/ab\n", ""},         {"0::/\n", ""},
                {"0::/../other\n", ""},
        };
        struct cgroup_hiers h;

        (void)state;
        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
                assert_int_equal(cgroup_hiers_parse(sys_linux(), mounts, cases[i].own, any, &h, NULL), 0);
                assert_int_equal(h.n, 1);
                assert_string_equal(h.item[0].own, cases[i].want);
                cgroup_hiers_free(sys_linux(), &h);
        }
}

static void cgroup_hiers_parse__hidden_mount__the_visible_one_taken(void **state)
{
        struct cgroup_hiers h;

        (void)state;
        assert_int_equal(cgroup_hiers_parse(sys_linux(),
                                            "1 2 0:9 / /hidden rw - cgroup2 cgroup2 rw\n"
                                            "3 2 0:9 / /shown rw - cgroup2 cgroup2 rw\n",
                                            "0::/me\n", not_hidden, &h, NULL),
                         0);
        assert_int_equal(h.n, 1);
        assert_string_equal(h.item[0].own, "/shown/me");
        cgroup_hiers_free(sys_linux(), &h);
}

static void cgroup_hiers_parse__bad_text__refused_without_leak(void **state)
{
        static const char *const bad[] = {"x\n", "1:cpu\n", "a:cpu:/\n", "1:cpu:relative\n", ":\n"};
        struct cgroup_hiers h = {.n = 77};
        struct err e = ERR_INIT;
        char many[600] = "";

        (void)state;
        for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
                assert_int_equal(cgroup_hiers_parse(sys_linux(), "", bad[i], any, &h, &e), -EINVAL);
        for (int i = 0; i < CGROUP_MAX + 1; i++)
                strcat(many, "1:memory:/\n");
        assert_int_equal(cgroup_hiers_parse(sys_linux(), hybrid_mounts, many, any, &h, &e), -E2BIG);
        assert_int_equal(h.n, 77);
        /* broken lines of mountinfo are none of ours */
        assert_int_equal(cgroup_hiers_parse(sys_linux(), "garbage\n\n1 2 3\n - \n", "0::/\n", any, &h, &e),
                         0);
        assert_int_equal(h.n, 0);
        cgroup_hiers_free(sys_linux(), &h);
}

static void cgroup_json__round_trip__same(void **state)
{
        struct cgroup_dir dirs[2] = {{"/sys/fs/cgroup/cpu/a/b", "/sys/fs/cgroup/cpu/a", false},
                                     {"/sys/fs/cgroup/unified/a/b", "", true}};
        struct cgroup c = {2, dirs}, back = {0};
        json_t *json = cgroup_to_json(&c);

        (void)state;
        assert_non_null(json);
        assert_int_equal(cgroup_from_json(sys_linux(), json, &back, NULL), 0);
        assert_int_equal(back.n, 2);
        for (size_t i = 0; i < 2; i++) {
                assert_string_equal(back.dir[i].path, dirs[i].path);
                assert_string_equal(back.dir[i].created, dirs[i].created);
                assert_int_equal(back.dir[i].v2, dirs[i].v2);
        }
        cgroup_free(sys_linux(), &back);
        json_decref(json);
}

static void cgroup_from_json__paths_that_removal_must_not_follow__refused(void **state)
{
        static const char *const bad[] = {
                "{}",
                "[1]",
                "[{}]",
                "[{\"path\":\"/a\",\"created\":\"\"}]",
                "[{\"path\":\"a\",\"created\":\"\",\"v2\":true}]",
                "[{\"path\":\"/\",\"created\":\"\",\"v2\":true}]",
                "[{\"path\":\"/a/../b\",\"created\":\"\",\"v2\":true}]",
                "[{\"path\":\"/a/./b\",\"created\":\"\",\"v2\":true}]",
                "[{\"path\":\"/a//b\",\"created\":\"\",\"v2\":true}]",
                "[{\"path\":\"/a/\",\"created\":\"\",\"v2\":true}]",
                "[{\"path\":\"/a/b\",\"created\":\"/c\",\"v2\":true}]",
                "[{\"path\":\"/ab\",\"created\":\"/a\",\"v2\":true}]",
                "[{\"path\":\"/a/b\",\"created\":\"/a/b/c\",\"v2\":true}]",
                "[{\"path\":\"/a/b\",\"created\":\"/\",\"v2\":true}]",
                "[{\"path\":\"/a\\u0000b\",\"created\":\"\",\"v2\":true}]",
                "[{\"path\":\"/a\",\"created\":\"\",\"v2\":1}]",
        };
        struct cgroup c = {.n = 77};
        struct err e = ERR_INIT;

        (void)state;
        for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
                json_t *json = json_loads(bad[i], JSON_ALLOW_NUL, NULL);
                assert_non_null(json);
                assert_int_equal(cgroup_from_json(sys_linux(), json, &c, &e), -EINVAL);
                assert_int_equal(c.n, 77);
                json_decref(json);
        }
        assert_string_equal(e.place, "/0");
}

/* A cgroup that stays busy for ever, and a clock that only sleeping moves. */
struct busy {
        struct sys sys;
        struct sys_ops ops;
        int64_t ms;
        int rmdirs;
};

static int busy_unlinkat(const struct sys *sys, int dirfd, const char *path, int flags)
{
        struct busy *b = sys->ctx;

        (void)dirfd;
        (void)path;
        (void)flags;
        b->rmdirs++;
        return -EBUSY;
}

static int busy_clock(const struct sys *sys, clockid_t clock, struct timespec *ts)
{
        const struct busy *b = sys->ctx;

        (void)clock;
        *ts = (struct timespec){.tv_sec = b->ms / 1000, .tv_nsec = (b->ms % 1000) * 1000000};
        return 0;
}

static int busy_sleep(const struct sys *sys, const struct timespec *req, struct timespec *rem)
{
        struct busy *b = sys->ctx;

        (void)rem;
        b->ms += req->tv_sec * 1000 + req->tv_nsec / 1000000;
        return 0;
}

static void cgroup_rmdir__busy_for_ever__ends_at_its_bound(void **state)
{
        struct busy b = {.ops = *sys_linux()->op, .ms = 12345};

        (void)state;
        b.sys = (struct sys){&b.ops, &b};
        b.ops.unlinkat = busy_unlinkat;
        b.ops.clock_gettime = busy_clock;
        b.ops.nanosleep = busy_sleep;
        assert_int_equal(cgroup_rmdir(&b.sys, "/x", b.ms + 1000), -EBUSY);
        assert_in_range(b.ms, 12345 + 1000, 12345 + 1100);
        assert_in_range(b.rmdirs, 10, 100); /* neither once nor in a spin */
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(cgroup_path__names__normalised),
                cmocka_unit_test(cgroup_path__escape_or_no_name__refused),
                cmocka_unit_test(cgroup_hiers_parse__hybrid__each_found_with_own_directory),
                cmocka_unit_test(cgroup_hiers_parse__cpu__is_not_cpuset),
                cmocka_unit_test(cgroup_hiers_parse__mount_of_a_part__own_directory_below_it),
                cmocka_unit_test(cgroup_hiers_parse__hidden_mount__the_visible_one_taken),
                cmocka_unit_test(cgroup_hiers_parse__bad_text__refused_without_leak),
                cmocka_unit_test(cgroup_json__round_trip__same),
                cmocka_unit_test(cgroup_from_json__paths_that_removal_must_not_follow__refused),
                cmocka_unit_test(cgroup_rmdir__busy_for_ever__ends_at_its_bound),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
