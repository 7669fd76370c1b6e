#include "core/container/identity.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>

#include "core/base/err.h"
#include "core/base/io.h"
#include "core/base/scope.h"
#include "core/config/config.h"
#include "core/container/caps.h"
#include "core/container/exec_path.h"
#include "core/container/notify.h"
#include "core/container/rlimits.h"
#include "core/container/userns.h"
#include "core/sys.h"

#define LIMIT_PASSWD_BYTES (1u << 20)
#define PIPEFS_MAGIC_NUMBER 0x50495045 /* <linux/magic.h> of newer headers */
#define DEFAULT_UMASK 022              /* runc's, where process.user.umask is absent */

const char *identity_home(const char *passwd, uint32_t uid, size_t *ret_len)
{
        for (const char *line = passwd; *line; line += *line == '\n') {
                const char *end = strchrnul(line, '\n'), *field[7] = {line};
                size_t n = 1;
                for (const char *p = line; p < end && n < 7; p++)
                        if (*p == ':')
                                field[n++] = p + 1;
                line = end;
                if (n < 7)
                        continue;
                uint64_t v = 0;
                const char *p = field[2];
                for (; *p >= '0' && *p <= '9' && v <= UINT32_MAX; p++)
                        v = v * 10 + (uint64_t)(*p - '0');
                if (*p != ':' || p == field[2] || v != uid)
                        continue;
                *ret_len = (size_t)(field[6] - 1 - field[5]);
                return *ret_len ? field[5] : NULL;
        }
        return NULL;
}

/*
 * The rootfs is untrusted: /etc/passwd may be a fifo that never answers, or endless. What can't be read as a
 * small regular file is as good as absent.
 */
static char *read_passwd(const struct sys *sys)
{
        SCOPED_FD fd = {sys, sys->op->openat(sys, AT_FDCWD, "/etc/passwd",
                                             O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, 0)};
        struct stat st;
        char *text;
        size_t len;

        if (fd.fd < 0 || sys->op->fstat(sys, fd.fd, &st) < 0 || !S_ISREG(st.st_mode))
                return NULL;
        if (io_read_all(sys, fd.fd, LIMIT_PASSWD_BYTES, "/etc/passwd", &text, &len, NULL) < 0)
                return NULL;
        return text;
}

int identity_environment(const struct sys *sys, const struct config *config, uint32_t listen, bool notify,
                         char ***ret_env, struct err *err)
{
        const struct config_str_list *env = &config->process.env;
        SCOPED_MEM passwd = {sys, NULL};
        const char *home = "/";
        size_t home_len = 1, n = 0, extra;
        bool has_home = false;

        for (size_t i = 0; i < env->n; i++)
                has_home = has_home || strncmp(env->item[i], "HOME=", 5) == 0;
        if (!has_home && (passwd.ptr = read_passwd(sys))) {
                size_t len;
                const char *h = identity_home(passwd.ptr, config->process.user.uid, &len);
                if (h) {
                        home = h;
                        home_len = len;
                }
        }
        extra = 5 + home_len + 1 + 64; /* "HOME=" and NUL; two short numbers with their names */
        char **list = sys->op->alloc(sys, (env->n + 5) * sizeof(*list) + extra);
        if (!list)
                return err_set(err, ENOMEM, "environment", "/process/env", "%s", "");
        char *text = (char *)(list + env->n + 5);
        for (size_t i = 0; i < env->n; i++)
                if (!notify || strncmp(env->item[i], NOTIFY_VARIABLE "=", strlen(NOTIFY_VARIABLE "=")) != 0)
                        list[n++] = (char *)env->item[i]; /* execve(2) takes char *, and doesn't write */
        if (notify)
                list[n++] = (char *)NOTIFY_VARIABLE "=" NOTIFY_INSIDE "/" NOTIFY_FILE;
        if (!has_home) {
                list[n++] = text;
                text += snprintf(text, extra, "HOME=%.*s", (int)home_len, home) + 1;
        }
        if (listen > 0) { /* sd_listen_fds(3) */
                list[n++] = text;
                text += snprintf(text, 32, "LISTEN_FDS=%u", listen) + 1;
                list[n++] = text;
                snprintf(text, 32, "LISTEN_PID=%d", (int)sys->op->getpid(sys));
        }
        list[n] = NULL;
        *ret_env = list;
        return 0;
}

int identity_make_cwd(const struct sys *sys, const struct config *config, struct err *err)
{
        char path[4096];
        struct stat st;
        size_t n = strlen(config->process.cwd);

        if (n >= sizeof(path))
                return err_set(err, ENAMETOOLONG, "cwd", "/process/cwd", "%s", "");
        if (sys->op->fstatat(sys, AT_FDCWD, config->process.cwd, &st, 0) == 0)
                return 0;
        memcpy(path, config->process.cwd, n + 1);
        for (size_t i = 1; i <= n; i++) {
                if (path[i] != '/' && path[i] != '\0')
                        continue;
                char c = path[i];
                path[i] = '\0';
                int r = sys->op->mkdirat(sys, AT_FDCWD, path, 0755);
                if (r == 0)
                        r = sys->op->fchmodat(sys, AT_FDCWD, path, 0755);
                if (r < 0 && r != -EEXIST)
                        return err_sys(err, r, "cwd", "/process/cwd", "making %s", path);
                path[i] = c;
        }
        return 0;
}

int identity_own_stdio(const struct sys *sys, const struct config *config, struct err *err)
{
        for (int fd = 0; fd < 3; fd++) {
                struct statfs fs;
                struct stat st;
                int r = sys->op->fstatfs(sys, fd, &fs);

                if (r < 0 || fs.f_type != PIPEFS_MAGIC_NUMBER) /* closed, or somebody's file */
                        continue;
                r = sys->op->fstat(sys, fd, &st);
                if (r == 0 && st.st_uid != config->process.user.uid)
                        r = sys->op->fchown(sys, fd, config->process.user.uid, (gid_t)-1);
                /* its owner has no id in there: it can be used, only not be opened again */
                if (r == -EPERM && userns_is_set(config))
                        r = 0;
                if (r < 0)
                        return err_sys(err, r, "stdio", NULL, "giving fd %d to the payload's user", fd);
        }
        return 0;
}

static int set_ids(const struct sys *sys, const struct config *config, struct err *err)
{
        const struct config_u32_list *groups = &config->process.user.additional_gids;
        uint32_t uid = config->process.user.uid, gid = config->process.user.gid;
        int r = sys->op->setgroups(sys, groups->n, groups->item); /* while we may */

        /* Denied in this user namespace, or one around it, for good: the caller's groups can't be dropped. */
        if (r == -EPERM && groups->n == 0 && userns_is_set(config))
                r = 0;
        if (r < 0)
                return err_sys(err, r, "setgroups", "/process/user/additionalGids", "%s",
                               r == -EPERM && userns_is_set(config) ? "denied in the user namespace" : "");
        r = sys->op->setresgid(sys, gid, gid, gid);
        if (r < 0)
                return err_sys(err, r, "setresgid", "/process/user/gid", "%u", gid);
        r = sys->op->setresuid(sys, uid, uid, uid);
        return r < 0 ? err_sys(err, r, "setresuid", "/process/user/uid", "%u", uid) : 0;
}

/*
 * The kernel forgets both whenever the effective ids change (prctl(2)): an init that lost its parent in
 * between finds the socket broken when it says READY.
 */
static int protect_again(const struct sys *sys, struct err *err)
{
        int r = sys->op->prctl(sys, PR_SET_DUMPABLE, 0, 0, 0, 0);

        if (r == 0)
                r = sys->op->prctl(sys, PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
        return r < 0 ? err_sys(err, r, "prctl", NULL, "protecting init") : 0;
}

int identity_change_user(const struct sys *sys, const struct config *config, struct err *err)
{
        int r = rlimits_apply(sys, config, err), there;

        if (r == 0)
                r = caps_bound(sys, config, err);
        if (r < 0)
                return r;
        /*
         * As root, as runc does: images have a WORKDIR that their USER may not enter. And again as the payload's
         * user: there are file systems that root may not enter.
         */
        there = sys->op->chdir(sys, config->process.cwd);
        r = set_ids(sys, config, err);
        if (r == 0)
                r = protect_again(sys, err);
        if (r < 0)
                return r;
        if (there == -EACCES || there == -EPERM)
                there = sys->op->chdir(sys, config->process.cwd);
        if (there < 0)
                return err_sys(err, there, "chdir", "/process/cwd", "%s", config->process.cwd);
        (void)sys->op->umask(sys,
                             config->process.user.umask.set ? config->process.user.umask.v : DEFAULT_UMASK);
        return 0;
}

int identity_drop(const struct sys *sys, const struct config *config, struct err *err)
{
        int r = caps_apply(sys, config, err);

        if (r < 0)
                return r;
        if (config->process.no_new_privileges) {
                r = sys->op->prctl(sys, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
                if (r < 0)
                        return err_sys(err, r, "prctl", "/process/noNewPrivileges", "%s", "");
        }
        return identity_check_cwd(sys, err);
}

int identity_check_cwd(const struct sys *sys, struct err *err)
{
        char buf[4096] = ""; /* a seccomp filter may answer for the kernel */
        ssize_t n = sys->op->getcwd(sys, buf, sizeof(buf));

        if (n ==
            -ERANGE) /* longer than a path can be, but it begins somewhere: inside, or we would not be told */
                return err_set(err, ENAMETOOLONG, "cwd", "/process/cwd", "too deep to be checked");
        if (n < 0)
                return err_sys(err, (int)n, "cwd", "/process/cwd", "getcwd");
        if (buf[0] != '/')
                return err_set(err, EXDEV, "cwd", "/process/cwd", "it is outside of the root file system");
        return 0;
}

int identity_reset_signals(const struct sys *sys, struct err *err)
{
        struct sigaction dfl = {.sa_handler = SIG_DFL};
        sigset_t none;
        int r;

        for (int sig = 1; sig < NSIG; sig++) {
                if (sig == SIGKILL || sig == SIGSTOP)
                        continue;
                r = sys->op->rt_sigaction(sys, sig, &dfl, NULL);
                if (r < 0)
                        return err_sys(err, r, "signals", NULL, "resetting signal %d", sig);
        }
        sigemptyset(&none);
        r = sys->op->rt_sigprocmask(sys, SIG_SETMASK, &none, NULL);
        return r < 0 ? err_sys(err, r, "signals", NULL, "the empty mask") : 0;
}
