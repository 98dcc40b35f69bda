#include <math.h>
#include <stdlib.h>

#include "graph/ops/kernels.h"

/* The sum of coefficients times kernels: support vector regression, the border around one class,
 * kernel ridge regression. */
struct svr {
    struct estimator estimator;
    struct kernels kernels;
    struct matrix coefficients; /* targets x vectors */
    double intercept;
};

enum { LABEL, SCORE }; /* of one_class_svm; the regressors have one output */

static bool machine_read(struct svr *self, struct params *params, const struct columns *in,
                         const char *rows_key, size_t targets, struct err *err)
{
    return estimator_init(&self->estimator, params, in, err) &&
           kernels_read(&self->kernels, &self->estimator, params, rows_key, err) &&
           estimator_matrix(&self->estimator, params, "dual_coef_", targets, self->kernels.count,
                            &self->coefficients, err);
}

static bool regressor_create(struct op **op, struct params *params, const struct columns *in,
                             struct err *err)
{
    struct svr *self = op_allocate(sizeof *self, &op_svr, in, err);
    if (self == NULL)
        return false;
    bool ok = machine_read(self, params, in, "support_vectors_", 1, err) &&
              estimator_number(params, "intercept_", &self->intercept, err);
    if (ok)
        op_add_output(&self->estimator.op, OUTPUT_VALUE, 1);
    return op_deliver(op, &self->estimator.op, ok);
}

static bool ridge_create(struct op **op, struct params *params, const struct columns *in,
                         struct err *err)
{
    struct svr *self = op_allocate(sizeof *self, &op_kernel_ridge, in, err);
    if (self == NULL)
        return false;
    bool ok = machine_read(self, params, in, "x_fit_", PARAMS_ANY, err);
    if (ok)
        op_add_output(&self->estimator.op, OUTPUT_VALUE, self->coefficients.rows);
    return op_deliver(op, &self->estimator.op, ok);
}

static bool border_create(struct op **op, struct params *params, const struct columns *in,
                          struct err *err)
{
    struct svr *self = op_allocate(sizeof *self, &op_one_class_svm, in, err);
    if (self == NULL)
        return false;
    bool ok = machine_read(self, params, in, "support_vectors_", 1, err) &&
              estimator_number(params, "intercept_", &self->intercept, err);
    self->estimator.op.classes = 2;
    op_add_output(&self->estimator.op, OUTPUT_LABEL, 1);
    op_add_output(&self->estimator.op, OUTPUT_SCORE, 1);
    return op_deliver(op, &self->estimator.op, ok);
}

/* values: rows x targets. */
static bool sums_run(const struct svr *self, const struct matrix *in, const struct matrix *values,
                     struct arena *scratch, struct err *err)
{
    struct kernels_work work;
    size_t count = self->kernels.count;
    if (!estimator_check(&self->estimator.op, in, err) ||
        !kernels_work_init(&work, &self->kernels, scratch, err))
        return false;
    for (size_t first = 0; first < in->rows; first += KERNELS_ROWS) {
        size_t rows = kernels_apply(&self->kernels, in, first, &work);
        for (size_t row = 0; row < rows; row++)
            for (size_t k = 0; k < self->coefficients.rows; k++)
                matrix_row(values, first + row)[k] =
                    svm_weighted_sum_double(matrix_row(&self->coefficients, k),
                                            work.values + row * count, count) +
                    self->intercept;
    }
    return true;
}

static bool value_run(const struct op *op, const struct matrix *in, struct matrix *out,
                      uint32_t wanted, struct arena *scratch, struct err *err)
{
    (void)wanted;
    return sums_run((const struct svr *)op, in, &out[0], scratch, err);
}

static bool border_run(const struct op *op, const struct matrix *in, struct matrix *out,
                       uint32_t wanted, struct arena *scratch, struct err *err)
{
    struct matrix scores;
    if (!estimator_target(op, out, wanted, SCORE, in->rows, scratch, &scores, err) ||
        !sums_run((const struct svr *)op, in, &scores, scratch, err))
        return false;
    for (size_t row = 0; estimator_wants(wanted, LABEL) && row < in->rows; row++)
        matrix_row(&out[LABEL], row)[0] = matrix_row(&scores, row)[0] > 0.0;
    return true;
}

static void svr_destroy(struct op *op)
{
    struct svr *self = (struct svr *)op;
    kernels_finish(&self->kernels);
    matrix_free(&self->coefficients);
    estimator_finish(&self->estimator);
    free(self);
}

const struct op_type op_svr = {
    .name = "svr",
    .summary = "support vector regression",
    .create = regressor_create,
    .run = value_run,
    .destroy = svr_destroy,
};

const struct op_type op_kernel_ridge = {
    .name = "kernel_ridge",
    .summary = "ridge regression on kernels",
    .create = ridge_create,
    .run = value_run,
    .destroy = svr_destroy,
};

const struct op_type op_one_class_svm = {
    .name = "one_class_svm",
    .summary = "outliers by a support vector machine",
    .create = border_create,
    .run = border_run,
    .destroy = svr_destroy,
};
