#include "sandbox/runtime.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "core/base/err.h"

#define VERSION_MS 5000

static bool executable(const char *path)
{
        struct stat st;

        return stat(path, &st) == 0 && S_ISREG(st.st_mode) && access(path, X_OK) == 0;
}

static bool look_in(const char *dir, size_t len, const char *word, char path[PATH_MAX])
{
        char joined[PATH_MAX];

        if (len == 0 || snprintf(joined, sizeof joined, "%.*s/%s", (int)len, dir, word) >= (int)sizeof joined)
                return false;
        return executable(joined) && realpath(joined, path);
}

static bool look_for(const char *word, const char *bin_dir, char path[PATH_MAX])
{
        const char *list = getenv("PATH");

        if (strchr(word, '/'))
                return realpath(word, path) != NULL;
        if (bin_dir && look_in(bin_dir, strlen(bin_dir), word, path))
                return true;
        for (int round = 0; round < 2; round++) {
                const char *p = round ? "/usr/local/sbin:/usr/sbin:/sbin" : list ? list : "";
                for (;;) {
                        size_t len = strcspn(p, ":");
                        if (look_in(p, len, word, path))
                                return true;
                        if (!p[len])
                                break;
                        p += len + 1;
                }
        }
        return false;
}

int runtime_parse_version(const char *line, struct runtime *ret)
{
        char name[32], word[64], version[64];
        int n = sscanf(line, "%31s %63s %63s", name, word, version);

        if (n >= 3 && strcmp(word, "version") == 0)
                snprintf(ret->version, sizeof ret->version, "%s", version);
        else if (n >= 2 && strcmp(word, "version") != 0)
                snprintf(ret->version, sizeof ret->version, "%s", word);
        else
                return -EINVAL;
        snprintf(ret->name, sizeof ret->name, "%s", name);
        ret->ours = strcmp(name, "labrun") == 0;
        return 0;
}

static int64_t now_ms(void)
{
        struct timespec t;

        clock_gettime(CLOCK_MONOTONIC, &t);
        return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static _Noreturn void child(const char *path, int out)
{
        int null = open("/dev/null", O_RDWR);

        setpgid(0, 0); /* to be killed with what it starts */
        dup2(null, 0);
        dup2(out, 1);
        dup2(null, 2);
        execl(path, path, "--version", (char *)NULL);
        _exit(127);
}

static int first_line(const char *path, char *buf, size_t size)
{
        int fds[2], waited = 0, left = VERSION_MS;
        int64_t until = now_ms() + VERSION_MS;
        siginfo_t info = { 0 };
        size_t n = 0;
        pid_t pid;

        if (pipe2(fds, O_CLOEXEC) < 0)
                return -errno;
        pid = fork();
        if (pid == 0)
                child(path, fds[1]);
        close(fds[1]);
        if (pid > 0)
                setpgid(pid, pid);
        while (pid > 0 && n < size - 1) {
                struct pollfd p = { fds[0], POLLIN, 0 };
                ssize_t got;

                left = (int)(until - now_ms());
                if (left <= 0 || poll(&p, 1, left) <= 0)
                        break;
                got = read(fds[0], buf + n, size - 1 - n);
                if (got <= 0)
                        break;
                n += (size_t)got;
        }
        close(fds[0]);
        /* It has said what it had to say, or is late: its end is waited for, too, and what it left goes with it. */
        while (pid > 0 && info.si_pid == 0 && now_ms() < until &&
               waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0)
                poll(NULL, 0, info.si_pid ? 0 : 2);
        if (pid > 0)
                kill(-pid, SIGKILL);
        if (pid < 0 || waitpid(pid, &waited, 0) < 0)
                return -errno;
        buf[n] = '\0';
        buf[strcspn(buf, "\n")] = '\0';
        return WIFEXITED(waited) && WEXITSTATUS(waited) == 0 ? 0 : -ENOEXEC;
}

int runtime_find(const char *word, const char *bin_dir, struct runtime *ret, struct err *err)
{
        const char *base = strrchr(word, '/') ? strrchr(word, '/') + 1 : word;
        char line[256] = "";
        int rc;

        memset(ret, 0, sizeof *ret);
        snprintf(ret->name, sizeof ret->name, "%s", base);
        if (!look_for(word, bin_dir, ret->path))
                return err_set(err, ENOENT, "runtime", word, "not installed");
        if (!executable(ret->path))
                return err_set(err, ENOEXEC, "runtime", ret->path, "no executable file");
        rc = first_line(ret->path, line, sizeof line);
        if (rc < 0)
                return err_sys(err, rc, "runtime", ret->path, "does not answer --version");
        if (runtime_parse_version(line, ret) < 0)
                return err_set(err, EINVAL, "runtime", ret->path, "says neither name nor version: \"%.100s\"", line);
        ret->present = true;
        return 0;
}
