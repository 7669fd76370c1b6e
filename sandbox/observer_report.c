#include "sandbox/observer_report.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "sandbox/bundle.h"
#include "sandbox/observer_tty.h"

#define PROBE_FDS 4096u /* numbers looked at; the executor's own are below 64 */

static char text[128u << 10];
static size_t text_len;
static int report_fd = -1;

static void put(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

static void put(const char *fmt, ...)
{
        va_list ap;
        int n;

        va_start(ap, fmt);
        n = vsnprintf(text + text_len, sizeof text - text_len, fmt, ap);
        va_end(ap);
        if (n > 0 && text_len + (size_t)n < sizeof text)
                text_len += (size_t)n;
}

static void put_string(const char *s)
{
        put("\"");
        for (const unsigned char *p = (const unsigned char *)s; *p; p++) {
                if (*p < 0x20 || *p == '"' || *p == '\\' || *p >= 0x7f)
                        put("\\u%04x", *p);
                else
                        put("%c", *p);
        }
        put("\"");
}

static void put_strings(const char *key, char **list)
{
        put("\"%s\":[", key);
        for (size_t i = 0; list[i]; i++) {
                put("%s", i ? "," : "");
                put_string(list[i]);
        }
        put("],");
}

static void put_fds(void)
{
        struct rlimit limit;
        unsigned max = PROBE_FDS, n = 0;
        struct stat st;

        if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_max < max)
                max = (unsigned)limit.rlim_max;
        put("\"fds\":[");
        for (unsigned fd = 0; fd < max; fd++) {
                int fdflags = fcntl((int)fd, F_GETFD);
                if (fdflags < 0)
                        continue;
                memset(&st, 0, sizeof st);
                fstat((int)fd, &st);
                put("%s{\"fd\":%u,\"dev\":%llu,\"ino\":%llu,\"rdev\":%llu,\"mode\":%u,\"flags\":%d,\"fdflags\":%d,"
                    "\"mark\":%d,\"offset\":%lld}", n++ ? "," : "", fd, (unsigned long long)st.st_dev,
                    (unsigned long long)st.st_ino, (unsigned long long)st.st_rdev, st.st_mode,
                    fcntl((int)fd, F_GETFL), fdflags, fcntl((int)fd, F_GETSIG),
                    S_ISREG(st.st_mode) ? (long long)lseek((int)fd, 0, SEEK_CUR) : -1LL);
        }
        put("],");
}

struct place {
        uint64_t mount, ino;
        uint32_t major, minor;
};

static int place_of(int fd, const char *path, struct place *ret)
{
        struct statx st;

        if (statx(fd, path, AT_EMPTY_PATH, STATX_INO | STATX_MNT_ID, &st) < 0)
                return -errno;
        *ret = (struct place){ st.stx_mask & STATX_MNT_ID ? st.stx_mnt_id : 0, st.stx_ino, st.stx_dev_major,
                               st.stx_dev_minor };
        return 0;
}

static int same_place(const struct place *a, const struct place *b)
{
        return a->mount == b->mount && a->ino == b->ino && a->major == b->major && a->minor == b->minor;
}

/* From . upwards until there is no more up. 1: that is /; 0: it is elsewhere; -errno: no way. */
static int climb(void)
{
        struct place here = { 0 }, up = { 0 }, root;
        int fd = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC), rc = fd < 0 ? -errno : place_of(fd, "", &up);

        for (int depth = 0; rc == 0 && !(depth && same_place(&here, &up)) && depth < 4096; depth++) {
                int next = openat(fd, "..", O_PATH | O_DIRECTORY | O_CLOEXEC);
                here = up;
                rc = next < 0 ? -errno : place_of(next, "", &up);
                close(fd);
                fd = next;
        }
        if (fd >= 0)
                close(fd);
        if (rc == 0)
                rc = place_of(AT_FDCWD, "/", &root);
        return rc < 0 ? rc : same_place(&up, &root);
}

static void put_identity(void)
{
        uid_t r, e, s;
        gid_t gr, ge, gs;
        gid_t groups[256];
        int n = getgroups(256, groups);
        mode_t mask = umask(0);
        char cwd[4096];

        umask(mask);
        getresuid(&r, &e, &s);
        put("\"uid\":[%u,%u,%u,%u],", r, e, s, (unsigned)setfsuid((uid_t)-1));
        getresgid(&gr, &ge, &gs);
        put("\"gid\":[%u,%u,%u,%u],\"groups\":[", gr, ge, gs, (unsigned)setfsgid((gid_t)-1));
        for (int i = 0; i < n; i++)
                put("%s%u", i ? "," : "", groups[i]);
        put("],\"umask\":%u,\"cwd\":", mask);
        put_string(getcwd(cwd, sizeof cwd) ? cwd : "?");
        put(",\"cwd_raw\":");
        put_string(syscall(SYS_getcwd, cwd, sizeof cwd) > 0 ? cwd : "?");
        put(",\"cwd_inside\":%d,", climb());
}

static void put_caps(void)
{
        struct __user_cap_header_struct h = { _LINUX_CAPABILITY_VERSION_3, 0 };
        struct __user_cap_data_struct d[2] = { { 0 } };
        unsigned long long bounding = 0, ambient = 0;

        syscall(SYS_capget, &h, d);
        for (unsigned long c = 0; c < 63; c++) {
                if (prctl(PR_CAPBSET_READ, c, 0, 0, 0) == 1)
                        bounding |= 1ULL << c;
                if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, c, 0, 0) == 1)
                        ambient |= 1ULL << c;
        }
        put("\"caps\":[%llu,%llu,%llu,%llu,%llu],", (unsigned long long)d[1].inheritable << 32 | d[0].inheritable,
            (unsigned long long)d[1].permitted << 32 | d[0].permitted,
            (unsigned long long)d[1].effective << 32 | d[0].effective, bounding, ambient);
}

/* JSON readers know int64 only: RLIM_INFINITY arrives as -1, the same 64 bits. */
static void put_limits(void)
{
        struct rlimit l;

        put("\"rlimits\":[");
        for (int i = 0; i < 16; i++) {
                if (syscall(SYS_prlimit64, 0, i, NULL, &l) < 0)
                        l.rlim_cur = l.rlim_max = 0;
                put("%s%lld,%lld", i ? "," : "", (long long)l.rlim_cur, (long long)l.rlim_max);
        }
        put("],");
}

/* By the system call: the C library hides two signals. */
static void put_signals(void)
{
        struct {
                void (*handler)(int);
                unsigned long flags;
                void (*restorer)(void);
                uint64_t mask;
        } old;
        uint64_t blocked = 0, ignored = 0, handled = 0;

        syscall(SYS_rt_sigprocmask, SIG_BLOCK, NULL, &blocked, sizeof blocked);
        for (int sig = 1; sig <= 64; sig++) {
                memset(&old, 0, sizeof old);
                if (syscall(SYS_rt_sigaction, sig, NULL, &old, sizeof(uint64_t)) < 0)
                        continue;
                if (old.handler == SIG_IGN)
                        ignored |= UINT64_C(1) << (sig - 1);
                else if (old.handler != SIG_DFL)
                        handled |= UINT64_C(1) << (sig - 1);
        }
        put("\"sig_blocked\":%lld,\"sig_ignored\":%lld,\"sig_handled\":%lld,", (long long)blocked,
            (long long)ignored, (long long)handled);
}

static void put_oom(void)
{
        int fd = open("/proc/self/oom_score_adj", O_RDONLY | O_CLOEXEC);
        char buf[32] = { 0 };
        int value = BUNDLE_NO_PROC;

        if (fd >= 0) {
                if (read(fd, buf, sizeof buf - 1) > 0)
                        value = atoi(buf);
                close(fd);
        }
        put("\"oom_score_adj\":%d}\n", value);
}

/* Of which we are: the kernel's numbers. */
static void put_namespaces(void)
{
        static const char *const names[] = { "mnt", "pid", "net", "ipc", "uts", "user" };
        char path[64], link[64];

        put("\"ns\":[");
        for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
                const char *number = "0";
                ssize_t n;

                snprintf(path, sizeof path, "/proc/self/ns/%s", names[i]);
                n = readlink(path, link, sizeof link - 1);
                link[n < 0 ? 0 : n] = '\0';
                if (strchr(link, '['))
                        number = strchr(link, '[') + 1;
                put("%s%lu", i ? "," : "", strtoul(number, NULL, 10));
        }
        put("],");
}

static void put_tty(void)
{
        int tty[OBS_TTY__COUNT];

        tty_look(tty);
        put("\"tty\":[");
        for (size_t i = 0; i < OBS_TTY__COUNT; i++)
                put("%s%d", i ? "," : "", tty[i]);
        put("],");
}

static void put_time(void)
{
        struct timespec now;

        clock_gettime(CLOCK_MONOTONIC, &now);
        put("\"at\":%lld,", now.tv_sec * 1000000000LL + now.tv_nsec);
}

/* A line in one write(2): the reader never sees half of one that is done. */
static void flush(int fd)
{
        ssize_t n = write(fd, text, text_len);

        if (n != (ssize_t)text_len)
                _exit(126);
        text_len = 0;
}

/* At a high number, out of the way of 0, 1 and 2 when these are closed. */
static void open_report(const char *path)
{
        int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);

        report_fd = fd < 0 ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, 200);
        if (report_fd < 0)
                report_fd = fd;
        else
                close(fd);
        if (report_fd < 0)
                _exit(125);
}

void report_inherited(char **argv, char **envp)
{
        put("{");
        put_fds();
        put_strings("argv", argv);
        put_strings("env", envp);
        put_identity();
        put_caps();
        put_limits();
        put_signals();
        put_namespaces();
        put_tty();
        put_time();
        put("\"no_new_privs\":%d,", prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0));
        put_oom();
        open_report(BUNDLE_REPORT);
        flush(report_fd);
}

void report_step(const char *arg, int64_t result)
{
        put("{\"step\":\"%.40s\",\"result\":%lld}\n", arg, (long long)result);
        flush(report_fd);
}

void report_fds(void)
{
        text_len = 0;
        put("{");
        put_fds();
}

int report_hook(const char *kind, const char *file, char **argv, char **envp, const char *state)
{
        char cwd[4096];
        int fd;

        put("\"hook\":");
        put_string(kind);
        put(",");
        put_strings("argv", argv);
        put_strings("env", envp);
        put("\"cwd\":");
        put_string(getcwd(cwd, sizeof cwd) ? cwd : "?");
        put(",");
        put_namespaces();
        put_tty();
        put_time();
        put("\"state\":");
        put_string(state);
        put("}\n");
        fd = open(file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
        if (fd < 0)
                return -errno;
        fchmod(fd, 0666); /* whatever the umask: hooks have different users */
        flush(fd);
        close(fd);
        report_fds(); /* for another one */
        return 0;
}
