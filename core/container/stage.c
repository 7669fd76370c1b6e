#include "core/container/stage.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>

#include "core/base/err.h"
#include "core/base/io.h"
#include "core/base/limits.h"
#include "core/base/scope.h"
#include "core/config/config.h"
#include "core/container/init.h"
#include "core/container/namespaces.h"
#include "core/container/process.h"
#include "core/container/userns.h"
#include "core/sys.h"

/* What the stage is told. Its fds: init's end of the socket, the pipe for the report, then the namespaces'.
 */
struct stage_plain {
        struct init_plain init;
        struct opt_i32 oom_score_adj;
        uint64_t flags; /* of init's clone3 */
        size_t n;       /* namespaces to join, in this order */
        enum config_ns ns[CONFIG_NS__COUNT];
};
#define FD_SOCKET 0
#define FD_REPORT 1
#define FD_NS 2

/* What it answers; smaller than PIPE_BUF, so it comes whole or not at all. */
struct stage_report {
        pid_t pid;         /* init's; 0: failed */
        int errnum;        /* then: positive */
        enum config_ns ns; /* that could not be joined; CONFIG_NS__COUNT: the clone */
        bool oom;          /* it was /proc/self/oom_score_adj that refused */
};

bool stage_needed(const struct config *config)
{
        const struct config_namespace *ns = config->linux_.ns;

        if (ns[CONFIG_NS_USER].path || ns[CONFIG_NS_PID].path)
                return true;
        for (int i = 0; i < CONFIG_NS__COUNT; i++)
                if (userns_is_new(config) && ns[i].path)
                        return true;
        return false;
}

/* -EPERM of the first pass is not the last word: done tells which are left. */
static int join_pass(const struct sys *sys, const struct stage_plain *p, const int *fds, bool last,
                     bool done[CONFIG_NS__COUNT], enum config_ns *ret_ns)
{
        for (size_t i = 0; i < p->n; i++) {
                if (done[i] || p->ns[i] == CONFIG_NS_USER)
                        continue;
                int r = sys->op->setns(sys, fds[FD_NS + i], (int)config_ns_flag(p->ns[i]));
                if (r < 0 && (r != -EPERM || last)) {
                        *ret_ns = p->ns[i];
                        return r;
                }
                done[i] = r == 0;
        }
        return 0;
}

/* Processes of what is joined may look at who joins, and who joins holds fds of the host: not dumpable. */
static int protect(const struct sys *sys)
{
        int r = sys->op->prctl(sys, PR_SET_DUMPABLE, 0, 0, 0, 0);

        return r < 0 ? r : sys->op->prctl(sys, PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
}

/*
 * With labrun's privileges, which a user namespace takes away, and while the files in /proc are still its own
 * user's: init is never dumpable, so that nobody but root could write it there. Init inherits it.
 */
static int set_oom_score(const struct sys *sys, const struct opt_i32 *adj)
{
        char text[16];

        if (!adj->set)
                return 0;
        snprintf(text, sizeof(text), "%d", adj->v);
        return io_write_file(sys, AT_FDCWD, "/proc/self/oom_score_adj", text);
}

static int join_all(const struct sys *sys, const struct stage_plain *p, const int *fds,
                    enum config_ns *ret_ns)
{
        bool done[CONFIG_NS__COUNT] = {false};
        size_t user = 0;
        int r;

        while (user < p->n && p->ns[user] != CONFIG_NS_USER)
                user++;
        *ret_ns = CONFIG_NS__COUNT;
        r = protect(sys);
        /* of the host's, and in a user namespace where setgroups(2) is denied they would stay with the
         * payload */
        if (r == 0 && user < p->n)
                r = sys->op->setgroups(sys, 0, NULL);
        if (r == -EPERM) /* an ordinary user may not, and keeps what is his */
                r = 0;
        if (r == 0)
                r = join_pass(sys, p, fds, user == p->n, done, ret_ns);
        if (r < 0 || user == p->n)
                return r;
        *ret_ns = CONFIG_NS_USER;
        r = sys->op->setns(sys, fds[FD_NS + user], (int)config_ns_flag(CONFIG_NS_USER));
        if (r == 0)
                r = protect(sys); /* forgotten with the old credentials */
        return r < 0 ? r : join_pass(sys, p, fds, true, done, ret_ns);
}

static int stage_main(const struct sys *sys, const int *fds, size_t nfds, const void *data, size_t len)
{
        struct stage_report report = {.ns = CONFIG_NS__COUNT};
        struct stage_plain p;
        int pidfd = -1, r;

        assert(len == sizeof(p));
        memcpy(&p, data, sizeof(p));
        assert(nfds == FD_NS + p.n);
        r = set_oom_score(sys, &p.oom_score_adj);
        report.oom = r < 0;
        if (r == 0)
                r = join_all(sys, &p, fds, &report.ns);
        if (r == 0) {
                struct sys_spawn args = {.flags = p.flags | CLONE_PARENT,
                                         .fn = init_main,
                                         .fds = &fds[FD_SOCKET],
                                         .nfds = 1,
                                         .data = &p.init,
                                         .len = sizeof(p.init)};
                report.ns = CONFIG_NS__COUNT;
                r = report.pid = sys->op->spawn(sys, &args, &pidfd);
        }
        if (r < 0) {
                report.pid = 0;
                report.errnum = -r;
        }
        /* a parent that is gone hears nothing, and init finds its end of the socket closed */
        return sys->op->write(sys, fds[FD_REPORT], &report, sizeof(report)) == sizeof(report) ? 0 : 1;
}

/* config is NULL where the namespaces are not the config's to name, but a container's. */
static int failed(const struct config *config, const struct stage_report *report, int oom_score_adj,
                  struct err *err)
{
        char place[ERR_PLACE_MAX];

        if (report->oom)
                return err_sys(err, -report->errnum, "oom_score_adj", "/process/oomScoreAdj", "%d",
                               oom_score_adj);
        if (!config &&
            report->ns >= CONFIG_NS__COUNT) /* ENOMEM is what a pid namespace without an init answers */
                return err_sys(err, -report->errnum, "clone3", NULL, "making a process in the container");
        if (!config)
                return err_sys(err, -report->errnum, "namespaces", config_ns_name(report->ns),
                               "joining the container's namespace");
        if (report->ns >= CONFIG_NS__COUNT)
                return err_sys(err, -report->errnum, "clone3", "/linux/namespaces", "making init%s",
                               namespaces_clone_hint(config, -report->errnum));
        namespaces_place(config, report->ns, place);
        return err_sys(err, -report->errnum, "namespaces", place, "joining the %s namespace %s",
                       config_ns_name(report->ns), config->linux_.ns[report->ns].path);
}

static int listen_to(const struct sys *sys, const struct config *config, const struct stage_plain *plain,
                     int pidfd, int report_fd, pid_t *ret_pid, int *ret_pidfd, struct err *err)
{
        struct stage_report report = {0};
        int r = process_reap(sys, pidfd, LIMIT_STAGE_MS, NULL, err), fd; /* its report may lie in the pipe */
        bool heard = sys->op->read(sys, report_fd, &report, sizeof(report)) == sizeof(report);

        if (r < 0 || !heard || report.pid <= 0) {
                if (r == 0 && !heard)
                        r = err_set(err, ECHILD, "clone3", "/linux/namespaces",
                                    "the process that makes init was killed");
                return r < 0 ? r : failed(config, &report, plain->oom_score_adj.v, err);
        }
        fd = sys->op->pidfd_open(sys, report.pid, 0); /* our child, and not reaped: it is nobody else */
        if (fd < 0)
                return err_sys(err, fd, "pidfd_open", "init", "%s", "");
        *ret_pid = report.pid;
        *ret_pidfd = fd;
        return 0;
}

int stage_spawn_in(const struct sys *sys, const struct config *config, const int ns[CONFIG_NS__COUNT],
                   uint64_t flags, const struct init_plain *plain, const struct opt_i32 *oom_score_adj,
                   int socket, pid_t *ret_pid, int *ret_pidfd, struct err *err)
{
        struct stage_plain p = {.init = *plain, .oom_score_adj = *oom_score_adj, .flags = flags};
        int fds[FD_NS + CONFIG_NS__COUNT], pipe[2];
        SCOPED_FD in = {sys, -1}, out = {sys, -1}, pidfd = {sys, -1};
        int r = sys->op->pipe2(sys, pipe, O_CLOEXEC | O_NONBLOCK);

        if (r < 0)
                return err_sys(err, r, "pipe2", NULL, "%s", "");
        in.fd = pipe[0];
        out.fd = pipe[1];
        fds[FD_SOCKET] = socket;
        fds[FD_REPORT] = out.fd;
        for (int i = 0; i < CONFIG_NS__COUNT; i++)
                if (ns[i] >= 0) {
                        fds[FD_NS + p.n] = ns[i];
                        p.ns[p.n++] = (enum config_ns)i;
                }
        struct sys_spawn args = {
                .fn = stage_main, .fds = fds, .nfds = FD_NS + p.n, .data = &p, .len = sizeof(p)};
        r = sys->op->spawn(sys, &args, &pidfd.fd);
        if (r < 0)
                return err_sys(err, r, "clone3", NULL, "the process that makes init");
        return listen_to(sys, config, &p, pidfd.fd, in.fd, ret_pid, ret_pidfd, err);
}

int stage_spawn(const struct sys *sys, const struct config *config, const struct init_plain *plain,
                int socket, pid_t *ret_pid, int *ret_pidfd, struct err *err)
{
        int ns[CONFIG_NS__COUNT], r = namespaces_open(sys, config, ns, err);

        if (r < 0)
                return r;
        r = stage_spawn_in(sys, config, ns, namespaces_clone_flags(config), plain,
                           &config->process.oom_score_adj, socket, ret_pid, ret_pidfd, err);
        namespaces_close(sys, ns);
        return r;
}
