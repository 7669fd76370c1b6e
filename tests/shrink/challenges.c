#include "tests/shrink/challenges.h"

#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

char challenge_said[4096];
static size_t said;

__attribute__((format(printf, 1, 2))) static void say(const char *fmt, ...)
{
        va_list ap;

        va_start(ap, fmt);
        int n = vsnprintf(challenge_said + said, sizeof(challenge_said) - said, fmt, ap);
        va_end(ap);
        if (n > 0 && said + (size_t)n < sizeof(challenge_said))
                said += (size_t)n;
}

static void begin(void)
{
        said = 0;
        challenge_said[0] = '\0';
}

#define LIST_MAX 100u

struct list {
        int64_t item[LIST_MAX];
        size_t n;
};

static void draw_list(pt *t, struct list *list, int64_t lo, int64_t hi, size_t max)
{
        list->n = 0;
        say("[");
        PT_REPEAT(t, 0, max)
        {
                list->item[list->n++] = pt_int(t, lo, hi);
                say("%s%lld", list->n > 1 ? ", " : "", (long long)list->item[list->n - 1]);
        }
        say("]");
}

/* --- a list is its reverse --- */

static void reverse(pt *t)
{
        struct list l;

        begin();
        draw_list(t, &l, INT_MIN, INT_MAX, LIST_MAX);
        for (size_t i = 0; i < l.n; i++)
                PT_ASSERT(t, l.item[i] == l.item[l.n - 1 - i]);
}

/* --- no three different numbers in a list --- */

static size_t count_distinct(const struct list *l)
{
        size_t distinct = 0;

        for (size_t i = 0; i < l->n; i++) {
                size_t k = 0;
                while (l->item[k] != l->item[i])
                        k++;
                distinct += k == i;
        }
        return distinct;
}

static void distinct(pt *t)
{
        struct list l;

        begin();
        draw_list(t, &l, INT_MIN, INT_MAX, LIST_MAX);
        PT_ASSERT(t, count_distinct(&l) < 3);
}

/* --- what was removed from a list is no longer in it; only the first one was --- */

static void deletion(pt *t)
{
        struct list l;
        size_t at = 0;

        begin();
        say("(");
        draw_list(t, &l, INT_MIN, INT_MAX, LIST_MAX);
        int64_t gone = pt_int(t, INT_MIN, INT_MAX);
        say(", %lld)", (long long)gone);
        while (at < l.n && l.item[at] != gone)
                at++;
        PT_ASSUME(t, at < l.n);
        for (at++; at < l.n; at++)
                PT_ASSERT(t, l.item[at] != gone);
}

/* --- no two places of a list name each other --- */

static void coupling(pt *t)
{
        struct list l;

        begin();
        draw_list(t, &l, 0, 10, LIST_MAX);
        for (size_t i = 0; i < l.n; i++)
                PT_ASSUME(t, (uint64_t)l.item[i] < l.n);
        for (size_t i = 0; i < l.n; i++)
                if (l.item[i] != (int64_t)i)
                        PT_ASSERT(t, l.item[l.item[i]] != (int64_t)i);
}

/* --- a list whose length is a number drawn before, none of 900 or more in it --- */

static void lengthlist(pt *t)
{
        size_t n = 1 + pt_below(t, 100);
        int64_t max = 0;

        begin();
        say("[");
        for (size_t i = 0; i < n; i++) {
                int64_t v = pt_int(t, 0, 1000);
                max = v > max ? v : max;
                say("%s%lld", i ? ", " : "", (long long)v);
        }
        say("]");
        PT_ASSERT(t, max < 900);
}

/* --- the lengths of lists in a list sum up to 10 at most --- */

static void nestedlists(pt *t)
{
        struct list l;
        size_t sum = 0, n = 0;

        begin();
        say("[");
        PT_REPEAT(t, 0, 40)
        {
                say("%s", n++ ? ", " : "");
                draw_list(t, &l, INT_MIN, INT_MAX, 40);
                sum += l.n;
        }
        say("]");
        PT_ASSERT(t, sum <= 10);
}

/* --- at most four different numbers in a list of lists --- */

static void large_union_list(pt *t)
{
        struct list *all = pt_alloc(t, sizeof(*all)), l;
        size_t n = 0;

        begin();
        say("[");
        PT_REPEAT(t, 0, 20)
        {
                say("%s", n++ ? ", " : "");
                draw_list(t, &l, INT64_MIN, INT64_MAX, 20);
                for (size_t i = 0; i < l.n && all->n < LIST_MAX; i++)
                        all->item[all->n++] = l.item[i];
        }
        say("]");
        PT_ASSERT(t, count_distinct(all) <= 4);
}

/* --- five lists of 16-bit numbers that sum up to less than 256 each sum up to less than 5 * 256 --- */

static void bound5(pt *t)
{
        struct list l;
        int16_t total = 0;

        begin();
        say("(");
        for (int k = 0; k < 5; k++) {
                int16_t sum = 0;
                say("%s", k ? ", " : "");
                draw_list(t, &l, INT16_MIN, INT16_MAX, 10);
                for (size_t i = 0; i < l.n; i++)
                        sum = (int16_t)(sum + l.item[i]);
                PT_ASSUME(t, sum < 256);
                total = (int16_t)(total + sum);
        }
        say(")");
        PT_ASSERT(t, total < 5 * 256);
}

/* --- two numbers --- */

static void difference(pt *t, uint64_t lo, uint64_t hi)
{
        begin();
        int64_t a = pt_int(t, 1, INT_MAX), b = pt_int(t, 1, INT_MAX);
        uint64_t apart = a > b ? (uint64_t)(a - b) : (uint64_t)(b - a);
        say("[%lld, %lld]", (long long)a, (long long)b);
        PT_ASSERT(t, a < 10 || apart < lo || apart > hi);
}

static void difference_zero(pt *t)
{
        difference(t, 0, 0);
}

static void difference_small(pt *t)
{
        difference(t, 1, 4);
}

static void difference_one(pt *t)
{
        difference(t, 1, 1);
}

/* --- an expression without x / 0 in it does not divide by 0 --- */

struct expr {
        char op; /* 0: a number */
        int64_t value;
        struct expr *left, *right;
};

static struct expr *draw_expr(pt *t)
{
        static const uint8_t weight[] = {5, 2, 2};
        struct expr *e = pt_alloc(t, sizeof(*e));

        pt_begin(t, "expression");
        e->op = "\0+/"[pt_weighted(t, weight, 3)];
        if (e->op) {
                say("('%c', ", e->op);
                e->left = draw_expr(t);
                say(", ");
                e->right = draw_expr(t);
                say(")");
        } else {
                e->value = pt_int(t, INT_MIN, INT_MAX);
                say("%lld", (long long)e->value);
        }
        pt_end(t);
        return e;
}

static bool divides_by_literal_0(const struct expr *e)
{
        if (!e->op)
                return false;
        return (e->op == '/' && !e->right->op && e->right->value == 0) || divides_by_literal_0(e->left) ||
               divides_by_literal_0(e->right);
}

static int64_t evaluate(pt *t, const struct expr *e)
{
        if (!e->op)
                return e->value;
        int64_t a = evaluate(t, e->left), b = evaluate(t, e->right);
        if (e->op == '+')
                return (int64_t)((uint64_t)a + (uint64_t)b);
        PT_ASSERT(t, b != 0);
        return b == -1 ? (int64_t)(0 - (uint64_t)a) : a / b;
}

static void calculator(pt *t)
{
        begin();
        struct expr *e = draw_expr(t);
        PT_ASSUME(t, !divides_by_literal_0(e));
        evaluate(t, e);
}

/* --- a heap, its least taken off and the rest merged, is sorted --- */

struct heap {
        int64_t head;
        struct heap *left, *right;
};

static struct heap *draw_heap(pt *t, int64_t least, unsigned size)
{
        struct heap *h;

        if (pt_below(t, size > 0 ? 2 : 1) ==
            0) { /* drawn where there is no choice too: all depths draw alike */
                say("None");
                return NULL;
        }
        h = pt_alloc(t, sizeof(*h));
        pt_begin(t, "heap");
        h->head = pt_int(t, least, INT_MAX);
        say("(%lld, ", (long long)h->head);
        h->left = draw_heap(t, h->head, size / 2);
        say(", ");
        h->right = draw_heap(t, h->head, size / 2);
        say(")");
        pt_end(t);
        return h;
}

static struct heap *merge(pt *t, struct heap *a, struct heap *b)
{
        if (!a || !b)
                return a ? a : b;
        struct heap *h = pt_alloc(t, sizeof(*h));
        if (a->head <= b->head)
                *h = (struct heap){a->head, merge(t, a->right, b), a->left};
        else
                *h = (struct heap){b->head, merge(t, b->right, a), b->left};
        return h;
}

/* Right before left. */
static void check_sorted(pt *t, const struct heap *h, int64_t *last)
{
        if (!h)
                return;
        PT_ASSERT(t, h->head >= *last);
        *last = h->head;
        check_sorted(t, h->right, last);
        check_sorted(t, h->left, last);
}

static void binheap(pt *t)
{
        begin();
        struct heap *h = draw_heap(t, INT_MIN, 64);
        if (!h)
                return;
        int64_t last = h->head;
        check_sorted(t, merge(t, h->left, h->right), &last);
}

const struct challenge challenges[] = {
        {"binheap", binheap, {"(0, None, (0, (0, None, None), (1, None, None)))"}, 0},
        {"bound5", bound5, {"([], [], [], [-1], [-32768])"}, 123.39},
        {"calculator", calculator, {"('/', 0, ('+', 0, 0))"}, 352.50},
        {"coupling", coupling, {"[1, 0]"}, 0},
        {"deletion", deletion, {"([0, 0], 0)"}, 0},
        {"difference-zero", difference_zero, {"[10, 10]"}, 0},
        {"difference-small", difference_small, {"[10, 6]"}, 0},
        {"difference-one", difference_one, {"[10, 9]"}, 0},
        {"distinct", distinct, {"[0, 1, -1]", "[0, 1, 2]"}, 0},
        {"large_union_list", large_union_list, {"[[0, 1, -1, 2, -2]]"}, 301.39},
        {"lengthlist", lengthlist, {"[900]"}, 75.17},
        {"nestedlists", nestedlists, {"[[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]]"}, 0},
        {"reverse", reverse, {"[0, 1]"}, 45.55},
};
const unsigned nchallenges = sizeof(challenges) / sizeof(*challenges);
