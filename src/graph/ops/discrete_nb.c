#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "graph/ops/likelihood.h"
#include "math/linalg.h"
#include "math/stats.h"

/* Naive Bayes whose log P(class, x) is linear in x: counts (multinomial; complement with other
 * weights), or features that are 0 or 1 (Bernoulli). Manning, Raghavan, Schütze, Introduction to
 * Information Retrieval (2008), chapter 13; Rennie et al., "Tackling the Poor Assumptions of Naive
 * Bayes Text Classifiers" (2003). */
struct discrete_nb {
    struct estimator estimator;
    struct matrix weights;       /* classes x inputs */
    struct params_vector offset; /* [classes] */
    double threshold;            /* features become x > threshold; NaN: they stay */
};

static bool weights_read(struct discrete_nb *self, struct params *params, const struct columns *in,
                         struct err *err)
{
    struct estimator *estimator = &self->estimator;
    if (!estimator_init(estimator, params, in, err) ||
        !estimator_matrix(estimator, params, "feature_log_prob_", PARAMS_ANY, in->count,
                          &self->weights, err))
        return false;
    if (self->weights.rows < 2)
        return params_fail(params, "feature_log_prob_", err, "expected two classes or more");
    likelihood_outputs(&estimator->op, self->weights.rows);
    if (isnan(self->threshold) || self->threshold >= 0.0)
        estimator->op.sparse = OP_TAKES_SPARSE;
    return true;
}

static bool multinomial_read(struct discrete_nb *self, struct params *params,
                             const struct columns *in, struct err *err)
{
    self->threshold = NAN;
    return weights_read(self, params, in, err) &&
           likelihood_logs(&self->estimator, params, "class_log_prior_", self->weights.rows,
                           &self->offset, err);
}

/* log P(x | class) is the sum of x log p + (1 - x) log(1 - p): the second logarithm goes into
 * weights and offset. */
static bool absence_add(struct discrete_nb *self, struct params *params, struct err *err)
{
    size_t inputs = self->weights.cols;
    double *absent = mem_array(inputs, sizeof *absent);
    bool ok = absent != NULL || err_set(err, ERR_MEMORY, "no memory for %zu numbers", inputs);
    for (size_t k = 0; ok && k < self->weights.rows; k++) {
        double *row = matrix_row(&self->weights, k);
        for (size_t i = 0; ok && i < inputs; i++) {
            absent[i] = log(1.0 - exp(row[i]));
            row[i] -= absent[i];
            if (!isfinite(absent[i]))
                ok = params_fail(params, "feature_log_prob_", err,
                                 "expected logarithms of probabilities below 1");
        }
        if (ok)
            self->offset.values[k] += stats_sum(absent, inputs);
    }
    free(absent);
    return ok;
}

static bool bernoulli_read(struct discrete_nb *self, struct params *params,
                           const struct columns *in, struct err *err)
{
    self->threshold = NAN;
    if (params_has(params, "binarize") && !params_number(params, "binarize", &self->threshold, err))
        return false;
    return weights_read(self, params, in, err) &&
           likelihood_logs(&self->estimator, params, "class_log_prior_", self->weights.rows,
                           &self->offset, err) &&
           absence_add(self, params, err);
}

static bool multinomial_create(struct op **op, struct params *params, const struct columns *in,
                               struct err *err)
{
    struct discrete_nb *self = op_allocate(sizeof *self, &op_multinomial_nb, in, err);
    return self != NULL &&
           op_deliver(op, &self->estimator.op, multinomial_read(self, params, in, err));
}

static bool bernoulli_create(struct op **op, struct params *params, const struct columns *in,
                             struct err *err)
{
    struct discrete_nb *self = op_allocate(sizeof *self, &op_bernoulli_nb, in, err);
    return self != NULL &&
           op_deliver(op, &self->estimator.op, bernoulli_read(self, params, in, err));
}

static bool discrete_run(const struct op *op, const struct matrix *in, struct matrix *out,
                         uint32_t wanted, struct arena *scratch, struct err *err)
{
    const struct discrete_nb *self = (const struct discrete_nb *)op;
    if (!estimator_check(op, in, err))
        return false;
    double *joint = estimator_scratch(scratch, op->classes + in->cols, err);
    if (joint == NULL)
        return false;
    double *bits = joint + op->classes;
    for (size_t row = 0; row < in->rows; row++) {
        const double *x = matrix_row(in, row);
        for (size_t i = 0; !isnan(self->threshold) && i < in->cols; i++)
            bits[i] = x[i] > self->threshold;
        linalg_affine_row(&self->weights, self->offset.values, isnan(self->threshold) ? x : bits,
                          joint);
        likelihood_answer(op, joint, out, row, wanted);
    }
    return true;
}

/* A threshold that is not negative leaves zeros zeros. */
static bool discrete_take_sparse(const struct op *op, const struct sparse *in, struct matrix *out,
                                 uint32_t wanted, struct arena *scratch, struct err *err)
{
    const struct discrete_nb *self = (const struct discrete_nb *)op;
    if (!estimator_check_sparse(op, in, err))
        return false;
    double *joint = estimator_scratch(scratch, op->classes, err);
    if (joint == NULL)
        return false;
    for (size_t row = 0; row < in->rows; row++) {
        struct sparse_row x = in->items[row];
        double *bits = isnan(self->threshold) ? x.values : estimator_scratch(scratch, x.count, err);
        if (bits == NULL)
            return false;
        for (size_t i = 0; !isnan(self->threshold) && i < x.count; i++)
            bits[i] = x.values[i] > self->threshold;
        x.values = bits;
        sparse_affine_row(&self->weights, self->offset.values, &x, joint);
        likelihood_answer(op, joint, out, row, wanted);
    }
    return true;
}

static void discrete_destroy(struct op *op)
{
    struct discrete_nb *self = (struct discrete_nb *)op;
    matrix_free(&self->weights);
    params_vector_finish(&self->offset);
    estimator_finish(&self->estimator);
    free(self);
}

const struct op_type op_multinomial_nb = {
    .name = "multinomial_nb",
    .summary = "naive Bayes with counts",
    .create = multinomial_create,
    .run = discrete_run,
    .take_sparse = discrete_take_sparse,
    .destroy = discrete_destroy,
};

const struct op_type op_bernoulli_nb = {
    .name = "bernoulli_nb",
    .summary = "naive Bayes with features that are there or not",
    .create = bernoulli_create,
    .run = discrete_run,
    .take_sparse = discrete_take_sparse,
    .destroy = discrete_destroy,
};
