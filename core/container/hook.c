#include "core/container/hook.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "core/base/err.h"
#include "core/base/scope.h"
#include "core/config/config.h"
#include "core/container/destroy.h"
#include "core/container/hook_private.h"
#include "core/container/hook_record.h"
#include "core/container/process.h"
#include "core/sync/sync.h"
#include "core/sys.h"

#define SAID_MAX 320u              /* bytes of its output that an error shows: the last ones */
#define TIMEOUT_MAX 1000000000     /* seconds; more is as good as none, and would overflow */
#define DRAIN_READS 32             /* of what a dead hook left: a daemon may write on */
#define WORDS_MAX (8u << 20)       /* of path, args and env: the config's own limit, and some */

/* Bytes on their way into an fd that takes them when it likes. */
struct feed {
        struct scoped_fd fd; /* -1: done, or nobody reads */
        const char *bytes;
        size_t len, at;
};

struct hook {
        const struct sys *sys;
        struct scoped_fd pidfd, output;
        struct feed command, state;
        struct err failure;   /* the child's own: it did not come to execve */
        char said[SAID_MAX + 1];
        size_t n_said;
};

static size_t put_word(char *p, size_t at, const char *word)
{
        size_t n = strlen(word) + 1;

        if (p)
                memcpy(p + at, word, n);
        return at + n;
}

/* Without p: how long it is. */
static size_t put_words(const struct config_hook *h, char *p)
{
        size_t at = put_word(p, sizeof(struct hook_words), h->path);

        if (h->args.n == 0) /* execve(2) wants one: "argc is always at least 1" is what programs build on */
                at = put_word(p, at, h->path);
        for (size_t i = 0; i < h->args.n; i++)
                at = put_word(p, at, h->args.item[i]);
        for (size_t i = 0; i < h->env.n; i++)
                at = put_word(p, at, h->env.item[i]);
        return at;
}

static int make_words(const struct sys *sys, const struct hook_call *call, struct scoped_mem *ret, size_t *ret_len,
                      struct err *err)
{
        const struct config_hook *h = call->hook;
        size_t len = put_words(h, NULL);
        struct hook_words w = {(uint32_t)(len - sizeof(w)), (uint32_t)(h->args.n ? h->args.n : 1), (uint32_t)h->env.n};
        char *p = len <= WORDS_MAX ? sys->op->alloc(sys, len) : NULL;

        if (!p)
                return err_set(err, len > WORDS_MAX ? E2BIG : ENOMEM, "hook", call->place, "%s", h->path);
        memcpy(p, &w, sizeof(w));
        (void)put_words(h, p);
        *ret = (struct scoped_mem){sys, p};
        *ret_len = len;
        return 0;
}

static int dont_block(const struct sys *sys, int fd)
{
        return sys->op->fcntl(sys, fd, F_SETFL, O_NONBLOCK);
}

/* One end is ours and doesn't block; ret_theirs is for the child, and does. */
static int make_channels(struct hook *h, struct scoped_fd theirs[3], struct err *err)
{
        const struct sys *sys = h->sys;
        int fd[2], r = sys->op->socketpair(sys, AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fd);

        if (r == 0) {
                h->command.fd.fd = fd[0];
                theirs[HOOK_FD_COMMAND].fd = fd[1];
                r = sys->op->pipe2(sys, fd, O_CLOEXEC);
        }
        if (r == 0) {
                h->state.fd.fd = fd[1];
                theirs[HOOK_FD_STATE].fd = fd[0];
                r = sys->op->pipe2(sys, fd, O_CLOEXEC);
        }
        if (r == 0) {
                h->output.fd = fd[0];
                theirs[HOOK_FD_OUTPUT].fd = fd[1];
                r = dont_block(sys, h->output.fd);
        }
        if (r == 0)
                r = dont_block(sys, h->state.fd.fd);
        if (r == 0)
                r = dont_block(sys, h->command.fd.fd);
        return r < 0 ? err_sys(err, r, "hook", NULL, "making its pipes") : 0;
}

static pid_t start(struct hook *h, int dir, struct err *err)
{
        const struct sys *sys = h->sys;
        struct scoped_fd theirs[3] = {{sys, -1}, {sys, -1}, {sys, -1}};
        pid_t pid = make_channels(h, theirs, err);

        if (pid == 0) {
                int fds[HOOK_FDS] = {theirs[HOOK_FD_COMMAND].fd, theirs[HOOK_FD_STATE].fd, theirs[HOOK_FD_OUTPUT].fd, dir};
                struct hook_plain plain = {.parent = sys->op->getpid(sys), .dir = dir >= 0};
                struct sys_spawn args = {
                        .fn = hook_main, .fds = fds, .nfds = HOOK_FDS, .data = &plain, .len = sizeof(plain)};

                pid = sys->op->spawn(sys, &args, &h->pidfd.fd);
                if (pid < 0)
                        err_sys(err, pid, "clone3", NULL, "making the hook's process");
        }
        for (int i = 0; i < 3; i++)
                scoped_fd_close(&theirs[i]);
        return pid;
}

static void feed(struct feed *f)
{
        const struct sys *sys = f->fd.sys;
        ssize_t n = sys->op->write(sys, f->fd.fd, f->bytes + f->at, f->len - f->at);

        if (n >= 0)
                f->at += (size_t)n;
        else if (n != -EAGAIN && n != -EINTR) /* it does not want to know */
                scoped_fd_close(&f->fd);
}

/* Keeps the last SAID_MAX bytes. */
static void remember(struct hook *h, const char *p, size_t n)
{
        if (n > SAID_MAX) {
                p += n - SAID_MAX;
                n = SAID_MAX;
        }
        if (h->n_said + n > SAID_MAX) {
                size_t drop = h->n_said + n - SAID_MAX;

                memmove(h->said, h->said + drop, h->n_said - drop);
                h->n_said -= drop;
        }
        memcpy(h->said + h->n_said, p, n);
        h->n_said += n;
}

/* False: there is no more for now, or for good. */
static bool listen_to(struct hook *h)
{
        char buf[4096];
        ssize_t n = h->sys->op->read(h->sys, h->output.fd, buf, sizeof(buf));

        if (n == -EAGAIN)
                return false;
        if (n == -EINTR)
                return true;
        if (n > 0)
                remember(h, buf, (size_t)n);
        else
                scoped_fd_close(&h->output);
        return n > 0;
}

/* After the command: EOF by execve, or why that was not to be. */
static void hear_failure(struct hook *h)
{
        struct err e;
        ssize_t n = h->sys->op->read(h->sys, h->command.fd.fd, &e, sizeof(e));

        if (n == -EAGAIN || n == -EINTR)
                return;
        if (n == (ssize_t)sizeof(e)) /* one write of a clone of ours: whole */
                h->failure = e;
        scoped_fd_close(&h->command.fd);
}

/* 0: it ended; 1: time is up. */
static int attend(struct hook *h, const struct timespec *deadline, struct err *err)
{
        const struct sys *sys = h->sys;

        for (;;) {
                bool telling = h->command.at < h->command.len;
                struct pollfd p[] = {{.fd = h->pidfd.fd, .events = POLLIN},
                                     {.fd = h->command.fd.fd, .events = telling ? POLLOUT : POLLIN},
                                     {.fd = h->state.fd.fd, .events = POLLOUT},
                                     {.fd = h->output.fd, .events = POLLIN}};
                struct timespec left;
                int r = deadline ? sync_time_left(sys, deadline, &left, err) : 0;

                if (r < 0)
                        return r == -ETIMEDOUT ? 1 : r;
                r = sys->op->ppoll(sys, p, 4, deadline ? &left : NULL, NULL);
                if (r == -EINTR)
                        continue;
                if (r < 0)
                        return err_sys(err, r, "ppoll", NULL, "%s", "");
                if (p[1].revents && telling)
                        feed(&h->command);
                else if (p[1].revents)
                        hear_failure(h);
                if (p[2].revents)
                        feed(&h->state);
                if (h->state.at == h->state.len)
                        scoped_fd_close(&h->state.fd); /* EOF */
                if (p[3].revents)
                        (void)listen_to(h);
                if (p[0].revents)
                        return 0;
        }
}

/* The group first: what the hook has started must not outlive its leader, whose zombie keeps the number. */
static int kill_all(struct hook *h, pid_t pid, struct err *err)
{
        (void)h->sys->op->kill(h->sys, -pid, SIGKILL); /* ESRCH: not its leader yet */
        return process_kill(h->sys, h->pidfd.fd, DESTROY_WAIT_MS, err);
}

static int reap(struct hook *h, siginfo_t *ret_info, struct err *err)
{
        const struct sys *sys = h->sys;
        int r;

        do
                r = sys->op->waitid(sys, P_PIDFD, (id_t)h->pidfd.fd, ret_info, WEXITED);
        while (r == -EINTR);
        return r < 0 ? err_sys(err, r, "waitid", NULL, "the hook's end") : 0;
}

/* One line, as far as it goes. */
static const char *last_words(struct hook *h)
{
        while (h->n_said > 0 && (h->said[h->n_said - 1] == '\n' || h->said[h->n_said - 1] == '\r'))
                h->n_said--;
        h->said[h->n_said] = '\0';
        for (size_t i = 0; i < h->n_said; i++)
                if (h->said[i] == '\n' || h->said[i] == '\r' || h->said[i] == '\t' || h->said[i] == '\0')
                        h->said[i] = ' ';
        return h->said;
}

static int judge(struct hook *h, const struct hook_call *call, bool late, const siginfo_t *end, struct err *err)
{
        const char *path = call->hook->path, *said = last_words(h), *colon = *said ? ": " : "";

        if (late)
                return err_set(err, ETIMEDOUT, "hook", call->place, "%s: killed after its timeout of %lld s%s%s", path,
                               (long long)call->hook->timeout.v, colon, said);
        if (h->failure.errnum > 0) {
                char place[2 * ERR_PLACE_MAX];
                snprintf(place, sizeof(place), "%s%s", call->place, h->failure.place);
                return err_set(err, h->failure.errnum, h->failure.step, place, "%s", h->failure.msg);
        }
        if (end->si_code != CLD_EXITED)
                return err_set(err, ECANCELED, "hook", call->place, "%s: killed by signal %d%s%s", path, end->si_status, colon,
                               said);
        if (end->si_status != 0)
                return err_set(err, ECANCELED, "hook", call->place, "%s: exit status %d%s%s", path, end->si_status, colon,
                               said);
        return 0;
}

static int run_to_its_end(struct hook *h, const struct hook_call *call, struct err *err)
{
        const struct opt_i64 *timeout = &call->hook->timeout;
        struct timespec deadline;
        siginfo_t end = {0};
        int late, r = 0;
        pid_t pid;

        if (timeout->set)
                r = sync_deadline_in(h->sys, (timeout->v < TIMEOUT_MAX ? timeout->v : TIMEOUT_MAX) * 1000, &deadline, err);
        pid = r < 0 ? r : start(h, call->dir, err);
        if (pid < 0)
                return pid;
        r = call->record ? hook_record_write(call->record, pid, err) : 0;
        if (r < 0) {
                (void)kill_all(h, pid, NULL);
                (void)reap(h, &end, NULL);
                return r;
        }
        late = attend(h, timeout->set ? &deadline : NULL, err);
        if (late != 0)
                r = kill_all(h, pid, late > 0 ? err : NULL);
        if (r < 0) /* not even SIGKILL ends it: don't wait for ever */
                return r;
        for (int i = 0; i < DRAIN_READS && h->output.fd >= 0 && listen_to(h); i++)
                continue;
        if (h->command.fd.fd >= 0)
                hear_failure(h);
        r = reap(h, &end, late < 0 ? NULL : err);
        if (late < 0 || r < 0)
                return late < 0 ? late : r;
        return judge(h, call, late > 0, &end, err);
}

int hook_run(const struct sys *sys, const struct hook_call *call, struct err *err)
{
        SCOPED_MEM words = {sys, NULL};
        const struct sigaction ignore = {.sa_handler = SIG_IGN};
        struct hook h = {.sys = sys,
                         .pidfd = {sys, -1},
                         .output = {sys, -1},
                         .command = {.fd = {sys, -1}},
                         .state = {.fd = {sys, -1}, .bytes = call->state, .len = call->state_len}};
        struct sigaction before;
        int r = make_words(sys, call, &words, &h.command.len, err);

        if (r < 0)
                return r;
        h.command.bytes = words.ptr;
        r = sys->op->rt_sigaction(sys, SIGPIPE, &ignore, &before); /* init's is the payload's already */
        if (r < 0)
                return err_sys(err, r, "hook", call->place, "ignoring SIGPIPE");
        r = run_to_its_end(&h, call, err);
        if (r < 0 && err && !err->place[0]) /* of a system call for it */
                (void)err_prefix(err, call->place);
        if (call->record)
                hook_record_clear(call->record);
        (void)sys->op->rt_sigaction(sys, SIGPIPE, &before, NULL);
        scoped_fd_close(&h.pidfd);
        scoped_fd_close(&h.output);
        scoped_fd_close(&h.command.fd);
        scoped_fd_close(&h.state.fd);
        return r;
}
