/* CLEAN: labrun killed by SIGKILL at any moment, then delete --force, and nothing is left. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tests/labrun/fixture.h"

/* Moments spread over what the command takes when it is left alone, and a little more. */
#define MOMENTS 60

static long elapsed_us(const struct timespec *since)
{
        struct timespec now;

        clock_gettime(CLOCK_MONOTONIC, &now);
        return (now.tv_sec - since->tv_sec) * 1000000 + (now.tv_nsec - since->tv_nsec) / 1000;
}

static void prepare(struct lab *lab, const char *command)
{
        if (strcmp(command, "create") != 0 && strcmp(command, "run") != 0)
                assert_int_equal(lab_run(lab, "create", "-b", lab->bundle, lab->id, NULL)->code, 0);
}

static pid_t go(struct lab *lab, const char *command)
{
        if (strcmp(command, "create") == 0 || strcmp(command, "run") == 0)
                return lab_spawn(lab, command, "-b", lab->bundle, lab->id, NULL);
        if (strcmp(command, "delete") == 0) /* it is created, not stopped */
                return lab_spawn(lab, command, "--force", lab->id, NULL);
        return lab_spawn(lab, command, lab->id, NULL);
}

static void forced_delete_cleans(struct lab *lab, const char *command, long at)
{
        struct result *r = lab_run(lab, "delete", "--force", lab->id, NULL);

        if (r->code)
                print_message("%s killed after %ld us; delete: %s\n", command, at, r->err);
        assert_int_equal(r->code, 0);
        /* a dying init is nobody's child but the reaper's: it may be visible for a moment */
        struct timespec pause = {.tv_nsec = 20000000};
        bool clean = false;
        for (int i = 0; i < 50 && !clean; i++, nanosleep(&pause, NULL))
                clean = lab_clean(lab);
        if (!clean)
                print_message("%s killed after %ld us\n", command, at);
        assert_true(clean);
}

static void killed_at_moments(struct lab *lab, const char *command)
{
        struct timespec begin;
        long whole;

        lab_config(lab, "{\"process\":{\"args\":[\"/bin/sleep\",\"0.02\"]}}");
        prepare(lab, command);
        clock_gettime(CLOCK_MONOTONIC, &begin);
        assert_int_equal(lab_wait(go(lab, command)), 0);
        whole = elapsed_us(&begin);
        forced_delete_cleans(lab, command, whole);
        for (int i = 0; i < MOMENTS; i++) {
                long at = whole * i * 5 / (MOMENTS * 4);
                struct timespec pause = {at / 1000000, at % 1000000 * 1000};
                prepare(lab, command);
                pid_t pid = go(lab, command);
                nanosleep(&pause, NULL);
                kill(pid, SIGKILL);
                (void)lab_wait(pid);
                forced_delete_cleans(lab, command, at);
        }
}

static void create__killed_at_any_moment__delete_force_cleans(void **state)
{
        lab_need_root();
        killed_at_moments(*state, "create");
}

static void start__killed_at_any_moment__delete_force_cleans(void **state)
{
        lab_need_root();
        killed_at_moments(*state, "start");
}

static void delete__killed_at_any_moment__delete_force_cleans(void **state)
{
        lab_need_root();
        killed_at_moments(*state, "delete");
}

static void run__killed_at_any_moment__delete_force_cleans(void **state)
{
        lab_need_root();
        killed_at_moments(*state, "run");
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(create__killed_at_any_moment__delete_force_cleans, lab_setup,
                                                lab_teardown),
                cmocka_unit_test_setup_teardown(start__killed_at_any_moment__delete_force_cleans, lab_setup,
                                                lab_teardown),
                cmocka_unit_test_setup_teardown(delete__killed_at_any_moment__delete_force_cleans, lab_setup,
                                                lab_teardown),
                cmocka_unit_test_setup_teardown(run__killed_at_any_moment__delete_force_cleans, lab_setup,
                                                lab_teardown),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
