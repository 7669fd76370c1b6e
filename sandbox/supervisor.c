#include "sandbox/supervisor.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "core/base/err.h"
#include "sandbox/bundle.h"
#include "sandbox/surroundings.h"
#include "sandbox/world.h"

#define ID "initlab"
#define CGROUP_PATH "/initlab-container"
#define REAPED_MAX 64
#define EOF_PATIENCE_MS 1500  /* after the last byte and the last end, an EOF has to be there */
#define GRACE_MS 1000         /* for a process that was killed by delete to be gone */
#define DURING_MS 20          /* a reader "during" comes so long after the payload's report */
#define REPORT_PATH SURROUNDINGS_BUNDLE "/rootfs" BUNDLE_REPORT

struct reaped {
        pid_t pid;
        int status;
        int64_t ms; /* when it was last known to live: a supervisor that is not scheduled sees ends late */
};

struct super {
        const struct supervisor_job *job;
        struct observation *o;
        struct world w;
        struct surroundings su;
        int64_t begin, deadline, moved, report_seen; /* ms; report_seen -1: not yet */
        int64_t looked; /* ms: before the last look for processes that ended */
        int signals; /* signalfd of SIGCHLD */
        struct reaped reaped[REAPED_MAX];
        size_t n_reaped;
        int capture[2]; /* stdout and stderr of the command that runs, -1: none */
        size_t captured[2];
        pid_t payload; /* 0: unknown */
};

static int64_t now_ms(void)
{
        struct timespec t;

        clock_gettime(CLOCK_MONOTONIC, &t);
        return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void trouble(struct super *su, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static void trouble(struct super *su, const char *fmt, ...)
{
        va_list ap;

        if (su->o->trouble[0])
                return;
        va_start(ap, fmt);
        vsnprintf(su->o->trouble, sizeof su->o->trouble, fmt, ap);
        va_end(ap);
}

/* ------------------------------------------------------------------ the loop */

static void reap(struct super *su)
{
        struct signalfd_siginfo info[8];
        int64_t now = now_ms();
        int status;
        pid_t pid;

        while (read(su->signals, info, sizeof info) > 0)
                ;
        while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
                if (su->n_reaped < REAPED_MAX)
                        su->reaped[su->n_reaped++] = (struct reaped){ pid, status, su->looked };
        }
        su->looked = now;
}

static const struct reaped *find_reaped(const struct super *su, pid_t pid)
{
        for (size_t i = 0; i < su->n_reaped; i++)
                if (su->reaped[i].pid == pid)
                        return &su->reaped[i];
        return NULL;
}

static void drain_capture(struct super *su, struct obs_command *c)
{
        for (int i = 0; i < 2; i++) {
                char *text = i ? c->err : c->out, sink[4096];
                while (su->capture[i] >= 0) {
                        size_t room = OBS_TEXT - 1 - su->captured[i];
                        ssize_t n = read(su->capture[i], room ? text + su->captured[i] : sink,
                                         room ? room : sizeof sink);
                        if (n > 0 && room) {
                                su->captured[i] += (size_t)n;
                        } else if (n == 0) {
                                close(su->capture[i]);
                                su->capture[i] = -1;
                        } else if (n < 0) {
                                break;
                        }
                }
        }
}

/* The payload's report is there: it lives, or lived. */
static void look_for_report(struct super *su)
{
        struct stat st;

        if (su->report_seen < 0 && stat(REPORT_PATH, &st) == 0 && st.st_size > 0)
                su->report_seen = now_ms();
        if (su->report_seen >= 0 && now_ms() >= su->report_seen + DURING_MS)
                world_attach(&su->w, ATTACH_DURING);
}

/* One turn: waits at most `wait` ms for anything, moves bytes, reaps. c: the command that runs, or NULL. */
static void turn(struct super *su, struct obs_command *c, int wait)
{
        struct pollfd p[8];
        int64_t now = now_ms();
        size_t n = world_poll(&su->w, p, &wait, now);

        p[n++] = (struct pollfd){ su->signals, POLLIN, 0 };
        for (int i = 0; i < 2; i++)
                if (su->capture[i] >= 0)
                        p[n++] = (struct pollfd){ su->capture[i], POLLIN, 0 };
        if (wait > 0 && now + wait > su->deadline)
                wait = su->deadline > now ? (int)(su->deadline - now) : 0;
        poll(p, n, wait);
        now = now_ms();
        if (world_pump(&su->w, now))
                su->moved = now;
        if (c)
                drain_capture(su, c);
        reap(su);
        look_for_report(su);
}

static void timed_out(struct super *su, const char *what)
{
        char processes[300];

        if (su->o->timed_out)
                return;
        su->o->timed_out = true;
        surroundings_processes(processes, sizeof processes);
        snprintf(su->o->timeout_where, sizeof su->o->timeout_where, "%s after %lld ms; processes: %s", what,
                 (long long)(now_ms() - su->begin), processes[0] ? processes : "none");
}

/* ------------------------------------------------------------------ commands */

/* By the kernel's own call: the C library refuses its two real-time signals, and they are inherited like the others. */
static void dispose(int sig, void (*how)(int))
{
        struct {
                void (*handler)(int);
                unsigned long flags;
                void (*restorer)(void);
                unsigned long mask;
        } act = { .handler = how };

        syscall(SYS_rt_sigaction, sig, &act, NULL, sizeof act.mask);
}

static _Noreturn void child(const struct super *su, char *const argv[], const int out[2], int failed)
{
        sigset_t none;
        int rc;

        /* What a runtime inherits is the scenario's alone, not that of whoever started us. */
        sigemptyset(&none);
        sigprocmask(SIG_SETMASK, &none, NULL);
        for (int sig = 1; sig < NSIG; sig++)
                dispose(sig, SIG_DFL);
        if (out) {
                int null = open("/dev/null", O_RDWR | O_CLOEXEC);
                dup2(null, 0);
                dup2(out[0], 1);
                dup2(out[1], 2);
                for (int i = 3; i < SCENARIO_FD_MAX; i++)
                        close(i);
        } else {
                for (size_t i = 0; i < su->job->s->world.n_ignored; i++)
                        dispose(su->job->s->world.ignored_signals[i], SIG_IGN);
                rc = world_enter(&su->w);
                if (rc < 0)
                        goto bad;
        }
        execv(argv[0], argv);
        rc = -errno;
bad:
        if (write(failed, &rc, sizeof rc) < 0)
                _exit(126);
        _exit(127);
}

/* A pipe whose ends are out of the way of the numbers that the runtime gets. */
static int high_pipe(int fds[2])
{
        int low[2];

        if (pipe2(low, O_CLOEXEC) < 0)
                return -errno;
        for (int i = 0; i < 2; i++) {
                fds[i] = fcntl(low[i], F_DUPFD_CLOEXEC, 100);
                close(low[i]);
        }
        return fds[0] < 0 || fds[1] < 0 ? -EMFILE : 0;
}

/* Forks and executes; with_world: with the scenario's fds, else with captured output. Returns the pid or -errno. */
static pid_t spawn(struct super *su, char *const argv[], bool with_world)
{
        int out[2][2] = { { -1, -1 }, { -1, -1 } }, failed[2], rc = 0;
        ssize_t n;
        pid_t pid;

        if (high_pipe(failed) < 0 || (!with_world && (high_pipe(out[0]) < 0 || high_pipe(out[1]) < 0)))
                return -EMFILE;
        pid = fork();
        if (pid == 0)
                child(su, argv, with_world ? NULL : (int[]){ out[0][1], out[1][1] }, failed[1]);
        close(failed[1]);
        for (int i = 0; i < 2 && !with_world; i++) {
                close(out[i][1]);
                su->capture[i] = out[i][0];
                su->captured[i] = 0;
                fcntl(su->capture[i], F_SETFL, O_NONBLOCK);
        }
        if (with_world)
                world_close_near(&su->w);
        n = read(failed[0], &rc, sizeof rc);
        close(failed[0]);
        if (pid < 0)
                return -EAGAIN;
        return n > 0 ? rc : pid;
}

static size_t make_argv(const struct super *su, const char *name, const char *argv[20], char preserve[16])
{
        const struct scenario *s = su->job->s;
        bool creates = strcmp(name, "run") == 0 || strcmp(name, "create") == 0;
        size_t n = 0;

        argv[n++] = su->job->runtime->path;
        argv[n++] = "--root";
        argv[n++] = SURROUNDINGS_STATE;
        if (s->client.log) {
                argv[n++] = "--log";
                argv[n++] = SURROUNDINGS_LOG;
                argv[n++] = "--log-format";
                argv[n++] = "json";
        }
        argv[n++] = name;
        if (creates) {
                argv[n++] = "--bundle";
                argv[n++] = SURROUNDINGS_BUNDLE;
                argv[n++] = "--pid-file";
                argv[n++] = SURROUNDINGS_PID;
                if (strcmp(name, "run") == 0 && s->client.flow == FLOW_RUN_DETACH)
                        argv[n++] = "--detach";
                if (s->client.preserve_fds >= 0) {
                        snprintf(preserve, 16, "%d", s->client.preserve_fds);
                        argv[n++] = "--preserve-fds";
                        argv[n++] = preserve;
                }
        }
        argv[n++] = ID;
        argv[n] = NULL;
        return n;
}

/* Runs one command of the runtime to its end. NULL on trouble or timeout. */
static const struct obs_command *command(struct super *su, const char *name)
{
        struct obs_command *c = &su->o->command[su->o->n_commands];
        bool with_world = strcmp(name, "run") == 0 || strcmp(name, "create") == 0;
        const char *argv[20];
        char preserve[16], what[64];
        int64_t begin = now_ms();
        const struct reaped *r;
        pid_t pid;

        if (su->o->n_commands == OBS_COMMANDS || su->o->timed_out || su->o->trouble[0])
                return NULL;
        su->o->n_commands++;
        snprintf(c->name, sizeof c->name, "%s", name);
        make_argv(su, name, argv, preserve);
        pid = spawn(su, (char *const *)argv, with_world);
        if (pid < 0) {
                trouble(su, "%s %s cannot be executed: %s", argv[0], name, strerror(-pid));
                return NULL;
        }
        while (!(r = find_reaped(su, pid))) {
                if (now_ms() >= su->deadline) {
                        c->end = END_TIMEOUT;
                        snprintf(what, sizeof what, "%s still runs", name);
                        timed_out(su, what);
                        return NULL;
                }
                turn(su, c, su->report_seen < 0 || now_ms() < su->report_seen + DURING_MS + 5 ? 5 : 50);
        }
        drain_capture(su, c);
        for (int i = 0; i < 2; i++) {
                if (su->capture[i] >= 0)
                        close(su->capture[i]);
                su->capture[i] = -1;
        }
        c->ms = (uint32_t)(now_ms() - begin);
        c->end = WIFEXITED(r->status) ? END_EXITED : END_SIGNALED;
        c->code = WIFEXITED(r->status) ? WEXITSTATUS(r->status) : WTERMSIG(r->status);
        return c;
}

static bool succeeded(const struct obs_command *c)
{
        return c && c->end == END_EXITED && c->code == 0;
}

/* ------------------------------------------------------------------ waiting */

static void read_pid(struct super *su)
{
        FILE *f = fopen(SURROUNDINGS_PID, "re");
        int pid = 0;

        if (f) {
                if (fscanf(f, "%d", &pid) == 1 && pid > 1)
                        su->payload = pid;
                fclose(f);
        }
}

/* Until init has ended; being its ancestor in the namespace, we are its reaper when the runtime is gone. */
static void wait_payload(struct super *su)
{
        const struct reaped *r = NULL;

        read_pid(su);
        if (!su->payload)
                return;
        while (!(r = find_reaped(su, su->payload))) {
                if (now_ms() >= su->deadline) {
                        timed_out(su, "the payload still runs");
                        return;
                }
                turn(su, NULL, su->report_seen < 0 || now_ms() < su->report_seen + DURING_MS + 5 ? 5 : 50);
        }
        su->o->payload_end = WIFEXITED(r->status) ? END_EXITED : END_SIGNALED;
        su->o->payload_code = WIFEXITED(r->status) ? WEXITSTATUS(r->status) : WTERMSIG(r->status);
        su->o->payload_end_ms = r->ms - su->begin;
}

static void wait_eof(struct super *su)
{
        int64_t patience = EOF_PATIENCE_MS;

        for (size_t i = 0; i < su->job->s->n_steps; i++)
                if (su->job->s->step[i].kind == STEP_FORK && su->job->s->world.share[SHARE_PID])
                        patience += su->job->s->step[i].ms;
        su->moved = now_ms();
        world_attach(&su->w, ATTACH_DURING);
        world_attach(&su->w, ATTACH_AFTER);
        while (!world_at_eof(&su->w) && now_ms() < su->moved + patience && now_ms() < su->deadline)
                turn(su, NULL, 50);
        turn(su, NULL, 0); /* whoever was not scheduled for so long looks once more before it accuses */
        if (!world_at_eof(&su->w) && now_ms() >= su->deadline)
                timed_out(su, "the readers still wait");
}

/* ------------------------------------------------------------------ flows */

static void flow_run(struct super *su)
{
        command(su, "run");
        wait_eof(su);
}

static void flow_detach(struct super *su)
{
        if (!succeeded(command(su, "run"))) {
                wait_eof(su);
                return;
        }
        wait_payload(su);
        wait_eof(su);
        command(su, "state");
        command(su, "delete");
}

static void flow_create(struct super *su)
{
        if (!succeeded(command(su, "create"))) {
                wait_eof(su);
                return;
        }
        command(su, "state");
        command(su, "start");
        wait_payload(su);
        wait_eof(su);
        command(su, "state");
        command(su, "delete");
}

static void collect_left(struct super *su)
{
        int64_t until = now_ms() + GRACE_MS;

        reap(su);
        while (surroundings_count() > 0 && now_ms() < until)
                turn(su, NULL, 5);
        surroundings_left(&su->su, su->o);
}

static size_t collect_file(const char *path, char *buf, size_t size)
{
        int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
        size_t n = 0;
        ssize_t got = fd < 0 ? 0 : 1;

        while (got > 0 && n < size) {
                got = read(fd, buf + n, size - n);
                n += got > 0 ? (size_t)got : 0;
        }
        if (fd >= 0)
                close(fd);
        return n;
}

static void keep(struct super *su, const char *name, const char *path)
{
        static char buf[OBS_REPORT];
        size_t n = collect_file(path, buf, sizeof buf);
        int fd = openat(su->job->keep_fd, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

        if (fd < 0 || write(fd, buf, n) != (ssize_t)n)
                trouble(su, "%s cannot be kept: %s", name, strerror(errno));
        if (fd >= 0)
                close(fd);
}

static int prepare(struct super *su)
{
        struct err err = ERR_INIT;
        char text[900];
        sigset_t set;
        FILE *f;
        int rc = surroundings_make(su->job->runtime, &su->su, &err);

        if (rc == 0)
                rc = bundle_make(su->job->s, SURROUNDINGS_BUNDLE, CGROUP_PATH, su->job->observer,
                                 su->job->observer_len, &err);
        if (rc < 0) {
                trouble(su, "%.400s", err_format(&err, text, sizeof text));
                return rc;
        }
        rc = world_make(su->job->s, SURROUNDINGS_IO, &su->w, su->o->made);
        if (rc < 0) {
                trouble(su, "the fds cannot be made: %s", strerror(-rc));
                return rc;
        }
        sigemptyset(&set);
        sigaddset(&set, SIGCHLD);
        sigprocmask(SIG_BLOCK, &set, NULL);
        rc = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
        su->signals = fcntl(rc, F_DUPFD_CLOEXEC, 100);
        close(rc);
        f = fopen("/proc/self/oom_score_adj", "re");
        if (f) {
                if (fscanf(f, "%d", &su->o->caller_oom_score_adj) != 1)
                        su->o->caller_oom_score_adj = 0;
                fclose(f);
        }
        return 0;
}

void supervisor_run(const struct supervisor_job *job, struct observation *o)
{
        static struct super su;
        int rc;

        memset(&su, 0, sizeof su);
        su.job = job;
        su.o = o;
        su.begin = su.looked = now_ms();
        su.deadline = su.begin + job->timeout_ms;
        su.report_seen = -1;
        su.capture[0] = su.capture[1] = -1;
        o->payload_end_ms = -1;
        umask(022);
        setsid(); /* Ctrl-C is for the executor, which then ends us */
        setrlimit(RLIMIT_CORE, &(struct rlimit){ 0, 0 });
        if (prepare(&su) < 0)
                return;
        if (job->s->client.flow == FLOW_RUN)
                flow_run(&su);
        else if (job->s->client.flow == FLOW_RUN_DETACH)
                flow_detach(&su);
        else
                flow_create(&su);
        if (!o->timed_out && !o->trouble[0])
                collect_left(&su);
        o->report_len = collect_file(REPORT_PATH, o->report, sizeof o->report);
        o->log[collect_file(SURROUNDINGS_LOG, o->log, sizeof o->log - 1)] = '\0';
        rc = world_judge_streams(&su.w, SURROUNDINGS_IO, o->stream);
        for (int i = 1; i < 3; i++) /* times since the begin */
                if (o->stream[i].eof_ms >= 0)
                        o->stream[i].eof_ms -= su.begin;
        if (rc < 0)
                trouble(&su, "the output cannot be read: %s", strerror(-rc));
        if (job->keep_fd >= 0) {
                keep(&su, "config.json", SURROUNDINGS_BUNDLE "/config.json");
                keep(&su, "report", REPORT_PATH);
        }
        o->total_ms = (uint32_t)(now_ms() - su.begin);
}
