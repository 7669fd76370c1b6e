/*
 * Known findings in runtimes that are not ours: corpus/scenarios/known.json.
 *
 * {"version": 1, "findings": [
 *   {"runtime": "runc",              the name that --version begins with
 *    "versions": ["1.1.5"],          its version without a suffix, or with a last dot: all of it
 *    "invariant": "FD-EXACT",
 *    "scenarios": ["stdio-closed-*"],     patterns of fnmatch(3)
 *    "evidence": "that nobody handed over",   must occur in the violation's evidence
 *    "about": "what it is, and how it was verified"}]}
 */
#pragma once

#include <stddef.h>

#include "sandbox/invariants.h"
#include "sandbox/scenario.h"

struct err;

#define KNOWN_MAX 64

struct known_finding {
        char runtime[32];
        struct scenario_list versions, scenarios;
        enum invariant_id invariant;
        char evidence[SCENARIO_TEXT];
        char about[1024];
};

struct known {
        struct known_finding item[KNOWN_MAX];
        size_t n;
};

/* Errors: -EINVAL with the JSON pointer, -errno of the file. */
int known_load(const char *path, struct known *ret, struct err *err);

/* The finding that this violation is, or NULL. Pure. */
const struct known_finding *known_match(const struct known *known, const char *runtime, const char *version,
                                        enum invariant_id invariant, const char *scenario, const char *evidence);
