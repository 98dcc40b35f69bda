#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "graph/ops/estimator.h"
#include "graph/ops/members.h"
#include "math/special.h"

static const char *const algorithm_names[] = {"SAMME", "SAMME.R", NULL};
enum { SAMME, SAMME_R };
enum { LABEL, PROBABILITY, SCORE };

/* Boosted classifiers: each one's label counts with its weight (SAMME), or the logarithms of its
 * probabilities do (SAMME.R). J. Zhu, H. Zou, S. Rosset, T. Hastie: Multi-class AdaBoost, 2009. */
struct ada_boost_classifier {
    struct op op;
    struct members members;
    struct params_vector weights; /* [members] */
    double weight_sum;
    double miss; /* SAMME: what a label counts, times its weight, for the other classes */
    int algorithm;
};

static bool weights_read(struct ada_boost_classifier *self, struct params *params, struct err *err)
{
    if (!params_vector(params, "estimator_weights_", self->members.count, &self->weights, err))
        return false;
    for (size_t i = 0; i < self->weights.count; i++)
        self->weight_sum += self->weights.values[i];
    return (isfinite(self->weight_sum) && self->weight_sum != 0.0) ||
           params_fail(params, "estimator_weights_", err,
                       "expected finite numbers whose sum is not 0");
}

static bool boost_read(struct ada_boost_classifier *self, struct params *params,
                       const struct columns *in, struct err *err)
{
    if (!params_choice_or(params, "algorithm", algorithm_names, SAMME, &self->algorithm, err) ||
        !members_read_classifiers(&self->members, &self->op, params, in, err) ||
        !weights_read(self, params, err))
        return false;
    size_t classes = self->op.classes;
    if (classes < 2)
        return params_fail(params, "classes", err, "expected 2 classes or more");
    if (!params_number_or(params, "miss", -1.0 / (double)(classes - 1), &self->miss, err) ||
        !members_need(&self->members, params,
                      self->algorithm == SAMME ? OUTPUT_LABEL : OUTPUT_PROBABILITY, PARAMS_ANY,
                      err))
        return false;
    if (!isfinite(self->miss))
        return params_fail(params, "miss", err, "expected a finite number");
    op_add_output(&self->op, OUTPUT_LABEL, 1);
    op_add_output(&self->op, OUTPUT_PROBABILITY, classes);
    op_add_output(&self->op, OUTPUT_SCORE, classes == 2 ? 1 : classes);
    self->op.scratch_width += 2 * classes;
    return true;
}

static bool boost_create(struct op **op, struct params *params, const struct columns *in,
                         struct err *err)
{
    struct ada_boost_classifier *self =
        op_allocate(sizeof *self, &op_ada_boost_classifier, in, err);
    return self != NULL && op_deliver(op, &self->op, boost_read(self, params, in, err));
}

static void add_label(const struct ada_boost_classifier *self, const struct member *member,
                      double answer, double weight, double *sums)
{
    size_t label = (size_t)answer;
    if (member->classes != NULL)
        label = member->classes[label];
    for (size_t i = 0; i < self->op.classes; i++)
        sums[i] += i == label ? weight : self->miss * weight;
}

/* Classes that the member does not know have probability 0 there, which counts as epsilon. */
static void add_logarithms(const struct ada_boost_classifier *self, const struct member *member,
                           const double *answer, size_t cols, double *row, double *sums)
{
    size_t classes = self->op.classes;
    double sum = 0.0;
    for (size_t i = 0; i < classes; i++)
        row[i] = 0.0;
    for (size_t i = 0; i < cols; i++)
        row[member->classes != NULL ? member->classes[i] : i] = answer[i];
    for (size_t i = 0; i < classes; i++) {
        row[i] = log(fmax(row[i], DBL_EPSILON));
        sum += row[i];
    }
    for (size_t i = 0; i < classes; i++)
        sums[i] += (double)(classes - 1) * (row[i] - 1.0 / (double)classes * sum);
}

static bool member_add(const struct ada_boost_classifier *self, size_t index,
                       const struct matrix *in, const struct matrix *sums, struct arena *scratch,
                       struct err *err)
{
    const struct member *member = &self->members.items[index];
    bool samme = self->algorithm == SAMME;
    struct matrix answer;
    double *row = estimator_scratch(scratch, self->op.classes, err);
    if (row == NULL ||
        !member_answer(member, in, member_output(member, samme ? OUTPUT_LABEL : OUTPUT_PROBABILITY),
                       &answer, scratch, err))
        return false;
    for (size_t i = 0; i < in->rows; i++)
        if (samme)
            add_label(self, member, matrix_row(&answer, i)[0], self->weights.values[index],
                      matrix_row(sums, i));
        else
            add_logarithms(self, member, matrix_row(&answer, i), answer.cols, row,
                           matrix_row(sums, i));
    return true;
}

static void answer_row(const struct ada_boost_classifier *self, double *sums, struct matrix *out,
                       uint32_t wanted, size_t row)
{
    size_t classes = self->op.classes, scores = self->op.outputs[SCORE].cols;
    for (size_t i = 0; i < classes; i++)
        sums[i] /= self->weight_sum;
    if (classes == 2)
        sums[0] = sums[1] - sums[0];
    if (estimator_wants(wanted, SCORE))
        memcpy(matrix_row(&out[SCORE], row), sums, scores * sizeof *sums);
    if (estimator_wants(wanted, LABEL))
        matrix_row(&out[LABEL], row)[0] =
            classes == 2 ? sums[0] > 0.0 : (double)special_argmax(sums, classes);
    if (!estimator_wants(wanted, PROBABILITY))
        return;
    double *p = matrix_row(&out[PROBABILITY], row);
    for (size_t i = 0; i < classes; i++)
        p[i] = sums[i] / (double)(classes - 1);
    if (classes == 2) {
        p[0] = -sums[0] / 2.0;
        p[1] = sums[0] / 2.0;
    }
    special_softmax(p, classes);
}

static bool boost_run(const struct op *op, const struct matrix *in, struct matrix *out,
                      uint32_t wanted, struct arena *scratch, struct err *err)
{
    const struct ada_boost_classifier *self = (const struct ada_boost_classifier *)op;
    struct matrix sums = matrix_in_arena(scratch, in->rows, op->classes);
    bool ok = sums.data != NULL || op_no_room(in->rows, op->classes, err);
    for (size_t i = 0; ok && i < in->rows * op->classes; i++)
        sums.data[i] = 0.0;
    for (size_t i = 0; ok && i < self->members.count; i++) {
        struct arena_mark mark = arena_mark(scratch);
        ok = member_add(self, i, in, &sums, scratch, err);
        arena_rewind(scratch, mark);
    }
    for (size_t row = 0; ok && row < in->rows; row++)
        answer_row(self, matrix_row(&sums, row), out, wanted, row);
    return ok;
}

static void boost_destroy(struct op *op)
{
    struct ada_boost_classifier *self = (struct ada_boost_classifier *)op;
    members_finish(&self->members);
    params_vector_finish(&self->weights);
    free(self);
}

const struct op_type op_ada_boost_classifier = {
    .name = "ada_boost_classifier",
    .summary = "classifiers whose labels or probabilities are boosted",
    .create = boost_create,
    .run = boost_run,
    .destroy = boost_destroy,
};
