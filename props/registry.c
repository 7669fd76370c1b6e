/* What PT_PROPERTY and the points put into sections of the program. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "props/pt_run.h"

extern const pt_prop *const __start_pt_props[] __attribute__((weak));
extern const pt_prop *const __stop_pt_props[] __attribute__((weak));
extern pt_point *const __start_pt_points[] __attribute__((weak));
extern pt_point *const __stop_pt_points[] __attribute__((weak));

#define PROPS_MAX 256u

static const pt_prop *sorted[PROPS_MAX];
static size_t count;

static int by_name(const void *a, const void *b)
{
        return strcmp((*(const pt_prop *const *)a)->name, (*(const pt_prop *const *)b)->name);
}

/* Before main, so that no runner can forget it. */
__attribute__((constructor)) static void register_all(void)
{
        uint32_t index = 0;

        for (const pt_prop *const *p = __start_pt_props; p < __stop_pt_props; p++) {
                assert(count < PROPS_MAX);
                sorted[count++] = *p;
        }
        qsort(sorted, count, sizeof(*sorted), by_name);
        for (size_t i = 1; i < count; i++)
                assert(strcmp(sorted[i - 1]->name, sorted[i]->name) != 0);
        for (pt_point *const *p = __start_pt_points; p < __stop_pt_points; p++)
                (*p)->index = index++;
}

size_t pt_prop_count(void)
{
        return count;
}

const pt_prop *pt_prop_at(size_t i)
{
        assert(i < count);
        return sorted[i];
}

const pt_prop *pt_prop_find(const char *name)
{
        for (size_t i = 0; i < count; i++)
                if (strcmp(sorted[i]->name, name) == 0)
                        return sorted[i];
        return NULL;
}

size_t pt_point_count(void)
{
        return (size_t)(__stop_pt_points - __start_pt_points);
}

const pt_point *pt_point_at(size_t i)
{
        assert(i < pt_point_count());
        return __start_pt_points[i];
}

const pt_prop *pt_point_owner(const pt_point *point)
{
        const pt_prop *owner = pt_prop_find(point->func);

        if (owner && strcmp(owner->file, point->file) == 0)
                return owner;
        owner = NULL;
        for (size_t i = 0; i < count; i++) {
                if (strcmp(sorted[i]->file, point->file) != 0)
                        continue;
                if (owner)
                        return NULL; /* a helper of several */
                owner = sorted[i];
        }
        return owner;
}
