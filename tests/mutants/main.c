/*
 * `make mutants`: are core's pure modules tested by their properties? Plants mechanical mutants, one at a time, and asks
 * the corpora and properties whether they see it.
 */
#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "props/tool/tool.h"
#include "tests/mutants/plant.h"

#define LEAST 85 /* percent that must be killed of those that count */

enum { OPT_SAMPLE, OPT_SEED, OPT_JOBS, OPT_ID, OPT_FILE, OPT_LIST };

static const struct opt_spec specs[] = {
        {"sample", 'n', "N", "how many, drawn from all (default 200)"},
        {"seed", 's', "TEXT", "what they are drawn by (default: a digest of the sources)"},
        {"jobs", 'j', "N", "how many at once (default 2)"},
        {"id", 0, "ID", "only this one; what was made of it stays in .initlab/mutants"},
        {"file", 'f', "PATH", "only of this module: a file, or what its path begins with"},
        {"list", 'l', NULL, "print the chosen ones and judge none"},
        TOOL_OPTIONS,
};

static const struct tool tool = {
        "mutants", "[OPTION...]",
        "Plants mechanical mutants of core's pure modules, one at a time, and asks the corpora and properties of the\n"
        "build with sanitizers whether they see it. Not counted: what the compiler refuses, or makes the same object\n"
        "file of, and what tests/mutants/accepted shows to be equivalent. Survivors are listed, with what that file\n"
        "says of them. Exit status 1: less than 85 % are killed.\n",
        specs, sizeof(specs) / sizeof(*specs)};

/* The pure modules: without the kernel but for memory. Their properties, the quickest first. */
struct module {
        const char *path; /* a folder, all of it, or a file */
        const char *properties[4];
};
static const struct module modules[] = {
        {"core/base/err.c", {"error_text"}},
        {"core/base/nearest.c", {"nearest"}},
        {"core/cli/opt.c", {"options"}},
        {"core/config", {"spec_valid", "spec_exec", "spec_parse"}},
        {"core/container/idmap.c", {"id_maps"}},
        {"core/container/lifecycle.c", {"lifecycle"}},
        {"core/container/mount_options.c", {"mount_options"}},
        {"core/container/cgroup_json.c", {"state_file"}},
        {"core/container/seccomp.c", {"seccomp_bpf", "spec_valid"}},
        {"core/container/seccomp_args.c", {"seccomp_bpf"}},
        {"core/container/sysctl.c", {"sysctl_names"}},
        {"core/fds", {"fd_listen", "fd_close"}},
        {"core/seal/verdict.c", {"seal_trust"}},
        {"core/sync/sync_codec.c", {"sync_refused", "sync_codec", "sync_channel"}},
        {"core/sync/sync_fsm.c", {"sync_channel"}},
        {"core/sync/sync_payload.c", {"sync_refused", "sync_codec", "sync_channel"}},
};
#define MODULES (sizeof(modules) / sizeof(*modules))

static const struct module *module_of(const char *path)
{
        for (size_t i = 0; i < MODULES; i++)
                if (strncmp(path, modules[i].path, strlen(modules[i].path)) == 0)
                        return &modules[i];
        abort();
}

/* --- the choice --- */

static void add_text(struct tool_data *all, const char *path)
{
        struct tool_data data;
        int rc = tool_read(path, 16u << 20, &data);

        if (rc < 0)
                tool_die(&tool, "%s: %s", path, strerror(-rc));
        all->p = realloc(all->p, all->len + data.len + 1);
        if (!all->p)
                abort();
        memcpy(all->p + all->len, data.p, data.len);
        all->len += data.len;
        all->p[all->len] = '\0';
        free(data.p);
}

static bool is_source(const char *name)
{
        size_t n = strlen(name);

        return n > 2 && strcmp(name + n - 2, ".c") == 0;
}

static void add_file(struct tool_names *files, const char *path, const char *only)
{
        if (is_source(path) && (!only || strncmp(path, only, strlen(only)) == 0))
                tool_names_add(files, path);
}

/* Files relative to the sources, which are the working directory. only: what their paths begin with; NULL: all. */
static void list_files(const char *only, struct tool_names *ret_files)
{
        char path[PATH_MAX];
        struct tool_names names;

        for (size_t i = 0; i < MODULES; i++) {
                if (is_source(modules[i].path)) {
                        add_file(ret_files, modules[i].path, only);
                        continue;
                }
                int rc = tool_list(modules[i].path, &names);
                if (rc < 0 || names.n == 0)
                        tool_die(&tool, "%s: %s", modules[i].path, rc < 0 ? strerror(-rc) : "no sources");
                for (size_t k = 0; k < names.n; k++)
                        add_file(ret_files, tool_path(path, "%s/%s", modules[i].path, names.item[k]), only);
                tool_names_free(&names);
        }
        if (ret_files->n == 0)
                tool_die(&tool, "no module whose path begins with %s", only);
}

static void choose(const struct tool_names *files, const char *seed, const char *id, size_t n, struct rows *rows)
{
        struct tool_data all = {0};
        char digest[33];

        for (size_t i = 0; i < files->n; i++) {
                size_t from = all.len;
                add_text(&all, files->item[i]);
                if (!rows_add(rows, files->item[i], (char *)all.p + from))
                        tool_die(&tool, "%s: its brackets don't match", files->item[i]);
        }
        tool_digest(all.p, all.len, digest);
        free(all.p);
        if (id) {
                rows_keep(rows, id);
                if (rows->n == 0)
                        tool_die(&tool, "no mutant %s; --list --sample 100000 lists all", id);
                return;
        }
        printf("seed %s, %zu mutants to choose from\n", seed ? seed : digest, rows->n);
        rows_sample(rows, seed ? seed : digest, n);
}

static void print_row(const struct row *row)
{
        printf("  %s %s:%u %s in %s\n      %s\n   -> ", row->id, row->path, row->number, mutation_names[row->mutant.kind],
               row->function, row->line);
        for (const char *p = row->mutant.with; *p; p++)
                if (*p != '\n')
                        putchar(*p);
        putchar('\n');
}

/* --- the trial --- */

struct shared {
        atomic_size_t next, done;
        _Atomic unsigned char verdict[];
};

static void work(const struct plant *plant, const struct rows *rows, struct shared *shared)
{
        size_t i;

        prctl(PR_SET_PDEATHSIG, SIGTERM);
        while ((i = atomic_fetch_add(&shared->next, 1)) < rows->n) {
                enum verdict v = plant_judge(plant, &rows->item[i], module_of(rows->item[i].path)->properties);
                shared->verdict[i] = (unsigned char)v;
                size_t done = atomic_fetch_add(&shared->done, 1) + 1;
                if (done % 20 == 0)
                        fprintf(stderr, "%zu of %zu\n", done, rows->n);
        }
}

static struct shared *judge_all(const struct plant *plant, const struct rows *rows, unsigned jobs)
{
        struct shared *shared = mmap(NULL, sizeof(*shared) + rows->n, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

        if (shared == MAP_FAILED)
                tool_die(&tool, "mmap: %s", strerror(errno));
        for (unsigned i = 0; i < jobs; i++) {
                pid_t pid = fork();
                if (pid < 0)
                        tool_die(&tool, "fork: %s", strerror(errno));
                if (pid == 0) {
                        work(plant, rows, shared);
                        _exit(0);
                }
        }
        while (wait(NULL) > 0 || errno == EINTR)
                ;
        return shared;
}

/* The files of the chosen ones as they are. */
static void compile_clean(const struct plant *plant, const struct rows *rows)
{
        for (size_t i = 0; i < rows->n; i++) {
                size_t first = 0;
                while (rows->item[first].path != rows->item[i].path)
                        first++;
                if (first == i && !plant_file(plant, rows->item[i].path))
                        exit(TOOL_UNABLE);
        }
}

/* --- the report --- */

/*
 * What tests/mutants/accepted says of an id: a line "ID equivalent REASON" (it can't be told apart) or "ID unseen
 * REASON" (it could, but none of these properties may see it). NULL: nothing. By malloc.
 */
static char *accepted(const char *id)
{
        struct tool_data all = {0};
        char *found = NULL, *save = NULL;

        add_text(&all, "tests/mutants/accepted");
        for (char *line = strtok_r((char *)all.p, "\n", &save); line && !found; line = strtok_r(NULL, "\n", &save))
                if (strncmp(line, id, ROW_ID - 1) == 0 && line[ROW_ID - 1] == ' ')
                        found = strdup(line + ROW_ID);
        free(all.p);
        return found;
}

struct sum {
        unsigned of[VERDICT__COUNT], equivalent;
};

/* Prints the survivors and what could not be judged; sums up by kind. */
static void sum_up(const struct rows *rows, const struct shared *shared, struct sum sums[MUTATION__COUNT + 1])
{
        for (size_t i = 0; i < rows->n; i++) {
                enum verdict v = shared->verdict[i];
                struct sum *kind = &sums[rows->item[i].mutant.kind], *all = &sums[MUTATION__COUNT];
                char *reason = v == VERDICT_SURVIVED ? accepted(rows->item[i].id) : NULL;
                kind->of[v]++;
                all->of[v]++;
                if (v == VERDICT_SURVIVED || v == VERDICT_ERROR || v == VERDICT_NONE) {
                        printf("%s:\n", v == VERDICT_SURVIVED ? "survivor" : "not judged");
                        print_row(&rows->item[i]);
                        printf("      %s\n", reason ? reason : "no reason known");
                }
                if (reason && strncmp(reason, "equivalent ", 11) == 0) {
                        kind->equivalent++;
                        all->equivalent++;
                }
                free(reason);
        }
}

static unsigned counted(const struct sum *s)
{
        return s->of[VERDICT_PROPERTY] + s->of[VERDICT_CRASH] + s->of[VERDICT_SURVIVED] - s->equivalent;
}

static int report(const struct rows *rows, const struct shared *shared)
{
        struct sum sums[MUTATION__COUNT + 1] = {0};

        sum_up(rows, shared, sums);
        printf("\n%-8s %8s %8s %10s %8s %8s %8s %10s\n", "kind", "planted", "refused", "equivalent", "property", "crash",
               "survived", "killed");
        for (int k = 0; k <= MUTATION__COUNT; k++) {
                const struct sum *s = &sums[k];
                unsigned n = counted(s), killed = s->of[VERDICT_PROPERTY] + s->of[VERDICT_CRASH], planted = 0;
                for (int v = 0; v < VERDICT__COUNT; v++)
                        planted += s->of[v];
                printf("%-8s %8u %8u %10u %8u %8u %8u %8.1f %%\n", k < MUTATION__COUNT ? mutation_names[k] : "all", planted,
                       s->of[VERDICT_REFUSED], s->of[VERDICT_EQUAL] + s->equivalent, s->of[VERDICT_PROPERTY],
                       s->of[VERDICT_CRASH], s->of[VERDICT_SURVIVED] - s->equivalent, n ? 100.0 * killed / n : 100.0);
        }
        const struct sum *all = &sums[MUTATION__COUNT];
        if (all->of[VERDICT_ERROR] + all->of[VERDICT_NONE] > 0)
                return TOOL_UNABLE;
        return (all->of[VERDICT_PROPERTY] + all->of[VERDICT_CRASH]) * 100 < counted(all) * LEAST ? TOOL_FOUND : TOOL_CLEAN;
}

/* The sources that this program was built from are above it: build/tests/mutants. */
static void enter_sources(char root[PATH_MAX])
{
        char dir[PATH_MAX], up[PATH_MAX];

        tool_exe_dir(dir);
        if (!realpath(tool_path(up, "%s/../..", dir), root) || chdir(root) < 0)
                tool_die(&tool, "%s: %s", up, strerror(errno));
        if (access("core/sys.h", R_OK) < 0)
                tool_die(&tool, "%s is no source tree of initlab", root);
}

int main(int argc, char **argv)
{
        struct opt_iter it = {argc, argv, 1};
        const char *value, *seed = NULL, *id = NULL, *only = NULL;
        char root[PATH_MAX], build[PATH_MAX], dir[PATH_MAX];
        size_t sample = 200;
        unsigned jobs = 2;
        bool list = false;
        int opt;

        while ((opt = tool_option(&tool, &it, &value)) != OPT_END) {
                if (opt == OPT_SAMPLE)
                        sample = tool_number(&tool, "sample", value, 1, 1000000);
                else if (opt == OPT_SEED)
                        seed = value;
                else if (opt == OPT_JOBS)
                        jobs = (unsigned)tool_number(&tool, "jobs", value, 1, 1000);
                else if (opt == OPT_ID)
                        id = value;
                else if (opt == OPT_FILE)
                        only = value;
                else
                        list = true;
        }
        if (it.at != argc)
                tool_die(&tool, "unexpected '%s'", argv[it.at]);
        enter_sources(root);
        struct tool_names files = {0};
        struct rows rows = {0};
        list_files(only, &files);
        choose(&files, seed, id, sample, &rows);
        for (size_t i = 0; list && i < rows.n; i++)
                print_row(&rows.item[i]);
        if (list)
                return TOOL_CLEAN;
        const char *home = tool_home();
        tool_path(dir, home[0] == '/' ? "%s/mutants" : "%s/%s/mutants", home[0] == '/' ? home : root, home);
        struct plant plant = {.root = root, .build = tool_path(build, "%s/build/asan", root), .work = dir};
        tool_remove_tree(dir);
        if (tool_mkdirs(dir) < 0 || !plant_begin(&plant))
                tool_die(&tool, "build/asan is not there: .ci/build asan");
        compile_clean(&plant, &rows);
        fflush(stdout);
        struct shared *shared = judge_all(&plant, &rows, jobs);
        if (!id)
                tool_remove_tree(dir);
        int status = report(&rows, shared);
        rows_free(&rows);
        tool_names_free(&files);
        free(plant.link);
        return status;
}
