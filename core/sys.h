/*
 * The seam: every access of core to the kernel, to memory and to time goes through this table.
 *
 * One operation is one system call with that system call's name and argument order; the exceptions are named
 * below. All return what the kernel returns: a result >= 0 or -errno (the C library's errno is not used). None
 * retries EINTR: that is the caller's business, so that a simulated kernel can interrupt anything.
 * Every operation takes the `struct sys` itself first and finds its state in sys->ctx.
 *
 * Implementations: core/sys_linux.c (real kernel), props/ (simulated). A table is complete: an implementation
 * that lacks an operation points it at a function that answers -ENOSYS, never at NULL.
 */
#pragma once

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <time.h>

struct sys;
struct open_how;           /* <linux/openat2.h> */
struct mount_attr;         /* <linux/mount.h> */
struct __user_cap_header_struct; /* <linux/capability.h> */
struct __user_cap_data_struct;
struct sock_filter; /* <linux/filter.h> */
struct sockaddr;

/*
 * The child's main function for spawn. It gets nothing by inherited memory but these values: the fds (by
 * number, valid in the child) and a copy of the plain data. What it returns is the exit status (0..255).
 */
typedef int sys_spawn_fn(const struct sys *sys, const int *fds, size_t nfds, const void *data, size_t len);

struct sys_spawn {
        /* CLONE_NEW*, CLONE_PARENT and CLONE_INTO_CGROUP for clone3(2); CLONE_PIDFD is implied, SIGCHLD the exit
         * signal (with CLONE_PARENT the caller's own) */
        uint64_t flags;
        int cgroup; /* with CLONE_INTO_CGROUP (Linux 5.7): of a directory of version 2 */
        sys_spawn_fn *fn;
        const int *fds; /* numbers the child is told; the child's table is a copy of the parent's (fork) */
        size_t nfds;    /* <= LIMIT_SYNC_FDS */
        const void *data;
        size_t len; /* <= 4096 */
};

/*
 * A seccomp profile in numbers, without args: what core/container/seccomp.h makes of linux.seccomp. Actions are the
 * kernel's SECCOMP_RET_* with their data, architectures AUDIT_ARCH_*, system calls the native numbers; those that only
 * another architecture has are libseccomp's negative ones.
 */
struct sys_seccomp_rule {
        int syscall;     /* none twice */
        uint32_t action; /* not the default action */
        size_t origin;   /* the caller's, for its errors */
};
struct sys_seccomp {
        uint32_t default_action;
        const uint32_t *archs; /* besides the native one */
        size_t narchs;
        const struct sys_seccomp_rule *rules;
        size_t nrules;
};
/* What of a profile was refused: one of its arrays' items; both NULL: none in particular. */
struct sys_seccomp_refused {
        const uint32_t *arch;
        const struct sys_seccomp_rule *rule;
};

struct sys_ops {
        /* --- memory: malloc(3), realloc(3), free(3). NULL = out of memory; free(NULL) is fine. --- */
        void *(*alloc)(const struct sys *sys, size_t n);
        void *(*realloc)(const struct sys *sys, void *p, size_t n);
        void (*free)(const struct sys *sys, void *p);

        /* --- files by name --- */
        int (*openat)(const struct sys *sys, int dirfd, const char *path, int flags, mode_t mode);
        int (*openat2)(const struct sys *sys, int dirfd, const char *path, const struct open_how *how);
        int (*mkdirat)(const struct sys *sys, int dirfd, const char *path, mode_t mode);
        int (*mknodat)(const struct sys *sys, int dirfd, const char *path, mode_t mode, dev_t dev);
        int (*symlinkat)(const struct sys *sys, const char *target, int dirfd, const char *path);
        int (*unlinkat)(const struct sys *sys, int dirfd, const char *path, int flags);
        int (*linkat)(const struct sys *sys, int olddirfd, const char *oldpath, int newdirfd, const char *newpath,
                      int flags);
        int (*renameat2)(const struct sys *sys, int olddirfd, const char *oldpath, int newdirfd,
                         const char *newpath, unsigned flags);
        ssize_t (*readlinkat)(const struct sys *sys, int dirfd, const char *path, char *buf, size_t size);
        int (*fstatat)(const struct sys *sys, int dirfd, const char *path, struct stat *st, int flags);
        int (*faccessat2)(const struct sys *sys, int dirfd, const char *path, int mode, int flags);
        int (*fchmodat)(const struct sys *sys, int dirfd, const char *path, mode_t mode);
        int (*fchownat)(const struct sys *sys, int dirfd, const char *path, uid_t uid, gid_t gid, int flags);
        int (*chdir)(const struct sys *sys, const char *path);
        ssize_t (*getcwd)(const struct sys *sys, char *buf, size_t size); /* bytes with NUL; "(unreachable)..." */
        mode_t (*umask)(const struct sys *sys, mode_t mask);

        /* --- file descriptors --- */
        ssize_t (*read)(const struct sys *sys, int fd, void *buf, size_t n);
        ssize_t (*write)(const struct sys *sys, int fd, const void *buf, size_t n);
        off_t (*lseek)(const struct sys *sys, int fd, off_t off, int whence);
        int (*close)(const struct sys *sys, int fd);
        int (*close_range)(const struct sys *sys, unsigned first, unsigned last, unsigned flags);
        int (*dup3)(const struct sys *sys, int oldfd, int newfd, int flags);
        int (*fcntl)(const struct sys *sys, int fd, int cmd, long arg);
        int (*fstat)(const struct sys *sys, int fd, struct stat *st);
        int (*fstatfs)(const struct sys *sys, int fd, struct statfs *st);
        int (*fchdir)(const struct sys *sys, int fd);
        int (*fchmod)(const struct sys *sys, int fd, mode_t mode);
        int (*fchown)(const struct sys *sys, int fd, uid_t uid, gid_t gid);
        int (*fsync)(const struct sys *sys, int fd);
        int (*ftruncate)(const struct sys *sys, int fd, off_t length);
        int (*flock)(const struct sys *sys, int fd, int op);
        int (*ioctl)(const struct sys *sys, int fd, unsigned long req, void *arg);
        ssize_t (*getdents64)(const struct sys *sys, int fd, void *buf, size_t size);
        ssize_t (*sendfile)(const struct sys *sys, int out_fd, int in_fd, off_t *offset, size_t n);
        int (*memfd_create)(const struct sys *sys, const char *name, unsigned flags);
        int (*pipe2)(const struct sys *sys, int fds[2], int flags);
        int (*socketpair)(const struct sys *sys, int domain, int type, int protocol, int fds[2]);
        int (*socket)(const struct sys *sys, int domain, int type, int protocol);
        int (*bind)(const struct sys *sys, int fd, const struct sockaddr *addr, socklen_t len);
        int (*connect)(const struct sys *sys, int fd, const struct sockaddr *addr, socklen_t len);
        ssize_t (*sendmsg)(const struct sys *sys, int fd, const struct msghdr *msg, int flags);
        ssize_t (*recvmsg)(const struct sys *sys, int fd, struct msghdr *msg, int flags);
        int (*ppoll)(const struct sys *sys, struct pollfd *fds, size_t n, const struct timespec *timeout,
                     const sigset_t *mask);

        /* --- mounts --- */
        int (*mount)(const struct sys *sys, const char *source, const char *target, const char *type,
                     unsigned long flags, const char *data);
        int (*umount2)(const struct sys *sys, const char *target, int flags);
        int (*pivot_root)(const struct sys *sys, const char *new_root, const char *put_old);
        int (*open_tree)(const struct sys *sys, int dirfd, const char *path, unsigned flags);
        int (*move_mount)(const struct sys *sys, int from_dirfd, const char *from, int to_dirfd,
                          const char *to, unsigned flags);
        int (*mount_setattr)(const struct sys *sys, int dirfd, const char *path, unsigned flags,
                             struct mount_attr *attr, size_t size);
        int (*fsopen)(const struct sys *sys, const char *type, unsigned flags);
        int (*fsconfig)(const struct sys *sys, int fd, unsigned cmd, const char *key, const void *value,
                        int aux);
        int (*fsmount)(const struct sys *sys, int fd, unsigned flags, unsigned attr_flags);

        /* --- processes --- */
        /* clone3(2), and in the child fn(...) and _exit(2) of its result, nothing else. Returns the pid and
         * sets *ret_pidfd (CLOEXEC, owned by the caller). */
        pid_t (*spawn)(const struct sys *sys, const struct sys_spawn *args, int *ret_pidfd);
        int (*execve)(const struct sys *sys, const char *path, char *const argv[], char *const envp[]);
        int (*execveat)(const struct sys *sys, int dirfd, const char *path, char *const argv[],
                        char *const envp[], int flags);
        int (*waitid)(const struct sys *sys, int idtype, id_t id, siginfo_t *info, int options);
        int (*kill)(const struct sys *sys, pid_t pid, int sig);
        int (*pidfd_open)(const struct sys *sys, pid_t pid, unsigned flags);
        int (*pidfd_send_signal)(const struct sys *sys, int pidfd, int sig, unsigned flags);
        pid_t (*getpid)(const struct sys *sys);
        pid_t (*getppid)(const struct sys *sys);
        uid_t (*geteuid)(const struct sys *sys);
        gid_t (*getegid)(const struct sys *sys);
        pid_t (*setsid)(const struct sys *sys);
        int (*prctl)(const struct sys *sys, int option, unsigned long a2, unsigned long a3, unsigned long a4,
                     unsigned long a5);
        int (*unshare)(const struct sys *sys, uint64_t flags);
        int (*setns)(const struct sys *sys, int fd, int nstype);
        /* -EPERM: not permitted to trace the process. The new fd is CLOEXEC. Linux 5.6. */
        int (*pidfd_getfd)(const struct sys *sys, int pidfd, int fd, unsigned flags);

        /* --- seccomp --- */
        int (*seccomp)(const struct sys *sys, unsigned operation, unsigned flags, void *args);
        /*
         * The BPF program of a profile, made by libseccomp, which asks the kernel what it can do and writes to an fd of its
         * own. 0: *ret_code (the caller's, sys->op->free) has *ret_n instructions. *refused is set on every
         * return. Errors: -EINVAL, -EDOM (of the refused item), -E2BIG (more than BPF_MAXINSNS), -ENOMEM,
         * those of memfd_create(2), write(2), read(2).
         */
        int (*seccomp_compile)(const struct sys *sys, const struct sys_seccomp *profile,
                               struct sock_filter **ret_code, size_t *ret_n,
                               struct sys_seccomp_refused *refused);

        /* --- identity and limits of the calling process --- */
        int (*setresuid)(const struct sys *sys, uid_t r, uid_t e, uid_t s);
        int (*setresgid)(const struct sys *sys, gid_t r, gid_t e, gid_t s);
        int (*setgroups)(const struct sys *sys, size_t n, const gid_t *groups);
        int (*capget)(const struct sys *sys, struct __user_cap_header_struct *h,
                      struct __user_cap_data_struct *d);
        int (*capset)(const struct sys *sys, struct __user_cap_header_struct *h,
                      const struct __user_cap_data_struct *d);
        int (*prlimit64)(const struct sys *sys, pid_t pid, int resource, const struct rlimit *new_limit,
                         struct rlimit *old_limit);
        int (*sethostname)(const struct sys *sys, const char *name, size_t len);
        int (*setdomainname)(const struct sys *sys, const char *name, size_t len);
        int (*setpriority)(const struct sys *sys, int which, id_t who, int prio);
        int (*personality)(const struct sys *sys, unsigned long persona);
        long (*keyctl)(const struct sys *sys, int op, unsigned long a2, unsigned long a3, unsigned long a4,
                       unsigned long a5);

        /* --- signals --- */
        int (*rt_sigprocmask)(const struct sys *sys, int how, const sigset_t *set, sigset_t *old);
        int (*rt_sigaction)(const struct sys *sys, int sig, const struct sigaction *act,
                            struct sigaction *old);
        int (*signalfd4)(const struct sys *sys, int fd, const sigset_t *mask, int flags);

        /* --- clock and random --- */
        int (*clock_gettime)(const struct sys *sys, clockid_t clock, struct timespec *ts);
        int (*nanosleep)(const struct sys *sys, const struct timespec *req, struct timespec *rem);
        ssize_t (*getrandom)(const struct sys *sys, void *buf, size_t n, unsigned flags);
};

struct sys {
        const struct sys_ops *op;
        void *ctx;
};

/* The real kernel. Stateless; any number of callers and threads may share it. */
const struct sys *sys_linux(void);
