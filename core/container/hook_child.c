/* The process that becomes the hook: see hook.h. */
#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>

#include "core/base/err.h"
#include "core/base/io.h"
#include "core/container/hook_private.h"
#include "core/container/identity.h"
#include "core/sys.h"

static int read_exactly(const struct sys *sys, int fd, void *buf, size_t n)
{
        for (size_t at = 0; at < n;) {
                ssize_t r = sys->op->read(sys, fd, (char *)buf + at, n - at);

                if (r == -EINTR)
                        continue;
                if (r <= 0)
                        return r < 0 ? (int)r : -EPIPE;
                at += (size_t)r;
        }
        return 0;
}

/* *ret_argv: args pointers, NULL, env pointers, NULL. The memory is execve's or exit's to release. */
static int receive_words(const struct sys *sys, int fd, const char **ret_path, char ***ret_argv, char ***ret_env, struct err *err)
{
        struct hook_words w;
        char *text, **list;
        int r = read_exactly(sys, fd, &w, sizeof(w));

        if (r < 0)
                return err_sys(err, r, "hook", NULL, "its command did not come");
        text = sys->op->alloc(sys, w.len);
        list = sys->op->alloc(sys, ((size_t)w.args + w.env + 2) * sizeof(*list));
        if (!text || !list)
                return err_set(err, ENOMEM, "hook", NULL, "%s", "");
        r = read_exactly(sys, fd, text, w.len);
        if (r < 0)
                return err_sys(err, r, "hook", NULL, "its command did not come");
        *ret_path = text;
        *ret_argv = list;
        *ret_env = list + w.args + 1;
        for (uint32_t i = 0; i <= w.args + w.env; i++) { /* the path is the first word */
                if (i > 0)
                        list[i <= w.args ? i - 1 : i] = text;
                text += strlen(text) + 1;
        }
        list[w.args] = list[w.args + 1 + w.env] = NULL;
        return 0;
}

/* Its three fds and nothing else; the command socket closes itself in execve, and tells the parent so. */
static int arrange_fds(const struct sys *sys, const int *fds, struct err *err)
{
        unsigned keep = (unsigned)fds[HOOK_FD_COMMAND];
        int r;

        assert(keep > 2 && fds[HOOK_FD_STATE] > 2 && fds[HOOK_FD_OUTPUT] > 2);
        r = sys->op->dup3(sys, fds[HOOK_FD_STATE], 0, 0);
        if (r >= 0)
                r = sys->op->dup3(sys, fds[HOOK_FD_OUTPUT], 1, 0);
        if (r >= 0)
                r = sys->op->dup3(sys, fds[HOOK_FD_OUTPUT], 2, 0);
        if (r >= 0 && keep > 3)
                r = sys->op->close_range(sys, 3, keep - 1, 0);
        if (r >= 0)
                r = sys->op->close_range(sys, keep + 1, UINT_MAX, 0);
        return r < 0 ? err_sys(err, r, "hook", NULL, "its file descriptors") : 0;
}

/* Returns only with an error. */
static int become_hook(const struct sys *sys, const int *fds, const struct hook_plain *plain, struct err *err)
{
        const char *path = NULL;
        char **argv = NULL, **env = NULL;
        pid_t sid;
        int r = sys->op->prctl(sys, PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);

        if (r == 0 && sys->op->getppid(sys) != plain->parent) /* it died before it could be our death */
                r = -ECANCELED;
        if (r < 0)
                return err_sys(err, r, "hook", NULL, "its parent");
        sid = sys->op->setsid(sys); /* also its process group, to be killed as one */
        if (sid < 0)
                return err_sys(err, (int)sid, "setsid", NULL, "%s", "");
        r = receive_words(sys, fds[HOOK_FD_COMMAND], &path, &argv, &env, err);
        if (r == 0)
                r = identity_reset_signals(sys, err);
        if (r < 0)
                return r;
        (void)sys->op->umask(sys, 022);
        if (plain->dir)
                r = sys->op->fchdir(sys, fds[HOOK_FD_DIR]);
        if (r < 0)
                return err_sys(err, r, "hook", NULL, "its working directory");
        r = arrange_fds(sys, fds, err);
        if (r < 0)
                return r;
        r = sys->op->execve(sys, path, argv, env);
        return err_sys(err, r, "hook", r == -E2BIG ? NULL : "/path", "%s", path);
}

int hook_main(const struct sys *sys, const int *fds, size_t nfds, const void *data, size_t len)
{
        struct hook_plain plain;
        struct err err = ERR_INIT;

        assert(nfds == HOOK_FDS && len == sizeof(plain));
        memcpy(&plain, data, sizeof(plain));
        (void)become_hook(sys, fds, &plain, &err);
        (void)io_write_all(sys, fds[HOOK_FD_COMMAND], &err, sizeof(err));
        return 127;
}
