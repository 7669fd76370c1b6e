/* AFL++, persistent, inputs by shared memory. Without afl-fuzz: files as arguments, else standard input,
 * once. */
#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

#include "fuzz/engine/engine.h"

/* Its own macros are not as strict as we are. */
#pragma clang diagnostic ignored "-Wshadow"
#pragma clang diagnostic ignored "-Wstrict-prototypes"
#pragma clang diagnostic ignored "-Wmissing-prototypes"
#pragma clang diagnostic ignored "-Wunused-variable"

__AFL_FUZZ_INIT();

/* Cases of one process: leaks and what the target may forget stay bounded. */
#define CASES_PER_PROCESS 100000

int main(int argc, char **argv)
{
        const pt_prop *prop = engine_start(argc, argv,
                                           "[FILE...]\n\nFor afl-fuzz (persistent, inputs by shared memory). By itself: "
                                           "replays files, or standard input once.\n");

        if (argc > 1)
                return engine_files(prop, argc - 1, argv + 1);
        __AFL_INIT();
        const uint8_t *buf = __AFL_FUZZ_TESTCASE_BUF; /* not before __AFL_INIT */
        while (__AFL_LOOP(CASES_PER_PROCESS)) {
                size_t len = (size_t)__AFL_FUZZ_TESTCASE_LEN;
                pt_one_input(prop, buf, len);
        }
        return 0;
}
