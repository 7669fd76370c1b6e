/* User namespaces as root: made, joined, and what a config may ask of them. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#include <jansson.h>

#include "tests/labrun/fixture.h"

#define BASE 800000
#define MAP(base) "[{\"containerID\":0,\"hostID\":" #base ",\"size\":1000}]"
#define MAPS(base) "\"uidMappings\":" MAP(base) ",\"gidMappings\":" MAP(base)
#define SCRIPT "\"args\":[\"/bin/sh\",\"/tmp/script\"]"
#define NS(more) "\"namespaces\":[{\"type\":\"mount\"},{\"type\":\"ipc\"}" more "]"
#define NEW ",{\"type\":\"user\"}"
#define PID ",{\"type\":\"pid\"}"
#define UTS ",{\"type\":\"uts\"}"
#define NET ",{\"type\":\"network\"}"
#define STATUS "grep -E '^(Uid|Gid|Groups|Cap)' /proc/self/status | tr '\\t' ' '"

static const char caps[] = "CapInh: 0000000000000000\nCapPrm: 0000000020000420\nCapEff: 0000000020000420\n"
                           "CapBnd: 0000000020000420\nCapAmb: 0000000000000000\n";

/* Root of a user namespace can make nothing in a rootfs that is not his: the mount points are there. */
static int setup(void **state)
{
        static const char *const dirs[] = {"proc", "sys", "dev"};
        int r = lab_setup(state);

        for (size_t i = 0; r == 0 && i < 3; i++) {
                const struct lab *lab = *state;
                char path[256];
                snprintf(path, sizeof(path), "%s/%s", lab->rootfs, dirs[i]);
                r = mkdir(path, 0755);
        }
        return r;
}

static void assert_prints(struct lab *lab, const char *merge, const char *script, const char *text)
{
        struct result *r;

        lab_config(lab, merge);
        lab_file(lab, "/tmp/script", script, 0755);
        r = lab_run(lab, "run", "-b", lab->bundle, lab->id, NULL);
        if (r->code || strcmp(r->out, text) != 0)
                print_message("exit %d\nstdout: %s\nstderr: %s\n", r->code, r->out, r->err);
        assert_int_equal(r->code, 0);
        assert_string_equal(r->out, text);
        assert_true(lab_clean(lab));
}

static void assert_refused(struct lab *lab, const char *merge, const char *what)
{
        struct result *r;

        lab_config(lab, merge);
        r = lab_run(lab, "run", "-b", lab->bundle, lab->id, NULL);
        if (r->code != 1 || !strstr(r->err, what))
                print_message("%s: exit %d: %s\n", merge, r->code, r->err);
        assert_int_equal(r->code, 1);
        assert_non_null(strstr(r->err, what));
        assert_true(lab_clean(lab));
}

/* --- a new one --- */

static void run__new__mapped_root_with_the_configured_caps(void **state)
{
        char text[512];

        lab_need_root();
        snprintf(text, sizeof(text),
                 "         0     %d       1000\n         0     %d       1000\nallow\n"
                 "Uid: 0 0 0 0\nGid: 0 0 0 0\nGroups:  \n%s",
                 BASE, BASE, caps);
        assert_prints(*state,
                      "{\"process\":{" SCRIPT "},\"linux\":{" MAPS(800000) "," NS(NEW PID UTS NET) "}}",
                      "cd /proc/self; cat uid_map gid_map setgroups; " STATUS, text);
}

static void run__new__user_groups_and_files_are_mapped(void **state)
{
        struct lab *lab = *state;
        char path[256];
        struct stat st;

        lab_need_root();
        snprintf(path, sizeof(path), "%s/tmp", lab->rootfs);
        chmod(path, 0777);
        assert_prints(
                lab,
                "{\"root\":{\"readonly\":false},\"process\":{" SCRIPT
                ",\"user\":{\"uid\":5,\"gid\":6,\"additionalGids\":[7,8]}},\"linux\":{" MAPS(800000) "," NS(
                        NEW PID UTS NET) "}}",
                "grep -E '^(Uid|Gid|Groups|CapEff)' /proc/self/status | tr '\\t' ' '; echo x >/tmp/made",
                "Uid: 5 5 5 5\nGid: 6 6 6 6\nGroups: 7 8 \nCapEff: 0000000000000000\n");
        snprintf(path, sizeof(path), "%s/tmp/made", lab->rootfs);
        assert_int_equal(stat(path, &st), 0);
        assert_int_equal(st.st_uid, BASE + 5);
        assert_int_equal(st.st_gid, BASE + 6);
}

/* mknod(2) is refused in there: the devices are the host's, bound. Own proc, sysfs and cgroup mounts work. */
static void run__new__devices_and_mounts_are_usable(void **state)
{
        lab_need_root();
        assert_prints(
                *state,
                "{\"process\":{" SCRIPT
                "},\"linux\":{" MAPS(800000) "," NS(NEW PID UTS NET ",{\"type\":\"cgroup\"}") "}}",
                "stat -c '%t:%T' /dev/null /dev/zero /dev/tty | tr '\\n' ' '; echo x >/dev/null && echo w;"
                "grep -c ' /proc proc ' /proc/mounts; grep -c ' /sys sysfs ro' /proc/mounts;"
                "ls /sys/class/net; cat /proc/keys /proc/timer_list | grep -c .;"
                "echo 1 2>/dev/null >/proc/sys/kernel/panic || echo ro; hostname;"
                "grep -c lt- /proc/self/cgroup || :",
                "1:3 1:5 5:0 w\n1\n1\nlo\n0\nro\nlabrun\n0\n");
}

static void run__new_with_time_namespace__offsets_are_set(void **state)
{
        char text[128];

        lab_need_root();
        snprintf(text, sizeof(text), "monotonic        5000         7\nboottime         9000         0\n");
        assert_prints(*state,
                      "{\"process\":{" SCRIPT "},\"linux\":{" MAPS(800000) "," NS(
                              NEW PID UTS NET ",{\"type\":\"time\"}") ","
                                                                      "\"timeOffsets\":{\"monotonic\":{"
                                                                      "\"secs\":5000,\"nanosecs\":7},"
                                                                      "\"boottime\":{\"secs\":9000}}}}",
                      "cat /proc/self/timens_offsets", text);
        assert_prints(*state,
                      "{\"process\":{" SCRIPT "},\"linux\":{" NS(
                              PID UTS NET
                              ",{\"type\":\"time\"}") ","
                                                      "\"timeOffsets\":{\"boottime\":{\"secs\":9000}}}}",
                      "cat /proc/self/timens_offsets",
                      "monotonic           0         0\nboottime         9000         0\n");
}

static void config__contradictions__refused_with_pointer(void **state)
{
        static const struct {
                const char *merge, *what;
        } rows[] = {
                {"{\"linux\":{" NS(NEW PID UTS) "}}",
                 "/linux/uidMappings: a new user namespace needs mappings"},
                {"{\"linux\":{\"uidMappings\":" MAP(1) "," NS(NEW PID UTS) "}}",
                 "/linux/gidMappings: a new user namespace needs mappings"},
                {"{\"linux\":{" MAPS(1) "}}", "/linux/uidMappings: needs a user namespace"},
                {"{\"linux\":{\"gidMappings\":" MAP(1) ",\"uidMappings\":[{\"containerID\":1,\"hostID\":1,"
                                                       "\"size\":5}]," NS(NEW PID UTS) "}}",
                 "/linux/uidMappings: id 0 is not mapped"},
                {"{\"linux\":{\"uidMappings\":" MAP(
                         1) ",\"gidMappings\":[{\"containerID\":0,\"hostID\":1,"
                            "\"size\":5},{\"containerID\":4,\"hostID\":90,\"size\":1}]," NS(NEW PID UTS) "}}",
                 "/linux/gidMappings/1/containerID: overlaps the range 0"},
                {"{\"linux\":{\"gidMappings\":" MAP(
                         1) ",\"uidMappings\":[{\"containerID\":0,\"hostID\":1,"
                            "\"size\":5},{\"containerID\":5,\"hostID\":5,\"size\":1}]," NS(NEW PID UTS) "}}",
                 "/linux/uidMappings/1/hostID: overlaps the range 0"},
                {"{\"process\":{\"user\":{\"uid\":1000}},\"linux\":{" MAPS(1) "," NS(NEW PID UTS) "}}",
                 "/process/user/uid: 1000 is not mapped by /linux/uidMappings"},
                {"{\"process\":{\"user\":{\"gid\":1000}},\"linux\":{" MAPS(1) "," NS(NEW PID UTS) "}}",
                 "/process/user/gid: 1000 is not mapped by /linux/gidMappings"},
                {"{\"process\":{\"user\":{\"additionalGids\":[0,1001]}},\"linux\":{" MAPS(1) "," NS(
                         NEW PID UTS) "}}",
                 "/process/user/additionalGids/1: 1001 is not mapped by /linux/gidMappings"},
                {"{\"linux\":{" MAPS(800000) "," NS(NEW PID UTS) "}}",
                 "/mounts/5/type: sysfs (in a user namespace it needs a new network namespace"},
                {"{\"linux\":{" MAPS(800000) "," NS(NEW UTS NET) "}}",
                 "/mounts/0: proc at /proc (in a user namespace it needs a new pid namespace"},
                {"{\"linux\":{" NS(",{\"type\":\"user\",\"path\":\"/proc/self/ns/net\"}" PID UTS NET) "}}",
                 "/linux/namespaces/2/path: /proc/self/ns/net is a namespace of another type than user"},
                {"{\"linux\":{" NS(",{\"type\":\"user\",\"path\":\"/proc/self/ns/user\"}" PID UTS NET) "}}",
                 "/linux/namespaces/2/path: joining the user namespace /proc/self/ns/user"},
                {"{\"linux\":{" NS(",{\"type\":\"user\",\"path\":\"/nonexistent\"}" PID UTS NET) "}}",
                 "/linux/namespaces/2/path: /nonexistent: No such file or directory"},
        };

        lab_need_root();
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
                assert_refused(*state, rows[i].merge, rows[i].what);
}

static void config__too_many_ranges__refused_with_pointer(void **state)
{
        json_t *maps = json_array(), *o;

        lab_need_root();
        for (int i = 0; i < 341; i++)
                json_array_append_new(
                        maps, json_pack("{s:i,s:i,s:i}", "containerID", i, "hostID", BASE + i, "size", 1));
        o = json_pack("{s:{s:o,s:[{s:i,s:i,s:i}],s:[{s:s},{s:s},{s:s},{s:s}]}}", "linux", "uidMappings", maps,
                      "gidMappings", "containerID", 0, "hostID", 1, "size", 1, "namespaces", "type", "mount",
                      "type", "user", "type", "uts", "type", "pid");
        char *text = json_dumps(o, 0);
        assert_refused(*state, text, "/linux/uidMappings: ");
        free(text);
        json_decref(o);
}

/* --- one that is there --- */

struct other {
        pid_t pid;
        int base;
};

static void write_text(const char *path, const char *text)
{
        int fd = open(path, O_WRONLY | O_CLOEXEC);

        assert_true(fd >= 0);
        assert_int_equal(write(fd, text, strlen(text)), strlen(text));
        close(fd);
}

static void map_other(pid_t pid, int base)
{
        char path[64], text[64];

        for (int i = 0; i < 2; i++) {
                snprintf(path, sizeof(path), "/proc/%d/%s", pid, i ? "gid_map" : "uid_map");
                snprintf(text, sizeof(text), "0 %d 1000", base);
                write_text(path, text);
        }
}

/* A process in namespaces of its own; with a base its user namespace is mapped. It ends with this program. */
static pid_t make_other(int flags, int base)
{
        int p[2];
        char c;

        assert_int_equal(pipe2(p, O_CLOEXEC), 0);
        pid_t parent = getpid(), pid = fork();
        if (pid == 0) {
                if (unshare(flags) < 0 || write(p[1], "x", 1) != 1)
                        _exit(1);
                while (getppid() == parent)
                        usleep(100000);
                _exit(0);
        }
        assert_int_equal(read(p[0], &c, 1), 1);
        close(p[0]);
        close(p[1]);
        if ((flags & CLONE_NEWUSER) && base)
                map_other(pid, base);
        return pid;
}

static void end_other(pid_t pid)
{
        kill(pid, SIGKILL);
        waitpid(pid, NULL, 0);
}

static const char *link_of(pid_t pid, const char *ns)
{
        static char text[4][64];
        static int at;
        char path[64];

        at = (at + 1) % 4;
        snprintf(path, sizeof(path), "/proc/%d/ns/%s", pid, ns);
        ssize_t n = readlink(path, text[at], sizeof(text[at]) - 1);
        text[at][n < 0 ? 0 : n] = '\0';
        return text[at];
}

#define JOIN ",{\"type\":\"user\",\"path\":\"/proc/%d/ns/user\"}"

static void run__joined__is_root_there_and_owns_its_own(void **state)
{
        char merge[1024], text[512];
        pid_t other;

        lab_need_root();
        other = make_other(CLONE_NEWUSER, BASE + 5000);
        snprintf(merge, sizeof(merge), "{\"process\":{" SCRIPT "},\"linux\":{" NS(JOIN PID UTS NET) "}}",
                 other);
        snprintf(text, sizeof(text),
                 "%s\n         0     %d       1000\nUid: 0 0 0 0\nGid: 0 0 0 0\nGroups:  \n%slabrun\n",
                 link_of(other, "user"), BASE + 5000, caps);
        assert_prints(*state, merge,
                      "readlink /proc/self/ns/user; cat /proc/self/uid_map; " STATUS "; hostname", text);
        end_other(other);
}

/* Some config generators write a mapping beside the path, for runtimes that want to see one. */
static void run__joined_with_mappings__the_namespaces_own_count(void **state)
{
        char merge[1024], text[128];
        pid_t other;

        lab_need_root();
        other = make_other(CLONE_NEWUSER, BASE + 6000);
        snprintf(merge, sizeof(merge),
                 "{\"process\":{" SCRIPT "},\"linux\":{" MAPS(0) "," NS(JOIN PID UTS NET) "}}", other);
        snprintf(text, sizeof(text), "         0     %d       1000\n", BASE + 6000);
        assert_prints(*state, merge, "cat /proc/self/uid_map", text);
        end_other(other);
}

static void run__joined_without_id_0__refused_with_pointer(void **state)
{
        char merge[512], path[64];
        pid_t other;

        lab_need_root();
        other = make_other(CLONE_NEWUSER, 0);
        snprintf(path, sizeof(path), "/proc/%d/uid_map", other);
        write_text(path, "5 1 1");
        snprintf(merge, sizeof(merge), "{\"linux\":{" NS(JOIN PID UTS NET) "}}", other);
        assert_refused(*state, merge, "/linux/namespaces/2: becoming root in it: id 0 is not mapped there");
        end_other(other);
}

static void take_groups(void *arg)
{
        static const gid_t groups[] = {0, 4, 42};

        (void)arg;
        if (setgroups(3, groups) < 0)
                _exit(99);
}

/* They would be the host's, and nobody inside could drop them. */
static void run__joined_where_setgroups_is_denied__groups_dropped_before(void **state)
{
        struct lab *lab = *state;
        struct result *r;
        char merge[1024], path[64];
        pid_t other;

        lab_need_root();
        other = make_other(CLONE_NEWUSER, 0);
        snprintf(path, sizeof(path), "/proc/%d/setgroups", other);
        write_text(path, "deny");
        map_other(other, BASE + 6500);
        snprintf(merge, sizeof(merge),
                 "{\"process\":{\"args\":[\"/bin/grep\",\"Groups\",\"/proc/self/status\"]},"
                 "\"linux\":{" NS(JOIN PID UTS NET) "}}",
                 other);
        lab_config(lab, merge);
        lab_before_exec(take_groups, NULL);
        r = lab_run(lab, "run", "-b", lab->bundle, lab->id, NULL);
        assert_string_equal(r->err, "");
        assert_string_equal(r->out, "Groups:\t \n");
        end_other(other);
}

/* With the privileges of labrun first, then with those of the user namespace: see stage.h. */
static void run__joined_with_others__host_owned_and_owned_by_it(void **state)
{
        char merge[1024], text[256];
        pid_t other, host;

        lab_need_root();
        other = make_other(CLONE_NEWUSER | CLONE_NEWUTS | CLONE_NEWIPC, BASE + 7000);
        host = make_other(CLONE_NEWNET, 0);
        snprintf(merge, sizeof(merge),
                 "{\"process\":{" SCRIPT
                 "},\"mounts\":[{\"destination\":\"/proc\",\"type\":\"proc\"},{\"destination\":\"/"
                 "dev\",\"type\":\"tmpfs\"}],"
                 "\"hostname\":\"\",\"linux\":{\"namespaces\":[{\"type\":\"mount\"},{\"type\":\"pid\"}" JOIN
                 ",{\"type\":\"uts\",\"path\":\"/proc/%d/ns/uts\"},{\"type\":\"ipc\",\"path\":\"/proc/%d/ns/"
                 "ipc\"},"
                 "{\"type\":\"network\",\"path\":\"/proc/%d/ns/net\"}]}}",
                 other, other, other, host);
        snprintf(text, sizeof(text), "%s\n%s\n%s\n%s\n", link_of(other, "user"), link_of(other, "uts"),
                 link_of(other, "ipc"), link_of(host, "net"));
        assert_prints(*state, merge, "cd /proc/self/ns; for n in user uts ipc net; do readlink $n; done",
                      text);
        end_other(other);
        end_other(host);
}

static void run__new_beside_a_host_owned_one__both(void **state)
{
        char merge[1024], text[128];
        pid_t host;

        lab_need_root();
        host = make_other(CLONE_NEWNET, 0);
        snprintf(merge, sizeof(merge),
                 "{\"process\":{" SCRIPT
                 "},\"mounts\":[{\"destination\":\"/proc\",\"type\":\"proc\"},{\"destination\":\"/"
                 "dev\",\"type\":\"tmpfs\"}],"
                 "\"linux\":{" MAPS(800000) "," NS(
                         NEW PID UTS ",{\"type\":\"network\",\"path\":\"/proc/%d/ns/net\"}") "}}",
                 host);
        snprintf(text, sizeof(text), "%s\n         0     %d       1000\n", link_of(host, "net"), BASE);
        assert_prints(*state, merge, "readlink /proc/self/ns/net; cat /proc/self/uid_map", text);
        end_other(host);
}

/* The joined pid namespace is init's, not labrun's: what that starts afterwards is not in there. */
static void run__pid_namespace_joined__by_init_alone(void **state)
{
        char merge[1024], text[128], path[64], *end;
        pid_t holder, inner = 0;

        lab_need_root();
        holder = fork();
        if (holder == 0) {
                if (unshare(CLONE_NEWPID) < 0)
                        _exit(1);
                inner = fork();
                while (inner == 0)
                        pause();
                waitpid(inner, NULL, 0);
                _exit(0);
        }
        snprintf(path, sizeof(path), "/proc/%d/task/%d/children", holder, holder);
        for (int i = 0; i < 5000 && inner <= 0; i++, usleep(1000))
                inner = (pid_t)strtol(lab_read(path), &end, 10);
        assert_true(inner > 0);
        snprintf(merge, sizeof(merge),
                 "{\"process\":{" SCRIPT
                 "},\"linux\":{" NS(UTS ",{\"type\":\"pid\",\"path\":\"/proc/%d/ns/pid\"}") "}}",
                 inner);
        snprintf(text, sizeof(text), "%s\n1\n", link_of(inner, "pid"));
        assert_prints(*state, merge, "readlink /proc/self/ns/pid; ls -d /proc/1 | grep -c .", text);
        kill(inner, SIGKILL);
        waitpid(holder, NULL, 0);
}

/* --- mounts whose ids are mapped --- */

#define VOLUME                                                                                          \
        "\"mounts\":[{\"destination\":\"/proc\",\"type\":\"proc\"},{\"destination\":\"/dev\",\"type\":" \
        "\"tmpfs\"},{\"destination\":\"/volume\",\"type\":\"bind\",\"source\":\"volume\","
#define LOOK "stat -c '%u:%g' /volume/file; echo x >/volume/new && stat -c '%u:%g' /volume/new"

/* On a tmpfs of its own, in this program's mount namespace: not every /tmp can have its ids mapped. */
static void make_volume(struct lab *lab, char *path, size_t size)
{
        snprintf(path, size, "%s/volume", lab->rootfs);
        mkdir(path, 0755);
        snprintf(path, size, "%s/volume", lab->bundle);
        if (mkdir(path, 0755) == 0)
                assert_int_equal(mount("tmpfs", path, "tmpfs", 0, "mode=0755"), 0);
        strcat(path, "/file");
        close(open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0644));
        assert_int_equal(chown(path, 5, 6), 0);
        *strrchr(path, '/') = '\0';
}

static void run_volume(struct lab *lab, const char *merge, const char *text)
{
        struct result *r;

        lab_config(lab, merge);
        lab_file(lab, "/tmp/script", LOOK, 0755);
        r = lab_run(lab, "run", "-b", lab->bundle, lab->id, NULL);
        assert_string_equal(r->err, "");
        assert_string_equal(r->out, text);
}

/* The ids on disk are those in the container, whatever the host ids of its user namespace are. */
static void run__idmapped_volume__ids_of_the_disk(void **state)
{
        struct lab *lab = *state;
        char path[256], file[300], merge[1024];
        struct stat st;
        pid_t other;

        lab_need_root();
        make_volume(lab, path, sizeof(path));
        snprintf(file, sizeof(file), "%s/new", path);
        run_volume(lab,
                   "{\"process\":{" SCRIPT "}," VOLUME "\"options\":[\"rbind\",\"idmap\"]}],\"linux\":{" MAPS(
                           800000) "," NS(NEW PID UTS NET) "}}",
                   "5:6\n0:0\n");
        assert_int_equal(stat(file, &st), 0);
        assert_true(st.st_uid == 0 && st.st_gid == 0);
        unlink(file);
        other = make_other(CLONE_NEWUSER, BASE + 3000);
        snprintf(merge, sizeof(merge),
                 "{\"process\":{" SCRIPT "}," VOLUME
                 "\"options\":[\"bind\",\"ridmap\"]}],\"linux\":{" NS(JOIN PID UTS NET) "}}",
                 other);
        run_volume(lab, merge, "5:6\n0:0\n");
        assert_int_equal(stat(file, &st), 0);
        assert_true(st.st_uid == 0 && st.st_gid == 0);
        end_other(other);
        assert_int_equal(umount2(path, MNT_DETACH), 0);
        assert_true(lab_clean(lab));
}

static void run__volume_with_its_own_mappings__by_them(void **state)
{
        struct lab *lab = *state;
        char path[256];

        lab_need_root();
        make_volume(lab, path, sizeof(path));
        run_volume(lab,
                   "{\"process\":{" SCRIPT ",\"user\":{\"uid\":7000,\"gid\":7000}}," VOLUME
                   "\"options\":[\"bind\"],\"uidMappings\":" MAP(7000) ",\"gidMappings\":" MAP(7000) "}]}",
                   "7005:7006\n7000:7000\n");
        assert_int_equal(umount2(path, MNT_DETACH), 0);
}

static void run__ids_that_cannot_be_mapped__refused_with_pointer(void **state)
{
        lab_need_root();
#define USERNS "\"linux\":{" MAPS(800000) "," NS(NEW PID UTS NET) "}}"
        assert_refused(*state, "{" VOLUME "\"options\":[\"bind\",\"idmap\"]}]," USERNS,
                       "/mounts/2/source: volume: No such file or directory");
        assert_refused(
                *state,
                "{\"mounts\":[{\"destination\":\"/tmp\",\"type\":\"tmpfs\",\"options\":[\"idmap\"]}]," USERNS,
                "/mounts/0: only the ids of a bind mount can be mapped");
        assert_refused(*state,
                       "{\"mounts\":[{\"destination\":\"/tmp\",\"type\":\"bind\",\"source\":\"/proc/sys\","
                       "\"options\":[\"idmap\"]}]," USERNS,
                       "/mounts/0: mapping the ids of /proc/sys: its file system can't");
        assert_refused(*state,
                       "{\"mounts\":[{\"destination\":\"/tmp\",\"type\":\"bind\",\"source\":\"/tmp\","
                       "\"uidMappings\":[{\"containerID\":0,\"hostID\":0,\"size\":9},"
                       "{\"containerID\":5,\"hostID\":50,\"size\":9}],\"gidMappings\":" MAP(1) "}]," USERNS,
                       "/mounts/0/uidMappings/1/containerID: overlaps the range 0");
}

/* --- init while it waits --- */

static void check_held(struct lab *lab)
{
        char path[64], link[256];
        struct stat st;
        struct dirent *e;
        int pid = atoi(lab_state(lab, "pid"));

        assert_true(pid > 0);
        snprintf(path, sizeof(path), "/proc/%d/environ", pid); /* root's, of whom is not dumpable */
        assert_int_equal(stat(path, &st), 0);
        assert_int_equal(st.st_uid, 0);
        snprintf(path, sizeof(path), "/proc/%d/status", pid);
        assert_non_null(strstr(lab_read(path), "\nCapInh:\t0000000000000000\nCapPrm:\t0000000020000420\n"));
        snprintf(path, sizeof(path), "/proc/%d/fd", pid);
        DIR *d = opendir(path);
        assert_non_null(d);
        while ((e = readdir(d))) {
                ssize_t n = readlinkat(dirfd(d), e->d_name, link, sizeof(link) - 1);
                if (n < 0)
                        continue;
                link[n] = '\0';
                if (strncmp(link, "pipe:", 5) != 0 && strcmp(link, "/dev/null") != 0 &&
                    !strstr(link, ".fifo") && !strstr(link, "memfd:"))
                        fail_msg("init holds %s: %s", e->d_name, link);
        }
        closedir(d);
}

static void create__held_init__is_undumpable_without_fds_of_the_host(void **state)
{
        struct lab *lab = *state;
        char merge[1024];
        pid_t other;

        lab_need_root();
        other = make_other(CLONE_NEWUSER, BASE + 8000);
        for (int joined = 0; joined < 2; joined++) {
                if (joined)
                        snprintf(merge, sizeof(merge), "{\"linux\":{" NS(JOIN PID UTS NET) "}}", other);
                else
                        snprintf(merge, sizeof(merge),
                                 "{\"linux\":{" MAPS(800000) "," NS(NEW PID UTS NET) "}}");
                lab_config(lab, merge);
                assert_int_equal(lab_run(lab, "create", "-b", lab->bundle, lab->id, NULL)->code, 0);
                check_held(lab);
                assert_int_equal(lab_run(lab, "delete", "--force", lab->id, NULL)->code, 0);
                assert_true(lab_clean(lab));
        }
        end_other(other);
}

static void create__joined_killed_at_moments__delete_force_cleans(void **state)
{
        struct lab *lab = *state;
        struct timespec pause = {.tv_nsec = 20000000};
        char merge[512];
        pid_t other;

        lab_need_root();
        other = make_other(CLONE_NEWUSER, BASE + 9000);
        snprintf(merge, sizeof(merge), "{\"linux\":{" NS(JOIN PID UTS NET) "}}", other);
        lab_config(lab, merge);
        for (int i = 0; i < 24; i++) {
                pid_t pid = lab_spawn(lab, "create", "-b", lab->bundle, lab->id, NULL);
                usleep((useconds_t)i * 1000);
                kill(pid, SIGKILL);
                (void)lab_wait(pid);
                assert_int_equal(lab_run(lab, "delete", "--force", lab->id, NULL)->code, 0);
                bool clean = false;
                for (int k = 0; k < 50 && !clean; k++, nanosleep(&pause, NULL))
                        clean = lab_clean(lab);
                assert_true(clean);
        }
        end_other(other);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, lab_teardown)
        const struct CMUnitTest tests[] = {
                T(run__new__mapped_root_with_the_configured_caps),
                T(run__new__user_groups_and_files_are_mapped),
                T(run__new__devices_and_mounts_are_usable),
                T(run__new_with_time_namespace__offsets_are_set),
                T(config__contradictions__refused_with_pointer),
                T(config__too_many_ranges__refused_with_pointer),
                T(run__joined__is_root_there_and_owns_its_own),
                T(run__joined_with_mappings__the_namespaces_own_count),
                T(run__joined_without_id_0__refused_with_pointer),
                T(run__joined_where_setgroups_is_denied__groups_dropped_before),
                T(run__joined_with_others__host_owned_and_owned_by_it),
                T(run__new_beside_a_host_owned_one__both),
                T(run__pid_namespace_joined__by_init_alone),
                T(run__idmapped_volume__ids_of_the_disk),
                T(run__volume_with_its_own_mappings__by_them),
                T(run__ids_that_cannot_be_mapped__refused_with_pointer),
                T(create__held_init__is_undumpable_without_fds_of_the_host),
                T(create__joined_killed_at_moments__delete_force_cleans),
        };
        /* volumes are mounted: for nobody else */
        if (geteuid() == 0 &&
            (unshare(CLONE_NEWNS) < 0 || mount("", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)) {
                perror("a mount namespace of our own");
                return 1;
        }
        return cmocka_run_group_tests(tests, NULL, NULL);
}
