#include "tests/mutants/plant.h"

#include <jansson.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "props/tool/tool.h"

#define PROGRAM "libexec/initlab/prop"
#define RUN_SECONDS 120 /* of one property: a bound for what hangs outside of a case */

const char *const verdict_names[VERDICT__COUNT] = {"-", "refused", "equal", "property", "crash", "survived", "error"};

/* The exit status of a shell command; 128 + N: it died of signal N. */
static int shell(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
static int shell(const char *fmt, ...)
{
        char *command;
        va_list ap;

        va_start(ap, fmt);
        if (vasprintf(&command, fmt, ap) < 0)
                abort();
        va_end(ap);
        int status = system(command);
        free(command);
        return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* The compiler's command of a file up to " -o "; by malloc; NULL: the build has no such file. */
static char *compile_command(const struct plant *p, const char *path)
{
        char file[PATH_MAX], *command = NULL;
        json_t *all = json_load_file(tool_path(file, "%s/compile_commands.json", p->build), 0, NULL), *entry;
        size_t i;

        tool_path(file, "%s/%s", p->root, path);
        json_array_foreach(all, i, entry)
        {
                const char *text = json_string_value(json_object_get(entry, "command"));
                const char *end = text ? strstr(text, " -o ") : NULL;
                const char *name = json_string_value(json_object_get(entry, "file"));
                if (end && name && strcmp(name, file) == 0 && !command)
                        command = strndup(text, (size_t)(end - text));
        }
        json_decref(all);
        return command;
}

/*
 * Compiles text under path's name and without debug information, so that equal code gives equal files. 0, else the
 * compiler's status.
 */
static int compile(const struct plant *p, const char *path, const char *text, const char *out)
{
        char source[PATH_MAX], *command = compile_command(p, path), *whole;
        int n = asprintf(&whole, "#line 1 \"%s/%s\"\n%s", p->root, path, text), rc = -1;

        tool_path(source, "%s.c", out);
        if (command && n >= 0 && tool_write(source, whole, (size_t)n) == 0)
                rc = shell("cd '%s' && %s -g0 -o '%s' -c '%s' >'%s.log' 2>&1", p->build, command, out, source, out);
        free(command);
        if (n >= 0)
                free(whole);
        return rc;
}

/* The object of path as it is. */
static char *clean_object(const struct plant *p, const char *path, char buf[PATH_MAX])
{
        char flat[256];

        snprintf(flat, sizeof(flat), "%s", path);
        for (char *c = flat; *c; c++)
                if (*c == '/')
                        *c = '_';
        return tool_path(buf, "%s/%s.o", p->work, flat);
}

static char *text_of(const char *path)
{
        struct tool_data data;
        char *text = tool_read(path, 16u << 20, &data) < 0 ? NULL : realloc(data.p, data.len + 1);

        if (text)
                text[data.len] = '\0';
        return text;
}

bool plant_begin(struct plant *p)
{
        char path[PATH_MAX], *text;

        if (shell("cd '%s' && ninja -t commands " PROGRAM " 2>/dev/null | tail -1 >'%s/link'", p->build, p->work) != 0 ||
            !(text = text_of(tool_path(path, "%s/link", p->work))))
                return false;
        text[strcspn(text, "\n")] = '\0';
        char *out = strstr(text, " -o " PROGRAM);
        if (!out) {
                fprintf(stderr, "mutants: %s is no build by ninja that has %s\n", p->build, PROGRAM);
                return false;
        }
        p->link_end = out + strlen(" -o " PROGRAM);
        *out = '\0';
        p->link = text;
        return true;
}

bool plant_file(const struct plant *p, const char *path)
{
        char file[PATH_MAX], out[PATH_MAX], *text = text_of(tool_path(file, "%s/%s", p->root, path));
        bool good = text && compile(p, path, text, clean_object(p, path, out)) == 0;

        free(text);
        if (!good)
                fprintf(stderr, "mutants: %s does not compile as it is in %s\n", path, p->build);
        return good;
}

static bool same_files(const char *a, const char *b)
{
        return shell("cmp -s '%s' '%s'", a, b) == 0;
}

static enum verdict run(const struct plant *p, const char *dir, const char *property)
{
        static const char *const marks[] = {"\n  failed at ", "\n  never reached: ", "\n  reached by ",
                                            "\n  failed: it does not look"};
        char log[PATH_MAX];
        int rc = shell("cd '%s' && INITLAB_DIR='%s/home' timeout -k 5 %d '%s/prop' run --shrinks 0 "
                       "--corpus corpus %s >'%s/log' 2>&1",
                       p->root, dir, RUN_SECONDS, dir, property, dir);
        char *text = text_of(tool_path(log, "%s/log", dir));
        enum verdict verdict = rc == 0 ? VERDICT_SURVIVED : rc == TOOL_UNABLE ? VERDICT_ERROR : VERDICT_CRASH;

        for (size_t i = 0; rc != 0 && text && i < sizeof(marks) / sizeof(*marks); i++)
                if (strstr(text, marks[i]))
                        verdict = VERDICT_PROPERTY;
        free(text);
        return verdict;
}

static enum verdict judge(const struct plant *p, const struct row *row, const char *const *properties, const char *dir)
{
        const struct mutant *m = &row->mutant;
        char path[PATH_MAX], object[PATH_MAX], clean[PATH_MAX], *text = text_of(tool_path(path, "%s/%s", p->root, row->path));
        char *changed;
        enum verdict verdict = VERDICT_SURVIVED;

        if (!text || asprintf(&changed, "%.*s%s%s", (int)m->at, text, m->with, text + m->at + m->len) < 0)
                return VERDICT_ERROR;
        int rc = compile(p, row->path, changed, tool_path(object, "%s/mutant.o", dir));
        free(changed);
        free(text);
        if (rc != 0)
                return rc == 1 ? VERDICT_REFUSED : VERDICT_ERROR;
        if (same_files(object, clean_object(p, row->path, clean)))
                return VERDICT_EQUAL;
        tool_path(path, "%s/prop", dir);
        /* The object stands ahead of the archive that has the one without the change. */
        rc = shell("cd '%s' && { %s '%s' -o '%s' %s; } >'%s/log' 2>&1", p->build, p->link, object, path, p->link_end, dir);
        if (rc != 0)
                return VERDICT_ERROR;
        for (; *properties && verdict == VERDICT_SURVIVED; properties++)
                verdict = run(p, dir, *properties);
        return verdict;
}

enum verdict plant_judge(const struct plant *p, const struct row *row, const char *const *properties)
{
        char dir[PATH_MAX];

        if (tool_mkdirs(tool_path(dir, "%s/%s", p->work, row->id)) < 0)
                return VERDICT_ERROR;
        enum verdict verdict = judge(p, row, properties, dir);
        if (verdict != VERDICT_ERROR)
                tool_remove_tree(dir);
        return verdict;
}
