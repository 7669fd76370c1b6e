/*
 * Every limit of core in one place. A limit bounds memory or time against hostile input; each is generous
 * against real input. Exceeding one is an error (E2BIG, EMSGSIZE, ETIMEDOUT), never a silent cut.
 */
#pragma once

/* config.json. The largest real ones (Kubernetes, hundreds of mounts) are near 100 KiB. */
#define LIMIT_CONFIG_BYTES (4u << 20)
#define LIMIT_CONFIG_DEPTH 64u       /* nesting of arrays and objects; the spec needs 8 */
#define LIMIT_CONFIG_LIST 16384u     /* items of one array or object */
#define LIMIT_CONFIG_STRING 131072u  /* bytes of one string: MAX_ARG_STRLEN of execve(2) */

/*
 * runtime-spec leaves ids open; this is runc's rule: [A-Za-z0-9_+.-], not "." or "..". An id names directories (of the
 * state, of the cgroups), so that NAME_MAX is the end; runc lets up to 1024 bytes by and fails at mkdir.
 */
#define LIMIT_ID_BYTES 255u

/* linux.seccomp: names times what they become. A kernel's program has 4096 instructions at most. */
#define LIMIT_SECCOMP_RULES 16384u

#define LIMIT_SECCOMP_AGENT_MS 10000 /* for the agent at listenerPath to take a connection and the state */

/* --preserve-fds and LISTEN_FDS together. */
#define LIMIT_PRESERVE_FDS 1024u

/* For the processes that a killed labrun's hook has left to be gone. */
#define LIMIT_HOOK_KILL_MS 10000

/* How long a labrun may hold the lock of a container before `delete --force` kills it. */
#define LIMIT_LOCK_GRACE_MS 1000

/* The sync protocol. */
#define LIMIT_SYNC_PAYLOAD (LIMIT_CONFIG_BYTES + 65536u) /* bytes of one frame's payload */
#define LIMIT_SYNC_FDS 16u                               /* fds in one frame */
#define LIMIT_SYNC_SMALL 4096u                           /* payload of every type but CONFIG */
#define LIMIT_SYNC_CREATE_MS 60000 /* CONFIG sent until READY: mounts on slow storage count in */
#define LIMIT_SYNC_START_MS 30000  /* start word written until EXECUTING */
#define LIMIT_SYNC_LOG_MS 1000      /* one LOG frame: a parent that does not read must not hold init */

/* Joining namespaces and cloning, or newuidmap(1): system calls that wait for nobody. */
#define LIMIT_STAGE_MS 10000

/* --console-socket, --pidfd-socket: a listener whose queue is full. */
#define LIMIT_HANDOVER_MS 10000

/* For the service manager to take READY=1 and come to it (sd_notify_barrier(3)). */
#define LIMIT_NOTIFY_MS 5000

/* One file of /proc or of the state directory. */
#define LIMIT_SMALL_FILE 65536u

/* /proc/self/mountinfo: fs.mount-max is 100,000 mounts, a line of them rarely more than 160 bytes. */
#define LIMIT_MOUNTINFO (16u << 20)

/* How long a killed process may take to leave its cgroup, and an empty cgroup to be removable. */
#define LIMIT_CGROUP_KILL_MS 10000
#define LIMIT_CGROUP_REMOVE_MS 5000
/* pause and resume: until the last process has stopped, or runs. */
#define LIMIT_CGROUP_FREEZE_MS 10000
