/*
 * The payload of the fd tests: lists its own open fds, as the kernel answers by number and as procfs tells,
 * into the file argv[1], a line "fd dev ino" each. Static: it opens nothing before main.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#define END 20000 /* numbers asked one by one */

static struct stat seen[END];
static unsigned char open_by_number[END], open_by_procfs[END];

static int ask_procfs(void)
{
        DIR *d = opendir("/proc/self/fd");
        struct dirent *e;

        if (!d)
                return errno == ENOENT ? 0 : -1; /* no procfs in this test: the numbers must do */
        while ((e = readdir(d))) {
                long fd = strtol(e->d_name, NULL, 10);
                if (e->d_name[0] == '.' || fd == dirfd(d))
                        continue;
                if (fd >= END)
                        return -1;
                open_by_procfs[fd] = 1;
        }
        closedir(d);
        for (int fd = 0; fd < END; fd++)
                if (open_by_procfs[fd] != open_by_number[fd])
                        return -1;
        return 0;
}

int main(int argc, char **argv)
{
        struct rlimit rl;
        FILE *f;

        for (int fd = 0; fd < END; fd++)
                open_by_number[fd] = fstat(fd, &seen[fd]) == 0;
        if (getrlimit(RLIMIT_NOFILE, &rl) == 0) { /* a test may have left us no room for our own two */
                rl.rlim_cur = rl.rlim_max;
                setrlimit(RLIMIT_NOFILE, &rl);
        }
        if (argc != 2 || ask_procfs() < 0)
                return 2;
        f = fopen(argv[1], "we");
        if (!f)
                return 3;
        for (int fd = 0; fd < END; fd++)
                if (open_by_number[fd])
                        fprintf(f, "%d %lu %lu\n", fd, (unsigned long)seen[fd].st_dev,
                                (unsigned long)seen[fd].st_ino);
        return fclose(f) == 0 ? 0 : 4;
}
