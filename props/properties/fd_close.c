/*
 * FD-EXACT on a simulated fd table: whatever is open at entry, whatever the runtime opens then, and whichever
 * ways of closing the kernel refuses, the table is the model's right before execve and after it.
 *
 * Functions under test: fds_inventory_take, fds_close_for_exec, fds_listen_count (core/fds/).
 */
#include <errno.h>
#include <limits.h>
#include <string.h>

#include "core/base/err.h"
#include "core/fds/fds.h"
#include "core/sys.h"
#include "props/models/fd_model.h"
#include "props/properties/fd_listen.h"
#include "props/pt.h"
#include "props/sim/sim_fdtable.h"

#define MANY 150 /* preserved fds: more than any word of a bitmap, few enough to be quick */

/* A case; what it needs of memory lies in pt_alloc. */
struct scene {
        struct sim_fdtable *table;
        const struct sys *sys;
        unsigned preserve, first; /* N and 3+N */
        struct fds_inventory inventory;
        struct fd_model entry, now, want;
        int error_fd;
        const struct sim_fd_fault *range, *refusal, *other; /* NULL: not planted */
        char diff[96];
};

static void free_table(void *table)
{
        sim_fdtable_free(table);
}

static enum sim_procfs draw_procfs(pt *t)
{
        static const uint8_t weight[SIM_PROCFS_COUNT] = {24, 2, 1, 1, 1, 1, 1, 1};

        return (enum sim_procfs)pt_weighted(t, weight, sizeof(weight));
}

/* --- entry --- */

static void draw_limits(pt *t, struct scene *s, struct sim_fd_options *options)
{
        static const uint8_t weight[] = {6, 2};

        if (pt_weighted(t, weight, sizeof(weight)) == 1) {
                options->soft = 1 + pt_below(t, s->first + 16); /* little room, or none for the plugs */
                options->hard = options->soft + pt_below(t, 4096);
        }
}

static void draw_strays(pt *t, struct scene *s)
{
        static const uint8_t weight[] = {6, 3, 1};

        PT_REPEAT(t, 0, 5)
        {
                unsigned fd = s->first;
                pt_begin(t, "leaked");
                switch (pt_weighted(t, weight, sizeof(weight))) {
                case 0:
                        fd += (unsigned)pt_below(t, 12);
                        break;
                case 1:
                        fd += (unsigned)pt_below(t, 6000);
                        break;
                default: /* from when the limit was higher */
                        fd = SIM_FD_MAX - 1 - (unsigned)pt_below(t, SIM_FD_MAX - s->first);
                        break;
                }
                bool cloexec = pt_bool(t);
                if (!sim_fdtable_object(s->table, (int)fd))
                        sim_fdtable_install(s->table, (int)fd, cloexec);
                pt_end(t);
        }
}

/* N: as --preserve-fds or as socket activation says it. */
static unsigned draw_preserve(pt *t)
{
        static const uint8_t weight[] = {14, 1, 1};
        const char *fds, *pid;
        int n;

        switch (pt_weighted(t, weight, sizeof(weight))) {
        case 0:
                return (unsigned)pt_below(t, 9);
        case 1:
                return (unsigned)pt_below(t, MANY);
        default:
                n = fd_listen_check(t, &fds, &pid);
                return n < 0 ? 0 : (unsigned)n % MANY;
        }
}

static void draw_entry(pt *t, struct scene *s)
{
        struct sim_fd_options options = {0};

        pt_begin(t, "entry");
        s->preserve = draw_preserve(t);
        s->first = 3 + s->preserve;
        draw_limits(t, s, &options);
        options.procfs = draw_procfs(t);
        options.skipping = pt_bool(t);
        options.entries_per_call = (unsigned)pt_below(t, 5);
        s->table = sim_fdtable_new(&options);
        PT_ASSUME(t, s->table);
        pt_defer(t, free_table, s->table);
        s->sys = sim_fdtable_sys(s->table);
        for (unsigned fd = 0; fd < s->first; fd++) {
                bool closed = pt_bool(t), cloexec = pt_bool(t);
                if (!closed)
                        sim_fdtable_install(s->table, (int)fd, cloexec);
                pt_note(t, "fd %u is %s", fd, closed ? "closed" : cloexec ? "open, close-on-exec" : "open");
        }
        draw_strays(t, s);
        fd_model_look(&s->entry, s->table);
        pt_end(t);
}

/* --- the inventory --- */

static const struct sim_fd_fault *draw_entry_fault(pt *t, struct scene *s)
{
        static const uint8_t weight[] = {24, 2, 1, 1};
        size_t kind = pt_weighted(t, weight, sizeof(weight));
        struct sim_fd_fault f = {.fd = -1, .times = 1};

        if (kind == 0)
                return NULL;
        f.first = (unsigned)pt_below(t, s->first);
        f.op = kind == 1 ? SIM_OP_SOCKET : kind == 2 ? SIM_OP_FCNTL : SIM_OP_PRLIMIT64;
        f.errnum = kind == 1 ? ENFILE : EPERM;
        return sim_fdtable_fault(s->table, f);
}

static bool holes_fit(const struct scene *s)
{
        struct rlimit rl;
        unsigned highest = 0;

        s->sys->op->prlimit64(s->sys, 0, RLIMIT_NOFILE, NULL, &rl);
        for (unsigned fd = 0; fd < s->first; fd++)
                if (!fd_model_find(&s->entry, (int)fd))
                        highest = fd + 1;
        return highest <= rl.rlim_cur;
}

static void check_same(pt *t, struct scene *s, const struct fd_model *want, const char *when)
{
        fd_model_look(&s->now, s->table);
        if (fd_model_differ(want, &s->now, s->diff, sizeof(s->diff)))
                PT_FAIL(t, "%s: %s", when, s->diff);
}

/* Every number of the payload is taken, by what was there or by a plug; nothing else happened. */
static void check_plugged(pt *t, struct scene *s)
{
        fd_model_look(&s->now, s->table);
        s->want.n = 0;
        for (size_t i = 0; i < s->now.n; i++) {
                const struct fd_model_item *is = &s->now.item[i], *was = fd_model_find(&s->entry, is->fd);
                if (was || is->fd >= (int)s->first)
                        s->want.item[s->want.n++] = *is;
                else
                        PT_ASSERT(t, is->cloexec);
        }
        for (unsigned fd = 0; fd < s->first; fd++)
                if (!fd_model_find(&s->now, (int)fd))
                        PT_FAIL(t, "fd %u is not plugged", fd);
        if (fd_model_differ(&s->entry, &s->want, s->diff, sizeof(s->diff)))
                PT_FAIL(t, "after the inventory: %s", s->diff);
}

/* false: the inventory failed, cleanly. */
static bool take_inventory(pt *t, struct scene *s)
{
        bool fit = holes_fit(s); /* asks the table, so before a fault is planted */
        const struct sim_fd_fault *fault = draw_entry_fault(t, s);
        struct err err = ERR_INIT;

        memset(&s->inventory, 0xa5, sizeof(s->inventory));
        int r = fds_inventory_take(s->sys, s->preserve, &s->inventory, &err);
        bool hit = fault && fault->fired && fault->op != SIM_OP_PRLIMIT64;
        sim_fdtable_clear_faults(s->table);
        PT_ASSERT(t, (r < 0) == (hit || !fit));
        PT_ASSERT(t, err.errnum == -r);
        PT_SOMETIMES(t, r < 0 && hit, "the inventory failed by a fault");
        PT_SOMETIMES(t, r == -EMFILE, "the plugs don't fit the limit");
        if (r < 0) {
                PT_ASSERT(t, s->inventory.preserve == 0xa5a5a5a5);
                check_same(t, s, &s->entry, "after a failed inventory");
                return false;
        }
        check_plugged(t, s);
        return true;
}

/* --- the runtime's own --- */

static void check_internal(pt *t, const struct scene *s, int fd)
{
        if (fd >= 0 && fd < (int)s->first)
                PT_FAIL(t, "an internal fd got number %d, one of the payload's", fd);
}

/* A number at which something is open, from the payload's end up; -1: none. */
static int draw_open(pt *t, const struct scene *s)
{
        int fd = sim_fdtable_next(s->table, (int)s->first);
        unsigned n = 0;

        for (int i = fd; i >= 0; i = sim_fdtable_next(s->table, i + 1))
                n++;
        for (uint64_t k = n ? pt_below(t, n) : 0; k > 0; k--)
                fd = sim_fdtable_next(s->table, fd + 1);
        return fd;
}

static void draw_internal(pt *t, struct scene *s)
{
        const struct sys *sys = s->sys;
        bool cloexec = pt_bool(t);
        int fds[2] = {-1, -1}, from;

        switch (pt_below(t, 5)) {
        case 0:
                fds[0] = sys->op->openat(sys, AT_FDCWD, "/dev/null", O_RDWR | (cloexec ? O_CLOEXEC : 0), 0);
                break;
        case 1:
                sys->op->pipe2(sys, fds, cloexec ? O_CLOEXEC : 0);
                break;
        case 2:
                sys->op->socketpair(sys, AF_UNIX, SOCK_STREAM | (cloexec ? SOCK_CLOEXEC : 0), 0, fds);
                break;
        case 3: /* another number of something that the payload has */
                fds[0] = sys->op->fcntl(sys, (int)pt_below(t, s->first), cloexec ? F_DUPFD_CLOEXEC : F_DUPFD,
                                        0);
                break;
        default: /* the runtime closes something of its own: holes above the payload's numbers */
                from = draw_open(t, s);
                if (from >= 0)
                        sys->op->close(sys, from);
                break;
        }
        check_internal(t, s, fds[0]);
        check_internal(t, s, fds[1]);
}

static void draw_runtime(pt *t, struct scene *s)
{
        static const uint8_t channel[] = {1, 5};

        pt_begin(t, "runtime");
        PT_REPEAT(t, 0, 8)
        draw_internal(t, s);
        s->error_fd = pt_weighted(t, channel, sizeof(channel)) ? draw_open(t, s) : -1;
        pt_note(t, "error channel %d", s->error_fd);
        pt_end(t);
}

/* --- the closing --- */

static void draw_range_fault(pt *t, struct scene *s)
{
        static const uint8_t weight[] = {5, 2, 2, 1};
        static const int errnum[] = {0, ENOSYS, EPERM, EINVAL};
        size_t kind = pt_weighted(t, weight, sizeof(weight));

        if (kind > 0)
                s->range =
                        sim_fdtable_fault(s->table, (struct sim_fd_fault){.op = SIM_OP_CLOSE_RANGE,
                                                                          .fd = -1,
                                                                          .first = (unsigned)pt_below(t, 2),
                                                                          .times = UINT_MAX,
                                                                          .errnum = errnum[kind]});
}

/* A close that did close and says EIO or EINTR; one that a filter refuses, for one number or some calls. */
static void draw_close_fault(pt *t, struct scene *s)
{
        static const uint8_t weight[] = {8, 2, 2, 1, 1};
        size_t kind = pt_weighted(t, weight, sizeof(weight));
        struct sim_fd_fault f = {.op = SIM_OP_CLOSE, .fd = -1, .times = 1};

        if (kind == 0)
                return;
        f.errnum = kind == 1 ? EIO : kind == 2 ? EINTR : EPERM;
        f.done = kind <= 2;
        if (kind == 3) {
                f.fd = draw_open(t, s);
                f.times = UINT_MAX;
        } else {
                f.first = (unsigned)pt_below(t, 12);
                f.times = 1 + (unsigned)pt_below(t, 12);
        }
        const struct sim_fd_fault *planted = sim_fdtable_fault(s->table, f);
        if (!f.done)
                s->refusal = planted;
}

static void draw_other_fault(pt *t, struct scene *s)
{
        static const uint8_t weight[] = {12, 2, 2, 1, 1, 1, 1, 1};
        static const struct {
                enum sim_fd_op op;
                int errnum;
        } kinds[] = {{0, 0},
                     {SIM_OP_OPENAT2, ENOSYS},
                     {SIM_OP_OPENAT2, EPERM},
                     {SIM_OP_OPENAT, EACCES},
                     {SIM_OP_GETDENTS64, EIO},
                     {SIM_OP_LSEEK, ENOSYS},
                     {SIM_OP_FSTATFS, EPERM},
                     {SIM_OP_FSTAT, EPERM}};
        size_t kind = pt_weighted(t, weight, sizeof(weight));

        if (kind > 0)
                s->other =
                        sim_fdtable_fault(s->table, (struct sim_fd_fault){.op = kinds[kind].op,
                                                                          .fd = -1,
                                                                          .first = (unsigned)pt_below(t, 3),
                                                                          .times = UINT_MAX,
                                                                          .errnum = kinds[kind].errnum});
}

static void draw_obstacles(pt *t, struct scene *s)
{
        pt_begin(t, "obstacles");
        draw_range_fault(t, s);
        draw_close_fault(t, s);
        draw_other_fault(t, s);
        sim_fdtable_set_procfs(s->table, draw_procfs(t));
        if (pt_bool(t)) /* init lowers it for the payload */
                sim_fdtable_set_limit(s->table, pt_below(t, s->first + 20), 4096);
        pt_end(t);
}

/* Refused by a filter: the error must be true, and everything else done. */
static void check_refused(pt *t, struct scene *s, const struct err *err)
{
        unsigned left = 0;

        PT_ASSERT(t, s->refusal && s->refusal->fired);
        PT_ASSERT(t, strncmp(err->place, "fd ", 3) == 0);
        fd_model_look(&s->now, s->table);
        for (size_t i = 0; i < s->now.n;) {
                if (fd_model_find(&s->want, s->now.item[i].fd)) {
                        i++;
                        continue;
                }
                left++;
                PT_ASSERT(t, s->refusal->fd < 0 || s->refusal->fd == s->now.item[i].fd);
                memmove(&s->now.item[i], &s->now.item[i + 1], (--s->now.n - i) * sizeof(s->now.item[0]));
        }
        PT_ASSERT(t, left > 0 && left <= s->refusal->fired);
        if (fd_model_differ(&s->want, &s->now, s->diff, sizeof(s->diff)))
                PT_FAIL(t, "after a refused close: %s", s->diff);
}

static void check_closed(pt *t, struct scene *s, const struct fd_model_item *error)
{
        struct fd_model *payload = pt_alloc(t, sizeof(*payload));
        unsigned ranges = sim_fdtable_calls(s->table, SIM_OP_CLOSE_RANGE);
        struct err err = ERR_INIT;

        fd_model_before_exec(&s->want, &s->entry, s->preserve, error);
        int r = fds_close_for_exec(s->sys, &s->inventory, s->error_fd, &err);
        PT_ASSERT(t, err.errnum == -r);
        PT_ASSERT(t, sim_fdtable_calls(s->table, SIM_OP_CLOSE_RANGE) - ranges <= 2);
        PT_ASSERT(t, sim_fdtable_inheritable(s->table) == 0);
        PT_SOMETIMES(t, r < 0, "a close was refused");
        if (r < 0) {
                check_refused(t, s, &err);
                return;
        }
        check_same(t, s, &s->want, "right before execve");
        sim_fdtable_exec(s->table);
        fd_model_after_exec(payload, &s->want);
        check_same(t, s, payload, "in the payload");
}

/* An error channel that can't be one is refused before anything is closed. */
static bool draw_bad_channel(pt *t, struct scene *s)
{
        static const uint8_t weight[] = {30, 1};
        struct err err = ERR_INIT;
        int fd;

        if (pt_weighted(t, weight, sizeof(weight)) == 0)
                return false;
        fd = (int)pt_below(t, s->first + 40);
        if (fd >= (int)s->first && sim_fdtable_object(s->table, fd))
                return false;
        fd_model_look(&s->want, s->table);
        int r = fds_close_for_exec(s->sys, &s->inventory, fd, &err);
        PT_ASSERT(t, r == (fd < (int)s->first ? -EINVAL : -EBADF));
        check_same(t, s, &s->want, "after a refused error channel");
        return true;
}

PT_PROPERTY(fd_close, .invariant = "FD-EXACT",
            .about = "inventory and closing before execve agree with a set model", .cases = 3000)
{
        struct scene *s = pt_alloc(t, sizeof(*s));

        draw_entry(t, s);
        if (!take_inventory(t, s))
                return;
        draw_runtime(t, s);
        if (draw_bad_channel(t, s))
                return;
        draw_obstacles(t, s);
        fd_model_look(&s->now, s->table);
        const struct fd_model_item *found = fd_model_find(&s->now, s->error_fd);
        struct fd_model_item error = found ? *found : (struct fd_model_item){.fd = -1};
        unsigned closes = sim_fdtable_calls(s->table, SIM_OP_CLOSE);
        unsigned reads = sim_fdtable_calls(s->table, SIM_OP_GETDENTS64);
        check_closed(t, s, found ? &error : NULL);

        bool walked = sim_fdtable_calls(s->table, SIM_OP_GETDENTS64) - reads > 0;
        bool counted = sim_fdtable_calls(s->table, SIM_OP_CLOSE) - closes >= FDS_INTERNAL_MAX;
        PT_COVER(t, !walked && !counted, 20, "closed by range");
        PT_COVER(t, walked && !counted, 5, "closed by a walk");
        PT_COVER(t, counted, 5, "closed by number");
        PT_SOMETIMES(t, s->error_fd == (int)s->first, "the error channel is the first");
        PT_SOMETIMES(t, s->range && s->range->fired && s->range->first == 1,
                     "only the second range is refused");
        PT_SOMETIMES(t, s->inventory.entry_end >= SIM_FD_MAX / 2, "an fd near a million");
}
