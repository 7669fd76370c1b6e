/*
 * Wrong values of config.json that have the right type: what the fields say, alone and together. Each is merged into
 * what `labrun spec` writes (null takes a member away), and refused before anything is made. The unit test runs them
 * through the parser and all checks, the container test through `labrun create`.
 *
 * Every field of props/models/spec_rules.h that has a value of its own (no object, list or boolean) is in one of the
 * three tables: here, among those whose wrongness shows only when it is applied (tests/labrun/config_applied.h), or
 * among those of which every value of the right type is good.
 */
#pragma once

#include <stddef.h>

struct wrong {
        const char *place; /* the JSON pointer that the error names */
        const char *words; /* of the message */
        const char *merge; /* JSON */
        const char *field; /* whose wrong value it is, where that is not `place` */
};

#define TEXT(...) #__VA_ARGS__
#define J(...) TEXT(__VA_ARGS__)
#define LINUX(...) "{\"linux\":{" TEXT(__VA_ARGS__) "}}"
#define PROCESS(...) "{\"process\":{" TEXT(__VA_ARGS__) "}}"
#define RESOURCES(...) "{\"linux\":{\"resources\":{" TEXT(__VA_ARGS__) "}}}"
#define SECCOMP(...) "{\"linux\":{\"seccomp\":{\"defaultAction\":\"SCMP_ACT_ALLOW\"," TEXT(__VA_ARGS__) "}}}"
#define RULE(...) SECCOMP("syscalls":[{"names":["read"],__VA_ARGS__}])
#define MOUNT(...) "{\"mounts\":[{" TEXT(__VA_ARGS__) "}]}"
#define HOOK(kind, ...) "{\"hooks\":{\"" kind "\":[{" TEXT(__VA_ARGS__) "}]}}"
#define USERNS(...) LINUX("namespaces":[{"type":"mount"},{"type":"uts"},{"type":"user"}],__VA_ARGS__)
#define ID0 [{"containerID":0,"hostID":1000,"size":1}]
#define LONG_NAME "01234567890123456789012345678901234567890123456789012345678901234"

/* clang-format off */
#pragma push_macro("true")
#undef true /* JSON's */
static const struct wrong config_wrong[] = {
        /* --- the top level --- */
        {"/ociVersion", "is required", J({"ociVersion":null})},
        {"/ociVersion", "not a version of the form MAJOR.MINOR.PATCH (SemVer 2.0.0): \"\"", J({"ociVersion":""})},
        {"/ociVersion", "SemVer 2.0.0): \"1.2\"", J({"ociVersion":"1.2"})},
        {"/ociVersion", "only major version 1 of the runtime-spec is known: \"2.0.0\"", J({"ociVersion":"2.0.0"})},
        {"/root", "is required", J({"root":null})},
        {"/root/path", "is required", J({"root":{"path":null}})},
        {"/root/path", "is required", J({"root":{"path":""}})},
        {"/process", "is required", J({"process":null})},
        {"/hostname", "longer than the kernel's 64 bytes", J({"hostname":LONG_NAME})},
        {"/hostname", "needs a uts namespace", J({"linux":{"namespaces":[{"type":"mount"}]}})},
        {"/domainname", "longer than the kernel's 64 bytes", J({"domainname":LONG_NAME})},
        {"/domainname", "needs a uts namespace",
         J({"hostname":"","domainname":"x","linux":{"namespaces":[{"type":"mount"}]}})},
        {"/annotations/", "a key is not empty", J({"annotations":{"":"x"}})},

        /* --- mounts --- */
        {"/mounts/0/destination", "the path is not absolute: \"\"", MOUNT("destination":"","type":"tmpfs")},
        {"/mounts/0/destination", "the path is not absolute: \"x\"", MOUNT("destination":"x","type":"tmpfs")},
        {"/mounts/0/type", "is required for what is no bind mount", MOUNT("destination":"/x")},
        {"/mounts/0/type", "is required for what is no bind mount", MOUNT("destination":"/x","type":"")},
        {"/mounts/0/source", "a bind mount needs its source", MOUNT("destination":"/x","options":["bind"])},
        {"/mounts/0/source", "a bind mount needs its source", MOUNT("destination":"/x","source":"","options":["rbind"])},
        {"/mounts/0/options", "without mappings and without a user namespace",
         MOUNT("destination":"/x","source":"/","options":["bind","idmap"]), "/mounts/*/options/*"},
        {"/mounts/0/gidMappings", "is required together with uidMappings",
         MOUNT("destination":"/x","source":"/","options":["bind"],"uidMappings":ID0)},
        {"/mounts/0/uidMappings", "is required together with gidMappings",
         MOUNT("destination":"/x","source":"/","options":["bind"],"gidMappings":ID0)},
#define MOUNT_MAPS(uids, gids) \
        MOUNT("destination":"/x","source":"/","options":["bind"],"uidMappings":uids,"gidMappings":gids)
#define NO_ID [{"containerID":0,"hostID":0,"size":0}]
#define C_BEYOND [{"containerID":4294967294,"hostID":0,"size":2}]
#define H_BEYOND [{"containerID":0,"hostID":4294967294,"size":2}]
        {"/mounts/0/uidMappings/0/size", "maps no id", MOUNT_MAPS(NO_ID, ID0)},
        {"/mounts/0/gidMappings/0/size", "maps no id", MOUNT_MAPS(ID0, NO_ID)},
        {"/mounts/0/uidMappings/0/size", "beyond the last id",
         MOUNT_MAPS(C_BEYOND, ID0), "/mounts/*/uidMappings/*/containerID"},
        {"/mounts/0/uidMappings/0/size", "beyond the last id",
         MOUNT_MAPS(H_BEYOND, ID0), "/mounts/*/uidMappings/*/hostID"},
        {"/mounts/0/gidMappings/0/size", "beyond the last id",
         MOUNT_MAPS(ID0, C_BEYOND), "/mounts/*/gidMappings/*/containerID"},
        {"/mounts/0/gidMappings/0/size", "beyond the last id",
         MOUNT_MAPS(ID0, H_BEYOND), "/mounts/*/gidMappings/*/hostID"},

        /* --- hooks --- */
#define HOOKS(kind)                                                                                                     \
        {"/hooks/" kind "/0/path", "the path is not absolute: \"\"", HOOK(kind, "path":"")},                            \
        {"/hooks/" kind "/0/path", "the path is not absolute: \"h\"", HOOK(kind, "path":"h")},                          \
        {"/hooks/" kind "/0/env/1", "not of the form NAME=VALUE", HOOK(kind, "path":"/h","env":["A=","A"])},            \
        {"/hooks/" kind "/0/env/0", "not of the form NAME=VALUE", HOOK(kind, "path":"/h","env":["=A"])},                \
        {"/hooks/" kind "/0/timeout", "0 is not in 1..", HOOK(kind, "path":"/h","timeout":0)},                          \
        {"/hooks/" kind "/0/timeout", "-1 is not in 1..", HOOK(kind, "path":"/h","timeout":-1)}
        HOOKS("prestart"),
        HOOKS("createRuntime"),
        HOOKS("createContainer"),
        HOOKS("startContainer"),
        HOOKS("poststart"),
        HOOKS("poststop"),

        /* --- process --- */
        {"/process/args", "at least one entry is required", PROCESS("args":null)},
        {"/process/args", "at least one entry is required", PROCESS("args":[])},
        {"/process/args/0", "the executable's name is empty", PROCESS("args":["","x"])},
        {"/process/env/1", "not of the form NAME=VALUE", PROCESS("env":["A=1","A"])},
        {"/process/env/0", "not of the form NAME=VALUE", PROCESS("env":[""])},
        {"/process/env/0", "not of the form NAME=VALUE", PROCESS("env":["=A"])},
        {"/process/cwd", "is required", PROCESS("cwd":null)},
        {"/process/cwd", "is required", PROCESS("cwd":"")},
        {"/process/cwd", "the path is not absolute: \"../x\"", PROCESS("cwd":"../x")},
        {"/process/user/uid", "is no user id", PROCESS("user":{"uid":4294967295})},
        {"/process/user/gid", "is no group id", PROCESS("user":{"gid":4294967295})},
        {"/process/user/umask", "512 is not in 0..511", PROCESS("user":{"umask":512})},
        {"/process/user/additionalGids/1", "is no group id", PROCESS("user":{"additionalGids":[1,4294967295]})},
#define CAPS(set)                                                                                                       \
        {"/process/capabilities/" set "/0", "not a capability's name (CAP_...): \"\"",                                  \
         "{\"process\":{\"capabilities\":{\"" set "\":[\"\"]}}}"},                                                      \
        {"/process/capabilities/" set "/1", "not a capability's name (CAP_...): \"chown\"",                             \
         "{\"process\":{\"capabilities\":{\"" set "\":[\"CAP_KILL\",\"chown\"]}}}"}
        CAPS("bounding"),
        CAPS("effective"),
        CAPS("inheritable"),
        CAPS("permitted"),
        CAPS("ambient"),
        {"/process/capabilities/effective/1", "the permitted set lacks it: \"CAP_CHOWN\"",
         PROCESS("capabilities":{"permitted":["CAP_KILL"],"effective":["CAP_KILL","CAP_CHOWN"]})},
        {"/process/rlimits/0/type", "unknown resource \"NOFILE\"; did you mean RLIMIT_NOFILE?",
         PROCESS("rlimits":[{"type":"NOFILE","soft":1,"hard":1}])},
        {"/process/rlimits/0/type", "unknown resource \"\"; known: RLIMIT_AS",
         PROCESS("rlimits":[{"type":"","soft":1,"hard":1}])},
        {"/process/rlimits/1/type", "listed already: \"RLIMIT_CPU\"",
         PROCESS("rlimits":[{"type":"RLIMIT_CPU","soft":1,"hard":1},{"type":"RLIMIT_CPU","soft":1,"hard":1}])},
        {"/process/rlimits/0/soft", "greater than the hard limit",
         PROCESS("rlimits":[{"type":"RLIMIT_CPU","soft":2,"hard":1}])},
        {"/process/rlimits/0/soft", "not even init could wait for anything",
         PROCESS("rlimits":[{"type":"RLIMIT_NOFILE","soft":0,"hard":9}])},
        {"/process/apparmorProfile", "does not support AppArmor", PROCESS("apparmorProfile":"a")},
        {"/process/selinuxLabel", "does not support SELinux", PROCESS("selinuxLabel":"a")},
        {"/process/oomScoreAdj", "1001 is not in -1000..1000", PROCESS("oomScoreAdj":1001)},
        {"/process/oomScoreAdj", "-1001 is not in -1000..1000", PROCESS("oomScoreAdj":-1001)},
        {"/process/scheduler/policy", "unknown policy \"FIFO\"; did you mean SCHED_FIFO?",
         PROCESS("scheduler":{"policy":"FIFO"})},
        {"/process/scheduler/nice", "20 is not in -20..19", PROCESS("scheduler":{"policy":"SCHED_OTHER","nice":20})},
        {"/process/scheduler/priority", "100 is not in 1..99",
         PROCESS("scheduler":{"policy":"SCHED_RR","priority":100})},
        {"/process/scheduler/priority", "0 is not in 1..99", PROCESS("scheduler":{"policy":"SCHED_FIFO"})},
        {"/process/scheduler/priority", "belongs to SCHED_FIFO and SCHED_RR",
         PROCESS("scheduler":{"policy":"SCHED_BATCH","priority":1})},
        {"/process/scheduler/flags/0", "unknown flag \"RECLAIM\"; did you mean SCHED_FLAG_RECLAIM?",
         PROCESS("scheduler":{"policy":"SCHED_OTHER","flags":["RECLAIM"]})},
        {"/process/scheduler", "not 0 < runtime <= deadline <= period",
         PROCESS("scheduler":{"policy":"SCHED_DEADLINE","runtime":2,"deadline":1}), "/process/scheduler/runtime"},
        {"/process/scheduler", "not 0 < runtime <= deadline <= period",
         PROCESS("scheduler":{"policy":"SCHED_DEADLINE","runtime":1,"deadline":3,"period":2}),
         "/process/scheduler/period"},
        {"/process/scheduler", "belong to SCHED_DEADLINE",
         PROCESS("scheduler":{"policy":"SCHED_OTHER","deadline":1}), "/process/scheduler/deadline"},
        {"/process/scheduler", "does not support scheduling policies", PROCESS("scheduler":{"policy":"SCHED_OTHER"})},
        {"/process/ioPriority/class", "unknown class \"IOPRIO_CLASS_XE\"; did you mean IOPRIO_CLASS_BE?",
         PROCESS("ioPriority":{"class":"IOPRIO_CLASS_XE","priority":1})},
        {"/process/ioPriority/priority", "8 is not in 0..7",
         PROCESS("ioPriority":{"class":"IOPRIO_CLASS_BE","priority":8})},
        {"/process/ioPriority", "does not support I/O priorities",
         PROCESS("ioPriority":{"class":"IOPRIO_CLASS_BE","priority":1})},
        {"/process/execCPUAffinity/initial", "does not support CPU affinities",
         PROCESS("execCPUAffinity":{"initial":"x"})},
        {"/process/execCPUAffinity/final", "does not support CPU affinities", PROCESS("execCPUAffinity":{"final":"0"})},

        /* --- linux --- */
        {"/linux", "without a mount namespace", J({"hostname":"","linux":null})},
        {"/linux/namespaces/1/type", "unknown namespace type \"net\"",
         LINUX("namespaces":[{"type":"mount"},{"type":"net"}])},
        {"/linux/namespaces/1/type", "did you mean network?", LINUX("namespaces":[{"type":"mount"},{"type":"netwrok"}])},
        {"/linux/namespaces/2/type", "the uts namespace is listed already, at 0",
         LINUX("namespaces":[{"type":"uts"},{"type":"mount"},{"type":"uts"}])},
        {"/linux/namespaces/1/path", "the path is not absolute: \"run/ns\"",
         LINUX("namespaces":[{"type":"uts"},{"type":"mount","path":"run/ns"}])},
        {"/linux/namespaces/1/path", "joins no mount namespace",
         LINUX("namespaces":[{"type":"uts"},{"type":"mount","path":"/run/ns"}])},
        {"/linux/namespaces", "without a mount namespace",
         LINUX("namespaces":[{"type":"uts"}],"maskedPaths":[],"readonlyPaths":[])},
        {"/linux/maskedPaths", "needs a mount namespace", LINUX("namespaces":[{"type":"uts"}])},
        {"/linux/uidMappings", "needs a user namespace", LINUX("uidMappings":ID0)},
        {"/linux/gidMappings", "needs a user namespace", LINUX("gidMappings":ID0)},
#define C_TWICE [{"containerID":0,"hostID":0,"size":2},{"containerID":1,"hostID":9,"size":2}]
#define H_TWICE [{"containerID":0,"hostID":0,"size":2},{"containerID":9,"hostID":1,"size":2}]
        {"/linux/uidMappings/0/size", "maps no id", USERNS("uidMappings":NO_ID,"gidMappings":ID0)},
        {"/linux/gidMappings/0/size", "maps no id", USERNS("uidMappings":ID0,"gidMappings":NO_ID)},
        {"/linux/uidMappings/1/containerID", "overlaps the range 0",
         USERNS("uidMappings":C_TWICE,"gidMappings":ID0)},
        {"/linux/uidMappings/1/hostID", "overlaps the range 0",
         USERNS("uidMappings":H_TWICE,"gidMappings":ID0)},
        {"/linux/gidMappings/1/containerID", "overlaps the range 0",
         USERNS("uidMappings":ID0,"gidMappings":C_TWICE)},
        {"/linux/gidMappings/1/hostID", "overlaps the range 0",
         USERNS("uidMappings":ID0,"gidMappings":H_TWICE)},
        {"/process/user/uid", "7 is not mapped", J({"process":{"user":{"uid":7}},"linux":{"uidMappings":ID0,"gidMappings":ID0,
         "namespaces":[{"type":"mount"},{"type":"uts"},{"type":"user"}]}})},
        {"/linux/timeOffsets", "needs a new time namespace", LINUX("timeOffsets":{"monotonic":{"secs":1}})},
        {"/linux/timeOffsets/realtime", "there is no such clock; known: monotonic, boottime",
         LINUX("timeOffsets":{"realtime":{"secs":1}})},
        {"/linux/timeOffsets/boottime/nanosecs", "1000000000 is not in 0..999999999",
         LINUX("namespaces":[{"type":"mount"},{"type":"uts"},{"type":"time"}],
               "timeOffsets":{"boottime":{"nanosecs":1000000000}})},
#define DEVICE(...) LINUX("devices":[{__VA_ARGS__}])
        {"/linux/devices/0/type", "of type c, b, u or p, not \"x\"", DEVICE("type":"x","path":"/x","major":1,"minor":1)},
        {"/linux/devices/0/path", "the path is not absolute: \"x\"", DEVICE("type":"c","path":"x","major":1,"minor":1)},
        {"/linux/devices/0/major", "is required", DEVICE("type":"c","path":"/x","minor":1)},
        {"/linux/devices/0/minor", "is required", DEVICE("type":"c","path":"/x","major":1)},
        {"/linux/devices/0/major", "4096 is not in 0..4095", DEVICE("type":"c","path":"/x","major":4096,"minor":1)},
        {"/linux/devices/0/major", "-1 is not in 0..4095", DEVICE("type":"c","path":"/x","major":-1,"minor":1)},
        {"/linux/devices/0/minor", "1048576 is not in 0..1048575",
         DEVICE("type":"b","path":"/x","major":1,"minor":1048576)},
        {"/linux/devices/0/fileMode", "65536 is not in 0..65535", DEVICE("type":"p","path":"/x","fileMode":65536)},
        {"/linux/devices/0/uid", "is no user id", DEVICE("type":"p","path":"/x","uid":4294967295)},
        {"/linux/devices/0/gid", "is no group id", DEVICE("type":"p","path":"/x","gid":4294967295)},
        {"/linux/cgroupsPath", "has a \"..\": \"/a/../b\"", LINUX("cgroupsPath":"/a/../b")},
        {"/linux/cgroupsPath", "has a newline", LINUX("cgroupsPath":"/a\nb")},
        {"/linux/sysctl/kernel.panic", "in no namespace: would change the host", LINUX("sysctl":{"kernel.panic":"1"})},
        {"/linux/sysctl/net~1..~1x", "not a sysctl's name", LINUX("sysctl":{"net/../x":"1"})},
        {"/linux/sysctl/kernel.hostname", "contradicts the name at the top level", LINUX("sysctl":{"kernel.hostname":"x"})},
        {"/linux/rootfsPropagation", "unknown propagation \"privat\"; did you mean private?",
         LINUX("rootfsPropagation":"privat")},
        {"/linux/mountLabel", "does not support SELinux", LINUX("mountLabel":"x")},
        {"/linux/maskedPaths/1", "the path is not absolute: \"x\"", LINUX("maskedPaths":["/a","x"])},
        {"/linux/maskedPaths/0", "the path is not absolute: \"\"", LINUX("maskedPaths":[""])},
        {"/linux/readonlyPaths/1", "the path is not absolute: \"x\"", LINUX("readonlyPaths":["/a","x"])},
        {"/linux/personality/domain", "unknown domain \"LINUX64\"; did you mean LINUX?",
         LINUX("personality":{"domain":"LINUX64"})},
        {"/linux/personality/flags/0", "no flags are defined", LINUX("personality":{"domain":"LINUX","flags":["x"]})},
        {"/linux/intelRdt/closID", "not a directory's name: \"..\"", LINUX("intelRdt":{"closID":".."})},
        {"/linux/intelRdt/memBwSchema", "not one line that begins with MB:", LINUX("intelRdt":{"memBwSchema":"L3:0=f"})},
        {"/linux/intelRdt", "does not support Intel RDT", LINUX("intelRdt":{"l3CacheSchema":"x"}),
         "/linux/intelRdt/l3CacheSchema"},

        /* --- linux.resources --- */
#define R "/linux/resources"
#define DEVICE_RULE(...) RESOURCES("devices":[{"allow":true,__VA_ARGS__}])
        {R "/devices/0/type", "of type a, c or b, not \"p\"", DEVICE_RULE("type":"p")},
        {R "/devices/0/major", "-2 is not in -1..4294967295", DEVICE_RULE("major":-2)},
        {R "/devices/0/minor", "4294967296 is not in -1..4294967295", DEVICE_RULE("minor":4294967296)},
        {R "/devices/0/access", "not made of r, w and m: \"rx\"", DEVICE_RULE("access":"rx")},
        {R "/memory/limit", "-2 is not in -1..", RESOURCES("memory":{"limit":-2})},
        {R "/memory/reservation", "-2 is not in -1..", RESOURCES("memory":{"reservation":-2})},
        {R "/memory/swap", "-2 is not in -1..", RESOURCES("memory":{"swap":-2})},
        {R "/memory/swap", "memory and swap together less than memory alone",
         RESOURCES("memory":{"limit":2,"swap":1})},
        {R "/memory/kernel", "-2 is not in -1..", RESOURCES("memory":{"kernel":-2})},
        {R "/memory/kernelTCP", "-2 is not in -1..", RESOURCES("memory":{"kernelTCP":-2})},
        {R "/memory/swappiness", "not in 0..100", RESOURCES("memory":{"swappiness":101})},
        {R "/memory", "does not support memory limits", RESOURCES("memory":{"limit":1})},
        {R "/cpu/burst", "greater than the quota", RESOURCES("cpu":{"burst":2,"quota":1})},
        {R "/cpu/burst", "greater than the quota", RESOURCES("cpu":{"burst":2,"quota":1}), R "/cpu/quota"},
        {R "/cpu/cpus", "not a list like 0-3,7: \"a\"", RESOURCES("cpu":{"cpus":"a"})},
        {R "/cpu/mems", "not a list like 0-3,7: \"0;1\"", RESOURCES("cpu":{"mems":"0;1"})},
        {R "/cpu/idle", "2 is not in 0..1", RESOURCES("cpu":{"idle":2})},
        {R "/cpu", "does not support CPU limits", RESOURCES("cpu":{"shares":0}), R "/cpu/shares"},
        {R "/cpu", "does not support CPU limits", RESOURCES("cpu":{"period":0}), R "/cpu/period"},
        {R "/cpu", "does not support CPU limits", RESOURCES("cpu":{"realtimeRuntime":-1}), R "/cpu/realtimeRuntime"},
        {R "/cpu", "does not support CPU limits", RESOURCES("cpu":{"realtimePeriod":0}), R "/cpu/realtimePeriod"},
        {R "/pids", "does not support pids limits", RESOURCES("pids":{"limit":-5}), R "/pids/limit"},
        {R "/blockIO", "does not support block I/O limits", RESOURCES("blockIO":{"weight":1}), R "/blockIO/weight"},
        {R "/blockIO", "does not support block I/O limits", RESOURCES("blockIO":{"leafWeight":1}),
         R "/blockIO/leafWeight"},
        {R "/blockIO/weightDevice/0", "weight or leafWeight is required",
         RESOURCES("blockIO":{"weightDevice":[{"major":1,"minor":1}]})},
        {R "/blockIO/weightDevice/0/major", "-1 is not in 0..", RESOURCES("blockIO":{"weightDevice":[{"major":-1,"minor":1}]})},
        {R "/blockIO/weightDevice/0/minor", "-1 is not in 0..", RESOURCES("blockIO":{"weightDevice":[{"major":1,"minor":-1}]})},
        {R "/blockIO", "does not support block I/O limits",
         RESOURCES("blockIO":{"weightDevice":[{"major":1,"minor":1,"weight":0}]}), R "/blockIO/weightDevice/*/weight"},
        {R "/blockIO", "does not support block I/O limits",
         RESOURCES("blockIO":{"weightDevice":[{"major":1,"minor":1,"leafWeight":0}]}),
         R "/blockIO/weightDevice/*/leafWeight"},
#define THROTTLE(list)                                                                                                  \
        {R "/blockIO/" list "/0/major", "-1 is not in 0..",                                                             \
         "{\"linux\":{\"resources\":{\"blockIO\":{\"" list "\":[{\"major\":-1,\"minor\":1,\"rate\":1}]}}}}"},           \
        {R "/blockIO/" list "/0/minor", "-1 is not in 0..",                                                             \
         "{\"linux\":{\"resources\":{\"blockIO\":{\"" list "\":[{\"major\":1,\"minor\":-1,\"rate\":1}]}}}}"},           \
        {R "/blockIO", "does not support block I/O limits",                                                             \
         "{\"linux\":{\"resources\":{\"blockIO\":{\"" list "\":[{\"major\":1,\"minor\":1,\"rate\":1}]}}}}",             \
         R "/blockIO/" list "/*/rate"}
        THROTTLE("throttleReadBpsDevice"),
        THROTTLE("throttleWriteBpsDevice"),
        THROTTLE("throttleReadIOPSDevice"),
        THROTTLE("throttleWriteIOPSDevice"),
        {R "/hugepageLimits/0/pageSize", "not a size like 2MB: \"2/../M\"",
         RESOURCES("hugepageLimits":[{"pageSize":"2/../M","limit":1}])},
        {R "/hugepageLimits", "does not support hugepage limits", RESOURCES("hugepageLimits":[{"pageSize":"2MB","limit":1}]),
         R "/hugepageLimits/*/limit"},
        {R "/network/classID", "does not support network classes", RESOURCES("network":{"classID":1})},
        {R "/network/priorities/0/name", "is empty", RESOURCES("network":{"priorities":[{"name":"","priority":1}]})},
        {R "/network/priorities", "does not support network priorities",
         RESOURCES("network":{"priorities":[{"name":"eth0","priority":1}]}), R "/network/priorities/*/priority"},
        {R "/rdma/x", "hcaHandles or hcaObjects is required", RESOURCES("rdma":{"x":{}})},
        {R "/rdma", "does not support RDMA limits", RESOURCES("rdma":{"x":{"hcaHandles":1}}), R "/rdma/*/hcaHandles"},
        {R "/rdma", "does not support RDMA limits", RESOURCES("rdma":{"x":{"hcaObjects":1}}), R "/rdma/*/hcaObjects"},
        {R "/unified/..", "not the name of a cgroup file", RESOURCES("unified":{"..":"1"})},
        {R "/unified/a~1b", "not the name of a cgroup file", RESOURCES("unified":{"a/b":"1"})},
        {R "/unified", "does not support cgroup v2 settings", RESOURCES("unified":{"memory.high":"1"}), R "/unified/*"},

        /* --- linux.seccomp --- */
#define S "/linux/seccomp"
        {S "/defaultAction", "unknown action \"ALLOW\"; did you mean SCMP_ACT_ALLOW?",
         LINUX("seccomp":{"defaultAction":"ALLOW"})},
        {S "/defaultAction", "can't be SCMP_ACT_NOTIFY",
         LINUX("seccomp":{"defaultAction":"SCMP_ACT_NOTIFY","listenerPath":"/l"})},
        {S "/defaultErrnoRet", "the action has no errno: \"SCMP_ACT_ALLOW\"", SECCOMP("defaultErrnoRet":1)},
        {S "/defaultErrnoRet", "4095 is not in 0..4094",
         LINUX("seccomp":{"defaultAction":"SCMP_ACT_ERRNO","defaultErrnoRet":4095})},
        {S "/architectures/1", "unknown architecture \"x86_64\"; did you mean SCMP_ARCH_X86_64?",
         SECCOMP("architectures":["SCMP_ARCH_X86","x86_64"])},
        {S "/flags/0", "unknown flag \"SECCOMP_FILTER_FLAG_LOOG\"; did you mean SECCOMP_FILTER_FLAG_LOG?",
         SECCOMP("flags":["SECCOMP_FILTER_FLAG_LOOG"])},
        {S "/flags/0", "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV", /* needs SCMP_ACT_NOTIFY, or a newer kernel */
         SECCOMP("flags":["SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV"])},
        {S "/listenerPath", "is required with SCMP_ACT_NOTIFY", RULE("action":"SCMP_ACT_NOTIFY")},
        {S "/listenerMetadata", "needs listenerPath", SECCOMP("listenerMetadata":"m")},
        {S "/syscalls/0/names", "at least one entry is required", SECCOMP("syscalls":[{"names":[],"action":"SCMP_ACT_LOG"}])},
        {S "/syscalls/0/names/1", "is empty", SECCOMP("syscalls":[{"names":["read",""],"action":"SCMP_ACT_LOG"}])},
        {S "/syscalls/0/names/0", "sendmsg can't go to the listener",
         SECCOMP("listenerPath":"/l","syscalls":[{"names":["sendmsg"],"action":"SCMP_ACT_NOTIFY"}])},
        {S "/syscalls/0/action", "unknown action \"SCMP_ACT_ERNO\"; did you mean SCMP_ACT_ERRNO?",
         RULE("action":"SCMP_ACT_ERNO")},
        {S "/syscalls/0/errnoRet", "the action has no errno", RULE("action":"SCMP_ACT_LOG","errnoRet":1)},
        {S "/syscalls/0/errnoRet", "65536 is not in 0..65535", RULE("action":"SCMP_ACT_TRACE","errnoRet":65536)},
        {S "/syscalls/0/args/0/index", "6 is not in 0..5",
         RULE("action":"SCMP_ACT_LOG","args":[{"index":6,"value":1,"op":"SCMP_CMP_EQ"}])},
        {S "/syscalls/0/args/0/op", "unknown operator \"EQ\"; did you mean SCMP_CMP_EQ?",
         RULE("action":"SCMP_ACT_LOG","args":[{"index":1,"value":1,"op":"EQ"}])},
};

#pragma pop_macro("true")

/* Every value of the right type means something, and is done. */
static const struct {
        const char *field, *why;
} config_any[] = {
        {"/hooks/prestart/*/args/*", "any words"},
        {"/hooks/createRuntime/*/args/*", "any words"},
        {"/hooks/createContainer/*/args/*", "any words"},
        {"/hooks/startContainer/*/args/*", "any words"},
        {"/hooks/poststart/*/args/*", "any words"},
        {"/hooks/poststop/*/args/*", "any words"},
        {S "/syscalls/*/args/*/value", "any bits of an argument"},
        {S "/syscalls/*/args/*/valueTwo", "any bits of an argument; of no use to other operators than MASKED_EQ"},
};
/* clang-format on */

#define CONFIG_N_WRONG (sizeof(config_wrong) / sizeof(config_wrong[0]))
#define CONFIG_N_ANY (sizeof(config_any) / sizeof(config_any[0]))
