/* newuidmap(1) and newgidmap(1): idmap_run of idmap.h. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "core/base/err.h"
#include "core/base/limits.h"
#include "core/base/scope.h"
#include "core/container/exec_path.h"
#include "core/container/identity.h"
#include "core/container/idmap.h"
#include "core/container/process.h"
#include "core/sys.h"

#define USUAL_PATH "/usr/sbin:/usr/bin:/sbin:/bin"
#define ARGS_MAX 4000 /* bytes of all arguments: sys_spawn carries 4096 */
#define EXIT_UNUSABLE 127

/* What the child is told: NUL-terminated words, the file to execute and then its argv. */
struct words {
        size_t n;
        char text[ARGS_MAX];
};

static int add(struct words *w, const char *word)
{
        size_t n = strlen(word) + 1;

        if (n > sizeof(w->text) - w->n)
                return -E2BIG;
        memcpy(w->text + w->n, word, n);
        w->n += n;
        return 0;
}

static int add_number(struct words *w, uint32_t v)
{
        char text[16];

        snprintf(text, sizeof(text), "%u", v);
        return add(w, text);
}

/*
 * fds: /dev/null for 0 and 1, the pipe for 2. Nothing else of labrun goes along: neither its fds nor its
 * environment nor its signals.
 */
static int child(const struct sys *sys, const int *fds, size_t nfds, const void *data, size_t len)
{
        char text[ARGS_MAX], *argv[3 * IDMAP_RANGES_MAX + 3], *none[] = {NULL};
        size_t n = 0;

        (void)nfds;
        memcpy(text, data, len);
        for (size_t at = strlen(text) + 1; at < len; at += strlen(text + at) + 1)
                argv[n++] = text + at;
        argv[n] = NULL;
        if (identity_reset_signals(sys, NULL) < 0 || sys->op->dup3(sys, fds[0], 0, 0) < 0 ||
            sys->op->dup3(sys, fds[0], 1, 0) < 0 || sys->op->dup3(sys, fds[1], 2, 0) < 0 ||
            sys->op->close_range(sys, 3, UINT_MAX, 0) < 0)
                return EXIT_UNUSABLE;
        (void)sys->op->execve(sys, text, argv, none);
        return EXIT_UNUSABLE;
}

static int find(const struct sys *sys, const char *name, const char *path, char *ret, size_t size)
{
        char var[4096];
        char *env[] = {var, NULL};
        int n = snprintf(var, sizeof(var), "PATH=%s", path && *path ? path : USUAL_PATH);

        if (n < 0 || (size_t)n >= sizeof(var))
                return -ENAMETOOLONG;
        return exec_path_find(sys, name, env, ret, size, NULL);
}

static int describe(const struct sys *sys, const char *name, pid_t pid, const struct config_idmap_list *list,
                    const char *path, struct words *w)
{
        char file[4096];
        int r = find(sys, name, path, file, sizeof(file));

        if (r == 0)
                r = add(w, file);
        if (r == 0)
                r = add(w, name);
        if (r == 0)
                r = add_number(w, (uint32_t)pid);
        for (size_t i = 0; r == 0 && i < list->n; i++) {
                r = add_number(w, list->item[i].container_id);
                if (r == 0)
                        r = add_number(w, list->item[i].host_id);
                if (r == 0)
                        r = add_number(w, list->item[i].size);
        }
        return r;
}

/* The exit status; what the program said goes to buf. */
static int wait_for(const struct sys *sys, int pidfd, int said, char *buf, size_t size, int *ret_status,
                    struct err *err)
{
        siginfo_t info = {0};
        ssize_t n;
        int r = process_reap(sys, pidfd, LIMIT_STAGE_MS, &info, err);

        if (r < 0)
                return r;
        n = sys->op->read(sys, said, buf, size - 1);
        buf[n < 0 ? 0 : n] = '\0';
        buf[strcspn(buf, "\n")] = '\0';
        *ret_status = info.si_code == CLD_EXITED ? info.si_status : 128 + info.si_status;
        return 0;
}

static int run(const struct sys *sys, const char *name, const struct words *w, const char *place,
               struct err *err)
{
        SCOPED_FD null = {sys, sys->op->openat(sys, AT_FDCWD, "/dev/null", O_RDWR | O_CLOEXEC, 0)};
        SCOPED_FD in = {sys, -1}, out = {sys, -1}, pidfd = {sys, -1};
        char said[256];
        int p[2], status, r = null.fd < 0 ? null.fd : sys->op->pipe2(sys, p, O_CLOEXEC | O_NONBLOCK);

        if (r < 0)
                return err_sys(err, r, name, place, "%s", "");
        in.fd = p[0];
        out.fd = p[1];
        const int fds[] = {null.fd, out.fd};
        struct sys_spawn args = {.fn = child, .fds = fds, .nfds = 2, .data = w->text, .len = w->n};
        r = sys->op->spawn(sys, &args, &pidfd.fd);
        if (r < 0)
                return err_sys(err, r, name, place, "clone3");
        scoped_fd_close(&out);
        r = wait_for(sys, pidfd.fd, in.fd, said, sizeof(said), &status, err);
        if (r < 0)
                return err_sys(err, r, name, place, "it did not end");
        if (status != 0)
                return err_set(err, EPERM, name, place, "%s", said[0] ? said : "it failed without a word");
        return 0;
}

int idmap_run(const struct sys *sys, pid_t pid, enum idmap_kind kind, const struct config_idmap_list *list,
              const char *path, struct err *err)
{
        const char *name = kind == IDMAP_UID ? "newuidmap" : "newgidmap", *place = idmap_place(kind);
        struct words w = {0};
        int r = describe(sys, name, pid, list, path, &w);

        if (r == -E2BIG)
                return err_set(err, E2BIG, name, place, "too many ranges for its command line");
        if (r < 0)
                return err_sys(err, r, name, place,
                               "an ordinary user maps one id, the own one, or needs the program %s", name);
        return run(sys, name, &w, place, err);
}
