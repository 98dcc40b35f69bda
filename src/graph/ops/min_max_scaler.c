#include "graph/ops/ops.h"

#include <stdlib.h>

struct min_max_scaler {
    struct op op;
    struct params_vector scale, minimum;
    bool clip;
    double low, high;
};

static bool range_read(struct min_max_scaler *self, struct params *params, struct err *err)
{
    self->low = 0;
    self->high = 1;
    if (!params_flag_or(params, "clip", false, &self->clip, err))
        return false;
    if (!params_has(params, "feature_range"))
        return true;
    struct params_vector range;
    if (!params_vector(params, "feature_range", 2, &range, err))
        return false;
    self->low = range.values[0];
    self->high = range.values[1];
    params_vector_finish(&range);
    return self->low < self->high ||
           params_fail(params, "feature_range", err, "expected the lower end first");
}

static bool scaler_read(struct min_max_scaler *self, struct params *params,
                        const struct columns *in, struct err *err)
{
    self->op.bytes += 2 * in->count * sizeof(double);
    return op_need_numbers(params, in, err) && op_same_columns(&self->op, in, err) &&
           params_vector(params, "scale_", in->count, &self->scale, err) &&
           params_vector(params, "min_", in->count, &self->minimum, err) &&
           range_read(self, params, err);
}

static bool scaler_create(struct op **op, struct params *params, const struct columns *in,
                          struct err *err)
{
    struct min_max_scaler *self = op_allocate(sizeof *self, &op_min_max_scaler, in, err);
    return self != NULL && op_deliver(op, &self->op, scaler_read(self, params, in, err));
}

static bool scaler_run(const struct op *op, const struct matrix *in, struct matrix *out,
                       uint32_t wanted, struct arena *scratch, struct err *err)
{
    (void)wanted, (void)scratch, (void)err;
    const struct min_max_scaler *self = (const struct min_max_scaler *)op;
    for (size_t row = 0; row < in->rows; row++) {
        const double *restrict from = matrix_row(in, row);
        double *restrict to = matrix_row(&out[0], row);
        for (size_t i = 0; i < in->cols; i++) {
            double x = from[i] * self->scale.values[i];
            x += self->minimum.values[i];
            if (self->clip && x < self->low)
                x = self->low;
            if (self->clip && x > self->high)
                x = self->high;
            to[i] = x;
        }
    }
    return true;
}

static void scaler_destroy(struct op *op)
{
    struct min_max_scaler *self = (struct min_max_scaler *)op;
    params_vector_finish(&self->scale);
    params_vector_finish(&self->minimum);
    free(self);
}

const struct op_type op_min_max_scaler = {
    .name = "min_max_scaler",
    .summary = "x * scale + min, clipped if asked",
    .create = scaler_create,
    .run = scaler_run,
    .destroy = scaler_destroy,
};
