/* initlab replay: decodes one input of any engine or corpus, runs it, says whether it still fails. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fuzz/campaign/campaign.h"
#include "fuzz/triage/triage.h"
#include "props/runner/replay.h"

enum { OPT_TARGET, OPT_ENGINES };

static const struct opt_spec specs[] = {
        {"target", 't', "NAME", "whose input it is (default: as the path says)"},
        {"engines", 0, "DIR", "folder with FLAVOUR/bin/fuzz_NAME"},
        TOOL_OPTIONS,
};

static const struct tool tool = {
        "replay", "[OPTION...] FILE|-",
        "Prints what the input means (its draws and notes; of a text the document), runs it, and says "
        "whether it fails,\n"
        "here and in the build with sanitizers if there is one. Exit status 1: it still fails.\n",
        specs, sizeof(specs) / sizeof(*specs)};

static void print_report(const char *path)
{
        struct tool_data data;

        if (tool_read(path, 16u << 20, &data) < 0)
                return;
        fwrite(data.p, 1, data.len, stdout);
        free(data.p);
}

/* What the build with sanitizers says; true: it fails there. */
static bool ask_sanitizers(const char *engines, const char *target, const struct tool_data *data)
{
        char program[PATH_MAX], input[PATH_MAX], report[PATH_MAX];
        struct judgement j;
        bool fails = false;

        if (!place_program(engines, "libfuzzer", target, program) &&
            !place_program(engines, "asan", target, program)) {
                printf("with sanitizers: not built\n");
                return false;
        }
        tool_path(input, "%s/replay.%d.input", tool_home(), getpid());
        tool_path(report, "%s/replay.%d.report", tool_home(), getpid());
        if (tool_write(input, data->p, data->len) < 0 || !judge_input(engines, target, input, report, &j)) {
                printf("with sanitizers: could not run %s\n", program);
        } else if (!j.fails) {
                printf("with sanitizers: does not fail\n");
        } else {
                fails = true;
                if (strcmp(j.kind, "property") != 0)
                        print_report(report);
                printf("with sanitizers: fails: %s: %s\n", j.kind, j.site);
        }
        unlink(input);
        unlink(report);
        return fails;
}

int main(int argc, char **argv)
{
        struct opt_iter it = {argc, argv, 1};
        const char *value, *given = NULL;
        char engines[PATH_MAX] = "", target[64];
        struct tool_data data;
        int opt;

        pt_setup();
        while ((opt = tool_option(&tool, &it, &value)) != OPT_END) {
                if (opt == OPT_TARGET)
                        given = value;
                else
                        tool_path(engines, "%s", value);
        }
        if (it.at + 1 != argc)
                tool_die(&tool, "wants one FILE, or - for standard input");
        const char *path = argv[it.at];
        int rc = tool_read(path, 64u << 20, &data);
        if (rc < 0)
                tool_die(&tool, "%s: %s", path, strerror(-rc));
        triage_target(&tool, given, path, target);
        const pt_prop *prop = pt_prop_find(target);
        if (!prop) {
                const char *words[256];
                for (size_t i = 0; i < pt_prop_count(); i++)
                        words[i] = pt_prop_at(i)->name;
                tool_unknown(&tool, "target", target, words, pt_prop_count());
        }
        enum replay_verdict v = replay_input(prop, data.p, data.len, 30000);
        bool fails = v != REPLAY_PASS && v != REPLAY_DISCARD;
        fflush(stdout);
        if (ask_sanitizers(engines, target, &data))
                fails = true;
        free(data.p);
        if (v == REPLAY_UNABLE)
                tool_die(&tool, "could not start a process");
        return fails ? TOOL_FOUND : TOOL_CLEAN;
}
