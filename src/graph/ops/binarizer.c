#include "graph/ops/ops.h"

#include <math.h>

struct binarizer {
    struct op op;
    double threshold;
};

static bool binarizer_read(struct binarizer *self, struct params *params, const struct columns *in,
                           struct err *err)
{
    return op_need_numbers(params, in, err) && op_same_columns(&self->op, in, err) &&
           params_number_or(params, "threshold", 0, &self->threshold, err);
}

static bool binarizer_create(struct op **op, struct params *params, const struct columns *in,
                             struct err *err)
{
    struct binarizer *self = op_allocate(sizeof *self, &op_binarizer, in, err);
    return self != NULL && op_deliver(op, &self->op, binarizer_read(self, params, in, err));
}

static bool binarizer_run(const struct op *op, const struct matrix *in, struct matrix *out,
                          uint32_t wanted, struct arena *scratch, struct err *err)
{
    (void)wanted, (void)scratch;
    const struct binarizer *self = (const struct binarizer *)op;
    for (size_t row = 0; row < in->rows; row++) {
        const double *from = matrix_row(in, row);
        double *to = matrix_row(&out[0], row);
        for (size_t i = 0; i < in->cols; i++) {
            if (isnan(from[i]))
                return op_refuse_missing(op->columns.items[i].name, row, err);
            to[i] = from[i] > self->threshold;
        }
    }
    return true;
}

const struct op_type op_binarizer = {
    .name = "binarizer",
    .summary = "x > threshold ? 1 : 0",
    .create = binarizer_create,
    .run = binarizer_run,
    .destroy = op_free,
};
