/* "linux": config-linux.md but for "resources" and "seccomp". */
#include <errno.h>
#include <string.h>

#include "core/base/nearest.h"
#include "core/config/parts.h"

static const struct config_field idmap_fields[] = {
        U32(struct config_idmap, "containerID", container_id, .required = true),
        U32(struct config_idmap, "hostID", host_id, .required = true),
        U32(struct config_idmap, "size", size, .required = true),
};
const struct config_schema config_schema_idmap = SCHEMA(struct config_idmap, idmap_fields);

/* --- namespaces: a list in the document, a table by type here --- */

struct ns_item {
        const char *type, *path;
};
static const struct config_field ns_fields[] = {
        STRING(struct ns_item, "type", type, .required = true),
        STRING(struct ns_item, "path", path),
};
static const struct config_schema schema_ns = SCHEMA(struct ns_item, ns_fields);

static int unknown_namespace(struct config_reader *r, const struct config_at *at, const char *got)
{
        const char *names[CONFIG_NS__COUNT], *near;

        for (int i = 0; i < CONFIG_NS__COUNT; i++)
                names[i] = config_ns_name((enum config_ns)i);
        near = nearest_word(got, names, CONFIG_NS__COUNT);
        return config_fail(r->err, EINVAL, at, "unknown namespace type \"%s\"%s%s%s", got, near ? "; did you mean " : "",
                           near ? near : "", near ? "?" : "");
}

static int read_namespace(struct config_reader *r, const struct config_at *at, const json_t *value,
                          struct config_namespace *table)
{
        const struct config_at type_at = {at, "type", 0};
        struct ns_item item = {0};
        int e = config_read_object(r, at, value, &schema_ns, &item), ns = 0;

        if (e < 0)
                return e;
        while (ns < CONFIG_NS__COUNT && strcmp(config_ns_name((enum config_ns)ns), item.type) != 0)
                ns++;
        if (ns == CONFIG_NS__COUNT)
                return unknown_namespace(r, &type_at, item.type);
        if (table[ns].set)
                return config_fail(r->err, EINVAL, &type_at, "the %s namespace is listed already, at %zu",
                                   item.type, table[ns].index);
        /* Go writes no difference between an empty path and none, and there is no namespace file "". */
        table[ns] = (struct config_namespace){
                .set = true, .path = item.path && *item.path ? item.path : NULL, .index = at->index};
        return 0;
}

static int read_namespaces(struct config_reader *r, const struct config_at *at, const json_t *value,
                           void *dst)
{
        int e = config_expect(r, at, value, JSON_ARRAY);

        for (size_t i = 0; e == 0 && i < json_array_size(value); i++) {
                struct config_at here = {at, NULL, i};
                e = read_namespace(r, &here, json_array_get(value, i), dst);
        }
        return e;
}

/* --- timeOffsets: the clock is the key --- */

static const struct config_field offset_fields[] = {
        I64(struct config_time_offset, "secs", secs),
        U32(struct config_time_offset, "nanosecs", nanosecs),
};
static const struct config_schema schema_offset =
        SCHEMA(struct config_time_offset, offset_fields, SET(struct config_time_offset));

/* dst is the whole struct config_linux. A key is data here, a clock's name: an unknown one is no unknown
 * field. */
static int read_time_offsets(struct config_reader *r, const struct config_at *at, const json_t *value,
                             void *dst)
{
        struct config_linux *l = dst;
        json_t *object = (json_t *)value; /* for the iterator; nothing is changed */
        const char *key;
        json_t *item;
        int e = config_expect(r, at, value, JSON_OBJECT);

        if (e < 0)
                return e;
        json_object_foreach(object, key, item)
        {
                struct config_at here = {at, key, 0};
                struct config_time_offset *t = strcmp(key, "monotonic") == 0  ? &l->time_monotonic
                                               : strcmp(key, "boottime") == 0 ? &l->time_boottime
                                                                              : NULL;
                if (json_is_null(item))
                        continue;
                if (!t)
                        return config_fail(r->err, EINVAL, &here, "there is no such clock; known: monotonic, boottime");
                e = config_read_object(r, &here, item, &schema_offset, t);
                if (e < 0)
                        return e;
        }
        return 0;
}

/* --- devices --- */

static int read_device_type(struct config_reader *r, const struct config_at *at, const json_t *value,
                            void *dst)
{
        const char *s = NULL;
        int e = config_read_string(r, at, value, &s);

        if (e < 0)
                return e;
        if (strlen(s) != 1 || !strchr("cbup", *s))
                return config_fail(r->err, EINVAL, at, "a device is of type c, b, u or p, not \"%s\"", s);
        *(char *)dst = *s;
        return 0;
}

/* A fifo has no numbers; a real device has to have them. */
static int check_device(struct config_reader *r, const struct config_at *at, const json_t *value, void *dst)
{
        static const char *const names[] = {"major", "minor"};
        const struct config_device *d = dst;

        for (size_t i = 0; d->type != 'p' && i < 2; i++) {
                const json_t *v = json_object_get(value, names[i]);
                struct config_at here = {at, names[i], 0};
                if (!v || json_is_null(v))
                        return config_fail(r->err, EINVAL, &here, "is required");
        }
        return 0;
}

static const struct config_field device_fields[] = {
        CUSTOM(struct config_device, "type", type, char, read_device_type, .required = true),
        STRING(struct config_device, "path", path, .required = true),
        I64(struct config_device, "major", major),
        I64(struct config_device, "minor", minor),
        OPT_U32(struct config_device, "fileMode", file_mode),
        OPT_U32(struct config_device, "uid", uid),
        OPT_U32(struct config_device, "gid", gid),
};
static const struct config_schema schema_device =
        SCHEMA(struct config_device, device_fields, .check = check_device);

/* --- the rest --- */

typedef __typeof__(CONFIG_MEMBER(struct config_linux, intel_rdt)) intel_rdt;
typedef __typeof__(CONFIG_MEMBER(struct config_linux, personality)) personality;

static const struct config_field rdt_fields[] = {
        STRING(intel_rdt, "closID", clos_id),
        STRING(intel_rdt, "l3CacheSchema", l3_cache_schema),
        STRING(intel_rdt, "memBwSchema", mem_bw_schema),
        BOOL(intel_rdt, "enableCMT", enable_cmt),
        BOOL(intel_rdt, "enableMBM", enable_mbm),
};
static const struct config_schema schema_rdt = SCHEMA(intel_rdt, rdt_fields, SET(intel_rdt));

static const struct config_field personality_fields[] = {
        STRING(personality, "domain", domain, .required = true),
        STRINGS(personality, "flags", flags),
};
static const struct config_schema schema_personality =
        SCHEMA(personality, personality_fields, SET(personality));

typedef struct config_linux lin;

static const struct config_field linux_fields[] = {
        CUSTOM(lin, "namespaces", ns, struct config_namespace[CONFIG_NS__COUNT], read_namespaces,
               .schema = &schema_ns),
        LIST(lin, "uidMappings", uid_mappings, struct config_idmap, &config_schema_idmap),
        LIST(lin, "gidMappings", gid_mappings, struct config_idmap, &config_schema_idmap),
        {.name = "timeOffsets",
         .kind = CONFIG_CUSTOM,
         .offset = 0,
         .custom = read_time_offsets,
         .schema = &schema_offset},
        LIST(lin, "devices", devices, struct config_device, &schema_device),
        STRING(lin, "cgroupsPath", cgroups_path),
        OBJECT(lin, "resources", resources, struct config_resources, &config_schema_resources),
        OBJECT(lin, "intelRdt", intel_rdt, intel_rdt, &schema_rdt),
        PAIRS(lin, "sysctl", sysctl),
        OBJECT(lin, "seccomp", seccomp, struct config_seccomp, &config_schema_seccomp),
        STRING(lin, "rootfsPropagation", rootfs_propagation),
        STRING(lin, "mountLabel", mount_label),
        STRINGS(lin, "maskedPaths", masked_paths),
        STRINGS(lin, "readonlyPaths", readonly_paths),
        OBJECT(lin, "personality", personality, personality, &schema_personality),
};
const struct config_schema config_schema_linux = SCHEMA(lin, linux_fields, SET(lin));
