/*
 * The payload: a small static program that reports what it inherited, and then does what its arguments say.
 *
 * It opens nothing before it has looked at its fds, by fcntl(2) and fstat(2) on each number, so that neither /proc nor any
 * stdio is needed; the report goes to a file in its root file system, one line of JSON for what was inherited and one
 * for each step. The C library's start-up opens nothing either (it would re-open 0..2 only for a set-uid program).
 *
 * arguments: write:FD:BYTES echo echo:BYTES raw resized flood sleep:MS fork:FD:BYTES:MS wait masked:PATH empty:PATH
 * readonly:PATH overwrite:PATH
 * attack:WHOM await:LINES exit:STATUS signal:NUMBER, the rest after -- is ignored.
 * A hook's or what exec runs, after the word "hook": these, mark:PATH until:PATH report:KIND:FILE
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "sandbox/attack.h"
#include "sandbox/bundle.h"
#include "sandbox/observer_report.h"
#include "sandbox/observer_tty.h"
#include "sandbox/pattern.h"

static uint64_t written[3]; /* bytes of the pattern so far, by fd */

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

/* Until EOF, or so many bytes. */
static int64_t do_echo(int64_t limit)
{
        static unsigned char buf[65536];
        int64_t sum = 0;

        for (;;) {
                ssize_t n = sum < limit ? read(0, buf, sizeof buf) : 0;
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

static int64_t do_empty(const char *path)
{
        struct stat st;

        return stat(path, &st) < 0 ? -errno : (int64_t)st.st_size;
}

/* 1: it can be written to. */
static int64_t do_readonly(const char *path)
{
        int fd = open(path, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

        if (fd < 0)
                return -errno;
        close(fd);
        return 1;
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
                return do_echo(INT64_MAX);
        if (sscanf(arg, "echo:%lu", &bytes) == 1)
                return do_echo((int64_t)bytes);
        if (strcmp(arg, "raw") == 0)
                return tty_raw();
        if (strcmp(arg, "resized") == 0)
                return tty_resized();
        if (strcmp(arg, "flood") == 0)
                return tty_flood();
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
        if (strncmp(arg, "empty:", 6) == 0)
                return do_empty(arg + 6);
        if (strncmp(arg, "readonly:", 9) == 0)
                return do_readonly(arg + 9);
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

/* What a hook reads from its stdin: the state of the container. */
static const char *read_state(void)
{
        static char state[16384];
        size_t have = 0;
        ssize_t n;

        while (!isatty(0) && have < sizeof state - 1 && (n = read(0, state + have, sizeof state - 1 - have)) > 0)
                have += (size_t)n;
        return state;
}

/* Not the payload, but a hook (OBSERVER hook STEP...) or what exec runs: it does its steps, and reports if told so. */
static _Noreturn void be_hook(char **argv, char **envp)
{
        const char *state, *file;
        char kind[32];

        report_fds();
        attack_tell();
        state = read_state();
        for (char **arg = argv + 2; *arg; arg++) {
                int64_t rc;

                if (sscanf(*arg, "report:%31[^:]", kind) == 1 && (file = strchr(*arg + 7, ':')))
                        rc = report_hook(kind, file + 1, argv, envp, state);
                else
                        rc = step(*arg);
                if (rc < 0)
                        _exit(1);
        }
        _exit(0);
}

int main(int argc, char **argv, char **envp)
{
        if (argc > 1 && strcmp(argv[1], BUNDLE_HOOK) == 0)
                be_hook(argv, envp);
        report_inherited(argv, envp);
        for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
                report_step(argv[i], step(argv[i]));
        _exit(0);
}
