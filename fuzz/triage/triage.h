/* What the programs that look at one input share. */
#pragma once

#include "props/tool/tool.h"

/*
 * The target that a path names: .../crashes/TARGET/..., findings, seeds, regressions, or a live
 * corpus/TARGET/.... `given` (NULL: none) goes first. Ends the program if neither tells.
 */
void triage_target(const struct tool *tool, const char *given, const char *path, char ret_target[64]);
