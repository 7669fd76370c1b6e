/* What labrun remembers of a container, and what it reads from /proc: pure parts and the directory on a real
 * file system. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/base/err.h"
#include "core/base/io.h"
#include "core/base/limits.h"
#include "core/container/destroy.h"
#include "core/container/exec_path.h"
#include "core/container/identity.h"
#include "core/container/process.h"
#include "core/container/state.h"
#include "core/sys.h"

static void process_stat_parse__hostile_names__fields_right(void **state)
{
        static const char *const names[] = {"sh", "a) R 1 (b", "))))", " ", ") Z 9 9 9 9 9 64"};
        struct process_stat st;
        char text[512];

        (void)state;
        for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
                snprintf(text, sizeof(text),
                         "42 (%s) S 1 42 42 0 -1 4194624 0 0 0 0 0 0 0 0 20 0 1 0 123456789012 0 0 1\n",
                         names[i]);
                assert_int_equal(process_stat_parse(text, &st), 0);
                assert_int_equal(st.state, 'S');
                assert_true(st.forknoexec); /* 4194624 = 0x400140 */
                assert_true(st.start == 123456789012);
        }
        assert_int_equal(
                process_stat_parse("42 (sh) Z 1 42 42 0 -1 4194368 0 0 0 0 0 0 0 0 20 0 1 0 7 0", &st), 0);
        assert_true(st.forknoexec);
        assert_int_equal(
                process_stat_parse("42 (sh) Z 1 42 42 0 -1 4194304 0 0 0 0 0 0 0 0 20 0 1 0 7 0", &st), 0);
        assert_false(st.forknoexec);
}

static void process_stat_parse__other_text__refused(void **state)
{
        static const char *const texts[] = {"",          "42",          "42 (sh)",        "42 (sh) ",
                                            "42 (sh) S", "42 (sh) S x", "42 (sh) S 1 2 3"};
        struct process_stat st = {.state = '?'};

        (void)state;
        for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
                assert_int_equal(process_stat_parse(texts[i], &st), -EINVAL);
        assert_int_equal(st.state, '?');
}

static void process_open__wrong_start_time__gone(void **state)
{
        struct process_stat st;
        int fd = -1;

        (void)state;
        assert_int_equal(process_stat_read(sys_linux(), getpid(), &st, NULL), 0);
        assert_int_equal(process_open(sys_linux(), getpid(), st.start + 1, &fd, NULL), -ESRCH);
        assert_int_equal(fd, -1);
        assert_int_equal(process_open(sys_linux(), getpid(), st.start, &fd, NULL), 0);
        close(fd);
        assert_int_equal(process_open(sys_linux(), 0, 0, &fd, NULL), -ESRCH);
}

static void state_format_time__known_dates__rfc3339(void **state)
{
        static const struct {
                int64_t sec;
                const char *text;
        } cases[] = {
                {0, "1970-01-01T00:00:00.000000005Z"},          {951782399, "2000-02-28T23:59:59.000000005Z"},
                {951782400, "2000-02-29T00:00:00.000000005Z"},  {951868800, "2000-03-01T00:00:00.000000005Z"},
                {4107542400, "2100-03-01T00:00:00.000000005Z"}, {-1, "1969-12-31T23:59:59.000000005Z"},
                {1735689599, "2024-12-31T23:59:59.000000005Z"},
        };
        char buf[64];

        (void)state;
        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
                state_format_time(cases[i].sec, 5, buf, sizeof(buf));
                assert_string_equal(buf, cases[i].text);
        }
}

static void state_check_id__names__runc_rule(void **state)
{
        static const char *const bad[] = {"", ".", "..", "a/b", "a b", "a\n", "\xc3\xa4", "a:b"};
        static const char *const good[] = {"a", "A-b_c+d.e", "...", "0"};
        char longest[LIMIT_ID_BYTES + 2];

        (void)state;
        for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
                assert_int_equal(state_check_id(bad[i], NULL), -EINVAL);
        for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
                assert_int_equal(state_check_id(good[i], NULL), 0);
        memset(longest, 'a', sizeof(longest));
        longest[LIMIT_ID_BYTES] = '\0';
        assert_int_equal(state_check_id(longest, NULL), 0);
        longest[LIMIT_ID_BYTES] = 'a';
        longest[LIMIT_ID_BYTES + 1] = '\0';
        assert_int_equal(state_check_id(longest, NULL), -EINVAL);
}

static void state_dir_create__longest_id__made(void **state)
{
        char root[] = "/tmp/initlab-test-XXXXXX", longest[LIMIT_ID_BYTES + 1];
        SCOPED_STATE_DIR dir = STATE_DIR_INIT;

        (void)state;
        assert_non_null(mkdtemp(root));
        memset(longest, 'a', sizeof(longest));
        longest[LIMIT_ID_BYTES] = '\0';
        assert_int_equal(state_dir_create(sys_linux(), root, longest, &dir, NULL), 0);
        assert_int_equal(state_dir_remove(&dir, NULL), 0);
        assert_int_equal(rmdir(root), 0);
}

static void signal_number__names_and_numbers__as_kill(void **state)
{
        static const struct {
                const char *name;
                int number;
        } cases[] = {{"TERM", 15},    {"SIGTERM", 15}, {"sigterm", 15}, {"term", 15},    {"15", 15},
                     {"0", 0},        {"64", 64},      {"RTMIN", 34},   {"RTMIN+3", 37}, {"RTMAX", 64},
                     {"RTMAX-2", 62}, {"IOT", 6},      {"CLD", 17},     {"POLL", 29}};
        static const char *const bad[] = {"",        "65",         "-1",         "1x",       "TERMX",
                                          "SIG",     "SIGSIGTERM", "RTMIN-1",    "RTMIN+31", "RTMAX-31",
                                          "RTMAX+1", "RTMIN+",     "99999999999"};
        int n;

        (void)state;
        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
                assert_int_equal(signal_number(cases[i].name, &n, NULL), 0);
                assert_int_equal(n, cases[i].number);
        }
        for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
                assert_int_equal(signal_number(bad[i], &n, NULL), -EINVAL);
}

static void identity_home__passwd_texts__right_line(void **state)
{
        static const struct {
                const char *text;
                uint32_t uid;
                const char *home;
        } cases[] = {
                {"", 0, NULL},
                {"root:x:0:0:r:/root:/bin/sh", 0, "/root"},
                {"root:x:0:0:r:/root:/bin/sh\nu:x:5:5::/u:\n", 5, "/u"},
                {"short:x:0\nroot:x:0:0:r:/root:/bin/sh\n", 0, "/root"},
                {"r:x:00000000000000000000000000000:0:r:/z:/s\n", 0, "/z"},
                {"r:x:4294967296:0:r:/z:/s\n", 0, NULL}, /* not 0 by truncation */
                {"r:x:4294967295:0:r:/z:/s\n", UINT32_MAX, "/z"},
                {"r:x:0x:0:r:/z:/s\n", 0, NULL},
                {"r:x::0:r:/z:/s\n", 0, NULL},
                {"r:x:0:0:r::/s\n", 0, NULL},
                {"\n\n:\n:::::::\n", 0, NULL},
        };

        (void)state;
        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
                size_t len = 0;
                const char *home = identity_home(cases[i].text, cases[i].uid, &len);
                if (!cases[i].home) {
                        assert_null(home);
                        continue;
                }
                assert_non_null(home);
                assert_int_equal(len, strlen(cases[i].home));
                assert_memory_equal(home, cases[i].home, len);
        }
}

static void state_parse__other_json__refused(void **state)
{
        static const char *const texts[] = {
                "",
                "[]",
                "{}",
                "{\"version\":2}",
                "{\"version\":1,\"id\":7}",
                "{\"version\":1,\"id\":\"a\",\"bundle\":\"/b\",\"rootfs\":\"/"
                "r\",\"created\":\"\",\"pid\":-1,\"start\":0,"
                "\"creating\":false,\"pidNamespace\":true,\"annotations\":{},\"cgroup\":[]}",
                "{\"version\":1,\"id\":\"a\",\"bundle\":\"/b\",\"rootfs\":\"/"
                "r\",\"created\":\"\",\"pid\":1,\"start\":0,"
                "\"creating\":false,\"pidNamespace\":true,\"annotations\":{},\"cgroup\":[{\"path\":\"/../"
                "x\"}]}",
                "{\"version\":1,\"id\":\"a\",\"bundle\":\"/b\",\"rootfs\":\"/"
                "r\",\"created\":\"\",\"pid\":1,\"start\":0,"
                "\"creating\":false,\"pidNamespace\":true,\"annotations\":{\"a\":1},\"cgroup\":[]}",
                "{\"version\":1,\"id\":\"a\",\"bundle\":\"/b\",\"rootfs\":\"/"
                "r\",\"created\":\"\",\"pid\":1,\"start\":0,"
                "\"creating\":false,\"pidNamespace\":true,\"poststop\":1,\"annotations\":{},\"cgroup\":[]}",
        };
        struct state s = {0};

        (void)state;
        for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
                assert_int_equal(state_parse(sys_linux(), texts[i], strlen(texts[i]), &s, NULL), -EINVAL);
        assert_null(s.doc);
}

/* A labrun that knew no such field kept containers whose hooks still want to run. */
static void state_parse__without_poststop__hooks_may_be_there(void **state)
{
        static const char text[] = "{\"version\":1,\"id\":\"a\",\"bundle\":\"/b\",\"rootfs\":\"/r\",\"created\":\"\","
                                   "\"pid\":1,\"start\":0,\"creating\":false,\"pidNamespace\":true,"
                                   "\"annotations\":{},\"cgroup\":[]}";
        struct state s = {0};

        (void)state;
        assert_int_equal(state_parse(sys_linux(), text, sizeof(text) - 1, &s, NULL), 0);
        assert_true(s.poststop);
        state_free(sys_linux(), &s);
}

/* A root directory of its own for the tests of the state directory. */
static int make_root(void **state)
{
        char *root = strdup("/tmp/state-test-XXXXXX");

        *state = root;
        return root && mkdtemp(root) ? 0 : -1;
}

static int remove_root(void **state)
{
        int r = rmdir(*state); /* whatever a test leaves in it is a failure */

        free(*state);
        return r;
}

static void state_save__loaded_again__the_same(void **state)
{
        struct state_dir dir = STATE_DIR_INIT, again = STATE_DIR_INIT;
        struct config_kv kv[] = {{"k", "v"}, {"empty", ""}};
        struct state s = {.id = "x",
                          .bundle = "/b",
                          .rootfs = "/b/r",
                          .created = "now",
                          .annotations = {kv, 2},
                          .pid = 7,
                          .start = 1234567890123,
                          .creating = true,
                          .pid_namespace = true};
        struct io_replacement replacement;
        struct state t;

        assert_int_equal(state_dir_create(sys_linux(), *state, "x", &dir, NULL), 0);
        assert_int_equal(state_dir_create(sys_linux(), *state, "x", &again, NULL), -EEXIST);
        assert_int_equal(state_load(&dir, &t, NULL), -ENOENT);
        assert_int_equal(state_save(&dir, &s, NULL), 0);
        assert_int_equal(state_dir_open(sys_linux(), *state, "x", false, &again, NULL), 0);
        assert_int_equal(state_load(&again, &t, NULL), 0);
        assert_string_equal(t.id, "x");
        assert_string_equal(t.bundle, "/b");
        assert_string_equal(t.rootfs, "/b/r");
        assert_int_equal(t.pid, 7);
        assert_true(t.start == s.start);
        assert_true(t.creating && t.pid_namespace && !t.poststop);
        assert_int_equal(t.annotations.n, 2);
        assert_string_equal(t.annotations.item[1].key, "empty");
        state_free(sys_linux(), &t);
        s.creating = false;
        s.poststop = true;
        assert_int_equal(state_save_begin(&dir, &s, &replacement, NULL), 0);
        assert_int_equal(state_load(&again, &t, NULL), 0);
        assert_true(t.creating); /* not yet */
        state_free(sys_linux(), &t);
        assert_int_equal(io_replace_end(sys_linux(), &replacement, NULL), 0);
        assert_int_equal(state_load(&again, &t, NULL), 0);
        assert_true(!t.creating && t.poststop);
        state_free(sys_linux(), &t);
        assert_int_equal(state_save_begin(&dir, &s, &replacement, NULL), 0); /* never ended: removed with the rest */
        assert_int_equal(state_dir_remove(&dir, NULL), 0);
        state_dir_close(&again);
        state_dir_close(&dir);
        assert_int_equal(state_dir_open(sys_linux(), *state, "x", true, &dir, NULL), -ENOENT);
}

static void state_config_save__loaded_again__the_same_and_removed(void **state)
{
        static const char text[] = "{\"ociVersion\":\"1.2.0\",\"hostname\":\"h\"}";
        struct state_dir dir = STATE_DIR_INIT;
        struct config *config = NULL;
        struct err err = ERR_INIT;
        char path[STATE_PATH_MAX + 32];
        struct stat st;

        assert_int_equal(state_dir_create(sys_linux(), *state, "x", &dir, NULL), 0);
        assert_int_equal(state_config_load(&dir, &config, NULL), -ENOENT);
        assert_int_equal(state_config_save(&dir, text, sizeof(text) - 1, NULL), 0);
        assert_int_equal(state_config_save(&dir, text, sizeof(text) - 1, NULL), -EEXIST);
        assert_int_equal(state_config_load(&dir, &config, NULL), 0);
        assert_string_equal(config->hostname, "h");
        config_free(sys_linux(), config);
        config = NULL;
        snprintf(path, sizeof(path), "%s/config.json", dir.path);
        assert_int_equal(stat(path, &st), 0);
        assert_int_equal(st.st_mode & 07777, 0600);
        assert_int_equal(st.st_size, sizeof(text) - 1);
        assert_int_equal(truncate(path, 20), 0); /* a create that was killed there */
        assert_int_equal(state_config_load(&dir, &config, &err), -EINVAL);
        assert_null(config);
        assert_int_equal(strncmp(err.place, "config.json", 11), 0);
        assert_int_equal(state_dir_remove(&dir, NULL), 0);
        state_dir_close(&dir);
}

static void state_dir_create__umask__modes_exact(void **state)
{
        struct state_dir dir = STATE_DIR_INIT;
        char root[128], path[STATE_PATH_MAX + 32];
        struct stat st;

        umask(0); /* as labrun_main has it */
        snprintf(root, sizeof(root), "%s/deep/er", (char *)*state);
        assert_int_equal(state_dir_create(sys_linux(), root, "x", &dir, NULL), 0);
        assert_int_equal(stat(root, &st), 0);
        assert_int_equal(st.st_mode & 07777, 0700);
        assert_int_equal(stat(dir.path, &st), 0);
        assert_int_equal(st.st_mode & 07777, 0711);
        /* what a killed labrun left goes, too */
        snprintf(path, sizeof(path), "%s/state.json.tmp-1", dir.path);
        close(open(path, O_CREAT | O_WRONLY, 0600));
        assert_int_equal(state_dir_remove(&dir, NULL), 0);
        state_dir_close(&dir);
        assert_int_equal(rmdir(root), 0);
        snprintf(root, sizeof(root), "%s/deep", (char *)*state);
        assert_int_equal(rmdir(root), 0);
        umask(022);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(process_stat_parse__hostile_names__fields_right),
                cmocka_unit_test(process_stat_parse__other_text__refused),
                cmocka_unit_test(process_open__wrong_start_time__gone),
                cmocka_unit_test(state_format_time__known_dates__rfc3339),
                cmocka_unit_test(state_check_id__names__runc_rule),
                cmocka_unit_test(state_dir_create__longest_id__made),
                cmocka_unit_test(signal_number__names_and_numbers__as_kill),
                cmocka_unit_test(identity_home__passwd_texts__right_line),
                cmocka_unit_test(state_parse__other_json__refused),
                cmocka_unit_test(state_parse__without_poststop__hooks_may_be_there),
                cmocka_unit_test_setup_teardown(state_save__loaded_again__the_same, make_root, remove_root),
                cmocka_unit_test_setup_teardown(state_config_save__loaded_again__the_same_and_removed, make_root,
                                                remove_root),
                cmocka_unit_test_setup_teardown(state_dir_create__umask__modes_exact, make_root, remove_root),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
