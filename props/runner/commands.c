#include "props/runner/commands.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "props/runner/finding_text.h"
#include "props/runner/hunt.h"
#include "props/runner/replay.h"
#include "props/runner/server.h"

#define INPUT_MAX (64u << 20)
#define REPLAY_MS 30000u

/* --- what a path names: a finding's folder or text, or bytes --- */

struct named {
        char path[PATH_MAX];
        const pt_prop *prop;
        struct tool_data bytes;
        struct saved saved; /* if text */
        bool text;
};

/* The property is told by the text, else by --property. */
static const pt_prop *property_of(struct run *run, const struct named *n)
{
        if (run->chosen.n > 1 || (run->chosen.n == 0 && !n->text))
                tool_die(run->tool, "%s: whose input is it? --property NAME", n->path);
        if (n->text && run->chosen.n == 1 && strcmp(run->chosen.item[0], n->saved.property) != 0)
                tool_die(run->tool, "%s: a finding of %s, not of %s", n->path, n->saved.property,
                         run->chosen.item[0]);
        return run_find(run->tool, n->text ? n->saved.property : run->chosen.item[0]);
}

static void open_named(struct run *run, const char *path, struct named *ret)
{
        struct stat st;
        const char *why;
        int rc;

        *ret = (struct named){0};
        if (stat(path, &st) == 0 && S_ISDIR(st.st_mode)) {
                rc = saved_load_finding(path, &ret->saved, ret->path, &why);
                if (rc < 0)
                        tool_die(run->tool, "%s: %s", ret->path, why);
                ret->text = true;
                ret->prop = property_of(run, ret);
                return;
        }
        tool_path(ret->path, "%s", path);
        rc = tool_read(path, INPUT_MAX, &ret->bytes);
        if (rc < 0)
                tool_die(run->tool, "%s: %s", path, strerror(-rc));
        if (finding_is_text(ret->bytes.p, ret->bytes.len)) {
                rc = saved_parse(ret->bytes.p, ret->bytes.len, &ret->saved, &why);
                if (rc < 0)
                        tool_die(run->tool, "%s: %s", path, why);
                ret->text = true;
        }
        ret->prop = property_of(run, ret);
}

static void close_named(struct named *n)
{
        free(n->bytes.p);
        saved_free(&n->saved);
}

/* Runs it, for its trace and its signature. */
static void run_named(struct named *n, struct server *server, struct outcome *ret)
{
        if (n->text) {
                struct source_saved source;
                source_saved_init(&source, &n->saved);
                server_source(server, &source.source, ret);
        } else {
                struct pt_source_bytes source;
                pt_source_bytes_init(&source, n->prop, n->bytes.p, n->bytes.len);
                server_source(server, &source.source, ret);
        }
}

int command_replay(struct run *run, const char *path)
{
        struct named n;

        open_named(run, path, &n);
        enum replay_verdict v = n.text ? replay_saved(n.prop, &n.saved, REPLAY_MS)
                                       : replay_input(n.prop, n.bytes.p, n.bytes.len, REPLAY_MS);
        close_named(&n);
        return v == REPLAY_UNABLE                        ? TOOL_UNABLE
               : v == REPLAY_PASS || v == REPLAY_DISCARD ? TOOL_CLEAN
                                                         : TOOL_FOUND;
}

static struct server *server_for(struct run *run, const pt_prop *prop)
{
        struct server *server = server_new(prop, run_timeout(prop), NULL);

        if (!server)
                tool_die(run->tool, "out of memory");
        tool_catch_interrupts();
        return server;
}

int command_shrink(struct run *run, const char *path)
{
        struct named n;
        struct outcome o;

        open_named(run, path, &n);
        struct server *server = server_for(run, n.prop);
        run_named(&n, server, &o);
        printf("%s\n", n.prop->name);
        if (outcome_fails(&o)) {
                struct hunt h = {
                        .run = run, .prop = n.prop, .server = server, .bytes = n.bytes.p, .len = n.bytes.len};
                h.from = n.path;
                hunt(&h, &o);
        } else {
                char text[512];
                outcome_describe(&o, text, sizeof(text));
                printf("  %s: %s\n", n.path, text);
                run->status = TOOL_UNABLE; /* there is nothing to shrink */
        }
        server_free(server);
        close_named(&n);
        return tool_interrupted ? TOOL_INTERRUPTED : run->status;
}

static int promote(struct run *run, const struct named *n, const char *name, const uint8_t *p, size_t len)
{
        char to[PATH_MAX];
        struct tool_data old;

        if (!run->corpus[0])
                tool_die(run->tool, "no corpus found: --corpus DIR");
        tool_path(to, "%s/regressions/%s/%s", run->corpus, n->prop->name, name);
        if (tool_read(to, INPUT_MAX, &old) == 0) {
                bool same = old.len == len && (len == 0 || memcmp(old.p, p, len) == 0);
                free(old.p);
                if (!same)
                        tool_die(run->tool, "%s: there is another input of that name", to);
                printf("%s: is there already\n", to);
                return TOOL_CLEAN;
        }
        int rc = tool_write(to, p, len);
        if (rc < 0)
                tool_die(run->tool, "%s: %s", to, strerror(-rc));
        printf("%s\n", to);
        return TOOL_CLEAN;
}

int command_export(struct run *run, const char *path, bool to_corpus)
{
        uint8_t *form = malloc(INPUT_MAX);
        int status = TOOL_CLEAN;
        struct named n;
        struct outcome o;

        open_named(run, path, &n);
        if (!n.text || !form)
                tool_die(run->tool, "%s: %s", path, form ? "is no finding" : "out of memory");
        struct server *server = server_for(run, n.prop);
        run_named(&n, server, &o);
        if (o.end == OUTCOME_INTERRUPTED || o.end == OUTCOME_UNABLE)
                tool_die(run->tool, "%s: %s", path, o.end == OUTCOME_UNABLE ? o.result.msg : "interrupted");
        size_t len = pt_trace_bytes(o.trace, n.prop, form, INPUT_MAX, NULL);
        if (len == SIZE_MAX)
                tool_die(run->tool, "%s: too large", path);
        if (to_corpus)
                status = promote(run, &n, n.saved.signature, form, len);
        else if (fwrite(form, 1, len, stdout) != len || fflush(stdout) != 0)
                tool_die(run->tool, "standard output: %s", strerror(errno));
        server_free(server);
        close_named(&n);
        free(form);
        return status;
}

/* --- all small cases --- */

/* Of more and more draws, until the limit is reached or there are no more. */
static void exhaust_property(struct run *run, const pt_prop *prop, uint32_t scope, uint64_t limit)
{
        struct server *server = server_for(run, prop);
        uint64_t cases = 0, done = 0;
        uint32_t depth = 0, whole_depth = 0;
        struct outcome o = {.end = OUTCOME_PASS};
        bool whole = true, all = false;

        if (scope == 0)
                scope = prop->scope ? prop->scope : PT_SCOPE;
        if (prop->flags & (PT_TEXT | PT_FORK_EACH)) {
                printf("%-24s skip: %s\n", prop->name,
                       prop->flags & PT_TEXT ? "documents are not enumerated"
                                             : "wants a process for each case");
                server_free(server);
                return;
        }
        while (whole && !all && !outcome_fails(&o) && o.end != OUTCOME_INTERRUPTED &&
               depth < PT_TRACE_CHOICES) {
                uint64_t last = cases;
                depth = depth < 4 ? depth + 1 : depth + depth / 4;
                server_exhaust(server, scope, depth, limit, &o, &cases, &whole);
                if (whole) {
                        whole_depth = depth;
                        all = depth > 4 &&
                              cases == last; /* deeper changes nothing: there are no more draws */
                        done = cases;
                }
        }
        printf("%-24s %8llu cases, %u values of a draw: ", prop->name,
               (unsigned long long)(done > cases ? done : cases), scope);
        if (outcome_fails(&o)) {
                printf("FAILED\n");
                struct hunt h = {
                        .run = run, .prop = prop, .server = server, .from = "case:   of the small ones"};
                hunt(&h, &o);
        } else if (o.end == OUTCOME_INTERRUPTED) {
                printf("interrupted\n");
        } else if (o.end == OUTCOME_UNABLE) {
                printf("could not run: %s\n", o.result.msg);
                run->status = TOOL_UNABLE;
        } else if (all) {
                printf("ok, all there are\n");
        } else {
                printf("ok, all in the first %u choices\n", whole_depth);
        }
        server_free(server);
}

int command_exhaust(struct run *run, uint32_t scope, uint64_t limit)
{
        for (size_t i = 0; i < run->chosen.n && !tool_interrupted; i++)
                exhaust_property(run, run_find(run->tool, run->chosen.item[i]), scope, limit);
        for (size_t i = 0; run->chosen.n == 0 && i < pt_prop_count() && !tool_interrupted; i++)
                exhaust_property(run, pt_prop_at(i), scope, limit);
        return tool_interrupted ? TOOL_INTERRUPTED : run->status;
}
