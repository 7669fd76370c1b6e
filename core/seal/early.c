/*
 * Before the C library: labrun's entry point, which executes labrun again from a read-only mount that is in no
 * namespace, as way_bind.c does. Nothing is decided here. The second labrun asks the kernel as it asks of any seal that it
 * inherits (verdict.c), and one that finds itself not sealed seals itself. Whatever is unusual here, or fails, leaves the
 * fds as they were and goes on to the C library's start.
 *
 * Why: the first labrun does nothing else, and a static C library's start costs more than all that: some 60 CPUID
 * instructions, each an exit to the hypervisor in a virtual machine, and its page faults. Measured: 0.25 ms of a `run` of 4.
 *
 * Nothing of the C library may be used: no function of it (its memcpy is chosen by relocations that were not made yet), no
 * errno, no stack protector, whose canary is not there yet. That is why this file, besides sys_linux.c, makes system
 * calls itself; it is part of labrun, not of the library, and of nothing that is simulated or fuzzed.
 */
#include <fcntl.h>
#include <linux/magic.h>
#include <linux/mount.h>
#include <linux/openat2.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>

#include "core/seal/early.h"
#include "core/seal/mark.h"

/* Neither canaries, nor loops that the compiler makes a memcpy of. */
#ifdef __clang__
#define EARLY __attribute__((no_stack_protector, no_builtin))
#else
#define EARLY __attribute__((no_stack_protector, optimize("no-tree-loop-distribute-patterns")))
#endif
#define ENV_MAX 1024 /* words; a longer environment is left to seal.c */
#define PROC_ROOT_INO 1

/* The kernel enters with the words of argc, argv, envp on the stack, and a function for atexit(3) in rdx. */
__asm__(".globl labrun_early\n"
        ".type labrun_early, @function\n"
        "labrun_early:\n"
        "        endbr64\n"
        "        xor %ebp, %ebp\n"
        "        mov %rsp, %rbx\n"
        "        mov %rdx, %r12\n"
        "        mov %rsp, %rdi\n"
        "        and $-16, %rsp\n"
        "        call seal_early\n"
        "        mov %rbx, %rsp\n"
        "        mov %r12, %rdx\n"
        "        jmp _start\n"
        ".size labrun_early, . - labrun_early\n");

EARLY static long call(long number, long a, long b, long c, long d, long e)
{
        register long r10 __asm__("r10") = d;
        register long r8 __asm__("r8") = e;
        long r;

        __asm__ volatile("syscall"
                         : "=a"(r)
                         : "0"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8)
                         : "rcx", "r11", "memory");
        return r;
}

EARLY static bool begins(const char *text, const char *with)
{
        while (*with && *text == *with)
                text++, with++;
        return !*with;
}

EARLY static bool is(const char *text, const char *word)
{
        while (*word && *text == *word)
                text++, word++;
        return !*word && !*text;
}

EARLY static void close_fd(long fd)
{
        if (fd >= 0)
                (void)call(SYS_close, fd, 0, 0, 0, 0);
}

/* In all likelihood: an operand of another command may read the same, which costs it a little time. */
EARLY static bool is_command_that_seals(const char *word)
{
        static const char commands[][8] = {SEAL_EARLY_COMMANDS};

        for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
                if (is(word, commands[i]))
                        return true;
        return false;
}

/* "--exeseal" of another way than this one, which is seal.c's. next: the word after it, or NULL. */
EARLY static bool is_other_way(const char *word, const char *next)
{
        static const char option[] = "--exeseal";
        const char *way = word[sizeof(option) - 1] == '=' ? word + sizeof(option) : next;

        return !way || !(is(way, "auto") || is(way, "bind"));
}

/* An environment with a mark is seal.c's, too: that of the second labrun, or a forged one. */
EARLY static bool is_wanted(char *const argv[], char *const envp[], size_t *ret_env)
{
        bool seals = false;
        size_t n;

        for (size_t i = 1; argv[0] && argv[i]; i++) {
                if (begins(argv[i], "--exeseal") && is_other_way(argv[i], argv[i + 1]))
                        return false;
                seals = seals || is_command_that_seals(argv[i]);
        }
        for (n = 0; envp[n]; n++)
                if (n >= ENV_MAX || begins(envp[n], SEAL_MARK_NAME))
                        return false;
        *ret_env = n;
        return seals;
}

/* As procfs_open_mounted: procfs, and its root. */
EARLY static long open_proc(void)
{
        struct statfs fs;
        struct stat st;
        long fd = call(SYS_openat, AT_FDCWD, (long)"/proc", O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0, 0);

        if (fd < 0)
                return fd;
        if (call(SYS_fstatfs, fd, (long)&fs, 0, 0, 0) == 0 && fs.f_type == PROC_SUPER_MAGIC &&
            call(SYS_fstat, fd, (long)&st, 0, 0, 0) == 0 && st.st_ino == PROC_ROOT_INO)
                return fd;
        close_fd(fd);
        return -1;
}

/*
 * What runs now; -1 if it is at the root of its mount, sealed perhaps. As in facts.c the link must not have been
 * mounted over.
 */
EARLY static long open_exe(long proc)
{
        static const struct open_how how = {.flags = O_PATH | O_NOFOLLOW | O_CLOEXEC,
                                            .resolve = RESOLVE_BENEATH | RESOLVE_NO_XDEV};
        char text[2];
        long link = call(SYS_openat2, proc, (long)"self/exe", (long)&how, sizeof(how), 0), n;

        if (link < 0)
                return link;
        n = call(SYS_readlinkat, link, (long)"", (long)text, sizeof(text), 0);
        close_fd(link);
        return n < 2 ? -1 : call(SYS_openat, proc, (long)"self/exe", O_PATH | O_CLOEXEC, 0, 0);
}

/* "self/fd/N" */
EARLY static void name_fd(char path[32], long fd)
{
        static const char prefix[] = "self/fd/";
        size_t len = 0, digits = 1;

        for (; prefix[len]; len++)
                path[len] = prefix[len];
        for (long rest = fd; rest >= 10; rest /= 10)
                digits++;
        path[len + digits] = '\0';
        for (; digits > 0; fd /= 10)
                path[len + --digits] = (char)('0' + fd % 10);
}

/* way_bind.c. The fd of the tree is closed here, its last copy: that is what makes it a mount that nobody can change. */
EARLY static long open_read_only(long proc, long exe)
{
        struct mount_attr attr;
        char path[32];
        long tree = call(SYS_open_tree, exe, (long)"", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH, 0, 0), fd = -1;

        if (tree < 0)
                return tree;
        attr.attr_set = MOUNT_ATTR_RDONLY;
        attr.attr_clr = attr.propagation = attr.userns_fd = 0;
        if (call(SYS_mount_setattr, tree, (long)"", AT_EMPTY_PATH, (long)&attr, sizeof(attr)) == 0) {
                name_fd(path, tree);
                fd = call(SYS_openat, proc, (long)path, O_PATH | O_CLOEXEC, 0, 0);
        }
        close_fd(tree);
        return fd;
}

/*
 * With a word more in the environment, by which the second labrun knows that it need not come here again, whatever its
 * /proc/self/exe reads. It is no mark that seal.c trusts: none is 0's.
 */
EARLY static void execute(long fd, char *const argv[], char *const envp[], size_t n)
{
        const char *env[ENV_MAX + 2];

        for (size_t i = 0; i < n; i++)
                env[i] = envp[i];
        env[n] = SEAL_MARK_NAME "0";
        env[n + 1] = NULL;
        (void)call(SYS_execveat, fd, (long)"", (long)argv, (long)env, AT_EMPTY_PATH);
}

EARLY void seal_early(char *const words[])
{
        size_t argc = (size_t)words[0], n_env;
        char *const *argv = words + 1, *const *envp = argv + argc + 1;
        long proc, exe = -1, fd = -1;

        if (!is_wanted(argv, envp, &n_env))
                return;
        proc = open_proc();
        if (proc >= 0)
                exe = open_exe(proc);
        if (exe >= 0)
                fd = open_read_only(proc, exe);
        if (fd >= 0)
                execute(fd, argv, envp, n_env);
        close_fd(fd);
        close_fd(exe);
        close_fd(proc);
}
