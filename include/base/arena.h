/* A bump allocator whose memory is given back all at once.
 *
 * One per worker thread for a request's own data, one for an operator's scratch. Blocks grow by
 * doubling and are merged into one at reset, so that a warm arena never calls malloc. Owned by one
 * thread; nothing in it is ever freed alone. */
#ifndef OMEN_BASE_ARENA_H
#define OMEN_BASE_ARENA_H

#include <stddef.h>
#include <stdint.h>

struct arena_block;

struct arena {
    struct arena_block *head;  /* newest block; older ones are chained behind it */
    struct arena_block *spare; /* the largest block that a rewind gave back, for the next growth */
    size_t used;               /* bytes handed out of all blocks since the last reset */
    size_t limit;              /* 0: none; else arena_alloc fails beyond this many bytes */
};

/* A point to come back to: everything allocated after it is given back by arena_rewind. */
struct arena_mark {
    struct arena_block *block;
    size_t offset;
    size_t used;
};

/* limit bounds the bytes handed out between two resets; 0 for none. Allocates nothing. */
void arena_init(struct arena *arena, size_t limit);
void arena_finish(struct arena *arena);

/* 64-byte aligned, not zeroed; NULL when the limit is passed or memory is out. */
void *arena_alloc(struct arena *arena, size_t size);
/* count * size, overflow checked. */
void *arena_array(struct arena *arena, size_t count, size_t size);
/* The same, zeroed. */
void *arena_zeroed(struct arena *arena, size_t count, size_t size);
char *arena_copy_text(struct arena *arena, const char *text, size_t length);
char *arena_printf(struct arena *arena, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

struct arena_mark arena_mark(const struct arena *arena);
void arena_rewind(struct arena *arena, struct arena_mark mark);

/* Gives everything back, keeping up to `keep` bytes of capacity in one block for the next use. */
void arena_reset(struct arena *arena, size_t keep);

/* Bytes held from the system. */
size_t arena_capacity(const struct arena *arena);

#endif
