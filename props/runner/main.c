/* initlab prop: the properties, with random cases. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "props/runner/commands.h"
#include "props/runner/run.h"
#include "props/shrink/shrink.h"

enum { OPT_PROPERTY, OPT_CASES, OPT_SEED, OPT_SHRINKS, OPT_SCOPE, OPT_PROMOTE, OPT_CORPUS };

static const struct opt_spec specs[] = {
        {"property", 'p', "NAME", "only this one (more than once: these)"},
        {"cases", 'n', "N", "random cases for each property (default: the property's own, mostly 1000)"},
        {"seed", 's', "S", "of the random cases (default 1)"},
        {"shrinks", 0, "N", "runs that may be spent on a smaller case of a failure; 0: none (default 16384)"},
        {"scope", 0, "N", "exhaust: values 0..N-1 and the largest of each draw (default: the property's own, mostly 3)"},
        {"promote", 0, NULL, "export: into regressions/ of the corpus, where every run replays it"},
        {"corpus", 0, "DIR", "folder with seeds/ and regressions/"},
        TOOL_OPTIONS,
};

static const struct tool tool = {
        "prop", "[OPTION...] list|run|exhaust|replay|shrink|migrate|export [NAME...|FINDING|FILE|-]",
        "list: prints name, invariant and purpose of each property.\n"
        "run [NAME...]: replays findings and corpora of each property, then runs random cases; one that fails is saved\n"
        "in .initlab/findings/PROPERTY/SIGNATURE/ (INITLAB_DIR moves .initlab), made smaller, and saved again.\n"
        "exhaust [NAME...]: runs all cases of small choices, of more and more draws, up to --cases (default 1000000).\n"
        "replay FINDING|FILE|-: decodes a finding, named by its folder, or an input in byte form (--property NAME), and\n"
        "runs it. shrink FINDING|FILE: makes it smaller.\n"
        "migrate [NAME...]: rewrites findings whose draws the property no longer makes as it did.\n"
        "export FINDING: writes its byte form, for fuzz targets, or as a regression test.\n",
        specs, sizeof(specs) / sizeof(*specs)};

#define EXHAUST 1000000u

/* Named twice is named. */
static void choose(struct run *run, const char *name)
{
        const char *found = run_find(&tool, name)->name;

        for (size_t i = 0; i < run->chosen.n; i++)
                if (strcmp(run->chosen.item[i], found) == 0)
                        return;
        tool_names_add(&run->chosen, found);
}

static int list(void)
{
        for (size_t i = 0; i < pt_prop_count(); i++) {
                const pt_prop *p = pt_prop_at(i);
                printf("%-24s %-16s %s\n", p->name, p->invariant ? p->invariant : "-",
                       p->about ? p->about : "");
        }
        return TOOL_CLEAN;
}

static const char *const words[] = {"list", "run", "exhaust", "replay", "shrink", "migrate", "export"};
#define WORDS (sizeof(words) / sizeof(*words))

/* Options may stand before and after the words. */
static void parse(int argc, char **argv, struct run *run, struct tool_names *ret_words,
                  const char **ret_corpus, uint32_t *ret_scope, bool *ret_promote)
{
        struct opt_iter it = {argc, argv, 1};
        const char *value;

        while (it.at < argc) {
                switch (tool_option(&tool, &it, &value)) {
                case OPT_END:
                        if (it.at < argc)
                                tool_names_add(ret_words, argv[it.at++]);
                        break;
                case OPT_PROPERTY:
                        choose(run, value);
                        break;
                case OPT_CASES:
                        tool_number(&tool, "cases", value, 0, 1000000000000);
                        run->cases = value;
                        break;
                case OPT_SEED:
                        run->seed = tool_number(&tool, "seed", value, 0, UINT64_MAX);
                        break;
                case OPT_SHRINKS:
                        run->shrinks = tool_number(&tool, "shrinks", value, 0, 1000000000);
                        break;
                case OPT_SCOPE:
                        *ret_scope = (uint32_t)tool_number(&tool, "scope", value, 1, 1000000);
                        break;
                case OPT_PROMOTE:
                        *ret_promote = true;
                        break;
                default:
                        *ret_corpus = value;
                        break;
                }
        }
}

extern void __asan_init(void) __attribute__((weak));

/*
 * Where many cases die, looking up symbols for each is what takes the time: 40 times as long. The last replay has them.
 * The option is read before main, so that this program starts itself again.
 */
static void without_symbols(char **argv)
{
        const char *given = getenv("ASAN_OPTIONS");
        char options[4096];

        if (!__asan_init || (given && strstr(given, "symbolize=")))
                return;
        snprintf(options, sizeof(options), "%s%ssymbolize=0", given ? given : "", given ? ":" : "");
        setenv("ASAN_OPTIONS", options, 1);
        execv("/proc/self/exe", argv);
}

/* The operands of words[word], property names or one file, and what it does. */
static int dispatch(struct run *run, size_t word, const struct tool_names *operands, uint32_t scope, bool promote)
{
        bool names = word == 1 || word == 2 || word == 5;
        const char *path = operands->n == 2 ? operands->item[1] : NULL;

        if (word == 0 && operands->n > 1)
                tool_die(&tool, "list: wants no operand");
        if (word > 0 && !names && !path)
                tool_die(&tool, "%s: wants one finding or FILE%s", words[word], word == 3 ? ", or -" : "");
        if (promote && word != 6)
                tool_die(&tool, "--promote: only export does that");
        for (size_t i = 1; names && i < operands->n; i++)
                choose(run, operands->item[i]);
        switch (word) {
        case 0:
                return list();
        case 1:
                return run_all(run);
        case 2:
                return command_exhaust(run, scope,
                                       run->cases ? tool_number(&tool, "cases", run->cases, 1, 1000000000000) : EXHAUST);
        case 3:
                return command_replay(run, path);
        case 4:
                return command_shrink(run, path);
        case 5:
                return command_migrate(run);
        default:
                return command_export(run, path, promote);
        }
}

int main(int argc, char **argv)
{
        struct run run = {.tool = &tool, .seed = 1, .shrinks = SHRINK_RUNS};
        struct tool_names names = {0};
        const char *corpus = NULL;
        uint32_t scope = 0;
        bool promote = false;
        int status;

        pt_setup();
        setvbuf(stdout, NULL, _IOLBF, 0);
        parse(argc, argv, &run, &names, &corpus, &scope, &promote);
        if (names.n == 0)
                tool_die(&tool, "wants list, run, exhaust, replay, shrink, migrate or export; --help says more");
        bool found = tool_corpus(corpus, run.corpus);
        if (corpus && !found)
                tool_die(&tool, "--corpus %s: no such folder", corpus);
        if (!found)
                run.corpus[0] = '\0';
        size_t word = 0;
        while (word < WORDS && strcmp(names.item[0], words[word]) != 0)
                word++;
        if (word == WORDS)
                tool_unknown(&tool, "word", names.item[0], words, WORDS);
        if (word != 0 && word != 3)
                without_symbols(argv);
        status = dispatch(&run, word, &names, scope, promote);
        tool_names_free(&names);
        tool_names_free(&run.chosen);
        return status;
}
