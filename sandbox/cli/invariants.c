/* initlab invariants: the catalogue, for people. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "props/tool/tool.h"
#include "sandbox/invariants.h"

static const struct opt_spec specs[] = { TOOL_OPTIONS };
static const struct tool tool = { "invariants", "[ID...]",
                                  "Prints what must hold on the init path: id, text, oracle, tiers, basis, history.\n",
                                  specs, 2 };

static void print(const struct invariant *inv)
{
        printf("%s\n  text     %s\n  oracle   %s\n  tiers    %s%s\n  basis    %s: %s\n  history  %s\n\n", inv->id,
               inv->text, inv->oracle, inv->tiers, inv->executor ? " (judged by `initlab check`)" : "",
               invariant_basis_word(inv->basis), inv->source, inv->history[0] ? inv->history : "-");
}

int main(int argc, char **argv)
{
        struct opt_iter it = { argc, argv, 1 };
        const char *ids[INV__COUNT], *value;

        while (tool_option(&tool, &it, &value) != OPT_END)
                ;
        for (int i = 0; i < INV__COUNT; i++)
                ids[i] = invariant_get((enum invariant_id)i)->id;
        for (int i = it.at; i < argc; i++)
                if (!invariant_find(argv[i]))
                        tool_unknown(&tool, "invariant", argv[i], ids, INV__COUNT);
        for (int i = it.at; i < argc; i++)
                print(invariant_find(argv[i]));
        for (int i = 0; it.at == argc && i < INV__COUNT; i++)
                print(invariant_get((enum invariant_id)i));
        if (fflush(stdout) != 0)
                tool_die(&tool, "standard output: %s", strerror(errno));
        return TOOL_CLEAN;
}
