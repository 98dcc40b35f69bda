/* Kernels between a row and stored ones, as parameters say them: support vector machines, kernel
 * ridge, kernel maps. */
#ifndef OMEN_GRAPH_OPS_KERNELS_H
#define OMEN_GRAPH_OPS_KERNELS_H

#include "graph/ops/estimator.h"
#include "math/neighbors.h"
#include "math/svm.h"

struct kernels {
    int kind;
    double gamma;
    size_t count, features;
    struct svm_vectors_double *vectors; /* linear, poly, rbf, sigmoid */
    struct neighbors neighbors;         /* laplacian, cosine */
    struct matrix rows;                 /* chi2, additive_chi2 */
};

/* Reads `key` [n, F], kernel ("rbf"), gamma (1 / F), coef0 (0), degree (3). */
bool kernels_read(struct kernels *kernels, struct estimator *estimator, struct params *params,
                  const char *key, struct err *err);
void kernels_finish(struct kernels *kernels);

/* Rows that are best computed at once. */
#define KERNELS_ROWS ((size_t)32)

/* Scratch for kernels_apply, and room for the values of KERNELS_ROWS rows. NULL without memory. */
struct kernels_work {
    double *values; /* KERNELS_ROWS x count */
    double *inputs; /* KERNELS_ROWS x features */
    double *row;
};
bool kernels_work_init(struct kernels_work *work, const struct kernels *kernels,
                       struct arena *scratch, struct err *err);

/* work->values of the rows [first, first + n) of x; returns n, at most KERNELS_ROWS. */
size_t kernels_apply(const struct kernels *kernels, const struct matrix *x, size_t first,
                     struct kernels_work *work);

#endif
