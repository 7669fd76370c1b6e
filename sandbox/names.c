#include "sandbox/names.h"

#include <stddef.h>
#include <string.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static const char *const cap_names[] = {
        "CHOWN",      "DAC_OVERRIDE",     "DAC_READ_SEARCH", "FOWNER",         "FSETID",        "KILL",
        "SETGID",     "SETUID",           "SETPCAP",         "LINUX_IMMUTABLE", "NET_BIND_SERVICE",
        "NET_BROADCAST", "NET_ADMIN",     "NET_RAW",         "IPC_LOCK",       "IPC_OWNER",     "SYS_MODULE",
        "SYS_RAWIO",  "SYS_CHROOT",       "SYS_PTRACE",      "SYS_PACCT",      "SYS_ADMIN",     "SYS_BOOT",
        "SYS_NICE",   "SYS_RESOURCE",     "SYS_TIME",        "SYS_TTY_CONFIG", "MKNOD",         "LEASE",
        "AUDIT_WRITE", "AUDIT_CONTROL",   "SETFCAP",         "MAC_OVERRIDE",   "MAC_ADMIN",     "SYSLOG",
        "WAKE_ALARM", "BLOCK_SUSPEND",    "AUDIT_READ",      "PERFMON",        "BPF",           "CHECKPOINT_RESTORE"
};

static const char *const rlimit_names[] = { "CPU",    "FSIZE",  "DATA",    "STACK",  "CORE",  "RSS",
                                            "NPROC",  "NOFILE", "MEMLOCK", "AS",     "LOCKS", "SIGPENDING",
                                            "MSGQUEUE", "NICE", "RTPRIO",  "RTTIME" };

static int number_of(const char *name, const char *prefix, const char *const *names, size_t n)
{
        if (strncmp(name, prefix, strlen(prefix)) != 0)
                return -1;
        for (size_t i = 0; i < n; i++)
                if (strcmp(name + strlen(prefix), names[i]) == 0)
                        return (int)i;
        return -1;
}

int name_cap(const char *name)
{
        return number_of(name, "CAP_", cap_names, COUNT(cap_names));
}

int name_rlimit(const char *name)
{
        return number_of(name, "RLIMIT_", rlimit_names, COUNT(rlimit_names));
}
