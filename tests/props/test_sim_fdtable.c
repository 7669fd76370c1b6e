/*
 * The contract of the simulated fd table: random programs of calls, run on it and on the real kernel, give
 * the same answers and leave the same table. The real side runs in a forked child with an empty table.
 */
#include <errno.h>
#include <linux/close_range.h>
#include <linux/openat2.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/sys.h"
#include "props/sim/sim_enosys.h"
#include "props/sim/sim_fdtable.h"

#define PROGRAMS 6000
#define STEPS 60
#define HARD 2048 /* RLIMIT_NOFILE of both; every machine that builds this has more */
#define SCAN 300  /* numbers compared after each program; the programs' own are lower or above HARD */

struct report {
        char failed[1024];
        unsigned long calls, succeeded; /* so that a program of failures only is noticed */
};

static struct report *report;

/* --- the two sides --- */

struct side {
        const struct sys *sys;
        long rc;
        long out[4];     /* what the call filled in */
        char text[4096]; /* names of a directory */
};

struct pair { /* inode numbers differ between the sides: the first use binds them */
        uint64_t real, sim;
};

struct world {
        struct sim_fdtable *t;
        struct side real, sim;
        struct pair inos[SCAN * 2 + STEPS * 2];
        size_t n_inos;
        uint64_t seed;
        char call[160]; /* the current one, for the report */
        char trace[STEPS][160];
        unsigned step;
};

static uint64_t next(struct world *w)
{
        uint64_t z = w->seed += 0x9e3779b97f4a7c15; /* splitmix64 */

        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
        z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
        return z ^ (z >> 31);
}

static unsigned below(struct world *w, unsigned n)
{
        return (unsigned)(next(w) % n);
}

static int pick(struct world *w, const int *values, size_t n)
{
        return values[below(w, (unsigned)n)];
}
#define PICK(w, ...) pick(w, (const int[]){__VA_ARGS__}, sizeof((const int[]){__VA_ARGS__}) / sizeof(int))

/* Mostly numbers that are in use. */
static int some_fd(struct world *w)
{
        if (below(w, 12) == 0)
                return PICK(w, -1, 63, 64, 65, 200, HARD - 1, HARD, 1 << 20, INT32_MAX, INT32_MIN, AT_FDCWD);
        return (int)below(w, 14);
}

__attribute__((format(printf, 2, 3))) static void say(struct world *w, const char *fmt, ...)
{
        va_list ap;

        va_start(ap, fmt);
        vsnprintf(w->call, sizeof(w->call), fmt, ap);
        va_end(ap);
        memcpy(w->trace[w->step], w->call, sizeof(w->call));
}

/* --- calls: each draws its arguments once and runs on both sides --- */

#define BOTH(w, expr)                                            \
        for (int side_ = 0; side_ < 2; side_++) {                \
                struct side *s = side_ ? &(w)->sim : &(w)->real; \
                s->rc = (expr);                                  \
        }

static void call_close(struct world *w)
{
        int fd = some_fd(w);

        say(w, "close(%d)", fd);
        BOTH(w, s->sys->op->close(s->sys, fd));
}

static void call_close_range(struct world *w)
{
        unsigned first = (unsigned)some_fd(w),
                 last = below(w, 4) ? first + below(w, 6) : (unsigned)some_fd(w);
        unsigned flags = (unsigned)PICK(w, 0, 0, CLOSE_RANGE_CLOEXEC, CLOSE_RANGE_CLOEXEC,
                                        CLOSE_RANGE_UNSHARE, CLOSE_RANGE_UNSHARE | CLOSE_RANGE_CLOEXEC, 1, 8);

        if (below(w, 8) == 0)
                last = ~0u;
        say(w, "close_range(%u, %u, %u)", first, last, flags);
        BOTH(w, s->sys->op->close_range(s->sys, first, last, flags));
}

static void call_dup3(struct world *w)
{
        int from = some_fd(w), to = some_fd(w), flags = PICK(w, 0, 0, O_CLOEXEC, O_CLOEXEC, O_NONBLOCK);

        say(w, "dup3(%d, %d, %d)", from, to, flags);
        BOTH(w, s->sys->op->dup3(s->sys, from, to, flags));
}

static void call_fcntl(struct world *w)
{
        int fd = some_fd(w);
        int cmd = PICK(w, F_GETFD, F_GETFD, F_SETFD, F_SETFD, F_GETFL, F_DUPFD, F_DUPFD_CLOEXEC);
        int arg = cmd == F_SETFD ? PICK(w, 0, FD_CLOEXEC, 2, 3) : some_fd(w);

        say(w, "fcntl(%d, %d, %d)", fd, cmd, arg);
        BOTH(w, s->sys->op->fcntl(s->sys, fd, cmd, arg));
}

static void call_pipe2(struct world *w)
{
        int flags = PICK(w, 0, O_CLOEXEC, O_CLOEXEC | O_NONBLOCK, O_NONBLOCK, O_APPEND);

        say(w, "pipe2(%d)", flags);
        BOTH(w, ({
                     int fds[2] = {-7, -7};
                     int r = s->sys->op->pipe2(s->sys, fds, flags);
                     s->out[0] = r == 0 ? fds[0] : 0;
                     s->out[1] = r == 0 ? fds[1] : 0;
                     r;
             }));
}

static void call_socketpair(struct world *w)
{
        int type = PICK(w, SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET) |
                   PICK(w, 0, SOCK_CLOEXEC, SOCK_NONBLOCK, SOCK_CLOEXEC | SOCK_NONBLOCK);

        say(w, "socketpair(%d)", type);
        BOTH(w, ({
                     int fds[2] = {-7, -7};
                     int r = s->sys->op->socketpair(s->sys, AF_UNIX, type, 0, fds);
                     s->out[0] = r == 0 ? fds[0] : 0;
                     s->out[1] = r == 0 ? fds[1] : 0;
                     r;
             }));
}

static void call_socket(struct world *w)
{
        int type = PICK(w, SOCK_STREAM, SOCK_STREAM, SOCK_DGRAM, 99, 1 << 20) | PICK(w, 0, SOCK_CLOEXEC);

        say(w, "socket(%d)", type);
        BOTH(w, s->sys->op->socket(s->sys, AF_UNIX, type, 0));
}

static void call_open(struct world *w)
{
        static const char *const paths[] = {
                "/dev/null",        "/proc", "/proc/self/fd", "self/fd", "/absent-of-course",
                "absent-of-course", ""};
        const char *path = paths[below(w, sizeof(paths) / sizeof(*paths))];
        int dirfd = below(w, 3) ? some_fd(w) : AT_FDCWD;
        int flags =
                PICK(w, O_RDONLY, O_RDWR, O_WRONLY, O_PATH, O_RDONLY | O_DIRECTORY, O_PATH | O_DIRECTORY) |
                PICK(w, 0, O_CLOEXEC, O_CLOEXEC | O_NOFOLLOW);

        if (below(w, 3)) {
                say(w, "openat(%d, \"%s\", 0%o)", dirfd, path, (unsigned)flags);
                BOTH(w, s->sys->op->openat(s->sys, dirfd, path, flags, 0));
                return;
        }
        struct open_how how = {.flags = (uint64_t)flags,
                               .resolve = (uint64_t)PICK(w, 0, RESOLVE_BENEATH,
                                                         RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS,
                                                         RESOLVE_NO_MAGICLINKS, 1 << 20)};
        if (path[0] != '/') /* whether a mount lies on the way to an absolute path is this machine's affair */
                how.resolve |= (uint64_t)PICK(w, 0, RESOLVE_NO_XDEV);
        say(w, "openat2(%d, \"%s\", 0%o, %llu)", dirfd, path, (unsigned)flags,
            (unsigned long long)how.resolve);
        BOTH(w, s->sys->op->openat2(s->sys, dirfd, path, &how));
}

static void call_fstat(struct world *w)
{
        int fd = some_fd(w);

        say(w, "fstat(%d)", fd);
        BOTH(w, ({
                     struct stat st;
                     int r = s->sys->op->fstat(s->sys, fd, &st);
                     s->out[0] = r == 0 ? st.st_mode & S_IFMT : 0;
                     r;
             }));
}

static void call_fstatfs(struct world *w)
{
        int fd = some_fd(w);
        struct stat st;

        /* what /dev lies on is this machine's affair */
        if (w->sim.sys->op->fstat(w->sim.sys, fd, &st) == 0 && S_ISCHR(st.st_mode))
                fd = -1;
        say(w, "fstatfs(%d)", fd);
        BOTH(w, ({
                     struct statfs fs;
                     int r = s->sys->op->fstatfs(s->sys, fd, &fs);
                     s->out[0] = r == 0 ? (long)fs.f_type : 0;
                     r;
             }));
}

static void call_lseek(struct world *w)
{
        int fd = some_fd(w), whence = PICK(w, SEEK_SET, SEEK_SET, SEEK_CUR, 17);
        struct stat st;

        /* where a directory's end is depends on the allocated size of the kernel's table */
        if (whence == SEEK_CUR && w->sim.sys->op->fstat(w->sim.sys, fd, &st) == 0 && S_ISDIR(st.st_mode))
                whence = SEEK_SET;
        say(w, "lseek(%d, 0, %d)", fd, whence);
        BOTH(w, (long)s->sys->op->lseek(s->sys, fd, 0, whence));
}

static void list_names(const char *buf, long n, char *text, size_t size)
{
        size_t len = 0;

        text[0] = '\0';
        for (long at = 0; at < n;) {
                uint16_t reclen;
                memcpy(&reclen, buf + at + 16, sizeof(reclen));
                len += (size_t)snprintf(text + len, size - len, "%s/%d ", buf + at + 19, buf[at + 18]);
                at += reclen;
        }
}

static void call_getdents64(struct world *w)
{
        int fd = some_fd(w);
        size_t size = (size_t)PICK(w, 4096, 100, 60, 24, 10, 0);
        struct stat st;

        /* the entries of /proc itself are not simulated */
        if (w->sim.sys->op->fstat(w->sim.sys, fd, &st) == 0 && S_ISDIR(st.st_mode) && st.st_ino == 1)
                fd = -1;
        say(w, "getdents64(%d, %zu)", fd, size);
        BOTH(w, ({
                     _Alignas(8) char buf[4096];
                     long r = s->sys->op->getdents64(s->sys, fd, buf, size);
                     list_names(buf, r, s->text, sizeof(s->text));
                     r;
             }));
}

static void call_prlimit64(struct world *w)
{
        bool set = below(w, 2);
        struct rlimit rl = {(rlim_t)PICK(w, 0, 2, 5, 8, 12, 64, 64, HARD), HARD};

        if (set && below(w, 6) == 0)
                rl.rlim_cur = HARD + 1;
        say(w, "prlimit64(%ld)", set ? (long)rl.rlim_cur : -1);
        BOTH(w, ({
                     struct rlimit old = {0, 0};
                     int r = s->sys->op->prlimit64(s->sys, 0, RLIMIT_NOFILE, set ? &rl : NULL, &old);
                     s->out[0] = (long)old.rlim_cur;
                     s->out[1] = (long)old.rlim_max;
                     r;
             }));
}

static void (*const calls[])(struct world *) = {
        call_close, call_close_range, call_dup3,    call_fcntl,      call_fcntl,
        call_pipe2, call_socketpair,  call_socket,  call_open,       call_open,
        call_fstat, call_lseek,       call_fstatfs, call_getdents64, call_prlimit64,
};

/* --- comparison --- */

_Noreturn static void differ(struct world *w, unsigned program, const char *what)
{
        int n = snprintf(
                report->failed, sizeof(report->failed),
                "program %u: %s: kernel %ld (%ld %ld %.100s), simulated %ld (%ld %ld %.100s); before:",
                program, what, w->real.rc, w->real.out[0], w->real.out[1], w->real.text, w->sim.rc,
                w->sim.out[0], w->sim.out[1], w->sim.text);

        for (unsigned i = w->step > 10 ? w->step - 10 : 0; i < w->step && n < (int)sizeof(report->failed);
             i++)
                n += snprintf(report->failed + n, sizeof(report->failed) - (size_t)n, " %s", w->trace[i]);
        _exit(1);
}

static bool same_ino(struct world *w, const struct stat *real, const struct stat *sim)
{
        /* procfs makes directory inodes anew when it likes; /dev/null is one inode on both sides */
        if (S_ISDIR(real->st_mode))
                return true;
        for (size_t i = 0; i < w->n_inos; i++)
                if (w->inos[i].real == real->st_ino || w->inos[i].sim == sim->st_ino)
                        return w->inos[i].real == real->st_ino && w->inos[i].sim == sim->st_ino;
        w->inos[w->n_inos++] = (struct pair){real->st_ino, sim->st_ino};
        return true;
}

static void compare_tables(struct world *w, unsigned program)
{
        w->n_inos = 0;
        for (int fd = 0; fd < SCAN; fd++) {
                struct stat st[2];
                snprintf(w->call, sizeof(w->call), "fd %d afterwards", fd);
                BOTH(w, s->sys->op->fcntl(s->sys, fd, F_GETFD, 0));
                if (w->real.rc != w->sim.rc)
                        differ(w, program, w->call);
                if (w->real.rc < 0)
                        continue;
                BOTH(w, s->sys->op->fstat(s->sys, fd, &st[side_]));
                if (w->real.rc != 0 || w->sim.rc != 0 || !same_ino(w, &st[0], &st[1]))
                        differ(w, program, w->call);
        }
}

static void run_program(struct world *w, unsigned program)
{
        static const struct sim_fd_options options = {.soft = 64, .hard = HARD};
        struct rlimit rl = {64, HARD};

        syscall(SYS_close_range, 0, ~0u, 0);
        setrlimit(RLIMIT_NOFILE, &rl);
        w->t = sim_fdtable_new(&options);
        if (!w->t)
                _exit(2);
        w->sim.sys = sim_fdtable_sys(w->t);
        w->real.sys = sys_linux();
        w->seed = program;
        for (w->step = 0; w->step < STEPS; w->step++) {
                memset(w->real.out, 0, sizeof(w->real.out));
                memset(w->sim.out, 0, sizeof(w->sim.out));
                w->real.text[0] = w->sim.text[0] = '\0';
                calls[below(w, sizeof(calls) / sizeof(*calls))](w);
                if (w->real.rc != w->sim.rc || memcmp(w->real.out, w->sim.out, sizeof(w->sim.out)) != 0 ||
                    strcmp(w->real.text, w->sim.text) != 0)
                        differ(w, program, w->call);
                report->calls++;
                report->succeeded += w->real.rc >= 0;
        }
        compare_tables(w, program);
        sim_fdtable_free(w->t);
}

static void sim_fdtable__random_programs__answers_what_linux_answers(void **state)
{
        int status;
        pid_t pid;

        (void)state;
        report = mmap(NULL, sizeof(*report), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        assert_true(report != MAP_FAILED);
        if (access("/proc/self/fd", R_OK) < 0) {
                print_message("skip: no /proc to compare with\n");
                skip();
        }
        pid = fork();
        assert_true(pid >= 0);
        if (pid == 0) {
                static struct world w;
                /* Once as large as it ever gets, so that the end of a directory listing is never before a new fd. */
                struct rlimit rl = {HARD, HARD};
                if (setrlimit(RLIMIT_NOFILE, &rl) < 0 || fcntl(open("/dev/null", O_RDONLY), F_DUPFD, HARD - 1) < 0)
                        _exit(3);
                for (unsigned i = 0; i < PROGRAMS; i++)
                        run_program(&w, i);
                _exit(0);
        }
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_string_equal(report->failed, "");
        assert_int_equal(status, 0);
        assert_int_equal(report->calls, (unsigned long)PROGRAMS * STEPS);
        assert_true(report->succeeded * 100 / report->calls >= 25);
        print_message("%lu calls, %lu succeeded\n", report->calls, report->succeeded);
}

/* --- what the kernel can't be asked --- */

static void sim_table__every_operation__is_there(void **state)
{
        const char *p = (const char *)&sim_enosys_ops;

        (void)state;
        for (size_t i = 0; i < sizeof(sim_enosys_ops); i += sizeof(void *)) {
                void *op;
                memcpy(&op, p + i, sizeof(op));
                assert_non_null(op);
        }
        struct sim_fdtable *t = sim_fdtable_new(NULL);
        const struct sys *sys = sim_fdtable_sys(t);
        assert_int_equal(sys->op->mount(sys, "", "", "", 0, ""), -ENOSYS);
        sim_fdtable_free(t);
        sim_fdtable_free(NULL);
}

static void sim_table__fd_near_a_million__cheap_and_found(void **state)
{
        struct sim_fdtable *t = sim_fdtable_new(NULL);
        const struct sys *sys = sim_fdtable_sys(t);

        (void)state;
        sim_fdtable_install(t, (int)SIM_FD_MAX - 1, false);
        sim_fdtable_install(t, 5000, true);
        assert_int_equal(sim_fdtable_next(t, 0), 5000);
        assert_int_equal(sim_fdtable_next(t, 5001), SIM_FD_MAX - 1);
        assert_int_equal(sys->op->socket(sys, AF_UNIX, SOCK_STREAM, 0), 0);
        sim_fdtable_exec(t);
        assert_int_equal(sim_fdtable_next(t, 1), SIM_FD_MAX - 1);
        assert_int_equal(sys->op->close(sys, (int)SIM_FD_MAX - 1), 0);
        assert_int_equal(sim_fdtable_next(t, 1), -1);
        sim_fdtable_free(t);
}

static void sim_fault__each_kind__fires_as_planted(void **state)
{
        struct sim_fdtable *t = sim_fdtable_new(NULL);
        const struct sys *sys = sim_fdtable_sys(t);
        const struct sim_fd_fault *f;

        (void)state;
        for (int fd = 0; fd < 6; fd++)
                sim_fdtable_install(t, fd, false);
        f = sim_fdtable_fault(t, (struct sim_fd_fault){SIM_OP_CLOSE, -1, 1, 1, EIO, true, 0, 0});
        sim_fdtable_fault(t, (struct sim_fd_fault){SIM_OP_CLOSE, 3, 0, 2, EPERM, false, 0, 0});
        assert_int_equal(sys->op->close(sys, 0), 0);
        assert_int_equal(sys->op->close(sys, 1), -EIO); /* and did */
        assert_int_equal(sim_fdtable_object(t, 1), 0);
        assert_int_equal(f->fired, 1);
        assert_int_equal(sys->op->close(sys, 3), -EPERM);
        assert_int_equal(sys->op->close(sys, 2), 0);
        assert_int_equal(sys->op->close(sys, 3), -EPERM);
        assert_int_not_equal(sim_fdtable_object(t, 3), 0);
        assert_int_equal(sys->op->close(sys, 3), 0);
        assert_int_equal(sim_fdtable_calls(t, SIM_OP_CLOSE), 6);
        sim_fdtable_clear_faults(t);
        assert_int_equal(sys->op->close(sys, 4), 0);
        sim_fdtable_free(t);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(sim_table__every_operation__is_there),
                cmocka_unit_test(sim_table__fd_near_a_million__cheap_and_found),
                cmocka_unit_test(sim_fault__each_kind__fires_as_planted),
                cmocka_unit_test(sim_fdtable__random_programs__answers_what_linux_answers),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
