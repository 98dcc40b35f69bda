#include "formats/onnx_read.h"

#include "formats/onnx_wire.h"

/* Protobuf messages take more memory than the bytes they are read from, and each small block a
 * cache line: this much for each byte of the file, and something to begin with. */
#define MEMORY_FACTOR ((size_t)64)
#define MEMORY_AT_LEAST ((size_t)1 << 20)

static void *allocate(void *arena, size_t size)
{
    return arena_alloc(arena, size);
}

static void give_back(void *arena, void *block)
{
    (void)arena;
    (void)block;
}

ProtobufCAllocator onnx_allocator(struct arena *arena)
{
    return (ProtobufCAllocator){.alloc = allocate, .free = give_back, .allocator_data = arena};
}

bool onnx_file_read(struct onnx_file *file, const char *data, size_t size, struct err *err)
{
    *file = (struct onnx_file){0};
    if (size > SIZE_MAX / MEMORY_FACTOR / 2)
        return err_set(err, ERR_LIMIT, "it is too large");
    if (!onnx_wire_check(data, size, err))
        return false;
    arena_init(&file->arena, MEMORY_AT_LEAST + size * MEMORY_FACTOR);
    ProtobufCAllocator allocator = onnx_allocator(&file->arena);
    file->model = onnx__model__unpack(&allocator, size, (const uint8_t *)data);
    if (file->model != NULL)
        return true;
    onnx_file_finish(file);
    return err_set(err, ERR_INVALID, "it is damaged, or no ONNX model");
}

void onnx_file_finish(struct onnx_file *file)
{
    arena_finish(&file->arena);
    file->model = NULL;
}
