/*
 * usage: bench_run LABRUN FLOOR [ROUNDS]
 * `run` of /bin/true from one bundle (labrun spec's config without resources) by labrun, crun, runc and the
 * floor, interleaved, all in one private mount namespace where cgroup2 is the only hierarchy. Prints medians
 * and ratios. Exit status: 0, also when a ratio is worse than it should be (that is for the reader), 2 if it
 * could not run.
 */
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MAX_ROUNDS 1000
#define BUSYBOX "/bin/busybox"

extern char **environ;

struct runner {
        const char *name, *program;
        double ms[MAX_ROUNDS];
        int n;
};

static char dir[] = "/tmp/initlab-bench-XXXXXX";

static _Noreturn void die(const char *what)
{
        fprintf(stderr, "bench_run: %s: %s\n", what, strerror(errno));
        exit(2);
}

static void remove_dir(void)
{
        if (chdir("/") == 0)
                umount2(dir, MNT_DETACH);
        rmdir(dir);
}

/* What is mounted and made here goes with the namespace. */
static void make_surroundings(void)
{
        if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_PRIVATE | MS_REC, NULL) < 0)
                die("mount namespace");
        while (umount2("/sys/fs/cgroup", MNT_DETACH) == 0)
                ;
        if (mount("cgroup2", "/sys/fs/cgroup", "cgroup2", 0, NULL) < 0)
                die("cgroup2");
        if (!mkdtemp(dir))
                die(dir);
        atexit(remove_dir);
        if (mount("tmpfs", dir, "tmpfs", 0, NULL) < 0 || chdir(dir) < 0)
                die(dir);
        if (mount("tmpfs", "/run", "tmpfs", 0, NULL) <
            0) /* where states are kept, as on every machine with systemd */
                die("/run");
}

static int run(char *const argv[])
{
        pid_t pid;
        int status, r = posix_spawnp(&pid, argv[0], NULL, NULL, argv, environ);

        if (r != 0) {
                errno = r;
                return -1;
        }
        while (waitpid(pid, &status, 0) < 0)
                if (errno != EINTR)
                        die("waitpid");
        return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static void make_bundle(const char *labrun)
{
        char *const spec[] = {(char *)labrun, "spec", NULL}, *const copy[] = {"cp", BUSYBOX,
                                                                              "rootfs/bin/true", NULL};
        json_t *config, *args = json_pack("[s]", "/bin/true"), *none = json_object();
        json_t *version = json_string("1.0.2"); /* crun 1.8 knows none that is newer */

        if (mkdir("rootfs", 0755) < 0 || mkdir("rootfs/bin", 0755) < 0 || run(copy) != 0)
                die(BUSYBOX);
        if (run(spec) != 0)
                die("labrun spec");
        config = json_load_file("config.json", 0, NULL);
        if (!config || json_object_set_new(config, "ociVersion", version) < 0 ||
            json_object_set_new(json_object_get(config, "process"), "args", args) < 0 ||
            json_object_set_new(json_object_get(config, "linux"), "resources", none) < 0 ||
            json_dump_file(config, "config.json", JSON_INDENT(1)) < 0)
                die("config.json");
        json_decref(config);
}

static double now_ms(void)
{
        struct timespec t;

        clock_gettime(CLOCK_MONOTONIC, &t);
        return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static void measure(struct runner *r, int round)
{
        char id[64];
        char *const runtime[] = {(char *)r->program, "run", "--bundle", dir, id, NULL};
        char *const floor[] = {(char *)r->program, dir, id, NULL};
        double begin;
        int rc;

        snprintf(id, sizeof id, "bench-%d-%s-%d", getpid(), r->name, round);
        begin = now_ms();
        rc = run(strcmp(r->name, "floor") == 0 ? floor : runtime);
        r->ms[r->n++] = now_ms() - begin;
        if (rc != 0) {
                fprintf(stderr, "bench_run: %s ended with %d\n", r->name, rc);
                exit(2);
        }
}

static int by_value(const void *a, const void *b)
{
        double x = *(const double *)a, y = *(const double *)b;

        return (x > y) - (x < y);
}

static double median(struct runner *r)
{
        qsort(r->ms, (size_t)r->n, sizeof *r->ms, by_value);
        return r->n % 2 ? r->ms[r->n / 2] : (r->ms[r->n / 2 - 1] + r->ms[r->n / 2]) / 2;
}

static bool on_path(const char *name)
{
        const char *path = getenv("PATH");
        char file[4096];

        for (const char *p = path; p && *p; p += strcspn(p, ":"), p += *p == ':') {
                snprintf(file, sizeof file, "%.*s/%s", (int)strcspn(p, ":"), p, name);
                if (access(file, X_OK) == 0)
                        return true;
        }
        return false;
}

int main(int argc, char **argv)
{
        static struct runner r[4];
        int n = 2, rounds = argc > 3 ? atoi(argv[3]) : 200;

        if (argc < 3 || rounds < 1 || rounds > MAX_ROUNDS) {
                fprintf(stderr, "usage: bench_run LABRUN FLOOR [ROUNDS], 1 to %d\n", MAX_ROUNDS);
                return 2;
        }
        if (geteuid() != 0) {
                printf("run: skip: needs root\n");
                return 0;
        }
        r[0] = (struct runner){.name = "floor", .program = realpath(argv[2], NULL)};
        r[1] = (struct runner){.name = "labrun", .program = realpath(argv[1], NULL)};
        if (!r[0].program || !r[1].program)
                die(argv[r[0].program ? 1 : 2]);
        for (int i = 0; i < 2; i++) {
                static const char *const peers[] = {"crun", "runc"};
                if (on_path(peers[i]))
                        r[n++] = (struct runner){.name = peers[i], .program = peers[i]};
                else
                        printf("run: skip: no %s\n", peers[i]);
        }
        make_surroundings();
        make_bundle(r[1].program);
        for (int i = 0; i < n; i++) /* caches, lazily made cgroups */
                measure(&r[i], -1), r[i].n = 0;
        for (int round = 0; round < rounds; round++)
                for (int i = 0; i < n; i++) /* nobody is always the first after the same neighbour */
                        measure(&r[(i + round) % n], round);
        double floor = median(&r[0]);
        printf("run of /bin/true, labrun spec's config without resources, %d rounds, interleaved\n", rounds);
        for (int i = 0; i < n; i++) {
                double m = median(&r[i]);
                printf("  %-8s %8.2f ms median %8.2f ms least   %5.2f x floor\n", r[i].name, m, r[i].ms[0],
                       m / floor);
        }
        for (int i = 2; i < n; i++)
                printf("  labrun / %s: %.2f\n", r[i].name, median(&r[1]) / median(&r[i]));
        return 0;
}
