#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "graph/ops/likelihood.h"

/* Each feature is a category's number, 0, 1, 2 ...; they are independent within a class. */
struct categorical_nb {
    struct estimator estimator;
    struct matrix *log_probabilities; /* [inputs], classes x categories of the feature */
    struct params_vector log_priors;  /* [classes] */
};

static bool features_read(struct categorical_nb *self, struct params *params, size_t classes,
                          struct err *err)
{
    static const char KEY[] = "feature_log_prob_";
    size_t inputs = self->estimator.op.inputs;
    if (params_length(params, KEY) != inputs)
        return params_fail(params, KEY, err, "expected %zu matrices, got %zu", inputs,
                           params_length(params, KEY));
    self->log_probabilities = mem_array(inputs, sizeof *self->log_probabilities);
    if (self->log_probabilities == NULL)
        return err_set(err, ERR_MEMORY, "no memory for %zu matrices", inputs);
    for (size_t i = 0; i < inputs; i++) {
        struct params *element = params_element(params, KEY, i, err);
        if (element == NULL || !estimator_matrix(&self->estimator, element, "", classes, PARAMS_ANY,
                                                 &self->log_probabilities[i], err))
            return false;
    }
    return true;
}

static bool bayes_read(struct categorical_nb *self, struct params *params, const struct columns *in,
                       struct err *err)
{
    struct estimator *estimator = &self->estimator;
    if (!estimator_init(estimator, params, in, err) ||
        !likelihood_logs(estimator, params, "class_log_prior_", PARAMS_ANY, &self->log_priors, err))
        return false;
    size_t classes = self->log_priors.count;
    if (classes < 2)
        return params_fail(params, "class_log_prior_", err, "expected two classes or more");
    likelihood_outputs(&estimator->op, classes);
    return features_read(self, params, classes, err);
}

static bool bayes_create(struct op **op, struct params *params, const struct columns *in,
                         struct err *err)
{
    struct categorical_nb *self = op_allocate(sizeof *self, &op_categorical_nb, in, err);
    return self != NULL && op_deliver(op, &self->estimator.op, bayes_read(self, params, in, err));
}

/* As the trainer, which cuts off fractions. */
static bool category_of(const struct categorical_nb *self, double cell, size_t row, size_t col,
                        size_t *category, struct err *err)
{
    const char *name = self->estimator.inputs.items[col].name;
    size_t count = self->log_probabilities[col].cols;
    if (!(cell > -1.0 && cell < (double)count)) {
        err_set(err, ERR_RANGE, "'%.64s' is no category: expected 0 to %zu",
                name != NULL ? name : "", count - 1);
        return err_at(err, (int64_t)row, name);
    }
    *category = (size_t)fabs(trunc(cell));
    return true;
}

static bool row_join(const struct categorical_nb *self, const double *x, size_t row, double *joint,
                     struct err *err)
{
    size_t classes = self->log_priors.count;
    for (size_t k = 0; k < classes; k++)
        joint[k] = 0.0;
    for (size_t i = 0; i < self->estimator.op.inputs; i++) {
        size_t category = 0;
        if (!category_of(self, x[i], row, i, &category, err))
            return false;
        for (size_t k = 0; k < classes; k++)
            joint[k] += matrix_row(&self->log_probabilities[i], k)[category];
    }
    for (size_t k = 0; k < classes; k++)
        joint[k] += self->log_priors.values[k];
    return true;
}

static bool bayes_run(const struct op *op, const struct matrix *in, struct matrix *out,
                      uint32_t wanted, struct arena *scratch, struct err *err)
{
    const struct categorical_nb *self = (const struct categorical_nb *)op;
    if (!estimator_check(op, in, err))
        return false;
    double *joint = estimator_scratch(scratch, op->classes, err);
    if (joint == NULL)
        return false;
    for (size_t row = 0; row < in->rows; row++) {
        if (!row_join(self, matrix_row(in, row), row, joint, err))
            return false;
        likelihood_answer(op, joint, out, row, wanted);
    }
    return true;
}

static void bayes_destroy(struct op *op)
{
    struct categorical_nb *self = (struct categorical_nb *)op;
    for (size_t i = 0; self->log_probabilities != NULL && i < op->inputs; i++)
        matrix_free(&self->log_probabilities[i]);
    free(self->log_probabilities);
    params_vector_finish(&self->log_priors);
    estimator_finish(&self->estimator);
    free(self);
}

const struct op_type op_categorical_nb = {
    .name = "categorical_nb",
    .summary = "naive Bayes with numbered categories",
    .create = bayes_create,
    .run = bayes_run,
    .destroy = bayes_destroy,
};
