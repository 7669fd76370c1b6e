/* linux.seccomp as the payload finds it, and what a filter can do to labrun itself. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "tests/labrun/fixture.h"

#define SIGSYS_CODE (128 + 31)

static void install(struct lab *lab)
{
        char path[256], buf[65536];
        ssize_t n;
        int from = open(PROBE, O_RDONLY | O_CLOEXEC), to;

        snprintf(path, sizeof(path), "%s/bin/probe", lab->rootfs);
        to = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0755);
        assert_true(from >= 0 && to >= 0);
        while ((n = read(from, buf, sizeof(buf))) > 0)
                assert_int_equal(write(to, buf, (size_t)n), n);
        close(from);
        close(to);
}

/* process.args is /bin/probe and args, a JSON list without its brackets; process may add to process. */
static void configure(struct lab *lab, const char *seccomp, const char *args, bool nnp, const char *process)
{
        char *merge;

        assert_true(asprintf(&merge,
                             "{\"process\":{\"args\":[\"/bin/probe\",%s],\"noNewPrivileges\":%s%s},"
                             "\"linux\":{\"seccomp\":%s}}",
                             args, nnp ? "true" : "false", process, seccomp) > 0);
        lab_config(lab, merge);
        free(merge);
}

static struct result *run(struct lab *lab)
{
        return lab_run(lab, "run", "-b", lab->bundle, lab->id, NULL);
}

static void assert_result(const struct result *r, int code, const char *out)
{
        if (r->code != code || strcmp(r->out, out) != 0)
                print_message("exit %d\nstdout: %s\nstderr: %s\nwanted %d: %s\n", r->code, r->out, r->err,
                              code, out);
        assert_int_equal(r->code, code);
        assert_string_equal(r->out, out);
}

#define RULE(names, action, more) "{\"names\":[" names "],\"action\":\"SCMP_ACT_" action "\"" more "}"
#define PROFILE(action, more, rules) \
        "{\"defaultAction\":\"SCMP_ACT_" action "\"" more ",\"syscalls\":[" rules "]}"
#define ALLOW_BUT(names, action, more) PROFILE("ALLOW", "", RULE(names, action, more))
#define GETPPID "\"110\""

static void actions__each__as_the_payload_sees_it(void **state)
{
        static const struct {
                const char *seccomp;
                int code;
                const char *out;
        } rows[] = {
                {ALLOW_BUT("\"getppid\"", "ERRNO", ""), 0, "110 -1\n"},
                {ALLOW_BUT("\"getppid\"", "ERRNO", ",\"errnoRet\":99"), 0, "110 -99\n"},
                {ALLOW_BUT("\"getppid\"", "ERRNO", ",\"errnoRet\":0"), 0, "110 0\n"},
                {ALLOW_BUT("\"getppid\"", "TRACE", ""), 0, "110 -38\n"}, /* nobody traces: ENOSYS */
                {ALLOW_BUT("\"getppid\"", "LOG", ""), 0, "110 0\n"},
                {ALLOW_BUT("\"getppid\"", "KILL", ""), SIGSYS_CODE, ""},
                {ALLOW_BUT("\"getppid\"", "KILL_THREAD", ""), SIGSYS_CODE, ""},
                {ALLOW_BUT("\"getppid\"", "KILL_PROCESS", ""), SIGSYS_CODE, ""},
                {ALLOW_BUT("\"getppid\"", "TRAP", ""), SIGSYS_CODE, ""},
                /* the first rule without args counts */
                {PROFILE("ALLOW", "", RULE("\"getppid\"", "ERRNO", "") "," RULE("\"getppid\"", "KILL", "")),
                 0, "110 -1\n"},
                /* what libseccomp doesn't know is skipped */
                {ALLOW_BUT("\"nosuchcall\",\"getppid\"", "ERRNO", ""), 0, "110 -1\n"},
                {PROFILE("LOG", "", RULE("\"getppid\"", "ERRNO", ",\"errnoRet\":5")), 0, "110 -5\n"},
        };
        struct lab *lab = *state;

        lab_need_root();
        install(lab);
        for (size_t i = 0; i < 2 * sizeof(rows) / sizeof(rows[0]); i++) {
                configure(lab, rows[i / 2].seccomp, GETPPID, i & 1, "");
                assert_result(run(lab), rows[i / 2].code, rows[i / 2].out);
        }
        assert_true(lab_clean(lab));
}

#define ARG(index, op, value, two) \
        "{\"index\":" #index ",\"op\":\"SCMP_CMP_" op "\",\"value\":" value ",\"valueTwo\":" two "}"
#define IF(args) ALLOW_BUT("\"getppid\"", "ERRNO", ",\"errnoRet\":7,\"args\":[" args "]")

static void args__operators__compared_with_all_64_bits(void **state)
{
        static const struct {
                const char *seccomp, *args, *out;
        } rows[] = {
                {IF(ARG(0, "EQ", "5", "0")), "\"110:5\",\"110:4\",\"110:0x100000005\"",
                 "110 -7\n110 0\n110 0\n"},
                {IF(ARG(1, "NE", "5", "0")), "\"110:0:5\",\"110:5:0\"", "110 0\n110 -7\n"},
                {IF(ARG(2, "LT", "4294967296", "0")), "\"110:0:0:0xffffffff\",\"110:0:0:0x100000000\"",
                 "110 -7\n110 0\n"},
                {IF(ARG(3, "LE", "5", "0")), "\"110:0:0:0:5\",\"110:0:0:0:6\"", "110 -7\n110 0\n"},
                {IF(ARG(4, "GE", "5", "0")), "\"110:0:0:0:0:5\",\"110:0:0:0:0:4\"", "110 -7\n110 0\n"},
                {IF(ARG(5, "GT", "9223372036854775806", "0")),
                 "\"110:0:0:0:0:0:0x7fffffffffffffff\",\"110:0:0:0:0:0:0x7ffffffffffffffe\"",
                 "110 -7\n110 0\n"},
                /* value is the mask, valueTwo what must be left of the argument */
                {IF(ARG(0, "MASKED_EQ", "240", "16")), "\"110:0x1f\",\"110:0x2f\",\"110:0xf10\"",
                 "110 -7\n110 0\n110 -7\n"},
                /* all must hold */
                {IF(ARG(0, "EQ", "1", "0") "," ARG(1, "EQ", "2", "0")), "\"110:1:2\",\"110:1:3\",\"110:3:2\"",
                 "110 -7\n110 0\n110 0\n"},
                /* one index twice: any suffices */
                {IF(ARG(0, "EQ", "1", "0") "," ARG(0, "EQ", "2", "0") "," ARG(1, "EQ", "9", "0")),
                 "\"110:1\",\"110:2\",\"110:3\",\"110:3:9\"", "110 -7\n110 -7\n110 0\n110 -7\n"},
        };
        struct lab *lab = *state;

        lab_need_root();
        install(lab);
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                configure(lab, rows[i].seccomp, rows[i].args, true, "");
                assert_result(run(lab), 0, rows[i].out);
        }
}

/* i64 is getppid for int $0x80; 0x4000006e is x32's. */
static void architectures__others_than_listed__killed(void **state)
{
        static const char arch[] = ",\"architectures\":[\"SCMP_ARCH_X86\",\"SCMP_ARCH_AARCH64\"]";
        struct lab *lab = *state;
        char seccomp[512];

        lab_need_root();
        install(lab);
        configure(lab, ALLOW_BUT("\"getppid\"", "ERRNO", ""), "\"0x4000006e\"", true, "");
        assert_result(run(lab), SIGSYS_CODE, "");
        lab_config(lab, "{\"process\":{\"args\":[\"/bin/probe\",\"i64\"]}}");
        if (strcmp(run(lab)->out, "i64 0\n") != 0) {
                print_message("skip: this kernel has no 32-bit system calls\n");
                skip();
        }
        configure(lab, ALLOW_BUT("\"getppid\"", "ERRNO", ""), "\"110\",\"i64\"", true, "");
        assert_result(run(lab), SIGSYS_CODE, "110 -1\n");
        snprintf(seccomp, sizeof(seccomp), PROFILE("ALLOW", "%s", RULE("\"getppid\"", "ERRNO", "")), arch);
        configure(lab, seccomp, "\"110\",\"i64\",\"i20\"", false, "");
        assert_result(run(lab), 0, "110 -1\ni64 -1\ni20 1\n");
        configure(lab, seccomp, "\"0x4000006e\"", true, "");
        assert_result(run(lab), SIGSYS_CODE, "");
}

static void status__filter_no_new_privs_caps__as_configured(void **state)
{
#define USER ",\"user\":{\"uid\":1000,\"gid\":1000}"
        struct lab *lab = *state;

        lab_need_root();
        install(lab);
        configure(lab, ALLOW_BUT("\"getppid\"", "ERRNO", ""), "\"status\",\"110\"", true, USER);
        assert_result(run(lab), 0,
                      "Uid:\t1000\t1000\t1000\t1000\nCapEff:\t0000000000000000\nNoNewPrivs:\t1\nSeccomp:"
                      "\t2\n110 -1\n");
        configure(lab, ALLOW_BUT("\"getppid\"", "ERRNO", ""), "\"status\",\"110\"", false, USER);
        assert_result(run(lab), 0,
                      "Uid:\t1000\t1000\t1000\t1000\nCapEff:\t0000000000000000\nNoNewPrivs:\t0\nSeccomp:"
                      "\t2\n110 -1\n");
        configure(lab, ALLOW_BUT("\"getppid\"", "ERRNO", ""), "\"status\"", false,
                  ",\"capabilities\":{\"bounding\":[\"CAP_KILL\"],\"permitted\":[\"CAP_KILL\"],\"effective\":"
                  "[\"CAP_KILL\"]}");
        assert_result(run(lab), 0,
                      "Uid:\t0\t0\t0\t0\nCapEff:\t0000000000000020\nNoNewPrivs:\t0\nSeccomp:\t2\n");
}

static void flags__each__accepted(void **state)
{
        struct lab *lab = *state;

        lab_need_root();
        install(lab);
        configure(lab,
                  PROFILE("ALLOW",
                          ",\"flags\":[\"SECCOMP_FILTER_FLAG_TSYNC\",\"SECCOMP_FILTER_FLAG_LOG\","
                          "\"SECCOMP_FILTER_FLAG_SPEC_ALLOW\"],\"architectures\":[\"SCMP_ARCH_X86_64\"]",
                          RULE("\"getppid\"", "ERRNO", "")),
                  GETPPID, true, "");
        assert_result(run(lab), 0, "110 -1\n");
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(actions__each__as_the_payload_sees_it, lab_setup,
                                                lab_teardown),
                cmocka_unit_test_setup_teardown(args__operators__compared_with_all_64_bits, lab_setup,
                                                lab_teardown),
                cmocka_unit_test_setup_teardown(architectures__others_than_listed__killed, lab_setup,
                                                lab_teardown),
                cmocka_unit_test_setup_teardown(status__filter_no_new_privs_caps__as_configured, lab_setup,
                                                lab_teardown),
                cmocka_unit_test_setup_teardown(flags__each__accepted, lab_setup, lab_teardown),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
