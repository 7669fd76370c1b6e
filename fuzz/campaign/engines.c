/* What is particular to each engine: its arguments, and where it says what it did. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fuzz/campaign/campaign.h"

#define ARGS_MAX 64
#define LOG_MAX (64u << 20)

struct args {
        char *v[ARGS_MAX + 1];
        int n;
        char text[8192]; /* what they point to */
        size_t used;
};

static void arg(struct args *a, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void arg(struct args *a, const char *fmt, ...)
{
        va_list ap;

        va_start(ap, fmt);
        int n = vsnprintf(a->text + a->used, sizeof(a->text) - a->used, fmt, ap);
        va_end(ap);
        if (n < 0 || a->used + (size_t)n >= sizeof(a->text) || a->n >= ARGS_MAX) {
                fprintf(stderr, "initlab fuzz: too many arguments for an engine\n");
                exit(TOOL_UNABLE);
        }
        a->v[a->n++] = a->text + a->used;
        a->used += (size_t)n + 1;
}

/* The lines "name = value" of the section [libfuzzer] in the target's .options become flags. */
static void option_args(struct args *a, const char *program)
{
        char path[PATH_MAX], line[512], name[64], value[256];
        bool ours = false;

        FILE *f = fopen(tool_path(path, "%s.options", program), "re");
        while (f && fgets(line, sizeof(line), f)) {
                if (line[0] == '[')
                        ours = strncmp(line, "[libfuzzer]", 11) == 0;
                else if (ours && line[0] != '#' && sscanf(line, " %63[a-z_] = %255s", name, value) == 2 &&
                         strcmp(name, "dict") != 0) /* ours lies elsewhere */
                        arg(a, "-%s=%s", name, value);
        }
        if (f)
                fclose(f);
}

static bool dictionary(const char *program, char ret_path[PATH_MAX])
{
        return access(tool_path(ret_path, "%s.dict", program), R_OK) == 0;
}

static void libfuzzer_args(struct args *a, const char *program, const char *work, unsigned seconds)
{
        char dict[PATH_MAX];

        arg(a, "%s", program);
        option_args(a, program);
        arg(a, "-max_total_time=%u", seconds);
        arg(a, "-artifact_prefix=%s/out/artifacts/", work);
        arg(a, "-print_final_stats=1");
        arg(a, "-timeout=10");
        arg(a, "-rss_limit_mb=2048");
        arg(a, "-reload=0");
        if (dictionary(program, dict))
                arg(a, "-dict=%s", dict);
        arg(a, "%s/out/corpus", work); /* first: what is new goes there */
        arg(a, "%s/in", work);
}

static void afl_args(struct args *a, const char *program, const char *work, unsigned seconds)
{
        char dict[PATH_MAX];
        static const char *const env[] = {"AFL_I_DONT_CARE_ABOUT_MISSING_CRASHES",
                                          "AFL_SKIP_CPUFREQ",
                                          "AFL_NO_UI",
                                          "AFL_NO_AFFINITY",
                                          "AFL_FAST_CAL",
                                          "AFL_IGNORE_UNKNOWN_ENVS"};

        for (size_t i = 0; i < sizeof(env) / sizeof(*env); i++)
                setenv(env[i], "1", 1);
        setenv("AFL_FORKSRV_INIT_TMOUT", "20000", 1); /* a busy machine */
        arg(a, "afl-fuzz");
        arg(a, "-i");
        arg(a, "%s/in", work);
        arg(a, "-o");
        arg(a, "%s/out", work);
        arg(a, "-V");
        arg(a, "%u", seconds);
        arg(a, "-m");
        arg(a, "none");
        arg(a, "-t");
        arg(a, "1000+"); /* a seed that takes longer is left out */
        if (dictionary(program, dict)) {
                arg(a, "-x");
                arg(a, "%s", dict);
        }
        arg(a, "--");
        arg(a, "%s", program);
}

pid_t engine_begin(const struct campaign *c, struct row *row, const char *work, unsigned seconds, int lock)
{
        char program[PATH_MAX], path[PATH_MAX];
        struct args a = {.n = 0};

        if (!place_program(c->engines, engine_names[row->engine], row->target, program)) {
                snprintf(row->problem, sizeof(row->problem), "fuzz_%s is not built for %s", row->target,
                         engine_names[row->engine]);
                return -1;
        }
        if (row->engine == ENGINE_AFL) {
                afl_args(&a, program, work, seconds);
        } else {
                tool_mkdirs(tool_path(path, "%s/out/corpus", work));
                tool_mkdirs(tool_path(path, "%s/out/artifacts", work));
                libfuzzer_args(&a, program, work, seconds);
        }
        unlink(tool_path(path, "%s/log", work));
        pid_t pid = process_start(a.v, path, lock);
        if (pid < 0)
                snprintf(row->problem, sizeof(row->problem), "fork: %s", strerror(-pid));
        return pid;
}

/* The number behind the last `mark`; 0: there is none. */
static uint64_t last_number(const char *text, const char *mark)
{
        uint64_t v = 0;

        for (const char *p = text; (p = strstr(p, mark));) {
                p += strlen(mark);
                v = strtoull(p + strspn(p, " :\t"), NULL, 10);
        }
        return v;
}

/* The line of the log that says best why the engine ended. */
static void find_problem(const char *log, int status, char *dst, size_t size)
{
        static const char *const marks[] = {"PROGRAM ABORT", "ERROR", "error", "Error"};
        const char *p = NULL;

        for (size_t i = 0; i < sizeof(marks) / sizeof(*marks) && !p; i++)
                p = strstr(log, marks[i]);
        if (WIFEXITED(status) && WEXITSTATUS(status) == 127)
                snprintf(dst, size, "could not be executed (is it installed?)");
        else if (p)
                snprintf(dst, size, "%.*s", (int)strcspn(p, "\n\033"), p);
        else
                snprintf(dst, size, "wait status %d", status);
}

static char *read_text(const char *path)
{
        struct tool_data data = {0};
        char *text;

        if (tool_read(path, LOG_MAX, &data) < 0)
                return strdup("");
        text = realloc(data.p, data.len + 1);
        if (text) {
                text[data.len] = '\0';
                for (size_t i = 0; i < data.len; i++) /* inputs in it may have any byte */
                        if (text[i] == '\0')
                                text[i] = '?';
        }
        return text;
}

void engine_end(struct row *row, const char *work, int status)
{
        char path[PATH_MAX];
        char *log = read_text(tool_path(path, "%s/log", work));
        char *stats = read_text(tool_path(path, "%s/out/default/fuzzer_stats", work));
        uint64_t execs = 0, edges = 0;

        if (!log || !stats) {
                free(log);
                free(stats);
                return;
        }
        if (row->engine == ENGINE_AFL) {
                execs = last_number(stats, "execs_done");
                edges = last_number(stats, "edges_found");
        } else {
                execs = last_number(log, "stat::number_of_executed_units");
                edges = last_number(log, " cov: ");
        }
        row->execs += execs;
        if (edges > row->edges)
                row->edges = edges;
        if (row->execs == 0)
                find_problem(log, status, row->problem, sizeof(row->problem));
        else if (status != 0)
                find_problem(log, status, row->ended, sizeof(row->ended));
        free(log);
        free(stats);
}
