#include "sandbox/text.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

int text_read(const char *path, char *buf, size_t size)
{
        int fd = open(path, O_RDONLY | O_CLOEXEC), rc = 0;
        size_t n = 0;
        ssize_t got = 1;

        buf[0] = '\0';
        if (fd < 0)
                return -errno;
        while (got > 0 && n < size - 1) {
                got = read(fd, buf + n, size - 1 - n);
                n += got > 0 ? (size_t)got : 0;
        }
        if (got < 0)
                rc = -errno;
        buf[rc < 0 ? 0 : n] = '\0';
        close(fd);
        return rc;
}
