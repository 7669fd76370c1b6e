#include "core/cli/rootless.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/err.h"
#include "core/base/io.h"
#include "core/base/limits.h"
#include "core/container/exec_path.h"
#include "core/sys.h"

#define ROOT "/run/labrun"
#define VARIABLE "XDG_RUNTIME_DIR"

int rootless_parse(const char *text, enum cli_rootless *ret, struct err *err)
{
        if (strcmp(text, "auto") == 0)
                *ret = CLI_ROOTLESS_AUTO;
        else if (strcmp(text, "true") == 0)
                *ret = CLI_ROOTLESS_TRUE;
        else if (strcmp(text, "false") == 0)
                *ret = CLI_ROOTLESS_FALSE;
        else
                return err_set(err, EINVAL, "options", "--rootless", "\"%.64s\" is none of true, false, auto",
                               text);
        return 0;
}

/* The map of the first user namespace is all ids to themselves: user_namespaces(7). */
static bool in_user_namespace(const struct sys *sys)
{
        char *text, *p;
        size_t len;
        bool is;

        if (io_read_file(sys, AT_FDCWD, "/proc/self/uid_map", LIMIT_SMALL_FILE, &text, &len, NULL) < 0)
                return false; /* a kernel without them */
        is = strtoul(text, &p, 10) != 0 || strtoul(p, &p, 10) != 0 || strtoul(p, &p, 10) != UINT32_MAX;
        sys->op->free(sys, text);
        return is;
}

bool rootless_bears(const struct sys *sys, enum cli_rootless rootless)
{
        if (rootless != CLI_ROOTLESS_AUTO)
                return rootless == CLI_ROOTLESS_TRUE;
        return sys->op->geteuid(sys) != 0 || in_user_namespace(sys);
}

int rootless_default_root(struct cli *cli, struct err *err)
{
        const struct sys *sys = cli->sys;
        const char *dir = exec_path_getenv(cli->envp, VARIABLE);
        int r, n;

        if (sys->op->geteuid(sys) == 0) {
                snprintf(cli->root, sizeof(cli->root), "%s", ROOT);
                return 0;
        }
        if (!dir || dir[0] != '/')
                return err_set(err, ENOENT, "root", "$" VARIABLE,
                               "%s; --root says where the containers' states are kept",
                               dir && *dir ? "not an absolute path" : "not set");
        n = snprintf(cli->root, sizeof(cli->root), "%s/labrun", dir);
        if (n < 0 || (size_t)n >= sizeof(cli->root))
                return err_set(err, ENAMETOOLONG, "root", "$" VARIABLE, "%s", "");
        r = sys->op->mkdirat(sys, AT_FDCWD, cli->root, 0700);
        if (r == 0)
                r = sys->op->fchmodat(sys, AT_FDCWD, cli->root, 01700);
        return r < 0 && r != -EEXIST ? err_sys(err, r, "root", cli->root, "making the directory") : 0;
}
