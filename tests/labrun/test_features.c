/* features: JSON of features.md, and true: what it names is taken, what it does not name is not. */
#include <errno.h>
#include <jansson.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "tests/labrun/fixture.h"

static json_t *features(struct lab *lab)
{
        struct result *r = lab_run(lab, "features", NULL);
        json_t *o = json_loads(r->out, JSON_REJECT_DUPLICATES, NULL);

        assert_int_equal(r->code, 0);
        assert_string_equal(r->err, "");
        assert_non_null(o);
        return o;
}

static bool lists(const json_t *list, const char *word)
{
        for (size_t i = 0; i < json_array_size(list); i++)
                if (strcmp(json_string_value(json_array_get(list, i)), word) == 0)
                        return true;
        return false;
}

static const json_t *at(const json_t *o, const char *a, const char *b, const char *c)
{
        const json_t *v = json_object_get(o, a);

        v = b ? json_object_get(v, b) : v;
        return c ? json_object_get(v, c) : v;
}

static void features__needs_no_root__as_the_spec_has_it(void **state)
{
        struct lab *lab = *state;
        json_t *o = features(lab);

        assert_string_equal(json_string_value(at(o, "ociVersionMin", NULL, NULL)), "1.0.0");
        assert_string_equal(json_string_value(at(o, "ociVersionMax", NULL, NULL)), "1.2.0");
        assert_int_equal(json_array_size(at(o, "hooks", NULL, NULL)), 6);
        assert_int_equal(json_array_size(at(o, "linux", "namespaces", NULL)), 8);
        assert_true(lists(at(o, "linux", "namespaces", NULL), "network"));
        assert_true(lists(at(o, "linux", "capabilities", NULL), "CAP_CHOWN"));
        assert_true(lists(at(o, "linux", "capabilities", NULL), "CAP_CHECKPOINT_RESTORE"));
        assert_true(json_is_true(at(o, "linux", "cgroup", "v1")));
        assert_true(json_is_false(at(o, "linux", "cgroup", "systemd")));
        assert_true(json_is_true(at(o, "linux", "seccomp", "enabled")));
        assert_true(lists(at(o, "linux", "seccomp", "actions"), "SCMP_ACT_ERRNO"));
        assert_true(lists(at(o, "linux", "seccomp", "operators"), "SCMP_CMP_MASKED_EQ"));
        assert_true(lists(at(o, "linux", "seccomp", "archs"), "SCMP_ARCH_X86_64"));
        assert_true(lists(at(o, "linux", "seccomp", "knownFlags"), "SECCOMP_FILTER_FLAG_LOG"));
        assert_true(json_is_false(at(o, "linux", "apparmor", "enabled")));
        assert_true(json_is_false(at(o, "linux", "selinux", "enabled")));
        json_decref(o);
}

/* A kernel that lacks a flag: seccomp(2) answers for it as one would that never heard of it. */
static void lack_spec_allow(void *unused)
{
        struct sock_filter code[] = {
                BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
                BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_seccomp, 0, 3),
                BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[1])), /* low half: LE */
                BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SECCOMP_FILTER_FLAG_SPEC_ALLOW, 0, 1),
                BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EINVAL),
                BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
        };
        struct sock_fprog program = {sizeof(code) / sizeof(code[0]), code};

        (void)unused;
        if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
            syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) < 0)
                _exit(99);
}

static void features__flag_that_the_kernel_lacks__known_and_not_supported(void **state)
{
        struct lab *lab = *state;
        json_t *o = features(lab);
        size_t all = json_array_size(at(o, "linux", "seccomp", "knownFlags"));

        assert_int_equal(all, 4);
        assert_true(lists(at(o, "linux", "seccomp", "supportedFlags"), "SECCOMP_FILTER_FLAG_SPEC_ALLOW"));
        json_decref(o);
        lab_before_exec(lack_spec_allow, NULL);
        o = features(lab);
        assert_int_equal(json_array_size(at(o, "linux", "seccomp", "knownFlags")), all);
        assert_true(lists(at(o, "linux", "seccomp", "supportedFlags"), "SECCOMP_FILTER_FLAG_LOG"));
        assert_false(lists(at(o, "linux", "seccomp", "supportedFlags"), "SECCOMP_FILTER_FLAG_SPEC_ALLOW"));
        json_decref(o);
}

/* Each listed option is one that a container takes, on a bind mount for which all of them mean something. */
static void features__mount_options__all_taken(void **state)
{
        struct lab *lab = *state;
        json_t *o = features(lab);
        const json_t *options = at(o, "mountOptions", NULL, NULL);

        assert_true(lists(options, "ro") && lists(options, "rro") && lists(options, "rbind") &&
                    lists(options, "rslave"));
        assert_false(lists(options, "idmap") || lists(options, "tmpcopyup") || lists(options, "rrbind"));
        for (size_t i = 0; i < json_array_size(options); i++)
                for (size_t k = i + 1; k < json_array_size(options); k++)
                        assert_string_not_equal(json_string_value(json_array_get(options, i)),
                                                json_string_value(json_array_get(options, k)));
        if (geteuid() == 0)
                for (size_t i = 0; i < json_array_size(options); i += 9) { /* a sample: each is a container */
                        const char *word = json_string_value(json_array_get(options, i));
                        char merge[512];
                        snprintf(merge, sizeof(merge),
                                 "{\"process\":{\"args\":[\"/bin/true\"]},\"mounts\":[{\"destination\":\"/"
                                 "proc\",\"type\":\"proc\","
                                 "\"source\":\"proc\"},{\"destination\":\"/"
                                 "mnt\",\"type\":\"tmpfs\",\"source\":\"tmpfs\","
                                 "\"options\":[\"%s\"]}]}",
                                 strstr(word, "bind") || strstr(word, "remount") ? "ro" : word);
                        lab_config(lab, merge);
                        struct result *r = lab_run(lab, "run", "--bundle", lab->bundle, lab->id, NULL);
                        if (r->code)
                                print_message("%s: %s\n", word, r->err);
                        assert_int_equal(r->code, 0);
                }
        json_decref(o);
}

#define LAB_TEST(fn) cmocka_unit_test_setup_teardown(fn, lab_setup, lab_teardown)

int main(void)
{
        const struct CMUnitTest tests[] = {
                LAB_TEST(features__needs_no_root__as_the_spec_has_it),
                LAB_TEST(features__flag_that_the_kernel_lacks__known_and_not_supported),
                LAB_TEST(features__mount_options__all_taken),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
