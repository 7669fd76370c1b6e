#include "core/container/process.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>

#include "core/base/err.h"
#include "core/base/io.h"
#include "core/base/limits.h"
#include "core/base/scope.h"
#include "core/sync/sync.h"
#include "core/sys.h"

#define PF_FORKNOEXEC 0x40u /* <linux/sched.h> of the kernel; a number that proc(5) shows, so it is stable \
                             */

/* <linux/pidfd.h> of Linux 6.15; older headers lack it. */
struct pidfd_exit_info {
        uint64_t mask;
        uint64_t cgroupid;
        uint32_t ids[11]; /* pid, tgid, ppid, four uids and four gids */
        int32_t exit_code;
};
#define PIDFD_INFO_EXIT_BIT (1u << 3)
#define PIDFD_GET_EXIT_INFO _IOWR(0xff, 11, struct pidfd_exit_info)

static const char *number(const char *s, uint64_t *ret)
{
        uint64_t v = 0;

        while (*s == ' ')
                s++;
        if (*s == '-') /* tty_nr, tpgid, priority, nice: signed, and not wanted here */
                s++;
        if (*s < '0' || *s > '9')
                return NULL;
        for (; *s >= '0' && *s <= '9'; s++)
                v = v * 10 + (uint64_t)(*s - '0');
        *ret = v;
        return s;
}

int process_stat_parse(const char *text, struct process_stat *ret_stat)
{
        const char *s = strrchr(text, ')');
        uint64_t field[23] = {0}; /* by proc(5)'s numbers; 4 is the first after the state */

        if (!s || s[1] != ' ' || s[2] == '\0' || s[2] == ' ')
                return -EINVAL;
        char state = s[2];
        s += 3;
        for (int i = 4; i <= 22; i++) {
                s = number(s, &field[i]);
                if (!s)
                        return -EINVAL;
        }
        *ret_stat = (struct process_stat){
                .state = state, .group = field[5], .forknoexec = (field[9] & PF_FORKNOEXEC) != 0, .start = field[22]};
        return 0;
}

bool process_name_parse(const char *text, pid_t *ret_pid, uint64_t *ret_start)
{
        uint64_t pid, start;
        const char *p = *text >= '0' && *text <= '9' ? number(text, &pid) : NULL;

        if (!p || *p != ' ' || pid == 0 || pid > INT32_MAX)
                return false;
        p = p[1] >= '0' && p[1] <= '9' ? number(p, &start) : NULL;
        if (!p || (*p != ' ' && *p != '\n'))
                return false;
        *ret_pid = (pid_t)pid;
        *ret_start = start;
        return true;
}

int process_stat_read(const struct sys *sys, pid_t pid, struct process_stat *ret_stat, struct err *err)
{
        SCOPED_MEM mem = {sys, NULL};
        char path[64], *text;
        size_t len;
        int r;

        snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
        r = io_read_file(sys, AT_FDCWD, path, LIMIT_SMALL_FILE, &text, &len, err);
        if (r == -ENOENT || r == -ESRCH)
                return err_set(err, ESRCH, "process", path, "no such process");
        if (r < 0)
                return r;
        mem.ptr = text;
        r = process_stat_parse(text, ret_stat);
        if (r < 0)
                return err_set(err, -r, "process", path, "not of the form that proc(5) tells");
        return 0;
}

int process_open(const struct sys *sys, pid_t pid, uint64_t start, int *ret_pidfd, struct err *err)
{
        struct process_stat stat;
        char place[32];
        int r;

        snprintf(place, sizeof(place), "%d", (int)pid);
        if (pid <= 0)
                return err_set(err, ESRCH, "process", place, "no such process");
        SCOPED_FD fd = {sys, sys->op->pidfd_open(sys, pid, 0)};
        if (fd.fd < 0)
                return err_sys(err, fd.fd == -ENOENT ? -ESRCH : fd.fd, "pidfd_open", place, "%s", "");
        /* In this order: if the start time is right now, then the fd was opened on the right process. */
        r = process_stat_read(sys, pid, &stat, err);
        if (r < 0)
                return r;
        if (stat.start != start)
                return err_set(err, ESRCH, "process", place, "the pid is another process's by now");
        *ret_pidfd = scoped_fd_steal(&fd);
        return 0;
}

int process_wait_end(const struct sys *sys, int pidfd, long ms, struct err *err)
{
        struct timespec deadline, now;
        int r = sync_deadline_in(sys, ms, &deadline, err);

        if (r < 0)
                return r;
        for (;;) {
                struct pollfd p = {.fd = pidfd, .events = POLLIN};
                r = sys->op->clock_gettime(sys, CLOCK_MONOTONIC, &now);
                if (r < 0)
                        return err_sys(err, r, "clock_gettime", NULL, "%s", "");
                int64_t left =
                        (int64_t)(deadline.tv_sec - now.tv_sec) * 1000000000 + deadline.tv_nsec - now.tv_nsec;
                if (left < 0)
                        left = 0;
                struct timespec ts = {.tv_sec = left / 1000000000, .tv_nsec = left % 1000000000};
                r = sys->op->ppoll(sys, &p, 1, &ts, NULL);
                if (r == -EINTR)
                        continue;
                if (r < 0)
                        return err_sys(err, r, "ppoll", NULL, "%s", "");
                if (r > 0)
                        return 0;
                if (left == 0)
                        return err_set(err, ETIMEDOUT, "wait", NULL, "init did not end in %ld ms", ms);
        }
}

int process_kill(const struct sys *sys, int pidfd, long ms, struct err *err)
{
        int r = sys->op->pidfd_send_signal(sys, pidfd, SIGKILL, 0);

        if (r == -ESRCH)
                return 0;
        if (r < 0)
                return err_sys(err, r, "kill", NULL, "%s", "");
        return process_wait_end(sys, pidfd, ms, err);
}

int process_reap(const struct sys *sys, int pidfd, long ms, siginfo_t *ret_info, struct err *err)
{
        siginfo_t info = {0};
        int r = process_wait_end(sys, pidfd, ms, err);

        if (r < 0)
                (void)process_kill(sys, pidfd, ms, NULL);
        while (sys->op->waitid(sys, P_PIDFD, (id_t)pidfd, &info, WEXITED) == -EINTR)
                continue;
        if (ret_info)
                *ret_info = info;
        return r;
}

int process_exit_status(const struct sys *sys, int pidfd, int *ret_status)
{
        struct pidfd_exit_info info = {.mask = PIDFD_INFO_EXIT_BIT};
        int r = sys->op->ioctl(sys, pidfd, PIDFD_GET_EXIT_INFO, &info);

        if (r < 0 || !(info.mask & PIDFD_INFO_EXIT_BIT))
                return -ENOTSUP;
        *ret_status = info.exit_code;
        return 0;
}
