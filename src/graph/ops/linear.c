#include "graph/ops/linear.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "math/linalg.h"
#include "math/special.h"
#include "math/stats.h"

/* A list of numbers counts as a matrix of one row. */
static bool coef_read(struct linear *linear, struct estimator *estimator, struct params *params,
                      struct err *err)
{
    size_t inputs = estimator->op.inputs;
    struct params *first = NULL;
    if (params_length(params, "coef_") > 0 &&
        (first = params_element(params, "coef_", 0, err)) == NULL)
        return false;
    if (first == NULL || params_length(first, "") > 0)
        return estimator_matrix(estimator, params, "coef_", PARAMS_ANY, inputs, &linear->coef, err);
    struct params_vector row;
    bool ok = estimator_vector(estimator, params, "coef_", inputs, &row, err);
    if (ok && !(ok = matrix_create(&linear->coef, 1, inputs)))
        err_set(err, ERR_MEMORY, "no memory for %zu coefficients", inputs);
    if (ok)
        memcpy(linear->coef.data, row.values, inputs * sizeof(double));
    params_vector_finish(&row);
    return ok;
}

static bool intercept_read(struct linear *linear, struct estimator *estimator,
                           struct params *params, struct err *err)
{
    size_t outputs = linear->coef.rows;
    if (params_length(params, "intercept_") > 0)
        return estimator_vector(estimator, params, "intercept_", outputs, &linear->intercept, err);
    double all;
    if (!params_number_or(params, "intercept_", 0.0, &all, err))
        return false;
    if (!isfinite(all))
        return params_fail(params, "intercept_", err, "expected a finite number");
    linear->intercept.values = mem_array(outputs, sizeof(double));
    if (linear->intercept.values == NULL)
        return err_set(err, ERR_MEMORY, "no memory for %zu intercepts", outputs);
    linear->intercept.count = outputs;
    estimator->op.bytes += outputs * sizeof(double);
    for (size_t i = 0; i < outputs; i++)
        linear->intercept.values[i] = all;
    return true;
}

/* What a batch is multiplied with. */
static bool weights_make(struct linear *linear, struct estimator *estimator, struct err *err)
{
    const struct matrix *coef = &linear->coef;
    if (coef->rows == 1) {
        linear->weights = (struct matrix){coef->data, coef->cols, 1, 1};
        return true;
    }
    if (!matrix_create(&linear->weights, coef->cols, coef->rows))
        return err_set(err, ERR_MEMORY, "no memory for %zu x %zu coefficients", coef->cols,
                       coef->rows);
    linalg_transpose(coef, &linear->weights);
    estimator->op.bytes += coef->rows * coef->cols * sizeof(double);
    return true;
}

bool linear_read(struct linear *linear, struct estimator *estimator, struct params *params,
                 struct err *err)
{
    return coef_read(linear, estimator, params, err) &&
           intercept_read(linear, estimator, params, err) && weights_make(linear, estimator, err);
}

void linear_finish(struct linear *linear)
{
    if (linear->weights.data != linear->coef.data)
        matrix_free(&linear->weights);
    matrix_free(&linear->coef);
    params_vector_finish(&linear->intercept);
}

void linear_apply(const struct linear *linear, const struct matrix *x, const struct matrix *y)
{
    linalg_affine(x, &linear->weights, linear->intercept.values, 0, y);
}

void linear_apply_sparse(const struct linear *linear, const struct sparse *x,
                         const struct matrix *y)
{
    for (size_t row = 0; row < x->rows; row++)
        sparse_affine_row(&linear->coef, linear->intercept.values, &x->items[row],
                          matrix_row(y, row));
}

bool linear_classifier_read(struct linear_classifier *self, struct params *params,
                            const struct columns *in, struct err *err)
{
    return estimator_init(&self->estimator, params, in, err) &&
           linear_read(&self->linear, &self->estimator, params, err);
}

void linear_classifier_set(struct linear_classifier *self, enum linear_probability probability)
{
    struct op *op = &self->estimator.op;
    size_t scores = self->linear.coef.rows;
    self->probability = probability;
    op->sparse = OP_TAKES_SPARSE;
    op->classes = scores == 1 ? 2 : scores;
    op_add_output(op, OUTPUT_LABEL, 1);
    if (probability != LINEAR_PROBABILITY_NONE)
        op_add_output(op, OUTPUT_PROBABILITY, op->classes);
    op_add_output(op, OUTPUT_SCORE, scores);
}

static void two_probabilities(enum linear_probability kind, double score, double *p)
{
    if (kind == LINEAR_PROBABILITY_SOFTMAX) {
        p[0] = -score;
        p[1] = score;
        special_softmax(p, 2);
    } else {
        p[1] = special_sigmoid(score);
        p[0] = 1.0 - p[1];
    }
}

static void probabilities(enum linear_probability kind, const double *scores, size_t count,
                          double *p)
{
    if (count == 1) {
        two_probabilities(kind, scores[0], p);
        return;
    }
    memcpy(p, scores, count * sizeof *p);
    if (kind == LINEAR_PROBABILITY_SOFTMAX) {
        special_softmax(p, count);
        return;
    }
    for (size_t i = 0; i < count; i++)
        p[i] = special_sigmoid(p[i]);
    double sum = stats_sum(p, count);
    for (size_t i = 0; i < count; i++)
        p[i] /= sum;
}

static uint32_t score_output(const struct linear_classifier *self)
{
    return self->probability != LINEAR_PROBABILITY_NONE ? 2 : 1;
}

static void scores_answer(const struct linear_classifier *self, const struct matrix *scores,
                          struct matrix *out, uint32_t wanted)
{
    bool has_probability = self->probability != LINEAR_PROBABILITY_NONE;
    size_t count = self->linear.coef.rows;
    for (size_t row = 0; estimator_wants(wanted, 0) && row < scores->rows; row++) {
        const double *score = matrix_row(scores, row);
        size_t label = count == 1 ? score[0] > 0.0 : special_argmax(score, count);
        matrix_row(&out[0], row)[0] = (double)label;
    }
    for (size_t row = 0; has_probability && estimator_wants(wanted, 1) && row < scores->rows; row++)
        probabilities(self->probability, matrix_row(scores, row), count, matrix_row(&out[1], row));
}

bool linear_classifier_run(const struct op *op, const struct matrix *in, struct matrix *out,
                           uint32_t wanted, struct arena *scratch, struct err *err)
{
    const struct linear_classifier *self = (const struct linear_classifier *)op;
    struct matrix scores;
    if (!estimator_check(op, in, err) ||
        !estimator_target(op, out, wanted, score_output(self), in->rows, scratch, &scores, err))
        return false;
    linear_apply(&self->linear, in, &scores);
    scores_answer(self, &scores, out, wanted);
    return true;
}

bool linear_classifier_take_sparse(const struct op *op, const struct sparse *in, struct matrix *out,
                                   uint32_t wanted, struct arena *scratch, struct err *err)
{
    const struct linear_classifier *self = (const struct linear_classifier *)op;
    struct matrix scores;
    if (!estimator_check_sparse(op, in, err) ||
        !estimator_target(op, out, wanted, score_output(self), in->rows, scratch, &scores, err))
        return false;
    linear_apply_sparse(&self->linear, in, &scores);
    scores_answer(self, &scores, out, wanted);
    return true;
}

void linear_classifier_destroy(struct op *op)
{
    struct linear_classifier *self = (struct linear_classifier *)op;
    linear_finish(&self->linear);
    estimator_finish(&self->estimator);
    free(self);
}
