#include "fuzz/engine/engine.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz/target.h"
#include "props/tool/sources.h"
#include "props/tool/tool.h"

#define INPUT_MAX (64u << 20)

const pt_prop *engine_start(int argc, char **argv, const char *usage)
{
        const pt_prop *prop = pt_prop_find(fuzz_property);

        if (argc > 1 && strcmp(argv[1], "--help") == 0) {
                printf("usage: fuzz_%s %s`initlab replay` decodes an input, `initlab fuzz` fuzzes.\n", fuzz_property,
                       usage);
                exit(fflush(stdout) == 0 ? TOOL_CLEAN : TOOL_UNABLE);
        }
        if (argc > 1 && strcmp(argv[1], "--version") == 0) {
                printf("fuzz_%s %s sources %s\n", fuzz_property, INITLAB_VERSION, tool_sources);
                exit(fflush(stdout) == 0 ? TOOL_CLEAN : TOOL_UNABLE);
        }
        if (!prop) {
                fprintf(stderr, "initlab: no property %s in this program\n", fuzz_property);
                exit(TOOL_UNABLE);
        }
        pt_setup();
        if (getenv("INITLAB_HASHES"))
                pt_print_hashes();
        return prop;
}

int engine_files(const pt_prop *prop, int n, char **paths)
{
        struct tool_data data;

        for (int i = 0; i < n; i++) {
                fprintf(stderr, "Running: %s\n",
                        paths[i]); /* in libFuzzer's words: one reader for all engines */
                int rc = tool_read(paths[i], INPUT_MAX, &data);
                if (rc < 0) {
                        fprintf(stderr, "initlab: %s: %s\n", paths[i], strerror(-rc));
                        return TOOL_UNABLE;
                }
                /* Of exactly its size, so that a sanitizer sees a read past the end. */
                uint8_t *exact = malloc(data.len ? data.len : 1);
                if (!exact)
                        abort();
                memcpy(exact, data.p, data.len);
                free(data.p);
                pt_one_input(prop, exact, data.len);
                free(exact);
        }
        return TOOL_CLEAN;
}
