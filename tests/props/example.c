/* The properties that the README shows, of a ring with a mistake in it; a test holds both together. */
#include <string.h>

#include "props/pt.h"

#define RING 6

struct ring {
        int item[8];
        unsigned head, n;
};

static bool ring_put(struct ring *r, int v)
{
        if (r->n == RING)
                return false;
        r->item[(r->head + r->n++) & 7] = v; /* the mistake: & 7 goes round at 8 */
        return true;
}

static int ring_take(struct ring *r)
{
        int v = r->item[r->head];

        r->head = (r->head + 1) % RING;
        r->n--;
        return v;
}

/* --- ten lines --- */
PT_PROPERTY(ring_in_order, .about = "what is put into a ring comes out in order")
{
        struct ring ring = {0};
        int put[RING], n = 0;

        PT_REPEAT(t, 0, RING) ring_put(&ring, put[n++] = (int)pt_int(t, -100, 100));
        PT_SOMETIMES(t, n == RING, "a full ring");
        for (int i = 0; i < n; i++)
                PT_ASSERT(t, ring_take(&ring) == put[i]);
}
/* --- thirty lines --- */
struct queue { /* the model: what a ring should be */
        int item[RING];
        size_t n;
};

static bool has_room(const void *model) { return ((const struct queue *)model)->n < RING; }
static bool has_item(const void *model) { return ((const struct queue *)model)->n > 0; }

static void put(pt *t, void *model, void *sut)
{
        struct queue *q = model;
        q->item[q->n++] = (int)pt_int(t, -100, 100);
        PT_ASSERT(t, ring_put(sut, q->item[q->n - 1]));
}

static void take(pt *t, void *model, void *sut)
{
        struct queue *q = model;
        PT_ASSERT(t, ring_take(sut) == q->item[0]);
        memmove(q->item, q->item + 1, --q->n * sizeof(int));
}

static void same_length(pt *t, const void *model, void *sut)
{
        PT_ASSERT(t, ((struct ring *)sut)->n == ((const struct queue *)model)->n);
}

PT_PROPERTY(ring, .about = "a ring does what a queue does")
{
        static const pt_cmd commands[] = {{"put", 1, has_room, put}, {"take", 1, has_item, take}};
        pt_run_commands(t, commands, 2, 100, pt_alloc(t, sizeof(struct queue)), pt_alloc(t, sizeof(struct ring)), same_length);
}
/* --- end --- */
