/* initlab check: real containers, every runtime, every scenario; see sandbox/report.h for what it says. */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/err.h"
#include "props/tool/tool.h"
#include "sandbox/executor.h"
#include "sandbox/report.h"

#define SCENARIOS_MAX 1024

enum { OPT_RUNTIME, OPT_SCENARIO, OPT_JSON, OPT_STRICT, OPT_UNTIL, OPT_JOBS, OPT_TIMEOUT, OPT_KEEP, OPT_LIST };

static const struct opt_spec specs[] = {
        [OPT_RUNTIME] = { "runtime", 'r', "PATH|NAME", "a runtime (again for more); default: labrun, runc, crun" },
        [OPT_SCENARIO] = { "scenario", 's', "FILE", "a scenario file or a committed one's name (again for more)" },
        [OPT_JSON] = { "json", 'j', "FILE", "write the result as JSON, too (schema: sandbox/report.h)" },
        [OPT_STRICT] = { "strict", 0, NULL, "known findings fail as well" },
        [OPT_UNTIL] = { "until", 'u', "ID", "end at the first violation of this invariant" },
        [OPT_JOBS] = { "jobs", 'J', "N", "containers at a time, 1 to 16; default 2" },
        [OPT_TIMEOUT] = { "timeout", 't', "MS", "bound of each run in milliseconds; default 10000" },
        [OPT_KEEP] = { "keep", 'k', "DIR", "keep config.json and the payload's report of each run in DIR/RUNTIME/SCENARIO" },
        [OPT_LIST] = { "list", 'l', NULL, "list the scenarios and end" },
        TOOL_OPTIONS,
};

static const struct tool tool = {
        "check", "[OPTION...]",
        "Runs real containers with each runtime and judges: a table, invariants down, runtimes across; then a line for\n"
        "each violation, with the command that repeats it. Needs root. Exit status: 0 nothing found, 1 a violation,\n"
        "2 could not run, 130 interrupted.\n",
        specs, sizeof specs / sizeof *specs
};

struct check {
        struct report report;
        struct scenario *scenario; /* n_scenarios */
        char (*scenario_path)[512];
        size_t n_scenarios;
        struct known known;
        const char *json, *keep;
        unsigned jobs, timeout_ms;
        int until; /* an invariant, -1: run all */
        bool list, runtimes_given;
        char bin[PATH_MAX], observer[PATH_MAX], corpus[PATH_MAX];
};

static _Noreturn void die(const struct err *err)
{
        char text[900];

        tool_die(&tool, "%s", err_format(err, text, sizeof text));
}

/* ------------------------------------------------------------------ places */

/* corpus/scenarios of an installed tree, else of a folder above this program (a build in the source tree). */
static void find_places(struct check *c)
{
        char dir[PATH_MAX];

        tool_exe_dir(dir);
        tool_path(c->bin, "%s/../../bin", dir);
        tool_path(c->observer, "%s/data/observer", dir);
        tool_path(c->corpus, "%s/../../share/initlab/corpus/scenarios", dir);
        while (access(c->corpus, R_OK | X_OK) < 0) {
                char *slash = strrchr(dir, '/');
                if (!slash || slash == dir)
                        tool_die(&tool, "the scenarios are neither installed nor in a folder above the program");
                *slash = '\0';
                tool_path(c->corpus, "%s/corpus/scenarios", dir);
        }
}

/* ------------------------------------------------------------------ scenarios */

static void add_scenario(struct check *c, const char *path)
{
        struct err err = ERR_INIT;

        if (c->n_scenarios == SCENARIOS_MAX)
                tool_die(&tool, "more than %d scenarios", SCENARIOS_MAX);
        if (scenario_load(path, &c->scenario[c->n_scenarios], &err) < 0)
                die(&err);
        snprintf(c->scenario_path[c->n_scenarios], sizeof c->scenario_path[0], "%s", path);
        c->n_scenarios++;
}

static bool is_scenario(const char *name)
{
        size_t n = strlen(name);

        return n > 5 && strcmp(name + n - 5, ".json") == 0 && strcmp(name, "known.json") != 0;
}

static void add_all_scenarios(struct check *c)
{
        char path[PATH_MAX];
        struct tool_names names;

        tool_list(c->corpus, &names);
        for (size_t i = 0; i < names.n; i++)
                if (is_scenario(names.item[i]))
                        add_scenario(c, tool_path(path, "%s/%s", c->corpus, names.item[i]));
        tool_names_free(&names);
        if (c->n_scenarios == 0)
                tool_die(&tool, "no scenario in %s", c->corpus);
}

/* A file, or the name of a committed one, with or without .json. */
static void add_named_scenario(struct check *c, const char *word)
{
        char path[PATH_MAX];
        struct tool_names names, known = { 0 };

        if (strchr(word, '/') || access(word, F_OK) == 0) {
                add_scenario(c, word);
                return;
        }
        tool_list(c->corpus, &names);
        for (size_t i = 0; i < names.n; i++) {
                if (!is_scenario(names.item[i]))
                        continue;
                if (strcmp(names.item[i], word) == 0)
                        word = NULL;
                names.item[i][strlen(names.item[i]) - 5] = '\0';
                if (!word || strcmp(names.item[i], word) == 0) {
                        add_scenario(c, tool_path(path, "%s/%s.json", c->corpus, names.item[i]));
                        tool_names_free(&names);
                        tool_names_free(&known);
                        return;
                }
                tool_names_add(&known, names.item[i]);
        }
        tool_unknown(&tool, "scenario", word, (const char *const *)known.item, known.n);
}

/* ------------------------------------------------------------------ runtimes */

static void skip(struct report *r, const char *what, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

static void skip(struct report *r, const char *what, const char *fmt, ...)
{
        va_list ap;

        if (r->n_skips == REPORT_SKIPS)
                return;
        snprintf(r->skip[r->n_skips].what, sizeof r->skip[0].what, "%s", what);
        va_start(ap, fmt);
        vsnprintf(r->skip[r->n_skips].reason, sizeof r->skip[0].reason, fmt, ap);
        va_end(ap);
        r->n_skips++;
}

static void label(struct report *r, struct report_runtime *rt)
{
        unsigned n = 1;

        for (size_t i = 0; i < r->n_runtimes; i++)
                n += strcmp(r->runtime[i].rt.name, rt->rt.name) == 0;
        strcpy(rt->label, rt->rt.name); /* which is shorter */
        if (n > 1)
                snprintf(rt->label + strlen(rt->label), 8, "#%hhu", (unsigned char)n);
}

static void add_runtime(struct check *c, const char *word, bool given)
{
        struct report *r = &c->report;
        struct report_runtime *rt = &r->runtime[r->n_runtimes];
        struct err err = ERR_INIT;
        int rc;

        if (r->n_runtimes == REPORT_RUNTIMES)
                tool_die(&tool, "more than %d runtimes", REPORT_RUNTIMES);
        rc = runtime_find(word, c->bin, &rt->rt, &err);
        if (rc < 0 && (given || rc != -ENOENT))
                die(&err);
        if (rc < 0) {
                strcpy(rt->skip, "not installed");
                skip(r, word, "not installed");
        }
        label(r, rt);
        r->n_runtimes++;
}

/* ------------------------------------------------------------------ options */

static int judged_invariant(const char *word)
{
        const char *ids[INV__COUNT];
        size_t n = 0;

        for (int i = 0; i < INV__COUNT; i++) {
                const struct invariant *inv = invariant_get((enum invariant_id)i);
                if (!inv->executor)
                        continue;
                if (strcmp(inv->id, word) == 0)
                        return i;
                ids[n++] = inv->id;
        }
        tool_unknown(&tool, "judged invariant", word, ids, n);
}

static const char *not_empty(const char *option, const char *value)
{
        if (!*value)
                tool_die(&tool, "--%s: an empty path", option);
        return value;
}

static void parse(struct check *c, int argc, char **argv)
{
        struct opt_iter it = { argc, argv, 1 };
        const char *value;
        int opt;

        while ((opt = tool_option(&tool, &it, &value)) != OPT_END) {
                switch (opt) {
                case OPT_RUNTIME:
                        add_runtime(c, value, true);
                        c->runtimes_given = true;
                        break;
                case OPT_SCENARIO:
                        add_named_scenario(c, value);
                        break;
                case OPT_JSON:
                        c->json = not_empty("json", value);
                        break;
                case OPT_STRICT:
                        c->report.strict = true;
                        break;
                case OPT_UNTIL:
                        c->until = judged_invariant(value);
                        break;
                case OPT_JOBS:
                        c->jobs = (unsigned)tool_number(&tool, "jobs", value, 1, 16);
                        break;
                case OPT_TIMEOUT:
                        c->timeout_ms = (unsigned)tool_number(&tool, "timeout", value, 100, 600000);
                        break;
                case OPT_KEEP:
                        c->keep = not_empty("keep", value); /* or the root's folder would be meant */
                        break;
                case OPT_LIST:
                        c->list = true;
                        break;
                }
        }
        if (it.at < argc)
                tool_die(&tool, "%s: no operand is taken; a scenario is given by --scenario", argv[it.at]);
}

/* ------------------------------------------------------------------ running */

struct runs {
        struct check *c;
        struct executor_run *run;
        size_t *index; /* of the report's run */
        size_t n;
};

static bool judge_done(size_t i, const struct observation *o, void *arg)
{
        struct runs *runs = arg;
        struct report *r = &runs->c->report;
        struct report_run *run = &r->run[runs->index[i]];
        const struct runtime *rt = &r->runtime[run->runtime].rt;
        static struct obs_report seen;
        struct err err = ERR_INIT;
        char text[900];

        run->ms = o->total_ms;
        snprintf(run->trouble, sizeof run->trouble, "%s", o->trouble);
        if (!run->trouble[0] && (obs_report_parse(o->report, o->report_len, &seen, &err) < 0 ||
                                 obs_hooks_parse(o->hooks, o->hooks_len, &seen, &err) < 0))
                snprintf(run->trouble, sizeof run->trouble, "%.500s", err_format(&err, text, sizeof text));
        if (run->trouble[0])
                return true;
        run->done = true;
        judge_run(run->s, o, &seen, rt->ours, run->verdict);
        for (int id = 0; id < INV__COUNT; id++)
                if (run->verdict[id].kind == VERDICT_FAIL &&
                    known_match(&runs->c->known, rt->name, rt->version, (enum invariant_id)id, run->s->name,
                                run->verdict[id].evidence))
                        run->verdict[id].kind = VERDICT_KNOWN;
        return runs->c->until < 0 || !report_violates(r, &run->verdict[runs->c->until]);
}

static int open_keep(const struct check *c, const char *runtime, const char *scenario)
{
        char dir[PATH_MAX];
        int fd, rc;

        if (!c->keep)
                return -1;
        rc = tool_mkdirs(tool_path(dir, "%s/%s/%s", c->keep, runtime, scenario));
        fd = rc < 0 ? rc : open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (fd < 0)
                tool_die(&tool, "%s: cannot be made", dir);
        return fd;
}

/* The first word of the name: "exec" of exec-missing-run. */
static bool same_family(const struct scenario *a, const struct scenario *b)
{
        size_t n = strcspn(a->name, "-");

        return n == strcspn(b->name, "-") && strncmp(a->name, b->name, n) == 0;
}

/*
 * In which order they are run: as they are, but whoever ends at the first violation has it sooner if the families take turns,
 * for what one scenario of a family shows the others mostly show, too.
 */
static void order_scenarios(const struct check *c, size_t order[SCENARIOS_MAX])
{
        static size_t turn[SCENARIOS_MAX];
        size_t n = 0, last = 0;

        for (size_t i = 0; i < c->n_scenarios; i++) {
                turn[i] = 0;
                for (size_t k = 0; k < i && c->until >= 0; k++)
                        turn[i] += same_family(&c->scenario[i], &c->scenario[k]);
                last = turn[i] > last ? turn[i] : last;
        }
        for (size_t now = 0; now <= last; now++)
                for (size_t i = 0; i < c->n_scenarios; i++)
                        if (turn[i] == now)
                                order[n++] = i;
}

/* Every scenario with every runtime that is there, scenario by scenario. */
static void plan_runs(struct check *c, struct runs *runs)
{
        static size_t order[SCENARIOS_MAX];
        struct report *r = &c->report;
        size_t max = c->n_scenarios * r->n_runtimes;

        r->run = calloc(max, sizeof *r->run);
        runs->run = calloc(max, sizeof *runs->run);
        runs->index = calloc(max, sizeof *runs->index);
        if (!r->run || !runs->run || !runs->index)
                tool_die(&tool, "no memory");
        order_scenarios(c, order);
        for (size_t at = 0; at < c->n_scenarios; at++) {
                size_t s = order[at];
                const struct scenario *scenario = &c->scenario[s];

                for (size_t p = 0; p < scenario->plan.n; p++)
                        skip(r, scenario->name, "plan entry %s: not expressible here", scenario->plan.item[p]);
                for (size_t i = 0; i < r->n_runtimes; i++) {
                        struct report_run *run = &r->run[r->n_runs];

                        if (!r->runtime[i].rt.present)
                                continue;
                        run->s = scenario;
                        run->runtime = i;
                        snprintf(run->scenario, sizeof run->scenario, "%s", c->scenario_path[s]);
                        runs->run[runs->n] = (struct executor_run){
                                scenario, &r->runtime[i].rt, open_keep(c, r->runtime[i].label, scenario->name)
                        };
                        runs->index[runs->n++] = r->n_runs++;
                }
        }
}

/* Not after a minute of containers, and without touching what is there. */
static void need_writable(const char *path)
{
        int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
        bool made = fd >= 0;

        if (fd < 0 && errno == EEXIST)
                fd = open(path, O_WRONLY | O_NONBLOCK | O_CLOEXEC);
        if (fd < 0)
                tool_die(&tool, "--json %s: cannot be written: %s", path, strerror(errno));
        close(fd);
        if (made)
                unlink(path);
}

static int run_all(struct check *c)
{
        struct runs runs = { .c = c };
        struct executor executor;
        struct err err = ERR_INIT;
        int rc;

        tool_catch_interrupts();
        if (c->json)
                need_writable(c->json);
        plan_runs(c, &runs); /* may end the program: before there is anything to clean up */
        rc = executor_open(c->observer, &executor, &err);
        if (rc < 0)
                die(&err);
        rc = executor_run(&executor, runs.run, runs.n, c->jobs, c->timeout_ms, &tool_interrupted, judge_done, &runs,
                          &err);
        executor_close(&executor);
        free(runs.run);
        free(runs.index);
        if (rc == -EINTR)
                return TOOL_INTERRUPTED;
        if (rc < 0)
                die(&err);
        return report_status(&c->report);
}

int main(int argc, char **argv)
{
        static struct check c = { .jobs = 2, .timeout_ms = 10000, .until = -1 };
        static const char *const defaults[] = { "labrun", "runc", "crun" };
        struct err err = ERR_INIT;
        char path[PATH_MAX], initlab[PATH_MAX];
        int status;

        c.scenario = calloc(SCENARIOS_MAX, sizeof *c.scenario);
        c.scenario_path = calloc(SCENARIOS_MAX, sizeof *c.scenario_path);
        if (!c.scenario || !c.scenario_path)
                tool_die(&tool, "no memory");
        find_places(&c);
        parse(&c, argc, argv);
        if (c.n_scenarios == 0)
                add_all_scenarios(&c);
        if (c.list) {
                for (size_t i = 0; i < c.n_scenarios; i++)
                        printf("%-44s %s\n", c.scenario[i].name, c.scenario[i].about);
                return TOOL_CLEAN;
        }
        if (known_load(tool_path(path, "%s/known.json", c.corpus), &c.known, &err) < 0)
                die(&err);
        for (size_t i = 0; !c.runtimes_given && i < sizeof defaults / sizeof *defaults; i++)
                add_runtime(&c, defaults[i], false);
        status = run_all(&c);
        c.report.initlab = tool_initlab(initlab);
        report_print(&c.report, stdout);
        if (status == TOOL_INTERRUPTED)
                printf("interrupted: the table is of the runs until then\n");
        if (c.json && report_write_json(&c.report, status, c.json, &err) < 0)
                die(&err);
        if (fflush(stdout) != 0)
                tool_die(&tool, "standard output: %s", strerror(errno));
        free(c.report.run);
        free(c.scenario);
        free(c.scenario_path);
        return status;
}
