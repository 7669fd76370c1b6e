/*
 * linux.seccomp: from config.json to a loaded filter. runtime-spec 1.2, config-linux.md "Seccomp";
 * seccomp(2).
 *
 * What a profile means, where the spec leaves it open (as runc 1.1 and crun, unless said otherwise):
 *
 * - The native architecture is always filtered; those listed are added to it. A system call of any other
 *   architecture (x32 on x86-64 is one) kills the thread: libseccomp's answer, and no default action.
 * - A name that libseccomp doesn't know for any architecture is skipped, with a debug message: it may be newer
 *   than this build. A system call number that the profile doesn't name gets the default action, even if it is
 *   newer than the profile (runc: ENOSYS in place of a default ERRNO or KILL). An engine that wants ENOSYS says
 *   so in defaultErrnoRet.
 * - A rule with the default action adds nothing. Of the rules for one system call the first without args counts; if all
 *   have args, the first that holds. All args of a rule must hold; if an index is there twice, any arg suffices
 *   (engines rely on it). Here runc and crun have what libseccomp makes of it: see seccomp_args.h.
 * - Bits of valueTwo that SCMP_CMP_MASKED_EQ's mask, value, leaves out are ignored.
 * - Arguments are compared as 64 bits; those of a 32-bit architecture (x32 and n32 too) are 32 bits wide, and
 *   nothing above them is looked at: such an argument is never greater than 0xffffffff.
 * - Where socketcall(2) or ipc(2) stand for a system call (32-bit x86, s390, ...) their own arguments are compared, but
 *   none with index 0: the real ones lie in memory, which no filter sees. So args keep a payload from little there,
 *   as under every runtime; rules for socketcall itself come first.
 * - SCMP_ACT_KILL is SCMP_ACT_KILL_THREAD. errnoRet is EPERM if absent; 4094 is libseccomp's limit, 65535 for
 *   SCMP_ACT_TRACE, whose message it is (PTRACE_GETEVENTMSG).
 * - SECCOMP_FILTER_FLAG_TSYNC asks for what is so anyway: init has one thread.
 *   SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV needs SCMP_ACT_NOTIFY: the kernel refuses it without a listener.
 * - listenerPath and listenerMetadata without SCMP_ACT_NOTIFY are ignored.
 *
 * First kernels: SCMP_ACT_LOG, _KILL_PROCESS, the asking for an action and FLAG_LOG 4.14, FLAG_SPEC_ALLOW 4.17,
 * SCMP_ACT_NOTIFY 5.0 (an agent's "continue" 5.5, seccomp_unotify(2)), FLAG_WAIT_KILLABLE_RECV 5.19.
 *
 * The program is made anew for each container: nothing is cached.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "core/container/seccomp_args.h"
#include "core/container/state.h"
#include "core/sync/sync_codec.h"
#include "core/sys.h"

struct err;

/* --- pure --- */

/* The kernel's number (SECCOMP_RET_*, without data) of a known action: one that config_validate lets through. */
uint32_t seccomp_action(const char *name);

/* The i-th architecture that can be filtered ("SCMP_ARCH_X86"); NULL past the last. */
const char *seccomp_arch(size_t i);

/* A rule says that a system call goes to the listener: linux.seccomp.syscalls alone, defaultAction never does. */
bool seccomp_notifies(const struct config_seccomp *seccomp);

/*
 * What config_validate can't know: architectures that libseccomp lacks, SCMP_ACT_NOTIFY as the default or for a system
 * call that the handover of the listener itself is made of, which would wait for ever, and more rules than
 * LIMIT_SECCOMP_RULES (a name each, and each arg of one whose index is there twice). Errors: -ENOTSUP, -E2BIG with
 * the pointer.
 */
int seccomp_check(const struct config_seccomp *seccomp, struct err *err);

/* A profile in numbers; names are the config's. */
struct seccomp_profile {
        const struct sys *sys;
        struct sys_seccomp policy;       /* what libseccomp is given; borrows from answers and archs */
        struct sys_seccomp_rule *answers; /* one for each system call */
        uint32_t *archs;
        struct seccomp_branch *branches; /* borrow from rules */
        size_t nbranches;
        struct seccomp_rule *rules; /* sorted by system call; borrow from args */
        size_t nrules;
        struct seccomp_arg *args;
};
#define SECCOMP_PROFILE_INIT ((struct seccomp_profile){.sys = NULL})

/* May be NULL: no interest. */
typedef void seccomp_unknown_fn(void *ctx, const char *name);

/* After config_validate and seccomp_check. *ret_profile is the caller's. Errors: -ENOMEM. */
int seccomp_profile_make(const struct sys *sys, const struct config_seccomp *seccomp,
                         seccomp_unknown_fn *unknown, void *ctx, struct seccomp_profile *ret_profile,
                         struct err *err);
void seccomp_profile_free(struct seccomp_profile *profile); /* NULL-safe, may be repeated */

/*
 * Its program: seccomp_compile's (sys.h) with the args linked in. *ret_code (sys->op->free) is the caller's and
 * has *ret_n instructions, BPF_MAXINSNS at most. Errors: -E2BIG, -ENOMEM, seccomp_compile's with the pointer
 * of what was refused.
 */
int seccomp_program_make(const struct seccomp_profile *profile, struct sock_filter **ret_code, size_t *ret_n,
                         struct err *err);

/* --- with the kernel --- */

/*
 * Whether this kernel has the actions and flags. Loads nothing. Errors: -ENOTSUP with the pointer of the
 * first that it lacks, -EINVAL with that of FLAG_WAIT_KILLABLE_RECV without SCMP_ACT_NOTIFY; -ENOSYS or -EINVAL
 * with "/linux/seccomp" when it has no filters or can't be asked (before 4.14).
 */
int seccomp_check_kernel(const struct sys *sys, const struct config_seccomp *seccomp, struct err *err);

/* One flag of linux.seccomp.flags, as if there were a listener. */
bool seccomp_has_flag(const struct sys *sys, const char *flag);

/* A filter that can be loaded. */
struct seccomp_filter {
        const struct sys *sys;
        struct sock_filter *code; /* NULL: linux.seccomp is absent; loading does nothing */
        size_t n;
        unsigned flags;
        bool notify;
};
#define SECCOMP_FILTER_INIT ((struct seccomp_filter){.code = NULL})

/*
 * Everything but the loading, so that little happens under the filter and memory limits don't hold yet.
 * *ret_filter is the caller's. Errors: seccomp_profile_make's and seccomp_program_make's.
 */
int seccomp_filter_make(const struct sys *sys, const struct config *config, seccomp_unknown_fn *unknown,
                        void *ctx, struct seccomp_filter *ret_filter, struct err *err);
void seccomp_filter_free(struct seccomp_filter *filter); /* NULL-safe, may be repeated */

/*
 * When it is loaded. Without no_new_privs it takes CAP_SYS_ADMIN: as the last thing before the capabilities
 * are dropped. With it as late as can be, so that only execve is left to be refused. But a listener must be
 * handed over while the parent is there: before *ready*.
 */
enum seccomp_when { SECCOMP_BEFORE_CAPS, SECCOMP_BEFORE_READY, SECCOMP_BEFORE_EXECVE };
enum seccomp_when seccomp_when(const struct seccomp_filter *filter, bool no_new_privs);

/*
 * seccomp(2): from here on the caller is filtered. Needs CAP_SYS_ADMIN in the caller's user namespace or
 * no_new_privs. 0, or the listener's number (> 0: 0 is taken; CLOEXEC, the caller's) if the filter notifies. Errors:
 * -EACCES (neither of the two), -EBUSY (somebody already listens to this process's system calls), -ENOMEM (also: this
 * and the filters that it has already are more than 32768 instructions).
 */
int seccomp_filter_load(const struct seccomp_filter *filter, struct err *err);

/* --- the parent's side of SCMP_ACT_NOTIFY --- */

struct seccomp_handover {
        const struct config_seccomp *seccomp;
        const struct state *state; /* of the container */
        enum state_status status;
        pid_t pid; /* of the filtered process, as labrun sees it */
        int pidfd; /* the same, borrowed */
};

/*
 * Answers SYNC_ASK_LISTENER: gets the listener (fd is what came with the ASK, borrowed; else by
 * pidfd_getfd(2), Linux 5.6, which takes permission to trace), connects to listenerPath (a relative one begins at
 * the bundle; 107 bytes at most), sends the container process state (config-linux.md) with it, closes: one connection
 * for each. That the agent has accepted it is not waited for. Errors: with the pointer of listenerPath
 * -ENOENT, -ECONNREFUSED, -EACCES, ..., -ENAMETOOLONG, -EPIPE; -ETIMEDOUT when it takes neither connection nor state for
 * LIMIT_SECCOMP_AGENT_MS in all; with "/linux/seccomp" pidfd_getfd's; -ENOMEM.
 */
int seccomp_hand_over(const struct sys *sys, const struct seccomp_handover *handover,
                      const struct sync_ask *ask, int fd, struct err *err);
