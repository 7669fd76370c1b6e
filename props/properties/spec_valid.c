/*
 * Configs made of right values, many of them at the edge of what is right, in one document: each is accepted and read as
 * what it says. Then one thing in it is wrong, and that, at its pointer and in its words, is what is told.
 *
 * Targets: config_parse, config_validate, config_refuse_unsupported, seccomp_check, userns_check.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/err.h"
#include "core/config/config.h"
#include "core/container/namespaces.h"
#include "core/container/seccomp.h"
#include "core/container/userns.h"
#include "props/models/config_good.h"
#include "props/models/spec_ref.h"
#include "props/sim/sim_memory.h"

static const char plain[] =
        "{\"ociVersion\":\"1.2.0\",\"root\":{\"path\":\"rootfs\",\"readonly\":true},\"hostname\":\"a\","
        "\"process\":{\"user\":{\"uid\":0,\"gid\":0},\"args\":[\"sh\"],\"env\":[\"PATH=/bin\"],\"cwd\":\"/\","
        "\"capabilities\":{\"bounding\":[\"CAP_KILL\"],"
        "\"effective\":[\"CAP_KILL\"],\"permitted\":[\"CAP_KILL\"]},\"rlimits\":[{\"type\":\"RLIMIT_NOFILE\",\"hard\":1024,"
        "\"soft\":1024}],\"noNewPrivileges\":true},"
        "\"mounts\":[{\"destination\":\"/proc\",\"type\":\"proc\",\"source\":\"proc\"}],"
        "\"linux\":{\"resources\":{\"devices\":[{\"allow\":false,\"access\":\"rwm\"}]},\"namespaces\":[{\"type\":\"pid\"},"
        "{\"type\":\"network\"},{\"type\":\"ipc\"},{\"type\":\"uts\"},{\"type\":\"mount\"}],\"maskedPaths\":[\"/proc/kcore\"],"
        "\"readonlyPaths\":[\"/proc/sys\"]}}";

static void drop_json(void *o)
{
        json_decref(o);
}

static json_t *read_json(pt *t, const char *text)
{
        json_error_t why;
        json_t *o = json_loads(text, 0, &why);

        if (!o)
                PT_FAIL(t, "%s: %s", text, why.text);
        pt_defer(t, drop_json, o);
        return o;
}

/* Do two merges touch the same member, or one of /process and /linux? */
static bool meet(const json_t *a, json_t *b)
{
        const char *key, *inner;
        json_t *value, *below;

        json_object_foreach(b, key, value)
        {
                json_t *other = json_object_get(a, key);
                if (!other)
                        continue;
                if (!json_is_object(value) || !json_is_object(other))
                        return true;
                json_object_foreach(value, inner, below)
                        if (json_object_get(other, inner))
                                return true;
        }
        return false;
}

static bool takes_namespaces(const json_t *merge)
{
        json_t *linux_ = json_object_get(merge, "linux");

        return linux_ && (!json_is_object(linux_) || json_object_get(linux_, "namespaces"));
}

/* Merges right values into o that don't touch each other, nor what is going to be wrong. */
static bool draw_good(pt *t, json_t *o, json_t *taken, const json_t *wrong)
{
        bool unsupported = false;

        PT_REPEAT(t, 0, 12)
        {
                const struct good *g = &config_good[pt_below(t, CONFIG_N_GOOD)];
                json_t *more = read_json(t, g->merge);
                if (meet(taken, more) || (g->namespaced && takes_namespaces(taken)) ||
                    (takes_namespaces(more) && json_object_size(taken)))
                        continue;
                if (wrong && (g->unsupported || g->namespaced || takes_namespaces(more)))
                        continue;
                unsupported |= g->unsupported;
                json_object_update_recursive(taken, more);
                json_object_update_recursive(o, more);
        }
        return unsupported;
}

/* As text; marks for the greatest integer become one. */
static char *write_json(pt *t, const json_t *o)
{
        static const char mark[] = "\"@max@\"", max[] = "18446744073709551615";
        char *dumped = json_dumps(o, JSON_COMPACT), *text, *at;

        PT_ASSERT(t, dumped != NULL);
        text = pt_alloc(t, 4 * strlen(dumped) + 1);
        strcpy(text, dumped);
        free(dumped);
        while ((at = strstr(text, mark))) {
                memmove(at + strlen(max), at + strlen(mark), strlen(at + strlen(mark)) + 1);
                memcpy(at, max, strlen(max));
        }
        return text;
}

/* --- what create asks before it makes anything, but for the kernel --- */

static uid_t root_geteuid(const struct sys *sys)
{
        (void)sys;
        return 0;
}

struct verdict {
        const struct sys *sys;
        struct config *config;
        int rc, supported;
        struct err err;
};

static void drop_verdict(void *arg)
{
        struct verdict *v = arg;

        config_free(v->sys, v->config);
}

static struct verdict *judge(pt *t, const char *text)
{
        struct verdict *v = pt_alloc(t, sizeof(*v));
        struct sys_ops *ops = pt_alloc(t, sizeof(*ops));
        struct sys *sys = pt_alloc(t, sizeof(*sys));

        *ops = *sim_memory_sys(t)->op;
        ops->geteuid = root_geteuid;
        sys->op = ops;
        v->sys = sys;
        pt_defer(t, drop_verdict, v);
        v->rc = config_parse(sys, text, strlen(text), &v->config, &v->err);
        if (v->rc == 0)
                v->rc = config_validate(v->config, &v->err);
        if (v->rc == 0)
                v->rc = v->supported = config_refuse_unsupported(v->config, &v->err);
        if (v->rc == 0)
                v->rc = namespaces_check(v->config, &v->err);
        if (v->rc == 0)
                v->rc = seccomp_check(&v->config->linux_.seccomp, &v->err);
        if (v->rc == 0)
                v->rc = userns_check(sys, v->config, &v->err);
        return v;
}

static void judge_right(pt *t, json_t *o, bool unsupported)
{
        const char *text = write_json(t, o);
        struct verdict *v = judge(t, text);

        pt_note(t, "%s", text);
        if (unsupported && v->supported != -ENOTSUP)
                PT_FAIL(t, "what labrun does not support is %s", v->rc ? v->err.msg : "accepted");
        if (!unsupported && v->rc != 0)
                PT_FAIL(t, "refused at %s: %s", v->err.place, v->err.msg);
        spec_compare(t, spec_ref_read(t, text, strlen(text)), v->config);
        PT_COVER(t, !unsupported, 10, "right, and done");
        PT_SOMETIMES(t, unsupported, "right, and not supported");
        PT_SOMETIMES(t, strstr(text, "18446744073709551615"), "the greatest integer");
        PT_SOMETIMES(t, strlen(text) > strlen(plain) + 1000, "many values at once");
}

static void judge_wrong(pt *t, json_t *o, const struct wrong *w)
{
        struct verdict *v = judge(t, write_json(t, o));

        pt_note(t, "%s: %s: %s", w->merge, v->err.place, v->err.msg);
        PT_ASSERT(t, v->rc == -EINVAL || v->rc == -ENOTSUP);
        if (strcmp(v->err.place, w->place) != 0 || !strstr(v->err.msg, w->words))
                PT_FAIL(t, "%s: told at %s: %s; wanted %s: %s", w->merge, v->err.place, v->err.msg, w->place, w->words);
        PT_SOMETIMES(t, v->rc == -ENOTSUP, "not supported");
        PT_SOMETIMES(t, v->rc == -EINVAL && strncmp(w->place, "/process", 8) == 0, "a wrong process");
        PT_SOMETIMES(t, v->rc == -EINVAL && strncmp(w->place, "/linux", 6) == 0, "a wrong value of linux");
}

PT_PROPERTY(spec_valid, .invariant = "NO-CRASH",
            .about = "right configs are accepted and read as they say, one wrong value is told at its pointer", .cases = 4000)
{
        json_t *o = read_json(t, plain), *taken = read_json(t, "{}"), *merge = NULL;
        size_t n_all = CONFIG_N_WRONG + CONFIG_N_WRONG_TOO, which = pt_below(t, 1 + 3 * n_all / 2);
        const struct wrong *w = which == 0 || which > n_all ? NULL
                                : which <= CONFIG_N_WRONG   ? &config_wrong[which - 1]
                                                            : &config_wrong_too[which - 1 - CONFIG_N_WRONG];

        if (w) {
                PT_ASSUME(t, strncmp(w->words, "SECCOMP_FILTER_FLAG_", 20) != 0); /* what the kernel is asked for */
                merge = read_json(t, w->merge);
                json_object_update_recursive(taken, merge);
        }
        bool unsupported = draw_good(t, o, taken, merge);
        if (!w) {
                judge_right(t, o, unsupported);
                return;
        }
        json_object_update_recursive(o, merge);
        judge_wrong(t, o, w);
}
