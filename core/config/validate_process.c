/* The rules for "process". */
#include "core/config/validate.h"

#include <string.h>
#include <sys/capability.h>

#include "core/base/err.h"

#define PLACE "/process"

/* (uid_t)-1 means "don't change" to setresuid(2) and setresgid(2): the payload would stay root. */
static int validate_user(const struct config_process *p, struct err *err)
{
        if (p->user.uid == UINT32_MAX)
                return INVALID(err, "is no user id", PLACE "/user/uid");
        if (p->user.gid == UINT32_MAX)
                return INVALID(err, "is no group id", PLACE "/user/gid");
        if (p->user.umask.set && p->user.umask.v > 0777)
                return OUTSIDE(err, p->user.umask.v, 0, 0777, PLACE "/user/umask");
        for (size_t i = 0; i < p->user.additional_gids.n; i++)
                if (p->user.additional_gids.item[i] == UINT32_MAX)
                        return INVALID(err, "is no group id", PLACE "/user/additionalGids/%zu", i);
        return 0;
}

/* --- capabilities --- */

/*
 * "Any value which cannot be mapped to a relevant kernel interface [...] MUST be logged as a warning": a name
 * that this libcap or kernel doesn't know is no error. One that can't be a capability's name is.
 */
bool config_is_cap_name(const char *s)
{
        return strncmp(s, "CAP_", 4) == 0 && s[4] && !s[strspn(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_")];
}

/* As a bit, 0 for a name that is not known. */
static uint64_t cap_bit(const char *name)
{
        cap_value_t v;

        return cap_from_name(name, &v) == 0 && v < 64 ? UINT64_C(1) << v : 0;
}

/* The known names of a set as bits. */
static int cap_bits(const struct config_str_list *set, const char *name, uint64_t *ret, struct err *err)
{
        *ret = 0;
        for (size_t i = 0; i < set->n; i++) {
                if (!config_is_cap_name(set->item[i]))
                        return INVALID_TEXT(err, "not a capability's name (CAP_...)", set->item[i],
                                            PLACE "/capabilities/%s/%zu", name, i);
                *ret |= cap_bit(set->item[i]);
        }
        return 0;
}

static int validate_caps(const struct config_caps *c, struct err *err)
{
        const struct {
                const char *name;
                const struct config_str_list *list;
        } sets[] = {
                {"bounding", &c->bounding},   {"effective", &c->effective}, {"inheritable", &c->inheritable},
                {"permitted", &c->permitted}, {"ambient", &c->ambient},
        };
        uint64_t bits[5] = {0};

        for (size_t i = 0; i < 5; i++) {
                int r = cap_bits(sets[i].list, sets[i].name, &bits[i], err);
                if (r < 0)
                        return r;
        }
        for (size_t i = 0; i < c->effective.n; i++)
                if (cap_bit(c->effective.item[i]) & ~bits[3]) /* capset(2): EPERM */
                        return INVALID_TEXT(err, "the permitted set lacks it", c->effective.item[i],
                                            PLACE "/capabilities/effective/%zu", i);
        return 0;
}

/* --- rlimits --- */

static int validate_rlimits(const struct config_rlimit_list *l, struct err *err)
{
        static const char *const names[] = {
                "RLIMIT_AS",     "RLIMIT_CORE",   "RLIMIT_CPU",        "RLIMIT_DATA",
                "RLIMIT_FSIZE",  "RLIMIT_LOCKS",  "RLIMIT_MEMLOCK",    "RLIMIT_MSGQUEUE",
                "RLIMIT_NICE",   "RLIMIT_NOFILE", "RLIMIT_NPROC",      "RLIMIT_RSS",
                "RLIMIT_RTPRIO", "RLIMIT_RTTIME", "RLIMIT_SIGPENDING", "RLIMIT_STACK",
        };

        for (size_t i = 0; i < l->n; i++) {
                if (!ONE_OF(l->item[i].type, names))
                        return UNKNOWN(err, "resource", l->item[i].type, names, PLACE "/rlimits/%zu/type", i);
                /* There are 16 names: a longer list ends in the first duplicate. */
                for (size_t k = 0; k < i; k++)
                        if (strcmp(l->item[i].type, l->item[k].type) == 0)
                                return INVALID_TEXT(err, "listed already", l->item[i].type,
                                                    PLACE "/rlimits/%zu/type", i);
                /* poll(2) of one fd is EINVAL then, init's too: nothing could be asked of it or told by it */
                if (l->item[i].soft == 0 && strcmp(l->item[i].type, "RLIMIT_NOFILE") == 0)
                        return INVALID(err, "not even init could wait for anything", PLACE "/rlimits/%zu/soft", i);
                if (l->item[i].soft > l->item[i].hard)
                        return INVALID(err, "greater than the hard limit", PLACE "/rlimits/%zu/soft", i);
        }
        return 0;
}

/* --- scheduling --- */

/* sched(7), sched_setattr(2): which attribute belongs to which policy, and its range. */
static int validate_scheduler(const struct config_scheduler *s, struct err *err)
{
        static const char *const policies[] = {"SCHED_OTHER", "SCHED_FIFO", "SCHED_RR",      "SCHED_BATCH",
                                               "SCHED_ISO",   "SCHED_IDLE", "SCHED_DEADLINE"};
        static const char *const flags[] = {"SCHED_FLAG_RESET_ON_FORK", "SCHED_FLAG_RECLAIM",
                                            "SCHED_FLAG_DL_OVERRUN",    "SCHED_FLAG_KEEP_POLICY",
                                            "SCHED_FLAG_KEEP_PARAMS",   "SCHED_FLAG_UTIL_CLAMP_MIN",
                                            "SCHED_FLAG_UTIL_CLAMP_MAX"};
        static const char *const realtime[] = {"SCHED_FIFO", "SCHED_RR"};

        if (!s->set)
                return 0;
        if (!ONE_OF(s->policy, policies))
                return UNKNOWN(err, "policy", s->policy, policies, PLACE "/scheduler/policy");
        if (s->nice.set && (s->nice.v < -20 || s->nice.v > 19))
                return OUTSIDE(err, s->nice.v, -20, 19, PLACE "/scheduler/nice");
        if (s->priority.set && s->priority.v != 0 && !ONE_OF(s->policy, realtime))
                return INVALID(err, "belongs to SCHED_FIFO and SCHED_RR", PLACE "/scheduler/priority");
        if (ONE_OF(s->policy, realtime) && (!s->priority.set || s->priority.v < 1 || s->priority.v > 99))
                return OUTSIDE(err, s->priority.v, 1, 99, PLACE "/scheduler/priority");
        for (size_t i = 0; i < s->flags.n; i++)
                if (!ONE_OF(s->flags.item[i], flags))
                        return UNKNOWN(err, "flag", s->flags.item[i], flags, PLACE "/scheduler/flags/%zu", i);
        if (strcmp(s->policy, "SCHED_DEADLINE") == 0) /* the kernel: 0 < runtime <= deadline <= period */
                return s->runtime.v > 0 && s->runtime.v <= s->deadline.v &&
                                       (s->period.v == 0 || s->deadline.v <= s->period.v)
                               ? 0
                               : INVALID(err, "not 0 < runtime <= deadline <= period", PLACE "/scheduler");
        if (s->runtime.v || s->deadline.v || s->period.v)
                return INVALID(err, "runtime, deadline and period belong to SCHED_DEADLINE",
                               PLACE "/scheduler");
        return 0;
}

static int validate_io_priority(const struct config_process *p, struct err *err)
{
        static const char *const classes[] = {"IOPRIO_CLASS_RT", "IOPRIO_CLASS_BE", "IOPRIO_CLASS_IDLE"};

        if (!p->io_priority.set)
                return 0;
        if (!ONE_OF(p->io_priority.class_, classes))
                return UNKNOWN(err, "class", p->io_priority.class_, classes, PLACE "/ioPriority/class");
        if (p->io_priority.priority < 0 || p->io_priority.priority > 7)
                return OUTSIDE(err, p->io_priority.priority, 0, 7, PLACE "/ioPriority/priority");
        return 0;
}

int config_validate_process(const struct config_process *p, struct err *err)
{
        int r;

        if (!config_given(p->cwd))
                return INVALID(err, "is required", PLACE "/cwd");
        if (p->cwd[0] != '/')
                return INVALID_TEXT(err, "the path is not absolute", p->cwd, PLACE "/cwd");
        if (p->args.n == 0)
                return INVALID(err, "at least one entry is required", PLACE "/args");
        if (!*p->args.item[0])
                return INVALID(err, "the executable's name is empty", PLACE "/args/0");
        if (p->oom_score_adj.set && (p->oom_score_adj.v < -1000 || p->oom_score_adj.v > 1000)) /* proc(5) */
                return OUTSIDE(err, p->oom_score_adj.v, -1000, 1000, PLACE "/oomScoreAdj");
        r = config_validate_env(&p->env, PLACE "/env", err);
        if (r == 0)
                r = validate_user(p, err);
        if (r == 0)
                r = validate_caps(&p->capabilities, err);
        if (r == 0)
                r = validate_rlimits(&p->rlimits, err);
        if (r == 0)
                r = validate_scheduler(&p->scheduler, err);
        if (r == 0)
                r = validate_io_priority(p, err);
        return r;
}
