#include "core/container/create.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "core/base/err.h"
#include "core/base/io.h"
#include "core/base/limits.h"
#include "core/base/scope.h"
#include "core/config/config.h"
#include "core/container/caps.h"
#include "core/container/cgroup.h"
#include "core/container/creation.h"
#include "core/container/destroy.h"
#include "core/container/handover.h"
#include "core/container/hooks.h"
#include "core/container/namespaces.h"
#include "core/container/netns.h"
#include "core/container/notify.h"
#include "core/container/process.h"
#include "core/container/seccomp.h"
#include "core/container/state.h"
#include "core/container/userns.h"
#include "core/sys.h"

#define PIDFD_SOCKET "--pidfd-socket"

#define INIT_END_MS 1000 /* an init that closed its end of the socket is on its way out */

int container_load_config(const struct sys *sys, const char *bundle, char **ret_text, size_t *ret_len,
                          struct config **ret_config, struct err *err)
{
        SCOPED_MEM text = {sys, NULL};
        struct config *config = NULL;
        char path[STATE_PATH_MAX], *p;
        size_t len;
        int r, n = snprintf(path, sizeof(path), "%s/config.json", bundle);

        if (n < 0 || (size_t)n >= sizeof(path))
                return err_set(err, ENAMETOOLONG, "bundle", bundle, "%s", "");
        r = io_read_given(sys, path, false, LIMIT_CONFIG_BYTES, &p, &len, err);
        if (r < 0)
                return r;
        text.ptr = p;
        r = config_parse(sys, p, len, &config, err);
        if (r < 0)
                return r;
        r = config_validate(config, err);
        if (r == 0)
                r = config_refuse_unsupported(config, err);
        if (r == 0)
                r = namespaces_check(config, err);
        if (r == 0)
                r = seccomp_check(&config->linux_.seccomp, err);
        if (r == 0)
                r = seccomp_check_kernel(sys, &config->linux_.seccomp, err);
        if (r == 0)
                r = userns_check(sys, config, err);
        if (r == 0 && !config->process.set)
                r = err_set(err, EINVAL, "config", "/process", "is missing: there is nothing to run");
        if (r < 0) {
                config_free(sys, config);
                return r;
        }
        *ret_text = scoped_mem_steal(&text);
        *ret_len = len;
        *ret_config = config;
        return 0;
}

static void describe(struct creation *c)
{
        const struct config *config = c->config;
        struct timespec now = {0};

        (void)c->sys->op->clock_gettime(c->sys, CLOCK_REALTIME, &now);
        state_format_time(now.tv_sec, now.tv_nsec, c->created, sizeof(c->created));
        snprintf(c->rootfs, sizeof(c->rootfs), "%s%s%s", config->root.path[0] == '/' ? "" : c->args->bundle,
                 config->root.path[0] == '/' ? "" : "/", config->root.path);
        c->state.id = c->args->id;
        c->state.bundle = c->args->bundle;
        c->state.rootfs = c->rootfs;
        c->state.created = c->created;
        c->state.annotations = config->annotations;
        c->state.creating = true;
        c->state.poststop = hooks_any(config, HOOKS_POSTSTOP);
        c->state.keep_keyring = c->args->keep_keyring;
        c->state.pid_namespace =
                config->linux_.ns[CONFIG_NS_PID].set && !config->linux_.ns[CONFIG_NS_PID].path;
}

/*
 * O_RDWR: init sees no EOF when a start opens and closes a fifo without a word, gets no SIGPIPE, and needs no
 * /proc to open them. An fd of a fifo can't be used to walk the host's tree.
 */
static int make_fifo(struct creation *c, const char *name, int *ret_fd, struct err *err)
{
        const struct sys *sys = c->sys;
        int r = sys->op->mknodat(sys, c->dir.fd, name, S_IFIFO | 0600, 0);

        if (r == 0)
                r = sys->op->fchmodat(sys, c->dir.fd, name, 0600);
        if (r == 0)
                r = sys->op->openat(sys, c->dir.fd, name, O_RDWR | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC, 0);
        if (r < 0)
                return err_sys(err, r, "state", name, "%s", "");
        *ret_fd = r;
        return 0;
}

void creation_close(const struct sys *sys, int *fd)
{
        if (*fd >= 0)
                (void)sys->op->close(sys, *fd);
        *fd = -1;
}

/*
 * As runc: who may make no cgroup, and asked for none by name, does without. Then only a pid namespace of the
 * container's own keeps its processes together.
 */
static int without_cgroup(struct creation *c, const struct err *why, struct err *err)
{
        int r = why->errnum;

        if (!c->args->rootless || c->config->linux_.cgroups_path ||
            (r != EACCES && r != EPERM && r != EROFS && r != ENOENT)) {
                if (err)
                        *err = *why;
                return -r;
        }
        cgroup_unmake(c->sys, &c->state.cgroup, 0);
        cgroup_free(c->sys, &c->state.cgroup);
        if (c->args->log)
                c->args->log(c->args->log_ctx, SYNC_LOG_DEBUG, "no cgroup may be made: going on without");
        if (!c->state.pid_namespace)
                return err_set(err, EPERM, "cgroup", "/linux/namespaces",
                               "without a cgroup the container needs a new pid namespace: nothing else would "
                               "find all its processes again");
        return state_save(&c->dir, &c->state, err);
}

static int make_cgroups(struct creation *c, struct err *err)
{
        struct err why = ERR_INIT;
        int r = cgroup_plan(c->sys, c->config, c->args->id, &c->state.cgroup, &why);

        if (r == 0) {
                r = state_save(&c->dir, &c->state, err); /* what delete --force must know if we are killed */
                if (r < 0)
                        return r;
                r = cgroup_make(c->sys, &c->state.cgroup, &why);
        }
        if (r < 0 && c->config->linux_.cgroups_path && strncmp(why.place, "/linux/", 7) != 0)
                (void)err_prefix(&why, "/linux/cgroupsPath: ");
        return r < 0 ? without_cgroup(c, &why, err) : 0;
}

/* Everything that init will be cloned into or given. */
static int make_surroundings(struct creation *c, struct err *err)
{
        int r = make_cgroups(c, err);

        if (r == 0)
                r = state_config_save(&c->dir, c->text, c->text_len, err);
        if (r == 0)
                r = make_fifo(c, STATE_EXEC_FIFO, &c->exec_fifo, err);
        if (r == 0)
                r = make_fifo(c, STATE_ERROR_FIFO, &c->error_fifo, err);
        return r;
}

/* In the runtime's namespaces, where init is no more. */
static int run_hooks(struct creation *c, struct err *err)
{
        struct hooks_subject subject = {
                .id = c->args->id, .bundle = c->args->bundle, .pid = c->state.pid, .dir = -1, .record = &c->dir};
        int r = hooks_run(c->sys, c->config, HOOKS_PRESTART, &subject, err);

        return r < 0 ? r : hooks_run(c->sys, c->config, HOOKS_CREATE_RUNTIME, &subject, err);
}

/* What init can't do itself, while it waits. */
static int answer(void *ctx, const struct sync_ask *ask, int *fd, struct err *err)
{
        struct creation *c = ctx;

        switch (ask->kind) {
        case SYNC_ASK_MAP_IDS:
                if (!userns_is_new(c->config))
                        return err_set(err, EPROTO, "sync", "init", "asks for id maps that it can't need");
                return userns_map(c->sys, c->config, c->state.pid, c->args->path, err);
        case SYNC_ASK_CONSOLE:
                return console_taker_take(c->sys, &c->console, c->config->process.terminal, fd, err);
        case SYNC_ASK_LISTENER: {
                struct seccomp_handover h = {.seccomp = &c->config->linux_.seccomp,
                                             .state = &c->state,
                                             .status = STATE_CREATING,
                                             .pid = c->state.pid,
                                             .pidfd = c->pidfd};
                if (!seccomp_notifies(h.seccomp))
                        return err_set(err, EPROTO, "sync", "init", "asks for a listener that it can't have");
                return seccomp_hand_over(c->sys, &h, ask, *fd, err);
        }
        case SYNC_ASK_HOOKS:
                return run_hooks(c, err);
        default:
                return err_set(err, ENOSYS, "sync", "init", "asks for %s, which nobody does",
                               sync_ask_name(ask->kind));
        }
}

/*
 * Init ended without a word. Under a filter that is nothing strange: it may have been refused the word, or
 * killed.
 */
static int explain_end(const struct creation *c, int r, struct err *err)
{
        siginfo_t info = {0};

        if (r != -ECONNRESET || !c->config->linux_.seccomp.set ||
            process_wait_end(c->sys, c->pidfd, LIMIT_SYNC_LOG_MS, NULL) < 0 ||
            c->sys->op->waitid(c->sys, P_PIDFD, (id_t)c->pidfd, &info, WEXITED | WNOHANG | WNOWAIT) < 0)
                return r;
        if (info.si_code == CLD_EXITED)
                return err_set(err, EPERM, "seccomp", "/linux/seccomp",
                               "init failed, and the filter refused it to say why");
        if (info.si_status == SIGSYS && (info.si_code == CLD_KILLED || info.si_code == CLD_DUMPED))
                return err_set(err, EPERM, "seccomp", "/linux/seccomp",
                               "the filter killed init before it was ready");
        return r;
}

/*
 * While init builds: the state that is true once it is ready, so that then only a rename is left to do. If that fails
 * here, publish meets it again, and tells.
 */
static void prepare(void *ctx)
{
        struct creation *c = ctx;
        struct state created = c->state;

        created.creating = false;
        c->prepared = state_save_begin(&c->dir, &created, &c->replacement, NULL) == 0;
}

static int handshake(struct creation *c, struct err *err)
{
        struct sync_config config = {
                .flags = c->args->debug ? SYNC_FLAG_DEBUG : 0,
                .bundle = c->args->bundle,
                .id = c->args->id,
                .config = c->text,
                .config_len = c->text_len,
                .inventory = c->args->inventory,
                .listen = c->args->listen,
        };
        struct sync_parent parent = {.socket = c->socket,
                                     .pidfd = c->pidfd,
                                     .config = &config,
                                     .exec_fifo = c->exec_fifo,
                                     .error_fifo = c->error_fifo,
                                     .log = c->args->log,
                                     .log_ctx = c->args->log_ctx,
                                     .ask = answer,
                                     .ask_ctx = c,
                                     .meanwhile = prepare,
                                     .meanwhile_ctx = c};
        struct timespec deadline;
        long hooks = hooks_bound(c->config, HOOKS_CREATE_CONTAINER); /* init runs them meanwhile */
        int r = hooks < 0 ? 0 : sync_deadline_in(c->sys, LIMIT_SYNC_CREATE_MS + hooks, &deadline, err);

        if (r < 0)
                return r;
        r = sync_parent_handshake(c->sys, &parent, hooks < 0 ? NULL : &deadline, err);
        return r < 0 ? explain_end(c, r, err) : 0;
}

/* Init waits: tell the world. state.json last, for it makes the container "created". */
static int publish(struct creation *c, struct err *err)
{
        char text[32];
        int r = 0, n = snprintf(text, sizeof(text), "%d", (int)c->state.pid);

        /* Nobody but init may hold error.fifo's write end, or start would wait for an EOF that never comes.
         */
        creation_close(c->sys, &c->exec_fifo);
        creation_close(c->sys, &c->error_fifo);
        if (c->args->pid_file) {
                r = io_place_file(c->sys, c->args->pid_file, text, (size_t)n, 0644, err);
                if (r < 0)
                        (void)err_prefix(err, *c->args->pid_file ? "--pid-file: " : "--pid-file");
                c->pid_file = r == 0;
        }
        if (r < 0)
                return r;
        c->state.creating = false;
        return c->prepared ? io_replace_end(c->sys, &c->replacement, err) : state_save(&c->dir, &c->state, err);
}

/* The error that brought us here is the one that counts; what undoing meets is lost, and delete --force's
 * business. */
static void undo(struct creation *c)
{
        const struct sys *sys = c->sys;

        if (c->pid_file)
                (void)sys->op->unlinkat(sys, AT_FDCWD, c->args->pid_file, 0);
        if (c->pidfd >= 0) {
                siginfo_t info;
                if (process_kill(sys, c->pidfd, DESTROY_WAIT_MS, NULL) == 0)
                        (void)sys->op->waitid(sys, P_PIDFD, (id_t)c->pidfd, &info, WEXITED);
        }
        if (c->dir.fd >= 0)
                (void)container_destroy(&c->dir, &c->state, c->args->log, c->args->log_ctx, NULL);
}

static void release(struct creation *c)
{
        const struct sys *sys = c->sys;

        creation_close(sys, &c->exec_fifo);
        creation_close(sys, &c->error_fifo);
        creation_close(sys, &c->socket);
        creation_close(sys, &c->pidfd);
        creation_close(sys, &c->pidfd_socket);
        netns_end(&c->net);
        console_taker_close(sys, &c->console);
        state_dir_close(&c->dir);
        cgroup_free(sys, &c->state.cgroup);
        config_free(sys, c->config);
        sys->op->free(sys, c->text);
}

/* Init's end of the socket is closed: a signal that killed it, a crash of its own above all, is said by name.
 */
static int tell_death(struct creation *c, int r, struct err *err)
{
        siginfo_t info = {0};

        if (process_wait_end(c->sys, c->pidfd, INIT_END_MS, NULL) < 0 ||
            c->sys->op->waitid(c->sys, P_PIDFD, (id_t)c->pidfd, &info, WEXITED | WNOWAIT) < 0)
                return r;
        if (info.si_code == CLD_KILLED || info.si_code == CLD_DUMPED)
                return err_set(err, ECHILD, "create", c->args->id,
                               "init was killed by signal %d before it was ready", info.si_status);
        return r;
}

/* Before anything is made: a socket where nobody listens must cost nothing. */
static int connect_sockets(struct creation *c, struct err *err)
{
        int r = console_taker_begin(c->sys, &c->console, c->config->process.terminal, err);

        if (r == 0 && c->args->pidfd_socket)
                r = handover_connect(c->sys, c->args->pidfd_socket, PIDFD_SOCKET, &c->pidfd_socket, err);
        return r;
}

/* The container is there; the terminal is the caller's, who may need it for what comes next. */
static int go_on(struct creation *c, struct err *err)
{
        const struct create_made made = {&c->dir, &c->state, c->config, c->pidfd};

        if (c->args->ret_console) {
                *c->args->ret_console = c->console.master;
                c->console.master = -1;
        }
        return c->args->then ? c->args->then(c->args->then_ctx, &made, err) : 0;
}

static int create(struct creation *c, struct err *err)
{
        const struct create_args *a = c->args;
        int r = state_check_id(a->id, err);

        if (r == 0)
                r = container_load_config(c->sys, a->bundle, &c->text, &c->text_len, &c->config, err);
        if (r == 0)
                r = connect_sockets(c, err);
        if (r == 0)
                r = state_dir_create(c->sys, a->root, a->id, &c->dir, err);
        if (r < 0)
                return r;
        describe(c);
        if (namespaces_net_apart(c->config))
                r = netns_begin(&c->net, err);
        if (r == 0 && a->log)
                r = caps_warn(c->sys, c->config, a->log, a->log_ctx, err);
        if (r < 0)
                return r;
        r = make_surroundings(c, err);
        if (r == 0)
                r = creation_spawn(c, err);
        if (r == 0)
                r = creation_join(c, err);
        if (r == 0)
                r = handshake(c, err);
        if (r == -ECONNRESET)
                r = tell_death(c, r, err);
        if (r == 0 && c->pidfd_socket >= 0) /* "standard" is runc's name for a container's init */
                r = handover_send(c->sys, c->pidfd_socket, "standard", c->pidfd, PIDFD_SOCKET, err);
        if (r == 0)
                r = publish(c, err);
        return r == 0 ? go_on(c, err) : r;
}

int container_create(const struct sys *sys, const struct create_args *args, int *ret_pidfd, struct err *err)
{
        struct creation c = {.sys = sys,
                             .args = args,
                             .dir = STATE_DIR_INIT,
                             .exec_fifo = -1,
                             .error_fifo = -1,
                             .socket = -1,
                             .pidfd = -1,
                             .pidfd_socket = -1,
                             .net = NETNS_MAKER(sys),
                             .console = CONSOLE_TAKER(args->console_socket, args->ret_console != NULL, &args->inventory)};
        int r;

        c.dir.sys = sys;
        r = create(&c, err);
        if (r < 0)
                undo(&c);
        else {
                *ret_pidfd = c.pidfd;
                c.pidfd = -1;
        }
        release(&c);
        return r;
}
