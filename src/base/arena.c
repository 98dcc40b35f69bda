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

/* Under AddressSanitizer, memory that was given back or never handed out is poisoned, so that a
 * pointer kept across a reset is found like any use after free. */
#if defined(__SANITIZE_ADDRESS__)
#define ARENA_POISON 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ARENA_POISON 1
#endif
#endif

#ifdef ARENA_POISON
#include <sanitizer/asan_interface.h>
#define POISON(place, size) __asan_poison_memory_region(place, size)
#define UNPOISON(place, size) __asan_unpoison_memory_region(place, size)
#else
#define POISON(place, size) ((void)(place), (void)(size))
#define UNPOISON(place, size) ((void)(place), (void)(size))
#endif

void arena_init(struct arena *arena, size_t limit)
{
    *arena = (struct arena){.limit = limit};
}

static void block_free(struct arena_block *block)
{
    if (block != NULL)
        UNPOISON(block->data, block->capacity);
    free(block);
}

static void blocks_free(struct arena *arena)
{
    for (struct arena_block *block = arena->head; block != NULL;) {
        struct arena_block *older = block->older;
        block_free(block);
        block = older;
    }
    block_free(arena->spare);
    arena->head = NULL;
    arena->spare = NULL;
}

void arena_finish(struct arena *arena)
{
    if (arena == NULL)
        return;
    blocks_free(arena);
    arena->used = 0;
}

/* size up to a multiple of ARENA_ALIGN; 0 when that overflows. */
static size_t round_up(size_t size)
{
    size_t rounded;
    if (__builtin_add_overflow(size, ARENA_ALIGN - 1, &rounded))
        return 0;
    return rounded & ~(ARENA_ALIGN - 1);
}

static void block_link(struct arena *arena, struct arena_block *block)
{
    block->older = arena->head;
    block->offset = 0;
    arena->head = block;
}

static bool block_push(struct arena *arena, size_t capacity)
{
    size_t total;
    capacity = round_up(capacity);
    if (capacity == 0 || __builtin_add_overflow(capacity, sizeof(struct arena_block), &total))
        return false;
    struct arena_block *block = aligned_alloc(ARENA_ALIGN, total);
    if (block == NULL)
        return false;
    block->capacity = capacity;
    POISON(block->data, capacity);
    block_link(arena, block);
    return true;
}

static bool block_grow(struct arena *arena, size_t size)
{
    if (arena->spare != NULL && arena->spare->capacity >= size) {
        block_link(arena, arena->spare);
        arena->spare = NULL;
        return true;
    }
    size_t want = arena->head != NULL ? arena->head->capacity * 2 : ARENA_FIRST_BLOCK;
    return block_push(arena, want > size ? want : size);
}

void *arena_alloc(struct arena *arena, size_t size)
{
    /* At least one line, so that every answer is a pointer of its own. */
    size_t rounded = round_up(size > 0 ? size : 1);
    if (rounded == 0 || (arena->limit != 0 && rounded > arena->limit - arena->used))
        return NULL;
    struct arena_block *head = arena->head;
    if ((head == NULL || rounded > head->capacity - head->offset) && !block_grow(arena, rounded))
        return NULL;
    head = arena->head;
    void *place = head->data + head->offset;
    head->offset += rounded;
    arena->used += rounded;
    UNPOISON(place, size);
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

/* Keeps the larger of the block and the spare one as the spare. Without it, code that marks, works
 * and rewinds in a small arena would go to malloc each time. */
static void block_retire(struct arena *arena, struct arena_block *block)
{
    if (arena->spare != NULL && arena->spare->capacity >= block->capacity) {
        block_free(block);
        return;
    }
    block_free(arena->spare);
    POISON(block->data, block->capacity);
    block->older = NULL;
    arena->spare = block;
}

void arena_rewind(struct arena *arena, struct arena_mark mark)
{
    while (arena->head != mark.block) {
        struct arena_block *block = arena->head;
        arena->head = block->older;
        block_retire(arena, block);
    }
    if (mark.block != NULL) {
        mark.block->offset = mark.offset;
        POISON(mark.block->data + mark.offset, mark.block->capacity - mark.offset);
    }
    arena->used = mark.used;
}

void arena_reset(struct arena *arena, size_t keep)
{
    size_t capacity = arena_capacity(arena);
    arena->used = 0;
    keep = keep <= SIZE_MAX - ARENA_ALIGN ? round_up(keep) : keep;
    if (arena->head != NULL && arena->head->older == NULL && arena->spare == NULL &&
        capacity <= keep) {
        arena->head->offset = 0;
        POISON(arena->head->data, arena->head->capacity);
        return;
    }
    blocks_free(arena);
    capacity = capacity < keep ? capacity : keep;
    if (capacity > 0)
        block_push(arena, capacity); /* failure: the next use tries again */
}

size_t arena_capacity(const struct arena *arena)
{
    size_t capacity = arena->spare != NULL ? arena->spare->capacity : 0;
    for (const struct arena_block *block = arena->head; block != NULL; block = block->older)
        capacity += block->capacity;
    return capacity;
}
