/* libFuzzer: it brings main, and files as arguments are replayed by it. */
#include "fuzz/engine/engine.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const pt_prop *prop;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
        prop = engine_start(*argc, *argv,
                            "[-OPTION=VALUE...] [FOLDER|FILE...]\n\nlibFuzzer: fuzzes with the folders as corpora, or "
                            "replays files; -help=1 lists its options.\n");
        return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        pt_one_input(prop, data, size);
        return 0; /* this libFuzzer knows no other answer, not even for discarded cases */
}
