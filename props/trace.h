/*
 * What a case drew: typed choices and the labelled spans over them, without pointers, so that it can lie in
 * memory that two processes share and is whole at every moment, whatever becomes of the one that writes it.
 *
 * The choice form. Each draw is a choice 0..max, 0 simplest. A list of min..max items draws, before each item
 * that need not be there, a flag: 1, one more, or 0, the end; there is none before the first min items and
 * after item max. The byte form of props/pt.h is derived: in it a list begins with its count less min.
 */
#pragma once

#include "props/pt_run.h"

enum pt_type {
        PT_TYPE_NUMBER,
        PT_TYPE_INT, /* zigzag around what is nearest to 0, from lo */
        PT_TYPE_BOOL,
        PT_TYPE_WEIGHT, /* a rank among the indices whose weight isn't 0; raw: what it is in the byte form */
        PT_TYPE_BYTE,
        PT_TYPE_CHAR,
        PT_TYPE_FLAG,
        PT_TYPE__COUNT
};

struct pt_choice {
        uint64_t value, max;
        union {
                int64_t lo; /* of PT_TYPE_INT: the value is one of lo..lo+max */
                struct {
                        uint32_t value, max;
                } raw; /* of PT_TYPE_WEIGHT */
        };
        uint16_t name; /* of trace->name; 0: none */
        uint8_t type;
};

enum pt_span_kind {
        PT_SPAN_GROUP,  /* pt_begin */
        PT_SPAN_LIST,   /* PT_REPEAT */
        PT_SPAN_ITEM,   /* of the list above it: its flag, if it has one, and what it drew */
        PT_SPAN_STRING, /* pt_bytes and pt_cstr: a list, each item one flag and one choice, without spans of
                           their own */
};

struct pt_span {
        uint32_t begin, end; /* choices begin..end-1 */
        uint32_t parent;     /* its index, or PT_NO_SPAN */
        uint32_t count;      /* of a list: items begun */
        uint64_t min, max;   /* of a list */
        uint16_t label;      /* of trace->name */
        uint8_t kind;
};

#define PT_NO_SPAN UINT32_MAX
#define PT_TRACE_CHOICES 65536u
#define PT_TRACE_SPANS 16384u
#define PT_TRACE_NAMES 512u
#define PT_NAME_MAX 32u
#define PT_TRACE_TEXT 65536u

struct pt_trace {
        volatile uint32_t n;      /* choices */
        volatile uint32_t nspans; /* in the order in which they began */
        volatile bool full;       /* what came after was left out... */
        volatile bool overflow;   /* ...and was not all 0: this is not the case */
        uint32_t text_len;        /* the document of a PT_TEXT property */
        uint32_t nnames;
        uint64_t observed; /* hash of pt_observe and of the points that were passed */
        struct pt_choice choice[PT_TRACE_CHOICES];
        struct pt_span span[PT_TRACE_SPANS];
        uint16_t seen[256]; /* where a name was found last, by its address */
        const char
                *name_of[PT_TRACE_NAMES]; /* whose copies `name` are: never followed by who reads the trace */
        char name[PT_TRACE_NAMES][PT_NAME_MAX];
        uint8_t text[PT_TRACE_TEXT];
};

/* --- writing, by the engine --- */
void pt_trace_reset(struct pt_trace *trace, const struct pt_source *source);
void pt_name_copy(char to[PT_NAME_MAX], const char *name);        /* one line, fit for text */
uint16_t pt_trace_name(struct pt_trace *trace, const char *name); /* 0 for NULL */
void pt_trace_close(struct pt_trace *trace); /* ends what is still open, cuts what is full */

/* --- reading --- */

/* Choices up to the last that is not 0: what is drawn after them is 0 anyway and no part of the case. */
size_t pt_trace_trimmed(const struct pt_trace *trace);

/* The same of the byte form, where a list has a count in place of flags. */
size_t pt_trace_draws(const struct pt_trace *trace);

/* The number of a PT_TYPE_INT choice, and the choice that gives it; INT_MIN..INT_MAX must hold it. */
int64_t pt_choice_int(const struct pt_choice *c);
uint64_t pt_choice_of_int(const struct pt_choice *c, int64_t number);

/*
 * Byte form without what is 0 at its end, in buf of cap bytes. Returns its length, or SIZE_MAX if it is
 * longer. ret_choices (NULL: not wanted): draws from more than one value in it.
 */
size_t pt_trace_bytes(const struct pt_trace *trace, const pt_prop *prop, uint8_t *buf, size_t cap,
                      size_t *ret_choices);

/* Of all that a case drew and did; the same in every build and run. */
uint64_t pt_trace_hash(const struct pt_trace *trace, const struct pt_result *result);

uint64_t pt_hash(uint64_t hash, const void *p, size_t n);
#define PT_HASH_INIT 0xcbf29ce484222325u

/* --- a case as a sequence of choices, for who makes them --- */

struct pt_step {
        uint64_t value;
        uint8_t type;
};

/* Answers draws from steps in order; one of another type is answered by 0, all that come after the last too.
 */
struct pt_source_steps {
        struct pt_source source;
        const struct pt_step *at, *end;
};
void pt_source_steps_init(struct pt_source_steps *s, const struct pt_step *steps, size_t n,
                          const uint8_t *text, size_t text_len);
