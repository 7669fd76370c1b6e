/* A hook that writes down what it was given. usage: observer FILE [EXIT-STATUS]. One thing a line: "WORD: TEXT". */
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static void ns(FILE *f, const char *name)
{
        char path[64], link[64] = "";

        snprintf(path, sizeof(path), "/proc/self/ns/%s", name);
        if (readlink(path, link, sizeof(link) - 1) >= 0)
                fprintf(f, "ns: %s\n", link);
}

int main(int argc, char **argv, char **envp)
{
        static const char *const names[] = {"mnt", "pid", "net", "uts", "ipc", "user"};
        char text[PATH_MAX] = "";
        struct timespec now;
        int open_fds[64], n = 0;
        struct stat st;
        mode_t mask;
        FILE *f;

        for (int fd = 0; fd < 1024 && n < 64; fd++)
                if (fcntl(fd, F_GETFD) >= 0)
                        open_fds[n++] = fd;
        if (argc < 2)
                return 99;
        mask = umask(0);
        f = fopen(argv[1], "we");
        if (!f)
                return 98;
        clock_gettime(CLOCK_MONOTONIC, &now);
        fprintf(f, "time: %lld%09ld\n", (long long)now.tv_sec, now.tv_nsec);
        for (int i = 0; i < n; i++)
                fprintf(f, "fd: %d %s\n", open_fds[i],
                        fstat(open_fds[i], &st) == 0 && S_ISFIFO(st.st_mode) ? "pipe" : "other");
        for (int i = 0; i < argc; i++)
                fprintf(f, "arg: %s\n", argv[i]);
        for (char **e = envp; *e; e++)
                fprintf(f, "env: %s\n", *e);
        fprintf(f, "cwd: %s\n", getcwd(text, sizeof(text)) ? text : "?");
        fprintf(f, "umask: %03o\n", (unsigned)mask);
        fprintf(f, "session: %s\n", getsid(0) == getpid() ? "own" : "other");
        for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
                ns(f, names[i]);
        fprintf(f, "state: ");
        for (ssize_t got; (got = read(0, text, sizeof(text))) > 0;)
                fwrite(text, 1, (size_t)got, f);
        fprintf(f, "\n");
        return fclose(f) ? 97 : argc > 2 ? atoi(argv[2]) : 0;
}
