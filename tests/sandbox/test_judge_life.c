/* The model of a container's life, and the histories that must be called wrong by it. */
#include "tests/sandbox/judged.h"

#include "sandbox/life.h"
#include "sandbox/surroundings.h"

static struct judged j;

/* A history of operations, which begins anew. */
static int fresh(void **state)
{
        (void)state;
        judged_good(&j);
        j.s.client.flow = FLOW_OPERATIONS;
        j.s.n_steps = 1;
        j.s.step[0] = (struct scenario_step){ .kind = STEP_SLEEP, .ms = 60000 };
        j.o.n_commands = 0;
        return 0;
}

/* `state` answers; status NULL: that there is no such container. */
static struct obs_command *says(const char *status, int pid)
{
        struct obs_command *c = judged_command(&j, "state", status ? 0 : 1);

        if (status)
                snprintf(c->out, sizeof c->out,
                         "{\"ociVersion\":\"1.0.2\",\"id\":\"%s\",\"status\":\"%s\",\"pid\":%d,\"bundle\":\"%s\"}",
                         OBS_ID, status, pid, SURROUNDINGS_BUNDLE);
        return c;
}

static void wrong(enum verdict_kind foreign, const char *evidence)
{
        judged_is(&j, true, INV_LIFE_MODEL, VERDICT_FAIL, evidence);
        judged_is(&j, false, INV_LIFE_MODEL, foreign, evidence);
}

static void life_after__every_operation__in_every_state(void **state)
{
        /* n: must fail, y: must succeed, m: either; columns none created running paused stopped */
        static const char *const table[OPERATION__COUNT] = { "ynnnn", "nynnn", "nyymn", "nyyyy",
                                                             "nmynn", "nnnyn", "nmynn", "nmynn", "mmmmm",
                                                             "mmmmm", "mmmmm", "nnnny", "myyyy" };

        (void)state;
        for (int op = 0; op < OPERATION__COUNT; op++) {
                for (int s = 0; s < LIFE__COUNT; s++) {
                        life_set good = life_after(LIFE(s), (enum scenario_operation_kind)op, true, false);
                        life_set bad = life_after(LIFE(s), (enum scenario_operation_kind)op, false, false);

                        assert_int_equal(good != 0, table[op][s] != 'n');
                        assert_int_equal(bad, table[op][s] == 'y' ? 0 : LIFE(s)); /* an error changes nothing */
                }
        }
}

static void life_after__success__leads_on(void **state)
{
        (void)state;
        assert_int_equal(life_after(LIFE(LIFE_NONE), OPERATION_CREATE, true, true), LIFE(LIFE_CREATED));
        assert_int_equal(life_after(LIFE(LIFE_CREATED), OPERATION_START, true, false), LIFE(LIFE_RUNNING));
        assert_int_equal(life_after(LIFE(LIFE_CREATED), OPERATION_START, true, true),
                         LIFE(LIFE_RUNNING) | LIFE(LIFE_STOPPED));
        assert_int_equal(life_after(LIFE(LIFE_CREATED), OPERATION_KILL, true, false),
                         LIFE(LIFE_CREATED) | LIFE(LIFE_STOPPED));
        assert_int_equal(life_after(LIFE(LIFE_RUNNING), OPERATION_WAIT, true, false), LIFE(LIFE_STOPPED));
        assert_int_equal(life_after(LIFE(LIFE_RUNNING), OPERATION_PAUSE, true, false), LIFE(LIFE_PAUSED));
        assert_int_equal(life_after(LIFE(LIFE_STOPPED), OPERATION_DELETE, true, false), LIFE(LIFE_NONE));
        assert_int_equal(life_after(LIFE(LIFE_RUNNING) | LIFE(LIFE_STOPPED), OPERATION_DELETE, false, true),
                         LIFE(LIFE_RUNNING));
}

static void judge_life__whole_life__is_ok(void **state)
{
        (void)state;
        judged_command(&j, "create", 0);
        says("created", 12);
        judged_command(&j, "create", 1);
        says("created", 12);
        judged_command(&j, "start", 0);
        says("running", 12);
        judged_command(&j, "delete", 1);
        says("running", 12);
        judged_command(&j, "kill", 0);
        says("running", 12);
        judged_command(&j, "wait", 0);
        says("stopped", 0);
        judged_command(&j, "delete", 0);
        says(NULL, 0);
        judged_is(&j, true, INV_LIFE_MODEL, VERDICT_OK, "");
}

static void judge_life__success_in_the_wrong_state__fails(void **state)
{
        (void)state;
        judged_command(&j, "create", 0);
        judged_command(&j, "create", 0);
        wrong(VERDICT_FAIL, "create succeeds, but the container is created");
        fresh(NULL);
        judged_command(&j, "start", 0);
        says("running", 4);
        wrong(VERDICT_FAIL, "start succeeds, but the container is not there");
        fresh(NULL);
        judged_command(&j, "create", 0);
        judged_command(&j, "start", 0);
        judged_command(&j, "delete", 0);
        wrong(VERDICT_FAIL, "delete succeeds, but the container is running");
        fresh(NULL);
        judged_command(&j, "create", 0);
        judged_command(&j, "resume", 0); /* of which the spec says nothing */
        wrong(VERDICT_DIFFERS, "resume succeeds");
}

static void judge_life__error_that_changes_something__fails(void **state)
{
        (void)state;
        judged_command(&j, "create", 0);
        judged_command(&j, "delete", 1);
        says(NULL, 0);
        wrong(VERDICT_FAIL, "state fails, but the container must be created");
        fresh(NULL);
        judged_command(&j, "create", 0);
        says("created", 12);
        judged_command(&j, "create", 1);
        says("created", 13);
        wrong(VERDICT_FAIL, "pid is 13, was 12");
}

static void judge_life__state_that_lies__fails(void **state)
{
        (void)state;
        judged_command(&j, "create", 0);
        says("running", 12);
        wrong(VERDICT_FAIL, "state says \"running\", but the container must be created");
        fresh(NULL);
        judged_command(&j, "create", 0);
        says("created", 0);
        wrong(VERDICT_FAIL, "without a pid");
        fresh(NULL);
        judged_command(&j, "create", 0);
        says("born", 12);
        wrong(VERDICT_FAIL, "no status that there is");
        fresh(NULL);
        says("stopped", 0);
        judged_command(&j, "create", 0);
        wrong(VERDICT_FAIL, "there is no container");
        fresh(NULL);
        judged_command(&j, "create", 0);
        strcpy(says("created", 12)->out, "{\"status\":\"created\",\"pid\":1,\"id\":\"other\",\"bundle\":\"/\"}");
        wrong(VERDICT_FAIL, "\"id\" is \"other\"");
}

static void judge_life__refused_create__accuses_only_ours(void **state)
{
        (void)state;
        judged_command(&j, "create", 1);
        says(NULL, 0);
        judged_command(&j, "start", 1);
        judged_is(&j, false, INV_LIFE_MODEL, VERDICT_OK, "");
        judged_is(&j, true, INV_LIFE_MODEL, VERDICT_FAIL, "create fails");
        j.s.may_refuse = true;
        judged_is(&j, true, INV_LIFE_MODEL, VERDICT_OK, "");
}

static void judge_life__payload_that_killed_itself__excuses_start(void **state)
{
        (void)state;
        judged_command(&j, "create", 0);
        says("created", 12);
        judged_command(&j, "start", 1);
        says("stopped", 0);
        judged_is(&j, true, INV_LIFE_MODEL, VERDICT_FAIL, "start fails");
        j.s.step[0] = (struct scenario_step){ .kind = STEP_SIGNAL, .code = 15 };
        judged_is(&j, true, INV_LIFE_MODEL, VERDICT_OK, "");
        j.report.started = false;
        judged_is(&j, true, INV_LIFE_MODEL, VERDICT_FAIL, "start fails");
}

static void judge_life__killed_runtime__only_our_rule(void **state)
{
        (void)state;
        judged_command(&j, "create", 9)->end = END_SIGNALED;
        j.o.command[0].killed = true;
        says("creating", 0);
        judged_command(&j, "delete --force", 0);
        says(NULL, 0);
        judged_is(&j, true, INV_LIFE_MODEL, VERDICT_OK, "");
        says("stopped", 0);
        j.o.command[2].code = 1;
        wrong(VERDICT_DIFFERS, "there is no container"); /* else the error was none */
}

static void judge_life__init_killed_in_start__is_an_error(void **state)
{
        struct obs_command *start;

        (void)state;
        j.report.started = false;
        judged_command(&j, "create", 0);
        start = judged_command(&j, "start", 1);
        start->init_killed = true;
        says("stopped", 0);
        judged_is(&j, true, INV_LIFE_MODEL, VERDICT_OK, "");
        judged_is(&j, true, INV_ERR_STATE, VERDICT_OK, "");
        start->code = 0;
        judged_is(&j, true, INV_ERR_STATE, VERDICT_FAIL, "init was killed before execve");
        judged_is(&j, false, INV_ERR_STATE, VERDICT_DIFFERS, "init was killed before execve");
        wrong(VERDICT_DIFFERS, "init was killed before the payload ran");
        j.report.started = true; /* then it was the payload's own death */
        judged_is(&j, true, INV_ERR_STATE, VERDICT_OK, "");
}

static void judge_life__exec__by_its_own_status(void **state)
{
        struct obs_command *exec;

        (void)state;
        judged_command(&j, "create", 0);
        judged_command(&j, "start", 0);
        exec = judged_command(&j, "exec", SCENARIO_EXEC_STATUS);
        judged_is(&j, true, INV_LIFE_MODEL, VERDICT_OK, "");
        exec->code = 0;
        wrong(VERDICT_DIFFERS, "exec fails, but the container is running");
        fresh(NULL);
        judged_command(&j, "exec", SCENARIO_EXEC_STATUS);
        wrong(VERDICT_DIFFERS, "exec succeeds, but the container is not there");
}

static void judge_clean__killed_runtime__only_our_rule(void **state)
{
        (void)state;
        judged_command(&j, "create", 9)->end = END_SIGNALED;
        j.o.n_left = 1;
        strcpy(j.o.left[0], "cgroup /x");
        judged_is(&j, false, INV_CLEAN, VERDICT_FAIL, "cgroup /x");
        j.o.command[0].killed = true;
        judged_is(&j, false, INV_CLEAN, VERDICT_DIFFERS, "cgroup /x");
        judged_is(&j, true, INV_CLEAN, VERDICT_FAIL, "cgroup /x");
}

#define CASE(f) cmocka_unit_test_setup(f, fresh)

int main(void)
{
        const struct CMUnitTest tests[] = {
                CASE(life_after__every_operation__in_every_state),
                CASE(life_after__success__leads_on),
                CASE(judge_life__whole_life__is_ok),
                CASE(judge_life__success_in_the_wrong_state__fails),
                CASE(judge_life__error_that_changes_something__fails),
                CASE(judge_life__state_that_lies__fails),
                CASE(judge_life__refused_create__accuses_only_ours),
                CASE(judge_life__payload_that_killed_itself__excuses_start),
                CASE(judge_life__killed_runtime__only_our_rule),
                CASE(judge_life__init_killed_in_start__is_an_error),
                CASE(judge_life__exec__by_its_own_status),
                CASE(judge_clean__killed_runtime__only_our_rule),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
