/* initlab replay: decodes one input of any engine or corpus, runs it, says whether it still fails. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
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
        "here and in the builds with sanitizers and of AFL++ if they are there. Exit status 1: it still "
        "fails.\n",
        specs, sizeof(specs) / sizeof(*specs)};

static void print_report(const char *path)
{
        struct tool_data data;

        if (tool_read(path, 16u << 20, &data) < 0)
                return;
        fwrite(data.p, 1, data.len, stdout);
        free(data.p);
}

enum answer { PASSES, FAILS, SILENT };

/* What the program of a flavour says of the input. */
static enum answer ask(const char *engines, const char *flavour, const char *who, const char *target,
                       const char *input)
{
        char report[PATH_MAX];
        enum answer answer = PASSES;
        struct judgement j;

        tool_path(report, "%s/replay.%d.report", tool_home(), getpid());
        if (!judge_input(engines, flavour, target, input, report, &j)) {
                printf("%s: %s\n", who, tool_interrupted ? "interrupted" : "could not be run");
                answer = SILENT;
        } else if (!j.fails) {
                printf("%s: does not fail\n", who);
        } else {
                if (strcmp(j.kind, "property") != 0)
                        print_report(report);
                printf("%s: fails: %s: %s\n", who, j.kind, j.site);
                answer = FAILS;
        }
        unlink(report);
        return answer;
}

/*
 * The first of the flavours (NULL after the last) whose program can be asked, NULL: none, said why. One of other sources
 * than ours would answer for code that is gone; in a folder that the caller names (--engines) it is what he wants.
 */
static const char *choose(const char *engines, const char *const *flavours, const char *who, const char *target)
{
        char program[PATH_MAX], initlab[PATH_MAX];
        const char *old = NULL;

        for (; *flavours; flavours++) {
                if (!place_program(engines, *flavours, target, program))
                        continue;
                if (engines[0] || place_same_sources(program))
                        return *flavours;
                old = *flavours;
        }
        if (tool_interrupted)
                return NULL;
        if (old)
                printf("%s: not asked: the program in %s is not of the sources of %s; build both anew\n", who, old,
                       tool_initlab(initlab));
        else
                printf("%s: not built\n", who);
        return NULL;
}

/* Asks the builds with sanitizers and of AFL++: what one of them found need not fail elsewhere. */
static enum answer ask_builds(const char *engines, const char *target, const struct tool_data *data)
{
        static const char *const with_sanitizers[] = {"libfuzzer", "asan", NULL}, *const with_afl[] = {"afl", NULL};
        static const struct {
                const char *who, *const *flavours;
        } builds[] = {{"with sanitizers", with_sanitizers}, {"with AFL++", with_afl}};
        enum answer worst = PASSES;
        char input[PATH_MAX];
        int rc = tool_write(tool_path(input, "%s/replay.%d.input", tool_home(), getpid()), data->p, data->len);

        if (rc < 0)
                tool_die(&tool, "%s: %s", input, strerror(-rc));
        for (size_t i = 0; i < sizeof(builds) / sizeof(*builds) && !tool_interrupted; i++) {
                const char *flavour = choose(engines, builds[i].flavours, builds[i].who, target);
                enum answer answer = flavour ? ask(engines, flavour, builds[i].who, target, input) : PASSES;
                if (answer == FAILS || worst == PASSES)
                        worst = answer;
        }
        unlink(input);
        return worst;
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
                        place_engines(&tool, value, engines);
        }
        if (it.at + 1 != argc)
                tool_die(&tool, "wants one FILE, or - for standard input");
        const char *path = argv[it.at];
        char input[PATH_MAX];
        struct stat st;
        if (stat(path, &st) == 0 && S_ISDIR(st.st_mode)) /* a finding of initlab prop */
                path = tool_path(input, "%s/input", path);
        int rc = tool_read(path, 64u << 20, &data);
        if (rc < 0)
                tool_die(&tool, "%s: %s", path, strerror(-rc));
        if (finding_is_text(data.p, data.len))
                tool_die(&tool, "%s: the text of a finding: give its folder, or use initlab prop replay", path);
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
        tool_catch_interrupts(); /* the verdict above was not to be interrupted: its child dies of Ctrl-C as
                                    we do */
        enum answer builds = ask_builds(engines, target, &data);
        free(data.p);
        if (tool_interrupted)
                return TOOL_INTERRUPTED;
        if (v == REPLAY_UNABLE)
                tool_die(&tool, "could not start a process");
        return fails || builds == FAILS ? TOOL_FOUND : builds == SILENT ? TOOL_UNABLE : TOOL_CLEAN;
}
