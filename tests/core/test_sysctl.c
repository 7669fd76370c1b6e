/* core/container/sysctl.h, the pure half: names and the namespaces that they belong to. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/base/err.h"
#include "core/config/config.h"
#include "core/container/sysctl.h"

static void sysctl_path__dots_or_slashes__same_path(void **state)
{
        static const char *const cases[][2] = {
                {"net.ipv4.ip_forward", "net/ipv4/ip_forward"},
                {"net/ipv4/ip_forward", "net/ipv4/ip_forward"},
                {"net.ipv4.conf.eth0/100.forwarding", "net/ipv4/conf/eth0.100/forwarding"},
                {"net/ipv4/conf/eth0.100/forwarding", "net/ipv4/conf/eth0.100/forwarding"},
        };
        char buf[64];

        (void)state;
        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
                assert_int_equal(sysctl_path(cases[i][0], buf, sizeof(buf)), 0);
                assert_string_equal(buf, cases[i][1]);
        }
}

static void sysctl_path__escape_or_emptiness__refused(void **state)
{
        static const char *const bad[] = {
                "",        "net",    ".net.x", "net..x",   "net.",   "net/../kernel/x", "/net/x",
                "net/./x", "net//x", "net/x/", "net.//.x", "net/..", "../net/x",        "net.x.//"};
        char buf[64];

        (void)state;
        for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
                assert_int_equal(sysctl_path(bad[i], buf, sizeof(buf)), -EINVAL);
        assert_int_equal(sysctl_path("net.abc", buf, 7), -ENAMETOOLONG);
}

static int check(const char *name, unsigned namespaces, struct err *e)
{
        struct config_kv kv = {name, "1"};
        struct config c = {.linux_ = {.sysctl = {&kv, 1}}};

        for (int i = 0; i < CONFIG_NS__COUNT; i++)
                c.linux_.ns[i].set = namespaces & (1u << i);
        return sysctl_check(&c, e);
}

static void sysctl_check__each_name__needs_its_own_namespace(void **state)
{
        static const struct {
                const char *name;
                enum config_ns ns;
        } cases[] = {
                {"kernel.msgmax", CONFIG_NS_IPC},
                {"kernel.shm_rmid_forced", CONFIG_NS_IPC},
                {"kernel/sem", CONFIG_NS_IPC},
                {"fs.mqueue.msg_max", CONFIG_NS_IPC},
                {"kernel.domainname", CONFIG_NS_UTS},
                {"net.ipv4.ip_forward", CONFIG_NS_NETWORK},
                {"net/core/somaxconn", CONFIG_NS_NETWORK},
        };
        struct err e = ERR_INIT;

        (void)state;
        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
                assert_int_equal(check(cases[i].name, 1u << cases[i].ns, &e), 0);
                assert_int_equal(check(cases[i].name, ~(1u << cases[i].ns), &e), -EINVAL);
        }
}

static void sysctl_check__host_wide_names__refused_with_escaped_pointer(void **state)
{
        static const char *const bad[] = {"kernel.pid_max",     "kernel.core_pattern", "vm.swappiness",
                                          "kernel.msgmax.more", "network.x",           "fs.mqueues.x",
                                          "kernel.hostname",    "kernel.msgma"};
        struct err e = ERR_INIT;

        (void)state;
        for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
                assert_int_equal(check(bad[i], ~0u, &e), -EINVAL);
        assert_int_equal(check("net/../kernel/core_pattern", ~0u, &e), -EINVAL);
        assert_string_equal(e.place, "/linux/sysctl/net~1..~1kernel~1core_pattern");
        assert_int_equal(check("a~b", ~0u, &e), -EINVAL);
        assert_string_equal(e.place, "/linux/sysctl/a~0b");
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(sysctl_path__dots_or_slashes__same_path),
                cmocka_unit_test(sysctl_path__escape_or_emptiness__refused),
                cmocka_unit_test(sysctl_check__each_name__needs_its_own_namespace),
                cmocka_unit_test(sysctl_check__host_wide_names__refused_with_escaped_pointer),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
