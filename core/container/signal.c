/* Signal names. See destroy.h. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "core/base/err.h"
#include "core/base/nearest.h"
#include "core/container/destroy.h"

static const struct {
        const char *name;
        int number;
} known[] = {
        {"ABRT", SIGABRT}, {"ALRM", SIGALRM}, {"BUS", SIGBUS},       {"CHLD", SIGCHLD},
        {"CLD", SIGCHLD},  {"CONT", SIGCONT}, {"FPE", SIGFPE},       {"HUP", SIGHUP},
        {"ILL", SIGILL},   {"INT", SIGINT},   {"IO", SIGIO},         {"IOT", SIGABRT},
        {"KILL", SIGKILL}, {"PIPE", SIGPIPE}, {"POLL", SIGIO},       {"PROF", SIGPROF},
        {"PWR", SIGPWR},   {"QUIT", SIGQUIT}, {"SEGV", SIGSEGV},     {"STKFLT", SIGSTKFLT},
        {"STOP", SIGSTOP}, {"SYS", SIGSYS},   {"TERM", SIGTERM},     {"TRAP", SIGTRAP},
        {"TSTP", SIGTSTP}, {"TTIN", SIGTTIN}, {"TTOU", SIGTTOU},     {"URG", SIGURG},
        {"USR1", SIGUSR1}, {"USR2", SIGUSR2}, {"VTALRM", SIGVTALRM}, {"WINCH", SIGWINCH},
        {"XCPU", SIGXCPU}, {"XFSZ", SIGXFSZ},
};

/* "+3", "-1" or nothing. */
static int offset(const char *s, int sign, int *ret)
{
        int v = 0;

        if (*s == '\0') {
                *ret = 0;
                return 0;
        }
        if (*s != (sign > 0 ? '+' : '-') || s[1] < '0' || s[1] > '9')
                return -EINVAL;
        for (s++; *s >= '0' && *s <= '9' && v < 100; s++)
                v = v * 10 + (*s - '0');
        *ret = v * sign;
        return *s ? -EINVAL : 0;
}

static int by_name(const char *name)
{
        int v;

        for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
                if (strcmp(known[i].name, name) == 0)
                        return known[i].number;
        if (strncmp(name, "RTMIN", 5) == 0 && offset(name + 5, 1, &v) == 0 && 34 + v <= 64)
                return 34 + v; /* SIGRTMIN as every C library for Linux has it */
        if (strncmp(name, "RTMAX", 5) == 0 && offset(name + 5, -1, &v) == 0 && 64 + v >= 34)
                return 64 + v;
        return -EINVAL;
}

static int by_number(const char *s)
{
        int v = 0;

        for (; *s >= '0' && *s <= '9' && v <= 64; s++)
                v = v * 10 + (*s - '0');
        return *s || v > 64 ? -EINVAL : v;
}

static int unknown_signal(const char *name, struct err *err)
{
        const char *names[sizeof(known) / sizeof(known[0])], *near;

        for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
                names[i] = known[i].name;
        near = nearest_word(strncmp(name, "SIG", 3) == 0 ? name + 3 : name, names, sizeof(known) / sizeof(known[0]));
        if (near)
                return err_set(err, EINVAL, "kill", name, "unknown signal; did you mean %s?", near);
        return err_set(err, EINVAL, "kill", name, "unknown signal: a name as TERM or RTMIN+1, or 0 to 64");
}

int signal_number(const char *name, int *ret_signal, struct err *err)
{
        char upper[16];
        size_t n = strlen(name);
        int v = -EINVAL;

        if (n > 0 && n < sizeof(upper)) {
                for (size_t i = 0; i <= n; i++)
                        upper[i] = name[i] >= 'a' && name[i] <= 'z' ? (char)(name[i] - 'a' + 'A') : name[i];
                v = upper[0] >= '0' && upper[0] <= '9'
                            ? by_number(upper)
                            : by_name(upper + (strncmp(upper, "SIG", 3) == 0 ? 3 : 0));
        }
        if (v < 0)
                return unknown_signal(name, err);
        *ret_signal = v;
        return 0;
}
