/* The commands of `initlab prop` beside list, run and replay. Each returns an exit status. */
#pragma once

#include <stdio.h>

#include "props/runner/run.h"

struct server;

/*
 * What was saved of a property is replayed and said on `to`: what still fails, what is stale, what is fixed,
 * what can't be read. Sets run->status; true: something still fails, or could not be told.
 */
bool saved_replay(FILE *to, struct run *run, const pt_prop *prop, struct server *server);

/* All cases of small choices. */
int command_exhaust(struct run *run, uint32_t scope, uint64_t limit);

/* Makes a finding, or a file in byte form, smaller: once more, or with more runs. */
int command_shrink(struct run *run, const char *path);

/* Rewrites stale findings of the chosen properties in the draws that are made today. */
int command_migrate(struct run *run);

/* Writes a finding's byte form to standard output, or with promote to the corpus' regressions. */
int command_export(struct run *run, const char *path, bool promote);

/* Decodes and runs a finding (its folder or text) or a file in byte form. */
int command_replay(struct run *run, const char *path);
