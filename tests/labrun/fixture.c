#include "tests/labrun/fixture.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <jansson.h>

static const char *const applets[] = {
        "sh",   "true",     "false", "cat", "echo", "sleep", "env", "id",   "ls",  "ulimit", "readlink",
        "stat", "hostname", "umask", "tr",  "grep", "kill",  "ip",  "stty", "tty", "dd",     "test"};

const char *lab_program;
static struct result last;
static void (*before_exec)(void *);
static void *before_exec_arg;

void lab_before_exec(void (*fn)(void *), void *arg)
{
        before_exec = fn;
        before_exec_arg = arg;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
        (void)st, (void)type, (void)ftw;
        return remove(path);
}

static void copy_busybox(const char *to)
{
        char command[512];

        snprintf(command, sizeof(command), "cp /bin/busybox %s", to);
        assert_int_equal(system(command), 0);
}

int lab_setup(void **state)
{
        static int serial;
        struct lab *lab = calloc(1, sizeof(*lab));
        char path[256];

        snprintf(lab->dir, sizeof(lab->dir), "/tmp/labrun-test-XXXXXX");
        if (!lab || !mkdtemp(lab->dir))
                return -1;
        chmod(lab->dir, 0755);
        snprintf(lab->root, sizeof(lab->root), "%s/state", lab->dir);
        snprintf(lab->runc_root, sizeof(lab->runc_root), "%s/runc", lab->dir);
        snprintf(lab->bundle, sizeof(lab->bundle), "%s/bundle", lab->dir);
        snprintf(lab->rootfs, sizeof(lab->rootfs), "%s/rootfs", lab->bundle);
        snprintf(lab->id, sizeof(lab->id), "lt-%d-%d", (int)getpid(), serial++);
        mkdir(lab->bundle, 0755);
        mkdir(lab->rootfs, 0755);
        for (size_t i = 0; i < 3; i++) {
                static const char *const dirs[] = {"bin", "etc", "tmp"};
                snprintf(path, sizeof(path), "%s/%s", lab->rootfs, dirs[i]);
                mkdir(path, 0755);
        }
        snprintf(path, sizeof(path), "%s/bin/busybox", lab->rootfs);
        copy_busybox(path);
        for (size_t i = 0; i < sizeof(applets) / sizeof(applets[0]); i++) {
                snprintf(path, sizeof(path), "%s/bin/%s", lab->rootfs, applets[i]);
                if (symlink("busybox", path) < 0)
                        return -1;
        }
        *state = lab;
        return 0;
}

int lab_teardown(void **state)
{
        struct lab *lab = *state;

        if (geteuid() == 0)
                lab_run(lab, "delete", "--force", lab->id, NULL);
        nftw(lab->dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
        free(lab);
        return 0;
}

bool lab_have_runc(void)
{
        return access("/usr/sbin/runc", X_OK) == 0 || access("/usr/bin/runc", X_OK) == 0;
}

static void write_file(const char *path, const char *text, mode_t mode)
{
        int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

        assert_true(fd >= 0);
        assert_int_equal(write(fd, text, strlen(text)), strlen(text));
        assert_int_equal(fchmod(fd, mode), 0);
        close(fd);
}

void lab_file(struct lab *lab, const char *path, const char *text, mode_t mode)
{
        char full[512];

        snprintf(full, sizeof(full), "%s%s", lab->rootfs, path);
        write_file(full, text, mode);
}

void lab_config(struct lab *lab, const char *merge)
{
        char path[256];

        snprintf(path, sizeof(path), "%s/config.json", lab->bundle);
        unlink(path);
        assert_int_equal(lab_run(lab, "spec", "--bundle", lab->bundle, NULL)->code, 0);
        json_t *config = json_load_file(path, 0, NULL), *more = json_loads(merge, 0, NULL);
        assert_non_null(config);
        assert_non_null(more);
        assert_int_equal(json_object_update_recursive(config, more), 0);
        assert_int_equal(json_dump_file(config, path, JSON_INDENT(1)), 0);
        json_decref(config);
        json_decref(more);
}

void lab_script(struct lab *lab, const char *script)
{
        json_t *o = json_pack("{s:{s:[sss]}}", "process", "args", "/bin/sh", "-c", script);
        char *text = json_dumps(o, 0);

        lab_config(lab, text);
        free(text);
        json_decref(o);
}

static long now_ms(void)
{
        struct timespec ts;

        clock_gettime(CLOCK_MONOTONIC, &ts);
        return ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

int lab_wait(pid_t pid)
{
        int status, pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
        struct pollfd p = {.fd = pidfd, .events = POLLIN};
        bool late = poll(&p, 1, LAB_BOUND_MS) == 0;

        if (late)
                kill(pid, SIGKILL);
        assert_int_equal(waitpid(pid, &status, 0), pid);
        close(pidfd);
        if (late)
                return LAB_TIMEOUT;
        return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

static void slurp(int fd, char *buf, size_t size)
{
        ssize_t n = pread(fd, buf, size - 1, 0);

        buf[n < 0 ? 0 : n] = '\0';
        close(fd);
}

/* A planted fault's labrun comes by the environment (tests/faults/check). */
static const char *labrun(void)
{
        const char *tested = getenv("LABRUN_TESTED");

        return lab_program ? lab_program : tested ? tested : LABRUN;
}

#define ARGS_MAX 32

struct args {
        const char *item[ARGS_MAX];
};

static struct args listed(va_list ap)
{
        struct args args;
        int n = 0;

        while ((args.item[n] = va_arg(ap, char *)))
                assert_true(++n < ARGS_MAX);
        return args;
}

static pid_t start(const char *program, const char *root, const char *const *args, int out, int err)
{
        char *argv[4 + ARGS_MAX] = {(char *)program, "--root", (char *)root};
        pid_t pid;

        for (int n = 0; n < ARGS_MAX && args[n]; n++)
                argv[3 + n] = (char *)args[n];
        pid = fork();
        assert_true(pid >= 0);
        if (pid == 0) {
                int null = open("/dev/null", O_RDWR);
                dup2(null, 0);
                dup2(out < 0 ? null : out, 1);
                dup2(err < 0 ? null : err, 2);
                close_range(3, ~0U, 0);
                /* Opened first: whom before_exec makes of us may not be let into the folders on the way to
                 * it. */
                int exe = fcntl(open(program, O_PATH | O_CLOEXEC), F_DUPFD_CLOEXEC,
                                900); /* its fds are low ones */
                close(3);
                if (before_exec)
                        before_exec(before_exec_arg);
                execveat(exe, "", argv, environ, AT_EMPTY_PATH);
                execvp(program, argv);
                _exit(126);
        }
        before_exec = NULL;
        return pid;
}

static struct result *run(const char *program, const char *root, const char *const *args)
{
        int out = memfd_create("out", MFD_CLOEXEC), err = memfd_create("err", MFD_CLOEXEC);

        assert_true(out >= 0 && err >= 0);
        last.code = lab_wait(start(program, root, args, out, err));
        slurp(out, last.out, sizeof(last.out));
        slurp(err, last.err, sizeof(last.err));
        return &last;
}

struct result *lab_run(struct lab *lab, ...)
{
        va_list ap;
        struct result *r;

        va_start(ap, lab);
        r = run(labrun(), lab->root, listed(ap).item);
        va_end(ap);
        return r;
}

struct result *lab_run_list(struct lab *lab, bool runc, const char *const *args)
{
        return runc ? run("runc", lab->runc_root, args) : run(labrun(), lab->root, args);
}

struct result *lab_runc(struct lab *lab, ...)
{
        va_list ap;
        struct result *r;

        va_start(ap, lab);
        r = run("runc", lab->runc_root, listed(ap).item);
        va_end(ap);
        return r;
}

pid_t lab_spawn(struct lab *lab, ...)
{
        va_list ap;
        pid_t pid;

        va_start(ap, lab);
        pid = start(labrun(), lab->root, listed(ap).item, -1, -1);
        va_end(ap);
        return pid;
}

const char *lab_state(struct lab *lab, const char *field)
{
        static char value[512];
        struct result *r = lab_run(lab, "state", lab->id, NULL);
        json_t *o = json_loads(r->out, 0, NULL), *v = json_object_get(o, field);

        snprintf(value, sizeof(value), "%s", json_is_string(v) ? json_string_value(v) : "");
        if (json_is_integer(v))
                snprintf(value, sizeof(value), "%lld", (long long)json_integer_value(v));
        json_decref(o);
        return value;
}

bool lab_wait_status(struct lab *lab, const char *status)
{
        struct timespec pause = {.tv_nsec = 5000000};

        for (long end = now_ms() + LAB_BOUND_MS; now_ms() < end; nanosleep(&pause, NULL))
                if (strcmp(lab_state(lab, "status"), status) == 0)
                        return true;
        return false;
}

const char *lab_read(const char *path)
{
        static char text[262144];
        FILE *f = fopen(path, "re");
        size_t n = f ? fread(text, 1, sizeof(text) - 1, f) : 0;

        text[n] = '\0';
        if (f)
                fclose(f);
        return text;
}

static bool no_entries(const char *dir, const char *what)
{
        DIR *d = opendir(dir);
        bool clean = true;

        for (struct dirent *e; d && (e = readdir(d));)
                if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0) {
                        print_message("left: %s %s/%s\n", what, dir, e->d_name);
                        clean = false;
                }
        if (d)
                closedir(d);
        return clean;
}

static bool no_cgroups(struct lab *lab)
{
        DIR *d = opendir("/sys/fs/cgroup");
        bool clean = true;
        char path[512];

        for (struct dirent *e; d && (e = readdir(d));) {
                snprintf(path, sizeof(path), "/sys/fs/cgroup/%s/%s", e->d_name, lab->id);
                if (access(path, F_OK) == 0 && e->d_name[0] != '.') {
                        print_message("left: cgroup %s\n", path);
                        clean = false;
                }
        }
        if (d)
                closedir(d);
        return clean;
}

/* Init is a clone of labrun and shows its command line until execve; the payload's is found by its root. */
static bool no_processes(struct lab *lab)
{
        DIR *d = opendir("/proc");
        bool clean = true;

        for (struct dirent *e; d && (e = readdir(d));) {
                char path[300], text[4096] = "", root[512] = "";
                if (e->d_name[0] < '0' || e->d_name[0] > '9')
                        continue;
                snprintf(path, sizeof(path), "/proc/%s/cmdline", e->d_name);
                int fd = open(path, O_RDONLY | O_CLOEXEC);
                ssize_t n = fd < 0 ? 0 : read(fd, text, sizeof(text) - 1);
                if (fd >= 0)
                        close(fd);
                snprintf(path, sizeof(path), "/proc/%s/root", e->d_name);
                if (readlink(path, root, sizeof(root) - 1) < 0)
                        root[0] = '\0';
                if ((n > 0 && memmem(text, (size_t)n, lab->root, strlen(lab->root))) ||
                    strstr(root, lab->dir)) {
                        print_message("left: process %s %s\n", e->d_name, text);
                        clean = false;
                }
        }
        if (d)
                closedir(d);
        return clean;
}

bool lab_clean(struct lab *lab)
{
        bool clean = no_entries(lab->root, "state");

        clean = no_cgroups(lab) && clean;
        clean = no_processes(lab) && clean;
        if (strstr(lab_read("/proc/self/mountinfo"), lab->dir)) {
                print_message("left: a mount in %s\n", lab->dir);
                clean = false;
        }
        return clean;
}
