/*
 * The life of a container: what core makes of the little that the kernel shows of its init (the text of /proc/PID/stat, a
 * frozen cgroup), and what it allows then, against the spec's model. A pid that another process has by now, a zombie, a
 * command name that is made up, a cgroup that is frozen still: none of it may look like the container's life.
 *
 * Targets: lifecycle_status, lifecycle_check, state_status_name, process_stat_parse.
 */
#include "core/container/lifecycle.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "core/base/err.h"
#include "core/container/process.h"
#include "props/models/lifecycle.h"
#include "props/pt.h"

#define FORKNOEXEC 0x40u /* PF_FORKNOEXEC of the kernel's sched.h */

/* The world: what is on disk, and what the kernel has. */
struct world {
        bool creating;       /* in state.json */
        uint64_t recorded;   /* start time of init, there too */
        bool is_there;       /* a process with its pid */
        char state;
        unsigned flags;
        uint64_t start;
        bool frozen;         /* the cgroup, whoever is in it */
        const char *comm;    /* of the process */
};

static enum state_status status_of(pt *t, const struct world *w)
{
        char text[512];
        struct process_stat stat;

        if (!w->is_there)
                return lifecycle_status(w->creating, NULL, w->recorded, w->frozen);
        snprintf(text, sizeof(text), "4711 (%s) %c 1 2 -3 0 -1 %u 11 12 13 14 15 16 17 18 20 0 1 0 %llu 23 24 25\n", w->comm,
                 w->state, w->flags, (unsigned long long)w->start);
        PT_ASSERT(t, process_stat_parse(text, &stat) == 0);
        return lifecycle_status(w->creating, &stat, w->recorded, w->frozen);
}

/* Asks core, compares, and says whether it is to be done. */
static bool ask(pt *t, const struct life *life, const struct world *w, enum life_op op, enum lifecycle_operation asked)
{
        enum state_status status = status_of(t, w);
        struct err err = ERR_INIT;
        bool may = life_may(life, op) == LIFE_ALLOWED;
        int r = lifecycle_check(asked, status, "the-id", &err);

        pt_note(t, "%s of what is %s: %s", life_op_name(op), state_status_name(status), r ? err.msg : "allowed");
        if (may != (r == 0))
                PT_FAIL(t, "%s of what is %s is %s", life_op_name(op), life_status(life), r ? "refused" : "allowed");
        PT_SOMETIMES(t, life_may(life, op) == LIFE_REFUSED_BY_SPEC, "refused by the spec");
        PT_SOMETIMES(t, life_may(life, op) == LIFE_REFUSED_BY_RUNC, "refused by runc");
        if (may) {
                PT_ASSERT(t, err.errnum == 0);
                return true;
        }
        PT_ASSERT(t, err.errnum == -r && strcmp(err.place, "the-id") == 0 && strcmp(err.step, life_op_name(op)) == 0);
        /* What has stopped has no process any more, and no operation brings it back. */
        PT_ASSERT(t, r == -ESRCH || (r == -EBUSY && life->phase != LIFE_ENDED));
        if (op == LIFE_OP_DELETE) /* it is the user's next question */
                PT_ASSERT(t, strstr(err.msg, life_status(life)) != NULL && r == -EBUSY);
        else if (op == LIFE_OP_START || op == LIFE_OP_EXEC) /* an engine tries again later what is only not yet so */
                PT_ASSERT(t, (r == -EBUSY) == (life->phase != LIFE_ENDED));
        else
                PT_ASSERT(t, strstr(err.msg, "not ") || r == -EBUSY);
        return false;
}

/* --- what happens --- */

static bool is_none(const void *model)
{
        return ((const struct life *)model)->phase == LIFE_NONE;
}

static bool is_some(const void *model)
{
        return !is_none(model);
}

static bool is_creating(const void *model)
{
        return ((const struct life *)model)->phase == LIFE_CREATING;
}

static bool has_init(const void *model)
{
        const struct life *life = model;

        return life->phase == LIFE_WAITING || life->phase == LIFE_PAYLOAD;
}

static bool has_ended(const void *model)
{
        return ((const struct life *)model)->phase == LIFE_ENDED;
}

static const char *draw_comm(pt *t)
{
        static const char *const names[] = {"labrun", "sh", ") R 1 (", "a) Z 0 0", "((", "x y", ""};

        return names[pt_below(t, sizeof(names) / sizeof(names[0]))];
}

static char draw_alive(pt *t)
{
        return "SRDTtI"[pt_below(t, 6)];
}

static void create(pt *t, void *model, void *sut)
{
        struct world *w = sut;

        life_done(model, LIFE_OP_CREATE);
        w->creating = true;
        w->is_there = pt_bool(t); /* else it was killed before it had one */
        w->recorded = w->start = 1 + pt_below(t, 1000);
        w->flags = FORKNOEXEC | (unsigned)pt_below(t, 4) * 0x100;
        w->state = draw_alive(t);
        w->comm = draw_comm(t);
}

static void finish_create(pt *t, void *model, void *sut)
{
        struct world *w = sut;

        life_created(model);
        w->creating = false;
        w->is_there = true;
        w->frozen = false;
        w->state = draw_alive(t);
}

static void start(pt *t, void *model, void *sut)
{
        struct world *w = sut;

        if (!ask(t, model, w, LIFE_OP_START, LIFECYCLE_START))
                return;
        life_done(model, LIFE_OP_START);
        w->flags &= ~FORKNOEXEC; /* by execve */
        w->comm = draw_comm(t);
        w->state = draw_alive(t);
}

/* Its pid is free, and taken by whatever comes along. */
static void reap(pt *t, void *model, void *sut)
{
        struct world *w = sut;

        (void)model;
        w->is_there = pt_bool(t);
        w->start = w->recorded + 1 + pt_below(t, 3);
        w->state = draw_alive(t);
        w->flags = pt_bool(t) ? FORKNOEXEC : 0;
        w->comm = draw_comm(t);
        PT_SOMETIMES(t, w->is_there && w->frozen, "another process has the pid, and the cgroup is frozen");
}

static void die(pt *t, void *model, void *sut)
{
        struct world *w = sut;

        life_ended(model);
        w->state = pt_bool(t) ? 'X' : 'Z';
        w->frozen = w->frozen && pt_bool(t);
}

static void kill_init(pt *t, void *model, void *sut)
{
        if (ask(t, model, sut, LIFE_OP_KILL, LIFECYCLE_KILL))
                die(t, model, sut);
}

static void pause_it(pt *t, void *model, void *sut)
{
        struct world *w = sut;

        if (!ask(t, model, w, LIFE_OP_PAUSE, LIFECYCLE_PAUSE))
                return;
        life_done(model, LIFE_OP_PAUSE);
        w->frozen = true;
        w->state = pt_bool(t) ? 'D' : 'S';
}

static void resume(pt *t, void *model, void *sut)
{
        struct world *w = sut;

        if (!ask(t, model, w, LIFE_OP_RESUME, LIFECYCLE_RESUME))
                return;
        life_done(model, LIFE_OP_RESUME);
        w->frozen = false;
}

static void exec(pt *t, void *model, void *sut)
{
        (void)ask(t, model, sut, LIFE_OP_EXEC, LIFECYCLE_EXEC);
        (void)ask(t, model, sut, LIFE_OP_EXEC_PAUSED, LIFECYCLE_EXEC_PAUSED);
}

static void delete_it(pt *t, void *model, void *sut)
{
        bool force = pt_bool(t);
        enum life_op op = force ? LIFE_OP_DELETE_FORCE : LIFE_OP_DELETE;

        if (!ask(t, model, sut, op, force ? LIFECYCLE_DELETE_FORCE : LIFECYCLE_DELETE))
                return;
        life_done(model, op);
        *(struct world *)sut = (struct world){.comm = ""};
}

static void same_status(pt *t, const void *model, void *sut)
{
        const char *says = life_status(model);

        if (!says)
                return;
        const char *got = state_status_name(status_of(t, sut));
        if (strcmp(got, says) != 0)
                PT_FAIL(t, "state says %s of what is %s", got, says);
        PT_SOMETIMES(t, strcmp(says, "paused") == 0, "paused");
        PT_SOMETIMES(t, strcmp(says, "stopped") == 0 && ((struct world *)sut)->is_there, "a zombie, or another process");
}

PT_PROPERTY(lifecycle, .invariant = "LIFE-MODEL",
            .about = "a container's status and what may be done with it follow the spec's lifecycle", .cases = 3000)
{
        static const pt_cmd cmds[] = {
                {"create", 4, is_none, create},      {"its end", 4, is_creating, finish_create},
                {"start", 4, is_some, start},        {"kill", 2, is_some, kill_init},
                {"pause", 3, is_some, pause_it},     {"resume", 2, is_some, resume},
                {"exec", 2, is_some, exec},          {"delete", 1, is_some, delete_it},
                {"init dies", 1, has_init, die},     {"init is reaped", 2, has_ended, reap},
        };
        struct world *w = pt_alloc(t, sizeof(*w));

        w->comm = "";
        pt_run_commands(t, cmds, sizeof(cmds) / sizeof(cmds[0]), 40, pt_alloc(t, sizeof(struct life)), w, same_status);
}
