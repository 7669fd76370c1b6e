/* labrun ps: who is in a container's cgroups. */
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "core/base/err.h"
#include "core/base/io.h"
#include "core/base/limits.h"
#include "core/base/scope.h"
#include "core/cli/cli.h"
#include "core/container/cgroup.h"
#include "core/container/process.h"
#include "core/container/state.h"
#include "core/sys.h"

enum { O_FORMAT, O_HELP, O_N };
static const struct opt_spec options[] = {
        [O_FORMAT] = {"format", 'f', "FORMAT", "table (default) or json: the pids alone"},
        [O_HELP] = {"help", 'h', NULL, "print this"},
};

/* The number behind "NAME:\t" in the text of /proc/PID/status; -1: none. */
static long status_number(const char *text, const char *name)
{
        const char *p = strstr(text, name);
        long v = 0;

        if (!p)
                return -1;
        for (p += strlen(name); *p == ' ' || *p == '\t';)
                p++;
        for (; *p >= '0' && *p <= '9' && v < (1L << 40); p++)
                v = v * 10 + (*p - '0');
        return v;
}

static void tame(char *s, size_t n)
{
        for (size_t i = 0; i < n; i++)
                if (s[i] == '\0')
                        s[i] = i + 1 < n ? ' ' : '\0';
                else if ((unsigned char)s[i] < 0x20 ||
                         s[i] == 0x7f) /* a payload writes what it likes in there */
                        s[i] = '?';
}

/* A process that has ended meanwhile has no line. */
static int print_process(const struct sys *sys, pid_t pid)
{
        SCOPED_MEM status = {sys, NULL}, command = {sys, NULL};
        char path[64], *text, *line, name[64] = "?";
        struct process_stat stat;
        size_t len;

        snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
        if (io_read_file(sys, AT_FDCWD, path, LIMIT_SMALL_FILE, &text, &len, NULL) < 0)
                return 0;
        status.ptr = text;
        snprintf(path, sizeof(path), "/proc/%d/cmdline", (int)pid);
        if (process_stat_read(sys, pid, &stat, NULL) < 0 ||
            io_read_file(sys, AT_FDCWD, path, LIMIT_CONFIG_BYTES, &line, &len, NULL) < 0)
                return 0;
        command.ptr = line;
        tame(line, len);
        if (len == 0) { /* a zombie, or the kernel's */
                snprintf(name, sizeof(name), "[%.*s]", (int)strcspn(text + 6, "\n"),
                         text + 6); /* "Name:\t..." */
                tame(name, strlen(name));
        }
        return cli_printf(sys, 1, "%-8ld %7d %7ld  %c  %s\n", status_number(text, "\nUid:"), (int)pid,
                          status_number(text, "\nPPid:"), stat.state, len ? line : name);
}

static int print(const struct sys *sys, const pid_t *pids, size_t n, bool json)
{
        int r = json ? cli_printf(sys, 1, "[")
                     : cli_printf(sys, 1, "%-8s %7s %7s  S  CMD\n", "UID", "PID", "PPID");

        for (size_t i = 0; r == 0 && i < n; i++)
                r = json ? cli_printf(sys, 1, "%s%d", i ? "," : "", (int)pids[i])
                         : print_process(sys, pids[i]);
        return r == 0 && json ? cli_printf(sys, 1, "]\n") : r;
}

static int run_ps(struct cli *cli, struct err *err)
{
        const char *format = cli->value[O_FORMAT] ? cli->value[O_FORMAT] : "table";
        SCOPED_STATE_DIR dir = STATE_DIR_INIT;
        bool json = strcmp(format, "json") == 0;
        struct state state;
        pid_t *pids = NULL;
        size_t n = 0;
        int r;

        if (!json && strcmp(format, "table") != 0)
                return err_set(err, EINVAL, "options", "--format", "\"%.64s\" is neither table nor json",
                               format);
        r = cli_open_container(cli, false, &dir, &state, err);
        if (r < 0)
                return r;
        if (state.pid > 0 && state.cgroup.n == 0)
                r = err_set(err, ENOTSUP, "ps", state.id, "the container has no cgroup to look into");
        else if (state.pid >
                 0) /* one without a process is still being made: a directory of that name may be another's */
                r = cgroup_list(cli->sys, &state.cgroup, &pids, &n, err);
        state_free(cli->sys, &state);
        if (r < 0)
                return r;
        r = print(cli->sys, pids, n, json);
        cli->sys->op->free(cli->sys, pids);
        return r < 0 ? err_sys(err, r, "write", "standard output", "%s", "") : 0;
}

const struct cli_command cli_ps = {.name = "ps",
                                   .operands = "ID",
                                   .summary = "List the processes of a container",
                                   .options = options,
                                   .n_options = O_N,
                                   .min_operands = 1,
                                   .max_operands = 1,
                                   .run = run_ps};
