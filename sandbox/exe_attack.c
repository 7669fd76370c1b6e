#include "sandbox/exe_attack.h"

#include <fcntl.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *link_of(int fd)
{
        static char path[40];

        snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
        return path;
}

static bool read_only(int fd)
{
        struct statfs fs;

        return fstatfs(fd, &fs) < 0 || fs.f_flags & ST_RDONLY;
}

/* What the file begins with is written again: that changes nothing, and can't be done without write access.
 */
static bool can_write(int fd)
{
        int out = open(link_of(fd), O_WRONLY | O_CLOEXEC);
        bool done = out >= 0 && pwrite(out, "\177ELF", 4, 0) == 4;

        if (out >= 0)
                close(out);
        return done;
}

/* To its own size everything may be truncated, a sealed memfd too: one byte more, and back. */
static bool can_truncate(int fd)
{
        struct stat st;

        return fstat(fd, &st) == 0 && truncate(link_of(fd), st.st_size + 1) == 0 &&
               truncate(link_of(fd), st.st_size) == 0;
}

static bool clear_flag(int fd)
{
        struct mount_attr attr = {.attr_clr = MOUNT_ATTR_RDONLY};

        return syscall(SYS_mount_setattr, fd, "", AT_EMPTY_PATH, &attr, sizeof(attr)) == 0;
}

static bool by_setattr(int fd)
{
        return clear_flag(fd) && !read_only(fd);
}

static bool by_tree(int fd)
{
        int tree = (int)syscall(SYS_open_tree, fd, "", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH);
        bool done = tree >= 0 && (by_setattr(tree) || can_write(tree));

        if (tree >= 0)
                close(tree);
        return done;
}

static bool by_remount(int fd)
{
        return (mount(NULL, link_of(fd), NULL, MS_REMOUNT | MS_BIND, NULL) == 0 ||
                mount(NULL, link_of(fd), NULL, MS_REMOUNT, NULL) == 0) &&
               !read_only(fd);
}

/* What was mounted on target, made writable if it is not, and taken away again. */
static bool writable_there(const char *target)
{
        (void)mount(NULL, target, NULL, MS_REMOUNT | MS_BIND, NULL);
        int fd = open(target, O_PATH | O_CLOEXEC);
        bool done = fd >= 0 && !read_only(fd);

        if (fd >= 0)
                close(fd);
        umount2(target, MNT_DETACH);
        return done;
}

static bool by_bind(int fd, const char *target)
{
        return mount(link_of(fd), target, NULL, MS_BIND, NULL) == 0 && writable_there(target);
}

static bool by_move(int fd, const char *target)
{
        return syscall(SYS_move_mount, fd, "", AT_FDCWD, target, MOVE_MOUNT_F_EMPTY_PATH) == 0 &&
               writable_there(target);
}

static bool by_pick(int fd)
{
        int fs = (int)syscall(SYS_fspick, fd, "", FSPICK_EMPTY_PATH | FSPICK_CLOEXEC);
        bool done = fs >= 0 && syscall(SYS_fsconfig, fs, FSCONFIG_SET_FLAG, "rw", NULL, 0) == 0 &&
                    syscall(SYS_fsconfig, fs, FSCONFIG_CMD_RECONFIGURE, NULL, NULL, 0) == 0 && !read_only(fd);

        if (fs >= 0)
                close(fs);
        return done;
}

static bool by_emptying(int fd)
{
        int out = open(link_of(fd), O_WRONLY | O_TRUNC | O_CLOEXEC);
        struct stat st;

        if (out < 0)
                return false;
        close(out);
        return fstat(fd, &st) == 0 && st.st_size == 0;
}

unsigned exe_attack(int fd, const char *target, int may_destroy)
{
        unsigned done = 0;

        /* a mount that is writable, as it is where nothing is sealed, has no flag to be taken off */
        bool flag = read_only(fd);
        done |= (unsigned)(flag && by_setattr(fd)) << EXE_ATTACK_SETATTR;
        done |= (unsigned)(flag && by_remount(fd)) << EXE_ATTACK_REMOUNT;
        done |= (unsigned)(flag && by_pick(fd)) << EXE_ATTACK_PICK;
        done |= (unsigned)by_tree(fd) << EXE_ATTACK_TREE;
        done |= (unsigned)by_bind(fd, target) << EXE_ATTACK_BIND;
        done |= (unsigned)can_write(fd) << EXE_ATTACK_OPEN;
        done |= (unsigned)can_truncate(fd) << EXE_ATTACK_TRUNCATE;
        done |= (unsigned)by_move(fd, target) << EXE_ATTACK_MOVE;
        if (may_destroy)
                done |= (unsigned)by_emptying(fd) << EXE_ATTACK_EMPTY;
        return done;
}

static void write_map(const char *path, const char *text)
{
        int fd = open(path, O_WRONLY | O_CLOEXEC);

        if (fd >= 0) {
                if (write(fd, text, strlen(text)) <
                    0) /* then the namespace has no root, and the attack fails */
                        text = NULL;
                close(fd);
        }
}

static bool enter_userns(void)
{
        unsigned uid = geteuid(), gid = getegid();
        char map[32];

        if (unshare(CLONE_NEWUSER | CLONE_NEWNS) < 0)
                return false;
        write_map("/proc/self/setgroups", "deny");
        snprintf(map, sizeof(map), "0 %u 1", uid);
        write_map("/proc/self/uid_map", map);
        snprintf(map, sizeof(map), "0 %u 1", gid);
        write_map("/proc/self/gid_map", map);
        return setresuid(0, 0, 0) == 0;
}

unsigned exe_attack_in_userns(int fd, const char *target, int may_destroy, int *ret_refused)
{
        unsigned done = 0;
        int answer[2], entered = 0;
        pid_t pid;

        if (pipe2(answer, O_CLOEXEC) < 0)
                return 0;
        pid = fork();
        if (pid == 0) {
                if (!enter_userns())
                        _exit(1);
                done = exe_attack(fd, target, may_destroy);
                _exit(write(answer[1], &done, sizeof(done)) < 0);
        }
        close(answer[1]);
        if (pid > 0) {
                entered = read(answer[0], &done, sizeof(done)) == sizeof(done);
                waitpid(pid, NULL, 0);
        }
        close(answer[0]);
        if (ret_refused)
                *ret_refused = !entered;
        return entered ? done : 0;
}

const char *exe_attack_name(enum exe_attack_way way)
{
        static const char *const name[EXE_ATTACK__COUNT] = {
                [EXE_ATTACK_OPEN] = "open",       [EXE_ATTACK_TRUNCATE] = "truncate",
                [EXE_ATTACK_SETATTR] = "setattr", [EXE_ATTACK_TREE] = "tree",
                [EXE_ATTACK_REMOUNT] = "remount", [EXE_ATTACK_BIND] = "bind",
                [EXE_ATTACK_MOVE] = "move",       [EXE_ATTACK_PICK] = "pick",
                [EXE_ATTACK_EMPTY] = "empty",
        };

        return name[way];
}
