/*
 * A terminal on 0, 1 and 2 (process.terminal, exec --tty): FD-EXACT by what it is, and ENV-EXACT for its size and what
 * it is to the payload. That /dev/console is the terminal, and that process.consoleSize is obeyed, is the runtime-spec's
 * rule (config.md, process; config-linux.md, Default Devices); the others are ours.
 */
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "sandbox/judge_private.h"

static bool is_pts(const struct obs_fd *f)
{
        return S_ISCHR(f->mode) && major(f->rdev) >= 136 && major(f->rdev) <= 143;
}

static const struct obs_fd *find(const struct obs_fd *list, size_t n, int fd)
{
        for (size_t i = 0; i < n; i++)
                if (list[i].fd == fd)
                        return &list[i];
        return NULL;
}

static void judge_terminal_fds(const struct run *r, const char *who, const struct obs_fd *list, size_t n, const int *tty)
{
        struct verdict *v = &r->out[INV_FD_EXACT];
        const struct obs_fd *first = find(list, n, 0);

        for (int fd = 0; fd < 3; fd++) {
                const struct obs_fd *is = find(list, n, fd);
                if (!is)
                        judge_say(v, VERDICT_FAIL, "fd %d is closed in %s, which was to have a terminal", fd, who);
                else if (!is_pts(is) || !tty[OBS_TTY_0 + fd])
                        judge_say(v, VERDICT_FAIL, "fd %d of %s is no terminal (mode %o, device %llx)", fd, who, is->mode,
                                  (unsigned long long)is->rdev);
                else if (first && (is->rdev != first->rdev || is->dev != first->dev))
                        judge_say(v, VERDICT_FAIL, "fd %d of %s is another terminal than fd 0", fd, who);
        }
        judge_ok(v);
}

/* That the payload can be interrupted, and told of a new size, rests on these. */
static void judge_control(const struct run *r, const char *who, const int *tty)
{
        struct verdict *v = &r->out[INV_ENV_EXACT];

        if (!tty[OBS_TTY_SESSION])
                judge_say(v, judge_ours(r), "the terminal is not the controlling terminal of %s", who);
        else if (!tty[OBS_TTY_FOREGROUND])
                judge_say(v, judge_ours(r), "%s is not in the terminal's foreground process group", who);
}

static void judge_size(const struct run *r)
{
        struct verdict *v = &r->out[INV_ENV_EXACT];
        const int *tty = r->report->tty;
        bool configured = r->s->process.rows != 0, relayed = scenario_relayed_terminal(r->s);
        bool as_configured = tty[OBS_TTY_ROWS] == r->s->process.rows && tty[OBS_TTY_COLUMNS] == r->s->process.columns;
        bool as_callers = tty[OBS_TTY_ROWS] == SCENARIO_ROWS && tty[OBS_TTY_COLUMNS] == SCENARIO_COLUMNS;

        if (configured && !as_configured && !(relayed && as_callers)) /* whoever relays may know better */
                judge_say(v, VERDICT_FAIL, "the terminal has %d rows and %d columns instead of %d and %d", tty[OBS_TTY_ROWS],
                          tty[OBS_TTY_COLUMNS], r->s->process.rows, r->s->process.columns);
        if (!configured && relayed && !as_callers)
                judge_say(v, judge_ours(r), "the terminal has %d rows and %d columns instead of the caller's %d and %d",
                          tty[OBS_TTY_ROWS], tty[OBS_TTY_COLUMNS], SCENARIO_ROWS, SCENARIO_COLUMNS);
}

static void judge_resized(const struct run *r)
{
        struct verdict *v = &r->out[INV_ENV_EXACT];

        for (size_t i = 0; i < r->s->n_steps && i < r->report->n_steps; i++) {
                int64_t is = r->report->step[i].result;
                if (r->s->step[i].kind == STEP_RESIZED && is != (SCENARIO_ROWS_LATER << 16 | SCENARIO_COLUMNS_LATER))
                        judge_say(v, judge_ours(r), is < 0 ? "the terminal's new size never reached the payload" :
                                  "the terminal has %lld rows and %lld columns now instead of %d and %d",
                                  (long long)is >> 16, (long long)is & 0xffff, SCENARIO_ROWS_LATER, SCENARIO_COLUMNS_LATER);
        }
}

static void judge_exec_tty(const struct run *r)
{
        for (size_t i = 0; i < r->report->n_hooks; i++) {
                const struct obs_hook *h = &r->report->hook[i];
                if (strcmp(h->kind, "exec") != 0)
                        continue;
                judge_terminal_fds(r, "what exec runs", h->fd, h->n_fds, h->tty);
                judge_control(r, "what exec runs", h->tty);
                return;
        }
        judge_say(&r->out[INV_FD_EXACT], VERDICT_FAIL, "what exec was to run on a terminal never reported");
}

/* The exec that was to run something on a terminal, and says it did. */
static bool exec_succeeded(const struct run *r)
{
        const struct obs_command *c = judge_command(r->o, scenario_operation_word(OPERATION_EXEC_TTY));

        return c && c->end == END_EXITED && c->code == 0;
}

void judge_terminal(const struct run *r)
{
        if (r->o->timed_out || !r->report->started)
                return;
        if (exec_succeeded(r))
                judge_exec_tty(r);
        if (!scenario_terminal(r->s))
                return;
        judge_terminal_fds(r, "the payload", r->report->fd, r->report->n_fds, r->report->tty);
        judge_control(r, "the payload", r->report->tty);
        if (!r->report->tty[OBS_TTY_CONSOLE])
                judge_say(&r->out[INV_ENV_EXACT], VERDICT_FAIL, "/dev/console is not the payload's terminal");
        judge_size(r);
        judge_resized(r);
        if (r->o->tty_changed)
                judge_say(&r->out[INV_HOST_UNCHANGED], judge_ours(r), "the caller's terminal is left with other settings");
}
