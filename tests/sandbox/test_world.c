/* The far ends of a world: what a terminal does to bytes is undone before they are compared; its settings, its end. */
#include <errno.h>
#include <stdlib.h>
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
// clang-format on
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "sandbox/world.h"

static struct scenario s;
static struct world w;

static void make(void)
{
        static const char text[] = "{\"version\":1,\"about\":\"x\",\"world\":{\"stdio\":[\"pty\",\"pty\",\"pty\"]},"
                                   "\"client\":{\"flow\":\"run\"},\"payload\":{\"steps\":[{\"write\":{\"fd\":1,\"bytes\":20}}]}}";
        static struct obs_fd made[SCENARIO_FD_MAX];

        assert_int_equal(scenario_parse(text, sizeof text - 1, "test", &s, NULL), 0);
        assert_int_equal(world_make(&s, "/tmp", &w, made), 0);
}

static void narrowed(const char *from, const char *want)
{
        unsigned char buf[32];
        size_t n = strlen(from);

        memcpy(buf, from, n);
        assert_int_equal(world_pty_narrow(buf, n), strlen(want));
        assert_memory_equal(buf, want, strlen(want));
}

static void world_pty_narrow__cr_before_lf__is_gone(void **state)
{
        (void)state;
        narrowed("", "");
        narrowed("a\r\nb\r\n", "a\nb\n");
        narrowed("a\nb\rc\r", "a\nb\rc\r");
        narrowed("x\r\r\ny\r\r\n", "x\ny\n");
        narrowed("\r\r\n", "\n");
}

static void world_pty__bytes__arrive_and_eio_is_eof(void **state)
{
        struct obs_stream stream[3] = { 0 };

        (void)state;
        make();
        assert_int_equal(write(w.near[1], "b00000000000000\nb000", 20), 20);
        assert_true(world_pump(&w, 1));
        assert_false(w.reader[1].eof);
        world_close_near(&w);
        while (!world_at_eof(&w))
                (void)world_pump(&w, 1);
        assert_int_equal(world_judge_streams(&w, "/tmp", stream), 0);
        assert_true(stream[1].used && stream[1].eof);
        assert_int_equal(stream[1].got, 20); /* and not the CR that the terminal has added */
        assert_int_equal(stream[1].first_diff, -1);
        assert_false(stream[0].used || stream[2].used);
        for (int i = 0; i < 3; i++)
                free(w.reader[i].buf);
}

static void world_pty_changed__settings__are_seen_after_the_end(void **state)
{
        struct winsize size;
        struct termios t;

        (void)state;
        make();
        assert_false(world_pty_changed(&w));
        assert_int_equal(ioctl(w.near[0], TIOCGWINSZ, &size), 0);
        assert_true(size.ws_row == SCENARIO_ROWS && size.ws_col == SCENARIO_COLUMNS);
        world_pty_resize(&w);
        assert_int_equal(ioctl(w.near[0], TIOCGWINSZ, &size), 0);
        assert_true(size.ws_row == SCENARIO_ROWS_LATER && size.ws_col == SCENARIO_COLUMNS_LATER);
        assert_false(world_pty_changed(&w));
        assert_true(world_pty_echoes(&w));
        assert_int_equal(tcgetattr(w.near[0], &t), 0);
        cfmakeraw(&t);
        assert_int_equal(tcsetattr(w.near[0], TCSANOW, &t), 0);
        assert_false(world_pty_echoes(&w));
        world_close_near(&w);
        assert_true(world_pty_changed(&w));
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(world_pty_narrow__cr_before_lf__is_gone),
                cmocka_unit_test(world_pty__bytes__arrive_and_eio_is_eof),
                cmocka_unit_test(world_pty_changed__settings__are_seen_after_the_end),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
