/* The config's memory: chunks that are freed together. */
#include <stdalign.h>
#include <string.h>

#include "core/config/parts.h"
#include "core/sys.h"

/* The structs of a usual config fit one chunk; a big config pays one allocation for each further one. */
#define CHUNK_SIZE 16384u

struct config_chunk {
        struct config_chunk *next;
        alignas(max_align_t) unsigned char data[];
};

static bool add_chunk(struct config_arena *arena, size_t n)
{
        size_t size = n > CHUNK_SIZE ? n : CHUNK_SIZE;
        struct config_chunk *c = arena->sys->op->alloc(arena->sys, sizeof(*c) + size);

        if (!c)
                return false;
        memset(c->data, 0, size);
        c->next = arena->chunks;
        arena->chunks = c;
        arena->used = 0;
        arena->size = size;
        return true;
}

void *config_arena_alloc(struct config_arena *arena, size_t n)
{
        void *p;

        n = (n + alignof(max_align_t) - 1) & ~(alignof(max_align_t) - 1);
        if (n > arena->size - arena->used && !add_chunk(arena, n))
                return NULL;
        p = arena->chunks->data + arena->used;
        arena->used += n;
        return p;
}

void config_arena_free(struct config_arena *arena)
{
        const struct sys *sys = arena->sys; /* the arena may lie in its own chunk */
        struct config_chunk *c = arena->chunks;

        while (c) {
                struct config_chunk *next = c->next;
                sys->op->free(sys, c);
                c = next;
        }
}
