/* The strict reader of scenario files, and what follows from a scenario. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
// clang-format on
#include <string.h>

#include "core/base/err.h"
#include "sandbox/bundle.h"
#include "sandbox/invariants.h"
#include "sandbox/scenario.h"

#define MINIMAL "\"version\":1,\"about\":\"x\",\"client\":{\"flow\":\"run\"}"
#define STEPS(list) "{" MINIMAL ",\"payload\":{\"steps\":[" list "]}}"

static struct scenario s;

static void good(const char *text)
{
        struct err err = ERR_INIT;
        char buf[900];

        if (scenario_parse(text, strlen(text), "test", &s, &err) < 0)
                fail_msg("%s: %s", text, err_format(&err, buf, sizeof buf));
}

static void bad(const char *text, const char *place, const char *message)
{
        struct scenario before = s;
        struct err err = ERR_INIT;

        assert_int_equal(scenario_parse(text, strlen(text), "test", &s, &err), -EINVAL);
        assert_string_equal(err.place, place);
        if (!strstr(err.msg, message))
                fail_msg("%s: \"%s\" lacks \"%s\"", text, err.msg, message);
        assert_memory_equal(&before, &s, sizeof s);
}

static void scenario_parse__minimal__has_defaults(void **state)
{
        (void)state;
        good(STEPS(""));
        assert_int_equal(s.world.fd[0], KIND_DEVNULL);
        assert_int_equal(s.world.fd[1], KIND_PIPE);
        assert_int_equal(s.world.fd[3], KIND_CLOSED);
        assert_int_equal(s.client.preserve_fds, -1);
        assert_string_equal(s.process.cwd, "/");
        assert_int_equal(s.process.umask, -1);
        assert_int_equal(scenario_expected_status(&s), 0);
}

static void scenario_parse__broken__names_the_pointer(void **state)
{
        (void)state;
        bad("{\"version\":1", "test line 1 column 12", "");
        bad("{\"version\":1,\"version\":1}", "test line 1 column 22", "duplicate");
        bad("[]", "", "must be an object");
        bad("{}", "/version", "is missing");
        bad("{\"version\":2}", "/version", "2 is not between");
        bad("{\"version\":\"1\"}", "/version", "must be an integer");
        bad("{\"version\":1,\"abuot\":\"x\"}", "/abuot", "did you mean \"about\"");
        bad("{\"version\":1,\"about\":7}", "/about", "must be a string");
        bad("{\"version\":1,\"about\":\"x\"}", "/client", "is missing");
        bad("{\"version\":1,\"about\":\"x\",\"client\":{\"flow\":\"runn\"}}", "/client/flow", "did you mean \"run\"");
        bad("{" MINIMAL "}", "/payload", "is missing");
        bad("{" MINIMAL ",\"payload\":{}}", "/payload", "either");
        bad("{" MINIMAL ",\"payload\":{\"bad\":\"missing\",\"steps\":[]}}", "/payload", "either");
        bad("{" MINIMAL ",\"payload\":{\"bad\":\"mising\"}}", "/payload/bad", "did you mean \"missing\"");
}

static void scenario_parse__broken_world__names_the_pointer(void **state)
{
        (void)state;
#define WORLD(w) "{" MINIMAL ",\"payload\":{\"steps\":[]},\"world\":{" w "}}"
        bad(WORLD("\"stdio\":[\"pipe\"]"), "/world/stdio", "three items");
        bad(WORLD("\"stdio\":[\"pipe\",\"pipe\",\"pip\"]"), "/world/stdio/2", "did you mean \"pipe\"");
        bad(WORLD("\"fds\":[{\"fd\":2,\"kind\":\"file\"}]"), "/world/fds/0/fd", "2 is not between 3 and 63");
        bad(WORLD("\"fds\":[{\"fd\":3,\"kind\":\"file\"},{\"fd\":3,\"kind\":\"file\"}]"), "/world/fds/1", "twice");
        bad(WORLD("\"fds\":[{\"fd\":3,\"kind\":\"closed\"}]"), "/world/fds/0/kind", "unknown word");
        bad(WORLD("\"fds\":[{\"fd\":3.0,\"kind\":\"file\"}]"), "/world/fds/0/fd", "must be an integer");
        bad(WORLD("\"stdin_bytes\":9"), "/world/stdin_bytes", "kind devnull");
        bad(WORLD("\"ignored_signals\":[9]"), "/world/ignored_signals/0", "can't be ignored");
        bad(WORLD("\"share\":[\"user\"]"), "/world/share/0", "unknown word");
}

static void scenario_parse__contradiction__names_the_step(void **state)
{
        (void)state;
        bad(STEPS("{\"exit\":1},{\"exit\":2}"), "/payload/steps/0", "last step");
        bad(STEPS("{\"exit\":256}"), "/payload/steps/0/exit", "256");
        bad(STEPS("{}"), "/payload/steps/0", "exactly one key");
        bad(STEPS("{\"write\":{\"fd\":3,\"bytes\":1}}"), "/payload/steps/0/write/fd", "3 is not");
        bad(STEPS("{\"wirte\":{}}"), "/payload/steps/0/wirte", "did you mean \"write\"");
        bad(STEPS("{\"signal\":9}"), "/payload/steps/0", "immune");
        bad(STEPS("{\"fork\":{\"fd\":1,\"ms\":5,\"bytes\":5}}"), "/payload/steps", "dies with the pid namespace");
        bad(STEPS("{\"fork\":{\"fd\":1,\"ms\":5,\"bytes\":5}},{\"write\":{\"fd\":1,\"bytes\":5}},{\"wait\":true}"),
            "/payload/steps/1", "wait first");
        bad("{" MINIMAL ",\"world\":{\"stdio\":[\"closed\",\"closed\",\"pipe\"]},\"payload\":{\"steps\":["
            "{\"write\":{\"fd\":1,\"bytes\":1}}]}}", "/payload/steps/0", "closed at entry");
}

#define TERMINAL(steps) \
        "{" MINIMAL ",\"world\":{\"stdio\":[\"pty\",\"pty\",\"pty\"],\"stdin_bytes\":4},\"payload\":{\"steps\":[" steps "]}}"

static void scenario_parse__terminal__is_whole_and_has_one_stream(void **state)
{
        (void)state;
        bad(WORLD("\"stdio\":[\"pty\",\"pty\",\"pipe\"]"), "/world/stdio", "all three or none");
        bad(STEPS("{\"raw\":true}"), "/payload/steps/0", "needs a terminal");
        bad(STEPS("{\"flood\":true}"), "/payload/steps/0", "needs a terminal");
        bad(TERMINAL("{\"echo\":true}"), "/payload/steps/0", "comes after \"raw\"");
        bad(TERMINAL("{\"raw\":true}"), "/payload/steps", "echo it");
        bad(TERMINAL("{\"write\":{\"fd\":2,\"bytes\":1}},{\"raw\":true},{\"echo\":true}"), "/payload/steps/0", "one stream");
        bad(TERMINAL("{\"flood\":true},{\"raw\":true},{\"echo\":true}"), "/payload/steps/0", "never attaches");
        bad("{" MINIMAL ",\"payload\":{\"steps\":[]},\"process\":{\"consoleSize\":{\"height\":0,\"width\":1}}}",
            "/process/consoleSize/height", "0 is not");
        bad("{" MINIMAL ",\"world\":{\"stdio\":[\"pty\",\"pty\",\"pty\"]},\"payload\":{\"steps\":[{\"write\":{\"fd\":1,"
            "\"bytes\":2001}}]},\"readers\":[{\"fd\":1,\"attach\":\"after\"}]}", "/readers/0", "more than 2000");
        good(TERMINAL("{\"raw\":true},{\"echo\":true}"));
        assert_true(scenario_terminal(&s));
        assert_true(scenario_relayed_terminal(&s));
        assert_int_equal(scenario_expected_bytes(&s, 1), 4);
        s.client.flow = FLOW_CREATE_START;
        assert_false(scenario_relayed_terminal(&s));
}

static void scenario_parse__attack__needs_its_world(void **state)
{
        (void)state;
        bad(STEPS("{\"attack\":true}"), "/payload/steps/0/attack", "string");
        bad(STEPS("{\"attack\":\"init\"}"), "/payload/steps/0/attack", "there are parent, exec, create");
        bad(STEPS("{\"attack\":\"parent\"}"), "/payload/steps/0", "flow run and a shared pid");
        bad(STEPS("{\"attack\":\"exec\"}"), "/payload/steps/0", "flow operations and a pid namespace of its own");
        bad(STEPS("{\"attack\":\"create\"}"), "/payload/steps/0", "flow operations and a shared pid");
        bad(STEPS("{\"await\":0}"), "/payload/steps/0/await", "0 is not");
        bad(WORLD("\"exe_owner\":-1"), "/world/exe_owner", "-1 is not");
        good("{" MINIMAL ",\"payload\":{\"steps\":[{\"await\":3}]}}");
        assert_false(scenario_attacks(&s));
        good("{" MINIMAL ",\"world\":{\"share\":[\"pid\"],\"exe_owner\":7},\"payload\":{\"steps\":"
             "[{\"attack\":\"parent\"}]}}");
        assert_true(scenario_attacks(&s));
        assert_int_equal(s.world.exe_owner, 7);
        good("{" MINIMAL ",\"payload\":{\"steps\":[]},\"config\":{\"hooks\":{\"prestart\":[{\"path\":\"/h\",\"args\":"
             "[\"h\",\"hook\",\"attack:behind:x:/y/z\"]}]}}}");
        assert_true(scenario_attacks(&s));
        good("{\"version\":1,\"about\":\"x\",\"client\":{\"flow\":\"operations\",\"operations\":[\"create\",\"exec parent\"]},"
             "\"payload\":{\"steps\":[]}}");
        assert_true(scenario_attacks(&s));
}

static void scenario_parse__reader_that_cannot_be__is_refused(void **state)
{
        (void)state;
        bad("{" MINIMAL ",\"payload\":{\"steps\":[{\"write\":{\"fd\":1,\"bytes\":65537}}]},\"readers\":["
            "{\"fd\":1,\"attach\":\"after\"}]}", "/readers/0", "never see it");
        bad("{" MINIMAL ",\"payload\":{\"bad\":\"missing\"},\"readers\":[{\"fd\":1,\"attach\":\"during\"}]}",
            "/readers/0", "no life");
        bad("{" MINIMAL ",\"world\":{\"stdio\":[\"devnull\",\"file\",\"pipe\"]},\"payload\":{\"steps\":[]},"
            "\"readers\":[{\"fd\":1}]}", "/readers/0", "kind file");
        bad("{" MINIMAL ",\"payload\":{\"steps\":[]},\"readers\":[{\"fd\":1,\"speed\":\"quick\"}]}",
            "/readers/0/speed", "there are fast, slow, bytes");
}

static void scenario_parse__unknown_invariant__is_refused(void **state)
{
        (void)state;
        bad("{" MINIMAL ",\"payload\":{\"steps\":[]},\"judge\":[\"OUT-EXCAT\"]}", "/judge/0",
            "did you mean \"OUT-EXACT\"");
        good("{" MINIMAL ",\"payload\":{\"steps\":[]},\"judge\":[\"OUT-EXACT\"]}");
        assert_int_equal(s.judge, UINT64_C(1) << INV_OUT_EXACT);
}

static void scenario_expected_fill__echo_and_writes__are_in_order(void **state)
{
        unsigned char buf[40];

        (void)state;
        good("{" MINIMAL ",\"world\":{\"stdio\":[\"pipe\",\"pipe\",\"pipe\"],\"stdin_bytes\":4},\"payload\":"
             "{\"steps\":[{\"write\":{\"fd\":1,\"bytes\":10}},{\"echo\":true},{\"write\":{\"fd\":1,\"bytes\":8}}]}}");
        assert_int_equal(scenario_expected_bytes(&s, 1), 22);
        assert_int_equal(scenario_expected_bytes(&s, 2), 0);
        scenario_expected_fill(&s, 1, buf);
        assert_memory_equal(buf, "b000000000" "a000" "00000\nb0", 22);
}

static void scenario_fd_expected__gap__is_not_expected(void **state)
{
        (void)state;
        good("{\"version\":1,\"about\":\"x\",\"client\":{\"flow\":\"run\",\"preserve_fds\":2},\"payload\":{\"steps\":[]},"
             "\"world\":{\"fds\":[{\"fd\":4,\"kind\":\"file\"},{\"fd\":5,\"kind\":\"file\"}]}}");
        assert_true(scenario_fd_expected(&s, 0));
        assert_false(scenario_fd_expected(&s, 3));
        assert_true(scenario_fd_expected(&s, 4));
        assert_false(scenario_fd_expected(&s, 5));
        assert_false(scenario_fd_expected(&s, -1));
}

static void bundle_config__unknown_capability__names_the_pointer(void **state)
{
        struct err err = ERR_INIT;
        char *text = NULL;

        (void)state;
        good("{" MINIMAL ",\"payload\":{\"steps\":[]},\"process\":{\"capabilities\":[\"CAP_KILL\",\"CAP_KIL\"]}}");
        assert_int_equal(bundle_config(&s, "/c", &text, &err), -EINVAL);
        assert_string_equal(err.place, "/process/capabilities/1");
        assert_null(text);
}

static void bundle_config__scenario__is_in_the_text(void **state)
{
        struct err err = ERR_INIT;
        char *text = NULL;

        (void)state;
        good("{" MINIMAL ",\"payload\":{\"steps\":[{\"exit\":7}]},\"process\":{\"env\":[\"A=b\"],\"oomScoreAdj\":5}}");
        assert_int_equal(bundle_config(&s, "/c", &text, &err), 0);
        assert_non_null(strstr(text, "\"exit:7\""));
        assert_non_null(strstr(text, "\"oomScoreAdj\": 5"));
        assert_non_null(strstr(text, "\"cgroupsPath\": \"/c\""));
        free(text);
}

/* Every committed scenario can be read and made into a config. */
static void scenario_load__committed__are_good(void **state)
{
        DIR *dir = opendir(SCENARIOS);
        struct dirent *e;
        unsigned n = 0;

        (void)state;
        assert_non_null(dir);
        while ((e = readdir(dir))) {
                struct err err = ERR_INIT;
                char path[600], buf[900], *text = NULL;

                if (!strstr(e->d_name, ".json") || strcmp(e->d_name, "known.json") == 0)
                        continue;
                snprintf(path, sizeof path, "%s/%s", SCENARIOS, e->d_name);
                if (scenario_load(path, &s, &err) < 0 || bundle_config(&s, "/c", &text, &err) < 0)
                        fail_msg("%s", err_format(&err, buf, sizeof buf));
                free(text);
                n++;
        }
        closedir(dir);
        assert_true(n >= 30);
}

static void scenario_load__bad_name__is_refused(void **state)
{
        struct err err = ERR_INIT;

        (void)state;
        assert_int_equal(scenario_load("/tmp/X Y.json", &s, &err), -EINVAL);
        assert_int_equal(scenario_load("/none/here.json", &s, &err), -ENOENT);
        assert_string_equal(err.place, "/none/here.json");
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(scenario_parse__minimal__has_defaults),
                cmocka_unit_test(scenario_parse__broken__names_the_pointer),
                cmocka_unit_test(scenario_parse__broken_world__names_the_pointer),
                cmocka_unit_test(scenario_parse__contradiction__names_the_step),
                cmocka_unit_test(scenario_parse__terminal__is_whole_and_has_one_stream),
                cmocka_unit_test(scenario_parse__attack__needs_its_world),
                cmocka_unit_test(scenario_parse__reader_that_cannot_be__is_refused),
                cmocka_unit_test(scenario_parse__unknown_invariant__is_refused),
                cmocka_unit_test(scenario_expected_fill__echo_and_writes__are_in_order),
                cmocka_unit_test(scenario_fd_expected__gap__is_not_expected),
                cmocka_unit_test(bundle_config__unknown_capability__names_the_pointer),
                cmocka_unit_test(bundle_config__scenario__is_in_the_text),
                cmocka_unit_test(scenario_load__committed__are_good),
                cmocka_unit_test(scenario_load__bad_name__is_refused),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
