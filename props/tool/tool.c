/* Options, messages, signals, places. */
#include "props/tool/tool.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "core/base/err.h"
#include "core/base/nearest.h"

volatile sig_atomic_t tool_interrupted;

static void help(const struct tool *tool)
{
        char text[8192];

        opt_help(tool->specs, tool->n, text, sizeof(text));
        printf("usage: initlab %s %s\n\n%s\n%s", tool->name, tool->usage, tool->about, text);
        printf("\nExit status: 0 nothing found, 1 something found, 2 bad usage or could not run, "
               "130 interrupted.\n");
}

void tool_print_tables(const char *command, const char *operands, const char *summary, const struct opt_spec *o,
                       size_t n)
{
        printf("command\t%s\t%s\t", command, operands);
        for (const char *p = summary; *p; p++)
                if (*p != '\n' || p[1])
                        putchar(*p == '\n' ? ' ' : *p);
        putchar('\n');
        for (size_t i = 0; i < n; i++)
                printf("option\t%s\t%.*s\t%s\t%s\n", o[i].name, o[i].letter != 0, &o[i].letter,
                       o[i].arg ? o[i].arg : "", o[i].help);
}

static void print_tables(const struct tool *tool)
{
        const char *operands = strncmp(tool->usage, "[OPTION...]", 11) == 0 ? tool->usage + 11 : tool->usage;

        tool_print_tables(tool->name, operands + strspn(operands, " "), tool->about, tool->specs, tool->n);
        exit(fflush(stdout) == 0 ? TOOL_CLEAN : TOOL_UNABLE);
}

int tool_option(const struct tool *tool, struct opt_iter *it, const char **ret_value)
{
        struct err err = ERR_INIT;
        char text[1024];

        if (it->argc == 2 && it->at == 1 && strcmp(it->argv[1], TOOL_TABLES) == 0)
                print_tables(tool);
        int i = opt_next(it, tool->specs, tool->n, ret_value, &err);

        if (i == OPT_END)
                return i;
        if (i < 0)
                tool_die(tool, "%s", err_format(&err, text, sizeof(text)));
        if (strcmp(tool->specs[i].name, "help") == 0) {
                help(tool);
                exit(TOOL_CLEAN);
        }
        if (strcmp(tool->specs[i].name, "version") == 0) {
                printf("initlab %s %s\n", tool->name, INITLAB_VERSION);
                exit(TOOL_CLEAN);
        }
        return i;
}

uint64_t tool_number(const struct tool *tool, const char *option, const char *text, uint64_t min,
                     uint64_t max)
{
        char *end;

        errno = 0;
        unsigned long long v = strtoull(text, &end, 0);
        /* strtoull takes blanks and signs, which no number of ours has. */
        if (text[0] < '0' || text[0] > '9' || *end || errno || v < min || v > max)
                tool_die(tool, "--%s: '%s' is no number from %llu to %llu", option, text,
                         (unsigned long long)min, (unsigned long long)max);
        return v;
}

void tool_die(const struct tool *tool, const char *fmt, ...)
{
        va_list ap;

        fflush(stdout);
        fprintf(stderr, "initlab %s: ", tool->name);
        va_start(ap, fmt);
        vfprintf(stderr, fmt, ap);
        va_end(ap);
        fputc('\n', stderr);
        exit(TOOL_UNABLE);
}

void tool_unknown(const struct tool *tool, const char *what, const char *word, const char *const *words,
                  size_t n)
{
        const char *near = nearest_word(word, words, n);

        fflush(stdout);
        fprintf(stderr, "initlab %s: unknown %s '%s'", tool->name, what, word);
        if (near)
                fprintf(stderr, "; did you mean %s?", near);
        fprintf(stderr, "\nThere %s:", n == 1 ? "is" : "are");
        for (size_t i = 0; i < n; i++)
                fprintf(stderr, " %s", words[i]);
        fprintf(stderr, "%s\n", n ? "" : " none");
        exit(TOOL_UNABLE);
}

static void on_signal(int sig)
{
        tool_interrupted = sig;
}

void tool_catch_interrupts(void)
{
        struct sigaction act = {.sa_handler = on_signal}; /* no SA_RESTART: waits must end */

        sigaction(SIGINT, &act, NULL);
        sigaction(SIGTERM, &act, NULL);
        sigaction(SIGHUP, &act, NULL);
}

int64_t tool_now_ms(void)
{
        struct timespec now;

        clock_gettime(CLOCK_MONOTONIC, &now);
        return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

char *tool_path(char buf[PATH_MAX], const char *fmt, ...)
{
        va_list ap;

        va_start(ap, fmt);
        int n = vsnprintf(buf, PATH_MAX, fmt, ap);
        va_end(ap);
        if (n < 0 || n >= PATH_MAX) {
                fprintf(stderr, "initlab: path too long: %.80s...\n", buf);
                exit(TOOL_UNABLE);
        }
        return buf;
}

void tool_exe_dir(char buf[PATH_MAX])
{
        ssize_t n = readlink("/proc/self/exe", buf, PATH_MAX - 1);

        if (n <= 0) {
                fprintf(stderr, "initlab: /proc/self/exe: %s\n", strerror(errno));
                exit(TOOL_UNABLE);
        }
        buf[n] = '\0';
        *strrchr(buf, '/') = '\0';
}

/* Does PATH lead to that file? */
static bool path_finds(const char *name, const struct stat *wanted)
{
        char path[PATH_MAX];
        struct stat st;

        for (const char *p = getenv("PATH"); p && *p;) {
                size_t n = strcspn(p, ":");
                int len = snprintf(path, sizeof(path), "%.*s/%s", (int)n, n ? p : ".", name);
                if (len > 0 && (size_t)len < sizeof(path) && access(path, X_OK) == 0)
                        return stat(path, &st) == 0 && st.st_dev == wanted->st_dev && st.st_ino == wanted->st_ino;
                p += n + (p[n] == ':');
        }
        return false;
}

const char *tool_initlab(char buf[PATH_MAX])
{
        char dir[PATH_MAX], path[PATH_MAX], here[PATH_MAX];
        struct stat st;

        tool_exe_dir(dir);
        if (snprintf(path, sizeof(path), "%s/../../bin/initlab", dir) >= (int)sizeof(path) || !realpath(path, buf) ||
            stat(buf, &st) < 0 || path_finds("initlab", &st))
                return "initlab";
        size_t n = getcwd(here, sizeof(here)) ? strlen(here) : 0;
        return n > 1 && strncmp(buf, here, n) == 0 && buf[n] == '/' ? buf + n + 1 : buf;
}

const char *tool_home(void)
{
        const char *home = getenv("INITLAB_DIR");

        return home && *home ? home : ".initlab";
}

bool tool_corpus(const char *given, char buf[PATH_MAX])
{
        char dir[PATH_MAX], probe[PATH_MAX];

        if (given) {
                tool_path(buf, "%s", given);
                return access(buf, R_OK | X_OK) == 0;
        }
        tool_exe_dir(dir);
        tool_path(buf, "%s/../../share/initlab/corpus", dir);
        if (access(buf, R_OK | X_OK) == 0)
                return true;
        for (char *slash; (slash = strrchr(dir, '/')) && slash > dir;) {
                *slash = '\0';
                tool_path(buf, "%s/corpus", dir);
                if (access(tool_path(probe, "%s/corpus/seeds", dir), R_OK | X_OK) == 0)
                        return true;
        }
        return false;
}
