#include "core/container/hooks.h"

#include <errno.h>
#include <jansson.h>
#include <stddef.h>
#include <stdio.h>

#include "core/base/err.h"
#include "core/base/scope.h"
#include "core/container/hook.h"
#include "core/sys.h"

#define SECONDS_MAX 10000000 /* beyond that a bound is none */

static const struct {
        const char *name;
        size_t list; /* in struct config_hooks */
        enum state_status status;
        bool in_bundle;
} kinds[HOOKS__COUNT] = {
        [HOOKS_PRESTART] = {"prestart", offsetof(struct config_hooks, prestart), STATE_CREATING, true},
        [HOOKS_CREATE_RUNTIME] = {"createRuntime", offsetof(struct config_hooks, create_runtime), STATE_CREATING, true},
        [HOOKS_CREATE_CONTAINER] = {"createContainer", offsetof(struct config_hooks, create_container), STATE_CREATING, false},
        [HOOKS_START_CONTAINER] = {"startContainer", offsetof(struct config_hooks, start_container), STATE_CREATED, false},
        [HOOKS_POSTSTART] = {"poststart", offsetof(struct config_hooks, poststart), STATE_RUNNING, true},
        [HOOKS_POSTSTOP] = {"poststop", offsetof(struct config_hooks, poststop), STATE_STOPPED, true},
};

static const struct config_hook_list *list_of(const struct config *config, enum hooks_kind kind)
{
        return (const struct config_hook_list *)((const char *)&config->hooks + kinds[kind].list);
}

bool hooks_any(const struct config *config, enum hooks_kind kind)
{
        return list_of(config, kind)->n > 0;
}

long hooks_bound(const struct config *config, enum hooks_kind kind)
{
        const struct config_hook_list *list = list_of(config, kind);
        long seconds = 0;

        for (size_t i = 0; i < list->n; i++) {
                const struct opt_i64 *timeout = &list->item[i].timeout;

                if (!timeout->set || timeout->v > SECONDS_MAX || seconds > SECONDS_MAX)
                        return -1;
                seconds += timeout->v;
        }
        return seconds * 1000;
}

/* runtime-spec "State", and no more than it names. */
static json_t *state_of(const struct config *config, enum hooks_kind kind, const struct hooks_subject *subject)
{
        const struct config_kv_list *annotations = &config->annotations;
        json_t *o = json_pack("{s:s, s:s, s:s, s:s}", "ociVersion", STATE_OCI_VERSION, "id", subject->id, "status",
                              state_status_name(kinds[kind].status), "bundle", subject->bundle);
        json_t *kv = annotations->n > 0 ? json_object() : NULL;
        int r = o && (kv || annotations->n == 0) ? 0 : -1;

        for (size_t i = 0; r == 0 && i < annotations->n; i++)
                r = json_object_set_new(kv, annotations->item[i].key, json_string(annotations->item[i].value));
        if (r == 0 && kinds[kind].status != STATE_STOPPED)
                r = json_object_set_new(o, "pid", json_integer(subject->pid));
        if (r == 0 && kv)
                r = json_object_set(o, "annotations", kv);
        json_decref(kv);
        if (r == 0)
                return o;
        json_decref(o);
        return NULL;
}

static int prepare(const struct sys *sys, const struct config *config, enum hooks_kind kind,
                   const struct hooks_subject *subject, struct scoped_mem *state, size_t *ret_len, struct scoped_fd *bundle,
                   struct err *err)
{
        json_t *o = state_of(config, kind, subject);
        char *text;
        int r = state_render(sys, o, JSON_COMPACT, &text, ret_len, err);

        json_decref(o);
        if (r < 0)
                return r;
        state->ptr = text;
        if (!kinds[kind].in_bundle)
                return 0;
        r = sys->op->openat(sys, AT_FDCWD, subject->bundle, O_PATH | O_DIRECTORY | O_CLOEXEC, 0);
        if (r < 0)
                return err_sys(err, r, "hook", subject->bundle, "its working directory");
        bundle->fd = r;
        return 0;
}

/* Runs them up to the first that fails, or with log all of them, where each failure is a warning. */
static int run_list(const struct sys *sys, const struct config *config, enum hooks_kind kind,
                    const struct hooks_subject *subject, sync_log_fn *log, void *log_ctx, struct err *err)
{
        const struct config_hook_list *list = list_of(config, kind);
        SCOPED_MEM state = {sys, NULL};
        SCOPED_FD bundle = {sys, -1};
        char place[64], line[SYNC_LOG_TEXT_MAX + 1];
        size_t len;
        int r = list->n > 0 ? prepare(sys, config, kind, subject, &state, &len, &bundle, err) : 0;

        for (size_t i = 0; r == 0 && i < list->n; i++) {
                struct hook_call call = {.hook = &list->item[i],
                                         .place = place,
                                         .state = state.ptr,
                                         .state_len = len,
                                         .dir = kinds[kind].in_bundle ? bundle.fd : subject->dir,
                                         .record = subject->record};

                snprintf(place, sizeof(place), "/hooks/%s/%zu", kinds[kind].name, i);
                r = hook_run(sys, &call, err);
                if (r < 0 && log) {
                        log(log_ctx, SYNC_LOG_WARNING, err_format(err, line, sizeof(line)));
                        r = 0;
                }
        }
        return r;
}

int hooks_run(const struct sys *sys, const struct config *config, enum hooks_kind kind, const struct hooks_subject *subject,
              struct err *err)
{
        return run_list(sys, config, kind, subject, NULL, NULL, err);
}

static void nobody(void *ctx, enum sync_log_level level, const char *text)
{
        (void)ctx;
        (void)level;
        (void)text;
}

void hooks_run_all(const struct sys *sys, const struct config *config, enum hooks_kind kind,
                   const struct hooks_subject *subject, sync_log_fn *log, void *log_ctx)
{
        struct err err = ERR_INIT;
        char line[SYNC_LOG_TEXT_MAX + 1];

        if (!log)
                log = nobody;
        if (run_list(sys, config, kind, subject, log, log_ctx, &err) < 0)
                log(log_ctx, SYNC_LOG_WARNING, err_format(&err, line, sizeof(line)));
}
