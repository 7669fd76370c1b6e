/*
 * usage: bench_seccomp CONFIG [ROUNDS]
 * What a filter costs before it is loaded: making the program of CONFIG's linux.seccomp, for the native
 * architecture alone and for all that it lists, beside reading CONFIG itself. Interleaved; what counts is the
 * ratio. Exit status: 0, 2 could not run.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "core/base/err.h"
#include "core/config/config.h"
#include "core/container/seccomp.h"
#include "core/sys.h"

#define ROUNDS_DEFAULT 100
#define ROUNDS_MAX 10000

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

static char *read_file(const char *path, size_t *ret_len)
{
        FILE *f = fopen(path, "re");
        size_t size = 1 << 20;
        char *text = malloc(size);

        if (!f || !text) {
                perror(path);
                exit(2);
        }
        *ret_len = fread(text, 1, size, f);
        fclose(f);
        return text;
}

static void must(int r, const struct err *err)
{
        if (r == 0)
                return;
        fprintf(stderr, "bench_seccomp: %s: %s: %s\n", err->step, err->place, err->msg);
        exit(2);
}

static void make(struct config *config, struct seccomp_filter *ret)
{
        struct err err = ERR_INIT;

        must(seccomp_filter_make(sys_linux(), config, NULL, NULL, ret, &err), &err);
}

int main(int argc, char **argv)
{
        static double us[3][ROUNDS_MAX];
        static const char *const what[] = {"reading config.json", "one architecture", "all of the profile's"};
        int rounds = argc > 2 ? atoi(argv[2]) : ROUNDS_DEFAULT;
        size_t len, length[3] = {0};
        struct err err = ERR_INIT;

        if (argc < 2 || argc > 3 || rounds < 1 || rounds > ROUNDS_MAX) {
                fprintf(stderr, "usage: bench_seccomp CONFIG [ROUNDS], 1 to %d\n", ROUNDS_MAX);
                return 2;
        }
        char *text = read_file(argv[1], &len);
        for (int i = 0; i < rounds; i++) {
                struct config *config;
                double begin = now_us();
                must(config_parse(sys_linux(), text, len, &config, &err), &err);
                must(config_validate(config, &err), &err);
                us[0][i] = now_us() - begin;
                size_t archs = config->linux_.seccomp.architectures.n;
                for (int all = 0; all < 2; all++) {
                        struct seccomp_filter filter = SECCOMP_FILTER_INIT;
                        config->linux_.seccomp.architectures.n = all ? archs : 0;
                        begin = now_us();
                        make(config, &filter);
                        us[1 + all][i] = now_us() - begin;
                        length[1 + all] = filter.n;
                        seccomp_filter_free(&filter);
                }
                config_free(sys_linux(), config);
        }
        printf("a seccomp filter from %s: %d rounds\n", argv[1], rounds);
        printf("%-24s  %10s %8s %12s\n", "", "median us", "ratio", "instructions");
        for (int w = 0; w < 3; w++) {
                qsort(us[w], (size_t)rounds, sizeof(us[w][0]), compare);
                printf("%-24s  %10.0f %8.2f", what[w], us[w][rounds / 2],
                       us[w][rounds / 2] / us[0][rounds / 2]);
                if (length[w])
                        printf(" %12zu", length[w]);
                printf("\n");
        }
        free(text);
        return 0;
}
