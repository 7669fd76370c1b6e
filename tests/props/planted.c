/* Properties that are wrong on purpose: each shows one way in which the runner must say so. */
#include <assert.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "props/pt.h"

#ifndef PLANTED_VERSION
#define PLANTED_VERSION 1
#endif

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

PT_PROPERTY(planted_busy, .about = "never ends, and works hard", .timeout_ms = 50)
{
        volatile uint64_t n = pt_below(t, 100);

        while (n == 7)
                ;
}

PT_PROPERTY(planted_steps, .about = "draws for ever, all that comes after its end")
{
        if (pt_below(t, 100) == 7)
                while (!pt_bool(t) || pt_below(t, 2) < 2)
                        ;
}

PT_PROPERTY(planted_segv, .about = "writes where nothing is")
{
        uint64_t n = 0;

        PT_REPEAT(t, 0, 50)
        n += pt_below(t, 10) == 7;
        if (n > 1)
                *(volatile char *)n = 1;
}

PT_PROPERTY(planted_assert, .about = "aborts by assert()")
{
        assert(pt_below(t, 100) != 7);
}

PT_PROPERTY(planted_overflow, .about = "writes behind its memory, which only sanitizers see")
{
        volatile char *p = pt_alloc(t, 8);

        p[pt_below(t, 9)] = 1;
}

PT_PROPERTY(planted_leak, .about = "forgets memory, which only sanitizers see")
{
        if (pt_below(t, 100) == 7) {
                void *volatile lost = malloc(33);
                lost = NULL;
                (void)lost;
        }
}

PT_PROPERTY(planted_each, .about = "closes all that is open, and fails", .flags = PT_FORK_EACH, .cases = 200)
{
        uint64_t n = pt_below(t, 100);

        closefrom(0);
        PT_ASSERT(t, n < 50);
}

PT_PROPERTY(planted_each_good, .about = "closes all that is open", .flags = PT_FORK_EACH, .cases = 70)
{
        static int cases;

        closefrom(0);
        PT_ASSERT(t, ++cases == 1); /* each has a process of its own */
}

PT_PROPERTY(planted_unstable, .about = "does another thing each time")
{
        static uint64_t calls;

        calls++;
        pt_observe(t, &calls, sizeof(calls));
}

PT_PROPERTY(planted_picky, .about = "takes one case in a hundred")
{
        PT_ASSUME(t, pt_below(t, 128) == 5);
}

PT_PROPERTY(planted_endless, .about = "wants more choices than it may have", .max_choices = 10)
{
        for (int i = 0; i < 20; i++)
                pt_below(t, 10);
}

PT_PROPERTY(planted_two, .about = "fails in two ways: the shorter cases in another than the longer")
{
        uint64_t n = 0;

        PT_REPEAT(t, 0, 30)
        {
                pt_below(t, 100);
                n++;
        }
        if (n > 20)
                PT_FAIL(t, "too long");
        PT_ASSERT(t, n < 15);
}

/* As it was when a finding was saved, and as it is later: one draw less, one more, and a bug that wants the new one. */
PT_PROPERTY(planted_moved, .about = "draws in another way than it did")
{
        bool fresh = PLANTED_VERSION == 1;

        pt_begin(t, "header");
        if (PLANTED_VERSION == 1) {
                pt_name(t, "gone");
                pt_below(t, 50);
        }
        pt_name(t, "size");
        uint64_t n = pt_below(t, PLANTED_VERSION == 1 ? 100 : 200);
        pt_end(t);
        if (PLANTED_VERSION == 2) {
                pt_name(t, "fresh");
                fresh = pt_bool(t);
        }
        PT_REPEAT(t, 1, 5)
        {
                pt_begin(t, "entry");
                n += pt_below(t, 10);
                pt_end(t);
        }
        PT_ASSERT(t, !fresh || n < 77);
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
