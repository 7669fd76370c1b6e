/* keyring_join against a kernel that answers as told: the cases that a machine's own keyrings can't show. */
#include <errno.h>
#include <linux/keyctl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "core/base/err.h"
#include "core/container/keyring.h"
#include "core/sys.h"

struct fake {
        struct sys sys;
        struct sys_ops ops;
        long join, join_anonymous, describe, setperm;
        const char *text;
        char joined[64]; /* the name of the last join; "" for none */
        unsigned long key, perm;
};

static long fake_keyctl(const struct sys *sys, int op, unsigned long a2, unsigned long a3, unsigned long a4,
                        unsigned long a5)
{
        struct fake *f = sys->ctx;

        (void)a5;
        switch (op) {
        case KEYCTL_JOIN_SESSION_KEYRING:
                snprintf(f->joined, sizeof(f->joined), "%s", a2 ? (const char *)a2 : "");
                return a2 ? f->join : f->join_anonymous;
        case KEYCTL_DESCRIBE:
                if (f->describe < 0)
                        return f->describe;
                snprintf((char *)a3, a4, "%s", f->text);
                f->text = "keyring;0;0;3f130000;_ses"; /* of what is joined next */
                return (long)strlen((char *)a3) + 1;
        default:
                assert_int_equal(op, KEYCTL_SETPERM);
                f->key = a2;
                f->perm = a3;
                return f->setperm;
        }
}

static uid_t fake_geteuid(const struct sys *sys)
{
        (void)sys;
        return 0;
}

static void begin(struct fake *f)
{
        *f = (struct fake){.ops = *sys_linux()->op,
                           .join = 77,
                           .join_anonymous = 88,
                           .text = "keyring;0;0;3f130000;_ses.c1"};
        f->ops.keyctl = fake_keyctl;
        f->ops.geteuid = fake_geteuid;
        f->sys = (struct sys){&f->ops, f};
}

static void join__own_keyring__searchable_by_its_user(void **state)
{
        struct err err = ERR_INIT;
        struct fake f;

        (void)state;
        begin(&f);
        assert_int_equal(keyring_join(&f.sys, "c1", false, &err), 1);
        assert_string_equal(f.joined, "_ses.c1");
        assert_int_equal(f.key, 77);
        assert_int_equal(f.perm, 0x3f1b0000);
        begin(&f);
        assert_int_equal(keyring_join(&f.sys, "c1", true, &err), 1);
        assert_int_equal(f.perm, 0x3f130008);
}

static void join__planted_by_another_user__a_new_one_instead(void **state)
{
        struct err err = ERR_INIT;
        struct fake f;

        (void)state;
        begin(&f);
        f.text = "keyring;1000;1000;3f13000b;_ses.c1";
        assert_int_equal(keyring_join(&f.sys, "c1", false, &err), 1);
        assert_string_equal(f.joined, "");
        assert_int_equal(f.key, 88);
}

static void join__no_keyrings__tolerated(void **state)
{
        struct err err = ERR_INIT;
        struct fake f;

        (void)state;
        begin(&f);
        f.join = -ENOSYS;
        assert_int_equal(keyring_join(&f.sys, "c1", false, &err), 0);
        f.join = -EPERM;
        assert_int_equal(keyring_join(&f.sys, "c1", false, &err), 0);
        assert_int_equal(err.errnum, 0);
}

static void join__kernel_refuses__says_so(void **state)
{
        static const char *const bad[] = {"",
                                          "keyring",
                                          "keyring;0;0;3f13",
                                          "keyring;;0;3f130000;x",
                                          "keyring;0;-1;3f130000;x",
                                          "keyring;4294967296;0;3f130000;x",
                                          "keyring;0;0;13f130000;x",
                                          "keyring;0;0;xyz;x"};
        struct fake f;

        (void)state;
        struct err err = ERR_INIT;
        begin(&f);
        f.join = -EDQUOT;
        assert_int_equal(keyring_join(&f.sys, "c1", false, &err), -EDQUOT);
        assert_non_null(strstr(err.msg, "--no-new-keyring"));
        begin(&f);
        f.describe = -EACCES;
        assert_int_equal(keyring_join(&f.sys, "c1", false, &err), -EACCES);
        begin(&f);
        f.setperm = -EACCES;
        assert_int_equal(keyring_join(&f.sys, "c1", false, &err), -EACCES);
        begin(&f);
        f.text = "keyring;1;1;3f13000b;_ses.c1";
        f.join_anonymous = -ENOMEM;
        assert_int_equal(keyring_join(&f.sys, "c1", false, &err), -ENOMEM);
        for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
                begin(&f);
                f.text = bad[i];
                assert_int_equal(keyring_join(&f.sys, "c1", false, &err), -EBADMSG);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(join__own_keyring__searchable_by_its_user),
                cmocka_unit_test(join__planted_by_another_user__a_new_one_instead),
                cmocka_unit_test(join__no_keyrings__tolerated),
                cmocka_unit_test(join__kernel_refuses__says_so),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
