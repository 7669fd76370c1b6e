/*
 * usage: floor BUNDLE NAME
 * A container by hand, the floor that runtimes are compared with: does what the bundle of bench_run asks for,
 * the config of `labrun spec` without resources, and nothing else, one thing after the other with the fewest system calls
 * that do it. In this order: a cgroup of that name; a process born in it and in new pid, network, ipc, uts and mount
 * namespaces; its own session; the root file system with the seven mounts, default devices and links; loopback up; host name;
 * pivot_root; masked and read-only paths, the root read-only; the rlimit, capabilities, ids, groups, umask,
 * no_new_privileges; every fd but 0 to 2 closed; execve. Then it waits, removes the cgroup and exits with the payload's status.
 *
 * What a runtime does besides is not in here: it parses nothing, keeps no state that another command could read, holds no lock,
 * does not protect its executable or itself, checks nothing that an attack would need (no path is looked up inside the
 * rootfs), reports no error of the container to anybody but stderr.
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/sched.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#define CAPS (1u << CAP_AUDIT_WRITE | 1u << CAP_KILL | 1u << CAP_NET_BIND_SERVICE)

static _Noreturn void die(const char *what)
{
        fprintf(stderr, "floor: %s: %s\n", what, strerror(errno));
        _exit(125);
}

static void must(long r, const char *what)
{
        if (r < 0)
                die(what);
}

static void make_mounts(void)
{
        static const struct {
                const char *at, *type, *data;
                unsigned long flags;
                mode_t mode;
        } m[] = {
                {"proc", "proc", NULL, 0, 0555},
                {"dev", "tmpfs", "mode=755,size=65536k", MS_NOSUID | MS_STRICTATIME, 0755},
                {"dev/pts", "devpts", "newinstance,ptmxmode=0666,mode=0620,gid=5", MS_NOSUID | MS_NOEXEC,
                 0755},
                {"dev/shm", "tmpfs", "mode=1777,size=65536k", MS_NOSUID | MS_NOEXEC | MS_NODEV, 0755},
                {"dev/mqueue", "mqueue", NULL, MS_NOSUID | MS_NOEXEC | MS_NODEV, 0755},
                {"sys", "sysfs", NULL, MS_NOSUID | MS_NOEXEC | MS_NODEV | MS_RDONLY, 0555},
        };

        for (size_t i = 0; i < sizeof m / sizeof *m; i++) {
                if (mkdir(m[i].at, m[i].mode) < 0 && errno != EEXIST)
                        die(m[i].at);
                must(mount(m[i].type, m[i].at, m[i].type, m[i].flags, m[i].data), m[i].at);
        }
}

static void make_devices(void)
{
        static const struct {
                const char *at;
                unsigned major, minor;
        } d[] = {{"dev/null", 1, 3},   {"dev/zero", 1, 5},    {"dev/full", 1, 7},
                 {"dev/random", 1, 8}, {"dev/urandom", 1, 9}, {"dev/tty", 5, 0}};
        static const char *const links[][2] = {{"/proc/self/fd", "dev/fd"},
                                               {"/proc/self/fd/0", "dev/stdin"},
                                               {"/proc/self/fd/1", "dev/stdout"},
                                               {"/proc/self/fd/2", "dev/stderr"},
                                               {"pts/ptmx", "dev/ptmx"}};

        for (size_t i = 0; i < sizeof d / sizeof *d; i++)
                must(mknod(d[i].at, S_IFCHR | 0666, makedev(d[i].major, d[i].minor)), d[i].at);
        for (size_t i = 0; i < sizeof links / sizeof *links; i++)
                must(symlink(links[i][0], links[i][1]), links[i][1]);
}

static void mask(void)
{
        static const char *const hidden[] = {"/proc/acpi",        "/proc/asound",        "/proc/kcore",
                                             "/proc/keys",        "/proc/latency_stats", "/proc/timer_list",
                                             "/proc/timer_stats", "/proc/sched_debug",   "/sys/firmware",
                                             "/proc/scsi"};
        static const char *const readonly[] = {"/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys",
                                               "/proc/sysrq-trigger"};
        struct stat st;

        for (size_t i = 0; i < sizeof readonly / sizeof *readonly; i++) {
                if (mount(readonly[i], readonly[i], NULL, MS_BIND | MS_REC, NULL) < 0) {
                        if (errno == ENOENT)
                                continue;
                        die(readonly[i]);
                }
                must(mount(NULL, readonly[i], NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL), readonly[i]);
        }
        for (size_t i = 0; i < sizeof hidden / sizeof *hidden; i++) {
                if (stat(hidden[i], &st) < 0)
                        continue;
                must(S_ISDIR(st.st_mode) ? mount("tmpfs", hidden[i], "tmpfs", MS_RDONLY, NULL)
                                         : mount("/dev/null", hidden[i], NULL, MS_BIND, NULL),
                     hidden[i]);
        }
}

static void loopback_up(void)
{
        struct ifreq ifr = {.ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING};
        int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

        must(fd, "socket");
        must(ioctl(fd, SIOCSIFFLAGS, &ifr), "lo");
        close(fd);
}

/* Numbers up to the kernel's last one, which answers EINVAL to the next. */
static void bound(void)
{
        for (int cap = 0;; cap++) {
                if (cap < 32 && CAPS >> cap & 1)
                        continue;
                if (prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) < 0) {
                        if (errno != EINVAL)
                                die("bounding set");
                        return;
                }
        }
}

static void drop(void)
{
        struct rlimit nofile = {1024, 1024};
        struct __user_cap_header_struct h = {.version = _LINUX_CAPABILITY_VERSION_3};
        struct __user_cap_data_struct d[2] = {{.effective = CAPS, .permitted = CAPS}};

        must(setrlimit(RLIMIT_NOFILE, &nofile), "RLIMIT_NOFILE");
        bound();
        must(setgroups(0, NULL), "setgroups");
        must(setresgid(0, 0, 0), "setresgid");
        must(setresuid(0, 0, 0), "setresuid");
        umask(022);
        must(syscall(SYS_capset, &h, d), "capset");
        must(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "no_new_privs");
}

static _Noreturn void payload(const char *bundle, const char *cgroup)
{
        static char *const argv[] = {"/bin/true", NULL};
        static char *const envp[] = {"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
                                     "TERM=xterm", "HOME=/", NULL};

        must(chdir(bundle), bundle);
        must(setsid(), "setsid");
        must(mount(NULL, "/", NULL, MS_SLAVE | MS_REC, NULL), "propagation");
        must(mount("rootfs", "rootfs", NULL, MS_BIND | MS_REC, NULL), "rootfs");
        must(chdir("rootfs"), "rootfs");
        make_mounts();
        must(mount(cgroup, "sys/fs/cgroup", NULL, MS_BIND, NULL), "cgroup");
        must(mount(NULL, "sys/fs/cgroup", NULL,
                   MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL),
             "cgroup");
        make_devices();
        loopback_up();
        must(sethostname("labrun", 6), "hostname");
        must(syscall(SYS_pivot_root, ".", "."), "pivot_root");
        must(umount2(".", MNT_DETACH), "umount");
        must(chdir("/"), "/");
        mask();
        must(mount(NULL, "/", NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL), "read-only");
        drop();
        must(syscall(SYS_close_range, 3u, ~0u, 0u), "close_range");
        execve(argv[0], argv, envp);
        die("execve");
}

int main(int argc, char **argv)
{
        struct clone_args ca = {.flags = CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS |
                                         CLONE_NEWNS | CLONE_INTO_CGROUP,
                                .exit_signal = SIGCHLD};
        char cgroup[256];
        int dir, status;

        if (argc != 3)
                return 125;
        umask(0);
        snprintf(cgroup, sizeof cgroup, "/sys/fs/cgroup/%s", argv[2]);
        must(mkdir(cgroup, 0755), cgroup);
        dir = open(cgroup, O_PATH | O_DIRECTORY | O_CLOEXEC);
        must(dir, cgroup);
        ca.cgroup = (uint64_t)dir;
        long pid = syscall(SYS_clone3, &ca, sizeof ca);
        must(pid, "clone3");
        if (pid == 0)
                payload(argv[1], cgroup);
        must(waitpid((pid_t)pid, &status, 0), "waitpid");
        while (rmdir(cgroup) < 0) /* the dead process leaves it a moment later */
                if (errno != EBUSY)
                        die(cgroup);
        return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
