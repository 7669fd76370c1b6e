#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "core/base/err.h"
#include "sandbox/bundle.h"
#include "sandbox/supervisor_private.h"
#include "sandbox/text.h"

#define CGROUP_PATH "/initlab-container"
#define GRACE_MS 1000 /* for a process that was killed by delete to be gone */

static bool succeeded(const struct obs_command *c)
{
        return c && c->end == END_EXITED && c->code == 0;
}

/* ------------------------------------------------------------------ flows */

static void flow_run(struct super *su)
{
        super_swap_begin(su);
        super_command(su, "run");
        super_swap_end(su);
        super_wait_eof(su);
}

static void flow_detach(struct super *su)
{
        if (!succeeded(super_command(su, "run"))) {
                super_wait_eof(su);
                return;
        }
        super_wait_payload(su);
        super_wait_eof(su);
        super_command(su, "state");
        super_command(su, "delete");
}

static const struct obs_command *create(struct super *su, int killed_ms)
{
        const struct obs_command *c;

        if (su->payload && super_reaped(su, su->payload)) /* what it reported is not the next one's word */
                unlink(REPORT_PATH);
        super_swap_begin(su);
        c = super_call(su, "create", NULL, killed_ms, false);
        super_swap_end(su);
        if (succeeded(c))
                super_look_at_init(su);
        return c;
}

static void flow_create(struct super *su)
{
        if (!succeeded(create(su, -1))) {
                super_wait_eof(su);
                return;
        }
        super_command(su, "state");
        super_command(su, "start");
        super_wait_payload(su);
        super_wait_eof(su);
        super_command(su, "state");
        super_command(su, "delete");
}

static void wait_operation(struct super *su)
{
        struct obs_command *c;

        super_wait_payload(su);
        if (!su->payload || su->o->n_commands == OBS_COMMANDS || su->o->timed_out)
                return;
        c = &su->o->command[su->o->n_commands++];
        snprintf(c->name, sizeof c->name, "wait");
        c->end = END_EXITED;
}

/*
 * An attack that can't be made is not waited for; one that killed its runtime goes on when that is gone. An init that was
 * killed must be dead before somebody asks for its state.
 */
static void after_operation(struct super *su, enum scenario_operation_kind kind, const struct obs_command *c)
{
        int64_t until = super_now() + GRACE_MS * 3;
        struct stat st;

        if (c && c->init_killed)
                super_wait_payload(su);

        while (kind == OPERATION_EXEC_TTY && succeeded(c) && !su->w.reader[0].eof && super_now() < until)
                super_turn(su, NULL, 20);
        if (kind == OPERATION_EXEC_SELF && !succeeded(c))
                close(open(SURROUNDINGS_BUNDLE "/rootfs" BUNDLE_GO, O_WRONLY | O_CREAT | O_CLOEXEC, 0644));
        while (kind == OPERATION_EXEC_PARENT && super_now() < until &&
               (stat(SURROUNDINGS_BUNDLE "/rootfs" BUNDLE_ATTACKS, &st) < 0 || st.st_size == 0))
                super_turn(su, NULL, 5);
}

static void flow_operations(struct super *su)
{
        const struct scenario *s = su->job->s;

        for (size_t i = 0; i < s->client.n_operations; i++) {
                const struct scenario_operation *op = &s->client.operation[i];
                char sig[8];

                snprintf(sig, sizeof sig, "%d", op->signal);
                if (op->kind == OPERATION_WAIT)
                        wait_operation(su);
                else if (op->kind == OPERATION_SECOND)
                        super_second(su);
                else if (op->kind == OPERATION_CREATE)
                        create(su, op->killed_ms);
                else
                        after_operation(su, op->kind,
                                        super_call(su, scenario_operation_word(op->kind),
                                                   op->kind == OPERATION_KILL ? sig : NULL, op->killed_ms, op->init));
                super_command(su, "state");
        }
        world_close_near(&su->w);
        super_wait_eof(su);
}

static void collect_left(struct super *su)
{
        int64_t until = super_now() + GRACE_MS;

        super_reap(su);
        while (surroundings_count() > 0 && super_now() < until)
                super_turn(su, NULL, 5);
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
                super_trouble(su, "%s cannot be kept: %s", name, strerror(errno));
        if (fd >= 0)
                close(fd);
}

/* Of what we start, so of the runtime. */
static void note_namespaces(struct observation *o)
{
        static const char *const path[OBS_NAMESPACES] = { "/proc/self/ns/mnt", "/proc/self/ns/pid", "/proc/self/ns/net",
                                                          "/proc/self/ns/ipc", "/proc/self/ns/uts", "/proc/self/ns/user" };
        struct stat st;

        for (size_t i = 0; i < OBS_NAMESPACES; i++)
                if (stat(path[i], &st) == 0)
                        o->ns[i] = st.st_ino;
}

static int prepare(struct super *su)
{
        struct err err = ERR_INIT;
        char text[900];
        sigset_t set;
        int rc = surroundings_make(su->job->runtime, su->job->s->world.shared_mounts, &su->su, &err);

        if (rc == 0) {
                rc = host_make();
                if (rc < 0)
                        err_sys(&err, rc, "host", HOST_DIR, "cannot be made");
        }
        if (rc == 0)
                rc = bundle_make(su->job->s, SURROUNDINGS_BUNDLE, CGROUP_PATH, su->job->observer,
                                 su->job->observer_len, &err);
        if (rc < 0) {
                super_trouble(su, "%.400s", err_format(&err, text, sizeof text));
                return rc;
        }
        /* for hooks: the same file, as it was made */
        if (link(SURROUNDINGS_BUNDLE "/rootfs" BUNDLE_OBSERVER, SURROUNDINGS_HOOK) < 0 && errno != ENOENT) {
                super_trouble(su, "no program for hooks: %s", strerror(errno));
                return -errno;
        }
        rc = super_choose_runtime(su);
        if (rc < 0) {
                super_trouble(su, "the runtime cannot be copied: %s", strerror(-rc));
                return rc;
        }
        rc = world_make(su->job->s, SURROUNDINGS_IO, &su->w, su->o->made);
        if (rc < 0) {
                super_trouble(su, "the fds cannot be made: %s", strerror(-rc));
                return rc;
        }
        rc = super_console_listen(su);
        if (rc == 0)
                rc = super_manager_listen(su);
        if (rc < 0) {
                super_trouble(su, "no socket for consoles or for a service manager: %s", strerror(-rc));
                return rc;
        }
        sigemptyset(&set);
        sigaddset(&set, SIGCHLD);
        sigprocmask(SIG_BLOCK, &set, NULL);
        rc = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
        su->signals = fcntl(rc, F_DUPFD_CLOEXEC, 100);
        close(rc);
        note_namespaces(su->o);
        if (text_read("/proc/self/oom_score_adj", text, sizeof text) == 0)
                su->o->caller_oom_score_adj = atoi(text);
        return 0;
}

void supervisor_run(const struct supervisor_job *job, struct observation *o)
{
        static struct super su;
        int rc;

        memset(&su, 0, sizeof su);
        su.job = job;
        su.o = o;
        su.begin = su.looked = super_now();
        su.deadline = su.begin + job->timeout_ms;
        su.report_seen = -1;
        su.manager = su.console = su.capture[0] = su.capture[1] = su.full[0] = su.full[1] = -1;
        o->payload_end_ms = -1;
        umask(022);
        prctl(PR_SET_NAME, "supervisor", 0, 0, 0); /* by which attackers spare us */
        setsid(); /* Ctrl-C is for the executor, which then ends us */
        setrlimit(RLIMIT_CORE, &(struct rlimit){ 0, 0 });
        if (prepare(&su) < 0)
                return;
        host_look(&su.before);
        world_owners(&su.w, o->owner, 0);
        static void (*const flow[])(struct super *) = { flow_run, flow_create, flow_detach, flow_operations };
        flow[job->s->client.flow](&su);
        if (!o->timed_out && !o->trouble[0]) {
                collect_left(&su);
                host_look(&su.after);
                host_compare(&su.before, &su.after, o);
                world_owners(&su.w, o->owner, 1);
                o->host_looked = true;
                o->tty_changed = world_pty_changed(&su.w);
                super_look_at_copy(&su);
        }
        o->report_len = collect_file(REPORT_PATH, o->report, sizeof o->report);
        o->hooks_len = collect_file(SURROUNDINGS_BUNDLE "/rootfs" BUNDLE_HOOKS, o->hooks, sizeof o->hooks);
        o->log[collect_file(SURROUNDINGS_LOG, o->log, sizeof o->log - 1)] = '\0';
        rc = world_judge_streams(&su.w, SURROUNDINGS_IO, o->stream);
        for (int i = 0; i < 3; i++) /* times since the begin */
                if (o->stream[i].eof_ms >= 0)
                        o->stream[i].eof_ms -= su.begin;
        if (rc < 0)
                super_trouble(&su, "the output cannot be read: %s", strerror(-rc));
        if (job->keep_fd >= 0) {
                keep(&su, "config.json", SURROUNDINGS_BUNDLE "/config.json");
                keep(&su, "report", REPORT_PATH);
                keep(&su, "hooks", SURROUNDINGS_BUNDLE "/rootfs" BUNDLE_HOOKS);
                keep(&su, "attacks", SURROUNDINGS_BUNDLE "/rootfs" BUNDLE_ATTACKS);
        }
        o->total_ms = (uint32_t)(super_now() - su.begin);
}
