/*
 * One typed property, many runners: random test, exhaustive enumeration, libFuzzer, AFL++, replay, and, when it fails,
 * the shrinker. A property draws typed values and gives a verdict; it never knows which runner it is under. What
 * runners need is in props/pt_run.h.
 *
 * A property is a function of the values that it draws and of nothing else: no clock, no random(), no state
 * that survives the case. Then a saved file replays it; one case in 64 is run twice to see that it does. It draws once
 * in a statement: C leaves the order of arguments and operands open, and compilers differ (tests/fuzz/hashes sees it).
 *
 * A property in ten lines (its file goes into props/CMakeLists.txt, `initlab prop run fd_close` runs it):
 *
 *      PT_PROPERTY(fd_close, .invariant = "FD-EXACT", .about = "closing agrees with a table model")
 *      {
 *              struct table *table = pt_alloc(t, sizeof(*table));
 *              PT_REPEAT(t, 0, 64)
 *                      table_open(table, pt_below(t, 1024));
 *              PT_ASSUME(t, table->n > 2);
 *              PT_SOMETIMES(t, table->n > 60, "a large table");
 *              PT_ASSERT(t, closed(table) == model(table));
 *      }
 *
 * A stateful one in thirty: commands against a model, pt_run_commands below.
 *
 *      struct queue { int item[8]; size_t n; };                    // the model; the thing itself is a ring
 *
 *      static bool has_room(const void *model) { return ((const struct queue *)model)->n < 8; }
 *      static bool has_item(const void *model) { return ((const struct queue *)model)->n > 0; }
 *
 *      static void put(pt *t, void *model, void *sut)
 *      {
 *              struct queue *q = model;
 *              q->item[q->n++] = (int)pt_int(t, -100, 100);
 *              PT_ASSERT(t, ring_put(sut, q->item[q->n - 1]) == 0);
 *      }
 *
 *      static void take(pt *t, void *model, void *sut)
 *      {
 *              struct queue *q = model;
 *              PT_ASSERT(t, ring_take(sut) == q->item[0]);
 *              memmove(q->item, q->item + 1, --q->n * sizeof(int));
 *      }
 *
 *      static void same_length(pt *t, const void *model, void *sut)
 *      {
 *              PT_ASSERT(t, ring_length(sut) == ((const struct queue *)model)->n);
 *      }
 *
 *      PT_PROPERTY(ring, .about = "a ring is a queue")
 *      {
 *              static const pt_cmd cmds[] = {{"put", 2, has_room, put}, {"take", 1, has_item, take}};
 *              pt_run_commands(t, cmds, 2, 50, pt_alloc(t, sizeof(struct queue)), ring_new(t), same_length);
 *      }
 *
 * Every draw has a simplest value, 0, which is what all draws past the end of the input give: a property must
 * end on nothing but zeros. One sequence of draws has two forms:
 * - the choice form, on which the shrinker works: each value with its type and bounds, and before each item of a list a
 *   flag that says that there is one more;
 * - the byte form, which fuzzers mutate and files hold: a draw from 0..max takes as few bytes as max needs, little
 *   endian, none if max is 0, and is reduced modulo max + 1 when read; a list is preceded by its count.
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
        /*
         * Each case in a process of its own: for properties that close fds, enter namespaces, load filters. Some
         * hundred cases a second instead of some hundred thousand.
         */
        PT_FORK_EACH = 1 << 1,
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
        uint32_t timeout_ms;   /* processor time of one case, or four times that asleep; 0: PT_TIMEOUT_MS */
        uint32_t scope;        /* `exhaust` tries 0..scope-1 and the largest of each draw; 0: PT_SCOPE */
} pt_prop;

#define PT_CASES 1000u
#define PT_MAX_CHOICES 8192u
#define PT_TIMEOUT_MS 1000u
#define PT_SCOPE 3u
#define PT_STEPS_MAX (1u << 22) /* draws of one case; one that makes more hangs */

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

/* The body runs min..max times. `break` is allowed; `return` and `goto` out of it too. */
typedef struct pt_iter {
        pt *t;            /* NULL: not begun */
        size_t at, n;     /* items begun; of how many, if a count was drawn */
        uint32_t span;
} pt_iter;
bool pt_next(pt *t, pt_iter *it, size_t min, size_t max);
void pt_iter_end(pt_iter *it);
#define PT_CAT_(a, b) a##b
#define PT_CAT(a, b) PT_CAT_(a, b)
#define PT_REPEAT_(t, min, max, it) \
        for (__attribute__((cleanup(pt_iter_end))) pt_iter it = {0}; pt_next((t), &it, (min), (max));)
#define PT_REPEAT(t, min, max) PT_REPEAT_(t, min, max, PT_CAT(pt_it_, __COUNTER__))

/*
 * A span: draws that belong together under a name. The shrinker takes them out, moves and swaps them as one, saved
 * cases find their draws again by their names when the property has changed, replay prints them so. Spans nest; those
 * that are open at a verdict are closed by it. The label lives as long as the program.
 */
void pt_begin(pt *t, const char *label);
void pt_end(pt *t);

/* Names the next draw. Without one it is told from its neighbours by its span, its type and its place. */
void pt_name(pt *t, const char *name);

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

/*
 * What the code under test did, for the case's hash: a case that is run twice must do the same. Nothing that differs
 * from run to run goes in, no pointer, pid or time.
 */
void pt_observe(pt *t, const void *p, size_t n);

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
