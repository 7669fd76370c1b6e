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

#include "props/tool/tool.h"

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
        static const char *const options[] = {"--help", "--version"};
        bool option = word[0] == '-';
        const char *near = option ? opt_nearest(word, options, sizeof(options) / sizeof(*options))
                                  : opt_nearest(word, (const char *const *)names->item, names->n);

        fprintf(stderr, "initlab: unknown %s '%s'", option ? "option" : "subcommand", word);
        if (near)
                fprintf(stderr, "; did you mean %s?", near);
        fprintf(stderr, "\n`initlab --help` lists them.\n");
        return TOOL_UNABLE;
}

int main(int argc, char **argv)
{
        char dir[PATH_MAX], libexec[PATH_MAX], program[PATH_MAX];
        struct tool_names names;

        tool_exe_dir(dir);
        tool_path(libexec, "%s/../libexec/initlab", dir);
        list_subcommands(libexec, &names);
        if (argc < 2) {
                fprintf(stderr, "initlab: no subcommand; `initlab --help` lists them\n");
                return TOOL_UNABLE;
        }
        if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "help") == 0) {
                help(&names);
                return TOOL_CLEAN;
        }
        if (strcmp(argv[1], "--version") == 0) {
                printf("initlab %s\n", INITLAB_VERSION);
                return TOOL_CLEAN;
        }
        for (size_t i = 0; i < names.n; i++) {
                if (strcmp(argv[1], names.item[i]) != 0)
                        continue;
                tool_path(program, "%s/%s", libexec, names.item[i]);
                execv(program, argv + 1);
                fprintf(stderr, "initlab: %s: %s\n", program, strerror(errno));
                return TOOL_UNABLE;
        }
        return unknown(argv[1], &names);
}
