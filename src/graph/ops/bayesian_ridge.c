#include "graph/ops/linear.h"

#include <math.h>
#include <stdlib.h>

#include "math/linalg.h"
#include "math/stats.h"

/* The predictive distribution is normal: mean x coef + intercept, variance that of the noise plus
 * that of the coefficients (Bishop, Pattern Recognition and Machine Learning, 3.59). */
struct bayesian_ridge {
    struct estimator estimator;
    struct linear linear;
    struct matrix sigma;         /* covariance of the coefficients, inputs x inputs */
    struct params_vector offset; /* [inputs] or none */
    double noise_variance;
    double interval_width; /* half, in standard deviations */
};

enum { VALUE, STD, INTERVAL };

static bool scalars_read(struct bayesian_ridge *self, struct params *params, struct err *err)
{
    double precision, interval;
    if (!params_number(params, "alpha_", &precision, err) ||
        !params_number_or(params, "interval", 0.95, &interval, err))
        return false;
    if (!(precision > 0.0) || !isfinite(1.0 / precision))
        return params_fail(params, "alpha_", err, "expected a number greater than 0");
    if (!(interval > 0.0 && interval < 1.0))
        return params_fail(params, "interval", err, "expected a number between 0 and 1");
    self->noise_variance = 1.0 / precision;
    self->interval_width = stats_normal_quantile(0.5 + interval / 2.0);
    return true;
}

static bool bayes_read(struct bayesian_ridge *self, struct params *params, const struct columns *in,
                       struct err *err)
{
    struct estimator *estimator = &self->estimator;
    if (!estimator_init(estimator, params, in, err) ||
        !linear_read(&self->linear, estimator, params, err))
        return false;
    if (self->linear.coef.rows != 1)
        return params_fail(params, "coef_", err, "expected coefficients of one target, got %zu",
                           self->linear.coef.rows);
    if (!estimator_matrix(estimator, params, "sigma_", in->count, in->count, &self->sigma, err) ||
        !scalars_read(self, params, err))
        return false;
    if (params_has(params, "x_offset_") &&
        !estimator_vector(estimator, params, "x_offset_", in->count, &self->offset, err))
        return false;
    op_add_output(&estimator->op, OUTPUT_VALUE, 1);
    op_add_output(&estimator->op, OUTPUT_STD, 1);
    op_add_output(&estimator->op, OUTPUT_INTERVAL, 2);
    return true;
}

static bool bayes_create(struct op **op, struct params *params, const struct columns *in,
                         struct err *err)
{
    struct bayesian_ridge *self = op_allocate(sizeof *self, &op_bayesian_ridge, in, err);
    return self != NULL && op_deliver(op, &self->estimator.op, bayes_read(self, params, in, err));
}

/* centred and work: a row of scratch each. */
static double bayes_std(const struct bayesian_ridge *self, const double *x, double *centred,
                        double *work)
{
    for (size_t i = 0; i < self->sigma.cols; i++)
        centred[i] = self->offset.values != NULL ? x[i] - self->offset.values[i] : x[i];
    return sqrt(linalg_quadratic_form(&self->sigma, centred, work) + self->noise_variance);
}

static void bayes_row(const struct bayesian_ridge *self, const double *x, double mean, double *row,
                      struct matrix *out, size_t index, uint32_t wanted)
{
    double std = bayes_std(self, x, row, row + self->sigma.cols);
    if (estimator_wants(wanted, STD))
        matrix_row(&out[STD], index)[0] = std;
    if (estimator_wants(wanted, INTERVAL)) {
        double *interval = matrix_row(&out[INTERVAL], index);
        interval[0] = mean - self->interval_width * std;
        interval[1] = mean + self->interval_width * std;
    }
}

static bool bayes_run(const struct op *op, const struct matrix *in, struct matrix *out,
                      uint32_t wanted, struct arena *scratch, struct err *err)
{
    const struct bayesian_ridge *self = (const struct bayesian_ridge *)op;
    struct matrix mean;
    if (!estimator_check(op, in, err) ||
        !estimator_target(op, out, wanted, VALUE, in->rows, scratch, &mean, err))
        return false;
    linear_apply(&self->linear, in, &mean);
    if (!estimator_wants(wanted, STD) && !estimator_wants(wanted, INTERVAL))
        return true;
    double *work = estimator_scratch(scratch, 2 * in->cols, err);
    if (work == NULL)
        return false;
    for (size_t row = 0; row < in->rows; row++)
        bayes_row(self, matrix_row(in, row), matrix_row(&mean, row)[0], work, out, row, wanted);
    return true;
}

static void bayes_destroy(struct op *op)
{
    struct bayesian_ridge *self = (struct bayesian_ridge *)op;
    linear_finish(&self->linear);
    matrix_free(&self->sigma);
    params_vector_finish(&self->offset);
    estimator_finish(&self->estimator);
    free(self);
}

const struct op_type op_bayesian_ridge = {
    .name = "bayesian_ridge",
    .summary = "linear regression with a predictive standard deviation and interval",
    .create = bayes_create,
    .run = bayes_run,
    .destroy = bayes_destroy,
};
