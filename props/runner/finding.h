/*
 * Findings as files: .initlab/findings/PROPERTY/SIGNATURE/ holds
 *
 *      raw       the case as it failed first, before anything else is done with it
 *      shrunk    the smallest that fails in the same way
 *      input     the byte form of shrunk, for fuzz targets, `initlab replay` and `minimize`; derived
 *      report    what a sanitizer said, if it did
 *
 * raw and shrunk are text (props/runner/finding_text.h): they outlive changes of the property that bytes do
 * not.
 */
#pragma once

#include "props/runner/outcome.h"
#include "props/tool/tool.h"

struct finding {
        const pt_prop *prop;
        const struct signature *signature;
        const struct pt_trace *trace;
        uint64_t seed;
        const char *from;     /* NULL: not known */
        const char *message;  /* what failed, one line */
        const char *report;   /* NULL or "": none */
        size_t runs;          /* of the shrinker */
        const uint8_t *bytes; /* the input as it was read, if it is more than the trace holds; NULL: none */
        size_t len;
};

enum finding_file { FINDING_DIR, FINDING_RAW, FINDING_SHRUNK, FINDING_INPUT, FINDING_REPORT };

/* Returns buf. */
char *finding_path(const struct finding *f, enum finding_file file, char buf[PATH_MAX]);

bool finding_exists(const struct finding *f);

/* Writes raw, or shrunk and input. 0 or -errno. */
int finding_save(const struct finding *f, enum finding_file file);

/* Choices in the byte form. */
size_t finding_choices(const pt_prop *prop, const struct pt_trace *trace);
