/*
 * Wrong values of config.json that show only when they are applied: by what there is on the host, in the root file
 * system, in the kernel. As config_wrong.h, for root on any machine. The files and folders named here are the
 * test's (test_bad_config.c).
 */
#pragma once

#include "props/models/config_wrong.h"

#define NS(...) J({"hostname":"","linux":{"namespaces":[{"type":"mount"},{"type":"pid"},{__VA_ARGS__}]}})
#define USER_NS(...) \
        J({"hostname":"","linux":{"namespaces":[{"type":"mount"},{__VA_ARGS__},{"type":"user"},{"type":"pid"}]}})
#define TIME(...) J({"linux":{"namespaces":[{"type":"mount"},{"type":"uts"},{"type":"time"}],"timeOffsets":{__VA_ARGS__}}})
#define NOTIFY(path) \
        SECCOMP("listenerPath":path,"syscalls":[{"names":["mkdir"],"action":"SCMP_ACT_NOTIFY"}])

/* clang-format off */
#define NAME_256 \
 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123\
456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef01234567\
89abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#pragma push_macro("true")
#undef true /* JSON's */
static const struct wrong config_applied[] = {
        /* --- the root file system and the mounts --- */
        {"/root/path", "nonexistent: No such file", J({"root":{"path":"nonexistent"}})},
        {"/root/path", "config.json: Not a directory", J({"root":{"path":"config.json"}})},
        {"/root/path", "the host's root can't be the container's", J({"root":{"path":"/"}})},
        {"/mounts/0/source", "/nonexistent: No such file", MOUNT("destination":"/x","source":"/nonexistent","options":["bind"])},
        {"/mounts/0/source", "nonexistent: No such file", MOUNT("destination":"/x","source":"nonexistent","options":["rbind"])},
        {"/mounts/0/type", "nofs: No such device", MOUNT("destination":"/x","type":"nofs","source":"x")},
        {"/mounts/0/destination", "can't replace the root file system", MOUNT("destination":"/","type":"tmpfs")},
        {"/mounts/0/destination", "can't be opened or made", MOUNT("destination":"/bin/busybox/x","type":"tmpfs")},
        {"/mounts/0/destination", "/bin/busybox, and what is to be mounted there is one: Not a directory",
         MOUNT("destination":"/bin/busybox","type":"tmpfs")},
        {"/mounts/0/destination", "/bin, and what is to be mounted there is none: Is a directory",
         MOUNT("destination":"/bin","source":"/dev/null","options":["bind"])},
        {"/mounts/1/destination", "it is /proc or inside it",
         J({"mounts":[{"destination":"/proc","type":"proc"},{"destination":"/proc/self","type":"tmpfs"}]})},
        {"/mounts/0/options/1", "size=much: tmpfs: Bad value",
         MOUNT("destination":"/x","type":"tmpfs","options":["ro","size=much"])},
        {"/mounts/0/options/0", "nosuch: tmpfs: Unknown parameter", MOUNT("destination":"/x","type":"tmpfs","options":["nosuch"])},
        {"/mounts/0/options/1", "unknown option for a bind mount: nosuch",
         MOUNT("destination":"/x","source":"/","options":["bind","nosuch"])},
        {"/mounts/0/options/0", "the option has no name", MOUNT("destination":"/x","type":"tmpfs","options":[""])},
        {"/mounts/0/options/0", "the option has no name", MOUNT("destination":"/x","type":"tmpfs","options":["=1"])},
        {"/mounts/0", "only the ids of a bind mount can be mapped",
         MOUNT("destination":"/x","type":"tmpfs","uidMappings":ID0,"gidMappings":ID0)},
        {"/mounts/0", "mapping the ids of /proc: its file system can't",
         MOUNT("destination":"/x","source":"/proc","options":["rbind"],"uidMappings":ID0,"gidMappings":ID0)},

        /* --- the process --- */
        {"/process/cwd", "/bin/busybox: Not a directory", PROCESS("cwd":"/bin/busybox")},
        {"/process/cwd", "/bin/busybox/x: Not a directory", PROCESS("cwd":"/bin/busybox/x")},
        {"\"nosuch\"", "executable file not found in $PATH", PROCESS("args":["nosuch"]), "/process/args/*"},
        {"\"/bin/nosuch\"", "no such file or directory", PROCESS("args":["/bin/nosuch"]), "/process/args/*"},
        {"\"/bin\"", "permission denied", PROCESS("args":["/bin"]), "/process/args/*"},
        {"/process/consoleSize/height", "65536 is more than a terminal can have",
         PROCESS("terminal":true,"consoleSize":{"height":65536,"width":1})},
        {"/process/consoleSize/width", "65536 is more than a terminal can have",
         PROCESS("terminal":true,"consoleSize":{"height":1,"width":65536})},
        {"/process/rlimits/0/hard", "RLIMIT_NOFILE soft 1 hard 4000000000: Operation not permitted",
         PROCESS("rlimits":[{"type":"RLIMIT_NOFILE","soft":1,"hard":4000000000}])},
        {"/process/capabilities/ambient/0", "CAP_KILL must be permitted and inheritable",
         PROCESS("capabilities":{"ambient":["CAP_KILL"],"inheritable":[]})},

        /* --- namespaces --- */
        {"/linux/namespaces/2/path", "/nonexistent: No such file", NS("type":"ipc","path":"/nonexistent")},
        {"/linux/namespaces/2/path", "/etc is no namespace", NS("type":"ipc","path":"/etc")},
        {"/linux/namespaces/2/path", "/dev/null is no namespace", NS("type":"network","path":"/dev/null")},
        {"/linux/namespaces/2/path", "is a namespace of another type than uts", NS("type":"uts","path":"/proc/self/ns/ipc")},
        {"/linux/timeOffsets/monotonic/secs", "-9223372036854775807: Numerical result out of range",
         TIME("monotonic":{"secs":-9223372036854775807})},
        {"/linux/timeOffsets/boottime/secs", "9223372036854775807: Numerical result out of range",
         TIME("monotonic":{"secs":1},"boottime":{"secs":9223372036854775807})},

        /* --- the rest of linux --- */
        {"/linux/devices/0", "/bin/busybox: File exists", LINUX("devices":[{"type":"p","path":"/bin/busybox"}]),
         "/linux/devices/*/path"},
        {"/linux/devices/0", "/bin/busybox/x: Not a directory", LINUX("devices":[{"type":"p","path":"/bin/busybox/x"}]),
         "/linux/devices/*/path"},
        {"/linux/devices/0", "making its folder in the root file system: /bin/busybox/x/y",
         LINUX("devices":[{"type":"p","path":"/bin/busybox/x/y"}]), "/linux/devices/*/path"},
        {"/linux/cgroupsPath", "no name: the container needs a cgroup of its own", LINUX("cgroupsPath":"/")},
        {"/linux/cgroupsPath", "no name: the container needs a cgroup of its own", LINUX("cgroupsPath":"./.")},
        {"/linux/cgroupsPath", "File name too long", LINUX("cgroupsPath":NAME_256)},
        {"/linux/cgroupsPath", "/cgroup.procs", LINUX("cgroupsPath":"/cgroup.procs")},
        {"/linux/cgroupsPath", "/cgroup.procs", LINUX("cgroupsPath":"/cgroup.procs/x")},
        {"/linux/sysctl/net.ipv4.nosuch", "No such file", LINUX("sysctl":{"net.ipv4.nosuch":"1"})},
        {"/linux/sysctl/net.ipv4.ip_forward", "Invalid argument", LINUX("sysctl":{"net.ipv4.ip_forward":"x"})},
        {S "/listenerPath", "connecting to /nonexistent: No such file", NOTIFY("/nonexistent")},
        {S "/listenerPath", "connecting to /dev/null: Connection refused", NOTIFY("/dev/null")},

        /* --- hooks --- */
#define HOOKS_APPLIED(kind)                                                                                             \
        {"/hooks/" kind "/0/path", "/nonexistent: No such file", HOOK(kind, "path":"/nonexistent")},                    \
        {"/hooks/" kind "/1/path", "/etc/passwd: Permission denied", HOOK(kind, "path":"/bin/true"},{"path":"/etc/passwd")}, \
        {"/hooks/" kind "/0/path", "/etc: Permission denied", HOOK(kind, "path":"/etc")},                               \
        {"/hooks/" kind "/0", "/bin/false: exit status 1", HOOK(kind, "path":"/bin/false"), "/hooks/" kind "/*/path"}
        HOOKS_APPLIED("prestart"),
        HOOKS_APPLIED("createRuntime"),
        HOOKS_APPLIED("createContainer"),
        HOOKS_APPLIED("poststart"),
        {"/hooks/startContainer/0/path", "Permission denied", HOOK("startContainer", "path":"/etc")},
        {"/hooks/startContainer/0", "making its pipes: Too many open files",
         J({"process":{"rlimits":[{"type":"RLIMIT_NOFILE","soft":1,"hard":1}]},
            "hooks":{"startContainer":[{"path":"/bin/true"}]}}), "/process/rlimits/*/soft"},
};

/* The same in what `labrun spec --rootless` writes, for an ordinary user: what he may not do, what his map lacks. */
static const struct wrong config_applied_user[] = {
        {"/linux/namespaces", "a rootless container requires a user namespace",
         LINUX("namespaces":[{"type":"mount"},{"type":"uts"},{"type":"pid"}],"uidMappings":null,"gidMappings":null)},
        {"/linux/uidMappings", "a new user namespace needs mappings", LINUX("uidMappings":null)},
        {"/linux/gidMappings", "a new user namespace needs mappings", LINUX("gidMappings":[])},
        {"/linux/uidMappings", "id 0 is not mapped", LINUX("uidMappings":[{"containerID":1,"hostID":61234,"size":1}])},
        {"/linux/uidMappings", "newuidmap", LINUX("uidMappings":[{"containerID":0,"hostID":0,"size":1}])},
        {"/linux/gidMappings", "newgidmap", LINUX("gidMappings":[{"containerID":0,"hostID":0,"size":1}])},
        {"/process/user/uid", "7 is not mapped by /linux/uidMappings", PROCESS("user":{"uid":7})},
        {"/process/user/gid", "7 is not mapped by /linux/gidMappings", PROCESS("user":{"gid":7})},
        {"/process/user/additionalGids/1", "9 is not mapped by /linux/gidMappings",
         PROCESS("user":{"additionalGids":[0,9]})},
        {"/process/oomScoreAdj", "-1000: Permission denied", PROCESS("oomScoreAdj":-1000)},
        {"/process/rlimits/0/hard", "Operation not permitted",
         PROCESS("rlimits":[{"type":"RLIMIT_NOFILE","soft":1,"hard":4000000000}])},
        {"/process/cwd", "/bin/busybox: Not a directory", PROCESS("cwd":"/bin/busybox")},
        {"/linux/namespaces/1/path", "/proc/1/ns/net: Permission denied", USER_NS("type":"network","path":"/proc/1/ns/net")},
        {"/linux/namespaces/1/path", "/nonexistent: No such file", USER_NS("type":"ipc","path":"/nonexistent")},
        {"/linux/cgroupsPath", "can't be made", LINUX("cgroupsPath":"/labrun-test-of-a-user")},
        {"/linux/sysctl/net.ipv4.ip_forward", "needs a namespace of type network", LINUX("sysctl":{"net.ipv4.ip_forward":"1"})},
        {"/linux/devices/0", "mknod is not permitted, and the host has no such device", LINUX("devices":[{"type":"c","path":"/dev/x","major":4000,"minor":1}])},
        {"/mounts/0/source", "/nonexistent: No such file", MOUNT("destination":"/x","source":"/nonexistent","options":["bind"])},
        {"/mounts/0", "ext4 at /x: Operation not permitted", MOUNT("destination":"/x","type":"ext4","source":"/dev/null")},
        {"/mounts/0", "only root can map the ids of a mount", MOUNT("destination":"/x","source":"/","options":["rbind"],"uidMappings":ID0,"gidMappings":ID0)},
        {"/hooks/prestart/0/path", "/nonexistent: No such file", HOOK("prestart", "path":"/nonexistent")},
        {S "/listenerPath", "connecting to /nonexistent: No such file", NOTIFY("/nonexistent")},
};
#pragma pop_macro("true")
/* clang-format on */

#define CONFIG_N_APPLIED_USER (sizeof(config_applied_user) / sizeof(config_applied_user[0]))
#define CONFIG_N_APPLIED (sizeof(config_applied) / sizeof(config_applied[0]))
