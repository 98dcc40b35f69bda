#include <math.h>
#include <stdlib.h>

#include "graph/ops/points.h"
#include "math/stats.h"

/* How dense a row's surroundings are, compared with those of its neighbours. Breunig, Kriegel, Ng,
 * Sander, "LOF: Identifying Density-based Local Outliers" (2000). */
struct local_outlier_factor {
    struct estimator estimator;
    struct points points;
    struct params_vector reach;   /* [points]: the distance to the k-th neighbour of each */
    struct params_vector density; /* [points]: local reachability density of each */
    double offset;
};

enum { LABEL, SCORE };

static bool factor_read(struct local_outlier_factor *self, struct params *params,
                        const struct columns *in, struct err *err)
{
    struct estimator *estimator = &self->estimator;
    if (!estimator_init(estimator, params, in, err) ||
        !points_read_nearest(&self->points, estimator, params, err))
        return false;
    size_t count = self->points.neighbors.count;
    if (!estimator_vector(estimator, params, "distances_", count, &self->reach, err) ||
        !estimator_vector(estimator, params, "densities_", count, &self->density, err) ||
        !estimator_number(params, "offset_", &self->offset, err))
        return false;
    estimator->op.classes = 2;
    op_add_output(&estimator->op, OUTPUT_LABEL, 1);
    op_add_output(&estimator->op, OUTPUT_SCORE, 1);
    return true;
}

static bool factor_create(struct op **op, struct params *params, const struct columns *in,
                          struct err *err)
{
    struct local_outlier_factor *self =
        op_allocate(sizeof *self, &op_local_outlier_factor, in, err);
    return self != NULL && op_deliver(op, &self->estimator.op, factor_read(self, params, in, err));
}

/* The trainer's 1e-10 keeps many equal points from a division by 0. */
static double row_score(const struct local_outlier_factor *self, const double *x,
                        struct points_work *work)
{
    size_t k = points_find(&self->points, x, work);
    double *terms = work->weights;
    for (size_t i = 0; i < k; i++)
        terms[i] = fmax(work->found[i].distance, self->reach.values[work->found[i].index]);
    double density = 1.0 / (stats_sum(terms, k) / (double)k + 1e-10);
    for (size_t i = 0; i < k; i++)
        terms[i] = self->density.values[work->found[i].index] / density;
    return -(stats_sum(terms, k) / (double)k) - self->offset;
}

static bool factor_run(const struct op *op, const struct matrix *in, struct matrix *out,
                       uint32_t wanted, struct arena *scratch, struct err *err)
{
    const struct local_outlier_factor *self = (const struct local_outlier_factor *)op;
    struct points_work work;
    if (!estimator_check(op, in, err) || !points_work_init(&work, &self->points, scratch, err))
        return false;
    for (size_t row = 0; row < in->rows; row++) {
        double score = row_score(self, matrix_row(in, row), &work);
        if (estimator_wants(wanted, LABEL))
            matrix_row(&out[LABEL], row)[0] = score >= 0.0;
        if (estimator_wants(wanted, SCORE))
            matrix_row(&out[SCORE], row)[0] = score;
    }
    return true;
}

static void factor_destroy(struct op *op)
{
    struct local_outlier_factor *self = (struct local_outlier_factor *)op;
    points_finish(&self->points);
    params_vector_finish(&self->reach);
    params_vector_finish(&self->density);
    estimator_finish(&self->estimator);
    free(self);
}

const struct op_type op_local_outlier_factor = {
    .name = "local_outlier_factor",
    .summary = "outliers by the density around their neighbours",
    .create = factor_create,
    .run = factor_run,
    .destroy = factor_destroy,
};
