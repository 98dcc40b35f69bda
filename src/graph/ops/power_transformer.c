#include "graph/ops/ops.h"

#include <math.h>
#include <stdlib.h>

#include "graph/ops/center_scale.h"

enum method { METHOD_YEO_JOHNSON, METHOD_BOX_COX };

struct power_transformer {
    struct op op;
    int method;
    struct params_vector lambdas;
    struct center_scale standard;
};

static bool transformer_read(struct power_transformer *self, struct params *params,
                             const struct columns *in, struct err *err)
{
    static const char *const choices[] = {"yeo-johnson", "box-cox", NULL};
    if (!op_need_numbers(params, in, err) || !op_same_columns(&self->op, in, err) ||
        !params_choice_or(params, "method", choices, METHOD_YEO_JOHNSON, &self->method, err) ||
        !params_vector(params, "lambdas_", in->count, &self->lambdas, err) ||
        !center_scale_read(&self->standard, params, "mean_", "scale_", in->count, err))
        return false;
    self->op.bytes += in->count * sizeof(double) + center_scale_bytes(&self->standard);
    return true;
}

static bool transformer_create(struct op **op, struct params *params, const struct columns *in,
                               struct err *err)
{
    struct power_transformer *self = op_allocate(sizeof *self, &op_power_transformer, in, err);
    return self != NULL && op_deliver(op, &self->op, transformer_read(self, params, in, err));
}

/* I. Yeo, R. Johnson, "A new family of power transformations", 2000; a lambda within one rounding
 * of 0 or 2 takes the limit, as scikit-learn does. */
static double yeo_johnson(double x, double lambda)
{
    if (x >= 0 && fabs(lambda) < 0x1p-52)
        return log1p(x);
    if (x >= 0)
        return (pow(x + 1, lambda) - 1) / lambda;
    if (fabs(lambda - 2) > 0x1p-52)
        return -(pow(-x + 1, 2 - lambda) - 1) / (2 - lambda);
    return -log1p(-x);
}

/* G. Box, D. Cox, "An analysis of transformations", 1964; expm1 as in scipy. For x > 0. */
static double box_cox(double x, double lambda)
{
    return fabs(lambda) < 1e-19 ? log(x) : expm1(lambda * log(x)) / lambda;
}

static bool refuse(const struct op *op, size_t row, size_t i, struct err *err)
{
    const char *name = op->columns.items[i].name != NULL ? op->columns.items[i].name : "";
    err_set(err, ERR_RANGE, "column '%.160s' must be above 0 for the Box-Cox transform", name);
    return err_at(err, (int64_t)row, name);
}

static bool transformer_run(const struct op *op, const struct matrix *in, struct matrix *out,
                            uint32_t wanted, struct arena *scratch, struct err *err)
{
    (void)wanted, (void)scratch;
    const struct power_transformer *self = (const struct power_transformer *)op;
    for (size_t row = 0; row < in->rows; row++) {
        const double *from = matrix_row(in, row);
        double *to = matrix_row(&out[0], row);
        for (size_t i = 0; i < in->cols; i++) {
            double lambda = self->lambdas.values[i];
            if (self->method == METHOD_BOX_COX && from[i] <= 0)
                return refuse(op, row, i, err);
            to[i] = self->method == METHOD_BOX_COX ? box_cox(from[i], lambda)
                                                   : yeo_johnson(from[i], lambda);
        }
    }
    center_scale_run(&self->standard, &out[0], &out[0]);
    return true;
}

static void transformer_destroy(struct op *op)
{
    struct power_transformer *self = (struct power_transformer *)op;
    params_vector_finish(&self->lambdas);
    center_scale_finish(&self->standard);
    free(self);
}

const struct op_type op_power_transformer = {
    .name = "power_transformer",
    .summary = "Yeo-Johnson or Box-Cox, then standardised",
    .create = transformer_create,
    .run = transformer_run,
    .destroy = transformer_destroy,
};
