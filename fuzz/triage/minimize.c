/* initlab minimize: a smaller input that fails in the same way. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fuzz/campaign/campaign.h"
#include "fuzz/triage/triage.h"

enum { OPT_TARGET, OPT_TIME, OPT_ENGINES };

static const struct opt_spec specs[] = {
        {"target", 't', "NAME", "whose input it is (default: as the path says)"},
        {"time", 0, "SECONDS", "at most (default 60)"},
        {"engines", 0, "DIR", "folder with libfuzzer/bin/fuzz_NAME"},
        TOOL_OPTIONS,
};

static const struct tool tool = {"minimize", "[OPTION...] FILE",
                                 "Writes FILE.min, a smaller input that fails at the same place in the same "
                                 "way. Exit status 0: written; 2: FILE\n"
                                 "does not fail, or nothing smaller fails so.\n",
                                 specs, sizeof(specs) / sizeof(*specs)};

/* Runs libFuzzer's minimiser; its result, if any, is in `to`. */
static void run(const char *program, const char *path, const char *to, const char *log, unsigned seconds)
{
        char artifact[PATH_MAX + 32], time[48],
                *argv[] = {(char *)program, (char *)"-minimize_crash=1", time, artifact, (char *)path, NULL};

        snprintf(artifact, sizeof(artifact), "-exact_artifact_path=%s", to);
        snprintf(time, sizeof(time), "-max_total_time=%u", seconds);
        pid_t pid = process_start(argv, log, -1);
        if (pid < 0)
                tool_die(&tool, "fork: %s", strerror(-pid));
        process_wait(pid, ((int64_t)seconds + 20) * 1000);
}

static int minimize(const char *engines, const char *target, const char *path, unsigned seconds)
{
        char program[PATH_MAX], to[PATH_MAX], log[PATH_MAX], result[PATH_MAX], initlab[PATH_MAX];
        struct judgement before, after;
        struct tool_data old, new = {0};

        if (!place_program(engines, "libfuzzer", target, program))
                tool_die(&tool, "fuzz_%s is not built for libfuzzer", target);
        if (!engines[0] && !place_same_sources(program))
                tool_die(&tool, "%s is not of the sources of this initlab: build both anew", program);
        if (!judge_input(engines, NULL, target, path, NULL, &before))
                tool_die(&tool, "could not run %s", program);
        if (!before.fails)
                tool_die(&tool, "%s does not fail", path);
        printf("%s: %s\n", before.kind, before.site);
        tool_path(to, "%s/minimize.%d", tool_home(), getpid());
        tool_path(log, "%s/minimize.%d.log", tool_home(), getpid());
        run(program, path, to, log, seconds);
        unlink(log);
        if (tool_interrupted) {
                unlink(to);
                return TOOL_INTERRUPTED;
        }
        if (tool_read(path, 64u << 20, &old) < 0)
                tool_die(&tool, "%s: not readable", path);
        bool smaller = tool_read(to, 64u << 20, &new) == 0 && new.len < old.len;
        if (!smaller)
                printf("nothing smaller fails (%zu bytes)\n", old.len);
        bool same = smaller && judge_input(engines, NULL, target, to, NULL, &after) && after.fails &&
                    strcmp(after.name, before.name) == 0;
        if (smaller && !same)
                printf("the smaller input fails in another way (%s: %s): not kept\n", after.kind, after.site);
        int rc = same ? tool_write(tool_path(result, "%s.min", path), new.p, new.len) : 0;
        unlink(to);
        if (rc < 0)
                tool_die(&tool, "%s: %s", result, strerror(-rc));
        if (same)
                printf("%zu bytes instead of %zu\n  replay: %s replay --target %s %s\n", new.len, old.len,
                       tool_initlab(initlab), target, result);
        free(old.p);
        free(new.p);
        return same ? TOOL_CLEAN : TOOL_UNABLE;
}

int main(int argc, char **argv)
{
        struct opt_iter it = {argc, argv, 1};
        const char *value, *given = NULL;
        char engines[PATH_MAX] = "", target[64];
        unsigned seconds = 60;
        int opt;

        while ((opt = tool_option(&tool, &it, &value)) != OPT_END) {
                if (opt == OPT_TARGET)
                        given = value;
                else if (opt == OPT_TIME)
                        seconds = (unsigned)tool_number(&tool, "time", value, 1, 1000000);
                else
                        place_engines(&tool, value, engines);
        }
        if (it.at + 1 != argc)
                tool_die(&tool, "wants one FILE");
        if (access(argv[it.at], R_OK) < 0)
                tool_die(&tool, "%s: not readable", argv[it.at]);
        triage_target(&tool, given, argv[it.at], target);
        tool_catch_interrupts();
        return minimize(engines, target, argv[it.at], seconds);
}
