/* The loops of matrix products, compiled for several levels of a processor. */
#ifndef OMEN_MATH_DENSE_KERNELS_H
#define OMEN_MATH_DENSE_KERNELS_H

#include <stdbool.h>
#include <stddef.h>

/* The most that k may be, so that a strip of b stays near the processor. */
#define DENSE_DEPTH 128

/* c (m x n) += a (m x k) times b (k x n), k at most DENSE_DEPTH. Element (row, i) of a is
 * a[row * a_row + i * a_step]; rows of b and c are dense, b_row and c_row apart. Each element's sum
 * is made in the order of k, from 0, and then added to c. */
struct dense_shape {
    size_t m, n, k;
    size_t a_row, a_step;
    size_t b_row, c_row;
};

typedef void dense_kernel(const struct dense_shape *shape, const double *a, const double *b,
                          double *c);

dense_kernel dense_multiply_plain;
#ifdef DENSE_LEVELS
dense_kernel dense_multiply_v3; /* AVX2 */
dense_kernel dense_multiply_v4; /* AVX-512 */
#endif

#define DENSE_LEVELS_MAX 3
/* Those that this processor runs, the best last. */
size_t dense_kernels_list(dense_kernel *list[DENSE_LEVELS_MAX]);

#endif
