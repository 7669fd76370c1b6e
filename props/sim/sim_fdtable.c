/* The table: numbers, open file descriptions, planted faults. */
#include "props/sim/sim_fdtable.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "props/sim/sim_enosys.h"
#include "props/sim/sim_fdtable_impl.h"

static void *s_alloc(const struct sys *sys, size_t n)
{
        (void)sys;
        return malloc(n);
}

static void *s_realloc(const struct sys *sys, void *p, size_t n)
{
        (void)sys;
        return realloc(p, n);
}

static void s_free(const struct sys *sys, void *p)
{
        (void)sys;
        free(p);
}

/* The simulator's own memory: a test that runs out of it is over. */
static void *must(void *p)
{
        if (!p)
                abort();
        return p;
}

struct sim_fdtable *sim_fdtable_new(const struct sim_fd_options *options)
{
        struct sim_fdtable *t = calloc(1, sizeof(*t));

        if (!t)
                return NULL;
        if (options)
                t->options = *options;
        if (t->options.soft == 0)
                t->options.soft = 1024;
        if (t->options.hard == 0)
                t->options.hard = 4096;
        t->n_objects = 1;
        t->next_ino = 100;
        t->ops = sim_enosys_ops;
        t->ops.alloc = s_alloc;
        t->ops.realloc = s_realloc;
        t->ops.free = s_free;
        sim_fdtable_calls_fd(&t->ops);
        sim_fdtable_calls_file(&t->ops);
        t->sys = (struct sys){&t->ops, t};
        return t;
}

void sim_fdtable_free(struct sim_fdtable *t)
{
        if (!t)
                return;
        for (size_t i = 0; i < SIM_FD_MAX / CHUNK_FDS; i++)
                free(t->chunk[i]);
        free(t->objects);
        free(t);
}

const struct sys *sim_fdtable_sys(struct sim_fdtable *t)
{
        return &t->sys;
}

static struct sim_chunk *chunk_of(const struct sim_fdtable *t, int fd)
{
        return fd >= 0 && (unsigned)fd < SIM_FD_MAX ? t->chunk[(unsigned)fd / CHUNK_FDS] : NULL;
}

static bool bit(const uint64_t *words, int fd)
{
        unsigned i = (unsigned)fd % CHUNK_FDS;

        return words[i / 64] >> (i % 64) & 1;
}

static void set_bit(uint64_t *words, int fd, bool on)
{
        unsigned i = (unsigned)fd % CHUNK_FDS;
        uint64_t mask = 1ull << (i % 64);

        words[i / 64] = on ? words[i / 64] | mask : words[i / 64] & ~mask;
}

uint32_t sim_fdtable_object(const struct sim_fdtable *t, int fd)
{
        const struct sim_chunk *c = chunk_of(t, fd);

        return c && bit(c->open, fd) ? c->object[(unsigned)fd % CHUNK_FDS] : 0;
}

struct sim_object *sim_get(const struct sim_fdtable *t, int fd)
{
        uint32_t id = sim_fdtable_object(t, fd);

        return id ? &t->objects[id] : NULL;
}

bool sim_fdtable_cloexec(const struct sim_fdtable *t, int fd)
{
        const struct sim_chunk *c = chunk_of(t, fd);

        return c && bit(c->open, fd) && bit(c->cloexec, fd);
}

uint32_t sim_object_new(struct sim_fdtable *t, enum sim_kind kind, int flags, uint64_t ino, long magic)
{
        if (t->n_objects >= t->cap_objects) {
                t->cap_objects = t->cap_objects ? t->cap_objects * 2 : 32;
                t->objects = must(realloc(t->objects, t->cap_objects * sizeof(*t->objects)));
        }
        t->objects[t->n_objects] = (struct sim_object){
                .kind = kind, .flags = flags, .ino = ino ? ino : ++t->next_ino, .magic = magic};
        return t->n_objects++;
}

void sim_put(struct sim_fdtable *t, int fd, uint32_t object, bool cloexec)
{
        assert(fd >= 0 && (unsigned)fd < SIM_FD_MAX && object > 0 && object < t->n_objects);
        struct sim_chunk **c = &t->chunk[(unsigned)fd / CHUNK_FDS];

        if (!*c)
                *c = must(calloc(1, sizeof(**c)));
        t->objects[object].refs++; /* before the drop: it may be the same one */
        if (bit((*c)->open, fd))
                sim_drop(t, fd);
        set_bit((*c)->open, fd, true);
        set_bit((*c)->cloexec, fd, cloexec);
        (*c)->object[(unsigned)fd % CHUNK_FDS] = object;
        (*c)->used++;
}

void sim_drop(struct sim_fdtable *t, int fd)
{
        struct sim_chunk *c = chunk_of(t, fd);

        assert(c && bit(c->open, fd));
        t->objects[c->object[(unsigned)fd % CHUNK_FDS]].refs--;
        set_bit(c->open, fd, false);
        c->used--;
}

void sim_mark(struct sim_fdtable *t, int fd, bool cloexec)
{
        struct sim_chunk *c = chunk_of(t, fd);

        assert(c && bit(c->open, fd));
        set_bit(c->cloexec, fd, cloexec);
}

int sim_fdtable_next(const struct sim_fdtable *t, int from)
{
        for (unsigned fd = from < 0 ? 0 : (unsigned)from; fd < SIM_FD_MAX;) {
                const struct sim_chunk *c = t->chunk[fd / CHUNK_FDS];
                if (!c || c->used == 0) {
                        fd = (fd / CHUNK_FDS + 1) * CHUNK_FDS;
                        continue;
                }
                uint64_t word = c->open[fd % CHUNK_FDS / 64] >> (fd % 64);
                if (word)
                        return (int)fd + __builtin_ctzll(word);
                fd = (fd / 64 + 1) * 64;
        }
        return -1;
}

int sim_lowest_free(const struct sim_fdtable *t, unsigned from)
{
        unsigned end = t->options.soft < SIM_FD_MAX ? (unsigned)t->options.soft : SIM_FD_MAX;

        for (unsigned fd = from; fd < end;) {
                const struct sim_chunk *c = t->chunk[fd / CHUNK_FDS];
                if (!c)
                        return (int)fd;
                uint64_t word = ~c->open[fd % CHUNK_FDS / 64] >> (fd % 64);
                if (word) {
                        fd += (unsigned)__builtin_ctzll(word);
                        return fd < end ? (int)fd : -EMFILE;
                }
                fd = (fd / 64 + 1) * 64;
        }
        return -EMFILE;
}

void sim_fdtable_install(struct sim_fdtable *t, int fd, bool cloexec)
{
        assert(!sim_get(t, fd));
        sim_put(t, fd, sim_object_new(t, SIM_KIND_FILE, O_RDWR, 0, 0), cloexec);
}

void sim_fdtable_set_procfs(struct sim_fdtable *t, enum sim_procfs procfs)
{
        t->options.procfs = procfs;
}

void sim_fdtable_set_limit(struct sim_fdtable *t, rlim_t soft, rlim_t hard)
{
        t->options.soft = soft;
        t->options.hard = hard;
}

void sim_fdtable_exec(struct sim_fdtable *t)
{
        for (int fd = sim_fdtable_next(t, 0); fd >= 0; fd = sim_fdtable_next(t, fd + 1))
                if (sim_fdtable_cloexec(t, fd))
                        sim_drop(t, fd);
}

unsigned sim_fdtable_inheritable(const struct sim_fdtable *t)
{
        return t->inheritable;
}

unsigned sim_fdtable_calls(const struct sim_fdtable *t, enum sim_fd_op op)
{
        return t->calls[op];
}

uint64_t sim_fdtable_object_state(const struct sim_fdtable *t, uint32_t object)
{
        assert(object > 0 && object < t->n_objects);
        const struct sim_object *o = &t->objects[object];
        uint64_t h = 0xcbf29ce484222325;

        h = (h ^ (uint64_t)o->kind) * 0x100000001b3;
        h = (h ^ (uint64_t)(unsigned)o->flags) * 0x100000001b3;
        h = (h ^ o->ino) * 0x100000001b3;
        return (h ^ (uint64_t)o->pos) * 0x100000001b3;
}

const struct sim_fd_fault *sim_fdtable_fault(struct sim_fdtable *t, struct sim_fd_fault fault)
{
        assert(t->n_faults < SIM_FAULTS_MAX && fault.errnum > 0 && fault.op < SIM_OP_COUNT);
        assert(!fault.done || fault.op == SIM_OP_CLOSE);
        fault.seen = fault.fired = 0;
        t->faults[t->n_faults] = fault;
        return &t->faults[t->n_faults++];
}

void sim_fdtable_clear_faults(struct sim_fdtable *t)
{
        t->n_faults = 0;
}

static int fire(struct sim_fdtable *t, enum sim_fd_op op, int fd, bool done)
{
        int r = 0;

        for (size_t i = 0; i < t->n_faults; i++) {
                struct sim_fd_fault *f = &t->faults[i];
                if (f->op != op || f->done != done || (f->fd >= 0 && f->fd != fd))
                        continue;
                if (f->seen++ < f->first || f->fired >= f->times || r < 0)
                        continue;
                f->fired++;
                r = -f->errnum;
        }
        return r;
}

int sim_enter(struct sim_fdtable *t, enum sim_fd_op op, int fd)
{
        t->calls[op]++;
        return t->n_faults ? fire(t, op, fd, false) : 0;
}

int sim_leave(struct sim_fdtable *t, enum sim_fd_op op, int fd, int result)
{
        int r = t->n_faults ? fire(t, op, fd, true) : 0;

        return r < 0 ? r : result;
}
