/* core/config: every field's type, range and pointer, by table. */
#include <errno.h>
#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/base/err.h"
#include "core/config/config.h"
#include "core/sys.h"
#include "tests/core/config_edit.h"
#include "tests/core/config_full.h"

enum kind { STR, BOOLEAN, I32, I64, U16, U32, U64, ARRAY, OBJECT };

#define REQUIRED true
static const struct row {
        const char *pointer;
        enum kind kind;
        bool required;
} rows[] = {
        {"/ociVersion", STR},
        {"/root", OBJECT},
        {"/root/path", STR},
        {"/root/readonly", BOOLEAN},
        {"/hostname", STR},
        {"/domainname", STR},
        {"/annotations", OBJECT},
        {"/annotations/com.example.a~1b~0c", STR},
        {"/process", OBJECT},
        {"/process/terminal", BOOLEAN},
        {"/process/consoleSize", OBJECT},
        {"/process/consoleSize/height", U32, REQUIRED},
        {"/process/consoleSize/width", U32, REQUIRED},
        {"/process/user", OBJECT},
        {"/process/user/uid", U32},
        {"/process/user/gid", U32},
        {"/process/user/umask", U32},
        {"/process/user/additionalGids", ARRAY},
        {"/process/user/additionalGids/2", U32},
        {"/process/args", ARRAY},
        {"/process/args/1", STR},
        {"/process/env", ARRAY},
        {"/process/env/0", STR},
        {"/process/cwd", STR},
        {"/process/capabilities", OBJECT},
        {"/process/capabilities/bounding", ARRAY},
        {"/process/capabilities/bounding/1", STR},
        {"/process/capabilities/effective", ARRAY},
        {"/process/capabilities/inheritable", ARRAY},
        {"/process/capabilities/permitted", ARRAY},
        {"/process/capabilities/ambient", ARRAY},
        {"/process/rlimits", ARRAY},
        {"/process/rlimits/0", OBJECT},
        {"/process/rlimits/0/type", STR, REQUIRED},
        {"/process/rlimits/0/soft", U64, REQUIRED},
        {"/process/rlimits/0/hard", U64, REQUIRED},
        {"/process/noNewPrivileges", BOOLEAN},
        {"/process/apparmorProfile", STR},
        {"/process/selinuxLabel", STR},
        {"/process/oomScoreAdj", I32},
        {"/process/scheduler", OBJECT},
        {"/process/scheduler/policy", STR, REQUIRED},
        {"/process/scheduler/nice", I32},
        {"/process/scheduler/priority", I32},
        {"/process/scheduler/flags", ARRAY},
        {"/process/scheduler/flags/0", STR},
        {"/process/scheduler/runtime", U64},
        {"/process/scheduler/deadline", U64},
        {"/process/scheduler/period", U64},
        {"/process/ioPriority", OBJECT},
        {"/process/ioPriority/class", STR, REQUIRED},
        {"/process/ioPriority/priority", I32, REQUIRED},
        {"/process/execCPUAffinity", OBJECT},
        {"/process/execCPUAffinity/initial", STR},
        {"/process/execCPUAffinity/final", STR},
        {"/mounts", ARRAY},
        {"/mounts/1", OBJECT},
        {"/mounts/1/destination", STR, REQUIRED},
        {"/mounts/1/type", STR},
        {"/mounts/1/source", STR},
        {"/mounts/1/options", ARRAY},
        {"/mounts/1/options/1", STR},
        {"/mounts/1/uidMappings", ARRAY},
        {"/mounts/1/uidMappings/0", OBJECT},
        {"/mounts/1/uidMappings/0/containerID", U32, REQUIRED},
        {"/mounts/1/uidMappings/0/hostID", U32, REQUIRED},
        {"/mounts/1/uidMappings/0/size", U32, REQUIRED},
        {"/mounts/1/gidMappings", ARRAY},
        {"/mounts/1/gidMappings/0/containerID", U32, REQUIRED},
        {"/hooks", OBJECT},
        {"/hooks/prestart", ARRAY},
        {"/hooks/prestart/0", OBJECT},
        {"/hooks/prestart/0/path", STR, REQUIRED},
        {"/hooks/prestart/0/args", ARRAY},
        {"/hooks/prestart/0/args/0", STR},
        {"/hooks/prestart/0/env", ARRAY},
        {"/hooks/prestart/0/env/0", STR},
        {"/hooks/prestart/0/timeout", I64},
        {"/hooks/createRuntime", ARRAY},
        {"/hooks/createRuntime/0/path", STR, REQUIRED},
        {"/hooks/createContainer", ARRAY},
        {"/hooks/createContainer/0/path", STR, REQUIRED},
        {"/hooks/startContainer", ARRAY},
        {"/hooks/startContainer/0/path", STR, REQUIRED},
        {"/hooks/poststart", ARRAY},
        {"/hooks/poststart/0/path", STR, REQUIRED},
        {"/hooks/poststop", ARRAY},
        {"/hooks/poststop/0/path", STR, REQUIRED},
        {"/linux", OBJECT},
        {"/linux/namespaces", ARRAY},
        {"/linux/namespaces/1", OBJECT},
        {"/linux/namespaces/1/type", STR, REQUIRED},
        {"/linux/namespaces/1/path", STR},
        {"/linux/uidMappings", ARRAY},
        {"/linux/uidMappings/0/containerID", U32, REQUIRED},
        {"/linux/uidMappings/0/hostID", U32, REQUIRED},
        {"/linux/uidMappings/0/size", U32, REQUIRED},
        {"/linux/gidMappings", ARRAY},
        {"/linux/gidMappings/0/size", U32, REQUIRED},
        {"/linux/timeOffsets", OBJECT},
        {"/linux/timeOffsets/monotonic", OBJECT},
        {"/linux/timeOffsets/monotonic/secs", I64},
        {"/linux/timeOffsets/monotonic/nanosecs", U32},
        {"/linux/timeOffsets/boottime", OBJECT},
        {"/linux/timeOffsets/boottime/secs", I64},
        {"/linux/devices", ARRAY},
        {"/linux/devices/0", OBJECT},
        {"/linux/devices/0/type", STR, REQUIRED},
        {"/linux/devices/0/path", STR, REQUIRED},
        {"/linux/devices/0/major", I64, REQUIRED},
        {"/linux/devices/0/minor", I64, REQUIRED},
        {"/linux/devices/0/fileMode", U32},
        {"/linux/devices/0/uid", U32},
        {"/linux/devices/0/gid", U32},
        {"/linux/cgroupsPath", STR},
        {"/linux/sysctl", OBJECT},
        {"/linux/sysctl/net.ipv4.ip_forward", STR},
        {"/linux/resources", OBJECT},
        {"/linux/resources/devices", ARRAY},
        {"/linux/resources/devices/1", OBJECT},
        {"/linux/resources/devices/1/allow", BOOLEAN, REQUIRED},
        {"/linux/resources/devices/1/type", STR},
        {"/linux/resources/devices/1/major", I64},
        {"/linux/resources/devices/1/minor", I64},
        {"/linux/resources/devices/1/access", STR},
        {"/linux/resources/memory", OBJECT},
        {"/linux/resources/memory/limit", I64},
        {"/linux/resources/memory/reservation", I64},
        {"/linux/resources/memory/swap", I64},
        {"/linux/resources/memory/kernel", I64},
        {"/linux/resources/memory/kernelTCP", I64},
        {"/linux/resources/memory/swappiness", U64},
        {"/linux/resources/memory/disableOOMKiller", BOOLEAN},
        {"/linux/resources/memory/useHierarchy", BOOLEAN},
        {"/linux/resources/memory/checkBeforeUpdate", BOOLEAN},
        {"/linux/resources/cpu", OBJECT},
        {"/linux/resources/cpu/shares", U64},
        {"/linux/resources/cpu/quota", I64},
        {"/linux/resources/cpu/burst", U64},
        {"/linux/resources/cpu/period", U64},
        {"/linux/resources/cpu/realtimeRuntime", I64},
        {"/linux/resources/cpu/realtimePeriod", U64},
        {"/linux/resources/cpu/cpus", STR},
        {"/linux/resources/cpu/mems", STR},
        {"/linux/resources/cpu/idle", I64},
        {"/linux/resources/pids", OBJECT},
        {"/linux/resources/pids/limit", I64, REQUIRED},
        {"/linux/resources/blockIO", OBJECT},
        {"/linux/resources/blockIO/weight", U16},
        {"/linux/resources/blockIO/leafWeight", U16},
        {"/linux/resources/blockIO/weightDevice", ARRAY},
        {"/linux/resources/blockIO/weightDevice/0/major", I64, REQUIRED},
        {"/linux/resources/blockIO/weightDevice/0/minor", I64, REQUIRED},
        {"/linux/resources/blockIO/weightDevice/0/weight", U16},
        {"/linux/resources/blockIO/weightDevice/0/leafWeight", U16},
        {"/linux/resources/blockIO/throttleReadBpsDevice", ARRAY},
        {"/linux/resources/blockIO/throttleReadBpsDevice/0/major", I64, REQUIRED},
        {"/linux/resources/blockIO/throttleReadBpsDevice/0/minor", I64, REQUIRED},
        {"/linux/resources/blockIO/throttleReadBpsDevice/0/rate", U64, REQUIRED},
        {"/linux/resources/blockIO/throttleWriteBpsDevice", ARRAY},
        {"/linux/resources/blockIO/throttleReadIOPSDevice", ARRAY},
        {"/linux/resources/blockIO/throttleWriteIOPSDevice", ARRAY},
        {"/linux/resources/hugepageLimits", ARRAY},
        {"/linux/resources/hugepageLimits/0/pageSize", STR, REQUIRED},
        {"/linux/resources/hugepageLimits/0/limit", U64, REQUIRED},
        {"/linux/resources/network", OBJECT},
        {"/linux/resources/network/classID", U32},
        {"/linux/resources/network/priorities", ARRAY},
        {"/linux/resources/network/priorities/0/name", STR, REQUIRED},
        {"/linux/resources/network/priorities/0/priority", U32, REQUIRED},
        {"/linux/resources/rdma", OBJECT},
        {"/linux/resources/rdma/m~12", OBJECT},
        {"/linux/resources/rdma/mlx5_1/hcaHandles", U32},
        {"/linux/resources/rdma/m~12/hcaObjects", U32},
        {"/linux/resources/unified", OBJECT},
        {"/linux/resources/unified/memory.high", STR},
        {"/linux/intelRdt", OBJECT},
        {"/linux/intelRdt/closID", STR},
        {"/linux/intelRdt/l3CacheSchema", STR},
        {"/linux/intelRdt/memBwSchema", STR},
        {"/linux/intelRdt/enableCMT", BOOLEAN},
        {"/linux/intelRdt/enableMBM", BOOLEAN},
        {"/linux/seccomp", OBJECT},
        {"/linux/seccomp/defaultAction", STR, REQUIRED},
        {"/linux/seccomp/defaultErrnoRet", U32},
        {"/linux/seccomp/architectures", ARRAY},
        {"/linux/seccomp/architectures/0", STR},
        {"/linux/seccomp/flags", ARRAY},
        {"/linux/seccomp/listenerPath", STR},
        {"/linux/seccomp/listenerMetadata", STR},
        {"/linux/seccomp/syscalls", ARRAY},
        {"/linux/seccomp/syscalls/0", OBJECT},
        {"/linux/seccomp/syscalls/0/names", ARRAY, REQUIRED},
        {"/linux/seccomp/syscalls/0/names/1", STR},
        {"/linux/seccomp/syscalls/0/action", STR, REQUIRED},
        {"/linux/seccomp/syscalls/0/errnoRet", U32},
        {"/linux/seccomp/syscalls/0/args", ARRAY},
        {"/linux/seccomp/syscalls/0/args/0/index", U32, REQUIRED},
        {"/linux/seccomp/syscalls/0/args/0/value", U64, REQUIRED},
        {"/linux/seccomp/syscalls/0/args/0/valueTwo", U64},
        {"/linux/seccomp/syscalls/0/args/0/op", STR, REQUIRED},
        {"/linux/rootfsPropagation", STR},
        {"/linux/mountLabel", STR},
        {"/linux/maskedPaths", ARRAY},
        {"/linux/maskedPaths/0", STR},
        {"/linux/readonlyPaths", ARRAY},
        {"/linux/readonlyPaths/1", STR},
        {"/linux/personality", OBJECT},
        {"/linux/personality/domain", STR, REQUIRED},
        {"/linux/personality/flags", ARRAY},
        {"/linux/personality/flags/0", STR},
};
#define ROWS (sizeof(rows) / sizeof(rows[0]))

static void check(const struct row *row, const char *raw, int errnum)
{
        char *text = config_edit(CONFIG_FULL, row->pointer, raw);
        struct config *c = NULL;
        struct err e = ERR_INIT;
        int r = config_parse(sys_linux(), text, strlen(text), &c, &e);

        if (r != -errnum)
                fail_msg("%s = %s: got %d (%s: %s), expected %d", row->pointer, raw, r, e.place, e.msg,
                         -errnum);
        if (errnum && strcmp(e.place, row->pointer) != 0)
                fail_msg("%s = %s: wrong place %s", row->pointer, raw, e.place);
        config_free(sys_linux(), c);
        free(text);
}

static void config_parse__every_field_of_wrong_type__pointer(void **state)
{
        static const struct {
                const char *raw;
                unsigned fits; /* bits of enum kind */
        } values[] = {
                {"\"x\"", 1 << STR},
                {"true", 1 << BOOLEAN},
                {"[]", 1 << ARRAY},
                {"{}", 1 << OBJECT},
                {"[[]]", 0},
                {"1.0", 0},
                {"1e0", 0},
                {"7", 1 << I32 | 1 << I64 | 1 << U16 | 1 << U32 | 1 << U64},
                {"18446744073709551615", 1 << I32 | 1 << I64 | 1 << U16 | 1 << U32 | 1 << U64},
        };

        (void)state;
        for (size_t i = 0; i < ROWS; i++)
                for (size_t k = 0; k < sizeof(values) / sizeof(values[0]); k++)
                        if (!(values[k].fits & 1u << rows[i].kind) &&
                            !(rows[i].kind == ARRAY && values[k].raw[0] == '['))
                                check(&rows[i], values[k].raw, EINVAL);
}

static void config_parse__every_integer__range_is_exact(void **state)
{
        static const struct {
                enum kind kind;
                const char *in, *out; /* values just inside and just outside */
        } edges[] = {
                {I32, "2147483647", "2147483648"},
                {I32, "-2147483648", "-2147483649"},
                {I64, "9223372036854775807", "9223372036854775808"},
                {I64, "-9223372036854775808", "-9223372036854775809"},
                {U16, "65535", "65536"},
                {U16, "0", "-1"},
                {U32, "4294967295", "4294967296"},
                {U32, "-0", "-4294967295"},
                {U64, "18446744073709551615", "18446744073709551616"},
                {U64, "9223372036854775808", "-9223372036854775808"},
                {I32, "0", "18446744073709551615"},
                {U16, "1", "99999999999999999999999999"},
                {U32, "1", "-99999999999999999999999999"},
        };

        (void)state;
        for (size_t i = 0; i < ROWS; i++)
                for (size_t k = 0; k < sizeof(edges) / sizeof(edges[0]); k++)
                        if (edges[k].kind == rows[i].kind) {
                                check(&rows[i], edges[k].in, 0);
                                check(&rows[i], edges[k].out, ERANGE);
                        }
}

static bool is_item(const char *pointer)
{
        const char *last = strrchr(pointer, '/') + 1;

        return *last >= '0' && *last <= '9';
}

static void config_parse__every_field_absent_or_null__required_or_fine(void **state)
{
        (void)state;
        for (size_t i = 0; i < ROWS; i++) {
                if (is_item(rows[i].pointer))
                        continue;
                check(&rows[i], NULL, rows[i].required ? EINVAL : 0);
                check(&rows[i], "null", rows[i].required ? EINVAL : 0);
        }
}

static void config_parse__data_that_has_no_type_of_its_own__pointer(void **state)
{
        static const struct {
                const char *pointer, *raw;
        } values[] = {
                {"/linux/namespaces/1/type", "\"net\""},
                {"/linux/namespaces/1/type", "\"\""},
                {"/linux/namespaces/3/type", "\"pid\""},
                {"/linux/devices/0/type", "\"\""},
                {"/linux/devices/0/type", "\"cc\""},
                {"/linux/devices/0/type", "\"a\""},
                {"/linux/resources/devices/1/type", "\"p\""},
                {"/linux/resources/devices/1/type", "\"bc\""},
                {"/linux/timeOffsets/realtime", "{}"},
                {"/process/env/1", "null"},
                {"/mounts/0", "null"},
                {"/linux/namespaces/0", "null"},
                {"/linux/resources/rdma/x~0y~1z", "7"},
                {"/annotations/~1~1~0~0", "7"},
        };

        (void)state;
        for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++)
                check(&(struct row){.pointer = values[i].pointer}, values[i].raw, EINVAL);
}

static void config_parse__null_in_a_map__absent(void **state)
{
        static const char text[] = "{\"annotations\":{\"a\":null,\"b\":\"x\",\"c\":null},"
                                   "\"linux\":{\"timeOffsets\":{\"boottime\":null,\"other\":null}}}";
        struct config *c = NULL;

        (void)state;
        assert_int_equal(config_parse(sys_linux(), text, sizeof(text) - 1, &c, NULL), 0);
        assert_int_equal(c->annotations.n, 1);
        assert_string_equal(c->annotations.item[0].key, "b");
        assert_false(c->linux_.time_boottime.set);
        config_free(sys_linux(), c);
}

static void config_parse__long_pointer__cut_and_marked(void **state)
{
        char text[1024], key[600];
        struct config *c = NULL;
        struct err e = ERR_INIT;

        (void)state;
        memset(key, '/', sizeof(key) - 1); /* doubles when escaped */
        key[sizeof(key) - 1] = '\0';
        snprintf(text, sizeof(text), "{\"annotations\":{\"%s\":1}}", key);
        assert_int_equal(config_parse(sys_linux(), text, strlen(text), &c, &e), -EINVAL);
        assert_int_equal(strncmp(e.place, "/annotations/~1~1~1", 19), 0);
        assert_string_equal(e.place + strlen(e.place) - 3, "...");
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(config_parse__every_field_of_wrong_type__pointer),
                cmocka_unit_test(config_parse__every_integer__range_is_exact),
                cmocka_unit_test(config_parse__every_field_absent_or_null__required_or_fine),
                cmocka_unit_test(config_parse__data_that_has_no_type_of_its_own__pointer),
                cmocka_unit_test(config_parse__null_in_a_map__absent),
                cmocka_unit_test(config_parse__long_pointer__cut_and_marked),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
