/* Names and flags of the namespaces: config-linux.md, Namespaces; clone(2). */
#include <assert.h>
#include <sched.h>

#include "core/config/config.h"

#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x00000080 /* <linux/sched.h>, Linux 5.6 */
#endif

static const struct {
        const char *name;
        uint64_t flag;
} namespaces[CONFIG_NS__COUNT] = {
        [CONFIG_NS_PID] = {"pid", CLONE_NEWPID},          [CONFIG_NS_NETWORK] = {"network", CLONE_NEWNET},
        [CONFIG_NS_MOUNT] = {"mount", CLONE_NEWNS},       [CONFIG_NS_IPC] = {"ipc", CLONE_NEWIPC},
        [CONFIG_NS_UTS] = {"uts", CLONE_NEWUTS},          [CONFIG_NS_USER] = {"user", CLONE_NEWUSER},
        [CONFIG_NS_CGROUP] = {"cgroup", CLONE_NEWCGROUP}, [CONFIG_NS_TIME] = {"time", CLONE_NEWTIME},
};

const char *config_ns_name(enum config_ns ns)
{
        assert(ns < CONFIG_NS__COUNT);
        return namespaces[ns].name;
}

uint64_t config_ns_flag(enum config_ns ns)
{
        assert(ns < CONFIG_NS__COUNT);
        return namespaces[ns].flag;
}
