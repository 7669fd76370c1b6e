/* core/sync/sync_fsm.h: SYNC-ORDER over every sequence of events up to a depth. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "core/sync/sync_fsm.h"

/* Room for two ASKs on the good path. */
static const size_t depth[SYNC_SIDE__COUNT] = {[SYNC_PARENT] = 10, [SYNC_INIT] = 13, [SYNC_STARTER] = 6};
#define DEPTH_MAX 13

/*
 * An independent account of what a side may conclude, from the events alone: the regular expressions of the
 * drawing in sync.h. `at` is how far along the good path the history is; -1: it left it.
 */
static bool parent_created(const enum sync_event *e, size_t n)
{
        size_t i = 3; /* spawned, joined, sent */

        if (n < 4 || e[0] != SYNC_EV_DONE || e[1] != SYNC_EV_DONE || e[2] != SYNC_EV_DONE)
                return false;
        for (int past = 0; i < n; i++) { /* LOG; an ASK, done, answered: in ascending order */
                if (e[i] == SYNC_EV_LOG)
                        continue;
                if (e[i] < SYNC_EV_ASK || e[i] > SYNC_EV_ASK_LAST)
                        break;
                if ((int)(e[i] - SYNC_EV_ASK) < past || i + 2 >= n || e[i + 1] != SYNC_EV_DONE || e[i + 2] != SYNC_EV_DONE)
                        return false;
                past = (int)(e[i] - SYNC_EV_ASK) + 1;
                i += 2;
        }
        return i + 1 == n && e[i] == SYNC_EV_READY; /* nothing died, nothing else came before it */
}

static bool init_executed(const enum sync_event *e, size_t n)
{
        static const enum sync_event rest[] = {SYNC_EV_DONE, SYNC_EV_DONE, SYNC_EV_START,
                                               SYNC_EV_DONE, SYNC_EV_DONE, SYNC_EV_DONE};
        size_t i = 1;

        if (n == 0 || e[0] != SYNC_EV_CONFIG)
                return false;
        for (int past = 0; i + 2 < n && e[i] >= SYNC_EV_ASK && e[i] <= SYNC_EV_ASK_LAST; i += 3) { /* wanted, sent, done */
                int kind = (int)(e[i] - SYNC_EV_ASK);

                if (kind < past || e[i + 1] != SYNC_EV_DONE || (int)(e[i + 2] - SYNC_EV_DONE_ASK) != kind)
                        return false;
                past = kind + 1;
        }
        return n - i == sizeof(rest) / sizeof(rest[0]) && memcmp(e + i, rest, sizeof(rest)) == 0;
}

/* opened, sent, DIED*, EXECUTING, DIED*, EOF. */
static bool starter_executed(const enum sync_event *e, size_t n)
{
        size_t i = 2;

        if (n < 4 || e[0] != SYNC_EV_DONE || e[1] != SYNC_EV_DONE)
                return false;
        while (i < n && e[i] == SYNC_EV_DIED)
                i++;
        if (i == n || e[i++] != SYNC_EV_EXECUTING)
                return false;
        while (i < n && e[i] == SYNC_EV_DIED)
                i++;
        return i + 1 == n && e[i] == SYNC_EV_EOF;
}

typedef bool succeeds_fn(const enum sync_event *e, size_t n);
static succeeds_fn *const succeeds[SYNC_SIDE__COUNT] = {parent_created, init_executed, starter_executed};

static bool is_report(enum sync_action a)
{
        return a == SYNC_DO_REPORT_PARENT || a == SYNC_DO_REPORT_STARTER;
}

static bool is_failing(enum sync_action a)
{
        return a == SYNC_DO_FAIL || a == SYNC_DO_TAKE_ERROR || is_report(a);
}

static size_t paths, successes;

static void check_ended(const struct sync_fsm *f)
{
        for (int ev = 0; ev < SYNC_EV__COUNT; ev++) {
                struct sync_fsm g = *f;
                struct err err = ERR_INIT;

                assert_int_equal(sync_fsm_step(&g, (enum sync_event)ev, &err), SYNC_DO_NOTHING);
                assert_memory_equal(&g, f, sizeof(g));
                assert_int_equal(err.errnum, 0);
        }
}

static void walk(struct sync_fsm f, enum sync_event *history, size_t n)
{
        if (sync_fsm_ended(&f)) {
                check_ended(&f);
                return;
        }
        if (n == depth[f.side])
                return;
        for (int ev = 0; ev < SYNC_EV__COUNT; ev++) {
                struct sync_fsm g = f;
                struct err err = ERR_INIT;
                enum sync_action a;
                bool expected;

                history[n] = (enum sync_event)ev;
                expected = succeeds[f.side](history, n + 1);
                a = sync_fsm_step(&g, history[n], &err);
                paths++;
                successes += expected;
                assert_int_equal(sync_fsm_succeeded(&g), expected);
                assert_int_equal(a == SYNC_DO_SUCCEED, expected);
                assert_int_equal(is_failing(a), g.state == SYNC_FAILED);
                assert_int_equal(err.errnum > 0, g.state == SYNC_FAILED);
                assert_int_not_equal(a, SYNC_DO_NOTHING);
                if (a == SYNC_DO_TAKE_ERROR)
                        assert_int_equal(ev, SYNC_EV_ERROR);
                if (a == SYNC_DO_LOG)
                        assert_true(ev == SYNC_EV_LOG && f.side == SYNC_PARENT);
                if (is_report(a))
                        assert_true(f.side == SYNC_INIT && ev != SYNC_EV_EOF && ev != SYNC_EV_BROKEN);
                if (g.state == SYNC_FAILED) {
                        assert_string_equal(err.step, "sync");
                        assert_int_not_equal(err.msg[0], 0);
                }
                walk(g, history, n + 1);
        }
}

static void sync_fsm_step__every_sequence__success_only_by_the_drawing(void **state)
{
        (void)state;
        for (int side = 0; side < SYNC_SIDE__COUNT; side++) {
                enum sync_event history[DEPTH_MAX];
                struct sync_fsm f;

                paths = successes = 0;
                sync_fsm_begin(&f, (enum sync_side)side);
                walk(f, history, 0);
                assert_true(paths > 60 && successes > 0);
        }
}

/* Any state may be entered by a caller's mistake or by a bug: each must still end on each of these. */
static void sync_fsm_step__ending_events__every_state_ends_or_drains(void **state)
{
        (void)state;
        for (int s = 0; s < SYNC_STATE__COUNT; s++) {
                struct sync_fsm f = {s <= SYNC_P_DRAIN ? SYNC_PARENT
                                                       : s <= SYNC_I_EXEC ? SYNC_INIT : SYNC_STARTER,
                                     (enum sync_state)s, 0};
                struct sync_fsm g = f;

                (void)sync_fsm_step(&g, SYNC_EV_DEADLINE, NULL);
                assert_true(sync_fsm_ended(&g));
                g = f;
                (void)sync_fsm_step(&g, SYNC_EV_EOF, NULL);
                assert_true(sync_fsm_ended(&g));
                g = f;
                (void)sync_fsm_step(&g, SYNC_EV_IO, NULL);
                assert_true(sync_fsm_ended(&g));
                g = f;
                (void)sync_fsm_step(&g, SYNC_EV_DIED, NULL); /* may drain, and a drain ends in EOF at the latest */
                (void)sync_fsm_step(&g, SYNC_EV_EOF, NULL);
                assert_true(sync_fsm_ended(&g));
        }
}

static void sync_fsm_step__cause_known_to_driver__kept(void **state)
{
        static const enum sync_event keeps[] = {SYNC_EV_BAD, SYNC_EV_IO, SYNC_EV_FAIL};
        struct sync_fsm f;
        struct err err;

        (void)state;
        for (size_t i = 0; i < 3; i++) {
                sync_fsm_begin(&f, SYNC_INIT);
                err_set(&err, ENOSPC, "mount", "/mounts/3", "cause");
                assert_int_equal(sync_fsm_step(&f, keeps[i], &err), SYNC_DO_REPORT_PARENT);
                assert_int_equal(err.errnum, ENOSPC);
                assert_string_equal(err.place, "/mounts/3");
        }
        sync_fsm_begin(&f, SYNC_INIT);
        assert_int_equal(sync_fsm_step(&f, SYNC_EV_READY, &err), SYNC_DO_REPORT_PARENT);
        assert_int_equal(err.errnum, EPROTO);
        assert_string_equal(err.msg, "READY is unexpected in state HELLO");
}

static void sync_fsm_step__ready_from_the_dead__failed(void **state)
{
        struct sync_fsm f;
        struct err err = ERR_INIT;

        (void)state;
        sync_fsm_begin(&f, SYNC_PARENT);
        for (int i = 0; i < 3; i++)
                sync_fsm_step(&f, SYNC_EV_DONE, &err);
        assert_int_equal(sync_fsm_step(&f, SYNC_EV_DIED, &err), SYNC_DO_DRAIN);
        assert_int_equal(sync_fsm_step(&f, SYNC_EV_READY, &err), SYNC_DO_FAIL);
        assert_int_equal(err.errnum, ECONNRESET);
}

static void sync_names__all__distinct_words(void **state)
{
        (void)state;
        for (int i = 0; i < SYNC_STATE__COUNT; i++)
                assert_string_not_equal(sync_state_name((enum sync_state)i), "?");
        for (int i = 0; i < SYNC_EV__COUNT; i++)
                assert_string_not_equal(sync_event_name((enum sync_event)i), "?");
        assert_string_equal(sync_state_name(SYNC_STATE__COUNT), "?");
        assert_string_equal(sync_event_name(SYNC_EV__COUNT), "?");
        assert_string_equal(sync_side_name(SYNC_STARTER), "start");
        assert_string_equal(sync_side_name(SYNC_SIDE__COUNT), "?");
        assert_int_equal(sync_fsm_event(&(struct sync_msg){.type = SYNC_CONFIG}), SYNC_EV_CONFIG);
        assert_int_equal(sync_fsm_event(&(struct sync_msg){.type = SYNC_EXECUTING}), SYNC_EV_EXECUTING);
        for (int k = 0; k < SYNC_ASK__COUNT; k++) {
                struct sync_msg ask = {.type = SYNC_ASK, .ask.kind = (enum sync_ask_kind)k};
                struct sync_msg done = {.type = SYNC_DONE, .done = (enum sync_ask_kind)k};
                char words[64];

                (void)snprintf(words, sizeof(words), "ASK %s", sync_ask_name((unsigned)k));
                assert_string_equal(sync_event_name(sync_fsm_event(&ask)), words);
                (void)snprintf(words, sizeof(words), "DONE %s", sync_ask_name((unsigned)k));
                assert_string_equal(sync_event_name(sync_fsm_event(&done)), words);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(sync_fsm_step__every_sequence__success_only_by_the_drawing),
                cmocka_unit_test(sync_fsm_step__ending_events__every_state_ends_or_drains),
                cmocka_unit_test(sync_fsm_step__cause_known_to_driver__kept),
                cmocka_unit_test(sync_fsm_step__ready_from_the_dead__failed),
                cmocka_unit_test(sync_names__all__distinct_words),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
