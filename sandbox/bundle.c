#include "sandbox/bundle.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/err.h"
#include "sandbox/names.h"

static void add(struct bundle_argv *a, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static void add(struct bundle_argv *a, const char *fmt, ...)
{
        va_list ap;

        if (a->n == SCENARIO_LIST * 4)
                abort(); /* the scenario's own bounds are below */
        va_start(ap, fmt);
        vsnprintf(a->item[a->n++], SCENARIO_TEXT, fmt, ap);
        va_end(ap);
}

/* The bad ones lie at /bad or below. */
static const char *executable(const struct scenario *s)
{
        return s->bad == BAD_NONE || s->bad == BAD_CONFIG ? BUNDLE_OBSERVER : s->bad == BAD_MISSING ? "/missing" : "/bad";
}

void bundle_argv(const struct scenario *s, struct bundle_argv *ret)
{
        ret->n = 0;
        add(ret, "%s", executable(s));
        for (size_t i = 0; i < s->n_steps; i++) {
                const struct scenario_step *step = &s->step[i];
                switch (step->kind) {
                case STEP_WRITE:
                        add(ret, "write:%d:%u", step->fd, step->bytes);
                        break;
                case STEP_ECHO:
                        if (scenario_terminal(s)) /* which has no EOF */
                                add(ret, "echo:%u", s->world.stdin_bytes);
                        else
                                add(ret, "echo");
                        break;
                case STEP_RAW:
                case STEP_RESIZED:
                case STEP_FLOOD:
                        add(ret, "%s", scenario_step_word(step->kind));
                        break;
                case STEP_SLEEP:
                        add(ret, "sleep:%d", step->ms);
                        break;
                case STEP_FORK:
                        add(ret, "fork:%d:%u:%d", step->fd, step->bytes, step->ms);
                        break;
                case STEP_ATTACK:
                        add(ret, "attack:%s", scenario_attack_word(step->attack));
                        break;
                case STEP_AWAIT:
                        add(ret, "await:%d", step->code);
                        break;
                case STEP_WAIT:
                        add(ret, "wait");
                        break;
                case STEP_MASKED:
                case STEP_EMPTY:
                case STEP_READONLY:
                case STEP_OVERWRITE:
                        add(ret, "%s:%s", scenario_step_word(step->kind), step->path);
                        break;
                case STEP_EXIT:
                        add(ret, "exit:%d", step->code);
                        break;
                case STEP_SIGNAL:
                        add(ret, "signal:%d", step->code);
                        break;
                }
        }
        if (s->process.args.n)
                add(ret, "--");
        for (size_t i = 0; i < s->process.args.n; i++)
                add(ret, "%s", s->process.args.item[i]);
}

/* ------------------------------------------------------------------ config.json */

static json_t *string_array(const char (*item)[SCENARIO_TEXT], size_t n)
{
        json_t *array = json_array();

        for (size_t i = 0; i < n; i++)
                json_array_append_new(array, json_string(item[i]));
        return array;
}

static json_t *user_object(const struct scenario *s)
{
        json_t *user = json_pack("{s:I, s:I}", "uid", (json_int_t)s->process.uid, "gid",
                                 (json_int_t)s->process.gid);
        json_t *groups = json_array();

        if (s->process.umask >= 0)
                json_object_set_new(user, "umask", json_integer(s->process.umask));
        for (size_t i = 0; i < s->process.n_groups; i++)
                json_array_append_new(groups, json_integer(s->process.groups[i]));
        json_object_set_new(user, "additionalGids", groups);
        return user;
}

static json_t *process_object(const struct scenario *s)
{
        json_t *caps = string_array(s->process.caps.item, s->process.caps.n), *limits = json_array(), *process;
        struct bundle_argv *argv = malloc(sizeof *argv);

        if (!argv)
                return NULL;
        bundle_argv(s, argv);
        for (size_t i = 0; i < s->process.n_rlimits; i++)
                json_array_append_new(limits, json_pack("{s:s, s:I, s:I}", "type", s->process.rlimit[i].type,
                                                        "soft", (json_int_t)s->process.rlimit[i].soft, "hard",
                                                        (json_int_t)s->process.rlimit[i].hard));
        process = json_pack("{s:b, s:o, s:o, s:o, s:s, s:{s:O, s:O, s:o, s:[], s:[]}, s:o, s:b}", "terminal",
                            scenario_terminal(s), "user", user_object(s), "args", string_array(argv->item, argv->n), "env",
                            string_array(s->process.env.item, s->process.env.n), "cwd", s->process.cwd,
                            "capabilities", "bounding", caps, "effective", caps, "permitted", caps,
                            "inheritable", "ambient", "rlimits", limits, "noNewPrivileges",
                            s->process.no_new_privs);
        if (process && s->process.rows)
                json_object_set_new(process, "consoleSize", json_pack("{s:i, s:i}", "height", s->process.rows, "width",
                                                                      s->process.columns));
        if (process && s->process.has_oom_score_adj)
                json_object_set_new(process, "oomScoreAdj", json_integer(s->process.oom_score_adj));
        free(argv);
        return process;
}

static json_t *namespaces(const struct scenario *s)
{
        static const char *const types[SHARE__COUNT] = { "pid", "network", "ipc", "uts" };
        json_t *array = json_pack("[{s:s}]", "type", "mount");

        for (int i = 0; i < SHARE__COUNT; i++)
                if (!s->world.share[i] && i != SHARE_NETWORK) /* a new network namespace costs more than all others */
                        json_array_append_new(array, json_pack("{s:s}", "type", types[i]));
        return array;
}

static int check_names(const struct scenario *s, struct err *err)
{
        char place[64];

        for (size_t i = 0; i < s->process.caps.n; i++) {
                snprintf(place, sizeof place, "/process/capabilities/%zu", i);
                if (name_cap(s->process.caps.item[i]) < 0)
                        return err_set(err, EINVAL, "bundle", place, "unknown capability %.100s",
                                       s->process.caps.item[i]);
        }
        for (size_t i = 0; i < s->process.n_rlimits; i++) {
                snprintf(place, sizeof place, "/process/rlimits/%zu/type", i);
                if (name_rlimit(s->process.rlimit[i].type) < 0)
                        return err_set(err, EINVAL, "bundle", place, "unknown limit %s", s->process.rlimit[i].type);
        }
        return 0;
}

/* RFC 7396: *target becomes what the patch makes of it. */
static void merge(json_t **target, json_t *patch)
{
        const char *key;
        json_t *value;

        if (!json_is_object(patch)) {
                json_decref(*target);
                *target = json_deep_copy(patch);
                return;
        }
        if (!json_is_object(*target)) {
                json_decref(*target);
                *target = json_object();
        }
        json_object_foreach(patch, key, value)
        {
                json_t *member = json_incref(json_object_get(*target, key));

                if (json_is_null(value)) {
                        json_decref(member);
                        json_object_del(*target, key);
                        continue;
                }
                merge(&member, value);
                json_object_set_new(*target, key, member);
        }
}

static json_t *config_object(const struct scenario *s, const char *cgroup)
{
        json_t *mounts = json_pack("[{s:s, s:s, s:s}, {s:s, s:s, s:s, s:[s,s]}]", "destination", "/proc", "type",
                                   "proc", "source", "proc", "destination", "/dev", "type", "tmpfs", "source", "tmpfs",
                                   "options", "nosuid", "mode=755");
        if (scenario_terminal(s) || scenario_has_operation(s, OPERATION_EXEC_TTY))
                json_array_append_new(mounts, json_pack("{s:s, s:s, s:s, s:[s,s,s,s,s]}", "destination", "/dev/pts", "type",
                                                        "devpts", "source", "devpts", "options", "nosuid", "noexec",
                                                        "newinstance", "ptmxmode=0666", "mode=0620"));
        json_t *config = json_pack("{s:s, s:o, s:{s:s}, s:o, s:{s:s, s:{}, s:o}}", "ociVersion", "1.0.2", "process",
                                   process_object(s), "root", "path", "rootfs", "mounts", mounts, "linux",
                                   "cgroupsPath", cgroup, "resources", "namespaces", namespaces(s));
        json_t *patch = s->config[0] ? json_loads(s->config, 0, NULL) : NULL;

        if (config && patch)
                merge(&config, patch);
        json_decref(patch);
        return config;
}

int bundle_config(const struct scenario *s, const char *cgroup, char **ret_text, struct err *err)
{
        json_t *config;
        int rc = check_names(s, err);

        if (rc < 0)
                return rc;
        if (s->config_whole) {
                *ret_text = strdup(s->config);
        } else {
                config = config_object(s, cgroup);
                *ret_text = config ? json_dumps(config, JSON_INDENT(1)) : NULL;
                json_decref(config);
        }
        return *ret_text ? 0 : err_sys(err, -ENOMEM, "bundle", "config.json", "no memory");
}
