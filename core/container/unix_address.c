#include "core/container/unix_address.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "core/base/scope.h"
#include "core/sys.h"

int unix_address(const struct sys *sys, const char *path, struct sockaddr_un *ret_addr, socklen_t *ret_len,
                 struct scoped_fd *ret_pin)
{
        size_t n = strlen(path);

        *ret_addr = (struct sockaddr_un){.sun_family = AF_UNIX};
        if (n > 0 && n < sizeof(ret_addr->sun_path)) {
                memcpy(ret_addr->sun_path, path, n);
                *ret_len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n + 1);
                if (path[0] == '@') { /* the NUL in front; no NUL at the end, it would count */
                        ret_addr->sun_path[0] = '\0';
                        --*ret_len;
                }
                return 0;
        }
        if (n == 0 || path[0] == '@')
                return n == 0 ? -ENOENT : -ENAMETOOLONG;
        ret_pin->fd = sys->op->openat(sys, AT_FDCWD, path, O_PATH | O_CLOEXEC, 0);
        if (ret_pin->fd < 0)
                return ret_pin->fd;
        int w = snprintf(ret_addr->sun_path, sizeof(ret_addr->sun_path), "/proc/self/fd/%d", ret_pin->fd);
        *ret_len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + (size_t)w + 1);
        return 0;
}

int unix_address_at(int dir_fd, const char *name, struct sockaddr_un *ret_addr, socklen_t *ret_len)
{
        int n;

        *ret_addr = (struct sockaddr_un){.sun_family = AF_UNIX};
        n = snprintf(ret_addr->sun_path, sizeof(ret_addr->sun_path), "/proc/self/fd/%d/%s", dir_fd, name);
        if (n < 0 || (size_t)n >= sizeof(ret_addr->sun_path))
                return -ENAMETOOLONG;
        *ret_len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + (size_t)n + 1);
        return 0;
}
