#include "graph/ops/trees.h"

#include <math.h>
#include <stdlib.h>

#include "math/special.h"

enum link { LINK_OF_IDENTITY, LINK_OF_LOGISTIC, LINK_OF_SOFTMAX, LINK_OF_EXP };
static const char *const link_names[] = {"identity", "logistic", "softmax", "exp", NULL};
static const char *const task_names[] = {"regression", "classification", NULL};
static const char *const aggregate_names[] = {"sum", "average", NULL};

/* Sums or averages of what the trees say, a link, and for a classifier the class of the largest
 * probability. */
struct tree_ensemble {
    struct estimator estimator;
    struct trees trees;
    struct params_vector base; /* [outputs] or empty; sums begin with it */
    bool average;
    enum link link;
    double link_scale;
    bool zero_is_positive; /* a score of 0 is class 1 */
};

static bool is_classifier(const struct tree_ensemble *self)
{
    return self->estimator.op.classes > 0;
}

static bool base_read(struct tree_ensemble *self, struct params *params, struct err *err)
{
    if (!params_has(params, "base"))
        return true;
    return estimator_vector(&self->estimator, params, "base", self->trees.outputs, &self->base,
                            err);
}

static void outputs_set(struct tree_ensemble *self)
{
    struct op *op = &self->estimator.op;
    size_t count = self->trees.outputs;
    if (is_classifier(self)) {
        op_add_output(op, OUTPUT_LABEL, 1);
        op_add_output(op, OUTPUT_PROBABILITY, op->classes);
    } else {
        op_add_output(op, OUTPUT_VALUE, count);
    }
    if (self->link != LINK_OF_IDENTITY)
        op_add_output(op, OUTPUT_SCORE, count);
    for (size_t i = 0; i < op->output_count; i++)
        op->outputs[i].single = self->trees.sum == FOREST_SINGLE;
}

static bool kind_read(struct tree_ensemble *self, struct params *params, struct err *err)
{
    int link, task, aggregate;
    if (!params_choice_or(params, "task", task_names, 0, &task, err) ||
        !params_choice_or(params, "aggregate", aggregate_names, 0, &aggregate, err) ||
        !params_choice_or(params, "link", link_names, LINK_OF_IDENTITY, &link, err) ||
        !params_number_or(params, "link_scale", 1.0, &self->link_scale, err) ||
        !params_flag_or(params, "zero_is_positive", false, &self->zero_is_positive, err))
        return false;
    if (!isfinite(self->link_scale))
        return params_fail(params, "link_scale", err, "expected a finite number");
    if (link == LINK_OF_SOFTMAX && self->trees.outputs < 2)
        return params_fail(params, "link", err, "\"softmax\" needs two outputs or more");
    if (task == 1 && link == LINK_OF_EXP)
        return params_fail(params, "link", err, "\"exp\" gives no probabilities");
    if (task == 1 && link == LINK_OF_LOGISTIC && self->trees.outputs > 1)
        return params_fail(params, "link", err, "\"logistic\" takes one output, not %zu",
                           self->trees.outputs);
    self->average = aggregate == 1;
    self->link = (enum link)link;
    if (task == 1)
        self->estimator.op.classes = self->trees.outputs == 1 ? 2 : self->trees.outputs;
    return true;
}

static bool ensemble_read(struct tree_ensemble *self, struct params *params,
                          const struct columns *in, struct err *err)
{
    if (!estimator_init(&self->estimator, params, in, err) ||
        !trees_read(&self->trees, &self->estimator, params, in, err) ||
        !base_read(self, params, err) || !kind_read(self, params, err))
        return false;
    outputs_set(self);
    return true;
}

static bool ensemble_create(struct op **op, struct params *params, const struct columns *in,
                            struct err *err)
{
    struct tree_ensemble *self = op_allocate(sizeof *self, &op_tree_ensemble, in, err);
    return self != NULL &&
           op_deliver(op, &self->estimator.op, ensemble_read(self, params, in, err));
}

/* ---- running ---- */

/* rows x outputs: base and the trees, before the link. */
static bool scores_compute(const struct tree_ensemble *self, const struct matrix *in,
                           struct matrix *scores, struct arena *scratch, struct err *err)
{
    size_t cols = scores->cols;
    const double *base = self->average ? NULL : self->base.values;
    for (size_t row = 0; row < scores->rows; row++)
        for (size_t i = 0; i < cols; i++)
            matrix_row(scores, row)[i] = base != NULL ? base[i] : 0.0;
    if (!trees_sum(&self->trees, &self->estimator.op, in, scores, scratch, err))
        return false;
    if (!self->average)
        return true;
    double count = (double)forest_tree_count(self->trees.forest);
    for (size_t row = 0; row < scores->rows; row++)
        for (size_t i = 0; i < cols; i++) {
            double *score = &matrix_row(scores, row)[i];
            *score = *score / count + (self->base.values != NULL ? self->base.values[i] : 0.0);
        }
    return true;
}

/* The link of one row's scores: `count` answers. */
static void link_apply(const struct tree_ensemble *self, const double *scores, double *answers,
                       size_t count)
{
    for (size_t i = 0; i < count; i++) {
        double score = scores[i] * self->link_scale;
        if (self->link == LINK_OF_LOGISTIC)
            score = special_sigmoid(score);
        else if (self->link == LINK_OF_EXP)
            score = exp(score);
        answers[i] = score;
    }
    if (self->link == LINK_OF_SOFTMAX)
        special_softmax(answers, count);
}

static double label_of(const struct tree_ensemble *self, const double *scores,
                       const double *probability)
{
    if (self->link == LINK_OF_LOGISTIC)
        return scores[0] > 0.0 || (self->zero_is_positive && scores[0] == 0.0) ? 1.0 : 0.0;
    return (double)special_argmax(probability, self->estimator.op.classes);
}

static bool classify(const struct tree_ensemble *self, const struct matrix *scores,
                     struct matrix *out, uint32_t wanted, struct arena *scratch, struct err *err)
{
    struct matrix probability;
    const struct op *op = &self->estimator.op;
    if (!estimator_target(op, out, wanted, 1, scores->rows, scratch, &probability, err))
        return false;
    for (size_t row = 0; row < scores->rows; row++) {
        double *p = matrix_row(&probability, row);
        const double *s = matrix_row(scores, row);
        if (scores->cols == 1) {
            link_apply(self, s, p + 1, 1);
            p[0] = 1.0 - p[1];
        } else {
            link_apply(self, s, p, scores->cols);
        }
        if (estimator_wants(wanted, 0))
            matrix_row(&out[0], row)[0] = label_of(self, s, p);
    }
    return true;
}

static void regress(const struct tree_ensemble *self, const struct matrix *scores,
                    struct matrix *value)
{
    for (size_t row = 0; row < scores->rows; row++)
        link_apply(self, matrix_row(scores, row), matrix_row(value, row), scores->cols);
}

static bool ensemble_run(const struct op *op, const struct matrix *in, struct matrix *out,
                         uint32_t wanted, struct arena *scratch, struct err *err)
{
    const struct tree_ensemble *self = (const struct tree_ensemble *)op;
    uint32_t score = (uint32_t)op->output_count - 1;
    struct matrix scores = matrix_in_arena(scratch, in->rows, self->trees.outputs);
    if (scores.data == NULL)
        return op_no_room(in->rows, self->trees.outputs, err);
    if (!scores_compute(self, in, &scores, scratch, err))
        return false;
    if (self->link != LINK_OF_IDENTITY && estimator_wants(wanted, score))
        for (size_t row = 0; row < in->rows; row++)
            for (size_t i = 0; i < scores.cols; i++)
                matrix_row(&out[score], row)[i] = matrix_row(&scores, row)[i];
    if (is_classifier(self))
        return classify(self, &scores, out, wanted, scratch, err);
    if (estimator_wants(wanted, 0))
        regress(self, &scores, &out[0]);
    return true;
}

static void ensemble_destroy(struct op *op)
{
    struct tree_ensemble *self = (struct tree_ensemble *)op;
    trees_finish(&self->trees);
    params_vector_finish(&self->base);
    estimator_finish(&self->estimator);
    free(self);
}

const struct op_type op_tree_ensemble = {
    .name = "tree_ensemble",
    .summary = "sums or averages of decision trees, with a link",
    .create = ensemble_create,
    .run = ensemble_run,
    .destroy = ensemble_destroy,
};
