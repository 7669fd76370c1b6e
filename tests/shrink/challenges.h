/*
 * The eleven problems of the public shrinking challenge, github.com/jlink/shrinking-challenge, `difference`
 * in its three variants, as properties that are wrong. The problems are its, the code is ours.
 */
#pragma once

#include "props/pt.h"

struct challenge {
        const char *name;
        pt_fn *run;
        const char *known[3]; /* what the shrinker has to come to: one of these */
        double hypothesis;    /* mean of its published runs while shrinking (5.23.5); 0: none */
};

extern const struct challenge challenges[];
extern const unsigned nchallenges;

/* What the case that ran last was, as text. */
extern char challenge_said[4096];
