#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "graph/ops/process_kernel.h"
#include "math/linalg.h"
#include "math/stats.h"

struct gaussian_process_regressor {
    struct estimator estimator;
    struct process_kernel *kernel;
    struct matrix rows;                   /* of the training data */
    struct matrix weights;                /* targets x rows */
    struct matrix lower;                  /* Cholesky factor of the rows' covariances; or none */
    struct params_vector centers, scales; /* [targets]: of the training data's targets */
    double interval_width;                /* half, in standard deviations */
};

enum { VALUE, STD, INTERVAL };

static bool targets_read(struct gaussian_process_regressor *self, struct params *params,
                         struct err *err)
{
    struct estimator *estimator = &self->estimator;
    if (!estimator_matrix(estimator, params, "alpha_", PARAMS_ANY, self->rows.rows, &self->weights,
                          err))
        return false;
    size_t targets = self->weights.rows;
    return estimator_vector(estimator, params, "y_train_mean_", targets, &self->centers, err) &&
           estimator_vector(estimator, params, "y_train_std_", targets, &self->scales, err);
}

static bool deviation_read(struct gaussian_process_regressor *self, struct params *params,
                           struct err *err)
{
    double interval;
    if (!params_has(params, "l_"))
        return true;
    if (!process_factor_read(&self->estimator, params, "l_", self->rows.rows, &self->lower, err) ||
        !params_number_or(params, "interval", 0.95, &interval, err))
        return false;
    if (!(interval > 0.0 && interval < 1.0))
        return params_fail(params, "interval", err, "expected a number between 0 and 1");
    self->interval_width = stats_normal_quantile(0.5 + interval / 2.0);
    op_add_output(&self->estimator.op, OUTPUT_STD, self->weights.rows);
    if (self->weights.rows == 1)
        op_add_output(&self->estimator.op, OUTPUT_INTERVAL, 2);
    return true;
}

static bool process_read(struct gaussian_process_regressor *self, struct params *params,
                         const struct columns *in, struct err *err)
{
    struct estimator *estimator = &self->estimator;
    if (!estimator_init(estimator, params, in, err) ||
        !estimator_matrix(estimator, params, "x_train_", PARAMS_ANY, in->count, &self->rows, err))
        return false;
    self->kernel = process_kernel_read(params, "kernel_", estimator, err);
    if (self->kernel == NULL || !targets_read(self, params, err))
        return false;
    op_add_output(&estimator->op, OUTPUT_VALUE, self->weights.rows);
    return deviation_read(self, params, err);
}

static bool process_create(struct op **op, struct params *params, const struct columns *in,
                           struct err *err)
{
    struct gaussian_process_regressor *self =
        op_allocate(sizeof *self, &op_gaussian_process_regressor, in, err);
    return self != NULL && op_deliver(op, &self->estimator.op, process_read(self, params, in, err));
}

/* covariances: scratch for a number per row of the training data. */
static void deviations_answer(const struct gaussian_process_regressor *self, const double *x,
                              double *covariances, const double *mean, struct matrix *out,
                              size_t row, uint32_t wanted)
{
    double prior = process_variance(self->kernel, x, self->rows.cols);
    double variance = fmax(process_remaining_variance(&self->lower, prior, covariances), 0.0);
    for (size_t k = 0; k < self->weights.rows; k++) {
        double std = sqrt(variance * (self->scales.values[k] * self->scales.values[k]));
        if (estimator_wants(wanted, STD))
            matrix_row(&out[STD], row)[k] = std;
        if (!estimator_wants(wanted, INTERVAL))
            continue;
        matrix_row(&out[INTERVAL], row)[0] = mean[k] - self->interval_width * std;
        matrix_row(&out[INTERVAL], row)[1] = mean[k] + self->interval_width * std;
    }
}

static bool process_run(const struct op *op, const struct matrix *in, struct matrix *out,
                        uint32_t wanted, struct arena *scratch, struct err *err)
{
    const struct gaussian_process_regressor *self = (const struct gaussian_process_regressor *)op;
    if (!estimator_check(op, in, err))
        return false;
    double *covariances = estimator_scratch(scratch, self->rows.rows, err);
    double *mean = estimator_scratch(scratch, self->weights.rows, err);
    if (covariances == NULL || mean == NULL)
        return false;
    for (size_t row = 0; row < in->rows; row++) {
        const double *x = matrix_row(in, row);
        process_covariances(self->kernel, x, &self->rows, covariances);
        linalg_affine_row(&self->weights, NULL, covariances, mean);
        for (size_t k = 0; k < self->weights.rows; k++) {
            mean[k] = self->scales.values[k] * mean[k] + self->centers.values[k];
            if (estimator_wants(wanted, VALUE))
                matrix_row(&out[VALUE], row)[k] = mean[k];
        }
        if (self->lower.data != NULL && (wanted & ~(1U << VALUE)) != 0)
            deviations_answer(self, x, covariances, mean, out, row, wanted);
    }
    return true;
}

static void process_destroy(struct op *op)
{
    struct gaussian_process_regressor *self = (struct gaussian_process_regressor *)op;
    process_kernel_destroy(self->kernel);
    matrix_free(&self->rows);
    matrix_free(&self->weights);
    matrix_free(&self->lower);
    params_vector_finish(&self->centers);
    params_vector_finish(&self->scales);
    estimator_finish(&self->estimator);
    free(self);
}

const struct op_type op_gaussian_process_regressor = {
    .name = "gaussian_process_regressor",
    .summary = "Gaussian process with a predictive standard deviation and interval",
    .create = process_create,
    .run = process_run,
    .destroy = process_destroy,
};
