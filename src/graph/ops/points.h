/* Stored points and what is asked of the nearest: shared by the operators on neighbours. */
#ifndef OMEN_GRAPH_OPS_POINTS_H
#define OMEN_GRAPH_OPS_POINTS_H

#include "graph/ops/estimator.h"
#include "math/neighbors.h"

struct points {
    struct neighbors neighbors;
    bool by_distance; /* weights 1 / distance, else 1 */
    double radius;    /* NaN: the nearest `k` count, else all within it */
    size_t k;
};

/* Scratch of one run. */
struct points_work {
    struct neighbor *found;
    double *weights; /* [number of points that may be found] */
    double *work;
};

/* Reads points_ [n, F], metric ("euclidean"), p (2, of "minkowski"). */
bool points_read_metric(struct points *points, struct estimator *estimator, struct params *params,
                        const char *key, struct err *err);
/* The same, and weights ("uniform"), n_neighbors or radius. */
bool points_read_nearest(struct points *points, struct estimator *estimator, struct params *params,
                         struct err *err);
bool points_read_within(struct points *points, struct estimator *estimator, struct params *params,
                        struct err *err);
void points_finish(struct points *points);

bool points_work_init(struct points_work *work, const struct points *points, struct arena *scratch,
                      struct err *err);
/* work->found and work->weights of a row; returns how many. Where points lie at distance 0, weights
 * by distance are 1 for those and 0 for all others. */
size_t points_find(const struct points *points, const double *x, struct points_work *work);

#endif
