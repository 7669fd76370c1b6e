/* ENV-EXACT: the payload is what config.json says it is. */
#include <string.h>

#include "sandbox/bundle.h"
#include "sandbox/judge_private.h"
#include "sandbox/names.h"

static void judge_argv(const struct run *r, struct verdict *v)
{
        struct bundle_argv want;

        bundle_argv(r->s, &want);
        if (r->report->argc != want.n)
                judge_say(v, VERDICT_FAIL, "%zu arguments instead of %zu", r->report->argc, want.n);
        for (size_t i = 0; i < want.n && i < r->report->argc; i++)
                if (strcmp(r->report->argv[i], want.item[i]) != 0)
                        judge_say(v, VERDICT_FAIL, "argument %zu is \"%.100s\" instead of \"%.100s\"", i,
                                  r->report->argv[i], want.item[i]);
}

static bool is_name(const char *variable, const char *name)
{
        size_t n = strlen(name);

        return strncmp(variable, name, n) == 0 && variable[n] == '=';
}

/* A variable that a runtime may add to those configured. */
static bool allowed(const struct scenario *s, const char *variable)
{
        if (is_name(variable, "HOME")) {
                for (size_t i = 0; i < s->process.env.n; i++)
                        if (is_name(s->process.env.item[i], "HOME"))
                                return false;
                return true;
        }
        return strncmp(variable, "LISTEN_", 7) == 0 || is_name(variable, "NOTIFY_SOCKET");
}

/* Are there two variables of one name? environ(7) leaves open what that means, so that only ours must pass both on. */
static bool doubled(const struct scenario_list *env)
{
        for (size_t at = 0; at < env->n; at++) {
                size_t n = strcspn(env->item[at], "=") + 1;
                for (size_t i = at + 1; i < env->n; i++)
                        if (strncmp(env->item[i], env->item[at], n) == 0)
                                return true;
        }
        return false;
}

static void judge_variables(const struct run *r, struct verdict *v)
{
        const struct scenario_list *want = &r->s->process.env;
        enum verdict_kind kind = doubled(want) ? judge_ours(r) : VERDICT_FAIL;
        size_t at = 0;

        for (size_t i = 0; i < r->report->n_env; i++) {
                const char *is = r->report->env[i];
                if (at < want->n && strcmp(is, want->item[at]) == 0)
                        at++;
                else if (!allowed(r->s, is))
                        judge_say(v, kind, "environment: \"%.100s\" where \"%.100s\" is configured", is,
                                  at < want->n ? want->item[at] : "nothing more");
        }
        if (at < want->n)
                judge_say(v, kind, "environment: \"%.100s\" is missing or out of order", want->item[at]);
}

static bool has_group(const uint32_t *list, size_t n, uint32_t group)
{
        for (size_t i = 0; i < n; i++)
                if (list[i] == group)
                        return true;
        return false;
}

static void judge_identity(const struct run *r, struct verdict *v)
{
        static const char *const which[] = { "real", "effective", "saved", "file system" };
        const struct obs_report *p = r->report;

        for (int i = 0; i < 4; i++) {
                if (p->uid[i] != r->s->process.uid)
                        judge_say(v, VERDICT_FAIL, "%s uid is %u instead of %u", which[i], p->uid[i],
                                  r->s->process.uid);
                if (p->gid[i] != r->s->process.gid)
                        judge_say(v, VERDICT_FAIL, "%s gid is %u instead of %u", which[i], p->gid[i],
                                  r->s->process.gid);
        }
        for (size_t i = 0; i < r->s->process.n_groups; i++)
                if (!has_group(p->group, p->n_groups, r->s->process.groups[i]))
                        judge_say(v, VERDICT_FAIL, "group %u is missing", r->s->process.groups[i]);
        for (size_t i = 0; i < p->n_groups; i++) /* the primary group may be listed or not */
                if (p->group[i] != r->s->process.gid &&
                    !has_group(r->s->process.groups, r->s->process.n_groups, p->group[i]))
                        judge_say(v, VERDICT_FAIL, "group %u is not configured", p->group[i]);
        if (r->s->process.umask >= 0 && p->umask != r->s->process.umask)
                judge_say(v, VERDICT_FAIL, "umask is %04o instead of %04o", (unsigned)p->umask,
                          (unsigned)r->s->process.umask);
        if (strcmp(p->cwd, r->s->process.cwd) != 0)
                judge_say(v, VERDICT_FAIL, "cwd is \"%.100s\" instead of \"%.100s\"", p->cwd, r->s->process.cwd);
}

static void judge_caps(const struct run *r, struct verdict *v)
{
        static const char *const which[] = { "inheritable", "permitted", "effective", "bounding", "ambient" };
        uint64_t listed = 0, want[5];

        for (size_t i = 0; i < r->s->process.caps.n; i++) {
                int cap = name_cap(r->s->process.caps.item[i]);
                if (cap >= 0)
                        listed |= UINT64_C(1) << cap;
        }
        want[0] = want[4] = 0;
        want[1] = want[2] = want[3] = listed;
        if (r->s->process.uid != 0) /* execve(2) of another user without ambient ones drops them: capabilities(7) */
                want[1] = want[2] = 0;
        for (int i = 0; i < 5; i++)
                if (r->report->cap[i] != want[i])
                        judge_say(v, VERDICT_FAIL, "%s capabilities are %llx instead of %llx", which[i],
                                  (unsigned long long)r->report->cap[i], (unsigned long long)want[i]);
}

static void judge_limits(const struct run *r, struct verdict *v)
{
        for (size_t i = 0; i < r->s->process.n_rlimits; i++) {
                const struct scenario_rlimit *want = &r->s->process.rlimit[i];
                int number = name_rlimit(want->type);
                const uint64_t *is = r->report->rlimit[number < 0 ? 0 : number];

                if (number >= 0 && (is[0] != (uint64_t)want->soft || is[1] != (uint64_t)want->hard))
                        judge_say(v, VERDICT_FAIL, "%s is %llu:%llu instead of %lld:%lld", want->type,
                                  (unsigned long long)is[0], (unsigned long long)is[1], (long long)want->soft,
                                  (long long)want->hard);
        }
}

static void judge_rest(const struct run *r, struct verdict *v)
{
        int oom = r->s->process.has_oom_score_adj ? r->s->process.oom_score_adj : r->o->caller_oom_score_adj;

        if (r->report->no_new_privs != r->s->process.no_new_privs)
                judge_say(v, VERDICT_FAIL, "no_new_privs is %d instead of %d", r->report->no_new_privs,
                          r->s->process.no_new_privs);
        if (r->report->oom_score_adj != BUNDLE_NO_PROC && r->report->oom_score_adj != oom)
                judge_say(v, VERDICT_FAIL, "oom_score_adj is %d instead of %d", r->report->oom_score_adj, oom);
}

/* Bit n-1 is signal n. Ours: nothing blocked or ignored; others: that, or what their caller had. */
static void judge_signals(const struct run *r, struct verdict *v)
{
        uint64_t callers = 0;

        for (size_t i = 0; i < r->s->world.n_ignored; i++)
                callers |= UINT64_C(1) << (r->s->world.ignored_signals[i] - 1);
        if (r->report->sig_blocked)
                judge_say(v, judge_ours(r), "signals are blocked: mask %llx",
                          (unsigned long long)r->report->sig_blocked);
        if (r->report->sig_ignored && (r->ours || r->report->sig_ignored != callers))
                judge_say(v, judge_ours(r), "signals are ignored: mask %llx",
                          (unsigned long long)r->report->sig_ignored);
}

void judge_env(const struct run *r)
{
        struct verdict *v = &r->out[INV_ENV_EXACT];

        if (!r->report->started)
                return;
        judge_argv(r, v);
        judge_variables(r, v);
        judge_identity(r, v);
        judge_caps(r, v);
        judge_limits(r, v);
        judge_rest(r, v);
        judge_signals(r, v);
        judge_ok(v);
}
