/* initlab promote: a failing input becomes a regression test. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fuzz/triage/triage.h"

enum { OPT_TARGET, OPT_NAME, OPT_CORPUS };

static const struct opt_spec specs[] = {
        {"target", 't', "NAME", "whose input it is (default: as the path says)"},
        {"name", 'n', "NAME", "of the regression (default: the file's)"},
        {"corpus", 0, "DIR", "folder with regressions/"},
        TOOL_OPTIONS,
};

static const struct tool tool = {
        "promote", "[OPTION...] FILE",
        "Copies FILE to corpus/regressions/TARGET/NAME, where every test run replays it.\n", specs,
        sizeof(specs) / sizeof(*specs)};

/* Names are for people and for every file system. */
static bool is_name(const char *name)
{
        static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";

        return name[0] && name[0] != '.' && strspn(name, allowed) == strlen(name);
}

int main(int argc, char **argv)
{
        struct opt_iter it = {argc, argv, 1};
        const char *value, *given = NULL, *name = NULL, *corpus = NULL;
        char dir[PATH_MAX], to[PATH_MAX], target[64];
        struct tool_data data, old;
        int opt;

        while ((opt = tool_option(&tool, &it, &value)) != OPT_END) {
                if (opt == OPT_TARGET)
                        given = value;
                else if (opt == OPT_NAME)
                        name = value;
                else
                        corpus = value;
        }
        if (it.at + 1 != argc)
                tool_die(&tool, "wants one FILE");
        const char *path = argv[it.at], *slash = strrchr(path, '/');
        int rc = tool_read(path, 64u << 20, &data);
        if (rc < 0)
                tool_die(&tool, "%s: %s", path, strerror(-rc));
        triage_target(&tool, given, path, target);
        if (!name)
                name = slash ? slash + 1 : path;
        if (!is_name(name) || !is_name(target))
                tool_die(&tool, "'%s': a name has letters, digits, '.', '_', '-' and no dot in front",
                         is_name(name) ? target : name);
        if (!tool_corpus(corpus, dir))
                tool_die(&tool, "no corpus found: --corpus DIR");
        tool_path(to, "%s/regressions/%s/%s", dir, target, name);
        if (tool_read(to, 64u << 20, &old) == 0) {
                if (old.len != data.len || memcmp(old.p, data.p, data.len) != 0)
                        tool_die(&tool, "%s: there is another input of that name: --name NAME", to);
                printf("%s: is there already\n", to);
                free(old.p);
        } else {
                rc = tool_write(to, data.p, data.len);
                if (rc < 0)
                        tool_die(&tool, "%s: %s", to, strerror(-rc));
                printf("%s\n", to);
        }
        free(data.p);
        return TOOL_CLEAN;
}
