/* ENV-EXACT: every part of it, spoilt. */
#include "tests/sandbox/judged.h"

static struct judged j;

static int fresh(void **state)
{
        (void)state;
        judged_good(&j);
        return 0;
}

static void judge_env__arguments__are_compared(void **state)
{
        (void)state;
        strcpy(j.report.argv[1], "write:1:6");
        judged_is(&j, false, INV_ENV_EXACT, VERDICT_FAIL, "argument 1");
        j.report.argc = 1;
        judged_is(&j, false, INV_ENV_EXACT, VERDICT_FAIL, "1 arguments instead of 3");
}

static void judge_env__variables__are_compared_in_order(void **state)
{
        (void)state;
        strcpy(j.report.env[0], "B=2");
        strcpy(j.report.env[1], "A=1");
        judged_is(&j, false, INV_ENV_EXACT, VERDICT_FAIL, "B=2");
        judged_good(&j);
        j.report.n_env = 1;
        judged_is(&j, false, INV_ENV_EXACT, VERDICT_FAIL, "\"B=2\" is missing");
        judged_good(&j);
        strcpy(j.report.env[j.report.n_env++], "_LIBCONTAINER_FIFOFD=4");
        judged_is(&j, false, INV_ENV_EXACT, VERDICT_FAIL, "_LIBCONTAINER_FIFOFD");
}

static void judge_env__variable_twice__accuses_only_ours(void **state)
{
        (void)state;
        strcpy(j.s.process.env.item[j.s.process.env.n++], "A=3");
        strcpy(j.report.env[0], "A=3");
        judged_is(&j, false, INV_ENV_EXACT, VERDICT_DIFFERS, "A=3");
        judged_is(&j, true, INV_ENV_EXACT, VERDICT_FAIL, "A=3");
}

static void judge_env__home_when_absent__is_allowed(void **state)
{
        (void)state;
        strcpy(j.report.env[j.report.n_env++], "HOME=/");
        strcpy(j.report.env[j.report.n_env++], "LISTEN_FDS=1");
        judged_is(&j, true, INV_ENV_EXACT, VERDICT_OK, "");
        strcpy(j.s.process.env.item[j.s.process.env.n++], "HOME=/root");
        judged_is(&j, true, INV_ENV_EXACT, VERDICT_FAIL, "HOME=/");
}

static void judge_env__identity__is_compared(void **state)
{
        (void)state;
        j.report.uid[2] = 5;
        judged_is(&j, false, INV_ENV_EXACT, VERDICT_FAIL, "saved uid is 5");
        judged_good(&j);
        j.report.gid[1] = 5;
        judged_is(&j, false, INV_ENV_EXACT, VERDICT_FAIL, "effective gid is 5");
        judged_good(&j);
        j.report.group[0] = 8;
        judged_is(&j, false, INV_ENV_EXACT, VERDICT_FAIL, "group 7 is missing");
        judged_good(&j);
        j.report.group[j.report.n_groups++] = 8;
        judged_is(&j, false, INV_ENV_EXACT, VERDICT_FAIL, "group 8 is not configured");
        judged_good(&j);
        j.report.umask = 0;
        judged_is(&j, false, INV_ENV_EXACT, VERDICT_FAIL, "umask is 0000 instead of 0022");
        judged_good(&j);
        strcpy(j.report.cwd, "/tmp");
        judged_is(&j, false, INV_ENV_EXACT, VERDICT_FAIL, "cwd");
}

static void judge_env__capabilities__are_compared(void **state)
{
        static const char *const names[] = { "inheritable", "permitted", "effective", "bounding", "ambient" };

        (void)state;
        for (int i = 0; i < 5; i++) {
                judged_good(&j);
                j.report.cap[i] ^= 1;
                judged_is(&j, false, INV_ENV_EXACT, VERDICT_FAIL, names[i]);
        }
}

static void judge_env__other_user__has_no_capabilities(void **state)
{
        (void)state;
        j.s.process.uid = 5;
        for (int i = 0; i < 4; i++)
                j.report.uid[i] = 5;
        judged_is(&j, false, INV_ENV_EXACT, VERDICT_FAIL, "permitted");
        j.report.cap[1] = j.report.cap[2] = 0;
        judged_is(&j, false, INV_ENV_EXACT, VERDICT_OK, "");
}

static void judge_env__limits_and_flags__are_compared(void **state)
{
        (void)state;
        j.report.rlimit[7][0] = 51;
        judged_is(&j, false, INV_ENV_EXACT, VERDICT_FAIL, "RLIMIT_NOFILE is 51:60 instead of 50:60");
        judged_good(&j);
        j.report.no_new_privs = 1;
        judged_is(&j, false, INV_ENV_EXACT, VERDICT_FAIL, "no_new_privs");
        judged_good(&j);
        j.report.oom_score_adj = 100;
        judged_is(&j, false, INV_ENV_EXACT, VERDICT_FAIL, "oom_score_adj is 100 instead of 0");
        j.report.oom_score_adj = BUNDLE_NO_PROC;
        judged_is(&j, false, INV_ENV_EXACT, VERDICT_OK, "");
}

static void judge_env__signals__accuse_only_ours(void **state)
{
        (void)state;
        j.report.sig_ignored = 1u << 12;
        judged_is(&j, true, INV_ENV_EXACT, VERDICT_FAIL, "ignored");
        judged_is(&j, false, INV_ENV_EXACT, VERDICT_DIFFERS, "ignored");
        j.s.world.ignored_signals[j.s.world.n_ignored++] = 13; /* so does the caller */
        judged_is(&j, false, INV_ENV_EXACT, VERDICT_OK, "");
        judged_is(&j, true, INV_ENV_EXACT, VERDICT_FAIL, "ignored");
        judged_good(&j);
        j.report.sig_blocked = 4;
        judged_is(&j, true, INV_ENV_EXACT, VERDICT_FAIL, "blocked");
}

#define CASE(f) cmocka_unit_test_setup(f, fresh)

int main(void)
{
        const struct CMUnitTest tests[] = {
                CASE(judge_env__arguments__are_compared),
                CASE(judge_env__variables__are_compared_in_order),
                CASE(judge_env__variable_twice__accuses_only_ours),
                CASE(judge_env__home_when_absent__is_allowed),
                CASE(judge_env__identity__is_compared),
                CASE(judge_env__capabilities__are_compared),
                CASE(judge_env__other_user__has_no_capabilities),
                CASE(judge_env__limits_and_flags__are_compared),
                CASE(judge_env__signals__accuse_only_ours),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
