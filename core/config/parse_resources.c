/* "linux.resources": config-linux.md, Control groups. */
#include <errno.h>
#include <string.h>

#include "core/config/parts.h"

typedef struct config_resources res;
typedef __typeof__(CONFIG_MEMBER(res, memory)) memory;
typedef __typeof__(CONFIG_MEMBER(res, cpu)) cpu;
typedef __typeof__(CONFIG_MEMBER(res, pids)) pids;
typedef __typeof__(CONFIG_MEMBER(res, block_io)) block_io;
typedef __typeof__(CONFIG_MEMBER(res, network)) network;

/* "Unset values mean all": also for "", which is how Go programs write unset. */
static int read_rule_type(struct config_reader *r, const struct config_at *at, const json_t *value, void *dst)
{
        const char *s = NULL;
        int e = config_read_string(r, at, value, &s);

        if (e < 0)
                return e;
        if (*s && (strlen(s) != 1 || !strchr("acb", *s)))
                return config_fail(r->err, EINVAL, at, "a device rule is of type a, c or b, not \"%s\"", s);
        *(char *)dst = *s;
        return 0;
}

static int check_rule(struct config_reader *r, const struct config_at *at, const json_t *value, void *dst)
{
        struct config_device_rule *rule = dst;

        (void)r;
        (void)at;
        (void)value;
        if (!rule->type)
                rule->type = 'a';
        if (rule->access && !*rule->access)
                rule->access = NULL;
        return 0;
}

static const struct config_field rule_fields[] = {
        BOOL(struct config_device_rule, "allow", allow, .required = true),
        CUSTOM(struct config_device_rule, "type", type, char, read_rule_type),
        OPT_I64(struct config_device_rule, "major", major),
        OPT_I64(struct config_device_rule, "minor", minor),
        STRING(struct config_device_rule, "access", access),
};
static const struct config_schema schema_rule =
        SCHEMA(struct config_device_rule, rule_fields, .check = check_rule);

static const struct config_field memory_fields[] = {
        OPT_I64(memory, "limit", limit),
        OPT_I64(memory, "reservation", reservation),
        OPT_I64(memory, "swap", swap),
        OPT_I64(memory, "kernel", kernel),
        OPT_I64(memory, "kernelTCP", kernel_tcp),
        OPT_U64(memory, "swappiness", swappiness),
        OPT_BOOL(memory, "disableOOMKiller", disable_oom_killer),
        OPT_BOOL(memory, "useHierarchy", use_hierarchy),
        OPT_BOOL(memory, "checkBeforeUpdate", check_before_update),
};
static const struct config_schema schema_memory = SCHEMA(memory, memory_fields, SET(memory));

static const struct config_field cpu_fields[] = {
        OPT_U64(cpu, "shares", shares),
        OPT_I64(cpu, "quota", quota),
        OPT_U64(cpu, "burst", burst),
        OPT_U64(cpu, "period", period),
        OPT_I64(cpu, "realtimeRuntime", realtime_runtime),
        OPT_U64(cpu, "realtimePeriod", realtime_period),
        STRING(cpu, "cpus", cpus),
        STRING(cpu, "mems", mems),
        OPT_I64(cpu, "idle", idle),
};
static const struct config_schema schema_cpu = SCHEMA(cpu, cpu_fields, SET(cpu));

static const struct config_field pids_fields[] = {
        I64(pids, "limit", limit, .required = true),
};
static const struct config_schema schema_pids = SCHEMA(pids, pids_fields, SET(pids));

static const struct config_field weight_fields[] = {
        I64(struct config_weight_device, "major", major, .required = true),
        I64(struct config_weight_device, "minor", minor, .required = true),
        OPT_U16(struct config_weight_device, "weight", weight),
        OPT_U16(struct config_weight_device, "leafWeight", leaf_weight),
};
static const struct config_schema schema_weight = SCHEMA(struct config_weight_device, weight_fields);

static const struct config_field throttle_fields[] = {
        I64(struct config_throttle, "major", major, .required = true),
        I64(struct config_throttle, "minor", minor, .required = true),
        U64(struct config_throttle, "rate", rate, .required = true),
};
static const struct config_schema schema_throttle = SCHEMA(struct config_throttle, throttle_fields);

#define THROTTLE(key, m) LIST(block_io, key, m, struct config_throttle, &schema_throttle)
static const struct config_field block_io_fields[] = {
        OPT_U16(block_io, "weight", weight),
        OPT_U16(block_io, "leafWeight", leaf_weight),
        LIST(block_io, "weightDevice", weight_device, struct config_weight_device, &schema_weight),
        THROTTLE("throttleReadBpsDevice", throttle_read_bps),
        THROTTLE("throttleWriteBpsDevice", throttle_write_bps),
        THROTTLE("throttleReadIOPSDevice", throttle_read_iops),
        THROTTLE("throttleWriteIOPSDevice", throttle_write_iops),
};
static const struct config_schema schema_block_io = SCHEMA(block_io, block_io_fields, SET(block_io));

static const struct config_field hugepage_fields[] = {
        STRING(struct config_hugepage, "pageSize", page_size, .required = true),
        U64(struct config_hugepage, "limit", limit, .required = true),
};
static const struct config_schema schema_hugepage = SCHEMA(struct config_hugepage, hugepage_fields);

static const struct config_field ifprio_fields[] = {
        STRING(struct config_ifprio, "name", name, .required = true),
        U32(struct config_ifprio, "priority", priority, .required = true),
};
static const struct config_schema schema_ifprio = SCHEMA(struct config_ifprio, ifprio_fields);

static const struct config_field network_fields[] = {
        OPT_U32(network, "classID", class_id),
        LIST(network, "priorities", priorities, struct config_ifprio, &schema_ifprio),
};
static const struct config_schema schema_network = SCHEMA(network, network_fields, SET(network));

static const struct config_field rdma_fields[] = {
        OPT_U32(struct config_rdma, "hcaHandles", hca_handles),
        OPT_U32(struct config_rdma, "hcaObjects", hca_objects),
};
static const struct config_schema schema_rdma = SCHEMA(struct config_rdma, rdma_fields);
_Static_assert(offsetof(struct config_rdma, device) == 0, "CONFIG_MAP puts the key there");

static const struct config_field resources_fields[] = {
        LIST(res, "devices", devices, struct config_device_rule, &schema_rule),
        OBJECT(res, "memory", memory, memory, &schema_memory),
        OBJECT(res, "cpu", cpu, cpu, &schema_cpu),
        OBJECT(res, "pids", pids, pids, &schema_pids),
        OBJECT(res, "blockIO", block_io, block_io, &schema_block_io),
        LIST(res, "hugepageLimits", hugepage, struct config_hugepage, &schema_hugepage),
        OBJECT(res, "network", network, network, &schema_network),
        MAP(res, "rdma", rdma, struct config_rdma, &schema_rdma),
        PAIRS(res, "unified", unified),
};
const struct config_schema config_schema_resources = SCHEMA(res, resources_fields, SET(res));
