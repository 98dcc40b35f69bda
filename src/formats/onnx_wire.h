/* A first look at an ONNX file, before protobuf-c allocates for it: that it is whole, not nested
 * too deep (protobuf-c calls itself for every level), and that no message that can be there once is
 * there again (protobuf-c would merge the two, at the cost of both each time). */
#ifndef OMEN_FORMATS_ONNX_WIRE_H
#define OMEN_FORMATS_ONNX_WIRE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

#define ONNX_WIRE_DEPTH_MAX 100

/* True if the first bytes are those of an ONNX model: its IR version, then a field that a model
 * has. */
bool onnx_wire_detect(const char *data, size_t size);
bool onnx_wire_check(const char *data, size_t size, struct err *err);

#endif
