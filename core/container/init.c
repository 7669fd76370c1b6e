#include "core/container/init.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <linux/capability.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>

#include "core/base/err.h"
#include "core/base/io.h"
#include "core/base/scope.h"
#include "core/config/config.h"
#include "core/container/caps.h"
#include "core/container/console.h"
#include "core/container/exec_path.h"
#include "core/container/hooks.h"
#include "core/container/identity.h"
#include "core/container/keyring.h"
#include "core/container/namespaces.h"
#include "core/container/notify_mount.h"
#include "core/container/rootfs.h"
#include "core/container/seccomp.h"
#include "core/container/userns.h"
#include "core/fds/fds.h"
#include "core/sync/sync.h"
#include "core/sys.h"

/* Everything that init holds in memory; execve or exit releases it. */
struct init {
        const struct sys *sys;
        struct sync_init sync;
        struct init_plain plain;
        struct sync_received received; /* CONFIG: text, bundle, inventory */
        struct config *config;
        struct seccomp_filter filter;
        bool send_listener;
        struct fds_inventory inventory;
        int notify_tree; /* of plain.notify; -1: none */
        char **env;
        char path[4096]; /* of the executable */
        struct timespec deadline;
};

/* The lowest fd from first on that is not to be closed; UINT_MAX when there is none. */
static unsigned next_kept(const struct init_plain *plain, int socket, unsigned first)
{
        unsigned next = (unsigned)socket >= first ? (unsigned)socket : UINT_MAX;

        if (plain->net >= first && plain->net < next) /* 0: none */
                next = plain->net;
        for (unsigned i = 0; i < plain->n_mounts; i++)
                if ((unsigned)plain->mount[i] >= first && (unsigned)plain->mount[i] < next)
                        next = (unsigned)plain->mount[i];
        if (plain->notify >= first && plain->notify < next)
                next = plain->notify;
        return next;
}

/* The parent's fds came with the clone: its end of the socket (whose EOF we need), the lock, the state
 * directory. */
static int close_inherited(const struct sys *sys, const struct init_plain *plain, int socket, struct err *err)
{
        unsigned first = 3 + plain->preserve, kept;
        int r = 0;

        assert((unsigned)socket >= first);
        for (; r == 0 && (kept = next_kept(plain, socket, first)) != UINT_MAX; first = kept + 1)
                if (kept > first)
                        r = sys->op->close_range(sys, first, kept - 1, 0);
        if (r == 0)
                r = sys->op->close_range(sys, first, UINT_MAX, 0);
        return r < 0 ? err_sys(err, r, "close_range", NULL, "what the parent had open") : 0;
}

/*
 * Init must not outlive a create that is killed, and nobody else may look into it: it holds fds of the host.
 * A parent that died before PDEATHSIG was set has closed its end of the socket: the read of CONFIG tells.
 * (getppid could not: in a new pid namespace it is 0 anyway.)
 */
static int protect(const struct sys *sys, bool dumpable, struct err *err)
{
        int r = sys->op->prctl(sys, PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);

        if (r == 0 && !dumpable)
                r = sys->op->prctl(sys, PR_SET_DUMPABLE, 0, 0, 0, 0);
        return r < 0 ? err_sys(err, r, "prctl", NULL, "protecting init") : 0;
}

static int set_oom_score(const struct init *in, struct err *err)
{
        const struct opt_i32 *adj = &in->config->process.oom_score_adj;
        char text[16];
        int r;

        if (!adj->set)
                return 0;
        snprintf(text, sizeof(text), "%d", adj->v);
        r = io_write_file(in->sys, AT_FDCWD, "/proc/self/oom_score_adj", text);
        return r < 0 ? err_sys(err, r, "oom_score_adj", "/process/oomScoreAdj", "%d", adj->v) : 0;
}

static int receive(struct init *in, struct err *err)
{
        const struct sync_config *c;
        int r = sync_deadline_in(in->sys, LIMIT_SYNC_CREATE_MS, &in->deadline, err);

        if (r == 0)
                r = sync_init_receive_config(&in->sync, &in->deadline, &in->received, err);
        if (r < 0)
                return r;
        c = &in->received.msg.config;
        in->inventory = c->inventory;
        in->inventory.entry_end = in->plain.entry_end;
        return config_parse(in->sys, c->config, c->config_len, &in->config, err);
}

/*
 * Until it is mapped init is nobody in there and, for an ordinary user, must be dumpable; from then on it isn't, and
 * becomes root, which makes the kernel forget what protects it.
 */
static int enter_user_namespace(struct init *in, bool mapped, struct err *err)
{
        const struct sync_ask ask = {.kind = SYNC_ASK_MAP_IDS};
        int r = !mapped && userns_is_new(in->config) ? sync_init_ask(&in->sync, &ask, -1, &in->deadline, err)
                                                     : 0;

        if (r == 0)
                r = protect(in->sys, false, err);
        if (r == 0)
                r = userns_become_root(in->sys, in->config, err);
        return r < 0 ? r : protect(in->sys, false, err);
}

/* Init is the reaper of what its hooks leave behind: zombies that the payload would not expect to be its own.
 */
static void reap_strays(const struct sys *sys)
{
        siginfo_t info;
        int r;

        do {
                info.si_pid = 0;
                r = sys->op->waitid(sys, P_ALL, 0, &info, WEXITED | WNOHANG);
        } while (r == -EINTR || (r == 0 && info.si_pid != 0));
}

/* The hooks that are init's. dir: see struct hooks_subject. */
static int run_hooks(struct init *in, enum hooks_kind kind, int dir, struct err *err)
{
        const struct sync_config *c = &in->received.msg.config;
        struct hooks_subject subject = {
                .id = c->id, .bundle = c->bundle, .pid = in->sys->op->getpid(in->sys), .dir = dir};
        int r;

        if (!hooks_any(in->config, kind))
                return 0;
        r = hooks_run(in->sys, in->config, kind, &subject, err);
        reap_strays(in->sys);
        return r;
}

/*
 * The last moment at which both are in reach: the host's files, where the hooks' executables are, and the
 * container's mounts. The runtime's own hooks can only be run by the parent. How long hooks take is theirs to
 * say: init's time begins anew.
 */
static int hooks_before_pivot(struct init *in, int root_fd, struct err *err)
{
        const struct sync_ask ask = {.kind = SYNC_ASK_HOOKS};
        int r = 0;

        if (hooks_any(in->config, HOOKS_PRESTART) || hooks_any(in->config, HOOKS_CREATE_RUNTIME))
                r = sync_init_ask(&in->sync, &ask, -1, NULL, err);
        if (r == 0)
                r = run_hooks(in, HOOKS_CREATE_CONTAINER, root_fd, err);
        return r < 0 ? r : sync_deadline_in(in->sys, LIMIT_SYNC_CREATE_MS, &in->deadline, err);
}

/* The terminal becomes our standard streams; its master is the parent's, and never of anything in the
 * container. */
static int make_console(struct init *in, struct err *err)
{
        const struct sync_ask ask = {.kind = SYNC_ASK_CONSOLE, .sends_fd = true};
        CONSOLE_PTY_SCOPED pty = {in->sys, -1, -1};
        int r;

        if (!in->config->process.terminal)
                return 0;
        r = console_open(in->sys, &in->config->process, &pty, err);
        if (r == 0 && !in->plain.exec)
                r = console_mount(&pty, err);
        if (r == 0)
                r = sync_init_ask(&in->sync, &ask, pty.master, &in->deadline, err);
        console_close_master(&pty);
        return r < 0 ? r : console_attach(&pty, &in->inventory, err);
}

/* Last of the mounts: none of the config's covers it. */
static int attach_notify(struct init *in, int root_fd, struct err *err)
{
        int r;

        if (in->notify_tree < 0)
                return 0;
        r = notify_mount_attach(in->sys, in->notify_tree, root_fd, err);
        (void)in->sys->op->close(in->sys, in->notify_tree);
        return r;
}

/* Steps 2 and 3: where the payload will be. As labrun's user, with the host's files still in reach. */
static int build(struct init *in, struct err *err)
{
        const struct sys *sys = in->sys;
        const char *bundle = in->received.msg.config.bundle;
        SCOPED_FD root = {sys, -1};
        int r = namespaces_unshare(sys, in->config, err);

        (void)sys->op->umask(sys, 0); /* modes of what is made in the rootfs are exact */
        if (r == 0)
                r = userns_is_set(in->config) ? enter_user_namespace(in, false, err) : set_oom_score(in, err);
        if (r == 0)
                r = namespaces_enter(sys, in->config, (int)in->plain.net, &in->deadline, err);
        if (in->plain.net)
                (void)sys->op->close(sys, (int)in->plain.net);
        sync_init_log(&in->sync, SYNC_LOG_DEBUG, "namespaces are ready");
        if (r == 0)
                r = rootfs_prepare(sys, in->config, bundle, in->plain.mount,
                                   in->plain.cgroup[0] ? in->plain.cgroup : NULL, &root.fd, err);
        idmapped_close(sys, in->plain.mount, in->plain.n_mounts); /* attached, they need no fd */
        if (r == 0)
                r = attach_notify(in, root.fd, err);
        if (r == 0)
                r = hooks_before_pivot(in, root.fd, err);
        if (r == 0)
                r = rootfs_pivot(sys, root.fd, err);
        if (r == 0)
                r = identity_make_cwd(sys, in->config, err); /* before root.readonly */
        if (r == 0)
                r = make_console(in, err); /* before root.readonly, and before masks can hide what it needs */
        if (r == 0)
                r = rootfs_finish(sys, in->config, err);
        sync_init_log(&in->sync, SYNC_LOG_DEBUG, "the root file system is ready");
        return r;
}

/*
 * `exec`: the container is there, and so are we. The root and working directory are its root, for that is
 * where joining a mount namespace leads. The parent has set the oom score: this /proc is not ours to trust.
 */
static int settle_in(struct init *in, struct err *err)
{
        int r;

        (void)in->sys->op->umask(in->sys, 0);
        r = userns_is_set(in->config) ? enter_user_namespace(in, true, err) : 0;

        return r < 0 ? r : make_console(in, err);
}

static void log_unknown(void *ctx, const char *name)
{
        sync_init_log(ctx, SYNC_LOG_DEBUG, "unknown system call %s in /linux/seccomp/syscalls is ignored",
                      name);
}

/*
 * The filter's program, before limits on memory and files hold. Whether the parent may look into init is seen here, while
 * init is still what the parent is.
 */
static int compile_filter(struct init *in, struct err *err)
{
        in->send_listener =
                in->config->linux_.ns[CONFIG_NS_USER].set || !caps_effective(in->sys, CAP_SYS_PTRACE);
        return seccomp_filter_make(in->sys, in->config, log_unknown, &in->sync, &in->filter, err);
}

/*
 * The parent hands the listener to the agent and says so; until then every call that goes to it would wait.
 * Where the parent may look into init it fetches the fd by number, so that it need not travel.
 */
static int hand_over(struct init *in, int listener, struct err *err)
{
        bool sends = in->send_listener;
        struct sync_ask ask = {
                .kind = SYNC_ASK_LISTENER, .sends_fd = sends, .number = sends ? 0 : (uint32_t)listener};
        int r = sync_init_ask(&in->sync, &ask, sends ? listener : -1, &in->deadline, err);

        (void)in->sys->op->close(in->sys, listener); /* what is refused here is closed before execve */
        return r;
}

/* From here on every system call may be refused. What the kernel kept of the privileges is raised once more
 * for it. */
static int load_filter(struct init *in, enum seccomp_when now, struct err *err)
{
        int r = 0;

        if (!in->filter.code || seccomp_when(&in->filter, in->config->process.no_new_privileges) != now)
                return 0;
        if (now == SECCOMP_BEFORE_CAPS)
                r = caps_raise(in->sys, err);
        if (r == 0)
                r = seccomp_filter_load(&in->filter, err);
        return r > 0 ? hand_over(in, r, err) : r;
}

/* The end of step 3: nothing of the caller's session is left, neither its terminal nor its keys. */
static int new_session(struct init *in, struct err *err)
{
        const struct config *config = in->config;
        pid_t sid = in->sys->op->setsid(in->sys);
        int r;

        if (sid < 0) /* init is no group leader yet: it was just cloned */
                return err_sys(err, (int)sid, "setsid", NULL, "%s", "");
        r = config->process.terminal ? console_control(in->sys, err) : 0;
        if (r < 0 || in->plain.keep_keyring)
                return r;
        r = keyring_join(in->sys, in->received.msg.config.id, config->linux_.ns[CONFIG_NS_USER].set, err);
        if (r == 0)
                sync_init_log(&in->sync, SYNC_LOG_DEBUG,
                              "there are no keyrings here: the caller's session keyring stays");
        return r < 0 ? r : 0;
}

/* Step 4: who the payload will be, and whether its executable can be executed. */
static int become(struct init *in, struct err *err)
{
        const struct sys *sys = in->sys;
        int r = identity_environment(sys, in->config, in->received.msg.config.listen, in->plain.notify, &in->env, err);
        if (r == 0)
                r = identity_own_stdio(sys, in->config, err);
        if (r == 0)
                r = identity_change_user(sys, in->config, err);
        if (r == 0)
                r = identity_reset_signals(sys, err);
        if (r == 0)
                r = load_filter(in, SECCOMP_BEFORE_CAPS, err);
        if (r == 0)
                r = identity_drop(sys, in->config, err);
        if (r == 0)
                r = exec_path_find(sys, in->config->process.args.item[0], in->env, in->path, sizeof(in->path),
                                   err);
        if (r == 0)
                r = load_filter(in, SECCOMP_BEFORE_READY, err);
        return r;
}

/*
 * From here on init lives without its parent. In this order: a parent that has read READY may exit, and
 * that must not kill us any more; one that died before can't read it, and then we exit.
 */
static int report_ready(struct init *in, struct err *err)
{
        int r = in->sys->op->prctl(in->sys, PR_SET_PDEATHSIG, 0, 0, 0, 0);

        if (r < 0)
                return err_sys(err, r, "prctl", NULL, "PR_SET_PDEATHSIG");
        return sync_init_report_ready(&in->sync, &in->deadline, err);
}

/* Steps 5 and 6. Returns only with an error. */
static int run_payload(struct init *in, char *const *argv, struct err *err)
{
        const struct sys *sys = in->sys;
        int r = sync_init_wait_start(&in->sync, err);

        /* with everything still open, which a hook does not get: its child closes all but 0 to 2; exec has
         * none */
        if (r == 0 && !in->plain.exec)
                r = run_hooks(in, HOOKS_START_CONTAINER, -1, err);
        if (r == 0)
                r = sync_deadline_in(sys, LIMIT_SYNC_START_MS, &in->deadline, err);
        if (r == 0)
                r = fds_close_for_exec(sys, &in->inventory, in->sync.error_fifo, err);
        if (r == 0)
                r = identity_check_cwd(sys, err); /* with nothing open, and as late as can be */
        if (r == 0)
                r = sync_init_report_executing(&in->sync, &in->deadline, err);
        if (r == 0)
                r = load_filter(in, SECCOMP_BEFORE_EXECVE, err);
        if (r < 0)
                return r;
        r = sys->op->execve(sys, in->path, argv, in->env);
        if (r >= 0) /* only a seccomp filter answers so */
                return err_set(err, EPERM, "exec", in->path, "refused, with 0 for an errno");
        return exec_path_error(r, in->path, err);
}

/* process.args as execve wants it: NULL-terminated. */
static int make_argv(const struct init *in, char ***ret_argv, struct err *err)
{
        const struct config_str_list *args = &in->config->process.args;
        char **argv = in->sys->op->alloc(in->sys, (args->n + 1) * sizeof(*argv));

        if (!argv)
                return err_set(err, ENOMEM, "init", "/process/args", "%s", "");
        for (size_t i = 0; i < args->n; i++)
                argv[i] = (char *)args->item[i];
        argv[args->n] = NULL;
        *ret_argv = argv;
        return 0;
}

static int run(struct init *in, int socket, struct err *err)
{
        char **argv = NULL;
        int r = close_inherited(in->sys, &in->plain, socket, err);

        if (r == 0)
                r = protect(in->sys, in->plain.unmapped, err);
        if (r == 0 && in->plain.notify)
                r = notify_mount_open(in->sys, (int)in->plain.notify, &in->notify_tree, err);
        if (r == 0)
                r = receive(in, err);
        if (r == 0)
                r = make_argv(in, &argv, err);
        if (r == 0)
                r = compile_filter(in, err);
        if (r == 0)
                r = in->plain.exec ? settle_in(in, err) : build(in, err);
        if (r == 0)
                r = new_session(in, err);
        if (r == 0)
                r = become(in, err);
        if (r == 0)
                r = report_ready(in, err);
        return r == 0 ? run_payload(in, argv, err) : r;
}

int init_main(const struct sys *sys, const int *fds, size_t nfds, const void *data, size_t len)
{
        struct init in = {.sys = sys, .received = SYNC_RECEIVED_INIT, .notify_tree = -1};
        struct err err = ERR_INIT;

        assert(nfds == 1 && len == sizeof(in.plain));
        memcpy(&in.plain, data, sizeof(in.plain));
        sync_init_begin(&in.sync, sys, fds[0]);
        (void)run(&in, fds[0], &err);
        /* Whoever waits for us is told, the parent or start; the exit status is what remains when nobody
         * does. */
        if (sync_deadline_in(sys, LIMIT_SYNC_START_MS, &in.deadline, NULL) == 0)
                (void)sync_init_report_error(&in.sync, &err, &in.deadline, NULL);
        return 1;
}
