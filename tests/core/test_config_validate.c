/* core/config: the validator's rules, each broken once, and what labrun refuses. */
#include <errno.h>
#include <sched.h>
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

typedef int judge_fn(const struct config *config, struct err *err);

/* Sets up to two values in document, parses and judges. place NULL: must be fine. raw "-": without it. */
struct row {
        const char *pointer, *raw, *place;
        const char *pointer2, *raw2;
};

static void check(const char *document, const struct row *row, judge_fn *judge, int errnum)
{
        char *text = config_edit(document, row->pointer, strcmp(row->raw, "-") ? row->raw : NULL), *second;
        struct config *c = NULL;
        struct err e = ERR_INIT;
        int r;

        if (row->pointer2) {
                second = config_edit(text, row->pointer2, strcmp(row->raw2, "-") ? row->raw2 : NULL);
                free(text);
                text = second;
        }
        if (config_parse(sys_linux(), text, strlen(text), &c, &e) != 0)
                fail_msg("%s = %s: not parsed: %s: %s", row->pointer, row->raw, e.place, e.msg);
        r = judge(c, &e);
        if (r != (row->place ? -errnum : 0) || strcmp(e.place, row->place ? row->place : "") != 0)
                fail_msg("%s = %s: got %d at %s (%s), expected %s", row->pointer, row->raw, r, e.place, e.msg,
                         row->place ? row->place : "success");
        if (row->place) {
                assert_int_equal(e.errnum, errnum);
                assert_true(e.step[0] && e.msg[0]);
                assert_int_equal(judge(c, NULL), -errnum);
        }
        config_free(sys_linux(), c);
        free(text);
}

#define CHECK_ALL(document, rows, judge, errnum)                         \
        for (size_t i_ = 0; i_ < sizeof(rows) / sizeof((rows)[0]); i_++) \
        check(document, &(rows)[i_], judge, errnum)

/* CONFIG_FULL is valid but for one field that no valid config can have. */
#define NO_FLAGS "/linux/personality/flags", "-"
#define BAD(pointer, raw, place)              \
        {                                     \
                pointer, raw, place, NO_FLAGS \
        }
#define BAD_AT(pointer, raw)                    \
        {                                       \
                pointer, raw, pointer, NO_FLAGS \
        }
#define GOOD(pointer, raw)                   \
        {                                    \
                pointer, raw, NULL, NO_FLAGS \
        }

static void config_validate__top_level__rules(void **state)
{
        static const struct row rows[] = {
                {"/linux/personality/flags", "[]"},
                BAD_AT("/ociVersion", "-"),
                BAD_AT("/ociVersion", "\"\""),
                BAD_AT("/ociVersion", "\"1\""),
                BAD_AT("/ociVersion", "\"1.2\""),
                BAD_AT("/ociVersion", "\"1.2.\""),
                BAD_AT("/ociVersion", "\"1.02.0\""),
                BAD_AT("/ociVersion", "\"v1.2.0\""),
                BAD_AT("/ociVersion", "\"1.2.0 \""),
                BAD_AT("/ociVersion", "\"1.2.0-\""),
                BAD_AT("/ociVersion", "\"1.2.0-a..b\""),
                BAD_AT("/ociVersion", "\"1.2.0-01\""),
                BAD_AT("/ociVersion", "\"1.2.0+\""),
                BAD_AT("/ociVersion", "\"1.2.0+a_b\""),
                BAD_AT("/ociVersion", "\"0.9.0\""),
                BAD_AT("/ociVersion", "\"2.0.0\""),
                BAD_AT("/ociVersion", "\"10.0.0\""),
                GOOD("/ociVersion", "\"1.0.0\""),
                GOOD("/ociVersion", "\"1.0.2-dev\""),
                GOOD("/ociVersion", "\"1.1.0-rc.1+build.001\""),
                GOOD("/ociVersion", "\"1.99.0-0.x-y\""),
                BAD_AT("/root", "-"),
                BAD("/root", "{}", "/root/path"),
                BAD_AT("/root/path", "\"\""),
                GOOD("/root/path", "\"/abs\""),
                BAD_AT("/process", "-"),
                BAD("/annotations", "{\"a\":\"\",\"\":\"x\"}", "/annotations/"),
                BAD_AT("/hostname", "\"0123456789012345678901234567890123456789012345678901234567890123x\""),
                GOOD("/hostname", "\"0123456789012345678901234567890123456789012345678901234567890123\""),
                BAD_AT("/domainname",
                       "\"0123456789012345678901234567890123456789012345678901234567890123x\""),
                BAD("/linux/namespaces",
                    "[{\"type\":\"mount\"},{\"type\":\"user\"},{\"type\":\"time\"},"
                    "{\"type\":\"network\"}]",
                    "/hostname"),
        };
        static const struct row no_uts[] = {
                {"/linux/namespaces/4", "-", "/domainname", "/hostname", "\"\""},
        };

        (void)state;
        CHECK_ALL(CONFIG_FULL, rows, config_validate, EINVAL);
        CHECK_ALL(CONFIG_FULL, no_uts, config_validate, EINVAL);
}

static void config_validate__mounts_and_hooks__rules(void **state)
{
        static const struct row rows[] = {
                BAD_AT("/mounts/0/destination", "\"\""),
                BAD_AT("/mounts/0/destination", "\"proc\""),
                BAD_AT("/mounts/0/type", "-"),
                BAD_AT("/mounts/0/type", "\"\""),
                BAD_AT("/mounts/1/source", "-"),
                BAD_AT("/mounts/1/source", "\"\""),
                GOOD("/mounts/1/type", "-"),
                GOOD("/mounts/0", "{\"destination\":\"/\",\"options\":[\"rslave\"]}"),
                BAD("/mounts/1/uidMappings", "[]", "/mounts/1/uidMappings"),
                BAD("/mounts/1/gidMappings", "-", "/mounts/1/gidMappings"),
                BAD_AT("/mounts/1/uidMappings/0/size", "0"),
                BAD_AT("/mounts/1/gidMappings/0/size", "0"),
                BAD("/mounts/1/uidMappings/0/hostID", "4294967290", "/mounts/1/uidMappings/0/size"),
                BAD("/mounts/1/gidMappings/0/containerID", "4294967280", "/mounts/1/gidMappings/0/size"),
                GOOD("/mounts/1/gidMappings/0/containerID", "4294967275"),
                GOOD("/mounts/0/options", "[\"idmap\"]"),
                BAD_AT("/hooks/prestart/0/path", "\"h\""),
                BAD_AT("/hooks/prestart/0/timeout", "0"),
                BAD_AT("/hooks/prestart/0/timeout", "-1"),
                BAD_AT("/hooks/prestart/0/env/0", "\"K\""),
                BAD_AT("/hooks/createRuntime/0/path", "\"\""),
                BAD_AT("/hooks/createContainer/0/path", "\"../x\""),
                BAD_AT("/hooks/startContainer/0/path", "\"./x\""),
                BAD_AT("/hooks/poststart/0/path", "\"x\""),
                BAD_AT("/hooks/poststop/0/path", "\"~\""),
        };
        static const char no_user[] =
                "{\"ociVersion\":\"1.2.0\",\"root\":{\"path\":\"r\"},"
                "\"process\":{\"cwd\":\"/\",\"args\":[\"a\"]},"
                "\"mounts\":[{\"destination\":\"/a\",\"source\":\"/b\",\"options\":[\"bind\"]}]}";
        static const struct row idmaps[] = {
                {"/mounts/0/options", "[\"rbind\",\"idmap\"]", "/mounts/0/options"},
                {"/mounts/0/options", "[\"ridmap\",\"bind\"]", "/mounts/0/options"},
        };

        (void)state;
        CHECK_ALL(CONFIG_FULL, rows, config_validate, EINVAL);
        CHECK_ALL(no_user, idmaps, config_validate, EINVAL);
}

static void config_validate__process__rules(void **state)
{
        static const struct row rows[] = {
                BAD_AT("/process/cwd", "-"),
                BAD_AT("/process/cwd", "\"\""),
                BAD_AT("/process/cwd", "\"work\""),
                BAD_AT("/process/args", "-"),
                BAD_AT("/process/args", "[]"),
                BAD_AT("/process/args/0", "\"\""),
                BAD_AT("/process/env/1", "\"NAME\""),
                BAD_AT("/process/env/1", "\"=x\""),
                BAD_AT("/process/env/1", "\"\""),
                GOOD("/process/env/1", "\"A==\""),
                BAD_AT("/process/user/uid", "4294967295"),
                BAD_AT("/process/user/gid", "4294967295"),
                BAD_AT("/process/user/additionalGids/1", "4294967295"),
                GOOD("/process/user/uid", "4294967294"),
                BAD_AT("/process/user/umask", "512"),
                GOOD("/process/user/umask", "511"),
                BAD_AT("/process/capabilities/bounding/1", "\"chown\""),
                BAD_AT("/process/capabilities/bounding/1", "\"cap_chown\""),
                BAD_AT("/process/capabilities/permitted/1", "\"CAP_\""),
                BAD_AT("/process/capabilities/ambient/0", "\"CAP_KILL \""),
                BAD("/process/capabilities/effective", "[\"CAP_KILL\",\"CAP_CHOWN\"]",
                    "/process/capabilities/effective/1"),
                GOOD("/process/capabilities/effective", "[\"CAP_NEXT_YEARS_42\"]"),
                BAD_AT("/process/rlimits/0/type", "\"NOFILE\""),
                BAD_AT("/process/rlimits/0/type", "\"\""),
                BAD_AT("/process/rlimits/0/soft",
                       "70001"), /* the hard limit as config_edit() leaves it is 70000 */
                GOOD("/process/rlimits/0/soft", "70000"),
                BAD("/process/rlimits",
                    "[{\"type\":\"RLIMIT_CPU\",\"soft\":1,\"hard\":1},{\"type\":\"RLIMIT_AS\",\"soft\":1,"
                    "\"hard\":2},"
                    "{\"type\":\"RLIMIT_CPU\",\"soft\":1,\"hard\":1}]",
                    "/process/rlimits/2/type"),
                BAD_AT("/process/oomScoreAdj", "1001"),
                BAD_AT("/process/oomScoreAdj", "-1001"),
                GOOD("/process/oomScoreAdj", "-1000"),
                BAD_AT("/process/scheduler/policy", "\"OTHER\""),
                BAD_AT("/process/scheduler/nice", "20"),
                BAD_AT("/process/scheduler/nice", "-21"),
                BAD_AT("/process/scheduler/priority", "1"),
                BAD_AT("/process/scheduler/flags/0", "\"RECLAIM\""),
                BAD("/process/scheduler/runtime", "0", "/process/scheduler"),
                BAD("/process/scheduler/runtime", "21", "/process/scheduler"),
                BAD("/process/scheduler/deadline", "31", "/process/scheduler"),
                GOOD("/process/scheduler/period", "-"),
                BAD("/process/scheduler/policy", "\"SCHED_FIFO\"", "/process/scheduler/priority"),
                BAD("/process/scheduler/policy", "\"SCHED_BATCH\"", "/process/scheduler"),
                BAD("/process/scheduler", "{\"policy\":\"SCHED_RR\",\"priority\":100}",
                    "/process/scheduler/priority"),
                GOOD("/process/scheduler", "{\"policy\":\"SCHED_RR\",\"priority\":99}"),
                GOOD("/process/scheduler", "{\"policy\":\"SCHED_OTHER\"}"),
                BAD_AT("/process/ioPriority/class", "\"IOPRIO_CLASS_NONE\""),
                BAD_AT("/process/ioPriority/priority", "8"),
                BAD_AT("/process/ioPriority/priority", "-1"),
        };

        (void)state;
        CHECK_ALL(CONFIG_FULL, rows, config_validate, EINVAL);
}

static void config_validate__linux__rules(void **state)
{
        static const struct row rows[] = {
                BAD_AT("/linux/namespaces/1/path", "\"run/netns\""),
                BAD("/linux/namespaces/5", "-", "/linux/uidMappings"),
                BAD_AT("/linux/uidMappings/0/size", "0"),
                BAD_AT("/linux/gidMappings/0/size", "4294967295"),
                BAD("/linux/namespaces/7", "-", "/linux/timeOffsets"),
                BAD("/linux/namespaces/7/path", "\"/x\"", "/linux/timeOffsets"),
                BAD_AT("/linux/timeOffsets/monotonic/nanosecs", "1000000000"),
                BAD("/linux/timeOffsets/boottime", "{\"nanosecs\":1000000000}",
                    "/linux/timeOffsets/boottime/nanosecs"),
                BAD_AT("/linux/devices/0/path", "\"dev/x\""),
                BAD_AT("/linux/devices/0/major", "4096"),
                BAD_AT("/linux/devices/0/major", "-1"),
                BAD_AT("/linux/devices/0/minor", "1048576"),
                GOOD("/linux/devices/0/minor", "1048575"),
                BAD_AT("/linux/devices/0/fileMode", "65536"),
                GOOD("/linux/devices/0/fileMode", "8630"),
                BAD_AT("/linux/devices/0/uid", "4294967295"),
                BAD_AT("/linux/devices/0/gid", "4294967295"),
                BAD_AT("/linux/maskedPaths/0", "\"proc\""),
                BAD_AT("/linux/readonlyPaths/1", "\"\""),
                BAD("/linux/namespaces/2", "-", "/linux/maskedPaths"),
                BAD_AT("/linux/rootfsPropagation", "\"none\""),
                GOOD("/linux/rootfsPropagation", "\"runbindable\""),
                GOOD("/linux/rootfsPropagation", "\"\""),
                BAD_AT("/linux/cgroupsPath", "\"..\""),
                BAD_AT("/linux/cgroupsPath", "\"/a/../b\""),
                BAD_AT("/linux/cgroupsPath", "\"../b\""),
                GOOD("/linux/cgroupsPath", "\"/a..b/..c/d..\""),
                GOOD("/linux/cgroupsPath", "\"system.slice:x:y\""),
                BAD_AT("/linux/intelRdt/closID", "\"..\""),
                BAD_AT("/linux/intelRdt/closID", "\"a/b\""),
                GOOD("/linux/intelRdt/closID", "\"\""),
                BAD_AT("/linux/intelRdt/memBwSchema", "\"L3:0=f\""),
                BAD_AT("/linux/intelRdt/memBwSchema", "\"MB:0=1\\nMB:1=2\""),
                BAD_AT("/linux/personality/domain", "\"BSD\""),
                BAD_AT("/linux/personality/domain", "\"\""),
        };
        static const struct row more[] = {
                {"/linux/personality/flags", "[\"X\"]", "/linux/personality/flags/0"},
                {"/linux/namespaces/5", "-", "/linux/gidMappings", "/linux/uidMappings", "[]"},
                {"/linux/namespaces/2", "-", "/linux/readonlyPaths", "/linux/maskedPaths", "[]"},
        };

        (void)state;
        CHECK_ALL(CONFIG_FULL, rows, config_validate, EINVAL);
        CHECK_ALL(CONFIG_FULL, more, config_validate, EINVAL);
}

/* A sysctl is written through /proc/sys of the container: it has to be the container's own. */
static void config_validate__sysctl__only_namespaced_and_inside_proc_sys(void **state)
{
#define SYSCTL(name, place)                                              \
        {                                                                \
                "/linux/sysctl", "{\"" name "\":\"1\"}", place, NO_FLAGS \
        }
        static const struct row rows[] = {
                SYSCTL("net.ipv4.ip_forward", NULL),
                SYSCTL("net/ipv4/conf/eth0.100/forwarding", NULL),
                SYSCTL("kernel.shmmax", NULL),
                SYSCTL("kernel/msgmax", NULL),
                SYSCTL("fs.mqueue.msg_max", NULL),
                SYSCTL("user.max_user_namespaces", NULL),
                SYSCTL("", "/linux/sysctl/"),
                SYSCTL("kernel.panic", "/linux/sysctl/kernel.panic"),
                SYSCTL("kernel.shmmaxx", "/linux/sysctl/kernel.shmmaxx"),
                SYSCTL("kernel.sem.x", "/linux/sysctl/kernel.sem.x"),
                SYSCTL("vm.swappiness", "/linux/sysctl/vm.swappiness"),
                SYSCTL("net", "/linux/sysctl/net"),
                SYSCTL("net.", "/linux/sysctl/net."),
                SYSCTL(".net.x", "/linux/sysctl/.net.x"),
                SYSCTL("net/../kernel/panic", "/linux/sysctl/net~1..~1kernel~1panic"),
                SYSCTL("net/./x", "/linux/sysctl/net~1.~1x"),
                SYSCTL("net//x", "/linux/sysctl/net~1~1x"),
                SYSCTL("/net/x", "/linux/sysctl/~1net~1x"),
                SYSCTL("net..x", "/linux/sysctl/net..x"),
                SYSCTL("kernel.hostname", "/linux/sysctl/kernel.hostname"),
                SYSCTL("kernel.domainname", "/linux/sysctl/kernel.domainname"),
        };
#define ALONE(name, ns, place)                                                       \
        {                                                                            \
                "/linux/sysctl", "{\"" name "\":\"1\"}", place, "/linux/namespaces", \
                        "[{\"type\":\"mount\"}" ns "]"                               \
        }
        static const char plain[] = "{\"ociVersion\":\"1.2.0\",\"root\":{\"path\":\"r\"},"
                                    "\"process\":{\"cwd\":\"/\",\"args\":[\"a\"]},\"linux\":{}}";
        static const struct row namespaces[] = {
                ALONE("net.x", "", "/linux/sysctl/net.x"),
                ALONE("net.x", ",{\"type\":\"network\"}", NULL),
                ALONE("kernel.sem", ",{\"type\":\"network\"}", "/linux/sysctl/kernel.sem"),
                ALONE("kernel.sem", ",{\"type\":\"ipc\"}", NULL),
                ALONE("kernel.hostname", "", "/linux/sysctl/kernel.hostname"),
                ALONE("kernel.hostname", ",{\"type\":\"uts\"}", NULL),
                ALONE("kernel.domainname", ",{\"type\":\"uts\"}", NULL),
                ALONE("user.x", ",{\"type\":\"uts\"}", "/linux/sysctl/user.x"),
        };

        (void)state;
        CHECK_ALL(CONFIG_FULL, rows, config_validate, EINVAL);
        CHECK_ALL(plain, namespaces, config_validate, EINVAL);
}

static void config_validate__resources__rules(void **state)
{
#define R "/linux/resources"
        static const struct row rows[] = {
                BAD_AT(R "/devices/0/access", "\"rwx\""),
                GOOD(R "/devices/0/access", "\"mw\""),
                BAD_AT(R "/devices/1/major", "-2"),
                BAD_AT(R "/devices/1/minor", "4294967296"),
                BAD_AT(R "/memory/limit", "-2"),
                BAD_AT(R "/memory/reservation", "-2"),
                BAD_AT(R "/memory/swap", "-2"),
                BAD_AT(R "/memory/kernel", "-2"),
                BAD_AT(R "/memory/kernelTCP", "-2"),
                BAD_AT(R "/memory/swap", "100"),
                GOOD(R "/memory/swap", "-1"),
                BAD_AT(R "/memory/swappiness", "101"),
                BAD_AT(R "/cpu/burst", "203"),
                BAD_AT(R "/cpu/idle", "2"),
                BAD_AT(R "/cpu/idle", "-1"),
                BAD_AT(R "/cpu/cpus", "\"a\""),
                BAD_AT(R "/cpu/mems", "\"0;1\""),
                BAD_AT(R "/blockIO/weightDevice/0/major", "-1"),
                BAD_AT(R "/blockIO/weightDevice/0/minor", "-1"),
                BAD(R "/blockIO/weightDevice/0", "{\"major\":8,\"minor\":0}", R "/blockIO/weightDevice/0"),
                BAD_AT(R "/blockIO/throttleReadBpsDevice/0/major", "-1"),
                BAD_AT(R "/blockIO/throttleWriteBpsDevice/0/minor", "-1"),
                BAD_AT(R "/blockIO/throttleReadIOPSDevice/0/major", "-9"),
                BAD_AT(R "/blockIO/throttleWriteIOPSDevice/0/minor", "-9"),
                BAD_AT(R "/hugepageLimits/0/pageSize", "\"2\""),
                BAD_AT(R "/hugepageLimits/0/pageSize", "\"MB\""),
                BAD_AT(R "/hugepageLimits/0/pageSize", "\"02MB\""),
                BAD_AT(R "/hugepageLimits/0/pageSize", "\"2MBx\""),
                BAD_AT(R "/hugepageLimits/0/pageSize", "\"2/../3MB\""),
                GOOD(R "/hugepageLimits/0/pageSize", "\"1GB\""),
                BAD_AT(R "/network/priorities/0/name", "\"\""),
                BAD_AT(R "/rdma/m~12", "{}"),
                BAD_AT(R "/unified/..", "\"x\""),
                BAD_AT(R "/unified/a~1b", "\"x\""),
                BAD_AT(R "/unified/", "\"x\""),
                BAD_AT(R "/unified/.", "\"x\""),
        };

        (void)state;
        CHECK_ALL(CONFIG_FULL, rows, config_validate, EINVAL);
}

static void config_validate__seccomp__rules(void **state)
{
#define S "/linux/seccomp"
        static const struct row rows[] = {
                BAD_AT(S "/defaultAction", "\"SCMP_ACT_FOO\""),
                BAD(S "/defaultAction", "\"SCMP_ACT_KILL\"", S "/defaultErrnoRet"),
                GOOD(S "/defaultAction", "\"SCMP_ACT_TRACE\""),
                GOOD(S "/syscalls/0", "{\"names\":[\"a\"],\"action\":\"SCMP_ACT_NOTIFY\"}"),
                BAD(S, "{\"defaultAction\":\"SCMP_ACT_NOTIFY\"}", S "/listenerPath"),
                BAD(S, "{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"syscalls\":[{\"names\":[\"a\"],\"action\":"
                    "\"SCMP_ACT_NOTIFY\"}]}",
                 S "/listenerPath"),
                BAD_AT(S "/architectures/0", "\"X86\""),
                BAD_AT(S "/flags/0", "\"LOG\""),
                BAD(S "/listenerPath", "-", S "/listenerMetadata"),
                BAD_AT(S "/syscalls/0/names", "[]"),
                BAD_AT(S "/syscalls/0/names/1", "\"\""),
                BAD_AT(S "/syscalls/0/action", "\"ALLOW\""),
                BAD(S "/syscalls/0/action", "\"SCMP_ACT_ALLOW\"", S "/syscalls/0/errnoRet"),
                GOOD(S "/defaultErrnoRet", "4094"),
                BAD_AT(S "/defaultErrnoRet", "4095"),
                GOOD(S "/syscalls/0/errnoRet", "0"),
                BAD_AT(S "/syscalls/0/errnoRet", "65536"),
                BAD(S "/syscalls/0", "{\"names\":[\"a\"],\"action\":\"SCMP_ACT_ERRNO\",\"errnoRet\":4095}",
                    S "/syscalls/0/errnoRet"),
                GOOD(S "/syscalls/0", "{\"names\":[\"a\"],\"action\":\"SCMP_ACT_TRACE\",\"errnoRet\":65535}"),
                BAD(S "/syscalls/0", "{\"names\":[\"a\"],\"action\":\"SCMP_ACT_TRACE\",\"errnoRet\":65536}",
                    S "/syscalls/0/errnoRet"),
                BAD_AT(S "/syscalls/0/args/0/index", "6"),
                BAD_AT(S "/syscalls/0/args/0/op", "\"EQ\""),
        };

        (void)state;
        CHECK_ALL(CONFIG_FULL, rows, config_validate, EINVAL);
}

/* --- what labrun can't do --- */

/* What `labrun spec` writes, and what is asked for without asking for anything. */
#define SUPPORTED                                                                                            \
        "{\"ociVersion\":\"1.2.0\",\"root\":{\"path\":\"rootfs\"},\"hostname\":\"h\",\"domainname\":\"d\","  \
        "\"annotations\":{\"a\":\"b\"},\"process\":{\"terminal\":false,\"consoleSize\":{\"height\":1,"       \
        "\"width\":1},"                                                                                      \
        "\"cwd\":\"/\",\"args\":[\"a\"],\"user\":{\"uid\":1,\"gid\":1,\"umask\":18,\"additionalGids\":[1]}," \
        "\"apparmorProfile\":\"\",\"selinuxLabel\":\"\",\"oomScoreAdj\":1,\"noNewPrivileges\":true,"         \
        "\"capabilities\":{},\"rlimits\":[{\"type\":\"RLIMIT_CPU\",\"soft\":1,\"hard\":1}],"                 \
        "\"execCPUAffinity\":{}},"                                                                           \
        "\"mounts\":[{\"destination\":\"/a\",\"type\":\"tmpfs\",\"uidMappings\":[]}],"                       \
        "\"hooks\":{\"prestart\":[{\"path\":\"/h\"}],\"poststop\":[{\"path\":\"/h\"}]},"                       \
        "\"linux\":{\"namespaces\":[{\"type\":\"mount\"},{\"type\":\"pid\",\"path\":\"/"                     \
        "x\"},{\"type\":\"time\"},"                                                                          \
        "{\"type\":\"uts\"},{\"type\":\"network\"},{\"type\":\"ipc\"},{\"type\":\"cgroup\"}],"               \
        "\"timeOffsets\":{\"boottime\":{\"secs\":1}},\"sysctl\":{\"net.x\":\"1\"},\"cgroupsPath\":\"/c\","   \
        "\"devices\":[{\"type\":\"p\",\"path\":\"/p\"}],\"maskedPaths\":[\"/m\"],\"readonlyPaths\":[\"/"     \
        "r\"],"                                                                                              \
        "\"personality\":{\"domain\":\"LINUX\"},\"rootfsPropagation\":\"rshared\",\"mountLabel\":\"\","      \
        "\"resources\":{\"devices\":[{\"allow\":false,\"access\":\"rwm\"},{\"allow\":true,\"type\":\"c\","   \
        "\"major\":1}],"                                                                                     \
        "\"memory\":{\"useHierarchy\":false},\"cpu\":{\"cpus\":\"\"},\"blockIO\":{},\"network\":{},"         \
        "\"rdma\":{},"                                                                                       \
        "\"unified\":{},\"hugepageLimits\":[]}}}"

static void config_refuse_unsupported__each__enotsup_and_pointer(void **state)
{
#define MAP1 "[{\"containerID\":0,\"hostID\":0,\"size\":1}]"
        static const struct row rows[] = {
                {"/hostname", "\"still supported\""},
                {"/process/terminal", "true"},
                {"/process/apparmorProfile", "\"a\"", "/process/apparmorProfile"},
                {"/process/selinuxLabel", "\"a\"", "/process/selinuxLabel"},
                {"/process/scheduler", "{\"policy\":\"SCHED_OTHER\"}", "/process/scheduler"},
                {"/process/ioPriority", "{\"class\":\"IOPRIO_CLASS_BE\",\"priority\":0}",
                 "/process/ioPriority"},
                {"/process/execCPUAffinity/initial", "\"0\"", "/process/execCPUAffinity/initial"},
                {"/process/execCPUAffinity/final", "\"0\"", "/process/execCPUAffinity/final"},
                {"/mounts/0/uidMappings", MAP1},
                {"/mounts/0/gidMappings", MAP1},
                {"/linux/namespaces/2/type", "\"user\""},
                {"/linux/uidMappings", MAP1},
                {"/linux/gidMappings", MAP1},
                {"/linux/seccomp", "{\"defaultAction\":\"SCMP_ACT_ALLOW\"}"},
                {"/linux/intelRdt", "{}", "/linux/intelRdt"},
                {"/linux/mountLabel", "\"x\"", "/linux/mountLabel"},
                {"/linux/namespaces/0", "-", "/linux/namespaces"},
                {"/linux/namespaces", "-", "/linux/namespaces"},
                {"/linux", "-", "/linux"},
                {R "/memory/limit", "1", R "/memory"},
                {R "/memory/reservation", "1", R "/memory"},
                {R "/memory/swap", "1", R "/memory"},
                {R "/memory/kernel", "1", R "/memory"},
                {R "/memory/kernelTCP", "1", R "/memory"},
                {R "/memory/swappiness", "0", R "/memory"},
                {R "/memory/disableOOMKiller", "true", R "/memory"},
                {R "/memory/disableOOMKiller", "false"},
                {R "/memory/checkBeforeUpdate", "true", R "/memory"},
                {R "/cpu/shares", "1", R "/cpu"},
                {R "/cpu/quota", "-1", R "/cpu"},
                {R "/cpu/burst", "1", R "/cpu"},
                {R "/cpu/period", "1", R "/cpu"},
                {R "/cpu/realtimeRuntime", "1", R "/cpu"},
                {R "/cpu/realtimePeriod", "1", R "/cpu"},
                {R "/cpu/idle", "0", R "/cpu"},
                {R "/cpu/cpus", "\"0\"", R "/cpu"},
                {R "/cpu/mems", "\"0\"", R "/cpu"},
                {R "/pids", "{\"limit\":5}", R "/pids"},
                {R "/blockIO/weight", "10", R "/blockIO"},
                {R "/blockIO/leafWeight", "10", R "/blockIO"},
                {R "/blockIO/weightDevice", "[{\"major\":1,\"minor\":1}]", R "/blockIO"},
                {R "/blockIO/throttleReadBpsDevice", "[{\"major\":1,\"minor\":1,\"rate\":1}]", R "/blockIO"},
                {R "/blockIO/throttleWriteBpsDevice", "[{\"major\":1,\"minor\":1,\"rate\":1}]", R "/blockIO"},
                {R "/blockIO/throttleReadIOPSDevice", "[{\"major\":1,\"minor\":1,\"rate\":1}]", R "/blockIO"},
                {R "/blockIO/throttleWriteIOPSDevice", "[{\"major\":1,\"minor\":1,\"rate\":1}]",
                 R "/blockIO"},
                {R "/hugepageLimits", "[{\"pageSize\":\"2MB\",\"limit\":1}]", R "/hugepageLimits"},
                {R "/network/classID", "0", R "/network/classID"},
                {R "/network/priorities", "[{\"name\":\"a\",\"priority\":1}]", R "/network/priorities"},
                {R "/rdma", "{\"a\":{\"hcaHandles\":1}}", R "/rdma"},
                {R "/unified", "{\"a\":\"b\"}", R "/unified"},
        };

        (void)state;
        CHECK_ALL(SUPPORTED, rows, config_refuse_unsupported, ENOTSUP);
        check(SUPPORTED, &(struct row){"/hostname", "\"x\""}, config_validate, EINVAL);
}

static void config_ns__each__name_and_flag_belong_together(void **state)
{
        static const struct {
                const char *name;
                uint64_t flag;
        } want[] = {{"pid", 0x20000000},    {"network", 0x40000000}, {"mount", 0x00020000},
                    {"ipc", 0x08000000},    {"uts", 0x04000000},     {"user", 0x10000000},
                    {"cgroup", 0x02000000}, {"time", 0x00000080}};

        (void)state;
        for (enum config_ns n = 0; n < CONFIG_NS__COUNT; n++) {
                assert_string_equal(config_ns_name(n), want[n].name);
                assert_true(config_ns_flag(n) == want[n].flag);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(config_validate__top_level__rules),
                cmocka_unit_test(config_validate__mounts_and_hooks__rules),
                cmocka_unit_test(config_validate__process__rules),
                cmocka_unit_test(config_validate__linux__rules),
                cmocka_unit_test(config_validate__sysctl__only_namespaced_and_inside_proc_sys),
                cmocka_unit_test(config_validate__resources__rules),
                cmocka_unit_test(config_validate__seccomp__rules),
                cmocka_unit_test(config_refuse_unsupported__each__enotsup_and_pointer),
                cmocka_unit_test(config_ns__each__name_and_flag_belong_together),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
