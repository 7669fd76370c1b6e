/* One config with a valid value in every field that config.h has, for the tests of the parser. */
#pragma once

#define CONFIG_FULL                                                                                                    \
        "{\"ociVersion\":\"1.2.0\",\"hostname\":\"host\",\"domainname\":\"dom\","                                      \
        "\"root\":{\"path\":\"rootfs\",\"readonly\":true},"                                                            \
        "\"annotations\":{\"com.example.a/b~c\":\"one\",\"empty\":\"\"},"                                              \
        "\"process\":{\"terminal\":true,\"consoleSize\":{\"height\":25,\"width\":80},"                                 \
        "\"user\":{\"uid\":1,\"gid\":2,\"umask\":18,\"additionalGids\":[5,6,7]},"                                      \
        "\"args\":[\"/bin/sh\",\"-c\",\"\"],\"env\":[\"A=1\",\"B=\"],\"cwd\":\"/work\","                               \
        "\"capabilities\":{\"bounding\":[\"CAP_KILL\",\"CAP_CHOWN\"],\"effective\":[\"CAP_KILL\"],"                    \
        "\"inheritable\":[\"CAP_FOWNER\"],\"permitted\":[\"CAP_KILL\",\"CAP_FSETID\"],\"ambient\":[\"CAP_SETUID\"]},"  \
        "\"rlimits\":[{\"type\":\"RLIMIT_NOFILE\",\"soft\":1024,\"hard\":18446744073709551615}],"                      \
        "\"noNewPrivileges\":true,\"apparmorProfile\":\"aa\",\"selinuxLabel\":\"se\",\"oomScoreAdj\":-500,"            \
        "\"scheduler\":{\"policy\":\"SCHED_DEADLINE\",\"nice\":-3,\"priority\":0,"                                     \
        "\"flags\":[\"SCHED_FLAG_RECLAIM\"],\"runtime\":10,\"deadline\":20,\"period\":30},"                            \
        "\"ioPriority\":{\"class\":\"IOPRIO_CLASS_BE\",\"priority\":4},"                                               \
        "\"execCPUAffinity\":{\"initial\":\"0-1\",\"final\":\"2\"}},"                                                  \
        "\"mounts\":[{\"destination\":\"/proc\",\"type\":\"proc\",\"source\":\"proc\"},"                               \
        "{\"destination\":\"/data\",\"type\":\"none\",\"source\":\"/srv\",\"options\":[\"rbind\",\"idmap\"],"          \
        "\"uidMappings\":[{\"containerID\":0,\"hostID\":1000,\"size\":10}],"                                           \
        "\"gidMappings\":[{\"containerID\":1,\"hostID\":2000,\"size\":20}]}],"                                         \
        "\"hooks\":{\"prestart\":[{\"path\":\"/h1\",\"args\":[\"a\"],\"env\":[\"K=V\"],\"timeout\":1}],"               \
        "\"createRuntime\":[{\"path\":\"/h2\"}],\"createContainer\":[{\"path\":\"/h3\"}],"                             \
        "\"startContainer\":[{\"path\":\"/h4\"}],\"poststart\":[{\"path\":\"/h5\"}],\"poststop\":[{\"path\":\"/h6\"}]},"\
        "\"linux\":{\"namespaces\":[{\"type\":\"pid\"},{\"type\":\"network\",\"path\":\"/run/netns/a\"},"              \
        "{\"type\":\"mount\"},{\"type\":\"ipc\"},{\"type\":\"uts\"},{\"type\":\"user\"},{\"type\":\"cgroup\"},"        \
        "{\"type\":\"time\",\"path\":\"\"}],"                                                                          \
        "\"uidMappings\":[{\"containerID\":0,\"hostID\":1,\"size\":65536}],"                                           \
        "\"gidMappings\":[{\"containerID\":2,\"hostID\":3,\"size\":4}],"                                               \
        "\"timeOffsets\":{\"monotonic\":{\"secs\":-5,\"nanosecs\":999999999},\"boottime\":{\"secs\":7}},"              \
        "\"devices\":[{\"type\":\"c\",\"path\":\"/dev/fuse\",\"major\":10,\"minor\":229,\"fileMode\":438,"             \
        "\"uid\":11,\"gid\":12},{\"type\":\"p\",\"path\":\"/dev/fifo\"}],"                                             \
        "\"cgroupsPath\":\"/a/b\",\"sysctl\":{\"net.ipv4.ip_forward\":\"1\"},"                                         \
        "\"resources\":{\"devices\":[{\"allow\":false,\"access\":\"rwm\"},"                                            \
        "{\"allow\":true,\"type\":\"b\",\"major\":8,\"minor\":-1,\"access\":\"\"}],"                                   \
        "\"memory\":{\"limit\":101,\"reservation\":102,\"swap\":103,\"kernel\":-1,\"kernelTCP\":105,\"swappiness\":60,"\
        "\"disableOOMKiller\":true,\"useHierarchy\":false,\"checkBeforeUpdate\":true},"                                \
        "\"cpu\":{\"shares\":201,\"quota\":202,\"burst\":200,\"period\":204,\"realtimeRuntime\":205,"                  \
        "\"realtimePeriod\":206,\"cpus\":\"0-3\",\"mems\":\"0\",\"idle\":1},\"pids\":{\"limit\":-1},"                  \
        "\"blockIO\":{\"weight\":65535,\"leafWeight\":301,"                                                            \
        "\"weightDevice\":[{\"major\":8,\"minor\":0,\"weight\":302,\"leafWeight\":303}],"                              \
        "\"throttleReadBpsDevice\":[{\"major\":8,\"minor\":1,\"rate\":18446744073709551614}],"                         \
        "\"throttleWriteBpsDevice\":[{\"major\":8,\"minor\":2,\"rate\":402}],"                                         \
        "\"throttleReadIOPSDevice\":[{\"major\":8,\"minor\":3,\"rate\":403}],"                                         \
        "\"throttleWriteIOPSDevice\":[{\"major\":8,\"minor\":4,\"rate\":404}]},"                                       \
        "\"hugepageLimits\":[{\"pageSize\":\"2MB\",\"limit\":9223372036854775808}],"                                   \
        "\"network\":{\"classID\":1048577,\"priorities\":[{\"name\":\"eth0\",\"priority\":500}]},"                     \
        "\"rdma\":{\"mlx5_1\":{\"hcaHandles\":3,\"hcaObjects\":10000},\"m/2\":{\"hcaObjects\":1}},"                    \
        "\"unified\":{\"memory.high\":\"9\"}},"                                                                        \
        "\"intelRdt\":{\"closID\":\"c\",\"l3CacheSchema\":\"L3:0=f\",\"memBwSchema\":\"MB:0=20\",\"enableCMT\":true,"  \
        "\"enableMBM\":true},"                                                                                         \
        "\"seccomp\":{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"defaultErrnoRet\":38,"                                    \
        "\"architectures\":[\"SCMP_ARCH_X86_64\"],\"flags\":[\"SECCOMP_FILTER_FLAG_LOG\"],"                            \
        "\"listenerPath\":\"/run/l\",\"listenerMetadata\":\"m\","                                                      \
        "\"syscalls\":[{\"names\":[\"read\",\"write\"],\"action\":\"SCMP_ACT_ERRNO\",\"errnoRet\":1,"                  \
        "\"args\":[{\"index\":5,\"value\":18446744073709551615,\"valueTwo\":9223372036854775807,"                      \
        "\"op\":\"SCMP_CMP_MASKED_EQ\"}]}]},"                                                                          \
        "\"rootfsPropagation\":\"slave\",\"mountLabel\":\"ml\",\"maskedPaths\":[\"/proc/kcore\"],"                     \
        "\"readonlyPaths\":[\"/proc/sys\",\"/proc/bus\"],"                                                             \
        "\"personality\":{\"domain\":\"LINUX32\",\"flags\":[\"F\"]}}}"
