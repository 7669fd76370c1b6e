/* tests/mutants: which changes are made of a file, and that each keeps its name and the lines. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/mutants/rows.h"

static struct rows rows_of(const char *text)
{
        struct rows rows = {0};

        assert_true(rows_add(&rows, "f.c", text));
        return rows;
}

/* The text with this kind of mutant, the nth, in it; by malloc; NULL: there are not so many. */
static char *mutated(const char *text, enum mutation kind, size_t n)
{
        struct rows rows = rows_of(text);
        char *out = NULL;

        for (size_t i = 0; i < rows.n && !out; i++) {
                const struct mutant *m = &rows.item[i].mutant;
                if (m->kind == kind && n-- == 0 &&
                    asprintf(&out, "%.*s%s%s", (int)m->at, text, m->with, text + m->at + m->len) < 0)
                        abort();
        }
        rows_free(&rows);
        return out;
}

static void becomes(const char *text, enum mutation kind, size_t n, const char *wanted)
{
        char *out = mutated(text, kind, n);

        if (!wanted) {
                assert_null(out);
                return;
        }
        assert_non_null(out);
        assert_string_equal(out, wanted);
        free(out);
}

static void mutants_of__calls__deleted_where_nobody_uses_the_result(void **state)
{
        (void)state;
        becomes("void f(void) { g(1); }", MUTATION_CALL, 0, "void f(void) { (void)0; }");
        becomes("void f(void) { (void)g(a, (b)); }", MUTATION_CALL, 0, "void f(void) { (void)0; }");
        becomes("void f(void) { if (a) s->g(); }", MUTATION_CALL, 0, "void f(void) { if (a) (void)0; }");
        becomes("void f(void) { g(1,\n2); h(); }", MUTATION_CALL, 0, "void f(void) { (void)0\n; h(); }");
        becomes("void f(void) { x = g(1); return g(2); }", MUTATION_CALL, 0, NULL);
        becomes("void f(void) { assert(x); }", MUTATION_CALL, 0, NULL);
        becomes("void g(int);", MUTATION_CALL, 0, NULL);
}

static void mutants_of__conditions__negated(void **state)
{
        (void)state;
        becomes("void f(void) { if (a && b) c(); }", MUTATION_NEGATE, 0, "void f(void) { if (!(a && b)) c(); }");
        becomes("void f(void) { while (a(1)) ; }", MUTATION_NEGATE, 0, "void f(void) { while (!(a(1))) ; }");
        becomes("int f(void) { return a(1) < 2 ? b : c; }", MUTATION_NEGATE, 0,
                "int f(void) { return !(a(1) < 2) ? b : c; }");
        becomes("/* if (a) */ int f(void) { return \"if (a)\"[0]; }", MUTATION_NEGATE, 0, NULL);
}

static void mutants_of__numbers_and_bounds__off_by_one(void **state)
{
        (void)state;
        becomes("int f(void) { return 7; }", MUTATION_STEP, 0, "int f(void) { return (7 + 1); }");
        becomes("int f(void) { return 7; }", MUTATION_STEP, 1, "int f(void) { return (7 - 1); }");
        becomes("int f(void) { return a < b; }", MUTATION_STEP, 0, "int f(void) { return a <= b; }");
        becomes("int f(void) { return a >= b; }", MUTATION_STEP, 0, "int f(void) { return a > b; }");
        becomes("int t[] = {0x10u};", MUTATION_STEP, 0, "int t[] = {(0x10u + 1)};");
        becomes("#define N 7\nint f(void) { return a->b; }", MUTATION_STEP, 0, NULL);
}

static void mutants_of__flags__dropped(void **state)
{
        (void)state;
        becomes("int f(void) { return g(O_A | O_B); }", MUTATION_FLAG, 0, "int f(void) { return g(O_A ); }");
        becomes("int f(void) { return g(O_A | O_B); }", MUTATION_FLAG, 1, "int f(void) { return g( O_B); }");
        becomes("int f(void) { return a | b; }", MUTATION_FLAG, 0, NULL);
}

static void mutants_of__errors__zero_returned(void **state)
{
        (void)state;
        becomes("int f(void) { return -EINVAL; }", MUTATION_ERROR, 0, "int f(void) { return 0; }");
        becomes("int f(void) { return err_set(e,\n1); }", MUTATION_ERROR, 0, "int f(void) { return 0\n; }");
        becomes("int f(void) { return r; }", MUTATION_ERROR, 0, "int f(void) { return 0; }");
        becomes("int f(void) { return n; }", MUTATION_ERROR, 0, NULL);
}

static void mutants_of__neighbours__swapped(void **state)
{
        (void)state;
        becomes("void f(void) { a = 1; b(); }", MUTATION_SWAP, 0, "void f(void) { b(); a = 1; }");
        becomes("void f(void) { g(a, b); }", MUTATION_SWAP, 0, "void f(void) { g(b, a); }");
        becomes("void f(void) { int a = 1; return; }", MUTATION_SWAP, 0, NULL);
        becomes("void f(void) { for (i = 0; i < n; i++) { } }", MUTATION_SWAP, 0, NULL);
}

static void rows_add__same_change_twice__ids_differ_and_stay(void **state)
{
        struct rows a = rows_of("void f(void) { g(1); g(1); }"), b = rows_of("int x;\n\nvoid f(void) { g(1); g(1); }");

        (void)state;
        assert_true(a.n > 2 && a.n == b.n);
        for (size_t i = 0; i < a.n; i++) {
                assert_string_equal(a.item[i].id, b.item[i].id);
                assert_int_equal(a.item[i].number, 1);
                assert_int_equal(b.item[i].number, 3);
                for (size_t k = 0; k < i; k++)
                        assert_string_not_equal(a.item[i].id, a.item[k].id);
        }
        rows_free(&a);
        rows_free(&b);
}

static void rows_add__unmatched_bracket__refused(void **state)
{
        struct rows rows = {0};

        (void)state;
        assert_false(rows_add(&rows, "f.c", "void f(void) { g(1; }"));
        assert_false(rows_add(&rows, "f.c", "}"));
        assert_int_equal(rows.n, 0);
}

static void rows_sample__seed__same_choice_of_each_kind(void **state)
{
        static const char text[] = "void f(void) { g(1); g(2); if (a) b(); if (c) d(); x = A | B; }";
        struct rows all = rows_of(text), a = rows_of(text), b = rows_of(text), c = rows_of(text);
        bool kinds[MUTATION__COUNT] = {0};

        (void)state;
        rows_sample(&a, "s", 4);
        rows_sample(&b, "s", 4);
        rows_sample(&c, "s", 100);
        assert_int_equal(a.n, 4);
        assert_int_equal(c.n, all.n);
        for (size_t i = 0; i < 4; i++) {
                assert_string_equal(a.item[i].id, b.item[i].id);
                assert_false(kinds[a.item[i].mutant.kind]); /* four kinds are there */
                kinds[a.item[i].mutant.kind] = true;
        }
        rows_free(&all);
        rows_free(&a);
        rows_free(&b);
        rows_free(&c);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(mutants_of__calls__deleted_where_nobody_uses_the_result),
                cmocka_unit_test(mutants_of__conditions__negated),
                cmocka_unit_test(mutants_of__numbers_and_bounds__off_by_one),
                cmocka_unit_test(mutants_of__flags__dropped),
                cmocka_unit_test(mutants_of__errors__zero_returned),
                cmocka_unit_test(mutants_of__neighbours__swapped),
                cmocka_unit_test(rows_add__same_change_twice__ids_differ_and_stay),
                cmocka_unit_test(rows_add__unmatched_bracket__refused),
                cmocka_unit_test(rows_sample__seed__same_choice_of_each_kind),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
