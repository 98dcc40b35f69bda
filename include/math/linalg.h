/* Dense linear algebra: loops of our own for what batches are multiplied with, CBLAS for the rest.
 *
 * A row's answer never depends on the batch it came in. A dgemm over the batch picks its kernel by
 * the batch's size and the row's place in it, and then the last bits differ (measured with OpenBLAS
 * 0.3.21: by up to 4e-14 for 1000 inputs); one dgemv per row sees the same shape always, but costs
 * up to ten times as much (src/math/dense.h has sums of one order). ddot is not used because some
 * of its kernels depend on the alignment of the row. */
#ifndef OMEN_MATH_LINALG_H
#define OMEN_MATH_LINALG_H

#include <stdbool.h>
#include <stddef.h>

#include "math/matrix.h"

/* CBLAS counts in int: rows, columns and stride of a weight matrix must not be larger. Whoever
 * makes one from outside data asks first. */
#define LINALG_SIZE_MAX ((size_t)1 << 30)
bool linalg_size_fits(size_t rows, size_t cols);

/* y = W x + b. weights: outputs x inputs; bias [outputs] or NULL for 0. x and y do not overlap. */
void linalg_affine_row(const struct matrix *weights, const double *bias, const double *x,
                       double *y);

enum linalg_how {
    LINALG_RECTIFIED = 1, /* what is below 0 in the end becomes 0 */
    /* Much of x is 0, as a rectifier leaves it, all of the weights are finite, no bias is -0: then
     * products that are 0 are passed over, and the answers are the same. */
    LINALG_GAPS = 2,
};

/* Y = X W + b. x: n x inputs; weights: inputs x outputs; y: n x outputs, not overlapping x. how: of
 * enum linalg_how. */
void linalg_affine(const struct matrix *x, const struct matrix *weights, const double *bias,
                   unsigned how, const struct matrix *y);

/* In float32, over a whole batch: C = A B + C, where C holds what is added (a bias, or 0). A is m x
 * k, or k x m and read as its transpose; B is k x n, or n x k. Rows follow one another densely.
 * Multiplied as math/fused.h says where that is quick; where it is not, one row's answer may differ
 * from that among many in the last bits. */
struct linalg_product {
    size_t m, n, k;
    bool transposed_a, transposed_b;
};
void linalg_multiply_single(const struct linalg_product *shape, const float *a, const float *b,
                            float *c);
/* C = A B + bias, as above, which is [n] or NULL for 0; B is k x n. rectified: what is below 0
 * becomes 0. */
void linalg_affine_single(const struct linalg_product *shape, const float *a, const float *b,
                          const float *bias, bool rectified, float *c);
/* linalg_multiply_single in double, where a row's answer never depends on its batch. */
void linalg_multiply(const struct linalg_product *shape, const double *a, const double *b,
                     double *c);

/* x S x^T of one row. s: n x n; work: n doubles. The products are added in stats_sum's order. */
double linalg_quadratic_form(const struct matrix *s, const double *x, double *work);

/* to: from.cols x from.rows, not overlapping. */
void linalg_transpose(const struct matrix *from, const struct matrix *to);

#endif
