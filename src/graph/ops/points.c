#include "graph/ops/points.h"

#include <math.h>

bool points_read_metric(struct points *points, struct estimator *estimator, struct params *params,
                        const char *key, struct err *err)
{
    int metric;
    double p;
    struct matrix rows = {0};
    if (!params_choice_or(params, "metric", neighbors_metric_names, NEIGHBORS_EUCLIDEAN, &metric,
                          err) ||
        !params_number_or(params, "p", 2.0, &p, err))
        return false;
    if (!(p > 0.0) || !isfinite(p))
        return params_fail(params, "p", err, "expected a number greater than 0");
    bool ok =
        estimator_matrix(estimator, params, key, PARAMS_ANY, estimator->op.inputs, &rows, err) &&
        neighbors_init(&points->neighbors, (enum neighbors_metric)metric, p, &rows, err);
    if (rows.data != NULL) /* they are kept as blocks only */
        estimator->op.bytes -= rows.rows * rows.stride * sizeof(double);
    estimator->op.bytes += neighbors_bytes(&points->neighbors);
    matrix_free(&rows);
    return ok;
}

static bool weights_read(struct points *points, struct params *params, struct err *err)
{
    static const char *const choices[] = {"uniform", "distance", NULL};
    int weights;
    if (!params_choice_or(params, "weights", choices, 0, &weights, err))
        return false;
    points->by_distance = weights == 1;
    return true;
}

bool points_read_nearest(struct points *points, struct estimator *estimator, struct params *params,
                         struct err *err)
{
    points->radius = NAN;
    return points_read_metric(points, estimator, params, "points_", err) &&
           weights_read(points, params, err) &&
           params_count_or(params, "n_neighbors", 5, 1, points->neighbors.count, &points->k, err);
}

bool points_read_within(struct points *points, struct estimator *estimator, struct params *params,
                        struct err *err)
{
    if (!points_read_metric(points, estimator, params, "points_", err) ||
        !weights_read(points, params, err) ||
        !estimator_number(params, "radius", &points->radius, err))
        return false;
    points->k = points->neighbors.count;
    return points->radius >= 0.0 ||
           params_fail(params, "radius", err, "expected a number that is not negative");
}

void points_finish(struct points *points)
{
    neighbors_finish(&points->neighbors);
}

bool points_work_init(struct points_work *work, const struct points *points, struct arena *scratch,
                      struct err *err)
{
    work->found = arena_array(scratch, points->k, sizeof *work->found);
    work->weights = arena_array(scratch, points->k, sizeof *work->weights);
    work->work = arena_array(scratch, neighbors_work(&points->neighbors), sizeof *work->work);
    return (work->found != NULL && work->weights != NULL && work->work != NULL) ||
           err_set(err, ERR_MEMORY, "no memory for the distances to %zu points",
                   points->neighbors.count);
}

static void weights_set(const struct points *points, const struct neighbor *found, size_t count,
                        double *weights)
{
    bool on_a_point = false;
    for (size_t i = 0; points->by_distance && i < count; i++)
        on_a_point = on_a_point || found[i].distance == 0.0;
    for (size_t i = 0; i < count; i++) {
        if (!points->by_distance)
            weights[i] = 1.0;
        else
            weights[i] = on_a_point ? found[i].distance == 0.0 : 1.0 / found[i].distance;
    }
}

size_t points_find(const struct points *points, const double *x, struct points_work *work)
{
    size_t count = points->k;
    if (isnan(points->radius))
        neighbors_nearest(&points->neighbors, x, points->k, work->found, work->work);
    else
        count = neighbors_within(&points->neighbors, x, points->radius, work->found, work->work);
    weights_set(points, work->found, count, work->weights);
    return count;
}
