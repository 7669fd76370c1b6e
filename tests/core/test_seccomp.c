/* core/container/seccomp.c and seccomp_load.c: what is refused and where, what fails, and that nothing is
 * lost then. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/base/limits.h"
#include "tests/core/seccomp_fixture.h"

#define S "/linux/seccomp"
#define PROFILE(action, more, rules) \
        "{\"defaultAction\":\"SCMP_ACT_" action "\"" more ",\"syscalls\":[" rules "]}"
#define RULE(names, action, more) "{\"names\":[" names "],\"action\":\"SCMP_ACT_" action "\"" more "}"
#define ARG(index, op, value) "{\"index\":" #index ",\"op\":\"SCMP_CMP_" op "\",\"value\":" #value "}"
#define LISTENER ",\"listenerPath\":\"/run/agent\""

static const struct config_seccomp *of(const struct config *config)
{
        return &config->linux_.seccomp;
}

/* --- refusals --- */

struct refusal {
        const char *seccomp, *place; /* place NULL: accepted */
        int errnum;
};

/* As the runtime does: the first of the two that refuses. */
static void check(const struct refusal *row)
{
        struct config *config = seccomp_config(row->seccomp);
        struct err err = ERR_INIT;
        int r = config_validate(config, &err);

        if (r == 0)
                r = seccomp_check(of(config), &err);
        if (r != -row->errnum || strcmp(err.place, row->place ? row->place : "") != 0)
                print_message("%s:\n%d at %s, wanted %d at %s\n", row->seccomp, r, err.place, -row->errnum,
                              row->place);
        assert_int_equal(r, -row->errnum);
        assert_string_equal(err.place, row->place ? row->place : "");
        assert_true(r == 0 || err.msg[0]);
        config_free(sys_linux(), config);
}

static void refused__each__clear_error_with_its_place(void **state)
{
#define ARGS(list) ",\"args\":[" list "]"
#define ARCHS(list) ",\"architectures\":[" list "]"
        static const struct refusal rows[] = {
                {PROFILE("FOO", "", ""), S "/defaultAction", EINVAL},
                {PROFILE("ALLOW", "", RULE("\"read\"", "ERRNO", "") "," RULE("\"read\"", "FOO", "")),
                 S "/syscalls/1/action", EINVAL},
                {PROFILE("ALLOW", "", RULE("\"read\"", "allow", "")), S "/syscalls/0/action", EINVAL},
                {PROFILE("NOTIFY", LISTENER, ""), S "/defaultAction", ENOTSUP},
                {PROFILE("ALLOW", ARCHS("\"SCMP_ARCH_X86\",\"SCMP_ARCH_Z80\""), ""), S "/architectures/1",
                 EINVAL},
                {PROFILE("ALLOW", ARCHS("\"amd64\""), ""), S "/architectures/0", EINVAL},
                /* the spec's, but not libseccomp 2.5's */
                {PROFILE("ALLOW", ARCHS("\"SCMP_ARCH_X86\",\"SCMP_ARCH_LOONGARCH64\""), ""),
                 S "/architectures/1", ENOTSUP},
                {PROFILE("ALLOW", ",\"flags\":[\"SECCOMP_FILTER_FLAG_LOG\",\"SECCOMP_FILTER_FLAG_FOO\"]", ""),
                 S "/flags/1", EINVAL},
                {PROFILE("ALLOW", ",\"flags\":[\"SECCOMP_FILTER_FLAG_NEW_LISTENER\"]", ""), S "/flags/0",
                 EINVAL}, /* a kernel's, not the spec's */
                {PROFILE("ALLOW", "", RULE("\"read\"", "ERRNO", ARGS(ARG(5, "EQ", 1) "," ARG(6, "EQ", 1)))),
                 S "/syscalls/0/args/1/index", EINVAL},
                {PROFILE("ALLOW", "", RULE("\"read\"", "ERRNO", ARGS(ARG(4294967295, "EQ", 1)))),
                 S "/syscalls/0/args/0/index", EINVAL},
                {PROFILE("ALLOW", "", RULE("\"read\"", "ERRNO", ARGS(ARG(0, "IN", 1)))),
                 S "/syscalls/0/args/0/op", EINVAL},
                {PROFILE("ALLOW", "", RULE("", "ERRNO", "")), S "/syscalls/0/names", EINVAL},
                {PROFILE("ALLOW", "", RULE("\"read\",\"\"", "ERRNO", "")), S "/syscalls/0/names/1", EINVAL},
                {PROFILE("ALLOW", "", RULE("\"read\"", "ERRNO", ",\"errnoRet\":4095")),
                 S "/syscalls/0/errnoRet", EINVAL},
                {PROFILE("ALLOW", "", RULE("\"read\"", "TRACE", ",\"errnoRet\":65536")),
                 S "/syscalls/0/errnoRet", EINVAL},
                {PROFILE("ERRNO", ",\"defaultErrnoRet\":4095", ""), S "/defaultErrnoRet", EINVAL},
                {PROFILE("ALLOW", ",\"defaultErrnoRet\":1", ""), S "/defaultErrnoRet", EINVAL},
                {PROFILE("ERRNO", "", RULE("\"read\"", "ALLOW", ",\"errnoRet\":0")), S "/syscalls/0/errnoRet",
                 EINVAL},
                {PROFILE("ALLOW", "", RULE("\"read\"", "NOTIFY", ",\"errnoRet\":0")),
                 S "/syscalls/0/errnoRet", EINVAL},
                {PROFILE("ALLOW", "", RULE("\"read\"", "NOTIFY", "")), S "/listenerPath", EINVAL},
                {PROFILE("ALLOW", ",\"listenerPath\":\"\"", RULE("\"read\"", "NOTIFY", "")),
                 S "/listenerPath", EINVAL},
                {PROFILE("ALLOW", ",\"listenerMetadata\":\"m\"", ""), S "/listenerMetadata", EINVAL},
                /* accepted: the limits, a listener that nothing goes to */
                {PROFILE("ALLOW", LISTENER ",\"listenerMetadata\":\"m\"", ""), NULL, 0},
                {PROFILE("ERRNO", ",\"defaultErrnoRet\":4094",
                         RULE("\"read\"", "TRACE", ",\"errnoRet\":65535" ARGS(ARG(5, "EQ", 1)))),
                 NULL, 0},
        };

        (void)state;
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
                check(&rows[i]);
}

/* They would go to a listener that they are needed for. Under another action they may fail as they like. */
static void refused__handover_to_its_own_listener__place_of_the_name(void **state)
{
        static const char *const calls[] = {"sendmsg", "recvmsg", "ppoll", "clock_gettime"};
        char text[512];

        (void)state;
        for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
                struct refusal row = {text, S "/syscalls/1/names/1", ENOTSUP};
                snprintf(text, sizeof(text),
                         PROFILE("ALLOW", LISTENER,
                                 RULE("\"mkdir\"", "ERRNO", "") "," RULE("\"read\",\"%s\"", "NOTIFY", "")),
                         calls[i]);
                check(&row);
                snprintf(text, sizeof(text),
                         PROFILE("ALLOW", LISTENER,
                                 RULE("\"mkdir\"", "NOTIFY", "") "," RULE("\"read\",\"%s\"", "ERRNO", "")),
                         calls[i]);
                row = (struct refusal){text, NULL, 0};
                check(&row);
        }
}

/* Two names and n args with one index, each of which is a rule then. */
static void check_many(size_t n, const char *place, int errnum)
{
        char *text;
        size_t len;
        FILE *f = open_memstream(&text, &len);

        assert_non_null(f);
        fputs("{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"syscalls\":[{\"action\":\"SCMP_ACT_ERRNO\","
              "\"names\":[\"read\",\"write\"],\"args\":[",
              f);
        for (size_t i = 0; i < n; i++)
                fprintf(f, "%s" ARG(0, "EQ", 1), i ? "," : "");
        fputs("]}]}", f);
        fclose(f);
        check(&(struct refusal){text, place, errnum});
        free(text);
}

static void refused__too_many_rules__e2big(void **state)
{
        (void)state;
        check_many(LIMIT_SECCOMP_RULES / 2, NULL, 0);
        check_many(LIMIT_SECCOMP_RULES / 2 + 1, S "/syscalls", E2BIG);
}

/* --- the profile in numbers --- */

struct told {
        size_t n;
        char last[64];
};

static void unknown(void *ctx, const char *name)
{
        struct told *told = ctx;

        told->n++;
        snprintf(told->last, sizeof(told->last), "%s", name);
}

static void profile__unknown_name__told_and_skipped_with_each_action(void **state)
{
        static const char *const actions[] = {"KILL",  "KILL_PROCESS", "KILL_THREAD", "TRAP",
                                              "ERRNO", "TRACE",        "LOG",         "NOTIFY"};
        char text[512];

        (void)state;
        for (size_t i = 0; i < sizeof(actions) / sizeof(actions[0]); i++) {
                struct seccomp_profile p = SECCOMP_PROFILE_INIT;
                struct told told = {0};
                snprintf(text, sizeof(text),
                         PROFILE("ALLOW", LISTENER, RULE("\"read\",\"no_such_call\",\"write\"", "%s", "")),
                         actions[i]);
                struct config *config = seccomp_config(text);
                assert_int_equal(seccomp_check(of(config), NULL), 0);
                assert_int_equal(seccomp_profile_make(sys_linux(), of(config), unknown, &told, &p, NULL), 0);
                assert_int_equal(told.n, 1);
                assert_string_equal(told.last, "no_such_call");
                assert_int_equal(p.policy.nrules, 2);
                seccomp_profile_free(&p);
                assert_int_equal(seccomp_profile_make(sys_linux(), of(config), NULL, NULL, &p, NULL), 0);
                seccomp_profile_free(&p);
                seccomp_profile_free(&p);
                config_free(sys_linux(), config);
        }
        seccomp_profile_free(NULL);
}

/* A placeholder is an action that nobody may mean, whichever TRACE the profile has. */
static void profile__placeholders__no_action_of_the_profile(void **state)
{
        struct config *config = seccomp_config(
                PROFILE("TRACE", ",\"defaultErrnoRet\":65534",
                        RULE("\"read\"", "TRACE", ",\"errnoRet\":65535") "," RULE(
                                "\"write\"", "TRACE",
                                ",\"errnoRet\":65532") "," RULE("\"open\",\"close\",\"mkdir\"", "ALLOW",
                                                                ARGS(ARG(0, "EQ", 1)))));
        struct seccomp_profile p;
        struct err err = ERR_INIT;

        (void)state;
        assert_int_equal(seccomp_profile_make(sys_linux(), of(config), NULL, NULL, &p, &err), 0);
        assert_int_equal(p.nbranches, 3);
        assert_int_equal(p.policy.nrules, 5);
        assert_int_equal(p.branches[0].placeholder, SECCOMP_RET_TRACE | 65533);
        assert_int_equal(p.branches[1].placeholder, SECCOMP_RET_TRACE | 65531);
        assert_int_equal(p.branches[2].placeholder, SECCOMP_RET_TRACE | 65530);
        seccomp_profile_free(&p);
        config_free(sys_linux(), config);
}

/* --- the program --- */

#define FULL                                                                                                 \
        PROFILE("ERRNO", ARCHS("\"SCMP_ARCH_X86\",\"SCMP_ARCH_AARCH64\"") LISTENER,                          \
                RULE("\"read\",\"no_such_call\"", "ALLOW", "") "," RULE("\"mkdir\"", "NOTIFY", "") "," RULE( \
                        "\"personality\"", "ALLOW", ARGS(ARG(0, "LT", 8) "," ARG(1, "NE", 1))))

static void filter_make__every_allocation_fails__enomem_and_nothing_held(void **state)
{
        struct config *config = seccomp_config(FULL);
        struct machine m;
        int n = 0;

        (void)state;
        for (int r = -1; r < 0;) {
                struct seccomp_filter filter = SECCOMP_FILTER_INIT;
                struct err err = ERR_INIT;
                machine_init(&m);
                m.fail_at = ++n;
                r = seccomp_filter_make(&m.sys, config, NULL, NULL, &filter, &err);
                if (r < 0) {
                        assert_int_equal(r, -ENOMEM);
                        assert_string_equal(err.place, S);
                        assert_null(filter.code);
                } else {
                        assert_true(filter.notify && filter.n > 0 && filter.n <= BPF_MAXINSNS);
                        assert_int_equal(m.held, 1);
                        assert_true(m.allocations < n);
                }
                seccomp_filter_free(&filter);
                seccomp_filter_free(&filter);
                assert_int_equal(m.held, 0);
        }
        assert_int_equal(n - 1, 7); /* five of the profile, the compiler's, its room for args */
        seccomp_filter_free(NULL);
        config_free(sys_linux(), config);
}

static void filter_make__compiler_fails__place_of_what_it_refused(void **state)
{
        static const struct {
                int rc;
                size_t arch, rule;
                const char *place;
        } rows[] = {
                {-EINVAL, 0, 0, S},
                {-ENOMEM, 0, 0, S},
                {-EMFILE, 0, 0, S},
                {-E2BIG, 0, 0, S},
                {-EDOM, 2, 0, S "/architectures/1"},
                {-EINVAL, 0, 1, S "/syscalls/0"}, /* sorted by number: read, mkdir, personality */
                {-EINVAL, 0, 2, S "/syscalls/1"},
                {-EFAULT, 0, 3, S "/syscalls/2"},
        };
        struct config *config = seccomp_config(FULL);

        (void)state;
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                struct seccomp_filter filter = SECCOMP_FILTER_INIT;
                struct err err = ERR_INIT;
                struct machine m;
                machine_init(&m);
                m.compile = rows[i].rc;
                m.refused_arch = rows[i].arch;
                m.refused_rule = rows[i].rule;
                assert_int_equal(seccomp_filter_make(&m.sys, config, NULL, NULL, &filter, &err), rows[i].rc);
                assert_int_equal(err.errnum, -rows[i].rc);
                assert_string_equal(err.place, rows[i].place);
                assert_null(filter.code);
                assert_int_equal(m.held, 0);
        }
        config_free(sys_linux(), config);
}

/* libseccomp's program is short, the args are what makes it long. */
static void filter_make__args_longer_than_a_program__e2big(void **state)
{
#define SIX             \
        ARG(0, "LT", 1) \
        "," ARG(1, "LT", 1) "," ARG(2, "LT", 1) "," ARG(3, "LT", 1) "," ARG(4, "LT", 1) "," ARG(5, "LT", 1)
        char *text;
        size_t len;

        (void)state;
        for (size_t n = 100; n <= 200; n += 100) { /* a rule of six is 31 instructions */
                struct seccomp_filter filter = SECCOMP_FILTER_INIT;
                struct err err = ERR_INIT;
                struct machine m;
                FILE *f = open_memstream(&text, &len);
                fputs("{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"syscalls\":[", f);
                for (size_t i = 0; i < n; i++)
                        fprintf(f, "%s" RULE("\"read\"", "ERRNO", ",\"errnoRet\":%zu" ARGS(SIX)),
                                i ? "," : "", i);
                fputs("]}", f);
                fclose(f);
                struct config *config = seccomp_config(text);
                machine_init(&m);
                int r = seccomp_filter_make(&m.sys, config, NULL, NULL, &filter, &err);
                assert_int_equal(r, n == 100 ? 0 : -E2BIG);
                assert_string_equal(err.place, n == 100 ? "" : S);
                seccomp_filter_free(&filter);
                assert_int_equal(m.held, 0);
                config_free(sys_linux(), config);
                free(text);
        }
}

static void filter_make__no_seccomp__no_filter(void **state)
{
        struct seccomp_filter filter = SECCOMP_FILTER_INIT;
        struct config *config = seccomp_config("null");
        struct machine m;

        (void)state;
        machine_init(&m);
        assert_int_equal(seccomp_filter_make(&m.sys, config, NULL, NULL, &filter, NULL), 0);
        assert_int_equal(seccomp_check(of(config), NULL), 0);
        assert_int_equal(seccomp_check_kernel(&m.sys, of(config), NULL), 0);
        assert_null(filter.code);
        assert_int_equal(seccomp_filter_load(&filter, NULL), 0);
        assert_int_equal(m.loaded + m.allocations, 0);
        config_free(sys_linux(), config);
}

/* --- the kernel --- */

#define FLAGS(list) ",\"flags\":[" list "]" LISTENER
#define WAIT "\"SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV\""

static void check_kernel__what_it_lacks__place_of_it(void **state)
{
        static const struct {
                const char *seccomp;
                int action, flag;
                uint32_t lacks;
                const char *place;
                int errnum;
        } rows[] = {
                {FULL, 0, -EFAULT, 0, "", 0},
                {FULL, -ENOSYS, -EFAULT, 0, S, ENOSYS},
                {FULL, -EINVAL, -EFAULT, 0, S, EINVAL},
                {FULL, 0, -EFAULT, SECCOMP_RET_ERRNO, S "/defaultAction", ENOTSUP},
                {FULL, 0, -EFAULT, SECCOMP_RET_USER_NOTIF, S "/syscalls/1/action", ENOTSUP},
                {PROFILE("ALLOW", "", RULE("\"read\"", "KILL_PROCESS", "")), 0, -EFAULT,
                 SECCOMP_RET_KILL_PROCESS, S "/syscalls/0/action", ENOTSUP},
                {PROFILE("ALLOW", FLAGS("\"SECCOMP_FILTER_FLAG_TSYNC\""), ""), 0, -EINVAL, 0, "", 0},
                {PROFILE("ALLOW", FLAGS("\"SECCOMP_FILTER_FLAG_TSYNC\",\"SECCOMP_FILTER_FLAG_LOG\""), ""), 0,
                 -EINVAL, 0, S "/flags/1", ENOTSUP},
                {PROFILE("ALLOW", FLAGS("\"SECCOMP_FILTER_FLAG_SPEC_ALLOW\""), ""), 0, -ENOMEM, 0,
                 S "/flags/0", ENOMEM},
                {PROFILE("ALLOW", FLAGS(WAIT), ""), 0, -EFAULT, 0, S "/flags/0", EINVAL},
                {PROFILE("ALLOW", FLAGS(WAIT), RULE("\"read\"", "NOTIFY", "")), 0, -EFAULT, 0, "", 0},
                {PROFILE("ALLOW", FLAGS(WAIT), RULE("\"read\"", "NOTIFY", "")), 0, -EINVAL, 0, S "/flags/0",
                 ENOTSUP},
        };

        (void)state;
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                struct config *config = seccomp_config(rows[i].seccomp);
                struct err err = ERR_INIT;
                struct machine m;
                machine_init(&m);
                m.action = rows[i].action;
                m.flag = rows[i].flag;
                m.lacks = rows[i].lacks;
                assert_int_equal(config_validate(config, &err), 0);
                assert_int_equal(seccomp_check_kernel(&m.sys, of(config), &err), -rows[i].errnum);
                assert_string_equal(err.place, rows[i].place);
                assert_null(m.program); /* nothing was loaded */
                config_free(sys_linux(), config);
        }
}

static void has_flag__kernels_answer__only_efault_means_yes(void **state)
{
        static const struct {
                const char *flag;
                int answer;
                unsigned asked;
                bool has;
        } rows[] = {
                {"SECCOMP_FILTER_FLAG_TSYNC", -EINVAL, 0, true}, /* nothing to ask for */
                {"SECCOMP_FILTER_FLAG_LOG", -EFAULT, SECCOMP_FILTER_FLAG_LOG, true},
                {"SECCOMP_FILTER_FLAG_LOG", -EINVAL, SECCOMP_FILTER_FLAG_LOG, false},
                {"SECCOMP_FILTER_FLAG_SPEC_ALLOW", -EPERM, SECCOMP_FILTER_FLAG_SPEC_ALLOW, false},
                {"SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV", -EFAULT,
                 SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV | SECCOMP_FILTER_FLAG_NEW_LISTENER, true},
        };

        (void)state;
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                struct machine m;
                machine_init(&m);
                m.flag = rows[i].answer;
                assert_int_equal(seccomp_has_flag(&m.sys, rows[i].flag), rows[i].has);
                assert_int_equal(m.flags, rows[i].asked);
        }
}

static void filter_load__kernels_answer__listener_or_error(void **state)
{
        static const struct {
                int answer, r;
                const char *words;
        } rows[] = {
                {0, 0, ""},
                {7, 7, ""},
                {-EBUSY, -EBUSY, "have a listener already"},
                {-EACCES, -EACCES, "CAP_SYS_ADMIN"},
                {-ENOMEM, -ENOMEM, "loading the filter"},
                {-EINVAL, -EINVAL, "loading the filter"},
        };
        struct config *config = seccomp_config(
                PROFILE("ALLOW", FLAGS(WAIT ",\"SECCOMP_FILTER_FLAG_LOG\""), RULE("\"read\"", "NOTIFY", "")));

        (void)state;
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                struct seccomp_filter filter = SECCOMP_FILTER_INIT;
                struct err err = ERR_INIT;
                struct machine m;
                machine_init(&m);
                m.filter = rows[i].answer;
                assert_int_equal(seccomp_filter_make(&m.sys, config, NULL, NULL, &filter, &err), 0);
                assert_int_equal(seccomp_filter_load(&filter, &err), rows[i].r);
                assert_int_equal(m.loaded, 1);
                assert_int_equal(m.flags, SECCOMP_FILTER_FLAG_LOG | SECCOMP_FILTER_FLAG_NEW_LISTENER |
                                                  SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV);
                assert_string_equal(err.place, rows[i].r < 0 ? S : "");
                assert_non_null(strstr(err.msg, rows[i].words));
                seccomp_filter_free(&filter);
        }
        config_free(sys_linux(), config);
}

static void when__notify_and_no_new_privs__as_the_header_says(void **state)
{
        struct seccomp_filter plain = {.notify = false}, notify = {.notify = true};

        (void)state;
        assert_int_equal(seccomp_when(&plain, false), SECCOMP_BEFORE_CAPS);
        assert_int_equal(seccomp_when(&notify, false), SECCOMP_BEFORE_CAPS);
        assert_int_equal(seccomp_when(&plain, true), SECCOMP_BEFORE_EXECVE);
        assert_int_equal(seccomp_when(&notify, true), SECCOMP_BEFORE_READY);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(refused__each__clear_error_with_its_place),
                cmocka_unit_test(refused__handover_to_its_own_listener__place_of_the_name),
                cmocka_unit_test(refused__too_many_rules__e2big),
                cmocka_unit_test(profile__unknown_name__told_and_skipped_with_each_action),
                cmocka_unit_test(profile__placeholders__no_action_of_the_profile),
                cmocka_unit_test(filter_make__every_allocation_fails__enomem_and_nothing_held),
                cmocka_unit_test(filter_make__compiler_fails__place_of_what_it_refused),
                cmocka_unit_test(filter_make__args_longer_than_a_program__e2big),
                cmocka_unit_test(filter_make__no_seccomp__no_filter),
                cmocka_unit_test(check_kernel__what_it_lacks__place_of_it),
                cmocka_unit_test(has_flag__kernels_answer__only_efault_means_yes),
                cmocka_unit_test(filter_load__kernels_answer__listener_or_error),
                cmocka_unit_test(when__notify_and_no_new_privs__as_the_header_says),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
