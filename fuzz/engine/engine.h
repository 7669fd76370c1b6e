/* What the engines share. */
#pragma once

#include "props/pt_run.h"

/*
 * The target's property, after the process is set up for it; ends the program if it is not linked in. `--help` (with
 * usage: operands, a blank line, a text) and `--version` (with what the program was built from) as the first argument
 * are answered here, under every engine.
 */
const pt_prop *engine_start(int argc, char **argv, const char *usage);

/* Runs files, one after the other ("-": standard input), naming each on stderr first. The exit status. */
int engine_files(const pt_prop *prop, int n, char **paths);
