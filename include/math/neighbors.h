/* Distances from a row to stored points, and the nearest of them.
 *
 * Brute force over all points: every distance is the sum over the features of one point's own
 * terms, in the features' order, so that equal points have equal distances and an answer depends on
 * no batch. Points lie eight side by side, feature by feature, which is what makes it fast. */
#ifndef OMEN_MATH_NEIGHBORS_H
#define OMEN_MATH_NEIGHBORS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "math/matrix.h"

enum neighbors_metric {
    NEIGHBORS_EUCLIDEAN,
    NEIGHBORS_MANHATTAN,
    NEIGHBORS_CHEBYSHEV,
    NEIGHBORS_MINKOWSKI, /* (sum |a - b|^p)^(1 / p) */
    NEIGHBORS_COSINE,    /* 1 - a.b / (|a| |b|); 1 for a row of zeros */
};

/* The names in the enum's order, NULL-terminated: "euclidean", ... */
extern const char *const neighbors_metric_names[];

struct neighbors {
    enum neighbors_metric metric;
    double p;
    size_t count, features;
    double *points;  /* blocks of eight points: [block][feature][8], the rest filled with 0 */
    double *lengths; /* cosine: of each point, else NULL */
};

struct neighbor {
    double distance;
    size_t index;
};

/* Copies points (n x features, n > 0). p is read for minkowski only, and must be > 0. false and
 * err without memory. */
bool neighbors_init(struct neighbors *neighbors, enum neighbors_metric metric, double p,
                    const struct matrix *points, struct err *err);
void neighbors_finish(struct neighbors *neighbors); /* takes a zeroed one */
size_t neighbors_bytes(const struct neighbors *neighbors);

/* Doubles of work for the functions below. */
size_t neighbors_work(const struct neighbors *neighbors);

/* distances [neighbors_work]: the first `count` are those to the points. */
void neighbors_distances(const struct neighbors *neighbors, const double *x, double *distances);

/* The k nearest, in ascending order, of equals the first first. Which of several points at exactly
 * the k-th distance are among them is what scikit-learn's brute force answers. k <= count. */
void neighbors_nearest(const struct neighbors *neighbors, const double *x, size_t k,
                       struct neighbor *nearest, double *work);

/* All within radius, the border included, in the points' order. within: room for `count`. Returns
 * how many. */
size_t neighbors_within(const struct neighbors *neighbors, const double *x, double radius,
                        struct neighbor *within, double *work);

#endif
