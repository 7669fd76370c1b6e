/* No engine: replays files. For flavours that do not fuzz (release, asan, coverage). */
#include <stdio.h>
#include <string.h>

#include "fuzz/engine/engine.h"
#include "fuzz/target.h"
#include "props/tool/tool.h"

int main(int argc, char **argv)
{
        if (argc == 2 && strcmp(argv[1], "--version") == 0) {
                printf("fuzz_%s %s\n", fuzz_property, INITLAB_VERSION);
                return TOOL_CLEAN;
        }
        if (argc < 2 || (argv[1][0] == '-' && argv[1][1] != '\0')) {
                bool asked = argc == 2 && strcmp(argv[1], "--help") == 0;
                fprintf(asked ? stdout : stderr,
                        "usage: fuzz_%s FILE...\n\nReplays inputs (\"-\": standard input); aborts at the "
                        "first that "
                        "fails.\n`initlab replay` decodes one, `initlab fuzz` fuzzes.\n",
                        fuzz_property);
                return asked ? TOOL_CLEAN : TOOL_UNABLE;
        }
        return engine_files(engine_start(), argc - 1, argv + 1);
}
