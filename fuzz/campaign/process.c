#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fuzz/campaign/campaign.h"

static _Noreturn void child_main(char *const *argv, const char *log, int keep_fd, pid_t parent)
{
        int null = open("/dev/null", O_RDONLY), out = open(log, O_WRONLY | O_CREAT | O_APPEND, 0666);
        sigset_t none;

        setpgid(0, 0);
        prctl(PR_SET_PDEATHSIG, SIGTERM);
        if (getppid() != parent || null < 0 || out < 0)
                _exit(127);
        sigemptyset(&none);
        sigprocmask(SIG_SETMASK, &none, NULL);
        signal(SIGINT, SIG_DFL);
        signal(SIGTERM, SIG_DFL);
        signal(SIGHUP, SIG_DFL);
        setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
        dup2(null, STDIN_FILENO);
        dup2(out, STDOUT_FILENO);
        dup2(out, STDERR_FILENO);
        if (keep_fd >= 0)
                fcntl(keep_fd, F_SETFD, 0);
        close(null);
        close(out);
        execvp(argv[0], argv);
        _exit(127);
}

pid_t process_start(char *const *argv, const char *log, int keep_fd)
{
        pid_t parent = getpid(), pid = fork();

        if (pid == 0)
                child_main(argv, log, keep_fd, parent);
        if (pid < 0)
                return -errno;
        setpgid(pid, pid); /* here too: whoever comes first */
        return pid;
}

int process_wait(pid_t pid, int64_t timeout_ms)
{
        int pidfd = (int)syscall(SYS_pidfd_open, pid, 0), status = 0;
        int64_t end = tool_now_ms() + timeout_ms;
        bool killed = false;

        while (pidfd >= 0) {
                struct pollfd p = {.fd = pidfd, .events = POLLIN};
                int64_t left = end - tool_now_ms();
                if (poll(&p, 1, left > 0 ? (int)left : 0) > 0)
                        break;
                if (left <= 0 || tool_interrupted) {
                        killed = true;
                        kill(-pid, SIGKILL);
                        break;
                }
        }
        if (pidfd >= 0)
                close(pidfd);
        while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
                ;
        return killed ? -1 : status;
}
