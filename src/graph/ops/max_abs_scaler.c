#include "graph/ops/ops.h"

#include <stdlib.h>

struct max_abs_scaler {
    struct op op;
    struct params_vector scale;
};

static bool scaler_read(struct max_abs_scaler *self, struct params *params,
                        const struct columns *in, struct err *err)
{
    self->op.bytes += in->count * sizeof(double);
    return op_need_numbers(params, in, err) && op_same_columns(&self->op, in, err) &&
           params_vector(params, "scale_", in->count, &self->scale, err);
}

static bool scaler_create(struct op **op, struct params *params, const struct columns *in,
                          struct err *err)
{
    struct max_abs_scaler *self = op_allocate(sizeof *self, &op_max_abs_scaler, in, err);
    return self != NULL && op_deliver(op, &self->op, scaler_read(self, params, in, err));
}

static bool scaler_run(const struct op *op, const struct matrix *in, struct matrix *out,
                       uint32_t wanted, struct arena *scratch, struct err *err)
{
    (void)wanted, (void)scratch, (void)err;
    const double *scale = ((const struct max_abs_scaler *)op)->scale.values;
    for (size_t row = 0; row < in->rows; row++) {
        const double *restrict from = matrix_row(in, row);
        double *restrict to = matrix_row(&out[0], row);
        for (size_t i = 0; i < in->cols; i++)
            to[i] = from[i] / scale[i];
    }
    return true;
}

static void scaler_destroy(struct op *op)
{
    params_vector_finish(&((struct max_abs_scaler *)op)->scale);
    free(op);
}

const struct op_type op_max_abs_scaler = {
    .name = "max_abs_scaler",
    .summary = "x / scale",
    .create = scaler_create,
    .run = scaler_run,
    .destroy = scaler_destroy,
};
