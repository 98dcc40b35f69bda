#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "graph/ops/points.h"
#include "math/special.h"
#include "math/stats.h"

/* The class that has the most weight among a row's neighbours. */
struct neighbors_classifier {
    struct estimator estimator;
    struct points points;
    size_t *labels; /* [points] */
    size_t outlier; /* the class of a row without neighbours; SIZE_MAX: such a row is refused */
};

enum { LABEL, PROBABILITY };

static bool labels_read(struct neighbors_classifier *self, struct params *params, struct err *err)
{
    size_t count, classes = 0;
    if (!op_read_positions(params, "labels_", OP_COLUMNS_MAX, &self->labels, &count, err))
        return false;
    if (count != self->points.neighbors.count)
        return params_fail(params, "labels_", err, "expected %zu labels, got %zu",
                           self->points.neighbors.count, count);
    for (size_t i = 0; i < count; i++)
        classes = self->labels[i] >= classes ? self->labels[i] + 1 : classes;
    if (classes < 2)
        return params_fail(params, "labels_", err, "expected two classes or more");
    self->estimator.op.bytes += count * sizeof *self->labels;
    self->estimator.op.classes = classes;
    op_add_output(&self->estimator.op, OUTPUT_LABEL, 1);
    op_add_output(&self->estimator.op, OUTPUT_PROBABILITY, classes);
    return true;
}

static bool nearest_create(struct op **op, struct params *params, const struct columns *in,
                           struct err *err)
{
    struct neighbors_classifier *self =
        op_allocate(sizeof *self, &op_k_neighbors_classifier, in, err);
    if (self == NULL)
        return false;
    self->outlier = SIZE_MAX;
    return op_deliver(op, &self->estimator.op,
                      estimator_init(&self->estimator, params, in, err) &&
                          points_read_nearest(&self->points, &self->estimator, params, err) &&
                          labels_read(self, params, err));
}

static bool outlier_read(struct neighbors_classifier *self, struct params *params, struct err *err)
{
    self->outlier = SIZE_MAX;
    return !params_has(params, "outlier_label_") ||
           params_count_or(params, "outlier_label_", 0, 0, self->estimator.op.classes - 1,
                           &self->outlier, err);
}

static bool within_create(struct op **op, struct params *params, const struct columns *in,
                          struct err *err)
{
    struct neighbors_classifier *self =
        op_allocate(sizeof *self, &op_radius_neighbors_classifier, in, err);
    return self != NULL &&
           op_deliver(op, &self->estimator.op,
                      estimator_init(&self->estimator, params, in, err) &&
                          points_read_within(&self->points, &self->estimator, params, err) &&
                          labels_read(self, params, err) && outlier_read(self, params, err));
}

static bool row_vote(const struct neighbors_classifier *self, const double *x, size_t row,
                     struct points_work *work, double *votes, struct err *err)
{
    size_t classes = self->estimator.op.classes;
    size_t count = points_find(&self->points, x, work);
    for (size_t k = 0; k < classes; k++)
        votes[k] = 0.0;
    for (size_t i = 0; i < count; i++)
        votes[self->labels[work->found[i].index]] += work->weights[i];
    if (count > 0)
        return true;
    if (self->outlier == SIZE_MAX) {
        err_set(err, ERR_RANGE, "no point of the training data lies within the radius");
        return err_at(err, (int64_t)row, NULL);
    }
    votes[self->outlier] = 1.0;
    return true;
}

static bool classifier_run(const struct op *op, const struct matrix *in, struct matrix *out,
                           uint32_t wanted, struct arena *scratch, struct err *err)
{
    const struct neighbors_classifier *self = (const struct neighbors_classifier *)op;
    struct points_work work;
    if (!estimator_check(op, in, err) || !points_work_init(&work, &self->points, scratch, err))
        return false;
    double *votes = estimator_scratch(scratch, op->classes, err);
    if (votes == NULL)
        return false;
    for (size_t row = 0; row < in->rows; row++) {
        if (!row_vote(self, matrix_row(in, row), row, &work, votes, err))
            return false;
        if (estimator_wants(wanted, LABEL))
            matrix_row(&out[LABEL], row)[0] = (double)special_argmax(votes, op->classes);
        double sum = stats_sum(votes, op->classes);
        for (size_t k = 0; estimator_wants(wanted, PROBABILITY) && k < op->classes; k++)
            matrix_row(&out[PROBABILITY], row)[k] = votes[k] / sum;
    }
    return true;
}

static void classifier_destroy(struct op *op)
{
    struct neighbors_classifier *self = (struct neighbors_classifier *)op;
    points_finish(&self->points);
    free(self->labels);
    estimator_finish(&self->estimator);
    free(self);
}

const struct op_type op_k_neighbors_classifier = {
    .name = "k_neighbors_classifier",
    .summary = "the class of most of the k nearest points",
    .create = nearest_create,
    .run = classifier_run,
    .destroy = classifier_destroy,
};

const struct op_type op_radius_neighbors_classifier = {
    .name = "radius_neighbors_classifier",
    .summary = "the class of most of the points within a radius",
    .create = within_create,
    .run = classifier_run,
    .destroy = classifier_destroy,
};
