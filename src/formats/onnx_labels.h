/* What the outputs of an ONNX graph mean: where a classifier's labels come from. */
#ifndef OMEN_FORMATS_ONNX_LABELS_H
#define OMEN_FORMATS_ONNX_LABELS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "formats/onnx_read.h"

/* The labels in the order of the probabilities' columns: words, or whole numbers. count 0: not
 * known. */
struct onnx_labels {
    struct value_string *words;
    int64_t *numbers;
    size_t count;
};

#define ONNX_LABELS_MAX ((size_t)100000)

/* Follows the tensor `name` back to what lists its values: a table that is indexed, a classifier's
 * own list. count stays 0 when there is none. False without memory only. */
bool onnx_labels_trace(const Onnx__Graph *graph, const char *name, struct onnx_labels *labels,
                       struct arena *arena, struct err *err);

/* Outputs that are only another form of tensors become these tensors: ZipMap's sequence of maps the
 * probabilities, a sequence constructed of tensors its items, each under the output's name with its
 * position. *zipped[i] is set to the labels that ZipMap gave the columns of output i. zipped:
 * allocated in the arena, an element per output afterwards. */
bool onnx_labels_unpack(Onnx__Graph *graph, struct onnx_labels **zipped, char ***names,
                        struct arena *arena, struct err *err);

#endif
