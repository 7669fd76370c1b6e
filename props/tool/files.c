/* Files that are whole after a kill -9. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/err.h"
#include "core/base/io.h"
#include "core/sys.h"
#include "props/tool/tool.h"

static void *must(void *p)
{
        if (!p) {
                fprintf(stderr, "initlab: out of memory\n");
                exit(TOOL_UNABLE);
        }
        return p;
}

int tool_read(const char *path, size_t limit, struct tool_data *ret_data)
{
        bool standard = strcmp(path, "-") == 0;
        int fd = standard ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
        size_t cap = 65536, len = 0;
        int rc = 0;

        if (fd < 0)
                return -errno;
        uint8_t *p = must(malloc(cap));
        for (;;) {
                if (len == cap)
                        p = must(realloc(p, cap *= 2));
                ssize_t n = read(fd, p + len, cap - len);
                if (n < 0 && errno == EINTR && !tool_interrupted)
                        continue;
                if (n < 0)
                        rc = -errno;
                if (n <= 0)
                        break;
                len += (size_t)n;
                if (len > limit) {
                        rc = -EFBIG;
                        break;
                }
        }
        if (!standard)
                close(fd);
        if (rc < 0) {
                free(p);
                return rc;
        }
        *ret_data = (struct tool_data){p, len};
        return 0;
}

int tool_mkdirs(const char *path)
{
        char buf[PATH_MAX];

        tool_path(buf, "%s", path);
        for (char *c = buf + 1; *c; c++) {
                if (*c != '/')
                        continue;
                *c = '\0';
                if (mkdir(buf, 0777) < 0 && errno != EEXIST)
                        return -errno;
                *c = '/';
        }
        return mkdir(buf, 0777) < 0 && errno != EEXIST ? -errno : 0;
}

int tool_write(const char *path, const void *p, size_t len)
{
        char dir[PATH_MAX];
        char *slash;
        int dirfd = AT_FDCWD, rc;

        tool_path(dir, "%s", path);
        slash = strrchr(dir, '/');
        if (slash) {
                *slash = '\0';
                rc = tool_mkdirs(dir);
                if (rc < 0)
                        return rc;
        }
        dirfd = open(slash ? dir : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (dirfd < 0)
                return -errno;
        rc = io_replace_file(sys_linux(), dirfd, slash ? slash + 1 : dir, p, len, 0644, NULL);
        if (rc >= 0 && fsync(dirfd) < 0)
                rc = -errno;
        close(dirfd);
        return rc < 0 ? rc : 0;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
        (void)st;
        (void)type;
        (void)ftw;
        remove(path);
        return 0;
}

void tool_remove_tree(const char *path)
{
        nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
}

static int by_name(const void *a, const void *b)
{
        return strcmp(*(char *const *)a, *(char *const *)b);
}

void tool_names_add(struct tool_names *names, const char *name)
{
        if ((names->n & (names->n - 1)) == 0) /* grows at powers of two */
                names->item = must(realloc(names->item, (names->n ? 2 * names->n : 1) * sizeof(char *)));
        names->item[names->n++] = must(strdup(name));
}

int tool_list(const char *dir, struct tool_names *ret_names)
{
        DIR *d = opendir(dir);
        struct dirent *e;
        struct stat st;

        *ret_names = (struct tool_names){0};
        if (!d)
                return errno == ENOENT ? 0 : -errno;
        while ((e = readdir(d)))
                if (e->d_name[0] != '.' && fstatat(dirfd(d), e->d_name, &st, 0) == 0 && S_ISREG(st.st_mode))
                        tool_names_add(ret_names, e->d_name);
        closedir(d);
        tool_names_sort(ret_names);
        return 0;
}

void tool_names_sort(struct tool_names *names)
{
        if (names->n)
                qsort(names->item, names->n, sizeof(char *), by_name);
}

void tool_names_free(struct tool_names *names)
{
        for (size_t i = 0; i < names->n; i++)
                free(names->item[i]);
        free(names->item);
        *names = (struct tool_names){0};
}

void tool_digest(const void *p, size_t len, char ret_name[33])
{
        /* Two FNV-1a of different bases over different orders: enough to tell files of one corpus apart. */
        const uint8_t *b = p;
        uint64_t x = 0xcbf29ce484222325u, y = 0x9ae16a3b2f90404fu ^ len;

        for (size_t i = 0; i < len; i++) {
                x = (x ^ b[i]) * 0x100000001b3u;
                y = (y ^ b[len - 1 - i]) * 0x100000001b3u;
                y ^= y >> 29;
        }
        snprintf(ret_name, 33, "%016llx%016llx", (unsigned long long)x, (unsigned long long)y);
}
