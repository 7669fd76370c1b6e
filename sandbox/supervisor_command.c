/* Calling the runtime. */
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
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "sandbox/bundle.h"
#include "sandbox/supervisor_private.h"

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

static _Noreturn void child(const struct super *su, char *const argv[], const int out[2], bool full, int failed)
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
                dup2(full ? su->full[1] : out[0], 1);
                dup2(out[1], 2);
                for (int i = 3; i < SCENARIO_FD_MAX; i++)
                        close(i);
        } else {
                for (size_t i = 0; i < su->job->s->world.n_ignored; i++)
                        dispose(su->job->s->world.ignored_signals[i], SIG_IGN);
                rc = world_enter(&su->w);
                if (rc == 0 && scenario_relayed_terminal(su->job->s))
                        rc = world_pty_control();
                if (rc < 0)
                        goto bad;
        }
        if (su->manager >= 0)
                setenv("NOTIFY_SOCKET", SURROUNDINGS_NOTIFY, 1);
        else /* not that of whoever started us */
                unsetenv("NOTIFY_SOCKET");
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

/* Whoever writes to it hangs. */
static int make_full(struct super *su)
{
        char page[4096] = "";

        if (su->full[1] >= 0)
                return 0;
        if (high_pipe(su->full) < 0)
                return -EMFILE;
        fcntl(su->full[1], F_SETFL, O_NONBLOCK);
        while (write(su->full[1], page, sizeof page) > 0)
                ;
        fcntl(su->full[1], F_SETFL, 0);
        return 0;
}

/*
 * Forks and executes; with_world: with the scenario's fds, else with captured output; full: without one that can be
 * written. Returns the pid or -errno.
 */
static pid_t spawn(struct super *su, char *const argv[], bool with_world, bool full)
{
        int out[2][2] = { { -1, -1 }, { -1, -1 } }, failed[2], rc = 0;
        ssize_t n;
        pid_t pid;

        if (high_pipe(failed) < 0 || (!with_world && (high_pipe(out[0]) < 0 || high_pipe(out[1]) < 0)) ||
            (full && make_full(su) < 0))
                return -EMFILE;
        pid = fork();
        if (pid == 0)
                child(su, argv, with_world ? NULL : (int[]){ out[0][1], out[1][1] }, full, failed[1]);
        close(failed[1]);
        for (int i = 0; i < 2 && !with_world; i++) {
                close(out[i][1]);
                su->capture[i] = out[i][0];
                su->captured[i] = 0;
                fcntl(su->capture[i], F_SETFL, O_NONBLOCK);
        }
        if (with_world && su->job->s->client.flow != FLOW_OPERATIONS) /* which may create again */
                world_close_near(&su->w);
        n = read(failed[0], &rc, sizeof rc);
        close(failed[0]);
        if (pid < 0)
                return -EAGAIN;
        return n > 0 ? rc : pid;
}

struct call {
        const char *argv[24];
        size_t n;
        char preserve[16], exit[16];
};

static void arg(struct call *c, const char *text)
{
        c->argv[c->n++] = text;
        c->argv[c->n] = NULL;
}

static void creation_args(const struct super *su, struct call *c, bool run)
{
        const struct scenario *s = su->job->s;

        arg(c, "--bundle");
        arg(c, su->second ? SURROUNDINGS_SECOND : SURROUNDINGS_BUNDLE);
        if (su->second)
                return;
        arg(c, "--pid-file");
        arg(c, SURROUNDINGS_PID);
        if (run && s->client.flow == FLOW_RUN_DETACH)
                arg(c, "--detach");
        if (scenario_terminal(s) && s->client.flow != FLOW_RUN) {
                arg(c, "--console-socket");
                arg(c, SURROUNDINGS_CONSOLE);
        }
        if (s->client.preserve_fds >= 0) {
                snprintf(c->preserve, sizeof c->preserve, "%d", s->client.preserve_fds);
                arg(c, "--preserve-fds");
                arg(c, c->preserve);
        }
}

/* What is executed: "exec", "exec self" and "exec parent" differ in that. */
static void exec_args(struct call *c, const char *word)
{
        if (strcmp(word, "exec self") == 0) {
                arg(c, "/proc/self/exe");
                arg(c, "--help");
                return;
        }
        arg(c, BUNDLE_OBSERVER);
        arg(c, BUNDLE_HOOK);
        if (strcmp(word, "exec tty") == 0) {
                arg(c, "report:exec:" BUNDLE_HOOKS);
                snprintf(c->exit, sizeof c->exit, "write:1:%u", SCENARIO_EXEC_BYTES);
                arg(c, c->exit);
                return;
        }
        snprintf(c->exit, sizeof c->exit, "exit:%d", SCENARIO_EXEC_STATUS);
        arg(c, strcmp(word, "exec parent") == 0 ? "attack:parent" : c->exit);
}

/* word: the operation's. */
static void make_call(const struct super *su, const char *word, const char *extra, struct call *c)
{
        const struct scenario *s = su->job->s;
        const char *name = strncmp(word, "exec ", 5) == 0 ? "exec" : word;
        bool run = strcmp(name, "run") == 0;

        c->n = 0;
        arg(c, su->runtime);
        arg(c, "--root");
        arg(c, SURROUNDINGS_STATE);
        if (s->client.log) {
                arg(c, "--log");
                arg(c, SURROUNDINGS_LOG);
                arg(c, "--log-format");
                arg(c, "json");
        }
        if (strcmp(name, "delete --force") == 0) {
                arg(c, "delete");
                arg(c, "--force");
        } else {
                arg(c, name);
        }
        if (run || strcmp(name, "create") == 0)
                creation_args(su, c, run);
        if (strcmp(word, "exec self") == 0 || strcmp(word, "exec tty") == 0)
                arg(c, "--detach");
        if (strcmp(word, "exec tty") == 0) {
                arg(c, "--tty");
                arg(c, "--console-socket");
                arg(c, SURROUNDINGS_CONSOLE);
        }
        arg(c, su->second ? OBS_SECOND : OBS_ID);
        if (extra)
                arg(c, extra);
        if (strcmp(name, "exec") == 0)
                exec_args(c, word);
}

/* Milliseconds that may be slept until something has to be done. */
static int patience(const struct super *su, int64_t kill_at)
{
        bool due = su->report_seen < 0 || super_now() < su->report_seen + DURING_MS + 5;
        int64_t left = kill_at - super_now();

        if (kill_at >= 0 && left < 5)
                return left < 0 ? 0 : (int)left;
        return due ? 5 : 50;
}

/* Until the process has ended. NULL: it still runs at the deadline. */
static const struct reaped *await(struct super *su, pid_t pid, struct obs_command *c, int64_t kill_at, bool init)
{
        const struct reaped *r;

        while (!(r = super_reaped(su, pid))) {
                if (super_now() >= su->deadline)
                        return NULL;
                if (kill_at >= 0 && super_now() >= kill_at) {
                        c->killed = !init;
                        c->init_killed = init && su->payload && kill(su->payload, SIGKILL) == 0;
                        if (!init)
                                kill(pid, SIGKILL);
                        kill_at = -1;
                }
                super_turn(su, c, patience(su, kill_at));
        }
        return r;
}

static void end_capture(struct super *su, struct obs_command *c)
{
        super_drain(su, c);
        for (int i = 0; i < 2; i++) {
                if (su->capture[i] >= 0)
                        close(su->capture[i]);
                su->capture[i] = -1;
        }
}

struct obs_command *super_call(struct super *su, const char *name, const char *extra, int killed_ms, bool init)
{
        struct obs_command *c = &su->o->command[su->o->n_commands];
        bool with_world = !su->second && (strcmp(name, "run") == 0 || strcmp(name, "create") == 0);
        int64_t begin = super_now();
        const struct reaped *r;
        struct call call;
        char what[64];
        pid_t pid;

        if (su->o->n_commands == OBS_COMMANDS || su->o->timed_out || su->o->trouble[0])
                return NULL;
        su->o->n_commands++;
        snprintf(c->name, sizeof c->name, "%s%s", su->second ? "second " : "", name);
        make_call(su, name, extra, &call);
        pid = spawn(su, (char *const *)call.argv, with_world, strcmp(name, "exec self") == 0);
        while (pid == -ETXTBSY && !with_world && super_now() < su->deadline) { /* an attacker has it open */
                end_capture(su, c);
                super_turn(su, NULL, 5);
                pid = spawn(su, (char *const *)call.argv, with_world, strcmp(name, "exec self") == 0);
        }
        if (pid < 0) {
                super_trouble(su, "%s %s cannot be executed: %s", call.argv[0], name, strerror(-pid));
                return NULL;
        }
        su->exec_tty = strcmp(name, "exec tty") == 0;
        r = await(su, pid, c, killed_ms < 0 ? -1 : begin + killed_ms, init);
        if (!r) {
                c->end = END_TIMEOUT;
                snprintf(what, sizeof what, "%s still runs", name);
                super_timed_out(su, what);
                return NULL;
        }
        super_console_take(su);
        end_capture(su, c);
        c->ms = (uint32_t)(super_now() - begin);
        c->end = WIFEXITED(r->status) ? END_EXITED : END_SIGNALED;
        c->code = WIFEXITED(r->status) ? WEXITSTATUS(r->status) : WTERMSIG(r->status);
        c->killed &= c->end == END_SIGNALED; /* else it was done before */
        return c;
}

struct obs_command *super_command(struct super *su, const char *name)
{
        return super_call(su, name, NULL, -1, false);
}
