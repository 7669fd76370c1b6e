/*
 * One typed property, many runners: random test, libFuzzer, AFL++, replay. A property draws typed values and
 * gives a verdict; it never knows which runner it is under. What runners need is in props/pt_run.h.
 *
 * A property is a function of the values that it draws and of nothing else: no clock, no random(), no state
 * that survives the case. Then a saved file replays it.
 *
 *      PT_PROPERTY(fd_close, .invariant = "FD-EXACT", .about = "closing agrees with a table model")
 *      {
 *              size_t n = pt_below(t, 64);
 *              PT_ASSUME(t, n > 2);
 *              ...
 *              PT_SOMETIMES(t, n > 60, "a large table");
 *              PT_ASSERT(t, real == model);
 *      }
 *
 * Every draw has a simplest value, 0, which is what all draws past the end of the input give: a property must
 * end on nothing but zeros. Draws are saved as bytes: a draw from 0..max takes as few bytes as max needs,
 * little endian, none if max is 0, and is reduced modulo max + 1 when read; a list is preceded by its count.
 *
 * A case is left by longjmp when a verdict is reached: memory comes from pt_alloc, and what else must be
 * undone is registered with pt_defer (cleanup attributes of frames that are left do not run).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct pt pt; /* one execution ("case") */
typedef void pt_fn(pt *t);

enum pt_flags {
        /*
         * The input is a document and, after its last NUL, knobs: bytes 1..255, base-255 digits, least
         * significant first, from which draws are made. A plain file without NUL is a document without knobs:
         * a seed.
         */
        PT_TEXT = 1 << 0,
};

typedef struct pt_prop {
        const char *name; /* also the name of its fuzz target and of its folders in a corpus */
        pt_fn *run;
        const char *file;
        unsigned flags;
        const char *invariant; /* the id of the catalogue that it checks, "FD-EXACT"; NULL: none */
        const char *about;     /* one line for `initlab prop list` */
        uint32_t cases;        /* random cases in one run; 0: PT_CASES */
        uint32_t max_choices;  /* random draws in one case, later ones are 0; 0: PT_MAX_CHOICES */
        uint32_t timeout_ms;   /* of one case; 0: PT_TIMEOUT_MS */
} pt_prop;

#define PT_CASES 1000u
#define PT_MAX_CHOICES 8192u
#define PT_TIMEOUT_MS 1000u

/* Defines and registers a property. The object file must be linked directly, not from an archive. */
#define PT_PROPERTY(id, ...)                                                                          \
        static void id(pt *t);                                                                        \
        static const pt_prop id##_prop = {.name = #id, .run = id, .file = __FILE__, __VA_ARGS__};     \
        __attribute__((used, section("pt_props"))) static const pt_prop *const id##_ref = &id##_prop; \
        static void id(pt *t)

/* --- draws --- */

uint64_t pt_below(pt *t, uint64_t n);                       /* 0..n-1; n = 0: the whole range of uint64_t */
int64_t pt_int(pt *t, int64_t lo, int64_t hi);              /* lo..hi; simplest is what is nearest to 0 */
bool pt_bool(pt *t);                                        /* simplest is false */
size_t pt_weighted(pt *t, const uint8_t *weight, size_t n); /* an index; some weight must be > 0 */

/* Fills buf with min..max bytes and returns how many. */
size_t pt_bytes(pt *t, void *buf, size_t min, size_t max);

/* A string of 0..max characters of a non-empty alphabet; lives until the end of the case. */
char *pt_cstr(pt *t, const char *alphabet, size_t max);

/* The document of a PT_TEXT property, not NUL-terminated; lives until the end of the case. Never NULL. */
const uint8_t *pt_text(pt *t, size_t *ret_len);

/* Zeroed memory, an object of its own for the sanitizers, freed at the end of the case. Never NULL. */
void *pt_alloc(pt *t, size_t n);

/* The body runs min..max times; the count is drawn first. `break` is allowed. */
typedef struct pt_iter {
        bool begun;
        size_t left;
} pt_iter;
bool pt_next(pt *t, pt_iter *it, size_t min, size_t max);
#define PT_CAT_(a, b) a##b
#define PT_CAT(a, b) PT_CAT_(a, b)
#define PT_REPEAT_(t, min, max, it) for (pt_iter it = {0}; pt_next((t), &it, (min), (max));)
#define PT_REPEAT(t, min, max) PT_REPEAT_(t, min, max, PT_CAT(pt_it_, __COUNTER__))

/*
 * A span: draws that belong together under a name. Replay prints them so. Spans nest; those that are open at
 * a verdict are closed by it.
 */
void pt_begin(pt *t, const char *label);
void pt_end(pt *t);

/* --- verdicts --- */

_Noreturn void pt_discard(pt *t, const char *why); /* the drawn values are no case at all */
_Noreturn void pt_fail(pt *t, const char *file, int line, const char *fmt, ...)
        __attribute__((format(printf, 4, 5)));
#define PT_ASSUME(t, c) ((c) ? (void)0 : pt_discard((t), #c))
#define PT_ASSERT(t, c) ((c) ? (void)0 : pt_fail((t), __FILE__, __LINE__, "%s", #c))
#define PT_FAIL(t, ...) pt_fail((t), __FILE__, __LINE__, __VA_ARGS__)

/* fn(arg) runs after the verdict, last registered first, before the case's memory is freed. It can't fail. */
void pt_defer(pt *t, void (*fn)(void *), void *arg);

/* A line for whoever replays the case: what the draws mean. Not even formatted elsewhere. */
void pt_note(pt *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* --- observation: a property that never gets where it should look says nothing --- */

/*
 * Points are catalogued at link time, so that one that is never executed is known too. One in a property's
 * own function, or in a file with one property only, belongs to that property; others (helpers, models) to
 * all.
 */
typedef struct pt_point {
        const char *id, *func, *file;
        int line;
        float min_pct;  /* 0: once is enough; < 0: only reported */
        uint32_t index; /* given by the registry */
} pt_point;
void pt_hit(pt *t, const pt_point *p, bool cond);
#define PT_POINT_(t, c, pct, ID)                                                             \
        do {                                                                                 \
                static pt_point p_ = {ID, __func__, __FILE__, __LINE__, (pct), 0};           \
                __attribute__((used, section("pt_points"))) static pt_point *const r_ = &p_; \
                pt_hit((t), r_, (c));                                                        \
        } while (0)
#define PT_SOMETIMES(t, c, ID) PT_POINT_(t, c, 0.0f, ID) /* must hold in at least one case */
#define PT_COVER(t, c, pct, ID) PT_POINT_(t, c, pct, ID) /* must hold in pct percent of the cases */
#define PT_LABEL(t, c, ID) PT_POINT_(t, c, -1.0f, ID)    /* its share is reported */

/* --- stateful --- */

typedef struct pt_cmd {
        const char *name;
        uint8_t weight;
        bool (*pre)(const void *model);             /* NULL: always; if it is false the step is skipped */
        void (*run)(pt *t, void *model, void *sut); /* draws arguments, acts, compares */
} pt_cmd;

/*
 * Runs 0..max_steps commands, each drawn by weight, and invariant (NULL: none) after each and once before the
 * first.
 */
void pt_run_commands(pt *t, const pt_cmd *cmds, size_t n, size_t max_steps, void *model, void *sut,
                     void (*invariant)(pt *t, const void *model, void *sut));
