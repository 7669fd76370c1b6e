/*
 * One typed property, many runners: random test, enumeration, libFuzzer, AFL++, replay. A property draws typed
 * values and gives a verdict; it never knows which runner it is under.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct pt pt;                        /* one execution ("case") */
typedef void pt_fn(pt *t);

enum pt_flags {
    PT_TEXT      = 1 << 0, /* input = document [NUL knobs]; plain file is a valid seed */
    PT_FORK_EACH = 1 << 1, /* fresh process per case: fd tables, namespaces, seccomp */
    PT_NO_FUZZ   = 1 << 2,
};
typedef struct pt_prop {
    const char *name; pt_fn *run; unsigned flags;
    const char *invariant;               /* the id of the catalogue that it checks: "FD-EXACT" */
    const char *about;                   /* one line for `initlab prop list` */
    uint32_t cases, max_choices, timeout_ms; /* 0 = default 1000 / 8192 / 1000 */
    uint32_t scope;                          /* exhaustive: enumerate 0..scope-1 and max */
    const char *const *examples;             /* explicit hex choice files, run first */
} pt_prop;

#define PT_PROPERTY(id, ...)                                                     \
    static void id(pt *t);                                                       \
    static const pt_prop id##_prop = { .name = #id, .run = id, __VA_ARGS__ };    \
    __attribute__((used, section("pt_props")))                                   \
    static const pt_prop *const id##_ref = &id##_prop;                           \
    static void id(pt *t)

/* --- draws. Contract: 0 is simplest; past the end of input every draw is 0 --- */
uint64_t pt_below(pt *t, uint64_t n);                    /* 0..n-1 */
int64_t  pt_int(pt *t, int64_t lo, int64_t hi);          /* shrinks towards 0 */
bool     pt_bool(pt *t);
size_t   pt_weighted(pt *t, const uint8_t *weight, size_t n);
size_t   pt_bytes(pt *t, void *buf, size_t min, size_t max);
char    *pt_cstr(pt *t, const char *alphabet, size_t max);  /* arena, freed per case */
void    *pt_alloc(pt *t, size_t n);                      /* arena: no leak on longjmp */
const uint8_t *pt_text(pt *t, size_t *len);              /* PT_TEXT document */

typedef struct pt_iter { uint32_t n, want, at; } pt_iter;   /* zero-initialise */
bool pt_next(pt *t, pt_iter *it, size_t min, size_t max);
#define PT_CAT_(a, b) a##b
#define PT_CAT(a, b)  PT_CAT_(a, b)
#define PT_REPEAT_(t, min, max, it) for (pt_iter it = {0}; pt_next((t), &it, (min), (max)); )
#define PT_REPEAT(t, min, max) PT_REPEAT_(t, min, max, PT_CAT(pt_it_, __COUNTER__))
void pt_begin(pt *t, const char *label);                 /* span: unit of delete/splice */
void pt_end(pt *t);

/* --- verdicts --- */
_Noreturn void pt_discard(pt *t, const char *why);
_Noreturn void pt_fail(pt *t, const char *file, int line, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
#define PT_ASSUME(t, c) ((c) ? (void)0 : pt_discard((t), #c))
#define PT_ASSERT(t, c) ((c) ? (void)0 : pt_fail((t), __FILE__, __LINE__, "%s", #c))
void pt_defer(pt *t, void (*fn)(void *), void *arg);     /* cleanup after verdict */
void pt_note(pt *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* --- observation: statically catalogued, so a never-executed point still fails --- */
typedef struct pt_point { const char *prop, *id, *file; int line; float min_pct; } pt_point;
void pt_hit(pt *t, const pt_point *p, bool cond);
void pt_maximize(pt *t, uint8_t slot, uint64_t v);       /* -> extra counters */
#define PT_POINT_(t, c, pct, ID) do {                                            \
    static const pt_point p_ = { 0, ID, __FILE__, __LINE__, (pct) }; /* bound to t's property at run time */      \
    __attribute__((used, section("pt_points")))                                  \
    static const pt_point *const r_ = &p_; pt_hit((t), r_, (c)); } while (0)
#define PT_SOMETIMES(t, c, ID)  PT_POINT_(t, c, 0.0f, ID)
#define PT_COVER(t, c, pct, ID) PT_POINT_(t, c, pct, ID)
#define PT_LABEL(t, c, ID)      PT_POINT_(t, c, -1.0f, ID)   /* report only */

/* --- stateful --- */
typedef struct pt_cmd {
    const char *name; uint8_t weight;
    bool (*pre)(const void *model);                 /* re-checked while shrinking */
    void (*run)(pt *t, void *model, void *sut);     /* draw args, act, compare */
} pt_cmd;
void pt_run_commands(pt *t, const pt_cmd *cmds, size_t n, size_t max_steps,
                     void *model, void *sut, void (*invariant)(pt *, const void *, void *));

/* --- runners: the property never knows which one it is under --- */
int    pt_main(int argc, char **argv);  /* list|run|replay|decode (later exhaust|shrink|export) */
int    pt_one_input(const pt_prop *p, const uint8_t *data, size_t len);
size_t pt_mutate(const pt_prop *p, uint8_t *buf, size_t len, size_t cap, uint32_t seed,
                 const uint8_t *other, size_t other_len);   /* libFuzzer + AFL++ shim */
