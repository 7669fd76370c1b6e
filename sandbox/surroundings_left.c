/* What a run leaves in its surroundings. */
#include <ctype.h>
#include <dirent.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sandbox/surroundings.h"
#include "sandbox/text.h"

static void left(struct observation *o, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static void left(struct observation *o, const char *fmt, ...)
{
        va_list ap;

        if (o->n_left == OBS_LEFT)
                return;
        va_start(ap, fmt);
        vsnprintf(o->left[o->n_left++], sizeof o->left[0], fmt, ap);
        va_end(ap);
}

/* Calls fn for each process but this one. */
static void each_process(void (*fn)(int pid, void *arg), void *arg)
{
        DIR *proc = opendir("/proc");
        struct dirent *e;

        while (proc && (e = readdir(proc)))
                if (isdigit((unsigned char)e->d_name[0]) && atoi(e->d_name) != getpid())
                        fn(atoi(e->d_name), arg);
        if (proc)
                closedir(proc);
}

static void describe(int pid, char *buf, size_t size)
{
        char path[64], comm[64] = "?", wchan[64] = "";

        snprintf(path, sizeof path, "/proc/%d/comm", pid);
        text_read(path, comm, sizeof comm);
        comm[strcspn(comm, "\n")] = '\0';
        snprintf(path, sizeof path, "/proc/%d/wchan", pid);
        text_read(path, wchan, sizeof wchan);
        snprintf(buf, size, "%d %s (%s)", pid, comm, wchan);
}

static void left_process(int pid, void *arg)
{
        char text[160];

        describe(pid, text, sizeof text);
        left(arg, "process %s", text);
}

struct text {
        char *buf;
        size_t size, n;
};

static void add_process(int pid, void *arg)
{
        struct text *t = arg;
        char one[160];
        int n;

        describe(pid, one, sizeof one);
        n = snprintf(t->buf + t->n, t->size - t->n, "%s%s", t->n ? ", " : "", one);
        t->n = n > 0 && t->n + (size_t)n < t->size ? t->n + (size_t)n : t->size - 1;
}

void surroundings_processes(char *buf, size_t size)
{
        struct text t = { buf, size, 0 };

        buf[0] = '\0';
        each_process(add_process, &t);
}

static void count_process(int pid, void *arg)
{
        (void)pid;
        ++*(unsigned *)arg;
}

unsigned surroundings_count(void)
{
        unsigned n = 0;

        each_process(count_process, &n);
        return n;
}

/* Lines of mountinfo that were not there. */
static void left_mounts(const struct surroundings *su, struct observation *o)
{
        static char now[SURROUNDINGS_MOUNTS];
        char *line, *rest = now;

        if (text_read("/proc/self/mountinfo", now, sizeof now) < 0)
                return;
        while ((line = strsep(&rest, "\n")))
                if (line[0] && !strstr(su->mounts, line))
                        left(o, "mount %.200s", line);
}

static bool expected_file(const struct surroundings *su, const char *path)
{
        static const char *const ours[] = { SURROUNDINGS_DIR,
                                            SURROUNDINGS_STATE,
                                            SURROUNDINGS_IO,
                                            SURROUNDINGS_LOG,
                                            SURROUNDINGS_PID,
                                            SURROUNDINGS_BUNDLE,
                                            SURROUNDINGS_BUNDLE "/config.json",
                                            SURROUNDINGS_HOST,
                                            SURROUNDINGS_COPY,
                                            SURROUNDINGS_HOOK,
                                            SURROUNDINGS_CONSOLE, SURROUNDINGS_NOTIFY };

        for (size_t i = 0; i < sizeof ours / sizeof *ours; i++)
                if (strcmp(path, ours[i]) == 0)
                        return true;
        return strncmp(su->runtime, path, strlen(path)) == 0;
}

/* The files of the scenario, the canaries of host.h, and the inside of the rootfs, which the payload may change. */
static bool not_walked(const char *path)
{
        return strcmp(path, SURROUNDINGS_IO) == 0 || strcmp(path, SURROUNDINGS_HOST) == 0 ||
               strcmp(path, SURROUNDINGS_BUNDLE "/rootfs") == 0;
}

static void left_files(const struct surroundings *su, struct observation *o, const char *dir, int depth)
{
        DIR *d = opendir(dir);
        struct dirent *e;

        while (d && (e = readdir(d))) {
                char path[PATH_MAX];

                if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0 ||
                    snprintf(path, sizeof path, "%s/%s", dir, e->d_name) >= (int)sizeof path)
                        continue;
                if (!expected_file(su, path) && !not_walked(path))
                        left(o, "file %s", path);
                else if (e->d_type == DT_DIR && depth < 8 && !not_walked(path))
                        left_files(su, o, path, depth + 1);
        }
        if (d)
                closedir(d);
}

static void left_cgroups(struct observation *o)
{
        DIR *d = opendir(SURROUNDINGS_CGROUP);
        struct dirent *e;

        while (d && (e = readdir(d)))
                if (e->d_type == DT_DIR && e->d_name[0] != '.' && strcmp(e->d_name, "supervisor") != 0)
                        left(o, "cgroup /%s", e->d_name);
        if (d)
                closedir(d);
}

void surroundings_left(const struct surroundings *su, struct observation *o)
{
        each_process(left_process, o);
        left_mounts(su, o);
        left_cgroups(o);
        left_files(su, o, "/run", 0);
        left_files(su, o, "/tmp", 0);
}
