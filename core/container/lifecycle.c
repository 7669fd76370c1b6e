#include "core/container/lifecycle.h"

#include <errno.h>
#include <stddef.h>

#include "core/base/err.h"
#include "core/container/process.h"

const char *state_status_name(enum state_status status)
{
        static const char *const name[] = {"creating", "created", "running", "paused", "stopped"};

        return name[status];
}

enum state_status lifecycle_status(bool creating, const struct process_stat *init, uint64_t start, bool frozen)
{
        if (creating)
                return STATE_CREATING;
        if (!init || init->start != start || init->state == 'Z' || init->state == 'X')
                return STATE_STOPPED;
        if (frozen)
                return STATE_PAUSED;
        /* the payload's execve, and nothing else, clears this flag: no word of a start that died is needed */
        return init->forknoexec ? STATE_CREATED : STATE_RUNNING;
}

#define NOT_STOPPED "cannot delete a container that is not stopped: "

/* What is not in it is allowed. */
static const struct refusal {
        int errnum;
        const char *why;
} refusals[LIFECYCLE__COUNT][STATE__COUNT] = {
        [LIFECYCLE_START] =
                {
                        [STATE_CREATING] = {EBUSY, "its create did not come to an end; delete --force removes it"},
                        [STATE_RUNNING] = {EBUSY, "cannot start an already running container"},
                        [STATE_PAUSED] = {EBUSY, "cannot start a container in the paused state"},
                        [STATE_STOPPED] = {ESRCH, "cannot start a container that has stopped"},
                },
        [LIFECYCLE_EXEC] =
                {
                        [STATE_CREATING] = {EBUSY, "its create did not come to an end"},
                        [STATE_PAUSED] = {EBUSY, "cannot exec in a paused container (use --ignore-paused to override)"},
                        [STATE_STOPPED] = {ESRCH, "cannot exec in a stopped container"},
                },
        [LIFECYCLE_EXEC_PAUSED] =
                {
                        [STATE_CREATING] = {EBUSY, "its create did not come to an end"},
                        [STATE_STOPPED] = {ESRCH, "cannot exec in a stopped container"},
                },
        [LIFECYCLE_KILL] =
                {
                        [STATE_CREATING] = {ESRCH, "container not running"},
                        [STATE_STOPPED] = {ESRCH, "container not running"},
                },
        [LIFECYCLE_PAUSE] =
                {
                        [STATE_CREATING] = {ESRCH, "container not running"},
                        [STATE_PAUSED] = {ESRCH, "container not running"}, /* runc's words, as all that engines know */
                        [STATE_STOPPED] = {ESRCH, "container not running"},
                },
        [LIFECYCLE_RESUME] =
                {
                        [STATE_CREATING] = {ESRCH, "container not paused"},
                        [STATE_CREATED] = {ESRCH, "container not paused"},
                        [STATE_RUNNING] = {ESRCH, "container not paused"},
                        [STATE_STOPPED] = {ESRCH, "container not paused"},
                },
        [LIFECYCLE_DELETE] =
                {
                        [STATE_CREATING] = {EBUSY, NOT_STOPPED "creating"},
                        [STATE_CREATED] = {EBUSY, NOT_STOPPED "created"},
                        [STATE_RUNNING] = {EBUSY, NOT_STOPPED "running"},
                        [STATE_PAUSED] = {EBUSY, NOT_STOPPED "paused"},
                },
};

int lifecycle_check(enum lifecycle_operation operation, enum state_status status, const char *id, struct err *err)
{
        static const char *const step[LIFECYCLE__COUNT] = {
                [LIFECYCLE_START] = "start",   [LIFECYCLE_EXEC] = "exec",     [LIFECYCLE_EXEC_PAUSED] = "exec",
                [LIFECYCLE_KILL] = "kill",     [LIFECYCLE_PAUSE] = "pause",   [LIFECYCLE_RESUME] = "resume",
                [LIFECYCLE_DELETE] = "delete", [LIFECYCLE_DELETE_FORCE] = "delete",
        };
        const struct refusal *no = &refusals[operation][status];

        return no->why ? err_set(err, no->errnum, step[operation], id, "%s", no->why) : 0;
}
