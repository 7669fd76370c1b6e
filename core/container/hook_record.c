#include "core/container/hook_record.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/err.h"
#include "core/base/io.h"
#include "core/base/limits.h"
#include "core/base/scope.h"
#include "core/container/process.h"
#include "core/container/state.h"
#include "core/sync/sync.h"
#include "core/sys.h"

struct dirent64_head {
        uint64_t ino;
        int64_t off;
        uint16_t reclen;
        uint8_t type;
        char name[];
};

#define BOOT_ID "/proc/sys/kernel/random/boot_id"
#define PAUSE_NS 5000000

/* Without its newline. */
static int read_boot_id(const struct sys *sys, char buf[64], struct err *err)
{
        SCOPED_MEM mem = {sys, NULL};
        char *text;
        size_t len;
        int r = io_read_file(sys, AT_FDCWD, BOOT_ID, LIMIT_SMALL_FILE, &text, &len, err);

        if (r < 0)
                return r;
        mem.ptr = text;
        snprintf(buf, 64, "%.*s", (int)strcspn(text, "\n"), text);
        return 0;
}

int hook_record_write(const struct state_dir *dir, pid_t pid, struct err *err)
{
        const struct sys *sys = dir->sys;
        struct process_stat stat;
        char boot[64], text[128];
        int r = process_stat_read(sys, pid, &stat, err);

        if (r == 0)
                r = read_boot_id(sys, boot, err);
        if (r < 0)
                return r;
        int n = snprintf(text, sizeof(text), "%d %llu %s\n", (int)pid, (unsigned long long)stat.start, boot);
        SCOPED_FD fd = {sys, sys->op->openat(sys, dir->fd, HOOK_RECORD,
                                             O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600)};
        r = fd.fd < 0 ? fd.fd : io_write_all(sys, fd.fd, text, (size_t)n);
        return r < 0 ? err_sys(err, r, "state", HOOK_RECORD, "in %s", dir->path) : 0;
}

void hook_record_clear(const struct state_dir *dir)
{
        (void)dir->sys->op->unlinkat(dir->sys, dir->fd, HOOK_RECORD, 0);
}

/* Whose group it would be: 0 for nobody's. What was cut off was never obeyed. */
static int read_group(const struct state_dir *dir, pid_t *ret_group, struct err *err)
{
        const struct sys *sys = dir->sys;
        SCOPED_MEM mem = {sys, NULL};
        struct process_stat leader;
        char boot[64], *text, *said;
        uint64_t start;
        size_t len;
        pid_t pid;
        int r;

        *ret_group = 0;
        r = io_read_file(sys, dir->fd, HOOK_RECORD, LIMIT_SMALL_FILE, &text, &len, err);
        if (r < 0)
                return r == -ENOENT ? 0 : r;
        mem.ptr = text;
        if (len == 0 || text[len - 1] != '\n' || !process_name_parse(text, &pid, &start))
                return 0;
        r = read_boot_id(sys, boot, err);
        if (r < 0)
                return r;
        text[len - 1] = '\0';
        said = strrchr(text, ' '); /* there is one: what was parsed has a number after it */
        if (strcmp(said + 1, boot) != 0)
                return 0;
        r = process_stat_read(sys, pid, &leader, err);
        if (r == -ESRCH || (r == 0 && leader.start == start))
                *ret_group = pid;
        return r == -ESRCH ? 0 : r;
}

/* Somebody who is no zombie: those are for a parent to reap who may take his time, or never do it. */
static bool lives(const struct sys *sys, pid_t group)
{
        SCOPED_FD fd = {sys, sys->op->openat(sys, AT_FDCWD, "/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0)};
        _Alignas(struct dirent64_head) char buf[8192];
        ssize_t n;

        while (fd.fd >= 0 && (n = sys->op->getdents64(sys, fd.fd, buf, sizeof(buf))) > 0)
                for (ssize_t at = 0; at < n;) {
                        const struct dirent64_head *e = (const void *)(buf + at);
                        char *end;
                        unsigned long pid = strtoul(e->name, &end, 10);
                        struct process_stat stat;

                        at += e->reclen;
                        if (*end == '\0' && pid <= INT32_MAX && process_stat_read(sys, (pid_t)pid, &stat, NULL) == 0 &&
                            stat.group == (uint64_t)group && stat.state != 'Z' && stat.state != 'X')
                                return true;
                }
        return false;
}

int hook_record_kill(const struct state_dir *dir, struct err *err)
{
        const struct sys *sys = dir->sys;
        const struct timespec pause = {.tv_nsec = PAUSE_NS};
        struct timespec deadline, left;
        pid_t group;
        int r = read_group(dir, &group, err);

        if (r == 0 && group > 0)
                r = sync_deadline_in(sys, LIMIT_HOOK_KILL_MS, &deadline, err);
        if (r < 0)
                return r;
        /* who is being made there meanwhile gets the signal too */
        while (group > 0 && sys->op->kill(sys, -group, SIGKILL) == 0 && lives(sys, group)) {
                r = sync_time_left(sys, &deadline, &left, err);
                if (r == -ETIMEDOUT)
                        return err_set(err, ETIMEDOUT, "kill", HOOK_RECORD, "a process of group %d does not end", (int)group);
                if (r < 0)
                        return r;
                (void)sys->op->nanosleep(sys, &pause, NULL);
        }
        hook_record_clear(dir);
        return 0;
}
