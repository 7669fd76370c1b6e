/*
 * Targets: nothing of initlab's. A planted fault that every engine must find within seconds; if none does,
 * the campaign is blind.
 */
#include "fuzz/target.h"
#include "props/pt.h"

FUZZ_TARGET(canary)

/* A branch of its own for each step: what guided fuzzers climb. */
PT_PROPERTY(canary, .about = "fails for a list that begins with certain values")
{
        uint8_t item[8] = {0};
        size_t n = 0;

        PT_REPEAT(t, 0, 8)
        {
                pt_begin(t, "item");
                item[n++] = (uint8_t)pt_below(t, 256);
                pt_end(t);
        }
        if (item[0] <= 0x7f)
                return;
        PT_SOMETIMES(t, true, "the first step");
        if (item[1] != 0x4b)
                return;
        pt_note(t, "two of three steps");
        if (item[2] > 0x7f)
                PT_FAIL(t, "the canary is found");
}
