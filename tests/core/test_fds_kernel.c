/*
 * core/fds on the real kernel: a forked child arranges its fd table, takes the inventory, opens fds as a
 * runtime does, closes for exec, and executes an observer. What the child and the observer saw is compared
 * with what was open at entry, by the identity of each open file.
 */
#include <errno.h>
#include <limits.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/base/err.h"
#include "core/fds/fds.h"
#include "core/sys.h"

#define MAX_FD 16384 /* below the hard RLIMIT_NOFILE of every machine that builds this */
#define NO_FD (-1)

enum blocked { RANGE_WORKS, RANGE_EPERM, RANGE_ENOSYS, RANGE_EINVAL };

struct scene {
        unsigned stdio;    /* bit i: fd i is open at entry */
        unsigned preserve; /* N */
        unsigned gap;      /* every gap-th of the preserved is closed at entry; 0: none */
        unsigned internals;
        bool internals_cloexec;
        unsigned error_at; /* the error channel is made after so many internals; UINT_MAX: there is none */
        int stray;         /* a leaked fd of the caller's at this number, NO_FD */
        rlim_t lower_to;   /* soft RLIMIT_NOFILE before the closing, the hard one to 64; 0: as they are */
        enum blocked blocked;
        bool no_procfs;          /* at the closing */
        bool no_procfs_at_entry; /* too */
        int refuse_close;        /* a filter answers EPERM for close of this fd; 0: none */
};

/* Shared by the test and its child. */
struct report {
        char failed[256]; /* "" when all is well */
        int rc;           /* of fds_close_for_exec */
        struct err err;
        struct {
                bool open;
                dev_t dev;
                ino_t ino;
        } entry[3 + LIMIT_PRESERVE_FDS];
};

static struct report *report;

__attribute__((noreturn, format(printf, 2, 3))) static void child_fail(int line, const char *fmt, ...)
{
        int n = snprintf(report->failed, sizeof(report->failed), "line %d: ", line);
        va_list ap;

        va_start(ap, fmt);
        vsnprintf(report->failed + n, sizeof(report->failed) - (size_t)n, fmt, ap);
        va_end(ap);
        _exit(1);
}

#define CHECK(c, ...) ((c) ? (void)0 : child_fail(__LINE__, __VA_ARGS__))

static void open_at(int number, int flags)
{
        int fd = memfd_create("entry", flags);

        CHECK(fd >= 0, "memfd: %d", errno);
        if (fd == number)
                return;
        CHECK(dup3(fd, number, flags ? O_CLOEXEC : 0) == number, "dup3 to %d: %d", number, errno);
        close(fd);
}

static void arrange_entry(const struct scene *s)
{
        CHECK(syscall(SYS_close_range, 0, ~0u, 0) == 0, "close all: %d", errno);
        /* From the top: open_at's first number is the lowest free, which must stay free when it is a hole. */
        if (s->stray != NO_FD)
                open_at(s->stray, 0);
        for (int fd = 2 + (int)s->preserve; fd >= 0; fd--) {
                bool open = fd < 3 ? s->stdio >> fd & 1 : !s->gap || (unsigned)(fd - 2) % s->gap != 0;
                struct stat st;
                report->entry[fd].open = open;
                if (!open)
                        continue;
                open_at(fd, 0);
                CHECK(fstat(fd, &st) == 0, "fstat %d", fd);
                report->entry[fd].dev = st.st_dev;
                report->entry[fd].ino = st.st_ino;
        }
}

static void check_plugs(const struct scene *s)
{
        for (int fd = 0; fd < 3 + (int)s->preserve; fd++) {
                char c = 0;
                CHECK(fcntl(fd, F_GETFD) >= 0, "fd %d is not plugged", fd);
                if (report->entry[fd].open)
                        continue;
                CHECK(fcntl(fd, F_GETFD) == FD_CLOEXEC, "plug %d is not CLOEXEC", fd);
                CHECK(read(fd, &c, 1) < 0, "plug %d can be read", fd);
                CHECK(write(fd, &c, 1) < 0, "plug %d can be written", fd); /* SIGPIPE: it kills us */
        }
}

static void drop_procfs(void)
{
        CHECK(unshare(CLONE_NEWNS) == 0, "unshare: %d", errno);
        CHECK(mount("", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0, "private: %d", errno);
        CHECK(umount2("/proc", MNT_DETACH) == 0, "umount: %d", errno);
}

static void filter(const struct sock_filter *code, size_t n)
{
        struct sock_fprog prog = {(unsigned short)n, (struct sock_filter *)(uintptr_t)code};

        CHECK(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0, "nnp: %d", errno);
        CHECK(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog) == 0, "filter: %d", errno);
}

static void block_close_range(int errnum)
{
        const struct sock_filter code[] = {
                BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
                BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_close_range, 0, 1),
                BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (unsigned)errnum),
                BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
        };

        filter(code, sizeof(code) / sizeof(*code));
        CHECK(syscall(SYS_close_range, 1u << 30, 1u << 30, 0) < 0 && errno == errnum, "not blocked");
}

static void block_close_of(int fd)
{
        const struct sock_filter code[] = {
                BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
                BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_close, 0, 3),
                BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[0])), /* low half: LE */
                BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)fd, 0, 1),
                BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
                BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
        };

        filter(code, sizeof(code) / sizeof(*code));
}

static void obstruct(const struct scene *s)
{
        static const int errnum[] = {0, EPERM, ENOSYS, EINVAL};

        if (s->lower_to) {
                struct rlimit rl = {s->lower_to, 64};
                CHECK(setrlimit(RLIMIT_NOFILE, &rl) == 0, "setrlimit: %d", errno);
        }
        if (s->no_procfs && !s->no_procfs_at_entry)
                drop_procfs();
        if (s->blocked != RANGE_WORKS)
                block_close_range(errnum[s->blocked]);
        if (s->refuse_close)
                block_close_of(s->refuse_close);
}

/* Opens what a runtime opens; returns the error channel. */
static int open_internals(const struct scene *s)
{
        int error_fd = NO_FD;

        for (unsigned i = 0; i <= s->internals; i++) {
                int sv[2];
                if (i == s->error_at) {
                        CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sv) == 0, "socketpair");
                        CHECK(close(sv[0]) == 0, "close");
                        error_fd = sv[1];
                }
                if (i < s->internals)
                        CHECK(memfd_create("internal", s->internals_cloexec ? MFD_CLOEXEC : 0) >=
                                      3 + (int)s->preserve,
                              "an internal fd got one of the payload's numbers");
        }
        return error_fd;
}

static void check_table(const struct scene *s, int error_fd)
{
        for (int fd = 0; fd < MAX_FD; fd++) {
                bool want = fd == error_fd || (fd < 3 + (int)s->preserve && report->entry[fd].open);
                int flags = fcntl(fd, F_GETFD);
                struct stat st;
                CHECK((flags >= 0) == want, "fd %d is %s", fd, want ? "closed" : "open");
                if (!want)
                        continue;
                CHECK(flags == (fd == error_fd ? FD_CLOEXEC : 0), "fd %d has flags %d", fd, flags);
                if (fd == error_fd)
                        continue;
                CHECK(fstat(fd, &st) == 0 && st.st_ino == report->entry[fd].ino &&
                              st.st_dev == report->entry[fd].dev,
                      "fd %d is another file", fd);
        }
}

static void child(const struct scene *s, const char *out)
{
        const struct sys *sys = sys_linux();
        struct fds_inventory inv;
        int error_fd;

        arrange_entry(s);
        if (s->no_procfs_at_entry)
                drop_procfs();
        CHECK(fds_inventory_take(sys, s->preserve, &inv, &report->err) == 0, "inventory: %s",
              report->err.msg);
        check_plugs(s);
        error_fd = open_internals(s);
        obstruct(s);
        report->rc = fds_close_for_exec(sys, &inv, error_fd, &report->err);
        if (s->refuse_close)
                _exit(0);
        CHECK(report->rc == 0, "close: %s", report->err.msg);
        check_table(s, error_fd);
        execl(FDS_OBSERVER, FDS_OBSERVER, out, (char *)NULL);
        CHECK(false, "execve: %d", errno);
}

static void check_observation(const struct scene *s, int out)
{
        unsigned long fd, dev, ino, expected = 0, seen = 0;
        FILE *f = fdopen(dup(out), "r");

        assert_non_null(f);
        for (unsigned i = 0; i < 3 + s->preserve; i++)
                expected += report->entry[i].open;
        while (fscanf(f, "%lu %lu %lu\n", &fd, &dev, &ino) == 3) {
                assert_true(fd < 3 + s->preserve);
                assert_true(report->entry[fd].open);
                assert_int_equal(ino, report->entry[fd].ino);
                assert_int_equal(dev, report->entry[fd].dev);
                seen++;
        }
        fclose(f);
        assert_int_equal(seen, expected);
}

static void play(const struct scene *s)
{
        char out[] = "fds_kernel.XXXXXX";
        int fd = mkstemp(out), status;
        pid_t pid;

        assert_true(fd >= 0);
        memset(report, 0, sizeof(*report));
        pid = fork();
        assert_true(pid >= 0);
        if (pid == 0)
                child(s, out);
        assert_int_equal(waitpid(pid, &status, 0), pid);
        unlink(out);
        if (report->failed[0])
                print_error("%s\n", report->failed);
        assert_int_equal(status, 0);
        if (!s->refuse_close)
                check_observation(s, fd);
        close(fd);
}

/* The ways of closing, the ones first that need no privilege. */
static const struct {
        enum blocked blocked;
        bool no_procfs;
} ways[] = {
        {RANGE_WORKS, false},  {RANGE_EPERM, false}, {RANGE_ENOSYS, false},
        {RANGE_EINVAL, false}, {RANGE_EPERM, true},
};

static void play_every_way(struct scene s)
{
        for (size_t i = 0; i < sizeof(ways) / sizeof(*ways); i++) {
                if (ways[i].no_procfs && geteuid() != 0)
                        continue; /* close_for_exec__no_procfs__... is the named skip of this */
                s.blocked = ways[i].blocked;
                s.no_procfs = ways[i].no_procfs;
                play(&s);
        }
}

static void close_for_exec__each_stdio_combination__exact(void **state)
{
        (void)state;
        for (unsigned stdio = 0; stdio < 8; stdio++)
                play_every_way((struct scene){.stdio = stdio,
                                              .preserve = stdio & 1,
                                              .internals = 3,
                                              .error_at = 1,
                                              .stray = NO_FD});
}

static void close_for_exec__preserved_with_gaps__exact(void **state)
{
        (void)state;
        for (unsigned gap = 0; gap < 4; gap++)
                play_every_way((struct scene){.stdio = 5,
                                              .preserve = 9,
                                              .gap = gap,
                                              .internals = 4,
                                              .internals_cloexec = true,
                                              .error_at = 0,
                                              .stray = 40});
}

static void close_for_exec__no_error_channel__exact(void **state)
{
        (void)state;
        play_every_way((struct scene){.stdio = 7, .internals = 2, .error_at = UINT_MAX, .stray = NO_FD});
}

/* Numbers up to `fd` are used: the soft limit of a login is often 1024, so setup raises it to the hard one. */
static void needs_fd(rlim_t fd)
{
        struct rlimit rl;

        assert_int_equal(getrlimit(RLIMIT_NOFILE, &rl), 0);
        if (rl.rlim_cur <= fd) {
                print_message("skip: needs a hard RLIMIT_NOFILE above %lu\n", (unsigned long)fd);
                skip();
        }
}

static void close_for_exec__thousand_fds__exact(void **state)
{
        (void)state;
        needs_fd(5000);
        play_every_way((struct scene){
                .stdio = 7, .preserve = 700, .gap = 3, .internals = 700, .error_at = 699, .stray = 5000});
        /* more entries than one buffer of getdents holds, all of them to be closed */
        play_every_way((struct scene){.stdio = 7, .internals = 1000, .error_at = 500, .stray = 1500});
}

static void close_for_exec__rlimit_lowered_below_open_fds__exact(void **state)
{
        (void)state;
        needs_fd(9000);
        /* 3: not even the walk can open its directory */
        for (rlim_t to = 3; to <= 64; to += 61)
                play_every_way((struct scene){.stdio = 7,
                                              .preserve = 2,
                                              .internals = 80,
                                              .error_at = 70,
                                              .stray = 9000,
                                              .lower_to = to});
}

static void close_for_exec__no_procfs__closes_by_number(void **state)
{
        (void)state;
        if (geteuid() != 0) {
                print_message("skip: needs root (a mount namespace without /proc)\n");
                skip();
        }
        needs_fd(12000);
        play(&(struct scene){.stdio = 0,
                             .preserve = 3,
                             .gap = 2,
                             .internals = 9,
                             .error_at = 9,
                             .stray = 12000,
                             .blocked = RANGE_EPERM,
                             .no_procfs = true,
                             .lower_to = 16});
        play(&(struct scene){.stdio = 2,
                             .internals = 9,
                             .error_at = 3,
                             .stray = 12000,
                             .blocked = RANGE_EPERM,
                             .no_procfs = true,
                             .no_procfs_at_entry = true,
                             .lower_to = 16});
}

static void close_for_exec__close_refused_by_filter__error_names_the_fd(void **state)
{
        (void)state;
        /* 3 and 4 are preserved, 5, 6, 8, 9, 10 are internal, 7 is the error channel, the walk's own fd is 12
         */
        static const struct {
                int fd;
                rlim_t lower_to; /* 3: no walk, by number */
                const char *place;
        } cases[] = {{9, 0, "fd 9"}, {9, 3, "fd 9"}, {12, 0, "fd 12"}};

        for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
                play(&(struct scene){.stdio = 7,
                                     .preserve = 2,
                                     .internals = 5,
                                     .error_at = 1,
                                     .stray = NO_FD,
                                     .blocked = RANGE_EPERM,
                                     .refuse_close = cases[i].fd,
                                     .lower_to = cases[i].lower_to});
                assert_int_equal(report->rc, -EPERM);
                assert_int_equal(report->err.errnum, EPERM);
                assert_string_equal(report->err.place, cases[i].place);
        }
}

static int take_with_limit(rlim_t limit, unsigned preserve)
{
        int status;
        pid_t pid = fork();

        assert_true(pid >= 0);
        if (pid == 0) {
                struct fds_inventory inv;
                memset(&inv, 0x5a, sizeof(inv));
                arrange_entry(&(struct scene){.stdio = 5, .stray = NO_FD});
                struct rlimit rl = {limit, limit};
                CHECK(setrlimit(RLIMIT_NOFILE, &rl) == 0, "setrlimit");
                report->rc = fds_inventory_take(sys_linux(), preserve, &inv, &report->err);
                CHECK(report->rc == 0 || inv.preserve == 0x5a5a5a5a, "output touched on error");
                for (int fd = 0; fd < MAX_FD; fd++)
                        CHECK((fcntl(fd, F_GETFD) >= 0) ==
                                      (fd == 0 || fd == 2 || (report->rc == 0 && fd < 3 + (int)preserve)),
                              "fd %d is wrong", fd);
                _exit(0);
        }
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_string_equal(report->failed, "");
        assert_int_equal(status, 0);
        return report->rc;
}

static void inventory_take__limit_reached__emfile_and_plugs_undone(void **state)
{
        (void)state;
        memset(report, 0, sizeof(*report));
        assert_int_equal(take_with_limit(8, 5), 0);
        assert_int_equal(take_with_limit(7, 5), -EMFILE);
        assert_int_equal(report->err.errnum, EMFILE);
        assert_int_equal(take_with_limit(1, 0), -EMFILE);
}

static void inventory_take__too_many__e2big(void **state)
{
        struct fds_inventory inv;
        struct err e = ERR_INIT;

        (void)state;
        assert_int_equal(fds_inventory_take(sys_linux(), LIMIT_PRESERVE_FDS + 1, &inv, &e), -E2BIG);
        assert_int_equal(e.errnum, E2BIG);
}

static void close_for_exec__bad_error_channel__refused_and_nothing_closed(void **state)
{
        struct fds_inventory inv = {.preserve = 2, .entry_end = 5, .open_at_entry = {1, 1, 1}};
        struct err e = ERR_INIT;

        (void)state;
        assert_int_equal(fds_close_for_exec(sys_linux(), &inv, 4, &e), -EINVAL);
        assert_int_equal(fds_close_for_exec(sys_linux(), &inv, MAX_FD, &e), -EBADF);
        assert_true(fcntl(1, F_GETFD) >= 0);
}

static int setup(void **state)
{
        struct rlimit rl;

        (void)state;
        report = mmap(NULL, sizeof(*report), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        if (getrlimit(RLIMIT_NOFILE, &rl) < 0)
                return -1;
        rl.rlim_cur = rl.rlim_max;
        if (setrlimit(RLIMIT_NOFILE, &rl) < 0)
                return -1;
        return report == MAP_FAILED ? -1 : 0;
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(close_for_exec__each_stdio_combination__exact),
                cmocka_unit_test(close_for_exec__preserved_with_gaps__exact),
                cmocka_unit_test(close_for_exec__no_error_channel__exact),
                cmocka_unit_test(close_for_exec__thousand_fds__exact),
                cmocka_unit_test(close_for_exec__rlimit_lowered_below_open_fds__exact),
                cmocka_unit_test(close_for_exec__no_procfs__closes_by_number),
                cmocka_unit_test(close_for_exec__close_refused_by_filter__error_names_the_fd),
                cmocka_unit_test(inventory_take__limit_reached__emfile_and_plugs_undone),
                cmocka_unit_test(inventory_take__too_many__e2big),
                cmocka_unit_test(close_for_exec__bad_error_channel__refused_and_nothing_closed),
        };

        return cmocka_run_group_tests(tests, setup, NULL);
}
