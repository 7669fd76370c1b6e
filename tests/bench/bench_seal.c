/*
 * usage: bench_seal [ROUNDS]
 * What sealing the runtime's executable costs: from fork to the exit of the sealed program, by each way that
 * core/seal has, and without any. The program that is sealed is this one, grown to the size that a static C
 * or Go runtime has. Ways are interleaved, so that whatever else the machine does hits all alike; what counts
 * is the ratio. Exit status: 0, 2 could not run.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "core/base/err.h"
#include "core/seal/ways.h"
#include "core/sys.h"

#define ROUNDS_DEFAULT 100
#define ROUNDS_MAX 10000

static const struct size {
        const char *name;
        off_t bytes;
} sizes[] = {{"1.5 MB", 1500000}, {"12 MB", 12000000}};
#define N_SIZES (sizeof(sizes) / sizeof(sizes[0]))

static double now_us(void)
{
        struct timespec ts;

        clock_gettime(CLOCK_MONOTONIC, &ts);
        return (double)ts.tv_sec * 1e6 + (double)ts.tv_nsec / 1e3;
}

static int compare(const void *a, const void *b)
{
        double x = *(const double *)a, y = *(const double *)b;

        return (x > y) - (x < y);
}

static double median(double *values, int n)
{
        qsort(values, (size_t)n, sizeof(*values), compare);
        return n % 2 ? values[n / 2] : (values[n / 2 - 1] + values[n / 2]) / 2;
}

/* core's memfd is filled by sendfile; what copy_file_range would do in its place. */
static ssize_t copy_file_range_op(const struct sys *sys, int out, int in, off_t *offset, size_t n)
{
        ssize_t r = copy_file_range(in, offset, out, NULL, n, 0);

        (void)sys;
        return r < 0 ? -errno : r;
}

static ssize_t no_sendfile(const struct sys *sys, int out, int in, off_t *offset, size_t n)
{
        (void)sys, (void)out, (void)in, (void)offset, (void)n;
        return -ENOSYS;
}

typedef int way_fn(const struct seal_source *src, int *ret_fd, struct err *err);

static int unsealed(const struct seal_source *src, int *ret_fd, struct err *err)
{
        (void)err;
        *ret_fd = dup(src->exe_fd);
        return *ret_fd < 0 ? -errno : 0;
}

static const struct way {
        const char *name;
        way_fn *make;
        ssize_t (*sendfile)(const struct sys *, int, int, off_t *, size_t); /* NULL: the real one */
} ways[] = {
        {"none", unsealed, NULL},
        {"read-only bind", seal_by_bind, NULL},
        {"overlay", seal_by_overlay, NULL},
        {"memfd, sendfile", seal_by_memfd, NULL},
        {"memfd, copy_file_range", seal_by_memfd, copy_file_range_op},
        {"memfd, read and write", seal_by_memfd, no_sendfile},
};
#define N_WAYS (sizeof(ways) / sizeof(ways[0]))

/* In the child: seals and executes. Returns the errno's number as an exit status if it can't. */
static int seal_and_exec(const struct way *way)
{
        struct sys_ops ops = *sys_linux()->op;
        struct sys sys = {&ops, NULL};
        char link[4096] = "", *argv[] = {"sealed", "exit", NULL}, *env[] = {NULL};
        struct seal_source src = {.sys = &sys, .link = link};
        struct err err = ERR_INIT;
        int fd = -1, r;

        if (way->sendfile)
                ops.sendfile = way->sendfile;
        if (readlink("/proc/self/exe", link, sizeof(link) - 1) < 0)
                return errno;
        src.proc_fd = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
        src.exe_fd = open("/proc/self/exe", O_PATH | O_CLOEXEC);
        r = way->make(&src, &fd, &err);
        if (r < 0)
                return -r;
        execveat(fd, "", argv, env, AT_EMPTY_PATH);
        return errno;
}

static int once(const struct way *way, double *ret_us)
{
        double begin = now_us();
        int status;
        pid_t pid = fork();

        if (pid == 0)
                _exit(seal_and_exec(way));
        if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
                return EIO;
        *ret_us = now_us() - begin;
        return WEXITSTATUS(status);
}

/* The measurements of one size; this process is of that size. Lines for the parent: WAY's index, errno,
 * median. */
static int measure(int rounds)
{
        static double us[N_WAYS][ROUNDS_MAX];
        int failed[N_WAYS] = {0};

        for (int i = 0; i < rounds; i++)
                for (size_t w = 0; w < N_WAYS; w++)
                        if (!failed[w])
                                failed[w] = once(&ways[w], &us[w][i]);
        for (size_t w = 0; w < N_WAYS; w++)
                printf("%zu %d %f\n", w, failed[w], failed[w] ? 0 : median(us[w], rounds));
        return 0;
}

/* A copy of this program, with as many bytes behind it as it lacks. */
static bool make_program(const char *path, off_t bytes)
{
        int in = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
        int out = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0755);
        char buf[65536] = "";
        ssize_t n = -1;
        off_t at = 0;

        while (in >= 0 && out >= 0 && (n = read(in, buf, sizeof(buf))) > 0 && write(out, buf, (size_t)n) == n)
                at += n;
        /* no hole: a hole would not be read from anywhere, and not take part in copying */
        while (n == 0 && at < bytes) {
                size_t more = bytes - at < (off_t)sizeof(buf) ? (size_t)(bytes - at) : sizeof(buf);
                if (write(out, buf, more) != (ssize_t)more)
                        n = -1;
                at += (off_t)more;
        }
        if (in >= 0)
                close(in);
        if (out >= 0 && close(out) < 0)
                n = -1;
        return n == 0;
}

struct answer {
        int failed;
        double us;
};

static bool run_size(const char *dir, const struct size *size, int rounds, struct answer answers[N_WAYS])
{
        char path[256], command[512];
        size_t w, n = 0;
        struct answer a;

        snprintf(path, sizeof(path), "%s/program", dir);
        snprintf(command, sizeof(command), "%s measure %d", path, rounds);
        FILE *f = make_program(path, size->bytes) ? popen(command, "re") : NULL;
        while (f && fscanf(f, "%zu %d %lf", &w, &a.failed, &a.us) == 3 && w < N_WAYS) {
                answers[w] = a;
                n++;
        }
        return f && pclose(f) == 0 && unlink(path) == 0 && n == N_WAYS;
}

static void print(struct answer answers[N_SIZES][N_WAYS])
{
        printf("%-24s", "");
        for (size_t s = 0; s < N_SIZES; s++)
                printf("  %10s %8s", sizes[s].name, "");
        printf("\n%-24s", "sealed by");
        for (size_t s = 0; s < N_SIZES; s++)
                printf("  %10s %8s", "median us", "ratio");
        printf("\n");
        for (size_t w = 0; w < N_WAYS; w++) {
                printf("%-24s", ways[w].name);
                for (size_t s = 0; s < N_SIZES; s++) {
                        const struct answer *a = &answers[s][w], *none = &answers[s][0];
                        if (a->failed)
                                printf("  %19s", strerrorname_np(a->failed));
                        else
                                printf("  %10.0f %8.2f", a->us, a->us / none->us);
                }
                printf("\n");
        }
}

int main(int argc, char **argv)
{
        struct answer answers[N_SIZES][N_WAYS];
        char dir[] = "/tmp/initlab-bench-XXXXXX";
        bool measuring = argc == 3 && strcmp(argv[1], "measure") == 0;
        int rounds = argc > 1 ? atoi(argv[argc - 1]) : ROUNDS_DEFAULT;

        if (argc == 2 && strcmp(argv[1], "exit") == 0)
                return 0;
        if ((argc > 2 && !measuring) || rounds < 1 || rounds > ROUNDS_MAX) {
                fprintf(stderr, "usage: bench_seal [ROUNDS], 1 to %d\n", ROUNDS_MAX);
                return 2;
        }
        if (measuring)
                return measure(rounds);
        if (!mkdtemp(dir)) {
                perror("bench_seal: /tmp");
                return 2;
        }
        printf("fork, seal, execute, exit: %d rounds, interleaved (an errno's name: that way is refused "
               "here)\n",
               rounds);
        bool ok = true;
        for (size_t s = 0; s < N_SIZES && ok; s++)
                ok = run_size(dir, &sizes[s], rounds, answers[s]);
        if (ok)
                print(answers);
        else
                fprintf(stderr, "bench_seal: could not be measured: %s\n", strerror(errno));
        return rmdir(dir) == 0 && ok ? 0 : 2;
}
