/* Hooks that say what they were given: each lie and each omission must be called wrong. */
#include "tests/sandbox/judged.h"

#include "sandbox/surroundings.h"

static struct judged j;

static const struct {
        const char *kind, *status;
        int pid;
        uint64_t mnt;
        const char *cwd;
} good[] = { { "prestart", "creating", 12, 5, SURROUNDINGS_BUNDLE },
             { "createContainer", "creating", 1, 7, SURROUNDINGS_BUNDLE "/rootfs" },
             { "startContainer", "created", 1, 7, "/" },
             { "poststart", "running", 12, 5, SURROUNDINGS_BUNDLE },
             { "poststop", "stopped", 0, 5, SURROUNDINGS_BUNDLE } };

static struct obs_hook *hook(size_t i)
{
        struct obs_hook *h = &j.report.hook[j.report.n_hooks++];

        memset(h, 0, sizeof *h);
        strcpy(h->kind, good[i].kind);
        snprintf(h->state, sizeof h->state,
                 "{\"ociVersion\":\"1.0.2\",\"id\":\"%s\",\"status\":\"%s\",\"pid\":%d,\"bundle\":\"%s\"}", OBS_ID,
                 good[i].status, good[i].pid, SURROUNDINGS_BUNDLE);
        h->argc = 3;
        strcpy(h->argv[0], "observer");
        strcpy(h->argv[1], "hook");
        snprintf(h->argv[2], sizeof h->argv[2], "report:%s:/f", good[i].kind);
        h->n_env = 1;
        strcpy(h->env[0], "A=1");
        h->n_fds = 3;
        for (int fd = 0; fd < 3; fd++)
                h->fd[fd].fd = fd;
        h->ns[0] = good[i].mnt;
        h->ns[1] = 9;
        h->at = 100 + (int64_t)i;
        strcpy(h->cwd, good[i].cwd);
        return h;
}

static int fresh(void **state)
{
        size_t n = 0;

        (void)state;
        judged_good(&j);
        n += (size_t)snprintf(j.s.config, sizeof j.s.config, "{\"hooks\":{");
        for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
                n += (size_t)snprintf(j.s.config + n, sizeof j.s.config - n,
                                      "%s\"%s\":[{\"path\":\"/h\",\"args\":[\"observer\",\"hook\",\"report:%s:/f\"],"
                                      "\"env\":[\"A=1\"]}]",
                                      i ? "," : "", good[i].kind, good[i].kind);
                hook(i);
        }
        snprintf(j.s.config + n, sizeof j.s.config - n, "}}");
        j.o.ns[0] = 5;
        j.report.ns[0] = 7;
        j.o.ns[1] = j.report.ns[1] = 9;
        j.report.at = 103;
        return 0;
}

static void wrong(enum invariant_id id, enum verdict_kind foreign, const char *evidence)
{
        judged_is(&j, true, id, VERDICT_FAIL, evidence);
        judged_is(&j, false, id, foreign, evidence);
}

static void judge_hooks__all_as_configured__are_ok(void **state)
{
        (void)state;
        judged_is(&j, true, INV_LIFE_MODEL, VERDICT_OK, "");
        judged_is(&j, true, INV_ENV_EXACT, VERDICT_OK, "");
        judged_is(&j, true, INV_FD_EXACT, VERDICT_OK, "");
}

static void judge_hooks__missing_or_out_of_order__fails(void **state)
{
        (void)state;
        j.report.n_hooks = 4;
        wrong(INV_LIFE_MODEL, VERDICT_FAIL, "the poststop hook never ran");
        j.o.n_commands = 2; /* nothing was deleted */
        judged_is(&j, true, INV_LIFE_MODEL, VERDICT_OK, "");
        j.report.n_hooks = 1;
        hook(2);
        wrong(INV_LIFE_MODEL, VERDICT_FAIL, "the startContainer hook ran before the createContainer hook");
        j.report.n_hooks = 0;
        for (size_t i = 0; i < 3; i++)
                hook(i);
        hook(2);
        wrong(INV_LIFE_MODEL, VERDICT_FAIL, "a startContainer hook ran after its turn, or once too often");
}

static void judge_hooks__after_the_payload__fails(void **state)
{
        (void)state;
        j.report.at = 101;
        wrong(INV_LIFE_MODEL, VERDICT_FAIL, "the startContainer hook ran after the payload had begun");
}

static void judge_hooks__failed_start__owes_no_hooks(void **state)
{
        (void)state;
        j.s.bad = BAD_CONFIG;
        j.report.started = false;
        j.o.command[0].code = 1;
        j.o.n_commands = 1;
        j.report.n_hooks = 1;
        judged_is(&j, true, INV_LIFE_MODEL, VERDICT_OK, "");
}

static void judge_hooks__lies_in_the_state__fail(void **state)
{
        static const char *const bad[][2] = {
                { "", "no state" },
                { "[]", "no state" },
                { "{}", "\"ociVersion\" \"(none)\"" },
                { "{\"ociVersion\":\"1\",\"id\":\"other\"}", "\"id\" \"other\" instead of \"initlab\"" },
                { "{\"ociVersion\":\"1\",\"id\":\"initlab\",\"bundle\":\"/x\"}", "\"bundle\" \"/x\"" },
                { "{\"ociVersion\":\"1\",\"id\":\"initlab\",\"bundle\":\"" SURROUNDINGS_BUNDLE "\",\"status\":\"running\"}",
                  "\"status\" \"running\" instead of \"creating\"" },
                { "{\"ociVersion\":\"1\",\"id\":\"initlab\",\"bundle\":\"" SURROUNDINGS_BUNDLE "\",\"status\":\"creating\"}",
                  "no pid" },
                { "{\"ociVersion\":\"1\",\"id\":\"initlab\",\"bundle\":\"" SURROUNDINGS_BUNDLE
                  "\",\"status\":\"creating\",\"pid\":13}",
                  "pid 13, init is 12 there" },
        };

        (void)state;
        for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
                strcpy(j.report.hook[0].state, bad[i][0]);
                wrong(INV_LIFE_MODEL, VERDICT_FAIL, bad[i][1]);
        }
}

static void judge_hooks__pid_inside__is_1_or_the_hosts(void **state)
{
        (void)state;
        j.s.world.share[SHARE_PID] = true;
        wrong(INV_LIFE_MODEL, VERDICT_FAIL, "the createContainer hook is told pid 1, init is 12 there");
}

static void judge_hooks__other_fds__only_our_rule(void **state)
{
        (void)state;
        j.report.hook[1].fd[2].fd = 5;
        wrong(INV_FD_EXACT, VERDICT_DIFFERS, "the createContainer hook has fd 5");
        j.report.hook[1].n_fds = 2;
        wrong(INV_FD_EXACT, VERDICT_DIFFERS, "fd 2 is closed in the createContainer hook");
}

static void judge_hooks__other_words_or_place__fail(void **state)
{
        (void)state;
        strcpy(j.report.hook[0].env[0], "A=2");
        wrong(INV_ENV_EXACT, VERDICT_FAIL, "the prestart hook has variable \"A=2\" where \"A=1\" is configured");
        j.report.hook[0].n_env = 0;
        wrong(INV_ENV_EXACT, VERDICT_FAIL, "variable \"nothing more\"");
        strcpy(j.report.hook[0].env[0], "A=1");
        strcpy(j.report.hook[0].env[1], "PATH=/");
        j.report.hook[0].n_env = 2;
        wrong(INV_ENV_EXACT, VERDICT_FAIL, "\"PATH=/\", which is not configured");
        j.report.hook[0].n_env = 1;
        strcpy(j.report.hook[0].argv[1], "hoox");
        wrong(INV_ENV_EXACT, VERDICT_FAIL, "argument \"hoox\"");
        strcpy(j.report.hook[0].argv[1], "hook");
        j.report.hook[0].ns[0] = 7;
        wrong(INV_ENV_EXACT, VERDICT_FAIL, "another mount namespace than the runtime's");
        j.report.hook[0].ns[0] = 5;
        j.report.hook[1].ns[0] = 5;
        wrong(INV_ENV_EXACT, VERDICT_FAIL, "another mount namespace than the container's");
        j.report.hook[1].ns[0] = 7;
        strcpy(j.report.hook[1].cwd, "/x");
        wrong(INV_ENV_EXACT, VERDICT_DIFFERS, "cwd is \"/x\"");
}

#define CASE(f) cmocka_unit_test_setup(f, fresh)

int main(void)
{
        const struct CMUnitTest tests[] = {
                CASE(judge_hooks__all_as_configured__are_ok),
                CASE(judge_hooks__missing_or_out_of_order__fails),
                CASE(judge_hooks__after_the_payload__fails),
                CASE(judge_hooks__failed_start__owes_no_hooks),
                CASE(judge_hooks__lies_in_the_state__fail),
                CASE(judge_hooks__pid_inside__is_1_or_the_hosts),
                CASE(judge_hooks__other_fds__only_our_rule),
                CASE(judge_hooks__other_words_or_place__fail),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
