/* No engine: replays files. For flavours that do not fuzz (release, asan, coverage). */
#include <stdio.h>

#include "core/base/nearest.h"
#include "fuzz/engine/engine.h"
#include "fuzz/target.h"
#include "props/tool/tool.h"

#define USAGE "FILE...\n\nReplays inputs (\"-\": standard input); aborts at the first that fails.\n"

static int unknown(const char *option)
{
        static const char *const options[] = {"--help", "--version"};
        const char *near = nearest_word(option, options, sizeof(options) / sizeof(*options));

        fprintf(stderr, "fuzz_%s: unknown option '%s'", fuzz_property, option);
        if (near)
                fprintf(stderr, "; did you mean %s?", near);
        fputc('\n', stderr);
        return TOOL_UNABLE;
}

int main(int argc, char **argv)
{
        const pt_prop *prop = engine_start(argc, argv, USAGE);

        if (argc < 2) {
                fprintf(stderr, "usage: fuzz_%s " USAGE, fuzz_property);
                return TOOL_UNABLE;
        }
        if (argv[1][0] == '-' && argv[1][1] != '\0')
                return unknown(argv[1]);
        return engine_files(prop, argc - 1, argv + 1);
}
