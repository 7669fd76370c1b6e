#include "props/sim/sim_memory.h"

#include <stdlib.h>
#include <string.h>

#include "props/sim/sim_enosys.h"

static _Thread_local struct sim_memory *counted; /* jansson's hooks have no context */

static bool fails(struct sim_memory *m)
{
        if (!m)
                return false;
        m->calls++;
        return m->fail_at && (m->calls == m->fail_at || (m->for_good && m->calls > m->fail_at));
}

/* Of no byte: NULL, which malloc(3) may answer too. */
static void *count_alloc(size_t n)
{
        void *p = fails(counted) || n == 0 ? NULL : malloc(n);

        if (counted)
                counted->live += p != NULL;
        return p;
}

static void count_free(void *p)
{
        if (counted)
                counted->live -= p != NULL;
        free(p);
}

static void *sys_alloc(const struct sys *sys, size_t n)
{
        (void)sys;
        return count_alloc(n);
}

static void *sys_realloc(const struct sys *sys, void *old, size_t n)
{
        void *p = fails(counted) ? NULL : realloc(old, n);

        (void)sys;
        if (counted)
                counted->live += p && !old;
        return p;
}

static void sys_free(const struct sys *sys, void *p)
{
        (void)sys;
        count_free(p);
}

const struct sys *sim_memory_sys(pt *t)
{
        struct sys_ops *ops = pt_alloc(t, sizeof(*ops));
        struct sys *sys = pt_alloc(t, sizeof(*sys));

        *ops = sim_enosys_ops;
        ops->alloc = sys_alloc;
        ops->realloc = sys_realloc;
        ops->free = sys_free;
        sys->op = ops;
        return sys;
}

static void restore_hooks(void *arg)
{
        const struct sim_memory *m = arg;

        counted = NULL;
        json_set_alloc_funcs(m->old_malloc, m->old_free);
}

void sim_memory_begin(pt *t, struct sim_memory *m)
{
        json_get_alloc_funcs(&m->old_malloc, &m->old_free);
        json_set_alloc_funcs(count_alloc, count_free);
        pt_defer(t, restore_hooks, m);
}

void sim_memory_use(struct sim_memory *m)
{
        counted = m;
}
