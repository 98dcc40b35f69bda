#include "tensor/memory.h"

#include <string.h>

#include "base/mem.h"

void memory_init(struct memory *memory, struct arena *arena, size_t limit)
{
    *memory = (struct memory){.arena = arena, .limit = limit, .work = MEMORY_WORK};
}

static bool too_much(struct err *err)
{
    return err_set(err, ERR_LIMIT, "the model needs more memory for these rows than it may take");
}

static void *take(struct memory *memory, size_t bytes)
{
    if (memory->limit != 0 && bytes > memory->limit - memory->taken)
        return NULL;
    void *place = arena_alloc(memory->arena, bytes);
    if (place != NULL)
        memory->taken += bytes;
    return place;
}

/* Class c holds 64 << c bytes. */
static uint32_t class_of(size_t bytes)
{
    return bytes <= 64 ? 0 : (uint32_t)(64 - __builtin_clzll((bytes - 1) >> 6));
}

static struct value_buffer *buffer_take(struct memory *memory, size_t bytes)
{
    uint32_t size_class = class_of(bytes);
    if (size_class >= MEMORY_CLASSES)
        return NULL;
    struct value_buffer *buffer = memory->free[size_class];
    if (buffer != NULL) {
        memory->free[size_class] = buffer->next;
    } else {
        buffer = take(memory, sizeof *buffer + ((size_t)64 << size_class));
        if (buffer == NULL)
            return NULL;
        buffer->size_class = size_class;
    }
    buffer->next = NULL;
    buffer->references = 1;
    return buffer;
}

bool memory_fill(struct memory *memory, struct value *value, struct err *err)
{
    size_t bytes;
    if (!mem_multiply(value->count, value_type_size(value->type), &bytes))
        return too_much(err);
    value->buffer = buffer_take(memory, bytes);
    if (value->buffer == NULL)
        return too_much(err);
    value->data = value->buffer->data;
    return memory_work(memory, bytes, err);
}

bool memory_tensor(struct memory *memory, struct value *value, enum value_type type,
                   const int64_t *dims, int rank, struct err *err)
{
    if (!value_describe(value, type, dims, rank, err))
        return false;
    if (!value_shape_known(value) || value_type_size(type) == 0)
        return err_set(err, ERR_INTERNAL, "a tensor's type or shape is not known at run time");
    return memory_fill(memory, value, err);
}

bool memory_sequence(struct memory *memory, struct value *value, enum value_kind kind, size_t count,
                     struct err *err)
{
    size_t items = kind == VALUE_MAP ? 2 : count, bytes;
    *value = (struct value){.kind = kind, .count = items};
    if (!mem_multiply(items, sizeof(struct value), &bytes))
        return too_much(err);
    value->buffer = buffer_take(memory, bytes);
    if (value->buffer == NULL)
        return too_much(err);
    value->data = value->buffer->data;
    memset(value->items, 0, bytes);
    return true;
}

void memory_share(struct value *to, const struct value *from)
{
    *to = *from;
    if (from->buffer != NULL)
        from->buffer->references++;
}

static void release_items(struct memory *memory, struct value *value)
{
    for (size_t i = 0; i < value->count; i++)
        memory_release(memory, &value->items[i]);
}

void memory_release(struct memory *memory, struct value *value)
{
    struct value_buffer *buffer = value->buffer;
    if (buffer != NULL && --buffer->references == 0) {
        if (value->kind == VALUE_SEQUENCE || value->kind == VALUE_MAP)
            release_items(memory, value);
        buffer->next = memory->free[buffer->size_class];
        memory->free[buffer->size_class] = buffer;
    }
    value->kind = VALUE_NOTHING;
    value->buffer = NULL;
    value->data = NULL;
}

bool memory_work(struct memory *memory, uint64_t work, struct err *err)
{
    if (work > memory->work)
        return err_set(err, ERR_LIMIT, "the model takes more steps for these rows than it may");
    memory->work -= work;
    return true;
}

void *memory_scratch(struct memory *memory, size_t count, size_t size, struct err *err)
{
    size_t bytes;
    void *place = mem_multiply(count, size, &bytes) ? take(memory, bytes) : NULL;
    if (place == NULL)
        too_much(err);
    return place;
}
