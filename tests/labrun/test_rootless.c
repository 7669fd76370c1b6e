/* labrun as an ordinary user: see ordinary.h. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "tests/labrun/ordinary.h"

#define STATUS "grep -E '^(Uid|Gid|Groups|Cap|NoNew)' /proc/self/status | tr '\\t' ' '"
#define ARGS(script) "{\"process\":{\"args\":[\"/bin/sh\",\"-c\",\"" script "\"]}}"
#define SCRIPT "\"args\":[\"/bin/sh\",\"/tmp/script\"]"

static struct result *run(struct lab *lab)
{
        struct result *r = RUN(lab, "run", "-b", lab->bundle, lab->id, NULL);

        if (r->code)
                print_message("exit %d: %s\n", r->code, r->err);
        return r;
}

static void assert_prints(struct lab *lab, const char *merge, const char *script, const char *text)
{
        struct result *r;

        ordinary_config(lab, merge);
        lab_file(lab, "/tmp/script", script, 0755);
        r = run(lab);
        assert_string_equal(r->out, text);
        assert_int_equal(r->code, 0);
        assert_true(lab_clean(lab));
}

static void assert_refused(struct lab *lab, const char *merge, const char *what)
{
        struct result *r;

        ordinary_config(lab, merge);
        r = RUN(lab, "run", "-b", lab->bundle, lab->id, NULL);
        if (r->code != 1 || !strstr(r->err, what))
                print_message("%s: exit %d: %s\n", merge, r->code, r->err);
        assert_int_equal(r->code, 1);
        assert_non_null(strstr(r->err, what));
        assert_true(lab_clean(lab));
}

/* --- the map of one id --- */

static void run__spec_rootless__root_of_one_id(void **state)
{
        char text[512];

        snprintf(text, sizeof(text),
                 "         0 %10u          1\n         0 %10u          1\ndeny\n"
                 "Uid: 0 0 0 0\nGid: 0 0 0 0\nGroups:  \n"
                 "CapInh: 0000000000000000\nCapPrm: 0000000020000420\nCapEff: 0000000020000420\n"
                 "CapBnd: 0000000020000420\nCapAmb: 0000000000000000\nNoNewPrivs: 1\n",
                 ordinary.user, ordinary.group);
        if (geteuid() != 0 &&
            getgroups(0, NULL) >
                    0) { /* the groups of whoever runs this can't be dropped: they show as 65534 */
                print_message("skip: the caller's groups are part of what is compared\n");
                skip();
        }
        assert_prints(*state, "{\"process\":{" SCRIPT "}}",
                      "cd /proc/self; cat uid_map gid_map setgroups; " STATUS, text);
}

static void run__files_made__are_the_users(void **state)
{
        struct lab *lab = *state;
        char path[256];
        struct stat st;

        ordinary_config(lab, "{\"root\":{\"readonly\":false}}");
        assert_prints(lab, "{\"root\":{\"readonly\":false},\"process\":{" SCRIPT "}}",
                      "echo x >/tmp/made; stat -c '%u %g' /tmp/made; echo x >/dev/null", "0 0\n");
        snprintf(path, sizeof(path), "%s/tmp/made", lab->rootfs);
        assert_int_equal(stat(path, &st), 0);
        assert_int_equal(st.st_uid, ordinary.user);
        assert_int_equal(st.st_gid, ordinary.group);
}

static void run__no_id_but_its_own__can_be_taken(void **state)
{
        assert_prints(*state,
                      "{\"process\":{" SCRIPT ",\"capabilities\":{\"bounding\":[\"CAP_CHOWN\"],"
                      "\"permitted\":[\"CAP_CHOWN\"],\"effective\":[\"CAP_CHOWN\"]}}}",
                      "busybox chown 1 /dev/shm 2>/dev/null || echo refused", "refused\n");
}

/* FD-HOST, and that nobody in there may look at init: its files in /proc belong to root. */
static void create__held_init__is_undumpable_and_mapped(void **state)
{
        struct lab *lab = *state;
        char path[64], expected[64], line[64];
        struct stat st;

        ordinary_config(lab, ARGS("exit 5"));
        assert_int_equal(RUN(lab, "create", "-b", lab->bundle, lab->id, NULL)->code, 0);
        lab_before_exec(ordinary_become, NULL);
        int pid = atoi(lab_state(lab, "pid"));
        assert_true(pid > 0);
        snprintf(path, sizeof(path), "/proc/%d/uid_map", pid);
        assert_int_equal(stat(path, &st), 0);
        assert_int_equal(st.st_uid, 0);
        snprintf(expected, sizeof(expected), "         0 %10u          1\n", ordinary.user);
        assert_string_equal(lab_read(path), expected);
        snprintf(path, sizeof(path), "/proc/%d/status", pid);
        snprintf(line, sizeof(line), "\nUid:\t%u\t%u\t%u\t%u\n", ordinary.user, ordinary.user, ordinary.user, ordinary.user);
        assert_non_null(strstr(lab_read(path), line));
        assert_non_null(strstr(lab_read(path), "\nCapInh:\t0000000000000000\n"));
        assert_int_equal(RUN(lab, "delete", "--force", lab->id, NULL)->code, 0);
        assert_true(lab_clean(lab));
}

static void commands__ordinary_user__whole_life(void **state)
{
        struct lab *lab = *state;
        struct result *r;

        ordinary_config(lab, ARGS("exec sleep 1000"));
        assert_int_equal(RUN(lab, "create", "-b", lab->bundle, lab->id, NULL)->code, 0);
        assert_non_null(strstr(RUN(lab, "state", lab->id, NULL)->out, "\"created\""));
        assert_int_equal(RUN(lab, "start", lab->id, NULL)->code, 0);
        assert_non_null(strstr(RUN(lab, "state", lab->id, NULL)->out, "\"running\""));
        r = RUN(lab, "exec", lab->id, "sh", "-c",
                "id -u; cat /proc/self/uid_map /proc/1/uid_map | uniq | grep -c .; exit 6", NULL);
        assert_string_equal(r->out, "0\n1\n");
        assert_int_equal(r->code, 6);
        assert_int_equal(RUN(lab, "exec", "--user", "1", lab->id, "true", NULL)->code, 255);
        r = RUN(lab, "ps", lab->id, NULL);
        assert_non_null(strstr(r->err, "no cgroup"));
        r = RUN(lab, "pause", lab->id, NULL);
        assert_non_null(strstr(r->err, "no cgroup"));
        r = RUN(lab, "list", NULL);
        assert_non_null(strstr(r->out, lab->id));
        if (ordinary.helpers) /* the passwd of this test */
                assert_non_null(strstr(r->out, "   lab\n"));
        assert_int_equal(r->code, 0);
        assert_int_equal(RUN(lab, "delete", lab->id, NULL)->code, 1);
        r = RUN(lab, "kill", "--all", lab->id, "TERM", NULL);
        assert_int_equal(r->code, 1);
        assert_non_null(strstr(r->err, "--all: a rootless container has no cgroup"));
        assert_int_equal(RUN(lab, "kill", "--all", lab->id, "KILL", NULL)->code, 0);
        for (int i = 0; i < 2000 && !strstr(RUN(lab, "state", lab->id, NULL)->out, "\"stopped\""); i++)
                usleep(5000);
        assert_int_equal(RUN(lab, "delete", lab->id, NULL)->code, 0);
        assert_true(lab_clean(lab));
}

/* Who is never dumpable can't be helped by its own user: the oom score comes with the birth. */
static void exec__with_an_oom_score__has_it(void **state)
{
        struct lab *lab = *state;

        ordinary_config(lab, "{\"process\":{\"args\":[\"sleep\",\"1000\"],\"oomScoreAdj\":100}}");
        assert_int_equal(RUN(lab, "run", "-d", "-b", lab->bundle, lab->id, NULL)->code, 0);
        struct result *r = RUN(lab, "exec", lab->id, "cat", "/proc/self/oom_score_adj", NULL);
        assert_string_equal(r->err, "");
        assert_string_equal(r->out, "100\n");
        assert_int_equal(r->code, 0);
}

/*
 * runc 1.1 lets it in: its init is dumpable while it waits. labrun's is not: it was never executed anew, and has the
 * caller's environment in its memory, which other processes in the container must not see.
 */
static void exec__before_start__refused_and_then_not(void **state)
{
        struct lab *lab = *state;
        struct result *r;

        ordinary_config(lab, ARGS("exec sleep 1000"));
        assert_int_equal(RUN(lab, "create", "-b", lab->bundle, lab->id, NULL)->code, 0);
        r = RUN(lab, "exec", lab->id, "true", NULL);
        assert_int_equal(r->code, 255);
        assert_non_null(strstr(r->err, "can't be joined before it is started"));
        assert_string_equal(strchr(r->err, '\n') + 1, ""); /* one line */
        assert_non_null(strstr(RUN(lab, "state", lab->id, NULL)->out, "\"created\""));
        assert_int_equal(RUN(lab, "start", lab->id, NULL)->code, 0);
        assert_int_equal(RUN(lab, "exec", lab->id, "true", NULL)->code, 0);
        assert_int_equal(RUN(lab, "delete", "--force", lab->id, NULL)->code, 0);
        assert_true(lab_clean(lab));
}

/* --- newuidmap and newgidmap --- */

#define MAPS(uids, gids) "\"uidMappings\":[" uids "],\"gidMappings\":[" gids "]"
#define RANGE(c, h, n) "{\"containerID\":" #c ",\"hostID\":" #h ",\"size\":" #n "}"
#define SUB(c, h, n) RANGE(c, h, n)

#define need_helpers()                                                                    \
        do {                                                                              \
                if (!ordinary.helpers) {                                                           \
                        print_message("skip: newuidmap and newgidmap may not be used\n"); \
                        skip();                                                           \
                }                                                                         \
        } while (0)

static void run__subordinate_ids__mapped_by_the_helpers(void **state)
{
        struct lab *lab = *state;
        char merge[512], path[256], text[256];
        struct stat st;

        need_helpers();
        snprintf(merge, sizeof(merge),
                 "{\"root\":{\"readonly\":false},\"process\":{" SCRIPT
                 ",\"user\":{\"uid\":5,\"gid\":6,\"additionalGids\":[7]}},\"linux\":{\"uidMappings\":["
                 "{\"containerID\":0,\"hostID\":%u,\"size\":1}," SUB(
                         1, ORDINARY_SUBIDS, 1000) "],\"gidMappings\":["
                                          "{\"containerID\":0,\"hostID\":%u,\"size\":1}," SUB(1, ORDINARY_SUBIDS,
                                                                                              1000) "]}}",
                 ordinary.user, ordinary.group);
        snprintf(text, sizeof(text),
                 "         0 %10u          1\n         1 %10u       1000\nallow\nUid: 5 5 5 5\nGid: 6 6 6 6\n"
                 "Groups: 7 \n",
                 ordinary.user, ORDINARY_SUBIDS);
        snprintf(path, sizeof(path), "%s/tmp", lab->rootfs);
        chmod(path, 0777);
        assert_prints(
                lab, merge,
                "cd /proc/self; cat uid_map setgroups; grep -E '^(Uid|Gid|Groups)' status | tr '\\t' ' ';"
                "echo x >/tmp/made",
                text);
        snprintf(path, sizeof(path), "%s/tmp/made", lab->rootfs);
        assert_int_equal(stat(path, &st), 0);
        assert_int_equal(st.st_uid, ORDINARY_SUBIDS + 4);
        assert_int_equal(st.st_gid, ORDINARY_SUBIDS + 5);
        assert_int_equal(unlink(path), 0);
}

static void run__ids_of_others__refused_by_the_helpers(void **state)
{
        need_helpers();
        assert_refused(*state, "{\"linux\":{" MAPS(RANGE(0, 0, 1), RANGE(0, 0, 1)) "}}",
                       "newuidmap: /linux/uidMappings: newuidmap: uid range [0-1) -> [0-1) not allowed");
        assert_refused(*state, "{\"linux\":{" MAPS(SUB(0, ORDINARY_SUBIDS, 1001), SUB(0, ORDINARY_SUBIDS, 1)) "}}",
                       "/linux/uidMappings: newuidmap: ");
        assert_refused(*state, "{\"linux\":{" MAPS(SUB(0, ORDINARY_SUBIDS, 1), RANGE(0, 5, 1)) "}}",
                       "/linux/gidMappings: newgidmap: ");
}

/* No environment, no fd but 0 to 2 and what it says is in the error. */
static void helper__of_the_path__is_given_nothing(void **state)
{
        struct lab *lab = *state;
        char path[128], dir[80];

        snprintf(dir, sizeof(dir), "%s/helpers", lab->dir);
        mkdir(dir, 0755);
        ordinary.path = dir;
        assert_refused(
                lab, "{\"linux\":{" MAPS(RANGE(0, 1, 2), RANGE(0, 1, 2)) "}}",
                "newuidmap: /linux/uidMappings: an ordinary user maps one id, the own one, or needs the "
                "program newuidmap: No such file or directory");
        snprintf(path, sizeof(path), "%s/newuidmap", dir);
        ordinary_write(path,
                   "#!/bin/sh\nfor n in 3 4 5 6 7 8 9; do [ ! -e /proc/$$/fd/$n ] || set -- \"$@\" leaked "
                   "$n; done\n"
                   "set -- \"$@\" $(/usr/bin/wc -c </proc/$$/environ)\nshift\necho said \"$@\" >&2\nexit 3\n",
                   0755);
        assert_refused(lab, "{\"linux\":{" MAPS(RANGE(0, 1, 2), RANGE(0, 1, 2)) "}}",
                       "newuidmap: /linux/uidMappings: said 0 1 2 0: Operation not permitted");
        ordinary_write(path, "#!/bin/sh\nkill -9 $$\n", 0755);
        assert_refused(lab, "{\"linux\":{" MAPS(RANGE(0, 1, 2), RANGE(0, 1, 2)) "}}",
                       "/linux/uidMappings: it failed without a word");
        ordinary.path = "/usr/sbin:/usr/bin:/sbin:/bin";
}

/* --- what can't be --- */

static void config__what_an_ordinary_user_may_not__refused_with_pointer(void **state)
{
        static const struct {
                const char *merge, *what;
        } rows[] = {
                {"{\"linux\":{\"namespaces\":[{\"type\":\"mount\"},{\"type\":\"uts\"}]," MAPS("", "") "}}",
                 "/linux/namespaces: a rootless container requires a user namespace"},
                {"{\"linux\":{" MAPS("", "") "}}", "/linux/uidMappings: a new user namespace needs mappings"},
                {"{\"linux\":{\"gidMappings\":[]}}",
                 "/linux/gidMappings: a new user namespace needs mappings"},
                {"{\"process\":{\"user\":{\"uid\":1}}}", "/process/user/uid: 1 is not mapped"},
                {"{\"process\":{\"user\":{\"gid\":1}}}", "/process/user/gid: 1 is not mapped"},
                {"{\"process\":{\"user\":{\"additionalGids\":[0,3]}}}",
                 "/process/user/additionalGids/1: 3 is not mapped"},
                {"{\"process\":{\"user\":{\"additionalGids\":[0]}}}",
                 "/process/user/additionalGids: denied in the user namespace"},
                {"{\"process\":{\"oomScoreAdj\":-1000}}", "/process/oomScoreAdj: -1000: Permission denied"},
                {"{\"process\":{\"rlimits\":[{\"type\":\"RLIMIT_NOFILE\",\"soft\":2000000,"
                 "\"hard\":2000000}]}}",
                 "/process/rlimits/0/hard: "},
                {"{\"linux\":{\"cgroupsPath\":\"/rootless\"}}", "can't be made: Permission denied"},
                {"{\"linux\":{\"namespaces\":[{\"type\":\"mount\"},{\"type\":\"user\"},{\"type\":\"ipc\"},"
                 "{\"type\":\"uts\"}]}}",
                 "/linux/namespaces: without a cgroup the container needs a new pid namespace"},
                {"{\"linux\":{\"namespaces\":[{\"type\":\"mount\"},{\"type\":\"user\"},{\"type\":\"uts\"},"
                 "{\"type\":\"pid\"},{\"type\":\"network\",\"path\":\"/proc/1/ns/net\"}]}}",
                 "/linux/namespaces/4/path: "},
                {"{\"mounts\":[{\"destination\":\"/tmp\",\"type\":\"bind\",\"source\":\"/"
                 "tmp\",\"options\":[\"idmap\"]}]}",
                 "/mounts/0: only root can map the ids of a mount"},
                {"{\"mounts\":[{\"destination\":\"/sys\",\"type\":\"sysfs\"}]}",
                 "/mounts/0/type: sysfs (in a user namespace it needs a new network namespace"},
        };

        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
                assert_refused(*state, rows[i].merge, rows[i].what);
}

static void rootless_option__decides_about_cgroups(void **state)
{
        struct lab *lab = *state;

        ordinary_config(lab, ARGS("true"));
        assert_int_equal(RUN(lab, "--rootless", "true", "run", "-b", lab->bundle, lab->id, NULL)->code, 0);
        struct result *r = RUN(lab, "--rootless=false", "run", "-b", lab->bundle, lab->id, NULL);
        assert_int_equal(r->code, 1);
        assert_non_null(strstr(r->err, "can't be made: Permission denied"));
        assert_true(lab_clean(lab));
}

/* --- where the state is kept --- */

/*
 * labrun without --root, which the fixture always gives: by way of env(1). A copy of it, since the user may not enter the
 * folder that it was built in.
 */
static int bare(const struct lab *lab, const char *runtime, const char *arguments, char *out, size_t size)
{
        char command[1024], file[128], program[128];

        snprintf(file, sizeof(file), "%s/bare", lab->dir);
        snprintf(program, sizeof(program), "%s/program", lab->dir);
        snprintf(command, sizeof(command), "install -m 755 %s %s", LABRUN, program);
        assert_int_equal(system(command), 0);
        snprintf(command, sizeof(command), "%s env -u XDG_RUNTIME_DIR %s%s %s %s >%s 2>&1",
                 geteuid() == 0 ? "setpriv --reuid 61234 --regid 61234 --clear-groups" : "",
                 runtime ? "XDG_RUNTIME_DIR=" : "", runtime ? runtime : "", program, arguments, file);
        int code = system(command);
        snprintf(out, size, "%s", lab_read(file));
        return code < 0 ? -1 : code >> 8;
}

static void root__ordinary_user__by_xdg_runtime_dir(void **state)
{
        struct lab *lab = *state;
        char out[1024], path[256], arguments[256];
        struct stat st;

        assert_int_equal(bare(lab, NULL, "list", out, sizeof(out)), 1);
        assert_string_equal(out, "labrun: root: $XDG_RUNTIME_DIR: not set; --root says where the containers' "
                                 "states are kept: No such file or directory\n");
        assert_int_equal(bare(lab, "run/user", "list", out, sizeof(out)), 1);
        assert_non_null(strstr(out, "not an absolute path"));
        assert_int_equal(bare(lab, "/nonexistent", "list", out, sizeof(out)), 1);
        assert_non_null(strstr(out, "/nonexistent/labrun"));
        ordinary_config(lab, ARGS("true"));
        snprintf(arguments, sizeof(arguments), "create -b %s %s", lab->bundle, lab->id);
        assert_int_equal(bare(lab, lab->dir, arguments, out, sizeof(out)), 0);
        snprintf(path, sizeof(path), "%s/labrun", lab->dir);
        assert_int_equal(stat(path, &st), 0);
        assert_int_equal(st.st_mode & 07777, 01700);
        snprintf(path, sizeof(path), "%s/labrun/%s", lab->dir, lab->id);
        assert_int_equal(stat(path, &st), 0);
        snprintf(arguments, sizeof(arguments), "delete --force %s", lab->id);
        assert_int_equal(bare(lab, lab->dir, arguments, out, sizeof(out)), 0);
        assert_int_equal(stat(path, &st), -1);
        assert_true(lab_clean(lab));
}

/* --- CLEAN --- */

static void create__killed_at_moments__delete_force_cleans(void **state)
{
        struct lab *lab = *state;
        struct timespec pause = {.tv_nsec = 20000000};

        ordinary_config(lab, ARGS("sleep 100"));
        for (int i = 0; i < 24; i++) {
                lab_before_exec(ordinary_become, NULL);
                pid_t pid = lab_spawn(lab, "create", "-b", lab->bundle, lab->id, NULL);
                usleep((useconds_t)i * 1000);
                kill(pid, SIGKILL);
                (void)lab_wait(pid);
                assert_int_equal(RUN(lab, "delete", "--force", lab->id, NULL)->code, 0);
                bool clean = false;
                for (int k = 0; k < 50 && !clean; k++, nanosleep(&pause, NULL))
                        clean = lab_clean(lab);
                assert_true(clean);
        }
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, ordinary_setup, ordinary_teardown)
        const struct CMUnitTest tests[] = {
                T(run__spec_rootless__root_of_one_id),
                T(run__files_made__are_the_users),
                T(run__no_id_but_its_own__can_be_taken),
                T(create__held_init__is_undumpable_and_mapped),
                T(commands__ordinary_user__whole_life),
                T(exec__with_an_oom_score__has_it),
                T(exec__before_start__refused_and_then_not),
                T(run__subordinate_ids__mapped_by_the_helpers),
                T(run__ids_of_others__refused_by_the_helpers),
                T(helper__of_the_path__is_given_nothing),
                T(config__what_an_ordinary_user_may_not__refused_with_pointer),
                T(rootless_option__decides_about_cgroups),
                T(root__ordinary_user__by_xdg_runtime_dir),
                T(create__killed_at_moments__delete_force_cleans),
        };

        if (ordinary_begin() < 0)
                return 1;
        return cmocka_run_group_tests(tests, NULL, NULL);
}
