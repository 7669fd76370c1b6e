/* The time, cut into slices, as many at once as there are jobs. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fuzz/campaign/campaign.h"

#define SLICE_MIN_S 10u
#define AGAIN_MIN_S 3u /* an engine that ended early begins again if so much is left */
#define GRACE_MS 10000 /* for an engine to end by itself, then once more when told to */

struct slice {
        struct row *row; /* NULL: idle */
        char work[PATH_MAX];
        int lock, pidfd;
        pid_t pid;
        int64_t begin, end;  /* of the slice */
        int64_t told_to_end; /* 0: not yet */
};

/* How long a slice is and how many there is time for. */
static void cut(const struct campaign *c, unsigned *ret_seconds, size_t *ret_slices)
{
        unsigned turns = (unsigned)((c->nrows + c->jobs - 1) / c->jobs);

        *ret_seconds = c->time_s / turns;
        *ret_slices = c->nrows;
        if (*ret_seconds >= SLICE_MIN_S)
                return;
        *ret_seconds = SLICE_MIN_S;
        *ret_slices = (size_t)(c->time_s / SLICE_MIN_S) * c->jobs;
}

/* Kept from the moment on at which its slice begins: killed after that, the next campaign does not repeat it.
 */
static void save_next(const struct campaign *c, size_t next)
{
        char path[PATH_MAX], text[128];
        const struct row *row = &c->rows[next % c->nrows];

        if (c->keep_next)
                return;
        snprintf(text, sizeof(text), "%s %s\n", row->target, engine_names[row->engine]);
        tool_write(tool_path(path, "%s/fuzz-next", tool_home()), text, strlen(text));
}

static bool start(const struct campaign *c, struct slice *s)
{
        int64_t left = (s->end - tool_now_ms()) / 1000;

        s->told_to_end = 0;
        s->pid = engine_begin(c, s->row, s->work, left > 1 ? (unsigned)left : 1, s->lock);
        if (s->pid < 0)
                return false;
        s->pidfd = (int)syscall(SYS_pidfd_open, s->pid, 0);
        return true;
}

static void finish(struct slice *s)
{
        s->row->seconds += (unsigned)((tool_now_ms() - s->begin + 500) / 1000);
        if (s->lock >= 0)
                close(s->lock);
        s->row = NULL;
}

static void begin(struct campaign *c, struct slice *s, struct row *row, unsigned seconds)
{
        s->row = row;
        s->begin = tool_now_ms();
        s->end = s->begin + (int64_t)seconds * 1000;
        s->lock = store_begin(row, s->work);
        if (s->lock < 0) {
                snprintf(row->problem, sizeof(row->problem), "no work folder: %s", strerror(errno));
                s->row = NULL;
                return;
        }
        store_inputs(c, row->target, s->work);
        printf("%s %s: %u s\n", row->target, engine_names[row->engine], seconds);
        if (!start(c, s)) {
                tool_remove_tree(s->work);
                finish(s);
        }
}

/* The engine has ended. One that stopped at a crash begins again with what is left of its slice. */
static void collect(struct campaign *c, struct slice *s)
{
        struct row *row = s->row;
        uint64_t execs = row->execs;
        unsigned taken = row->taken;
        int status = 0;

        while (waitpid(s->pid, &status, 0) < 0 && errno == EINTR)
                ;
        close(s->pidfd);
        kill(-s->pid, SIGKILL); /* what it may have left in its group */
        engine_end(row, s->work, status);
        store_take(c, row, row->target, row->engine, s->work);
        /* It stopped, but not at an input that fails: a full disk, no memory. */
        if (status != 0 && row->taken == taken && !s->told_to_end && !row->problem[0])
                memcpy(row->problem, row->ended, sizeof(row->problem));
        bool again = status != 0 && row->execs > execs && !c->interrupted && !s->told_to_end &&
                     s->end - tool_now_ms() >= AGAIN_MIN_S * 1000;
        int64_t end = s->end;
        finish(s);
        if (!again)
                return;
        s->row = row;
        s->lock = store_begin(row, s->work);
        s->begin = tool_now_ms();
        s->end = end;
        if (s->lock < 0) {
                s->row = NULL;
                return;
        }
        store_inputs(c, row->target, s->work);
        if (!start(c, s))
                finish(s);
}

/* Tells an engine whose time is over to end, and kills one that does not. */
static void press(struct slice *s, bool now)
{
        int64_t t = tool_now_ms();

        if (!s->told_to_end && (now || t > s->end + GRACE_MS)) {
                s->told_to_end = t;
                kill(s->pid, SIGINT);
        } else if (s->told_to_end && t > s->told_to_end + GRACE_MS) {
                kill(-s->pid, SIGKILL);
        }
}

/* Waits until an engine ends or a second has passed; collects those that have. */
static void step(struct campaign *c, struct slice *slices, size_t n)
{
        struct pollfd *p = calloc(n, sizeof(*p));

        if (!p)
                tool_die(c->tool, "out of memory");
        for (size_t i = 0; i < n; i++)
                p[i] = (struct pollfd){.fd = slices[i].row ? slices[i].pidfd : -1, .events = POLLIN};
        poll(p, n, 1000);
        if (tool_interrupted) {
                /* What was found is still judged and kept; a second interrupt leaves that to the next
                 * campaign. */
                c->interrupted = true;
                tool_interrupted = 0;
        }
        for (size_t i = 0; i < n; i++) {
                if (!slices[i].row)
                        continue;
                if (p[i].revents & POLLIN)
                        collect(c, &slices[i]);
                else
                        press(&slices[i], c->interrupted);
        }
        free(p);
}

void slices_run(struct campaign *c)
{
        struct slice *slices = calloc(c->jobs, sizeof(*slices));
        size_t next = 0, limit, busy = 0;
        unsigned seconds;

        if (!slices)
                tool_die(c->tool, "out of memory");
        cut(c, &seconds, &limit);
        do {
                for (size_t i = 0; i < c->jobs; i++)
                        if (!slices[i].row && next < limit && next < c->nrows && !c->interrupted) {
                                save_next(c, next + 1);
                                begin(c, &slices[i], &c->rows[next++], seconds);
                        }
                busy = 0;
                for (size_t i = 0; i < c->jobs; i++)
                        busy += slices[i].row != NULL;
                if (busy)
                        step(c, slices, c->jobs);
        } while (busy || (next < limit && next < c->nrows && !c->interrupted));
        free(slices);
}
