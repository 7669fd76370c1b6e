#include "sandbox/executor.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "core/base/err.h"
#include "sandbox/sweep.h"

#define SLOTS 16
#define OVERTIME_MS 5000 /* a supervisor that has not ended so long after its own bound is killed */

struct slot {
        struct observation *o; /* shared with the supervisor */
        size_t index;          /* of the run */
        int pidfd;             /* -1: free */
        pid_t pid;
        int64_t deadline;
        char cgroup[32];
};

static int64_t now_ms(void)
{
        struct timespec t;

        clock_gettime(CLOCK_MONOTONIC, &t);
        return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static int read_program(const char *path, struct executor *e, struct err *err)
{
        int fd = open(path, O_RDONLY | O_CLOEXEC);
        struct stat st;
        ssize_t n = -1;

        if (fd < 0 || fstat(fd, &st) < 0)
                return err_sys(err, -errno, "observer", path, "cannot be opened");
        e->observer = malloc((size_t)st.st_size);
        if (e->observer)
                n = read(fd, e->observer, (size_t)st.st_size);
        close(fd);
        if (n != st.st_size)
                return err_sys(err, -EIO, "observer", path, "cannot be read");
        e->observer_len = (size_t)n;
        return 0;
}

int executor_open(const char *observer, struct executor *ret, struct err *err)
{
        struct executor e = { .cgroup_root = -1, .cgroup = -1, .alive = { -1, -1 } };
        int rc;

        if (geteuid() != 0)
                return err_set(err, EPERM, "executor", NULL,
                               "real containers are run by root only; rootless runs are not done yet");
        rc = read_program(observer, &e, err);
        if (rc < 0)
                return rc;
        e.cgroup_root = sweep_open_root(err);
        if (e.cgroup_root < 0) {
                free(e.observer);
                return e.cgroup_root;
        }
        sweep_dead(e.cgroup_root);
        sweep_own_name(e.cgroup_name, sizeof e.cgroup_name);
        if (mkdirat(e.cgroup_root, e.cgroup_name, 0755) < 0 ||
            (e.cgroup = openat(e.cgroup_root, e.cgroup_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0 ||
            flock(e.cgroup, LOCK_EX | LOCK_NB) < 0 || pipe2(e.alive, O_CLOEXEC) < 0) {
                rc = err_sys(err, -errno, "executor", e.cgroup_name, "the cgroup cannot be made");
                executor_close(&e);
                return rc;
        }
        *ret = e;
        return 0;
}

void executor_close(struct executor *e)
{
        if (!e)
                return;
        if (e->cgroup >= 0) {
                close(e->cgroup);
                sweep_remove(e->cgroup_root, e->cgroup_name);
        }
        for (int i = 0; i < 2; i++)
                if (e->alive[i] >= 0)
                        close(e->alive[i]);
        if (e->cgroup_root >= 0)
                close(e->cgroup_root);
        free(e->observer);
        *e = (struct executor){ .cgroup_root = -1, .cgroup = -1, .alive = { -1, -1 } };
}

/* In the child: dies with the executor, also if that was killed before the prctl. */
static void tie_to_parent(const struct executor *e)
{
        struct pollfd p = { e->alive[0], POLLIN, 0 };

        prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
        close(e->alive[1]);
        if (poll(&p, 1, 0) != 0)
                _exit(1);
}

static int start(struct executor *e, struct slot *slot, const struct executor_run *run, unsigned timeout_ms)
{
        struct clone_args args = { .flags = CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWUTS | CLONE_PIDFD | CLONE_INTO_CGROUP,
                                   .exit_signal = SIGCHLD };
        struct supervisor_job job = { run->s, run->runtime, e->observer, e->observer_len, timeout_ms, run->keep_fd };
        int cgroup, pidfd = -1, rc = 0;
        pid_t pid;

        snprintf(slot->cgroup, sizeof slot->cgroup, "%zu", slot->index);
        if (mkdirat(e->cgroup, slot->cgroup, 0755) < 0)
                return -errno;
        cgroup = openat(e->cgroup, slot->cgroup, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (cgroup < 0)
                return -errno;
        memset(slot->o, 0, sizeof *slot->o);
        args.pidfd = (uint64_t)(uintptr_t)&pidfd;
        args.cgroup = (uint64_t)cgroup;
        pid = (pid_t)syscall(SYS_clone3, &args, sizeof args);
        if (pid == 0) {
                tie_to_parent(e);
                for (int sig = 1; sig < 32; sig++)
                        signal(sig, SIG_DFL);
                supervisor_run(&job, slot->o);
                _exit(0);
        }
        if (pid < 0)
                rc = -errno;
        close(cgroup);
        if (rc < 0)
                return rc;
        slot->pid = pid;
        slot->pidfd = pidfd;
        slot->deadline = now_ms() + timeout_ms + OVERTIME_MS;
        return 0;
}

/* The supervisor has ended (or is to end now): takes its status, and its cgroup away. */
static void finish(struct executor *e, struct slot *slot)
{
        int status = 0;

        syscall(SYS_pidfd_send_signal, slot->pidfd, SIGKILL, NULL, 0);
        while (waitpid(slot->pid, &status, 0) < 0 && errno == EINTR)
                ;
        close(slot->pidfd);
        slot->pidfd = -1;
        if (WIFSIGNALED(status) && !slot->o->trouble[0])
                snprintf(slot->o->trouble, sizeof slot->o->trouble, "the supervisor died of signal %d",
                         WTERMSIG(status));
        sweep_remove(e->cgroup, slot->cgroup);
}

static bool ended(const struct slot *slot)
{
        siginfo_t info = { 0 };

        return waitid(P_PID, (id_t)slot->pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid == slot->pid;
}

/* Waits for a slot to end or for time to pass. */
static void wait_slots(const struct slot *slot, unsigned jobs)
{
        struct pollfd p[SLOTS];
        nfds_t n = 0;

        for (unsigned i = 0; i < jobs; i++)
                if (slot[i].pidfd >= 0)
                        p[n++] = (struct pollfd){ slot[i].pidfd, POLLIN, 0 };
        poll(p, n, 500);
}

static int open_slots(struct slot slot[SLOTS], unsigned jobs)
{
        for (unsigned i = 0; i < jobs; i++) {
                slot[i].pidfd = -1;
                slot[i].o = mmap(NULL, sizeof *slot[i].o, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
                if (slot[i].o == MAP_FAILED)
                        return -errno;
        }
        return 0;
}

int executor_run(struct executor *e, const struct executor_run *runs, size_t n, unsigned jobs, unsigned timeout_ms,
                 const volatile int *interrupted, executor_done_fn *done, void *arg, struct err *err)
{
        struct slot slot[SLOTS] = { 0 };
        size_t next = 0, busy = 0;
        bool enough = false;
        int rc;

        jobs = jobs < 1 ? 1 : jobs > SLOTS ? SLOTS : jobs;
        rc = open_slots(slot, jobs);
        while (rc == 0 && (next < n || busy > 0) && !enough && !*interrupted) {
                for (unsigned i = 0; i < jobs && rc == 0 && next < n; i++) {
                        if (slot[i].pidfd >= 0)
                                continue;
                        slot[i].index = next;
                        rc = start(e, &slot[i], &runs[next], timeout_ms);
                        busy += rc == 0;
                        next++;
                }
                if (rc < 0)
                        break;
                wait_slots(slot, jobs);
                for (unsigned i = 0; i < jobs && !enough; i++) {
                        if (slot[i].pidfd < 0 || (!ended(&slot[i]) && now_ms() < slot[i].deadline))
                                continue;
                        finish(e, &slot[i]);
                        busy--;
                        enough = !done(slot[i].index, slot[i].o, arg);
                }
        }
        for (unsigned i = 0; i < jobs; i++) {
                if (slot[i].o && slot[i].o != MAP_FAILED && slot[i].pidfd >= 0)
                        finish(e, &slot[i]);
                if (slot[i].o && slot[i].o != MAP_FAILED)
                        munmap(slot[i].o, sizeof *slot[i].o);
        }
        if (rc < 0)
                return err_sys(err, rc, "executor", NULL, "a supervisor cannot be started");
        return *interrupted ? -EINTR : 0;
}
