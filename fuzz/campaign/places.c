#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fuzz/campaign/campaign.h"

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

bool place_program(const char *engines, const char *flavour, const char *target, char ret_path[PATH_MAX])
{
        char dir[PATH_MAX];

        for (int i = 0; bin_dir(engines, flavour, i, dir); i++)
                if (access(tool_path(ret_path, "%s/fuzz_%s", dir, target), X_OK) == 0)
                        return true;
        return false;
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
