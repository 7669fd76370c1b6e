#include "core/cli/foreground.h"

#include <errno.h>
#include <sys/signalfd.h>

#include "core/base/err.h"
#include "core/cli/relay.h"
#include "core/container/notify.h"
#include "core/sys.h"

int foreground_begin(const struct sys *sys, int *ret_signalfd, struct err *err)
{
        /* what our own mistakes raise, what the kernel tells about children and sockets, what is ours: not
         * handed on */
        static const int own[] = {SIGSEGV, SIGBUS,  SIGFPE,  SIGILL, SIGTRAP, SIGSYS,
                                  SIGABRT, SIGCHLD, SIGPIPE, SIGURG, SIGKILL, SIGSTOP};
        sigset_t set;
        int r;

        sigfillset(&set);
        for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++)
                sigdelset(&set, own[i]);
        r = sys->op->rt_sigprocmask(sys, SIG_SETMASK, &set, NULL);
        if (r < 0)
                return err_sys(err, r, "signals", NULL, "%s", "");
        r = sys->op->signalfd4(sys, -1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
        if (r < 0)
                return err_sys(err, r, "signalfd", NULL, "%s", "");
        *ret_signalfd = r;
        return 0;
}

struct foreground {
        const struct sys *sys;
        int signalfd, pidfd;
        struct relay *relay;
        struct notify *notify;
        bool ended;   /* the payload */
        bool give_up; /* a signal came after its end */
};

static int hand_on(struct foreground *f, struct err *err)
{
        const struct sys *sys = f->sys;
        struct signalfd_siginfo info;
        ssize_t n = sys->op->read(sys, f->signalfd, &info, sizeof(info));

        if (n == -EAGAIN || n == -EINTR)
                return 0;
        if (n != (ssize_t)sizeof(info))
                return err_sys(err, n < 0 ? (int)n : -EIO, "signalfd", NULL, "%s", "");
        if (info.ssi_signo == SIGWINCH) {
                if (f->relay)
                        relay_resize(f->relay);
                return 0;
        }
        if (f->ended) {
                f->give_up = info.ssi_signo == SIGHUP || info.ssi_signo == SIGINT ||
                             info.ssi_signo == SIGQUIT || info.ssi_signo == SIGTERM;
                return 0;
        }
        int r = sys->op->pidfd_send_signal(sys, f->pidfd, (int)info.ssi_signo, 0);
        return r < 0 && r != -ESRCH ? err_sys(err, r, "kill", NULL, "handing signal %u on", info.ssi_signo)
                                    : 0;
}

/* One wait, and what it brings. Without a bound: as long as the payload lives, or its reader reads. */
static int turn(struct foreground *f, struct err *err)
{
        struct pollfd p[3 + RELAY_POLLFDS] = {{.fd = f->ended ? -1 : f->pidfd, .events = POLLIN},
                                              {.fd = f->signalfd, .events = POLLIN},
                                              f->notify ? notify_wants(f->notify) : (struct pollfd){.fd = -1}};
        int r, ms = f->relay ? relay_wants(f->relay, p + 3) : -1;
        struct timespec bound = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L};

        r = f->sys->op->ppoll(f->sys, p, f->relay ? 3 + RELAY_POLLFDS : 3, ms < 0 ? NULL : &bound, NULL);
        if (r == -EINTR)
                return 0;
        if (r < 0)
                return err_sys(err, r, "ppoll", NULL, "%s", "");
        if (f->relay)
                relay_move(f->relay, p + 3);
        if (p[2].revents)
                notify_move(f->notify);
        if (p[1].revents)
                r = hand_on(f, err);
        if (p[0].revents) {
                f->ended = true;
                if (f->notify)
                        notify_last(f->notify);
                if (f->relay)
                        relay_payload_ended(f->relay);
        }
        return r < 0 ? r : 0;
}

int foreground_wait(const struct sys *sys, int signalfd, int pidfd, struct relay *relay, struct notify *notify,
                    int *ret_status, struct err *err)
{
        struct foreground f = {.sys = sys, .signalfd = signalfd, .pidfd = pidfd, .relay = relay, .notify = notify};
        siginfo_t info = {0};
        int r = 0;

        while (r == 0 && !(f.ended && (!relay || f.give_up || relay_done(relay))))
                r = turn(&f, err);
        if (r < 0)
                return r;
        do
                r = sys->op->waitid(sys, P_PIDFD, (id_t)pidfd, &info, WEXITED);
        while (r == -EINTR);
        if (r < 0)
                return err_sys(err, r, "waitid", NULL, "%s", "");
        /* back to the one number that wait(2) makes of the two */
        *ret_status = info.si_code == CLD_EXITED ? (info.si_status & 0xff) << 8 : info.si_status & 0x7f;
        return 0;
}
