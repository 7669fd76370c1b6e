/* linux.seccomp as the payload finds it, and what a filter can do to labrun itself. */
#include <fcntl.h>
#include <jansson.h>
#include <linux/capability.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include "tests/labrun/agent.h"
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
                /* of several rules the first that holds; libseccomp 2.5.4 loses the second of these two */
                {PROFILE("ALLOW", "",
                         RULE("\"getppid\"", "ERRNO",
                              ",\"errnoRet\":7,\"args\":[" ARG(
                                      0, "LT", "1", "0") "]") "," RULE("\"getppid\"", "ERRNO",
                                                                       ",\"errnoRet\":8,\"args\":[" ARG(
                                                                               0, "LT", "4294967296",
                                                                               "0") "]")),
                 "\"110:0\",\"110:1\",\"110:0x100000000\"", "110 -7\n110 -8\n110 0\n"},
                /* and for ever over these: 8589934593 is 0x200000001 */
                {PROFILE("ALLOW", "",
                         RULE("\"getppid\"", "ERRNO",
                              ",\"errnoRet\":7,\"args\":[" ARG(1, "GE", "8589934593", "0") "," ARG(
                                      0, "GT", "0", "0") "]") "," RULE("\"getppid\"", "ERRNO",
                                                                       ",\"errnoRet\":8,\"args\":[" ARG(
                                                                               1, "NE", "8589934593",
                                                                               "0") "," ARG(0, "GT", "0",
                                                                                            "0") "]")),
                 "\"110:1:0x200000001\",\"110:1:5\",\"110:0:5\"", "110 -7\n110 -8\n110 0\n"},
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
        /* what a 64-bit program leaves above the 32 bits is none of the argument */
        configure(lab,
                  PROFILE("ALLOW", ",\"architectures\":[\"SCMP_ARCH_X86\"]",
                          RULE("\"getppid\"", "ERRNO", ",\"args\":[" ARG(0, "EQ", "5", "0") "]")),
                  "\"i64:5\",\"i64:0x100000005\",\"i64:4\",\"110:0x100000005\"", true, "");
        assert_result(run(lab), 0, "i64 -1\ni64 -1\ni64 0\n110 0\n");
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

/*
 * Whatever labrun itself does under the filter may be refused, faked or deadly: the payload runs, or there is
 * one error; nothing hangs or stays behind. Also what the payload of a filter like that does is its own.
 */
static void hostile__each_call_of_init__payload_or_one_error(void **state)
{
        static const char *const calls[] = {
                "close",  "close_range", "write",      "sendmsg",       "recvmsg", "read",
                "ppoll",  "prctl",       "execve",     "exit_group",    "capset",  "capget",
                "getcwd", "fcntl",       "faccessat2", "clock_gettime", "fstat",   "newfstatat"};
        static const char *const actions[] = {"ERRNO", "ERRNO\",\"errnoRet\":0,\"x\":\"", "KILL_PROCESS",
                                              "TRAP", "TRACE"};
        struct lab *lab = *state;
        char seccomp[256];

        lab_need_root();
        install(lab);
        for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
                for (size_t k = 0; k < sizeof(actions) / sizeof(actions[0]); k++) {
                        snprintf(seccomp, sizeof(seccomp), ALLOW_BUT("\"%s\"", "%s", ""), calls[i],
                                 actions[k]);
                        configure(lab, seccomp, GETPPID, false, "");
                        struct result *r = run(lab);
                        size_t lines = 0;
                        for (const char *p = r->err; (p = strchr(p, '\n')); p++)
                                lines++;
                        bool ran = r->code == 0 || r->code == SIGSYS_CODE;
                        if (ran ? lines != 0 : r->code != 1 || lines != 1)
                                print_message("%s %s: exit %d\nstderr: %s\n", calls[i], actions[k], r->code,
                                              r->err);
                        assert_true(ran ? lines == 0 : r->code == 1 && lines == 1);
                }
        assert_true(lab_clean(lab));
}

/* With no_new_privs nothing but execve is left to do: a filter that refuses all the rest is none of labrun's
 * business. */
static void late__filter_that_allows_little__execve_is_all_that_labrun_needs(void **state)
{
        struct lab *lab = *state;

        lab_need_root();
        install(lab);
        /* the probe's own needs: the C library's start, printf, exit */
        configure(lab,
                  PROFILE("KILL_PROCESS", "",
                          RULE("\"execve\",\"brk\",\"arch_prctl\",\"set_tid_address\",\"set_robust_list\","
                               "\"rseq\","
                               "\"prlimit64\",\"readlinkat\",\"readlink\",\"getrandom\",\"mprotect\","
                               "\"newfstatat\","
                               "\"fstat\",\"write\",\"exit_group\",\"getppid\",\"uname\"",
                               "ALLOW", "")),
                  GETPPID, true, "");
        assert_result(run(lab), 0, "110 0\n");
        configure(lab, PROFILE("ERRNO", "", ""), GETPPID, true, "");
        struct result *r = run(lab);
        assert_int_equal(r->code, 1);
        assert_string_equal(r->out, "");
        assert_true(lab_clean(lab));
}

/* --- a profile of several hundred system calls, as engines have it --- */

static char *engine_profile(void)
{
        json_t *o = json_load_file(ENGINE_PROFILE, 0, NULL);
        char *text = json_dumps(json_object_get(json_object_get(o, "linux"), "seccomp"), JSON_COMPACT);

        assert_non_null(text);
        json_decref(o);
        return text;
}

static void engine__shell_and_probe__allowed_but_what_is_not(void **state)
{
        static const char script[] = "[\"/bin/sh\",\"-c\",\"set -e; mkdir /tmp/d; echo a >/tmp/d/f; "
                                     "(cat /tmp/d/f; ls /tmp/d) | sort; rm -r /tmp/d; mount -t tmpfs x /tmp "
                                     "2>/dev/null || echo refused\"]";
        struct lab *lab = *state;
        char *seccomp = engine_profile(), *merge;

        lab_need_root();
        install(lab);
        for (int nnp = 0; nnp < 2; nnp++) {
                assert_true(asprintf(&merge,
                                     "{\"root\":{\"readonly\":false},\"process\":{\"args\":%s,"
                                     "\"noNewPrivileges\":%s},\"linux\":{\"seccomp\":%s}}",
                                     script, nnp ? "true" : "false", seccomp) > 0);
                lab_config(lab, merge);
                free(merge);
                assert_result(run(lab), 0, "a\nf\nrefused\n");
                /* personality, clone(CLONE_NEWUTS), clone3, socket, keyctl */
                configure(lab, seccomp,
                          "\"135:8\",\"135:0xffffffff\",\"135:7\",\"56:0x4000000\",\"435\",\"41:40:1:0\","
                          "\"41:16:3:9\",\"41:16:0:0\",\"41:16:0:9\",\"41:40:1:9\",\"41:1:0:9\",\"250:0\"",
                          nnp, "");
                assert_result(run(lab), 0,
                              "135 0\n135 8\n135 -1\n56 -1\n435 -38\n41 -1\n41 -22\n41 -94\n41 -22\n41 "
                              "-1\n41 -93\n250 -1\n");
        }
        free(seccomp);
        assert_true(lab_clean(lab));
}

/* --- SCMP_ACT_NOTIFY: this process's child is the agent --- */

#define LISTEN(action, rules) \
        PROFILE(action, ",\"listenerPath\":\"@\",\"listenerMetadata\":\"meta \\u00e9\"", rules)

/* A profile made by LISTEN, with the agent's socket in the place of its @. */
static void configure_agent(struct lab *lab, const char *profile, struct agent *a, const char *args, bool nnp,
                            const char *process)
{
        const char *at = strchr(profile, '@');
        char *seccomp;

        assert_true(asprintf(&seccomp, "%.*s%s%s", (int)(at - profile), profile, a->socket, at + 1) > 0);
        configure(lab, seccomp, args, nnp, process);
        free(seccomp);
}

#define NOTIFY(names) RULE(names, "NOTIFY", "")

/* Also calls that init itself makes once the listener is out: the agent has it by then, and lets them
 * through. */
static void notify__agent_serves__its_answers_arrive(void **state)
{
        static const char *const profiles[] = {
                LISTEN("ALLOW", NOTIFY("\"getppid\"")),
                LISTEN("ALLOW",
                       NOTIFY("\"getppid\",\"close\",\"close_range\",\"read\",\"write\",\"prctl\",\"capset\","
                              "\"execve\",\"getcwd\",\"exit_group\"")),
                LISTEN("ALLOW\",\"flags\":[\"SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV\"],\"x\":\"",
                       NOTIFY("\"getppid\",\"execve\"")),
        };
        struct lab *lab = *state;
        struct agent a;

        lab_need_root();
        install(lab);
        for (size_t i = 0; i < 2 * sizeof(profiles) / sizeof(profiles[0]); i++) {
                agent_start(lab, &a, AGENT_SERVES, NULL);
                configure_agent(lab, profiles[i / 2], &a, GETPPID, i & 1, "");
                assert_result(run(lab), 0, "110 4242\n");
                agent_end(&a);
                json_decref(agent_state(lab, &a, "creating"));
        }
        assert_true(lab_clean(lab));
}

/* A root that may not trace, as in most containers: the listener is sent. */
static void drop_ptrace(void *unused)
{
        struct __user_cap_header_struct h = {.version = _LINUX_CAPABILITY_VERSION_3};
        struct __user_cap_data_struct d[2];

        (void)unused;
        if (prctl(PR_CAPBSET_DROP, CAP_SYS_PTRACE, 0, 0, 0) < 0 || syscall(SYS_capget, &h, d) < 0)
                _exit(99);
        d[0].effective &= ~(1u << CAP_SYS_PTRACE);
        d[0].permitted &= ~(1u << CAP_SYS_PTRACE);
        d[0].inheritable &= ~(1u << CAP_SYS_PTRACE);
        if (syscall(SYS_capset, &h, d) < 0)
                _exit(99);
}

static void notify__root_that_may_not_trace__its_answers_arrive(void **state)
{
        struct lab *lab = *state;
        struct agent a;

        lab_need_root();
        install(lab);
        for (int nnp = 0; nnp < 2; nnp++) {
                agent_start(lab, &a, AGENT_SERVES, NULL);
                configure_agent(lab, LISTEN("ALLOW", NOTIFY("\"getppid\"")), &a, GETPPID, nnp, "");
                lab_before_exec(drop_ptrace, NULL);
                assert_result(run(lab), 0, "110 4242\n");
                agent_end(&a);
                assert_true(lab_clean(lab));
        }
}

static void notify__create_and_start__listener_is_out_before_ready(void **state)
{
        struct lab *lab = *state;
        struct agent a;
        char path[64];

        lab_need_root();
        install(lab);
        for (int nnp = 0; nnp < 2; nnp++) {
                agent_start(lab, &a, AGENT_SERVES, NULL);
                configure_agent(lab, LISTEN("ALLOW", NOTIFY("\"getppid\"")), &a, GETPPID, nnp, "");
                assert_int_equal(lab_run(lab, "create", "-b", lab->bundle, lab->id, NULL)->code, 0);
                snprintf(path, sizeof(path), "/proc/%s/status", lab_state(lab, "pid"));
                assert_non_null(strstr(lab_read(path), "\nSeccomp:\t2\n"));
                assert_non_null(strstr(lab_read(path), nnp ? "\nNoNewPrivs:\t1\n" : "\nNoNewPrivs:\t0\n"));
                assert_int_equal(lab_run(lab, "delete", "--force", lab->id, NULL)->code, 0);
                agent_end(&a); /* nobody else holds the filter */
                assert_true(lab_clean(lab));
        }
}

/* exec has the container's profile, and a listener of its own. */
static void notify__exec__its_own_listener_goes_to_the_agent(void **state)
{
        struct lab *lab = *state;
        struct agent first, second;
        json_t *o;

        lab_need_root();
        install(lab);
        agent_start(lab, &first, AGENT_SERVES, NULL);
        configure_agent(lab, LISTEN("ALLOW", NOTIFY("\"getppid\"")), &first, GETPPID, false, "");
        assert_int_equal(lab_run(lab, "create", "-b", lab->bundle, lab->id, NULL)->code, 0);
        agent_start(lab, &second, AGENT_SERVES, NULL);
        assert_result(lab_run(lab, "exec", lab->id, "/bin/probe", "110", NULL), 0, "110 4242\n");
        agent_end(&second);
        o = agent_state(lab, &second, "created");
        assert_true(json_integer_value(json_object_get(o, "pid")) !=
                    json_integer_value(json_object_get(json_object_get(o, "state"), "pid")));
        json_decref(o);
        assert_int_equal(lab_run(lab, "exec", lab->id, "/bin/probe", "110", NULL)->code, 255); /* no agent */
        assert_int_equal(lab_run(lab, "delete", "--force", lab->id, NULL)->code, 0);
        agent_end(&first);
        assert_true(lab_clean(lab));
}

static void assert_one_error(const struct result *r, const char *words)
{
        const char *end = strchr(r->err, '\n');

        if (r->code == 0 || !strstr(r->err, words) || !end || end[1])
                print_message("exit %d\nstdout: %s\nstderr: %s\nwanted one error with: %s\n", r->code, r->out,
                              r->err, words);
        assert_true(r->code == 1 && strstr(r->err, words) && end && !end[1]);
}

static void notify__nobody_to_hand_over_to__error_and_nothing_left(void **state)
{
        static const struct {
                const char *path, *words;
        } rows[] = {
                {"/nonexistent/socket", "/linux/seccomp/listenerPath"},
                {"/dev/null", "/linux/seccomp/listenerPath"},
                {"config.json", "/config.json: Connection refused"}, /* below the bundle */
                {"/a/path/of/more/than/one/hundred/and/seven/bytes/is/longer/than/what/fits/into/the/address/"
                 "of/a/unix/domain/"
                 "socket",
                 "/linux/seccomp/listenerPath"},
        };
        struct lab *lab = *state;

        lab_need_root();
        install(lab);
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                struct agent a;
                snprintf(a.socket, sizeof(a.socket), "%s", rows[i].path);
                configure_agent(lab, LISTEN("ALLOW", NOTIFY("\"getppid\"")), &a, GETPPID, i & 1, "");
                assert_one_error(run(lab), rows[i].words);
                assert_true(lab_clean(lab));
        }
}

/* An agent that takes the listener and dies: its calls fail with ENOSYS, the kernel says. */
static void notify__agent_dies__calls_fail_and_nothing_hangs(void **state)
{
        struct lab *lab = *state;
        struct agent a;

        lab_need_root();
        install(lab);
        agent_start(lab, &a, AGENT_SERVES, NULL);
        configure_agent(lab, LISTEN("ALLOW", NOTIFY("\"getppid\"")), &a, GETPPID, true, "");
        assert_int_equal(lab_run(lab, "create", "-b", lab->bundle, lab->id, NULL)->code, 0);
        agent_kill(&a);
        assert_int_equal(lab_run(lab, "start", lab->id, NULL)->code, 0);
        assert_true(lab_wait_status(lab, "stopped"));
        assert_int_equal(lab_run(lab, "delete", lab->id, NULL)->code, 0);
        assert_true(lab_clean(lab));
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
                cmocka_unit_test_setup_teardown(hostile__each_call_of_init__payload_or_one_error, lab_setup,
                                                lab_teardown),
                cmocka_unit_test_setup_teardown(
                        late__filter_that_allows_little__execve_is_all_that_labrun_needs, lab_setup,
                        lab_teardown),
                cmocka_unit_test_setup_teardown(engine__shell_and_probe__allowed_but_what_is_not, lab_setup,
                                                lab_teardown),
                cmocka_unit_test_setup_teardown(notify__agent_serves__its_answers_arrive, lab_setup,
                                                lab_teardown),
                cmocka_unit_test_setup_teardown(notify__exec__its_own_listener_goes_to_the_agent, lab_setup,
                                                lab_teardown),
                cmocka_unit_test_setup_teardown(notify__root_that_may_not_trace__its_answers_arrive,
                                                lab_setup, lab_teardown),
                cmocka_unit_test_setup_teardown(notify__create_and_start__listener_is_out_before_ready,
                                                lab_setup, lab_teardown),
                cmocka_unit_test_setup_teardown(notify__nobody_to_hand_over_to__error_and_nothing_left,
                                                lab_setup, lab_teardown),
                cmocka_unit_test_setup_teardown(notify__agent_dies__calls_fail_and_nothing_hangs, lab_setup,
                                                lab_teardown),
                cmocka_unit_test_setup_teardown(flags__each__accepted, lab_setup, lab_teardown),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
