/* Output of labrun: lines for people, and the log in runc's two formats, which engines read. See cli.h. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/base/err.h"
#include "core/base/io.h"
#include "core/base/scope.h"
#include "core/cli/cli.h"
#include "core/container/state.h"
#include "core/sys.h"

#define LINE_MAX_BYTES 4096 /* one message, escaped; longer ones are cut */

int cli_printf(const struct sys *sys, int fd, const char *fmt, ...)
{
        SCOPED_MEM mem = {sys, NULL};
        char small[1024];
        char *text = small;
        va_list ap;
        int n;

        va_start(ap, fmt);
        n = vsnprintf(small, sizeof(small), fmt, ap);
        va_end(ap);
        if (n < 0)
                return -EINVAL;
        if ((size_t)n >= sizeof(small)) {
                text = mem.ptr = sys->op->alloc(sys, (size_t)n + 1);
                if (!text)
                        return -ENOMEM;
                va_start(ap, fmt);
                vsnprintf(text, (size_t)n + 1, fmt, ap);
                va_end(ap);
        }
        return io_write_all(sys, fd, text, (size_t)n);
}

/* Quotes for JSON, and for logfmt, which escapes alike. Bytes that are no ASCII become '?': they may be no
 * UTF-8 either. */
static void quote(const char *s, char *buf, size_t size)
{
        size_t n = 0;

        for (; *s && n + 8 < size; s++) {
                unsigned char c = (unsigned char)*s;
                if (c == '"' || c == '\\')
                        buf[n++] = '\\';
                buf[n++] = c < 0x20 || c > 0x7e ? '?' : (char)c;
        }
        buf[n] = '\0';
}

static const char *level_name(enum sync_log_level level)
{
        static const char *const name[] = {"debug", "info", "warning", "error"};

        return name[level];
}

static void write_log(const struct cli *cli, int fd, const char *level, const char *text)
{
        char quoted[LINE_MAX_BYTES], line[LINE_MAX_BYTES + 128], when[64];
        struct timespec now = {0};
        int n;

        (void)cli->sys->op->clock_gettime(cli->sys, CLOCK_REALTIME, &now);
        state_format_time(now.tv_sec, now.tv_nsec, when, sizeof(when));
        quote(text, quoted, sizeof(quoted));
        if (cli->log_json)
                n = snprintf(line, sizeof(line), "{\"level\":\"%s\",\"msg\":\"%s\",\"time\":\"%s\"}\n", level,
                             quoted, when);
        else
                n = snprintf(line, sizeof(line), "time=\"%s\" level=%s msg=\"%s\"\n", when, level, quoted);
        (void)io_write_all(cli->sys, fd, line, (size_t)n); /* nowhere to complain about the log but the log */
}

int cli_fail(const struct cli *cli, const struct err *err)
{
        char text[ERR_STEP_MAX + ERR_PLACE_MAX + ERR_MSG_MAX + 128];

        err_format(err, text, sizeof(text));
        (void)cli_printf(cli->sys, 2, "labrun: %s\n", text);
        if (cli->log_fd >= 0)
                write_log(cli, cli->log_fd, level_name(SYNC_LOG_ERROR), text);
        return cli->failure;
}

void cli_log(void *ctx, enum sync_log_level level, const char *text)
{
        const struct cli *cli = ctx;

        if (level == SYNC_LOG_DEBUG && !cli->debug)
                return;
        write_log(cli, cli->log_fd >= 0 ? cli->log_fd : 2, level_name(level), text);
}

int cli_log_open(struct cli *cli, struct err *err)
{
        int fd, flags;

        if (!cli->log_path)
                return 0;
        /* O_NONBLOCK: a fifo that nobody reads is an error (ENXIO), and no reason to hang */
        fd = cli->sys->op->openat(cli->sys, AT_FDCWD, cli->log_path,
                                  O_WRONLY | O_APPEND | O_CREAT | O_NOCTTY | O_NONBLOCK | O_CLOEXEC, 0644);
        if (fd < 0)
                return err_sys(err, fd, "log", "--log", "%.*s", ERR_PLACE_MAX, cli->log_path);
        flags = cli->sys->op->fcntl(cli->sys, fd, F_GETFL, 0);
        if (flags >= 0)
                (void)cli->sys->op->fcntl(cli->sys, fd, F_SETFL, flags & ~O_NONBLOCK);
        cli->log_fd = fd;
        return 0;
}

static int too_long(const char *path, const char *option, struct err *err)
{
        return err_set(err, ENAMETOOLONG, "options", option, "%.64s...", path);
}

int cli_absolute(const struct sys *sys, const char *path, const char *option, char ret_path[CLI_PATH_MAX], struct err *err)
{
        char cwd[CLI_PATH_MAX] = "", joined[2 * CLI_PATH_MAX];
        size_t n = 0;

        if (path[0] == '\0')
                return err_set(err, EINVAL, "options", option, "an empty path");
        if (path[0] != '/') {
                ssize_t r = sys->op->getcwd(sys, cwd, sizeof(cwd));
                if (r < 0)
                        return err_sys(err, (int)r, "getcwd", NULL, "%s", "");
                if (cwd[0] != '/')
                        return err_set(err, ENOENT, "getcwd", cwd, "the working directory can't be reached");
        }
        if (strlen(path) >= CLI_PATH_MAX)
                return too_long(path, option, err);
        snprintf(joined, sizeof(joined), "%s/%s", cwd, path);
        /* drop "." and empty parts; ".." stays, for what it means depends on symbolic links */
        for (const char *p = joined, *end; *p; p = end) {
                while (*p == '/')
                        p++;
                end = strchrnul(p, '/');
                if (end == p || (end == p + 1 && *p == '.'))
                        continue;
                if (n + 1 + (size_t)(end - p) >= CLI_PATH_MAX)
                        return too_long(path, option, err);
                ret_path[n++] = '/';
                memcpy(ret_path + n, p, (size_t)(end - p));
                n += (size_t)(end - p);
        }
        if (n == 0)
                ret_path[n++] = '/';
        ret_path[n] = '\0';
        return 0;
}

int cli_number(const char *text, unsigned max, const char *place, unsigned *ret, struct err *err)
{
        unsigned long v = 0;
        const char *p = text;

        for (; *p >= '0' && *p <= '9' && v <= max; p++)
                v = v * 10 + (unsigned long)(*p - '0');
        if (p == text || *p || v > max)
                return err_set(err, EINVAL, "options", place, "\"%.64s\" is no number of 0 to %u", text, max);
        *ret = (unsigned)v;
        return 0;
}
