/* A linux.seccomp read from JSON, and a kernel that counts memory and answers as told. Include after
 * cmocka.h. */
#pragma once

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/err.h"
#include "core/config/config.h"
#include "core/container/seccomp.h"
#include "core/sys.h"

struct machine {
        struct sys sys;
        struct sys_ops ops;
        int allocations, fail_at;          /* the n-th fails; 0: none */
        int held;                          /* not freed yet */
        long compile;                      /* 0: libseccomp's; else the error */
        size_t refused_arch, refused_rule; /* 1 + index; 0: none */
        int action, flag, filter;          /* what seccomp(2) answers */
        uint32_t lacks;                    /* this action, with -EOPNOTSUPP */
        unsigned flags, loaded;            /* what a filter was loaded with, how many times */
        const struct sock_fprog *program;
};

static inline void *m_alloc(const struct sys *sys, size_t n)
{
        struct machine *m = sys->ctx;

        if (++m->allocations == m->fail_at)
                return NULL;
        m->held++;
        return malloc(n);
}

static inline void *m_realloc(const struct sys *sys, void *p, size_t n)
{
        struct machine *m = sys->ctx;

        if (++m->allocations == m->fail_at)
                return NULL;
        m->held += p == NULL;
        return realloc(p, n);
}

static inline void m_free(const struct sys *sys, void *p)
{
        struct machine *m = sys->ctx;

        m->held -= p != NULL;
        free(p);
}

static inline int m_compile(const struct sys *sys, const struct sys_seccomp *profile,
                            struct sock_filter **ret_code, size_t *ret_n, struct sys_seccomp_refused *refused)
{
        struct machine *m = sys->ctx;

        if (m->compile == 0)
                return sys_linux()->op->seccomp_compile(sys, profile, ret_code, ret_n, refused);
        *refused =
                (struct sys_seccomp_refused){m->refused_arch ? &profile->archs[m->refused_arch - 1] : NULL,
                                             m->refused_rule ? &profile->rules[m->refused_rule - 1] : NULL};
        return (int)m->compile;
}

static inline int m_seccomp(const struct sys *sys, unsigned operation, unsigned flags, void *args)
{
        struct machine *m = sys->ctx;

        if (operation == SECCOMP_GET_ACTION_AVAIL)
                return m->lacks && *(uint32_t *)args == m->lacks ? -EOPNOTSUPP : m->action;
        assert_int_equal(operation, SECCOMP_SET_MODE_FILTER);
        m->flags = flags;
        m->program = args;
        m->loaded++;
        return args ? m->filter : m->flag;
}

static inline void machine_init(struct machine *m)
{
        *m = (struct machine){.ops = *sys_linux()->op, .flag = -EFAULT};
        m->ops.alloc = m_alloc;
        m->ops.realloc = m_realloc;
        m->ops.free = m_free;
        m->ops.seccomp_compile = m_compile;
        m->ops.seccomp = m_seccomp;
        m->sys = (struct sys){&m->ops, m};
}

/* config_free(sys_linux(), ...) it. */
static inline struct config *seccomp_config(const char *seccomp)
{
        struct err err = ERR_INIT;
        struct config *config;
        char *text;
        int n = asprintf(&text,
                         "{\"ociVersion\":\"1.2.0\",\"root\":{\"path\":\"r\"},\"process\":{\"cwd\":\"/\","
                         "\"args\":[\"a\"],\"user\":{\"uid\":0,\"gid\":0}},\"linux\":{\"seccomp\":%s}}",
                         seccomp);

        assert_true(n > 0);
        if (config_parse(sys_linux(), text, (size_t)n, &config, &err) < 0)
                print_message("%s: %s\n", err.place, err.msg);
        assert_int_equal(err.errnum, 0);
        free(text);
        return config;
}
