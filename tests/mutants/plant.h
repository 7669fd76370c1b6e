/* One mutant in the property program of a build: made, run, judged. */
#pragma once

#include "tests/mutants/rows.h"

enum verdict {
        VERDICT_NONE,     /* not judged yet */
        VERDICT_REFUSED,  /* by the compiler */
        VERDICT_EQUAL,    /* its object file is that of the file without it */
        VERDICT_PROPERTY, /* killed: a property failed, or did not get where it looks */
        VERDICT_CRASH,    /* killed, but only by a signal, a sanitizer, or the time that a case may take */
        VERDICT_SURVIVED,
        VERDICT_ERROR, /* could not be made or run */
        VERDICT__COUNT
};
extern const char *const verdict_names[VERDICT__COUNT];

struct plant {
        const char *root; /* the sources, absolute, as the next two */
        const char *build; /* a build of them by ninja, with sanitizers */
        const char *work; /* a folder for what is made */
        char *link, *link_end; /* the command that links the property program, around " -o PROGRAM"; plant_begin's */
};

/* False: the build is not as it should be, said on stderr. */
bool plant_begin(struct plant *p);

/* Compiles the file as it is, to compare with. Before plant_judge, for each file once. False as above. */
bool plant_file(const struct plant *p, const char *path);

/* properties: names, the quickest first, NULL-terminated. Any number of processes may judge at once. */
enum verdict plant_judge(const struct plant *p, const struct row *row, const char *const *properties);
