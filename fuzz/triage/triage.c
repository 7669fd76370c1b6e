#include "fuzz/triage/triage.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool is_holder(const char *name)
{
        static const char *const holders[] = {"crashes", "findings", "seeds", "regressions", "corpus"};

        for (size_t i = 0; i < sizeof(holders) / sizeof(*holders); i++)
                if (strcmp(name, holders[i]) == 0)
                        return true;
        return false;
}

void triage_target(const struct tool *tool, const char *given, const char *path, char ret_target[64])
{
        char real[PATH_MAX];
        const char *found = given;
        bool holder = false;

        if (!given && strcmp(path, "-") != 0 && realpath(path, real)) {
                char *save = NULL, *name = strtok_r(real, "/", &save);
                for (char *next; name && (next = strtok_r(NULL, "/", &save)); name = next) {
                        if (holder && !is_holder(name)) /* a folder, for something follows it */
                                found = name;
                        holder = is_holder(name);
                }
        }
        if (!found)
                tool_die(tool, "%s: the path does not tell whose input it is: --target NAME", path);
        if (strlen(found) >= 64)
                tool_die(tool, "%s: no such target", found);
        strcpy(ret_target, found);
}
