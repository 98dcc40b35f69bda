#include "base/arena.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

/* A cache line: rows of a matrix then start where the vector units like them to, and two threads
 * never write the same line. */
#define ARENA_ALIGN ((size_t)64)
#define ARENA_FIRST_BLOCK ((size_t)16 * 1024)

struct arena_block {
    struct arena_block *older;
    size_t capacity; /* bytes of data */
    size_t offset;   /* bytes of data in use */
    _Alignas(64) unsigned char data[];
};

void arena_init(struct arena *arena, size_t limit)
{
    *arena = (struct arena){.limit = limit};
}

static void blocks_free(struct arena_block *block, const struct arena_block *stop)
{
    while (block != stop) {
        struct arena_block *older = block->older;
        free(block);
        block = older;
    }
}

void arena_finish(struct arena *arena)
{
    if (arena == NULL)
        return;
    blocks_free(arena->head, NULL);
    arena->head = NULL;
    arena->used = 0;
}

static bool block_push(struct arena *arena, size_t capacity)
{
    size_t total;
    if (__builtin_add_overflow(capacity, sizeof(struct arena_block) + ARENA_ALIGN, &total))
        return false;
    total &= ~(ARENA_ALIGN - 1);
    struct arena_block *block = aligned_alloc(ARENA_ALIGN, total);
    if (block == NULL)
        return false;
    block->older = arena->head;
    block->capacity = total - sizeof(struct arena_block);
    block->offset = 0;
    arena->head = block;
    return true;
}

static bool block_grow(struct arena *arena, size_t size)
{
    size_t want = arena->head != NULL ? arena->head->capacity * 2 : ARENA_FIRST_BLOCK;
    return block_push(arena, want > size ? want : size);
}

void *arena_alloc(struct arena *arena, size_t size)
{
    size_t rounded;
    if (__builtin_add_overflow(size, ARENA_ALIGN - 1, &rounded))
        return NULL;
    rounded &= ~(ARENA_ALIGN - 1);
    if (rounded == 0)
        rounded = ARENA_ALIGN; /* so that every answer is a pointer of its own */
    if (arena->limit != 0 && rounded > arena->limit - arena->used)
        return NULL;
    struct arena_block *head = arena->head;
    if ((head == NULL || rounded > head->capacity - head->offset) && !block_grow(arena, rounded))
        return NULL;
    head = arena->head;
    void *place = head->data + head->offset;
    head->offset += rounded;
    arena->used += rounded;
    return place;
}

void *arena_array(struct arena *arena, size_t count, size_t size)
{
    size_t bytes;
    return mem_multiply(count, size, &bytes) ? arena_alloc(arena, bytes) : NULL;
}

void *arena_zeroed(struct arena *arena, size_t count, size_t size)
{
    void *place = arena_array(arena, count, size);
    if (place != NULL)
        memset(place, 0, count * size);
    return place;
}

char *arena_copy_text(struct arena *arena, const char *text, size_t length)
{
    char *copy = length < SIZE_MAX ? arena_alloc(arena, length + 1) : NULL;
    if (copy == NULL)
        return NULL;
    if (length > 0)
        memcpy(copy, text, length);
    copy[length] = '\0';
    return copy;
}

char *arena_printf(struct arena *arena, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    char *text = length >= 0 ? arena_alloc(arena, (size_t)length + 1) : NULL;
    if (text == NULL)
        return NULL;
    va_start(arguments, format);
    vsnprintf(text, (size_t)length + 1, format, arguments);
    va_end(arguments);
    return text;
}

struct arena_mark arena_mark(const struct arena *arena)
{
    return (struct arena_mark){
        .block = arena->head,
        .offset = arena->head != NULL ? arena->head->offset : 0,
        .used = arena->used,
    };
}

void arena_rewind(struct arena *arena, struct arena_mark mark)
{
    blocks_free(arena->head, mark.block);
    arena->head = mark.block;
    if (mark.block != NULL)
        mark.block->offset = mark.offset;
    arena->used = mark.used;
}

void arena_reset(struct arena *arena, size_t keep)
{
    size_t capacity = arena_capacity(arena);
    bool merge = arena->head != NULL && (arena->head->older != NULL || capacity > keep);
    arena->used = 0;
    if (!merge) {
        if (arena->head != NULL)
            arena->head->offset = 0;
        return;
    }
    blocks_free(arena->head, NULL);
    arena->head = NULL;
    if (keep > 0)
        block_push(arena, capacity < keep ? capacity : keep); /* failure: the next use tries again */
}

size_t arena_capacity(const struct arena *arena)
{
    size_t capacity = 0;
    for (const struct arena_block *block = arena->head; block != NULL; block = block->older)
        capacity += block->capacity;
    return capacity;
}
