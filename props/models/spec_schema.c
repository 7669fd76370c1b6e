/* Types, ranges and required members of config.json (config.md, config-linux.md, v1.2), pointer by pointer.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "core/base/err.h"
#include "props/models/spec_ref.h"

enum kind { STR, BOOLEAN, I32, I64, U16, U32, U64, ARR, OBJ, NS_TYPE, DEVICE_TYPE, RULE_TYPE };

struct rule {
        const char *pattern; /* a pointer; "*": every item or member */
        enum kind kind;
        bool required;
};

#define MUST true
static const struct rule rules[] = {
        {"/ociVersion", STR},
        {"/root", OBJ},
        {"/root/path", STR},
        {"/root/readonly", BOOLEAN},
        {"/hostname", STR},
        {"/domainname", STR},
        {"/annotations", OBJ},
        {"/annotations/*", STR},
        {"/mounts", ARR},
        {"/mounts/*", OBJ},
        {"/mounts/*/destination", STR, MUST},
        {"/mounts/*/type", STR},
        {"/mounts/*/source", STR},
        {"/mounts/*/options", ARR},
        {"/mounts/*/options/*", STR},
        {"/mounts/*/uidMappings", ARR},
        {"/mounts/*/uidMappings/*", OBJ},
        {"/mounts/*/uidMappings/*/containerID", U32, MUST},
        {"/mounts/*/uidMappings/*/hostID", U32, MUST},
        {"/mounts/*/uidMappings/*/size", U32, MUST},
        {"/mounts/*/gidMappings", ARR},
        {"/mounts/*/gidMappings/*", OBJ},
        {"/mounts/*/gidMappings/*/containerID", U32, MUST},
        {"/mounts/*/gidMappings/*/hostID", U32, MUST},
        {"/mounts/*/gidMappings/*/size", U32, MUST},
        {"/hooks", OBJ},
#define HOOK(kind)                                                                                \
        {"/hooks/" kind, ARR}, {"/hooks/" kind "/*", OBJ}, {"/hooks/" kind "/*/path", STR, MUST}, \
                {"/hooks/" kind "/*/args", ARR}, {"/hooks/" kind "/*/args/*", STR},               \
                {"/hooks/" kind "/*/env", ARR}, {"/hooks/" kind "/*/env/*", STR},                 \
        {                                                                                         \
                "/hooks/" kind "/*/timeout", I64                                                  \
        }
        HOOK("prestart"),
        HOOK("createRuntime"),
        HOOK("createContainer"),
        HOOK("startContainer"),
        HOOK("poststart"),
        HOOK("poststop"),
        {"/process", OBJ},
        {"/process/terminal", BOOLEAN},
        {"/process/consoleSize", OBJ},
        {"/process/consoleSize/height", U32, MUST},
        {"/process/consoleSize/width", U32, MUST},
        {"/process/user", OBJ},
        {"/process/user/uid", U32},
        {"/process/user/gid", U32},
        {"/process/user/umask", U32},
        {"/process/user/additionalGids", ARR},
        {"/process/user/additionalGids/*", U32},
        {"/process/args", ARR},
        {"/process/args/*", STR},
        {"/process/env", ARR},
        {"/process/env/*", STR},
        {"/process/cwd", STR},
        {"/process/capabilities", OBJ},
#define CAPS(set)                                      \
        {"/process/capabilities/" set, ARR},           \
        {                                              \
                "/process/capabilities/" set "/*", STR \
        }
        CAPS("bounding"),
        CAPS("effective"),
        CAPS("inheritable"),
        CAPS("permitted"),
        CAPS("ambient"),
        {"/process/rlimits", ARR},
        {"/process/rlimits/*", OBJ},
        {"/process/rlimits/*/type", STR, MUST},
        {"/process/rlimits/*/soft", U64, MUST},
        {"/process/rlimits/*/hard", U64, MUST},
        {"/process/noNewPrivileges", BOOLEAN},
        {"/process/apparmorProfile", STR},
        {"/process/selinuxLabel", STR},
        {"/process/oomScoreAdj", I32},
        {"/process/scheduler", OBJ},
        {"/process/scheduler/policy", STR, MUST},
        {"/process/scheduler/nice", I32},
        {"/process/scheduler/priority", I32},
        {"/process/scheduler/flags", ARR},
        {"/process/scheduler/flags/*", STR},
        {"/process/scheduler/runtime", U64},
        {"/process/scheduler/deadline", U64},
        {"/process/scheduler/period", U64},
        {"/process/ioPriority", OBJ},
        {"/process/ioPriority/class", STR, MUST},
        {"/process/ioPriority/priority", I32, MUST},
        {"/process/execCPUAffinity", OBJ},
        {"/process/execCPUAffinity/initial", STR},
        {"/process/execCPUAffinity/final", STR},
        {"/linux", OBJ},
        {"/linux/namespaces", ARR},
        {"/linux/namespaces/*", OBJ},
        {"/linux/namespaces/*/type", NS_TYPE, MUST},
        {"/linux/namespaces/*/path", STR},
        {"/linux/uidMappings", ARR},
        {"/linux/uidMappings/*", OBJ},
        {"/linux/uidMappings/*/containerID", U32, MUST},
        {"/linux/uidMappings/*/hostID", U32, MUST},
        {"/linux/uidMappings/*/size", U32, MUST},
        {"/linux/gidMappings", ARR},
        {"/linux/gidMappings/*", OBJ},
        {"/linux/gidMappings/*/containerID", U32, MUST},
        {"/linux/gidMappings/*/hostID", U32, MUST},
        {"/linux/gidMappings/*/size", U32, MUST},
        {"/linux/timeOffsets", OBJ},
        {"/linux/timeOffsets/*", OBJ},
        {"/linux/timeOffsets/*/secs", I64},
        {"/linux/timeOffsets/*/nanosecs", U32},
        {"/linux/devices", ARR},
        {"/linux/devices/*", OBJ},
        {"/linux/devices/*/type", DEVICE_TYPE, MUST},
        {"/linux/devices/*/path", STR, MUST},
        {"/linux/devices/*/major", I64},
        {"/linux/devices/*/minor", I64},
        {"/linux/devices/*/fileMode", U32},
        {"/linux/devices/*/uid", U32},
        {"/linux/devices/*/gid", U32},
        {"/linux/cgroupsPath", STR},
        {"/linux/sysctl", OBJ},
        {"/linux/sysctl/*", STR},
        {"/linux/rootfsPropagation", STR},
        {"/linux/mountLabel", STR},
        {"/linux/maskedPaths", ARR},
        {"/linux/maskedPaths/*", STR},
        {"/linux/readonlyPaths", ARR},
        {"/linux/readonlyPaths/*", STR},
        {"/linux/personality", OBJ},
        {"/linux/personality/domain", STR, MUST},
        {"/linux/personality/flags", ARR},
        {"/linux/personality/flags/*", STR},
        {"/linux/intelRdt", OBJ},
        {"/linux/intelRdt/closID", STR},
        {"/linux/intelRdt/l3CacheSchema", STR},
        {"/linux/intelRdt/memBwSchema", STR},
        {"/linux/intelRdt/enableCMT", BOOLEAN},
        {"/linux/intelRdt/enableMBM", BOOLEAN},
#define RES "/linux/resources"
        {RES, OBJ},
        {RES "/devices", ARR},
        {RES "/devices/*", OBJ},
        {RES "/devices/*/allow", BOOLEAN, MUST},
        {RES "/devices/*/type", RULE_TYPE},
        {RES "/devices/*/major", I64},
        {RES "/devices/*/minor", I64},
        {RES "/devices/*/access", STR},
        {RES "/memory", OBJ},
        {RES "/memory/limit", I64},
        {RES "/memory/reservation", I64},
        {RES "/memory/swap", I64},
        {RES "/memory/kernel", I64},
        {RES "/memory/kernelTCP", I64},
        {RES "/memory/swappiness", U64},
        {RES "/memory/disableOOMKiller", BOOLEAN},
        {RES "/memory/useHierarchy", BOOLEAN},
        {RES "/memory/checkBeforeUpdate", BOOLEAN},
        {RES "/cpu", OBJ},
        {RES "/cpu/shares", U64},
        {RES "/cpu/quota", I64},
        {RES "/cpu/burst", U64},
        {RES "/cpu/period", U64},
        {RES "/cpu/realtimeRuntime", I64},
        {RES "/cpu/realtimePeriod", U64},
        {RES "/cpu/cpus", STR},
        {RES "/cpu/mems", STR},
        {RES "/cpu/idle", I64},
        {RES "/pids", OBJ},
        {RES "/pids/limit", I64, MUST},
        {RES "/blockIO", OBJ},
        {RES "/blockIO/weight", U16},
        {RES "/blockIO/leafWeight", U16},
        {RES "/blockIO/weightDevice", ARR},
        {RES "/blockIO/weightDevice/*", OBJ},
        {RES "/blockIO/weightDevice/*/major", I64, MUST},
        {RES "/blockIO/weightDevice/*/minor", I64, MUST},
        {RES "/blockIO/weightDevice/*/weight", U16},
        {RES "/blockIO/weightDevice/*/leafWeight", U16},
#define THROTTLE(name)                                                                                      \
        {RES "/blockIO/" name, ARR}, {RES "/blockIO/" name "/*", OBJ},                                      \
                {RES "/blockIO/" name "/*/major", I64, MUST}, {RES "/blockIO/" name "/*/minor", I64, MUST}, \
        {                                                                                                   \
                RES "/blockIO/" name "/*/rate", U64, MUST                                                   \
        }
        THROTTLE("throttleReadBpsDevice"),
        THROTTLE("throttleWriteBpsDevice"),
        THROTTLE("throttleReadIOPSDevice"),
        THROTTLE("throttleWriteIOPSDevice"),
        {RES "/hugepageLimits", ARR},
        {RES "/hugepageLimits/*", OBJ},
        {RES "/hugepageLimits/*/pageSize", STR, MUST},
        {RES "/hugepageLimits/*/limit", U64, MUST},
        {RES "/network", OBJ},
        {RES "/network/classID", U32},
        {RES "/network/priorities", ARR},
        {RES "/network/priorities/*", OBJ},
        {RES "/network/priorities/*/name", STR, MUST},
        {RES "/network/priorities/*/priority", U32, MUST},
        {RES "/rdma", OBJ},
        {RES "/rdma/*", OBJ},
        {RES "/rdma/*/hcaHandles", U32},
        {RES "/rdma/*/hcaObjects", U32},
        {RES "/unified", OBJ},
        {RES "/unified/*", STR},
#define SEC "/linux/seccomp"
        {SEC, OBJ},
        {SEC "/defaultAction", STR, MUST},
        {SEC "/defaultErrnoRet", U32},
        {SEC "/architectures", ARR},
        {SEC "/architectures/*", STR},
        {SEC "/flags", ARR},
        {SEC "/flags/*", STR},
        {SEC "/listenerPath", STR},
        {SEC "/listenerMetadata", STR},
        {SEC "/syscalls", ARR},
        {SEC "/syscalls/*", OBJ},
        {SEC "/syscalls/*/names", ARR, MUST},
        {SEC "/syscalls/*/names/*", STR},
        {SEC "/syscalls/*/action", STR, MUST},
        {SEC "/syscalls/*/errnoRet", U32},
        {SEC "/syscalls/*/args", ARR},
        {SEC "/syscalls/*/args/*", OBJ},
        {SEC "/syscalls/*/args/*/index", U32, MUST},
        {SEC "/syscalls/*/args/*/value", U64, MUST},
        {SEC "/syscalls/*/args/*/valueTwo", U64},
        {SEC "/syscalls/*/args/*/op", STR, MUST},
};

struct judge {
        const struct spec_ref *ref;
        const char *place; /* what the parser reported; NULL: nothing */
        int errnum;
        const struct rule *rule;
        size_t broken; /* how many rules the document breaks */
        bool matched;  /* one of them as reported */
        char first[256];
        char at[1024];
        size_t n;
};

/* A pointer in the making; one longer than what err_set keeps may be cut. Returns the length to go back to.
 */
static size_t push(struct judge *j, const char *key)
{
        size_t before = j->n;

        for (j->at[j->n++] = '/'; *key && j->n + 3 < sizeof(j->at); key++) {
                if (*key == '~' || *key == '/') {
                        j->at[j->n++] = '~';
                        j->at[j->n++] = *key == '~' ? '0' : '1';
                } else {
                        j->at[j->n++] = *key;
                }
        }
        return before;
}

static size_t push_item(struct judge *j, size_t i)
{
        char text[24];

        snprintf(text, sizeof(text), "%zu", i);
        return push(j, text);
}

/* What is at the current pointer breaks a rule. */
static void broken(struct judge *j, int errnum)
{
        struct err cut;

        j->at[j->n] = '\0';
        err_set(&cut, errnum, "x", j->at, "x");
        if (j->broken++ == 0)
                snprintf(j->first, sizeof(j->first), "%s", cut.place);
        if (j->place && errnum == j->errnum && strcmp(cut.place, j->place) == 0)
                j->matched = true;
}

/* The same for a member of an item of a list below. */
static void broken_member(struct judge *j, const char *list, size_t i, const char *name)
{
        j->n = 0;
        push(j, "linux");
        push(j, list);
        push_item(j, i);
        push(j, name);
        broken(j, EINVAL);
}

static int check_integer(const struct judge *j, const json_t *v, bool sign, unsigned bits)
{
        uint64_t m, max = UINT64_MAX >> (64 - bits + sign);
        bool negative;
        int e = spec_ref_integer(j->ref, v, &negative, &m);

        if (e)
                return e;
        if (negative && m > 0)
                return sign && m - 1 <= max ? 0 : ERANGE;
        return m <= max ? 0 : ERANGE;
}

static int check_word(const json_t *v, const char *const *words)
{
        for (; json_is_string(v) && *words; words++)
                if (strcmp(json_string_value(v), *words) == 0)
                        return 0;
        return EINVAL;
}

static int check_kind(const struct judge *j, const json_t *v)
{
        static const char *const namespaces[] = {"pid",  "network", "mount", "ipc", "uts",
                                                 "user", "cgroup",  "time",  NULL};
        static const char *const devices[] = {"c", "b", "u", "p", NULL};
        static const char *const device_rules[] = {"", "a", "c", "b", NULL};

        switch (j->rule->kind) {
        case STR:
                return json_is_string(v) ? 0 : EINVAL;
        case BOOLEAN:
                return json_is_boolean(v) ? 0 : EINVAL;
        case ARR:
                return json_is_array(v) ? 0 : EINVAL;
        case OBJ:
                return json_is_object(v) ? 0 : EINVAL;
        case I32:
                return check_integer(j, v, true, 32);
        case I64:
                return check_integer(j, v, true, 64);
        case U16:
                return check_integer(j, v, false, 16);
        case U32:
                return check_integer(j, v, false, 32);
        case U64:
                return check_integer(j, v, false, 64);
        case NS_TYPE:
                return check_word(v, namespaces);
        case DEVICE_TYPE:
                return check_word(v, devices);
        case RULE_TYPE:
                return check_word(v, device_rules);
        }
        return EINVAL;
}

static void check_value(struct judge *j, const json_t *v)
{
        int e = check_kind(j, v);

        if (e)
                broken(j, e);
}

static void follow(struct judge *j, json_t *node, const char *pattern);

static void follow_child(struct judge *j, json_t *v, const char *rest, size_t before)
{
        if (*rest)
                follow(j, v, rest);
        else
                check_value(j, v);
        j->n = before;
}

/* A null member is absent; a null item is not. */
static void follow_all(struct judge *j, json_t *node, const char *rest)
{
        const char *key;
        json_t *v;
        size_t i;

        json_array_foreach(node, i, v) follow_child(j, v, rest, push_item(j, i));
        json_object_foreach(node, key, v) if (!json_is_null(v)) follow_child(j, v, rest, push(j, key));
}

static void follow(struct judge *j, json_t *node, const char *pattern)
{
        size_t n = strcspn(pattern + 1, "/"), before;
        const char *rest = pattern + 1 + n;
        char key[64];

        snprintf(key, sizeof(key), "%.*s", (int)n, pattern + 1);
        if (strcmp(key, "*") == 0) {
                follow_all(j, node, rest);
                return;
        }
        if (!json_is_object(node))
                return; /* another rule is broken */
        json_t *v = json_object_get(node, key);
        before = push(j, key);
        if (v && (*rest || !json_is_null(v)))
                follow_child(j, v, rest, before);
        else if (!*rest && j->rule->required)
                broken(j, EINVAL);
        j->n = before;
}

/* "If a namespaces field contains duplicated namespaces with same type, the runtime MUST generate an error."
 */
static void check_namespaces(struct judge *j, json_t *linux_)
{
        json_t *list = json_object_get(linux_, "namespaces");

        for (size_t i = 0; i < json_array_size(list); i++) {
                const json_t *type = json_object_get(json_array_get(list, i), "type");
                for (size_t k = 0; type && k < i; k++) {
                        const json_t *other = json_object_get(json_array_get(list, k), "type");
                        if (!json_is_string(type) || !other || !json_equal(type, other))
                                continue;
                        broken_member(j, "namespaces", i, "type");
                }
        }
}

/* "REQUIRED unless type is p" */
static void check_devices(struct judge *j, json_t *linux_)
{
        static const char *const numbers[] = {"major", "minor"};
        json_t *list = json_object_get(linux_, "devices");

        for (size_t i = 0; i < json_array_size(list); i++) {
                json_t *device = json_array_get(list, i);
                const char *type = json_string_value(json_object_get(device, "type"));
                for (size_t k = 0; k < 2 && type && strcmp(type, "p") != 0; k++) {
                        json_t *v = json_object_get(device, numbers[k]);
                        if (v && !json_is_null(v))
                                continue;
                        broken_member(j, "devices", i, numbers[k]);
                }
        }
}

/* time_namespaces(7) knows two clocks. */
static void check_clocks(struct judge *j, json_t *linux_)
{
        json_t *clocks = json_object_get(linux_, "timeOffsets"), *v;
        const char *key;

        json_object_foreach(clocks, key, v)
        {
                if (json_is_null(v) || strcmp(key, "monotonic") == 0 || strcmp(key, "boottime") == 0)
                        continue;
                j->n = 0;
                push(j, "linux");
                push(j, "timeOffsets");
                push(j, key);
                broken(j, EINVAL);
        }
}

void spec_schema_judge(pt *t, const struct spec_ref *ref, const char *place, int errnum)
{
        struct judge j = {.ref = ref, .place = place, .errnum = errnum};
        json_t *linux_ = json_object_get(ref->root, "linux");

        for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
                j.rule = &rules[i];
                j.n = 0;
                follow(&j, ref->root, rules[i].pattern);
        }
        check_namespaces(&j, linux_);
        check_devices(&j, linux_);
        check_clocks(&j, linux_);
        if (!place && j.broken > 0)
                PT_FAIL(t, "accepted, but %s breaks a rule", j.first);
        if (place && j.broken == 0)
                PT_FAIL(t, "refused at %s, but no rule is broken", place);
        if (place && !j.matched)
                PT_FAIL(t, "refused at %s with errno %d, but what breaks a rule is %s", place, errnum,
                        j.first);
}
