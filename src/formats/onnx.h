/* ONNX: graphs of tensors, as skl2onnx, onnxmltools, PyTorch and others write them. */
#ifndef OMEN_FORMATS_ONNX_H
#define OMEN_FORMATS_ONNX_H

#include "formats/format.h"

extern const struct format onnx_format;

#endif
