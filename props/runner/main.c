/* initlab prop: the properties, with random cases. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "props/runner/replay.h"
#include "props/runner/run.h"
#include "props/shrink/shrink.h"

enum { OPT_PROPERTY, OPT_CASES, OPT_SEED, OPT_SHRINKS, OPT_CORPUS };

static const struct opt_spec specs[] = {
        {"property", 'p', "NAME", "only this one (more than once: these)"},
        {"cases", 'n', "N", "random cases for each property (default: the property's own, mostly 1000)"},
        {"seed", 's', "S", "of the random cases (default 1)"},
        {"shrinks", 0, "N", "runs that may be spent on a smaller case of a failure; 0: none (default 8192)"},
        {"corpus", 0, "DIR", "folder with seeds/ and regressions/"},
        TOOL_OPTIONS,
};

static const struct tool tool = {"prop", "[OPTION...] list | run [NAME...] | replay --property NAME FILE|-",
                                 "list    prints name, invariant and purpose of each property\n"
                                 "run     replays the corpora of each property, then runs random cases; a "
                                 "case that fails is saved in\n"
                                 "        .initlab/findings/PROPERTY/SIGNATURE/ (INITLAB_DIR moves .initlab), then "
                                 "made smaller\n"
                                 "replay  decodes one saved input and runs it\n",
                                 specs, sizeof(specs) / sizeof(*specs)};

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

static int replay(const struct run *run, const char *file)
{
        struct tool_data data;

        if (run->chosen.n != 1)
                tool_die(&tool, "replay: wants --property NAME");
        const pt_prop *prop = run_find(&tool, run->chosen.item[0]);
        int rc = tool_read(file, 64u << 20, &data);
        if (rc < 0)
                tool_die(&tool, "%s: %s", file, strerror(-rc));
        enum replay_verdict v = replay_input(prop, data.p, data.len, 30000);
        free(data.p);
        return v == REPLAY_UNABLE                        ? TOOL_UNABLE
               : v == REPLAY_PASS || v == REPLAY_DISCARD ? TOOL_CLEAN
                                                         : TOOL_FOUND;
}

static const char *const words[] = {"list", "run", "replay"};

/* Options may stand before and after the words. */
static void parse(int argc, char **argv, struct run *run, struct tool_names *ret_words,
                  const char **ret_corpus)
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

int main(int argc, char **argv)
{
        struct run run = {.tool = &tool, .seed = 1, .shrinks = SHRINK_RUNS};
        struct tool_names names = {0};
        const char *corpus = NULL;
        int status;

        pt_setup();
        setvbuf(stdout, NULL, _IOLBF, 0);
        parse(argc, argv, &run, &names, &corpus);
        if (names.n == 0)
                tool_die(&tool, "wants list, run or replay; --help says more");
        bool found = tool_corpus(corpus, run.corpus);
        if (corpus && !found)
                tool_die(&tool, "--corpus %s: no such folder", corpus);
        if (!found)
                run.corpus[0] = '\0';
        if (strcmp(names.item[0], "list") == 0 && names.n == 1) {
                status = list();
        } else if (strcmp(names.item[0], "run") == 0) {
                without_symbols(argv);
                for (size_t i = 1; i < names.n; i++)
                        choose(&run, names.item[i]);
                status = run_all(&run);
        } else if (strcmp(names.item[0], "replay") == 0 && names.n == 2) {
                status = replay(&run, names.item[1]);
        } else if (strcmp(names.item[0], "replay") == 0 || strcmp(names.item[0], "list") == 0) {
                tool_die(&tool, "%s: wants %s", names.item[0],
                         names.item[0][0] == 'l' ? "no operand" : "one FILE, or -");
        } else {
                tool_unknown(&tool, "word", names.item[0], words, 3);
        }
        tool_names_free(&names);
        tool_names_free(&run.chosen);
        return status;
}
