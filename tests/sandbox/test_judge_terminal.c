/* Terminals on the payload's stdio, and on that of what exec runs: what must be called wrong of them. */
#include "tests/sandbox/judged.h"

#include <sys/sysmacros.h>

static struct judged j;

static void terminal_fds(struct obs_fd *list, size_t *n)
{
        for (int fd = 0; fd < 3; fd++)
                list[fd] = (struct obs_fd){ .fd = fd, .dev = 20, .ino = 3, .rdev = makedev(136, 0), .mode = S_IFCHR | 0620,
                                            .flags = O_RDWR, .offset = -1 };
        *n = 3;
}

static void good_tty(int *tty)
{
        for (int i = OBS_TTY_0; i <= OBS_TTY_FOREGROUND; i++)
                tty[i] = 1;
        tty[OBS_TTY_CONSOLE] = 1;
        tty[OBS_TTY_ROWS] = SCENARIO_ROWS;
        tty[OBS_TTY_COLUMNS] = SCENARIO_COLUMNS;
}

/* Through a console socket; the run is as good as judged_good's. */
static int fresh(void **state)
{
        (void)state;
        judged_good(&j);
        for (int fd = 0; fd < 3; fd++)
                j.s.world.fd[fd] = KIND_PTY;
        terminal_fds(j.report.fd, &j.report.n_fds);
        good_tty(j.report.tty);
        j.o.stream[2].used = false;
        return 0;
}

static void wrong(enum invariant_id id, enum verdict_kind foreign, const char *evidence)
{
        judged_is(&j, true, id, VERDICT_FAIL, evidence);
        judged_is(&j, false, id, foreign, evidence);
}

static void judge_terminal__good__is_ok(void **state)
{
        (void)state;
        judged_is(&j, true, INV_FD_EXACT, VERDICT_OK, "");
        judged_is(&j, true, INV_ENV_EXACT, VERDICT_OK, "");
        judged_is(&j, true, INV_OUT_EXACT, VERDICT_OK, "");
}

static void judge_terminal__other_fds__fail(void **state)
{
        (void)state;
        j.report.fd[2].rdev = makedev(136, 1);
        wrong(INV_FD_EXACT, VERDICT_FAIL, "fd 2 of the payload is another terminal than fd 0");
        j.report.fd[2].rdev = makedev(1, 3);
        wrong(INV_FD_EXACT, VERDICT_FAIL, "fd 2 of the payload is no terminal");
        terminal_fds(j.report.fd, &j.report.n_fds);
        j.report.tty[OBS_TTY_1] = 0;
        wrong(INV_FD_EXACT, VERDICT_FAIL, "fd 1 of the payload is no terminal");
        j.report.n_fds = 1;
        wrong(INV_FD_EXACT, VERDICT_FAIL, "fd 1");
        terminal_fds(j.report.fd, &j.report.n_fds);
        j.report.fd[3] = (struct obs_fd){ .fd = 5, .mode = S_IFREG };
        j.report.n_fds = 4;
        j.report.tty[OBS_TTY_1] = 1;
        wrong(INV_FD_EXACT, VERDICT_FAIL, "fd 5 is a file");
}

static void judge_terminal__not_controlling__only_our_rule(void **state)
{
        (void)state;
        j.report.tty[OBS_TTY_FOREGROUND] = 0;
        wrong(INV_ENV_EXACT, VERDICT_DIFFERS, "not in the terminal's foreground process group");
        j.report.tty[OBS_TTY_SESSION] = 0;
        wrong(INV_ENV_EXACT, VERDICT_DIFFERS, "not the controlling terminal of the payload");
        good_tty(j.report.tty);
        j.report.tty[OBS_TTY_CONSOLE] = 0;
        wrong(INV_ENV_EXACT, VERDICT_FAIL, "/dev/console");
}

static void judge_terminal__size__as_configured_or_the_callers(void **state)
{
        (void)state;
        j.report.tty[OBS_TTY_ROWS] = 0;
        judged_is(&j, true, INV_ENV_EXACT, VERDICT_OK, ""); /* nobody said which */
        j.s.client.flow = FLOW_RUN;
        wrong(INV_ENV_EXACT, VERDICT_DIFFERS, "0 rows and 132 columns instead of the caller's 43 and 132");
        j.s.process.rows = 10;
        j.s.process.columns = 20;
        wrong(INV_ENV_EXACT, VERDICT_FAIL, "instead of 10 and 20");
        j.report.tty[OBS_TTY_ROWS] = SCENARIO_ROWS;
        judged_is(&j, true, INV_ENV_EXACT, VERDICT_OK, "");
        j.s.client.flow = FLOW_CREATE_START;
        wrong(INV_ENV_EXACT, VERDICT_FAIL, "instead of 10 and 20");
        j.report.tty[OBS_TTY_ROWS] = 10;
        j.report.tty[OBS_TTY_COLUMNS] = 20;
        judged_is(&j, true, INV_ENV_EXACT, VERDICT_OK, "");
}

static void judge_terminal__later_size__must_arrive(void **state)
{
        (void)state;
        j.s.step[0] = (struct scenario_step){ .kind = STEP_RESIZED };
        strcpy(j.report.argv[1], "resized");
        j.report.step[0].result = SCENARIO_ROWS_LATER << 16 | SCENARIO_COLUMNS_LATER;
        judged_is(&j, true, INV_STDIO_ALIVE, VERDICT_OK, "");
        j.report.step[0].result = 5 << 16 | 6;
        wrong(INV_ENV_EXACT, VERDICT_DIFFERS, "5 rows and 6 columns now");
        j.report.step[0].result = -110;
        wrong(INV_ENV_EXACT, VERDICT_DIFFERS, "never reached the payload");
}

static void judge_terminal__callers_settings__are_restored(void **state)
{
        (void)state;
        j.o.tty_changed = true;
        wrong(INV_HOST_UNCHANGED, VERDICT_DIFFERS, "other settings");
}

static void judge_terminal__of_exec__is_judged_too(void **state)
{
        struct obs_hook *h = &j.report.hook[0];

        (void)state;
        for (int fd = 0; fd < 3; fd++)
                j.s.world.fd[fd] = KIND_PIPE;
        judged_good(&j);
        judged_command(&j, "exec tty", 0);
        j.o.stream[0] = (struct obs_stream){ true, 9, 9, -1, true, 30, "" };
        wrong(INV_FD_EXACT, VERDICT_FAIL, "never reported");
        strcpy(h->kind, "exec");
        terminal_fds(h->fd, &h->n_fds);
        good_tty(h->tty);
        j.report.n_hooks = 1;
        judged_is(&j, true, INV_FD_EXACT, VERDICT_OK, "");
        h->tty[OBS_TTY_SESSION] = 0;
        wrong(INV_ENV_EXACT, VERDICT_DIFFERS, "controlling terminal of what exec runs");
        j.o.stream[0].eof = false;
        wrong(INV_OUT_EXACT, VERDICT_FAIL, "the terminal: no EOF");
        j.o.stream[0].first_diff = 5;
        wrong(INV_OUT_EXACT, VERDICT_FAIL, "the first difference is at 5");
}

#define CASE(f) cmocka_unit_test_setup(f, fresh)

int main(void)
{
        const struct CMUnitTest tests[] = {
                CASE(judge_terminal__good__is_ok),
                CASE(judge_terminal__other_fds__fail),
                CASE(judge_terminal__not_controlling__only_our_rule),
                CASE(judge_terminal__size__as_configured_or_the_callers),
                CASE(judge_terminal__later_size__must_arrive),
                CASE(judge_terminal__callers_settings__are_restored),
                CASE(judge_terminal__of_exec__is_judged_too),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
