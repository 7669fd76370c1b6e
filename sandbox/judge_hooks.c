/*
 * Hooks that report what they were given (args: "hook", "report:KIND:FILE", ...), against config.json and the runtime-spec:
 * config.md, POSIX-platform Hooks (args, env, namespaces, the state on stdin), and runtime.md, Lifecycle (when, in which order).
 * That a hook has no fds but 0, 1 and 2, and what its working directory is, are our rules (core/container/hooks.h).
 */
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "sandbox/bundle.h"
#include "sandbox/judge_private.h"
#include "sandbox/surroundings.h"

enum where { RUNTIME, CONTAINER };

static const struct kind {
        const char *name;
        enum where where;
        const char *status;
        const char *cwd; /* NULL: process.cwd */
} kinds[] = {
        { "prestart", RUNTIME, "creating", SURROUNDINGS_BUNDLE },
        { "createRuntime", RUNTIME, "creating", SURROUNDINGS_BUNDLE },
        { "createContainer", CONTAINER, "creating", SURROUNDINGS_BUNDLE "/rootfs" },
        { "startContainer", CONTAINER, "created", NULL },
        { "poststart", RUNTIME, "running", SURROUNDINGS_BUNDLE },
        { "poststop", RUNTIME, "stopped", SURROUNDINGS_BUNDLE },
};

#define KINDS (sizeof kinds / sizeof *kinds)
#define POSTSTART 4
#define POSTSTOP 5

/* What config.json asks for, of those that report. */
struct wanted {
        const struct kind *kind;
        const json_t *hook;
};

static bool reports(const json_t *hook)
{
        const json_t *arg;
        size_t i;

        json_array_foreach(json_object_get(hook, "args"), i, arg)
        {
                if (json_is_string(arg) && strncmp(json_string_value(arg), "report:", 7) == 0)
                        return true;
        }
        return false;
}

static size_t list_wanted(const json_t *config, struct wanted ret[OBS_HOOKS])
{
        const json_t *hooks = json_object_get(config, "hooks"), *hook;
        size_t n = 0, i;

        for (size_t k = 0; k < KINDS; k++) {
                json_array_foreach(json_object_get(hooks, kinds[k].name), i, hook)
                {
                        if (reports(hook) && n < OBS_HOOKS)
                                ret[n++] = (struct wanted){ &kinds[k], hook };
                }
        }
        return n;
}

/* ------------------------------------------------------------------ one hook */

static void judge_list(const struct obs_hook *h, const char *what, const json_t *want, const char (*is)[SCENARIO_TEXT], size_t n,
                       struct verdict *v)
{
        size_t i;
        const json_t *item;

        json_array_foreach(want, i, item)
        {
                if (i >= n || strcmp(json_string_value(item), is[i]) != 0) {
                        judge_say(v, VERDICT_FAIL, "the %s hook has %s \"%.100s\" where \"%.100s\" is configured", h->kind, what,
                                  i < n ? is[i] : "nothing more", json_string_value(item));
                        return;
                }
        }
        if (n > i)
                judge_say(v, VERDICT_FAIL, "the %s hook has %s \"%.100s\", which is not configured", h->kind, what, is[i]);
}

static void judge_place(const struct run *r, const struct kind *kind, const struct obs_hook *h)
{
        static const char *const names[OBS_NAMESPACES] = { "mount", "pid", "network", "ipc", "uts", "user" };
        struct verdict *v = &r->out[INV_ENV_EXACT];
        const uint64_t *want = kind->where == RUNTIME ? r->o->ns : r->report->ns;
        const char *cwd = kind->cwd ? kind->cwd : r->s->process.cwd;

        if (kind->where == CONTAINER && !r->report->started)
                want = NULL; /* nobody told which they are */
        for (size_t i = 0; want && i < OBS_NAMESPACES; i++)
                if (h->ns[i] && want[i] && h->ns[i] != want[i])
                        judge_say(v, VERDICT_FAIL, "the %s hook runs in another %s namespace than the %s's", h->kind, names[i],
                                  kind->where == RUNTIME ? "runtime" : "container");
        if (strcmp(h->cwd, cwd) != 0)
                judge_say(v, judge_ours(r), "the %s hook's cwd is \"%.100s\" instead of \"%.100s\"", h->kind, h->cwd, cwd);
}

static void judge_hook_fds(const struct run *r, const struct obs_hook *h)
{
        struct verdict *v = &r->out[INV_FD_EXACT];
        bool there[3] = { false };

        for (size_t i = 0; i < h->n_fds; i++) {
                if (h->fd[i].fd > 2)
                        judge_say(v, judge_ours(r), "the %s hook has fd %d", h->kind, h->fd[i].fd);
                else
                        there[h->fd[i].fd] = true;
        }
        for (int fd = 0; fd < 3; fd++)
                if (!there[fd])
                        judge_say(v, judge_ours(r), "fd %d is closed in the %s hook", fd, h->kind);
        judge_ok(v);
}

static void judge_hook_pid(const struct run *r, const struct kind *kind, const struct obs_hook *h, const json_t *state)
{
        struct verdict *v = &r->out[INV_LIFE_MODEL];
        const json_t *pid = json_object_get(state, "pid");
        bool inside = kind->where == CONTAINER && !r->s->world.share[SHARE_PID];
        json_int_t want = inside ? 1 : r->o->init_pid;

        if (kind == &kinds[POSTSTOP])
                return;
        if (!json_is_integer(pid) || json_integer_value(pid) <= 0)
                judge_say(v, VERDICT_FAIL, "the %s hook is told no pid: \"%.200s\"", h->kind, h->state);
        else if (want && json_integer_value(pid) != want)
                judge_say(v, VERDICT_FAIL, "the %s hook is told pid %lld, init is %lld there", h->kind,
                          (long long)json_integer_value(pid), (long long)want);
}

static void judge_hook_state(const struct run *r, const struct kind *kind, const struct obs_hook *h)
{
        struct verdict *v = &r->out[INV_LIFE_MODEL];
        json_t *state = json_loads(h->state, 0, NULL);
        const struct {
                const char *key, *want; /* NULL: any */
        } members[] = { { "ociVersion", NULL }, { "id", OBS_ID }, { "bundle", SURROUNDINGS_BUNDLE }, { "status", kind->status } };

        if (!json_is_object(state)) {
                judge_say(v, VERDICT_FAIL, "the %s hook's stdin is no state: \"%.200s\"", h->kind, h->state);
                json_decref(state);
                return;
        }
        for (size_t i = 0; i < sizeof members / sizeof *members; i++) {
                const char *is = json_string_value(json_object_get(state, members[i].key));
                if (!is || (members[i].want && strcmp(is, members[i].want) != 0))
                        judge_say(v, VERDICT_FAIL, "the %s hook is told \"%s\" \"%.100s\" instead of \"%s\"", h->kind,
                                  members[i].key, is ? is : "(none)", members[i].want ? members[i].want : "a version");
        }
        judge_hook_pid(r, kind, h, state);
        json_decref(state);
}

static void judge_hook(const struct run *r, const struct wanted *want, const struct obs_hook *h)
{
        struct verdict *v = &r->out[INV_ENV_EXACT];
        const json_t *env = json_object_get(want->hook, "env");

        judge_list(h, "argument", json_object_get(want->hook, "args"), h->argv, h->argc, v);
        if (env) /* else a runtime may give what it likes */
                judge_list(h, "variable", env, h->env, h->n_env, v);
        judge_place(r, want->kind, h);
        judge_ok(v);
        judge_hook_fds(r, h);
        judge_hook_state(r, want->kind, h);
}

/* ------------------------------------------------------------------ all of them */

static bool failed(const struct run *r)
{
        return r->refuser || r->s->bad || r->o->timed_out;
}

/* Must it have run, now that all is over? */
static bool due(const struct run *r, const struct kind *kind)
{
        if (failed(r) || !r->report->started)
                return false;
        if (kind != &kinds[POSTSTOP])
                return true;
        for (size_t i = 0; i < r->o->n_commands; i++)
                if ((strcmp(r->o->command[i].name, "delete") == 0 || r->s->client.flow == FLOW_RUN) &&
                    r->o->command[i].end == END_EXITED)
                        return true;
        return false;
}

static void judge_wanted(const struct run *r, const struct wanted *want, size_t n)
{
        struct verdict *v = &r->out[INV_LIFE_MODEL];
        size_t at = 0;

        for (size_t i = 0; i < r->report->n_hooks; i++) {
                const struct obs_hook *h = &r->report->hook[i];
                size_t skipped = at;

                if (strcmp(h->kind, "exec") == 0) /* is none: judge_terminal.c */
                        continue;
                while (at < n && strcmp(want[at].kind->name, h->kind) != 0)
                        at++;
                if (at == n) {
                        judge_say(v, VERDICT_FAIL, "a %s hook ran after its turn, or once too often", h->kind);
                        return;
                }
                for (; skipped < at; skipped++)
                        if (due(r, want[skipped].kind))
                                judge_say(v, VERDICT_FAIL, "the %s hook ran before the %s hook, or without it", h->kind,
                                          want[skipped].kind->name);
                judge_hook(r, &want[at], h);
                if (r->report->started && want[at].kind < &kinds[POSTSTART] && h->at > r->report->at)
                        judge_say(v, VERDICT_FAIL, "the %s hook ran after the payload had begun", h->kind);
                at++;
        }
        for (; at < n; at++)
                if (due(r, want[at].kind))
                        judge_say(v, VERDICT_FAIL, "the %s hook never ran", want[at].kind->name);
        judge_ok(v);
}

void judge_hooks(const struct run *r)
{
        struct wanted want[OBS_HOOKS];
        json_t *config = r->s->config[0] && !r->s->config_whole ? json_loads(r->s->config, 0, NULL) : NULL;
        size_t n = list_wanted(config, want);

        if (n && !r->o->timed_out)
                judge_wanted(r, want, n);
        json_decref(config);
}
