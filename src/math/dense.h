/* Products of dense matrices whose rows never depend on one another.
 *
 * Element (row, column) of a product is a sum in the order of k, in blocks of `depth` products that
 * are added one after the other to what stood there: the same whatever other rows are computed with
 * it, and on every processor that multiplies and adds in one rounding. A library's kernels depend
 * on the batch's size, and Debian 12's takes processors that are newer than itself for very old
 * ones (OpenBLAS 0.3.21 then does with SSE3). */
#ifndef OMEN_MATH_DENSE_H
#define OMEN_MATH_DENSE_H

#include "math/dense_kernels.h"

/* A block of doubles: a strip of b stays near the processor. */
#define DENSE_DEPTH 128

/* c = begin + a b, as math/dense_kernels.h says; any k. */
void dense_multiply(const struct dense_shape *shape, const double *a, const double *b,
                    const double *begin, double *c);
void dense_multiply_single(const struct dense_shape *shape, size_t depth, const float *a,
                           const float *b, const float *begin, float *c);

#endif
