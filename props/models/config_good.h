/*
 * Right values of config.json, most of them at the edge of what the runtime-spec 1.2, the kernel's files and system calls
 * take: each is merged into a plain config and accepted there, also beside others. The opposite of config_wrong.h, whose
 * macros it uses. "@max@" stands for 2^64-1, which jansson can't hold.
 */
#pragma once

#include "props/models/config_wrong.h"

struct good {
        const char *merge;
        bool namespaced;  /* needs the plain config's namespaces or ids */
        bool unsupported; /* right, and refused by config_refuse_unsupported */
};

/* clang-format off */
#pragma push_macro("true")
#undef true
#pragma push_macro("false")
#undef false
#define NAMESPACES_AND(more) \
        "namespaces":[{"type":"pid"},{"type":"mount"},{"type":"ipc"},{"type":"uts"},{"type":"network"},{"type":more}]
static const struct good config_good[] = {
        {J({"ociVersion":"1.0.0"})}, {J({"ociVersion":"1.10.0-alpha.0"})}, {J({"ociVersion":"1.2.3-rc.1+b.01"})},
        {J({"ociVersion":"1.0.0-0a.--1"})}, {J({"ociVersion":"1.0.0+001"})}, {J({"ociVersion":"1.0.0-a-b"})},
        {J({"hostname":"0123456789012345678901234567890123456789012345678901234567890123"}), 1},
        {J({"domainname":"0123456789012345678901234567890123456789012345678901234567890123"}), 1},
        {J({"hostname":"","domainname":""}), 1},
        {J({"annotations":{"a":"","b.c/d":"e"}})},
        {PROCESS("args":["/a",""])}, {PROCESS("env":["A=","A=B=C","a b=c"])}, {PROCESS("env":[])}, {PROCESS("cwd":"/a/../b")},
        {PROCESS("user":{"uid":4294967294,"gid":4294967294,"umask":511,"additionalGids":[0,4294967294]}), 1},
        {PROCESS("user":{"umask":0})}, {PROCESS("oomScoreAdj":-1000)}, {PROCESS("oomScoreAdj":1000)},
        {PROCESS("noNewPrivileges":false)},
        {PROCESS("rlimits":[{"type":"RLIMIT_NOFILE","soft":1,"hard":1},{"type":"RLIMIT_CPU","soft":0,"hard":0}])},
        {PROCESS("rlimits":[{"type":"RLIMIT_CORE","soft":"@max@","hard":"@max@"},{"type":"RLIMIT_AS","soft":3,"hard":"@max@"}])},
        {PROCESS("rlimits":[{"type":"RLIMIT_DATA","soft":1,"hard":2},{"type":"RLIMIT_FSIZE","soft":1,"hard":2},
                            {"type":"RLIMIT_LOCKS","soft":1,"hard":2},{"type":"RLIMIT_MEMLOCK","soft":1,"hard":2},
                            {"type":"RLIMIT_MSGQUEUE","soft":1,"hard":2},{"type":"RLIMIT_NICE","soft":1,"hard":2},
                            {"type":"RLIMIT_NPROC","soft":1,"hard":2},{"type":"RLIMIT_RSS","soft":1,"hard":2},
                            {"type":"RLIMIT_RTPRIO","soft":1,"hard":2},{"type":"RLIMIT_RTTIME","soft":1,"hard":2},
                            {"type":"RLIMIT_SIGPENDING","soft":1,"hard":2},{"type":"RLIMIT_STACK","soft":1,"hard":2}])},
        {PROCESS("capabilities":{"bounding":["CAP_FUTURE_9"],"permitted":["CAP_KILL","CAP_CHOWN"],"effective":["CAP_KILL"],
                                 "inheritable":["CAP_FUTURE_9"]})},
        {PROCESS("capabilities":{"permitted":["CAP_KILL"],"effective":["CAP_KILL","CAP_FUTURE_9"]})},
        {PROCESS("scheduler":{"policy":"SCHED_OTHER","nice":-20}), 0, 1}, {PROCESS("scheduler":{"policy":"SCHED_BATCH","nice":19}), 0, 1},
        {PROCESS("scheduler":{"policy":"SCHED_FIFO","priority":1}), 0, 1}, {PROCESS("scheduler":{"policy":"SCHED_RR","priority":99}), 0, 1},
        {PROCESS("scheduler":{"policy":"SCHED_DEADLINE","runtime":1,"deadline":1,"period":1}), 0, 1},
        {PROCESS("scheduler":{"policy":"SCHED_IDLE","flags":["SCHED_FLAG_RESET_ON_FORK"]}), 0, 1},
        {PROCESS("ioPriority":{"class":"IOPRIO_CLASS_RT","priority":0}), 0, 1},
        {PROCESS("ioPriority":{"class":"IOPRIO_CLASS_IDLE","priority":7}), 0, 1},
        {PROCESS("apparmorProfile":"a"), 0, 1}, {PROCESS("apparmorProfile":"","selinuxLabel":"")},
        {MOUNT("destination":"/a","source":"/b","options":["bind"])}, {MOUNT("destination":"/a","type":"tmpfs")},
        {MOUNT("destination":"/a","options":["rslave"])}, {MOUNT("destination":"/a","options":["remount","ro"])},
        {MOUNT("destination":"/a","source":"/b","options":["rbind","idmap"],
               "uidMappings":[{"containerID":0,"hostID":4294967294,"size":1}],
               "gidMappings":[{"containerID":4294967293,"hostID":0,"size":2}])},
        {HOOK("prestart", "path":"/h","timeout":1,"env":["A="])}, {HOOK("createRuntime", "path":"/h","timeout":9223372036854775807)},
        {HOOK("poststop", "path":"/h","args":[]), 0}, {HOOK("startContainer", "path":"/h","env":["A=","B=1"])},
        {LINUX("cgroupsPath":"/a..b/c")}, {LINUX("cgroupsPath":"a/..b")}, {LINUX("cgroupsPath":"a../b")}, {LINUX("cgroupsPath":"a:b:c")},
        {LINUX("maskedPaths":[],"readonlyPaths":["/a","/"]), 1}, {LINUX("rootfsPropagation":"rprivate")},
        {LINUX("rootfsPropagation":"unbindable")}, {LINUX("rootfsPropagation":"")},
        {LINUX("sysctl":{"net.ipv4.ip_forward":"1","net/ipv4/conf/eth0.1/forwarding":"1"}), 1},
        {LINUX("sysctl":{"kernel.msgmax":"1","kernel/shmmax":"1","kernel.shm_rmid_forced":"1","kernel.sem":"1"}), 1},
        {J({"domainname":"","linux":{"sysctl":{"kernel.domainname":"1","fs.mqueue.msg_max":"1","fs/mqueue/msg_max":"2"}}}), 1},
        {LINUX(NAMESPACES_AND("time"),"timeOffsets":{"boottime":{"secs":-1,"nanosecs":999999999},"monotonic":{"secs":1}}), 1},
        {LINUX(NAMESPACES_AND("user"),"sysctl":{"user.max_user_namespaces":"1"},
               "uidMappings":[{"containerID":0,"hostID":4294967294,"size":1},{"containerID":5,"hostID":0,"size":1}],
               "gidMappings":[{"containerID":0,"hostID":0,"size":4294967295}]), 1},
        {LINUX("devices":[{"type":"c","path":"/dev/a","major":4095,"minor":1048575,"fileMode":65535,"uid":4294967294},
                          {"type":"b","path":"/dev/b","major":0,"minor":0,"gid":4294967294},{"type":"p","path":"/dev/.c"},
                          {"type":"u","path":"/dev/...","major":1,"minor":1,"fileMode":0},
                          {"type":"p","path":"/dev/d","major":-1,"minor":9999999}])},
        {LINUX("personality":{"domain":"LINUX"})}, {LINUX("personality":{"domain":"LINUX32","flags":[]})},
        {LINUX("intelRdt":{"closID":"a..","memBwSchema":"MB:0=20"}), 0, 1}, {LINUX("intelRdt":{"closID":"","memBwSchema":""}), 0, 1},
        {RESOURCES("devices":[{"allow":true,"major":-1,"minor":4294967295,"access":"rwm"},
                              {"allow":false,"type":"a","access":""},{"allow":true,"type":"b","major":4294967295,"minor":-1}])},
        {RESOURCES("memory":{"limit":-1,"reservation":-1,"swap":-1,"kernel":-1,"kernelTCP":-1,"swappiness":100}), 0, 1},
        {RESOURCES("memory":{"limit":5,"swap":5,"swappiness":0}), 0, 1}, {RESOURCES("memory":{"limit":5,"swap":0}), 0, 1},
        {RESOURCES("memory":{"limit":5,"swap":-1}), 0, 1},
        {RESOURCES("cpu":{"burst":5,"quota":5,"idle":0}), 0, 1}, {RESOURCES("cpu":{"burst":5,"quota":-1,"idle":1}), 0, 1},
        {RESOURCES("cpu":{"burst":5,"quota":0,"cpus":"0-3,7","mems":"0"}), 0, 1}, {RESOURCES("pids":{"limit":-1}), 0, 1},
        {RESOURCES("blockIO":{"weightDevice":[{"major":0,"minor":0,"weight":1},{"major":1,"minor":0,"leafWeight":1}],
                              "throttleReadBpsDevice":[{"major":0,"minor":0,"rate":0}],
                              "throttleWriteIOPSDevice":[{"major":0,"minor":0,"rate":"@max@"}]}), 0, 1},
        {RESOURCES("hugepageLimits":[{"pageSize":"2MB","limit":0},{"pageSize":"1GB","limit":1},{"pageSize":"64KB","limit":1}]), 0, 1},
        {RESOURCES("network":{"classID":0,"priorities":[{"name":"a","priority":0}]},"rdma":{"a":{"hcaObjects":0}}), 0, 1},
        {RESOURCES("unified":{"memory.high":"1","...":"","a..":""}), 0, 1},
        {LINUX("seccomp":{"defaultAction":"SCMP_ACT_ERRNO","defaultErrnoRet":4094,"flags":[]})},
        {LINUX("seccomp":{"defaultAction":"SCMP_ACT_TRACE","defaultErrnoRet":65535,"architectures":["SCMP_ARCH_X86_64"]})},
        {RULE("action":"SCMP_ACT_ERRNO","errnoRet":0,"args":[{"index":0,"value":"@max@","op":"SCMP_CMP_NE"},
              {"index":5,"value":1,"valueTwo":"@max@","op":"SCMP_CMP_MASKED_EQ"}])},
        {RULE("action":"SCMP_ACT_ERRNO","errnoRet":4094,"args":[{"index":1,"value":1,"op":"SCMP_CMP_LT"},
              {"index":2,"value":1,"op":"SCMP_CMP_LE"},{"index":3,"value":1,"op":"SCMP_CMP_GE"},{"index":4,"value":1,"op":"SCMP_CMP_GT"}])},
        {LINUX("seccomp":{"defaultAction":"SCMP_ACT_ALLOW","listenerPath":"/l","listenerMetadata":"m",
               "syscalls":[{"names":["mkdir"],"action":"SCMP_ACT_NOTIFY"}]})},
        {LINUX("seccomp":{"defaultAction":"SCMP_ACT_KILL_THREAD","syscalls":[{"names":["a"],"action":"SCMP_ACT_KILL_PROCESS"},
               {"names":["b"],"action":"SCMP_ACT_TRAP"},{"names":["c"],"action":"SCMP_ACT_LOG"},{"names":["d"],"action":"SCMP_ACT_KILL"}]})},
};

/* What config_wrong.h has no row for: rules of which one edge is there, or one word of many. */
static const struct wrong config_wrong_too[] = {
#define VERSION(text) {"/ociVersion", "SemVer 2.0.0): \"" text "\"", "{\"ociVersion\":\"" text "\"}"}
        VERSION("1.02.0"), VERSION("01.0.0"), VERSION("1.0.00"), VERSION("1.0.0-01"), VERSION("1.0.0-"), VERSION("1.0.0+"),
        VERSION("1.0.0-a..b"), VERSION("1.0.0-a."), VERSION("1.0.0.0"), VERSION("1.0.0-a_b"), VERSION(" 1.0.0"), VERSION("1.0.0 "),
        VERSION("1.0.0-1.00"), VERSION("1..0"), VERSION("1.0.0+a+b"), VERSION("v1.0.0"),
        {"/ociVersion", "only major version 1", J({"ociVersion":"10.0.0"})},
        {"/ociVersion", "only major version 1", J({"ociVersion":"0.1.0"})},
        {"/process/capabilities/effective/0", "the permitted set lacks it: \"CAP_CHOWN\"",
         PROCESS("capabilities":{"permitted":["CAP_KILL"],"inheritable":["CAP_CHOWN"],"bounding":["CAP_CHOWN"],
                                 "ambient":[],"effective":["CAP_CHOWN"]})},
        {"/process/user/umask", "4294967295 is not in 0..511", PROCESS("user":{"umask":4294967295})},
        {"/linux/sysctl/kernel.msgma", "in no namespace", LINUX("sysctl":{"kernel.msgma":"1"})},
        {"/linux/sysctl/kernel.msgmaxx", "in no namespace", LINUX("sysctl":{"kernel.msgmaxx":"1"})},
        {"/linux/sysctl/kernel.core_pattern", "in no namespace", LINUX("sysctl":{"kernel.core_pattern":"1"})},
        {"/linux/sysctl/user.max_user_namespaces", "needs a namespace of type user", LINUX("sysctl":{"user.max_user_namespaces":"1"})},
        {"/linux/sysctl/net.x", "needs a namespace of type network", LINUX("namespaces":[{"type":"mount"},{"type":"uts"}],"sysctl":{"net.x":"1"})},
        {"/linux/sysctl/fs.mqueue.x", "needs a namespace of type ipc", LINUX("namespaces":[{"type":"mount"},{"type":"uts"}],"sysctl":{"fs.mqueue.x":"1"})},
        {"/linux/sysctl/net.", "not a sysctl's name", LINUX("sysctl":{"net.":"1"})},
        {"/linux/sysctl/.net.a", "not a sysctl's name", LINUX("sysctl":{".net.a":"1"})},
        {"/linux/cgroupsPath", "has a \"..\"", LINUX("cgroupsPath":"..")}, {"/linux/cgroupsPath", "has a \"..\"", LINUX("cgroupsPath":"a/..")},
        {"/linux/cgroupsPath", "has a \"..\"", LINUX("cgroupsPath":"../a")}, {"/linux/cgroupsPath", "has a \"..\"", LINUX("cgroupsPath":"/a../..")},
        {"/linux/intelRdt/closID", "not a directory's name", LINUX("intelRdt":{"closID":"a/b"})},
        {"/linux/intelRdt/closID", "not a directory's name", LINUX("intelRdt":{"closID":"."})},
        {"/linux/intelRdt/memBwSchema", "not one line", LINUX("intelRdt":{"memBwSchema":"MB:0=1\nL3:0=1"})},
        {R "/unified/.", "not the name of a cgroup file", RESOURCES("unified":{".":"1"})},
        {R "/unified/", "not the name of a cgroup file", RESOURCES("unified":{"":"1"})},
        {R "/cpu/idle", "-1 is not in 0..1", RESOURCES("cpu":{"idle":-1})},
        {R "/memory/limit", "-2 is not in -1..9223372036854775807", RESOURCES("memory":{"limit":-2})},
        {R "/devices/1/major", "4294967296 is not in -1..4294967295", RESOURCES("devices":[{"allow":true},{"allow":true,"major":4294967296}])},
        {R "/devices/0/minor", "-2 is not in -1..", RESOURCES("devices":[{"allow":true,"minor":-2}])},
        {R "/hugepageLimits/1/pageSize", "not a size", RESOURCES("hugepageLimits":[{"pageSize":"2MB","limit":1},{"pageSize":"02MB","limit":1}])},
        {R "/hugepageLimits/0/pageSize", "not a size", RESOURCES("hugepageLimits":[{"pageSize":"2M","limit":1}])},
        {R "/hugepageLimits/0/pageSize", "not a size", RESOURCES("hugepageLimits":[{"pageSize":"2TB","limit":1}])},
        {R "/hugepageLimits/0/pageSize", "not a size", RESOURCES("hugepageLimits":[{"pageSize":"2","limit":1}])},
        {S "/syscalls/0/errnoRet", "4095 is not in 0..4094", RULE("action":"SCMP_ACT_ERRNO","errnoRet":4095)},
        {S "/syscalls/0/args/0/index", "4294967295 is not in 0..5",
         RULE("action":"SCMP_ACT_LOG","args":[{"index":4294967295,"value":1,"op":"SCMP_CMP_EQ"}])},
        {"/linux/devices/0/path", "names no file", LINUX("devices":[{"type":"p","path":"/a/.."}])},
        {"/linux/devices/0/path", "names no file", LINUX("devices":[{"type":"p","path":"/a/."}])},
        {"/linux/devices/0/path", "names no file", LINUX("devices":[{"type":"p","path":"/"}])},
        {"/process/scheduler/nice", "-21 is not in -20..19", PROCESS("scheduler":{"policy":"SCHED_OTHER","nice":-21})},
        {"/process/ioPriority/priority", "-1 is not in 0..7", PROCESS("ioPriority":{"class":"IOPRIO_CLASS_BE","priority":-1})},
};
#pragma pop_macro("false")
#pragma pop_macro("true")
/* clang-format on */

#define CONFIG_N_GOOD (sizeof(config_good) / sizeof(config_good[0]))
#define CONFIG_N_WRONG_TOO (sizeof(config_wrong_too) / sizeof(config_wrong_too[0]))
