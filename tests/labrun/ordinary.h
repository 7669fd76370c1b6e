/*
 * An ordinary user for the tests of rootless containers. As root they drop to one, whose subordinate ids are
 * in files of the test's own, in a mount namespace of its own; an ordinary user runs them as himself, with
 * what he has.
 */
#pragma once

#include "tests/labrun/fixture.h"

#define ORDINARY_ID 61234      /* uid and gid that root drops to */
#define ORDINARY_SUBIDS 700000 /* the first of its 1,000 subordinate ids */

struct ordinary {
        uid_t user;
        gid_t group;
        bool helpers;            /* newuidmap(1) is there, and may map the subordinate ids for us */
        const char *path;        /* labrun's $PATH */
        const char *runtime_dir; /* and $XDG_RUNTIME_DIR; NULL: not set */
};
extern struct ordinary ordinary;

/* Before the tests. 0, or -1 when there can be none. */
int ordinary_begin(void);

/* A lab_before_exec function: from here on it is the user. */
void ordinary_become(void *unused);

/* labrun as the user. */
#define RUN(lab, ...) (lab_before_exec(ordinary_become, NULL), lab_run(lab, __VA_ARGS__))

/* cmocka fixtures: everything of the lab is the user's. */
int ordinary_setup(void **state);
int ordinary_teardown(void **state);

/* The bundle's config.json: what `labrun spec --rootless` writes for the user, with this merged in. */
void ordinary_config(struct lab *lab, const char *merge);

/* A file that isn't in a root file system. */
void ordinary_write(const char *path, const char *text, mode_t mode);
