/*
 * The payload: a small static program that reports what it inherited, and then does what its arguments say.
 *
 * It opens nothing before it has looked at its fds, by fcntl(2) and fstat(2) on each number, so that neither /proc nor any
 * stdio is needed; the report goes to a file in its root file system, one line of JSON for what was inherited and one
 * for each step. The C library's start-up opens nothing either (it would re-open 0..2 only for a set-uid program).
 * Bytes >= 0x80 in strings are written as code points of that number, so that every byte string is valid JSON.
 *
 * arguments: write:FD:BYTES echo sleep:MS fork:FD:BYTES:MS wait masked:PATH overwrite:PATH
 * attack:WHOM await:LINES mark:PATH until:PATH exit:STATUS signal:NUMBER, the rest after -- is ignored
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "sandbox/attack.h"
#include "sandbox/bundle.h"
#include "sandbox/pattern.h"

#define PROBE_FDS 4096u /* numbers looked at; the executor's own are below 64 */

static char text[128u << 10];
static size_t text_len;
static int report_fd = -1;
static uint64_t written[3]; /* bytes of the pattern so far, by fd */

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

/* A line in one write(2): the reader never sees half of one that is done. */
static void flush(void)
{
        ssize_t n = write(report_fd, text, text_len);

        if (n != (ssize_t)text_len)
                _exit(126);
        text_len = 0;
}

/* At a high number, out of the way of 0, 1 and 2 when these are closed. */
static void open_report(void)
{
        int fd = open(BUNDLE_REPORT, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);

        report_fd = fd < 0 ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, 200);
        if (report_fd < 0)
                report_fd = fd;
        else
                close(fd);
        if (report_fd < 0)
                _exit(125);
}

static void sleep_ms(unsigned long ms)
{
        struct timespec t = { (time_t)(ms / 1000), (long)(ms % 1000) * 1000000 };

        while (nanosleep(&t, &t) < 0 && errno == EINTR)
                ;
}

static int64_t write_all(int fd, const unsigned char *buf, size_t n)
{
        size_t done = 0;

        while (done < n) {
                ssize_t w = write(fd, buf + done, n - done);
                if (w < 0 && errno == EINTR)
                        continue;
                if (w < 0)
                        return -errno;
                done += (size_t)w;
        }
        return (int64_t)done;
}

static int64_t do_write(int fd, unsigned long bytes)
{
        static unsigned char buf[65536];
        unsigned long left = bytes;

        while (left > 0) {
                size_t n = left < sizeof buf ? left : sizeof buf;
                int64_t rc;

                pattern_fill(fd, written[fd], buf, n);
                rc = write_all(fd, buf, n);
                if (rc < 0)
                        return rc;
                written[fd] += n;
                left -= n;
        }
        return (int64_t)bytes;
}

static int64_t do_echo(void)
{
        static unsigned char buf[65536];
        int64_t sum = 0;

        for (;;) {
                ssize_t n = read(0, buf, sizeof buf);
                int64_t rc;

                if (n < 0 && errno == EINTR)
                        continue;
                if (n <= 0)
                        return n < 0 ? -errno : sum;
                rc = write_all(1, buf, (size_t)n);
                if (rc < 0)
                        return rc;
                sum += n;
        }
}

static int64_t do_fork(int fd, unsigned long bytes, unsigned long ms)
{
        pid_t pid = fork();

        if (pid == 0) {
                sleep_ms(ms);
                _exit(do_write(fd, bytes) == (int64_t)bytes ? 0 : 1);
        }
        if (pid > 0)
                written[fd] += bytes;
        return pid < 0 ? -errno : 0;
}

static int64_t do_wait(void)
{
        int status, bad = 0;

        while (wait(&status) > 0)
                bad |= status;
        return bad ? -EIO : 0;
}

/* 0: not there, not to be opened, the null device or an empty directory; 1: there is something to be read. */
static int64_t do_masked(const char *path)
{
        int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC), masked;
        char names[4096];
        struct stat st;

        if (fd < 0)
                return 0;
        if (fstat(fd, &st) < 0)
                masked = 0;
        else if (S_ISDIR(st.st_mode)) /* . and .. are 24 bytes each */
                masked = syscall(SYS_getdents64, fd, names, sizeof names) <= 48;
        else
                masked = S_ISCHR(st.st_mode) && st.st_rdev == makedev(1, 3);
        close(fd);
        return !masked;
}

static int64_t do_overwrite(const char *path)
{
        int fd = open(path, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
        int64_t rc = fd < 0 ? -errno : write(fd, "overwritten\n", 12);

        if (fd < 0)
                return rc;
        rc = rc < 0 ? -errno : rc;
        close(fd);
        return rc;
}

static void do_signal(int sig)
{
        struct sigaction action = { .sa_handler = SIG_DFL };

        sigaction(sig, &action, NULL);
        kill(getpid(), sig);
}

static int64_t step(const char *arg)
{
        unsigned long bytes, ms;
        int v;

        if (sscanf(arg, "write:%d:%lu", &v, &bytes) == 2 && v >= 1 && v <= 2)
                return do_write(v, bytes);
        if (strcmp(arg, "echo") == 0)
                return do_echo();
        if (sscanf(arg, "sleep:%lu", &ms) == 1) {
                sleep_ms(ms);
                return 0;
        }
        if (sscanf(arg, "fork:%d:%lu:%lu", &v, &bytes, &ms) == 3 && v >= 1 && v <= 2)
                return do_fork(v, bytes, ms);
        if (strcmp(arg, "wait") == 0)
                return do_wait();
        if (strncmp(arg, "attack:", 7) == 0)
                return attack_step(arg + 7);
        if (sscanf(arg, "await:%d", &v) == 1)
                return attack_await(v);
        if (strncmp(arg, "mark:", 5) == 0)
                return attack_mark(arg + 5);
        if (strncmp(arg, "until:", 6) == 0)
                return attack_until(arg + 6);
        if (strncmp(arg, "masked:", 7) == 0)
                return do_masked(arg + 7);
        if (strncmp(arg, "overwrite:", 10) == 0)
                return do_overwrite(arg + 10);
        if (sscanf(arg, "exit:%d", &v) == 1)
                _exit(v);
        if (sscanf(arg, "signal:%d", &v) == 1) {
                do_signal(v);
                return 0;
        }
        return -EINVAL;
}

/* Not the payload, but a hook (OBSERVER hook STEP...) or what exec runs: does its steps, and reports nothing. */
static _Noreturn void be_hook(char **steps)
{
        char sink[4096];

        attack_tell();
        while (read(0, sink, sizeof sink) > 0) /* the state of the container */
                ;
        for (; *steps; steps++)
                if (step(*steps) < 0)
                        _exit(1);
        _exit(0);
}

int main(int argc, char **argv, char **envp)
{
        if (argc > 1 && strcmp(argv[1], BUNDLE_HOOK) == 0)
                be_hook(argv + 2);
        put("{");
        put_fds();
        put_strings("argv", argv);
        put_strings("env", envp);
        put_identity();
        put_caps();
        put_limits();
        put_signals();
        put("\"no_new_privs\":%d,", prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0));
        put_oom();
        open_report();
        flush();
        for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
                put("{\"step\":\"%.40s\",\"result\":%lld}\n", argv[i], (long long)step(argv[i]));
                flush();
        }
        _exit(0);
}
