/*
 * A case as text: what was drawn, by name, type and bounds, under its spans. Bytes say nothing once the
 * property draws in another way than it did; this finds the draws again that are still there.
 *
 *      initlab finding 1
 *      property fd_close
 *      signature failed-fd_close.c-159
 *      message failed at props/properties/fd_close.c:159: ...
 *      from case 5 of seed 1
 *      seed 1
 *      version 0.1.0
 *      runs 312
 *      document "{}\n"
 *      draws
 *        group entry
 *          size: number 0..63 = 5
 *          list 0..8
 *            item
 *              more
 *              int -3..3 = -1
 *            end
 *            stop
 *          end
 *        end
 *      whole 8c5f0e1d2b3a4958
 *
 * The last line holds a hash of all before it: a torn file is known as one. A file whose first line has
 * another number is of another version. Lines that a reader does not need may be absent.
 */
#pragma once

#include "props/runner/finding.h"

/* By malloc, *ret_len bytes. NULL: no memory. */
char *finding_print(const struct finding *f, size_t *ret_len);

enum saved_kind { SAVED_CHOICE, SAVED_OPEN, SAVED_CLOSE };

/* One line of the draws. */
struct saved_line {
        enum saved_kind kind;
        uint8_t type;           /* enum pt_type; of SAVED_OPEN enum pt_span_kind */
        char name[PT_NAME_MAX]; /* "": none */
        uint64_t max, value;
        int64_t lo;
};

struct saved {
        char property[64];
        char signature[SIGNATURE_MAX];
        char message[512];
        uint64_t seed;
        uint8_t *text; /* the document; by malloc, NULL: none */
        size_t text_len;
        struct saved_line *line; /* by malloc */
        size_t n;
};

/* 0; -EPROTO: no finding at all; -EPROTONOSUPPORT: another version's; -EBADMSG: torn; -EINVAL: a line is
 * wrong. */
int finding_parse(const char *text, size_t len, struct saved *ret_saved);
void saved_free(struct saved *saved);

/* Is it the beginning of a finding, of whatever version? */
bool finding_is_text(const uint8_t *p, size_t len);

/*
 * Answers draws from what was saved. A draw that is not there is answered by 0 and counted as inserted; what
 * was saved and is passed over as removed. Past the end of what was saved all is 0, as always, and counts as
 * nothing.
 */
struct source_saved {
        struct pt_source source;
        const struct saved *saved;
        size_t at;    /* the next line */
        size_t depth; /* spans that are open: those of them that are not in the saved case lie above `known`
                       */
        size_t known;
        size_t pending; /* lines left in spans that closed: removed, if anything is drawn later */
        size_t inserted, removed;
        char first[200]; /* the first of them, for people; "" */
};
void source_saved_init(struct source_saved *s, const struct saved *saved);

/* finding_parse, with the reason for people if it fails. */
int saved_parse(const uint8_t *p, size_t len, struct saved *ret, const char **ret_why);

/* The smallest case of a finding's folder, its first one if that can't be read; ret_path: which. */
int saved_load_finding(const char *dir, struct saved *ret, char ret_path[PATH_MAX], const char **ret_why);

/* The folders of a property's findings, sorted. 0 or -errno; none at all is no error. */
int findings_list(const char *property, struct tool_names *ret_dirs);
