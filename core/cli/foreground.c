#include "core/cli/foreground.h"

#include <errno.h>
#include <sys/signalfd.h>

#include "core/base/err.h"
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

static int hand_on(const struct sys *sys, int signalfd, int pidfd, struct err *err)
{
        struct signalfd_siginfo info;
        ssize_t n = sys->op->read(sys, signalfd, &info, sizeof(info));

        if (n == -EAGAIN || n == -EINTR)
                return 0;
        if (n != (ssize_t)sizeof(info))
                return err_sys(err, n < 0 ? (int)n : -EIO, "signalfd", NULL, "%s", "");
        int r = sys->op->pidfd_send_signal(sys, pidfd, (int)info.ssi_signo, 0);
        return r < 0 && r != -ESRCH ? err_sys(err, r, "kill", NULL, "handing signal %u on", info.ssi_signo)
                                    : 0;
}

int foreground_wait(const struct sys *sys, int signalfd, int pidfd, int *ret_status, struct err *err)
{
        siginfo_t info = {0};
        int r;

        for (;;) {
                struct pollfd p[] = {{.fd = pidfd, .events = POLLIN}, {.fd = signalfd, .events = POLLIN}};
                r = sys->op->ppoll(sys, p, 2, NULL, NULL); /* without a bound: as long as the payload lives */
                if (r == -EINTR)
                        continue;
                if (r < 0)
                        return err_sys(err, r, "ppoll", NULL, "%s", "");
                if (p[0].revents)
                        break;
                r = hand_on(sys, signalfd, pidfd, err);
                if (r < 0)
                        return r;
        }
        do
                r = sys->op->waitid(sys, P_PIDFD, (id_t)pidfd, &info, WEXITED);
        while (r == -EINTR);
        if (r < 0)
                return err_sys(err, r, "waitid", NULL, "%s", "");
        /* back to the one number that wait(2) makes of the two */
        *ret_status = info.si_code == CLD_EXITED ? (info.si_status & 0xff) << 8 : info.si_status & 0x7f;
        return 0;
}
