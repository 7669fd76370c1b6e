/*
 * EXE-SEALED: a container that sees a /proc/PID/exe of the runtime, root of it with CAP_SYS_ADMIN among the
 * attackers, can't write the host's binary. Each attack is also made on an executable that is not sealed, or
 * badly, where it has to succeed: only so does its failure mean something. All of it on a copy of labrun.
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

#include "tests/labrun/fixture.h"

#define OWNER 1234 /* owns the copy of labrun, and is nobody else */
/* without CAP_SETFCAP 0 can't be mapped to 0 in a user namespace */
#define ADMIN                                                                                            \
        "\"CAP_SYS_ADMIN\",\"CAP_SYS_PTRACE\",\"CAP_DAC_OVERRIDE\",\"CAP_SETUID\",\"CAP_SETGID\",\"CAP_" \
        "SETFCAP\""
#define PTRACE "\"CAP_SYS_PTRACE\",\"CAP_SETFCAP\""

#define ALL_SEALS (F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE)

/* "auto" is "bind" for root. */
static const char *const ways[] = {"auto", "overlay", "memfd"};
#define N_WAYS (sizeof(ways) / sizeof(ways[0]))

struct battle {
        struct lab *lab;    /* the attacker's container */
        struct lab *victim; /* another container */
        char labrun[128];   /* the copy that is attacked */
        off_t size;
};

/* Another labrun to be tested, if there is one. */
static const char *tested(void)
{
        const char *other = getenv("LABRUN_TESTED");

        return other ? other : LABRUN;
}

static int setup(void **state)
{
        struct battle *b = calloc(1, sizeof(*b));
        void *lab = NULL, *victim = NULL;
        char path[512];

        if (!b || lab_setup(&lab) < 0 || lab_setup(&victim) < 0)
                return -1;
        b->lab = lab, b->victim = victim;
        snprintf(b->labrun, sizeof(b->labrun), "%s/labrun", b->lab->dir);
        snprintf(path, sizeof(path), "cp %s %s && cp %s %s/attacker", tested(), b->labrun, ATTACKER,
                 b->lab->rootfs);
        if (system(path) != 0)
                return -1;
        struct stat st;
        if (stat(b->labrun, &st) < 0)
                return -1;
        b->size = st.st_size;
        *state = b;
        return 0;
}

static int teardown(void **state)
{
        struct battle *b = *state;
        void *lab = b->lab, *victim = b->victim;

        lab_program = NULL; /* the copy goes with its folder */
        lab_teardown(&lab);
        lab_teardown(&victim);
        free(b);
        return 0;
}

static void prepare(struct lab *lab)
{
        char path[512];

        snprintf(path, sizeof(path), "%s/d", lab->rootfs);
        (void)mkdir(path, 0777);
        chmod(path, 0777);
        for (const char *const *name = (const char *const[]){"report", "go", "target", NULL}; *name; name++) {
                snprintf(path, sizeof(path), "%s/d/%s", lab->rootfs, *name);
                unlink(path);
        }
        snprintf(path, sizeof(path), "%s/d/go", lab->rootfs);
        assert_int_equal(mkfifo(path, 0666), 0);
        chmod(path, 0666);
        lab_file(lab, "/d/target", "", 0666);
}

/* A payload with these capabilities, seeing the host's processes. */
static void configure_args(struct lab *lab, const char *args, const char *caps, unsigned uid)
{
        char json[2048];

        snprintf(json, sizeof(json),
                 "{\"root\":{\"readonly\":false},\"process\":{\"noNewPrivileges\":false,"
                 "\"user\":{\"uid\":%u,\"gid\":%u},\"args\":[%s],"
                 "\"capabilities\":{\"bounding\":[%s],\"effective\":[%s],\"permitted\":[%s]}},"
                 "\"linux\":{\"namespaces\":[{\"type\":\"mount\"},{\"type\":\"ipc\"},{\"type\":\"uts\"}]}}",
                 uid, uid, args, caps, caps, caps);
        lab_config(lab, json);
        prepare(lab);
}

static void configure(struct lab *lab, const char *link, const char *caps, unsigned uid)
{
        char args[128];

        snprintf(args, sizeof(args), "\"/attacker\",\"%s\",\"/d\"", link);
        configure_args(lab, args, caps, uid);
}

static const char *report(struct lab *lab, const char *until)
{
        struct timespec pause = {.tv_nsec = 5000000};
        char path[512];

        snprintf(path, sizeof(path), "%s/d/report", lab->rootfs);
        for (int i = 0; i < LAB_BOUND_MS / 5; i++, nanosleep(&pause, NULL))
                if (strstr(lab_read(path), until))
                        return lab_read(path);
        print_message("report without \"%s\": %s", until, lab_read(path));
        fail();
        return NULL;
}

/* The process whose executable it was is gone: the attacker goes on. */
static const char *attack_on(struct lab *lab)
{
        char path[512];

        snprintf(path, sizeof(path), "%s/d/go", lab->rootfs);
        report(lab, "waiting\n");
        int fd = open(path, O_WRONLY | O_CLOEXEC);
        assert_true(fd >= 0);
        close(fd);
        return report(lab, "done\n");
}

static void assert_held(struct battle *b, const char *text, const char *what)
{
        static const char *const lines[] = {"now userns -\n", "now own -\n", "later userns -\n",
                                            "later own -\n"};
        struct stat st;
        bool held = stat(b->labrun, &st) == 0 && st.st_size == b->size;

        for (size_t i = 0; i < 4; i++)
                held = held && strstr(text, lines[i]);
        if (!held)
                print_message("%s, labrun has %lld bytes of %lld:\n%s", what, (long long)st.st_size,
                              (long long)b->size, text);
        assert_true(held);
}

static void assert_ran(const struct result *r)
{
        if (r->code)
                print_message("%s", r->err);
        assert_int_equal(r->code, 0);
}

static void ended(pid_t pid)
{
        kill(pid, SIGKILL);
        (void)lab_wait(pid);
}

static void labrun__parent_of_the_container__sealed(void **state)
{
        struct battle *b = *state;

        lab_need_root();
        lab_program = b->labrun;
        for (size_t i = 0; i < N_WAYS; i++)
                for (int admin = 0; admin < 2; admin++) {
                        /* without CAP_SYS_ADMIN the attacker needs all that its prey has, but to ptrace */
                        configure(b->lab, "parent", admin ? ADMIN : PTRACE, 0);
                        pid_t pid = lab_spawn(b->lab, "--exeseal", ways[i], "run", "-b", b->lab->bundle,
                                              b->lab->id, NULL);
                        report(b->lab, "waiting\n");
                        ended(pid);
                        assert_held(b, attack_on(b->lab), ways[i]);
                        assert_ran(lab_run(b->lab, "delete", "--force", b->lab->id, NULL));
                }
}

/* A container's init that waits to be started, attacked from another container; then it is started. */
static void labrun__init_that_waits__sealed(void **state)
{
        struct battle *b = *state;
        char link[64];

        lab_need_root();
        lab_program = b->labrun;
        for (size_t i = 0; i < N_WAYS; i++) {
                lab_config(b->victim, "{\"process\":{\"args\":[\"/bin/sleep\",\"100\"]}}");
                assert_ran(lab_run(b->victim, "--exeseal", ways[i], "create", "-b", b->victim->bundle,
                                   b->victim->id, NULL));
                snprintf(link, sizeof(link), "/proc/%s/exe", lab_state(b->victim, "pid"));
                configure(b->lab, link, ADMIN, 0);
                pid_t pid = lab_spawn(b->lab, "run", "--detach", "-b", b->lab->bundle, b->lab->id, NULL);
                assert_int_equal(lab_wait(pid), 0);
                report(b->lab, "waiting\n");
                assert_ran(lab_run(b->victim, "start", b->victim->id, NULL));
                assert_held(b, attack_on(b->lab), ways[i]);
                assert_ran(lab_run(b->lab, "delete", "--force", b->lab->id, NULL));
                assert_ran(lab_run(b->victim, "delete", "--force", b->victim->id, NULL));
        }
}

/* Of a container that sees the host's processes; the attacker comes by exec, and attacks `labrun exec`. */
static void forge_a_mark(void *arg)
{
        setenv("LABRUN_EXESEAL", arg, 1);
}

/* The word that says who has sealed it: 0 is early.c's, else the pid of the labrun that seal.c has executed again. */
static long sealed_by(struct lab *lab, const char *option)
{
        char path[64], text[65536];
        size_t n;
        long by = -1;

        assert_ran(option ? lab_run(lab, option, "create", "-b", lab->bundle, lab->id, NULL)
                          : lab_run(lab, "create", "-b", lab->bundle, lab->id, NULL));
        /* init's memory is a copy of create's */
        snprintf(path, sizeof(path), "/proc/%s/environ", lab_state(lab, "pid"));
        FILE *f = fopen(path, "re");
        assert_non_null(f);
        n = fread(text, 1, sizeof(text) - 1, f);
        fclose(f);
        text[n] = '\0';
        for (const char *word = text; word < text + n; word += strlen(word) + 1)
                if (strncmp(word, "LABRUN_EXESEAL=", 15) == 0)
                        by = strtol(word + 15, NULL, 10);
        assert_ran(lab_run(lab, "delete", "--force", lab->id, NULL));
        return by;
}

static void labrun__without_another_way__sealed_before_the_c_library(void **state)
{
        struct battle *b = *state;

        lab_need_root();
#ifndef LABRUN_STARTS_EARLY
        print_message("skip: this build of labrun starts with the C library\n");
        skip();
#endif
        lab_config(b->lab, "{\"process\":{\"args\":[\"/bin/true\"]}}");
        assert_int_equal(sealed_by(b->lab, NULL), 0);
        assert_int_equal(sealed_by(b->lab, "--exeseal=auto"), 0);
        assert_int_equal(sealed_by(b->lab, "--exeseal=bind"), 0);
        assert_true(sealed_by(b->lab, "--exeseal=overlay") > 0);
        assert_true(sealed_by(b->lab, "--exeseal=memfd") > 0);
        lab_before_exec(forge_a_mark, "0"); /* it is nobody's mark, and makes nobody sealed */
        assert_true(sealed_by(b->lab, NULL) > 0);
        lab_before_exec(forge_a_mark, "1");
        assert_true(sealed_by(b->lab, NULL) > 0);
}

static void labrun__parent_of_an_exec__sealed(void **state)
{
        struct battle *b = *state;

        lab_need_root();
        lab_program = b->labrun;
        configure_args(b->lab, "\"/bin/sleep\",\"100\"", ADMIN, 0);
        assert_ran(lab_run(b->lab, "run", "--detach", "-b", b->lab->bundle, b->lab->id, NULL));
        for (size_t i = 0; i < N_WAYS; i++) {
                prepare(b->lab);
                pid_t pid = lab_spawn(b->lab, "--exeseal", ways[i], "exec", b->lab->id, "/attacker", "parent",
                                      "/d", NULL);
                report(b->lab, "waiting\n");
                ended(pid);
                assert_held(b, attack_on(b->lab), ways[i]);
        }
        assert_ran(lab_run(b->lab, "delete", "--force", b->lab->id, NULL));
}

/* init itself, seen by a hook that it starts in the container; what the hook leaves behind goes on when init
 * is gone. */
static void labrun__init_seen_by_a_hook__sealed(void **state)
{
        struct battle *b = *state;

        lab_need_root();
        lab_program = b->labrun;
        for (size_t i = 0; i < N_WAYS; i++) {
                prepare(b->lab);
                lab_config(b->lab, "{\"root\":{\"readonly\":false},\"hooks\":{\"startContainer\":[{\"path\":"
                                   "\"/attacker\","
                                   "\"args\":[\"attacker\",\"parent\",\"/d\",\"behind\"]}]},"
                                   "\"process\":{\"args\":[\"/bin/sleep\",\"100\"],\"noNewPrivileges\":false,"
                                   "\"capabilities\":{\"bounding\":[" ADMIN "],\"effective\":[" ADMIN
                                   "],\"permitted\":[" ADMIN "]}}}");
                assert_ran(lab_run(b->lab, "--exeseal", ways[i], "create", "-b", b->lab->bundle, b->lab->id,
                                   NULL));
                assert_ran(lab_run(b->lab, "start", b->lab->id, NULL));
                assert_held(b, attack_on(b->lab), ways[i]);
                assert_ran(lab_run(b->lab, "delete", "--force", b->lab->id, NULL));
        }
}

static char full_fifo[128];

static void stdout_is_full(void *arg)
{
        (void)arg;
        dup2(open(full_fifo, O_WRONLY | O_CLOEXEC), 1);
}

/* A fifo into which nothing more fits; it is one as long as the fd is open. */
static int make_full_fifo(struct battle *b)
{
        char page[4096] = "";

        snprintf(full_fifo, sizeof(full_fifo), "%s/full", b->lab->dir);
        unlink(full_fifo);
        assert_int_equal(mkfifo(full_fifo, 0600), 0);
        int fd = open(full_fifo, O_RDWR | O_NONBLOCK | O_CLOEXEC);
        assert_true(fd >= 0);
        while (write(fd, page, sizeof(page)) > 0)
                ;
        return fd;
}

static void become_owner(void *arg)
{
        (void)arg;
        if (setgroups(0, NULL) < 0 || setresgid(OWNER, OWNER, OWNER) < 0 ||
            setresuid(OWNER, OWNER, OWNER) < 0)
                _exit(1);
}

static void owner_with_full_stdout(void *arg)
{
        stdout_is_full(arg);
        become_owner(arg);
}

/* The pid in its own pid namespace of a process that is told by its pid here. */
static int inner_pid(int pid)
{
        char path[64];
        int inner = 0;

        snprintf(path, sizeof(path), "/proc/%d/status", pid);
        const char *line = strstr(lab_read(path), "\nNSpid:"), *last = line ? line + 7 : NULL;
        for (const char *p = last; p && *p && *p != '\n'; p++)
                if (*p == '\t' || *p == ' ')
                        last = p + 1;
        inner = last ? atoi(last) : 0;
        assert_true(inner > 0);
        return inner;
}

/*
 * CVE-2019-5736 by exec: what is executed in the container is /proc/self/exe, the runtime, and root of the
 * container attacks it, CAP_SYS_ADMIN and all, also as root of a user namespace in which 0 is 0.
 */
static void labrun__executed_by_exec__sealed_from_the_containers_root(void **state)
{
        static const char *const userns =
                "{\"linux\":{\"namespaces\":[{\"type\":\"user\"},{\"type\":\"mount\"},"
                "{\"type\":\"pid\"},{\"type\":\"ipc\"},{\"type\":\"network\"},{\"type\":\"uts\"}],"
                "\"uidMappings\":[{\"containerID\":0,\"hostID\":0,\"size\":65536}],"
                "\"gidMappings\":[{\"containerID\":0,\"hostID\":0,\"size\":65536}]}";
        static const char *const process =
                "\"root\":{\"readonly\":false},\"process\":{\"args\":[\"/bin/sleep\",\"100\"],"
                "\"noNewPrivileges\":false,\"capabilities\":{\"bounding\":[" ADMIN "],\"effective\":[" ADMIN
                "],\"permitted\":[" ADMIN "]}}}";
        struct battle *b = *state;
        char json[2048], pid_file[256], link[64];

        lab_need_root();
        lab_program = b->labrun;
        snprintf(pid_file, sizeof(pid_file), "%s/pid", b->lab->dir);
        for (size_t i = 0; i < 2 * N_WAYS; i++) {
                const char *way = ways[i % N_WAYS];
                int full = make_full_fifo(b);
                snprintf(json, sizeof(json), "%s,%s", i < N_WAYS ? "{\"hostname\":\"h\"" : userns, process);
                prepare(b->lab);
                lab_config(b->lab, json);
                assert_ran(lab_run(b->lab, "run", "--detach", "-b", b->lab->bundle, b->lab->id, NULL));
                lab_before_exec(stdout_is_full, NULL);
                pid_t pid = lab_spawn(b->lab, "--exeseal", way, "exec", "--detach", "--pid-file", pid_file,
                                      b->lab->id, "/proc/self/exe", "--help", NULL);
                assert_int_equal(lab_wait(pid), 0);
                int prey = atoi(lab_read(pid_file));
                snprintf(link, sizeof(link), "/proc/%d/exe", inner_pid(prey));
                pid = lab_spawn(b->lab, "exec", "--detach", b->lab->id, "/attacker", link, "/d", NULL);
                assert_int_equal(lab_wait(pid), 0);
                report(b->lab, "waiting\n");
                assert_int_equal(kill(prey, SIGKILL), 0);
                assert_held(b, attack_on(b->lab), way);
                assert_ran(lab_run(b->lab, "delete", "--force", b->lab->id, NULL));
                close(full);
        }
}

/*
 * CVE-2019-5736 itself: the container's process executes /proc/self/exe, which is the runtime then, as the
 * user that owns the host's binary. It hangs, for its standard output is a full pipe, and the attacker takes
 * its time.
 */
static void labrun__executed_in_the_container_by_its_owner__sealed(void **state)
{
        struct battle *b = *state;
        char link[64], json[512];

        lab_need_root();
        assert_int_equal(chown(b->labrun, OWNER, OWNER), 0);
        lab_program = b->labrun;
        for (size_t i = 0; i < N_WAYS; i++) {
                snprintf(json, sizeof(json),
                         "{\"process\":{\"args\":[\"/proc/self/"
                         "exe\",\"--help\"],\"user\":{\"uid\":%d,\"gid\":%d},"
                         "\"capabilities\":{\"bounding\":[],\"effective\":[],\"permitted\":[]}}}",
                         OWNER, OWNER);
                lab_config(b->victim, json);
                int full = make_full_fifo(b);
                lab_before_exec(stdout_is_full, NULL);
                pid_t pid = lab_spawn(b->victim, "--exeseal", ways[i], "run", "--detach", "-b",
                                      b->victim->bundle, b->victim->id, NULL);
                assert_int_equal(lab_wait(pid), 0);
                snprintf(link, sizeof(link), "/proc/%s/exe", lab_state(b->victim, "pid"));
                configure(b->lab, link, "", OWNER);
                pid = lab_spawn(b->lab, "run", "--detach", "-b", b->lab->bundle, b->lab->id, NULL);
                assert_int_equal(lab_wait(pid), 0);
                report(b->lab, "waiting\n");
                assert_ran(lab_run(b->victim, "delete", "--force", b->victim->id, NULL));
                assert_held(b, attack_on(b->lab), ways[i]);
                assert_ran(lab_run(b->lab, "delete", "--force", b->lab->id, NULL));
                close(full);
        }
}

/* A memfd of labrun's text, with these seals: its number. */
static int labrun_in_memfd(struct battle *b, int seals)
{
        int in = open(b->labrun, O_RDONLY | O_CLOEXEC);
        int fd = memfd_create("unsealed", MFD_CLOEXEC | MFD_ALLOW_SEALING);

        assert_true(in >= 0 && fd >= 0);
        assert_int_equal(sendfile(fd, in, NULL, (size_t)b->size), b->size);
        assert_int_equal(fcntl(fd, F_ADD_SEALS, seals), 0);
        close(in);
        return fd;
}

/* Whoever starts labrun from a memfd may have kept a way to write it. */
static void labrun__started_from_a_memfd_that_is_not_sealed__seals_itself(void **state)
{
        static const int seals[] = {0, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL, F_SEAL_WRITE | F_SEAL_SEAL};
        struct battle *b = *state;
        char program[64], link[64];

        lab_need_root();
        lab_config(b->victim, "{\"process\":{\"args\":[\"/bin/true\"]}}");
        for (size_t i = 0; i < sizeof(seals) / sizeof(seals[0]); i++) {
                int fd = labrun_in_memfd(b, seals[i]);
                snprintf(program, sizeof(program), "/proc/%d/fd/%d", (int)getpid(), fd);
                lab_program = program;
                assert_ran(lab_run(b->victim, "create", "-b", b->victim->bundle, b->victim->id, NULL));
                close(fd);
                lab_program = b->labrun;
                snprintf(link, sizeof(link), "/proc/%s/exe", lab_state(b->victim, "pid"));
                int exe = open(link, O_RDONLY | O_CLOEXEC), got = fcntl(exe, F_GET_SEALS);
                assert_int_equal(got & ALL_SEALS, ALL_SEALS);
                close(exe);
                assert_ran(lab_run(b->victim, "delete", "--force", b->victim->id, NULL));
        }
}

/*
 * Rootless: the container's process is the owner's, and of a memfd. The attacker is the owner himself,
 * outside; he has all that a process in the container could have, and knows where the file lies, but is to
 * write it by the link.
 */
static void labrun__executed_in_a_rootless_container_by_its_owner__sealed(void **state)
{
        struct battle *b = *state;
        char link[64], command[1024], attacker[256];

        lab_need_root();
        snprintf(attacker, sizeof(attacker), "%s/attacker", b->lab->rootfs);
        assert_int_equal(chown(b->labrun, OWNER, OWNER), 0);
        snprintf(command, sizeof(command), "chown -R %d:%d %s", OWNER, OWNER, b->victim->dir);
        assert_int_equal(system(command), 0);
        lab_program = b->labrun;
        lab_before_exec(become_owner, NULL);
        assert_ran(lab_run(b->victim, "spec", "--rootless", "--bundle", b->victim->bundle, NULL));
        snprintf(command, sizeof(command),
                 "sed -i 's#\"sh\"#\"/proc/self/exe\", \"--help\"#; s/\"terminal\": true/\"terminal\": "
                 "false/' %s/config.json",
                 b->victim->bundle);
        assert_int_equal(system(command), 0);
        int full = make_full_fifo(b);
        lab_before_exec(owner_with_full_stdout, NULL);
        pid_t pid = lab_spawn(b->victim, "run", "--detach", "-b", b->victim->bundle, b->victim->id, NULL);
        assert_int_equal(lab_wait(pid), 0);
        snprintf(link, sizeof(link), "/proc/%s/exe", lab_state(b->victim, "pid"));
        configure(b->lab, link, "", OWNER);
        pid = fork();
        if (pid == 0) {
                snprintf(command, sizeof(command), "%s/d", b->lab->rootfs);
                become_owner(NULL);
                execl(attacker, "attacker", link, command, NULL);
                _exit(1);
        }
        report(b->lab, "waiting\n");
        assert_ran(lab_run(b->victim, "delete", "--force", b->victim->id, NULL));
        assert_held(b, attack_on(b->lab), "rootless");
        assert_int_equal(lab_wait(pid), 0);
        close(full);
}

/* --- the same attacks where they succeed --- */

enum protection { UNPROTECTED, TREE_KEPT, MEMFD_UNSEALED };

/* `sleep` from the copy of busybox, protected badly. *ret_kept: an fd to be closed. */
static pid_t start_victim(const char *file, enum protection how, unsigned uid, int *ret_kept)
{
        struct mount_attr attr = {.attr_set = MOUNT_ATTR_RDONLY};
        int fd = open(file, O_RDONLY | O_CLOEXEC);
        char path[64];
        struct stat st;

        assert_true(fd >= 0 && fstat(fd, &st) == 0);
        *ret_kept = -1;
        if (how == TREE_KEPT) {
                *ret_kept = (int)syscall(SYS_open_tree, fd, "",
                                         OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH);
                assert_int_equal(
                        syscall(SYS_mount_setattr, *ret_kept, "", AT_EMPTY_PATH, &attr, sizeof(attr)), 0);
        } else if (how == MEMFD_UNSEALED) {
                *ret_kept = memfd_create("unsealed", MFD_CLOEXEC | MFD_ALLOW_SEALING);
                for (size_t at = 0; at < (size_t)st.st_size;) {
                        char buf[65536];
                        ssize_t n = read(fd, buf, sizeof(buf));
                        assert_true(n > 0 && write(*ret_kept, buf, (size_t)n) == n);
                        at += (size_t)n;
                }
        }
        snprintf(path, sizeof(path), "/proc/self/fd/%d", *ret_kept < 0 ? fd : *ret_kept);
        int exe = open(path, O_PATH | O_CLOEXEC);
        close(fd);
        if (how == MEMFD_UNSEALED) {
                close(*ret_kept);
                *ret_kept = -1;
        }
        pid_t pid = fork();
        if (pid == 0) {
                char *argv[] = {"sleep", "100", NULL}, *env[] = {NULL};
                prctl(PR_SET_PDEATHSIG, SIGKILL);
                if (setresgid(uid, uid, uid) == 0 && setresuid(uid, uid, uid) == 0)
                        syscall(SYS_execveat, exe, "", argv, env, AT_EMPTY_PATH);
                _exit(1);
        }
        close(exe);
        /* until it is what it shall be */
        char link[64], text[128];
        struct timespec pause = {.tv_nsec = 1000000};
        for (int i = 0; i < LAB_BOUND_MS; i++, nanosleep(&pause, NULL)) {
                snprintf(link, sizeof(link), "/proc/%d/cmdline", (int)pid);
                snprintf(text, sizeof(text), "%s", lab_read(link));
                if (strcmp(text, "sleep") == 0)
                        break;
        }
        return pid;
}

static const char *attack_victim(struct battle *b, enum protection how, const char *caps, unsigned uid)
{
        char file[128], link[64], command[512];
        int kept;

        snprintf(file, sizeof(file), "%s/prey", b->lab->dir);
        snprintf(command, sizeof(command), "cp /bin/busybox %s", file);
        assert_int_equal(system(command), 0);
        assert_int_equal(chown(file, uid, uid), 0);
        pid_t pid = start_victim(file, how, uid, &kept);
        snprintf(link, sizeof(link), "/proc/%d/exe", (int)pid);
        configure(b->lab, link, caps, uid);
        pid_t runtime = lab_spawn(b->lab, "run", "--detach", "-b", b->lab->bundle, b->lab->id, NULL);
        assert_int_equal(lab_wait(runtime), 0);
        report(b->lab, "waiting\n");
        ended(pid);
        const char *text = attack_on(b->lab);
        if (kept >= 0)
                close(kept);
        assert_ran(lab_run(b->lab, "delete", "--force", b->lab->id, NULL));
        return text;
}

static void assert_succeeded(const char *text, const char *when, const char *way)
{
        const char *line = strstr(text, when), *end = line ? strchr(line, '\n') : NULL;
        const char *found = line ? strstr(line, way) : NULL;

        if (!found || found > end)
                print_message("wanted \"%s\" in line \"%s\" of:\n%s", way, when, text);
        assert_true(found && found < end);
}

static void attack__executable_without_seal__succeeds(void **state)
{
        lab_need_root();
        lab_program = NULL;
        const char *text = attack_victim(*state, UNPROTECTED, ADMIN, 0);
        /* the attacker in the user namespace comes first, and can't destroy what he may not write: 0 is
         * mapped to 0 */
        assert_succeeded(text, "later userns", "open");
        assert_succeeded(text, "later userns", "truncate");
        assert_succeeded(text, "later userns", "empty");
        text = attack_victim(*state, UNPROTECTED, "", OWNER);
        assert_succeeded(text, "later userns", "empty");
        assert_succeeded(text, "later own", "open");
}

static void attack__fd_of_open_tree_kept__succeeds(void **state)
{
        lab_need_root();
        lab_program = NULL;
        const char *text = attack_victim(*state, TREE_KEPT, ADMIN, 0);
        assert_succeeded(text, "now userns", "setattr");
        assert_succeeded(text, "later own", "open");
}

static void attack__memfd_without_seals__succeeds(void **state)
{
        lab_need_root();
        lab_program = NULL;
        const char *text = attack_victim(*state, MEMFD_UNSEALED, ADMIN, 0);
        assert_succeeded(text, "later userns", "open");
        assert_succeeded(text, "later userns", "empty");
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(attack__executable_without_seal__succeeds, setup, teardown),
                cmocka_unit_test_setup_teardown(attack__fd_of_open_tree_kept__succeeds, setup, teardown),
                cmocka_unit_test_setup_teardown(attack__memfd_without_seals__succeeds, setup, teardown),
                cmocka_unit_test_setup_teardown(labrun__parent_of_the_container__sealed, setup, teardown),
                cmocka_unit_test_setup_teardown(labrun__init_that_waits__sealed, setup, teardown),
                cmocka_unit_test_setup_teardown(labrun__without_another_way__sealed_before_the_c_library, setup,
                                                teardown),
                cmocka_unit_test_setup_teardown(labrun__parent_of_an_exec__sealed, setup, teardown),
                cmocka_unit_test_setup_teardown(labrun__init_seen_by_a_hook__sealed, setup, teardown),
                cmocka_unit_test_setup_teardown(labrun__executed_by_exec__sealed_from_the_containers_root,
                                                setup, teardown),
                cmocka_unit_test_setup_teardown(labrun__started_from_a_memfd_that_is_not_sealed__seals_itself,
                                                setup, teardown),
                cmocka_unit_test_setup_teardown(labrun__executed_in_a_rootless_container_by_its_owner__sealed,
                                                setup, teardown),
                cmocka_unit_test_setup_teardown(labrun__executed_in_the_container_by_its_owner__sealed, setup,
                                                teardown),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
