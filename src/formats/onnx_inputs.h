/* The inputs of a tensor program as fields of a schema, and rows of doubles as its tensors. */
#ifndef OMEN_FORMATS_ONNX_INPUTS_H
#define OMEN_FORMATS_ONNX_INPUTS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/err.h"
#include "graph/schema.h"
#include "math/matrix.h"
#include "tensor/program.h"

struct onnx_input {
    enum value_type type;
    int rank;
    int64_t dims[VALUE_RANK_MAX]; /* of one row; dims[batch] is set to the number of rows */
    int batch;                    /* the dimension of the rows, or -1: the whole is one row */
    size_t first, width;          /* its fields */
};

struct onnx_inputs {
    struct onnx_input *items;
    size_t count;
    size_t fields;
    bool row_by_row; /* the file fixes a batch of one row */
};

/* Everything is made in the arena. */
bool onnx_inputs_read(struct onnx_inputs *inputs, const struct program *program,
                      struct arena *arena, struct err *err);

/* missing: a missing number is NaN in the tensors, else it is refused. Names are the inputs' own,
 * with the position behind them where an input is more than one field wide. */
bool onnx_inputs_schema(const struct onnx_inputs *inputs, const struct program *program,
                        bool missing, struct schema *schema, struct err *err);

/* Tensors of the rows, in the arena. values: one for each input. */
bool onnx_inputs_fill(const struct onnx_inputs *inputs, const struct matrix *rows,
                      struct value *values, struct arena *arena, struct err *err);

#endif
