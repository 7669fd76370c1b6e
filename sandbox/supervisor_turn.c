/* The supervisor's loop: everything that it waits for. */
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
#include "sandbox/text.h"

#define RAW_PATIENCE_MS 1000
#define EOF_PATIENCE_MS 1500 /* after the last byte and the last end, an EOF has to be there */

int64_t super_now(void)
{
        struct timespec t;

        clock_gettime(CLOCK_MONOTONIC, &t);
        return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

void super_trouble(struct super *su, const char *fmt, ...)
{
        va_list ap;

        if (su->o->trouble[0])
                return;
        va_start(ap, fmt);
        vsnprintf(su->o->trouble, sizeof su->o->trouble, fmt, ap);
        va_end(ap);
}

/* ------------------------------------------------------------------ the loop */

void super_reap(struct super *su)
{
        struct signalfd_siginfo info[8];
        int64_t now = super_now();
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

const struct reaped *super_reaped(const struct super *su, pid_t pid)
{
        for (size_t i = 0; i < su->n_reaped; i++)
                if (su->reaped[i].pid == pid)
                        return &su->reaped[i];
        return NULL;
}

void super_drain(struct super *su, struct obs_command *c)
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

/* Has the payload said that its terminal is raw? */
static bool is_raw(void)
{
        static char text[OBS_REPORT];

        return text_read(REPORT_PATH, text, sizeof text) == 0 && strstr(text, "\"step\":\"raw\"");
}

/* The payload's report is there: it lives, or lived. */
static void look_for_report(struct super *su)
{
        struct stat st;

        if (su->report_seen < 0 && stat(REPORT_PATH, &st) == 0 && st.st_size > 0)
                su->report_seen = super_now();
        if (su->report_seen >= 0 && super_now() >= su->report_seen + DURING_MS)
                world_attach(&su->w, ATTACH_DURING);
        if (su->report_seen >= 0 && !su->resized && scenario_has_step(su->job->s, STEP_RESIZED)) {
                su->resized = true;
                world_pty_resize(&su->w);
        }
        if (su->report_seen >= 0 && !su->w.hungry && is_raw()) {
                /* nobody types before the prompt is there: our own terminal is the runtime's to make raw, which takes its time */
                su->raw_seen = su->raw_seen ? su->raw_seen : super_now();
                su->w.hungry = !world_pty_echoes(&su->w) || super_now() > su->raw_seen + RAW_PATIENCE_MS;
        }
}

/* The kernel closes a process's fds before it tells its parent, which a busy machine may draw out. */
static void note_ends(struct super *su)
{
        if (!su->payload)
                super_read_pid(su);
        for (int i = 1; i < 3; i++)
                if (su->w.reader[i].eof && !su->o->stream[i].eof_at_end && su->payload && !su->ends_noted[i]) {
                        su->ends_noted[i] = true;
                        su->o->stream[i].eof_at_end = super_is_ending(su->payload);
                }
}

/* One turn: waits at most `wait` ms for anything, moves bytes, reaps. c: the command that runs, or NULL. */
void super_turn(struct super *su, struct obs_command *c, int wait)
{
        struct pollfd p[10];
        int64_t now = super_now();
        size_t n = world_poll(&su->w, p, &wait, now);

        p[n++] = (struct pollfd){ su->signals, POLLIN, 0 };
        if (su->console >= 0)
                p[n++] = (struct pollfd){ su->console, POLLIN, 0 };
        for (int i = 0; i < 2; i++)
                if (su->capture[i] >= 0)
                        p[n++] = (struct pollfd){ su->capture[i], POLLIN, 0 };
        if (wait > 0 && now + wait > su->deadline)
                wait = su->deadline > now ? (int)(su->deadline - now) : 0;
        poll(p, n, wait);
        super_console_take(su);
        now = super_now();
        if (world_pump(&su->w, now)) {
                su->moved = now;
                note_ends(su);
        }
        if (c)
                super_drain(su, c);
        super_reap(su);
        look_for_report(su);
}

void super_timed_out(struct super *su, const char *what)
{
        char processes[300];

        if (su->o->timed_out)
                return;
        su->o->timed_out = true;
        surroundings_processes(processes, sizeof processes);
        snprintf(su->o->timeout_where, sizeof su->o->timeout_where, "%s after %lld ms; processes: %s", what,
                 (long long)(super_now() - su->begin), processes[0] ? processes : "none");
}

/* ------------------------------------------------------------------ waiting */

void super_read_pid(struct super *su)
{
        char text[32];
        int pid;

        if (text_read(SURROUNDINGS_PID, text, sizeof text) == 0 && sscanf(text, "%d", &pid) == 1 && pid > 1)
                su->payload = pid;
}

/* Until init has ended; being its ancestor in the namespace, we are its reaper when the runtime is gone. */
void super_wait_payload(struct super *su)
{
        const struct reaped *r = NULL;

        if (!su->payload)
                super_read_pid(su);
        if (!su->payload)
                return;
        while (!(r = super_reaped(su, su->payload))) {
                if (super_now() >= su->deadline) {
                        super_timed_out(su, "the payload still runs");
                        return;
                }
                super_turn(su, NULL, su->report_seen < 0 || super_now() < su->report_seen + DURING_MS + 5 ? 5 : 50);
        }
        su->o->payload_end = WIFEXITED(r->status) ? END_EXITED : END_SIGNALED;
        su->o->payload_code = WIFEXITED(r->status) ? WEXITSTATUS(r->status) : WTERMSIG(r->status);
        su->o->payload_end_ms = r->ms - su->begin;
}

void super_wait_eof(struct super *su)
{
        int64_t patience = EOF_PATIENCE_MS;

        for (size_t i = 0; i < su->job->s->n_steps; i++)
                if (su->job->s->step[i].kind == STEP_FORK && su->job->s->world.share[SHARE_PID])
                        patience += su->job->s->step[i].ms;
        su->moved = super_now();
        world_attach(&su->w, ATTACH_DURING);
        world_attach(&su->w, ATTACH_AFTER);
        while (!world_at_eof(&su->w) && super_now() < su->moved + patience && super_now() < su->deadline)
                super_turn(su, NULL, 50);
        super_turn(su, NULL, 0); /* whoever was not scheduled for so long looks once more before it accuses */
        if (!world_at_eof(&su->w) && super_now() >= su->deadline)
                super_timed_out(su, "the readers still wait");
}
