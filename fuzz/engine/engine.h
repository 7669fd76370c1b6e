/* What the engines share. */
#pragma once

#include "props/pt_run.h"

/*
 * The target's property, after the process is set up for it; ends the program if it is not linked in. `--version` as the
 * first argument is answered here, under every engine: with what the program was built from.
 */
const pt_prop *engine_start(int argc, char **argv);

/* Runs files, one after the other ("-": standard input), naming each on stderr first. The exit status. */
int engine_files(const pt_prop *prop, int n, char **paths);
