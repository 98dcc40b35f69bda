#include "graph/ops/ops.h"

#include <stdlib.h>

/* (x - mean) / scale, two roundings as numpy does them: no reciprocal, no fused step. */
struct standard_scaler {
    struct op op;
    struct params_vector mean, scale; /* values NULL when absent */
};

static bool scaler_read(struct standard_scaler *self, struct params *params,
                        const struct columns *in, struct err *err)
{
    if (!op_need_numbers(params, in, err) || !op_same_columns(&self->op, in, err))
        return false;
    if (params_has(params, "mean_") && !params_vector(params, "mean_", in->count, &self->mean, err))
        return false;
    if (params_has(params, "scale_") &&
        !params_vector(params, "scale_", in->count, &self->scale, err))
        return false;
    self->op.bytes += (self->mean.count + self->scale.count) * sizeof(double);
    return true;
}

static bool scaler_create(struct op **op, struct params *params, const struct columns *in,
                          struct err *err)
{
    struct standard_scaler *self = op_allocate(sizeof *self, &op_standard_scaler, in, err);
    return self != NULL && op_deliver(op, &self->op, scaler_read(self, params, in, err));
}

static bool scaler_run(const struct op *op, const struct matrix *in, struct matrix *out,
                       uint32_t wanted, struct arena *scratch, struct err *err)
{
    (void)wanted, (void)scratch, (void)err;
    const struct standard_scaler *self = (const struct standard_scaler *)op;
    for (size_t row = 0; row < in->rows; row++) {
        const double *restrict from = matrix_row(in, row);
        double *restrict to = matrix_row(&out[0], row);
        for (size_t i = 0; i < in->cols; i++) {
            double x = from[i];
            if (self->mean.values != NULL)
                x -= self->mean.values[i];
            to[i] = self->scale.values != NULL ? x / self->scale.values[i] : x;
        }
    }
    return true;
}

static void scaler_destroy(struct op *op)
{
    struct standard_scaler *self = (struct standard_scaler *)op;
    params_vector_finish(&self->mean);
    params_vector_finish(&self->scale);
    free(self);
}

const struct op_type op_standard_scaler = {
    .name = "standard_scaler",
    .summary = "(x - mean) / scale",
    .create = scaler_create,
    .run = scaler_run,
    .destroy = scaler_destroy,
};
