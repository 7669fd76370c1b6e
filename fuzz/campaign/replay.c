/* The corpora, run once each before anything is fuzzed. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fuzz/campaign/campaign.h"

#define BATCH 500       /* files in one process */
#define BATCH_MS 300000 /* for one process */
#define LOG_MAX (64u << 20)

/* The last file that the program says it was running; NULL: none. */
static char *last_running(const char *log)
{
        static const char mark[] = "Running: ";
        struct tool_data data;
        char *name = NULL;

        if (tool_read(log, LOG_MAX, &data) < 0)
                return NULL;
        for (const uint8_t *p = data.p, *end = data.p + data.len; p < end;) {
                const uint8_t *nl = memchr(p, '\n', (size_t)(end - p));
                size_t n = (size_t)((nl ? nl : end) - p);
                if (n > sizeof(mark) - 1 && memcmp(p, mark, sizeof(mark) - 1) == 0) {
                        free(name);
                        name = strndup((const char *)p + sizeof(mark) - 1, n - sizeof(mark) + 1);
                }
                p += n + 1;
        }
        free(data.p);
        return name;
}

/* Runs files from..n-1, at most a batch. Returns how many are done; *ret_culprit is the one that ended it, or
 * NULL. */
static size_t run_batch(const char *program, bool libfuzzer, const struct tool_names *files, size_t from,
                        const char *log, const char **ret_culprit)
{
        char *argv[BATCH + 4];
        size_t n = 0, first, count;

        *ret_culprit = NULL;
        argv[n++] = (char *)program;
        if (libfuzzer) {
                argv[n++] = (char *)"-timeout=10";
                argv[n++] = (char *)"-rss_limit_mb=2048";
        }
        first = n;
        for (count = 0; count < BATCH && from + count < files->n; count++)
                argv[n++] = files->item[from + count];
        argv[n] = NULL;
        unlink(log);
        pid_t pid = process_start(argv, log, -1);
        int status = pid < 0 ? -1 : process_wait(pid, BATCH_MS);
        if (status == 0 || tool_interrupted)
                return count;
        char *culprit = last_running(log);
        for (size_t i = 0; culprit && i < count; i++)
                if (strcmp(argv[first + i], culprit) == 0) {
                        *ret_culprit = files->item[from + i];
                        count = i + 1;
                }
        free(culprit);
        return *ret_culprit ? count : 0;
}

/* The files of the target's corpora; what can't be read is said, for it must not pass for replayed. */
static void list_corpora(struct campaign *c, const char *target, struct tool_names *ret_files)
{
        char dir[PATH_MAX], path[PATH_MAX];
        struct tool_names names;

        for (int i = 0; i < STORE_DIRS; i++) {
                store_dir(c, target, i, dir);
                int rc = tool_list(dir, &names);
                if (rc < 0) {
                        fprintf(stderr, "initlab fuzz: %s: %s\n", dir, strerror(-rc));
                        c->failed = true;
                }
                for (size_t k = 0; k < names.n; k++) {
                        if (access(tool_path(path, "%s/%s", dir, names.item[k]), R_OK) == 0) {
                                tool_names_add(ret_files, path);
                                continue;
                        }
                        fprintf(stderr, "initlab fuzz: %s: %s\n", path, strerror(errno));
                        c->failed = true;
                }
                tool_names_free(&names);
        }
}

/* A file ended its batch: it fails, or the batch did in a way that it does not alone. */
static void note_culprit(struct campaign *c, const char *target, const char *culprit)
{
        struct judgement j;

        if (!judge_input(c->engines, NULL, target, culprit, NULL, &j))
                return;
        if (!j.fails) {
                snprintf(j.kind, sizeof(j.kind), "unstable");
                snprintf(j.site, sizeof(j.site), "fails after others of its folder, not alone");
        }
        crash_note(c, target, culprit, &j);
}

size_t replay_corpora(struct campaign *c, const char *target)
{
        char program[PATH_MAX], log[PATH_MAX];
        struct tool_names files = {0};
        const char *culprit, *flavour = place_judge(c->engines, target, program);
        size_t at = 0;

        if (!flavour)
                return 0;
        bool libfuzzer = strcmp(flavour, "libfuzzer") == 0;
        list_corpora(c, target, &files);
        tool_path(log, "%s/replay.%d", tool_home(), getpid());
        while (at < files.n && !tool_interrupted) {
                size_t done = run_batch(program, libfuzzer, &files, at, log, &culprit);
                if (done == 0) {
                        fprintf(stderr, "initlab fuzz: %s does not run; what it said is in %s\n", program,
                                log);
                        c->failed = true;
                        tool_names_free(&files);
                        return at;
                }
                at += done;
                if (culprit)
                        note_culprit(c, target, culprit);
        }
        unlink(log);
        tool_names_free(&files);
        return at;
}
