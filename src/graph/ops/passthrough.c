#include "graph/ops/ops.h"

#include <stdlib.h>
#include <string.h>

static bool passthrough_create(struct op **op, struct params *params, const struct columns *in,
                               struct err *err)
{
    (void)params;
    struct op *self = op_allocate(sizeof *self, &op_passthrough, in, err);
    return self != NULL && op_deliver(op, self, op_same_columns(self, in, err));
}

static bool passthrough_run(const struct op *op, const struct matrix *in, struct matrix *out,
                            uint32_t wanted, struct arena *scratch, struct err *err)
{
    (void)op, (void)wanted, (void)scratch, (void)err;
    for (size_t row = 0; row < in->rows; row++)
        memcpy(matrix_row(&out[0], row), matrix_row(in, row), in->cols * sizeof(double));
    return true;
}

const struct op_type op_passthrough = {
    .name = "passthrough",
    .summary = "the columns as they are",
    .create = passthrough_create,
    .run = passthrough_run,
    .destroy = op_free,
};
