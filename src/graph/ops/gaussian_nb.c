#include "graph/ops/likelihood.h"

#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "math/stats.h"

/* Features are independent and normal within a class. */
struct gaussian_nb {
    struct estimator estimator;
    struct matrix means, variances; /* classes x inputs */
    struct params_vector log_priors;
    double *log_norms; /* [classes]: -1/2 of the sum of log(2 pi variance) */
};

static bool norms_set(struct gaussian_nb *self, struct err *err)
{
    size_t classes = self->variances.rows, inputs = self->variances.cols;
    double *logs = mem_array(inputs, sizeof *logs);
    self->log_norms = mem_array(classes, sizeof *self->log_norms);
    bool ok = logs != NULL && self->log_norms != NULL;
    for (size_t k = 0; ok && k < classes; k++) {
        for (size_t i = 0; i < inputs; i++)
            logs[i] = log(2.0 * M_PI * matrix_row(&self->variances, k)[i]);
        self->log_norms[k] = -0.5 * stats_sum(logs, inputs);
    }
    free(logs);
    return ok || err_set(err, ERR_MEMORY, "no memory for %zu classes", classes);
}

static bool variances_check(const struct matrix *variances, struct params *params, struct err *err)
{
    for (size_t k = 0; k < variances->rows; k++)
        if (!estimator_positive(params, "var_", matrix_row(variances, k), variances->cols, err))
            return false;
    return true;
}

static bool bayes_read(struct gaussian_nb *self, struct params *params, const struct columns *in,
                       struct err *err)
{
    struct estimator *estimator = &self->estimator;
    if (!estimator_init(estimator, params, in, err) ||
        !estimator_matrix(estimator, params, "theta_", PARAMS_ANY, in->count, &self->means, err))
        return false;
    size_t classes = self->means.rows;
    if (classes < 2)
        return params_fail(params, "theta_", err, "expected two classes or more");
    if (!estimator_matrix(estimator, params, "var_", classes, in->count, &self->variances, err) ||
        !variances_check(&self->variances, params, err) ||
        !estimator_log_priors(estimator, params, "class_prior_", classes, &self->log_priors, err) ||
        !norms_set(self, err))
        return false;
    likelihood_outputs(&estimator->op, classes);
    return true;
}

static bool bayes_create(struct op **op, struct params *params, const struct columns *in,
                         struct err *err)
{
    struct gaussian_nb *self = op_allocate(sizeof *self, &op_gaussian_nb, in, err);
    return self != NULL && op_deliver(op, &self->estimator.op, bayes_read(self, params, in, err));
}

/* log P(class) + log P(x | class), for each class. terms [inputs] is scratch. */
static void joint_log_likelihoods(const struct gaussian_nb *self, const double *x, double *terms,
                                  double *joint)
{
    size_t inputs = self->means.cols;
    for (size_t k = 0; k < self->means.rows; k++) {
        const double *mean = matrix_row(&self->means, k);
        const double *variance = matrix_row(&self->variances, k);
        for (size_t i = 0; i < inputs; i++) {
            double distance = x[i] - mean[i];
            terms[i] = distance * distance / variance[i];
        }
        double likelihood = self->log_norms[k] - 0.5 * stats_sum(terms, inputs);
        joint[k] = self->log_priors.values[k] + likelihood;
    }
}

static bool bayes_run(const struct op *op, const struct matrix *in, struct matrix *out,
                      uint32_t wanted, struct arena *scratch, struct err *err)
{
    const struct gaussian_nb *self = (const struct gaussian_nb *)op;
    size_t classes = self->means.rows;
    if (!estimator_check(op, in, err))
        return false;
    double *terms = estimator_scratch(scratch, in->cols + classes, err);
    if (terms == NULL)
        return false;
    double *joint = terms + in->cols;
    for (size_t row = 0; row < in->rows; row++) {
        joint_log_likelihoods(self, matrix_row(in, row), terms, joint);
        likelihood_answer(op, joint, out, row, wanted);
    }
    return true;
}

static void bayes_destroy(struct op *op)
{
    struct gaussian_nb *self = (struct gaussian_nb *)op;
    matrix_free(&self->means);
    matrix_free(&self->variances);
    params_vector_finish(&self->log_priors);
    free(self->log_norms);
    estimator_finish(&self->estimator);
    free(self);
}

const struct op_type op_gaussian_nb = {
    .name = "gaussian_nb",
    .summary = "naive Bayes with normal features",
    .create = bayes_create,
    .run = bayes_run,
    .destroy = bayes_destroy,
};
