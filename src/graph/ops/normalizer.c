#include "graph/ops/ops.h"

#include <math.h>

enum norm { NORM_L2, NORM_L1, NORM_MAX };

struct normalizer {
    struct op op;
    int norm;
};

static bool normalizer_read(struct normalizer *self, struct params *params,
                            const struct columns *in, struct err *err)
{
    static const char *const choices[] = {"l2", "l1", "max", NULL};
    return op_need_numbers(params, in, err) && op_same_columns(&self->op, in, err) &&
           params_choice_or(params, "norm", choices, NORM_L2, &self->norm, err);
}

static bool normalizer_create(struct op **op, struct params *params, const struct columns *in,
                              struct err *err)
{
    struct normalizer *self = op_allocate(sizeof *self, &op_normalizer, in, err);
    return self != NULL && op_deliver(op, &self->op, normalizer_read(self, params, in, err));
}

static double row_norm(const double *x, size_t count, int norm)
{
    double sum = 0;
    for (size_t i = 0; i < count; i++) {
        double size = fabs(x[i]);
        if (norm == NORM_MAX)
            sum = size > sum || isnan(size) ? size : sum;
        else
            sum += norm == NORM_L2 ? x[i] * x[i] : size;
    }
    return norm == NORM_L2 ? sqrt(sum) : sum;
}

static bool normalizer_run(const struct op *op, const struct matrix *in, struct matrix *out,
                           uint32_t wanted, struct arena *scratch, struct err *err)
{
    (void)wanted, (void)scratch, (void)err;
    const struct normalizer *self = (const struct normalizer *)op;
    for (size_t row = 0; row < in->rows; row++) {
        const double *from = matrix_row(in, row);
        double *to = matrix_row(&out[0], row);
        double norm = row_norm(from, in->cols, self->norm);
        if (norm < 10 * 0x1p-52) /* scikit-learn's idea of a row of zeros */
            norm = 1;
        for (size_t i = 0; i < in->cols; i++)
            to[i] = from[i] / norm;
    }
    return true;
}

const struct op_type op_normalizer = {
    .name = "normalizer",
    .summary = "each row divided by its norm",
    .create = normalizer_create,
    .run = normalizer_run,
    .destroy = op_free,
};
