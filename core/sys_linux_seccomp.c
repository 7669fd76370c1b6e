/* The seam's seccomp_compile: libseccomp as a compiler, nothing more. The filter is loaded by seccomp(2)
 * itself. */
#include <errno.h>
#include <linux/filter.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/scope.h"
#include "core/sys_linux.h"

#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 8u /* Linux 6.3, which may demand it (vm.memfd_noexec) */
#endif

static void release(scmp_filter_ctx *ctx)
{
        if (*ctx)
                seccomp_release(*ctx);
}

static int add_archs(scmp_filter_ctx ctx, const struct sys_seccomp *profile,
                     struct sys_seccomp_refused *refused)
{
        for (size_t i = 0; i < profile->narchs; i++) {
                int r = seccomp_arch_add(ctx, profile->archs[i]);

                if (r < 0 && r != -EEXIST) { /* listed twice, or the native one */
                        refused->arch = &profile->archs[i];
                        return r;
                }
        }
        return 0;
}

static int add_rules(scmp_filter_ctx ctx, const struct sys_seccomp *profile,
                     struct sys_seccomp_refused *refused)
{
        for (size_t i = 0; i < profile->nrules; i++) {
                const struct sys_seccomp_rule *rule = &profile->rules[i];
                int r = seccomp_rule_add_array(ctx, rule->action, rule->syscall, 0, NULL);

                if (r < 0) {
                        refused->rule = rule;
                        return r;
                }
        }
        return 0;
}

/* libseccomp 2.5 has no export to memory. A file takes any size without a reader; a pipe may hold less. */
static int make_file(void)
{
        int fd = memfd_create("seccomp", MFD_CLOEXEC | MFD_NOEXEC_SEAL);

        if (fd < 0 && errno == EINVAL)
                fd = memfd_create("seccomp", MFD_CLOEXEC);
        return fd < 0 ? -errno : fd;
}

static int read_back(const struct sys *sys, int fd, struct sock_filter **ret_code, size_t *ret_n)
{
        SCOPED_MEM code = {sys, NULL};
        struct stat st;
        size_t size;

        if (fstat(fd, &st) < 0)
                return -errno;
        size = (size_t)st.st_size;
        if (size == 0 || size % sizeof(struct sock_filter) != 0)
                return -EIO; /* a short write */
        if (size / sizeof(struct sock_filter) > BPF_MAXINSNS)
                return -E2BIG;
        code.ptr = sys->op->alloc(sys, size);
        if (!code.ptr)
                return -ENOMEM;
        for (size_t at = 0; at < size;) {
                ssize_t n = pread(fd, (char *)code.ptr + at, size - at, (off_t)at);
                if (n < 0 && errno != EINTR)
                        return -errno;
                if (n == 0)
                        return -EIO;
                at += n > 0 ? (size_t)n : 0;
        }
        *ret_code = scoped_mem_steal(&code);
        *ret_n = size / sizeof(struct sock_filter);
        return 0;
}

int sys_linux_seccomp_compile(const struct sys *sys, const struct sys_seccomp *profile,
                              struct sock_filter **ret_code, size_t *ret_n,
                              struct sys_seccomp_refused *refused)
{
        __attribute__((cleanup(release))) scmp_filter_ctx ctx = seccomp_init(profile->default_action);
        SCOPED_FD file = {sys, -1};
        int r;

        *refused = (struct sys_seccomp_refused){NULL, NULL};
        if (!ctx) /* an action that it doesn't know, or no memory: it doesn't say */
                return -EINVAL;
        r = seccomp_attr_set(ctx, SCMP_FLTATR_API_SYSRAWRC, 1); /* the kernel's errors, not ECANCELED */
        if (r == 0)
                r = add_archs(ctx, profile, refused);
        if (r == 0)
                r = add_rules(ctx, profile, refused);
        if (r < 0)
                return r;
        file.fd = make_file();
        if (file.fd < 0)
                return file.fd;
        r = seccomp_export_bpf(ctx, file.fd);
        return r < 0 ? r : read_back(sys, file.fd, ret_code, ret_n);
}
