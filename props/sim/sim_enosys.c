#include "props/sim/sim_enosys.h"

#include <errno.h>

#define U __attribute__((unused))
#define S const struct sys *sys U

/* uid_t and mode_t are unsigned, and geteuid(2), getegid(2) and umask(2) can't fail: they answer 0. */

/* clang-format off: a table, one system call a line */
static void *no_alloc(S, size_t n U) { return NULL; }
static void *no_realloc(S, void *p U, size_t n U) { return NULL; }
static void no_free(S, void *p U) { }
static int no_openat(S, int dirfd U, const char *path U, int flags U, mode_t mode U) { return -ENOSYS; }
static int no_openat2(S, int dirfd U, const char *path U, const struct open_how *how U) { return -ENOSYS; }
static int no_mkdirat(S, int dirfd U, const char *path U, mode_t mode U) { return -ENOSYS; }
static int no_mknodat(S, int dirfd U, const char *path U, mode_t mode U, dev_t dev U) { return -ENOSYS; }
static int no_symlinkat(S, const char *target U, int dirfd U, const char *path U) { return -ENOSYS; }
static int no_unlinkat(S, int dirfd U, const char *path U, int flags U) { return -ENOSYS; }
static int no_linkat(S, int olddirfd U, const char *oldpath U, int newdirfd U, const char *newpath U, int flags U) { return -ENOSYS; }
static int no_renameat2(S, int olddirfd U, const char *oldpath U, int newdirfd U, const char *newpath U, unsigned flags U) { return -ENOSYS; }
static ssize_t no_readlinkat(S, int dirfd U, const char *path U, char *buf U, size_t size U) { return -ENOSYS; }
static int no_fstatat(S, int dirfd U, const char *path U, struct stat *st U, int flags U) { return -ENOSYS; }
static int no_faccessat2(S, int dirfd U, const char *path U, int mode U, int flags U) { return -ENOSYS; }
static int no_fchmodat(S, int dirfd U, const char *path U, mode_t mode U) { return -ENOSYS; }
static int no_fchownat(S, int dirfd U, const char *path U, uid_t uid U, gid_t gid U, int flags U) { return -ENOSYS; }
static int no_chdir(S, const char *path U) { return -ENOSYS; }
static ssize_t no_getcwd(S, char *buf U, size_t size U) { return -ENOSYS; }
static mode_t no_umask(S, mode_t mask U) { return 0; }
static ssize_t no_read(S, int fd U, void *buf U, size_t n U) { return -ENOSYS; }
static ssize_t no_write(S, int fd U, const void *buf U, size_t n U) { return -ENOSYS; }
static off_t no_lseek(S, int fd U, off_t off U, int whence U) { return -ENOSYS; }
static int no_close(S, int fd U) { return -ENOSYS; }
static int no_close_range(S, unsigned first U, unsigned last U, unsigned flags U) { return -ENOSYS; }
static int no_dup3(S, int oldfd U, int newfd U, int flags U) { return -ENOSYS; }
static int no_fcntl(S, int fd U, int cmd U, long arg U) { return -ENOSYS; }
static int no_fstat(S, int fd U, struct stat *st U) { return -ENOSYS; }
static int no_fstatfs(S, int fd U, struct statfs *st U) { return -ENOSYS; }
static int no_fchdir(S, int fd U) { return -ENOSYS; }
static int no_fchmod(S, int fd U, mode_t mode U) { return -ENOSYS; }
static int no_fchown(S, int fd U, uid_t uid U, gid_t gid U) { return -ENOSYS; }
static int no_fsync(S, int fd U) { return -ENOSYS; }
static int no_ftruncate(S, int fd U, off_t length U) { return -ENOSYS; }
static int no_flock(S, int fd U, int op U) { return -ENOSYS; }
static int no_ioctl(S, int fd U, unsigned long req U, void *arg U) { return -ENOSYS; }
static ssize_t no_getdents64(S, int fd U, void *buf U, size_t size U) { return -ENOSYS; }
static ssize_t no_sendfile(S, int out_fd U, int in_fd U, off_t *offset U, size_t n U) { return -ENOSYS; }
static int no_memfd_create(S, const char *name U, unsigned flags U) { return -ENOSYS; }
static int no_pipe2(S, int fds[2] U, int flags U) { return -ENOSYS; }
static int no_socketpair(S, int domain U, int type U, int protocol U, int fds[2] U) { return -ENOSYS; }
static int no_socket(S, int domain U, int type U, int protocol U) { return -ENOSYS; }
static int no_bind(S, int fd U, const struct sockaddr *addr U, socklen_t len U) { return -ENOSYS; }
static int no_connect(S, int fd U, const struct sockaddr *addr U, socklen_t len U) { return -ENOSYS; }
static ssize_t no_sendmsg(S, int fd U, const struct msghdr *msg U, int flags U) { return -ENOSYS; }
static ssize_t no_recvmsg(S, int fd U, struct msghdr *msg U, int flags U) { return -ENOSYS; }
static int no_ppoll(S, struct pollfd *fds U, size_t n U, const struct timespec *timeout U, const sigset_t *mask U) { return -ENOSYS; }
static int no_mount(S, const char *source U, const char *target U, const char *type U, unsigned long flags U, const char *data U) { return -ENOSYS; }
static int no_umount2(S, const char *target U, int flags U) { return -ENOSYS; }
static int no_pivot_root(S, const char *new_root U, const char *put_old U) { return -ENOSYS; }
static int no_open_tree(S, int dirfd U, const char *path U, unsigned flags U) { return -ENOSYS; }
static int no_move_mount(S, int from_dirfd U, const char *from U, int to_dirfd U, const char *to U, unsigned flags U) { return -ENOSYS; }
static int no_mount_setattr(S, int dirfd U, const char *path U, unsigned flags U, struct mount_attr *attr U, size_t size U) { return -ENOSYS; }
static int no_fsopen(S, const char *type U, unsigned flags U) { return -ENOSYS; }
static int no_fsconfig(S, int fd U, unsigned cmd U, const char *key U, const void *value U, int aux U) { return -ENOSYS; }
static int no_fsmount(S, int fd U, unsigned flags U, unsigned attr_flags U) { return -ENOSYS; }
static pid_t no_spawn(S, const struct sys_spawn *args U, int *ret_pidfd U) { return -ENOSYS; }
static int no_execve(S, const char *path U, char *const argv[] U, char *const envp[] U) { return -ENOSYS; }
static int no_execveat(S, int dirfd U, const char *path U, char *const argv[] U, char *const envp[] U, int flags U) { return -ENOSYS; }
static int no_waitid(S, int idtype U, id_t id U, siginfo_t *info U, int options U) { return -ENOSYS; }
static int no_kill(S, pid_t pid U, int sig U) { return -ENOSYS; }
static int no_pidfd_open(S, pid_t pid U, unsigned flags U) { return -ENOSYS; }
static int no_pidfd_send_signal(S, int pidfd U, int sig U, unsigned flags U) { return -ENOSYS; }
static pid_t no_getpid(S) { return -ENOSYS; }
static pid_t no_getppid(S) { return -ENOSYS; }
static uid_t no_geteuid(S) { return 0; }
static gid_t no_getegid(S) { return 0; }
static pid_t no_setsid(S) { return -ENOSYS; }
static int no_prctl(S, int option U, unsigned long a2 U, unsigned long a3 U, unsigned long a4 U, unsigned long a5 U) { return -ENOSYS; }
static int no_unshare(S, uint64_t flags U) { return -ENOSYS; }
static int no_setns(S, int fd U, int nstype U) { return -ENOSYS; }
static int no_pidfd_getfd(S, int pidfd U, int fd U, unsigned flags U) { return -ENOSYS; }
static int no_seccomp(S, unsigned operation U, unsigned flags U, void *args U) { return -ENOSYS; }
static int no_seccomp_compile(S, const struct sys_seccomp *profile U, struct sock_filter **ret_code U, size_t *ret_n U, struct sys_seccomp_refused *refused) { *refused = (struct sys_seccomp_refused){NULL, NULL}; return -ENOSYS; }
static int no_setresuid(S, uid_t r U, uid_t e U, uid_t s U) { return -ENOSYS; }
static int no_setresgid(S, gid_t r U, gid_t e U, gid_t s U) { return -ENOSYS; }
static int no_setgroups(S, size_t n U, const gid_t *groups U) { return -ENOSYS; }
static int no_capget(S, struct __user_cap_header_struct *h U, struct __user_cap_data_struct *d U) { return -ENOSYS; }
static int no_capset(S, struct __user_cap_header_struct *h U, const struct __user_cap_data_struct *d U) { return -ENOSYS; }
static int no_prlimit64(S, pid_t pid U, int resource U, const struct rlimit *new_limit U, struct rlimit *old_limit U) { return -ENOSYS; }
static int no_sethostname(S, const char *name U, size_t len U) { return -ENOSYS; }
static int no_setdomainname(S, const char *name U, size_t len U) { return -ENOSYS; }
static int no_setpriority(S, int which U, id_t who U, int prio U) { return -ENOSYS; }
static int no_personality(S, unsigned long persona U) { return -ENOSYS; }
static long no_keyctl(S, int op U, unsigned long a2 U, unsigned long a3 U, unsigned long a4 U, unsigned long a5 U) { return -ENOSYS; }
static int no_rt_sigprocmask(S, int how U, const sigset_t *set U, sigset_t *old U) { return -ENOSYS; }
static int no_rt_sigaction(S, int sig U, const struct sigaction *act U, struct sigaction *old U) { return -ENOSYS; }
static int no_signalfd4(S, int fd U, const sigset_t *mask U, int flags U) { return -ENOSYS; }
static int no_clock_gettime(S, clockid_t clock U, struct timespec *ts U) { return -ENOSYS; }
static int no_nanosleep(S, const struct timespec *req U, struct timespec *rem U) { return -ENOSYS; }
static ssize_t no_getrandom(S, void *buf U, size_t n U, unsigned flags U) { return -ENOSYS; }

#define OP(name) .name = no_##name
const struct sys_ops sim_enosys_ops = {
        OP(sendfile), OP(memfd_create), OP(execveat),
        OP(alloc), OP(realloc), OP(free), OP(openat), OP(openat2), OP(mkdirat), OP(mknodat), OP(symlinkat),
        OP(unlinkat), OP(linkat), OP(renameat2), OP(readlinkat), OP(fstatat), OP(faccessat2), OP(fchmodat),
        OP(fchownat), OP(chdir), OP(getcwd), OP(umask), OP(read), OP(write), OP(lseek), OP(close),
        OP(close_range), OP(dup3), OP(fcntl), OP(fstat), OP(fstatfs), OP(fchdir), OP(fchmod), OP(fchown),
        OP(fsync), OP(ftruncate), OP(flock), OP(ioctl), OP(getdents64), OP(pipe2), OP(socketpair),
        OP(socket), OP(bind), OP(connect), OP(sendmsg), OP(recvmsg), OP(ppoll), OP(mount), OP(umount2), OP(pivot_root),
        OP(open_tree), OP(move_mount), OP(mount_setattr), OP(fsopen), OP(fsconfig), OP(fsmount), OP(spawn),
        OP(execve), OP(waitid), OP(kill), OP(pidfd_open), OP(pidfd_send_signal), OP(getpid), OP(getppid),
        OP(geteuid), OP(getegid), OP(setsid), OP(prctl), OP(unshare), OP(setns), OP(pidfd_getfd), OP(seccomp), OP(seccomp_compile), OP(setresuid), OP(setresgid),
        OP(setgroups), OP(capget), OP(capset), OP(prlimit64), OP(sethostname), OP(setdomainname),
        OP(setpriority), OP(personality), OP(keyctl), OP(rt_sigprocmask), OP(rt_sigaction), OP(signalfd4),
        OP(clock_gettime), OP(nanosleep), OP(getrandom),
};
/* clang-format on */
