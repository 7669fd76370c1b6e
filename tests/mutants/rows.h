/* The mutants of many files, each with a name that stays, and a sample of them. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "tests/mutants/mutate.h"

#define ROW_ID 17

struct row {
        /*
         * A digest of file, function, kind, the line's text, the replacement, and which one of several such it is: it
         * stays while other lines of the file change.
         */
        char id[ROW_ID];
        const char *path; /* borrowed */
        struct mutant mutant;
        char function[64]; /* "-": a table */
        char *line;        /* the first line that it changes, without blanks around it; by malloc */
        unsigned number;   /* of that line, from 1 */
        uint64_t order;    /* in a sample */
};

struct rows {
        struct row *item; /* by malloc, as all in it: rows_free */
        size_t n;
};

/* Adds the mutants of a file, whose text must be NUL-terminated. False: its brackets don't match. */
bool rows_add(struct rows *rows, const char *path, const char *text);

/*
 * Keeps at most n, drawn by seed, each kind in turn as long as there are of it. Whether a mutant is among them depends
 * on the seed and on the ids of its kind alone.
 */
void rows_sample(struct rows *rows, const char *seed, size_t n);

/* Keeps the one with this id, if there is one. */
void rows_keep(struct rows *rows, const char *id);

void rows_free(struct rows *rows);
