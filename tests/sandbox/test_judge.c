/* Each verdict, and for each invariant the runs that must be called wrong. */
#include "tests/sandbox/judged.h"

#include <errno.h>
#include <sys/sysmacros.h>

static struct judged j;

static int fresh(void **state)
{
        (void)state;
        judged_good(&j);
        return 0;
}

static void judge_run__all_well__is_ok(void **state)
{
        static const enum invariant_id all[] = { INV_FD_EXACT,  INV_OUT_EXACT,  INV_STDIO_ALIVE, INV_ENV_EXACT,
                                                 INV_EXIT_CODE, INV_TIME_BOUND,  INV_CLEAN,
                                                 INV_ERR_STATE, INV_FD_HOST,     INV_CWD_INSIDE,
                                                 INV_HOST_UNCHANGED, INV_LIFE_MODEL, INV_NO_CRASH };

        (void)state;
        for (size_t i = 0; i < sizeof all / sizeof *all; i++)
                judged_is(&j, true, all[i], VERDICT_OK, "");
        judged_is(&j, true, INV_ERR_ONE, VERDICT_UNSEEN, "");
}

static void judge_run__judge_list__leaves_others_out(void **state)
{
        (void)state;
        j.o.n_left = 1;
        j.s.judge = UINT64_C(1) << INV_OUT_EXACT;
        judged_is(&j, true, INV_CLEAN, VERDICT_UNSEEN, "");
        judged_is(&j, true, INV_OUT_EXACT, VERDICT_OK, "");
}

static void judge_time__timeout__fails(void **state)
{
        (void)state;
        j.o.timed_out = true;
        strcpy(j.o.timeout_where, "create still runs");
        judged_is(&j, false, INV_TIME_BOUND, VERDICT_FAIL, "create still runs");
        judged_is(&j, false, INV_CLEAN, VERDICT_UNSEEN, "");
}

static void judge_clean__leftover__fails(void **state)
{
        (void)state;
        j.o.n_left = 1;
        strcpy(j.o.left[0], "process 7 (init)");
        judged_is(&j, false, INV_CLEAN, VERDICT_FAIL, "process 7");
}

static void judge_exit__other_code__fails(void **state)
{
        (void)state;
        j.o.payload_code = 4;
        judged_is(&j, false, INV_EXIT_CODE, VERDICT_FAIL, "status 4");
        j.o.payload_end = END_SIGNALED;
        j.o.payload_code = 9;
        judged_is(&j, false, INV_EXIT_CODE, VERDICT_FAIL, "137");
        j.o.payload_end = END_NONE;
        judged_is(&j, false, INV_EXIT_CODE, VERDICT_UNSEEN, "");
}

static void judge_exit__foreground__compares_the_command(void **state)
{
        (void)state;
        j.s.client.flow = FLOW_RUN;
        j.o.n_commands = 0;
        judged_command(&j, "run", 3);
        judged_is(&j, false, INV_EXIT_CODE, VERDICT_OK, "");
        j.o.command[0].code = 0;
        judged_is(&j, false, INV_EXIT_CODE, VERDICT_FAIL, "exits with 0");
}

static void judge_out__lost_bytes__fails(void **state)
{
        (void)state;
        j.o.stream[1].got = 4;
        j.o.stream[1].first_diff = 4;
        judged_is(&j, false, INV_OUT_EXACT, VERDICT_FAIL, "4 bytes arrived, 5 were written");
}

static void judge_out__no_or_early_eof__fails(void **state)
{
        (void)state;
        j.o.payload_end_ms = 500;
        judged_is(&j, false, INV_OUT_EXACT, VERDICT_FAIL, "EOF 480 ms before");
        j.o.stream[1].eof_at_end = j.o.stream[2].eof_at_end = true; /* who is not scheduled dies slowly */
        judged_is(&j, false, INV_OUT_EXACT, VERDICT_OK, "");
        j.o.stream[1].eof = false;
        judged_is(&j, false, INV_OUT_EXACT, VERDICT_FAIL, "no EOF");
}

static void judge_alive__failed_step__fails(void **state)
{
        (void)state;
        j.report.step[0].result = -EPIPE;
        judged_is(&j, false, INV_STDIO_ALIVE, VERDICT_FAIL, "Broken pipe");
        j.report.step[0].result = 3;
        judged_is(&j, false, INV_STDIO_ALIVE, VERDICT_FAIL, "3 bytes instead of 5");
        j.report.n_steps = 0;
        judged_is(&j, false, INV_STDIO_ALIVE, VERDICT_FAIL, "ends before step 0");
        j.o.payload_end = END_SIGNALED;
        j.o.payload_code = 13;
        judged_is(&j, false, INV_STDIO_ALIVE, VERDICT_FAIL, "dies of signal 13");
}

static void judge_alive__became_nonblocking__fails(void **state)
{
        (void)state;
        j.report.fd[1].flags |= O_NONBLOCK;
        judged_is(&j, false, INV_STDIO_ALIVE, VERDICT_FAIL, "fd 1 has become non-blocking");
}

static void judge_fds__other_or_missing__fails(void **state)
{
        (void)state;
        j.report.fd[1].mark = 0;
        judged_is(&j, false, INV_FD_EXACT, VERDICT_FAIL, "opened anew");
        j.report.fd[1].ino = 5;
        judged_is(&j, false, INV_FD_EXACT, VERDICT_FAIL, "fd 1 is a pipe");
        j.report.n_fds = 2;
        j.report.fd[1] = j.o.made[1];
        judged_is(&j, false, INV_FD_EXACT, VERDICT_FAIL, "fd 2 (pipe) is closed");
}

static void judge_fds__leaked__fails(void **state)
{
        (void)state;
        judged_fd(&j, 5);
        judged_is(&j, false, INV_FD_EXACT, VERDICT_FAIL, "fd 5 (a pipe) leaks");
        j.o.made[5].fd = -1;
        j.report.fd[3].mode = S_IFDIR;
        judged_is(&j, false, INV_FD_EXACT, VERDICT_FAIL, "fd 5 is a directory");
}

static void judge_fds__preserved_off_by_one__fails(void **state)
{
        (void)state;
        j.s.client.preserve_fds = 1;
        j.s.world.fd[3] = KIND_FILE;
        judged_fd(&j, 3);
        judged_is(&j, true, INV_FD_EXACT, VERDICT_OK, "");
        j.report.n_fds--;
        judged_is(&j, false, INV_FD_EXACT, VERDICT_FAIL, "fd 3 (file) is closed");
}

static void judge_fds__offset_moved__differs(void **state)
{
        (void)state;
        j.o.made[0].offset = 10;
        j.report.fd[0].offset = 0;
        judged_is(&j, false, INV_FD_EXACT, VERDICT_DIFFERS, "offset");
        judged_is(&j, true, INV_FD_EXACT, VERDICT_FAIL, "offset");
}

static void judge_fds__closed_becomes_null_device__accuses_only_ours(void **state)
{
        (void)state;
        j.s.world.fd[0] = KIND_CLOSED;
        j.o.made[0].fd = -1;
        j.report.fd[0].mode = S_IFCHR;
        j.report.fd[0].rdev = makedev(1, 3);
        judged_is(&j, false, INV_FD_EXACT, VERDICT_DIFFERS, "was closed at entry");
        judged_is(&j, true, INV_FD_EXACT, VERDICT_FAIL, "was closed at entry");
}

static void judge_fds__foreground__compares_presence_only(void **state)
{
        (void)state;
        j.s.client.flow = FLOW_RUN;
        j.report.fd[1].ino = 5;
        judged_is(&j, true, INV_FD_EXACT, VERDICT_OK, "");
        j.report.n_fds = 2;
        judged_is(&j, true, INV_FD_EXACT, VERDICT_FAIL, "fd 2");
}

/* --- ERR-ONE --- */

static void start_fails(const char *text)
{
        judged_good(&j);
        j.s.bad = BAD_MISSING;
        j.s.n_steps = 0;
        j.report.started = false;
        j.o.n_commands = 0;
        judged_command(&j, "create", 1);
        strcpy(j.o.stream[2].text, text);
        j.o.stream[2].first_diff = text[0] ? 0 : -1;
        j.o.stream[1].expected = j.o.stream[1].got = 0;
}

static void judge_errors__one__is_ok(void **state)
{
        (void)state;
        start_fails("level=warning msg=\"x\"\nlevel=error msg=\"exec failed\"\n");
        judged_is(&j, true, INV_ERR_ONE, VERDICT_OK, "");
        judged_is(&j, true, INV_OUT_EXACT, VERDICT_OK, "");
        judged_is(&j, true, INV_EXIT_CODE, VERDICT_UNSEEN, "");
}

static void judge_errors__none_or_cut__fails(void **state)
{
        (void)state;
        start_fails("");
        judged_is(&j, false, INV_ERR_ONE, VERDICT_FAIL, "without any error");
        start_fails("exec fai");
        judged_is(&j, false, INV_ERR_ONE, VERDICT_FAIL, "cut");
}

static void judge_errors__twice__accuses_only_ours(void **state)
{
        (void)state;
        start_fails("exec failed\nexec failed\n");
        judged_is(&j, true, INV_ERR_ONE, VERDICT_FAIL, "2 errors");
        judged_is(&j, false, INV_ERR_ONE, VERDICT_DIFFERS, "2 errors");
}

static void judge_errors__log__wants_one_in_each(void **state)
{
        (void)state;
        start_fails("exec failed\n");
        j.s.client.log = true;
        judged_is(&j, true, INV_ERR_ONE, VERDICT_FAIL, "0 errors in the log");
        strcpy(j.o.log, "{\"level\":\"error\"}\n{\"level\":\"info\"}\n");
        judged_is(&j, true, INV_ERR_ONE, VERDICT_OK, "");
        j.o.stream[2].text[0] = '\0';
        judged_is(&j, true, INV_ERR_ONE, VERDICT_FAIL, "log only");
        judged_is(&j, false, INV_ERR_ONE, VERDICT_DIFFERS, "log only");
}

static void judge_state__success_answered__fails(void **state)
{
        (void)state;
        start_fails("exec failed\n");
        j.o.command[0].code = 0;
        judged_is(&j, false, INV_ERR_STATE, VERDICT_FAIL, "success is answered");
        j.s.bad = BAD_ENOEXEC;
        judged_is(&j, false, INV_ERR_STATE, VERDICT_DIFFERS, "execve failed later");
        judged_is(&j, true, INV_ERR_STATE, VERDICT_FAIL, "success is answered");
        j.o.stream[2].text[0] = '\0';
        judged_is(&j, false, INV_ERR_ONE, VERDICT_FAIL, "without any error");
}

static void judge_state__payload_never_ran__fails(void **state)
{
        (void)state;
        j.report.started = false;
        judged_is(&j, false, INV_ERR_STATE, VERDICT_FAIL, "never ran");
}

static void judge_errors__dies_of_signal__fails(void **state)
{
        (void)state;
        start_fails("oops\n");
        j.o.command[0].end = END_SIGNALED;
        j.o.command[0].code = 11;
        judged_is(&j, false, INV_ERR_ONE, VERDICT_FAIL, "dies of signal 11");
}

static void judge_refusal__clean__accuses_only_ours(void **state)
{
        (void)state;
        start_fails("no closed stdin\n");
        j.s.bad = BAD_NONE;
        judged_is(&j, false, INV_EXIT_CODE, VERDICT_REFUSED, "no closed stdin");
        judged_is(&j, false, INV_FD_EXACT, VERDICT_REFUSED, "create");
        judged_is(&j, false, INV_ERR_ONE, VERDICT_OK, "");
        judged_is(&j, true, INV_EXIT_CODE, VERDICT_FAIL, "never ran");
        j.s.may_refuse = true;
        judged_is(&j, true, INV_EXIT_CODE, VERDICT_REFUSED, "");
}

static void judge_count_errors__lines__are_counted(void **state)
{
        (void)state;
        assert_int_equal(judge_count_errors(""), 0);
        assert_int_equal(judge_count_errors("\n \n"), 0);
        assert_int_equal(judge_count_errors("a\nb"), 2);
        assert_int_equal(judge_count_errors("{\"level\":\"warning\",\"msg\":\"x\"}\n"), 0);
        assert_int_equal(judge_count_errors("time=x level=error msg=y\n"), 1);
}

#define CASE(f) cmocka_unit_test_setup(f, fresh)

int main(void)
{
        const struct CMUnitTest tests[] = {
                CASE(judge_run__all_well__is_ok),
                CASE(judge_run__judge_list__leaves_others_out),
                CASE(judge_time__timeout__fails),
                CASE(judge_clean__leftover__fails),
                CASE(judge_exit__other_code__fails),
                CASE(judge_exit__foreground__compares_the_command),
                CASE(judge_out__lost_bytes__fails),
                CASE(judge_out__no_or_early_eof__fails),
                CASE(judge_alive__failed_step__fails),
                CASE(judge_alive__became_nonblocking__fails),
                CASE(judge_fds__other_or_missing__fails),
                CASE(judge_fds__leaked__fails),
                CASE(judge_fds__preserved_off_by_one__fails),
                CASE(judge_fds__offset_moved__differs),
                CASE(judge_fds__closed_becomes_null_device__accuses_only_ours),
                CASE(judge_fds__foreground__compares_presence_only),
                CASE(judge_errors__one__is_ok),
                CASE(judge_errors__none_or_cut__fails),
                CASE(judge_errors__twice__accuses_only_ours),
                CASE(judge_errors__log__wants_one_in_each),
                CASE(judge_state__success_answered__fails),
                CASE(judge_state__payload_never_ran__fails),
                CASE(judge_errors__dies_of_signal__fails),
                CASE(judge_refusal__clean__accuses_only_ours),
                CASE(judge_count_errors__lines__are_counted),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
