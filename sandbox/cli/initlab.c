/*
 * initlab: a dispatcher. `initlab WORD ...` executes libexec/initlab/WORD beside this program's own bin/,
 * found by /proc/self/exe, so that a build tree and an installed tree work alike.
 */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/err.h"
#include "core/base/nearest.h"
#include "props/tool/tool.h"

static const struct opt_spec specs[] = {TOOL_OPTIONS};

/* What each subcommand is for; one that is not built is not shown. */
static const struct {
        const char *name, *about;
} known[] = {
        {"check", "run real containers with real runtimes and judge the invariants"},
        {"fuzz", "replay the corpora, then fuzz every target with every engine"},
        {"invariants", "list what must hold, and on what grounds"},
        {"minimize", "make a failing input smaller"},
        {"promote", "keep a failing input as a regression test"},
        {"prop", "list, run or replay properties with random cases"},
        {"replay", "decode one input, run it, say whether it still fails"},
};

static const char *about(const char *name)
{
        for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
                if (strcmp(known[i].name, name) == 0)
                        return known[i].about;
        return "";
}

static void list_subcommands(const char *dir, struct tool_names *ret_names)
{
        struct tool_names all;
        char path[PATH_MAX];

        *ret_names = (struct tool_names){0};
        tool_list(dir, &all);
        for (size_t i = 0; i < all.n; i++)
                if (access(tool_path(path, "%s/%s", dir, all.item[i]), X_OK) == 0)
                        tool_names_add(ret_names, all.item[i]);
        tool_names_free(&all);
}

static void help(const struct tool_names *names)
{
        printf("usage: initlab SUBCOMMAND [ARGUMENT...]\n\n"
               "Fuzzes and property-tests the init path of container runtimes.\n\n");
        for (size_t i = 0; i < names->n; i++)
                printf("  %-12s %s\n", names->item[i], about(names->item[i]));
        printf("\n`initlab SUBCOMMAND --help` says more about each. What runs find lies in .initlab/ of the "
               "working\ndirectory; INITLAB_DIR moves it.\n");
}

static int unknown(const char *word, const struct tool_names *names)
{
        const char *near = nearest_word(word, (const char *const *)names->item, names->n);

        fprintf(stderr, "initlab: unknown subcommand '%s'", word);
        if (near)
                fprintf(stderr, "; did you mean %s?", near);
        fprintf(stderr, "\n`initlab --help` lists them.\n");
        return TOOL_UNABLE;
}

/* For the build; see tool_print_tables. */
static int print_tables(void)
{
        tool_print_tables("-", "", "", specs, sizeof(specs) / sizeof(*specs));
        return fflush(stdout) == 0 ? TOOL_CLEAN : TOOL_UNABLE;
}

/* What stands before the subcommand. A status, or -1: go on at argv[*ret_at]. */
static int options(int argc, char **argv, const struct tool_names *names, int *ret_at)
{
        struct opt_iter it = {argc, argv, 1};
        struct err err = ERR_INIT;
        const char *value;
        char text[1024];
        int i = opt_next(&it, specs, sizeof(specs) / sizeof(*specs), &value, &err);

        *ret_at = it.at;
        if (i == OPT_END)
                return -1;
        if (i < 0) {
                fprintf(stderr, "initlab: %s\n`initlab --help` lists them.\n",
                        err_format(&err, text, sizeof(text)));
                return TOOL_UNABLE;
        }
        if (strcmp(specs[i].name, "help") == 0)
                help(names);
        else
                printf("initlab %s\n", INITLAB_VERSION);
        return TOOL_CLEAN;
}

int main(int argc, char **argv)
{
        char dir[PATH_MAX], libexec[PATH_MAX], program[PATH_MAX];
        struct tool_names names;
        int status, at;

        tool_exe_dir(dir);
        tool_path(libexec, "%s/../libexec/initlab", dir);
        list_subcommands(libexec, &names);
        if (argc == 2 && strcmp(argv[1], TOOL_TABLES) == 0)
                return print_tables();
        status = options(argc, argv, &names, &at);
        if (status >= 0)
                return status;
        if (at >= argc) {
                fprintf(stderr, "initlab: no subcommand; `initlab --help` lists them\n");
                return TOOL_UNABLE;
        }
        if (strcmp(argv[at], "help") == 0) {
                help(&names);
                return TOOL_CLEAN;
        }
        for (size_t i = 0; i < names.n; i++) {
                if (strcmp(argv[at], names.item[i]) != 0)
                        continue;
                tool_path(program, "%s/%s", libexec, names.item[i]);
                execv(program, argv + at);
                fprintf(stderr, "initlab: %s: %s\n", program, strerror(errno));
                return TOOL_UNABLE;
        }
        return unknown(argv[at], &names);
}
