#include <math.h>
#include <stdlib.h>

#include "graph/ops/points.h"
#include "math/stats.h"

/* The weighted mean of what a row's neighbours had. NaN for a row that has none. */
struct neighbors_regressor {
    struct estimator estimator;
    struct points points;
    struct matrix targets; /* targets x points */
};

static bool targets_read(struct neighbors_regressor *self, struct params *params, struct err *err)
{
    if (!estimator_matrix(&self->estimator, params, "targets_", PARAMS_ANY,
                          self->points.neighbors.count, &self->targets, err))
        return false;
    op_add_output(&self->estimator.op, OUTPUT_VALUE, self->targets.rows);
    return true;
}

static bool nearest_create(struct op **op, struct params *params, const struct columns *in,
                           struct err *err)
{
    struct neighbors_regressor *self =
        op_allocate(sizeof *self, &op_k_neighbors_regressor, in, err);
    return self != NULL &&
           op_deliver(op, &self->estimator.op,
                      estimator_init(&self->estimator, params, in, err) &&
                          points_read_nearest(&self->points, &self->estimator, params, err) &&
                          targets_read(self, params, err));
}

static bool within_create(struct op **op, struct params *params, const struct columns *in,
                          struct err *err)
{
    struct neighbors_regressor *self =
        op_allocate(sizeof *self, &op_radius_neighbors_regressor, in, err);
    return self != NULL &&
           op_deliver(op, &self->estimator.op,
                      estimator_init(&self->estimator, params, in, err) &&
                          points_read_within(&self->points, &self->estimator, params, err) &&
                          targets_read(self, params, err));
}

/* terms: room for one number per neighbour. */
static double weighted_mean(const double *targets, const struct points_work *work, size_t count,
                            double *terms)
{
    if (count == 0)
        return NAN;
    for (size_t i = 0; i < count; i++)
        terms[i] = targets[work->found[i].index] * work->weights[i];
    return stats_sum(terms, count) / stats_sum(work->weights, count);
}

static bool regressor_run(const struct op *op, const struct matrix *in, struct matrix *out,
                          uint32_t wanted, struct arena *scratch, struct err *err)
{
    (void)wanted;
    const struct neighbors_regressor *self = (const struct neighbors_regressor *)op;
    struct points_work work;
    if (!estimator_check(op, in, err) || !points_work_init(&work, &self->points, scratch, err))
        return false;
    for (size_t row = 0; row < in->rows; row++) {
        size_t count = points_find(&self->points, matrix_row(in, row), &work);
        for (size_t k = 0; k < self->targets.rows; k++) /* work.work is free again */
            matrix_row(&out[0], row)[k] =
                weighted_mean(matrix_row(&self->targets, k), &work, count, work.work);
    }
    return true;
}

static void regressor_destroy(struct op *op)
{
    struct neighbors_regressor *self = (struct neighbors_regressor *)op;
    points_finish(&self->points);
    matrix_free(&self->targets);
    estimator_finish(&self->estimator);
    free(self);
}

const struct op_type op_k_neighbors_regressor = {
    .name = "k_neighbors_regressor",
    .summary = "the mean of the k nearest points' targets",
    .create = nearest_create,
    .run = regressor_run,
    .destroy = regressor_destroy,
};

const struct op_type op_radius_neighbors_regressor = {
    .name = "radius_neighbors_regressor",
    .summary = "the mean of the targets of the points within a radius",
    .create = within_create,
    .run = regressor_run,
    .destroy = regressor_destroy,
};
