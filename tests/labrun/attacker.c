/*
 * usage: attacker LINK DIRECTORY [behind]
 * Takes hold of the executable behind LINK ("parent": its parent's), and attacks it by every way of
 * sandbox/exe_attack.h, as what it is and as root of a new user namespace; then waits for DIRECTORY/go, a
 * fifo, to be opened, and attacks once more through the same fd; if told so by a process that it leaves
 * behind. DIRECTORY/report gets a line each: "now own open,bind", "later userns -", ...
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "sandbox/exe_attack.h"

static FILE *report;
static char target[256];

static void tell(const char *when, const char *as, unsigned done, int refused)
{
        const char *comma = "";

        fprintf(report, "%s %s ", when, as);
        for (int way = 0; way < EXE_ATTACK__COUNT; way++)
                if (done & 1U << way) {
                        fprintf(report, "%s%s", comma, exe_attack_name((enum exe_attack_way)way));
                        comma = ",";
                }
        fprintf(report, "%s\n", refused ? "refused" : *comma ? "" : "-");
        fflush(report);
}

static void attack(const char *when, int fd, int may_destroy)
{
        int refused = 0;
        unsigned done = exe_attack_in_userns(fd, target, may_destroy, &refused);

        tell(when, "userns", done, refused);
        tell(when, "own", exe_attack(fd, target, may_destroy), 0);
}

int main(int argc, char **argv)
{
        char link[64], path[256];
        int fd;

        if (argc != 3 && argc != 4)
                return 2;
        alarm(100);
        snprintf(path, sizeof(path), "%s/report", argv[2]);
        report = fopen(path, "we");
        snprintf(target, sizeof(target), "%s/target", argv[2]);
        snprintf(link, sizeof(link), "%s", argv[1]);
        if (strcmp(link, "parent") == 0)
                snprintf(link, sizeof(link), "/proc/%d/exe", (int)getppid());
        fd = open(link, O_PATH | O_CLOEXEC);
        if (!report)
                return 2;
        if (fd < 0) {
                fprintf(report, "%s: %s\ndone\n", link, strerror(errno));
                return 1;
        }
        attack("now", fd, 0);
        if (argc == 4) {
                pid_t pid = fork();
                if (pid != 0)
                        _exit(pid < 0);
                close(0), close(1), close(2); /* whoever started us reads to the end */
                setsid();
        }
        fprintf(report, "waiting\n");
        fflush(report);
        snprintf(path, sizeof(path), "%s/go", argv[2]);
        close(open(path, O_RDONLY | O_CLOEXEC));
        attack("later", fd, 1);
        fprintf(report, "done\n");
        return fclose(report) != 0;
}
