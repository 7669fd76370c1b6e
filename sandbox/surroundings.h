/*
 * The private surroundings of one run, made by the supervisor in its own mount, pid and cgroup namespaces: /run and /tmp
 * are fresh tmpfs, /proc is that of the pid namespace, /sys/fs/cgroup is cgroup2 only, with this run's cgroup as
 * its root, /dev holds nodes of its own, and everything else is read-only, so that no runtime can
 * harm the machine. Whatever a runtime leaves behind is seen here, and goes with the namespaces.
 */
#pragma once

#include "sandbox/observation.h"
#include "sandbox/runtime.h"

struct err;

#define SURROUNDINGS_DIR "/run/initlab" /* ours, in the private /run */
#define SURROUNDINGS_CGROUP "/sys/fs/cgroup"
#define SURROUNDINGS_HOST SURROUNDINGS_DIR "/host" /* host.h's, and its to judge */
#define SURROUNDINGS_STATE SURROUNDINGS_DIR "/state"
#define SURROUNDINGS_BUNDLE SURROUNDINGS_DIR "/bundle"
#define SURROUNDINGS_IO SURROUNDINGS_DIR "/io"
#define SURROUNDINGS_HOOK SURROUNDINGS_DIR "/hook" /* the observer, as a program of the host: for hooks */
#define SURROUNDINGS_COPY SURROUNDINGS_DIR "/copy" /* of the runtime, if it is to be attacked */
#define SURROUNDINGS_SECOND SURROUNDINGS_IO "/second" /* the bundle of a second container */
#define SURROUNDINGS_CONSOLE SURROUNDINGS_DIR "/console" /* the socket of --console-socket */
#define SURROUNDINGS_NOTIFY SURROUNDINGS_DIR "/notify" /* the service manager's socket */
#define SURROUNDINGS_LOG SURROUNDINGS_DIR "/log"
#define SURROUNDINGS_PID SURROUNDINGS_DIR "/pid"
#define SURROUNDINGS_MOUNTS (32u << 10)

struct surroundings {
        char runtime[PATH_MAX]; /* put back under its path when that is in /run or /tmp; "" otherwise */
        char mounts[SURROUNDINGS_MOUNTS]; /* mountinfo when all was made */
};

/* The calling process is pid 1 of a new pid namespace, in a new mount namespace and in the run's cgroup. */
int surroundings_make(const struct runtime *rt, bool shared_mounts, struct surroundings *ret, struct err *err);

/* What is there and was not: processes, mounts, cgroups, files. Appends to o->left. */
void surroundings_left(const struct surroundings *su, struct observation *o);

/* The processes other than this one, for people: "12 runc (futex_wait_queue), ...". */
void surroundings_processes(char *buf, size_t size);
/* Their number. */
unsigned surroundings_count(void);
