/* Properties that are wrong on purpose: each shows one way in which the runner must say so. */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "props/pt.h"

PT_PROPERTY(planted_failure, .about = "fails in a rare case")
{
        pt_begin(t, "size");
        uint64_t n = pt_below(t, 1000);
        pt_end(t);
        pt_note(t, "the size is %llu", (unsigned long long)n);
        PT_ASSERT(t, n % 50 != 49);
}

PT_PROPERTY(planted_crash, .about = "is killed (by a signal that no sanitizer catches)")
{
        if (pt_below(t, 100) == 7)
                raise(SIGKILL);
}

PT_PROPERTY(planted_exit, .about = "ends its process")
{
        if (pt_below(t, 100) == 7)
                _exit(0);
}

PT_PROPERTY(planted_hang, .about = "never ends", .timeout_ms = 50)
{
        while (pt_below(t, 100) == 7)
                pause();
}

PT_PROPERTY(planted_discard, .about = "discards every case")
{
        PT_ASSUME(t, pt_below(t, 2) > 1);
}

PT_PROPERTY(planted_blind, .about = "never looks where it should")
{
        PT_SOMETIMES(t, pt_below(t, 10) == 10, "the impossible");
}

PT_PROPERTY(planted_rare, .about = "looks there too seldom")
{
        PT_COVER(t, pt_below(t, 100) == 0, 10.0f, "one in a hundred");
}

PT_PROPERTY(planted_text, .flags = PT_TEXT, .about = "does not like an exclamation mark before a letter")
{
        size_t len;
        const uint8_t *text = pt_text(t, &len);
        const uint8_t *mark = len ? memchr(text, '!', len) : NULL;

        PT_LABEL(t, mark != NULL, "a mark");
        if (mark && mark + 1 < text + len && pt_bool(t))
                PT_FAIL(t, "a mark at %zu", (size_t)(mark - text));
}

PT_PROPERTY(planted_good, .about = "holds", .cases = 200)
{
        PT_SOMETIMES(t, pt_bool(t), "true");
}
