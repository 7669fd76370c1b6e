/*
 * The parser and the validator of config.json against a second opinion (props/models/spec_ref.h).
 *
 * Targets: config_parse, config_free, config_validate, config_refuse_unsupported and all below them.
 * Input: the document; knobs: which allocation fails (0: none), and whether all later ones do too.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/err.h"
#include "core/base/limits.h"
#include "core/config/config.h"
#include "core/sys.h"
#include "props/models/spec_ref.h"
#include "props/sim/sim_memory.h"

/* --- one parse --- */

struct parsed {
        const struct sys *sys;
        struct sim_memory *memory;
        struct config *config; /* NULL: refused */
        struct err err;
        int rc;
};

static void drop(void *arg)
{
        struct parsed *p = arg;

        sim_memory_use(p->memory);
        config_free(p->sys, p->config);
        sim_memory_use(NULL);
        p->config = NULL;
}

static struct parsed *parse(pt *t, struct sim_memory *m, const char *text, size_t len)
{
        struct parsed *p = pt_alloc(t, sizeof(*p));
        static const struct err unset = {.errnum = -1};

        p->memory = m;
        p->sys = sim_memory_sys(t);
        p->err = unset;
        pt_defer(t, drop, p);
        sim_memory_use(m);
        p->rc = config_parse(p->sys, text, len, &p->config, &p->err);
        sim_memory_use(NULL);
        if (p->rc == 0) {
                PT_ASSERT(t, p->config != NULL);
                PT_ASSERT(t, p->err.errnum == -1); /* untouched */
        } else {
                PT_ASSERT(t, p->config == NULL);
                PT_ASSERT(t, p->rc == -p->err.errnum && p->err.errnum > 0);
                PT_ASSERT(t, strcmp(p->err.step, "parse") == 0);
                PT_ASSERT(t, p->err.place[0] && p->err.msg[0]);
                PT_ASSERT(t, m->live == 0);
        }
        return p;
}

/* --- judging errors of the text --- */

static bool same_error(const struct err *a, const struct err *b)
{
        return a->errnum == b->errnum && strcmp(a->step, b->step) == 0 && strcmp(a->place, b->place) == 0 &&
               strcmp(a->msg, b->msg) == 0;
}

static bool is_position(const struct err *err)
{
        return err->place[0] != '/';
}

/* The offset that "line L column C" names; fails the case if it is outside the text. */
static size_t offset_of(pt *t, const char *place, const char *text, size_t len)
{
        size_t line, column, at = 0;
        int end = 0;

        PT_ASSERT(t, sscanf(place, "line %zu column %zu%n", &line, &column, &end) == 2 && !place[end]);
        PT_ASSERT(t, line > 0 && column > 0);
        for (; line > 1; line--) {
                const char *nl = memchr(text + at, '\n', len - at);
                PT_ASSERT(t, nl != NULL);
                at = (size_t)(nl - text) + 1;
        }
        for (; column > 1; column--) {
                PT_ASSERT(t, at < len && text[at] != '\n');
                for (at++; at < len && ((unsigned char)text[at] & 0xc0) == 0x80;)
                        at++;
        }
        return at;
}

/*
 * All before the place of an error is fine: the document cut there is refused because it ends there. (It may
 * be whole if what followed was too much.) And a document that jansson can read is refused for its size only.
 */
static void judge_position(pt *t, struct sim_memory *m, const struct spec_ref *ref, const char *text, size_t len,
                           const struct err *err)
{
        size_t at = offset_of(t, err->place, text, len);
        char *cut = pt_alloc(t, at); /* an object of its own: a read beyond is seen */

        memcpy(cut, text, at);
        struct parsed *p = parse(t, m, cut, at);
        if (p->rc < 0 && is_position(&p->err))
                PT_ASSERT(t, strcmp(p->err.place, err->place) == 0 &&
                                     (p->err.errnum == EINVAL || p->err.errnum == err->errnum));
        else
                PT_ASSERT(t, spec_ref_read(t, cut, at)->root != NULL);
        drop(p);
        if (err->errnum == E2BIG)
                PT_ASSERT(t, len > LIMIT_CONFIG_BYTES || ref->depth > LIMIT_CONFIG_DEPTH ||
                                     ref->commas >= LIMIT_CONFIG_LIST ||
                                     ref->longest_string > LIMIT_CONFIG_STRING);
        else
                PT_ASSERT(t, err->errnum == EINVAL && !ref->root);
        PT_SOMETIMES(t, err->errnum == E2BIG, "a limit exceeded");
        PT_SOMETIMES(t, strstr(err->msg, "duplicate"), "a duplicate key");
        PT_SOMETIMES(t, strstr(err->msg, "UTF-8"), "malformed UTF-8");
}

/* --- judging what came out --- */

typedef int judge_fn(const struct config *config, struct err *err);

static bool judged_good(pt *t, const struct spec_ref *ref, const struct config *c, judge_fn *judge,
                        int errnum)
{
        struct err first = ERR_INIT, second = ERR_INIT;
        int r = judge(c, &first);

        PT_ASSERT(t, judge(c, &second) == r);
        PT_ASSERT(t, same_error(&first, &second));
        if (r == 0) {
                PT_ASSERT(t, first.errnum == 0);
                return true;
        }
        PT_ASSERT(t, r == -errnum && first.errnum == errnum && first.step[0] && first.msg[0]);
        if (first.place[0] != '/' || !spec_ref_resolves(ref, first.place))
                PT_FAIL(t, "%s is not in the document", first.place);
        return false;
}

static bool has_component_dotdot(const char *s)
{
        char padded[4096];

        snprintf(padded, sizeof(padded), "/%s/", s);
        return strstr(padded, "/../") != NULL;
}

/* What the rest of core relies on without looking again: each of these let something out of a container once.
 */
static void check_promises(pt *t, const struct config *c)
{
        const struct config_namespace *ns = c->linux_.ns;

        PT_ASSERT(t, strncmp(c->oci_version, "1.", 2) == 0 && c->root.path[0]);
        PT_ASSERT(t, c->process.cwd[0] == '/' && c->process.args.n > 0 && c->process.args.item[0][0]);
        PT_ASSERT(t, c->process.user.uid != UINT32_MAX && c->process.user.gid != UINT32_MAX);
        PT_ASSERT(t, !c->process.user.umask.set || c->process.user.umask.v <= 0777);
        for (size_t i = 0; i < c->process.env.n; i++)
                PT_ASSERT(t, strchr(c->process.env.item[i], '=') > c->process.env.item[i]);
        for (size_t i = 0; i < c->process.rlimits.n; i++)
                PT_ASSERT(t, c->process.rlimits.item[i].soft <= c->process.rlimits.item[i].hard);
        for (size_t i = 0; i < c->mounts.n; i++)
                PT_ASSERT(t, c->mounts.item[i].destination[0] == '/');
        PT_ASSERT(t, !c->hostname || !*c->hostname || ns[CONFIG_NS_UTS].set);
        PT_ASSERT(t, !c->domainname || !*c->domainname || ns[CONFIG_NS_UTS].set);
        PT_ASSERT(t, c->linux_.masked_paths.n + c->linux_.readonly_paths.n == 0 || ns[CONFIG_NS_MOUNT].set);
        PT_ASSERT(t, !c->linux_.time_boottime.set || (ns[CONFIG_NS_TIME].set && !ns[CONFIG_NS_TIME].path));
        PT_ASSERT(t, !c->linux_.cgroups_path || !has_component_dotdot(c->linux_.cgroups_path));
        for (size_t i = 0; i < c->linux_.sysctl.n; i++)
                PT_ASSERT(t, !has_component_dotdot(c->linux_.sysctl.item[i].key));
        for (size_t i = 0; i < c->linux_.devices.n; i++)
                PT_ASSERT(t, c->linux_.devices.item[i].major < 1 << 12 &&
                                     c->linux_.devices.item[i].minor < 1 << 20);
}

static void check_refused(pt *t, const struct config *c)
{
        const struct config_resources *r = &c->linux_.resources;

        PT_ASSERT(t, c->linux_.ns[CONFIG_NS_MOUNT].set);
        PT_ASSERT(t, !r->memory.limit.set && !r->cpu.quota.set && !r->pids.set && r->unified.n == 0);
}

static void judge_config(pt *t, const struct spec_ref *ref, const struct config *c)
{
        bool valid, supported;

        spec_schema_judge(t, ref, NULL, 0);
        spec_compare(t, ref, c);
        valid = judged_good(t, ref, c, config_validate, EINVAL);
        supported = judged_good(t, ref, c, config_refuse_unsupported, ENOTSUP);
        if (valid)
                check_promises(t, c);
        if (supported)
                check_refused(t, c);
        PT_SOMETIMES(t, valid && supported, "a config that labrun would run");
        PT_SOMETIMES(t, valid && !supported, "a valid config that labrun refuses");
        PT_SOMETIMES(t, !valid, "a config that breaks a rule of the spec");
        PT_SOMETIMES(t, ref->nbig > 0, "an integer beyond int64, accepted");
}

/* A failed allocation is told, whatever else is wrong with the document, and leaves nothing behind. */
static void judge_faults(pt *t, const char *text, size_t len, const struct parsed *good, uint64_t fail_at,
                         bool for_good)
{
        struct sim_memory *m = pt_alloc(t, sizeof(*m));

        m->fail_at = fail_at;
        m->for_good = for_good;
        struct parsed *p = parse(t, m, text, len);
        if (m->calls >= fail_at) {
                PT_ASSERT(t, p->rc == -ENOMEM);
        } else {
                PT_ASSERT(t, p->rc == good->rc);
                PT_ASSERT(t, strcmp(p->err.place, good->err.place) == 0);
        }
        drop(p);
        PT_ASSERT(t, m->live == 0);
        PT_SOMETIMES(t, p->rc == -ENOMEM, "an allocation failed");
}

PT_PROPERTY(
        spec_parse, .flags = PT_TEXT, .invariant = "NO-CRASH",
        .about = "config.json is read as jansson and the spec's types say, or refused with the right place")
{
        struct sim_memory *memory = pt_alloc(t, sizeof(*memory));
        uint64_t fail_at = pt_below(t, 4096);
        bool for_good = pt_bool(t);
        size_t len;
        const uint8_t *borrowed = pt_text(t, &len);
        char *text = pt_alloc(t, len); /* an object of its own: a read beyond is seen */

        memcpy(text, borrowed, len);
        sim_memory_begin(t, memory);
        const struct spec_ref *ref = spec_ref_read(t, text, len);
        struct parsed *first = parse(t, memory, text, len), *second = parse(t, memory, text, len);

        pt_note(t, "%s %s: %s", first->rc ? "refused" : "accepted", first->rc ? first->err.place : "",
                first->rc ? first->err.msg : "");
        PT_ASSERT(t, first->rc == second->rc && same_error(&first->err, &second->err));
        if (first->rc == 0) {
                PT_ASSERT(t, ref->root != NULL);
                judge_config(t, ref, first->config);
                judge_config(t, ref, second->config);
        } else if (is_position(&first->err)) {
                judge_position(t, memory, ref, text, len, &first->err);
        } else {
                PT_ASSERT(t, ref->root != NULL);
                spec_schema_judge(t, ref, first->err.place, first->err.errnum);
                PT_SOMETIMES(t, first->err.errnum == ERANGE, "a number out of range");
                PT_SOMETIMES(t, first->err.errnum == EINVAL, "a wrong type");
        }
        if (fail_at > 0)
                judge_faults(t, text, len, first, fail_at, for_good);
        drop(first);
        drop(second);
        PT_ASSERT(t, memory->live == 0);
}
