/* The rules for "linux.resources". */
#include "core/config/validate.h"

#include <string.h>

#include "core/base/err.h"

#define PLACE "/linux/resources"

static int validate_rule(const struct config_device_rule *rule, size_t i, struct err *err)
{
        if (rule->access && rule->access[strspn(rule->access, "rwm")])
                return INVALID_TEXT(err, "not made of r, w and m", rule->access, PLACE "/devices/%zu/access", i);
        if (rule->major.set && (rule->major.v < -1 || rule->major.v > UINT32_MAX))
                return OUTSIDE(err, rule->major.v, -1, UINT32_MAX, PLACE "/devices/%zu/major", i);
        if (rule->minor.set && (rule->minor.v < -1 || rule->minor.v > UINT32_MAX))
                return OUTSIDE(err, rule->minor.v, -1, UINT32_MAX, PLACE "/devices/%zu/minor", i);
        return 0;
}

/* "Values for memory specify the limit in bytes, or -1 for unlimited." */
static int validate_memory(const struct config_resources *r, struct err *err)
{
        const struct {
                const char *name;
                const struct opt_i64 *v;
        } limits[] = {
                {"limit", &r->memory.limit},
                {"reservation", &r->memory.reservation},
                {"swap", &r->memory.swap},
                {"kernel", &r->memory.kernel},
                {"kernelTCP", &r->memory.kernel_tcp},
        };

        for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++)
                if (limits[i].v->set && limits[i].v->v < -1)
                        return OUTSIDE(err, limits[i].v->v, -1, INT64_MAX, PLACE "/memory/%s", limits[i].name);
        if (r->memory.swappiness.set && r->memory.swappiness.v > 100)
                return INVALID(err, "not in 0..100", PLACE "/memory/swappiness");
        /* memory + swap can't be less than memory */
        if (r->memory.swap.set && r->memory.swap.v > 0 && r->memory.limit.set &&
            r->memory.swap.v < r->memory.limit.v)
                return INVALID(err, "memory and swap together less than memory alone", PLACE "/memory/swap");
        return 0;
}

static int validate_cpu(const struct config_resources *r, struct err *err)
{
        static const char list[] = "0123456789,- \n"; /* cpuset(7), list format */

        if (r->cpu.burst.set && r->cpu.quota.set && r->cpu.quota.v > 0 &&
            r->cpu.burst.v > (uint64_t)r->cpu.quota.v)
                return INVALID(err, "greater than the quota", PLACE "/cpu/burst");
        if (r->cpu.idle.set && r->cpu.idle.v != 0 && r->cpu.idle.v != 1)
                return OUTSIDE(err, r->cpu.idle.v, 0, 1, PLACE "/cpu/idle");
        if (r->cpu.cpus && r->cpu.cpus[strspn(r->cpu.cpus, list)])
                return INVALID_TEXT(err, "not a list like 0-3,7", r->cpu.cpus, PLACE "/cpu/cpus");
        if (r->cpu.mems && r->cpu.mems[strspn(r->cpu.mems, list)])
                return INVALID_TEXT(err, "not a list like 0-3,7", r->cpu.mems, PLACE "/cpu/mems");
        return 0;
}

static int validate_throttle(const struct config_throttle_list *l, const char *name, struct err *err)
{
        for (size_t i = 0; i < l->n; i++) {
                if (l->item[i].major < 0)
                        return OUTSIDE(err, l->item[i].major, 0, INT64_MAX, PLACE "/blockIO/%s/%zu/major", name,
                                       i);
                if (l->item[i].minor < 0)
                        return OUTSIDE(err, l->item[i].minor, 0, INT64_MAX, PLACE "/blockIO/%s/%zu/minor", name,
                                       i);
        }
        return 0;
}

static int validate_block_io(const struct config_resources *res, struct err *err)
{
        int r;

        for (size_t i = 0; i < res->block_io.weight_device.n; i++) {
                const struct config_weight_device *w = &res->block_io.weight_device.item[i];
                if (w->major < 0)
                        return OUTSIDE(err, w->major, 0, INT64_MAX, PLACE "/blockIO/weightDevice/%zu/major", i);
                if (w->minor < 0)
                        return OUTSIDE(err, w->minor, 0, INT64_MAX, PLACE "/blockIO/weightDevice/%zu/minor", i);
                if (!w->weight.set && !w->leaf_weight.set)
                        return INVALID(err, "weight or leafWeight is required",
                                       PLACE "/blockIO/weightDevice/%zu", i);
        }
        r = validate_throttle(&res->block_io.throttle_read_bps, "throttleReadBpsDevice", err);
        if (r == 0)
                r = validate_throttle(&res->block_io.throttle_write_bps, "throttleWriteBpsDevice", err);
        if (r == 0)
                r = validate_throttle(&res->block_io.throttle_read_iops, "throttleReadIOPSDevice", err);
        if (r == 0)
                r = validate_throttle(&res->block_io.throttle_write_iops, "throttleWriteIOPSDevice", err);
        return r;
}

/* "<size><unit-prefix>B": it becomes part of a file's name. */
static bool is_page_size(const char *s)
{
        size_t digits = strspn(s, "0123456789");

        return digits > 0 && *s != '0' && strchr("KMG", s[digits]) && s[digits] &&
               strcmp(s + digits + 1, "B") == 0;
}

int config_validate_resources(const struct config_resources *res, struct err *err)
{
        int r = 0;

        for (size_t i = 0; r == 0 && i < res->devices.n; i++)
                r = validate_rule(&res->devices.item[i], i, err);
        if (r == 0)
                r = validate_memory(res, err);
        if (r == 0)
                r = validate_cpu(res, err);
        if (r == 0)
                r = validate_block_io(res, err);
        if (r < 0)
                return r;
        for (size_t i = 0; i < res->hugepage.n; i++)
                if (!is_page_size(res->hugepage.item[i].page_size))
                        return INVALID_TEXT(err, "not a size like 2MB", res->hugepage.item[i].page_size,
                                            PLACE "/hugepageLimits/%zu/pageSize", i);
        for (size_t i = 0; i < res->network.priorities.n; i++)
                if (!*res->network.priorities.item[i].name)
                        return INVALID(err, "is empty", PLACE "/network/priorities/%zu/name", i);
        for (size_t i = 0; i < res->rdma.n; i++)
                if (!res->rdma.item[i].hca_handles.set && !res->rdma.item[i].hca_objects.set)
                        return config_invalid_key(err, "hcaHandles or hcaObjects is required", PLACE "/rdma",
                                                  res->rdma.item[i].device);
        for (size_t i = 0; i < res->unified.n; i++) { /* a file of the container's cgroup, and no other */
                const char *key = res->unified.item[i].key;
                if (!*key || strchr(key, '/') || strcmp(key, ".") == 0 || strcmp(key, "..") == 0)
                        return config_invalid_key(err, "not the name of a cgroup file", PLACE "/unified",
                                                  key);
        }
        return 0;
}
