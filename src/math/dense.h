/* Products of dense matrices in double whose rows never depend on one another.
 *
 * Element (row, column) of a product is a sum in the order of k, in blocks of DENSE_DEPTH that are
 * added one after the other to what stood there: the same whatever other rows are computed with it,
 * and on every processor that multiplies and adds in one rounding. A library's kernels depend on
 * the batch's size, and Debian 12's takes processors that are newer than itself for very old ones
 * (OpenBLAS 0.3.21 then does with SSE3). */
#ifndef OMEN_MATH_DENSE_H
#define OMEN_MATH_DENSE_H

#include "math/dense_kernels.h"

/* c += a b; any k. */
void dense_multiply(const struct dense_shape *shape, const double *a, const double *b, double *c);

#endif
