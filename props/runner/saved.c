/* Findings, run again: before every run, and to migrate them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "props/runner/commands.h"
#include "props/runner/finding_text.h"
#include "props/runner/server.h"

/* What one finding came to, the case as it was drawn today. */
struct again {
        struct outcome outcome;
        size_t inserted, removed;
        char first[200];
        bool same; /* it fails as it did */
};

/* The child writes what it came to behind the source, in shared memory. */
static void run_again(struct server *server, const struct saved *saved, struct again *ret)
{
        struct source_saved *source = server_share(server, sizeof(*source));

        *ret = (struct again){0};
        source_saved_init(source, saved);
        server_twice(server, strcmp(saved->signature, "unstable") == 0);
        server_source(server, &source->source, &ret->outcome);
        ret->inserted = source->inserted;
        ret->removed = source->removed;
        snprintf(ret->first, sizeof(ret->first), "%s", source->first);
        ret->same =
                outcome_fails(&ret->outcome) && strcmp(ret->outcome.signature.name, saved->signature) == 0;
}

static bool is_stale(const struct again *a)
{
        return a->inserted + a->removed > 0;
}

static const char *name_of(const char *dir)
{
        return strrchr(dir, '/') + 1;
}

/* One line for each, and true if the run fails by it. */
static bool tell(FILE *to, struct run *run, const char *dir, const char *path, const struct again *a)
{
        char text[512], initlab[PATH_MAX];

        outcome_describe(&a->outcome, text, sizeof(text));
        if (a->outcome.end == OUTCOME_INTERRUPTED || a->outcome.end == OUTCOME_UNABLE) {
                fprintf(to, "  finding %s: could not be run: %s\n", name_of(dir), text);
                run->status = a->outcome.end == OUTCOME_UNABLE ? TOOL_UNABLE : TOOL_INTERRUPTED;
                return true;
        }
        if (outcome_fails(&a->outcome)) {
                fprintf(to, "  finding %s: still fails%s\n  %s\n  replay: %s prop replay %s\n", name_of(dir),
                        a->same ? "" : ", in another way", text, tool_initlab(initlab), path);
                run->status = TOOL_FOUND;
                return true;
        }
        if (is_stale(a)) {
                fprintf(to,
                        "  finding %s: STALE: of its draws %zu are no longer made, %zu others are (%s): it "
                        "says nothing\n"
                        "  initlab prop migrate, or remove %s\n",
                        name_of(dir), a->removed, a->inserted, a->first, dir);
                run->status = TOOL_FOUND;
                return true;
        }
        fprintf(to,
                "  finding %s: no longer fails; initlab prop export --promote %s keeps it as a test, else "
                "remove it\n",
                name_of(dir), dir);
        return false;
}

bool saved_replay(FILE *to, struct run *run, const pt_prop *prop, struct server *server)
{
        struct tool_names dirs;
        bool fails = false;
        int rc = findings_list(prop->name, &dirs);

        if (rc < 0)
                tool_die(run->tool, "%s/findings/%s: %s", tool_home(), prop->name, strerror(-rc));
        for (size_t i = 0; i < dirs.n && !tool_interrupted; i++) {
                char path[PATH_MAX];
                const char *why;
                struct saved saved;
                struct again again;
                rc = saved_load_finding(dirs.item[i], &saved, path, &why);
                if (rc < 0) { /* what is not looked at must not pass */
                        fprintf(to, "  finding %s can't be read: %s: %s\n", name_of(dirs.item[i]), path, why);
                        if (run->status == TOOL_CLEAN)
                                run->status = TOOL_UNABLE;
                        fails = true;
                        continue;
                }
                run_again(server, &saved, &again);
                fails |= tell(to, run, dirs.item[i], path, &again);
                saved_free(&saved);
        }
        tool_names_free(&dirs);
        return fails;
}

/* --- migrating --- */

static void migrate(struct run *run, const pt_prop *prop, struct server *server, const char *dir)
{
        char path[PATH_MAX], from[128];
        const char *why;
        struct saved saved;
        struct again again;
        int rc = saved_load_finding(dir, &saved, path, &why);

        if (rc < 0) {
                printf("%s: %s\n", path, why);
                run->status = TOOL_UNABLE;
                return;
        }
        run_again(server, &saved, &again);
        if (again.outcome.end == OUTCOME_INTERRUPTED || again.outcome.end == OUTCOME_UNABLE) {
                printf("%s: could not be run: %s\n", dir, again.outcome.result.msg);
                run->status = TOOL_UNABLE;
        } else if (!is_stale(&again)) {
                printf("%s: up to date\n", dir);
        } else {
                struct signature signature = {0};
                snprintf(signature.name, sizeof(signature.name), "%s", name_of(dir));
                snprintf(from, sizeof(from), "migrated: %zu draws removed, %zu inserted", again.removed,
                         again.inserted);
                struct finding f = {.prop = prop,
                                    .signature = &signature,
                                    .trace = again.outcome.trace,
                                    .seed = saved.seed,
                                    .from = from,
                                    .message = saved.message};
                rc = finding_save(&f, FINDING_SHRUNK);
                if (rc < 0) {
                        printf("%s: %s\n", dir, strerror(-rc));
                        run->status = TOOL_UNABLE;
                } else {
                        printf("%s: %s; it %s\n", dir, from,
                               again.same                      ? "fails as it did"
                               : outcome_fails(&again.outcome) ? "fails in another way"
                                                               : "does not fail");
                }
        }
        saved_free(&saved);
}

static void migrate_property(struct run *run, const pt_prop *prop)
{
        struct tool_names dirs;
        struct server *server = server_new(prop, run_timeout(prop), NULL);
        int rc = findings_list(prop->name, &dirs);

        if (rc < 0 || !server)
                tool_die(run->tool, "%s: %s", prop->name, rc < 0 ? strerror(-rc) : "out of memory");
        for (size_t i = 0; i < dirs.n && !tool_interrupted; i++)
                migrate(run, prop, server, dirs.item[i]);
        tool_names_free(&dirs);
        server_free(server);
}

int command_migrate(struct run *run)
{
        tool_catch_interrupts();
        for (size_t i = 0; i < run->chosen.n; i++)
                migrate_property(run, run_find(run->tool, run->chosen.item[i]));
        for (size_t i = 0; run->chosen.n == 0 && i < pt_prop_count(); i++)
                migrate_property(run, pt_prop_at(i));
        return tool_interrupted ? TOOL_INTERRUPTED : run->status;
}
