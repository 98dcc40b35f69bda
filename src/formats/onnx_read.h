/* From the bytes of an ONNX file to a sealed tensor program. */
#ifndef OMEN_FORMATS_ONNX_READ_H
#define OMEN_FORMATS_ONNX_READ_H

#include <stdbool.h>
#include <stddef.h>

#include <onnx.pb-c.h>

#include "base/arena.h"
#include "base/err.h"
#include "tensor/program.h"

/* The file, parsed. Everything lives in the arena. */
struct onnx_file {
    struct arena arena;
    Onnx__Model *model;
};

/* Parses: sizes are checked before anything is allocated. */
bool onnx_file_read(struct onnx_file *file, const char *data, size_t size, struct err *err);
void onnx_file_finish(struct onnx_file *file);

/* The graph as a program, which needs nothing of the file any more. NULL and err when something in
 * it is wrong or not supported. */
struct program *onnx_program_create(struct onnx_file *file, struct err *err);

/* An allocator for protobuf-c that gives nothing back before the arena does. */
ProtobufCAllocator onnx_allocator(struct arena *arena);

/* A tensor's elements, copied into the arena. */
bool onnx_tensor_read(const Onnx__Tensor *tensor, struct value *value, struct arena *arena,
                      struct err *err);

#endif
