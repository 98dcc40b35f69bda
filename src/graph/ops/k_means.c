#include <stdlib.h>

#include "graph/ops/points.h"

/* The nearest of some centres, and the distances to all of them. */
struct k_means {
    struct estimator estimator;
    struct points points;
};

enum { LABEL, VALUE };

static bool centers_read(struct k_means *self, struct params *params, const struct columns *in,
                         struct err *err)
{
    return estimator_init(&self->estimator, params, in, err) &&
           points_read_metric(&self->points, &self->estimator, params, "cluster_centers_", err);
}

static bool clusters_read(struct k_means *self, struct params *params, const struct columns *in,
                          struct err *err)
{
    if (!centers_read(self, params, in, err))
        return false;
    struct op *op = &self->estimator.op;
    op->classes = self->points.neighbors.count;
    op_add_output(op, OUTPUT_LABEL, 1);
    op_add_output(op, OUTPUT_VALUE, op->classes);
    return true;
}

static bool clusters_create(struct op **op, struct params *params, const struct columns *in,
                            struct err *err)
{
    struct k_means *self = op_allocate(sizeof *self, &op_k_means, in, err);
    return self != NULL &&
           op_deliver(op, &self->estimator.op, clusters_read(self, params, in, err));
}

static bool distances_read(struct k_means *self, struct params *params, const struct columns *in,
                           struct err *err)
{
    if (!centers_read(self, params, in, err))
        return false;
    struct op *op = &self->estimator.op;
    size_t count = self->points.neighbors.count;
    if (count > OP_COLUMNS_MAX)
        return params_fail(params, "cluster_centers_", err, "more than %zu", OP_COLUMNS_MAX);
    if (!op_new_columns(op, count, err))
        return false;
    for (size_t i = 0; i < count; i++)
        if (!column_set_formatted(&op->columns.items[i], err, "center%zu", i))
            return false;
    return true;
}

static bool distances_create(struct op **op, struct params *params, const struct columns *in,
                             struct err *err)
{
    struct k_means *self = op_allocate(sizeof *self, &op_center_distances, in, err);
    return self != NULL &&
           op_deliver(op, &self->estimator.op, distances_read(self, params, in, err));
}

static bool values_run(const struct k_means *self, const struct matrix *in, struct matrix *label,
                       struct matrix *value, struct arena *scratch, struct err *err)
{
    const struct neighbors *centers = &self->points.neighbors;
    if (!estimator_check(&self->estimator.op, in, err))
        return false;
    double *distances = estimator_scratch(scratch, neighbors_work(centers), err);
    if (distances == NULL)
        return false;
    for (size_t row = 0; row < in->rows; row++) {
        struct neighbor nearest;
        const double *x = matrix_row(in, row);
        if (label != NULL) {
            neighbors_nearest(centers, x, 1, &nearest, distances);
            matrix_row(label, row)[0] = (double)nearest.index;
        }
        if (value == NULL)
            continue;
        neighbors_distances(centers, x, distances);
        for (size_t i = 0; i < centers->count; i++)
            matrix_row(value, row)[i] = distances[i];
    }
    return true;
}

static bool clusters_run(const struct op *op, const struct matrix *in, struct matrix *out,
                         uint32_t wanted, struct arena *scratch, struct err *err)
{
    return values_run((const struct k_means *)op, in,
                      estimator_wants(wanted, LABEL) ? &out[LABEL] : NULL,
                      estimator_wants(wanted, VALUE) ? &out[VALUE] : NULL, scratch, err);
}

static bool distances_run(const struct op *op, const struct matrix *in, struct matrix *out,
                          uint32_t wanted, struct arena *scratch, struct err *err)
{
    (void)wanted;
    return values_run((const struct k_means *)op, in, NULL, &out[0], scratch, err);
}

static void k_means_destroy(struct op *op)
{
    struct k_means *self = (struct k_means *)op;
    points_finish(&self->points);
    estimator_finish(&self->estimator);
    free(self);
}

const struct op_type op_k_means = {
    .name = "k_means",
    .summary = "the cluster with the nearest center, and the distances to all",
    .create = clusters_create,
    .run = clusters_run,
    .destroy = k_means_destroy,
};

const struct op_type op_center_distances = {
    .name = "center_distances",
    .summary = "the distances to the centers of clusters",
    .create = distances_create,
    .run = distances_run,
    .destroy = k_means_destroy,
};
