/* A tensor program as one operator of a graph: rows of doubles in, labels, probabilities, numbers
 * out. */
#ifndef OMEN_FORMATS_ONNX_OP_H
#define OMEN_FORMATS_ONNX_OP_H

#include "formats/onnx_inputs.h"
#include "formats/onnx_labels.h"
#include "graph/graph.h"
#include "graph/op.h"

/* What is known of an output before it is looked at as one. */
struct onnx_output {
    const char *name;
    struct onnx_labels labels; /* that it may have, or that name its columns */
    bool zipped;               /* the labels name its columns: probabilities */
};

/* **Takes** program, also on failure. outputs: one for each of the program's. NULL and err when the
 * outputs cannot be what an operator answers. */
struct op *onnx_op_create(struct program *program, const struct onnx_output *outputs,
                          struct err *err);
const struct onnx_inputs *onnx_op_inputs(const struct op *op);
const struct program *onnx_op_program(const struct op *op);
/* The classes as the trainer had them: op->classes of them, NULL where they are 0, 1, 2 ... False
 * without memory. */
bool onnx_op_labels(const struct op *op, struct graph_label **labels, struct err *err);
/* The name of output i, or NULL where the standard one fits. */
const char *onnx_op_output_name(const struct op *op, size_t i);

#endif
