#include "graph/ops/estimator.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "math/linalg.h"
#include "math/special.h"
#include "math/stats.h"

/* A class is a normal distribution; its covariance is rotation diag(scaling) rotation^T. */
struct qda_class {
    struct matrix whitening; /* (rotation / sqrt(scaling))^T: r x inputs */
    double log_scaling_sum;  /* logarithm of the covariance's determinant */
};

struct quadratic_discriminant_analysis {
    struct estimator estimator;
    struct matrix means; /* classes x inputs */
    struct params_vector log_priors;
    struct qda_class *classes;
    size_t rank; /* the largest r */
};

enum { LABEL, PROBABILITY, SCORE };

/* Turns scaling [r] into its logarithms' sum and rotation [inputs, r] into the whitening. */
static bool class_set(struct qda_class *class, const struct matrix *rotation,
                      const struct params_vector *scaling, struct err *err)
{
    if (!matrix_create(&class->whitening, rotation->cols, rotation->rows))
        return err_set(err, ERR_MEMORY, "no memory for a class's rotation");
    linalg_transpose(rotation, &class->whitening);
    for (size_t i = 0; i < scaling->count; i++) {
        double factor = pow(scaling->values[i], -0.5);
        double *row = matrix_row(&class->whitening, i);
        for (size_t col = 0; col < class->whitening.cols; col++)
            row[col] *= factor;
        scaling->values[i] = log(scaling->values[i]);
    }
    class->log_scaling_sum = stats_sum(scaling->values, scaling->count);
    return true;
}

static bool class_read(struct quadratic_discriminant_analysis *self, struct params *params,
                       size_t index, struct err *err)
{
    struct params *rotation_place = params_element(params, "rotations_", index, err);
    if (rotation_place == NULL)
        return false;
    struct params *scaling_place = params_element(params, "scalings_", index, err);
    if (scaling_place == NULL)
        return false;
    struct matrix rotation = {0};
    struct params_vector scaling = {0};
    bool ok = estimator_matrix(&self->estimator, rotation_place, "", self->estimator.op.inputs,
                               PARAMS_ANY, &rotation, err) &&
              estimator_vector(&self->estimator, scaling_place, "", rotation.cols, &scaling, err) &&
              estimator_positive(scaling_place, "", scaling.values, scaling.count, err) &&
              class_set(&self->classes[index], &rotation, &scaling, err);
    if (ok && rotation.cols > self->rank)
        self->rank = rotation.cols;
    matrix_free(&rotation);
    params_vector_finish(&scaling);
    return ok;
}

static bool classes_read(struct quadratic_discriminant_analysis *self, struct params *params,
                         struct err *err)
{
    static const char *const keys[] = {"rotations_", "scalings_"};
    size_t count = self->means.rows;
    for (size_t i = 0; i < 2; i++)
        if (params_length(params, keys[i]) != count)
            return params_fail(params, keys[i], err, "expected a list of %zu, one for each class",
                               count);
    self->classes = mem_array(count, sizeof *self->classes);
    if (self->classes == NULL)
        return err_set(err, ERR_MEMORY, "no memory for %zu classes", count);
    self->estimator.op.classes = count;
    for (size_t i = 0; i < count; i++)
        if (!class_read(self, params, i, err))
            return false;
    return true;
}

static bool qda_read(struct quadratic_discriminant_analysis *self, struct params *params,
                     const struct columns *in, struct err *err)
{
    struct estimator *estimator = &self->estimator;
    if (!estimator_init(estimator, params, in, err) ||
        !estimator_matrix(estimator, params, "means_", PARAMS_ANY, in->count, &self->means, err))
        return false;
    if (self->means.rows < 2)
        return params_fail(params, "means_", err, "expected two classes or more");
    if (!estimator_log_priors(estimator, params, "priors_", self->means.rows, &self->log_priors,
                              err) ||
        !classes_read(self, params, err))
        return false;
    size_t count = self->means.rows;
    op_add_output(&estimator->op, OUTPUT_LABEL, 1);
    op_add_output(&estimator->op, OUTPUT_PROBABILITY, count);
    op_add_output(&estimator->op, OUTPUT_SCORE, count == 2 ? 1 : count);
    return true;
}

static bool qda_create(struct op **op, struct params *params, const struct columns *in,
                       struct err *err)
{
    struct quadratic_discriminant_analysis *self =
        op_allocate(sizeof *self, &op_quadratic_discriminant_analysis, in, err);
    return self != NULL && op_deliver(op, &self->estimator.op, qda_read(self, params, in, err));
}

/* Log-posteriors up to a constant (Hastie et al., The Elements of Statistical Learning, 4.12).
 * centred [inputs] and white [rank] are scratch. */
static void log_posteriors(const struct quadratic_discriminant_analysis *self, const double *x,
                           double *centred, double *white, double *posteriors)
{
    for (size_t k = 0; k < self->means.rows; k++) {
        const struct qda_class *class = &self->classes[k];
        const double *mean = matrix_row(&self->means, k);
        for (size_t i = 0; i < self->means.cols; i++)
            centred[i] = x[i] - mean[i];
        linalg_affine_row(&class->whitening, NULL, centred, white);
        for (size_t i = 0; i < class->whitening.rows; i++)
            white[i] *= white[i];
        double distance = stats_sum(white, class->whitening.rows);
        posteriors[k] = -0.5 * (distance + class->log_scaling_sum) + self->log_priors.values[k];
    }
}

static void qda_answer(double *posteriors, size_t count, struct matrix *out, size_t row,
                       uint32_t wanted)
{
    if (estimator_wants(wanted, LABEL))
        matrix_row(&out[LABEL], row)[0] = (double)special_argmax(posteriors, count);
    if (estimator_wants(wanted, SCORE) && count == 2)
        matrix_row(&out[SCORE], row)[0] = posteriors[1] - posteriors[0];
    else if (estimator_wants(wanted, SCORE))
        memcpy(matrix_row(&out[SCORE], row), posteriors, count * sizeof *posteriors);
    if (!estimator_wants(wanted, PROBABILITY))
        return;
    special_softmax(posteriors, count);
    memcpy(matrix_row(&out[PROBABILITY], row), posteriors, count * sizeof *posteriors);
}

static bool qda_run(const struct op *op, const struct matrix *in, struct matrix *out,
                    uint32_t wanted, struct arena *scratch, struct err *err)
{
    const struct quadratic_discriminant_analysis *self =
        (const struct quadratic_discriminant_analysis *)op;
    size_t count = self->means.rows;
    if (!estimator_check(op, in, err))
        return false;
    double *centred = estimator_scratch(scratch, in->cols + self->rank + count, err);
    if (centred == NULL)
        return false;
    double *white = centred + in->cols, *posteriors = white + self->rank;
    for (size_t row = 0; row < in->rows; row++) {
        log_posteriors(self, matrix_row(in, row), centred, white, posteriors);
        qda_answer(posteriors, count, out, row, wanted);
    }
    return true;
}

static void qda_destroy(struct op *op)
{
    struct quadratic_discriminant_analysis *self = (struct quadratic_discriminant_analysis *)op;
    for (size_t i = 0; self->classes != NULL && i < self->means.rows; i++)
        matrix_free(&self->classes[i].whitening);
    free(self->classes);
    matrix_free(&self->means);
    params_vector_finish(&self->log_priors);
    estimator_finish(&self->estimator);
    free(self);
}

const struct op_type op_quadratic_discriminant_analysis = {
    .name = "quadratic_discriminant_analysis",
    .summary = "classes as normal distributions, each with its covariance",
    .create = qda_create,
    .run = qda_run,
    .destroy = qda_destroy,
};
