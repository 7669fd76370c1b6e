/*
 * Prints labrun's option tables, for doc.awk: man page and completion come from what parses. A program of the
 * build, which is not installed.
 */
#include <stdio.h>

#include "core/cli/cli.h"

static void print_options(const struct opt_spec *o, size_t n)
{
        for (size_t i = 0; i < n; i++)
                printf("option\t%s\t%.*s\t%s\t%s\n", o[i].name, o[i].letter != 0, &o[i].letter,
                       o[i].arg ? o[i].arg : "", o[i].help);
}

int main(void)
{
        size_t n;
        const struct opt_spec *global = cli_global_options(&n);
        const struct cli_command *const *commands;

        printf("command\t-\t\t\n");
        print_options(global, n);
        commands = cli_commands(&n);
        for (size_t i = 0; i < n; i++) {
                printf("command\t%s\t%s\t%s\n", commands[i]->name, commands[i]->operands,
                       commands[i]->summary);
                print_options(commands[i]->options, commands[i]->n_options);
        }
        return fflush(stdout) != 0;
}
