/* Socket activation: how many fds were passed. */
#include "core/fds/fds.h"

#include <errno.h>
#include <limits.h>

#include "core/base/err.h"
#include "core/fds/number.h"

int fds_listen_count(const char *listen_fds, const char *listen_pid, long pid, struct err *err)
{
        long n;

        if (!listen_fds || !listen_pid)
                return 0;
        n = fds_parse_number(listen_pid, LONG_MAX);
        if (n <= 0)
                return err_set(err, EINVAL, "socket activation", "LISTEN_PID", "\"%s\" is no process id",
                               listen_pid);
        if (n != pid)
                return 0; /* the variables were inherited from somebody further up, and so may their fds be */
        n = fds_parse_number(listen_fds, LIMIT_PRESERVE_FDS);
        if (n == -ERANGE)
                return err_set(err, E2BIG, "socket activation", "LISTEN_FDS", "\"%s\" is more than %u",
                               listen_fds, LIMIT_PRESERVE_FDS);
        if (n < 0)
                return err_set(err, EINVAL, "socket activation", "LISTEN_FDS", "\"%s\" is no number",
                               listen_fds);
        return (int)n;
}
