/* fds_listen_count of core/fds/fds.h against a model that knows numbers as what prints back as itself. */
#include "props/properties/fd_listen.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "core/base/err.h"
#include "core/fds/fds.h"
#include "props/models/fd_model.h"
#include "props/pt.h"

/* An environment variable's value, most of them numbers near `near`; NULL: absent. */
static const char *draw_value(pt *t, const char *name, uint64_t near)
{
        static const uint8_t kinds[] = {8, 3, 3, 2, 1, 1};
        char *s = NULL;
        uint64_t any;

        pt_begin(t, name);
        switch (pt_weighted(t, kinds, sizeof(kinds))) {
        case 0:
                s = pt_alloc(t, 24);
                snprintf(s, 24, "%llu", (unsigned long long)near);
                break;
        case 1:
                s = pt_alloc(t, 24);
                snprintf(s, 24, "%lld", (long long)pt_int(t, -2, LIMIT_PRESERVE_FDS + 2));
                break;
        case 2:
                s = pt_cstr(t, "0123456789+- x\t.", 22);
                break;
        case 3:
                s = pt_alloc(t, 32);
                any = pt_below(t, 0); /* one draw a statement: C leaves the order of arguments open */
                snprintf(s, 32, "%llu%s", (unsigned long long)any, pt_cstr(t, "0 ", 2));
                break;
        case 4:
                s = pt_alloc(t, 32);
                snprintf(s, 32, "0%llu", (unsigned long long)near);
                break;
        default:
                break;
        }
        pt_note(t, "%s=%s", name, s ? s : "(absent)");
        pt_end(t);
        return s;
}

int fd_listen_check(pt *t, const char **ret_fds, const char **ret_pid)
{
        uint64_t pid = 1 + pt_below(t, 4194304);
        const char *fds = draw_value(t, "LISTEN_FDS", pt_below(t, 1 + LIMIT_PRESERVE_FDS));
        const char *listen_pid = draw_value(t, "LISTEN_PID", pid);
        int want = fd_model_listen(fds, listen_pid, pid, LIMIT_PRESERVE_FDS);
        struct err err = ERR_INIT;
        int got = fds_listen_count(fds, listen_pid, (long)pid, &err);

        if (want >= 0 ? got != want : got >= 0)
                PT_FAIL(t, "LISTEN_FDS=%s LISTEN_PID=%s pid %llu: %d, the model says %d",
                        fds ? fds : "(absent)", listen_pid ? listen_pid : "(absent)", (unsigned long long)pid,
                        got, want);
        PT_ASSERT(t, got < 0 ? err.errnum == -got && strncmp(err.place, "LISTEN_", 7) == 0 : err.errnum == 0);
        PT_ASSERT(t, got >= 0 || got == -EINVAL || got == -E2BIG);
        *ret_fds = fds;
        *ret_pid = listen_pid;
        return got;
}

PT_PROPERTY(fd_listen, .invariant = "FD-EXACT",
            .about = "the count of socket activation's fds agrees with a model", .cases = 5000)
{
        const char *fds, *pid;
        int got = fd_listen_check(t, &fds, &pid);

        PT_COVER(t, got > 0, 5, "fds are passed");
        PT_SOMETIMES(t, got == -EINVAL, "no number");
        PT_SOMETIMES(t, got == -E2BIG, "too many");
        PT_SOMETIMES(t, got == 0 && fds && pid && strcmp(fds, "0") != 0, "another process's");
}
