#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fuzz/campaign/campaign.h"
#include "props/tool/sources.h"

#define VERSION_MS 30000 /* a sanitizer that starts on a busy machine takes seconds */

const char *const engine_names[ENGINE_COUNT] = {"libfuzzer", "afl"};

/*
 * Installed: libexec/initlab/FLAVOUR/bin. In a build tree, whose release lies in build/ and the others in
 * build/FLAVOUR/: build/libexec/initlab/../../FLAVOUR/bin.
 */
static bool bin_dir(const char *engines, const char *flavour, int i, char ret_dir[PATH_MAX])
{
        char exe[PATH_MAX];
        bool release = strcmp(flavour, "release") == 0;

        if (engines[0]) {
                tool_path(ret_dir, "%s/%s/bin", engines, release ? "." : flavour);
                return i == 0;
        }
        tool_exe_dir(exe);
        if (i == 0)
                tool_path(ret_dir, "%s/%s/bin", exe, flavour);
        else
                tool_path(ret_dir, "%s/../../%s/bin", exe, release ? "." : flavour);
        return i < 2;
}

void place_engines(const struct tool *tool, const char *value, char ret_engines[PATH_MAX])
{
        struct stat st;

        if (stat(value, &st) < 0 || !S_ISDIR(st.st_mode))
                tool_die(tool, "--engines %s: no such folder", value);
        tool_path(ret_engines, "%s", value);
}

bool place_program(const char *engines, const char *flavour, const char *target, char ret_path[PATH_MAX])
{
        char dir[PATH_MAX];

        for (int i = 0; bin_dir(engines, flavour, i, dir); i++)
                if (access(tool_path(ret_path, "%s/fuzz_%s", dir, target), X_OK) == 0)
                        return true;
        return false;
}

bool place_same_sources(const char *program)
{
        char log[PATH_MAX], mark[64];
        char *argv[] = {(char *)program, (char *)"--version", NULL};
        struct tool_data said = {0};

        snprintf(mark, sizeof(mark), " sources %s\n", tool_sources);
        if (tool_mkdirs(tool_home()) < 0)
                return false;
        pid_t pid = process_start(argv, tool_path(log, "%s/version.%d", tool_home(), getpid()), -1);
        bool same = pid > 0 && process_wait(pid, VERSION_MS) == 0 && tool_read(log, 1u << 20, &said) == 0 &&
                    memmem(said.p, said.len, mark, strlen(mark));
        unlink(log);
        free(said.p);
        return same;
}

static bool has(const struct tool_names *names, const char *name)
{
        for (size_t i = 0; i < names->n; i++)
                if (strcmp(names->item[i], name) == 0)
                        return true;
        return false;
}

static int by_name(const void *a, const void *b)
{
        return strcmp(*(char *const *)a, *(char *const *)b);
}

void place_targets(const char *engines, struct tool_names *ret_targets)
{
        char dir[PATH_MAX];
        struct tool_names names;

        *ret_targets = (struct tool_names){0};
        for (int e = 0; e < ENGINE_COUNT; e++)
                for (int i = 0; bin_dir(engines, engine_names[e], i, dir); i++) {
                        tool_list(dir, &names);
                        for (size_t k = 0; k < names.n; k++)
                                if (strncmp(names.item[k], "fuzz_", 5) == 0 && !strchr(names.item[k], '.') &&
                                    !has(ret_targets, names.item[k] + 5))
                                        tool_names_add(ret_targets, names.item[k] + 5);
                        tool_names_free(&names);
                }
        if (ret_targets->n)
                qsort(ret_targets->item, ret_targets->n, sizeof(char *), by_name);
}

const char *place_judge(const char *engines, const char *target, char ret_path[PATH_MAX])
{
        static const char *const flavours[] = {"libfuzzer", "asan", "afl", "release"};

        for (size_t i = 0; i < sizeof(flavours) / sizeof(*flavours); i++)
                if (place_program(engines, flavours[i], target, ret_path))
                        return flavours[i];
        return NULL;
}
